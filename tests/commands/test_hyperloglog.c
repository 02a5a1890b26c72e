/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLogs: replies, the bytes that are kept, and strings of others. */
#include "base/alloc.h"
#include "engine/events.h"
#include "support/harness.h"
#include "types/hyperloglog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define OK         "+OK\r\n"
#define NO_HLL     "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n"
#define DAMAGED    "-INVALIDOBJ Corrupted HLL object detected\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static void elements_are_counted(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "PFCOUNT k", ":0\r\n");
    assert_reply(h, "PFADD k a b c", ":1\r\n");
    assert_reply(h, "PFADD k a b c", ":0\r\n");
    assert_reply(h, "PFCOUNT k", ":3\r\n");
    assert_reply(h, "PFCOUNT k", ":3\r\n");
    assert_reply(h, "PFADD k d c b", ":1\r\n");
    assert_reply(h, "PFCOUNT k", ":4\r\n");
    assert_reply(h, "TYPE k", "+string\r\n");
    assert_reply(h, "OBJECT ENCODING k", "$3\r\nraw\r\n");
}

static void no_elements_make_an_empty_one(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "PFADD k", ":1\r\n");
    assert_reply(h, "PFADD k", ":0\r\n");
    assert_reply(h, "PFCOUNT k", ":0\r\n");
    assert_reply(h, "PFMERGE m", OK);
    assert_reply(h, "PFCOUNT m", ":0\r\n");
    assert_reply(h, "PFADD", "-ERR wrong number of arguments for 'pfadd' command\r\n");
}

/* The bytes of redis-server 7.0. */
static void strings_are_redis(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PFADD k");
    assert_reply(h, "GET k", "$18\r\nHYLL\1\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff\r\n");
    harness_send(h, "PFADD k a");
    assert_reply(h, "GET k", "$21\r\nHYLL\1\0\0\0\0\0\0\0\0\0\0\x80\x71\xa6\x84\x4e\x57\r\n");
    harness_send(h, "PFCOUNT k");
    assert_reply(h, "GET k", "$21\r\nHYLL\1\0\0\0\1\0\0\0\0\0\0\0\x71\xa6\x84\x4e\x57\r\n");
    assert_reply(h, "PFDEBUG DECODE k", "$20\r\nZ:12711 v:2,1 Z:3672\r\n");
    assert_reply(h, "PFDEBUG ENCODING k", "+sparse\r\n");
    assert_reply(h, "PFDEBUG TODENSE k", ":1\r\n");
    assert_reply(h, "PFDEBUG TODENSE k", ":0\r\n");
    assert_reply(h, "PFDEBUG ENCODING k", "+dense\r\n");
    assert_reply(h, "PFDEBUG DECODE k", "-ERR HLL encoding is not sparse\r\n");
    assert_reply(h, "STRLEN k", ":12304\r\n");
    assert_reply(h, "PFCOUNT k", ":1\r\n");
}

static void a_long_one_becomes_dense(void **state)
{
    struct harness *h = *state;
    /* Each server has a limit of its own. */
    harness_drop_journal(h);
    assert_reply(h, "CONFIG SET hll-sparse-max-bytes 30", OK);
    harness_send(h, "PFADD k 1 2 3");
    assert_reply(h, "PFDEBUG ENCODING k", "+sparse\r\n");
    assert_reply(h, "EXPIRE k 100", ":1\r\n");
    harness_send(h, "PFADD k 4 5 6 7 8 9 10");
    assert_reply(h, "PFDEBUG ENCODING k", "+dense\r\n");
    assert_reply(h, "TTL k", ":100\r\n");
    assert_reply(h, "PFADD k 1 2 3", ":0\r\n");
    assert_reply(h, "PFADD k 11", ":1\r\n");
    assert_reply(h, "PFCOUNT k", ":11\r\n");
}

