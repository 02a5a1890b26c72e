/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that have a connection: how they are let in, and how their bytes come and go. */
#include "base/alloc.h"
#include "engine/server.h"
#include "engine/tick.h"
#include "net/listener.h"
#include "support/peer.h"
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
    peer_assert_hears(h, peers[0], BYTES("+PONG\r\n"));
    peer_assert_hears(h, peers[1], BYTES("+PONG\r\n"));
    peer_assert_hears(h, peers[2], BYTES("-ERR max number of clients reached\r\n"));
    assert_int_equal(h->server->client_count, 3);
    assert_int_equal(h->server->counters.rejected_connections, 1);
    assert_int_equal(h->server->counters.total_connections_received, 2);
    close(peers[0].fd);
    peer_take_turns(h);
    peers[0].fd = connect_to(path);
    peer_take_turns(h);
    assert_int_equal(h->server->counters.total_connections_received, 3);
    peer_say(h, peers[0], BYTES("PING\r\n"));
    peer_assert_hears(h, peers[0], BYTES("+PONG\r\n"));
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
    struct peer peer = peer_connect(h);
    struct bytes request = BYTES("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
    for (size_t i = 0; i < request.len; i++)
        peer_say(h, peer, bytes_make(request.data + i, 1));
    peer_assert_hears(h, peer, BYTES("$5\r\nhello\r\n+PONG\r\n+PONG\r\n"));
    assert_int_equal(peer_client(h, peer)->bytes_in, request.len);
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
    struct peer peer = peer_connect(h);
    struct buf request = {0}, expected = {0};
    buf_printf(&request, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%0*d\r\n", LEN, LEN, 7);
    buf_printf(&expected, "+OK\r\n$%d\r\n%0*d\r\n:%d\r\n", LEN, LEN, 7, LEN);
    peer_say(h, peer, buf_bytes(&request));
    peer_say(h, peer, BYTES("GET k\r\nSTRLEN k\r\n"));
    peer_assert_hears(h, peer, buf_bytes(&expected));
    buf_clear(&request);
    buf_clear(&expected);
    close(peer.fd);
}

static void a_late_answer_is_written(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    peer_say(h, peer, BYTES("WAIT 1 100\r\n"));
    peer_assert_hears(h, peer, BYTES(""));
    harness_advance(h, 100);
    peer_assert_hears(h, peer, BYTES(":0\r\n"));
    peer_say(h, peer, BYTES("BLPOP list 0\r\n"));
    peer_assert_hears(h, peer, BYTES(""));
    assert_reply(h, "RPUSH list x", ":1\r\n");
    peer_assert_hears(h, peer, BYTES("*2\r\n$4\r\nlist\r\n$1\r\nx\r\n"));
    close(peer.fd);
}

static void room_for_very_many_arguments_is_given_back(void **state)
{
    struct harness *h = *state;
    struct peer peer = peer_connect(h);
    struct buf requests = {0}, heard = {0};
    peer_say(h, peer, BYTES("PING\r\n"));
    peer_assert_hears(h, peer, BYTES("+PONG\r\n"));
    for (int i = 0; i < 60; i++) {
        buf_append_text(&requests, "*98\r\n$3\r\nDEL\r\n");
        for (int key = 0; key < 97; key++)
            buf_append_text(&requests, "$1\r\na\r\n");
    }
    size_t before = mem_used();
    peer_say(h, peer, buf_bytes(&requests));
    (void)peer_hear(h, peer, &heard);
    assert_int_equal(heard.len, 60 * strlen(":0\r\n"));
    buf_clear(&heard);
    assert_true(mem_used() < before + ((size_t)64 << 10));
    buf_clear(&requests);
    (void)close(peer.fd);
    peer_take_turns(h);
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
        peers[i] = peer_connect(h);
    /* The loop learns to see so many at once. */
    for (int i = 0; i < ROUNDS; i++) {
        ask_all(peers, COUNT, "PING\r\n");
        peer_take_turns(h);
    }
    for (int i = 0; i < COUNT; i++)
        peer_assert_hears(h, peers[i], BYTES("+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n"));
    uint64_t turns = h->server->counters.ticks, writes = h->server->counters.total_writes_processed;
    ask_all(peers, COUNT - 1, "PING\r\n");
    ask_all(peers + COUNT - 1, 1, "INFO stats\r\n");
    tick(h->server, 0);
    assert_int_equal(h->server->counters.ticks, turns + 1);
    assert_int_equal(h->server->counters.total_writes_processed, writes + COUNT);
    (void)peer_hear(h, peers[COUNT - 1], &heard);
    const char *told = strstr(buf_cstring(&heard), "total_writes_processed:");
    assert_non_null(told);
    assert_in_range(strtoull(strchr(told, ':') + 1, NULL, 10), writes + COUNT / 2, writes + COUNT - 1);
    buf_clear(&heard);
    for (int i = 0; i < COUNT; i++)
        (void)close(peers[i].fd);
    peer_take_turns(h);
}

/* Who is found to be too much when a request comes goes before that runs. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(as_many_as_may_are_let_in),
        HARNESS_TEST(requests_come_in_pieces),
        HARNESS_TEST(large_values_go_in_and_out),
        HARNESS_TEST(room_for_very_many_arguments_is_given_back),
        HARNESS_TEST(a_late_answer_is_written),
        HARNESS_TEST(first_of_many_are_answered_before_the_last_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
