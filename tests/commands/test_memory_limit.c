/* SPDX-License-Identifier: BSD-3-Clause */
/* maxmemory: who is refused and with which words, what is evicted, when it is warned of. */
#include "base/alloc.h"
#include "engine/memory_limit.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define OOM "-OOM command not allowed when used memory > 'maxmemory'. maxmemory-policy is noeviction"

/* Leaves `room` bytes, or takes as many too much when it is negative. */
static void leave_room(struct harness *h, int64_t room)
{
    h->server->config->maxmemory = (int64_t)mem_used() + room;
}

static bool is_refused(struct harness *h, const char *line)
{
    return bytes_starts_with(harness_send(h, line),
                             BYTES("-OOM command not allowed when used memory > 'maxmemory'."));
}

static void fill(struct harness *h, const char *prefix, int count, const char *rest)
{
    for (int i = 0; i < count; i++) {
        char line[300];
        (void)snprintf(line, sizeof line, "SET %s%08x %0200d%s", prefix, (unsigned)i, i, rest);
        assert_reply(h, line, "+OK\r\n");
    }
}

static void what_takes_memory_is_refused_and_the_rest_is_not(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET there 1");
    leave_room(h, -1);
    static const char *const refused[] = {"SET k v",           "SETEX k 10 v",       "SETNX k v",
                                          "MSET k v",          "APPEND there x",     "INCR there",
                                          "GETSET there v",    "SETRANGE there 0 x", "SETBIT there 1 1",
                                          "BITOP NOT k there", "COPY there k"};
    static const char *const admitted[] = {"GET there",     "EXISTS there", "EXPIRE there 100",
                                           "PERSIST there", "TTL there",    "GETEX there EX 10",
                                           "TYPE there",    "PUBLISH c m",  "GETDEL there",
                                           "DEL there",     "PING",         "CONFIG SET maxmemory-samples 5"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_true(is_refused(h, refused[i]));
    for (size_t i = 0; i < sizeof admitted / sizeof admitted[0]; i++)
        assert_false(is_refused(h, admitted[i]));
    h->server->config->maxmemory = 0;
    assert_reply(h, "SET k v", "+OK\r\n");
}

static void the_error_names_the_policy_and_the_largest_class(void **state)
{
    struct harness *h = *state;
    h->server->config->maxmemory = 1;
    assert_reply(h, "SET k v", OOM ".\r\n");
    h->server->config->maxmemory = 0;
    fill(h, "session:\x01:", 20, "");
    fill(h, "cart:", 5, "");
    h->server->config->maxmemory = 1;
    struct bytes reply = harness_send(h, "SET k v");
    assert_true(bytes_starts_with(reply, BYTES(OOM "; keys of \"session:\\x01:\" take ")));
    assert_true(reply_has(reply, "%.\r\n"));
    h->server->config->maxmemory_policy = MAXMEMORY_VOLATILE_TTL;
    assert_true(reply_has(harness_send(h, "SET k v"), "maxmemory-policy is volatile-ttl;"));
}

/* Limits may be set a little above what an empty server uses: what is made at first use is small, or there
 * from the start. */
static void the_first_keys_bring_no_surprise(void **state)
{
    struct harness *h = *state;
    /* Commands have histograms of their own from their first call on; these are not what is looked at. */
    assert_reply(h, "CONFIG SET latency-tracking no", "+OK\r\n");
    size_t before = mem_used();
    assert_reply(h, "SET session:1 x", "+OK\r\n");
    assert_reply(h, "SET cart:1 x", "+OK\r\n");
    for (int i = 0; i < 1000; i++)
        assert_reply(h, "SETEX session:1 100 x", "+OK\r\n");
    for (int i = 0; i < 3; i++)
        harness_advance(h, 60000);
    assert_true(mem_used() <= before + 8000);
    assert_reply(h, "SELECT 9", "+OK\r\n");
    before = mem_used();
    assert_reply(h, "SET session:1 x", "+OK\r\n");
    assert_true(mem_used() <= before + 2000);
}

/* Not only between ticks: a pipeline can't run over the limit either. */
static void a_pipeline_is_refused_from_the_limit_on(void **state)
{
    struct harness *h = *state;
    struct buf requests = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&requests, "SETBIT key:%d 8000 0\r\n", i);
    leave_room(h, 400000);
    struct bytes replies = harness_feed(h, h->client, buf_bytes(&requests));
    assert_true(bytes_starts_with(replies, BYTES(":0\r\n:0\r\n")));
    assert_true(reply_has(replies, "-OOM"));
    size_t count = keyspace_count(store_keyspace(h->server->store, 0));
    assert_in_range(count, 100, 400);
    buf_clear(&requests);
}

