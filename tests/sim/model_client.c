/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT: what a client says of itself, and does to others. */
#include "base/number.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"
#include <stdio.h>

static bool is_anything(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.len > 0;
}

/* ---- CLIENT KILL ---- */

struct filter {
    const struct bytes *address;
    const struct model_user *user;
    bool has_user, is_pubsub, is_normal, is_nobody;
    int64_t id; /* 0: any */
    bool spares_caller;
    bool is_unsure; /* the server may not have seen where one comes from that has broken off */
};

static bool is_port(struct bytes address, int port)
{
    char text[32];
    (void)snprintf(text, sizeof text, "127.0.0.1:%d", port);
    return bytes_is(address, text);
}

static bool read_class(const struct model_call *call, int index, struct filter *filter)
{
    filter->is_normal = call_word(call, index, "normal");
    filter->is_pubsub = call_word(call, index, "pubsub");
    filter->is_nobody = call_word(call, index, "master") || call_word(call, index, "replica");
    if (filter->is_normal || filter->is_pubsub || filter->is_nobody)
        return true;
    out_error(call->session, "ERR Unknown client type '%.*s'", (int)call->argv[index].len,
              call->argv[index].data);
    return false;
}

static bool read_user(const struct model_call *call, int index, struct filter *filter)
{
    filter->has_user = model_user(call->argv[index], &filter->user);
    if (!filter->has_user)
        out_error(call->session, "ERR No such user '%.*s'", (int)call->argv[index].len,
                  call->argv[index].data);
    return filter->has_user;
}

/* False when it was answered. */
static bool read_filter(const struct model_call *call, int index, struct filter *filter)
{
    if (call_word(call, index, "ID")) {
        if (parse_i64(call->argv[index + 1], &filter->id) && filter->id > 0)
            return true;
        out_error(call->session, "ERR client-id should be greater than 0");
        return false;
    }
    if (call_word(call, index, "TYPE"))
        return read_class(call, index + 1, filter);
    if (call_word(call, index, "USER"))
        return read_user(call, index + 1, filter);
    if (call_word(call, index, "ADDR")) {
        filter->address = &call->argv[index + 1];
        return true;
    }
    if (call_word(call, index, "LADDR")) {
        filter->is_nobody |= !is_port(call->argv[index + 1], 6379);
        return true;
    }
    filter->spares_caller = call_word(call, index + 1, "yes");
    if (call_word(call, index, "SKIPME") && (filter->spares_caller || call_word(call, index + 1, "no")))
        return true;
    out_error(call->session, "ERR syntax error");
    return false;
}

static bool lets_through(const struct filter *filter, const struct session *session)
{
    bool is_pubsub = session->channels || session->patterns;
    return !filter->is_nobody && !(filter->is_normal && is_pubsub) && !(filter->is_pubsub && !is_pubsub) &&
           (filter->id == 0 || session->id == (uint64_t)filter->id) &&
           (!filter->has_user || session->user == filter->user) &&
           (!filter->address || is_port(*filter->address, session->port));
}

static int64_t kill_by(const struct model_call *call, struct filter *filter)
{
    int64_t count = 0;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        bool is_caller = session == call->session;
        if (!session->is_used || session->id == 0 || session->was_gone ||
            (is_caller && filter->spares_caller) || !lets_through(filter, session))
            continue;
        filter->is_unsure |= filter->address && !session->is_checked;
        session->may_end = session->was_gone = true;
        session->has_quit |= is_caller;
        session->is_killed |= !is_caller;
        count++;
    }
    return count;
}

static void kill_clients(struct model_call *call)
{
    struct filter filter = {.spares_caller = call->argc > 3};
    if (call->argc == 3)
        filter.address = &call->argv[2];
    for (int i = 3; i < call->argc; i += 2) {
        if (!read_filter(call, i - 1, &filter))
            return;
    }
    if (call->argc > 3 && call->argc % 2) {
        out_error(call->session, "ERR syntax error");
        return;
    }
    int64_t count = kill_by(call, &filter);
    if (filter.is_unsure)
        (void)out_any(call->session, is_anything);
    else if (call->argc > 3)
        out_int(call->session, count);
    else if (count > 0)
        out_ok(call->session);
    else
        out_error(call->session, "ERR No such client");
}

/* Whether it waited, the hooks have told. */
static void unblock_client(struct model_call *call)
{
    int64_t id;
    if (!call_number(call, 2, &id))
        return;
    bool is_unblocked = model.unblocked_id == (uint64_t)id && id != 0;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        const struct session *session = &model.sessions[i];
        bool is_waiting = session->late.why == LATE_KEYS || session->late.why == LATE_COPIES;
        if (session->is_used && session->id == (uint64_t)id && is_waiting && !reality_is_closing(session))
            world_fail("client %d isn't unblocked", session->number);
    }
    model.unblocked_id = 0;
    out_int(call->session, is_unblocked);
}

/* A pause of writes doesn't shorten one of all. */
static void pause_clients(struct model_call *call)
{
    int64_t ms;
    if (!call_number(call, 2, &ms))
        return;
    if (model.paused_until_ms < model.clock_ms + ms)
        model.paused_until_ms = model.clock_ms + ms;
    out_ok(call->session);
}

/* ON is answered itself. */
static void model_reply(struct model_call *call)
{
    struct session *session = call->session;
    if (call_word(call, 2, "ON")) {
        session->is_silent = session->is_muted = false;
        out_ok(session);
    } else if (call_word(call, 2, "OFF")) {
        session->is_silent = true;
    } else {
        session->skips_next = !session->is_silent;
    }
}

static void unpause_clients(struct model_call *call)
{
    model.paused_until_ms = model.clock_ms;
    out_ok(call->session);
}

static void tell_id(struct model_call *call)
{
    out_int(call->session, (int64_t)call->session->id);
}

static const struct model_subcommand subcommands[] = {
    {"id", tell_id},
    {"kill", kill_clients},
    {"tracking", model_tracking},
    {"caching", model_caching},
    {"getredir", model_getredir},
    {"trackinginfo", model_trackinginfo},
    {"reply", model_reply},
    {"unblock", unblock_client},
    {"pause", pause_clients},
    {"unpause", unpause_clients},
    {"list", model_answers_anything},
    {"info", model_answers_anything},
    {"no-evict", model_answers_anything},
    {"no-touch", model_answers_anything},
    {"setname", model_answers_anything},
    {"getname", model_answers_anything},
    {"help", model_answers_anything},
    {NULL, NULL},
};

void model_client(struct model_call *call)
{
    model_run_subcommand(subcommands, call);
}
