/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for keys, with commands of our own: TAKE key ... timeout-ms answers with the key and the string
 * that it holds, and removes it; TAKEINT wants an integer. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/blocking.h"
#include "engine/client_io.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define OK             "+OK\r\n"
#define TOOK(key, val) "*2\r\n" key "\r\n" val "\r\n"
#define NIL            "*-1\r\n"

/* The journal gets what a server without these commands can do. */
static void take(struct call *call, struct key key, const struct value *value)
{
    char scratch[STRING_SCRATCH];
    reply_array(call->reply, 2);
    reply_bulk(call->reply, key.name);
    reply_bulk(call->reply, string_bytes(value, scratch));
    call_remove(call, key);
    call_record_words(call, "DEL", key.name);
}

static bool take_any(struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    if (!entry)
        return false;
    struct value value = entry_value(entry);
    take(call, key, &value);
    return true;
}

static bool take_integer(struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    return entry && entry_value(entry).encoding == STRING_INT && take_any(call, key);
}

static void reply_nothing(struct call *call)
{
    reply_null_array(call->reply);
}

static void take_or_wait(struct call *call, bool (*serve)(struct call *call, struct key key))
{
    int last = call->argc - 2;
    int64_t timeout_ms;
    if (!call_int(call, call->argc - 1, &timeout_ms))
        return;
    for (int i = 1; i <= last; i++) {
        if (serve(call, call_key(call, i)))
            return;
    }
    if (!call_may_wait(call))
        reply_nothing(call);
    else
        call_block(call, 1, last, timeout_ms ? call->server->clock.mono_ms + timeout_ms : INT64_MAX, serve,
                   reply_nothing);
}

static void cmd_take(struct call *call)
{
    take_or_wait(call, take_any);
}

static void cmd_takeint(struct call *call)
{
    take_or_wait(call, take_integer);
}

static const struct command blocking_commands[] = {
    {.name = "take",
     .run = cmd_take,
     .arity = -3,
     .flags = COMMAND_WRITE | COMMAND_BLOCKING,
     .group = "generic",
     .since = "1.0.0",
     .keys = {{.flags = KEY_RW, .begin = KEY_BEGIN_INDEX, .first = 1, .last = -2, .step = 1}},
     .summary = "Takes a string.",
     .synopsis = "key... timeout:integer"},
    {.name = "takeint",
     .run = cmd_takeint,
     .arity = -3,
     .flags = COMMAND_WRITE | COMMAND_BLOCKING,
     .group = "generic",
     .since = "1.0.0",
     .keys = {{.flags = KEY_RW, .begin = KEY_BEGIN_INDEX, .first = 1, .last = -2, .step = 1}},
     .summary = "Takes an integer.",
     .synopsis = "key... timeout:integer"},
    {.name = NULL},
};

static const struct command_family blocking_family = {"blocking", blocking_commands};

static int setup(void **state)
{
    *state = harness_new_with(&blocking_family);
    return 0;
}

#define BLOCKING_TEST(function) cmocka_unit_test_setup_teardown(function, setup, harness_teardown)

static void block(struct harness *h, struct client *client, const char *line)
{
    harness_assert(harness_send_as(h, client, line), BYTES(""), line, __FILE__, __LINE__);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
}

static void what_is_there_is_taken_at_once(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "set a 1", OK);
    assert_reply(h, "take b a 0", TOOK("$1\r\na", "$1\r\n1"));
    assert_reply(h, "exists a", ":0\r\n");
    assert_int_equal(h->server->blocked_count, 0);
}

static void who_came_first_is_served_first(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h), *third = harness_client(h);
    block(h, first, "take a b 0");
    block(h, second, "take b a a 0");
    block(h, third, "take a 0");
    assert_int_equal(h->server->blocked_count, 3);
    assert_reply(h, "set a 1", OK);
    assert_sent(h, first, TOOK("$1\r\na", "$1\r\n1"));
    assert_sent(h, second, "");
    assert_reply(h, "set a 2", OK);
    assert_sent(h, second, TOOK("$1\r\na", "$1\r\n2"));
    assert_sent(h, third, "");
    assert_reply(h, "set b 3", OK);
    assert_reply(h, "set a 4", OK);
    assert_sent(h, third, TOOK("$1\r\na", "$1\r\n4"));
    assert_reply(h, "exists a b", ":1\r\n");
    assert_int_equal(h->server->blocked_count, 0);
    assert_int_equal(h->server->blocking.keys.count, 0);
}

