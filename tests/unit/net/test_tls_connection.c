/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes with a client of the library's own, at the other end of a pair of sockets: who gets in, and how
 * it ends. */
#include "base/clock.h"
#include "net/loop.h"
#include "net/tls.h"
#include "support/identity.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_US 20000000

enum { TURN_US = 1000 };

static char folder[32], cert[64], key[64], authority_cert[64];
static struct identity authority, between, server, guest, stranger;
static struct loop *loop;

/* The server's end of one connection, and the client's. */
struct pair {
    struct bufferevent *bufferevent;
    int server_fd, client_fd;
    short events; /* that the server's end was told of */
    SSL *ssl;
};

static int set_up(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(folder, sizeof folder, "/tmp/tls-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(cert, sizeof cert, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(authority_cert, sizeof authority_cert, "%s/authority.pem", folder);
    authority = identity_make("authority", NULL, IDENTITY_P256, 30);
    between = identity_make("between", &authority, IDENTITY_P256, 30);
    server = identity_make("server", &between, IDENTITY_P256, 30);
    guest = identity_make("guest", &authority, IDENTITY_P256, 30);
    stranger = identity_make("stranger", NULL, IDENTITY_P256, 30);
    identity_append_certificate(&server, cert);
    identity_append_certificate(&between, cert);
    identity_write_key(&server, key, NULL);
    identity_append_certificate(&authority, authority_cert);
    loop = loop_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    identity_free(&authority);
    identity_free(&between);
    identity_free(&server);
    identity_free(&guest);
    identity_free(&stranger);
    (void)unlink(cert);
    (void)unlink(key);
    (void)unlink(authority_cert);
    (void)rmdir(folder);
    return 0;
}

static struct tls_settings good_settings(void)
{
    return (struct tls_settings){
        .cert_file = cert,
        .key_file = key,
        .resumes_sessions = true,
        .session_timeout_s = 300,
    };
}

static struct tls *make(const struct tls_settings *settings)
{
    enum tls_setting culprit;
    struct error error = {""};
    struct tls *tls = tls_new(settings, &culprit, &error);
    if (!tls)
        fail_msg("%s", error.text);
    return tls;
}

/* One that trusts the authority, and shows `identity` when it is asked; NULL: it has none. */
static SSL_CTX *make_client(const struct identity *identity)
{
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    assert_int_equal(SSL_CTX_load_verify_locations(client, authority_cert, NULL), 1);
    if (identity) {
        assert_int_equal(SSL_CTX_use_certificate(client, identity->certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(client, identity->key), 1);
    }
    return client;
}

/* ---- a connection ---- */

static void note_event(struct bufferevent *bufferevent, short what, void *context)
{
    struct pair *pair = context;
    (void)bufferevent;
    pair->events |= what;
}

static void connect_pair(struct pair *pair, const struct tls *tls, SSL_CTX *client)
{
    int fds[2];
    *pair = (struct pair){.bufferevent = tls_bufferevent(tls, loop_event_base(loop))};
    assert_non_null(pair->bufferevent);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    pair->server_fd = fds[0];
    pair->client_fd = fds[1];
    assert_int_equal(bufferevent_setfd(pair->bufferevent, fds[0]), 0);
    bufferevent_setcb(pair->bufferevent, NULL, NULL, note_event, pair);
    assert_int_equal(bufferevent_enable(pair->bufferevent, EV_READ | EV_WRITE), 0);
    assert_false(tls_is_open(pair->bufferevent));
    if (client) {
        pair->ssl = SSL_new(client);
        assert_int_equal(SSL_set_fd(pair->ssl, fds[1]), 1);
        SSL_set_connect_state(pair->ssl);
    }
}

static void close_pair(struct pair *pair)
{
    SSL_free(pair->ssl);
    (void)close(pair->client_fd);
    if (pair->bufferevent)
        bufferevent_free(pair->bufferevent);
    loop_wait(loop, 0);
}

/* Both go on until the client's step has an end, good or bad. */
#define CLIENT_DOES(pair, result, step)                                          \
    do {                                                                         \
        int64_t deadline_us = clock_mono_us() + WAIT_US;                         \
        ERR_clear_error();                                                       \
        while (((result) = (step)) <= 0 && clock_mono_us() < deadline_us) {      \
            int reason = SSL_get_error((pair)->ssl, (result));                   \
            if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) \
                break;                                                           \
            loop_wait(loop, TURN_US);                                            \
        }                                                                        \
    } while (0)

#define WAIT_UNTIL(condition)                                 \
    do {                                                      \
        int64_t deadline_us = clock_mono_us() + WAIT_US;      \
        while (!(condition) && clock_mono_us() < deadline_us) \
            loop_wait(loop, TURN_US);                         \
        assert_true(condition);                               \
    } while (0)

static size_t input_len(const struct pair *pair)
{
    return evbuffer_get_length(bufferevent_get_input(pair->bufferevent));
}

/* Whether both sides say that the connection is there: a byte goes each way. */
static bool shakes_hands(struct pair *pair)
{
    char byte = 'x';
    int result;
    CLIENT_DOES(pair, result, SSL_do_handshake(pair->ssl));
    if (result != 1)
        return false;
    CLIENT_DOES(pair, result, SSL_write(pair->ssl, &byte, 1));
    WAIT_UNTIL(input_len(pair) > 0 || (pair->events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)));
    if (!tls_is_open(pair->bufferevent))
        return false;
    assert_int_equal(evbuffer_remove(bufferevent_get_input(pair->bufferevent), &byte, 1), 1);
    assert_int_equal(bufferevent_write(pair->bufferevent, "y", 1), 0);
    CLIENT_DOES(pair, result, SSL_read(pair->ssl, &byte, 1));
    return result == 1 && byte == 'y';
}

