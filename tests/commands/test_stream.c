/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands on streams and groups: replies, notifications, and what is recorded; the random differential test
 * beside redis-server has the rest. */
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define OK         "+OK\r\n"
#define NIL        "$-1\r\n"
#define NIL_ARRAY  "*-1\r\n"
#define EMPTY      "*0\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define BAD_ID     "-ERR Invalid stream ID specified as stream command argument\r\n"
/* An entry "N-1" of the field a with the value b. */
#define ID(n)    "$3\r\n" n "-1\r\n"
#define ENTRY(n) "*2\r\n" ID(n) "*2\r\n$1\r\na\r\n$1\r\nb\r\n"
#define NOW      "1700000000000"

static void assert_journal(struct harness *h, const char *expected)
{
    harness_assert(harness_journal(h), bytes_of(expected), "(journal)", __FILE__, __LINE__);
}

static void add(struct harness *h, const char *ids)
{
    char line[32] = "XADD s N-1 a b";
    for (; *ids; ids++) {
        line[7] = *ids;
        (void)harness_send(h, line);
    }
}

/* ---- entries ---- */

static void ids_are_made_and_checked(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "XADD s * a b", "$15\r\n" NOW "-0\r\n");
    assert_reply(h, "XADD s * a b", "$15\r\n" NOW "-1\r\n");
    assert_reply(h, "XADD s 1800000000000-* a b", "$15\r\n1800000000000-0\r\n");
    assert_reply(h, "XADD s * a b", "$15\r\n1800000000000-1\r\n");
    assert_reply(h, "XADD s 5 a b",
                 "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n");
    assert_reply(h, "XADD t 0-0 a b", "-ERR The ID specified in XADD must be greater than 0-0\r\n");
    assert_reply(h, "XADD t 0-* a b", "$3\r\n0-1\r\n");
    assert_reply(h, "XADD t 1-x a b", BAD_ID);
    assert_reply(h, "XADD t 18446744073709551615-18446744073709551615 a b",
                 "$41\r\n18446744073709551615-18446744073709551615\r\n");
    assert_reply(h, "XADD t * a b",
                 "-ERR The stream has exhausted the last possible ID, unable to add more items\r\n");
    assert_reply(h, "XADD u NOMKSTREAM * a b", NIL);
    assert_reply(h, "EXISTS u", ":0\r\n");
    assert_journal(h, "SELECT 0\nXADD s " NOW "-0 a b\nXADD s " NOW "-1 a b\nXADD s 1800000000000-0 a b\n"
                      "XADD s 1800000000000-1 a b\nXADD t 0-1 a b\n"
                      "XADD t 18446744073709551615-18446744073709551615 a b\n");
}

static void ranges_are_shown(void **state)
{
    struct harness *h = *state;
    add(h, "123");
    assert_reply(h, "XRANGE s - +", "*3\r\n" ENTRY("1") ENTRY("2") ENTRY("3"));
    assert_reply(h, "XREVRANGE s + - COUNT 2", "*2\r\n" ENTRY("3") ENTRY("2"));
    assert_reply(h, "XRANGE s (1-1 2", "*1\r\n" ENTRY("2"));
    assert_reply(h, "XRANGE s - + COUNT 0", NIL_ARRAY);
    assert_reply(h, "XRANGE none - +", EMPTY);
    assert_reply(h, "XRANGE s x +", BAD_ID);
    assert_reply(h, "XLEN s", ":3\r\n");
    assert_reply(h, "SET string x", OK);
    assert_reply(h, "XRANGE string - +", WRONG_TYPE);
    assert_reply(h, "XADD string * a b", WRONG_TYPE);
}

