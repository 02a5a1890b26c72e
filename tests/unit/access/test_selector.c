/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/selector.h"
#include "support/small_catalog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct selector selector;
    selector_init(&selector, &small_catalog);
    *state = &selector;
    return 0;
}

static int teardown(void **state)
{
    selector_clear(*state);
    return 0;
}

static enum rule_result apply(struct selector *selector, const char *rule)
{
    return selector_apply(selector, bytes_of(rule));
}

static void assert_printed(const struct selector *selector, const char *expected)
{
    struct buf text = {0};
    selector_print(selector, &text);
    assert_string_equal(buf_cstring(&text), expected);
    buf_clear(&text);
}

static enum permission check_key(const struct selector *selector, const char *key, unsigned access)
{
    const struct bytes argv[] = {BYTES("get"), bytes_of(key)};
    const struct acl_key keys[] = {{1, access}};
    const struct acl_request request = {
        .command = SMALL_GET, .argv = argv, .argc = 2, .keys = keys, .key_count = 1};
    int index;
    return selector_check(selector, &request, &index);
}

static enum permission check_channel(const struct selector *selector, const char *channel, bool is_pattern)
{
    const struct bytes argv[] = {BYTES("get"), bytes_of(channel)};
    const struct acl_request request = {.command = SMALL_GET,
                                        .argv = argv,
                                        .argc = 2,
                                        .first_channel = 1,
                                        .channel_count = 1,
                                        .are_patterns = is_pattern};
    int index;
    return selector_check(selector, &request, &index);
}

static void patterns_give_access_to_keys(void **state)
{
    (void)apply(*state, "+get");
    assert_int_equal(check_key(*state, "a", ACCESS_READ), DENIED_KEY);
    assert_int_equal(apply(*state, "~s:*"), RULE_OK);
    assert_int_equal(apply(*state, "%r~r:*"), RULE_OK);
    assert_int_equal(apply(*state, "%W~w:*"), RULE_OK);
    assert_int_equal(check_key(*state, "s:1", ACCESS_ALL), PERMITTED);
    assert_int_equal(check_key(*state, "S:1", ACCESS_READ), DENIED_KEY);
    assert_int_equal(check_key(*state, "r:1", ACCESS_READ), PERMITTED);
    assert_int_equal(check_key(*state, "r:1", ACCESS_WRITE), DENIED_KEY);
    assert_int_equal(check_key(*state, "w:1", ACCESS_WRITE), PERMITTED);
    assert_int_equal(check_key(*state, "w:1", ACCESS_ALL), DENIED_KEY);
    assert_int_equal(check_key(*state, "w:1", 0), PERMITTED);
    assert_printed(*state, "~s:* %R~r:* %W~w:* resetchannels -@all +get");
}

static void access_to_one_pattern_adds_up(void **state)
{
    (void)apply(*state, "%R~a");
    (void)apply(*state, "%W~a");
    assert_printed(*state, "~a resetchannels -@all");
    assert_int_equal(apply(*state, "resetkeys"), RULE_OK);
    assert_int_equal(apply(*state, "%WR~b"), RULE_OK);
    assert_printed(*state, "~b resetchannels -@all");
}

static void a_pattern_behind_the_one_for_all_is_refused(void **state)
{
    assert_int_equal(apply(*state, "AllKeys"), RULE_OK);
    assert_int_equal(apply(*state, "~a"), RULE_NEEDLESS_KEYS);
    assert_int_equal(apply(*state, "~*"), RULE_OK);
    assert_int_equal(apply(*state, "&*"), RULE_OK);
    assert_int_equal(apply(*state, "&a"), RULE_NEEDLESS_CHANNELS);
    assert_printed(*state, "~* &* -@all");
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const rules[] = {"",     "get",   "%~a", "%",     "%X~a", "%RR~a",
                                        "~a b", "&a\tb", "on",  ">pass", "()",   "%R~a b"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        assert_int_equal(apply(*state, rules[i]), RULE_SYNTAX);
    assert_int_equal(selector_apply(*state, BYTES("~a\0b")), RULE_SYNTAX);
    assert_printed(*state, "resetchannels -@all");
}

static void channels_are_matched_and_patterns_compared(void **state)
{
    (void)apply(*state, "+get");
    assert_int_equal(apply(*state, "&news:*"), RULE_OK);
    assert_int_equal(check_channel(*state, "news:1", false), PERMITTED);
    assert_int_equal(check_channel(*state, "new", false), DENIED_CHANNEL);
    assert_int_equal(check_channel(*state, "news:*", true), PERMITTED);
    assert_int_equal(check_channel(*state, "news:1*", true), DENIED_CHANNEL);
    assert_int_equal(apply(*state, "allchannels"), RULE_OK);
    assert_int_equal(check_channel(*state, "*", true), PERMITTED);
    assert_int_equal(apply(*state, "resetchannels"), RULE_OK);
    assert_int_equal(check_channel(*state, "news:1", false), DENIED_CHANNEL);
}

static void every_key_is_what_stars_give(void **state)
{
    const struct bytes argv[] = {BYTES("get"), BYTES("a")};
    const struct acl_key keys[] = {{1, ACCESS_READ}};
    const struct acl_request request = {
        .command = SMALL_GET, .argv = argv, .argc = 2, .keys = keys, .key_count = 1};
    (void)apply(*state, "~a*");
    (void)apply(*state, "+get");
    assert_false(selector_has_every_key(*state, &request, ACCESS_READ));
    (void)apply(*state, "%R~*");
    assert_true(selector_has_every_key(*state, &request, ACCESS_READ));
    assert_false(selector_has_every_key(*state, &request, ACCESS_WRITE));
    (void)apply(*state, "-get");
    assert_false(selector_has_every_key(*state, &request, ACCESS_READ));
}

static void what_is_for_everybody_needs_no_rule(void **state)
{
    const struct acl_request request = {.command = SMALL_SELECT, .is_for_everybody = true};
    int index;
    assert_int_equal(selector_check(*state, &request, &index), PERMITTED);
}

static void what_is_new_gets_the_channels_that_the_catalogue_gives(void **state)
{
    struct acl_catalog catalog = small_catalog;
    struct selector selector;
    (void)state;
    catalog.gives_channels = true;
    selector_init(&selector, &catalog);
    assert_printed(&selector, "&* -@all");
    selector_clear(&selector);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(patterns_give_access_to_keys),
        TEST(access_to_one_pattern_adds_up),
        TEST(a_pattern_behind_the_one_for_all_is_refused),
        TEST(what_is_no_rule_is_refused),
        TEST(channels_are_matched_and_patterns_compared),
        TEST(every_key_is_what_stars_give),
        TEST(what_is_for_everybody_needs_no_rule),
        TEST(what_is_new_gets_the_channels_that_the_catalogue_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