static void keys_that_are_there_may_use_the_reserve(void **state)
{
    struct harness *h = *state;
    fill(h, "session:", 10, "");
    leave_room(h, 500000);
    assert_reply(h, "SET one more", "+OK\r\n");
    assert_reply(h, "CONFIG SET maxmemory-reserve 1000000", "+OK\r\n");
    assert_true(is_refused(h, "SET k v"));
    assert_true(is_refused(h, "MSET session:00000001 v k v"));
    assert_reply(h, "SETEX session:00000001 100 refreshed", "+OK\r\n");
    assert_reply(h, "MSET session:00000001 v session:00000002 v", "+OK\r\n");
    assert_reply(h, "APPEND session:00000001 w", ":2\r\n");
    assert_reply(h, "EXPIRE session:00000001 100", ":1\r\n");
    assert_reply(h, "DEL session:00000001", ":1\r\n");
    assert_true(is_refused(h, "SETEX session:00000001 100 gone"));
    /* Sessions past their end aren't there. */
    assert_reply(h, "PEXPIRE session:00000003 10", ":1\r\n");
    harness_advance(h, 20);
    assert_true(is_refused(h, "SETEX session:00000003 100 x"));
    /* In a transaction as well. */
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "SETEX session:00000004 100 x", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*1\r\n+OK\r\n");
    /* Beyond the limit nobody may. */
    leave_room(h, -1);
    assert_true(is_refused(h, "SETEX session:00000002 100 refreshed"));
    /* A policy that evicts knows no reserve. */
    leave_room(h, 500000);
    assert_reply(h, "CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n");
    assert_reply(h, "SET k v", "+OK\r\n");
}

static void policies_keep_the_limit(void **state)
{
    (void)state;
    static const char *const policies[] = {"allkeys-lru",  "allkeys-lfu",  "allkeys-random",
                                           "volatile-lru", "volatile-lfu", "volatile-random",
                                           "volatile-ttl"};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct harness *h = harness_new();
        char line[100];
        (void)snprintf(line, sizeof line, "CONFIG SET maxmemory-policy %s", policies[i]);
        assert_reply(h, line, "+OK\r\n");
        fill(h, "kept:", 50, "");
        leave_room(h, 200000);
        for (int round = 0; round < 20; round++) {
            char prefix[32];
            (void)snprintf(prefix, sizeof prefix, "s%d:", round);
            fill(h, prefix, 100, " EX 100");
            assert_true(mem_used() <= (size_t)h->server->config->maxmemory);
        }
        assert_true(h->server->counters.evicted_keys > 500);
        if (i >= 3) {
            assert_reply(h, "EXISTS kept:00000000 kept:00000031", ":2\r\n");
            /* When only others are left, writes are refused. */
            h->server->config->maxmemory = 1;
            for (int turn = 0; turn < 1000 && keyspace_count(store_keyspace(h->server->store, 0)) > 50;
                 turn++)
                harness_run(h);
            assert_reply(h, "DBSIZE", ":50\r\n");
            assert_true(is_refused(h, "SET k v"));
        }
        harness_free(h);
    }
}

/* As Redis leaves out what is copied on write. */
static void nothing_goes_for_what_a_snapshot_holds(void **state)
{
    struct harness *h = *state;
    fill(h, "key:", 1000, "");
    leave_room(h, 50000);
    void *chunks = mem_zalloc(10000000);
    h->server->memory_limit.held = mem_size(chunks);
    fill(h, "key:", 1000, "");
    assert_reply(h, "SET another 1", "+OK\r\n");
    assert_reply(h, "CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n");
    fill(h, "key:", 1000, "");
    harness_run(h);
    assert_int_equal(h->server->counters.evicted_keys, 0);
    assert_int_equal(memory_limit_exceeded_total_ms(h->server), 0);
    assert_true(reply_has(harness_send(h, "INFO memory"), "\r\nmem_not_counted_for_evict:10"));
    h->server->memory_limit.held = 0;
    harness_run(h);
    assert_true(h->server->counters.evicted_keys > 0);
    mem_free(chunks);
}

static void a_limit_that_is_lowered_is_reached_in_slices(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET maxmemory-policy allkeys-lru maxmemory-eviction-tenacity 0");
    size_t before = mem_used();
    fill(h, "key:", 5000, "");
    size_t full = mem_used();
    char line[100];
    (void)snprintf(line, sizeof line, "CONFIG SET maxmemory %zu", before + (full - before) / 2);
    assert_reply(h, line, "+OK\r\n");
    for (int turn = 0; turn < 1000 && mem_used() > before + (full - before) / 2; turn++)
        harness_run(h);
    assert_true(mem_used() <= before + (full - before) / 2);
    assert_true(h->server->counters.evicted_keys >= 2400 && h->server->counters.evicted_keys < 3000);
}

static void warnings_come_once_each(void **state)
{
    struct harness *h = *state;
    struct server *server = h->server;
    static const struct {
        int percent, level;
    } steps[] = {{50, 0},  {81, 80}, {76, 80}, {80, 80}, {74, 0},  {92, 90},
                 {96, 95}, {91, 95}, {89, 90}, {86, 90}, {84, 80}, {10, 0}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        server->config->maxmemory = (int64_t)mem_used() * 100 / steps[i].percent;
        memory_limit_warn(server);
        assert_int_equal(server->status.memory_level, steps[i].level);
    }
    server->config->maxmemory = (int64_t)mem_used() * 100 / 82;
    memory_limit_warn(server);
    assert_true(reply_has(harness_send(h, "INFO memory"), "\r\nmaxmemory_warning:80\r\n"));
    server->config->maxmemory = 0;
    memory_limit_warn(server);
    assert_int_equal(server->status.memory_level, 0);
}