/* A stream without entries stays. */
static void entries_are_deleted(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    add(h, "12");
    assert_reply(h, "XDEL s 1-1 7", ":1\r\n");
    assert_reply(h, "XDEL s 2-1 x", BAD_ID);
    assert_reply(h, "XDEL s 2-1", ":1\r\n");
    assert_reply(h, "EXISTS s", ":1\r\n");
    assert_reply(h, "TYPE s", "+stream\r\n");
    assert_reply(h, "XADD s 2-1 a b",
                 "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n");
    assert_heard(h, listener, "0 new s;0 xadd s;0 xadd s;0 xdel s;0 xdel s;");
}

static void figures_are_set(void **state)
{
    struct harness *h = *state;
    add(h, "1235");
    assert_reply(h, "XDEL s 5-1", ":1\r\n");
    assert_reply(h, "XSETID s 3-1",
                 "-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id\r\n");
    assert_reply(h, "XSETID s 6-0 ENTRIESADDED 2 MAXDELETEDID 5-1",
                 "-ERR The entries_added specified in XSETID is smaller than the target stream length\r\n");
    assert_reply(h, "XSETID s 6-0 ENTRIESADDED 7 MAXDELETEDID 7-1",
                 "-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id\r\n");
    assert_reply(h, "XSETID s 6-0 ENTRIESADDED 7 MAXDELETEDID 5-2", OK);
    assert_reply(h, "XSETID none 6-0", "-ERR no such key\r\n");
    assert_reply(h, "XADD s 6-0 a b",
                 "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n");
}

/* What was asked for by "~" is recorded as what it came to. */
static void trimming_by_nodes_is_recorded_exactly(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET stream-node-max-entries 2", OK);
    add(h, "12345");
    assert_reply(h, "XTRIM s MAXLEN ~ 4 LIMIT 10", ":0\r\n");
    assert_reply(h, "XTRIM s MAXLEN ~ 2 LIMIT 10", ":2\r\n");
    assert_reply(h, "XADD s MINID ~ 5 LIMIT 100 7-1 a b", ID("7"));
    assert_reply(h, "XTRIM s MAXLEN 1", ":1\r\n");
    assert_reply(h, "XRANGE s - +", "*1\r\n" ENTRY("7"));
    assert_journal(h, "SELECT 0\nXADD s 1-1 a b\nXADD s 2-1 a b\nXADD s 3-1 a b\nXADD s 4-1 a b\n"
                      "XADD s 5-1 a b\nXTRIM s MAXLEN = 3\nXADD s MINID = 5-1 7-1 a b\nXTRIM s MAXLEN 1\n");
}

/* ---- reading ---- */

static void streams_are_read(void **state)
{
    struct harness *h = *state;
    add(h, "12");
    assert_reply(h, "XADD t 5-1 a b", ID("5"));
    assert_reply(h, "XREAD COUNT 1 STREAMS s none t 0 0 0",
                 "*2\r\n*2\r\n$1\r\ns\r\n*1\r\n" ENTRY("1") "*2\r\n$1\r\nt\r\n*1\r\n" ENTRY("5"));
    assert_reply(h, "XREAD STREAMS s $", NIL_ARRAY);
    assert_reply(h, "XREAD STREAMS s t + +",
                 "*2\r\n*2\r\n$1\r\ns\r\n*1\r\n" ENTRY("2") "*2\r\n$1\r\nt\r\n*1\r\n" ENTRY("5"));
    assert_reply(h, "XREAD STREAMS s t 0",
                 "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
                 "specified.\r\n");
}

static void in_resp3_they_are_a_map(void **state)
{
    struct harness *h = *state;
    add(h, "1");
    (void)harness_send(h, "HELLO 3");
    assert_reply(h, "XREAD STREAMS s 0", "%1\r\n$1\r\ns\r\n*1\r\n" ENTRY("1"));
    assert_reply(h, "XREAD STREAMS s 1-1", "_\r\n");
}

/* ---- groups ---- */

#define FROM_S(entries) "*1\r\n*2\r\n$1\r\ns\r\n" entries