/* Whether a client of these versions gets in. */
static bool gets_in(const struct tls_settings *settings, const struct identity *identity, int least, int most)
{
    struct tls *tls = make(settings);
    SSL_CTX *client = make_client(identity);
    struct pair pair;
    assert_int_equal(SSL_CTX_set_cipher_list(client, "DEFAULT@SECLEVEL=0"), 1);
    assert_int_equal(SSL_CTX_set_min_proto_version(client, least), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(client, most), 1);
    connect_pair(&pair, tls, client);
    bool is_in = shakes_hands(&pair);
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
    return is_in;
}

/* ---- who gets in ---- */

static void the_chain_is_shown_and_good(void **state)
{
    struct tls_settings settings = good_settings();
    (void)state;
    assert_true(gets_in(&settings, NULL, TLS1_2_VERSION, TLS1_2_VERSION));
    assert_true(gets_in(&settings, NULL, TLS1_3_VERSION, TLS1_3_VERSION));
}

static void old_protocols_are_refused_unless_asked_for(void **state)
{
    struct tls_settings settings = good_settings();
    (void)state;
    assert_false(gets_in(&settings, NULL, TLS1_VERSION, TLS1_VERSION));
    assert_false(gets_in(&settings, NULL, TLS1_1_VERSION, TLS1_1_VERSION));
    settings.protocols = "TLSv1.1 TLSv1.3";
    settings.ciphers = "DEFAULT@SECLEVEL=0";
    assert_true(gets_in(&settings, NULL, TLS1_1_VERSION, TLS1_1_VERSION));
    assert_false(gets_in(&settings, NULL, TLS1_2_VERSION, TLS1_2_VERSION));
    assert_true(gets_in(&settings, NULL, TLS1_3_VERSION, TLS1_3_VERSION));
    settings.protocols = "TLSv1.2";
    assert_false(gets_in(&settings, NULL, TLS1_3_VERSION, TLS1_3_VERSION));
    assert_true(gets_in(&settings, NULL, TLS1_2_VERSION, TLS1_3_VERSION));
}

static void who_must_show_a_certificate_shows_a_good_one(void **state)
{
    struct tls_settings settings = good_settings();
    (void)state;
    settings.peers = TLS_PEERS_REQUIRED;
    settings.ca_file = authority_cert;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        assert_true(gets_in(&settings, &guest, version, version));
        assert_false(gets_in(&settings, NULL, version, version));
        assert_false(gets_in(&settings, &stranger, version, version));
    }
    settings.peers = TLS_PEERS_ASKED;
    assert_true(gets_in(&settings, &guest, TLS1_3_VERSION, TLS1_3_VERSION));
    assert_true(gets_in(&settings, NULL, TLS1_3_VERSION, TLS1_3_VERSION));
    assert_false(gets_in(&settings, &stranger, TLS1_3_VERSION, TLS1_3_VERSION));
    settings.peers = TLS_PEERS_UNASKED;
    assert_true(gets_in(&settings, &stranger, TLS1_3_VERSION, TLS1_3_VERSION));
}

