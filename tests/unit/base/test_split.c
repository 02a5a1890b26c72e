/* SPDX-License-Identifier: BSD-3-Clause */
/* Splitting lines by the rules of quoting. */
#include "base/alloc.h"
#include "base/random.h"
#include "base/split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST 6

static void lines_are_split(void **state)
{
    static const struct {
        const char *line;
        const char *arguments[MOST];
    } cases[] = {
        {"", {0}},
        {"  \t \r\n", {0}},
        {"get key", {"get", "key"}},
        {"  set   key\tvalue \r\n", {"set", "key", "value"}},
        {"a \"b c\" d", {"a", "b c", "d"}},
        {"a 'b c' d", {"a", "b c", "d"}},
        {"\"\" ''", {"", ""}},
        {"save \"\"", {"save", ""}},
        {"\"a\\nb\\r\\t\\b\\a\\\\\\\"\\q\"", {"a\nb\r\t\b\a\\\"q"}},
        {"\"\\x41\\x7a\\xFf\"", {"Az\xff"}},
        {"\"\\x4g\\xg4\\x\"", {"x4gxg4x"}},
        {"'a\\'b'", {"a'b"}},
        {"'a\\nb\\x41\"'", {"a\\nb\\x41\""}},
        {"foo\"bar baz\" x", {"foobar baz", "x"}},
        {"foo'bar' x", {"foobar", "x"}},
        {"a\\nb \\", {"a\\nb", "\\"}}, /* outside of quotes a backslash is a letter */
        {"\"a\"\vb", {"a", "b"}},
        {"a\vb\fc", {"a\vb\fc"}},
        {"\v a", {"a"}},
        {"a#b #c", {"a#b", "#c"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct split split;
        size_t count = 0;
        assert_true(split_arguments(bytes_of(cases[i].line), &split));
        for (; count < MOST && cases[i].arguments[count]; count++) {
            assert_true(count < split.count);
            assert_string_equal(split.arguments[count].data, cases[i].arguments[count]);
            assert_int_equal(split.arguments[count].len, strlen(cases[i].arguments[count]));
        }
        assert_int_equal(split.count, count);
        split_clear(&split);
    }
}

static void unbalanced_quotes_are_refused(void **state)
{
    static const char *const lines[] = {
        "\"",      "'",     "a \"b", "a 'b",         "\"a\"b",   "'a'b",
        "\"a\\\"", "'a\\'", "\"a\\", "a \"b\"\"c\"", "x 'a''b'", "\\\"",
    };
    size_t before = mem_used();
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct split split;
        if (split_arguments(bytes_of(lines[i]), &split))
            fail_msg("%s was split", lines[i]);
        assert_null(split.arguments);
        assert_int_equal(split.count, 0);
    }
    assert_int_equal(mem_used(), before);
}

static void a_nul_ends_the_line(void **state)
{
    struct split split;
    (void)state;
    assert_true(split_arguments(BYTES("a b\0c \""), &split));
    assert_int_equal(split.count, 2);
    assert_string_equal(split.arguments[1].data, "b");
    split_clear(&split);
    assert_false(split_arguments(BYTES("\"a\0\""), &split));
    assert_true(split_arguments(BYTES("\"a\\x00b\""), &split));
    assert_true(bytes_equal(split.arguments[0], BYTES("a\0b")));
    split_clear(&split);
}

static void many_arguments_fit(void **state)
{
    char line[20000];
    struct split split;
    (void)state;
    for (size_t i = 0; i < sizeof line; i++)
        line[i] = i % 2 == 0 ? 'x' : ' ';
    assert_true(split_arguments(bytes_make(line, sizeof line), &split));
    assert_int_equal(split.count, sizeof line / 2);
    for (size_t i = 0; i < split.count; i++)
        assert_string_equal(split.arguments[i].data, "x");
    split_clear(&split);
}

static void splitting_in_place_stays_in_the_line(void **state)
{
    static const char letters[] = "ab \"'\\xn4\t\v";
    (void)state;
    for (int i = 0; i < 100000; i++) {
        size_t len = random_below(14);
        char *line = mem_alloc(len + (len == 0)), *copy = mem_alloc(len + 1);
        struct split split = {0};
        struct splitter splitter;
        struct bytes argument;
        enum split_result result;
        size_t count = 0;
        bool is_balanced;
        for (size_t at = 0; at < len; at++)
            line[at] = copy[at] = letters[random_below(sizeof letters - 1)];
        is_balanced = split_arguments(bytes_make(copy, len), &split);
        splitter = splitter_make(line, len);
        while ((result = split_next(&splitter, &argument)) == SPLIT_ARGUMENT) {
            assert_true(argument.data >= line && argument.data + argument.len <= line + len);
            if (is_balanced)
                assert_true(bytes_equal(argument, split.arguments[count++]));
        }
        assert_int_equal(result == SPLIT_END, is_balanced);
        assert_int_equal(count, split.count);
        split_clear(&split);
        mem_free(line);
        mem_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split),
        cmocka_unit_test(unbalanced_quotes_are_refused),
        cmocka_unit_test(a_nul_ends_the_line),
        cmocka_unit_test(many_arguments_fit),
        cmocka_unit_test(splitting_in_place_stays_in_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
