/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings: which encoding a text gets, and that every encoding gives back the text. */
#include "types/value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_encoding(const char *text, enum string_encoding encoding)
{
    struct value value = string_value(bytes_of(text));
    char scratch[STRING_SCRATCH];
    assert_int_equal(value.type, VALUE_STRING);
    assert_int_equal(value.encoding, encoding);
    assert_true(bytes_is(string_bytes(&value, scratch), text));
    assert_int_equal(string_length(&value), strlen(text));
}

static void canonical_integers_are_kept_as_numbers(void **state)
{
    (void)state;
    assert_encoding("0", STRING_INT);
    assert_encoding("7", STRING_INT);
    assert_encoding("-1", STRING_INT);
    assert_encoding("10", STRING_INT);
    assert_encoding("9223372036854775807", STRING_INT);
    assert_encoding("-9223372036854775808", STRING_INT);
}

static void what_only_looks_like_an_integer_stays_text(void **state)
{
    (void)state;
    assert_encoding("", STRING_EMBSTR);
    assert_encoding("-", STRING_EMBSTR);
    assert_encoding("-0", STRING_EMBSTR);
    assert_encoding("007", STRING_EMBSTR);
    assert_encoding("+7", STRING_EMBSTR);
    assert_encoding(" 7", STRING_EMBSTR);
    assert_encoding("7 ", STRING_EMBSTR);
    assert_encoding("1e3", STRING_EMBSTR);
    assert_encoding("9223372036854775808", STRING_EMBSTR);
    assert_encoding("-9223372036854775809", STRING_EMBSTR);
    assert_encoding("18446744073709551616", STRING_EMBSTR);
}

static void texts_of_up_to_44_bytes_are_embstr(void **state)
{
    (void)state;
    assert_encoding("01234567890123456789012345678901234567890123", STRING_EMBSTR);
    assert_encoding("012345678901234567890123456789012345678901234", STRING_RAW);
}

static void computed_text_is_never_kept_as_a_number(void **state)
{
    struct value value = string_value_text(BYTES("12"));
    (void)state;
    assert_int_equal(value.encoding, STRING_EMBSTR);
    assert_true(bytes_is(value.bytes, "12"));
}

static void integers_have_the_length_of_their_digits(void **state)
{
    struct value value = string_value_int(INT64_MIN);
    (void)state;
    assert_int_equal(string_length(&value), 20);
    value = string_value_int(INT64_MAX);
    assert_int_equal(string_length(&value), 19);
    value = string_value_int(0);
    assert_int_equal(string_length(&value), 1);
}

static void a_blob_lends_its_bytes_and_is_raw(void **state)
{
    struct blob *blob = blob_of(BYTES("12"));
    struct value value = string_value_blob(blob);
    char scratch[STRING_SCRATCH];
    int64_t number = 0;
    (void)state;
    assert_int_equal(value.encoding, STRING_RAW);
    assert_ptr_equal(value.blob, blob);
    assert_ptr_equal(string_bytes(&value, scratch).data, blob->data);
    assert_int_equal(string_length(&value), 2);
    assert_true(string_to_i64(&value, &number));
    assert_int_equal(number, 12);
    blob_unref(blob);
}

static void only_numbers_convert_to_a_number(void **state)
{
    struct value value = string_value(BYTES("-42"));
    int64_t number = 0;
    (void)state;
    assert_true(string_to_i64(&value, &number));
    assert_int_equal(number, -42);
    value = string_value(BYTES("4x"));
    assert_false(string_to_i64(&value, &number));
    assert_int_equal(number, -42);
    value = string_value(BYTES(""));
    assert_false(string_to_i64(&value, &number));
}

static void names_are_those_clients_know(void **state)
{
    (void)state;
    static const char *const names[] = {"int", "embstr", "raw"};
    assert_string_equal(value_type_name(VALUE_STRING), "string");
    for (int i = STRING_INT; i <= STRING_RAW; i++) {
        struct value value = {.type = VALUE_STRING, .encoding = (enum string_encoding)i};
        assert_string_equal(value_encoding_name(&value), names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_integers_are_kept_as_numbers),
        cmocka_unit_test(what_only_looks_like_an_integer_stays_text),
        cmocka_unit_test(texts_of_up_to_44_bytes_are_embstr),
        cmocka_unit_test(computed_text_is_never_kept_as_a_number),
        cmocka_unit_test(integers_have_the_length_of_their_digits),
        cmocka_unit_test(a_blob_lends_its_bytes_and_is_raw),
        cmocka_unit_test(only_numbers_convert_to_a_number),
        cmocka_unit_test(names_are_those_clients_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
