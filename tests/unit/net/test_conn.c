/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections over socket pairs and the loopback device. */
#include "base/alloc.h"
#include "net/conn.h"
#include "net/listener.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    struct conn conn;
    int peer;
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    int pair[2];
    fixture->loop = loop_new();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
        !conn_open(&fixture->conn, fixture->loop, pair[0], true))
        return -1;
    fixture->peer = pair[1];
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    conn_close(&fixture->conn);
    if (fixture->peer >= 0)
        (void)close(fixture->peer);
    loop_free(fixture->loop);
    mem_free(fixture);
    return 0;
}

static void send_text(struct fixture *fixture, const char *text)
{
    assert_int_equal(write(fixture->peer, text, strlen(text)), strlen(text));
}

static struct conn *first_readable(struct fixture *fixture)
{
    struct list *readable = loop_readable(fixture->loop);
    return list_is_empty(readable) ? NULL : LIST_ENTRY(readable->next, struct conn, ready);
}

static void what_arrives_is_collected_and_read(void **state)
{
    struct fixture *fixture = *state;
    struct conn *conn = &fixture->conn;
    char bytes[16];
    size_t count;
    assert_int_equal(conn_read(conn, bytes, sizeof bytes, &count), CONN_AGAIN);
    loop_wait(fixture->loop, 0);
    assert_null(first_readable(fixture));
    send_text(fixture, "hello");
    loop_wait(fixture->loop, -1);
    loop_wait(fixture->loop, -1); /* again is no harm */
    loop_wait(fixture->loop, 0);
    assert_ptr_equal(first_readable(fixture), conn);
    assert_ptr_equal(conn->ready.next, loop_readable(fixture->loop));
    list_remove(&conn->ready);
    assert_int_equal(conn_read(conn, bytes, 3, &count), CONN_OK);
    assert_int_equal(count, 3);
    /* There may be more: it stays, and the loop doesn't wait. */
    loop_wait(fixture->loop, -1);
    assert_ptr_equal(first_readable(fixture), conn);
    list_remove(&conn->ready);
    assert_int_equal(conn_read(conn, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 2);
    /* Less came than was asked for: that was all. */
    assert_null(first_readable(fixture));
    loop_wait(fixture->loop, 0);
    assert_null(first_readable(fixture));
    assert_int_equal(conn_read(conn, bytes, sizeof bytes, &count), CONN_AGAIN);
    assert_int_equal(count, 0);
    assert_false(conn->is_closed_by_peer);
}

static void the_peers_end_is_seen_after_its_bytes(void **state)
{
    struct fixture *fixture = *state;
    char bytes[16];
    size_t count;
    send_text(fixture, "bye");
    (void)close(fixture->peer);
    fixture->peer = -1;
    loop_wait(fixture->loop, -1);
    assert_non_null(first_readable(fixture));
    list_remove(&fixture->conn.ready);
    assert_int_equal(conn_read(&fixture->conn, bytes, sizeof bytes, &count), CONN_OK);
    /* The kernel won't say it again. */
    assert_ptr_equal(first_readable(fixture), &fixture->conn);
    assert_int_equal(conn_read(&fixture->conn, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_true(fixture->conn.is_closed_by_peer);
}

static void an_end_that_comes_after_the_bytes_were_read_comes_up(void **state)
{
    struct fixture *fixture = *state;
    char bytes[16];
    size_t count;
    send_text(fixture, "bye");
    loop_wait(fixture->loop, -1);
    list_remove(&fixture->conn.ready);
    assert_int_equal(conn_read(&fixture->conn, bytes, sizeof bytes, &count), CONN_OK);
    assert_null(first_readable(fixture));
    (void)close(fixture->peer);
    fixture->peer = -1;
    loop_wait(fixture->loop, -1);
    assert_ptr_equal(first_readable(fixture), &fixture->conn);
    assert_int_equal(conn_read(&fixture->conn, bytes, sizeof bytes, &count), CONN_CLOSED);
}

static void writing_to_a_peer_that_is_gone_raises_no_signal(void **state)
{
    struct fixture *fixture = *state;
    struct iovec vector = {(void *)(uintptr_t) "x", 1};
    size_t count;
    (void)close(fixture->peer);
    fixture->peer = -1;
    assert_int_equal(conn_write(&fixture->conn, &vector, 1, &count), CONN_CLOSED);
    assert_int_equal(count, 0);
    assert_true(fixture->conn.is_closed_by_peer);
}

static void vectors_are_written_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct iovec vectors[] = {{(void *)(uintptr_t) "one ", 4}, {(void *)(uintptr_t) "two", 3}};
    char bytes[16] = "";
    size_t count;
    assert_int_equal(conn_write(&fixture->conn, vectors, 2, &count), CONN_OK);
    assert_int_equal(count, 7);
    assert_int_equal(read(fixture->peer, bytes, sizeof bytes), 7);
    assert_string_equal(bytes, "one two");
    assert_null(fixture->conn.write_event);
}

static void a_full_connection_comes_up_when_there_is_room(void **state)
{
    struct fixture *fixture = *state;
    struct conn *conn = &fixture->conn;
    struct list *writable = loop_writable(fixture->loop);
    char *bytes = mem_zalloc(1 << 20);
    struct iovec vectors[] = {{bytes, 1 << 20}, {bytes, 1 << 20}};
    size_t count, total = 0;
    enum conn_result result;
    while ((result = conn_write(conn, vectors, 2, &count)) == CONN_OK)
        total += count;
    assert_int_equal(result, CONN_AGAIN);
    total += count;
    assert_int_equal(conn_write(conn, vectors, 2, &count), CONN_AGAIN);
    loop_wait(fixture->loop, 0);
    assert_true(list_is_empty(writable));
    while (total > 0) {
        ssize_t got = read(fixture->peer, bytes, 1 << 20);
        assert_true(got > 0);
        total -= (size_t)got;
    }
    loop_wait(fixture->loop, -1);
    assert_ptr_equal(LIST_ENTRY(writable->next, struct conn, writable), conn);
    list_remove(&conn->writable);
    /* Once: an idle connection is always writable. */
    loop_wait(fixture->loop, 0);
    assert_true(list_is_empty(writable));
    vectors[0].iov_len = 1;
    assert_int_equal(conn_write(conn, vectors, 1, &count), CONN_OK);
    mem_free(bytes);
}

static void who_stops_early_comes_up_at_the_next_turn(void **state)
{
    struct fixture *fixture = *state;
    struct conn *conn = &fixture->conn;
    struct list *writable = loop_writable(fixture->loop);
    /* Twice: the edge was seen already. */
    for (int i = 0; i < 2; i++) {
        assert_true(conn_wait_for_room(conn));
        loop_wait(fixture->loop, -1);
        assert_ptr_equal(LIST_ENTRY(writable->next, struct conn, writable), conn);
        list_remove(&conn->writable);
        loop_wait(fixture->loop, 0);
        assert_true(list_is_empty(writable));
    }
}

static void a_paused_connection_is_not_collected(void **state)
{
    struct fixture *fixture = *state;
    send_text(fixture, "x");
    loop_wait(fixture->loop, -1);
    conn_pause_reading(&fixture->conn);
    assert_null(first_readable(fixture));
    loop_wait(fixture->loop, 0);
    assert_null(first_readable(fixture));
    conn_resume_reading(&fixture->conn);
    loop_wait(fixture->loop, -1);
    assert_ptr_equal(first_readable(fixture), &fixture->conn);
}

static void closing_leaves_the_lists(void **state)
{
    struct fixture *fixture = *state;
    send_text(fixture, "x");
    loop_wait(fixture->loop, -1);
    assert_non_null(first_readable(fixture));
    conn_close(&fixture->conn);
    assert_null(first_readable(fixture));
    conn_close(&fixture->conn);
    loop_wait(fixture->loop, 0);
    assert_null(first_readable(fixture));
    conn_close(&(struct conn){0});
}

static void a_descriptor_that_cant_be_collected_is_closed(void **state)
{
    struct fixture *fixture = *state;
    int fd = open("/dev/null", O_RDONLY);
    struct conn conn;
    assert_false(conn_open(&conn, fixture->loop, fd, false));
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(conn.fd, -1);
}

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, option, &value, &len), 0);
    return value;
}

