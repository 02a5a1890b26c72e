/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions: their requests in order, transactions, subscriptions. */
#include "base/number.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- their life ---- */

static void free_expected(struct list *list)
{
    while (!list_is_empty(list))
        expected_free(LIST_ENTRY(list->next, struct expected, link));
}

void request_text_free(struct request_text *request)
{
    list_remove(&request->link);
    for (int i = 0; i < request->argc; i++)
        free((char *)(uintptr_t)request->argv[i].data);
    free(request);
}

static void free_requests(struct list *list)
{
    while (!list_is_empty(list))
        request_text_free(LIST_ENTRY(list->next, struct request_text, link));
}

static void init_lists(struct session *session)
{
    list_init(&session->sent);
    list_init(&session->expected);
    list_init(&session->deferred);
    list_init(&session->queue);
    list_init(&session->muted);
    list_init(&session->late.answer);
    list_init(&session->late.pushes);
}

struct session *session_begin(void)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->is_used)
            continue;
        *session = (struct session){.is_used = true, .number = i, .protocol = 2, .is_checked = true};
        init_lists(session);
        return session;
    }
    world_fail("the server doesn't close its clients: there are %d", MODEL_SESSIONS);
}

void session_detach(struct session *detached, struct session *session)
{
    *detached = (struct session){.number = session->number,
                                 .database = session->database,
                                 .protocol = session->protocol,
                                 .may_end = true,
                                 .port = session->port,
                                 .is_in_multi = session->is_in_multi,
                                 .run_count = session->run_count,
                                 .exec_rests = session->exec_rests,
                                 .user = session->user,
                                 .late = session->late};
    init_lists(detached);
    list_append_all(&detached->queue, &session->queue);
}

void session_end(struct session *session)
{
    free_requests(&session->sent);
    free_requests(&session->queue);
    free_expected(&session->expected);
    free_expected(&session->deferred);
    free_expected(&session->muted);
    free_expected(&session->late.answer);
    free_expected(&session->late.pushes);
    value_clear(&session->elements.must);
    buf_clear(&session->received);
    *session = (struct session){0};
}

void model_turn_away(struct session *session)
{
    out_error(session, "ERR max number of clients reached");
    session->may_end = session->is_killed = true;
}

static struct request_text *copy_request(int argc, const struct bytes *argv)
{
    struct request_text *request = calloc(1, sizeof *request + (size_t)argc * sizeof *argv);
    if (!request)
        abort();
    list_init(&request->link);
    request->argc = argc;
    for (int i = 0; i < request->argc; i++) {
        char *copy = malloc(argv[i].len + 1);
        if (!copy)
            abort();
        memcpy(copy, argv[i].data, argv[i].len);
        copy[argv[i].len] = 0;
        request->argv[i] = bytes_make(copy, argv[i].len);
    }
    return request;
}

void session_sent(struct session *session, int argc, const struct bytes *argv)
{
    struct request_text *request = copy_request(argc, argv);
    list_append(&session->sent, &request->link);
}

void model_mute(struct session *session)
{
    session->is_muted = session->is_silent || session->skips_next;
    session->skips_next = false;
}

/* What it would have been answered is gone. */
void model_unmute(struct session *session)
{
    session->is_muted = false;
    free_expected(&session->muted);
}

static bool is_same_request(const struct request_text *request, int argc, const struct bytes *argv)
{
    bool is_same = request->argc == argc;
    for (int i = 0; is_same && i < argc; i++)
        is_same = bytes_equal(request->argv[i], argv[i]);
    return is_same;
}

struct request_text *model_next(struct session *session, int argc, const struct bytes *argv)
{
    if (session->is_garbage)
        return copy_request(argc, argv);
    if (list_is_empty(&session->sent))
        world_fail("client %d: the server runs %.*s, which wasn't sent", session->number, (int)argv[0].len,
                   argv[0].data);
    struct request_text *request = LIST_ENTRY(session->sent.next, struct request_text, link);
    if (!is_same_request(request, argc, argv))
        world_fail("client %d: the server runs %.*s, not the %.*s that was sent", session->number,
                   (int)argv[0].len, argv[0].data, (int)request->argv[0].len, request->argv[0].data);
    return request;
}

/* ---- small ones ---- */

