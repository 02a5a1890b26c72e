/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain behind a reply: sharing, sending in parts, cutting back, moving. */
#include "base/alloc.h"
#include "proto/resp_write.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <cmocka.h>

enum { MEGABYTE = 1024 * 1024 };

struct fixture {
    struct reply_pool *pool;
    struct reply reply, other;
    struct buf text;
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    fixture->pool = reply_pool_new();
    reply_init(&fixture->reply, fixture->pool);
    reply_init(&fixture->other, fixture->pool);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    reply_clear(&fixture->reply);
    reply_clear(&fixture->other);
    reply_pool_free(fixture->pool);
    buf_clear(&fixture->text);
    mem_free(fixture);
    return 0;
}

/* `len` bytes of a letter. */
static struct blob *letters(char letter, size_t len)
{
    struct blob *blob = blob_new(len);
    memset(blob->data, letter, len);
    return blob;
}

static void add_letters(struct reply *reply, char letter, size_t len)
{
    struct blob *blob = letters(letter, len);
    reply_raw(reply, blob_bytes(blob));
    blob_unref(blob);
}

static void add_message(struct reply *reply, char letter, size_t len)
{
    struct blob *blob = letters(letter, len);
    reply_message(reply, blob);
    blob_unref(blob);
}

static void append_letters(struct buf *buf, char letter, size_t len)
{
    struct blob *blob = letters(letter, len);
    buf_append_bytes(buf, blob_bytes(blob));
    blob_unref(blob);
}

static void expect_nothing(const struct reply *reply)
{
    struct iovec vector;
    assert_int_equal(reply_pending(reply), 0);
    assert_int_equal(reply_gather(reply, &vector, 1), 0);
}

/* The reply waits as these bytes; takes `expected`. */
static void expect(const struct reply *reply, struct buf *expected)
{
    struct buf text = {0};
    assert_int_equal(reply_pending(reply), expected->len);
    reply_text_append(reply, &text);
    assert_true(bytes_equal(buf_bytes(&text), buf_bytes(expected)));
    buf_clear(&text);
    buf_clear(expected);
}

static void an_empty_reply_holds_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    expect_nothing(reply);
    assert_int_equal(reply_memory(reply), 0);
    assert_int_equal(reply_chunk_count(reply), 0);
    assert_int_equal(reply_pool_unused(reply->pool), 0);
    reply_ok(reply);
    assert_int_equal(reply_memory(reply), 1024);
    assert_int_equal(reply_chunk_count(reply), 1);
    reply_sent(reply, 5);
    expect_nothing(reply);
    assert_int_equal(reply_memory(reply), 0);
    assert_int_equal(reply_chunk_count(reply), 0);
    assert_null(reply->head);
}

static void a_reply_goes_on_in_larger_chunks(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct buf expected = {0};
    for (int i = 0; i < 100; i++)
        add_letters(reply, (char)('a' + i % 26), 300);
    assert_int_equal(reply_chunk_count(reply), 3);
    assert_int_equal(reply_memory(reply), 1024 + 2 * 16384);
    /* What is larger than any of them gets one of its own size. */
    add_letters(reply, 'X', 50000);
    assert_int_equal(reply_chunk_count(reply), 4);
    assert_true(reply_memory(reply) < 1024 + 2 * 16384 + 50000 + 64);
    for (int i = 0; i < 100; i++)
        append_letters(&expected, (char)('a' + i % 26), 300);
    append_letters(&expected, 'X', 50000);
    expect(reply, &expected);
}

static void freed_chunks_are_used_again(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    const void *chunk;
    size_t before;
    reply_ok(reply);
    chunk = reply->head;
    reply_clear(reply);
    before = mem_used();
    reply_ok(reply);
    assert_ptr_equal(reply->head, chunk);
    assert_int_equal(mem_used(), before);
}

static void the_pool_keeps_only_so_many(void **state)
{
    struct fixture *fixture = *state;
    size_t before = mem_used();
    for (int i = 0; i < 2000; i++)
        add_letters(&fixture->reply, 'a', 16000);
    assert_true(mem_used() - before > (size_t)30 * MEGABYTE);
    reply_clear(&fixture->reply);
    assert_true(mem_used() - before < 2 * MEGABYTE);
}

static void the_pool_gives_back_what_it_is_told_to(void **state)
{
    struct fixture *fixture = *state;
    size_t before = mem_used();
    for (int i = 0; i < 20; i++) {
        add_letters(&fixture->reply, 'a', 16000);
        add_message(&fixture->reply, 'm', 20000);
    }
    reply_clear(&fixture->reply);
    assert_true(mem_used() - before > 300000);
    reply_pool_trim(fixture->pool, 100000);
    assert_in_range(mem_used() - before, 80000, 130000);
    reply_pool_trim(fixture->pool, 0);
    assert_int_equal(mem_used(), before);
    add_letters(&fixture->reply, 'a', 16000);
    assert_int_equal(reply_pending(&fixture->reply), 16000);
}

