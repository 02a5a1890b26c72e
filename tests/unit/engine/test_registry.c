/* SPDX-License-Identifier: BSD-3-Clause */
/* The registry: lookup, subcommands, renaming, derived ACL categories. */
#include "base/alloc.h"
#include "engine/command.h"
#include "metrics/histogram.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void run(struct call *call)
{
    (void)call;
}

#define ROW(row_name, ...)                                                                                 \
    {                                                                                                      \
        .name = (row_name), .run = run, .arity = -1, .group = "generic", .since = "1.0.0", .summary = "-", \
        __VA_ARGS__                                                                                        \
    }

static const struct command client_subcommands[] = {
    ROW("kill", .flags = COMMAND_ADMIN),
    ROW("list", .flags = COMMAND_FAST),
    {.name = NULL},
};

static const struct command some_commands[] = {
    ROW("get", .flags = COMMAND_READONLY | COMMAND_FAST, .acl = ACL_STRING),
    ROW("set", .flags = COMMAND_WRITE, .acl = ACL_STRING),
    ROW("a", .flags = COMMAND_FAST),
    ROW("ab", .flags = COMMAND_FAST),
    ROW("bab", .flags = COMMAND_FAST),
    ROW("setex", .flags = COMMAND_WRITE),
    ROW("psubscribe", .flags = COMMAND_PUBSUB),
    ROW("zremrangebyscore", .flags = COMMAND_WRITE),
    ROW("georadiusbymember", .flags = COMMAND_WRITE),
    ROW("georadiusbymember_ro", .flags = COMMAND_READONLY),
    ROW("eval_ro", .flags = COMMAND_READONLY, .acl = ACL_SCRIPTING),
    ROW("blpop", .flags = COMMAND_WRITE | COMMAND_BLOCKING),
    {.name = NULL},
};

static const struct command more_commands[] = {
    {.name = "client",
     .arity = -2,
     .group = "connection",
     .since = "2.4.0",
     .summary = "-",
     .subcommands = client_subcommands},
    {.name = NULL},
};

static const struct command_family some = {"some", some_commands}, more = {"more", more_commands};
static const struct command_family *const families[] = {&some, &more};

static int make(void **state)
{
    *state = registry_new(families, 2);
    return 0;
}

static int destroy(void **state)
{
    registry_free(*state);
    return 0;
}

static const char *found(struct registry *registry, const char *name)
{
    const struct registered_command *command = registry_find(registry, bytes_of(name));
    return command ? command->row->name : "(none)";
}

static void every_command_is_found_in_any_case(void **state)
{
    for (const struct command *row = some_commands; row->name; row++) {
        char name[32];
        size_t len = strlen(row->name);
        for (unsigned mask = 0; mask < 4; mask++) {
            for (size_t i = 0; i <= len; i++) {
                bool is_upper = row->name[i] >= 'a' && row->name[i] <= 'z' && ((mask >> (i & 1)) & 1);
                name[i] = (char)(is_upper ? row->name[i] - 'a' + 'A' : row->name[i]);
            }
            assert_string_equal(found(*state, name), row->name);
        }
    }
}

