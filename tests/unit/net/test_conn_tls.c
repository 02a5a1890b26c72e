/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections with TLS at one end of a pair of sockets, at the other a client of the library's own: all that
 * may be told late or twice, and how it ends. */
#include "base/alloc.h"
#include "support/tls_pair.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG = 3000000 };

static int set_up(void **state)
{
    (void)state;
    return ground_prepare();
}

static int tear_down(void **state)
{
    (void)state;
    return ground_clear();
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
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(bytes, "ping", 4);
    assert_false(pair_is_ready(&pair));
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
    assert_int_equal(pair_read(&pair, got, 100, &count), CONN_OK);
    for (total = count; total < 16384; total += count) {
        assert_int_equal(count, total < 16300 ? 100 : count);
        assert_true(pair_is_ready(&pair));
        assert_int_equal(pair_turn(&pair, got + total, 100, &count), CONN_OK);
    }
    assert_memory_equal(sent, got, 16384);
    assert_int_equal(pair_turn(&pair, got, 100, &count), CONN_AGAIN);
    assert_false(pair_is_ready(&pair));
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
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 11);
    assert_memory_equal(bytes, "onetwothree", 11);
    assert_false(pair_is_ready(&pair));
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
        assert_int_equal(pair_turn(&pair, bytes, sizeof bytes, &count), CONN_AGAIN);
        /* Or the loop would turn and turn for nothing. */
        assert_false(pair_is_ready(&pair));
    }
    assert_int_equal(write(pair.fd, record + len - 1, 1), 1);
    assert_int_equal(pair_turn(&pair, bytes, sizeof bytes, &count), CONN_OK);
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
    assert_int_equal(pair_read(&pair, bytes, 2, &count), CONN_OK);
    conn_pause_reading(&pair.conn);
    assert_int_equal(pair_turn(&pair, bytes, sizeof bytes, &count), CONN_AGAIN);
    client_says(&pair, "again", 5);
    assert_int_equal(pair_turn(&pair, bytes, sizeof bytes, &count), CONN_AGAIN);
    conn_resume_reading(&pair.conn);
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_OK);
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
        loop_wait(ground.loop, TURN_US);
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
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(count, 4);
    /* No event will tell: the peer's descriptor is open, and the words have left the kernel. */
    assert_int_equal(pair_turn(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
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
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_OK);
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
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
    assert_int_equal(pair_read(&pair, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_int_equal(conn_read(&pair.conn, bytes, sizeof bytes, &count), CONN_CLOSED);
    assert_int_equal(server_says(&pair, "answer", &count), CONN_CLOSED);
    assert_int_equal(count, 0);
    BIO_free(out);
    pair_close(&pair);
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
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
