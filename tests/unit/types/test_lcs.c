/* SPDX-License-Identifier: BSD-3-Clause */
/* Longest common subsequences, compared with the textbook's table. */
#include "base/alloc.h"
#include "types/lcs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LEN_MAX 300

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint32_t table[LEN_MAX + 1][LEN_MAX + 1];

static void fill_table(struct bytes a, struct bytes b)
{
    for (size_t i = 0; i <= a.len; i++) {
        for (size_t j = 0; j <= b.len; j++) {
            if (i == 0 || j == 0)
                table[i][j] = 0;
            else if (a.data[i - 1] == b.data[j - 1])
                table[i][j] = table[i - 1][j - 1] + 1;
            else
                table[i][j] = table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
        }
    }
}

/* The next match on the way back, step by step through the table. */
static bool naive_previous(struct bytes a, struct bytes b, size_t *i, size_t *j, struct lcs_match *match)
{
    match->len = 0;
    while (*i > 0 && *j > 0) {
        if (a.data[*i - 1] == b.data[*j - 1]) {
            *match = (struct lcs_match){.in_a = --*i, .in_b = --*j, .len = match->len + 1};
        } else if (match->len > 0) {
            break;
        } else if (table[*i - 1][*j] > table[*i][*j - 1]) {
            --*i;
        } else {
            --*j;
        }
    }
    return match->len > 0;
}

/* Works all out in pieces of `budget` steps. */
static void work_out(struct lcs *lcs, struct bytes a, struct bytes b, bool wants_matches, size_t budget)
{
    enum lcs_progress progress = LCS_MORE;
    lcs_init(lcs, a, b, wants_matches);
    while (progress == LCS_MORE)
        progress = lcs_some(lcs, budget);
    assert_int_equal(progress, LCS_DONE);
    assert_int_equal(lcs_some(lcs, budget), LCS_DONE);
}

static void assert_like_table(struct bytes a, struct bytes b)
{
    size_t i = a.len, j = b.len, total = 0, budget = 1 + next_random() % 1000;
    struct lcs_match expected;
    struct lcs lcs;
    fill_table(a, b);
    work_out(&lcs, a, b, false, budget);
    assert_int_equal(lcs.length, table[a.len][b.len]);
    lcs_clear(&lcs);

    work_out(&lcs, a, b, true, budget);
    assert_int_equal(lcs.length, table[a.len][b.len]);
    for (size_t at = 0; at < lcs.match_count; at++) {
        assert_true(naive_previous(a, b, &i, &j, &expected));
        assert_int_equal(lcs.matches[at].in_a, expected.in_a);
        assert_int_equal(lcs.matches[at].in_b, expected.in_b);
        assert_int_equal(lcs.matches[at].len, expected.len);
        total += expected.len;
    }
    assert_false(naive_previous(a, b, &i, &j, &expected));
    assert_int_equal(total, lcs.length);
    lcs_clear(&lcs);
}

static void small_cases_are_as_by_hand(void **state)
{
    struct lcs lcs;
    (void)state;
    work_out(&lcs, BYTES("ohmytext"), BYTES("mynewtext"), true, 1);
    assert_int_equal(lcs.length, 6);
    assert_int_equal(lcs.match_count, 2);
    assert_int_equal(lcs.matches[0].in_a, 4);
    assert_int_equal(lcs.matches[0].in_b, 5);
    assert_int_equal(lcs.matches[0].len, 4);
    assert_int_equal(lcs.matches[1].in_a, 2);
    assert_int_equal(lcs.matches[1].in_b, 0);
    assert_int_equal(lcs.matches[1].len, 2);
    lcs_clear(&lcs);
}

static void empty_strings_have_nothing_in_common(void **state)
{
    (void)state;
    assert_like_table((struct bytes){0}, (struct bytes){0});
    assert_like_table(BYTES("a"), (struct bytes){0});
    assert_like_table((struct bytes){0}, BYTES("a"));
    assert_like_table(BYTES("abc"), BYTES("xyz"));
}

static void random_strings_are_as_in_the_table(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t a_len = next_random() % LEN_MAX, b_len = next_random() % LEN_MAX;
        unsigned alphabet = round % 3 == 0 ? 2 : round % 3 == 1 ? 26 : 256;
        char a[LEN_MAX], b[LEN_MAX];
        for (size_t i = 0; i < LEN_MAX; i++) {
            a[i] = (char)(next_random() % alphabet);
            b[i] = (char)(next_random() % alphabet);
        }
        assert_like_table(bytes_make(a, a_len), bytes_make(b, b_len));
    }
}

static void rows_of_whole_words_are_no_special_case(void **state)
{
    char a[LEN_MAX], b[LEN_MAX];
    (void)state;
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    for (size_t len = 62; len <= 66; len++)
        assert_like_table(bytes_make(a, 130), bytes_make(b, len));
    assert_like_table(bytes_make(a, 128), bytes_make(b, 128));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_cases_are_as_by_hand),
        cmocka_unit_test(empty_strings_have_nothing_in_common),
        cmocka_unit_test(random_strings_are_as_in_the_table),
        cmocka_unit_test(rows_of_whole_words_are_no_special_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
