/* SPDX-License-Identifier: BSD-3-Clause */
/* LZF: there and back, and damaged input, in blocks of exact size so that the sanitizer sees each byte too
 * many. */
#include "base/alloc.h"
#include "base/lzf.h"
#include "base/random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_repetitive_text_shrinks_and_comes_back(void **state)
{
    char text[4000], packed[4000], again[4000];
    size_t len;
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "user=alice;role=admin;"[i % 22];
    len = lzf_pack(bytes_make(text, sizeof text), packed, sizeof packed);
    assert_in_range(len, 10, 400);
    assert_true(lzf_unpack(bytes_make(packed, len), again, sizeof again));
    assert_memory_equal(again, text, sizeof text);
    assert_false(lzf_unpack(bytes_make(packed, len), again, sizeof again - 1));
    assert_false(lzf_unpack(bytes_make(packed, len - 1), again, sizeof again));
    assert_int_equal(lzf_pack(bytes_make(text, sizeof text), packed, len - 1), 0);
}

static void what_does_not_shrink_is_left_alone(void **state)
{
    char noise[1000], packed[1000];
    (void)state;
    random_fill(noise, sizeof noise);
    assert_int_equal(lzf_pack(bytes_make(noise, sizeof noise), packed, sizeof noise - 4), 0);
    assert_int_equal(lzf_pack_fast(bytes_make(noise, sizeof noise), packed, sizeof noise - 4), 0);
    assert_int_equal(lzf_pack_fast((struct bytes){0}, packed, sizeof packed), 0);
    assert_int_equal(lzf_pack((struct bytes){0}, packed, sizeof packed), 0);
    assert_int_equal(lzf_pack(bytes_make(noise, sizeof noise), packed, 0), 0);
}

/* Words from a small vocabulary, numbers and noise in between: like sessions, at every length. */
static void make_text(char *text, size_t len)
{
    static const char *const words[] = {"\"user_id\":", "\"email\":\"", "\"roles\":[",
                                        "true,",        "aaaaaaaa",     "\"},{\""};
    size_t at = 0;
    while (at < len) {
        const char *word = words[random_below(6)];
        size_t word_len = strlen(word), noise = random_below(12);
        if (word_len > len - at)
            word_len = len - at;
        memcpy(text + at, word, word_len);
        at += word_len;
        for (size_t i = 0; i < noise && at < len; i++)
            text[at++] = (char)('0' + random_below(10));
    }
}

static void every_text_comes_back_and_is_about_as_short(void **state)
{
    size_t ours = 0, theirs = 0;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        size_t len = i < 600    ? (size_t)i + 1
                     : i < 2980 ? random_below(3000) + 1
                                : 60000 + random_below(200000);
        char *text = mem_alloc(len), *packed = mem_alloc(len + 1), *again = mem_alloc(len);
        make_text(text, len);
        size_t packed_len = lzf_pack_fast(bytes_make(text, len), packed, len);
        size_t their_len = lzf_pack(bytes_make(text, len), again, len);
        ours += packed_len ? packed_len : len;
        theirs += their_len ? their_len : len;
        if (packed_len > 0) {
            assert_true(lzf_unpack(bytes_make(packed, packed_len), again, len));
            assert_memory_equal(again, text, len);
        }
        mem_free(text);
        mem_free(packed);
        mem_free(again);
    }
    assert_in_range(ours, 0, theirs + theirs / 20);
}

/* The room that is given is never exceeded, and exactly enough is enough. */
static void the_room_decides(void **state)
{
    char text[700], packed[700];
    (void)state;
    make_text(text, sizeof text);
    size_t len = lzf_pack_fast(bytes_make(text, sizeof text), packed, sizeof packed);
    assert_in_range(len, 1, sizeof text - 1);
    for (size_t room = 0; room < len; room++) {
        char *out = mem_alloc(room + 1);
        assert_int_equal(lzf_pack_fast(bytes_make(text, sizeof text), out, room), 0);
        mem_free(out);
    }
    assert_int_equal(lzf_pack_fast(bytes_make(text, sizeof text), packed, len), len);
}

