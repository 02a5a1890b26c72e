/* SPDX-License-Identifier: BSD-3-Clause */
/* SADD and its kin: what clients are told, and what everybody else hears of it. */
#include "base/crc64.h"
#include "engine/events.h"
#include "support/harness.h"
#include "support/reply_take.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define WRONG_TYPE   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define NO_INTEGER   "-ERR value is not an integer or out of range\r\n"
#define SYNTAX_ERROR "-ERR syntax error\r\n"

enum { MANY = 1000 };

static void members_are_added_and_removed(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SADD s a b a", ":2\r\n");
    assert_reply(h, "SADD s a b", ":0\r\n");
    assert_reply(h, "SADD s b \"\"", ":1\r\n");
    assert_reply(h, "SCARD s", ":3\r\n");
    assert_reply(h, "SCARD none", ":0\r\n");
    assert_reply(h, "SISMEMBER s \"\"", ":1\r\n");
    assert_reply(h, "SISMEMBER s z", ":0\r\n");
    assert_reply(h, "SISMEMBER none z", ":0\r\n");
    assert_reply(h, "SMISMEMBER s a z a", "*3\r\n:1\r\n:0\r\n:1\r\n");
    assert_reply(h, "SMISMEMBER none a b", "*2\r\n:0\r\n:0\r\n");
    assert_reply(h, "SREM s a z a", ":1\r\n");
    assert_reply(h, "SREM none a", ":0\r\n");
    assert_reply(h, "TYPE s", "+set\r\n");
    assert_reply(h, "SREM s b \"\"", ":2\r\n");
    assert_reply(h, "EXISTS s", ":0\r\n");
}