static void large_blobs_are_shared(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct blob *blob = letters('b', 20000);
    struct buf expected = {0};
    reply_bulk_blob(reply, blob, 100, 16384);
    assert_true(blob_is_shared(blob));
    reply_message(reply, blob);
    assert_int_equal(reply_chunk_count(reply), 4);
    assert_true(reply_memory(reply) < 3000);
    reply_ok(reply);
    blob_unref(blob);
    buf_append_text(&expected, "$16384\r\n");
    append_letters(&expected, 'b', 16384);
    buf_append_text(&expected, "\r\n");
    append_letters(&expected, 'b', 20000);
    buf_append_text(&expected, "+OK\r\n");
    expect(reply, &expected);
}

static void small_blobs_are_copied(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct blob *large = letters('b', 16383), *small = letters('c', 2047);
    struct buf expected = {0};
    reply_bulk_blob(reply, large, 0, 16383);
    reply_bulk_blob(reply, large, 16383, 0);
    reply_message(reply, small);
    assert_false(blob_is_shared(large));
    assert_false(blob_is_shared(small));
    buf_append_text(&expected, "$16383\r\n");
    append_letters(&expected, 'b', 16383);
    buf_append_text(&expected, "\r\n$0\r\n\r\n");
    append_letters(&expected, 'c', 2047);
    expect(reply, &expected);
    blob_unref(large);
    blob_unref(small);
}

static void a_blob_is_let_go_when_it_is_sent(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct blob *blob = letters('b', 4000);
    reply_message(reply, blob);
    reply_sent(reply, 3999);
    assert_true(blob_is_shared(blob));
    assert_int_equal(reply_pending(reply), 1);
    reply_sent(reply, 1);
    assert_false(blob_is_shared(blob));
    reply_message(reply, blob);
    reply_clear(reply);
    assert_false(blob_is_shared(blob));
    blob_unref(blob);
}

/* Two who wait for the same message, one of them with pushes of its own. */
static void pushes_are_counted_while_they_wait(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply, other, deferred;
    struct reply_pool *pool = reply->pool;
    struct blob *blob = letters('b', 20000);
    reply_init(&other, pool);
    reply_init(&deferred, pool);
    reply_ok(reply);
    reply_bulk_blob(reply, blob, 0, 20000);
    assert_int_equal(reply_pool_pushes(pool), 0);
    reply_message(reply, blob);
    reply_message(&other, blob);
    assert_true(reply_pool_messages(pool) >= 20000 && reply_pool_messages(pool) < 25000);
    assert_true(reply_pushes(reply) >= 20000 && reply_pushes(&other) >= 20000);
    assert_true(reply_pool_pushes(pool) > reply_pool_messages(pool));
    assert_true(reply_pool_pushes(pool) < reply_pool_messages(pool) + 200);
    (void)reply_begin_push(&deferred);
    add_letters(&deferred, 'p', 5000);
    size_t before = reply_pushes(&other);
    reply_take(&other, &deferred);
    assert_true(reply_pushes(&other) >= before + 5000);
    assert_true(deferred.is_pushing);
    reply_sent(reply, reply_pending(reply));
    assert_int_equal(reply_pushes(reply), 0);
    assert_true(reply_pool_messages(pool) >= 20000);
    reply_clear(&other);
    assert_int_equal(reply_pushes(&other), 0);
    assert_int_equal(reply_pool_pushes(pool), 0);
    assert_int_equal(reply_pool_messages(pool), 0);
    blob_unref(blob);
}

static void any_part_can_be_sent(void **state)
{
    static const size_t steps[] = {1, 7, 983, 984, 985, 16344, 20000};
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct buf expected = {0}, text = {0};
        for (int part = 0; part < 5; part++) {
            add_letters(reply, 'a', 1500);
            add_message(reply, 'b', 2048);
            add_message(reply, 'c', 3000);
            append_letters(&expected, 'a', 1500);
            append_letters(&expected, 'b', 2048);
            append_letters(&expected, 'c', 3000);
        }
        reply_text_drain(reply, steps[i], &text);
        assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&expected)));
        assert_int_equal(reply_memory(reply), 0);
        buf_clear(&text);
        buf_clear(&expected);
    }
}

static void writing_goes_on_in_a_chunk_that_is_partly_sent(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct buf expected = {0};
    reply_ok(reply);
    reply_sent(reply, 3);
    reply_null(reply);
    buf_append_text(&expected, "\r\n$-1\r\n");
    expect(reply, &expected);
    assert_int_equal(reply_chunk_count(reply), 1);
}

static void gathering_stops_at_the_vectors_given(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct iovec vectors[3];
    for (int i = 0; i < 5; i++)
        add_message(reply, 'm', 3000);
    reply_sent(reply, 1000);
    assert_int_equal(reply_gather(reply, vectors, 3), 3);
    assert_int_equal(vectors[0].iov_len, 2000);
    assert_int_equal(vectors[1].iov_len, 3000);
}

