/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about keys, whatever their values are, and about whole databases. */
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- removing, counting ---- */

static void del_and_unlink_count_what_was_there(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "MSET a 1 b 2 c 3 d 4", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "DEL a nothing b a", ":2\r\n");
    assert_reply(h, "UNLINK c c", ":1\r\n");
    assert_reply(h, "DEL nothing", ":0\r\n");
    assert_reply(h, "EXISTS a b c d", ":1\r\n");
    assert_heard(h, listener, "0 del a;0 del b;0 del c;");
    assert_reply(h, "DEL", "-ERR wrong number of arguments for 'del' command\r\n");
}

static void del_of_an_expired_key_counts_nothing(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a 1 PX 10", "+OK\r\n");
    (void)harness_replies(h, listener);
    h->server->clock.mono_ms += 11;
    assert_reply(h, "DEL a", ":0\r\n");
    assert_heard(h, listener, "0 expired a;");
}

static void exists_counts_a_key_as_often_as_it_is_named(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXISTS a a b a", ":3\r\n");
    assert_reply(h, "TOUCH a a b", ":2\r\n");
}

static void looking_at_a_key_does_not_touch_it(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    harness_advance(h, 10000);
    assert_reply(h, "EXISTS a", ":1\r\n");
    assert_reply(h, "TYPE a", "+string\r\n");
    assert_reply(h, "TTL a", ":-1\r\n");
    assert_reply(h, "OBJECT ENCODING a", "$3\r\nint\r\n");
    assert_reply(h, "OBJECT IDLETIME a", ":10\r\n");
    assert_reply(h, "TOUCH a", ":1\r\n");
    assert_reply(h, "OBJECT IDLETIME a", ":0\r\n");
}

static void touch_touches_for_a_client_that_said_no_touch(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    h->client->flags |= CLIENT_NO_TOUCH;
    harness_advance(h, 10000);
    assert_reply(h, "GET a", "$1\r\n1\r\n");
    assert_reply(h, "OBJECT IDLETIME a", ":10\r\n");
    assert_reply(h, "TOUCH a", ":1\r\n");
    assert_reply(h, "OBJECT IDLETIME a", ":0\r\n");
}

static void edits_of_a_client_that_said_no_touch_leave_keys_idle(void **state)
{
    struct harness *h = *state;
    static const char *const edits[] = {"GET a",        "SET a 2",    "SETEX a 100 3",  "GETSET a 4",
                                        "INCR a",       "APPEND a 5", "SETRANGE a 0 6", "SETBIT a 1 1",
                                        "EXPIRE a 100", "PERSIST a",  "SETNX a 1",      "SET a 7 NX",
                                        "RENAME a b",   "RENAME b a", "RENAMENX a b"};
    assert_reply(h, "SET a 1", "+OK\r\n");
    harness_advance(h, 10000);
    assert_reply(h, "CLIENT NO-TOUCH ON", "+OK\r\n");
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        harness_send(h, edits[i]);
    assert_reply(h, "OBJECT IDLETIME b", ":10\r\n");
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "SET b 1", "+QUEUED\r\n");
    assert_reply(h, "GET b", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*2\r\n+OK\r\n$1\r\n1\r\n");
    assert_reply(h, "OBJECT IDLETIME b", ":10\r\n");
    /* Of what it makes it is the author. */
    assert_reply(h, "COPY b c", ":1\r\n");
    assert_reply(h, "OBJECT IDLETIME c", ":0\r\n");
    assert_reply_as(h, harness_client(h), "SET b 1", "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME b", ":0\r\n");
}

static void type_of_nothing_is_none(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "TYPE a", "+none\r\n");
    assert_reply(h, "SET a x", "+OK\r\n");
    assert_reply(h, "TYPE a", "+string\r\n");
}

static void lookups_are_counted(void **state)
{
    struct harness *h = *state;
    const struct counters *counters = &h->server->counters;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "EXISTS a b", ":1\r\n");
    assert_reply(h, "TTL a", ":-1\r\n");
    assert_reply(h, "OBJECT REFCOUNT b", "$-1\r\n");
    assert_reply(h, "RENAME b c", "-ERR no such key\r\n");
    assert_int_equal(counters->keyspace_hits, 2);
    assert_int_equal(counters->keyspace_misses, 2);
}

static void randomkey_finds_every_key(void **state)
{
    struct harness *h = *state;
    bool a = false, b = false;
    assert_reply(h, "RANDOMKEY", "$-1\r\n");
    assert_reply(h, "MSET a 1 b 2", "+OK\r\n");
    for (int i = 0; i < 1000 && !(a && b); i++) {
        struct bytes reply = harness_send(h, "RANDOMKEY");
        a |= bytes_is(reply, "$1\r\na\r\n");
        b |= bytes_is(reply, "$1\r\nb\r\n");
    }
    assert_true(a && b);
}

