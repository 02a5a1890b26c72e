/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands on lists: replies, order of checks, what they notify, what is recorded. */
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK           "+OK\r\n"
#define NIL          "$-1\r\n"
#define NIL_ARRAY    "*-1\r\n"
#define EMPTY        "*0\r\n"
#define A            "$1\r\na\r\n"
#define B            "$1\r\nb\r\n"
#define C            "$1\r\nc\r\n"
#define D            "$1\r\nd\r\n"
#define SYNTAX_ERROR "-ERR syntax error\r\n"
#define NOT_INTEGER  "-ERR value is not an integer or out of range\r\n"
#define NOT_POSITIVE "-ERR value is out of range, must be positive\r\n"
#define WRONG_TYPE   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

/* RPUSH of `count` numbers from 0 on. */
static void push_numbers(struct harness *h, const char *key, int count)
{
    struct buf line = {0};
    buf_printf(&line, "RPUSH %s", key);
    for (int i = 0; i < count; i++)
        buf_printf(&line, " %d", i);
    (void)harness_send(h, buf_cstring(&line));
    buf_clear(&line);
}

/* ---- ends ---- */

static void elements_are_put_at_both_ends(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "LPUSH l b a", ":2\r\n");
    assert_reply(h, "RPUSH l c", ":3\r\n");
    assert_reply(h, "LRANGE l 0 -1", "*3\r\n" A B C);
    assert_reply(h, "LLEN l", ":3\r\n");
    assert_reply(h, "TYPE l", "+list\r\n");
    assert_reply(h, "LPUSHX l x", ":4\r\n");
    assert_reply(h, "RPUSHX l y z", ":6\r\n");
}

static void pushx_makes_no_list(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "LPUSHX l a", ":0\r\n");
    assert_reply(h, "RPUSHX l a b", ":0\r\n");
    assert_reply(h, "EXISTS l", ":0\r\n");
    assert_reply(h, "LLEN l", ":0\r\n");
}

static void elements_are_taken_from_both_ends(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c d", ":4\r\n");
    assert_reply(h, "LPOP l", A);
    assert_reply(h, "RPOP l", D);
    assert_reply(h, "RPOP l 9", "*2\r\n" C B);
    assert_reply(h, "EXISTS l", ":0\r\n");
    assert_reply(h, "LPOP l", NIL);
    assert_reply(h, "LPOP l 2", NIL_ARRAY);
}

static void popping_none_changes_nothing(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b", ":2\r\n");
    assert_reply(h, "LPOP l 0", EMPTY);
    assert_reply(h, "LPOP l 1", "*1\r\n" A);
    assert_reply(h, "LPOP l -1", NOT_POSITIVE);
    assert_reply(h, "LPOP l x", NOT_POSITIVE);
    assert_reply(h, "RPOP l 1 2", "-ERR wrong number of arguments for 'rpop' command\r\n");
}

