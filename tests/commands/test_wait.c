/* SPDX-License-Identifier: BSD-3-Clause */
/* WAIT and WAITAOF, as long as there is nobody to wait for. */
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void waiting_for_nobody_ends_at_once(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "WAIT 0 0", ":0\r\n");
    assert_reply(h, "WAIT -1 1000", ":0\r\n");
    assert_reply(h, "WAITAOF 0 0 0", "*2\r\n:0\r\n:0\r\n");
}

static void waiting_for_a_replica_ends_with_the_time(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "WAIT 1 100", "");
    assert_reply_as(h, other, "WAITAOF 0 1 200", "");
    assert_int_equal(h->server->blocked_count, 2);
    assert_int_equal(h->client->wait.kind, WAIT_COPIES);
    harness_advance(h, 99);
    assert_sent(h, h->client, "");
    harness_advance(h, 1);
    assert_sent(h, h->client, ":0\r\n");
    assert_int_equal(h->server->blocked_count, 1);
    assert_false(h->client->flags & CLIENT_BUSY);
    harness_advance(h, 100);
    assert_sent(h, other, "*2\r\n:0\r\n:0\r\n");
    assert_int_equal(h->server->blocked_count, 0);
}

static void what_follows_waits_too(void **state)
{
    struct harness *h = *state;
    assert_true(harness_feed(h, h->client, BYTES("TYPE x\r\nWAIT 1 100\r\nEXISTS x\r\n")).len == 7);
    harness_advance(h, 100);
    assert_sent(h, h->client, ":0\r\n:0\r\n");
}

/* However far it was looked at before. */
static void the_beginning_of_what_follows_is_read_again(void **state)
{
    struct harness *h = *state;
    struct bytes begin = BYTES("WAIT 1 100\r\n*2\r\n$4\r\nECHO\r\n$3\r\none\r\n*2\r\n$4\r\nECHO\r\n$5\r\nth");
    assert_int_equal(harness_feed(h, h->client, begin).len, 0);
    harness_advance(h, 100);
    assert_sent(h, h->client, ":0\r\n$3\r\none\r\n");
    client_feed(h->client, BYTES("ree\r\nPING\r\n"));
    harness_run(h);
    assert_sent(h, h->client, "$5\r\nthree\r\n+PONG\r\n");
}

static void without_a_timeout_it_waits_forever(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "WAIT 1 0", "");
    harness_advance(h, INT64_C(1000) * 3600 * 24 * 365);
    assert_sent(h, h->client, "");
    assert_int_equal(h->server->blocked_count, 1);
}

static void a_waiting_client_may_go(void **state)
{
    struct harness *h = *state;
    struct client *leaver = client_new_internal(h->server);
    client_feed(leaver, BYTES("WAIT 1 100\r\n"));
    tick(h->server, 0);
    assert_int_equal(h->server->blocked_count, 1);
    client_close(leaver);
    tick(h->server, 0);
    assert_int_equal(h->server->blocked_count, 0);
    harness_advance(h, 1000);
}

static void nobody_waits_inside_a_transaction(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "WAIT 1 0", "+QUEUED\r\n");
    assert_reply(h, "WAITAOF 0 1 0", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*2\r\n:0\r\n*2\r\n:0\r\n:0\r\n");
}

static void a_silent_client_waits_without_an_answer(void **state)
{
    struct harness *h = *state;
    h->client->flags |= CLIENT_REPLY_SKIP;
    assert_true(harness_feed(h, h->client, BYTES("WAIT 1 100\r\nTYPE x\r\n")).len == 0);
    harness_advance(h, 100);
    assert_sent(h, h->client, "+none\r\n");
}

static void arguments_are_checked(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "WAIT x 0", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "WAIT 1 x", "-ERR timeout is not an integer or out of range\r\n");
    assert_reply(h, "WAIT 1 -1", "-ERR timeout is negative\r\n");
    assert_reply(h, "WAIT 1 9223372036854775807", "-ERR timeout is out of range\r\n");
    assert_reply(h, "WAITAOF 2 0 0", "-ERR value is out of range, value must between 0 and 1\r\n");
    assert_reply(h, "WAITAOF 0 -1 0", "-ERR value is out of range, must be positive\r\n");
    assert_reply(h, "WAITAOF 0 0 -1", "-ERR timeout is negative\r\n");
    assert_reply(h, "WAITAOF 1 0 0",
                 "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(waiting_for_nobody_ends_at_once),
        HARNESS_TEST(waiting_for_a_replica_ends_with_the_time),
        HARNESS_TEST(what_follows_waits_too),
        HARNESS_TEST(the_beginning_of_what_follows_is_read_again),
        HARNESS_TEST(without_a_timeout_it_waits_forever),
        HARNESS_TEST(a_waiting_client_may_go),
        HARNESS_TEST(nobody_waits_inside_a_transaction),
        HARNESS_TEST(a_silent_client_waits_without_an_answer),
        HARNESS_TEST(arguments_are_checked),
    };
    return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