/* ---- renaming ---- */

static void rename_takes_value_and_deadline_along(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a value PX 5000", "+OK\r\n");
    assert_reply(h, "SET b other", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "RENAME a b", "+OK\r\n");
    assert_heard(h, listener, "0 new b;0 rename_from a;0 rename_to b;");
    assert_reply(h, "GET b", "$5\r\nvalue\r\n");
    assert_reply(h, "PTTL b", ":5000\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
}

static void rename_loses_the_old_deadline_of_the_new_name(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a value", "+OK\r\n");
    assert_reply(h, "SET b other PX 5000", "+OK\r\n");
    assert_reply(h, "RENAME a b", "+OK\r\n");
    assert_reply(h, "PTTL b", ":-1\r\n");
}

static void rename_to_itself_changes_nothing(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "RENAME a a", "-ERR no such key\r\n");
    assert_reply(h, "RENAMENX a a", "-ERR no such key\r\n");
    assert_reply(h, "SET a 1", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "RENAME a a", "+OK\r\n");
    assert_reply(h, "RENAMENX a a", ":0\r\n");
    assert_heard(h, listener, "");
}

static void renamenx_leaves_a_taken_name_alone(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a 1 b 2", "+OK\r\n");
    assert_reply(h, "RENAMENX a b", ":0\r\n");
    assert_reply(h, "MGET a b", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(h, "RENAMENX a c", ":1\r\n");
    assert_reply(h, "MGET a c", "*2\r\n$-1\r\n$1\r\n1\r\n");
}

/* ---- copying and moving ---- */

static void copy_is_a_value_of_its_own(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a value PX 5000", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "COPY a b", ":1\r\n");
    assert_heard(h, listener, "0 new b;0 copy_to b;");
    assert_reply(h, "APPEND a !", ":6\r\n");
    assert_reply(h, "GET b", "$5\r\nvalue\r\n");
    assert_reply(h, "PTTL b", ":5000\r\n");
}

static void copy_replaces_only_when_told(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a 1 b 2", "+OK\r\n");
    assert_reply(h, "COPY a b", ":0\r\n");
    assert_reply(h, "GET b", "$1\r\n2\r\n");
    assert_reply(h, "COPY a b REPLACE", ":1\r\n");
    assert_reply(h, "GET b", "$1\r\n1\r\n");
    assert_reply(h, "COPY nothing b REPLACE", ":0\r\n");
    assert_reply(h, "GET b", "$1\r\n1\r\n");
}

static void copy_to_another_database(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a 1", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "COPY a a DB 3", ":1\r\n");
    assert_heard(h, listener, "3 new a;3 copy_to a;");
    assert_reply(h, "COPY a a DB 3", ":0\r\n");
    assert_reply(h, "COPY a a replace db 3", ":1\r\n");
    assert_reply(h, "SELECT 3", "+OK\r\n");
    assert_reply(h, "GET a", "$1\r\n1\r\n");
}

static void copy_refuses_what_makes_no_sense(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "COPY a a", "-ERR source and destination objects are the same\r\n");
    assert_reply(h, "COPY a a DB 0", "-ERR source and destination objects are the same\r\n");
    assert_reply(h, "COPY a b DB", "-ERR syntax error\r\n");
    assert_reply(h, "COPY a b DB 16", "-ERR DB index is out of range\r\n");
    assert_reply(h, "COPY a b DB -1", "-ERR DB index is out of range\r\n");
    assert_reply(h, "COPY a b DB x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "COPY a b c", "-ERR syntax error\r\n");
}

static void move_takes_the_key_to_another_database(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_reply(h, "SET a 1 PX 5000", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_reply(h, "MOVE a 1", ":1\r\n");
    assert_heard(h, listener, "1 new a;0 move_from a;1 move_to a;");
    assert_reply(h, "MOVE a 1", ":0\r\n");
    assert_reply(h, "SET a 2", "+OK\r\n");
    assert_reply(h, "MOVE a 1", ":0\r\n");
    assert_reply(h, "MOVE a 0", "-ERR source and destination objects are the same\r\n");
    assert_reply(h, "MOVE a 16", "-ERR DB index is out of range\r\n");
    assert_reply(h, "SELECT 1", "+OK\r\n");
    assert_reply(h, "GET a", "$1\r\n1\r\n");
    assert_reply(h, "PTTL a", ":5000\r\n");
}

static void move_over_an_expired_key(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SELECT 1", "+OK\r\n");
    assert_reply(h, "SET a old PX 10", "+OK\r\n");
    assert_reply(h, "SELECT 0", "+OK\r\n");
    assert_reply(h, "SET a new", "+OK\r\n");
    h->server->clock.mono_ms += 11;
    assert_reply(h, "MOVE a 1", ":1\r\n");
}

/* ---- OBJECT ---- */

static void object_encoding_follows_redis(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 9223372036854775807", "+OK\r\n");
    assert_reply(h, "OBJECT ENCODING a", "$3\r\nint\r\n");
    assert_reply(h, "SET a 9223372036854775808", "+OK\r\n");
    assert_reply(h, "OBJECT ENCODING a", "$6\r\nembstr\r\n");
    assert_reply(h, "SET a 12345678901234567890123456789012345678901234", "+OK\r\n");
    assert_reply(h, "OBJECT ENCODING a", "$6\r\nembstr\r\n");
    assert_reply(h, "SET a 123456789012345678901234567890123456789012345", "+OK\r\n");
    assert_reply(h, "OBJECT ENCODING a", "$3\r\nraw\r\n");
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "APPEND a 2", ":2\r\n");
    assert_reply(h, "OBJECT ENCODING a", "$3\r\nraw\r\n");
    assert_reply(h, "OBJECT ENCODING nothing", "$-1\r\n");
}

static void object_refcount_of_small_numbers_is_that_of_shared_ones(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a 9999 b 10000 c -1 d text e 0", "+OK\r\n");
    assert_reply(h, "OBJECT REFCOUNT a", ":2147483647\r\n");
    assert_reply(h, "OBJECT REFCOUNT b", ":1\r\n");
    assert_reply(h, "OBJECT REFCOUNT c", ":1\r\n");
    assert_reply(h, "OBJECT REFCOUNT d", ":1\r\n");
    assert_reply(h, "OBJECT REFCOUNT e", ":2147483647\r\n");
    h->server->config->maxmemory = 1 << 30;
    assert_reply(h, "OBJECT REFCOUNT a", ":2147483647\r\n");
    h->server->config->maxmemory_policy = MAXMEMORY_ALLKEYS_LRU;
    assert_reply(h, "OBJECT REFCOUNT a", ":1\r\n");
}

static void object_freq_and_idletime_depend_on_the_policy(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME a", ":0\r\n");
    assert_reply(h, "OBJECT FREQ a",
                 "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
                 "that when switching between policies at runtime LRU and LFU data will take some time to "
                 "adjust.\r\n");
    h->server->config->maxmemory_policy = MAXMEMORY_VOLATILE_LFU;
    assert_reply(h, "OBJECT IDLETIME a",
                 "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
                 "switching between policies at runtime LRU and LFU data will take some time to adjust.\r\n");
    assert_reply(h, "OBJECT FREQ nothing", "$-1\r\n");
    assert_true(bytes_starts_with(harness_send(h, "OBJECT FREQ a"), BYTES(":")));
}

static void object_help_explains(void **state)
{
    struct harness *h = *state;
    assert_true(bytes_starts_with(harness_send(h, "OBJECT HELP"),
                                  BYTES("*15\r\n+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands "
                                        "are:\r\n+ENCODING <key>\r\n")));
    assert_reply(h, "OBJECT FREQ", "-ERR wrong number of arguments for 'object|freq' command\r\n");
}

/* ---- databases ---- */

static void select_changes_the_database(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "SELECT 15", "+OK\r\n");
    assert_reply(h, "GET a", "$-1\r\n");
    assert_reply(h, "SELECT 16", "-ERR DB index is out of range\r\n");
    assert_reply(h, "SELECT -1", "-ERR DB index is out of range\r\n");
    assert_reply(h, "SELECT x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "SELECT 2147483648",
                 "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n");
    assert_reply(h, "SELECT 0", "+OK\r\n");
    assert_reply(h, "GET a", "$1\r\n1\r\n");
}