static void other_types_are_refused(void **state)
{
    struct harness *h = *state;
    static const char *const lines[] = {
        "LPUSH s a",
        "RPUSHX s a",
        "LPOP s",
        "RPOP s 1",
        "LLEN s",
        "LINDEX s 0",
        "LSET s 0 a",
        "LRANGE s 0 1",
        "LREM s 0 a",
        "LTRIM s 0 1",
        "LPOS s a",
        "LMOVE s l left left",
        "LMOVE l s left left",
        "RPOPLPUSH s l",
        "LMPOP 2 none s left",
        "LINSERT s before a b",
    };
    assert_reply(h, "SET s string", OK);
    assert_reply(h, "RPUSH l a", ":1\r\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_reply(h, lines[i], WRONG_TYPE);
    assert_reply(h, "GET l", WRONG_TYPE);
    assert_reply(h, "LRANGE l 0 -1", "*1\r\n" A);
    assert_reply(h, "LMOVE none s left left", NIL);
}

/* ---- indexes ---- */

static void elements_are_read_by_index(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    assert_reply(h, "LINDEX l 0", A);
    assert_reply(h, "LINDEX l -1", C);
    assert_reply(h, "LINDEX l 3", NIL);
    assert_reply(h, "LINDEX l -4", NIL);
    assert_reply(h, "LINDEX l -9223372036854775808", NIL);
    assert_reply(h, "LINDEX l x", NOT_INTEGER);
    assert_reply(h, "LINDEX none x", NIL);
}

static void ranges_are_cut_to_the_list(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    assert_reply(h, "LRANGE l -100 100", "*3\r\n" A B C);
    assert_reply(h, "LRANGE l -2 -1", "*2\r\n" B C);
    assert_reply(h, "LRANGE l 2 1", EMPTY);
    assert_reply(h, "LRANGE l 3 9", EMPTY);
    assert_reply(h, "LRANGE l -9 -4", EMPTY);
    assert_reply(h, "LRANGE l x 1", NOT_INTEGER);
    assert_reply(h, "LRANGE none 0 -1", EMPTY);
}

static void an_element_is_replaced(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    assert_reply(h, "LSET l -1 d", OK);
    assert_reply(h, "LSET l 0 b", OK);
    assert_reply(h, "LRANGE l 0 -1", "*3\r\n" B B D);
    assert_reply(h, "LSET l 3 x", "-ERR index out of range\r\n");
    assert_reply(h, "LSET l x x", NOT_INTEGER);
    assert_reply(h, "LSET none x x", "-ERR no such key\r\n");
}

static void an_element_is_put_beside_another(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l b d", ":2\r\n");
    assert_reply(h, "LINSERT l BEFORE b a", ":3\r\n");
    assert_reply(h, "LINSERT l after b c", ":4\r\n");
    assert_reply(h, "LRANGE l 0 -1", "*4\r\n" A B C D);
    assert_reply(h, "LINSERT l before x y", ":-1\r\n");
    assert_reply(h, "LINSERT l beside b y", SYNTAX_ERROR);
    assert_reply(h, "LINSERT none before b y", ":0\r\n");
}

static void equal_elements_are_removed_from_either_end(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b a c a", ":5\r\n");
    assert_reply(h, "LREM l -1 a", ":1\r\n");
    assert_reply(h, "LRANGE l 0 -1", "*4\r\n" A B A C);
    assert_reply(h, "LREM l 1 a", ":1\r\n");
    assert_reply(h, "LRANGE l 0 -1", "*3\r\n" B A C);
    assert_reply(h, "LREM l 0 x", ":0\r\n");
    assert_reply(h, "LREM l x a", NOT_INTEGER);
    assert_reply(h, "LREM l -9223372036854775808 a", ":1\r\n");
    assert_reply(h, "LREM none 0 a", ":0\r\n");
}

static void a_list_is_trimmed_at_both_ends(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c d", ":4\r\n");
    assert_reply(h, "LTRIM l 1 -2", OK);
    assert_reply(h, "LRANGE l 0 -1", "*2\r\n" B C);
    assert_reply(h, "LTRIM l 5 9", OK);
    assert_reply(h, "EXISTS l", ":0\r\n");
    assert_reply(h, "LTRIM none 0 1", OK);
    assert_reply(h, "LTRIM none 0 x", NOT_INTEGER);
}

static void places_are_found_from_either_end(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c a b c a", ":7\r\n");
    assert_reply(h, "LPOS l b", ":1\r\n");
    assert_reply(h, "LPOS l a rank 2", ":3\r\n");
    assert_reply(h, "LPOS l a RANK -1", ":6\r\n");
    assert_reply(h, "LPOS l a COUNT 0", "*3\r\n:0\r\n:3\r\n:6\r\n");
    assert_reply(h, "LPOS l a COUNT 2 RANK -1", "*2\r\n:6\r\n:3\r\n");
    assert_reply(h, "LPOS l a MAXLEN 1 RANK 2", NIL);
    assert_reply(h, "LPOS l a MAXLEN 4 COUNT 0", "*2\r\n:0\r\n:3\r\n");
    assert_reply(h, "LPOS l x", NIL);
    assert_reply(h, "LPOS l x COUNT 1", EMPTY);
    assert_reply(h, "LPOS none x COUNT 1", EMPTY);
    assert_reply(h, "LPOS none x", NIL);
}

static void a_search_that_makes_no_sense_is_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "LPOS l a RANK 0",
                 "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
                 "negative to start from the end of the list\r\n");
    assert_reply(h, "LPOS l a RANK -9223372036854775808",
                 "-ERR value is out of range, value must between -9223372036854775807 and "
                 "9223372036854775807\r\n");
    assert_reply(h, "LPOS l a COUNT -1", "-ERR COUNT can't be negative\r\n");
    assert_reply(h, "LPOS l a MAXLEN x", "-ERR MAXLEN can't be negative\r\n");
    assert_reply(h, "LPOS l a COUNT", SYNTAX_ERROR);
    assert_reply(h, "LPOS l a WHERE 1", SYNTAX_ERROR);
}