static void any_command_that_makes_a_key_makes_it_ready(void **state)
{
    static const char *const makers[] = {"set a xyz",        "setex a 100 xyz", "append a xyz",
                                         "setrange a 0 xyz", "mset a xyz",      "rename from a",
                                         "copy from a",      "getset a xyz",    "setnx a xyz",
                                         "msetnx a xyz",     "bitop or a from", "renamenx from a"};
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        assert_reply(h, "set from xyz", OK);
        block(h, taker, "take a 0");
        assert_true(harness_send(h, makers[i]).len > 0);
        harness_assert(harness_replies(h, taker), BYTES(TOOK("$1\r\na", "$3\r\nxyz")), makers[i], __FILE__,
                       __LINE__);
    }
    block(h, taker, "take a 0");
    assert_reply(h, "incr a", ":1\r\n");
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n1"));
}

static void keys_of_other_databases_do_not_count_until_they_come(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    block(h, taker, "take a 0");
    assert_reply(h, "select 1", OK);
    assert_reply(h, "set a 1", OK);
    assert_sent(h, taker, "");
    assert_reply(h, "move a 0", ":1\r\n");
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n1"));
    block(h, taker, "take a 0");
    assert_reply(h, "set a 2", OK);
    assert_sent(h, taker, "");
    assert_reply(h, "swapdb 0 1", OK);
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n2"));
}

static void restored_key_is_ready(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    assert_reply(h, "set from 1", OK);
    struct bytes reply = harness_send(h, "dump from");
    char payload[64];
    size_t len = reply.len - 7;
    assert_true(len < sizeof payload);
    memcpy(payload, reply.data + 5, len);
    block(h, taker, "take a 0");
    harness_request_bytes(
        h, h->client, 4,
        (struct bytes[]){BYTES("restore"), BYTES("a"), BYTES("0"), bytes_make(payload, len)});
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n1"));
}

static void who_wants_something_else_is_passed_over(void **state)
{
    struct harness *h = *state;
    struct client *picky = harness_client(h), *other = harness_client(h);
    block(h, picky, "takeint a 0");
    block(h, other, "take a 0");
    assert_reply(h, "set a text", OK);
    assert_sent(h, picky, "");
    assert_sent(h, other, TOOK("$1\r\na", "$4\r\ntext"));
    assert_reply(h, "set a 7", OK);
    assert_sent(h, picky, TOOK("$1\r\na", "$1\r\n7"));
}

static void transaction_is_over_before_anybody_is_served(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    block(h, taker, "take a 0");
    assert_reply(h, "multi", OK);
    assert_reply(h, "set a 1", "+QUEUED\r\n");
    assert_reply(h, "set a 2", "+QUEUED\r\n");
    assert_reply(h, "get a", "+QUEUED\r\n");
    assert_reply(h, "exec", "*3\r\n" OK OK "$1\r\n2\r\n");
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n2"));
    block(h, taker, "take a 0");
    assert_reply(h, "multi", OK);
    assert_reply(h, "set a 1", "+QUEUED\r\n");
    assert_reply(h, "del a", "+QUEUED\r\n");
    assert_reply(h, "exec", "*2\r\n" OK ":1\r\n");
    assert_sent(h, taker, "");
}

static void nobody_waits_inside_a_transaction(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "multi", OK);
    assert_reply(h, "take a 0", "+QUEUED\r\n");
    assert_reply(h, "exec", "*1\r\n" NIL);
    assert_int_equal(h->server->blocked_count, 0);
}

static void time_runs_out(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    block(h, h->client, "take a 100");
    block(h, other, "take a b 60");
    harness_advance(h, 59);
    assert_sent(h, other, "");
    harness_advance(h, 1);
    assert_sent(h, other, NIL);
    harness_advance(h, 39);
    assert_sent(h, h->client, "");
    harness_advance(h, 1);
    assert_sent(h, h->client, NIL);
    assert_int_equal(h->server->blocking.keys.count, 0);
    assert_reply(h, "set a 1", OK);
    assert_reply(h, "get a", "$1\r\n1\r\n");
}

static const char *unblock(const struct client *client, const char *how)
{
    static char line[64];
    (void)snprintf(line, sizeof line, "client unblock %llu %s", (unsigned long long)client->id, how);
    return line;
}

