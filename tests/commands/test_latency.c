/* SPDX-License-Identifier: BSD-3-Clause */
/* LATENCY. */
#include "engine/slow.h"
#include "metrics/histogram.h"
#include "metrics/latency.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add_spikes(struct harness *harness)
{
    latency_add(harness->server->latency, "command", 1699999000, 101);
    latency_add(harness->server->latency, "command", 1699999990, 500);
    latency_add(harness->server->latency, "command", 1699999995, 300);
}

static void latest_and_history_tell_the_spikes(void **state)
{
    assert_reply(*state, "latency latest", "*0\r\n");
    assert_reply(*state, "latency history command", "*0\r\n");
    add_spikes(*state);
    assert_reply(*state, "latency latest", "*1\r\n*4\r\n$7\r\ncommand\r\n:1699999995\r\n:300\r\n:500\r\n");
    assert_reply(
        *state, "latency history command",
        "*3\r\n*2\r\n:1699999000\r\n:101\r\n*2\r\n:1699999990\r\n:500\r\n*2\r\n:1699999995\r\n:300\r\n");
}

static void reset_tells_how_many_events_went(void **state)
{
    add_spikes(*state);
    assert_reply(*state, "latency reset nosuch", ":0\r\n");
    assert_reply(*state, "latency reset nosuch COMMAND", ":1\r\n");
    add_spikes(*state);
    assert_reply(*state, "latency reset", ":1\r\n");
    assert_reply(*state, "latency latest", "*0\r\n");
}

static void graph_is_as_high_as_the_spikes(void **state)
{
    assert_reply(*state, "latency graph command", "-ERR No samples available for event 'command'\r\n");
    add_spikes(*state);
    assert_reply(*state, "latency graph command",
                 "$167\r\ncommand - high 500 ms, low 101 ms (all time high 500 ms)\n"
                 "--------------------------------------------------------------------------------\n"
                 " # \n | \n |#\n_||\n\n115\n60s\nms \n\r\n");
}

static void spikes_need_a_threshold(void **state)
{
    struct harness *harness = *state;
    slow_event(harness->server, "tick", 1000000);
    assert_reply(harness, "latency latest", "*0\r\n");
    harness_send(harness, "config set latency-monitor-threshold 100");
    slow_event(harness->server, "tick", 99000);
    assert_reply(harness, "latency latest", "*0\r\n");
    slow_event(harness->server, "tick", 1000000);
    assert_reply(harness, "latency latest", "*1\r\n*4\r\n$4\r\ntick\r\n:1700000000\r\n:1000\r\n:1000\r\n");
}

static void doctor_knows_what_happened(void **state)
{
    assert_true(reply_has(harness_send(*state, "latency doctor"), "Latency is not monitored."));
    harness_send(*state, "config set latency-monitor-threshold 100");
    assert_true(reply_has(harness_send(*state, "latency doctor"), "No latency spike was seen."));
    add_spikes(*state);
    harness_send(*state, "config set slowlog-log-slower-than -1");
    struct bytes reply = harness_send(*state, "latency doctor");
    assert_true(reply_has(
        reply, "1. command: 3 latency spikes (average 300ms, mean deviation 133ms, period 333.33 sec). "
               "Worst all time event 500ms."));
    assert_true(reply_has(reply, "CONFIG SET slowlog-log-slower-than 100000"));
    assert_false(reply_has(reply, "fork"));
}

static void histogram_counts_calls_up_to_each_bound(void **state)
{
    struct harness *harness = *state;
    struct registered_command *get = registry_find(harness->server->registry, BYTES("get"));
    double ticks_per_us = clock_ticks_per_us();
    get->latency = histogram_new();
    histogram_record(get->latency, (uint64_t)(0.5 * ticks_per_us));
    histogram_record(get->latency, (uint64_t)(0.6 * ticks_per_us));
    histogram_record(get->latency, (uint64_t)(100 * ticks_per_us));
    assert_reply(harness, "latency histogram get nosuch",
                 "*2\r\n$3\r\nget\r\n*4\r\n$5\r\ncalls\r\n:3\r\n$14\r\nhistogram_usec\r\n*4\r\n:1\r\n:2\r\n:"
                 "132\r\n:3\r\n");
}

static void histogram_of_a_container_has_its_subcommands(void **state)
{
    harness_send(*state, "config get port");
    assert_true(bytes_starts_with(harness_send(*state, "latency histogram config"),
                                  BYTES("*2\r\n$10\r\nconfig|get\r\n*4\r\n$5\r\ncalls\r\n:1\r\n")));
}

static void doctor_knows_a_slow_log_that_leaves_out_spikes(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "config set latency-monitor-threshold 100");
    add_spikes(harness);
    harness_send(harness, "config set slowlog-log-slower-than 100000");
    assert_false(reply_has(harness_send(harness, "latency doctor"), "slowlog-log-slower-than"));
    harness_send(harness, "config set slowlog-log-slower-than 101000");
    struct bytes reply = harness_send(harness, "latency doctor");
    assert_true(reply_has(reply, "- The slow log leaves out spikes that the latency monitor counts."));
    assert_true(reply_has(reply, "'CONFIG SET slowlog-log-slower-than 100000'.\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(latest_and_history_tell_the_spikes),
        HARNESS_TEST(reset_tells_how_many_events_went),
        HARNESS_TEST(graph_is_as_high_as_the_spikes),
        HARNESS_TEST(spikes_need_a_threshold),
        HARNESS_TEST(doctor_knows_what_happened),
        HARNESS_TEST(histogram_counts_calls_up_to_each_bound),
        HARNESS_TEST(histogram_of_a_container_has_its_subcommands),
        HARNESS_TEST(doctor_knows_a_slow_log_that_leaves_out_spikes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
