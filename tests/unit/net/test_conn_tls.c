/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections with TLS at one end of a pair of sockets, at the other a client of the library's own: all that
 * may be told late or twice, and how it ends. */
#include "base/alloc.h"
#include "base/clock.h"
#include "net/conn.h"
#include "net/tls.h"
#include "support/identity.h"
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TURNS_MAX = 20000, TURN_US = 1000, BIG = 3000000 };

static char folder[32], cert[64], key[64], authority_cert[64];
static struct identity authority, server, guest, stranger;
static struct loop *loop;
static struct tls *tls, *slow_tls; /* the latter with a key that a helper signs with */
static SSL_CTX *client;

struct pair {
    struct conn conn;
    int fd; /* the client's */
    SSL *ssl;
};

/* ---- identities ---- */

static struct tls *make_tls(enum tls_peers peers)
{
    struct tls_settings settings = {.cert_file = cert,
                                    .key_file = key,
                                    .ca_file = authority_cert,
                                    .peers = peers,
                                    .resumes_sessions = true,
                                    .session_timeout_s = 300};
    enum tls_setting culprit;
    struct error error = {""};
    struct tls *made = tls_new(&settings, &culprit, &error);
    if (!made)
        fail_msg("%s", error.text);
    return made;
}

static struct tls *make_slow_tls(void)
{
    struct identity slow = identity_make("slow", &authority, IDENTITY_LARGE_RSA, 30);
    (void)unlink(cert);
    (void)unlink(key);
    identity_append_certificate(&slow, cert);
    identity_write_key(&slow, key, NULL);
    struct tls *made = make_tls(TLS_PEERS_UNASKED);
    identity_free(&slow);
    return made;
}

