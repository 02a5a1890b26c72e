/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests: whole, in pieces, wrong. */
#include "base/alloc.h"
#include "proto/resp_parse.h"
#include "support/resp_feed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A NUL-terminated copy of what was written down, from a feed that is done. */
static const char *finish(struct resp_feed *feed)
{
    static char text[8192];
    assert_true(feed->log.len < sizeof text);
    if (feed->log.len > 0)
        memcpy(text, feed->log.data, feed->log.len);
    text[feed->log.len] = '\0';
    resp_feed_clear(feed);
    return text;
}

static const char *parse(struct bytes input)
{
    struct resp_feed feed;
    resp_feed_init(&feed);
    resp_feed_piece(&feed, input);
    return finish(&feed);
}

static const char *parse_text(const char *input)
{
    return parse(bytes_of(input));
}

static const char *parse_unauthenticated(const char *input)
{
    struct resp_feed feed;
    resp_feed_init(&feed);
    feed.limits.authenticated = false;
    resp_feed_piece(&feed, bytes_of(input));
    return finish(&feed);
}

/* ---- What is read ---- */

static void arguments_are_views_into_the_input(void **state)
{
    const char *text = "*2\r\n$3\r\nGET\r\n$5\r\nhello\r\n*1\r\n";
    struct resp_limits limits = {100, 100, true};
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    (void)state;
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_REQUEST);
    assert_int_equal(outcome.consumed, 24);
    assert_int_equal(outcome.args_count, 2);
    assert_int_equal(args.count, 2);
    assert_ptr_equal(args.items[0].data, text + 8);
    assert_ptr_equal(args.items[1].data, text + 17);
    assert_int_equal(args.items[1].len, 5);
    /* The next request's come behind them. */
    text = "*1\r\n$4\r\nPING\r\n";
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_REQUEST);
    assert_int_equal(args.count, 3);
    assert_ptr_equal(args.items[2].data, text + 8);
    resp_args_clear(&args);
    assert_null(parser.args);
}

static void lengths_of_any_number_of_digits_are_read(void **state)
{
    (void)state;
    for (size_t len = 0; len < 20000; len = len < 1100 ? len + 1 : len * 3 / 2) {
        struct resp_feed feed;
        struct buf input = {0};
        char *value = mem_zalloc(len + 1);
        memset(value, 'v', len);
        buf_printf(&input, "*1\r\n$%zu\r\n%s\r\n", len, value);
        resp_feed_init(&feed);
        resp_feed_piece(&feed, buf_bytes(&input));
        assert_int_equal(feed.requests, 1);
        assert_int_equal(feed.log.len, len + 3);
        assert_memory_equal(feed.log.data + 1, value, len);
        resp_feed_clear(&feed);
        buf_clear(&input);
        mem_free(value);
    }
}

static void counts_of_any_number_of_digits_are_read(void **state)
{
    (void)state;
    for (size_t count = 1; count < 3000; count = count < 130 ? count + 1 : count * 2) {
        struct resp_feed feed;
        struct buf input = {0};
        buf_printf(&input, "*%zu\r\n", count);
        for (size_t i = 0; i < count; i++)
            buf_append_text(&input, "$1\r\na\r\n");
        resp_feed_init(&feed);
        resp_feed_piece(&feed, buf_bytes(&input));
        assert_int_equal(feed.requests, 1);
        assert_int_equal(feed.log.len, 3 * count + 1);
        assert_int_equal(feed.input.len, 0);
        resp_feed_clear(&feed);
        buf_clear(&input);
    }
}

static void a_count_of_zero_or_less_is_a_request_without_arguments(void **state)
{
    (void)state;
    assert_string_equal(parse_text("*0\r\n*-1\r\n*-100\r\n*1\r\n$0\r\n\r\n"), ";;;[];");
}

static void bytes_may_be_anything(void **state)
{
    struct resp_feed feed;
    (void)state;
    resp_feed_init(&feed);
    resp_feed_piece(&feed, BYTES("*2\r\n$4\r\n\r\n\0*\r\n$2\r\n\xff\n\r\n"));
    assert_int_equal(feed.log.len, 11);
    assert_memory_equal(feed.log.data, "[\r\n\0*][\xff\n];", 11);
    resp_feed_clear(&feed);
}

static void the_byte_behind_a_cr_is_not_looked_at(void **state)
{
    (void)state;
    assert_string_equal(parse_text("*1\rX$4\rYPINGab*1\r\n$1\r\na\r\n"), "[PING];[a];");
}

