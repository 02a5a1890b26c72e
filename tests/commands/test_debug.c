/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG. */
#include "commands/debug.h"
#include "config/config.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int permit(void **state)
{
    harness_setup(state);
    ((struct harness *)*state)->server->config->enable_debug_command = PROTECTION_YES;
    return 0;
}

#define DEBUG_TEST(function) cmocka_unit_test_setup_teardown(function, permit, harness_teardown)

static void debug_is_off_by_default(void **state)
{
    assert_true(
        bytes_starts_with(harness_send(*state, "debug sleep 0"), BYTES("-ERR DEBUG command not allowed.")));
}

static void who_is_limited_to_keys_learns_of_none(void **state)
{
    static const char *const words[] = {"digest-value k", "htstats-key k", "listpack k",
                                        "object k",       "quicklist k",   "sdslen k"};
    harness_send(*state, "set k v");
    harness_send(*state, "acl setuser ann on nopass ~a* +@all");
    harness_send(*state, "acl setuser bob on nopass ~* +@all");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "debug %s", words[i]);
        harness_send(*state, "auth ann x");
        assert_reply(*state, line, "-NOPERM No permissions to access a key\r\n");
        harness_send(*state, "auth bob x");
        assert_false(reply_has(harness_send(*state, line), "NOPERM"));
    }
}

/* The signatures are those that redis-server gives for the same data. */
static void digest_is_that_of_redis(void **state)
{
    assert_reply(*state, "debug digest", "+0000000000000000000000000000000000000000\r\n");
    harness_send(*state, "debug populate 100 k 10");
    harness_send(*state, "set x 5");
    harness_send(*state, "set y abc ex 1000");
    assert_reply(
        *state, "debug digest-value x y k:3 nosuch",
        "*4\r\n+f8c2498ca74cdde7d02de23246736a661485b50e\r\n+c77a33d2ea9755a8613f7e54f17873233d7a8058\r\n"
        "+666b72046d83a67fe04a497baecd2ef92bc0f807\r\n+0000000000000000000000000000000000000000\r\n");
}

static void digests_of_sorted_sets_have_members_and_scores(void **state)
{
    struct harness *h = *state;
    harness_send(h, "zadd a 1 x 2 y");
    harness_send(h, "zadd b 1 x 3 y");
    harness_send(h, "zadd c 1 x 2 z");
    struct bytes reply = harness_send(h, "debug digest-value a b c");
    assert_memory_not_equal(reply.data + 4, reply.data + 4 + 43, 43);
    assert_memory_not_equal(reply.data + 4, reply.data + 4 + 86, 43);
    assert_memory_not_equal(reply.data + 4 + 43, reply.data + 4 + 86, 43);
}

static void digest_depends_on_content_alone(void **state)
{
    char first[64];
    harness_send(*state, "mset a 1 b 2");
    struct bytes digest = harness_send(*state, "debug digest");
    assert_int_equal(digest.len, 43);
    memcpy(first, digest.data, digest.len);
    harness_send(*state, "flushall");
    harness_send(*state, "set b 2");
    harness_send(*state, "set a 1");
    assert_true(bytes_equal(harness_send(*state, "debug digest"), bytes_make(first, 43)));
    harness_send(*state, "move a 1");
    assert_false(bytes_equal(harness_send(*state, "debug digest"), bytes_make(first, 43)));
}

