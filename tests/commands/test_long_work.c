/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands whose work is cut into slices: what others do in between, and what they see. The strings are so
 * long that no processor is done with one within a tick. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* 64 MiB, with a bit set in its first and in its last byte. */
#define LAST_BYTE   "67108863"
#define BIT_COUNT   "536870912"
#define MAKE_LONG   "setrange long " LAST_BYTE " \"\\x01\""
#define FIRST_BIT   "setbit long 0 1"
#define COUNT_REPLY ":2\r\n"

/* A transaction isn't cut into slices. */
#define AT_ONCE(line)       "multi\r\n" line "\r\nexec"
#define DONE_AT_ONCE(reply) "+OK\r\n+QUEUED\r\n*1\r\n" reply

static struct client *make_long(struct harness *harness)
{
    assert_reply(harness, MAKE_LONG, ":67108864\r\n");
    assert_reply(harness, FIRST_BIT, ":0\r\n");
    return harness_client(harness);
}

static void others_are_served_during_a_count(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    harness_begin(harness, harness->client, "bitcount long");
    assert_meanwhile(harness, other, "ping", "+PONG\r\n");
    assert_meanwhile(harness, other, "ping", "+PONG\r\n");
    assert_true(harness->client->flags & CLIENT_BUSY);
    assert_end(harness, harness->client, COUNT_REPLY);
    assert_reply(harness, "bitcount long 1 -1", ":1\r\n");
    assert_reply(harness, "bitcount long 1 -2 bit", ":0\r\n");
}

static void positions_are_those_of_the_whole(void **state)
{
    struct harness *harness = *state;
    make_long(harness);
    assert_reply(harness, "bitpos long 1", ":0\r\n");
    assert_reply(harness, "bitpos long 1 1", ":536870911\r\n");
    assert_reply(harness, "bitpos long 1 1 -2", ":-1\r\n");
    assert_reply(harness, "bitpos long 0 0 0 bit", ":-1\r\n");
    assert_reply(harness, "bitop not ones long", ":67108864\r\n");
    assert_reply(harness, "bitpos ones 0 1", ":536870911\r\n");
    assert_reply(harness, "setbit ones 0 1", ":0\r\n");
    assert_reply(harness, "setbit ones 536870911 1", ":0\r\n");
    assert_reply(harness, "bitpos ones 0", ":" BIT_COUNT "\r\n");
    assert_reply(harness, "bitpos ones 0 0", ":" BIT_COUNT "\r\n");
    assert_reply(harness, "bitpos ones 0 0 -1", ":-1\r\n");
}

static void count_is_that_of_the_moment_it_was_asked_for(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    harness_begin(harness, harness->client, "bitcount long");
    assert_meanwhile(harness, other, AT_ONCE("setbit long 536870910 1"), DONE_AT_ONCE(":0\r\n"));
    assert_meanwhile(harness, other, "getbit long 536870910", ":1\r\n");
    assert_end(harness, harness->client, COUNT_REPLY);
    assert_reply(harness, "bitcount long", ":3\r\n");
    harness_begin(harness, harness->client, "bitcount long");
    assert_meanwhile(harness, other, "flushall", "+OK\r\n");
    assert_end(harness, harness->client, ":3\r\n");
    assert_reply(harness, "bitcount long", ":0\r\n");
}

static void what_follows_in_the_pipeline_waits(void **state)
{
    struct harness *harness = *state;
    make_long(harness);
    harness_begin(harness, harness->client, "bitcount long\r\nping\r\nbitpos long 1 1\r\necho x");
    assert_end(harness, harness->client, COUNT_REPLY "+PONG\r\n:536870911\r\n$1\r\nx\r\n");
}

static void combination_is_stored_when_it_is_done(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    harness_begin(harness, harness->client, "bitop not result long");
    assert_meanwhile(harness, other, "exists result", ":0\r\n");
    assert_end(harness, harness->client, ":67108864\r\n");
    assert_reply(harness, "bitcount result", ":536870910\r\n");
    assert_reply(harness, "bitop and result result long", ":67108864\r\n");
    assert_reply(harness, "bitcount result", ":0\r\n");
}

