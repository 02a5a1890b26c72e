/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeouts of waiting clients. */
#include "base/alloc.h"
#include "engine/server.h"
#include "engine/timeouts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CLIENT_COUNT = 500 };

static struct server *server;
static struct client *clients;
static uint64_t order[CLIENT_COUNT * 2];
static size_t run_count;

static int start(void **state)
{
    (void)state;
    server = mem_zalloc(sizeof *server);
    clients = mem_zalloc(CLIENT_COUNT * sizeof *clients);
    for (size_t i = 0; i < CLIENT_COUNT; i++) {
        clients[i].server = server;
        clients[i].id = i;
    }
    run_count = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    timeouts_free(&server->timeouts);
    mem_free(clients);
    mem_free(server);
    return 0;
}

static void note(struct client *client)
{
    assert_int_equal(client->wait.timeout_place, 0);
    order[run_count++] = client->id;
}

static void run_at(int64_t now_ms)
{
    server->clock.mono_ms = now_ms;
    timeouts_run(server);
}

static void nobody_waits_at_first(void **state)
{
    (void)state;
    assert_true(timeouts_next_ms(server) == INT64_MAX);
    run_at(INT64_MAX - 1);
    timeout_clear(server, &clients[0]);
    assert_int_equal(run_count, 0);
}

static void the_due_run_and_the_others_stay(void **state)
{
    (void)state;
    timeout_set(server, &clients[1], 200, note);
    timeout_set(server, &clients[2], 100, note);
    assert_int_equal(timeouts_next_ms(server), 100);
    run_at(99);
    assert_int_equal(run_count, 0);
    run_at(100);
    assert_int_equal(run_count, 1);
    assert_int_equal(order[0], 2);
    assert_int_equal(timeouts_next_ms(server), 200);
    run_at(1000);
    assert_int_equal(run_count, 2);
    assert_int_equal(order[1], 1);
}

static void a_second_timeout_replaces_the_first(void **state)
{
    (void)state;
    timeout_set(server, &clients[1], 100, note);
    timeout_set(server, &clients[1], 300, note);
    assert_int_equal(timeouts_next_ms(server), 300);
    run_at(200);
    assert_int_equal(run_count, 0);
    run_at(300);
    assert_int_equal(run_count, 1);
}

static void again(struct client *client)
{
    note(client);
    if (run_count < 3)
        timeout_set(server, client, server->clock.mono_ms + 10, again);
}

static void one_that_ran_may_set_another(void **state)
{
    (void)state;
    timeout_set(server, &clients[7], 10, again);
    run_at(10);
    run_at(20);
    run_at(30);
    run_at(1000);
    assert_int_equal(run_count, 3);
}

/* A model beside the heap: the time of each client, 0 when it doesn't wait. */
static void any_order_of_setting_and_clearing_keeps_the_order_of_time(void **state)
{
    static int64_t model[CLIENT_COUNT];
    uint32_t seed = 12345;
    int64_t last = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t index;
        seed = seed * 1664525 + 1013904223;
        index = (seed >> 8) % CLIENT_COUNT;
        if ((seed >> 28) < 5) {
            timeout_clear(server, &clients[index]);
            model[index] = 0;
        } else {
            model[index] = 1 + (seed >> 4) % 1000;
            timeout_set(server, &clients[index], model[index], note);
        }
    }
    while (server->timeouts.count > 0) {
        size_t before = run_count;
        int64_t due_ms = timeouts_next_ms(server);
        assert_true(due_ms > last);
        last = due_ms;
        run_at(due_ms);
        for (size_t i = before; i < run_count; i++) {
            assert_int_equal(model[order[i]], due_ms);
            model[order[i]] = 0;
        }
    }
    for (size_t i = 0; i < CLIENT_COUNT; i++)
        assert_int_equal(model[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_waits_at_first, start, stop),
        cmocka_unit_test_setup_teardown(the_due_run_and_the_others_stay, start, stop),
        cmocka_unit_test_setup_teardown(a_second_timeout_replaces_the_first, start, stop),
        cmocka_unit_test_setup_teardown(one_that_ran_may_set_another, start, stop),
        cmocka_unit_test_setup_teardown(any_order_of_setting_and_clearing_keeps_the_order_of_time, start,
                                        stop),
    };
    return cmocka_run_group_tests_name("timeouts", tests, NULL, NULL);
}
