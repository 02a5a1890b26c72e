/* SPDX-License-Identifier: BSD-3-Clause */
/* How connections end: who ends them, what is answered before, and who is closed. */
#include "engine/server.h"
#include "engine/tick.h"
#include "support/peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- how connections end ---- */

static void who_says_its_last_is_answered(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    struct buf heard = {0};
    peer_say(h, peer, BYTES("PING\r\nINCR n\r\nECH"));
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    assert_true(peer_hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard), "+PONG\r\n:1\r\n");
    assert_null(peer_client(h, peer));
    buf_clear(&heard);
    close(peer.fd);
}

static void who_waits_and_says_its_last_waits_no_longer(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    struct buf heard = {0};
    peer_say(h, peer, BYTES("BLPOP list 0\r\n"));
    peer_take_turns(h);
    assert_int_equal(h->server->blocked_count, 1);
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    peer_pass_s(h, 1);
    assert_true(peer_hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard), "*-1\r\n");
    assert_int_equal(h->server->blocked_count, 0);
    buf_clear(&heard);
    close(peer.fd);
}

static void who_goes_without_a_word_is_forgotten(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    peer_say(h, peer, BYTES("SET k v\r\nGET k\r\n"));
    close(peer.fd);
    peer_take_turns(h);
    assert_null(peer_client(h, peer));
    assert_int_equal(h->server->client_count, 1);
}

/* What it sent is still run. */
static void who_reads_nothing_more_is_still_obeyed(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    assert_int_equal(send(peer.fd, "PING\r\nINCR n\r\n", 14, 0), 14);
    close(peer.fd);
    peer_take_turns(h);
    assert_reply(h, "GET n", "$1\r\n1\r\n");
    assert_null(peer_client(h, peer));
}

static void quit_closes_behind_its_answer(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    struct buf heard = {0};
    peer_say(h, peer, BYTES("QUIT\r\nPING\r\n"));
    assert_true(peer_hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard), "+OK\r\n");
    buf_clear(&heard);
    close(peer.fd);
}

#define LONG_SCRIPT "EVAL \"for i = 1, 2e7 do end return 7\" 0\r\n"

/* What EXEC has yet to do is done before. */
static void who_ends_itself_in_a_long_transaction_is_answered(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    struct buf request = {0}, heard = {0};
    assert_reply(h, "CONFIG SET busy-reply-threshold 1", "+OK\r\n");
    buf_printf(&request,
               "MULTI\r\nCLIENT KILL ID %llu SKIPME no\r\n" LONG_SCRIPT "ECHO b\r\nEXEC\r\nPING\r\n",
               (unsigned long long)peer.id);
    peer_say(h, peer, buf_bytes(&request));
    assert_true(peer_hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard),
                        "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n:1\r\n:7\r\n$1\r\nb\r\n");
    buf_clear(&request);
    buf_clear(&heard);
    close(peer.fd);
}

/* The transaction is carried through. */
static void for_who_hears_nothing_a_long_transaction_keeps_no_replies(void **state)
{
    static const char request[] = "MULTI\r\n" LONG_SCRIPT "ECHO b\r\n" LONG_SCRIPT "INCR n\r\nEXEC\r\n";
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    assert_reply(h, "CONFIG SET busy-reply-threshold 1", "+OK\r\n");
    assert_int_equal(send(peer.fd, request, strlen(request), 0), strlen(request));
    close(peer.fd);
    do {
        tick(h->server, 0);
        assert_true(!peer_client(h, peer) || reply_pending(&peer_client(h, peer)->reply) == 0);
    } while (peer_client(h, peer));
    assert_reply(h, "GET n", "$1\r\n1\r\n");
}

static void who_is_closed_amid_a_long_transaction_keeps_no_replies(void **state)
{
    static const char request[] = "GET long\r\nMULTI\r\n" LONG_SCRIPT "INCR n\r\nEXEC\r\n";
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    assert_reply(h, "CONFIG SET busy-reply-threshold 1", "+OK\r\n");
    assert_reply(h, "SETRANGE long 999999 x", ":1000000\r\n");
    assert_int_equal(send(peer.fd, request, strlen(request), 0), strlen(request));
    do
        tick(h->server, 0);
    while (!(peer_client(h, peer)->flags & CLIENT_IN_EXEC));
    assert_true(reply_pending(&peer_client(h, peer)->reply) > 0);
    client_close(peer_client(h, peer));
    tick(h->server, 0);
    assert_non_null(peer_client(h, peer));
    do
        assert_int_equal(reply_pending(&peer_client(h, peer)->reply), 0);
    while (tick(h->server, 0), peer_client(h, peer));
    assert_reply(h, "GET n", "$1\r\n1\r\n");
    close(peer.fd);
}

/* ---- who is closed ---- */

