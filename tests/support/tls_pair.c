/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/tls_pair.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

struct tls_ground ground;

struct tls *ground_tls(enum tls_peers peers)
{
    struct tls_settings settings = {.cert_file = ground.cert,
                                    .key_file = ground.key,
                                    .ca_file = ground.authority_cert,
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

int ground_prepare(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(ground.folder, sizeof ground.folder, "/tmp/conn-XXXXXX");
    if (!mkdtemp(ground.folder))
        return -1;
    (void)snprintf(ground.cert, sizeof ground.cert, "%s/cert.pem", ground.folder);
    (void)snprintf(ground.key, sizeof ground.key, "%s/key.pem", ground.folder);
    (void)snprintf(ground.authority_cert, sizeof ground.authority_cert, "%s/authority.pem", ground.folder);
    ground.authority = identity_make("authority", NULL, IDENTITY_P256, 30);
    ground.server = identity_make("server", &ground.authority, IDENTITY_RSA, 30);
    identity_append_certificate(&ground.server, ground.cert);
    identity_write_key(&ground.server, ground.key, NULL);
    identity_append_certificate(&ground.authority, ground.authority_cert);
    ground.loop = loop_new();
    ground.tls = ground_tls(TLS_PEERS_UNASKED);
    ground.client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(ground.client, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_mode(ground.client,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return SSL_CTX_load_verify_locations(ground.client, ground.authority_cert, NULL) - 1;
}

int ground_clear(void)
{
    SSL_CTX_free(ground.client);
    tls_free(ground.tls);
    loop_free(ground.loop);
    identity_free(&ground.authority);
    identity_free(&ground.server);
    (void)unlink(ground.cert);
    (void)unlink(ground.key);
    (void)unlink(ground.authority_cert);
    (void)rmdir(ground.folder);
    return 0;
}

void pair_open(struct pair *pair, const struct tls *with)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(conn_open_tls(&pair->conn, ground.loop, fds[0], with));
    assert_false(conn_is_open(&pair->conn));
    pair->fd = fds[1];
    pair->ssl = SSL_new(ground.client);
    assert_int_equal(SSL_set_fd(pair->ssl, pair->fd), 1);
    SSL_set_connect_state(pair->ssl);
}

void pair_close(struct pair *pair)
{
    conn_close(&pair->conn);
    SSL_free(pair->ssl);
    (void)close(pair->fd);
    ERR_clear_error();
}

bool pair_is_ready(const struct pair *pair)
{
    return !list_is_unlinked(&pair->conn.ready);
}

enum conn_result pair_turn(struct pair *pair, void *to, size_t size, size_t *count)
{
    *count = 0;
    loop_wait(ground.loop, TURN_US);
    if (!pair_is_ready(pair))
        return CONN_AGAIN;
    list_remove(&pair->conn.ready);
    return conn_read(&pair->conn, to, size, count);
}

void pair_shake_hands(struct pair *pair)
{
    char bytes[16];
    size_t count;
    for (int i = 0; i < TURNS_MAX && !(SSL_is_init_finished(pair->ssl) && conn_is_open(&pair->conn)); i++) {
        (void)SSL_do_handshake(pair->ssl);
        assert_int_equal(pair_turn(pair, bytes, sizeof bytes, &count), CONN_AGAIN);
    }
    assert_true(conn_is_open(&pair->conn));
    ERR_clear_error();
}

void pair_open_shaken(struct pair *pair)
{
    pair_open(pair, ground.tls);
    pair_shake_hands(pair);
}

enum conn_result pair_read(struct pair *pair, void *to, size_t size, size_t *count)
{
    enum conn_result result = CONN_AGAIN;
    for (int i = 0; i < TURNS_MAX && result == CONN_AGAIN; i++)
        result = pair_turn(pair, to, size, count);
    return result;
}

void client_says(struct pair *pair, const char *text, size_t len)
{
    size_t written;
    assert_int_equal(SSL_write_ex(pair->ssl, text, len, &written), 1);
    assert_int_equal(written, len);
}

void client_hears(struct pair *pair, const char *text)
{
    char bytes[64];
    size_t count, len = strlen(text);
    assert_int_equal(SSL_read_ex(pair->ssl, bytes, sizeof bytes, &count), 1);
    assert_int_equal(count, len);
    assert_memory_equal(bytes, text, len);
}

enum conn_result server_says(struct pair *pair, const char *text, size_t *count)
{
    struct iovec vector = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
    return conn_write(&pair->conn, &vector, 1, count);
}
