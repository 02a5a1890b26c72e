/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that have a connection: how their bytes come and go, and who is closed. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "engine/server.h"
#include "engine/tick.h"
#include "net/listener.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* The far end of a connection. */
struct peer {
    int fd;
    uint64_t id; /* of its client */
};

static struct peer connect_peer(struct harness *h)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct client *client = client_new(h->server, fds[0], true);
    assert_non_null(client);
    return (struct peer){fds[1], client->id};
}

static struct client *client_of(struct harness *h, struct peer peer)
{
    return client_by_id(h->server, peer.id);
}

/* What comes at one turn may be answered in the next. */
static void take_turns(struct harness *h)
{
    for (int i = 0; i < 5; i++)
        harness_run(h);
}

static void say(struct harness *h, struct peer peer, struct bytes text)
{
    while (text.len > 0) {
        ssize_t sent = send(peer.fd, text.data, text.len, MSG_NOSIGNAL);
        if (sent > 0)
            text = bytes_make(text.data + sent, text.len - (size_t)sent);
        else if (!client_of(h, peer))
            return;
        take_turns(h);
    }
}

/* All that there is to read; true when the server has closed the connection behind it. */
static bool hear(struct harness *h, struct peer peer, struct buf *heard)
{
    ssize_t got;
    take_turns(h);
    do {
        char piece[65536];
        got = recv(peer.fd, piece, sizeof piece, 0);
        if (got > 0)
            buf_append(heard, piece, (size_t)got);
        take_turns(h);
    } while (got > 0);
    return got == 0;
}

static void assert_hears(struct harness *h, struct peer peer, struct bytes expected)
{
    struct buf heard = {0};
    (void)hear(h, peer, &heard);
    harness_assert(buf_bytes(&heard), expected, "what was said", __FILE__, __LINE__);
    buf_clear(&heard);
}

static bool is_closed(struct harness *h, struct peer peer)
{
    struct buf heard = {0};
    bool is_closed = hear(h, peer, &heard);
    buf_clear(&heard);
    assert_true(is_closed == !client_of(h, peer));
    return is_closed;
}

/* Somewhat longer, so that each client has been looked at. */
static void pass_s(struct harness *h, int seconds)
{
    for (int i = 0; i < seconds * 10; i++)
        harness_advance(h, 100);
}

/* ---- how connections begin ---- */