static void select_inside_a_transaction_holds_for_what_follows(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "SELECT 4", "+QUEUED\r\n");
    assert_reply(h, "SET a 1", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*2\r\n+OK\r\n+OK\r\n");
    assert_reply(h, "GET a", "$1\r\n1\r\n");
    assert_reply(h, "SELECT 0", "+OK\r\n");
    assert_reply(h, "GET a", "$-1\r\n");
}

static void flushdb_empties_one_database_and_flushall_every(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a 1 b 2", "+OK\r\n");
    assert_reply(h, "COPY a a DB 1", ":1\r\n");
    assert_reply(h, "DBSIZE", ":2\r\n");
    assert_reply(h, "FLUSHDB", "+OK\r\n");
    assert_reply(h, "DBSIZE", ":0\r\n");
    assert_reply(h, "SELECT 1", "+OK\r\n");
    assert_reply(h, "DBSIZE", ":1\r\n");
    assert_reply(h, "FLUSHALL ASYNC", "+OK\r\n");
    assert_reply(h, "DBSIZE", ":0\r\n");
    assert_reply(h, "FLUSHALL sync", "+OK\r\n");
    assert_reply(h, "FLUSHALL now", "-ERR syntax error\r\n");
    assert_reply(h, "FLUSHDB async sync", "-ERR syntax error\r\n");
}