/* ---- from list to list ---- */

static void an_element_is_moved(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH from a b c", ":3\r\n");
    uint64_t dirty = h->server->dirty;
    assert_reply(h, "LMOVE from to LEFT RIGHT", A);
    assert_int_equal(h->server->dirty, dirty + 1);
    assert_reply(h, "LMOVE from to right right", C);
    assert_reply(h, "RPOPLPUSH from to", B);
    assert_reply(h, "LRANGE to 0 -1", "*3\r\n" B A C);
    assert_reply(h, "EXISTS from", ":0\r\n");
    assert_reply(h, "LMOVE from to LEFT LEFT", NIL);
    assert_reply(h, "LMOVE from to UP LEFT", SYNTAX_ERROR);
    assert_reply(h, "LMOVE from to LEFT DOWN", SYNTAX_ERROR);
}

static void a_list_is_rotated(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    assert_reply(h, "LMOVE l l LEFT RIGHT", A);
    assert_reply(h, "RPOPLPUSH l l", A);
    assert_reply(h, "LMOVE l l RIGHT RIGHT", C);
    assert_reply(h, "LRANGE l 0 -1", "*3\r\n" A B C);
    assert_reply(h, "RPUSH one a", ":1\r\n");
    assert_reply(h, "LMOVE one one LEFT RIGHT", A);
    assert_reply(h, "LRANGE one 0 -1", "*1\r\n" A);
}

static void the_first_list_of_several_gives(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c d", ":4\r\n");
    assert_reply(h, "LMPOP 2 none l LEFT", "*2\r\n$1\r\nl\r\n*1\r\n" A);
    assert_reply(h, "LMPOP 1 l right count 2", "*2\r\n$1\r\nl\r\n*2\r\n" D C);
    assert_reply(h, "LMPOP 1 l left count 9", "*2\r\n$1\r\nl\r\n*1\r\n" B);
    assert_reply(h, "LMPOP 1 l left count 9", NIL_ARRAY);
    harness_assert(harness_journal(h), BYTES("SELECT 0\nRPUSH l a b c d\nLPOP l 1\nRPOP l 2\nLPOP l 1\n"),
                   "(journal)", __FILE__, __LINE__);
}

static void a_wrong_choice_of_lists_is_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "LMPOP 0 l left", "-ERR numkeys should be greater than 0\r\n");
    assert_reply(h, "LMPOP x l left", "-ERR numkeys should be greater than 0\r\n");
    assert_reply(h, "LMPOP 9223372036854775807 l left", SYNTAX_ERROR);
    assert_reply(h, "LMPOP 2 l left", SYNTAX_ERROR);
    assert_reply(h, "LMPOP 1 l up", SYNTAX_ERROR);
    assert_reply(h, "LMPOP 1 l left count", SYNTAX_ERROR);
    assert_reply(h, "LMPOP 1 l left count 1 count 1", SYNTAX_ERROR);
    assert_reply(h, "LMPOP 1 l left count 0 x", "-ERR count should be greater than 0\r\n");
    assert_reply(h, "LMPOP 1 l left count 0", "-ERR count should be greater than 0\r\n");
}