/* A browser that was led here. */
static void who_speaks_http_is_closed(void **state)
{
    static const char *const lines[] = {"POST / HTTP/1.1\r\n", "host: example.org\r\n", "GET / HTTP/1.1\r\n"};
    struct harness *h = *state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct peer peer = peer_connect(h);
        struct buf heard = {0};
        peer_say(h, peer, bytes_of(lines[i]));
        peer_say(h, peer, BYTES("INCR n\r\n"));
        (void)peer_hear(h, peer, &heard);
        assert_null(peer_client(h, peer));
        assert_int_equal(heard.len, 0);
        buf_clear(&heard);
        close(peer.fd);
    }
    assert_reply(h, "EXISTS n", ":0\r\n");
}

static void a_request_longer_than_its_limit_ends_the_connection(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h), other = peer_connect(h);
    struct buf much = {0};
    assert_reply(h, "CONFIG SET client-query-buffer-limit 1mb", "+OK\r\n");
    buf_printf(&much, "*2\r\n$4\r\nECHO\r\n$2000000\r\n%01100000d", 1);
    peer_say(h, peer, buf_bytes(&much));
    assert_true(peer_is_closed(h, peer));
    assert_int_equal(h->server->counters.client_query_buffer_limit_disconnections, 1);
    much.len = 900000;
    peer_say(h, other, buf_bytes(&much));
    assert_false(peer_is_closed(h, other));
    buf_clear(&much);
    close(peer.fd);
    close(other.fd);
}

static void who_is_silent_too_long_is_closed(void **state)
{
    struct harness *h = *state;
    struct peer idle = peer_connect(h), active = peer_connect(h), waiting = peer_connect(h);
    struct peer subscriber = peer_connect(h), monitor = peer_connect(h);
    assert_reply(h, "CONFIG SET timeout 10", "+OK\r\n");
    peer_say(h, waiting, BYTES("BLPOP list 0\r\n"));
    peer_say(h, subscriber, BYTES("SUBSCRIBE channel\r\n"));
    peer_say(h, monitor, BYTES("MONITOR\r\n"));
    peer_pass_s(h, 6);
    peer_say(h, active, BYTES("PING\r\n"));
    peer_pass_s(h, 3);
    assert_false(peer_is_closed(h, idle));
    peer_pass_s(h, 2);
    assert_true(peer_is_closed(h, idle));
    assert_false(peer_is_closed(h, active));
    peer_pass_s(h, 10);
    assert_true(peer_is_closed(h, active));
    assert_false(peer_is_closed(h, waiting) || peer_is_closed(h, subscriber) || peer_is_closed(h, monitor));
    close(idle.fd);
    close(active.fd);
    close(waiting.fd);
    close(subscriber.fd);
    close(monitor.fd);
}

static void who_has_not_said_who_it_is_is_closed_in_time(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET unauthenticated-timeout 10", "+OK\r\n");
    struct peer known = peer_connect(h), stranger = peer_connect(h);
    peer_client(h, stranger)->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    peer_pass_s(h, 9);
    peer_say(h, stranger, BYTES("PING\r\n"));
    assert_false(peer_is_closed(h, stranger));
    peer_pass_s(h, 2);
    assert_true(peer_is_closed(h, stranger));
    assert_false(peer_is_closed(h, known));
    close(known.fd);
    close(stranger.fd);
}

/* The time since it came isn't that of a stranger. */
static void who_deletes_its_own_user_gets_its_replies(void **state)
{
    enum { LEN = 1000000 };
    struct harness *h = *state;
    struct buf heard = {0};
    assert_reply(h, "CONFIG SET unauthenticated-timeout 10", "+OK\r\n");
    assert_reply(h, "ACL SETUSER fleeting on nopass +@all ~*", "+OK\r\n");
    assert_reply(h, "SETRANGE long 999999 x", ":1000000\r\n");
    struct peer peer = peer_connect(h);
    peer_say(h, peer, BYTES("AUTH fleeting any\r\n"));
    peer_assert_hears(h, peer, BYTES("+OK\r\n"));
    peer_pass_s(h, 20);
    peer_say(h, peer, BYTES("GET long\r\nACL DELUSER fleeting\r\nPING\r\n"));
    peer_pass_s(h, 2);
    assert_non_null(peer_client(h, peer));
    assert_true(peer_hear(h, peer, &heard));
    assert_int_equal(heard.len, strlen("$1000000\r\n") + LEN + strlen("\r\n:1\r\n"));
    buf_clear(&heard);
    close(peer.fd);
}

/* Who asks for the same twice, and reads both answers to their ends. */
static void assert_stays(struct harness *h, struct bytes request, size_t answer_len)
{
    struct peer peer = peer_connect(h);
    for (int i = 0; i < 2; i++) {
        struct buf heard = {0};
        peer_say(h, peer, request);
        assert_false(peer_hear(h, peer, &heard));
        assert_int_equal(heard.len, answer_len);
        buf_clear(&heard);
        peer_pass_s(h, 10);
    }
    close(peer.fd);
}

/* Between the first answer's end and the second one the client wasn't over the limit. */
static void large_replies_far_apart_are_not_one_long_time_over_the_soft_limit(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET client-output-buffer-limit \"normal 0 70000 5\"", "+OK\r\n");
    assert_reply(h, "SETRANGE written:at:once 79999 x", ":80000\r\n");
    assert_reply(h, "SETRANGE written:in:parts 999999 x", ":1000000\r\n");
    assert_stays(h, BYTES("GET written:at:once\r\n"), strlen("$80000\r\n") + 80000 + strlen("\r\n"));
    assert_stays(h, BYTES("GET written:in:parts\r\n"), strlen("$1000000\r\n") + 1000000 + strlen("\r\n"));
}

