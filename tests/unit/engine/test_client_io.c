/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that arrive in pieces, above all those with arguments so big that they are read into a blob of
 * their own. */
#include "base/alloc.h"
#include "engine/batch.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BIG 100000

static void append_request(struct buf *out, int argc, const struct bytes *argv)
{
    buf_printf(out, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        buf_printf(out, "$%zu\r\n", argv[i].len);
        buf_append_bytes(out, argv[i]);
        buf_append_text(out, "\r\n");
    }
}

/* Feeds `input` in pieces of `size` bytes, each in a turn of its own, and returns all replies. */
static void feed_in_pieces(struct harness *h, struct bytes input, size_t size, struct buf *replies)
{
    while (input.len > 0) {
        size_t len = size < input.len ? size : input.len;
        buf_append_bytes(replies, harness_feed(h, h->client, bytes_make(input.data, len)));
        input = bytes_make(input.data + len, input.len - len);
    }
}

static struct bytes big_text(char letter)
{
    static char texts[26][BIG];
    memset(texts[letter - 'a'], letter, BIG);
    return bytes_make(texts[letter - 'a'], BIG);
}

static const size_t piece_sizes[] = {1, 7, 1000, 16384, 32768, 99990, 100033, 100034, 100035, 1000000};

static void assert_pieces(struct harness *h, struct bytes input, const char *expected)
{
    for (size_t i = 0; i < sizeof piece_sizes / sizeof piece_sizes[0]; i++) {
        struct buf replies = {0};
        feed_in_pieces(h, input, piece_sizes[i], &replies);
        harness_assert(buf_bytes(&replies), bytes_of(expected), "request in pieces", __FILE__, __LINE__);
        buf_clear(&replies);
    }
}

static void a_big_value_may_come_in_any_pieces(void **state)
{
    struct bytes set[] = {BYTES("SET"), BYTES("k"), big_text('a')};
    struct buf input = {0};
    append_request(&input, 3, set);
    buf_append_text(&input, "STRLEN k\r\nGETRANGE k -3 -1\r\n");
    assert_pieces(*state, buf_bytes(&input), "+OK\r\n:100000\r\n$3\r\naaa\r\n");
    buf_clear(&input);
}

static void arguments_may_follow_a_big_one(void **state)
{
    struct bytes set[] = {BYTES("SET"), BYTES("k"), big_text('b'), BYTES("EX"), BYTES("100"), BYTES("GET")};
    struct buf input = {0};
    buf_append_text(&input, "SET k 1\r\n");
    append_request(&input, 6, set);
    buf_append_text(&input, "GETRANGE k -3 -1\r\n");
    assert_pieces(*state, buf_bytes(&input), "+OK\r\n$1\r\n1\r\n$3\r\nbbb\r\n");
    buf_clear(&input);
}

static void several_big_arguments_may_come_in_one_request(void **state)
{
    struct bytes mset[] = {BYTES("MSET"), BYTES("k"), big_text('a'), BYTES("l"),
                           big_text('b'), BYTES("m"), big_text('c')};
    struct buf input = {0};
    append_request(&input, 7, mset);
    buf_append_text(&input, "BITCOUNT k\r\nBITCOUNT l\r\nBITCOUNT m\r\n");
    assert_pieces(*state, buf_bytes(&input), "+OK\r\n:300000\r\n:300000\r\n:400000\r\n");
    buf_clear(&input);
}

static void big_requests_may_follow_each_other(void **state)
{
    struct bytes first[] = {BYTES("APPEND"), BYTES("k"), big_text('a')};
    struct bytes second[] = {BYTES("APPEND"), BYTES("k"), big_text('b')};
    struct buf input = {0};
    append_request(&input, 3, first);
    append_request(&input, 3, second);
    buf_append_text(&input, "GETRANGE k 99999 100000\r\nGETDEL none\r\nSETRANGE k 0 x\r\nDEL k\r\n");
    assert_pieces(*state, buf_bytes(&input), ":100000\r\n:200000\r\n$2\r\nab\r\n$-1\r\n:200000\r\n:1\r\n");
    buf_clear(&input);
}

static void a_big_request_waits_for_its_client(void **state)
{
    struct harness *h = *state;
    struct bytes set[] = {BYTES("SET"), BYTES("k"), big_text('a'), BYTES("GET")};
    struct buf input = {0}, replies = {0};
    append_request(&input, 4, set);
    buf_append_text(&input, "STRLEN k\r\n");
    for (size_t i = 0; i < sizeof piece_sizes / sizeof piece_sizes[0]; i++) {
        harness_send(h, "SET k 1");
        feed_in_pieces(h, bytes_make(input.data, 60000), piece_sizes[i], &replies);
        wait_before_running(h->client, WAIT_PAUSE, NULL);
        feed_in_pieces(h, bytes_make(input.data + 60000, input.len - 60000), piece_sizes[i], &replies);
        assert_int_equal(replies.len, 0);
        wait_over(h->client);
        harness_run(h);
        harness_assert(harness_replies(h, h->client), BYTES("$1\r\n1\r\n:100000\r\n"), "SET k ...", __FILE__,
                       __LINE__);
    }
    buf_clear(&input);
    buf_clear(&replies);
}

static void a_big_request_outlasts_a_pause(void **state)
{
    struct harness *h = *state;
    struct bytes set[] = {BYTES("SET"), BYTES("k"), big_text('a'), BYTES("GET")};
    struct buf input = {0}, replies = {0};
    append_request(&input, 4, set);
    buf_append_text(&input, "STRLEN k\r\n");
    for (size_t i = 0; i < sizeof piece_sizes / sizeof piece_sizes[0]; i++) {
        harness_send(h, "SET k 1");
        h->server->status.pause_until_ms = h->server->clock.mono_ms + 1000;
        /* Clients without a connection are not paused; this one is for once. */
        h->client->flags &= ~(uint32_t)CLIENT_INTERNAL;
        feed_in_pieces(h, buf_bytes(&input), piece_sizes[i], &replies);
        h->client->flags |= CLIENT_INTERNAL;
        assert_int_equal(replies.len, 0);
        harness_advance(h, 1000);
        harness_run(h);
        harness_assert(harness_replies(h, h->client), BYTES("$1\r\n1\r\n:100000\r\n"), "SET k ...", __FILE__,
                       __LINE__);
    }
    buf_clear(&input);
    buf_clear(&replies);
}

static void room_for_very_many_arguments_is_given_back(void **state)
{
    enum { MANY = 20000, KEPT_MOST = 4096 };
    struct harness *h = *state;
    struct bytes *exists = mem_alloc(MANY * sizeof *exists);
    for (int i = 0; i < MANY; i++)
        exists[i] = i ? BYTES("none") : BYTES("EXISTS");
    harness_assert(harness_request_bytes(h, h->client, MANY, exists), BYTES(":0\r\n"), "EXISTS", __FILE__,
                   __LINE__);
    assert_in_range(h->server->batch->args.capacity, 0, KEPT_MOST);
    mem_free(exists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(a_big_value_may_come_in_any_pieces),
        HARNESS_TEST(arguments_may_follow_a_big_one),
        HARNESS_TEST(several_big_arguments_may_come_in_one_request),
        HARNESS_TEST(big_requests_may_follow_each_other),
        HARNESS_TEST(a_big_request_waits_for_its_client),
        HARNESS_TEST(a_big_request_outlasts_a_pause),
        HARNESS_TEST(room_for_very_many_arguments_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