/* ---- what others see ---- */

static void each_change_is_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    (void)harness_send(h, "RPUSH l a b c");
    assert_heard(h, listener, "0 new l;0 rpush l;");
    (void)harness_send(h, "LSET l 0 x");
    (void)harness_send(h, "LINSERT l before x y");
    (void)harness_send(h, "LREM l 0 y");
    (void)harness_send(h, "LTRIM l 0 1");
    assert_heard(h, listener, "0 lset l;0 linsert l;0 lrem l;0 ltrim l;");
    (void)harness_send(h, "LMOVE l m left right");
    assert_heard(h, listener, "0 new m;0 rpush m;0 lpop l;");
    (void)harness_send(h, "RPOPLPUSH m m");
    assert_heard(h, listener, "0 lpush m;0 rpop m;");
    (void)harness_send(h, "RPOP l");
    assert_heard(h, listener, "0 rpop l;0 del l;");
    (void)harness_send(h, "LPOP l");
    (void)harness_send(h, "LREM m 0 none");
    (void)harness_send(h, "LMPOP 2 l m left");
    assert_heard(h, listener, "0 lpop m;0 del m;");
}

static void a_change_breaks_a_watch(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_reply(h, "WATCH l", OK);
    assert_reply_as(h, other, "LPUSH l b", ":2\r\n");
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "LLEN l", "+QUEUED\r\n");
    assert_reply(h, "EXEC", NIL_ARRAY);
}

static void lists_are_copied_and_moved(void **state)
{
    struct harness *h = *state;
    push_numbers(h, "long", 2000);
    assert_reply(h, "RPUSH short a b", ":2\r\n");
    assert_reply(h, "COPY long copy", ":1\r\n");
    assert_reply(h, "LTRIM long 0 0", OK);
    assert_reply(h, "LLEN copy", ":2000\r\n");
    assert_reply(h, "RENAME copy other", OK);
    assert_reply(h, "MOVE other 1", ":1\r\n");
    assert_reply(h, "COPY short other", ":1\r\n");
    assert_reply(h, "LPOP short", A);
    assert_reply(h, "LRANGE other 0 -1", "*2\r\n" A B);
    assert_reply(h, "SCAN 0 TYPE list COUNT 100 MATCH sh*", "*2\r\n$1\r\n0\r\n*1\r\n$5\r\nshort\r\n");
    assert_reply(h, "SELECT 1", OK);
    assert_reply(h, "LINDEX other -1", "$4\r\n1999\r\n");
    assert_reply(h, "SELECT 0", OK);
}

static void a_deadline_stays_with_the_list(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b", ":2\r\n");
    assert_reply(h, "EXPIRE l 100", ":1\r\n");
    assert_reply(h, "LPUSH l c", ":3\r\n");
    assert_reply(h, "LPOP l", C);
    assert_reply(h, "TTL l", ":100\r\n");
    harness_advance(h, 100001);
    assert_reply(h, "LLEN l", ":0\r\n");
}

/* ---- names ---- */

static void the_encoding_follows_the_directive(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET list-max-listpack-size 3", OK);
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    assert_reply(h, "OBJECT ENCODING l", "$8\r\nlistpack\r\n");
    assert_reply(h, "RPUSH l d", ":4\r\n");
    assert_reply(h, "OBJECT ENCODING l", "$9\r\nquicklist\r\n");
    assert_reply(h, "LPOP l 2", "*2\r\n" A B);
    assert_reply(h, "OBJECT ENCODING l", "$9\r\nquicklist\r\n");
    assert_reply(h, "LTRIM l 1 1", OK);
    assert_reply(h, "OBJECT ENCODING l", "$8\r\nlistpack\r\n");
}