static void several_are_counted_as_one(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PFADD a 1 2 3");
    harness_send(h, "PFADD b 3 4");
    assert_reply(h, "PFCOUNT a b none", ":4\r\n");
    assert_reply(h, "PFCOUNT none none", ":0\r\n");
    assert_reply(h, "PFMERGE m a none b", OK);
    assert_reply(h, "PFCOUNT m", ":4\r\n");
    assert_reply(h, "PFDEBUG ENCODING m", "+sparse\r\n");
    assert_reply(h, "PFDEBUG TODENSE b", ":1\r\n");
    harness_send(h, "EXPIRE a 100");
    assert_reply(h, "PFMERGE a b", OK);
    assert_reply(h, "PFDEBUG ENCODING a", "+dense\r\n");
    assert_reply(h, "TTL a", ":100\r\n");
    assert_reply(h, "PFCOUNT a", ":4\r\n");
}

static void what_is_none_is_refused(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET s foo");
    harness_send(h, "SET i 12");
    harness_send(h, "SET t HYLL\\x01");
    harness_send(h, "LPUSH l a");
    harness_send(h, "PFADD k a");
    assert_reply(h, "PFADD s a", NO_HLL);
    assert_reply(h, "PFADD i a", NO_HLL);
    assert_reply(h, "PFADD t a", NO_HLL);
    assert_reply(h, "PFCOUNT s", NO_HLL);
    assert_reply(h, "PFCOUNT k s", NO_HLL);
    assert_reply(h, "PFMERGE k s", NO_HLL);
    assert_reply(h, "PFMERGE s k", NO_HLL);
    assert_reply(h, "PFADD l a", WRONG_TYPE);
    assert_reply(h, "PFCOUNT l", WRONG_TYPE);
    assert_reply(h, "PFMERGE k l", WRONG_TYPE);
    assert_reply(h, "PFDEBUG GETREG s", NO_HLL);
    assert_reply(h, "PFDEBUG GETREG none", "-ERR The specified key does not exist\r\n");
    assert_reply(h, "PFDEBUG FOO k", "-ERR Unknown PFDEBUG subcommand 'FOO'\r\n");
    assert_reply(h, "PFCOUNT k", ":1\r\n");
}

static void the_self_test_passes(void **state)
{
    assert_reply((struct harness *)*state, "PFSELFTEST", OK);
}

static void registers_are_shown(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PFADD k a");
    struct bytes reply = harness_send(h, "PFDEBUG GETREG k");
    assert_true(bytes_starts_with(reply, BYTES("*16384\r\n:0\r\n")));
    assert_int_equal(reply.len, strlen("*16384\r\n") + HLL_REGISTERS * strlen(":0\r\n"));
    assert_memory_equal(reply.data + 8 + 12711 * 4, ":2\r\n", 4);
    assert_reply(h, "PFDEBUG ENCODING k", "+dense\r\n");
}

/* ---- strings that were made to do harm ---- */

/* No command that reads or writes it takes it, and it stays as it is. */
static void assert_is_refused(struct harness *h, struct bytes hll, const char *reply)
{
    static const char *const requests[] = {"PFADD k a",        "PFADD k a b c d e f", "PFCOUNT k",
                                           "PFCOUNT k none",   "PFMERGE m k",         "PFMERGE k none",
                                           "PFDEBUG GETREG k", "PFDEBUG DECODE k",    "PFDEBUG TODENSE k"};
    struct bytes set[] = {BYTES("SET"), BYTES("k"), hll}, get[] = {BYTES("GET"), BYTES("k")};
    struct buf expected = {0};
    assert_true(bytes_is(harness_request_bytes(h, h->client, 3, set), OK));
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        harness_assert(harness_send(h, requests[i]), bytes_of(reply), requests[i], __FILE__, __LINE__);
    buf_printf(&expected, "$%zu\r\n", hll.len);
    buf_append_bytes(&expected, hll);
    buf_append_text(&expected, "\r\n");
    assert_true(bytes_equal(harness_request_bytes(h, h->client, 2, get), buf_bytes(&expected)));
    assert_reply(h, "EXISTS m", ":0\r\n");
    buf_clear(&expected);
}

/* With a count that claims to be right: the runs are looked at all the same. */
static void append_head(struct buf *hll)
{
    buf_append(hll, "HYLL\1\0\0\0\5\0\0\0\0\0\0\0", HLL_HEADER_SIZE);
}