/* Connects to the address; returns the client's end and the server's in `*accepted`. */
static int connect_pair(struct loop *loop, const char *address, int *accepted)
{
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    bool is_unavailable;
    struct error error;
    struct listener *listener = listener_open_tcp(loop, address, 0, 5, &is_unavailable, &error);
    int fd;
    if (!listener)
        return -1;
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&name, &len), 0);
    fd = socket(name.ss_family, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, len), 0);
    assert_int_equal(listener_accept(listener, accepted), ACCEPT_OK);
    listener_close(listener);
    return fd;
}

static void tcp_connections_tell_who_they_are(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in name;
    socklen_t len = sizeof name;
    char peer[64], local[64], expected[64], scratch[16];
    struct conn conn;
    struct bytes key;
    int accepted, fd = connect_pair(fixture->loop, "127.0.0.1", &accepted);
    assert_true(fd >= 0);
    assert_true(conn_open(&conn, fixture->loop, accepted, false));
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    (void)snprintf(expected, sizeof expected, "127.0.0.1:%u", ntohs(name.sin_port));
    conn_peer_name(&conn, peer, sizeof peer);
    assert_string_equal(peer, expected);
    assert_int_equal(getpeername(fd, (struct sockaddr *)&name, &len), 0);
    (void)snprintf(expected, sizeof expected, "127.0.0.1:%u", ntohs(name.sin_port));
    conn_local_name(&conn, local, sizeof local);
    assert_string_equal(local, expected);
    assert_true(conn_peer_is_local(&conn));
    key = conn_peer_key(&conn, scratch);
    assert_true(bytes_equal(key, BYTES("\x7f\0\0\x01")));
    conn_close(&conn);
    conn_peer_name(&conn, peer, sizeof peer);
    assert_string_equal(peer, "?:0");
    assert_false(conn_peer_is_local(&conn));
    (void)close(fd);
}