static void a_long_list_works_alike(void **state)
{
    struct harness *h = *state;
    push_numbers(h, "l", 5000);
    assert_reply(h, "OBJECT ENCODING l", "$9\r\nquicklist\r\n");
    assert_reply(h, "LINDEX l 2500", "$4\r\n2500\r\n");
    assert_reply(h, "LPOS l 4321", ":4321\r\n");
    assert_reply(h, "LINSERT l after 4321 x", ":5001\r\n");
    assert_reply(h, "LREM l -1 x", ":1\r\n");
    assert_reply(h, "LTRIM l 4998 -1", OK);
    assert_reply(h, "LRANGE l 0 -1", "*2\r\n$4\r\n4998\r\n$4\r\n4999\r\n");
    assert_reply(h, "OBJECT ENCODING l", "$8\r\nlistpack\r\n");
}

static void digests_are_those_of_redis(void **state)
{
    struct harness *h = *state;
    h->server->config->enable_debug_command = PROTECTION_YES;
    assert_reply(h, "RPUSH l a b c a", ":4\r\n");
    assert_reply(h, "DEBUG DIGEST-VALUE l", "*1\r\n+f5288eec2eed787a36763c030016214904e77b6f\r\n");
}

static void debugging_knows_lists(void **state)
{
    struct harness *h = *state;
    h->server->config->enable_debug_command = PROTECTION_YES;
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    struct bytes dump = harness_send(h, "DUMP l");
    struct buf expected = {0};
    buf_printf(&expected, " encoding:listpack serializedlength:%d lru:", atoi(dump.data + 1) - 11);
    struct bytes reply = harness_send(h, "DEBUG OBJECT l");
    assert_non_null(memmem(reply.data, reply.len, expected.data, expected.len));
    assert_reply(h, "DEBUG SDSLEN l", "-ERR Not an sds encoded string.\r\n");
    buf_clear(&expected);
}

/* From the end that was asked for, whatever their number. */
static void many_are_popped_in_the_order_of_their_end(void **state)
{
    struct harness *h = *state;
    (void)harness_request(h, 3, "EVAL", "for i = 1, 5000 do redis.call('rpush', 'l', i) end", "0");
    struct bytes reply = harness_send(h, "LPOP l 2000");
    assert_true(bytes_starts_with(reply, BYTES("*2000\r\n$1\r\n1\r\n$1\r\n2\r\n")));
    reply = harness_send(h, "RPOP l 2000");
    assert_true(bytes_starts_with(reply, BYTES("*2000\r\n$4\r\n5000\r\n$4\r\n4999\r\n")));
    assert_reply(h, "LRANGE l 0 0", "*1\r\n$4\r\n2001\r\n");
    assert_reply(h, "LRANGE l -1 -1", "*1\r\n$4\r\n3000\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(elements_are_put_at_both_ends),
        HARNESS_TEST(pushx_makes_no_list),
        HARNESS_TEST(elements_are_taken_from_both_ends),
        HARNESS_TEST(popping_none_changes_nothing),
        HARNESS_TEST(other_types_are_refused),
        HARNESS_TEST(elements_are_read_by_index),
        HARNESS_TEST(ranges_are_cut_to_the_list),
        HARNESS_TEST(an_element_is_replaced),
        HARNESS_TEST(an_element_is_put_beside_another),
        HARNESS_TEST(equal_elements_are_removed_from_either_end),
        HARNESS_TEST(a_list_is_trimmed_at_both_ends),
        HARNESS_TEST(places_are_found_from_either_end),
        HARNESS_TEST(a_search_that_makes_no_sense_is_refused),
        HARNESS_TEST(an_element_is_moved),
        HARNESS_TEST(a_list_is_rotated),
        HARNESS_TEST(the_first_list_of_several_gives),
        HARNESS_TEST(a_wrong_choice_of_lists_is_refused),
        HARNESS_TEST(each_change_is_notified),
        HARNESS_TEST(a_change_breaks_a_watch),
        HARNESS_TEST(lists_are_copied_and_moved),
        HARNESS_TEST(a_deadline_stays_with_the_list),
        HARNESS_TEST(the_encoding_follows_the_directive),
        HARNESS_TEST(a_long_list_works_alike),
        HARNESS_TEST(digests_are_those_of_redis),
        HARNESS_TEST(debugging_knows_lists),
        HARNESS_TEST(many_are_popped_in_the_order_of_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