static int connect_to(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

static void as_many_as_may_are_let_in(void **state)
{
    struct harness *h = *state;
    struct error error;
    char path[] = "/tmp/sessiond-test-XXXXXX/socket";
    path[strlen(path) - strlen("/socket")] = '\0';
    assert_non_null(mkdtemp(path));
    path[strlen(path)] = '/';
    struct listener *listener = listener_open_unix(h->server->loop, path, 0600, 5, &error);
    assert_non_null(listener);
    list_append(&h->server->listeners, &listener->siblings);
    assert_reply(h, "CONFIG SET maxclients 3", "+OK\r\n");
    struct peer peers[3];
    for (int i = 0; i < 3; i++) {
        peers[i] = (struct peer){.fd = connect_to(path)};
        assert_int_equal(send(peers[i].fd, "PING\r\n", 6, 0), 6);
    }
    assert_hears(h, peers[0], BYTES("+PONG\r\n"));
    assert_hears(h, peers[1], BYTES("+PONG\r\n"));
    assert_hears(h, peers[2], BYTES("-ERR max number of clients reached\r\n"));
    assert_int_equal(h->server->client_count, 3);
    assert_int_equal(h->server->counters.rejected_connections, 1);
    assert_int_equal(h->server->counters.total_connections_received, 2);
    close(peers[0].fd);
    take_turns(h);
    peers[0].fd = connect_to(path);
    take_turns(h);
    assert_int_equal(h->server->counters.total_connections_received, 3);
    say(h, peers[0], BYTES("PING\r\n"));
    assert_hears(h, peers[0], BYTES("+PONG\r\n"));
    for (int i = 0; i < 3; i++)
        close(peers[i].fd);
    list_remove(&listener->siblings);
    listener_close(listener);
    path[strlen(path) - strlen("/socket")] = '\0';
    assert_int_equal(rmdir(path), 0);
}

/* ---- in and out ---- */

static void requests_come_in_pieces(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct bytes request = BYTES("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
    for (size_t i = 0; i < request.len; i++)
        say(h, peer, bytes_make(request.data + i, 1));
    assert_hears(h, peer, BYTES("$5\r\nhello\r\n+PONG\r\n+PONG\r\n"));
    assert_int_equal(client_of(h, peer)->bytes_in, request.len);
    assert_int_equal(h->server->counters.total_net_input_bytes, request.len);
    assert_int_equal(h->server->counters.total_net_output_bytes, 25);
    assert_in_range(h->server->counters.total_reads_processed, request.len, 2 * request.len + 10);
    assert_in_range(h->server->counters.total_writes_processed, 3, 10);
    close(peer.fd);
}

/* The value fills no socket's buffer at once, in neither direction. */
static void large_values_go_in_and_out(void **state)
{
    enum { LEN = 3000000 };
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct buf request = {0}, expected = {0};
    buf_printf(&request, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%0*d\r\n", LEN, LEN, 7);
    buf_printf(&expected, "+OK\r\n$%d\r\n%0*d\r\n:%d\r\n", LEN, LEN, 7, LEN);
    say(h, peer, buf_bytes(&request));
    say(h, peer, BYTES("GET k\r\nSTRLEN k\r\n"));
    assert_hears(h, peer, buf_bytes(&expected));
    buf_clear(&request);
    buf_clear(&expected);
    close(peer.fd);
}

static void a_late_answer_is_written(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    say(h, peer, BYTES("WAIT 1 100\r\n"));
    assert_hears(h, peer, BYTES(""));
    harness_advance(h, 100);
    assert_hears(h, peer, BYTES(":0\r\n"));
    say(h, peer, BYTES("BLPOP list 0\r\n"));
    assert_hears(h, peer, BYTES(""));
    assert_reply(h, "RPUSH list x", ":1\r\n");
    assert_hears(h, peer, BYTES("*2\r\n$4\r\nlist\r\n$1\r\nx\r\n"));
    close(peer.fd);
}

/* ---- how connections end ---- */

static void who_says_its_last_is_answered(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct buf heard = {0};
    say(h, peer, BYTES("PING\r\nINCR n\r\nECH"));
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    assert_true(hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard), "+PONG\r\n:1\r\n");
    assert_null(client_of(h, peer));
    buf_clear(&heard);
    close(peer.fd);
}

static void who_waits_and_says_its_last_waits_no_longer(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct buf heard = {0};
    say(h, peer, BYTES("BLPOP list 0\r\n"));
    take_turns(h);
    assert_int_equal(h->server->blocked_count, 1);
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    pass_s(h, 1);
    assert_true(hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard), "*-1\r\n");
    assert_int_equal(h->server->blocked_count, 0);
    buf_clear(&heard);
    close(peer.fd);
}

static void who_goes_without_a_word_is_forgotten(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    say(h, peer, BYTES("SET k v\r\nGET k\r\n"));
    close(peer.fd);
    take_turns(h);
    assert_null(client_of(h, peer));
    assert_int_equal(h->server->client_count, 1);
}

/* What it sent is still run. */
static void who_reads_nothing_more_is_still_obeyed(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    assert_int_equal(send(peer.fd, "PING\r\nINCR n\r\n", 14, 0), 14);
    close(peer.fd);
    take_turns(h);
    assert_reply(h, "GET n", "$1\r\n1\r\n");
    assert_null(client_of(h, peer));
}

static void quit_closes_behind_its_answer(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct buf heard = {0};
    say(h, peer, BYTES("QUIT\r\nPING\r\n"));
    assert_true(hear(h, peer, &heard));
    assert_string_equal(buf_cstring(&heard), "+OK\r\n");
    buf_clear(&heard);
    close(peer.fd);
}

#define LONG_SCRIPT "EVAL \"for i = 1, 2e7 do end return 7\" 0\r\n"

/* What EXEC has yet to do is done before. */
static void who_ends_itself_in_a_long_transaction_is_answered(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct buf request = {0}, heard = {0};
    assert_reply(h, "CONFIG SET busy-reply-threshold 1", "+OK\r\n");
    buf_printf(&request,
               "MULTI\r\nCLIENT KILL ID %llu SKIPME no\r\n" LONG_SCRIPT "ECHO b\r\nEXEC\r\nPING\r\n",
               (unsigned long long)peer.id);
    say(h, peer, buf_bytes(&request));
    assert_true(hear(h, peer, &heard));
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
    struct peer peer = connect_peer(h);
    assert_reply(h, "CONFIG SET busy-reply-threshold 1", "+OK\r\n");
    assert_int_equal(send(peer.fd, request, strlen(request), 0), strlen(request));
    close(peer.fd);
    do {
        tick(h->server, 0);
        assert_true(!client_of(h, peer) || reply_pending(&client_of(h, peer)->reply) == 0);
    } while (client_of(h, peer));
    assert_reply(h, "GET n", "$1\r\n1\r\n");
}

/* ---- who is closed ---- */

/* A browser that was led here. */
static void who_speaks_http_is_closed(void **state)
{
    static const char *const lines[] = {"POST / HTTP/1.1\r\n", "host: example.org\r\n", "GET / HTTP/1.1\r\n"};
    struct harness *h = *state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct peer peer = connect_peer(h);
        struct buf heard = {0};
        say(h, peer, bytes_of(lines[i]));
        say(h, peer, BYTES("INCR n\r\n"));
        (void)hear(h, peer, &heard);
        assert_null(client_of(h, peer));
        assert_int_equal(heard.len, 0);
        buf_clear(&heard);
        close(peer.fd);
    }
    assert_reply(h, "EXISTS n", ":0\r\n");
}

