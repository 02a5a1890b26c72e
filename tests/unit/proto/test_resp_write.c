/* SPDX-License-Identifier: BSD-3-Clause */
/* RESP values as bytes, in both versions. */
#include "base/alloc.h"
#include "proto/resp_write.h"
#include "support/reply_text.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct reply_pool *pool;
    struct reply reply;
    struct buf text;
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    fixture->pool = reply_pool_new();
    reply_init(&fixture->reply, fixture->pool);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    reply_clear(&fixture->reply);
    reply_pool_free(fixture->pool);
    buf_clear(&fixture->text);
    mem_free(fixture);
    return 0;
}

/* Takes what waits and compares it. */
static void expect(struct fixture *fixture, const char *expected)
{
    fixture->text.len = 0;
    reply_text_drain(&fixture->reply, SIZE_MAX, &fixture->text);
    assert_string_equal(buf_cstring(&fixture->text), expected);
}

static void status_and_errors(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    reply_ok(reply);
    reply_simple(reply, "QUEUED");
    reply_error(reply, "ERR syntax error");
    expect(fixture, "+OK\r\n+QUEUED\r\n-ERR syntax error\r\n");
    reply_error_format(reply, "ERR unknown command '%s', with %d", "x\r\ny", 7);
    expect(fixture, "-ERR unknown command 'x  y', with 7\r\n");
    reply_error(reply, "ERR ends its line\r\n");
    reply_error(reply, "");
    expect(fixture, "-ERR ends its line\r\n-\r\n");
}

static void long_error_texts_are_not_cut(void **state)
{
    struct fixture *fixture = *state;
    struct buf expected = {0};
    for (int len = 505; len < 520; len++) {
        reply_error_format(&fixture->reply, "ERR %0*d", len, 0);
        buf_clear(&expected);
        buf_printf(&expected, "-ERR %0*d\r\n", len, 0);
        expect(fixture, buf_cstring(&expected));
    }
    buf_clear(&expected);
}

static void integers_of_every_length(void **state)
{
    static const int64_t numbers[] = {0,  1,   9,     10,     99,        100,       999,      1000,
                                      -1, -10, 12345, 999999, INT64_MAX, INT64_MIN, INT32_MAX};
    struct fixture *fixture = *state;
    struct buf expected = {0};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char digits[32];
        int len = snprintf(digits, sizeof digits, "%lld", (long long)numbers[i]);
        buf_printf(&expected, ":%s\r\n$%d\r\n%s\r\n", digits, len, digits);
        reply_int(&fixture->reply, numbers[i]);
        reply_bulk_int(&fixture->reply, numbers[i]);
    }
    expect(fixture, buf_cstring(&expected));
    buf_clear(&expected);
}

static void bulk_strings_of_every_length(void **state)
{
    struct fixture *fixture = *state;
    struct buf value = {0}, expected = {0};
    for (size_t len = 0; len < 70000; len = len < 1200 ? len + 1 : len * 2) {
        while (value.len < len)
            buf_append_char(&value, (char)('a' + value.len % 26));
        buf_clear(&expected);
        buf_printf(&expected, "$%zu\r\n%.*s\r\n", len, (int)len, len == 0 ? "" : value.data);
        reply_bulk(&fixture->reply, bytes_make(value.data, len));
        assert_int_equal(reply_pending(&fixture->reply), expected.len);
        expect(fixture, buf_cstring(&expected));
    }
    reply_bulk_text(&fixture->reply, "text");
    expect(fixture, "$4\r\ntext\r\n");
    buf_clear(&value);
    buf_clear(&expected);
}

static void values_without_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    for (uint8_t protocol = 2; protocol <= 3; protocol++) {
        reply->protocol = protocol;
        reply_null(reply);
        reply_null_array(reply);
        reply_bool(reply, true);
        reply_bool(reply, false);
        expect(fixture, protocol == 2 ? "$-1\r\n*-1\r\n:1\r\n:0\r\n" : "_\r\n_\r\n#t\r\n#f\r\n");
    }
}