static void combination_is_of_what_the_sources_hold_in_the_end(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    assert_reply(harness, "set short \"\\xff\"", "+OK\r\n");
    harness_begin(harness, harness->client, "bitop or result long short missing");
    assert_meanwhile(harness, other, AT_ONCE("setbit long 100 1"), DONE_AT_ONCE(":0\r\n"));
    assert_end(harness, harness->client, ":67108864\r\n");
    assert_reply(harness, "bitcount result", ":10\r\n");

    harness_begin(harness, harness->client, "bitop or result long short missing");
    assert_meanwhile(harness, other, "set short \"\\x00\"", "+OK\r\n");
    assert_end(harness, harness->client, ":67108864\r\n");
    assert_reply(harness, "bitcount result", ":3\r\n");

    harness_begin(harness, harness->client, "bitop or result long short missing");
    assert_meanwhile(harness, other, "set missing \"\\xff\"", "+OK\r\n");
    assert_end(harness, harness->client, ":67108864\r\n");
    assert_reply(harness, "bitcount result", ":10\r\n");

    harness_begin(harness, harness->client, "bitop or result long short");
    assert_meanwhile(harness, other, "del long", ":1\r\n");
    assert_end(harness, harness->client, ":1\r\n");
    assert_reply(harness, "strlen result", ":1\r\n");
}

static void transaction_is_not_cut(void **state)
{
    struct harness *harness = *state;
    make_long(harness);
    assert_reply(harness, "multi", "+OK\r\n");
    assert_reply(harness, "bitcount long", "+QUEUED\r\n");
    assert_reply(harness, "bitop not result long", "+QUEUED\r\n");
    client_feed(harness->client, BYTES("exec\r\n"));
    tick(harness->server, 0);
    assert_sent(harness, harness->client, "*2\r\n:2\r\n:67108864\r\n");
}

static void silence_is_kept(void **state)
{
    struct harness *harness = *state;
    make_long(harness);
    harness_begin(harness, harness->client, "client reply skip\r\nbitop not result long\r\nbitcount result");
    assert_end(harness, harness->client, ":536870910\r\n");
    harness_begin(harness, harness->client, "client reply off\r\nbitcount long");
    assert_end(harness, harness->client, "");
    assert_reply(harness, "client reply on", "+OK\r\n");
}

/* Turns in which the work is certainly done. */
static void many_turns(struct harness *harness)
{
    for (int i = 0; i < 2000; i++)
        tick(harness->server, 0);
}

/* What was admitted is carried through, whatever would refuse it now; but nothing changes while a pause or a
 * file being loaded says so. */
static void what_was_admitted_is_carried_through(void **state)
{
    struct harness *harness = *state;
    struct server *server = harness->server;
    struct client *other = make_long(harness);
    harness_begin(harness, harness->client, "bitop not result long");
    assert_meanwhile(harness, other, "config set maxmemory 1mb", "+OK\r\n");
    server->status.is_snapshot_failed = true;
    assert_meanwhile(harness, other, "config set requirepass secret", "+OK\r\n");
    assert_end(harness, harness->client, ":67108864\r\n");
    server->status.is_snapshot_failed = false;
    assert_reply(harness, "config set maxmemory 0 requirepass \"\"", "+OK\r\n");
    assert_reply(harness, "exists result", ":1\r\n");
}

static void data_do_not_change_in_a_pause_or_while_loading(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    harness_begin(harness, harness->client, "bitop not result long");
    assert_meanwhile(harness, other, "client pause 1000 write", "+OK\r\n");
    many_turns(harness);
    assert_sent(harness, harness->client, "");
    assert_meanwhile(harness, other, "exists result", ":0\r\n");
    harness_advance(harness, 1000);
    assert_sent(harness, harness->client, ":67108864\r\n");
    harness_begin(harness, harness->client, "bitop not other long");
    harness->server->status.is_loading = true;
    many_turns(harness);
    assert_sent(harness, harness->client, "");
    harness->server->status.is_loading = false;
    assert_end(harness, harness->client, ":67108864\r\n");
    assert_reply(harness, "exists result other", ":2\r\n");
}

static void what_only_replies_is_not_held_by_a_pause(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    harness_begin(harness, harness->client, "bitcount long");
    assert_meanwhile(harness, other, "client pause 1000", "+OK\r\n");
    assert_end(harness, harness->client, COUNT_REPLY);
}

