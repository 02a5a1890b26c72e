/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/command_rules.h"
#include "support/small_catalog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct command_rules rules;
    command_rules_init(&rules, &small_catalog);
    *state = &rules;
    return 0;
}

static int teardown(void **state)
{
    command_rules_clear(*state);
    return 0;
}

static enum rule_result apply(struct command_rules *rules, const char *rule)
{
    return command_rules_apply(rules, rule[0] == '+', bytes_of(rule + 1));
}

static void apply_all(struct command_rules *rules, const char *const *list)
{
    for (; *list; list++)
        assert_int_equal(apply(rules, *list), RULE_OK);
}

static void assert_text(const struct command_rules *rules, const char *expected)
{
    struct buf text = {0};
    command_rules_print(rules, &text);
    assert_string_equal(buf_cstring(&text), expected);
    buf_clear(&text);
}

/* "gscGSl": which of the catalogue's commands are permitted, in its order. */
static void assert_permitted(const struct command_rules *rules, const char *expected)
{
    char permitted[SMALL_COUNT + 1] = "";
    for (int i = 0; i < SMALL_COUNT; i++)
        permitted[i] = command_rules_permit(rules, i, NULL) ? "gscGSl"[i] : '-';
    assert_string_equal(permitted, expected);
}

static void commands_are_permitted_one_by_one(void **state)
{
    assert_permitted(*state, "------");
    apply_all(*state, (const char *const[]){"+GET", "+set", "-get", NULL});
    assert_permitted(*state, "-s----");
    assert_text(*state, "-@all +set -get");
}

static void a_container_takes_its_subcommands_along(void **state)
{
    apply_all(*state, (const char *const[]){"+config", "-config|set", NULL});
    assert_permitted(*state, "--cG--");
    assert_text(*state, "-@all +config -config|set");
    apply_all(*state, (const char *const[]){"-config", "+config|get", NULL});
    assert_permitted(*state, "---G--");
    assert_text(*state, "-@all -config +config|get");
}

static void categories_are_groups_of_commands(void **state)
{
    apply_all(*state, (const char *const[]){"+@String", "-@write", "+@slow", NULL});
    assert_permitted(*state, "gscGS-");
    assert_text(*state, "-@all +@string -@write +@slow");
}

static void a_rule_takes_the_place_of_an_earlier_one_about_the_same(void **state)
{
    apply_all(*state, (const char *const[]){"+get", "-@slow", "-get", "+@slow", "+get", NULL});
    assert_text(*state, "-@all +@slow +get");
}

static void all_commands_make_earlier_rules_void(void **state)
{
    struct command_rules *rules = *state;
    apply_all(rules, (const char *const[]){"+get", "+select|0", NULL});
    command_rules_set_all(rules, true);
    assert_true(rules->allows_all);
    assert_text(rules, "+@all");
    apply_all(rules, (const char *const[]){"-config|set", NULL});
    assert_false(rules->allows_all);
    assert_permitted(rules, "gscG-l");
    assert_text(rules, "+@all -config|set");
    command_rules_set_all(rules, false);
    assert_permitted(rules, "------");
    assert_null(rules->arguments);
}

static void a_command_may_be_permitted_with_one_argument(void **state)
{
    const struct bytes zero = BYTES("0"), one = BYTES("1");
    apply_all(*state, (const char *const[]){"+select|0", "+SELECT|0", "+get|A", NULL});
    assert_text(*state, "-@all +select|0 +get|a");
    assert_true(command_rules_permit(*state, SMALL_SELECT, &zero));
    assert_false(command_rules_permit(*state, SMALL_SELECT, &one));
    assert_false(command_rules_permit(*state, SMALL_SELECT, NULL));
    assert_true(command_rules_permit(*state, SMALL_GET, &(const struct bytes){"a", 1}));
    apply_all(*state, (const char *const[]){"-select", NULL});
    assert_false(command_rules_permit(*state, SMALL_SELECT, &zero));
    assert_text(*state, "-@all +get|a -select");
}

static void what_is_not_known_is_refused(void **state)
{
    static const struct {
        const char *rule;
        enum rule_result result;
    } rules[] = {
        {"+nosuch", RULE_UNKNOWN_COMMAND},   {"-nosuch", RULE_UNKNOWN_COMMAND},
        {"+", RULE_UNKNOWN_COMMAND},         {"+@nosuch", RULE_UNKNOWN_COMMAND},
        {"-@", RULE_UNKNOWN_COMMAND},        {"+config|nosuch", RULE_UNKNOWN_COMMAND},
        {"+nosuch|x", RULE_UNKNOWN_COMMAND}, {"+|x", RULE_UNKNOWN_COMMAND},
        {"-select|0", RULE_UNKNOWN_COMMAND}, {"-config|", RULE_UNKNOWN_COMMAND},
        {"+config|", RULE_SYNTAX},           {"+get|", RULE_SYNTAX},
        {"+get|a b", RULE_SYNTAX},           {"+config|get|x", RULE_ARGUMENT_OF_SUBCOMMAND},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        assert_int_equal(apply(*state, rules[i].rule), rules[i].result);
    assert_text(*state, "-@all");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commands_are_permitted_one_by_one),
        TEST(a_container_takes_its_subcommands_along),
        TEST(categories_are_groups_of_commands),
        TEST(a_rule_takes_the_place_of_an_earlier_one_about_the_same),
        TEST(all_commands_make_earlier_rules_void),
        TEST(a_command_may_be_permitted_with_one_argument),
        TEST(what_is_not_known_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