static void small_sets_come_in_order(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s c a b");
    assert_reply(h, "SMEMBERS s", "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n");
    harness_send(h, "SADD i 3 -1 2");
    assert_reply(h, "SMEMBERS i", "*3\r\n$2\r\n-1\r\n$1\r\n2\r\n$1\r\n3\r\n");
    harness_send(h, "SADD i x 1");
    assert_reply(h, "SMEMBERS i", "*5\r\n$2\r\n-1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\nx\r\n$1\r\n1\r\n");
    assert_reply(h, "SMEMBERS none", "*0\r\n");
    harness_send(h, "HELLO 3");
    assert_reply(h, "SMEMBERS s", "~3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(h, "SMEMBERS none", "~0\r\n");
}

static void encodings_have_redis_names(void **state)
{
    struct harness *h = *state;
    harness_send(h,
                 "CONFIG SET set-max-intset-entries 3 set-max-listpack-entries 4 set-max-listpack-value 8");
    assert_reply(h, "SADD i 1 2 3", ":3\r\n");
    assert_reply(h, "OBJECT ENCODING i", "$6\r\nintset\r\n");
    assert_reply(h, "SADD i x", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING i", "$8\r\nlistpack\r\n");
    assert_reply(h, "SREM i x", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING i", "$8\r\nlistpack\r\n");
    assert_reply(h, "SADD i y z", ":2\r\n");
    assert_reply(h, "OBJECT ENCODING i", "$9\r\nhashtable\r\n");
    assert_reply(h, "SADD j 1 2 3", ":3\r\n");
    assert_reply(h, "SADD j 4", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING j", "$9\r\nhashtable\r\n");
    assert_reply(h, "SADD k 123456789", ":1\r\n");
    assert_reply(h, "SADD k x", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING k", "$9\r\nhashtable\r\n");
    assert_reply(h, "SADD l 123456789x", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING l", "$9\r\nhashtable\r\n");
    h->server->config->enable_debug_command = PROTECTION_YES;
    assert_reply(h, "DEBUG SDSLEN l", "-ERR Not an sds encoded string.\r\n");
}

static void many_members_at_once_make_a_table(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET set-max-intset-entries 3 set-max-listpack-entries 3");
    assert_reply(h, "SADD s x x x x", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING s", "$9\r\nhashtable\r\n");
    assert_reply(h, "SADD t x", ":1\r\n");
    assert_reply(h, "SADD t x x x x", ":0\r\n");
    assert_reply(h, "OBJECT ENCODING t", "$8\r\nlistpack\r\n");
    assert_reply(h, "SADD t x y y y", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING t", "$9\r\nhashtable\r\n");
    assert_reply(h, "SMEMBERS s", "*1\r\n$1\r\nx\r\n");
}

static void wrong_calls_are_refused(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET s x");
    harness_send(h, "SADD t x");
    static const char *const lines[] = {
        "SADD s a",
        "SREM s a",
        "SMOVE s t a",
        "SMOVE t s a",
        "SISMEMBER s a",
        "SMISMEMBER s a",
        "SCARD s",
        "SMEMBERS s",
        "SPOP s",
        "SPOP s 0",
        "SRANDMEMBER s",
        "SRANDMEMBER s 1",
        "SINTER none s",
        "SUNION t s",
        "SDIFF none s",
        "SINTERSTORE d none s",
        "SUNIONSTORE d t s",
        "SDIFFSTORE d t s",
        "SINTERCARD 2 t s",
        "SSCAN s 0",
        "SSCAN s 0 nonsense",
        "SINTERCARD 1 s LIMIT 0",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_reply(h, lines[i], WRONG_TYPE);
    assert_reply(h, "SMOVE none s a", ":0\r\n");
    assert_reply(h, "GET s", "$1\r\nx\r\n");
    assert_reply(h, "GET t", WRONG_TYPE);
    assert_reply(h, "HSET t a 1", WRONG_TYPE);
    assert_reply(h, "SMEMBERS t", "*1\r\n$1\r\nx\r\n");
}

static void members_move(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s a b");
    harness_send(h, "SADD t b");
    assert_reply(h, "SMOVE s t z", ":0\r\n");
    assert_reply(h, "SMOVE s t b", ":1\r\n");
    assert_reply(h, "SMOVE s s a", ":1\r\n");
    assert_reply(h, "SMOVE s s z", ":0\r\n");
    assert_reply(h, "SMOVE s new a", ":1\r\n");
    assert_reply(h, "EXISTS s", ":0\r\n");
    assert_reply(h, "SMEMBERS t", "*1\r\n$1\r\nb\r\n");
    assert_reply(h, "SMEMBERS new", "*1\r\n$1\r\na\r\n");
    harness_fill_set(h, "large", MANY);
    harness_fill_set(h, "other", MANY);
    assert_reply(h, "SMOVE large other m1", ":1\r\n");
    assert_reply(h, "SMOVE other t m1", ":1\r\n");
    assert_reply(h, "SMOVE t large m1", ":1\r\n");
    assert_reply(h, "SCARD large", ":1000\r\n");
    assert_reply(h, "SCARD other", ":999\r\n");
}

/* ---- several sets ---- */

static void fill_three(struct harness *h)
{
    harness_send(h, "SADD a 3 1 x y");
    harness_send(h, "SADD b y 1 3");
    harness_send(h, "SADD c 3 z");
}

static void sets_are_combined(void **state)
{
    struct harness *h = *state;
    fill_three(h);
    assert_reply(h, "SINTER a b", "*3\r\n$1\r\ny\r\n$1\r\n1\r\n$1\r\n3\r\n");
    assert_reply(h, "SINTER a b c", "*1\r\n$1\r\n3\r\n");
    assert_reply(h, "SINTER a none c", "*0\r\n");
    assert_reply(h, "SINTER c c", "*2\r\n$1\r\n3\r\n$1\r\nz\r\n");
    assert_reply(h, "SUNION c b", "*4\r\n$1\r\n3\r\n$1\r\nz\r\n$1\r\ny\r\n$1\r\n1\r\n");
    assert_reply(h, "SUNION none", "*0\r\n");
    assert_reply(h, "SDIFF a b", "*1\r\n$1\r\nx\r\n");
    assert_reply(h, "SDIFF a c none", "*3\r\n$1\r\n1\r\n$1\r\nx\r\n$1\r\ny\r\n");
    assert_reply(h, "SDIFF a a", "*0\r\n");
    assert_reply(h, "SDIFF none a", "*0\r\n");
    harness_send(h, "HELLO 3");
    assert_reply(h, "SINTER a b c", "~1\r\n$1\r\n3\r\n");
    assert_reply(h, "SDIFF none a", "~0\r\n");
}

static void combinations_are_stored(void **state)
{
    struct harness *h = *state;
    fill_three(h);
    harness_send(h, "SET d text");
    harness_send(h, "EXPIRE d 100");
    assert_reply(h, "SUNIONSTORE d c b", ":4\r\n");
    assert_reply(h, "TTL d", ":-1\r\n");
    assert_reply(h, "SDIFFSTORE d d a", ":1\r\n");
    assert_reply(h, "SMEMBERS d", "*1\r\n$1\r\nz\r\n");
    assert_reply(h, "SINTERSTORE d a none", ":0\r\n");
    assert_reply(h, "EXISTS d", ":0\r\n");
    assert_reply(h, "SINTERSTORE d a c", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING d", "$6\r\nintset\r\n");
    assert_reply(h, "SINTERSTORE a a b", ":3\r\n");
    assert_reply(h, "SMEMBERS a", "*3\r\n$1\r\ny\r\n$1\r\n1\r\n$1\r\n3\r\n");
}

static void large_sets_are_combined(void **state)
{
    struct harness *h = *state;
    harness_fill_set(h, "a", MANY);
    harness_fill_set(h, "b", 600);
    harness_send(h, "SADD b x");
    harness_send(h, "SADD c m1 m700 x");
    assert_reply(h, "SINTERSTORE d a b", ":600\r\n");
    assert_reply(h, "SUNIONSTORE d a b c", ":1001\r\n");
    assert_reply(h, "SDIFFSTORE d a b c", ":399\r\n");
    assert_reply(h, "SINTER a b c", "*1\r\n$2\r\nm1\r\n");
    assert_reply(h, "SDIFF c a", "*1\r\n$1\r\nx\r\n");
    assert_reply(h, "SINTERCARD 2 a b LIMIT 77", ":77\r\n");
}

static void common_members_are_counted(void **state)
{
    struct harness *h = *state;
    fill_three(h);
    assert_reply(h, "SINTERCARD 2 a b", ":3\r\n");
    assert_reply(h, "SINTERCARD 2 a b LIMIT 0", ":3\r\n");
    assert_reply(h, "SINTERCARD 2 a b limit 9 LIMIT 2", ":2\r\n");
    assert_reply(h, "SINTERCARD 2 a none", ":0\r\n");
    assert_reply(h, "SINTERCARD 0 a", "-ERR numkeys should be greater than 0\r\n");
    assert_reply(h, "SINTERCARD x a", "-ERR numkeys should be greater than 0\r\n");
    assert_reply(h, "SINTERCARD 2 a", "-ERR Number of keys can't be greater than number of args\r\n");
    assert_reply(h, "SINTERCARD 1 a LIMIT", SYNTAX_ERROR);
    assert_reply(h, "SINTERCARD 1 a b", SYNTAX_ERROR);
    assert_reply(h, "SINTERCARD 1 a LIMIT -1", "-ERR LIMIT can't be negative\r\n");
    assert_reply(h, "SINTERCARD 1 a LIMIT x", "-ERR LIMIT can't be negative\r\n");
}

/* ---- what others hear ---- */

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    harness_send_as(h, listener, "PSUBSCRIBE __key*@0__:*");
#define EVENT(event)      "*4\r\n$8\r\npmessage\r\n$12\r\n__key*@0__:*\r\n$16\r\n__keyspace@0__:s\r\n" event
#define EVENT_OF_T(event) "*4\r\n$8\r\npmessage\r\n$12\r\n__key*@0__:*\r\n$16\r\n__keyspace@0__:t\r\n" event
    h->server->notify_classes = events_parse_classes("Ksgn");
    harness_send(h, "SADD s a b");
    assert_sent(h, listener, EVENT("$3\r\nnew\r\n") EVENT("$4\r\nsadd\r\n"));
    harness_send(h, "SADD s a b");
    harness_send(h, "SREM s z");
    harness_send(h, "SMOVE s s a");
    harness_send(h, "SPOP s 0");
    harness_send(h, "SDIFFSTORE t s s");
    assert_sent(h, listener, "");
    harness_send(h, "SMOVE s t a");
    assert_sent(h, listener,
                EVENT("$4\r\nsrem\r\n") EVENT_OF_T("$3\r\nnew\r\n") EVENT_OF_T("$4\r\nsadd\r\n"));
    harness_send(h, "SPOP s");
    assert_sent(h, listener, EVENT("$4\r\nspop\r\n") EVENT("$3\r\ndel\r\n"));
    harness_send(h, "SUNIONSTORE s t");
    assert_sent(h, listener, EVENT("$3\r\nnew\r\n") EVENT("$11\r\nsunionstore\r\n"));
    harness_send(h, "SPOP s 5");
    assert_sent(h, listener, EVENT("$4\r\nspop\r\n") EVENT("$3\r\ndel\r\n"));
    harness_send(h, "SINTERSTORE t t none");
    assert_sent(h, listener, EVENT_OF_T("$3\r\ndel\r\n"));
}

static void watchers_see_changes_only(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send(h, "SADD s a");
    harness_send(h, "WATCH s");
    harness_send_as(h, other, "SREM s z");
    harness_send_as(h, other, "SADD s a a a");
    harness_send_as(h, other, "SPOP s 0");
    harness_send_as(h, other, "SUNIONSTORE t s");
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*0\r\n");
    harness_send(h, "WATCH s");
    harness_send_as(h, other, "SMOVE t s a");
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*0\r\n");
    harness_send(h, "WATCH s");
    harness_send_as(h, other, "SPOP s");
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*-1\r\n");
}

static void sets_are_copied_moved_and_renamed(void **state)
{
    struct harness *h = *state;
    harness_fill_set(h, "large", MANY);
    harness_send(h, "SADD small a");
    assert_reply(h, "COPY large copy", ":1\r\n");
    assert_reply(h, "COPY small copy2", ":1\r\n");
    assert_reply(h, "SADD copy new", ":1\r\n");
    assert_reply(h, "SADD copy2 new", ":1\r\n");
    assert_reply(h, "SCARD large", ":1000\r\n");
    assert_reply(h, "SCARD small", ":1\r\n");
    assert_reply(h, "RENAME copy renamed", "+OK\r\n");
    assert_reply(h, "SCARD renamed", ":1001\r\n");
    assert_reply(h, "MOVE renamed 1", ":1\r\n");
    harness_send(h, "SELECT 1");
    assert_reply(h, "SISMEMBER renamed new", ":1\r\n");
    assert_reply(h, "SCAN 0 TYPE set COUNT 100", "*2\r\n$1\r\n0\r\n*1\r\n$7\r\nrenamed\r\n");
}

static void a_deadline_of_the_key_stays(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s a");
    harness_send(h, "PEXPIRE s 1000");
    harness_send(h, "SADD s b");
    harness_send(h, "SPOP s");
    assert_reply(h, "PTTL s", ":1000\r\n");
    harness_advance(h, 1001);
    assert_reply(h, "SCARD s", ":0\r\n");
}

static void large_members_are_sent_as_they_are(void **state)
{
    struct harness *h = *state;
    static char member[300000];
    memset(member, 'x', sizeof member);
    struct bytes argv[] = {BYTES("SADD"), BYTES("s"), bytes_make(member, sizeof member)};
    assert_true(bytes_equal(harness_request_bytes(h, h->client, 3, argv), BYTES(":1\r\n")));
    struct bytes reply = harness_send(h, "SPOP s");
    assert_int_equal(reply.len, sizeof member + strlen("$300000\r\n\r\n"));
    assert_memory_equal(reply.data + strlen("$300000\r\n"), member, sizeof member);
}

/* ---- DUMP and RESTORE ---- */

/* Restores a payload as `key`. */
static void restore(struct harness *h, const char *key, struct bytes payload)
{
    struct bytes argv[] = {BYTES("RESTORE"), bytes_of(key), BYTES("0"), payload, BYTES("REPLACE")};
    assert_true(bytes_equal(harness_request_bytes(h, h->client, 5, argv), BYTES("+OK\r\n")));
}

/* Fails unless `command` answers `expected` of what the dump of `s` is restored to. */
static void assert_restored(struct harness *h, const char *command, const char *expected)
{
    char line[64];
    struct buf payload = {0};
    struct bytes dump = harness_send(h, "DUMP s");
    size_t len = (size_t)take_count(&dump);
    buf_append(&payload, dump.data, len);
    restore(h, "restored", buf_bytes(&payload));
    (void)snprintf(line, sizeof line, "%s restored", command);
    harness_assert(harness_send(h, line), bytes_of(expected), line, __FILE__, __LINE__);
    buf_clear(&payload);
}

static void sets_are_dumped_and_restored(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s 3 -1 70000");
    assert_restored(h, "SMEMBERS", "*3\r\n$2\r\n-1\r\n$1\r\n3\r\n$5\r\n70000\r\n");
    assert_restored(h, "OBJECT ENCODING", "$6\r\nintset\r\n");
    harness_send(h, "SADD s x 2");
    harness_send(h, "SREM s -1 70000 x");
    harness_send(h, "SADD s 1 \"\"");
    assert_restored(h, "SMEMBERS", "*4\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n$0\r\n\r\n");
    assert_restored(h, "OBJECT ENCODING", "$8\r\nlistpack\r\n");
    harness_fill_set(h, "s", MANY);
    assert_restored(h, "SCARD", ":1004\r\n");
    assert_restored(h, "OBJECT ENCODING", "$9\r\nhashtable\r\n");
}

/* The same for a value of a version, without the footer. */
static void restore_value(struct harness *h, const char *key, struct bytes value, unsigned version)
{
    struct buf payload = {0};
    buf_append_bytes(&payload, value);
    buf_append_low_first(&payload, version, 2);
    uint64_t checksum = crc64(0, payload.data, payload.len);
    buf_append_low_first(&payload, checksum, 8);
    struct bytes argv[] = {BYTES("RESTORE"), bytes_of(key), BYTES("0"), buf_bytes(&payload),
                           BYTES("REPLACE")};
    (void)harness_request_bytes(h, h->client, 5, argv);
    buf_clear(&payload);
}

/* Made as Redis makes them. */
static void every_layout_is_restored(void **state)
{
    struct harness *h = *state;
    restore_value(h, "s", BYTES("\x14\x0b\x0b\0\0\0\x02\0\x03\x01\x01\x01\xff"), 11);
    assert_reply(h, "SMEMBERS s", "*2\r\n$1\r\n3\r\n$1\r\n1\r\n");
    assert_reply(h, "OBJECT ENCODING s", "$8\r\nlistpack\r\n");
    restore_value(h, "s", BYTES("\x0b\x0c\x02\0\0\0\x02\0\0\0\x01\0\x02\0"), 10);
    assert_reply(h, "SMEMBERS s", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(h, "OBJECT ENCODING s", "$6\r\nintset\r\n");
    restore_value(h, "s", BYTES("\x02\x01\x01\x61"), 10);
    assert_reply(h, "SMEMBERS s", "*1\r\n$1\r\na\r\n");
    restore_value(h, "s", BYTES("\x02\x02\xc0\x02\xc0\x01"), 10);
    assert_reply(h, "OBJECT ENCODING s", "$6\r\nintset\r\n");
    restore_value(h, "bad", BYTES("\x02\x02\x01\x61\x01\x61"), 10);
    assert_reply(h, "EXISTS bad", ":0\r\n");
}

/* ---- SSCAN ---- */

static void a_small_set_is_scanned_at_once(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s apple pear plum");
    harness_send(h, "SADD i 3 12 1");
    assert_reply(h, "SSCAN s 0 MATCH p* COUNT 1", "*2\r\n$1\r\n0\r\n*2\r\n$4\r\npear\r\n$4\r\nplum\r\n");
    assert_reply(h, "SSCAN i 0 MATCH 1* COUNT 1", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\n1\r\n$2\r\n12\r\n");
    assert_reply(h, "SSCAN s 77 MATCH x*", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "SSCAN none 0 nonsense", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "SSCAN none x", "-ERR invalid cursor\r\n");
    assert_reply(h, "SSCAN s 0 nonsense", SYNTAX_ERROR);
    assert_reply(h, "SSCAN s 0 TYPE set", SYNTAX_ERROR);
    assert_reply(h, "SSCAN s 0 COUNT 0", SYNTAX_ERROR);
    assert_reply(h, "SSCAN s 0 COUNT x", NO_INTEGER);
}

static void a_large_set_is_scanned_in_parts(void **state)
{
    struct harness *h = *state;
    int times[MANY] = {0}, parts = 0;
    int64_t cursor = 0;
    harness_fill_set(h, "s", MANY);
    do {
        char line[64];
        (void)snprintf(line, sizeof line, "SSCAN s %lld COUNT 20", (long long)cursor);
        struct bytes reply = harness_send(h, line);
        assert_true(bytes_equal(take_line(&reply), BYTES("*2")));
        (void)take_line(&reply);
        cursor = number_behind(take_line(&reply), 0);
        int64_t count = take_count(&reply);
        assert_true(cursor == 0 || (count >= 20 && count <= 22));
        while (count-- > 0)
            times[take_number(&reply)]++;
        parts++;
    } while (cursor != 0);
    assert_int_equal(parts, MANY / 20);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(times[i], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(members_are_added_and_removed),
        HARNESS_TEST(small_sets_come_in_order),
        HARNESS_TEST(encodings_have_redis_names),
        HARNESS_TEST(many_members_at_once_make_a_table),
        HARNESS_TEST(wrong_calls_are_refused),
        HARNESS_TEST(members_move),
        HARNESS_TEST(sets_are_combined),
        HARNESS_TEST(combinations_are_stored),
        HARNESS_TEST(large_sets_are_combined),
        HARNESS_TEST(common_members_are_counted),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(watchers_see_changes_only),
        HARNESS_TEST(sets_are_copied_moved_and_renamed),
        HARNESS_TEST(a_deadline_of_the_key_stays),
        HARNESS_TEST(large_members_are_sent_as_they_are),
        HARNESS_TEST(sets_are_dumped_and_restored),
        HARNESS_TEST(every_layout_is_restored),
        HARNESS_TEST(a_small_set_is_scanned_at_once),
        HARNESS_TEST(a_large_set_is_scanned_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