static void a_request_longer_than_its_limit_ends_the_connection(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h), other = connect_peer(h);
    struct buf much = {0};
    assert_reply(h, "CONFIG SET client-query-buffer-limit 1mb", "+OK\r\n");
    buf_printf(&much, "*2\r\n$4\r\nECHO\r\n$2000000\r\n%01100000d", 1);
    say(h, peer, buf_bytes(&much));
    assert_true(is_closed(h, peer));
    assert_int_equal(h->server->counters.client_query_buffer_limit_disconnections, 1);
    much.len = 900000;
    say(h, other, buf_bytes(&much));
    assert_false(is_closed(h, other));
    buf_clear(&much);
    close(peer.fd);
    close(other.fd);
}

static void who_is_silent_too_long_is_closed(void **state)
{
    struct harness *h = *state;
    struct peer idle = connect_peer(h), active = connect_peer(h), waiting = connect_peer(h);
    struct peer subscriber = connect_peer(h), monitor = connect_peer(h);
    assert_reply(h, "CONFIG SET timeout 10", "+OK\r\n");
    say(h, waiting, BYTES("BLPOP list 0\r\n"));
    say(h, subscriber, BYTES("SUBSCRIBE channel\r\n"));
    say(h, monitor, BYTES("MONITOR\r\n"));
    pass_s(h, 6);
    say(h, active, BYTES("PING\r\n"));
    pass_s(h, 3);
    assert_false(is_closed(h, idle));
    pass_s(h, 2);
    assert_true(is_closed(h, idle));
    assert_false(is_closed(h, active));
    pass_s(h, 10);
    assert_true(is_closed(h, active));
    assert_false(is_closed(h, waiting) || is_closed(h, subscriber) || is_closed(h, monitor));
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
    struct peer known = connect_peer(h), stranger = connect_peer(h);
    client_of(h, stranger)->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    pass_s(h, 9);
    say(h, stranger, BYTES("PING\r\n"));
    assert_false(is_closed(h, stranger));
    pass_s(h, 2);
    assert_true(is_closed(h, stranger));
    assert_false(is_closed(h, known));
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
    struct peer peer = connect_peer(h);
    say(h, peer, BYTES("AUTH fleeting any\r\n"));
    assert_hears(h, peer, BYTES("+OK\r\n"));
    pass_s(h, 20);
    say(h, peer, BYTES("GET long\r\nACL DELUSER fleeting\r\nPING\r\n"));
    pass_s(h, 2);
    assert_non_null(client_of(h, peer));
    assert_true(hear(h, peer, &heard));
    assert_int_equal(heard.len, strlen("$1000000\r\n") + LEN + strlen("\r\n:1\r\n"));
    buf_clear(&heard);
    close(peer.fd);
}

