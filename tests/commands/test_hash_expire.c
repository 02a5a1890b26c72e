/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of hashes that live for a time: HEXPIRE and its kin, HGETDEL, HGETEX, HSETEX, and what everybody
 * hears of their ends. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NIL        "$-1\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define NO_INTEGER "-ERR value is not an integer or out of range\r\n"
#define NO_FIELDS  "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n"
#define NO_MATCH   "-ERR The `numfields` parameter must match the number of arguments\r\n"
#define NO_COUNT   "-ERR Number of fields must be a positive integer\r\n"

enum { MANY = 1000 };

static void fields_get_deadlines(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1 b 2");
    assert_reply(h, "HEXPIRE h 100 FIELDS 2 a z", "*2\r\n:1\r\n:-2\r\n");
    assert_reply(h, "HTTL h FIELDS 3 a b z", "*3\r\n:100\r\n:-1\r\n:-2\r\n");
    assert_reply(h, "HPTTL h FIELDS 1 a", "*1\r\n:100000\r\n");
    assert_reply(h, "HEXPIRETIME h FIELDS 1 a", "*1\r\n:1700000100\r\n");
    assert_reply(h, "HPEXPIRETIME h FIELDS 2 a b", "*2\r\n:1700000100000\r\n:-1\r\n");
    harness_advance(h, 1);
    assert_reply(h, "HTTL h FIELDS 1 a", "*1\r\n:100\r\n");
    assert_reply(h, "HPEXPIRE h 1500 FIELDS 1 a", "*1\r\n:1\r\n");
    assert_reply(h, "HTTL h FIELDS 1 a", "*1\r\n:2\r\n");
    assert_reply(h, "HPEXPIREAT h 1700000000501 FIELDS 1 a", "*1\r\n:1\r\n");
    assert_reply(h, "HPTTL h FIELDS 1 a", "*1\r\n:500\r\n");
    assert_reply(h, "HEXPIREAT h 1700000010 FIELDS 2 a b", "*2\r\n:1\r\n:1\r\n");
    assert_reply(h, "HPERSIST h FIELDS 3 a z a", "*3\r\n:1\r\n:-2\r\n:-1\r\n");
    assert_reply(h, "HTTL none FIELDS 1 a", "*1\r\n:-2\r\n");
    assert_reply(h, "HEXPIRE none 100 FIELDS 1 a", "*1\r\n:-2\r\n");
    assert_reply(h, "HPERSIST none FIELDS 1 a", "*1\r\n:-2\r\n");
    assert_reply(h, "EXISTS none", ":0\r\n");
}

static void conditions_are_asked_of_each_field(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1 b 2");
    assert_reply(h, "HEXPIRE h 100 XX FIELDS 1 a", "*1\r\n:0\r\n");
    assert_reply(h, "HEXPIRE h 100 GT FIELDS 1 a", "*1\r\n:0\r\n");
    assert_reply(h, "HEXPIRE h 100 lt FIELDS 1 a", "*1\r\n:1\r\n");
    assert_reply(h, "HEXPIRE h 200 LT FIELDS 1 a", "*1\r\n:0\r\n");
    assert_reply(h, "HEXPIRE h 100 GT FIELDS 1 a", "*1\r\n:0\r\n");
    assert_reply(h, "HEXPIRE h 200 GT FIELDS 1 a", "*1\r\n:1\r\n");
    assert_reply(h, "HEXPIRE h 50 NX FIELDS 2 a b", "*2\r\n:0\r\n:1\r\n");
    assert_reply(h, "HEXPIRE h 50 XX FIELDS 2 a z", "*2\r\n:1\r\n:-2\r\n");
}

