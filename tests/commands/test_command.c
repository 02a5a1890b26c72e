/* SPDX-License-Identifier: BSD-3-Clause */
/* COMMAND, and what must hold for the rows of all families. */
#include "base/error.h"
#include "commands/families.h"
#include "engine/synopsis.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void check_synopses(const struct command *row)
{
    for (; row->name; row++) {
        struct synopsis synopsis;
        struct error error;
        int spec_count = 0;
        while (spec_count < KEY_SPECS_MAX && row->keys[spec_count].begin != KEY_BEGIN_NONE)
            spec_count++;
        if (row->synopsis) {
            if (!synopsis_parse(&synopsis, row->synopsis, spec_count, &error))
                fail_msg("%s: %s", row->name, error.text);
            synopsis_clear(&synopsis);
        }
        if (row->subcommands)
            check_synopses(row->subcommands);
    }
}

static void every_synopsis_is_well_formed(void **state)
{
    (void)state;
    for (int i = 0; i < command_family_count; i++)
        check_synopses(command_families[i]->commands);
}

static void info_tells_ten_facts(void **state)
{
    assert_reply(
        *state, "command info get",
        "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
        "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n"
        "*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n"
        "*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n"
        "*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
        "*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n");
}

static void info_of_unknown_commands_is_null(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "command info nosuch get|x object|nosuch", "*3\r\n$-1\r\n$-1\r\n$-1\r\n");
    harness->client->reply.protocol = 3;
    assert_reply(harness, "command info nosuch", "*1\r\n_\r\n");
}

static void info_takes_names_of_subcommands(void **state)
{
    struct bytes reply = harness_send(*state, "command info OBJECT|Freq");
    assert_true(bytes_starts_with(
        reply, BYTES("*1\r\n*10\r\n$11\r\nobject|freq\r\n:3\r\n*1\r\n+readonly\r\n:2\r\n:2\r\n:1\r\n")));
}

static void sets_and_maps_in_resp3(void **state)
{
    struct harness *harness = *state;
    harness->client->reply.protocol = 3;
    assert_reply(
        harness, "command info ping",
        "*1\r\n*10\r\n$4\r\nping\r\n:-1\r\n~1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n~2\r\n+@fast\r\n+@connection\r\n"
        "~2\r\n$25\r\nrequest_policy:all_shards\r\n$29\r\nresponse_policy:all_succeeded\r\n~0\r\n~0\r\n");
    assert_reply(
        harness, "command docs strlen nosuch",
        "%1\r\n$6\r\nstrlen\r\n%5\r\n$7\r\nsummary\r\n$37\r\nReturns the length of a string value.\r\n"
        "$5\r\nsince\r\n$5\r\n2.2.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n$10\r\ncomplexity\r\n$4\r\nO(1)\r\n"
        "$9\r\narguments\r\n*1\r\n%4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
        "$12\r\ndisplay_text\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n");
}

static void docs_tell_what_is_old(void **state)
{
    static const char beginning[] =
        "*2\r\n$6\r\ngetset\r\n*16\r\n$7\r\nsummary\r\n"
        "$75\r\nReturns the previous string value of a key after setting it to a new value.\r\n"
        "$5\r\nsince\r\n$5\r\n1.0.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n$10\r\ncomplexity\r\n$4\r\nO(1)\r\n"
        "$9\r\ndoc_flags\r\n*1\r\n+deprecated\r\n$16\r\ndeprecated_since\r\n$5\r\n6.2.0\r\n"
        "$11\r\nreplaced_by\r\n$30\r\n`SET` with the `!GET` argument\r\n";
    assert_true(bytes_starts_with(harness_send(*state, "command docs getset"), BYTES(beginning)));
}

static void list_is_filtered(void **state)
{
    assert_reply(*state, "command list filterby pattern getd*", "*1\r\n$6\r\ngetdel\r\n");
    assert_reply(*state, "command list filterby pattern OBJECT|f*", "*1\r\n$11\r\nobject|freq\r\n");
    assert_reply(*state, "command list filterby module x", "*0\r\n");
    assert_reply(*state, "command list filterby aclcat nosuch", "*0\r\n");
    assert_true(harness_send(*state, "command list filterby aclcat string").len > 100);
    assert_true(harness_send(*state, "command list").len > 1000);
}

static void list_refuses_other_words(void **state)
{
    assert_reply(*state, "command list x", "-ERR syntax error\r\n");
    assert_reply(*state, "command list filterby module", "-ERR syntax error\r\n");
    assert_reply(*state, "command list filterby nosuch x", "-ERR syntax error\r\n");
}

static void keys_are_found(void **state)
{
    assert_reply(*state, "command getkeys get k", "*1\r\n$1\r\nk\r\n");
    assert_reply(*state, "command getkeys MSET a 1 b 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(*state, "command getkeysandflags set k v",
                 "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+OW\r\n+update\r\n");
    assert_reply(*state, "command getkeysandflags set k v get",
                 "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
    assert_reply(*state, "command getkeysandflags bitfield k get u8 0 overflow sat",
                 "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RO\r\n+access\r\n");
    assert_reply(*state, "command getkeysandflags bitfield k get u8 0 set u8 0 1",
                 "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
}

static void keys_that_cannot_be_told_are_refused(void **state)
{
    assert_reply(*state, "command getkeys nosuch x", "-ERR Invalid command specified\r\n");
    assert_reply(*state, "command getkeys object nosuch x", "-ERR Invalid command specified\r\n");
    assert_reply(*state, "command getkeys ping x", "-ERR The command has no key arguments\r\n");
    assert_reply(*state, "command getkeys get", "-ERR Invalid number of arguments specified for command\r\n");
    assert_reply(*state, "command getkeys get a b",
                 "-ERR Invalid number of arguments specified for command\r\n");
}

static void count_follows_what_is_reachable(void **state)
{
    struct harness *harness = *state;
    int count = registry_count(harness->server->registry);
    char expected[32];
    assert_true(registry_rename(harness->server->registry, BYTES("flushall"), BYTES("")));
    snprintf(expected, sizeof expected, ":%d\r\n", count - 1);
    assert_true(bytes_is(harness_send(harness, "command count"), expected));
    assert_reply(harness, "command info flushall", "*1\r\n$-1\r\n");
}

static void help_lists_the_subcommands(void **state)
{
    struct bytes reply = harness_send(*state, "command help");
    assert_true(bytes_starts_with(
        reply, BYTES("*17\r\n+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n")));
}

/* A synopsis that can't be taken apart would end the server. */
static void all_of_them_are_documented(void **state)
{
    assert_true(harness_send((struct harness *)*state, "COMMAND DOCS").len > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_synopsis_is_well_formed),
        HARNESS_TEST(info_tells_ten_facts),
        HARNESS_TEST(info_of_unknown_commands_is_null),
        HARNESS_TEST(info_takes_names_of_subcommands),
        HARNESS_TEST(sets_and_maps_in_resp3),
        HARNESS_TEST(docs_tell_what_is_old),
        HARNESS_TEST(list_is_filtered),
        HARNESS_TEST(list_refuses_other_words),
        HARNESS_TEST(keys_are_found),
        HARNESS_TEST(keys_that_cannot_be_told_are_refused),
        HARNESS_TEST(count_follows_what_is_reachable),
        HARNESS_TEST(help_lists_the_subcommands),
        HARNESS_TEST(all_of_them_are_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
