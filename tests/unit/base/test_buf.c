/* SPDX-License-Identifier: BSD-3-Clause */
/* Growable buffers. */
#include "base/alloc.h"
#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_content(struct buf *buf, const char *expected)
{
    assert_int_equal(buf->len, strlen(expected));
    assert_string_equal(buf_cstring(buf), expected);
}

static void appending_grows(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_append(&buf, NULL, 0);
    assert_null(buf.data);
    for (int i = 0; i < 1000; i++) {
        buf_append_text(&buf, "ab");
        buf_append_char(&buf, 'c');
        buf_append_bytes(&buf, BYTES("de"));
    }
    assert_int_equal(buf.len, 5000);
    for (size_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.data[i], "abcde"[i % 5]);
    buf_clear(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.capacity, 0);
}

static void room_is_doubled_or_exact(void **state)
{
    struct buf buf = {0};
    size_t capacity;
    (void)state;
    assert_true(buf_try_reserve(&buf, 1000));
    assert_int_equal(buf.capacity, 1000);
    buf.len = 1000;
    memset(buf.data, 'x', 1000);
    buf_reserve(&buf, 1);
    assert_true(buf.capacity >= 2000);
    capacity = buf.capacity;
    assert_true(buf_try_reserve(&buf, capacity - 1000));
    assert_int_equal(buf.capacity, capacity);
    assert_false(buf_try_reserve(&buf, SIZE_MAX));
    assert_false(buf_try_reserve(&buf, SIZE_MAX / 2));
    assert_int_equal(buf.len, 1000);
    assert_int_equal(buf.data[999], 'x');
    buf_clear(&buf);
}

static void printing_fits_any_length(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_printf(&buf, "%d-%s", 7, "x");
    assert_content(&buf, "7-x");
    buf_printf(&buf, "%0500d", 1);
    assert_int_equal(buf.len, 503);
    assert_int_equal(buf.data[502], '1');
    assert_int_equal(buf.data[3], '0');
    buf_clear(&buf);
    /* Lengths around what is reserved at first. */
    for (int len = 60; len < 70; len++) {
        buf_printf(&buf, "%*d", len, 5);
        assert_int_equal(buf.len, len);
        assert_int_equal(buf.data[len - 1], '5');
        buf_clear(&buf);
    }
}

static void quoting_escapes_what_is_not_printable(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_append_quoted(&buf, BYTES("a\"b\\c\n\r\t\a\b\x01\x7f\xff\0~ "));
    assert_content(&buf, "\"a\\\"b\\\\c\\n\\r\\t\\a\\b\\x01\\x7f\\xff\\x00~ \"");
    buf_clear(&buf);
    buf_append_quoted(&buf, (struct bytes){0});
    assert_content(&buf, "\"\"");
    buf_clear(&buf);
}

static void consuming_drops_the_front(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_append_text(&buf, "abcdef");
    buf_consume(&buf, 0);
    buf_consume(&buf, 2);
    assert_content(&buf, "cdef");
    buf_consume(&buf, 4);
    assert_content(&buf, "");
    buf_clear(&buf);
}

static void numbers_are_read_as_they_were_appended(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_append_low_first(&buf, UINT64_C(0x1122334455667788), 8);
    buf_append_low_first(&buf, 0x1122, 1);
    assert_int_equal(buf.len, 9);
    assert_memory_equal(buf.data, "\x88\x77\x66\x55\x44\x33\x22\x11\x22", 9);
    assert_true(bytes_low_first(bytes_make(buf.data, 8)) == UINT64_C(0x1122334455667788));
    assert_true(bytes_low_first(bytes_make(buf.data, 2)) == 0x7788);
    assert_true(bytes_low_first(bytes_make(buf.data, 0)) == 0);
    buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appending_grows),           cmocka_unit_test(room_is_doubled_or_exact),
        cmocka_unit_test(printing_fits_any_length),  cmocka_unit_test(quoting_escapes_what_is_not_printable),
        cmocka_unit_test(consuming_drops_the_front), cmocka_unit_test(numbers_are_read_as_they_were_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