static void run_ping(struct model_call *call)
{
    struct session *session = call->session;
    if (session->protocol == 2 && (session->channels || session->patterns))
        out_text(session, call->argc > 1 ? "*2\r\n$4\r\npong\r\n" : "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    else if (call->argc == 1)
        out_text(session, "+PONG\r\n");
    if (call->argc > 1)
        out_bulk(session, call->argv[1]);
}

static bool is_zero(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_is(reply, ":0\r\n");
}

/* There are no copies. */
static void run_wait(struct model_call *call)
{
    struct session *session = call->session;
    int64_t timeout_ms;
    if (!call_number(call, 2, &timeout_ms))
        return;
    (void)out_any(session, is_zero);
    if (call->late == LATE_NOTHING)
        return;
    session->late.until_ms = timeout_ms ? model.clock_ms + timeout_ms : INT64_MAX;
}

static void run_echo(struct model_call *call)
{
    out_bulk(call->session, call->argv[1]);
}

static void run_select(struct model_call *call)
{
    int64_t number;
    if (!call_number(call, 1, &number))
        return;
    if (number < 0 || number >= MODEL_DATABASES) {
        out_error(call->session, "ERR DB index is out of range");
        return;
    }
    call->session->database = (int)number;
    out_ok(call->session);
}

static void run_quit(struct model_call *call)
{
    out_ok(call->session);
    call->session->may_end = call->session->has_quit = true;
}

/* As if it had just come. */
static void run_reset(struct model_call *call)
{
    struct session *session = call->session;
    bool is_skipped = session->is_muted && !session->is_silent;
    model_end_transaction(session);
    model_end_tracking(session);
    session->channels = session->patterns = 0;
    session->database = 0;
    session->protocol = 2;
    session->is_silent = session->is_monitor = false;
    model_begin_user(session);
    session->is_muted = is_skipped;
    out_text(session, "+RESET\r\n");
}

static bool is_any(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.data[0] != '-';
}

static void run_hello(struct model_call *call)
{
    if (call_word(call, 2, "AUTH") && !model_log_in(call->session, call->argv[3], call->argv[4]))
        return;
    if (!call->session->is_known) {
        out_text(call->session,
                 "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
                 "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
                 "RESP protocol version at the same time\r\n");
        return;
    }
    call->session->protocol = bytes_is(call->argv[1], "3") ? 3 : 2;
    (void)out_any(call->session, is_any);
}

/* ---- transactions ---- */

static void end_watches(struct session *session)
{
    memset(session->watched, 0, sizeof session->watched);
    memset(session->watched_dead, 0, sizeof session->watched_dead);
}

void model_end_transaction(struct session *session)
{
    session->is_in_multi = session->is_exec_aborted = session->is_watch_broken = false;
    free_requests(&session->queue);
    end_watches(session);
}

static void run_multi(struct model_call *call)
{
    if (call->session->is_in_multi) {
        out_error(call->session, "ERR MULTI calls can not be nested");
        return;
    }
    call->session->is_in_multi = true;
    out_ok(call->session);
}

bool model_is_exec(const struct request_text *request)
{
    return request->argc == 1 && bytes_is_nocase(request->argv[0], "exec");
}

static int64_t queue_length(const struct session *session)
{
    int64_t count = 0;
    LIST_EACH(link, &session->queue)
        count++;
    return count;
}

void model_exec_begins(struct session *session)
{
    if (!session->is_in_multi || session->is_exec_aborted || session->is_watch_broken)
        world_fail("client %d: EXEC runs what it must not", session->number);
    out_array(session, queue_length(session));
    end_watches(session);
    model.executing = session;
    model_begins_undivided(session);
}

void model_exec_runs(const struct session *session, int argc, const struct bytes *argv)
{
    int number = 0;
    LIST_EACH(link, &session->queue) {
        if (number++ != session->run_count)
            continue;
        if (is_same_request(LIST_ENTRY(link, struct request_text, link), argc, argv))
            return;
        break;
    }
    world_fail("client %d: EXEC runs %.*s, which isn't next", session->number, (int)argv[0].len,
               argv[0].data);
}

/* In a pause nothing removes a dead key: EXEC looks for itself. */
static void look_for_dead(struct session *session)
{
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            const struct slot *slot = &model.data.slots[database][key];
            if ((session->watched[database] & ~session->watched_dead[database]) >> key & 1 &&
                slot->is_there && !model_find(database, key))
                session->is_watch_broken = true;
        }
    }
}

