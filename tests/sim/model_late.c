/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that are answered late, and who waits for keys: first come, first served. */
#include "model_stream.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"

/* Behind the moment when it could be told. */
#define PATIENCE_MS 100

void model_end_deferred(struct session *session)
{
    bool is_working = session->late.why == LATE_WORK || session->late.why == LATE_EDIT;
    list_append_all(is_working ? &session->late.pushes : &session->expected, &session->deferred);
}

void model_put_off(struct session *session)
{
    session->late.why = LATE_EDIT;
    session->late.is_muted = session->is_muted;
}

/* What is known of the answer is what comes next. */
static void answer(struct session *session)
{
    session->is_muted = session->late.is_muted;
    list_append_all(session->is_muted ? &session->muted : &session->expected, &session->late.answer);
    session->late.why = LATE_NOTHING;
}

static void go_on(struct session *session)
{
    session->late.is_muted = false;
    model_unmute(session);
    list_append_all(&session->expected, &session->late.pushes);
    session->late.until_ms = 0;
    session->late.keys = session->late.missed = 0;
}

void model_late_done(struct session *session, int64_t now_ms)
{
    const struct late *late = &session->late;
    if (late->why == LATE_NOTHING)
        world_fail("client %d gets a late reply that it isn't owed", session->number);
    /* Who said that nothing follows, or is gone, isn't kept waiting. */
    if (now_ms < late->until_ms && !session->may_end && session->is_checked)
        world_fail("client %d gets a reply %lld ms early", session->number,
                   (long long)(late->until_ms - now_ms));
    bool has_waited = late->why == LATE_KEYS;
    answer(session);
    if (has_waited)
        out_null_array(session);
    go_on(session);
}

/* Its pushes follow, as those of any command. */
static void run_now(struct model_call *call)
{
    struct session *outer = model.current;
    if (outer)
        model_end_deferred(outer);
    answer(call->session);
    call->was_admitted = true;
    model.current = call->session;
    model_call(call);
    model.current = outer;
    go_on(call->session);
    model_end_deferred(call->session);
}

/* ---- waiting for keys ---- */

static bool waits_for(const struct session *session, int database, int key)
{
    bool has_connection = session->id != 0;
    return session->is_used && has_connection && session->late.why == LATE_KEYS &&
           session->database == database && session->late.keys >> key & 1;
}

/* A group that is gone, or its stream, is an answer, too. */
static bool group_is_ready(const struct session *session, const struct slot *slot)
{
    if (!slot || !slot->is_there || slot->value.kind != MODEL_STREAM)
        return true;
    const struct model_group *group = &slot->value.stream->groups[session->late.group];
    return !group->is_there || stream_has_behind(&slot->value, group->last);
}

static bool stream_is_ready(const struct late *late, const struct slot *slot, int key)
{
    for (int i = 0; i < late->stream_count; i++) {
        struct id after = {late->after_ms[i], late->after_sequence[i]};
        if (late->after_key[i] == key && stream_has_behind(&slot->value, after))
            return true;
    }
    return false;
}

/* Whether the key holds what the session waits for. */
static bool is_ready(const struct session *session, const struct slot *slot, int key)
{
    const struct late *late = &session->late;
    if (late->wanted == MODEL_STREAM && late->group >= 0)
        return group_is_ready(session, slot);
    if (!slot || !slot->is_there || slot->value.kind != late->wanted)
        return false;
    return late->wanted != MODEL_STREAM || stream_is_ready(late, slot, key);
}

static bool is_of_other_type(const struct slot *slot)
{
    return slot && slot->is_there && slot->value.kind != MODEL_STREAM;
}

/* Who reads streams does so anew when something happens to any of its keys: all may have come at once, and
 * one that holds something else by now is an error. */
static bool is_another_ready(const struct session *session)
{
    for (int key = 0; session->late.wanted == MODEL_STREAM && key < model.key_count; key++) {
        if (!(session->late.keys >> key & 1))
            continue;
        const struct slot *slot = model_find(session->database, key);
        if (is_ready(session, slot, key) || is_of_other_type(slot))
            return true;
    }
    return false;
}

void model_came_unseen(int database, int key)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (waits_for(session, database, key) && is_ready(session, model_find(database, key), key))
            session->late.missed |= UINT64_C(1) << key;
    }
}

static void check_order(const struct session *served, int key, enum model_kind kind)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        const struct session *other = &model.sessions[i];
        if (!waits_for(other, served->database, key) || other->late.wanted != kind ||
            other->late.order >= served->late.order || reality_is_closing(other) ||
            !is_ready(other, model_find(served->database, key), key))
            continue;
        world_fail("client %d is served before client %d, which came earlier", served->number, other->number);
    }
}

/* Its user may have lost the right since it began to wait. */
static bool is_denied_by_now(const struct model_call *call)
{
    struct buf name = {0};
    model_full_name(call->argc, call->argv, &name);
    bool is_denied = model_denies(call->session, buf_bytes(&name), call->argc, call->argv);
    buf_clear(&name);
    return is_denied;
}

static bool is_denial(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-NOPERM "));
}

void model_serve(struct model_call *call, struct bytes key)
{
    struct session *session = call->session;
    if (session->late.why == LATE_EDIT) {
        run_now(call);
        return;
    }
    int index = model_key(key);
    const struct slot *slot = model_find(session->database, index);
    if (!waits_for(session, session->database, index))
        world_fail("client %d is served with a key that it doesn't wait for", session->number);
    if (is_denied_by_now(call)) {
        answer(session);
        (void)out_any(session, is_denial);
        go_on(session);
        return;
    }
    if (!is_ready(session, slot, index) && !is_another_ready(session))
        world_fail("client %d is served with what isn't there", session->number);
    check_order(session, index, session->late.wanted);
    call->served_key = index;
    run_now(call);
}

void model_unblock(struct session *session, const char *error)
{
    if (session->late.why != LATE_KEYS && session->late.why != LATE_COPIES)
        world_fail("client %d is unblocked, and doesn't wait", session->number);
    model.unblocked_id = session->id;
    if (error) {
        while (!list_is_empty(&session->late.answer))
            expected_free(LIST_ENTRY(session->late.answer.next, struct expected, link));
        session->is_muted = session->late.is_muted;
        session->late.why = LATE_NOTHING;
        out_error(session, "%s", error);
    }
    session->late.until_ms = 0;
    if (!error)
        model_late_done(session, model.clock_ms);
    go_on(session);
}

static void check_wait(const struct session *session, int64_t now_ms)
{
    const struct late *late = &session->late;
    if (late->until_ms < now_ms - PATIENCE_MS - model.expiry_bound_ms)
        world_fail("client %d waits %lld ms too long", session->number, (long long)(now_ms - late->until_ms));
    for (int key = 0; key < model.key_count && late->why == LATE_KEYS; key++) {
        const struct slot *slot = &model.data.slots[session->database][key];
        if (!((late->keys & ~late->missed) >> key & 1) || !is_ready(session, slot, key))
            continue;
        world_fail("client %d waits for %.*s, which is there", session->number, (int)model.key_names[key].len,
                   model.key_names[key].data);
    }
}

void model_check_waits(int64_t now_ms)
{
    model.turn_changed = 0;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        const struct session *session = &model.sessions[i];
        bool is_waiting = session->late.why == LATE_KEYS || session->late.why == LATE_COPIES;
        if (session->is_used && session->id != 0 && is_waiting && !session->is_killed &&
            !reality_is_closing(session) && model.paused_until_ms < now_ms - model.expiry_bound_ms)
            check_wait(session, now_ms);
    }
}