static int set_up_all(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(folder, sizeof folder, "/tmp/conn-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(cert, sizeof cert, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(authority_cert, sizeof authority_cert, "%s/authority.pem", folder);
    authority = identity_make("authority", NULL, IDENTITY_P256, 30);
    server = identity_make("server", &authority, IDENTITY_RSA, 30);
    guest = identity_make("guest", &authority, IDENTITY_P256, 30);
    stranger = identity_make("stranger", NULL, IDENTITY_P256, 30);
    identity_append_certificate(&server, cert);
    identity_write_key(&server, key, NULL);
    identity_append_certificate(&authority, authority_cert);
    loop = loop_new();
    tls = make_tls(TLS_PEERS_UNASKED);
    slow_tls = make_slow_tls();
    client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_mode(client, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return SSL_CTX_load_verify_locations(client, authority_cert, NULL) - 1;
}

static int tear_down_all(void **state)
{
    (void)state;
    SSL_CTX_free(client);
    tls_free(tls);
    tls_free(slow_tls);
    loop_free(loop);
    identity_free(&authority);
    identity_free(&server);
    identity_free(&guest);
    identity_free(&stranger);
    (void)unlink(cert);
    (void)unlink(key);
    (void)unlink(authority_cert);
    (void)rmdir(folder);
    return 0;
}

/* ---- a pair ---- */

static void pair_open(struct pair *pair, const struct tls *with)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(conn_open_tls(&pair->conn, loop, fds[0], with));
    assert_false(conn_is_open(&pair->conn));
    pair->fd = fds[1];
    pair->ssl = SSL_new(client);
    assert_int_equal(SSL_set_fd(pair->ssl, pair->fd), 1);
    SSL_set_connect_state(pair->ssl);
}

static void pair_close(struct pair *pair)
{
    conn_close(&pair->conn);
    SSL_free(pair->ssl);
    (void)close(pair->fd);
    ERR_clear_error();
}

static bool is_ready(const struct pair *pair)
{
    return !list_is_unlinked(&pair->conn.ready);
}

/* A turn of the loop; reads when the connection came up, as its owner does. */
static enum conn_result turn(struct pair *pair, void *to, size_t size, size_t *count)
{
    *count = 0;
    loop_wait(loop, TURN_US);
    if (!is_ready(pair))
        return CONN_AGAIN;
    list_remove(&pair->conn.ready);
    return conn_read(&pair->conn, to, size, count);
}

static void shake_hands(struct pair *pair)
{
    char bytes[16];
    size_t count;
    for (int i = 0; i < TURNS_MAX && !(SSL_is_init_finished(pair->ssl) && conn_is_open(&pair->conn)); i++) {
        (void)SSL_do_handshake(pair->ssl);
        assert_int_equal(turn(pair, bytes, sizeof bytes, &count), CONN_AGAIN);
    }
    assert_true(conn_is_open(&pair->conn));
    ERR_clear_error();
}

static void pair_open_shaken(struct pair *pair)
{
    pair_open(pair, tls);
    shake_hands(pair);
}

/* Until something came of it. */
static enum conn_result read_some(struct pair *pair, void *to, size_t size, size_t *count)
{
    enum conn_result result = CONN_AGAIN;
    for (int i = 0; i < TURNS_MAX && result == CONN_AGAIN; i++)
        result = turn(pair, to, size, count);
    return result;
}

static void client_says(struct pair *pair, const char *text, size_t len)
{
    size_t written;
    assert_int_equal(SSL_write_ex(pair->ssl, text, len, &written), 1);
    assert_int_equal(written, len);
}

static void client_hears(struct pair *pair, const char *text)
{
    char bytes[64];
    size_t count, len = strlen(text);
    assert_int_equal(SSL_read_ex(pair->ssl, bytes, sizeof bytes, &count), 1);
    assert_int_equal(count, len);
    assert_memory_equal(bytes, text, len);
}

static enum conn_result server_says(struct pair *pair, const char *text, size_t *count)
{
    struct iovec vector = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
    return conn_write(&pair->conn, &vector, 1, count);
}

/* ---- bytes ---- */

static void bytes_go_both_ways(void **state)
{
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    client_says(&pair, "ping", 4);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(bytes, "ping", 4);
    assert_false(is_ready(&pair));
    assert_int_equal(server_says(&pair, "pong", &count), CONN_OK);
    assert_int_equal(count, 4);
    client_hears(&pair, "pong");
    pair_close(&pair);
}

/* The kernel has it no more, so that no event would tell. */
static void what_is_left_of_a_record_comes_up_again(void **state)
{
    struct pair pair;
    char *sent = mem_alloc(16384), *got = mem_alloc(16384);
    size_t total = 0, count;
    (void)state;
    for (int i = 0; i < 16384; i++)
        sent[i] = (char)(i * 7);
    pair_open_shaken(&pair);
    client_says(&pair, sent, 16384);
    assert_int_equal(read_some(&pair, got, 100, &count), CONN_OK);
    for (total = count; total < 16384; total += count) {
        assert_int_equal(count, total < 16300 ? 100 : count);
        assert_true(is_ready(&pair));
        assert_int_equal(turn(&pair, got + total, 100, &count), CONN_OK);
    }
    assert_memory_equal(sent, got, 16384);
    assert_int_equal(turn(&pair, got, 100, &count), CONN_AGAIN);
    assert_false(is_ready(&pair));
    mem_free(sent);
    mem_free(got);
    pair_close(&pair);
}

static void records_that_came_together_are_read_together(void **state)
{
    struct pair pair;
    char bytes[64];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    client_says(&pair, "one", 3);
    client_says(&pair, "two", 3);
    client_says(&pair, "three", 5);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 11);
    assert_memory_equal(bytes, "onetwothree", 11);
    assert_false(is_ready(&pair));
    pair_close(&pair);
}

/* What the client writes goes to memory first, to be handed on in pieces. */
static BIO *intercept(struct pair *pair)
{
    BIO *out = BIO_new(BIO_s_mem());
    assert_true(BIO_up_ref(out) == 1);
    SSL_set0_wbio(pair->ssl, out);
    return out;
}

static void a_record_may_come_byte_by_byte(void **state)
{
    struct pair pair;
    char bytes[64], record[256];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    BIO *out = intercept(&pair);
    client_says(&pair, "hello", 5);
    int len = BIO_read(out, record, sizeof record);
    for (int i = 0; i < len - 1; i++) {
        assert_int_equal(write(pair.fd, record + i, 1), 1);
        assert_int_equal(turn(&pair, bytes, sizeof bytes, &count), CONN_AGAIN);
        /* Or the loop would turn and turn for nothing. */
        assert_false(is_ready(&pair));
    }
    assert_int_equal(write(pair.fd, record + len - 1, 1), 1);
    assert_int_equal(turn(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 5);
    BIO_free(out);
    pair_close(&pair);
}

static void a_pause_loses_nothing(void **state)
{
    struct pair pair;
    char bytes[64];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    client_says(&pair, "hello", 5);
    assert_int_equal(read_some(&pair, bytes, 2, &count), CONN_OK);
    conn_pause_reading(&pair.conn);
    assert_int_equal(turn(&pair, bytes, sizeof bytes, &count), CONN_AGAIN);
    client_says(&pair, "again", 5);
    assert_int_equal(turn(&pair, bytes, sizeof bytes, &count), CONN_AGAIN);
    conn_resume_reading(&pair.conn);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 8);
    assert_memory_equal(bytes, "lloagain", 8);
    pair_close(&pair);
}

