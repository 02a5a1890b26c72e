/* SPDX-License-Identifier: BSD-3-Clause */
/* Glob patterns, ordinary and odd. */
#include "base/alloc.h"
#include "base/glob.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct example {
    const char *pattern, *text;
    bool is_match;
};

static void assert_examples(const struct example *examples, size_t count, bool nocase)
{
    for (size_t i = 0; i < count; i++) {
        const struct example *e = &examples[i];
        if (glob_match(bytes_of(e->pattern), bytes_of(e->text), nocase) != e->is_match)
            fail_msg("\"%s\" and \"%s\" should%s match", e->pattern, e->text, e->is_match ? "" : " not");
    }
}

#define ASSERT_EXAMPLES(examples, nocase) \
    assert_examples((examples), sizeof examples / sizeof((examples)[0]), (nocase))

static void stars_and_question_marks(void **state)
{
    static const struct example examples[] = {
        {"abc", "abc", true},
        {"abc", "abd", false},
        {"abc", "ab", false},
        {"ab", "abc", false},
        {"*", "anything", true},
        {"***", "x", true},
        {"session:*", "session:1", true},
        {"session:*", "session:", true},
        {"session:*", "sessions:1", false},
        {"*:data", "session:1:data", true},
        {"*:data", "session:1:date", false},
        {"a*b*c", "a-b-b-c-c", true},
        {"a*b*c", "a-c-b", false},
        {"*a*b", "ab", true},
        {"*ab*ab", "abab", true},
        {"*ab*ab", "aba", false},
        {"h?llo", "hello", true},
        {"h?llo", "hllo", false},
        {"?", "x", true},
        {"a?", "a", false},
        {"a*?", "a", false},
        {"a*?", "ab", true},
        {"a**", "a", true},
        {"*aab", "aaaab", true},
    };
    (void)state;
    ASSERT_EXAMPLES(examples, false);
}

static void only_the_empty_pattern_matches_the_empty_text(void **state)
{
    static const struct example examples[] = {
        {"", "", true}, {"*", "", false}, {"?", "", false}, {"[^a]", "", false}, {"", "a", false},
    };
    (void)state;
    ASSERT_EXAMPLES(examples, false);
    assert_true(glob_match((struct bytes){0}, (struct bytes){0}, false));
}

static void sets(void **state)
{
    static const struct example examples[] = {
        {"h[ae]llo", "hello", true},
        {"h[ae]llo", "hillo", false},
        {"h[^e]llo", "hallo", true},
        {"h[^e]llo", "hello", false},
        {"h[a-b]llo", "hbllo", true},
        {"h[b-a]llo", "hallo", true},
        {"h[a-b]llo", "hcllo", false},
        {"[0-9a-f]*", "f00", true},
        {"[0-9a-f]", "g", false},
        {"[]", "a", false},
        {"[]a]", "a]", false},
        {"[^]", "a", true},
        {"[\\]]", "]", true},
        {"[a\\-z]", "-", true},
        {"[a\\-z]", "b", false},
        {"[a-]", "-", false}, /* a range from a to ], and a set that has no end */
        {"[a-]", "^", true},
        {"[-a]", "-", true},
        {"*[0-9]x", "a1b2x", true},
    };
    (void)state;
    ASSERT_EXAMPLES(examples, false);
}

static void sets_without_an_end(void **state)
{
    static const struct example examples[] = {
        {"[", "a", false},    {"[", "[", false},  {"[^", "a", true},   {"[abc", "b", true},
        {"[abc", "d", false}, {"[a-", "-", true}, {"[a-", "b", false}, {"[a\\", "\\", true},
    };
    (void)state;
    ASSERT_EXAMPLES(examples, false);
}

static void escapes(void **state)
{
    static const struct example examples[] = {
        {"\\*", "*", true},    {"\\*", "a", false},       {"\\?x", "?x", true}, {"\\[a]", "[a]", true},
        {"a\\", "a\\", true},  {"\\\\", "\\", true},      {"\\a", "a", true},   {"*\\*", "a*", true},
        {"*\\*", "ab", false}, {"a\\*b*", "a*bcd", true},
    };
    (void)state;
    ASSERT_EXAMPLES(examples, false);
}

