/* SPDX-License-Identifier: BSD-3-Clause */
/* Hex digits, two to a byte: many at once must give what one by one gives. */
#include "base/random.h"
#include "store/packed_hex.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static size_t count_one_by_one(const char *text, size_t len)
{
    size_t count = 0;
    while (count < len && hex_nibble(text[len - count - 1]) < 16)
        count++;
    return count;
}

static void every_character_at_every_place_is_told_from_digits(void **state)
{
    char text[24];
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, 'f', sizeof text);
            text[at] = (char)c;
            assert_int_equal(hex_digits_at_end(text, sizeof text, sizeof text),
                             count_one_by_one(text, sizeof text));
        }
    }
}

static void counting_ends_where_the_text_begins(void **state)
{
    char text[70];
    (void)state;
    memset(text, '0', sizeof text);
    for (size_t len = 0; len <= sizeof text; len++) {
        assert_int_equal(hex_digits_at_end(text, len, sizeof text), len);
        size_t count = hex_digits_at_end(text, len, 32);
        assert_in_range(count, len < 32 ? len : 32, len);
    }
}

static void what_is_packed_is_unpacked_at_every_length(void **state)
{
    char digits[128], packed[64], again[128];
    (void)state;
    for (int i = 0; i < 2000; i++) {
        size_t count = random_below(sizeof packed) + 1;
        for (size_t at = 0; at < 2 * count; at++)
            digits[at] = "0123456789abcdef"[random_below(16)];
        memset(packed, 0x55, sizeof packed);
        hex_pack(packed, digits, count);
        for (size_t at = 0; at < count; at++)
            assert_int_equal((unsigned char)packed[at],
                             hex_nibble(digits[2 * at]) << 4 | hex_nibble(digits[2 * at + 1]));
        for (size_t at = count; at < sizeof packed; at++)
            assert_int_equal(packed[at], 0x55);
        hex_unpack(again, packed, count);
        assert_memory_equal(again, digits, 2 * count);
        if (count < 4)
            continue;
        assert_true(hex_unpacked_is(packed, count, digits));
        digits[random_below(2 * count)] ^= 1;
        assert_false(hex_unpacked_is(packed, count, digits));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_at_every_place_is_told_from_digits),
        cmocka_unit_test(counting_ends_where_the_text_begins),
        cmocka_unit_test(what_is_packed_is_unpacked_at_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