static void flushed_keys_count_as_changes(void **state)
{
    struct harness *h = *state;
    uint64_t before;
    assert_reply(h, "MSET a 1 b 2", "+OK\r\n");
    assert_reply(h, "COPY a a DB 1", ":1\r\n");
    before = h->server->dirty;
    assert_reply(h, "FLUSHALL", "+OK\r\n");
    assert_int_equal(h->server->dirty - before, 3);
}

static void swapdb_exchanges_two_databases(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a zero PX 1000", "+OK\r\n");
    assert_reply(h, "SELECT 1", "+OK\r\n");
    assert_reply(h, "SET a one", "+OK\r\n");
    assert_reply(h, "SWAPDB 0 1", "+OK\r\n");
    assert_reply(h, "GET a", "$4\r\nzero\r\n");
    assert_reply(h, "SELECT 0", "+OK\r\n");
    assert_reply(h, "GET a", "$3\r\none\r\n");
    harness_advance(h, 1001);
    assert_reply(h, "SELECT 1", "+OK\r\n");
    assert_reply(h, "DBSIZE", ":0\r\n");
}

static void swapdb_refuses_what_is_no_database(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SWAPDB x 1", "-ERR invalid first DB index\r\n");
    assert_reply(h, "SWAPDB 1 2147483648", "-ERR invalid second DB index\r\n");
    assert_reply(h, "SWAPDB 0 16", "-ERR DB index is out of range\r\n");
    assert_reply(h, "SWAPDB -1 0", "-ERR DB index is out of range\r\n");
    assert_reply(h, "SWAPDB 2 2", "+OK\r\n");
}

static void a_watched_key_that_goes_with_its_database_fails_the_transaction(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "SET a 1", "+OK\r\n");
    assert_reply(h, "WATCH a", "+OK\r\n");
    assert_reply_as(h, other, "SWAPDB 0 1", "+OK\r\n");
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "EXEC", "*-1\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(del_and_unlink_count_what_was_there),
        HARNESS_TEST(del_of_an_expired_key_counts_nothing),
        HARNESS_TEST(exists_counts_a_key_as_often_as_it_is_named),
        HARNESS_TEST(looking_at_a_key_does_not_touch_it),
        HARNESS_TEST(touch_touches_for_a_client_that_said_no_touch),
        HARNESS_TEST(edits_of_a_client_that_said_no_touch_leave_keys_idle),
        HARNESS_TEST(type_of_nothing_is_none),
        HARNESS_TEST(lookups_are_counted),
        HARNESS_TEST(randomkey_finds_every_key),
        HARNESS_TEST(rename_takes_value_and_deadline_along),
        HARNESS_TEST(rename_loses_the_old_deadline_of_the_new_name),
        HARNESS_TEST(rename_to_itself_changes_nothing),
        HARNESS_TEST(renamenx_leaves_a_taken_name_alone),
        HARNESS_TEST(copy_is_a_value_of_its_own),
        HARNESS_TEST(copy_replaces_only_when_told),
        HARNESS_TEST(copy_to_another_database),
        HARNESS_TEST(copy_refuses_what_makes_no_sense),
        HARNESS_TEST(move_takes_the_key_to_another_database),
        HARNESS_TEST(move_over_an_expired_key),
        HARNESS_TEST(object_encoding_follows_redis),
        HARNESS_TEST(object_refcount_of_small_numbers_is_that_of_shared_ones),
        HARNESS_TEST(object_freq_and_idletime_depend_on_the_policy),
        HARNESS_TEST(object_help_explains),
        HARNESS_TEST(select_changes_the_database),
        HARNESS_TEST(select_inside_a_transaction_holds_for_what_follows),
        HARNESS_TEST(flushdb_empties_one_database_and_flushall_every),
        HARNESS_TEST(flushed_keys_count_as_changes),
        HARNESS_TEST(swapdb_exchanges_two_databases),
        HARNESS_TEST(swapdb_refuses_what_is_no_database),
        HARNESS_TEST(a_watched_key_that_goes_with_its_database_fails_the_transaction),
    };

    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