static void lines_without_a_star_are_inline(void **state)
{
    (void)state;
    assert_string_equal(parse_text("PING\r\nGET a\n\r\n\n*1\r\n$1\r\na\r\nx\r\r\n"),
                        "inline(PING);inline(GET a);inline();inline();[a];inline(x\r);");
}

/* ---- Pieces ---- */

static const char *const pipelines[] = {
    "*2\r\n$3\r\nGET\r\n$11\r\nsession:abc\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*0\r\n*-"
    "1\r\n\r\n"
    "*1\r\n$4\r\nQUIT\r\n",
    "*12\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n$"
    "1\r\ni\r\n"
    "$1\r\nj\r\n$1\r\nk\r\n$14\r\n12345678901234\r\nINCR x\n",
    "*1\r\n$4\r\nPING\r\n*2\r\n$1\r\nx\r\n#1\r\n",
    "GET \"a\r\nb\"\r\n*2\r\n$03\r\nGET\r\n",
};

static void every_split_in_two_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++) {
        struct bytes whole = bytes_of(pipelines[i]);
        char *expected = mem_strdup(parse(whole));
        for (size_t split = 0; split <= whole.len; split++) {
            struct resp_feed feed;
            resp_feed_init(&feed);
            resp_feed_piece(&feed, bytes_make(whole.data, split));
            resp_feed_piece(&feed, bytes_make(whole.data + split, whole.len - split));
            assert_string_equal(finish(&feed), expected);
        }
        mem_free(expected);
    }
}

static void every_split_in_three_gives_the_same(void **state)
{
    struct bytes whole = bytes_of(pipelines[0]);
    char *expected = mem_strdup(parse(whole));
    (void)state;
    for (size_t first = 0; first <= whole.len; first++) {
        for (size_t second = first; second <= whole.len; second++) {
            struct resp_feed feed;
            resp_feed_init(&feed);
            resp_feed_piece(&feed, bytes_make(whole.data, first));
            resp_feed_piece(&feed, bytes_make(whole.data + first, second - first));
            resp_feed_piece(&feed, bytes_make(whole.data + second, whole.len - second));
            assert_string_equal(finish(&feed), expected);
        }
    }
    mem_free(expected);
}

static void single_bytes_give_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++) {
        char *expected = mem_strdup(parse_text(pipelines[i]));
        struct resp_feed feed;
        resp_feed_init(&feed);
        for (size_t at = 0; pipelines[i][at] != '\0'; at++)
            resp_feed_piece(&feed, bytes_make(pipelines[i] + at, 1));
        assert_string_equal(finish(&feed), expected);
        mem_free(expected);
    }
}

static void an_unfinished_request_is_looked_at_once(void **state)
{
    struct resp_limits limits = {1000, 1000, true};
    const char *text = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nabc";
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    (void)state;
    assert_int_equal(resp_parser_missing(&parser, 0), 0);
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_MORE);
    assert_int_equal(parser.args_done, 2);
    assert_int_equal(parser.args_left, 1);
    assert_int_equal(parser.bulk_len, 100);
    assert_int_equal(parser.position, strlen(text) - 3);
    assert_int_equal(resp_parser_missing(&parser, strlen(text)), 99);
    assert_int_equal(args.count, 0);
    resp_parser_clear(&parser);
    assert_null(parser.args);
    assert_int_equal(parser.position, 0);
    resp_args_clear(&args);
}

static void a_large_argument_can_be_supplied_from_elsewhere(void **state)
{
    static const char value[100] = "value";
    struct resp_limits limits = {1000, 1000, true};
    const char *text = "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\n";
    char moved[128];
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    size_t len;
    (void)state;
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_MORE);
    resp_parser_supply(&parser, bytes_make(value, sizeof value));
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_MORE);
    /* What was supplied doesn't move with the input. */
    memcpy(moved, text, strlen(text) + 1);
    strncat(moved, "$2\r\nNX\r\n*0\r\n", sizeof moved - strlen(moved) - 1);
    resp_parser_rebase(&parser, text, moved);
    len = strlen(moved);
    assert_int_equal(resp_parse(&parser, bytes_make(moved, len), &limits, &args, &outcome), RESP_REQUEST);
    assert_int_equal(outcome.consumed, len - 4);
    assert_int_equal(args.count, 4);
    assert_ptr_equal(args.items[0].data, moved + 8);
    assert_ptr_equal(args.items[2].data, value);
    assert_int_equal(args.items[2].len, 100);
    resp_args_clear(&args);
}