/* What the other end reads up to the end; -1 when it was reset. */
static ssize_t read_to_end(int fd)
{
    char bytes[4096];
    ssize_t got, total = 0;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        total += got;
    return got < 0 ? -1 : total;
}

/* Writes to a peer that has sent what nobody reads, and closes. */
static ssize_t close_with_unread(struct loop *loop, bool finishes)
{
    static char unread[100000];
    struct iovec answer = {.iov_base = (char[]){"answer"}, .iov_len = 6};
    struct conn conn;
    size_t count;
    int accepted, fd = connect_pair(loop, "127.0.0.1", &accepted);
    assert_true(conn_open(&conn, loop, accepted, false));
    assert_int_equal(write(fd, unread, sizeof unread), sizeof unread);
    assert_int_equal(conn_write(&conn, &answer, 1, &count), CONN_OK);
    if (finishes)
        conn_finish(&conn);
    conn_close(&conn);
    conn_finish(&conn);
    ssize_t got = read_to_end(fd);
    (void)close(fd);
    return got;
}

static void a_finished_connection_is_not_reset(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(close_with_unread(fixture->loop, false), -1);
    assert_int_equal(close_with_unread(fixture->loop, true), 6);
    conn_finish(&(struct conn){0});
}

/* The peer, having been told the end, goes on sending: it gets what was written all the same. */
static void a_finished_connection_takes_what_still_comes(void **state)
{
    struct fixture *fixture = *state;
    static char chunk[65536];
    struct iovec answer = {.iov_base = (char[]){"answer"}, .iov_len = 6};
    struct conn conn;
    size_t count;
    int accepted, fd = connect_pair(fixture->loop, "127.0.0.1", &accepted);
    assert_true(conn_open(&conn, fixture->loop, accepted, false));
    assert_int_equal(conn_write(&conn, &answer, 1, &count), CONN_OK);
    conn_finish(&conn);
    conn_close(&conn);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(send(fd, chunk, sizeof chunk, MSG_NOSIGNAL), sizeof chunk);
        for (int turn = 0; turn < 8; turn++)
            loop_wait(fixture->loop, 0);
    }
    assert_int_equal(read_to_end(fd), 6);
    (void)close(fd);
    loop_wait(fixture->loop, 1000000);
}

