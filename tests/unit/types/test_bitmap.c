/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits: every fast way is compared with looking at one bit after the other. */
#include "base/alloc.h"
#include "types/bitmap.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Random bytes with long runs of equal ones, exactly `len` of them on the heap, so that the sanitizer sees a
 * step too far. */
static char *random_bytes(size_t len)
{
    char *bytes = mem_alloc(len);
    size_t i = 0;
    while (i < len) {
        static const char fills[] = {0, (char)0xff};
        uint64_t dice = next_random();
        size_t run = 1 + dice % 40;
        for (; run > 0 && i < len; run--, i++)
            bytes[i] = dice & 1 << 20 ? fills[dice >> 21 & 1] : (char)next_random();
    }
    return bytes;
}

static bool naive_bit(struct bytes bytes, uint64_t offset)
{
    return offset / 8 < bytes.len && (bytes.data[offset / 8] & 0x80 >> offset % 8) != 0;
}

static void bits_are_numbered_from_the_most_significant(void **state)
{
    struct bytes bytes = BYTES("\x80\x01");
    (void)state;
    assert_true(bitmap_get(bytes, 0));
    assert_false(bitmap_get(bytes, 1));
    assert_false(bitmap_get(bytes, 14));
    assert_true(bitmap_get(bytes, 15));
    assert_false(bitmap_get(bytes, 16));
    assert_false(bitmap_get((struct bytes){0}, 0));
    assert_false(bitmap_get(bytes, UINT64_MAX));
}

static void counting_agrees_with_counting_by_hand(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        size_t len = 1 + next_random() % 100;
        char *data = random_bytes(len);
        struct bytes bytes = bytes_make(data, len);
        uint64_t first = next_random() % (len * 8);
        uint64_t last = first + next_random() % (len * 8 - first);
        uint64_t count = 0;
        for (uint64_t i = first; i <= last; i++)
            count += naive_bit(bytes, i);
        assert_int_equal(bitmap_count(bytes, first, last), count);
        mem_free(data);
    }
}

static void finding_agrees_with_searching_by_hand(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t len = 1 + next_random() % 100;
        char *data = random_bytes(len);
        struct bytes bytes = bytes_make(data, len);
        uint64_t first = next_random() % (len * 8);
        uint64_t last = first + next_random() % (len * 8 - first);
        bool bit = round % 2 != 0;
        int64_t position = -1;
        for (uint64_t i = first; i <= last && position < 0; i++) {
            if (naive_bit(bytes, i) == bit)
                position = (int64_t)i;
        }
        assert_int_equal(bitmap_find(bytes, bit, first, last), position);
        mem_free(data);
    }
}

static void bits_behind_the_range_are_not_found(void **state)
{
    (void)state;
    assert_int_equal(bitmap_find(BYTES("\xff\xff\xff"), false, 0, 23), -1);
    assert_int_equal(bitmap_find(BYTES("\x00\x00\x01"), true, 0, 22), -1);
    assert_int_equal(bitmap_find(BYTES("\x00\x00\x01"), true, 0, 23), 23);
    assert_int_equal(bitmap_find(BYTES("\x80\x00\x00"), true, 1, 23), -1);
}

static bool naive_combination(enum bitmap_operation operation, const struct bytes *sources, size_t count,
                              uint64_t offset)
{
    bool bit = naive_bit(sources[0], offset);
    for (size_t i = 1; i < count; i++) {
        bool other = naive_bit(sources[i], offset);
        bit = operation == BITMAP_AND ? bit && other : operation == BITMAP_OR ? bit || other : bit != other;
    }
    return operation == BITMAP_NOT ? !bit : bit;
}

static void combinations_agree_with_single_bits(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        enum bitmap_operation operation = (enum bitmap_operation)(round % 4);
        size_t count = operation == BITMAP_NOT ? 1 : 1 + next_random() % 5, longest = 0;
        struct bytes sources[5];
        char *data[5], *out;
        for (size_t i = 0; i < count; i++) {
            /* Every now and then over the size of a block, and empty. */
            size_t len = next_random() % (round % 20 < 4 ? 10000 : 60);

            data[i] = random_bytes(len);
            sources[i] = bytes_make(data[i], len);
            longest = len > longest ? len : longest;
        }
        out = mem_alloc(longest + 1);
        out[longest] = '#';
        size_t middle = next_random() % (longest + 1);

        bitmap_combine(operation, sources, count, out, 0, middle);
        bitmap_combine(operation, sources, count, out, middle, longest);
        for (uint64_t i = 0; i < longest * 8; i++) {
            bool expected = naive_combination(operation, sources, count, i);
            assert_int_equal(naive_bit(bytes_make(out, longest), i), expected);
        }
        assert_int_equal(out[longest], '#');
        mem_free(out);
        for (size_t i = 0; i < count; i++)
            mem_free(data[i]);
    }
}

static int64_t naive_field(struct bytes bytes, struct bitfield field)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < field.width; i++)
        value = value << 1 | naive_bit(bytes, field.offset + i);
    if (field.is_signed && field.width < 64 && value >> (field.width - 1) != 0)
        value |= UINT64_MAX << field.width;
    return (int64_t)value;
}

static struct bitfield random_field(uint64_t offset_max)
{
    bool is_signed = next_random() & 1;
    return (struct bitfield){.offset = next_random() % offset_max,
                             .width = (unsigned)(1 + next_random() % (is_signed ? 64 : 63)),
                             .is_signed = is_signed};
}