static void the_last_argument_can_be_supplied_too(void **state)
{
    struct resp_limits limits = {1000, 1000, true};
    const char *text = "*1\r\n$100\r\n";
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    static const char value[100];
    (void)state;
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_MORE);
    resp_parser_supply(&parser, bytes_make(value, sizeof value));
    assert_int_equal(resp_parse(&parser, bytes_of(text), &limits, &args, &outcome), RESP_REQUEST);
    assert_int_equal(outcome.consumed, strlen(text));
    assert_ptr_equal(args.items[0].data, value);
    assert_null(parser.args);
    resp_args_clear(&args);
}

static void a_request_that_was_parsed_can_be_taken_back(void **state)
{
    struct resp_limits limits = {1000, 1000, true};
    const char *text = "*SETk*1\r\n$4\r\nPING\r\n";
    static const char value[100] = "value";
    const struct bytes request[] = {{text + 1, 3}, {text + 4, 1}, {value, sizeof value}};
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    char moved[64];
    (void)state;
    resp_parser_take_back(&parser, request, 3, 5);
    strncpy(moved, text, sizeof moved);
    resp_parser_rebase(&parser, text, moved);
    assert_int_equal(resp_parser_missing(&parser, strlen(text)), 0);
    assert_int_equal(resp_parse(&parser, bytes_of(moved), &limits, &args, &outcome), RESP_REQUEST);
    assert_int_equal(outcome.consumed, 5);
    assert_int_equal(outcome.args_count, 3);
    assert_ptr_equal(args.items[0].data, moved + 1);
    assert_ptr_equal(args.items[1].data, moved + 4);
    assert_ptr_equal(args.items[2].data, value);
    assert_int_equal(resp_parse(&parser, bytes_of(moved + 5), &limits, &args, &outcome), RESP_REQUEST);
    assert_int_equal(outcome.args_count, 1);
    resp_args_clear(&args);
}

static void announced_arguments_take_no_memory(void **state)
{
    struct resp_feed feed;
    size_t before;
    (void)state;
    resp_feed_init(&feed);
    before = mem_used();
    resp_feed_piece(&feed, BYTES("*1048576\r\n$536870912\r\nabc"));
    assert_false(feed.has_failed);
    assert_true(mem_used() - before < 1024);
    resp_feed_clear(&feed);
}

/* ---- What is wrong ---- */

/* Moving them all is work: the more came, the more is there. */
static void room_for_many_arguments_comes_early(void **state)
{
    struct resp_limits limits = {1000000, 100, true};
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    struct buf input = {0};
    (void)state;
    buf_append_text(&input, "*60000\r\n");
    for (int i = 0; i < 20000; i++)
        buf_append_text(&input, "$3\r\nabc\r\n");
    assert_int_equal(resp_parse(&parser, buf_bytes(&input), &limits, &args, &outcome), RESP_MORE);
    assert_int_equal(parser.args_capacity, 60000);
    assert_in_range(resp_parser_expects(&parser), 40000 * 9, 40000 * 10 + 40000);
    resp_parser_clear(&parser);
    assert_int_equal(resp_parser_expects(&parser), 0);
    resp_args_clear(&args);
    buf_clear(&input);
}

static void wrong_counts_are_refused(void **state)
{
    static const char *const counts[] = {"",    "x",   "1x",         "+1",      "01",
                                         " 1",  "1 ",  "-",          "1048577", "99999999999999999999",
                                         "-0",  "0x1", "2147483648", "1.0",     "9223372036854775808",
                                         "1\n2"};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char input[64];
        (void)snprintf(input, sizeof input, "*%s\r\n$4\r\nPING\r\n", counts[i]);
        assert_string_equal(parse_text(input), "error(Protocol error: invalid multibulk length);");
    }
}

static void wrong_lengths_are_refused(void **state)
{
    static const char *const lengths[] = {"",   "x",   "4x",        "+4", "04",
                                          " 4", "4 ",  "-",         "-1", "99999999999999999999",
                                          "-0", "0x4", "536870913", "00", "9223372036854775807"};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char input[64];
        (void)snprintf(input, sizeof input, "*1\r\n$%s\r\nPING\r\n", lengths[i]);
        assert_string_equal(parse_text(input), "error(Protocol error: invalid bulk length);");
    }
}

static void an_argument_begins_with_a_dollar(void **state)
{
    (void)state;
    assert_string_equal(parse_text("*1\r\n:4\r\nPING\r\n"), "error(Protocol error: expected '$', got ':');");
    assert_string_equal(parse_text("*1\r\nPING\r\n"), "error(Protocol error: expected '$', got 'P');");
    assert_string_equal(parse_text("*1\r\n\r\n\r\n"), "error(Protocol error: expected '$', got '\r');");
    /* Not before its line is whole. */
    assert_string_equal(parse_text("*1\r\nPING"), "");
}

