/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a key's life: set, shown, taken away. The clock shows 1700000000000 ms at a test's start. */
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void each_command_sets_in_its_unit(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a 1", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "EXPIRE a 10", ":1\r\n");
    assert_reply(h, "PTTL a", ":10000\r\n");
    assert_reply(h, "PEXPIRE a 1500", ":1\r\n");
    assert_reply(h, "PTTL a", ":1500\r\n");
    assert_reply(h, "EXPIREAT a 1700000020", ":1\r\n");
    assert_reply(h, "PTTL a", ":20000\r\n");
    assert_reply(h, "PEXPIREAT a 1700000000123", ":1\r\n");
    assert_reply(h, "PTTL a", ":123\r\n");
    assert_heard(h, listener, "0 expire a;0 expire a;0 expire a;0 expire a;");
    assert_reply(h, "EXPIRE nothing 10", ":0\r\n");
}

static void a_key_lives_until_its_deadline_and_not_longer(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "PEXPIRE a 100", ":1\r\n");
    (void)harness_replies(h, listener);
    harness_advance(h, 100);
    assert_reply(h, "PTTL a", ":0\r\n");
    assert_reply(h, "GET a", "$1\r\n1\r\n");
    assert_heard(h, listener, "");
    harness_advance(h, 1);
    assert_heard(h, listener, "0 expired a;");
    assert_reply(h, "DBSIZE", ":0\r\n");
}

static void a_deadline_in_the_past_deletes(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "MSET a 1 b 2 c 3 d 4", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "EXPIRE a -1", ":1\r\n");
    assert_reply(h, "PEXPIRE b 0", ":1\r\n");
    assert_reply(h, "EXPIREAT c 0", ":1\r\n");
    assert_reply(h, "PEXPIREAT d 1700000000000", ":1\r\n");
    assert_heard(h, listener, "0 del a;0 del b;0 del c;0 del d;");
    assert_reply(h, "DBSIZE", ":0\r\n");
}

static void nx_sets_only_the_first_deadline(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXPIRE a 10 NX", ":1\r\n");
    assert_reply(h, "EXPIRE a 20 nx", ":0\r\n");
    assert_reply(h, "TTL a", ":10\r\n");
}

static void xx_sets_only_a_further_deadline(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXPIRE a 10 XX", ":0\r\n");
    assert_reply(h, "TTL a", ":-1\r\n");
    assert_reply(h, "EXPIRE a 10", ":1\r\n");
    assert_reply(h, "EXPIRE a 20 XX", ":1\r\n");
    assert_reply(h, "TTL a", ":20\r\n");
}

static void gt_only_makes_later_and_none_is_the_latest(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXPIRE a 10 GT", ":0\r\n");
    assert_reply(h, "EXPIRE a 10", ":1\r\n");
    assert_reply(h, "EXPIRE a 10 GT", ":0\r\n");
    assert_reply(h, "EXPIRE a 11 GT XX", ":1\r\n");
    assert_reply(h, "EXPIRE a -1 GT", ":0\r\n");
    assert_reply(h, "TTL a", ":11\r\n");
}

static void lt_only_makes_earlier_and_none_is_the_latest(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXPIRE a 10 XX LT", ":0\r\n");
    assert_reply(h, "EXPIRE a 10 LT", ":1\r\n");
    assert_reply(h, "EXPIRE a 10 LT", ":0\r\n");
    assert_reply(h, "EXPIRE a 9 LT", ":1\r\n");
    assert_reply(h, "TTL a", ":9\r\n");
    assert_reply(h, "EXPIRE a -1 LT", ":1\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
}

static void conditions_that_exclude_each_other_are_refused(void **state)
{
    static const char nx_error[] = "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n";
    static const char *const with_nx[] = {"NX XX", "NX GT", "NX LT", "XX NX", "GT LT NX"};
    struct harness *h = *state;
    for (size_t i = 0; i < sizeof with_nx / sizeof with_nx[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "EXPIRE a 10 %s", with_nx[i]);
        harness_assert(harness_send(h, line), BYTES(nx_error), line, __FILE__, __LINE__);
    }
    assert_reply(h, "EXPIRE a 10 GT LT", "-ERR GT and LT options at the same time are not compatible\r\n");
    assert_reply(h, "EXPIRE a 10 YY", "-ERR Unsupported option YY\r\n");
    assert_reply(h, "EXPIRE a 10 NX NX", ":0\r\n");
}

static void times_that_are_none_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXPIRE a x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "EXPIRE a 9223372036854775808", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "EXPIRE a 9223372036854775807", "-ERR invalid expire time in 'expire' command\r\n");
    assert_reply(h, "EXPIRE a 9223372036854776", "-ERR invalid expire time in 'expire' command\r\n");
    assert_reply(h, "EXPIRE a 9223370336854776", "-ERR invalid expire time in 'expire' command\r\n");
    assert_reply(h, "EXPIRE a -9223372036854776", "-ERR invalid expire time in 'expire' command\r\n");
    assert_reply(h, "PEXPIRE a 9223370336854775808", "-ERR invalid expire time in 'pexpire' command\r\n");
    assert_reply(h, "EXPIREAT a 9223372036854776", "-ERR invalid expire time in 'expireat' command\r\n");
    assert_reply(h, "TTL a", ":-1\r\n");
}