/* Who asks for the same twice, and reads both answers to their ends. */
static void assert_stays(struct harness *h, struct bytes request, size_t answer_len)
{
    struct peer peer = connect_peer(h);
    for (int i = 0; i < 2; i++) {
        struct buf heard = {0};
        say(h, peer, request);
        assert_false(hear(h, peer, &heard));
        assert_int_equal(heard.len, answer_len);
        buf_clear(&heard);
        pass_s(h, 10);
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
    struct peer dripping = connect_peer(h), progressing = connect_peer(h), done = connect_peer(h);
    struct buf more = {0};
    assert_reply(h, "CONFIG SET request-timeout 10", "+OK\r\n");
    buf_printf(&more, "%070000d", 1);
    say(h, dripping, BYTES("*2\r\n$4\r\nECHO\r\n$1000000\r\n"));
    say(h, progressing, BYTES("*2\r\n$4\r\nECHO\r\n$1000000\r\n"));
    say(h, done, BYTES("PING\r\n"));
    pass_s(h, 9);
    say(h, dripping, BYTES("x"));
    say(h, progressing, buf_bytes(&more));
    assert_false(is_closed(h, dripping));
    pass_s(h, 2);
    assert_true(is_closed(h, dripping));
    assert_int_equal(h->server->counters.request_timeout_disconnections, 1);
    pass_s(h, 7);
    assert_false(is_closed(h, progressing));
    pass_s(h, 4);
    assert_true(is_closed(h, progressing));
    assert_false(is_closed(h, done));
    buf_clear(&more);
    close(dripping.fd);
    close(progressing.fd);
    close(done.fd);
}

static void who_holds_much_and_reads_nothing_is_closed(void **state)
{
    struct harness *h = *state;
    struct peer large = connect_peer(h), small = connect_peer(h);
    assert_reply(h, "SETRANGE k 999999 x", ":1000000\r\n");
    for (int i = 0; i < 70; i++)
        say(h, large, BYTES("GET k\r\n"));
    for (int i = 0; i < 50; i++)
        say(h, small, BYTES("GET k\r\n"));
    pass_s(h, 9);
    assert_non_null(client_of(h, large));
    pass_s(h, 2);
    assert_null(client_of(h, large));
    assert_int_equal(h->server->counters.client_output_buffer_limit_disconnections, 1);
    assert_non_null(client_of(h, small));
    close(large.fd);
    close(small.fd);
}

/* Many requests with many arguments, which come at once. */
static void room_for_very_many_arguments_is_given_back(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h);
    struct buf requests = {0}, heard = {0};
    say(h, peer, BYTES("PING\r\n"));
    assert_hears(h, peer, BYTES("+PONG\r\n"));
    for (int i = 0; i < 60; i++) {
        buf_append_text(&requests, "*98\r\n$3\r\nDEL\r\n");
        for (int key = 0; key < 97; key++)
            buf_append_text(&requests, "$1\r\na\r\n");
    }
    size_t before = mem_used();
    say(h, peer, buf_bytes(&requests));
    (void)hear(h, peer, &heard);
    assert_int_equal(heard.len, 60 * strlen(":0\r\n"));
    buf_clear(&heard);
    assert_true(mem_used() < before + ((size_t)64 << 10));
    buf_clear(&requests);
    (void)close(peer.fd);
    take_turns(h);
}