static void digests_of_large_values_are_made_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    char expected[SHA1_HEX_SIZE + 1], reply[SHA1_HEX_SIZE + 4];
    harness_fill_set(h, "large", 100000);
    assert_reply(h, "copy large copy", ":1\r\n");
    assert_reply(h, "expire copy 1000", ":1\r\n");
    assert_reply(h, "copy large other db 3", ":1\r\n");
    harness_send(h, "mset a 1 b 2");
    dataset_digest(h->server->store, expected);
    (void)snprintf(reply, sizeof reply, "+%s\r\n", expected);
    harness_begin(h, h->client, "debug digest");
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_end(h, h->client, reply);
    harness_begin(h, h->client, "debug digest-value large none copy large");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    harness_run(h);
    struct bytes digests = harness_replies(h, h->client);
    const char *first = digests.data + 4, *none = first + 43, *copy = none + 43, *again = copy + 43;
    assert_int_equal(digests.len, 4 + 4 * 43);
    assert_memory_equal(first, again, 43);
    assert_memory_equal(none, "+0000000000000000000000000000000000000000\r\n", 43);
    assert_memory_not_equal(first, copy, 43);
    memcpy(expected, first + 1, SHA1_HEX_SIZE);
    assert_reply(h, "persist copy", ":1\r\n");
    harness_begin(h, h->client, "debug digest-value copy");
    harness_run(h);
    digests = harness_replies(h, h->client);
    assert_memory_equal(digests.data + 5, expected, SHA1_HEX_SIZE);
    /* Gone amid it. */
    client_feed(other, BYTES("debug digest\r\n"));
    tick(h->server, 0);
    client_close(other);
    harness_run(h);
}

static void populate_makes_keys_and_keeps_those_that_are_there(void **state)
{
    harness_send(*state, "set key:1 kept");
    assert_reply(*state, "debug populate 3", "+OK\r\n");
    assert_reply(*state, "mget key:0 key:1 key:2 key:3",
                 "*4\r\n$7\r\nvalue:0\r\n$4\r\nkept\r\n$7\r\nvalue:2\r\n$-1\r\n");
    assert_reply(*state, "debug populate 1 long 9", "+OK\r\n");
    assert_reply(*state, "get long:0", "$9\r\nvalue:0\0\0\r\n");
    assert_reply(*state, "debug populate 1 short 3", "+OK\r\n");
    assert_reply(*state, "get short:0", "$3\r\nval\r\n");
}

static void populate_takes_positive_numbers(void **state)
{
    assert_reply(*state, "debug populate -1", "-ERR value is out of range, must be positive\r\n");
    assert_reply(*state, "debug populate x", "-ERR value is out of range, must be positive\r\n");
    assert_reply(*state, "debug populate 1 k 99999999999", "-ERR value is out of range\r\n");
}

static void object_tells_encoding_and_length(void **state)
{
    harness_send(*state, "set k hello");
    struct bytes reply = harness_send(*state, "debug object k");
    assert_true(bytes_starts_with(reply, BYTES("+Value at:0x")));
    assert_true(reply_has(
        reply, " refcount:1 encoding:embstr serializedlength:6 lru:1000000 lru_seconds_idle:0\r\n"));
    assert_reply(*state, "debug object nosuch", "-ERR no such key\r\n");
}

static void what_tells_of_redis_own_structures_is_accepted(void **state)
{
    struct harness *h = *state;
    harness_send(h, "hset h a 1");
    harness_send(h, "rpush l a");
    assert_reply(h, "debug listpack h", "+Listpack structure printed on stdout\r\n");
    assert_reply(h, "debug listpack nosuch", "-ERR no such key\r\n");
    assert_reply(h, "debug quicklist h 1", "-ERR Not a quicklist encoded object.\r\n");
    assert_reply(h, "config set list-max-listpack-size 1", "+OK\r\n");
    assert_reply(h, "rpush l b", ":2\r\n");
    assert_reply(h, "debug quicklist l", "+Quicklist structure printed on stdout\r\n");
    assert_reply(h, "debug listpack l", "-ERR Not a listpack encoded object.\r\n");
    assert_reply(h, "debug quicklist-packed-threshold 100b", "+OK\r\n");
    assert_reply(h, "debug quicklist-packed-threshold 0", "+OK\r\n");
    assert_reply(h, "debug quicklist-packed-threshold 5gb",
                 "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n");
}

static void error_is_passed_on(void **state)
{
    assert_reply(*state, "debug error \"FOO bar\"", "-FOO bar\r\n");
    assert_reply(*state, "debug error \"a\\r\\nb\"", "-a  b\r\n");
}

