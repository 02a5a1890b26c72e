/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys found in arguments by the specs of a command's row. */
#include "engine/key_spec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARGS_MAX 64

/* The indexes of the keys in the words of `request`, as "1 2 5", or "misfit". */
static const char *keys_of(const struct command *row, const char *request)
{
    static char text[1024];
    struct key_positions positions = {.count = 0};
    struct bytes argv[ARGS_MAX];
    int argc = 0, len = 0;
    for (const char *word = request; *word && argc < ARGS_MAX;
         word += argv[argc - 1].len + (word[argv[argc - 1].len] == ' ')) {
        argv[argc] = bytes_make(word, strcspn(word, " "));
        argc++;
    }
    text[0] = 0;
    if (!command_find_keys(row, argv, argc, &positions))
        return "misfit";
    for (int i = 0; i < positions.count; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "%s%d", i ? " " : "",
                        key_position_at(&positions, i)->index);
    key_positions_clear(&positions);
    return text;
}

static const struct command get = {.name = "get", .keys = {KEY_AT(1, KEY_RO)}};
static const struct command del = {.name = "del", .keys = {KEYS_FROM(1, KEY_RM)}};
static const struct command mset = {.name = "mset", .keys = {KEYS_EVERY(1, 2, KEY_OW)}};
static const struct command blpop = {
    .name = "blpop",
    .keys = {{.flags = KEY_RW, .begin = KEY_BEGIN_INDEX, .first = 1, .last = -2, .step = 1}}};
static const struct command lmove = {.name = "lmove", .keys = {KEY_AT(1, KEY_RW), KEY_AT(2, KEY_RW)}};
static const struct command zunionstore = {.name = "zunionstore",
                                           .keys = {KEY_AT(1, KEY_OW),
                                                    {.flags = KEY_RO,
                                                     .begin = KEY_BEGIN_INDEX,
                                                     .first = 2,
                                                     .find = KEY_FIND_KEYNUM,
                                                     .keys_from = 1,
                                                     .step = 1}}};
static const struct command msetex = {.name = "msetex",
                                      .keys = {{.flags = KEY_OW,
                                                .begin = KEY_BEGIN_INDEX,
                                                .find = KEY_FIND_KEYNUM,
                                                .first = 1,
                                                .keynum_at = 0,
                                                .keys_from = 1,
                                                .step = 2}}};
static const struct command xread = {.name = "xread",
                                     .keys = {{.flags = KEY_RO,
                                               .begin = KEY_BEGIN_KEYWORD,
                                               .keyword = "STREAMS",
                                               .first = 1,
                                               .last = -1,
                                               .step = 1,
                                               .limit = 2}}};
static const struct command migrate = {.name = "migrate",
                                       .keys = {KEY_AT(3, KEY_RW),
                                                {.flags = KEY_RW | KEY_INCOMPLETE,
                                                 .begin = KEY_BEGIN_KEYWORD,
                                                 .keyword = "KEYS",
                                                 .first = -2,
                                                 .last = -1,
                                                 .step = 1}}};
static const struct command sort = {
    .name = "sort",
    .keys = {KEY_AT(1, KEY_RO), {.flags = KEY_RO, .begin = KEY_BEGIN_UNKNOWN, .find = KEY_FIND_UNKNOWN}}};
static const struct command spublish = {.name = "spublish", .keys = {KEY_AT(1, KEY_NOT_KEY)}};
static const struct command ping = {.name = "ping"};

static void range_gives_its_keys(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&get, "get k"), "1");
    assert_string_equal(keys_of(&del, "del a b c"), "1 2 3");
    assert_string_equal(keys_of(&mset, "mset a 1 b 2 c"), "1 3 5");
    assert_string_equal(keys_of(&blpop, "blpop a b 0"), "1 2");
    assert_string_equal(keys_of(&lmove, "lmove a b left right"), "1 2");
    assert_string_equal(keys_of(&ping, "ping x"), "");
}

static void range_past_the_end_is_a_misfit(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&get, "get"), "misfit");
    assert_string_equal(keys_of(&del, "del"), "misfit");
    assert_string_equal(keys_of(&blpop, "blpop 0"), "misfit");
    assert_string_equal(keys_of(&lmove, "lmove a"), "misfit");
}