/* Writes from where it is, each time from another place in memory; returns where it is then. */
static size_t write_on(struct pair *pair, const char *bytes, size_t from)
{
    size_t count;
    char *moved = mem_alloc(BIG);
    memcpy(moved + from, bytes + from, BIG - from);
    size_t half = (BIG - from) / 2;
    struct iovec vectors[] = {{moved + from, 10},
                              {moved, 0},
                              {moved + from + 10, half},
                              {moved + from + 10 + half, BIG - from - 10 - half}};
    bool is_short = BIG - from < 100;
    struct iovec rest = {moved + from, BIG - from};
    enum conn_result result = conn_write(&pair->conn, is_short ? &rest : vectors, is_short ? 1 : 4, &count);
    assert_int_equal(result, count == BIG - from ? CONN_OK : CONN_AGAIN);
    mem_free(moved);
    return from + count;
}

static void a_big_value_is_written_as_there_is_room(void **state)
{
    struct pair pair;
    char *sent = mem_alloc(BIG), *got = mem_alloc(BIG);
    size_t written = 0, read = 0, count;
    int refusals = 0;
    (void)state;
    for (int i = 0; i < BIG; i++)
        sent[i] = (char)(i * 31 + i / 1000);
    pair_open_shaken(&pair);
    written = write_on(&pair, sent, 0);
    for (int i = 0; i < TURNS_MAX && read < BIG; i++) {
        while (read < BIG && SSL_read_ex(pair.ssl, got + read, BIG - read, &count) == 1)
            read += count;
        ERR_clear_error();
        loop_wait(loop, TURN_US);
        if (list_is_unlinked(&pair.conn.writable))
            continue;
        list_remove(&pair.conn.writable);
        refusals++;
        written = write_on(&pair, sent, written);
    }
    assert_int_equal(written, BIG);
    assert_int_equal(read, BIG);
    assert_true(refusals > 0);
    assert_memory_equal(sent, got, BIG);
    mem_free(sent);
    mem_free(got);
    pair_close(&pair);
}

/* ---- ends ---- */

static int client_finds(struct pair *pair)
{
    char bytes[16];
    size_t count;
    return SSL_get_error(pair->ssl, SSL_read_ex(pair->ssl, bytes, sizeof bytes, &count));
}

static void closing_says_farewell(void **state)
{
    struct pair pair;
    (void)state;
    pair_open_shaken(&pair);
    conn_close(&pair.conn);
    assert_int_equal(client_finds(&pair), SSL_ERROR_ZERO_RETURN);
    pair_close(&pair);
}

static void finishing_says_farewell_once(void **state)
{
    struct pair pair;
    (void)state;
    pair_open_shaken(&pair);
    client_says(&pair, "unread", 6);
    conn_finish(&pair.conn);
    conn_finish(&pair.conn);
    conn_close(&pair.conn);
    assert_int_equal(client_finds(&pair), SSL_ERROR_ZERO_RETURN);
    assert_int_equal(SSL_get_shutdown(pair.ssl), SSL_RECEIVED_SHUTDOWN);
    pair_close(&pair);
}

/* It would be read as a part of the record. */
static void nothing_is_said_within_a_record(void **state)
{
    struct pair pair;
    char *sent = mem_zalloc(BIG), bytes[4096];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    (void)write_on(&pair, sent, 0);
    conn_close(&pair.conn);
    int code;
    do
        code = SSL_read_ex(pair.ssl, bytes, sizeof bytes, &count);
    while (code == 1);
    assert_int_equal(SSL_get_error(pair.ssl, code), SSL_ERROR_SSL);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_UNEXPECTED_EOF_WHILE_READING);
    mem_free(sent);
    pair_close(&pair);
}