static void a_group_tells_each_entry_once(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    add(h, "12");
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    assert_reply(h, "XGROUP CREATE s g 0", "-BUSYGROUP Consumer Group name already exists\r\n");
    assert_reply(h, "XREADGROUP GROUP g c COUNT 1 STREAMS s >", FROM_S("*1\r\n" ENTRY("1")));
    assert_reply(h, "XREADGROUP GROUP g d NOACK STREAMS s >", FROM_S("*1\r\n" ENTRY("2")));
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s >", NIL_ARRAY);
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s 0", FROM_S("*1\r\n" ENTRY("1")));
    assert_reply(h, "XPENDING s g", "*4\r\n:1\r\n" ID("1") ID("1") "*1\r\n*2\r\n$1\r\nc\r\n$1\r\n1\r\n");
    assert_reply(h, "XPENDING s g - + 10", "*1\r\n*4\r\n" ID("1") "$1\r\nc\r\n:0\r\n:2\r\n");
    assert_reply(h, "XACK s g 1-1 2-1", ":1\r\n");
    assert_reply(h, "XPENDING s g", "*4\r\n:0\r\n" NIL NIL NIL_ARRAY);
    assert_reply(h, "XGROUP DELCONSUMER s g c", ":0\r\n");
    assert_reply(h, "XGROUP DESTROY s g", ":1\r\n");
    assert_heard(h, listener,
                 "0 new s;0 xadd s;0 xadd s;0 xgroup-create s;0 xgroup-createconsumer s;"
                 "0 xgroup-createconsumer s;0 xgroup-delconsumer s;0 xgroup-destroy s;");
}

static void deliveries_are_recorded(void **state)
{
    struct harness *h = *state;
    add(h, "12");
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    assert_reply(h, "XREADGROUP GROUP g c COUNT 1 STREAMS s >", FROM_S("*1\r\n" ENTRY("1")));
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s 0", FROM_S("*1\r\n" ENTRY("1")));
    assert_reply(h, "XREADGROUP GROUP g c NOACK STREAMS s >", FROM_S("*1\r\n" ENTRY("2")));
    assert_reply(h, "XCLAIM s g d 0 1-1 JUSTID", "*1\r\n" ID("1"));
    assert_journal(h, "SELECT 0\nXADD s 1-1 a b\nXADD s 2-1 a b\nXGROUP CREATE s g 0\nMULTI\n"
                      "XGROUP CREATECONSUMER s g c\n"
                      "XCLAIM s g c 0 1-1 TIME " NOW " RETRYCOUNT 1 FORCE JUSTID LASTID 1-1\n"
                      "XGROUP SETID s g 1-1 ENTRIESREAD 1\nEXEC\n"
                      "XGROUP SETID s g 2-1 ENTRIESREAD 2\nMULTI\nXGROUP CREATECONSUMER s g d\n"
                      "XCLAIM s g d 0 1-1 TIME " NOW " RETRYCOUNT 2 FORCE JUSTID LASTID 2-1\nEXEC\n");
}

static void what_is_pending_is_claimed(void **state)
{
    struct harness *h = *state;
    add(h, "123");
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    (void)harness_send(h, "XREADGROUP GROUP g c STREAMS s >");
    harness_advance(h, 100);
    assert_reply(h, "XCLAIM s g d 200 1-1", EMPTY);
    assert_reply(h, "XCLAIM s g d 100 1-1", "*1\r\n" ENTRY("1"));
    assert_reply(h, "XDEL s 2-1", ":1\r\n");
    assert_reply(h, "XAUTOCLAIM s g d 50 0 COUNT 2", "*3\r\n$3\r\n0-0\r\n*1\r\n" ENTRY("3") "*1\r\n" ID("2"));
    assert_reply(h, "XPENDING s g - + 10 d",
                 "*2\r\n*4\r\n" ID("1") "$1\r\nd\r\n:0\r\n:2\r\n*4\r\n" ID("3") "$1\r\nd\r\n:0\r\n:2\r\n");
    assert_reply(h, "XCLAIM s g d 0 1-1 MAYBE", "-ERR Unrecognized XCLAIM option 'MAYBE'\r\n");
    assert_reply(h, "XCLAIM s none d 0 1-1", "-NOGROUP No such key 's' or consumer group 'none'\r\n");
    assert_reply(h, "XAUTOCLAIM s g d 0 0 COUNT 0", "-ERR COUNT must be > 0\r\n");
}

