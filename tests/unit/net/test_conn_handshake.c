/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes of connections with TLS: who gets in, what they cost, how they end. */
#include "support/tls_pair.h"
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct tls *slow_tls; /* with a key that a helper signs with */
static struct identity guest, stranger;

static struct tls *make_slow_tls(void)
{
    struct identity slow = identity_make("slow", &ground.authority, IDENTITY_LARGE_RSA, 30);
    (void)unlink(ground.cert);
    (void)unlink(ground.key);
    identity_append_certificate(&slow, ground.cert);
    identity_write_key(&slow, ground.key, NULL);
    struct tls *made = ground_tls(TLS_PEERS_UNASKED);
    identity_free(&slow);
    return made;
}

static int set_up(void **state)
{
    (void)state;
    if (ground_prepare() != 0)
        return -1;
    guest = identity_make("guest", &ground.authority, IDENTITY_P256, 30);
    stranger = identity_make("stranger", NULL, IDENTITY_P256, 30);
    slow_tls = make_slow_tls();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_free(slow_tls);
    identity_free(&guest);
    identity_free(&stranger);
    return ground_clear();
}

static void what_is_no_handshake_is_refused(void **state)
{
    static const char request[] = "*1\r\n$4\r\nPING\r\n";
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open(&pair, ground.tls);
    assert_int_equal(write(pair.fd, request, sizeof request - 1), sizeof request - 1);
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_false(conn_is_open(&pair.conn));
    assert_string_equal(conn_open_failure(&pair.conn), "wrong version number");
    pair_close(&pair);
}

static void an_end_before_the_handshake_is_noticed(void **state)
{
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open(&pair, ground.tls);
    assert_string_equal(conn_open_failure(&pair.conn), "it took too long");
    (void)SSL_do_handshake(pair.ssl);
    assert_int_equal(shutdown(pair.fd, SHUT_WR), 0);
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_string_equal(conn_open_failure(&pair.conn), "the connection ended");
    pair_close(&pair);
}

static void what_is_written_too_early_comes_up_when_it_is_open(void **state)
{
    struct pair pair;
    size_t count;
    (void)state;
    pair_open(&pair, ground.tls);
    assert_int_equal(server_says(&pair, "early", &count), CONN_AGAIN);
    assert_int_equal(count, 0);
    pair_shake_hands(&pair);
    assert_false(list_is_unlinked(&pair.conn.writable));
    list_remove(&pair.conn.writable);
    assert_int_equal(server_says(&pair, "early", &count), CONN_OK);
    client_hears(&pair, "early");
    pair_close(&pair);
}

static void show(struct pair *pair, const struct identity *identity)
{
    assert_int_equal(SSL_use_certificate(pair->ssl, identity->certificate), 1);
    assert_int_equal(SSL_use_PrivateKey(pair->ssl, identity->key), 1);
}

static void certificates_are_asked_for(void **state)
{
    struct tls *strict = ground_tls(TLS_PEERS_REQUIRED);
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open(&pair, strict);
    show(&pair, &guest);
    pair_shake_hands(&pair);
    pair_close(&pair);
    for (int i = 0; i < 2; i++) {
        enum conn_result result = CONN_AGAIN;
        pair_open(&pair, strict);
        if (i == 1)
            show(&pair, &stranger);
        for (int turns = 0; turns < TURNS_MAX && result == CONN_AGAIN; turns++) {
            (void)SSL_do_handshake(pair.ssl);
            result = pair_turn(&pair, bytes, sizeof bytes, &count);
        }
        assert_int_equal(result, CONN_CLOSED);
        assert_string_equal(conn_open_failure(&pair.conn),
                            i == 1 ? "self-signed certificate" : "peer did not return a certificate");
        pair_close(&pair);
    }
    tls_free(strict);
}