static void who_said_farewell_still_gets_answers(void **state)
{
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    client_says(&pair, "last", 4);
    (void)SSL_shutdown(pair.ssl);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 4);
    /* No event will tell: the peer's descriptor is open, and the words have left the kernel. */
    assert_int_equal(turn(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_int_equal(server_says(&pair, "answer", &count), CONN_OK);
    client_hears(&pair, "answer");
    pair_close(&pair);
}

static void an_end_without_farewell_is_an_end(void **state)
{
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    client_says(&pair, "last", 4);
    assert_int_equal(shutdown(pair.fd, SHUT_WR), 0);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_true(pair.conn.is_closed_by_peer);
    assert_int_equal(server_says(&pair, "answer", &count), CONN_OK);
    client_hears(&pair, "answer");
    pair_close(&pair);
}

static void a_forged_record_ends_it(void **state)
{
    struct pair pair;
    char bytes[64], record[256];
    size_t count;
    (void)state;
    pair_open_shaken(&pair);
    BIO *out = intercept(&pair);
    client_says(&pair, "hello", 5);
    int len = BIO_read(out, record, sizeof record);
    record[len - 1] ^= 1;
    assert_int_equal(write(pair.fd, record, (size_t)len), len);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_int_equal(conn_read(&pair.conn, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_int_equal(server_says(&pair, "answer", &count), CONN_CLOSED);
    assert_int_equal(count, 0);
    BIO_free(out);
    pair_close(&pair);
}

/* ---- handshakes ---- */

static void what_is_no_handshake_is_refused(void **state)
{
    static const char request[] = "*1\r\n$4\r\nPING\r\n";
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open(&pair, tls);
    assert_int_equal(write(pair.fd, request, sizeof request - 1), sizeof request - 1);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
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
    pair_open(&pair, tls);
    assert_string_equal(conn_open_failure(&pair.conn), "it took too long");
    (void)SSL_do_handshake(pair.ssl);
    assert_int_equal(shutdown(pair.fd, SHUT_WR), 0);
    assert_int_equal(read_some(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_string_equal(conn_open_failure(&pair.conn), "the connection ended");
    pair_close(&pair);
}

static void what_is_written_too_early_comes_up_when_it_is_open(void **state)
{
    struct pair pair;
    size_t count;
    (void)state;
    pair_open(&pair, tls);
    assert_int_equal(server_says(&pair, "early", &count), CONN_AGAIN);
    assert_int_equal(count, 0);
    shake_hands(&pair);
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
    struct tls *strict = make_tls(TLS_PEERS_REQUIRED);
    struct pair pair;
    char bytes[16];
    size_t count;
    (void)state;
    pair_open(&pair, strict);
    show(&pair, &guest);
    shake_hands(&pair);
    pair_close(&pair);
    for (int i = 0; i < 2; i++) {
        enum conn_result result = CONN_AGAIN;
        pair_open(&pair, strict);
        if (i == 1)
            show(&pair, &stranger);
        for (int turns = 0; turns < TURNS_MAX && result == CONN_AGAIN; turns++) {
            (void)SSL_do_handshake(pair.ssl);
            result = turn(&pair, bytes, sizeof bytes, &count);
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
    pair_open(&pair, tls);
    assert_int_equal(SSL_set_session(pair.ssl, session), 1);
    shake_hands(&pair);
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
    loop_wait(loop, TURN_US);
    struct list ready;
    list_init(&ready);
    list_append_all(&ready, loop_readable(loop));
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
        pair_open(&pairs[i], i % 2 ? slow_tls : tls);
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
    assert_true(conn_open(&conn, loop, fds[0], true));
    assert_true(conn_is_open(&conn));
    assert_false(conn_is_resumed(&conn));
    conn_close(&conn);
    (void)close(fds[1]);
}

static void what_is_no_descriptor_is_refused(void **state)
{
    struct conn conn;
    (void)state;
    assert_false(conn_open_tls(&conn, loop, -1, tls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways),
        cmocka_unit_test(what_is_left_of_a_record_comes_up_again),
        cmocka_unit_test(records_that_came_together_are_read_together),
        cmocka_unit_test(a_record_may_come_byte_by_byte),
        cmocka_unit_test(a_pause_loses_nothing),
        cmocka_unit_test(a_big_value_is_written_as_there_is_room),
        cmocka_unit_test(closing_says_farewell),
        cmocka_unit_test(finishing_says_farewell_once),
        cmocka_unit_test(nothing_is_said_within_a_record),
        cmocka_unit_test(who_said_farewell_still_gets_answers),
        cmocka_unit_test(an_end_without_farewell_is_an_end),
        cmocka_unit_test(a_forged_record_ends_it),
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
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
