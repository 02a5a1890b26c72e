/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies: every kind, in pieces, wrong, too much. */
#include "base/alloc.h"
#include "proto/resp_read.h"
#include "support/reply_items.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct resp_read_limits usual = {1024 * 1024, 1024 * 1024, 8};

static const char *finish(struct reply_items *items)
{
    static char text[4096];
    assert_true(items->log.len < sizeof text);
    (void)memcpy(text, buf_cstring(&items->log), items->log.len + 1);
    reply_items_clear(items);
    return text;
}

static const char *read_with(struct resp_read_limits limits, const char *input)
{
    struct reply_items items;
    reply_items_init(&items, limits);
    reply_items_feed(&items, bytes_of(input));
    return finish(&items);
}

static const char *read_text(const char *input)
{
    return read_with(usual, input);
}

static void values_of_version_2(void **state)
{
    (void)state;
    assert_string_equal(
        read_text("+OK\r\n-ERR no\r\n:-12\r\n$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n+\r\n"),
        "0+OK; 0-ERR no; 0:-12; 0$a\r\n; 0$; 0_; 0_; 0*0; 0+; ");
    assert_string_equal(read_text("*3\r\n*1\r\n:1\r\n*0\r\n$1\r\nx\r\n:7\r\n"), "0*3 1*1 2:1 1*0 1$x; 0:7; ");
}

static void values_of_version_3(void **state)
{
    (void)state;
    assert_string_equal(
        read_text(
            "_\r\n#t\r\n#f\r\n,1.5\r\n,inf\r\n,-inf\r\n,nan\r\n(-123\r\n!5\r\nERR x\r\n=7\r\ntxt:abc\r\n"),
        "0_; 0#1; 0#0; 0,1.5; 0,inf; 0,-inf; 0,nan; 0(-123; 0!ERR x; 0=txt:abc; ");
    assert_string_equal(read_text("%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n>2\r\n+message\r\n+x\r\n"),
                        "0%2 1+k 1~2 2:1 2:2; 0>2 1+message 1+x; ");
}

static void an_attribute_belongs_to_the_value_behind_it(void **state)
{
    (void)state;
    assert_string_equal(read_text("|1\r\n+ttl\r\n:5\r\n+v\r\n:1\r\n"), "0|2 1+ttl 1:5 0+v; 0:1; ");
    assert_string_equal(read_text("*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n+v\r\n+w\r\n"),
                        "0*2 1|2 2+a 2*1 3:1 1+v 1+w; ");
    assert_string_equal(read_text("|0\r\n+v\r\n"), "0|0 0+v; ");
}

static const char *const values =
    "*5\r\n$3\r\nabc\r\n%1\r\n+key\r\n:123\r\n|1\r\n+a\r\n+b\r\n=5\r\ntxt:x\r\n*-1\r\n$-1\r\n"
    "+OK\r\n-ERR\r\n";

static void every_split_in_two_gives_the_same(void **state)
{
    char *expected = mem_strdup(read_text(values));
    size_t len = strlen(values);
    (void)state;
    for (size_t split = 0; split <= len; split++) {
        struct reply_items items;
        reply_items_init(&items, usual);
        reply_items_feed(&items, bytes_make(values, split));
        reply_items_feed(&items, bytes_make(values + split, len - split));
        assert_int_equal(items.values, 3);
        assert_string_equal(finish(&items), expected);
    }
    mem_free(expected);
}

static void single_bytes_give_the_same(void **state)
{
    char *expected = mem_strdup(read_text(values));
    struct reply_items items;
    (void)state;
    reply_items_init(&items, usual);
    for (const char *at = values; *at != '\0'; at++)
        reply_items_feed(&items, bytes_make(at, 1));
    assert_string_equal(finish(&items), expected);
    mem_free(expected);
}

static void a_value_can_be_read_to_its_end(void **state)
{
    struct bytes input = BYTES("*2\r\n+a\r\n*1\r\n:1\r\n+next\r\n");
    struct resp_reader reader;
    (void)state;
    resp_reader_init(&reader, usual);
    assert_int_equal(resp_read_to_end(&reader, bytes_make(input.data, 10)), RESP_READ_MORE);
    assert_int_equal(resp_read_to_end(&reader, input), RESP_READ_ITEM);
    assert_int_equal(reader.position, 16);
}

static void what_is_no_resp_is_refused(void **state)
{
    static const char *const inputs[] = {
        "x\r\n",
        "\r\n",
        "+a\rb\r\n",
        ":\r\n",
        ":1x\r\n",
        ": 1\r\n",
        "$x\r\n",
        "$-2\r\n",
        "$1\r\nabc",
        "$1\r\na\rb",
        "*-2\r\n",
        "*x\r\n",
        "_x\r\n",
        "#x\r\n",
        "#tt\r\n",
        ",\r\n",
        ",x\r\n",
        "(\r\n",
        "(-\r\n",
        "(1a\r\n",
        "=3\r\ntxt\r\n",
        "=-1\r\n",
        "!-1\r\n",
        "=4\r\ntxtx\r\n",
        "%-1\r\n",
        "~-1\r\n",
        ">-1\r\n",
        "$?\r\n",
        "*?\r\n",
        "$01\r\na\r\n",
        "|-1\r\n",
        "$99999999999999999999\r\n",
        ":9223372036854775808\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        assert_string_equal(read_text(inputs[i]), "error; ");
}

static void limits_are_kept(void **state)
{
    struct resp_read_limits narrow = {3, 4, 2};
    (void)state;
    assert_string_equal(read_with(narrow, "$3\r\nabc\r\n$4\r\n"), "0$abc; error; ");
    assert_string_equal(read_with(narrow, "*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n*5\r\n"),
                        "0*4 1:1 1:1 1:1 1:1; error; ");
    assert_string_equal(read_with(narrow, "%2\r\n:1\r\n:1\r\n:1\r\n:1\r\n%3\r\n"),
                        "0%4 1:1 1:1 1:1 1:1; error; ");
    assert_string_equal(read_with(narrow, "*1\r\n*1\r\n:1\r\n*1\r\n*1\r\n*1\r\n"),
                        "0*1 1*1 2:1; 0*1 1*1 error; ");
    /* An empty one opens nothing. */
    assert_string_equal(read_with(narrow, "*1\r\n*1\r\n*0\r\n"), "0*1 1*1 2*0; ");
}

static void endless_lines_are_refused(void **state)
{
    struct buf line = {0};
    struct resp_reader reader;
    struct resp_item item;
    (void)state;
    resp_reader_init(&reader, usual);
    buf_append_char(&line, '+');
    while (line.len < 65536)
        buf_append_char(&line, 'a');
    assert_int_equal(resp_read(&reader, buf_bytes(&line), &item), RESP_READ_MORE);
    buf_append_char(&line, 'a');
    assert_int_equal(resp_read(&reader, buf_bytes(&line), &item), RESP_READ_ERROR);
    buf_clear(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_version_2),
        cmocka_unit_test(values_of_version_3),
        cmocka_unit_test(an_attribute_belongs_to_the_value_behind_it),
        cmocka_unit_test(every_split_in_two_gives_the_same),
        cmocka_unit_test(single_bytes_give_the_same),
        cmocka_unit_test(a_value_can_be_read_to_its_end),
        cmocka_unit_test(what_is_no_resp_is_refused),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(endless_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
