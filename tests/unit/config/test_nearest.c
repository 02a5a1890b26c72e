/* SPDX-License-Identifier: BSD-3-Clause */
/* "Did you mean ...": distances between words, and what is near enough to be proposed. */
#include "config/nearest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_distance(const char *a, const char *b, size_t expected)
{
    assert_int_equal(nearest_distance(bytes_of(a), bytes_of(b), 100), expected);
    assert_int_equal(nearest_distance(bytes_of(b), bytes_of(a), 100), expected);
}

static void distances_count_changes(void **state)
{
    (void)state;
    assert_distance("", "", 0);
    assert_distance("", "abc", 3);
    assert_distance("port", "PORT", 0);
    assert_distance("port", "prot", 1);
    assert_distance("port", "prt", 1);
    assert_distance("port", "porrt", 1);
    assert_distance("port", "pert", 1);
    assert_distance("kitten", "sitting", 3);
    assert_distance("max-memory", "maxmemory", 1);
}

static void distances_end_at_the_limit(void **state)
{
    static const char long_word[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    (void)state;
    assert_int_equal(nearest_distance(BYTES("kitten"), BYTES("sitting"), 3), 3);
    assert_int_equal(nearest_distance(BYTES("kitten"), BYTES("sitting"), 2), 2);
    assert_int_equal(nearest_distance(BYTES("abcdef"), BYTES("uvwxyz"), 2), 2);
    assert_int_equal(nearest_distance(bytes_of(long_word), bytes_of(long_word), 7), 7);
}

static void assert_nearest(const char *name, const char *expected)
{
    const char *by_name = NULL;
    (void)nearest_directive(bytes_of(name), &by_name);
    if (!expected)
        assert_null(by_name);
    else
        assert_string_equal(by_name, expected);
}

static void near_names_are_found(void **state)
{
    (void)state;
    assert_nearest("prot", "port");
    assert_nearest("max_memory", "maxmemory");
    assert_nearest("slave-priorty", "slave-priority");
    assert_nearest("requirepas", "requirepass");
    assert_nearest("MAXCLIENT", "maxclients");
}

static void far_and_hidden_names_are_not(void **state)
{
    (void)state;
    assert_nearest("something-else", NULL);
    assert_nearest("xy", NULL);
    assert_nearest("", NULL);
    assert_nearest("gopher-enable", NULL);
}

static void near_words_of_a_choice_are_found(void **state)
{
    const struct directive *policy = config_find(BYTES("maxmemory-policy"));
    (void)state;
    assert_string_equal(nearest_choice(policy, BYTES("allkey-lru")), "allkeys-lru");
    assert_string_equal(nearest_choice(policy, BYTES("no-eviction")), "noeviction");
    assert_null(nearest_choice(policy, BYTES("lru")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_count_changes),
        cmocka_unit_test(distances_end_at_the_limit),
        cmocka_unit_test(near_names_are_found),
        cmocka_unit_test(far_and_hidden_names_are_not),
        cmocka_unit_test(near_words_of_a_choice_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