static void the_far_end_of_time_is_a_deadline(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "PEXPIRE a 9223370336854775807", ":1\r\n");
    assert_reply(h, "PEXPIRETIME a", ":9223372036854775807\r\n");
    assert_reply(h, "PTTL a", ":9223370336854775807\r\n");
    assert_reply(h, "PEXPIREAT a 9223372036854775807", ":1\r\n");
    assert_reply(h, "EXPIRETIME a", ":9223372036854776\r\n");
    assert_reply(h, "PEXPIREAT a -9223372036854775808", ":1\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
}

static void ttl_is_rounded_to_the_nearest_second(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1 PX 1499", "+OK\r\n");
    assert_reply(h, "TTL a", ":1\r\n");
    assert_reply(h, "SET a 1 PX 1500", "+OK\r\n");
    assert_reply(h, "TTL a", ":2\r\n");
    assert_reply(h, "SET a 1 PX 499", "+OK\r\n");
    assert_reply(h, "TTL a", ":0\r\n");
    assert_reply(h, "EXPIRETIME a", ":1700000000\r\n");
    assert_reply(h, "PEXPIRETIME a", ":1700000000499\r\n");
}

static void ttl_of_nothing_and_of_what_stays(void **state)
{
    static const char *const commands[] = {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"};
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        harness_assert(harness_request(h, 2, commands[i], "nothing"), BYTES(":-2\r\n"), commands[i], __FILE__,
                       __LINE__);
        harness_assert(harness_request(h, 2, commands[i], "a"), BYTES(":-1\r\n"), commands[i], __FILE__,
                       __LINE__);
    }
}

static void persist_takes_the_deadline_away(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a 1 PX 100", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "PERSIST a", ":1\r\n");
    assert_heard(h, listener, "0 persist a;");
    assert_reply(h, "PERSIST a", ":0\r\n");
    assert_reply(h, "PERSIST nothing", ":0\r\n");
    assert_heard(h, listener, "");
    harness_advance(h, 1000);
    assert_reply(h, "GET a", "$1\r\n1\r\n");
}

static void a_step_of_the_wall_clock_ends_no_life(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1 EX 60", "+OK\r\n");
    h->server->clock.wall_offset_ms += 3600 * 1000;
    assert_reply(h, "TTL a", ":60\r\n");
    assert_reply(h, "EXPIRETIME a", ":1700003660\r\n");
}

static void a_refresh_counts_as_an_access(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    harness_advance(h, 10000);
    assert_reply(h, "OBJECT IDLETIME a", ":10\r\n");
    assert_reply(h, "EXPIRE a 100", ":1\r\n");
    assert_reply(h, "OBJECT IDLETIME a", ":0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(each_command_sets_in_its_unit),
        HARNESS_TEST(a_key_lives_until_its_deadline_and_not_longer),
        HARNESS_TEST(a_deadline_in_the_past_deletes),
        HARNESS_TEST(nx_sets_only_the_first_deadline),
        HARNESS_TEST(xx_sets_only_a_further_deadline),
        HARNESS_TEST(gt_only_makes_later_and_none_is_the_latest),
        HARNESS_TEST(lt_only_makes_earlier_and_none_is_the_latest),
        HARNESS_TEST(conditions_that_exclude_each_other_are_refused),
        HARNESS_TEST(times_that_are_none_are_refused),
        HARNESS_TEST(the_far_end_of_time_is_a_deadline),
        HARNESS_TEST(ttl_is_rounded_to_the_nearest_second),
        HARNESS_TEST(ttl_of_nothing_and_of_what_stays),
        HARNESS_TEST(persist_takes_the_deadline_away),
        HARNESS_TEST(a_step_of_the_wall_clock_ends_no_life),
        HARNESS_TEST(a_refresh_counts_as_an_access),
    };
    return cmocka_run_group_tests_name("expire", tests, NULL, NULL);
}