static void case_is_folded_on_demand(void **state)
{
    static const struct example examples[] = {
        {"MaxMem*", "maxmemory", true},
        {"[A-C]x", "bX", true},
        {"[abc]", "B", true},
        {"[\\a]", "A", false}, /* an escape in a set keeps its case */
        {"[\\a]", "a", true},
        {"\\A", "a", true},
        {"@", "`", false},
        {"[", "{", false},
        {"[Z-a]", "_", false},
    };
    (void)state;
    ASSERT_EXAMPLES(examples, true);
    assert_false(glob_match(BYTES("MaxMem*"), BYTES("maxmemory"), false));
}

static void bytes_are_bytes(void **state)
{
    (void)state;
    assert_true(glob_match(BYTES("a\0*"), BYTES("a\0b\0"), false));
    assert_false(glob_match(BYTES("a\0b"), BYTES("a\0c"), false));
    assert_true(glob_match(BYTES("\xff?"), BYTES("\xff\x80"), false));
    assert_true(glob_match(BYTES("[\xf0-\xff]"), BYTES("\xf5"), false));
    /* 0x80 is -128: it lies below, not above. */
    assert_true(glob_match(BYTES("[\x80-a]"), BYTES("A"), false));
    assert_false(glob_match(BYTES("[a-\x80]"), BYTES("z"), false));
    /* Put in order as signed bytes and then folded to unsigned ones, such a range is empty. */
    assert_false(glob_match(BYTES("[a-\x80]"), BYTES("z"), true));
    assert_true(glob_match(BYTES("[\x80-\xff]"), BYTES("\xe4"), true));
}

static void a_costly_pattern_ends_soon(void **state)
{
    static const char pattern[] = "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
    size_t len = 100000;
    char *text = mem_alloc(len);
    (void)state;
    memset(text, 'a', len);
    assert_false(glob_match(BYTES(pattern), bytes_make(text, len), false));
    assert_false(glob_match(BYTES("*aaaaaaaaaaaaaaaaaaaaaaaaab"), bytes_make(text, len), true));
    text[len - 1] = 'b';
    assert_true(glob_match(BYTES(pattern), bytes_make(text, len), false));
    mem_free(text);
}

static void too_many_stars_match_nothing(void **state)
{
    enum { STARS = 1001 };
    char pattern[2 * STARS + 1], text[STARS];

    (void)state;
    for (size_t i = 0; i < STARS; i++) {
        pattern[2 * i] = '*';
        pattern[2 * i + 1] = text[i] = 'a';
    }
    pattern[sizeof pattern - 1] = '*';
    assert_false(glob_match(bytes_make(pattern, sizeof pattern), bytes_make(text, STARS), false));
    assert_true(glob_match(bytes_make(pattern + 2, sizeof pattern - 2), bytes_make(text, STARS), false));
}

static void wildcards_are_recognised(void **state)
{
    (void)state;
    assert_false(glob_has_wildcards(BYTES("maxmemory")));
    assert_false(glob_has_wildcards(BYTES("a\0]^-")));
    assert_true(glob_has_wildcards(BYTES("max*")));
    assert_true(glob_has_wildcards(BYTES("a?")));
    assert_true(glob_has_wildcards(BYTES("[a")));
    assert_true(glob_has_wildcards(BYTES("a\\")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stars_and_question_marks),
        cmocka_unit_test(only_the_empty_pattern_matches_the_empty_text),
        cmocka_unit_test(sets),
        cmocka_unit_test(sets_without_an_end),
        cmocka_unit_test(escapes),
        cmocka_unit_test(case_is_folded_on_demand),
        cmocka_unit_test(bytes_are_bytes),
        cmocka_unit_test(a_costly_pattern_ends_soon),
        cmocka_unit_test(too_many_stars_match_nothing),
        cmocka_unit_test(wildcards_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