static bool is_denial(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-NOPERM ACLs rules changed "));
}

void model_exec_passes_denied(struct session *session)
{
    int number = 0;
    LIST_EACH(link, &session->queue) {
        const struct request_text *request = LIST_ENTRY(link, struct request_text, link);
        struct buf name = {0};
        if (number++ != session->run_count)
            continue;
        model_full_name(request->argc, request->argv, &name);
        bool is_denied = model_denies(session, buf_bytes(&name), request->argc, request->argv);
        buf_clear(&name);
        if (!is_denied)
            return;
        (void)out_any(session, is_denial);
        session->run_count++;
    }
}

/* The server has run nothing. */
static void exec_all_denied(struct session *session)
{
    model_exec_begins(session);
    model_exec_passes_denied(session);
    if (queue_length(session) != session->run_count)
        world_fail("client %d: EXEC runs nothing", session->number);
}

void model_exec_ends(struct session *session, bool has_begun)
{
    if (!session->is_in_multi) {
        out_error(session, "ERR EXEC without MULTI");
        return;
    }
    if (!has_begun)
        look_for_dead(session);
    if (has_begun)
        model_exec_passes_denied(session);
    if (has_begun && queue_length(session) != session->run_count)
        world_fail("client %d: EXEC ran %d of %d", session->number, session->run_count,
                   (int)queue_length(session));
    if (!has_begun && session->is_exec_aborted)
        out_error(session, "EXECABORT Transaction discarded because of previous errors.");
    else if (!has_begun && session->is_watch_broken)
        out_null_array(session);
    else if (!has_begun)
        exec_all_denied(session);
    session->run_count = 0;
    session->exec_rests = false;
    model.executing = NULL;
    model_end_transaction(session);
}

static void run_exec(struct model_call *call)
{
    (void)call; /* see model_exec_ends */
}

static void run_discard(struct model_call *call)
{
    if (!call->session->is_in_multi) {
        out_error(call->session, "ERR DISCARD without MULTI");
        return;
    }
    model_end_transaction(call->session);
    out_ok(call->session);
}