static void sessions_are_resumed(void **state)
{
    struct pair pair;
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    assert_false(conn_is_resumed(&pair.conn));
    assert_int_equal(server_says(&pair, "hello", &count), CONN_OK);
    client_hears(&pair, "hello");
    SSL_SESSION *session = SSL_get1_session(pair.ssl);
    (void)SSL_shutdown(pair.ssl);
    pair_close(&pair);
    pair_open(&pair, ground.tls);
    assert_int_equal(SSL_set_session(pair.ssl, session), 1);
    pair_shake_hands(&pair);
    assert_true(conn_is_resumed(&pair.conn));
    SSL_SESSION_free(session);
    pair_close(&pair);
}

static int64_t processor_us(void)
{
    struct timespec spent;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (int64_t)spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

/* A turn takes part in all handshakes that are due; returns what it took of this thread's time. */
static int64_t turn_of_all(void)
{
    char bytes[16];
    size_t count;
    int64_t begin_us = processor_us();
    loop_wait(ground.loop, TURN_US);
    struct list ready;
    list_init(&ready);
    list_append_all(&ready, loop_readable(ground.loop));
    while (!list_is_empty(&ready)) {
        struct conn *conn = LIST_ENTRY(ready.next, struct conn, ready);
        list_remove(&conn->ready);
        assert_int_equal(conn_read(conn, bytes, sizeof bytes, &count), CONN_AGAIN);
    }
    return processor_us() - begin_us;
}

/* Nobody else is kept waiting by however many come at once: what they cost, the helper pays, or it is spread
 * over turns. */
static void handshakes_of_many_hold_up_nobody(void **state)
{
    enum { PAIRS = 40 };
    struct pair pairs[PAIRS];
    int open = 0;
    int64_t longest_us = 0;
    (void)state;
    for (int i = 0; i < PAIRS; i++)
        pair_open(&pairs[i], i % 2 ? slow_tls : ground.tls);
    for (int turns = 0; open < PAIRS && turns < 10 * TURNS_MAX; turns++) {
        for (int i = 0; i < PAIRS; i++)
            (void)SSL_do_handshake(pairs[i].ssl);
        int64_t spent_us = turn_of_all();
        if (spent_us > longest_us)
            longest_us = spent_us;
        open = 0;
        for (int i = 0; i < PAIRS; i++)
            open += conn_is_open(&pairs[i].conn);
    }
    assert_int_equal(open, PAIRS);
    assert_true(longest_us < PAIRS * 500 / 4);
    for (int i = 0; i < PAIRS; i++)
        pair_close(&pairs[i]);
}

/* Its stream and its descriptor go with the helper's work. */
static void one_that_shakes_may_be_closed(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pair pair;
        char bytes[4096];
        ssize_t got = -1;
        pair_open(&pair, slow_tls);
        (void)SSL_do_handshake(pair.ssl);
        for (int turns = 0; turns < 1 + i % 3; turns++)
            (void)turn_of_all();
        conn_finish(&pair.conn);
        conn_close(&pair.conn);
        for (int turns = 0; turns < TURNS_MAX && got != 0; turns++) {
            (void)turn_of_all();
            got = read(pair.fd, bytes, sizeof bytes);
        }
        assert_int_equal(got, 0);
        pair_close(&pair);
    }
}

static void plain_ones_are_always_open(void **state)
{
    struct conn conn;
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_true(conn_open(&conn, ground.loop, fds[0], true));
    assert_true(conn_is_open(&conn));
    assert_false(conn_is_resumed(&conn));
    conn_close(&conn);
    (void)close(fds[1]);
}

static void what_is_no_descriptor_is_refused(void **state)
{
    struct conn conn;
    (void)state;
    assert_false(conn_open_tls(&conn, ground.loop, -1, ground.tls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_handshake_is_refused),
        cmocka_unit_test(an_end_before_the_handshake_is_noticed),
        cmocka_unit_test(what_is_written_too_early_comes_up_when_it_is_open),
        cmocka_unit_test(certificates_are_asked_for),
        cmocka_unit_test(sessions_are_resumed),
        cmocka_unit_test(handshakes_of_many_hold_up_nobody),
        cmocka_unit_test(one_that_shakes_may_be_closed),
        cmocka_unit_test(plain_ones_are_always_open),
        cmocka_unit_test(what_is_no_descriptor_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
