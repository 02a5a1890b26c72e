/* SPDX-License-Identifier: BSD-3-Clause */
/* SAVE, BGSAVE, LASTSAVE and what else wants files, of a server that has no place for them; arguments. */
#include "config/config.h"
#include "engine/client_io.h"
#include "persist/save_state.h"
#include "persist/snapshot.h"
#include "support/saving.h"
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

/* ---- while a file is loaded, the server goes on ---- */

#define KEYS    300000
#define CLIENTS 1000

/* A server, and its running clock, with a file that takes many turns to load. */
static int prepare_loading(void **state)
{
    (void)saving_setup(state);
    struct harness *h = *state;
    clock_init(&h->server->clock);
    assert_reply(h, "DEBUG POPULATE 300000", "+OK\r\n");
    assert_reply(h, "SAVE", "+OK\r\n");
    assert_reply(h, "FLUSHALL", "+OK\r\n");
    return 0;
}

/* Nothing runs after the end of loading: what was answered was so before. */
static struct bytes answers_while_loading(struct harness *h, const char *lines)
{
    client_feed(h->client, bytes_of(lines));
    assert_true(snapshot_load(h->server));
    assert_int_equal(h->server->save->load_keys_loaded, KEYS);
    return harness_replies(h, h->client);
}

#define IS_LOADING "-LOADING Redis is loading the dataset in memory\r\n"

static void a_pause_ends_while_a_file_is_loaded(void **state)
{
    harness_assert(answers_while_loading(*state, "CLIENT PAUSE 2\r\nGET k\r\nECHO on\r\n"),
                   BYTES("+OK\r\n" IS_LOADING "$2\r\non\r\n"), "after a pause", __FILE__, __LINE__);
}

static void a_long_list_is_told_while_a_file_is_loaded(void **state)
{
    struct harness *h = *state;
    for (int i = 0; i < CLIENTS; i++)
        client_new_internal(h->server);
    struct bytes reply = answers_while_loading(h, "CLIENT LIST\r\n");
    int lines = 0;
    for (size_t i = 0; i < reply.len; i++)
        lines += reply.data[i] == '\n';
    assert_in_range(lines, CLIENTS, CLIENTS + 10);
}

static void tasks_come_round_while_a_file_is_loaded(void **state)
{
    struct harness *h = *state;
    h->server->cron_next_ms = 0;
    answers_while_loading(h, "");
    assert_true(h->server->cron_next_ms > 0);
}

/* Whoever fills the dataset need not look for what goes by itself. */
static void nothing_is_removed_while_a_file_is_loaded(void **state)
{
    struct harness *h = *state;
    h->server->config->maxmemory = 1;
    h->server->config->maxmemory_policy = MAXMEMORY_ALLKEYS_LRU;
    answers_while_loading(h, "");
    assert_int_equal(keyspace_count(store_keyspace(h->server->store, 0)), KEYS);
}

#define LOADING_TEST(function) cmocka_unit_test_setup_teardown(function, prepare_loading, saving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(without_a_place_nothing_is_saved),
        HARNESS_TEST(force_ends_the_server_though_nothing_was_saved),
        HARNESS_TEST(the_first_save_counts_from_the_start),
        HARNESS_TEST(words_that_are_not_options_are_refused),
        LOADING_TEST(a_pause_ends_while_a_file_is_loaded),
        LOADING_TEST(a_long_list_is_told_while_a_file_is_loaded),
        LOADING_TEST(tasks_come_round_while_a_file_is_loaded),
        LOADING_TEST(nothing_is_removed_while_a_file_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