/* Since 7.2 it says when a consumer was last told something. */
static void consumers_are_shown(void **state)
{
    struct harness *h = *state;
    add(h, "1");
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    assert_reply(h, "XGROUP CREATECONSUMER s g c", ":1\r\n");
    harness_advance(h, 10);
    assert_reply(h, "XINFO CONSUMERS s g",
                 "*1\r\n*8\r\n$4\r\nname\r\n$1\r\nc\r\n$7\r\npending\r\n:0\r\n$4\r\nidle\r\n:10\r\n"
                 "$8\r\ninactive\r\n:-1\r\n");
    (void)harness_send(h, "XREADGROUP GROUP g c STREAMS s >");
    harness_advance(h, 5);
    (void)harness_send(h, "XREADGROUP GROUP g c STREAMS s >");
    assert_reply(h, "XINFO CONSUMERS s g",
                 "*1\r\n*8\r\n$4\r\nname\r\n$1\r\nc\r\n$7\r\npending\r\n:1\r\n$4\r\nidle\r\n:0\r\n"
                 "$8\r\ninactive\r\n:5\r\n");
}

/* Only who reads entries sees that they change. */
static void groups_are_no_change_of_the_value(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    add(h, "1");
    assert_reply(h, "WATCH s", OK);
    assert_reply_as(h, other, "XGROUP CREATE s g 0", OK);
    (void)harness_send_as(h, other, "XREADGROUP GROUP g c STREAMS s >");
    assert_reply_as(h, other, "XACK s g 1-1", ":1\r\n");
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "XLEN s", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*1\r\n:1\r\n");
    assert_reply(h, "WATCH s", OK);
    (void)harness_send_as(h, other, "XADD s 2-1 a b");
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "EXEC", NIL_ARRAY);
}

/* ---- waiting ---- */

static void block(struct harness *h, struct client *client, const char *line)
{
    harness_assert(harness_send_as(h, client, line), BYTES(""), line, __FILE__, __LINE__);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
}

static void readers_wait_for_what_is_new(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = harness_client(h);
    add(h, "1");
    block(h, a, "XREAD BLOCK 0 STREAMS none s $ $");
    block(h, b, "XREAD BLOCK 50 STREAMS s 7");
    add(h, "2");
    assert_sent(h, a, FROM_S("*1\r\n" ENTRY("2")));
    harness_advance(h, 50);
    assert_sent(h, b, NIL_ARRAY);
}

/* What comes in one transaction is told at once. */
static void readers_are_told_all_of_a_transaction(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h);
    block(h, a, "XREAD BLOCK 0 STREAMS s $");
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "XADD s 1-1 a b", "+QUEUED\r\n");
    assert_reply(h, "XADD s 2-1 a b", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*2\r\n" ID("1") ID("2"));
    assert_sent(h, a, FROM_S("*2\r\n" ENTRY("1") ENTRY("2")));
}

