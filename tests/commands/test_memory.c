/* SPDX-License-Identifier: BSD-3-Clause */
/* MEMORY. */
#include "base/alloc.h"
#include "base/worker.h"
#include "engine/client_io.h"
#include "engine/metrics.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The integer behind ":" of a reply. */
static long number_of(struct bytes reply)
{
    assert_int_equal(reply.data[0], ':');
    return strtol(reply.data + 1, NULL, 10);
}

static void usage_grows_with_the_value(void **state)
{
    harness_send(*state, "set k x");
    long small = number_of(harness_send(*state, "memory usage k"));
    harness_send(*state, "setrange k 10000 x");
    long large = number_of(harness_send(*state, "memory usage k samples 0"));
    assert_in_range(small, 16, 100);
    assert_in_range(large, 10000, 30000);
}

static void usage_of_no_key_is_null(void **state)
{
    assert_reply(*state, "memory usage nosuch", "$-1\r\n");
}

static void usage_takes_samples_only(void **state)
{
    assert_reply(*state, "memory usage k samples", "-ERR syntax error\r\n");
    assert_reply(*state, "memory usage k nosuch 1", "-ERR syntax error\r\n");
    assert_reply(*state, "memory usage k samples -1", "-ERR syntax error\r\n");
    assert_reply(*state, "memory usage k samples x", "-ERR value is not an integer or out of range\r\n");
}

static void stats_have_a_map_for_each_database_in_use(void **state)
{
    struct harness *harness = *state;
    harness->client->reply.protocol = 3;
    assert_true(
        bytes_starts_with(harness_send(harness, "memory stats"), BYTES("%28\r\n$14\r\npeak.allocated\r\n:")));
    harness_send(harness, "set k v");
    struct bytes reply = harness_send(harness, "memory stats");
    assert_true(bytes_starts_with(reply, BYTES("%29\r\n")));
    assert_true(reply_has(reply, "$4\r\ndb.0\r\n%3\r\n"));
    assert_true(reply_has(reply, "$10\r\nkeys.count\r\n:1\r\n"));
}

static void doctor_has_nothing_to_say_of_an_empty_server(void **state)
{
    struct bytes reply = harness_send(*state, "memory doctor");
    assert_true(reply_has(reply, "So little memory"));
}

static void sparse_pages_are_looked_for_ten_times_a_second(void **state)
{
    struct harness *h = *state;
    for (int i = 0; i < 3; i++) {
        harness_advance(h, 1000);
        assert_int_equal(h->server->compaction.next_ms, h->server->clock.mono_ms + 100);
    }
}

static bool doctor_says(struct harness *h, const char *text)
{
    return reply_has(harness_send(h, "memory doctor"), text);
}

static void doctor_tells_of_a_limit_that_is_near(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "setrange k 9999999 x");
    assert_false(doctor_says(h, "Nearly full: "));
    h->server->config->maxmemory = (int64_t)mem_used() * 100 / 92;
    assert_true(doctor_says(h, "What was noticed about memory:\n\n * Nearly full: "));
    h->server->config->maxmemory = (int64_t)mem_used() * 100 / 88;
    assert_false(doctor_says(h, "Nearly full: "));
}

static void doctor_tells_of_a_peak(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "setrange k 9999999 x");
    (void)harness_send(h, "setrange more 9999999 x");
    sampler_run(h->server);
    assert_false(doctor_says(h, "High peak: "));
    (void)harness_send(h, "unlink more");
    harness_run(h);
    worker_drain(h->server->worker);
    assert_true(doctor_says(h, "High peak: "));
}

static void doctor_tells_of_large_clients(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    struct buf request = {0};
    (void)harness_send(h, "setrange k 9999999 x");
    buf_printf(&request, "*1\r\n$9000000\r\n%0150000d", 1);
    (void)harness_feed(h, client, buf_bytes(&request));
    assert_in_range(client_memory(client), 150000, 400000);
    assert_false(doctor_says(h, "Large clients: "));
    for (int i = 0; i < 6; i++)
        (void)harness_feed(h, client, bytes_make(request.data + 100, 100000));
    assert_true(doctor_says(h, "Large clients: "));
    buf_clear(&request);
}

static void purge_is_acknowledged(void **state)
{
    assert_reply(*state, "memory purge", "+OK\r\n");
}

static void no_keys_take_nothing_each(void **state)
{
    struct harness *h = *state;
    assert_true(reply_has(harness_send(h, "MEMORY STATS"), "$18\r\nkeys.bytes-per-key\r\n:0\r\n"));
    harness_send(h, "SETRANGE k 99999 x");
    assert_false(reply_has(harness_send(h, "MEMORY STATS"), "$18\r\nkeys.bytes-per-key\r\n:0\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(usage_grows_with_the_value),
        HARNESS_TEST(usage_of_no_key_is_null),
        HARNESS_TEST(usage_takes_samples_only),
        HARNESS_TEST(stats_have_a_map_for_each_database_in_use),
        HARNESS_TEST(doctor_has_nothing_to_say_of_an_empty_server),
        HARNESS_TEST(sparse_pages_are_looked_for_ten_times_a_second),
        HARNESS_TEST(doctor_tells_of_a_limit_that_is_near),
        HARNESS_TEST(doctor_tells_of_a_peak),
        HARNESS_TEST(doctor_tells_of_large_clients),
        HARNESS_TEST(purge_is_acknowledged),
        HARNESS_TEST(no_keys_take_nothing_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
