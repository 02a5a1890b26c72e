/* SPDX-License-Identifier: BSD-3-Clause */
/* RDB's lengths and strings. The expected bytes are those that redis-server 7.0 writes. */
#include "base/alloc.h"
#include "persist/rdb_string.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_bytes(struct bytes found, struct bytes expected)
{
    assert_int_equal(found.len, expected.len);
    assert_memory_equal(found.data, expected.data, expected.len);
}

/* ---- lengths ---- */

static void check_length(uint64_t length, struct bytes written)
{
    struct buf out = {0};
    struct bytes input;
    uint64_t read = ~length;
    rdb_append_length(&out, length);
    assert_bytes(buf_bytes(&out), written);
    input = buf_bytes(&out);
    assert_int_equal(rdb_take_length(&input, &read), RDB_OK);
    assert_true(read == length);
    assert_int_equal(input.len, 0);
    for (size_t len = 0; len < out.len; len++) {
        input = bytes_make(out.data, len);
        assert_int_equal(rdb_take_length(&input, &read), RDB_CUT_OFF);
    }
    buf_clear(&out);
}

static void lengths_take_the_shortest_form(void **state)
{
    (void)state;
    check_length(0, BYTES("\x00"));
    check_length(63, BYTES("\x3f"));
    check_length(64, BYTES("\x40\x40"));
    check_length(16383, BYTES("\x7f\xff"));
    check_length(16384, BYTES("\x80\x00\x00\x40\x00"));
    check_length(UINT32_MAX, BYTES("\x80\xff\xff\xff\xff"));
    check_length((uint64_t)UINT32_MAX + 1, BYTES("\x81\x00\x00\x00\x01\x00\x00\x00\x00"));
    check_length(UINT64_MAX, BYTES("\x81\xff\xff\xff\xff\xff\xff\xff\xff"));
}

static void unknown_lengths_are_refused(void **state)
{
    uint64_t length;
    (void)state;
    for (unsigned first = 0x82; first <= 0xff; first++) {
        char bytes[RDB_LENGTH_SIZE] = {(char)first};
        struct bytes input = bytes_make(bytes, sizeof bytes);
        assert_int_equal(rdb_take_length(&input, &length), RDB_CORRUPT);
    }
}

/* ---- strings ---- */

static void check_value(const struct value *value, struct bytes content)
{
    char scratch[STRING_SCRATCH];
    assert_bytes(string_bytes(value, scratch), content);
}

/* Writes `content`, compares, reads it back; every shorter input is cut off. */
static void check_string(struct bytes content, struct bytes written)
{
    struct buf out = {0}, scratch = {0};
    struct value value;
    struct bytes input;
    buf_append_text(&out, "before");
    assert_true(rdb_append_bytes(&out, content, RDB_COMPRESSED));
    assert_bytes(bytes_make(out.data + 6, out.len - 6), written);

    buf_append_text(&out, "behind");
    input = bytes_make(out.data + 6, out.len - 6);
    assert_int_equal(rdb_take_string(&input, &scratch, &value), RDB_OK);
    check_value(&value, content);
    assert_bytes(input, BYTES("behind"));
    for (size_t len = 0; len < written.len; len++) {
        input = bytes_make(written.data, len);
        assert_int_equal(rdb_take_string(&input, &scratch, &value), RDB_CUT_OFF);
    }
    buf_clear(&out);
    buf_clear(&scratch);
}

static void texts_are_written_as_they_are(void **state)
{
    (void)state;
    check_string(BYTES(""), BYTES("\x00"));
    check_string(BYTES("hello"), BYTES("\x05hello"));
    check_string(BYTES("x\0y"), BYTES("\x03x\0y"));
    check_string(BYTES("xxxxxxxxxxxxxxxxxxxx"), BYTES("\x14xxxxxxxxxxxxxxxxxxxx"));
}

static void numbers_take_as_few_bytes_as_they_need(void **state)
{
    (void)state;
    check_string(BYTES("0"), BYTES("\xc0\x00"));
    check_string(BYTES("-128"), BYTES("\xc0\x80"));
    check_string(BYTES("127"), BYTES("\xc0\x7f"));
    check_string(BYTES("128"), BYTES("\xc1\x80\x00"));
    check_string(BYTES("-129"), BYTES("\xc1\x7f\xff"));
    check_string(BYTES("32767"), BYTES("\xc1\xff\x7f"));
    check_string(BYTES("-32768"), BYTES("\xc1\x00\x80"));
    check_string(BYTES("32768"), BYTES("\xc2\x00\x80\x00\x00"));
    check_string(BYTES("2147483647"), BYTES("\xc2\xff\xff\xff\x7f"));
    check_string(BYTES("-2147483648"), BYTES("\xc2\x00\x00\x00\x80"));
}

static void numbers_over_32_bits_and_digits_that_are_none_stay_text(void **state)
{
    (void)state;
    check_string(BYTES("2147483648"), BYTES("\n2147483648"));
    check_string(BYTES("-9223372036854775808"), BYTES("\024-9223372036854775808"));
    check_string(BYTES("00123"), BYTES("\00500123"));
    check_string(BYTES("-0"), BYTES("\x02-0"));
    check_string(BYTES("+1"), BYTES("\x02+1"));
}