static void requests_before_an_error_are_run(void **state)
{
    (void)state;
    assert_string_equal(parse_text("*1\r\n$1\r\na\r\n*x\r\n"),
                        "[a];error(Protocol error: invalid multibulk length);");
}

static void unauthenticated_clients_have_narrow_limits(void **state)
{
    const char *many = "*11\r\n";
    const char *eleven =
        "*11\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n"
        "$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n";
    (void)state;
    assert_string_equal(parse_unauthenticated(many),
                        "error(Protocol error: unauthenticated multibulk length);");
    assert_string_equal(parse_unauthenticated(eleven),
                        "error(Protocol error: unauthenticated multibulk length);");
    assert_string_equal(parse_unauthenticated("*10\r\n"), "");
    assert_string_equal(parse_unauthenticated("*1\r\n$16384\r\n"), "");
    assert_string_equal(parse_unauthenticated("*1\r\n$16385\r\n"),
                        "error(Protocol error: unauthenticated bulk length);");
    assert_string_equal(parse_unauthenticated("*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n"), "[AUTH][x];");
}

/* Feeds `prefix` and then `filler` bytes without an end of line. */
static const char *parse_endless(const char *prefix, char filler, size_t count)
{
    struct resp_feed feed;
    char *bytes = mem_alloc(count);
    memset(bytes, filler, count);
    resp_feed_init(&feed);
    resp_feed_piece(&feed, bytes_of(prefix));
    resp_feed_piece(&feed, bytes_make(bytes, count));
    mem_free(bytes);
    return finish(&feed);
}

static void endless_lines_are_refused(void **state)
{
    (void)state;
    assert_string_equal(parse_endless("", 'a', 65536), "");
    assert_string_equal(parse_endless("", 'a', 65537), "error(Protocol error: too big inline request);");
    assert_string_equal(parse_endless("*", '1', 65535), "");
    assert_string_equal(parse_endless("*", '1', 65536), "error(Protocol error: too big mbulk count string);");
    assert_string_equal(parse_endless("*1\r\n$", '1', 65535), "");
    assert_string_equal(parse_endless("*1\r\n$", '1', 65536),
                        "error(Protocol error: too big bulk count string);");
}

static void limits_are_the_callers(void **state)
{
    struct resp_feed feed;
    (void)state;
    resp_feed_init(&feed);
    feed.limits = (struct resp_limits){2, 5, true};
    resp_feed_piece(&feed, BYTES("*2\r\n$5\r\nhello\r\n$0\r\n\r\n*1\r\n$6\r\nhello!\r\n"));
    assert_string_equal(finish(&feed), "[hello][];error(Protocol error: invalid bulk length);");
    resp_feed_init(&feed);
    feed.limits = (struct resp_limits){2, 5, true};
    resp_feed_piece(&feed, BYTES("*3\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n"));
    assert_string_equal(finish(&feed), "error(Protocol error: invalid multibulk length);");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_views_into_the_input),
        cmocka_unit_test(lengths_of_any_number_of_digits_are_read),
        cmocka_unit_test(counts_of_any_number_of_digits_are_read),
        cmocka_unit_test(a_count_of_zero_or_less_is_a_request_without_arguments),
        cmocka_unit_test(bytes_may_be_anything),
        cmocka_unit_test(the_byte_behind_a_cr_is_not_looked_at),
        cmocka_unit_test(lines_without_a_star_are_inline),
        cmocka_unit_test(every_split_in_two_gives_the_same),
        cmocka_unit_test(every_split_in_three_gives_the_same),
        cmocka_unit_test(single_bytes_give_the_same),
        cmocka_unit_test(an_unfinished_request_is_looked_at_once),
        cmocka_unit_test(a_large_argument_can_be_supplied_from_elsewhere),
        cmocka_unit_test(the_last_argument_can_be_supplied_too),
        cmocka_unit_test(a_request_that_was_parsed_can_be_taken_back),
        cmocka_unit_test(announced_arguments_take_no_memory),
        cmocka_unit_test(room_for_many_arguments_comes_early),
        cmocka_unit_test(wrong_counts_are_refused),
        cmocka_unit_test(wrong_lengths_are_refused),
        cmocka_unit_test(an_argument_begins_with_a_dollar),
        cmocka_unit_test(requests_before_an_error_are_run),
        cmocka_unit_test(unauthenticated_clients_have_narrow_limits),
        cmocka_unit_test(endless_lines_are_refused),
        cmocka_unit_test(limits_are_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