/* From sparse to dense, runs wrote behind the registers: there were more of them than registers. */
static void cve_2019_10192(void **state)
{
    struct harness *h = *state;
    struct buf hll = {0};
    append_head(&hll);
    buf_append(&hll, "\x7f\xff\xff\xff", 4);
    assert_is_refused(h, buf_bytes(&hll), DAMAGED);
    hll.len = HLL_HEADER_SIZE;
    for (int i = 0; i < 5000; i++)
        buf_append(&hll, "\xff", 1);
    assert_is_refused(h, buf_bytes(&hll), DAMAGED);
    buf_clear(&hll);
    /* As its test does it: a small one is written over. */
    assert_reply(h, "CONFIG SET hll-sparse-max-bytes 100", OK);
    harness_send(h, "DEL k");
    harness_send(h, "PFADD k a b c");
    harness_send(
        h, "SETRANGE k 15 \"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\"");
    assert_reply(h, "PFADD k d", DAMAGED);
    assert_reply(h, "PFCOUNT k", DAMAGED);
}

/* The encoding was switched in a string that is no dense one: registers were read and written behind it. */
static void cve_2019_10193(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PFADD k a b c");
    harness_send(h, "SETRANGE k 4 \"\\x00\"");
    assert_reply(h, "PFADD k d", NO_HLL);
    assert_reply(h, "PFCOUNT k", NO_HLL);
    assert_reply(h, "PFMERGE m k", NO_HLL);
    harness_send(h, "SETRANGE k 4 \"\\xff\"");
    assert_reply(h, "PFADD k d", NO_HLL);
    assert_reply(h, "PFCOUNT k m", NO_HLL);
    /* Half a run at the end: the other half lay behind it. */
    struct buf hll = {0};
    append_head(&hll);
    buf_append(&hll, "\x7f\xfe\x40", 3);
    assert_is_refused(h, buf_bytes(&hll), DAMAGED);
    buf_clear(&hll);
}

/* So many runs that their sum fell below zero, and what came next was written in front of the registers. */
static void cve_2025_32023(void **state)
{
    struct harness *h = *state;
    struct buf hll = {0};
    append_head(&hll);
    for (int i = 0; i < 0x20000; i++)
        buf_append(&hll, "\x7f\xff", 2);
    buf_append(&hll, "\xff\xff\xff\xff", 4);
    assert_is_refused(h, buf_bytes(&hll), DAMAGED);
    buf_clear(&hll);
}

/* One that was known to be right is looked at anew after all that may write to it. */
static void what_was_right_may_be_damaged_in_any_way(void **state)
{
    static const char *const ways[] = {
        "SETRANGE k 16 \"\\xff\"",
        "APPEND k \"\\x00\"",
        "SETBIT k 130 1",
        "BITFIELD k SET u8 #16 255",
        "BITFIELD k INCRBY u16 #8 5",
        "BITOP NOT k k",
        "SET k bad GET",
        "GETSET k bad",
        "MSET k bad",
        "COPY bad k REPLACE",
        "RENAME bad k",
        "EVAL \"redis.call('SETRANGE', KEYS[1], 16, '\\xff')\" 1 k",
    };
    struct harness *h = *state;
    struct keyspace *keyspace = store_keyspace(h->server->store, 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        harness_send(h, "DEL k");
        harness_send(h, "SET bad foo");
        harness_send(h, "PFADD k a b c");
        assert_reply(h, "PFADD k d", ":1\r\n");
        assert_reply(h, "PFADD k d", ":0\r\n");
        assert_true(entry_is_hll(keyspace_peek(keyspace, key_of(BYTES("k")))));
        harness_send(h, ways[i]);
        assert_false(entry_is_hll(keyspace_peek(keyspace, key_of(BYTES("k")))));
        struct bytes reply = harness_send(h, "PFADD k e");
        if (!bytes_starts_with(reply, BYTES("-")))
            fail_msg("%s: %.*s", ways[i], (int)reply.len, reply.data);
    }
}