static void run_watch(struct model_call *call)
{
    struct session *session = call->session;
    if (session->is_in_multi) {
        out_error(session, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    for (int i = 1; i < call->argc && !session->is_watch_broken; i++) {
        int key = model_key(call->argv[i]), database = session->database;
        uint64_t bit = UINT64_C(1) << key;
        if (session->watched[database] & bit)
            continue;
        session->watched[database] |= bit;
        if (model.data.slots[database][key].is_there && !model_find(database, key))
            session->watched_dead[database] |= bit;
    }
    out_ok(session);
}

static void run_unwatch(struct model_call *call)
{
    end_watches(call->session);
    call->session->is_watch_broken = false;
    out_ok(call->session);
}

/* ---- publishing ---- */

const char *const model_channels[MODEL_CHANNELS] = {
    "ch:1",
    "ch:2",
    "ch:10",
    "news",
    "__keyevent@0__:set",
    "__keyevent@0__:expired",
    "__keyevent@1__:del",
    "__keyevent@0__:rename_to",
};
/* No channel matches two of them: the order would be anybody's. */
const char *const model_patterns[MODEL_PATTERNS] = {"ch:1*", "ch:2*", "__keyspace@0*", "__keyevent@1*"};

static bool matches(const char *pattern, struct bytes channel)
{
    return bytes_starts_with(channel, bytes_make(pattern, strlen(pattern) - 1));
}

static void deliver(struct session *session, const char *pattern, struct bytes channel, struct bytes message)
{
    struct buf push = {0};
    buf_printf(&push, "%c%d\r\n", session->protocol == 3 ? '>' : '*', pattern ? 4 : 3);
    encode_bulk(&push, pattern ? BYTES("pmessage") : BYTES("message"));
    if (pattern)
        encode_bulk(&push, bytes_of(pattern));
    encode_bulk(&push, channel);
    encode_bulk(&push, message);
    push_bytes(session, buf_bytes(&push));
    buf_clear(&push);
}

int64_t model_publish(struct bytes channel, struct bytes message)
{
    int64_t count = 0;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (!session->is_used || reality_is_gone(session))
            continue;
        bool is_reached = !reality_is_closing(session);
        for (int j = 0; j < MODEL_CHANNELS; j++) {
            if (!(session->channels >> j & 1) || !bytes_is(channel, model_channels[j]))
                continue;
            count++;
            if (is_reached)
                deliver(session, NULL, channel, message);
        }
        for (int j = 0; j < MODEL_PATTERNS; j++) {
            if (!(session->patterns >> j & 1) || !matches(model_patterns[j], channel))
                continue;
            count++;
            if (is_reached)
                deliver(session, model_patterns[j], channel, message);
        }
    }
    return count;
}

static bool is_number(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.data[0] == ':';
}

/* Who was reached by one subscription before there was no memory for another may count. */
static void run_publish(struct model_call *call)
{
    int64_t count = model_publish(call->argv[1], call->argv[2]);
    if (reality_dropped_somebody() || model.drops_clients)
        (void)out_any(call->session, is_number);
    else
        out_int(call->session, count);
}

static int index_of(const char *const *names, int count, struct bytes name)
{
    for (int i = 0; i < count; i++) {
        if (bytes_is(name, names[i]))
            return i;
    }
    world_fail("no such channel");
}

/* Said as a message is, whoever is silent. */
static void confirm(struct session *session, const char *word, struct bytes name)
{
    bool is_muted = session->is_muted;
    session->is_muted = false;
    out_text(session, session->protocol == 3 ? ">3\r\n" : "*3\r\n");
    out_bulk(session, bytes_of(word));
    out_bulk(session, name);
    out_int(session, __builtin_popcount(session->channels) + __builtin_popcount(session->patterns));
    session->is_muted = is_muted;
}

static void run_subscribe(struct model_call *call)
{
    for (int i = 1; i < call->argc; i++) {
        call->session->channels |= 1u << index_of(model_channels, MODEL_CHANNELS, call->argv[i]);
        confirm(call->session, "subscribe", call->argv[i]);
    }
}

static void run_unsubscribe(struct model_call *call)
{
    for (int i = 1; i < call->argc; i++) {
        call->session->channels &= ~(1u << index_of(model_channels, MODEL_CHANNELS, call->argv[i]));
        confirm(call->session, "unsubscribe", call->argv[i]);
    }
}

static void run_psubscribe(struct model_call *call)
{
    for (int i = 1; i < call->argc; i++) {
        call->session->patterns |= 1u << index_of(model_patterns, MODEL_PATTERNS, call->argv[i]);
        confirm(call->session, "psubscribe", call->argv[i]);
    }
}

static void run_punsubscribe(struct model_call *call)
{
    for (int i = 1; i < call->argc; i++) {
        call->session->patterns &= ~(1u << index_of(model_patterns, MODEL_PATTERNS, call->argv[i]));
        confirm(call->session, "punsubscribe", call->argv[i]);
    }
}

const struct model_command model_session_commands[] = {
    {.name = "ping", .arity = -1, .run = run_ping, .is_allowed_subscribed = true},
    {.name = "wait", .arity = 3, .run = run_wait},
    {.name = "quit",
     .arity = -1,
     .run = run_quit,
     .is_allowed_subscribed = true,
     .is_not_queued = true,
     .is_for_strangers = true},
    {.name = "reset",
     .arity = 1,
     .run = run_reset,
     .is_allowed_subscribed = true,
     .is_not_queued = true,
     .is_for_strangers = true},
    {.name = "echo", .arity = 2, .run = run_echo},
    {.name = "select", .arity = 2, .run = run_select},
    {.name = "hello", .arity = -1, .run = run_hello, .is_for_strangers = true},
    {.name = "multi", .arity = 1, .run = run_multi, .is_not_queued = true},
    {.name = "exec", .arity = 1, .run = run_exec, .is_not_queued = true},
    {.name = "discard", .arity = 1, .run = run_discard, .is_not_queued = true},
    {.name = "watch", .arity = -2, .run = run_watch, .is_not_queued = true},
    {.name = "unwatch", .arity = 1, .run = run_unwatch},
    {.name = "publish", .arity = 3, .run = run_publish},
    {.name = "subscribe", .arity = -2, .run = run_subscribe, .is_allowed_subscribed = true},
    {.name = "unsubscribe", .arity = -1, .run = run_unsubscribe, .is_allowed_subscribed = true},
    {.name = "psubscribe", .arity = -2, .run = run_psubscribe, .is_allowed_subscribed = true},
    {.name = "punsubscribe", .arity = -1, .run = run_punsubscribe, .is_allowed_subscribed = true},
    {.name = NULL},
};