static void announced_number_of_keys_is_taken(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&zunionstore, "zunionstore d 2 a b weights 1 2"), "1 3 4");
    assert_string_equal(keys_of(&zunionstore, "zunionstore d 1 a"), "1 3");
    assert_string_equal(keys_of(&msetex, "msetex 2 a 1 b 2 nx"), "2 4");
    assert_string_equal(keys_of(&msetex, "msetex 2 a 1 b"), "2 4");
    assert_string_equal(keys_of(&msetex, "msetex 3 a 1 b 2"), "misfit");
}

static void wrong_announced_number_is_a_misfit(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&zunionstore, "zunionstore d 3 a b"), "misfit");
    assert_string_equal(keys_of(&zunionstore, "zunionstore d 0 a"), "misfit");
    assert_string_equal(keys_of(&zunionstore, "zunionstore d -1 a"), "misfit");
    assert_string_equal(keys_of(&zunionstore, "zunionstore d x a"), "misfit");
    assert_string_equal(keys_of(&zunionstore, "zunionstore d 9223372036854775807 a"), "misfit");
    assert_string_equal(keys_of(&zunionstore, "zunionstore d"), "misfit");
}

static void keys_are_found_behind_a_keyword(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&xread, "xread count 2 streams a b 0 0"), "4 5");
    assert_string_equal(keys_of(&xread, "xread Streams a 0"), "2");
    assert_string_equal(keys_of(&xread, "xread count 2 x a 0"), "");
    assert_string_equal(keys_of(&xread, "xread count streams"), "");
    assert_string_equal(keys_of(&xread, "xread streams a"), "misfit");
}

static void incomplete_and_unknown_specs_do_not_guess(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&migrate, "migrate h p k 0 10"), "3");
    assert_string_equal(keys_of(&migrate, "migrate h p k 0 10 keys a b"), "misfit");
    assert_string_equal(keys_of(&sort, "sort k"), "misfit");
}

static bool last_argument(const struct bytes *argv, int argc, struct key_positions *positions)
{
    key_positions_add(positions, argc - 1, KEY_OW);
    return argc > 2 && argv[1].len > 0;
}

static void hook_answers_where_specs_do_not(void **state)
{
    struct command unknown = sort, variable = get, plain = get;
    (void)state;
    unknown.find_keys = variable.find_keys = plain.find_keys = last_argument;
    variable.keys[0].flags |= KEY_VARIABLE_FLAGS;
    assert_string_equal(keys_of(&unknown, "sort a store b"), "3");
    assert_string_equal(keys_of(&variable, "get a x y"), "3");
    assert_string_equal(keys_of(&plain, "get a x y"), "1");
    assert_string_equal(keys_of(&unknown, "sort a"), "misfit");
}

static void many_keys_are_kept(void **state)
{
    (void)state;
    assert_string_equal(keys_of(&del, "del a b c d e f g h i j k l m n o p q r s t"),
                        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
}

static void channels_are_not_keys(void **state)
{
    (void)state;
    assert_false(command_has_keys(&spublish));
    assert_false(command_has_keys(&ping));
    assert_true(command_has_keys(&get));
    assert_true(command_has_keys(&sort));
    assert_string_equal(keys_of(&spublish, "spublish c m"), "");
}

static void check_range(const struct command *row, int first, int last, int step, bool is_movable)
{
    struct key_range range = command_key_range(row);
    assert_int_equal(range.first, first);
    assert_int_equal(range.last, last);
    assert_int_equal(range.step, step);
    assert_int_equal(range.is_movable, is_movable);
}

static void old_range_covers_what_it_can(void **state)
{
    (void)state;
    check_range(&ping, 0, 0, 0, false);
    check_range(&get, 1, 1, 1, false);
    check_range(&del, 1, -1, 1, false);
    check_range(&mset, 1, -1, 2, false);
    check_range(&blpop, 1, -2, 1, false);
    check_range(&lmove, 1, 2, 1, false);
    check_range(&zunionstore, 1, 1, 1, true);
    check_range(&xread, 0, 0, 0, true);
    check_range(&migrate, 3, 3, 1, true);
    check_range(&sort, 1, 1, 1, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_gives_its_keys),
        cmocka_unit_test(range_past_the_end_is_a_misfit),
        cmocka_unit_test(announced_number_of_keys_is_taken),
        cmocka_unit_test(wrong_announced_number_is_a_misfit),
        cmocka_unit_test(keys_are_found_behind_a_keyword),
        cmocka_unit_test(incomplete_and_unknown_specs_do_not_guess),
        cmocka_unit_test(hook_answers_where_specs_do_not),
        cmocka_unit_test(many_keys_are_kept),
        cmocka_unit_test(channels_are_not_keys),
        cmocka_unit_test(old_range_covers_what_it_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
