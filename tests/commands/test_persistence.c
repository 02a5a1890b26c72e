/* SPDX-License-Identifier: BSD-3-Clause */
/* SAVE, BGSAVE, LASTSAVE and what else wants files, of a server that has no place for them; arguments. */
#include "config/config.h"
#include "engine/client_io.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void without_a_place_nothing_is_saved(void **state)
{
    struct harness *harness = *state;
    harness->server->config->enable_debug_command = PROTECTION_YES;
    assert_reply(harness, "set k v", "+OK\r\n");
    assert_reply(harness, "save", "-ERR\r\n");
    assert_reply(harness, "bgsave", "-ERR\r\n");
    assert_reply(harness, "bgsave schedule", "-ERR\r\n");
    assert_reply(harness, "debug reload", "-ERR\r\n");
    assert_reply(harness, "debug reload nosave noflush",
                 "-ERR Error trying to load the RDB dump, check server logs.\r\n");
    assert_reply(harness, "get k", "$1\r\nv\r\n");
    assert_reply(harness, "shutdown save", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    assert_false(harness->server->is_shutting_down);
}

static void force_ends_the_server_though_nothing_was_saved(void **state)
{
    struct harness *harness = *state;
    /* Without looking for a reply: it closes the client. */
    client_feed(harness->client, BYTES("shutdown save force\r\n"));
    harness_run(harness);
    assert_true(harness->server->is_shutting_down);
}

static void the_first_save_counts_from_the_start(void **state)
{
    assert_reply(*state, "lastsave", ":1700000000\r\n");
}

static void words_that_are_not_options_are_refused(void **state)
{
    struct harness *harness = *state;
    harness->server->config->enable_debug_command = PROTECTION_YES;
    const char *const lines[] = {"bgsave now",           "bgsave schedule schedule", "shutdown later",
                                 "shutdown save nosave", "shutdown abort now",       "shutdown abort save"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_reply(harness, lines[i], "-ERR syntax error\r\n");
    assert_reply(harness, "shutdown abort", "-ERR No shutdown in progress.\r\n");
    assert_reply(harness, "debug reload all",
                 "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n");
    assert_false(harness->server->is_shutting_down);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(without_a_place_nothing_is_saved),
        HARNESS_TEST(force_ends_the_server_though_nothing_was_saved),
        HARNESS_TEST(the_first_save_counts_from_the_start),
        HARNESS_TEST(words_that_are_not_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