static void damage_is_noticed_or_harmless(void **state)
{
    (void)state;
    assert_false(lzf_unpack((struct bytes){0}, (char[1]){0}, 1));
    for (int i = 0; i < 20000; i++) {
        size_t len = random_below(40) + 1, size = random_below(300) + 1;
        char *packed = mem_alloc(len), *out = mem_alloc(size);
        for (size_t at = 0; at < len; at++)
            packed[at] = (char)random_u64();
        (void)lzf_unpack(bytes_make(packed, len), out, size);
        mem_free(packed);
        mem_free(out);
    }
}

/* ---- a piece at a time ---- */

static enum lzf_progress unpack_in_pieces(struct bytes packed, char *out, size_t size, size_t budget)
{
    struct lzf_unpacker unpacker = {.packed = packed, .out = out, .size = size};
    enum lzf_progress progress = LZF_MORE;
    for (size_t pieces = 0; progress == LZF_MORE; pieces++) {
        size_t before = unpacker.out_len;
        progress = lzf_unpack_some(&unpacker, budget);
        assert_true(unpacker.out_len <= size && unpacker.taken <= packed.len);
        assert_true(progress != LZF_MORE || unpacker.out_len >= before + budget);
        assert_true(unpacker.out_len < before + budget + 264);
    }
    return progress;
}

static void pieces_make_the_whole(void **state)
{
    (void)state;
    for (size_t len = 1; len < 3000; len = len * 5 / 4 + 1) {
        char *text = mem_alloc(len), *again = mem_alloc(len), *packed = mem_alloc(2 * len);
        make_text(text, len);
        for (int fast = 0; fast < 2; fast++) {
            struct bytes bytes = bytes_make(text, len);
            size_t packed_len =
                fast ? lzf_pack_fast(bytes, packed, 2 * len) : lzf_pack(bytes, packed, 2 * len);
            if (packed_len == 0)
                continue;
            for (size_t budget = 1; budget < 2 * len; budget *= 7) {
                memset(again, 0, len);
                assert_int_equal(unpack_in_pieces(bytes_make(packed, packed_len), again, len, budget),
                                 LZF_DONE);
                assert_memory_equal(again, text, len);
            }
            assert_int_equal(unpack_in_pieces(bytes_make(packed, packed_len), again, len - 1, 100),
                             LZF_BROKEN);
            assert_int_equal(unpack_in_pieces(bytes_make(packed, packed_len - 1), again, len, 100),
                             LZF_BROKEN);
        }
        mem_free(text);
        mem_free(again);
        mem_free(packed);
    }
}

/* Both unpackers say the same of any bytes, and neither leaves its memory. */
static void damaged_pieces_are_as_damaged_as_the_whole(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t packed_len = 1 + random_below(12), len = 1 + random_below(40);
        char *packed = mem_alloc(packed_len), *out = mem_alloc(len), *other = mem_alloc(len);
        for (size_t at = 0; at < packed_len; at++)
            packed[at] = (char)(random_below(3) ? random_below(8) : random_below(256));
        bool is_good = lzf_unpack(bytes_make(packed, packed_len), other, len);
        enum lzf_progress progress =
            unpack_in_pieces(bytes_make(packed, packed_len), out, len, 1 + random_below(10));
        assert_int_equal(progress, is_good ? LZF_DONE : LZF_BROKEN);
        if (is_good)
            assert_memory_equal(out, other, len);
        mem_free(packed);
        mem_free(out);
        mem_free(other);
    }
    assert_int_equal(unpack_in_pieces((struct bytes){0}, NULL, 0, 1), LZF_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_the_whole),
        cmocka_unit_test(damaged_pieces_are_as_damaged_as_the_whole),
        cmocka_unit_test(a_repetitive_text_shrinks_and_comes_back),
        cmocka_unit_test(every_text_comes_back_and_is_about_as_short),
        cmocka_unit_test(the_room_decides),
        cmocka_unit_test(what_does_not_shrink_is_left_alone),
        cmocka_unit_test(damage_is_noticed_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
