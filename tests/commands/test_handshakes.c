/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that come over TLS: when they are in, who they are then, and when they go without having been. */
#include "base/log.h"
#include "engine/client_io.h"
#include "engine/handshakes.h"
#include "engine/server.h"
#include "support/harness.h"
#include "support/log_copy.h"
#include "support/reply_text.h"
#include "support/tls_pair.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define TIME_MS 5000

static struct identity ann;
static struct tls *asks;

/* The far end of a connection. */
struct peer {
    int fd;
    SSL *ssl;
    uint64_t id; /* of its client */
};

static struct peer connect_peer(struct harness *h, struct tls *tls)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    h->server->tls = tls;
    struct client *client = client_new_tls(h->server, fds[0]);
    handshake_begin(client);
    struct peer peer = {.fd = fds[1], .ssl = SSL_new(ground.client), .id = client->id};
    assert_int_equal(SSL_set_fd(peer.ssl, peer.fd), 1);
    SSL_set_connect_state(peer.ssl);
    return peer;
}

static void leave(struct harness *h, struct peer *peer)
{
    SSL_free(peer->ssl);
    (void)close(peer->fd);
    ERR_clear_error();
    for (int i = 0; i < 3; i++)
        harness_run(h);
    assert_null(client_by_id(h->server, peer->id));
}

static void shake_hands(struct harness *h, struct peer *peer)
{
    for (int i = 0; i < 1000 && !(SSL_is_init_finished(peer->ssl) && h->server->handshakes.count == 0); i++) {
        (void)SSL_do_handshake(peer->ssl);
        harness_run(h);
    }
    ERR_clear_error();
}

static void assert_hears(struct harness *h, struct peer *peer, const char *request, const char *reply)
{
    char heard[100] = "";
    assert_int_equal(SSL_write(peer->ssl, request, (int)strlen(request)), strlen(request));
    for (int i = 0; i < 100 && SSL_read(peer->ssl, heard, sizeof heard - 1) <= 0; i++)
        harness_run(h);
    assert_string_equal(heard, reply);
}

static void assert_counts(const struct harness *h, size_t waiting, uint64_t done, uint64_t failed)
{
    assert_int_equal(h->server->handshakes.count, waiting);
    assert_int_equal(h->server->counters.tls_handshakes, done);
    assert_int_equal(h->server->counters.tls_handshakes_failed, failed);
}

static void who_has_shaken_hands_is_in(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h, ground.tls);
    assert_counts(h, 1, 0, 0);
    assert_int_equal(h->server->counters.total_connections_received, 0);
    shake_hands(h, &peer);
    assert_counts(h, 0, 1, 0);
    assert_int_equal(h->server->counters.total_connections_received, 1);
    assert_hears(h, &peer, "PING\r\n", "+PONG\r\n");
    harness_advance(h, 2 * TIME_MS);
    assert_hears(h, &peer, "PING\r\n", "+PONG\r\n");
    leave(h, &peer);
    assert_counts(h, 0, 1, 0);
}

static void who_takes_too_long_goes(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h, ground.tls);
    harness_advance(h, TIME_MS - 100);
    assert_non_null(client_by_id(h->server, peer.id));
    harness_advance(h, 200);
    assert_null(client_by_id(h->server, peer.id));
    assert_counts(h, 0, 0, 1);
    leave(h, &peer);
}

static void who_breaks_off_has_failed(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h, ground.tls);
    harness_run(h);
    leave(h, &peer);
    assert_counts(h, 0, 0, 1);
    assert_int_equal(h->server->counters.total_connections_received, 0);
}

static void who_speaks_something_else_has_failed(void **state)
{
    struct harness *h = *state;
    struct peer peer = connect_peer(h, ground.tls);
    log_set_level(LOG_LEVEL_VERBOSE);
    log_copy_begin();
    assert_int_equal(send(peer.fd, "PING\r\n\r\n", 8, MSG_NOSIGNAL), 8);
    for (int i = 0; i < 10; i++)
        harness_run(h);
    assert_true(log_copy_has("No TLS handshake with "));
    log_copy_end();
    log_set_level(LOG_LEVEL_NOTICE);
    assert_null(client_by_id(h->server, peer.id));
    assert_counts(h, 0, 0, 1);
    leave(h, &peer);
}

static void a_session_may_be_resumed(void **state)
{
    struct harness *h = *state;
    SSL_SESSION *session = NULL;
    for (int i = 0; i < 2; i++) {
        struct peer peer = connect_peer(h, ground.tls);
        if (session)
            assert_int_equal(SSL_set_session(peer.ssl, session), 1);
        SSL_SESSION_free(session);
        shake_hands(h, &peer);
        assert_hears(h, &peer, "PING\r\n", "+PONG\r\n");
        assert_int_equal(h->server->counters.tls_sessions_resumed, i);
        session = SSL_get1_session(peer.ssl);
        (void)SSL_shutdown(peer.ssl);
        leave(h, &peer);
    }
    SSL_SESSION_free(session);
}