static void each_byte_may_be_any(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PFADD k a b c d e f g");
    struct bytes reply = harness_send(h, "GET k");
    size_t len = reply.len - strlen("$37\r\n") - 2;
    char original[64], line[64];
    assert_in_range(len, 20, sizeof original);
    memcpy(original, reply.data + 5, len);
    for (size_t at = 0; at < len; at++) {
        for (int byte = 0; byte < 256; byte += 3) {
            struct bytes set[] = {BYTES("SET"), BYTES("k"), {original, len}};
            (void)harness_request_bytes(h, h->client, 3, set);
            (void)snprintf(line, sizeof line, "SETRANGE k %zu \"\\x%02x\"", at, (unsigned)byte);
            harness_send(h, "PFADD k h");
            harness_send(h, line);
            harness_send(h, "PFADD k x");
            harness_send(h, "PFADD k x y z");
            harness_send(h, "PFCOUNT k");
            harness_send(h, "PFMERGE m k");
        }
    }
    assert_reply(h, "PING", "+PONG\r\n");
}

/* ---- what others are told ---- */

#define EVENT(len, name, key) \
    "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$" #len "\r\n__keyevent@0__:" name "\r\n$1\r\n" key "\r\n"

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    h->server->notify_classes = events_parse_classes("EAn");
    harness_send_as(h, listener, "PSUBSCRIBE *");
    harness_send(h, "PFADD k a");
    assert_sent(h, listener, EVENT(18, "new", "k") EVENT(20, "pfadd", "k"));
    harness_send(h, "PFADD k a");
    harness_send(h, "PFCOUNT k");
    assert_sent(h, listener, "");
    harness_send(h, "PFMERGE k k");
    assert_sent(h, listener, EVENT(20, "pfadd", "k"));
    harness_send(h, "PFDEBUG TODENSE k");
    assert_sent(h, listener, "");
    harness_send(h, "PFADD k b");
    assert_sent(h, listener, EVENT(20, "pfadd", "k"));
}

/* That the count is kept is a change, as in Redis. */
static void watchers_and_caches_hear_of_changes(void **state)
{
    struct harness *h = *state;
    struct client *cache = harness_client(h);
    cache->reply.protocol = 3;
    harness_send(h, "PFADD k a");
    harness_send_as(h, cache, "CLIENT TRACKING ON");
    harness_send_as(h, cache, "GET k");
    harness_send_as(h, cache, "WATCH k");
    harness_send(h, "PFADD k a");
    assert_sent(h, cache, "");
    harness_send(h, "PFCOUNT k");
    assert_sent(h, cache, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
    harness_send_as(h, cache, "MULTI");
    assert_reply_as(h, cache, "EXEC", "_\r\n");
}

static void changes_are_recorded(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PFADD k a");
    harness_send(h, "PFADD k a");
    harness_send(h, "PFCOUNT k");
    harness_send(h, "PFCOUNT k");
    harness_send(h, "PFCOUNT k k");
    harness_send(h, "PFMERGE m k");
    harness_send(h, "PFDEBUG TODENSE m");
    harness_assert(harness_journal(h),
                   BYTES("SELECT 0\nPFADD k a\nPFCOUNT k\nPFMERGE m k\nPFDEBUG TODENSE m\n"), "(journal)",
                   __FILE__, __LINE__);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(elements_are_counted),
        HARNESS_TEST(no_elements_make_an_empty_one),
        HARNESS_TEST(strings_are_redis),
        HARNESS_TEST(a_long_one_becomes_dense),
        HARNESS_TEST(several_are_counted_as_one),
        HARNESS_TEST(what_is_none_is_refused),
        HARNESS_TEST(the_self_test_passes),
        HARNESS_TEST(registers_are_shown),
        HARNESS_TEST(cve_2019_10192),
        HARNESS_TEST(cve_2019_10193),
        HARNESS_TEST(cve_2025_32023),
        HARNESS_TEST(what_was_right_may_be_damaged_in_any_way),
        HARNESS_TEST(each_byte_may_be_any),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(watchers_and_caches_hear_of_changes),
        HARNESS_TEST(changes_are_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
