/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for sorted sets: who is served, with what, and what is recorded of it. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OK  "+OK\r\n"
#define NIL "*-1\r\n"

static void block(struct harness *h, struct client *client, const char *line)
{
    harness_assert(harness_send_as(h, client, line), BYTES(""), line, __FILE__, __LINE__);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
}

static void what_is_there_is_taken_at_once(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b 3 c", ":3\r\n");
    assert_reply(h, "BZPOPMIN none k 0", "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n");
    assert_reply(h, "BZMPOP 0 2 none k MAX COUNT 5",
                 "*2\r\n$1\r\nk\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
    assert_true(
        bytes_equal(harness_journal(h), BYTES("SELECT 0\nZADD k 1 a 2 b 3 c\nZPOPMIN k\nZPOPMAX k 2\n")));
}

static void those_who_wait_are_served_in_order(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h), *third = harness_client(h);
    block(h, first, "BZPOPMAX a k 0");
    block(h, second, "BZPOPMIN k 0");
    block(h, third, "BZMPOP 0 1 k MIN COUNT 10");
    assert_reply(h, "ZADD k 1 a 2 b 3 c 4 d", ":4\r\n");
    assert_sent(h, first, "*3\r\n$1\r\nk\r\n$1\r\nd\r\n$1\r\n4\r\n");
    assert_sent(h, second, "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n");
    assert_sent(h, third, "*2\r\n$1\r\nk\r\n*2\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n");
    assert_reply(h, "EXISTS k", ":0\r\n");
}

static void any_command_that_makes_the_key_serves(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    assert_reply(h, "ZADD other 1 a", ":1\r\n");
    block(h, client, "BZPOPMIN k 0");
    assert_reply(h, "ZUNIONSTORE k 1 other", ":1\r\n");
    assert_sent(h, client, "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n");
    block(h, client, "BZPOPMIN k 0");
    assert_reply(h, "RENAME other k", OK);
    assert_sent(h, client, "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n");
}

static void another_type_serves_nobody(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BZPOPMIN k 0");
    assert_reply(h, "SET k x", OK);
    assert_sent(h, client, "");
    assert_reply(h, "BZPOPMIN k 0", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    assert_reply(h, "DEL k", ":1\r\n");
    assert_reply(h, "ZADD k 1 a", ":1\r\n");
    assert_sent(h, client, "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n");
}

static void the_wait_ends_with_its_timeout(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BZPOPMIN k 0.5");
    harness_advance(h, 499);
    assert_sent(h, client, "");
    harness_advance(h, 2);
    assert_sent(h, client, NIL);
}

static void nobody_waits_in_a_transaction(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "BZPOPMIN k 0", "+QUEUED\r\n");
    assert_reply(h, "BZMPOP 0 1 k MIN", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*2\r\n" NIL NIL);
}

static void wrong_arguments_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BZPOPMIN k x", "-ERR timeout is not a float or out of range\r\n");
    assert_reply(h, "BZPOPMIN k -1", "-ERR timeout is negative\r\n");
    assert_reply(h, "BZPOPMIN k 1e300", "-ERR timeout is out of range\r\n");
    assert_reply(h, "BZMPOP -1 1 k MIN COUNT 0", "-ERR count should be greater than 0\r\n");
    assert_reply(h, "BZMPOP 0 0 k MIN", "-ERR numkeys should be greater than 0\r\n");
    assert_reply(h, "BZMPOP 0 2 k MIN", "-ERR syntax error\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(what_is_there_is_taken_at_once),        HARNESS_TEST(those_who_wait_are_served_in_order),
        HARNESS_TEST(any_command_that_makes_the_key_serves), HARNESS_TEST(another_type_serves_nobody),
        HARNESS_TEST(the_wait_ends_with_its_timeout),        HARNESS_TEST(nobody_waits_in_a_transaction),
        HARNESS_TEST(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