static void ask_all(const struct peer *peers, int count, const char *text)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(send(peers[i].fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All ask at once; the last one asks how often the server has written. */
static void first_of_many_are_answered_before_the_last_is_served(void **state)
{
    enum { COUNT = 200, ROUNDS = 4 };
    struct harness *h = *state;
    struct peer peers[COUNT];
    struct buf heard = {0};
    for (int i = 0; i < COUNT; i++)
        peers[i] = connect_peer(h);
    /* The loop learns to see so many at once. */
    for (int i = 0; i < ROUNDS; i++) {
        ask_all(peers, COUNT, "PING\r\n");
        take_turns(h);
    }
    for (int i = 0; i < COUNT; i++)
        assert_hears(h, peers[i], BYTES("+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n"));
    uint64_t turns = h->server->counters.ticks, writes = h->server->counters.total_writes_processed;
    ask_all(peers, COUNT - 1, "PING\r\n");
    ask_all(peers + COUNT - 1, 1, "INFO stats\r\n");
    tick(h->server, 0);
    assert_int_equal(h->server->counters.ticks, turns + 1);
    assert_int_equal(h->server->counters.total_writes_processed, writes + COUNT);
    (void)hear(h, peers[COUNT - 1], &heard);
    const char *told = strstr(buf_cstring(&heard), "total_writes_processed:");
    assert_non_null(told);
    assert_in_range(strtoull(strchr(told, ':') + 1, NULL, 10), writes + COUNT / 2, writes + COUNT - 1);
    buf_clear(&heard);
    for (int i = 0; i < COUNT; i++)
        (void)close(peers[i].fd);
    take_turns(h);
}

/* Who is found to be too much when a request comes goes before that runs. */
static void who_is_too_much_has_nothing_run(void **state)
{
    enum { SIZE = 300000, LAST = 1000 };
    static char bytes[SIZE + 2];
    struct harness *h = *state;
    memset(bytes, 'x', SIZE);
    memcpy(bytes + SIZE, "\r\n", 2);
    for (int exceeds = 0; exceeds < 2; exceeds++) {
        struct peer peer = connect_peer(h);
        assert_reply(h, "CONFIG SET maxmemory-clients 1000000", "+OK\r\n");
        say(h, peer,
            exceeds ? BYTES("SET b 1\r\n*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$300000\r\n")
                    : BYTES("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$300000\r\n"));
        say(h, peer, bytes_make(bytes, SIZE - LAST));
        h->server->config->maxmemory_clients = exceeds ? 200000 : 1000000;
        say(h, peer, bytes_make(bytes + SIZE - LAST, LAST + 2));
        assert_true(is_closed(h, peer) == exceeds);
        close(peer.fd);
    }
    assert_reply(h, "EXISTS a b", ":2\r\n");
    assert_reply(h, "EXISTS c", ":0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(as_many_as_may_are_let_in),
        HARNESS_TEST(requests_come_in_pieces),
        HARNESS_TEST(large_values_go_in_and_out),
        HARNESS_TEST(room_for_very_many_arguments_is_given_back),
        HARNESS_TEST(a_late_answer_is_written),
        HARNESS_TEST(first_of_many_are_answered_before_the_last_is_served),
        HARNESS_TEST(who_says_its_last_is_answered),
        HARNESS_TEST(who_waits_and_says_its_last_waits_no_longer),
        HARNESS_TEST(who_goes_without_a_word_is_forgotten),
        HARNESS_TEST(who_reads_nothing_more_is_still_obeyed),
        HARNESS_TEST(quit_closes_behind_its_answer),
        HARNESS_TEST(who_ends_itself_in_a_long_transaction_is_answered),
        HARNESS_TEST(for_who_hears_nothing_a_long_transaction_keeps_no_replies),
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