static void other_names_are_not_found(void **state)
{
    const char *const names[] = {"",
                                 "g",
                                 "ge",
                                 "gets",
                                 "gut",
                                 "geT ",
                                 "se",
                                 "aa",
                                 "b",
                                 "ba",
                                 "aab",
                                 "psubscrib",
                                 "psubscribes",
                                 "zremrangebyscorE_",
                                 "georadiusbyMEMBERS",
                                 "georadiuszymember_ro",
                                 "kill",
                                 "eval\x7fro",
                                 "eval\x1fro",
                                 "\307et"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(found(*state, names[i]), "(none)");
}

/* The name's last byte is the last of its allocation: a load past it is the sanitizer's to find. */
static void lookup_reads_nothing_past_the_name(void **state)
{
    for (size_t len = 0; len <= 20; len++) {
        char *exact = mem_alloc(len + 1);
        memset(exact + 1, 'x', len);
        assert_null(registry_find(*state, bytes_make(exact + 1, len)));
        mem_free(exact);
    }
}

static void subcommand_is_resolved(void **state)
{
    const struct bytes argv[] = {BYTES("CLIENT"), BYTES("Kill"), BYTES("x")};
    bool is_unknown = true;
    const struct registered_command *command = registry_resolve(*state, argv, 3, &is_unknown);
    assert_false(is_unknown);
    assert_string_equal(command->full_name, "client|kill");
    assert_string_equal(command->name, "kill");
    assert_ptr_equal(command->parent, registry_find(*state, argv[0]));
}

static void container_alone_and_unknown_subcommand_give_the_container(void **state)
{
    const struct bytes argv[] = {BYTES("client"), BYTES("nosuch")};
    const struct registered_command *container = registry_find(*state, argv[0]);
    bool is_unknown = true;
    assert_ptr_equal(registry_resolve(*state, argv, 1, &is_unknown), container);
    assert_false(is_unknown);
    assert_ptr_equal(registry_resolve(*state, argv, 2, &is_unknown), container);
    assert_true(is_unknown);
    assert_null(registry_resolve(*state, argv + 1, 1, &is_unknown));
    assert_false(is_unknown);
}

/* Looks a name up where it lies among other bytes, as in a request, so far as `readable` lets it see them. */
static const struct registered_command *found_within(struct registry *registry, const char *name,
                                                     size_t readable)
{
    char request[64];
    struct bytes argv[] = {{request, strlen(name)}, BYTES("list")};
    bool is_unknown = true;
    memset(request, '$', sizeof request);
    memcpy(request, name, argv[0].len);
    const struct registered_command *command =
        registry_resolve_within(registry, argv, 2, readable, &is_unknown);
    assert_int_equal(is_unknown, command && command->subcommand_count > 0);
    return command;
}

static void within_a_request_a_name_is_found_as_by_itself(void **state)
{
    const char *const others[] = {"GET",  "Get", "SET",    "",       "g",       "ge",
                                  "gets", "GE",  "client", "CLIENT", "nosuch!", "nosuch?"};
    bool is_unknown;
    for (unsigned round = 0; round < 3; round++) {
        for (const struct command *row = some_commands; row->name; row++) {
            const struct bytes argv[] = {bytes_of(row->name), BYTES("list")};
            const struct registered_command *command = registry_resolve(*state, argv, 2, &is_unknown);
            assert_ptr_equal(found_within(*state, row->name, 64), command);
            assert_ptr_equal(found_within(*state, row->name, argv[0].len), command);
        }
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            const struct bytes argv[] = {bytes_of(others[i]), BYTES("list")};
            assert_ptr_equal(found_within(*state, others[i], 8),
                             registry_resolve(*state, argv, 2, &is_unknown));
        }
    }
}

/* A byte of zero is a byte as any other. */
static void name_with_a_zero_behind_it_is_another(void **state)
{
    const struct bytes get[] = {BYTES("get\0\0\0\0\0"), BYTES("x")};
    bool is_unknown;
    for (size_t len = 3; len <= 7; len++) {
        const struct bytes argv[] = {{get[0].data, len}, get[1]};
        const struct registered_command *command = registry_resolve_within(*state, argv, 2, 8, &is_unknown);
        assert_int_equal(command != NULL, len == 3);
    }
}

static void renamed_command_is_not_found_by_what_was_remembered(void **state)
{
    assert_non_null(found_within(*state, "get", 64));
    assert_true(registry_rename(*state, BYTES("get"), BYTES("hidden")));
    assert_null(found_within(*state, "get", 64));
    assert_string_equal(found_within(*state, "hidden", 64)->full_name, "get");
}

/* The buffer ends with the name. */
static void lookup_within_reads_no_more_than_it_may(void **state)
{
    for (size_t len = 1; len <= 20; len++) {
        char *exact = mem_alloc(len);
        const struct bytes argv[] = {{exact, len}, BYTES("x")};
        bool is_unknown;
        memset(exact, 'x', len);
        assert_null(registry_resolve_within(*state, argv, 2, len, &is_unknown));
        mem_free(exact);
    }
}

static void full_name_names_a_command_or_a_subcommand(void **state)
{
    assert_ptr_equal(registry_find_full(*state, BYTES("GET")), registry_find(*state, BYTES("get")));
    assert_string_equal(registry_find_full(*state, BYTES("Client|KILL"))->full_name, "client|kill");
    assert_null(registry_find_full(*state, BYTES("client|nosuch")));
    assert_null(registry_find_full(*state, BYTES("get|kill")));
    assert_null(registry_find_full(*state, BYTES("nosuch|kill")));
    assert_null(registry_find_full(*state, BYTES("client|")));
    assert_null(registry_find_full(*state, BYTES("|")));
}

static void acl_categories_follow_from_flags(void **state)
{
    const struct {
        const char *name;
        uint32_t acl;
    } expected[] = {
        {"get", ACL_STRING | ACL_READ | ACL_FAST},      {"set", ACL_STRING | ACL_WRITE | ACL_SLOW},
        {"psubscribe", ACL_PUBSUB | ACL_SLOW},          {"eval_ro", ACL_SCRIPTING | ACL_SLOW},
        {"blpop", ACL_WRITE | ACL_BLOCKING | ACL_SLOW},
    };
    const struct bytes kill[] = {BYTES("client"), BYTES("kill")};
    bool is_unknown;

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(registry_find(*state, bytes_of(expected[i].name))->acl, expected[i].acl);
    assert_int_equal(registry_resolve(*state, kill, 2, &is_unknown)->acl,
                     ACL_ADMIN | ACL_DANGEROUS | ACL_SLOW);
}