static void a_percentage_is_of_the_machine(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET maxmemory 50%", "+OK\r\n");
    int64_t half = h->server->config->maxmemory;
    assert_true(half > 1 << 20);
    assert_reply(h, "CONFIG SET maxmemory 100%", "+OK\r\n");
    assert_in_range(h->server->config->maxmemory, half * 2 - 100, half * 2 + 100);
    assert_true(
        bytes_starts_with(harness_send(h, "CONFIG SET maxmemory 101%"), BYTES("-ERR CONFIG SET failed")));
    assert_true(
        bytes_starts_with(harness_send(h, "CONFIG SET maxmemory %"), BYTES("-ERR CONFIG SET failed")));
    assert_reply(h, "CONFIG SET maxmemory 0", "+OK\r\n");
}

static void time_over_the_limit_is_counted(void **state)
{
    struct harness *h = *state;
    h->server->config->maxmemory = 1;
    harness_advance(h, 100);
    harness_advance(h, 3000);
    struct bytes reply = harness_send(h, "INFO stats");
    assert_true(
        reply_has(reply, "\r\ntotal_eviction_exceeded_time:3000\r\ncurrent_eviction_exceeded_time:3000\r\n"));
    h->server->config->maxmemory = 0;
    harness_advance(h, 1000);
    reply = harness_send(h, "INFO stats");
    assert_true(reply_has(reply, "\r\ncurrent_eviction_exceeded_time:0\r\n"));
}

static void nothing_is_evicted_in_a_pause(void **state)
{
    struct harness *h = *state;
    static const char *const modes[] = {"WRITE", "ALL"};
    for (int i = 0; i < 2; i++) {
        char line[100];
        harness_send(h, "CONFIG SET maxmemory 0 maxmemory-policy allkeys-lru");
        harness_send(h, "FLUSHALL");
        h->server->counters.evicted_keys = 0;
        fill(h, "key:", 1000, "");
        h->server->config->maxmemory = (int64_t)mem_used() - 100000;
        (void)snprintf(line, sizeof line, "CLIENT PAUSE 1000 %s", modes[i]);
        assert_reply(h, line, "+OK\r\n");
        harness_advance(h, 500);
        harness_run(h);
        assert_int_equal(h->server->counters.evicted_keys, 0);
        assert_int_equal(keyspace_count(store_keyspace(h->server->store, 0)), 1000);
        harness_advance(h, 501);
        for (int turn = 0; turn < 1000 && memory_limit_exceeded_ms(h->server) > 0; turn++)
            harness_run(h);
        assert_true(h->server->counters.evicted_keys > 0);
        assert_true(memory_limit_used(h->server) <= (size_t)h->server->config->maxmemory);
    }
}

/* There may be room by then. */
static void a_write_that_a_pause_holds_is_not_refused(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    leave_room(h, -20000);
    assert_reply(h, "CLIENT PAUSE 1000 WRITE", "+OK\r\n");
    assert_reply_as(h, other, "SET k v", "");
    h->server->config->maxmemory = 0;
    harness_advance(h, 1001);
    assert_sent(h, other, "+OK\r\n");
    leave_room(h, -20000);
    assert_reply(h, "CLIENT PAUSE 1000 WRITE", "+OK\r\n");
    assert_reply_as(h, other, "SET k w", "");
    harness_advance(h, 1001);
    assert_true(bytes_starts_with(harness_replies(h, other), BYTES("-OOM ")));
}

/* A little too much makes few keys go. */
static void no_more_goes_than_has_to(void **state)
{
    struct harness *h = *state;
    fill(h, "key:", 2000, "");
    assert_reply(h, "CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n");
    size_t before = h->server->counters.evicted_keys;
    leave_room(h, -1000);
    harness_run(h);
    assert_in_range(h->server->counters.evicted_keys - before, 1, 400);
    /* Nothing is left to be done: the loop may sleep. */
    assert_false(h->server->has_background_work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(what_takes_memory_is_refused_and_the_rest_is_not),
        HARNESS_TEST(the_error_names_the_policy_and_the_largest_class),
        HARNESS_TEST(the_first_keys_bring_no_surprise),
        HARNESS_TEST(a_pipeline_is_refused_from_the_limit_on),
        HARNESS_TEST(keys_that_are_there_may_use_the_reserve),
        cmocka_unit_test(policies_keep_the_limit),
        HARNESS_TEST(nothing_goes_for_what_a_snapshot_holds),
        HARNESS_TEST(a_limit_that_is_lowered_is_reached_in_slices),
        HARNESS_TEST(warnings_come_once_each),
        HARNESS_TEST(a_percentage_is_of_the_machine),
        HARNESS_TEST(time_over_the_limit_is_counted),
        HARNESS_TEST(nothing_is_evicted_in_a_pause),
        HARNESS_TEST(a_write_that_a_pause_holds_is_not_refused),
        HARNESS_TEST(no_more_goes_than_has_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