static void protocol_shows_every_type(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "debug protocol map", "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n");
    assert_reply(harness, "debug protocol string", "$11\r\nHello World\r\n");
    assert_reply(harness, "debug protocol integer", ":12345\r\n");
    assert_reply(harness, "debug protocol array", "*3\r\n:0\r\n:1\r\n:2\r\n");
    assert_reply(harness, "debug protocol false", ":0\r\n");
    assert_true(bytes_starts_with(harness_send(harness, "debug protocol nosuch"), BYTES("-ERR ")));
    assert_reply(harness, "debug protocol push", "-ERR RESP2 is not supported by this command\r\n");
    harness->client->reply.protocol = 3;
    assert_reply(harness, "debug protocol map", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n");
    assert_reply(harness, "debug protocol set", "~3\r\n:0\r\n:1\r\n:2\r\n");
    assert_reply(harness, "debug protocol double", ",3.141\r\n");
    assert_reply(harness, "debug protocol bignum", "(1234567999999999999999999999999999999\r\n");
    assert_reply(harness, "debug protocol null", "_\r\n");
    assert_reply(harness, "debug protocol true", "#t\r\n");
    assert_reply(harness, "debug protocol verbatim", "=29\r\ntxt:This is a verbatim\nstring\r\n");
    assert_reply(harness, "debug protocol attrib",
                 "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
                 "$39\r\nSome real reply following the attribute\r\n");
    assert_reply(
        harness, "debug protocol push",
        ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n");
}

static void expired_keys_stay_while_active_expiry_is_off(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "debug set-active-expire 0");
    harness_send(harness, "set k v px 10");
    harness_advance(harness, 1000);
    assert_reply(harness, "dbsize", ":1\r\n");
    /* It shows what is there. */
    assert_true(bytes_starts_with(harness_send(harness, "debug object k"), BYTES("+Value at:")));
    harness_send(harness, "debug set-active-expire 1");
    harness_advance(harness, 1000);
    assert_reply(harness, "dbsize", ":0\r\n");
}

static void replication_id_changes(void **state)
{
    struct harness *harness = *state;
    char before[41];
    memcpy(before, harness->server->replication_id, sizeof before);
    assert_reply(harness, "debug change-repl-id", "+OK\r\n");
    assert_string_not_equal(before, harness->server->replication_id);
}

static void tables_are_described(void **state)
{
    struct harness *h = *state;
    harness_send(h, "mset a 1 b 2 c 3");
    harness_send(h, "expire a 100");
    struct bytes reply = harness_send(h, "debug htstats 0");
    assert_in_range(strtol(reply_find(reply, " table size: ") + 13, NULL, 10), 8, 64);
    assert_true(reply_has(reply, "[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: "));
    assert_true(reply_has(reply, "\n number of elements: 3\n bytes: "));
    assert_true(reply_has(reply, "[Expires HT]\n number of elements: 1\n"));
    assert_true(reply_has(harness_send(h, "debug htstats 15"), "\n number of elements: 0\n"));
    assert_reply(h, "debug htstats 16", "-ERR Out of range database\r\n");
    assert_reply(h, "debug htstats -1", "-ERR Out of range database\r\n");
    assert_reply(h, "debug htstats x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "debug htstats-key a",
                 "-ERR The value stored at the specified key is not represented using an hash table\r\n");
    assert_reply(h, "debug htstats-key nosuch", "-ERR no such key\r\n");
}

static void lengths_of_strings_are_told(void **state)
{
    struct harness *h = *state;
    harness_send(h, "mset key hello number 7");
    harness_send(h, "rpush l 1");
    assert_true(reply_has(harness_send(h, "debug sdslen key"), "+key_sds_len:3, key_sds_avail:0, "));
    assert_true(reply_has(harness_send(h, "debug sdslen key"), ", val_sds_len:5, val_sds_avail:0, "));
    assert_reply(h, "debug sdslen number", "-ERR Not an sds encoded string.\r\n");
    assert_reply(h, "debug sdslen l", "-ERR Not an sds encoded string.\r\n");
    assert_reply(h, "debug sdslen nosuch", "-ERR no such key\r\n");
}