static void client_may_go_away_at_any_time(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    harness_begin(harness, other, "bitcount long");
    client_close(other);
    harness_run(harness);
    assert_int_equal(harness->server->client_count, 1);
}

/* Its connection is gone at once, but not its edit. */
static void edit_of_a_client_that_goes_away_is_carried_through(void **state)
{
    struct harness *harness = *state;
    struct client *monitor = make_long(harness), *other = harness_client(harness);
    char line[64];
    assert_reply_as(harness, monitor, "monitor", "+OK\r\n");
    harness_begin(harness, other, "bitop not result long");
    (void)snprintf(line, sizeof line, "client kill id %llu", (unsigned long long)other->id);
    assert_reply(harness, line, ":1\r\n");
    assert_int_equal(harness->server->client_count, 2);
    assert_reply(harness, "exists result", ":1\r\n");
    struct bytes lines = harness_replies(harness, monitor);
    assert_non_null(memmem(lines.data, lines.len, "\"bitop\" \"not\" \"result\"", 22));
}

/* ---- LCS ---- */

/* Strings for which it takes some ten thousand rows of some thousand words; they differ in their last
 * byte. */
#define LCS_LEN            49999
#define TEXT_OF(name, end) "setrange " name " 49999 " end

static void others_are_served_during_a_longest_common_subsequence(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    harness->server->config->proto_max_bulk_len = INT64_MAX;
    assert_reply(harness, TEXT_OF("a", "x"), ":50000\r\n");
    assert_reply(harness, TEXT_OF("b", "y"), ":50000\r\n");
    harness_begin(harness, harness->client, "lcs a b len");
    assert_meanwhile(harness, other, "ping", "+PONG\r\n");
    assert_meanwhile(harness, other, "del a", ":1\r\n");
    assert_end(harness, harness->client, ":49999\r\n");
    assert_reply(harness, "lcs a b len", ":0\r\n");
    assert_reply(harness, TEXT_OF("a", "x"), ":50000\r\n");
    harness_begin(harness, harness->client, "lcs a b idx withmatchlen minmatchlen 5");
    assert_end(harness, harness->client,
               "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:0\r\n:49998\r\n*2\r\n:0\r\n:49998\r\n:49999\r\n"
               "$3\r\nlen\r\n:49999\r\n");
    harness_begin(harness, harness->client, "lcs a b");
    harness_run(harness);
    assert_int_equal(harness_replies(harness, harness->client).len, LCS_LEN + strlen("$49999\r\n\r\n"));
}

/* It counts once, as a call and as a hit. */
/* A copy shares the string until one of the two is edited. */
static void others_are_served_during_an_edit_of_a_shared_string(void **state)
{
    static const char *const edits[][2] = {{"setbit copy 9 1", ":0\r\n"},
                                           {"setrange copy 1 ab", ":67108864\r\n"},
                                           {"append copy ab", ":67108866\r\n"},
                                           {"bitfield copy set u8 8 97", "*1\r\n:0\r\n"}};
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        assert_reply(harness, "copy long copy replace", ":1\r\n");
        harness_begin(harness, harness->client, edits[i][0]);
        assert_meanwhile(harness, other, "ping", "+PONG\r\n");
        assert_end(harness, harness->client, edits[i][1]);
        assert_reply(harness, "bitcount long 0 1000", ":1\r\n");
        assert_reply(harness, "getrange long 0 2", "$3\r\n\x80\0\0\r\n");
        /* It is its own now. */
        assert_reply(harness, "setbit copy 0 1", ":1\r\n");
    }
    assert_reply(harness, "getrange copy 0 1",
                 "$2\r\n\x80"
                 "a\r\n");
}

static void an_edit_is_of_what_the_key_holds_in_the_end(void **state)
{
    struct harness *harness = *state;
    struct client *other = make_long(harness);
    assert_reply(harness, "copy long copy", ":1\r\n");
    harness_begin(harness, harness->client, "append copy ab");
    assert_meanwhile(harness, other, "set copy xyz", "+OK\r\n");
    assert_end(harness, harness->client, ":5\r\n");
    assert_reply(harness, "get copy", "$5\r\nxyzab\r\n");
    assert_reply(harness, "copy long copy replace", ":1\r\n");
    harness_begin(harness, harness->client, "append copy ab");
    client_close(harness->client);
    harness_run(harness);
    assert_reply_as(harness, other, "strlen copy", ":67108866\r\n");
}