static void repetition_is_compressed(void **state)
{
    char hundred[100];
    (void)state;
    memset(hundred, 'x', sizeof hundred);
    check_string(BYTES("xxxxxxxxxxxxxxxxxxxxx"), BYTES("\xc3\x06\x15\x01xx\xe0\x0a\x00"));
    check_string(bytes_make(hundred, sizeof hundred), BYTES("\xc3\x09\x40\x64\x01xx\xe0\x57\x00\x01xx"));
}

static void what_compression_does_not_shorten_stays_text(void **state)
{
    char content[64], written[2 + sizeof content] = {0x40, 0x40};
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = written[2 + i] = (char)i;
    check_string(bytes_make(content, sizeof content), bytes_make(written, sizeof written));
}

static void compression_can_be_off(void **state)
{
    struct buf out = {0};
    (void)state;
    assert_true(rdb_append_bytes(&out, BYTES("xxxxxxxxxxxxxxxxxxxxx"), RDB_UNCOMPRESSED));
    assert_bytes(buf_bytes(&out), BYTES("\x15xxxxxxxxxxxxxxxxxxxxx"));
    buf_clear(&out);
}

static void a_string_of_any_encoding_is_written_as_its_text(void **state)
{
    const struct value number = string_value_int(-7), text = string_value(BYTES("text"));
    struct buf out = {0};
    (void)state;
    assert_true(rdb_append_string(&out, &number, RDB_COMPRESSED));
    assert_true(rdb_append_string(&out, &text, RDB_COMPRESSED));
    assert_bytes(buf_bytes(&out), BYTES("\xc0\xf9\x04text"));
    buf_clear(&out);
}

static void large_strings_come_back(void **state)
{
    enum { LEN = 1000 * 1000 };
    struct buf out = {0}, scratch = {0};
    char *content = mem_alloc(LEN);
    struct value value;
    struct bytes input;
    uint32_t seed = 1;

    (void)state;
    for (size_t i = 0; i < LEN; i++) {
        seed = seed * 1664525 + 1013904223;
        content[i] = (char)(i % 7 == 0 ? seed >> 24 : 'x');
    }
    assert_true(rdb_append_bytes(&out, bytes_make(content, LEN), RDB_COMPRESSED));
    assert_true(out.len < LEN);
    input = buf_bytes(&out);
    assert_int_equal(rdb_take_string(&input, &scratch, &value), RDB_OK);
    check_value(&value, bytes_make(content, LEN));
    buf_clear(&out);
    buf_clear(&scratch);
    mem_free(content);
}

/* ---- what is not to be believed ---- */

static void check_refused(struct bytes input, enum rdb_result expected)
{
    struct buf scratch = {0};
    struct value value;
    assert_int_equal(rdb_take_string(&input, &scratch, &value), expected);
    buf_clear(&scratch);
}

static void unknown_forms_are_refused(void **state)
{
    (void)state;
    for (unsigned first = 0xc4; first <= 0xff; first++)
        check_refused(bytes_make((char[]){(char)first, 1, 1, 1}, 4), RDB_CORRUPT);
}

static void damaged_compression_is_refused(void **state)
{
    (void)state;
    /* Longer, and shorter, than it says; a reference to before the beginning; a number instead of a
     * length. */
    check_refused(BYTES("\xc3\x06\x16\x01xx\xe0\x0a\x00"), RDB_CORRUPT);
    check_refused(BYTES("\xc3\x06\x14\x01xx\xe0\x0a\x00"), RDB_CORRUPT);
    check_refused(BYTES("\xc3\x06\x15\x01xx\xe0\x0a\x05"), RDB_CORRUPT);
    check_refused(BYTES("\xc3\xc0\x15\x01xx\xe0\x0a\x00"), RDB_CORRUPT);
    check_refused(BYTES("\xc3\x00\x00"), RDB_CORRUPT);
}

static void lengths_that_cannot_be_true_cost_no_memory(void **state)
{
    (void)state;
    check_refused(BYTES("\xc3\x06\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01xx\xe0\x0a\x00"), RDB_CORRUPT);
    check_refused(BYTES("\xc3\x03\x42\x00\x01\x02\x03"), RDB_CORRUPT);
    check_refused(BYTES("\x81\x7f\xff\xff\xff\xff\xff\xff\xffxyz"), RDB_CUT_OFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_take_the_shortest_form),
        cmocka_unit_test(unknown_lengths_are_refused),
        cmocka_unit_test(texts_are_written_as_they_are),
        cmocka_unit_test(numbers_take_as_few_bytes_as_they_need),
        cmocka_unit_test(numbers_over_32_bits_and_digits_that_are_none_stay_text),
        cmocka_unit_test(repetition_is_compressed),
        cmocka_unit_test(what_compression_does_not_shorten_stays_text),
        cmocka_unit_test(compression_can_be_off),
        cmocka_unit_test(a_string_of_any_encoding_is_written_as_its_text),
        cmocka_unit_test(large_strings_come_back),
        cmocka_unit_test(unknown_forms_are_refused),
        cmocka_unit_test(damaged_compression_is_refused),
        cmocka_unit_test(lengths_that_cannot_be_true_cost_no_memory),
    };
    return cmocka_run_group_tests_name("rdb_string", tests, NULL, NULL);
}