static void ciphers_are_those_that_are_set(void **state)
{
    struct tls_settings settings = good_settings();
    struct pair pair;
    SSL_CTX *client = make_client(NULL);
    (void)state;
    settings.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
    settings.prefers_server_ciphers = true;
    struct tls *tls = make(&settings);
    assert_int_equal(SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"),
                     1);
    connect_pair(&pair, tls, client);
    assert_true(shakes_hands(&pair));
    assert_string_equal(SSL_get_cipher_name(pair.ssl), "TLS_CHACHA20_POLY1305_SHA256");
    close_pair(&pair);
    tls_free(tls);
    settings.prefers_server_ciphers = false;
    tls = make(&settings);
    connect_pair(&pair, tls, client);
    assert_true(shakes_hands(&pair));
    assert_string_equal(SSL_get_cipher_name(pair.ssl), "TLS_AES_128_GCM_SHA256");
    close_pair(&pair);
    tls_free(tls);
    SSL_CTX_free(client);
}

/* Whether a second connection is a continuation of the first. */
static bool is_resumed(bool resumes_sessions, int version)
{
    struct tls_settings settings = good_settings();
    SSL_CTX *client = make_client(NULL);
    struct pair first, second;
    settings.resumes_sessions = resumes_sessions;
    struct tls *tls = make(&settings);
    assert_int_equal(SSL_CTX_set_max_proto_version(client, version), 1);
    connect_pair(&first, tls, client);
    assert_true(shakes_hands(&first));
    SSL_SESSION *session = SSL_get1_session(first.ssl);
    (void)SSL_shutdown(first.ssl);
    close_pair(&first);
    connect_pair(&second, tls, client);
    assert_int_equal(SSL_set_session(second.ssl, session), 1);
    assert_true(shakes_hands(&second));
    bool was_resumed = SSL_session_reused(second.ssl);
    close_pair(&second);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    tls_free(tls);
    return was_resumed;
}

static void sessions_are_resumed_if_wished(void **state)
{
    (void)state;
    assert_true(is_resumed(true, TLS1_2_VERSION));
    assert_true(is_resumed(true, TLS1_3_VERSION));
    assert_false(is_resumed(false, TLS1_2_VERSION));
    assert_false(is_resumed(false, TLS1_3_VERSION));
}

/* ---- how it goes on, and ends ---- */

static void a_connection_outlives_its_context(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    (void)state;
    connect_pair(&pair, tls, client);
    tls_free(tls);
    assert_true(shakes_hands(&pair));
    close_pair(&pair);
    SSL_CTX_free(client);
}

static void the_peer_hears_a_farewell(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    char byte;
    int result;
    (void)state;
    connect_pair(&pair, tls, client);
    assert_true(shakes_hands(&pair));
    tls_say_farewell(pair.bufferevent);
    CLIENT_DOES(&pair, result, SSL_read(pair.ssl, &byte, 1));
    assert_int_equal(SSL_get_error(pair.ssl, result), SSL_ERROR_ZERO_RETURN);
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
}

static void a_peer_may_go_without_a_farewell(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    (void)state;
    connect_pair(&pair, tls, client);
    assert_true(shakes_hands(&pair));
    assert_int_equal(shutdown(pair.client_fd, SHUT_RDWR), 0);
    WAIT_UNTIL(pair.events & (BEV_EVENT_EOF | BEV_EVENT_ERROR));
    assert_true(pair.events & BEV_EVENT_EOF);
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
}

static void what_is_no_tls_is_an_error(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    struct pair pair;
    (void)state;
    connect_pair(&pair, tls, NULL);
    assert_int_equal(send(pair.client_fd, request, sizeof request - 1, 0), sizeof request - 1);
    WAIT_UNTIL(pair.events & BEV_EVENT_ERROR);
    assert_false(tls_is_open(pair.bufferevent));
    tls_say_farewell(pair.bufferevent);
    close_pair(&pair);
    tls_free(tls);
}

static void the_descriptor_is_closed_with_the_bufferevent(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    (void)state;
    for (int i = 0; i < 3; i++) {
        /* Before, within and after the handshake. */
        struct pair pair;
        connect_pair(&pair, tls, client);
        if (i == 1)
            assert_int_equal(send(pair.client_fd, "\x16\x03\x01", 3, 0), 3);
        if (i == 2)
            assert_true(shakes_hands(&pair));
        loop_wait(loop, 0);
        bufferevent_free(pair.bufferevent);
        pair.bufferevent = NULL;
        loop_wait(loop, 0);
        assert_int_equal(write(pair.server_fd, "x", 1), -1);
        close_pair(&pair);
    }
    SSL_CTX_free(client);
    tls_free(tls);
}