static void call_is_counted_once(void **state)
{
    struct harness *harness = *state;
    make_long(harness);
    assert_reply(harness, "config resetstat", "+OK\r\n");
    harness_begin(harness, harness->client, "bitcount long");
    assert_end(harness, harness->client, COUNT_REPLY);
    assert_int_equal(harness->server->counters.keyspace_hits, 1);
    assert_int_equal(harness->server->counters.total_commands_processed, 2);
}

#define MANY 100000

static void fill(struct harness *harness)
{
    struct buf requests = {0};
    for (int i = 0; i < MANY; i++)
        buf_printf(&requests, "set key:%d x\r\n", i);
    harness_feed(harness, harness->client, buf_bytes(&requests));
    buf_clear(&requests);
}

static void others_are_served_while_a_database_is_freed(void **state)
{
    static const char *const lines[] = {"flushall", "flushdb", "flushall sync", "flushdb SYNC"};
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        fill(harness);
        harness_begin(harness, harness->client, lines[i]);
        assert_meanwhile(harness, other, "set later x", "+OK\r\n");
        assert_true(harness->client->flags & CLIENT_BUSY);
        while (harness->client->flags & CLIENT_BUSY)
            tick(harness->server, 0);
        assert_int_equal(store_stats(harness->server->store)->lazy_pending, 0);
        assert_end(harness, harness->client, "+OK\r\n");
        assert_reply(harness, "get later", "$1\r\nx\r\n");
    }
    assert_int_equal(store_stats(harness->server->store)->lazy_freed, 0);
}

static void free_all(struct harness *harness)
{
    while (store_stats(harness->server->store)->lazy_pending > 0)
        tick(harness->server, 0);
}

static void nobody_waits_who_does_not_want_to(void **state)
{
    struct harness *harness = *state;
    struct store_stats *stats = store_stats(harness->server->store);
    fill(harness);
    assert_meanwhile(harness, harness->client, "flushall async", "+OK\r\n");
    assert_true(stats->lazy_pending > 0);
    free_all(harness);
    assert_int_equal(stats->lazy_freed, MANY);
    assert_reply(harness, "config set lazyfree-lazy-user-flush yes", "+OK\r\n");
    fill(harness);
    assert_meanwhile(harness, harness->client, "flushdb", "+OK\r\n");
    assert_true(stats->lazy_pending > 0);
    free_all(harness);
    assert_int_equal(stats->lazy_freed, 2 * MANY);
    /* A transaction would make all wait. */
    fill(harness);
    assert_meanwhile(harness, harness->client, "multi\r\nflushall sync\r\ndbsize\r\nexec",
                     "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:0\r\n");
    assert_true(stats->lazy_pending > 0);
    free_all(harness);
    assert_int_equal(stats->lazy_freed, 2 * MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(others_are_served_during_a_count),
        HARNESS_TEST(positions_are_those_of_the_whole),
        HARNESS_TEST(count_is_that_of_the_moment_it_was_asked_for),
        HARNESS_TEST(what_follows_in_the_pipeline_waits),
        HARNESS_TEST(others_are_served_while_a_database_is_freed),
        HARNESS_TEST(nobody_waits_who_does_not_want_to),
        HARNESS_TEST(combination_is_stored_when_it_is_done),
        HARNESS_TEST(combination_is_of_what_the_sources_hold_in_the_end),
        HARNESS_TEST(transaction_is_not_cut),
        HARNESS_TEST(silence_is_kept),
        HARNESS_TEST(what_was_admitted_is_carried_through),
        HARNESS_TEST(data_do_not_change_in_a_pause_or_while_loading),
        HARNESS_TEST(what_only_replies_is_not_held_by_a_pause),
        HARNESS_TEST(edit_of_a_client_that_goes_away_is_carried_through),
        HARNESS_TEST(client_may_go_away_at_any_time),
        HARNESS_TEST(others_are_served_during_a_longest_common_subsequence),
        HARNESS_TEST(others_are_served_during_an_edit_of_a_shared_string),
        HARNESS_TEST(an_edit_is_of_what_the_key_holds_in_the_end),
        HARNESS_TEST(call_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