static void consumers_are_served_in_order(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = harness_client(h);
    assert_reply(h, "XGROUP CREATE s g $ MKSTREAM", OK);
    block(h, a, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    block(h, b, "XREADGROUP GROUP g d BLOCK 0 STREAMS s >");
    add(h, "1");
    assert_sent(h, a, FROM_S("*1\r\n" ENTRY("1")));
    assert_sent(h, b, "");
    add(h, "2");
    assert_sent(h, b, FROM_S("*1\r\n" ENTRY("2")));
}

#define NO_GROUP "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option\r\n"

static void lose(struct harness *h, const char *line, const char *expected)
{
    struct client *a = harness_client(h);
    (void)harness_send(h, "DEL s");
    (void)harness_send(h, "XGROUP CREATE s g $ MKSTREAM");
    block(h, a, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    (void)harness_send(h, line);
    harness_assert(harness_replies(h, a), bytes_of(expected), line, __FILE__, __LINE__);
}

static void who_waits_for_a_group_hears_that_it_is_gone(void **state)
{
    struct harness *h = *state;
    lose(h, "XGROUP DESTROY s g", NO_GROUP);
    lose(h, "DEL s", NO_GROUP);
    lose(h, "SET s x", WRONG_TYPE);
    lose(h, "FLUSHALL", NO_GROUP);
    lose(h, "RENAME s t", NO_GROUP);
    lose(h, "SWAPDB 0 1", NO_GROUP);
}

static void who_waits_for_a_group_hears_that_it_expired(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h);
    (void)harness_send(h, "XGROUP CREATE s g $ MKSTREAM");
    block(h, a, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    assert_reply(h, "PEXPIRE s 10", ":1\r\n");
    harness_advance(h, 200);
    assert_sent(h, a, NO_GROUP);
}

/* INFO counts them. */
static void keys_whose_loss_is_heeded_are_counted(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = harness_client(h);
    (void)harness_send(h, "XGROUP CREATE s g $ MKSTREAM");
    block(h, a, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    block(h, b, "XREADGROUP GROUP g d BLOCK 0 STREAMS s >");
    assert_int_equal(h->server->blocking.heeding_loss_count, 1);
    (void)harness_send(h, "XGROUP DESTROY s g");
    assert_int_equal(h->server->blocking.heeding_loss_count, 0);
}

/* A reader without a group waits on. */
static void who_reads_waits_for_the_stream_to_come_back(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h);
    add(h, "1");
    block(h, a, "XREAD BLOCK 0 STREAMS s $");
    assert_reply(h, "DEL s", ":1\r\n");
    assert_reply(h, "SET s x", OK);
    assert_reply(h, "DEL s", ":1\r\n");
    assert_sent(h, a, "");
    add(h, "2");
    assert_sent(h, a, FROM_S("*1\r\n" ENTRY("2")));
}

/* ---- long ---- */

static void fill(struct harness *h, int count)
{
    char line[64];
    for (int i = 1; i <= count; i++) {
        (void)snprintf(line, sizeof line, "XADD s %d-1 a b", i);
        (void)harness_send(h, line);
    }
}

/* A consumer with much that is pending, and another one. */
static void much_is_pending_for_who_is_deleted(void **state)
{
    struct harness *h = *state;
    fill(h, 3000);
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    (void)harness_send(h, "XREADGROUP GROUP g c COUNT 2999 STREAMS s >");
    (void)harness_send(h, "XREADGROUP GROUP g d STREAMS s >");
    (void)harness_send(h, "XGROUP DELCONSUMER s g c");
    harness_run(h);
    assert_reply(h, "XPENDING s g",
                 "*4\r\n:1\r\n$6\r\n3000-1\r\n$6\r\n3000-1\r\n"
                 "*1\r\n*2\r\n$1\r\nd\r\n$1\r\n1\r\n");
    assert_reply(h, "XLEN s", ":3000\r\n");
    assert_reply(h, "XGROUP DESTROY s g", ":1\r\n");
}

/* What others do meanwhile isn't lost. */
static void entries_come_while_a_consumer_is_deleted(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h, 20000);
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    (void)harness_send(h, "XREADGROUP GROUP g c COUNT 19999 STREAMS s >");
    client_feed(h->client, BYTES("XGROUP DELCONSUMER s g c\r\n"));
    tick(h->server, 0);
    assert_true(h->client->flags & CLIENT_BUSY);
    client_feed(other, BYTES("XADD s 20001-1 a b\r\nXACK s g 5-1\r\n"));
    tick(h->server, 0);
    assert_sent(h, other, "$7\r\n20001-1\r\n:1\r\n");
    assert_true(h->client->flags & CLIENT_BUSY);
    harness_run(h);
    assert_sent(h, h->client, ":19998\r\n");
    assert_reply(h, "XLEN s", ":20001\r\n");
    assert_reply(h, "XPENDING s g", "*4\r\n:0\r\n" NIL NIL NIL_ARRAY);
}

/* What comes meanwhile isn't in what is shown. */
static void a_long_range_is_of_one_moment(void **state)
{
    struct harness *h = *state;
    fill(h, 3000);
    struct bytes range = harness_send(h, "XRANGE s - +");
    assert_true(bytes_starts_with(range, BYTES("*3000\r\n*2\r\n$3\r\n1-1\r\n")));
    range = harness_send(h, "XREAD COUNT 2000 STREAMS s 0");
    assert_true(bytes_starts_with(range, BYTES("*1\r\n*2\r\n$1\r\ns\r\n*2000\r\n*2\r\n$3\r\n1-1\r\n")));
}

/* ---- among other commands ---- */

static void streams_are_copied_and_moved(void **state)
{
    struct harness *h = *state;
    add(h, "12");
    assert_reply(h, "XGROUP CREATE s g 0", OK);
    (void)harness_send(h, "XREADGROUP GROUP g c STREAMS s >");
    assert_reply(h, "COPY s t", ":1\r\n");
    assert_reply(h, "XACK s g 1-1", ":1\r\n");
    assert_reply(h, "XDEL s 1-1", ":1\r\n");
    assert_reply(h, "XPENDING t g - + 10 c",
                 "*2\r\n*4\r\n" ID("1") "$1\r\nc\r\n:0\r\n:1\r\n*4\r\n" ID("2") "$1\r\nc\r\n:0\r\n:1\r\n");
    assert_reply(h, "XLEN t", ":2\r\n");
    assert_reply(h, "RENAME t u", OK);
    assert_reply(h, "XLEN u", ":2\r\n");
    assert_reply(h, "OBJECT ENCODING u", "$6\r\nstream\r\n");
    assert_reply(h, "DEL s", ":1\r\n");
    assert_reply(h, "SCAN 0 TYPE stream COUNT 1000", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nu\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(ids_are_made_and_checked),
        HARNESS_TEST(ranges_are_shown),
        HARNESS_TEST(entries_are_deleted),
        HARNESS_TEST(figures_are_set),
        HARNESS_TEST(trimming_by_nodes_is_recorded_exactly),
        HARNESS_TEST(streams_are_read),
        HARNESS_TEST(in_resp3_they_are_a_map),
        HARNESS_TEST(a_group_tells_each_entry_once),
        HARNESS_TEST(deliveries_are_recorded),
        HARNESS_TEST(what_is_pending_is_claimed),
        HARNESS_TEST(consumers_are_shown),
        HARNESS_TEST(groups_are_no_change_of_the_value),
        HARNESS_TEST(readers_wait_for_what_is_new),
        HARNESS_TEST(readers_are_told_all_of_a_transaction),
        HARNESS_TEST(consumers_are_served_in_order),
        HARNESS_TEST(who_waits_for_a_group_hears_that_it_is_gone),
        HARNESS_TEST(who_waits_for_a_group_hears_that_it_expired),
        HARNESS_TEST(keys_whose_loss_is_heeded_are_counted),
        HARNESS_TEST(who_reads_waits_for_the_stream_to_come_back),
        HARNESS_TEST(much_is_pending_for_who_is_deleted),
        HARNESS_TEST(entries_come_while_a_consumer_is_deleted),
        HARNESS_TEST(a_long_range_is_of_one_moment),
        HARNESS_TEST(streams_are_copied_and_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