static void what_was_sent_ahead_is_read_once_there_is_room(void **state)
{
    enum { LEN = 40000, ROOM = 1000 };
    static char data[LEN];
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    size_t total = 0;
    int result;
    (void)state;
    connect_pair(&pair, tls, client);
    bufferevent_setwatermark(pair.bufferevent, EV_READ, 0, ROOM);
    assert_true(shakes_hands(&pair));
    for (size_t sent = 0; sent < LEN; sent += (size_t)result) {
        CLIENT_DOES(&pair, result, SSL_write(pair.ssl, data + sent, (int)(LEN - sent)));
        assert_true(result > 0);
    }
    while (total < LEN) {
        tls_read_on(pair.bufferevent);
        WAIT_UNTIL(input_len(&pair) > 0);
        /* The library takes what the space holds that it got for the rest. */
        assert_true(input_len(&pair) <= 2 * ROOM);
        size_t part = input_len(&pair) > 100 ? 100 : input_len(&pair);
        assert_int_equal(evbuffer_drain(bufferevent_get_input(pair.bufferevent), part), 0);
        total += part;
    }
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
}

/* Each message would cost the server's loop some microseconds, and there is no end to them. */
static void new_keys_without_end_are_an_end(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    int result = 1;
    (void)state;
    connect_pair(&pair, tls, client);
    assert_true(shakes_hands(&pair));
    for (int i = 0; i < 1000 && result == 1 && !(pair.events & BEV_EVENT_EOF); i++) {
        assert_int_equal(SSL_key_update(pair.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        result = SSL_do_handshake(pair.ssl);
        loop_wait(loop, 0);
    }
    assert_true(pair.events & BEV_EVENT_EOF);
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
}

static void a_few_new_keys_are_fine(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    (void)state;
    connect_pair(&pair, tls, client);
    for (int i = 0; i < 5; i++) {
        assert_true(shakes_hands(&pair));
        assert_int_equal(SSL_key_update(pair.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
    }
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
}

static void nobody_shakes_hands_again(void **state)
{
    struct tls_settings settings = good_settings();
    struct tls *tls = make(&settings);
    SSL_CTX *client = make_client(NULL);
    struct pair pair;
    char byte;
    int result;
    (void)state;
    assert_int_equal(SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION), 1);
    connect_pair(&pair, tls, client);
    assert_true(shakes_hands(&pair));
    assert_int_equal(SSL_renegotiate(pair.ssl), 1);
    CLIENT_DOES(&pair, result, SSL_read(pair.ssl, &byte, 1));
    assert_true(result <= 0);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);
    close_pair(&pair);
    SSL_CTX_free(client);
    tls_free(tls);
}

static void without_tls_there_is_nothing_to_wait_for(void **state)
{
    struct bufferevent *plain = bufferevent_socket_new(loop_event_base(loop), -1, 0);
    (void)state;
    assert_non_null(plain);
    assert_true(tls_is_open(plain));
    tls_read_on(plain);
    tls_say_farewell(plain);
    bufferevent_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chain_is_shown_and_good),
        cmocka_unit_test(old_protocols_are_refused_unless_asked_for),
        cmocka_unit_test(who_must_show_a_certificate_shows_a_good_one),
        cmocka_unit_test(ciphers_are_those_that_are_set),
        cmocka_unit_test(sessions_are_resumed_if_wished),
        cmocka_unit_test(a_connection_outlives_its_context),
        cmocka_unit_test(the_peer_hears_a_farewell),
        cmocka_unit_test(a_peer_may_go_without_a_farewell),
        cmocka_unit_test(what_is_no_tls_is_an_error),
        cmocka_unit_test(the_descriptor_is_closed_with_the_bufferevent),
        cmocka_unit_test(what_was_sent_ahead_is_read_once_there_is_room),
        cmocka_unit_test(new_keys_without_end_are_an_end),
        cmocka_unit_test(a_few_new_keys_are_fine),
        cmocka_unit_test(nobody_shakes_hands_again),
        cmocka_unit_test(without_tls_there_is_nothing_to_wait_for),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
