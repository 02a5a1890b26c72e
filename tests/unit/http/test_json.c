/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON: commas, escapes, numbers. */
#include "base/buf.h"
#include "http/json.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void values_are_parted_by_commas(void **state)
{
    struct buf out = {0};
    struct json json = json_begin(&out);
    (void)state;
    json_open(&json, NULL, '{');
    json_bool(&json, "a", true);
    json_open(&json, "b", '[');
    json_integer(&json, NULL, -1);
    json_open(&json, NULL, '{');
    json_close(&json, '}');
    json_open(&json, NULL, '[');
    json_close(&json, ']');
    json_close(&json, ']');
    json_bool(&json, "c", false);
    json_close(&json, '}');
    assert_string_equal(buf_cstring(&out), "{\"a\":true,\"b\":[-1,{},[]],\"c\":false}");
    buf_clear(&out);
}

static void check_text(struct bytes text, const char *expected)
{
    struct buf out = {0};
    struct json json = json_begin(&out);
    json_text(&json, NULL, text);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
}

static void texts_are_escaped(void **state)
{
    (void)state;
    check_text(BYTES("a\"b\\c"), "\"a\\\"b\\\\c\"");
    check_text(BYTES("\n\x1f\x7f"), "\"\\u000a\\u001f\\u007f\"");
    check_text(BYTES("a\0b"), "\"a\\u0000b\"");
    check_text(BYTES("\xc3\xa4"), "\"\xc3\xa4\"");
    check_text(BYTES("\xff\xc3"), "\"\\\\xff\\\\xc3\"");
    check_text(BYTES("</script>"), "\"</script>\"");
}

static void names_tell_bytes_from_what_looks_like_them(void **state)
{
    struct buf out = {0};
    struct json json = json_begin(&out);
    (void)state;
    json_open(&json, NULL, '{');
    json_name(&json, "a", BYTES("\xff\""));
    json_name(&json, "b", BYTES("\\xff"));
    json_close(&json, '}');
    assert_string_equal(buf_cstring(&out), "{\"a\":\"\\\\xff\\\"\",\"b\":\"\\\\\\\\xff\"}");
    buf_clear(&out);
}

static void check_real(double value, const char *expected)
{
    struct buf out = {0};
    struct json json = json_begin(&out);
    json_real(&json, NULL, value);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
}

static void reals_have_three_decimals(void **state)
{
    (void)state;
    check_real(0, "0");
    check_real(0.0004, "0");
    check_real(1.23456, "1.235");
    check_real(-2.5, "-2.5");
    check_real(1795321783111, "1795321783111");
    check_real(NAN, "null");
    check_real(INFINITY, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_parted_by_commas),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(names_tell_bytes_from_what_looks_like_them),
        cmocka_unit_test(reals_have_three_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