/* As many bytes as a snapshot has of it. */
static void object_tells_the_size_of_collections(void **state)
{
    struct harness *h = *state;
    harness_send(h, "rpush l a b c");
    struct bytes dump = harness_send(h, "dump l");
    char expected[80];
    (void)snprintf(expected, sizeof expected, " serializedlength:%d lru:", atoi(dump.data + 1) - 11);
    assert_true(reply_has(harness_send(h, "debug object l"), expected));
    harness_advance(h, 5000);
    assert_true(reply_has(harness_send(h, "debug object l"), " lru_seconds_idle:5\r\n"));
}

static void switches_are_switched(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "debug pause-cron 1", "+OK\r\n");
    assert_true(h->server->is_cron_paused);
    assert_reply(h, "debug pause-cron 0", "+OK\r\n");
    assert_false(h->server->is_cron_paused);
    assert_reply(h, "debug set-disable-deny-scripts 1", "+OK\r\n");
    assert_true(h->server->scripts_may_all);
    assert_reply(h, "debug set-disable-deny-scripts x", "+OK\r\n");
    assert_false(h->server->scripts_may_all);
    assert_reply(h, "debug set-skip-checksum-validation 1", "+OK\r\n");
    assert_true(h->server->skips_checksums);
}

static void what_has_no_meaning_here_is_accepted(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "debug replybuffer peak-reset-time never", "+OK\r\n");
    assert_reply(h, "debug replybuffer peak-reset-time reset", "+OK\r\n");
    assert_reply(h, "debug replybuffer peak-reset-time 100", "+OK\r\n");
    assert_reply(h, "debug replybuffer peak-reset-time x",
                 "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "debug replybuffer resizing 1", "+OK\r\n");
    assert_true(
        bytes_starts_with(harness_send(h, "debug replybuffer nosuch 1"), BYTES("-ERR unknown subcommand")));
    assert_reply(h, "debug log text", "+OK\r\n");
    assert_reply(h, "debug sleep 0", "+OK\r\n");
    assert_reply(h, "debug sleep x", "+OK\r\n");
    assert_reply(h, "debug sleep -1", "+OK\r\n");
    assert_reply(h, "debug config-rewrite-force-all", "-ERR The server is running without a config file\r\n");
    assert_true(reply_has(harness_send(h, "debug help"), "\r\n+SLEEP <seconds>\r\n"));
}

static void sleep_takes_its_time(void **state)
{
    int64_t begin_us = clock_mono_us();
    assert_reply(*state, "debug sleep 0.02", "+OK\r\n");
    assert_in_range(clock_mono_us() - begin_us, 20000, 10000000);
}

static void other_words_are_refused(void **state)
{
    assert_reply(*state, "debug nosuch",
                 "-ERR unknown subcommand or wrong number of arguments for 'nosuch'. Try DEBUG HELP.\r\n");
    assert_reply(*state, "debug sleep",
                 "-ERR unknown subcommand or wrong number of arguments for 'sleep'. Try DEBUG HELP.\r\n");
    assert_reply(*state, "debug htstats 99", "-ERR Out of range database\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(debug_is_off_by_default),
        DEBUG_TEST(who_is_limited_to_keys_learns_of_none),
        DEBUG_TEST(digest_is_that_of_redis),
        DEBUG_TEST(digests_of_sorted_sets_have_members_and_scores),
        DEBUG_TEST(digest_depends_on_content_alone),
        DEBUG_TEST(digests_of_large_values_are_made_meanwhile),
        DEBUG_TEST(populate_makes_keys_and_keeps_those_that_are_there),
        DEBUG_TEST(populate_takes_positive_numbers),
        DEBUG_TEST(object_tells_encoding_and_length),
        DEBUG_TEST(what_tells_of_redis_own_structures_is_accepted),
        DEBUG_TEST(error_is_passed_on),
        DEBUG_TEST(protocol_shows_every_type),
        DEBUG_TEST(expired_keys_stay_while_active_expiry_is_off),
        DEBUG_TEST(replication_id_changes),
        DEBUG_TEST(tables_are_described),
        DEBUG_TEST(lengths_of_strings_are_told),
        DEBUG_TEST(object_tells_the_size_of_collections),
        DEBUG_TEST(switches_are_switched),
        DEBUG_TEST(what_has_no_meaning_here_is_accepted),
        DEBUG_TEST(sleep_takes_its_time),
        DEBUG_TEST(other_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