static void few_linger_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    int peers[40];
    for (int i = 0; i < 40; i++) {
        struct conn conn;
        int accepted;
        peers[i] = connect_pair(fixture->loop, "127.0.0.1", &accepted);
        assert_true(conn_open(&conn, fixture->loop, accepted, false));
        conn_finish(&conn);
        conn_close(&conn);
    }
    /* Whose descriptor is closed hears so when it sends; the newest still linger. */
    for (int i = 0; i < 40; i++)
        (void)send(peers[i], "x", 1, MSG_NOSIGNAL);
    assert_int_equal(send(peers[0], "x", 1, MSG_NOSIGNAL), -1);
    assert_int_equal(send(peers[39], "x", 1, MSG_NOSIGNAL), 1);
    for (int i = 0; i < 40; i++)
        (void)close(peers[i]);
}

static void who_broke_off_is_still_local(void **state)
{
    struct fixture *fixture = *state;
    struct conn conn;
    struct linger at_once = {1, 0};
    char peer[64];
    int accepted, fd = connect_pair(fixture->loop, "127.0.0.1", &accepted);
    assert_true(conn_open(&conn, fixture->loop, accepted, false));
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    (void)close(fd);
    loop_wait(fixture->loop, -1);
    conn_peer_name(&conn, peer, sizeof peer);
    assert_string_equal(peer, "?:0");
    assert_true(conn_peer_is_local(&conn));
    conn_close(&conn);
}

static void ip6_addresses_stand_in_brackets(void **state)
{
    struct fixture *fixture = *state;
    char peer[64], scratch[16];
    struct conn conn;
    int accepted, fd = connect_pair(fixture->loop, "::1", &accepted);
    if (fd < 0)
        skip(); /* a machine without IPv6 */
    assert_true(conn_open(&conn, fixture->loop, accepted, false));
    conn_peer_name(&conn, peer, sizeof peer);
    assert_memory_equal(peer, "[::1]:", 6);
    assert_true(conn_peer_is_local(&conn));
    assert_int_equal(conn_peer_key(&conn, scratch).len, 16);
    conn_close(&conn);
    (void)close(fd);
}

static void tcp_connections_send_at_once_and_probe(void **state)
{
    struct fixture *fixture = *state;
    struct conn conn;
    int accepted, fd = connect_pair(fixture->loop, "127.0.0.1", &accepted);
    assert_true(conn_open(&conn, fixture->loop, accepted, false));
    assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option_of(accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
    conn_set_keepalive(&conn, 300);
    assert_int_equal(option_of(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPIDLE), 300);
    assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPINTVL), 100);
    assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPCNT), 3);
    conn_set_keepalive(&conn, 1);
    assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPINTVL), 1);
    conn_set_keepalive(&conn, 0);
    assert_int_equal(option_of(accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
    conn_close(&conn);
    (void)close(fd);
}

static void unix_connections_have_no_address(void **state)
{
    struct fixture *fixture = *state;
    char name[64], scratch[16];
    conn_peer_name(&fixture->conn, name, sizeof name);
    assert_string_equal(name, ":0");
    assert_true(conn_peer_is_local(&fixture->conn));
    assert_int_equal(conn_peer_key(&fixture->conn, scratch).len, 0);
    conn_set_keepalive(&fixture->conn, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_arrives_is_collected_and_read),
        TEST(the_peers_end_is_seen_after_its_bytes),
        TEST(an_end_that_comes_after_the_bytes_were_read_comes_up),
        TEST(writing_to_a_peer_that_is_gone_raises_no_signal),
        TEST(vectors_are_written_in_order),
        TEST(a_full_connection_comes_up_when_there_is_room),
        TEST(who_stops_early_comes_up_at_the_next_turn),
        TEST(a_paused_connection_is_not_collected),
        TEST(closing_leaves_the_lists),
        TEST(a_descriptor_that_cant_be_collected_is_closed),
        TEST(tcp_connections_tell_who_they_are),
        TEST(a_finished_connection_is_not_reset),
        TEST(a_finished_connection_takes_what_still_comes),
        TEST(few_linger_at_a_time),
        TEST(who_broke_off_is_still_local),
        TEST(ip6_addresses_stand_in_brackets),
        TEST(tcp_connections_send_at_once_and_probe),
        TEST(unix_connections_have_no_address),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