static void a_request_that_does_not_end_is_closed_in_time(void **state)
{
    struct harness *h = *state;
    struct peer dripping = peer_connect(h), progressing = peer_connect(h), done = peer_connect(h);
    struct buf more = {0};
    assert_reply(h, "CONFIG SET request-timeout 10", "+OK\r\n");
    buf_printf(&more, "%070000d", 1);
    peer_say(h, dripping, BYTES("*2\r\n$4\r\nECHO\r\n$1000000\r\n"));
    peer_say(h, progressing, BYTES("*2\r\n$4\r\nECHO\r\n$1000000\r\n"));
    peer_say(h, done, BYTES("PING\r\n"));
    peer_pass_s(h, 9);
    peer_say(h, dripping, BYTES("x"));
    peer_say(h, progressing, buf_bytes(&more));
    assert_false(peer_is_closed(h, dripping));
    peer_pass_s(h, 2);
    assert_true(peer_is_closed(h, dripping));
    assert_int_equal(h->server->counters.request_timeout_disconnections, 1);
    peer_pass_s(h, 7);
    assert_false(peer_is_closed(h, progressing));
    peer_pass_s(h, 4);
    assert_true(peer_is_closed(h, progressing));
    assert_false(peer_is_closed(h, done));
    buf_clear(&more);
    close(dripping.fd);
    close(progressing.fd);
    close(done.fd);
}

static void who_holds_much_and_reads_nothing_is_closed(void **state)
{
    struct harness *h = *state;
    struct peer large = peer_connect(h), small = peer_connect(h);
    assert_reply(h, "SETRANGE k 999999 x", ":1000000\r\n");
    for (int i = 0; i < 70; i++)
        peer_say(h, large, BYTES("GET k\r\n"));
    for (int i = 0; i < 50; i++)
        peer_say(h, small, BYTES("GET k\r\n"));
    peer_pass_s(h, 9);
    assert_non_null(peer_client(h, large));
    peer_pass_s(h, 2);
    assert_null(peer_client(h, large));
    assert_int_equal(h->server->counters.client_output_buffer_limit_disconnections, 1);
    assert_non_null(peer_client(h, small));
    close(large.fd);
    close(small.fd);
}

/* Many requests with many arguments, which come at once. */
static void who_is_too_much_has_nothing_run(void **state)
{
    enum { SIZE = 300000, LAST = 1000 };
    static char bytes[SIZE + 2];
    struct harness *h = *state;
    memset(bytes, 'x', SIZE);
    memcpy(bytes + SIZE, "\r\n", 2);
    for (int exceeds = 0; exceeds < 2; exceeds++) {
        struct peer peer = peer_connect(h);
        assert_reply(h, "CONFIG SET maxmemory-clients 1000000", "+OK\r\n");
        peer_say(h, peer,
                 exceeds ? BYTES("SET b 1\r\n*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$300000\r\n")
                         : BYTES("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$300000\r\n"));
        peer_say(h, peer, bytes_make(bytes, SIZE - LAST));
        h->server->config->maxmemory_clients = exceeds ? 200000 : 1000000;
        peer_say(h, peer, bytes_make(bytes + SIZE - LAST, LAST + 2));
        assert_true(peer_is_closed(h, peer) == exceeds);
        close(peer.fd);
    }
    assert_reply(h, "EXISTS a b", ":2\r\n");
    assert_reply(h, "EXISTS c", ":0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(who_says_its_last_is_answered),
        HARNESS_TEST(who_waits_and_says_its_last_waits_no_longer),
        HARNESS_TEST(who_goes_without_a_word_is_forgotten),
        HARNESS_TEST(who_reads_nothing_more_is_still_obeyed),
        HARNESS_TEST(quit_closes_behind_its_answer),
        HARNESS_TEST(who_ends_itself_in_a_long_transaction_is_answered),
        HARNESS_TEST(for_who_hears_nothing_a_long_transaction_keeps_no_replies),
        HARNESS_TEST(who_is_closed_amid_a_long_transaction_keeps_no_replies),
        HARNESS_TEST(who_speaks_http_is_closed),
        HARNESS_TEST(a_request_longer_than_its_limit_ends_the_connection),
        HARNESS_TEST(who_is_silent_too_long_is_closed),
        HARNESS_TEST(who_has_not_said_who_it_is_is_closed_in_time),
        HARNESS_TEST(who_deletes_its_own_user_gets_its_replies),
        HARNESS_TEST(large_replies_far_apart_are_not_one_long_time_over_the_soft_limit),
        HARNESS_TEST(a_request_that_does_not_end_is_closed_in_time),
        HARNESS_TEST(who_holds_much_and_reads_nothing_is_closed),
        HARNESS_TEST(who_is_too_much_has_nothing_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