/* For all that is known, it comes from outside. */
static void protected_mode_holds_for_them(void **state)
{
    struct harness *h = *state;
    h->server->config->protected_mode = true;
    struct peer peer = connect_peer(h, ground.tls);
    char heard[1000] = "";
    for (int i = 0; i < 1000 && SSL_read(peer.ssl, heard, sizeof heard - 1) <= 0; i++)
        harness_run(h);
    assert_true(reply_has(bytes_of(heard), "-DENIED Redis is running in protected mode"));
    assert_int_equal(h->server->counters.rejected_connections, 1);
    assert_int_equal(h->server->counters.total_connections_received, 1);
    leave(h, &peer);
    assert_counts(h, 0, 1, 0);
}

/* ---- who a certificate makes them ---- */

static void assert_certificate_makes(struct harness *h, const char *user)
{
    struct peer peer = connect_peer(h, asks);
    assert_int_equal(SSL_use_certificate(peer.ssl, ann.certificate), 1);
    assert_int_equal(SSL_use_PrivateKey(peer.ssl, ann.key), 1);
    shake_hands(h, &peer);
    assert_hears(h, &peer, "ACL WHOAMI\r\n", user);
    leave(h, &peer);
}

static void a_certificate_may_name_a_user(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ACL SETUSER ann on >secret +@all", "+OK\r\n");
    assert_certificate_makes(h, "$7\r\ndefault\r\n");
    h->server->config->tls_auth_clients_user = TLS_CLIENTS_USER_CN;
    assert_certificate_makes(h, "$3\r\nann\r\n");
    assert_reply(h, "ACL SETUSER default >secret", "+OK\r\n");
    assert_certificate_makes(h, "$3\r\nann\r\n");
    assert_reply(h, "ACL SETUSER default nopass", "+OK\r\n");
    assert_reply(h, "ACL SETUSER ann off", "+OK\r\n");
    assert_certificate_makes(h, "$7\r\ndefault\r\n");
    assert_reply(h, "ACL DELUSER ann", ":1\r\n");
    assert_certificate_makes(h, "$7\r\ndefault\r\n");
    struct peer peer = connect_peer(h, asks);
    shake_hands(h, &peer);
    assert_hears(h, &peer, "ACL WHOAMI\r\n", "$7\r\ndefault\r\n");
    leave(h, &peer);
}

/* ---- places ---- */

/* Who was asked and says nothing goes when others have no place. */
static void places_are_for_those_who_speak(void **state)
{
    struct harness *h = *state;
    struct handshakes *handshakes = &h->server->handshakes;
    assert_true(handshakes_have_room(h->server));
    struct peer old = connect_peer(h, ground.tls);
    harness_advance(h, 900);
    struct peer young = connect_peer(h, ground.tls);
    handshakes->count += 998;
    assert_false(handshakes_have_room(h->server));
    harness_advance(h, 100);
    assert_true(handshakes_have_room(h->server));
    harness_run(h);
    assert_null(client_by_id(h->server, old.id));
    assert_non_null(client_by_id(h->server, young.id));
    assert_int_equal(handshakes->count, 999);
    assert_true(handshakes_have_room(h->server));
    assert_non_null(client_by_id(h->server, young.id));
    handshakes->count -= 998;
    leave(h, &old);
    leave(h, &young);
}

/* ---- what is said of the certificate ---- */

static void its_days_are_told(void **state)
{
    static const struct {
        int64_t left_s;
        const char *text;
    } ends[] = {{0, ":0\r\n"},   {86399, ":0\r\n"},   {86400, ":1\r\n"},
                {-1, ":-1\r\n"}, {-86400, ":-1\r\n"}, {-86401, ":-2\r\n"}};
    struct harness *h = *state;
    assert_false(reply_has(harness_send(h, "INFO server"), "tls_certificate"));
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char text[64] = "\r\ntls_certificate_days_left";
        h->server->certificate_end_s = HARNESS_WALL_MS / 1000 + ends[i].left_s;
        assert_true(reply_has(harness_send(h, "INFO server"), strcat(text, ends[i].text)));
    }
}

static int set_up(void **state)
{
    (void)harness_setup(state);
    struct harness *h = *state;
    h->server->config->protected_mode = false;
    return 0;
}

static int prepare(void **state)
{
    (void)state;
    if (ground_prepare() != 0)
        return -1;
    ann = identity_make("ann", &ground.authority, IDENTITY_P256, 30);
    asks = ground_tls(TLS_PEERS_ASKED);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    tls_free(asks);
    identity_free(&ann);
    return ground_clear();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_shaken_hands_is_in),
        TEST(who_takes_too_long_goes),
        TEST(who_breaks_off_has_failed),
        TEST(who_speaks_something_else_has_failed),
        TEST(a_session_may_be_resumed),
        TEST(protected_mode_holds_for_them),
        TEST(a_certificate_may_name_a_user),
        TEST(places_are_for_those_who_speak),
        TEST(its_days_are_told),
    };
    return cmocka_run_group_tests(tests, prepare, clear);
}