static void the_largest_message_is_known(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct reply_mark mark;
    add_message(reply, 'a', MEGABYTE - 1);
    assert_int_equal(reply->largest_message, 0);
    add_message(reply, 'b', 2 * MEGABYTE);
    add_message(reply, 'c', MEGABYTE);
    assert_int_equal(reply->largest_message, 2 * MEGABYTE);
    mark = reply_mark(reply);
    add_message(reply, 'd', 3 * MEGABYTE);
    assert_int_equal(reply->largest_message, 3 * MEGABYTE);
    reply_rollback(reply, mark);
    assert_int_equal(reply->largest_message, 2 * MEGABYTE);
    reply_sent(reply, MEGABYTE - 1 + 2 * MEGABYTE - 1);
    assert_int_equal(reply->largest_message, 2 * MEGABYTE);
    reply_sent(reply, 1);
    assert_int_equal(reply->largest_message, MEGABYTE);
    reply_clear(reply);
    assert_int_equal(reply->largest_message, 0);
}

static void nothing_is_left_of_what_is_rolled_back(void **state)
{
    static const size_t before[] = {0, 5, 900, 984, 1000, 20000}, after[] = {0, 1, 500, 984, 20000, 60000};
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        for (size_t j = 0; j < sizeof after / sizeof after[0]; j++) {
            for (int with_blobs = 0; with_blobs < 4; with_blobs++) {
                struct buf expected = {0};
                struct reply_mark mark;
                size_t memory;
                add_letters(reply, 'a', before[i]);
                append_letters(&expected, 'a', before[i]);
                if ((with_blobs & 1) != 0) {
                    add_message(reply, 'm', 5000);
                    append_letters(&expected, 'm', 5000);
                }
                mark = reply_mark(reply);
                memory = reply_memory(reply);
                add_letters(reply, 'b', after[j]);
                if ((with_blobs & 2) != 0)
                    add_message(reply, 'm', 5000);
                add_letters(reply, 'c', after[j]);
                reply_rollback(reply, mark);
                assert_int_equal(reply_memory(reply), memory);
                reply_ok(reply);
                buf_append_text(&expected, "+OK\r\n");
                expect(reply, &expected);
                reply_clear(reply);
            }
        }
    }
}

static void a_partly_sent_reply_can_be_rolled_back(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct buf expected = {0};
    struct reply_mark mark;
    reply_ok(reply);
    reply_sent(reply, 2);
    mark = reply_mark(reply);
    add_letters(reply, 'x', 5000);
    reply_rollback(reply, mark);
    buf_append_text(&expected, "K\r\n");
    expect(reply, &expected);
}

static void taking_moves_everything(void **state)
{
    static const size_t lens[] = {0, 1, 1000, 1500, 40000};
    struct fixture *fixture = *state;
    struct reply *to = &fixture->reply, *from = &fixture->other;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (size_t j = 0; j < sizeof lens / sizeof lens[0]; j++) {
            struct buf expected = {0};
            add_letters(to, 'a', lens[i]);
            add_letters(from, 'b', lens[j]);
            from->protocol = 3;
            if (i == j)
                add_message(from, 'm', MEGABYTE);
            reply_take(to, from);
            expect_nothing(from);
            assert_int_equal(reply_memory(from), 0);
            assert_int_equal(from->protocol, 3);
            assert_int_equal(to->largest_message, i == j ? MEGABYTE : 0);
            reply_ok(to);
            reply_ok(from);
            append_letters(&expected, 'a', lens[i]);
            append_letters(&expected, 'b', lens[j]);
            if (i == j)
                append_letters(&expected, 'm', MEGABYTE);
            buf_append_text(&expected, "+OK\r\n");
            expect(to, &expected);
            reply_clear(to);
            reply_clear(from);
        }
    }
}

static void a_short_reply_is_taken_by_copy(void **state)
{
    struct fixture *fixture = *state;
    reply_ok(&fixture->reply);
    reply_ok(&fixture->other);
    reply_take(&fixture->reply, &fixture->other);
    assert_int_equal(reply_chunk_count(&fixture->reply), 1);
}

static void what_follows_a_push_that_was_taken_is_none(void **state)
{
    struct fixture *fixture = *state;
    struct reply *to = &fixture->reply, *from = &fixture->other;
    (void)reply_begin_push(from);
    add_letters(from, 'p', 10);
    reply_take(to, from);
    size_t pushes = reply_pushes(to);
    add_letters(to, 'r', 40000);
    assert_int_equal(reply_pushes(to), pushes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_empty_reply_holds_nothing),
        TEST(a_reply_goes_on_in_larger_chunks),
        TEST(freed_chunks_are_used_again),
        TEST(the_pool_keeps_only_so_many),
        TEST(the_pool_gives_back_what_it_is_told_to),
        TEST(large_blobs_are_shared),
        TEST(small_blobs_are_copied),
        TEST(a_blob_is_let_go_when_it_is_sent),
        TEST(pushes_are_counted_while_they_wait),
        TEST(any_part_can_be_sent),
        TEST(writing_goes_on_in_a_chunk_that_is_partly_sent),
        TEST(gathering_stops_at_the_vectors_given),
        TEST(the_largest_message_is_known),
        TEST(nothing_is_left_of_what_is_rolled_back),
        TEST(a_partly_sent_reply_can_be_rolled_back),
        TEST(taking_moves_everything),
        TEST(a_short_reply_is_taken_by_copy),
        TEST(what_follows_a_push_that_was_taken_is_none),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