static void doubles_are_bulk_strings_in_version_2(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    for (uint8_t protocol = 2; protocol <= 3; protocol++) {
        reply->protocol = protocol;
        reply_double(reply, 3.5);
        reply_double(reply, 3);
        reply_double(reply, INFINITY);
        reply_double(reply, -INFINITY);
        reply_double(reply, 0.1);
        expect(fixture, protocol == 2 ? "$3\r\n3.5\r\n$1\r\n3\r\n$3\r\ninf\r\n$4\r\n-inf\r\n$3\r\n0.1\r\n"
                                      : ",3.5\r\n,3\r\n,inf\r\n,-inf\r\n,0.1\r\n");
    }
}

static void texts_of_version_3_are_bulk_strings_in_version_2(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    for (uint8_t protocol = 2; protocol <= 3; protocol++) {
        reply->protocol = protocol;
        reply_big_number(reply, BYTES("12345678901234567890123"));
        reply_verbatim(reply, BYTES("text"), "txt");
        reply_verbatim(reply, BYTES(""), "mkd");
        expect(fixture, protocol == 2 ? "$23\r\n12345678901234567890123\r\n$4\r\ntext\r\n$0\r\n\r\n"
                                      : "(12345678901234567890123\r\n=8\r\ntxt:text\r\n=4\r\nmkd:\r\n");
    }
}

static void aggregates_are_arrays_in_version_2(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    for (uint8_t protocol = 2; protocol <= 3; protocol++) {
        reply->protocol = protocol;
        reply_array(reply, 12);
        reply_map(reply, 7);
        reply_set(reply, 100);
        reply_push(reply, 0);
        expect(fixture, protocol == 2 ? "*12\r\n*14\r\n*100\r\n*0\r\n" : "*12\r\n%7\r\n~100\r\n>0\r\n");
    }
    reply_attribute(reply, 1);
    expect(fixture, "|1\r\n");
}

static void a_count_can_be_given_later(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    struct reply_mark outer, inner;
    for (uint8_t protocol = 2; protocol <= 3; protocol++) {
        reply->protocol = protocol;
        reply_int(reply, 5);
        outer = reply_later(reply);
        reply_bulk_text(reply, "a");
        inner = reply_later(reply);
        reply_int(reply, 1);
        reply_later_done(reply, inner, '~', 1);
        reply_later_done(reply, outer, '%', 1);
        reply_int(reply, 6);
        expect(fixture, protocol == 2 ? ":5\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n:6\r\n"
                                      : ":5\r\n%1\r\n$1\r\na\r\n~1\r\n:1\r\n:6\r\n");
    }
    reply_later_done(reply, reply_later(reply), '*', 0);
    reply_later_done(reply, reply_later(reply), '>', 123456789);
    expect(fixture, "*0\r\n>123456789\r\n");
}

/* The placeholder may end up in a chunk that is full, or begin one. */
static void a_count_can_be_given_after_any_amount(void **state)
{
    struct fixture *fixture = *state;
    struct reply *reply = &fixture->reply;
    char filler[997];
    memset(filler, 'x', sizeof filler);
    for (size_t before = 0; before < 20000; before += 131) {
        for (size_t after = 0; after < 40000; after = after * 3 + 777) {
            struct buf expected = {0};
            struct reply_mark later;
            size_t count = 0;
            for (size_t at = 0; at < before; at += 131)
                reply_raw(reply, bytes_make(filler, 131));
            later = reply_later(reply);
            for (; count * sizeof filler < after; count++)
                reply_raw(reply, bytes_make(filler, sizeof filler));
            reply_later_done(reply, later, '*', count);
            for (size_t at = 0; at < before; at++)
                buf_append_char(&expected, 'x');
            buf_printf(&expected, "*%zu\r\n", count);
            for (size_t at = 0; at < count * sizeof filler; at++)
                buf_append_char(&expected, 'x');
            fixture->text.len = 0;
            reply_text_drain(reply, SIZE_MAX, &fixture->text);
            assert_true(bytes_equal(buf_bytes(&fixture->text), buf_bytes(&expected)));
            buf_clear(&expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(status_and_errors),
        TEST(long_error_texts_are_not_cut),
        TEST(integers_of_every_length),
        TEST(bulk_strings_of_every_length),
        TEST(values_without_bytes),
        TEST(doubles_are_bulk_strings_in_version_2),
        TEST(texts_of_version_3_are_bulk_strings_in_version_2),
        TEST(aggregates_are_arrays_in_version_2),
        TEST(a_count_can_be_given_later),
        TEST(a_count_can_be_given_after_any_amount),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