static void others_may_end_the_wait(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    block(h, taker, "take a 0");
    assert_reply(h, unblock(taker, "timeout"), ":1\r\n");
    assert_sent(h, taker, NIL);
    assert_reply(h, unblock(taker, "timeout"), ":0\r\n");
    block(h, taker, "take a 5000");
    assert_reply(h, unblock(taker, "error"), ":1\r\n");
    assert_sent(h, taker, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    assert_int_equal(h->server->blocking.keys.count, 0);
    assert_int_equal(h->server->timeouts.count, 0);
}

static void who_is_killed_takes_nothing(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    char line[64];
    block(h, taker, "take a 0");
    (void)snprintf(line, sizeof line, "client kill id %llu\r\nset a 1\r\nget a",
                   (unsigned long long)taker->id);
    assert_reply(h, line, ":1\r\n" OK "$1\r\n1\r\n");
    assert_int_equal(h->server->blocking.keys.count, 0);
    assert_int_equal(h->server->blocked_count, 0);
}

static void nobody_is_served_while_writes_are_paused(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h), *other = harness_client(h);
    for (int i = 0; i < 2; i++) {
        block(h, taker, "take a 0");
        /* The key becomes ready in the turn that pauses. */
        assert_reply(h, "multi", OK);
        assert_reply(h, "set a 1", "+QUEUED\r\n");
        assert_reply(h, "client pause 100 write", "+QUEUED\r\n");
        assert_reply(h, "exec", "*2\r\n" OK OK);
        assert_sent(h, taker, "");
        assert_reply(h, "exists a", ":1\r\n");
        if (i == 0)
            harness_advance(h, 100);
        else
            assert_reply_as(h, other, "client unpause", OK);
        assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n1"));
    }
}

static void what_follows_in_the_pipeline_waits(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h);
    block(h, taker, "take a 0\r\ntake a 0\r\nping");
    assert_reply(h, "set a 1", OK);
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n1"));
    assert_reply(h, "set a 2", OK);
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n2") "+PONG\r\n");
}

/* What is taken by one that waited is a change like any other. */
static void who_is_served_may_make_others_ready(void **state)
{
    struct harness *h = *state;
    struct client *taker = harness_client(h), *watcher = harness_client(h);
    block(h, taker, "take a 0");
    uint64_t dirty = h->server->dirty;
    assert_reply_as(h, watcher, "watch a", OK);
    assert_reply(h, "set a 1", OK);
    assert_int_equal(h->server->dirty, dirty + 2);
    assert_sent(h, taker, TOOK("$1\r\na", "$1\r\n1"));
    assert_reply_as(h, watcher, "multi", OK);
    assert_reply_as(h, watcher, "exec", NIL);
}

enum { CROWD = 10000 };

static void a_crowd_is_served_in_order(void **state)
{
    struct harness *h = *state;
    struct client **crowd = mem_alloc(CROWD * sizeof(struct client *));
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = client_new_internal(h->server);
        client_feed(crowd[i], i % 2 ? BYTES("take a 0\r\n") : BYTES("take a b 50000\r\n"));
    }
    harness_run(h);
    assert_int_equal(h->server->blocked_count, CROWD);
    for (int i = 0; i < CROWD; i++) {
        assert_reply(h, "set a 1", OK);
        assert_sent(h, crowd[i], TOOK("$1\r\na", "$1\r\n1"));
        assert_int_equal(h->server->blocked_count, CROWD - 1 - i);
    }
    mem_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLOCKING_TEST(what_is_there_is_taken_at_once),
        BLOCKING_TEST(who_came_first_is_served_first),
        BLOCKING_TEST(any_command_that_makes_a_key_makes_it_ready),
        BLOCKING_TEST(keys_of_other_databases_do_not_count_until_they_come),
        BLOCKING_TEST(restored_key_is_ready),
        BLOCKING_TEST(who_wants_something_else_is_passed_over),
        BLOCKING_TEST(transaction_is_over_before_anybody_is_served),
        BLOCKING_TEST(nobody_waits_inside_a_transaction),
        BLOCKING_TEST(time_runs_out),
        BLOCKING_TEST(others_may_end_the_wait),
        BLOCKING_TEST(who_is_killed_takes_nothing),
        BLOCKING_TEST(nobody_is_served_while_writes_are_paused),
        BLOCKING_TEST(what_follows_in_the_pipeline_waits),
        BLOCKING_TEST(who_is_served_may_make_others_ready),
        BLOCKING_TEST(a_crowd_is_served_in_order),
    };
    return cmocka_run_group_tests_name("blocking", tests, NULL, NULL);
}
