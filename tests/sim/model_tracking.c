/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT TRACKING: who reads a key is told when it changes. That is checked apart from replies: where among
 * them a message comes is not, but that it comes once for each key that was read, and never without cause. */
#include "model_tables.h"
#include "reality.h"
#include "world.h"

static uint64_t bit(int key)
{
    return UINT64_C(1) << key;
}

/* ---- on and off ---- */

void model_end_tracking(struct session *session)
{
    struct tracking_model *tracking = &session->tracking;
    tracking->stale |= tracking->cached;
    tracking->cached = tracking->must = 0;
    tracking->is_on = tracking->must_flush = false;
    tracking->is_broadcast = tracking->no_loop = tracking->opt_in = tracking->opt_out = false;
    tracking->is_chosen = false;
}

/* No two ways at the same time: the run makes no others. */
static bool is_conflict(const struct tracking_model *tracking, const struct tracking_model *wanted)
{
    return tracking->is_on &&
           (tracking->is_broadcast != wanted->is_broadcast || (tracking->opt_in && wanted->opt_out) ||
            (tracking->opt_out && wanted->opt_in));
}

static void turn_on(struct model_call *call)
{
    struct tracking_model *tracking = &call->session->tracking, wanted = {.is_on = true};
    for (int i = 3; i < call->argc; i++) {
        wanted.is_broadcast |= call_word(call, i, "BCAST");
        wanted.no_loop |= call_word(call, i, "NOLOOP");
        wanted.opt_in |= call_word(call, i, "OPTIN");
        wanted.opt_out |= call_word(call, i, "OPTOUT");
    }
    if (is_conflict(tracking, &wanted)) {
        out_error(call->session,
                  "ERR You can't switch %s mode%s before disabling tracking for this client, "
                  "and then re-enabling it with a different mode.",
                  tracking->is_broadcast != wanted.is_broadcast ? "BCAST" : "OPTIN/OPTOUT",
                  tracking->is_broadcast != wanted.is_broadcast ? " on/off" : "");
        return;
    }
    /* Broadcasts that wait for the turn's end follow it already. */
    if (wanted.is_broadcast && wanted.no_loop)
        tracking->must = 0;
    for (int key = 0; key < model.key_count && wanted.is_broadcast; key++)
        tracking->allowed[key] += (unsigned)(model.turn_changed >> key & 1);
    tracking->is_on = true;
    tracking->is_broadcast = wanted.is_broadcast;
    tracking->no_loop = wanted.no_loop;
    tracking->opt_in = wanted.opt_in;
    tracking->opt_out = wanted.opt_out;
    out_ok(call->session);
}

void model_tracking(struct model_call *call)
{
    if (call_word(call, 2, "ON")) {
        turn_on(call);
        return;
    }
    model_end_tracking(call->session);
    out_ok(call->session);
}

void model_caching(struct model_call *call)
{
    struct tracking_model *tracking = &call->session->tracking;
    bool is_yes = call_word(call, 2, "YES");
    if (!tracking->is_on) {
        out_error(call->session, "ERR CLIENT CACHING can be called only when the client is in tracking mode "
                                 "with OPTIN or OPTOUT mode enabled");
    } else if (!(is_yes ? tracking->opt_in : tracking->opt_out)) {
        out_error(call->session, "ERR CLIENT CACHING %s is only valid when tracking is enabled in %s mode.",
                  is_yes ? "YES" : "NO", is_yes ? "OPTIN" : "OPTOUT");
    } else {
        tracking->is_chosen = true;
        out_ok(call->session);
    }
}

/* ---- what happens ---- */

void model_has_read(struct session *session, uint64_t keys)
{
    struct tracking_model *tracking = &session->tracking;
    bool is_cached = tracking->opt_in ? tracking->is_chosen : !(tracking->opt_out && tracking->is_chosen);
    if (tracking->is_on && !tracking->is_broadcast && is_cached)
        tracking->cached |= keys;
}

void model_choice_ends(struct session *session)
{
    session->tracking.is_chosen = false;
}

static void invalidate(struct session *session, int key)
{
    struct tracking_model *tracking = &session->tracking;
    bool is_own = session == model.current;
    bool is_cached = tracking->is_broadcast || tracking->cached & bit(key);
    bool may_be_told = tracking->is_on && (is_cached || tracking->stale & bit(key));
    tracking->cached &= ~bit(key);
    tracking->stale &= ~bit(key);
    if (!may_be_told)
        return;
    /* Of several changes that are told together the last counts. */
    if (is_own && tracking->no_loop)
        tracking->must &= ~bit(key);
    else if (is_cached && !reality_is_closing(session) && (tracking->is_broadcast || !model.forgets_readers))
        tracking->must |= bit(key);
    tracking->allowed[key]++;
}

void model_invalidate(int key)
{
    model.turn_changed |= bit(key);
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        if (model.sessions[i].is_used)
            invalidate(&model.sessions[i], key);
    }
}

void model_invalidate_all(void)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct tracking_model *tracking = &model.sessions[i].tracking;
        tracking->cached = tracking->stale = 0;
        if (!tracking->is_on)
            continue;
        tracking->flushes_allowed++;
        tracking->must_flush |= !reality_is_closing(&model.sessions[i]);
    }
}

/* ---- what is told ---- */

static void is_told_of_all(struct session *session)
{
    struct tracking_model *tracking = &session->tracking;
    if (tracking->flushes_allowed == 0)
        world_fail("client %d is told that nothing is valid, and nothing happened", session->number);
    tracking->flushes_allowed--;
    tracking->must_flush = false;
}

static void is_told(struct session *session, struct bytes name)
{
    struct tracking_model *tracking = &session->tracking;
    int key = model_key(name);
    tracking->must &= ~bit(key);
    if (model.forgets_readers) {
        tracking->cached &= ~bit(key);
        return;
    }
    if (tracking->allowed[key] == 0)
        world_fail("client %d is told that %.*s changed, without cause", session->number, (int)name.len,
                   name.data);
    tracking->allowed[key]--;
}

/* How many bytes at the begin are such a message, 0: none; `*may_be` when they are too few to tell. */
size_t model_take_invalidation(struct session *session, struct bytes came, bool *may_be)
{
    struct bytes head = BYTES(MODEL_INVALIDATION), names[4 * MODEL_KEYS];
    size_t seen = came.len < head.len ? came.len : head.len;
    *may_be = memcmp(came.data, head.data, seen) == 0;
    if (!*may_be || seen < head.len)
        return 0;
    size_t len = reply_length(came);
    *may_be = len == 0;
    if (len == 0)
        return 0;
    struct bytes rest = bytes_make(came.data + head.len, len - head.len);
    if (rest.data[0] == '_') {
        is_told_of_all(session);
        return len;
    }
    int count = reply_bulks(rest, names, 4 * MODEL_KEYS);
    for (int i = 0; i < count; i++)
        is_told(session, names[i]);
    return len;
}