static void fields_are_read_at_any_offset_and_width(void **state)
{
    (void)state;
    for (int round = 0; round < 5000; round++) {
        size_t len = next_random() % 30;
        char *data = random_bytes(len);
        struct bytes bytes = bytes_make(data, len);
        struct bitfield field = random_field(300);
        assert_int_equal(bitfield_get(bytes, field), naive_field(bytes, field));
        mem_free(data);
    }
}

static void fields_are_written_and_nothing_beside_them(void **state)
{
    (void)state;
    for (int round = 0; round < 5000; round++) {
        struct bitfield field = random_field(100);
        size_t len = (size_t)(field.offset + field.width + 7) / 8;
        char *data = random_bytes(len), *before = mem_alloc(len);
        struct bytes bytes = bytes_make(data, len);
        int64_t value = (int64_t)next_random();
        memcpy(before, data, len);
        bitfield_set(data, field, value);
        assert_int_equal((uint64_t)naive_field(bytes, field) << (64 - field.width),
                         (uint64_t)value << (64 - field.width));
        for (uint64_t i = 0; i < len * 8; i++) {
            if (i < field.offset || i >= field.offset + field.width)
                assert_int_equal(naive_bit(bytes, i), naive_bit(bytes_make(before, len), i));
        }
        mem_free(before);
        mem_free(data);
    }
}

/* `expected` is what the field holds; INT64_MIN / 2 stands for "refused". */
#define REFUSED (INT64_MIN / 2)

static void assert_fit(unsigned width, bool is_signed, int64_t value, int64_t increment, int64_t wrapped,
                       int64_t saturated, int64_t strict)
{
    struct bitfield field = {.width = width, .is_signed = is_signed};
    int64_t result = REFUSED;
    assert_true(bitfield_fit(field, value, increment, BITFIELD_WRAP, &result));
    assert_int_equal(result, wrapped);
    assert_true(bitfield_fit(field, value, increment, BITFIELD_SATURATE, &result));
    assert_int_equal(result, saturated);
    result = REFUSED;
    assert_int_equal(bitfield_fit(field, value, increment, BITFIELD_FAIL, &result), strict != REFUSED);
    assert_int_equal(result, strict);
}

static void sums_that_fit_are_kept(void **state)
{
    (void)state;
    assert_fit(8, false, 200, 55, 255, 255, 255);
    assert_fit(8, false, 200, -200, 0, 0, 0);
    assert_fit(8, true, 100, 27, 127, 127, 127);
    assert_fit(8, true, -100, -28, -128, -128, -128);
    assert_fit(64, true, INT64_MAX, INT64_MIN, -1, -1, -1);
    assert_fit(63, false, INT64_MAX, 0, INT64_MAX, INT64_MAX, INT64_MAX);
}

static void sums_that_do_not_fit_follow_the_rule(void **state)
{
    (void)state;
    assert_fit(8, false, 200, 56, 0, 255, REFUSED);
    assert_fit(8, false, 0, -1, 255, 0, REFUSED);
    assert_fit(8, false, 300, 0, 44, 255, REFUSED);
    assert_fit(8, true, 127, 1, -128, 127, REFUSED);
    assert_fit(8, true, -128, -1, 127, -128, REFUSED);
    assert_fit(1, true, 0, 1, -1, 0, REFUSED);
    assert_fit(1, false, 1, 1, 0, 1, REFUSED);
    assert_fit(63, false, INT64_MAX, 1, 0, INT64_MAX, REFUSED);
    assert_fit(63, false, 0, INT64_MIN, 0, 0, REFUSED);
    assert_fit(64, true, INT64_MAX, 1, INT64_MIN, INT64_MAX, REFUSED);
    assert_fit(64, true, INT64_MIN, -1, INT64_MAX, INT64_MIN, REFUSED);
}

static void a_negative_number_is_too_large_for_an_unsigned_field(void **state)
{
    (void)state;
    assert_fit(8, false, -1, 0, 255, 255, REFUSED);
    assert_fit(8, false, -256, 0, 0, 255, REFUSED);
}

static void a_number_very_far_below_a_signed_field_counts_as_above(void **state)
{
    (void)state;
    assert_fit(8, true, INT64_MIN, 0, 0, 127, REFUSED);
    assert_fit(8, true, 127 - INT64_MAX - 1, 0, 127, 127, REFUSED);
    assert_fit(8, true, 127 - INT64_MAX, 0, -128, -128, REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_numbered_from_the_most_significant),
        cmocka_unit_test(counting_agrees_with_counting_by_hand),
        cmocka_unit_test(finding_agrees_with_searching_by_hand),
        cmocka_unit_test(bits_behind_the_range_are_not_found),
        cmocka_unit_test(combinations_agree_with_single_bits),
        cmocka_unit_test(fields_are_read_at_any_offset_and_width),
        cmocka_unit_test(fields_are_written_and_nothing_beside_them),
        cmocka_unit_test(sums_that_fit_are_kept),
        cmocka_unit_test(sums_that_do_not_fit_follow_the_rule),
        cmocka_unit_test(a_negative_number_is_too_large_for_an_unsigned_field),
        cmocka_unit_test(a_number_very_far_below_a_signed_field_counts_as_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