static void a_past_time_removes(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1 b 2 c 3");
    assert_reply(h, "HEXPIRE h 0 FIELDS 2 a a", "*2\r\n:2\r\n:-2\r\n");
    assert_reply(h, "HEXPIREAT h 1 FIELDS 1 b", "*1\r\n:2\r\n");
    assert_reply(h, "HGETALL h", "*2\r\n$1\r\nc\r\n$1\r\n3\r\n");
    assert_reply(h, "HGETEX h PXAT 1 FIELDS 2 c z", "*2\r\n$1\r\n3\r\n" NIL);
    assert_reply(h, "EXISTS h", ":0\r\n");
    harness_send(h, "HSET h a 1 b 2");
    assert_reply(h, "HSETEX h PXAT 1 FIELDS 2 a 9 z 9", ":1\r\n");
    assert_reply(h, "HGETALL h", "*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
    assert_reply(h, "HSETEX none EX 0 FIELDS 1 a 9", ":1\r\n");
    assert_reply(h, "EXISTS none", ":0\r\n");
}

static void wrong_calls_are_refused(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET s x");
    harness_send(h, "HSET h a 1");
    assert_reply(h, "HEXPIRE s x FIELDS 1 a", WRONG_TYPE);
    assert_reply(h, "HTTL s FIELDS 0 a", WRONG_TYPE);
    assert_reply(h, "HPERSIST s FIELDS 1 a", WRONG_TYPE);
    assert_reply(h, "HGETDEL s FIELDS 1 a", WRONG_TYPE);
    assert_reply(h, "HGETEX s FIELDS 1 a", WRONG_TYPE);
    assert_reply(h, "HSETEX s FIELDS 1 a 1", WRONG_TYPE);
    assert_reply(h, "HEXPIRE h x FIELDS 1 a", NO_INTEGER);
    assert_reply(h, "HEXPIRE h -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0\r\n");
    assert_reply(h, "HEXPIRE h 9223372036854775807 FIELDS 1 a",
                 "-ERR invalid expire time in 'hexpire' command\r\n");
    assert_reply(h, "HPEXPIREAT h 70368744177664 FIELDS 1 a",
                 "-ERR invalid expire time in 'hpexpireat' command\r\n");
    assert_reply(h, "HPEXPIREAT h 70368744177663 FIELDS 1 a", "*1\r\n:1\r\n");
    assert_reply(h, "HEXPIRE h 1 NX XX FIELDS 1 a", NO_FIELDS);
    assert_reply(h, "HEXPIRE h 1 NX FIELDS", "-ERR wrong number of arguments for 'hexpire' command\r\n");
    assert_reply(h, "HEXPIRE h 1 FIELDS 2 a", NO_MATCH);
    assert_reply(h, "HEXPIRE h 1 NX FIELDS 2 a", NO_MATCH);
    assert_reply(h, "HEXPIRE h 1 FIELDS 1 a b", NO_MATCH);
    assert_reply(h, "HEXPIRE h 1 FIELDS 0 a", "-ERR Parameter `numFields` should be greater than 0\r\n");
    assert_reply(h, "HTTL h FIELDS 0 a", NO_COUNT);
    assert_reply(h, "HTTL h FIELD 1 a", NO_FIELDS);
    assert_reply(h, "HGETDEL h FIELDS x a", NO_COUNT);
    assert_reply(h, "HGETEX h EX 1 PX 1 FIELDS 1 a", NO_FIELDS);
    assert_reply(h, "HGETEX h KEEPTTL FIELDS 1 a", NO_FIELDS);
    assert_reply(h, "HSETEX h FNX FXX FIELDS 1 a 1",
                 "-ERR Only one of FXX or FNX arguments can be specified\r\n");
    assert_reply(h, "HSETEX h EX 1 KEEPTTL FIELDS 1 a 1",
                 "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified\r\n");
    assert_reply(h, "HSETEX h FIELDS 2 a 1", "-ERR wrong number of arguments for 'hsetex' command\r\n");
    assert_reply(h, "HSETEX h FIELDS 0 a 1", "-ERR invalid number of fields\r\n");
    assert_reply(h, "HSETEX h NX FIELDS 1 a 1", "-ERR unknown argument: NX\r\n");
    assert_reply(h, "HSETEX h FNX KEEPTTL a 1 EX", "-ERR unknown argument: a\r\n");
    assert_reply(h, "HSETEX h FNX KEEPTTL FNX a EX",
                 "-ERR Only one of FXX or FNX arguments can be specified\r\n");
}

static void fields_are_got_and_removed(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1 b 2 c 3");
    assert_reply(h, "HGETDEL h FIELDS 3 a z a", "*3\r\n$1\r\n1\r\n" NIL NIL);
    assert_reply(h, "HGETDEL none FIELDS 1 a", "*1\r\n" NIL);
    assert_reply(h, "HGETDEL h FIELDS 2 b c", "*2\r\n$1\r\n2\r\n$1\r\n3\r\n");
    assert_reply(h, "EXISTS h", ":0\r\n");
}

static void fields_are_got_and_stamped(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1 b 2");
    assert_reply(h, "HGETEX h FIELDS 2 a z", "*2\r\n$1\r\n1\r\n" NIL);
    assert_reply(h, "HGETEX h EX 10 FIELDS 2 a z", "*2\r\n$1\r\n1\r\n" NIL);
    assert_reply(h, "HPTTL h FIELDS 2 a b", "*2\r\n:10000\r\n:-1\r\n");
    assert_reply(h, "HGETEX h FIELDS 1 a", "*1\r\n$1\r\n1\r\n");
    assert_reply(h, "HPTTL h FIELDS 1 a", "*1\r\n:10000\r\n");
    assert_reply(h, "HGETEX h PERSIST FIELDS 2 a b", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(h, "HPTTL h FIELDS 1 a", "*1\r\n:-1\r\n");
}

static void fields_are_set_for_a_time(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HSETEX h EX 100 FIELDS 2 a 1 b 2", ":1\r\n");
    assert_reply(h, "HPTTL h FIELDS 2 a b", "*2\r\n:100000\r\n:100000\r\n");
    assert_reply(h, "HSETEX h KEEPTTL FIELDS 2 a 9 c 3", ":1\r\n");
    assert_reply(h, "HPTTL h FIELDS 2 a c", "*2\r\n:100000\r\n:-1\r\n");
    assert_reply(h, "HSETEX h FIELDS 1 a 8", ":1\r\n");
    assert_reply(h, "HPTTL h FIELDS 2 a b", "*2\r\n:-1\r\n:100000\r\n");
    assert_reply(h, "HSETEX h FNX FIELDS 2 a 0 z 0", ":0\r\n");
    assert_reply(h, "HSETEX h FXX FIELDS 2 a 0 z 0", ":0\r\n");
    assert_reply(h, "HSETEX h PX 7 FXX FIELDS 1 a 0", ":1\r\n");
    assert_reply(h, "HSETEX h FNX FIELDS 1 z 0", ":1\r\n");
    assert_reply(h, "HGET h a", "$1\r\n0\r\n");
}

static void what_overwrites_a_field_ends_its_deadline(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSETEX h EX 100 FIELDS 2 a 1 b 2");
    harness_send(h, "HINCRBY h a 1");
    harness_send(h, "HINCRBYFLOAT h a 0.5");
    harness_send(h, "HSETNX h b 3");
    assert_reply(h, "HPTTL h FIELDS 2 a b", "*2\r\n:100000\r\n:100000\r\n");
    harness_send(h, "HSET h a 1");
    harness_send(h, "HDEL h b");
    harness_send(h, "HSET h b 1");
    assert_reply(h, "HPTTL h FIELDS 2 a b", "*2\r\n:-1\r\n:-1\r\n");
}

/* ---- the end ---- */

static void a_field_lives_through_its_last_millisecond(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1 b 2");
    harness_send(h, "HPEXPIRE h 100 FIELDS 1 a");
    harness_advance(h, 100);
    assert_reply(h, "HMGET h a b", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    harness_advance(h, 1);
    assert_reply(h, "HMGET h a b", "*2\r\n" NIL "$1\r\n2\r\n");
    assert_reply(h, "HLEN h", ":1\r\n");
    harness_send(h, "HPEXPIRE h 100 FIELDS 1 b");
    harness_advance(h, 101);
    assert_reply(h, "DBSIZE", ":0\r\n");
}

/* Nobody sees a dead field, even before it was looked for. */
static void dead_fields_are_out_of_sight(void **state)
{
    struct harness *h = *state;
    harness_send(h, "DEBUG SET-ACTIVE-EXPIRE 0");
    harness_send(h, "HSET h a 1 b 2");
    harness_send(h, "HSET g a 1");
    harness_send(h, "HPEXPIRE h 100 FIELDS 1 a");
    harness_send(h, "HPEXPIRE g 100 FIELDS 1 a");
    harness_advance(h, 200);
    assert_reply(h, "HGETALL h", "*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
    assert_reply(h, "HSET g b 1", ":1\r\n");
    assert_reply(h, "HLEN g", ":1\r\n");
    harness_send(h, "HPEXPIRE g 100 FIELDS 1 b");
    harness_advance(h, 200);
    assert_reply(h, "EXISTS g", ":0\r\n");
}

static void fill_timed(struct harness *h, int count)
{
    for (int i = 0; i < count; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "HSETEX h PX %d FIELDS 1 f%d v", 1000 + i, i);
        harness_send(h, line);
    }
}

static void many_fields_end_one_by_one(void **state)
{
    struct harness *h = *state;
    fill_timed(h, MANY);
    for (int passed = 999; passed < 1000 + MANY; passed += 50) {
        char expected[32];
        harness_advance(h, passed == 999 ? 999 : 50);
        (void)snprintf(expected, sizeof expected, ":%d\r\n", passed < 1000 ? MANY : MANY - (passed - 1000));
        struct bytes reply = harness_send(h, "HLEN h");
        assert_true(bytes_is(reply, expected));
    }
    harness_advance(h, 100);
    assert_reply(h, "DBSIZE", ":0\r\n");
}

static void many_fields_end_at_once(void **state)
{
    struct harness *h = *state;
    fill_timed(h, MANY);
    harness_send(h, "HSET h stays 1");
    harness_advance(h, 10000);
    assert_reply(h, "HGETALL h", "*2\r\n$5\r\nstays\r\n$1\r\n1\r\n");
    assert_non_null(strstr(harness_send(h, "INFO stats").data, "expired_subkeys:1000\r\n"));
}

static void a_hash_keeps_its_deadlines_wherever_it_goes(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSETEX h PX 100 FIELDS 1 a 1");
    harness_send(h, "HSET h b 1");
    assert_reply(h, "COPY h copy", ":1\r\n");
    assert_reply(h, "RENAME h renamed", "+OK\r\n");
    harness_send(h, "EXPIRE renamed 1000");
    harness_send(h, "PERSIST renamed");
    assert_reply(h, "HPTTL copy FIELDS 1 a", "*1\r\n:100\r\n");
    harness_advance(h, 101);
    assert_reply(h, "HKEYS copy", "*1\r\n$1\r\nb\r\n");
    assert_reply(h, "HKEYS renamed", "*1\r\n$1\r\nb\r\n");
    harness_send(h, "HSETEX swapped PX 100 FIELDS 1 a 1");
    harness_send(h, "SWAPDB 0 1");
    harness_send(h, "SELECT 1");
    harness_advance(h, 101);
    assert_reply(h, "DBSIZE", ":2\r\n");
}

static void a_transaction_sees_no_field_end(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSETEX h PX 100 FIELDS 1 a 1");
    harness_send(h, "WATCH h");
    harness_advance(h, 101);
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*-1\r\n");
}

/* ---- DUMP and RESTORE ---- */

/* Copies `key` to `restored` by way of a payload. */
static void dump_and_restore(struct harness *h, const char *key)
{
    struct buf payload = {0};
    char line[64];
    (void)snprintf(line, sizeof line, "DUMP %s", key);
    struct bytes reply = harness_send(h, line);
    size_t head = bytes_index_of(reply, '\n') + 1;
    buf_append(&payload, reply.data + head, reply.len - head - 2);
    struct bytes argv[] = {BYTES("RESTORE"), BYTES("restored"), BYTES("0"), buf_bytes(&payload),
                           BYTES("REPLACE")};
    assert_true(bytes_equal(harness_request_bytes(h, h->client, 5, argv), BYTES("+OK\r\n")));
    buf_clear(&payload);
}

static void hashes_are_dumped_and_restored(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h b 1 a 2 \"\" \"\"");
    dump_and_restore(h, "h");
    assert_reply(h, "HGETALL restored",
                 "*6\r\n$1\r\nb\r\n$1\r\n1\r\n$1\r\na\r\n$1\r\n2\r\n$0\r\n\r\n$0\r\n\r\n");
    harness_send(h, "HPEXPIRE h 700 FIELDS 1 a");
    harness_send(h, "HPEXPIRE h 900 FIELDS 1 b");
    dump_and_restore(h, "h");
    assert_reply(h, "HPTTL restored FIELDS 3 a b \"\"", "*3\r\n:700\r\n:900\r\n:-1\r\n");
    harness_advance(h, 701);
    assert_reply(h, "HLEN restored", ":2\r\n");
    fill_timed(h, MANY);
    dump_and_restore(h, "h");
    assert_reply(h, "HLEN restored", ":1002\r\n");
    assert_reply(h, "HPTTL restored FIELDS 2 f0 f999", "*2\r\n:1000\r\n:1999\r\n");
    assert_reply(h, "OBJECT ENCODING restored", "$9\r\nhashtable\r\n");
}

/* ---- what others hear ---- */

static void ends_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    harness_send_as(h, listener, "PSUBSCRIBE __key*@0__:*");
#define EVENT(event) "*4\r\n$8\r\npmessage\r\n$12\r\n__key*@0__:*\r\n$16\r\n__keyspace@0__:h\r\n" event
    h->server->notify_classes = events_parse_classes("Khg");
    harness_send(h, "HSETEX h PX 100 FIELDS 2 a 1 b 2");
    assert_sent(h, listener, EVENT("$4\r\nhset\r\n") EVENT("$7\r\nhexpire\r\n"));
    harness_send(h, "HEXPIRE h 10 FIELDS 1 b");
    harness_send(h, "HPERSIST h FIELDS 1 z");
    assert_sent(h, listener, EVENT("$7\r\nhexpire\r\n"));
    harness_advance(h, 101);
    assert_sent(h, listener, EVENT("$8\r\nhexpired\r\n"));
    harness_send(h, "HPERSIST h FIELDS 1 b");
    harness_send(h, "HGETEX h PX 5 FIELDS 1 b");
    assert_sent(h, listener, EVENT("$8\r\nhpersist\r\n") EVENT("$7\r\nhexpire\r\n"));
    harness_advance(h, 6);
    assert_sent(h, listener, EVENT("$8\r\nhexpired\r\n") EVENT("$3\r\ndel\r\n"));
    harness_send(h, "HSET h a 1");
    harness_send(h, "HEXPIRE h 0 FIELDS 1 a");
    assert_sent(h, listener, EVENT("$4\r\nhset\r\n") EVENT("$4\r\nhdel\r\n") EVENT("$3\r\ndel\r\n"));
}

/* More than can be removed within a turn. */
static void who_comes_for_very_many_dead_fields_waits(void **state)
{
    enum { VERY_MANY = 50000, A_LINE = 1000 };
    struct harness *h = *state;
    struct client *other = harness_client(h);
    struct buf line = {0};
    harness_send(h, "DEBUG SET-ACTIVE-EXPIRE 0");
    for (int i = 0; i < VERY_MANY; i += A_LINE) {
        line.len = 0;
        buf_printf(&line, "HSETEX h PX 1000 FIELDS %d", A_LINE);
        for (int j = i; j < i + A_LINE; j++)
            buf_printf(&line, " f%d v", j);
        assert_reply(h, buf_cstring(&line), ":1\r\n");
    }
    buf_clear(&line);
    assert_reply(h, "HSET h last v", ":1\r\n");
    harness_advance(h, 2000);
    harness_begin(h, h->client, "HLEN h");
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_meanwhile(h, other, "SET k v", "+OK\r\n");
    assert_end(h, h->client, ":1\r\n");
    assert_reply(h, "HGETALL h", "*2\r\n$4\r\nlast\r\n$1\r\nv\r\n");
}

#define assert_journal(h, expected) assert_true(bytes_equal(harness_journal(h), BYTES(expected)))

static void what_came_of_it_is_recorded(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSETEX h PX 100 FIELDS 2 a 1 b 2");
    harness_send(h, "HEXPIRE h 10 XX FIELDS 3 a z a");
    harness_send(h, "HGETEX h PERSIST FIELDS 2 a z");
    harness_send(h, "HINCRBYFLOAT h b 0.5");
    harness_send(h, "HEXPIRE h 0 FIELDS 2 a z");
    harness_advance(h, 101);
    assert_journal(h, "SELECT 0\nHSETEX h PXAT 1700000000100 FIELDS 2 a 1 b 2\n"
                      "HPEXPIREAT h 1700000010000 FIELDS 2 a a\nHPERSIST h FIELDS 1 a\n"
                      "HSETEX h KEEPTTL FIELDS 1 b 2.5\nHDEL h a\nHDEL h b\n");
}

static void what_is_missing_is_told(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HGETEX h EX x FIELDS 1 a", NO_INTEGER);
    assert_reply(h, "HTTL h FIELDS 1", "-ERR wrong number of arguments for 'httl' command\r\n");
    assert_reply(h, "HPERSIST h FIELDS 1", "-ERR wrong number of arguments for 'hpersist' command\r\n");
    assert_reply(h, "HEXPIRE h 1 NX FIELDS 1", "-ERR wrong number of arguments for 'hexpire' command\r\n");
    assert_reply(h, "HSETEX h EX 1 PX 1",
                 "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(fields_get_deadlines),
        HARNESS_TEST(conditions_are_asked_of_each_field),
        HARNESS_TEST(a_past_time_removes),
        HARNESS_TEST(wrong_calls_are_refused),
        HARNESS_TEST(fields_are_got_and_removed),
        HARNESS_TEST(fields_are_got_and_stamped),
        HARNESS_TEST(fields_are_set_for_a_time),
        HARNESS_TEST(what_overwrites_a_field_ends_its_deadline),
        HARNESS_TEST(a_field_lives_through_its_last_millisecond),
        HARNESS_TEST(dead_fields_are_out_of_sight),
        HARNESS_TEST(many_fields_end_one_by_one),
        HARNESS_TEST(many_fields_end_at_once),
        HARNESS_TEST(who_comes_for_very_many_dead_fields_waits),
        HARNESS_TEST(a_hash_keeps_its_deadlines_wherever_it_goes),
        HARNESS_TEST(a_transaction_sees_no_field_end),
        HARNESS_TEST(hashes_are_dumped_and_restored),
        HARNESS_TEST(ends_are_notified),
        HARNESS_TEST(what_came_of_it_is_recorded),
        HARNESS_TEST(what_is_missing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