static void renamed_command_answers_to_its_new_name_only(void **state)
{
    assert_true(registry_rename(*state, BYTES("SET"), BYTES("Hidden-Name-Longer-Than-16")));
    assert_string_equal(found(*state, "set"), "(none)");
    assert_string_equal(found(*state, "hidden-name-longer-than-16"), "set");
    assert_string_equal(found(*state, "hidden-name-LONGER-THAN-16"), "set");
    assert_string_equal(found(*state, "hidden-namX-longer-than-16"), "(none)");
    assert_string_equal(registry_find(*state, BYTES("hidden-name-longer-than-16"))->full_name, "set");
    assert_true(registry_rename(*state, BYTES("hidden-name-longer-than-16"), BYTES("set")));
    assert_string_equal(found(*state, "set"), "set");
}

static void long_names_that_differ_in_the_middle_are_two(void **state)
{
    assert_true(registry_rename(*state, BYTES("get"), BYTES("abcdefgh-secret1-abcdefgh")));
    assert_true(registry_rename(*state, BYTES("set"), BYTES("abcdefgh-secret2-abcdefgh")));
    assert_string_equal(found(*state, "abcdefgh-SECRET1-abcdefgh"), "get");
    assert_string_equal(found(*state, "abcdefgh-secret2-abcdefgh"), "set");
    assert_string_equal(found(*state, "abcdefgh-secret3-abcdefgh"), "(none)");
    assert_false(registry_rename(*state, BYTES("bab"), BYTES("abcdefgh-secret1-abcdefgh")));
}

static void command_renamed_to_nothing_is_gone(void **state)
{
    int count = registry_count(*state);
    assert_true(registry_rename(*state, BYTES("get"), BYTES("")));
    assert_string_equal(found(*state, "get"), "(none)");
    assert_int_equal(registry_count(*state), count - 1);
    for (int i = 0; i < registry_count(*state); i++)
        assert_string_not_equal(registry_at(*state, i)->row->name, "get");
    assert_string_equal(found(*state, "set"), "set");
}

static void renaming_needs_a_command_and_a_free_name(void **state)
{
    assert_false(registry_rename(*state, BYTES("nosuch"), BYTES("x")));
    assert_false(registry_rename(*state, BYTES("get"), BYTES("set")));
    assert_true(registry_rename(*state, BYTES("get"), BYTES("GET")));
    assert_string_equal(found(*state, "get"), "get");
    assert_string_equal(found(*state, "set"), "set");
}

struct ids {
    unsigned seen;
    int count;
};

static void note_id(void *context, struct registered_command *command)
{
    struct ids *ids = context;
    ids->seen |= 1U << command->id;
    ids->count++;
}

static void ids_are_dense(void **state)
{
    struct ids ids = {0, 0};
    registry_each(*state, note_id, &ids);
    assert_int_equal(ids.count, 15);
    assert_int_equal(ids.seen, (1U << 15) - 1);
    assert_int_equal(registry_count(*state), 13);
}

static void reset_forgets_what_was_counted(void **state)
{
    struct registered_command *get = registry_find(*state, BYTES("get"));
    get->calls = get->ticks = get->rejected = get->failed = 7;
    get->latency = histogram_new();
    registry_reset_stats(*state);
    assert_int_equal(get->calls + get->ticks + get->rejected + get->failed, 0);
    assert_null(get->latency);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_command_is_found_in_any_case, make, destroy),
        cmocka_unit_test_setup_teardown(other_names_are_not_found, make, destroy),
        cmocka_unit_test_setup_teardown(lookup_reads_nothing_past_the_name, make, destroy),
        cmocka_unit_test_setup_teardown(subcommand_is_resolved, make, destroy),
        cmocka_unit_test_setup_teardown(container_alone_and_unknown_subcommand_give_the_container, make,
                                        destroy),
        cmocka_unit_test_setup_teardown(within_a_request_a_name_is_found_as_by_itself, make, destroy),
        cmocka_unit_test_setup_teardown(name_with_a_zero_behind_it_is_another, make, destroy),
        cmocka_unit_test_setup_teardown(renamed_command_is_not_found_by_what_was_remembered, make, destroy),
        cmocka_unit_test_setup_teardown(lookup_within_reads_no_more_than_it_may, make, destroy),
        cmocka_unit_test_setup_teardown(full_name_names_a_command_or_a_subcommand, make, destroy),
        cmocka_unit_test_setup_teardown(acl_categories_follow_from_flags, make, destroy),
        cmocka_unit_test_setup_teardown(renamed_command_answers_to_its_new_name_only, make, destroy),
        cmocka_unit_test_setup_teardown(long_names_that_differ_in_the_middle_are_two, make, destroy),
        cmocka_unit_test_setup_teardown(command_renamed_to_nothing_is_gone, make, destroy),
        cmocka_unit_test_setup_teardown(renaming_needs_a_command_and_a_free_name, make, destroy),
        cmocka_unit_test_setup_teardown(ids_are_dense, make, destroy),
        cmocka_unit_test_setup_teardown(reset_forgets_what_was_counted, make, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
