/* SPDX-License-Identifier: BSD-3-Clause */
/* A server without a way out: bytes go in through client_feed and come out of the clients' replies. */
#include "support/harness.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/panic.h"
#include "commands/debug.h"
#include "commands/families.h"
#include "engine/check.h"
#include "engine/client_io.h"
#include "engine/cron.h"
#include "engine/scripting.h"
#include "engine/tick.h"
#include "persist/save_state.h"
#include "proto/resp_read.h"
#include "script/script.h"
#include "support/journal_copy.h"
#include "support/reply_text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* Far more than any test needs: work that never ends is a failure. */
#define TICKS_MAX 100000
#define ARGS_MAX  32

static void set_clock(struct clock *clock, int64_t mono_ms)
{
    clock->mono_ms = mono_ms;
    clock->mono_us = mono_ms * 1000;
    clock->wall_ms = mono_ms + clock->wall_offset_ms;
}

/* Tasks that were made by the machine's clock come round by the harness's. */
static void set_tasks(struct server *server)
{
    LIST_EACH(link, &server->cron_tasks) {
        struct cron_task *task = LIST_ENTRY(link, struct cron_task, link);
        task->due_ms = server->clock.mono_ms + task->period_ms;
    }
}

/* Descriptors that are open. */
static int count_fds(void)
{
    enum { LOOKED_AT = 256 };
    int count = 0;
    for (int fd = 0; fd < LOOKED_AT; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static struct harness *make_harness(const struct command_family *const *families, int family_count)
{
    struct harness *harness = mem_zalloc(sizeof *harness);
    harness->fds_before = count_fds();
    struct server *server = server_new(config_new(), families, family_count);
    server->clock.is_manual = true;
    server->clock.wall_offset_ms = HARNESS_WALL_MS - HARNESS_MONO_MS;
    set_clock(&server->clock, HARNESS_MONO_MS);
    set_tasks(server);
    server->start_mono_ms = server->clock.mono_ms;
    server->start_wall_ms = server->clock.wall_ms;
    save_state_init(server);
    scripting_init(server);
    save_state_add_metrics(server);
    scripts_add_metrics(server);
    session_stats_clear(server->sessions);
    session_stats_init(server->sessions, HARNESS_MONO_MS);
    harness->server = server;
    harness->client = harness_client(harness);
    return harness;
}

struct harness *harness_new(void)
{
    struct harness *harness = make_harness(command_families, command_family_count);
    harness->journal = journal_copy_new(harness->server);
    return harness;
}

struct harness *harness_new_with(const struct command_family *family)
{
    const struct command_family **families = mem_alloc(sizeof *families * ((size_t)command_family_count + 1));
    memcpy(families, command_families, sizeof *families * (size_t)command_family_count);
    families[command_family_count] = family;
    struct harness *harness = make_harness(families, command_family_count + 1);
    harness->journal = journal_copy_new(harness->server);
    mem_free(families);
    return harness;
}

void harness_free(struct harness *harness)
{
    harness_drop_journal(harness);
    scripts_free(harness->server);
    save_state_free(harness->server);
    server_free(harness->server);
    buf_clear(&harness->replies);
    mem_free(harness);
}

/* ---- the journal ---- */

void harness_drop_journal(struct harness *harness)
{
    if (harness->journal)
        journal_copy_free(harness->journal);
    harness->journal = NULL;
}

struct bytes harness_journal(struct harness *harness)
{
    return journal_copy_text(harness->journal);
}

static void assert_no_error(struct bytes replies, struct bytes requests)
{
    for (size_t i = 0; i < replies.len; i++) {
        if (replies.data[i] != '-' || (i > 0 && replies.data[i - 1] != '\n'))
            continue;
        print_error("The journal's\n%.*s\nwas answered\n%.*s\n", (int)requests.len, requests.data,
                    (int)replies.len, replies.data);
        fail();
    }
}

static void replay(void *context, int64_t mono_ms, struct bytes group)
{
    struct harness *second = context;
    set_clock(&second->server->clock, mono_ms);
    assert_no_error(harness_feed(second, second->client, group), group);
}

static void append_code(void *context, struct blob *code)
{
    buf_append_bytes(context, blob_bytes(code));
}

/* The code of all functions, owned. */
static struct buf functions_of(const struct harness *harness)
{
    struct buf codes = {0};
    harness->server->scripting->each_library(harness->server, append_code, &codes);
    return codes;
}

static void compare_functions(const struct harness *harness, const struct harness *second)
{
    struct buf functions = functions_of(harness), copied = functions_of(second);
    assert_string_equal(buf_cstring(&functions), buf_cstring(&copied));
    buf_clear(&functions);
    buf_clear(&copied);
}

void harness_check_journal(struct harness *harness)
{
    struct harness *second = make_harness(command_families, command_family_count);
    char digest[SHA1_HEX_SIZE + 1], copied[SHA1_HEX_SIZE + 1];
    second->server->skips_checksums = true; /* RESTORE was let through once */
    journal_copy_each(harness->journal, replay, second);
    set_clock(&second->server->clock, harness->server->clock.mono_ms);
    dataset_digest(harness->server->store, digest);
    dataset_digest(second->server->store, copied);
    if (strcmp(digest, copied) != 0)
        print_error("Behind this journal the datasets differ:\n%.4000s\n", harness_journal(harness).data);
    assert_string_equal(digest, copied);
    compare_functions(harness, second);
    harness_free(second);
}

struct client *harness_client(struct harness *harness)
{
    struct client *client = client_new_internal(harness->server);
    ASSERT(harness->client_count < HARNESS_CLIENTS_MAX);
    harness->clients[harness->client_count++] = client;
    return client;
}

/* As the loop waits: a job that rests does so by the machine's clock, and ticks meanwhile only burn. */
static void wait_for_slices(const struct server *server)
{
    int64_t wait_us = slices_next_us(&server->slices) - clock_mono_us();
    if (wait_us > 0)
        assert_return_code(usleep((useconds_t)wait_us), errno);
}

void harness_run(struct harness *harness)
{
    struct server *server = harness->server;
    for (int ticks = 0; ticks < TICKS_MAX; ticks++) {
        tick(server, 0);
        bool is_runnable = !list_is_empty(&server->runnable);
        if (!is_runnable && list_is_empty(&server->slices.jobs))
            return;
        if (!is_runnable)
            wait_for_slices(server);
    }
    fail_msg("work goes on for %d ticks", TICKS_MAX);
}

void harness_advance(struct harness *harness, int64_t ms)
{
    set_clock(&harness->server->clock, harness->server->clock.mono_ms + ms);
    harness_run(harness);
}

struct bytes harness_replies(struct harness *harness, struct client *client)
{
    harness->replies.len = 0;
    reply_text_drain(&client->reply, SIZE_MAX, &harness->replies);
    return buf_bytes(&harness->replies);
}

struct bytes harness_feed(struct harness *harness, struct client *client, struct bytes input)
{
    client_feed(client, input);
    harness_run(harness);
    return harness_replies(harness, client);
}

struct answers {
    int values, pushes;
};

/* Fails the test unless the reply is made of whole values. */
static struct answers count_answers(struct bytes reply, struct bytes request)
{
    struct resp_reader reader;
    struct answers answers = {0, 0};
    while (reply.len > 0) {
        resp_reader_init(&reader, (struct resp_read_limits){INT64_MAX, INT64_MAX, RESP_DEPTH_MAX});
        *(reply.data[0] == RESP_KIND_PUSH ? &answers.pushes : &answers.values) += 1;
        if (resp_read_to_end(&reader, reply) != RESP_READ_ITEM)
            fail_msg("The reply to %.*s is malformed", (int)request.len, request.data);
        reply = bytes_make(reply.data + reader.position, reply.len - reader.position);
    }
    return answers;
}

/* One who owes nothing, and asks something, has one answer then. */
static bool has_nothing_open(const struct client *client)
{
    uint32_t flags =
        CLIENT_BUSY | CLIENT_MONITOR | CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP | CLIENT_REPLY_SKIP_NEXT;
    return !(client->flags & flags) && client_class(client) == CLIENT_CLASS_NORMAL &&
           reply_pending(&client->reply) == 0;
}

static bool is_one_request(struct bytes request)
{
    return request.data[0] == '*' || bytes_index_of(request, '\n') == request.len - 1;
}

/* All that a client is sent for one request. */
static struct bytes ask(struct harness *harness, struct client *client, struct bytes request)
{
    uint64_t id = client->id;
    bool had_nothing_open = has_nothing_open(client);
    struct bytes reply = harness_feed(harness, client, request);
    struct answers answers = count_answers(reply, request);
    client = client_by_id(harness->server, id);
    bool is_answered = answers.values == 1 || (answers.values == 0 && answers.pushes > 0);
    if (client && had_nothing_open && has_nothing_open(client) && is_one_request(request) && !is_answered)
        fail_msg("%d answers to %.*s", answers.values, (int)request.len, request.data);
    return reply;
}

struct bytes harness_send_as(struct harness *harness, struct client *client, const char *line)
{
    struct buf input = {0};
    struct bytes reply;
    buf_append_text(&input, line);
    buf_append_text(&input, "\r\n");
    reply = ask(harness, client, buf_bytes(&input));
    buf_clear(&input);
    return reply;
}

struct bytes harness_send(struct harness *harness, const char *line)
{
    return harness_send_as(harness, harness->client, line);
}

struct bytes harness_request_bytes(struct harness *harness, struct client *client, int argc,
                                   const struct bytes *argv)
{
    struct buf input = {0};
    struct bytes reply;
    buf_printf(&input, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        buf_printf(&input, "$%zu\r\n", argv[i].len);
        buf_append_bytes(&input, argv[i]);
        buf_append_text(&input, "\r\n");
    }
    reply = ask(harness, client, buf_bytes(&input));
    buf_clear(&input);
    return reply;
}

struct bytes harness_request(struct harness *harness, int argc, ...)
{
    struct bytes argv[ARGS_MAX];
    va_list args;
    ASSERT(argc <= ARGS_MAX);
    va_start(args, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = bytes_of(va_arg(args, const char *));
    va_end(args);
    return harness_request_bytes(harness, harness->client, argc, argv);
}

void harness_assert(struct bytes reply, struct bytes expected, const char *request, const char *file,
                    int line)
{
    struct buf message = {0};
    if (bytes_equal(reply, expected))
        return;
    buf_printf(&message, "%s\n    expected ", request);
    buf_append_quoted(&message, expected);
    buf_append_text(&message, "\n    received ");
    buf_append_quoted(&message, reply);
    print_error("%s\n", buf_cstring(&message));
    buf_clear(&message);
    _fail(file, line);
}

static void take_turn(struct harness *harness, struct client *client, const char *line)
{
    client_feed(client, bytes_of(line));
    client_feed(client, BYTES("\r\n"));
    tick(harness->server, 0);
}

void harness_begin(struct harness *harness, struct client *client, const char *line)
{
    take_turn(harness, client, line);
    assert_true(client->flags & CLIENT_BUSY);
}

struct bytes harness_turn(struct harness *harness, struct client *client, const char *line)
{
    take_turn(harness, client, line);
    return harness_replies(harness, client);
}

int harness_setup(void **state)
{
    *state = harness_new();
    return 0;
}

int harness_teardown(void **state)
{
    struct harness *harness = *state;
    int fds_before = harness->fds_before;
    /* What a test made happen between two turns is told in the next. */
    harness_run(harness);
    engine_check(harness->server);
    if (harness->journal)
        harness_check_journal(harness);
    harness_free(*state);
    assert_int_equal(count_fds(), fds_before);
    return 0;
}

void harness_fill_set(struct harness *harness, const char *key, int count)
{
    for (int i = 0; i < count; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "SADD %s m%d", key, i);
        harness_send(harness, line);
    }
}
