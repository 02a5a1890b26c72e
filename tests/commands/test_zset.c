/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands on sorted sets: options that exclude each other, forms of replies, what is notified and
 * recorded. What each of them answers at large is compared with redis-server's in
 * tests/system/test_differential_zset.py. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define OK         "+OK\r\n"
#define NIL        "$-1\r\n"
#define NOTHING    "*0\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

/* ---- single members ---- */

static void conditions_decide_what_zadd_does(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k XX 1 a", ":0\r\n");
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_reply(h, "ZADD k 1 a 2 b", ":2\r\n");
    assert_reply(h, "ZADD k NX 5 a 5 c", ":1\r\n");
    assert_reply(h, "ZADD k XX CH 6 a 7 d", ":1\r\n");
    assert_reply(h, "ZADD k GT CH 5 a 9 b", ":1\r\n");
    assert_reply(h, "ZADD k LT CH 5 a 10 b 0 e", ":2\r\n");
    assert_reply(
        h, "ZRANGE k 0 -1 WITHSCORES",
        "*8\r\n$1\r\ne\r\n$1\r\n0\r\n$1\r\na\r\n$1\r\n5\r\n$1\r\nc\r\n$1\r\n5\r\n$1\r\nb\r\n$1\r\n9\r\n");
    assert_reply(h, "ZADD k INCR GT -1 a", NIL);
    assert_reply(h, "ZADD k INCR GT 1 a", "$1\r\n6\r\n");
    assert_reply(h, "ZADD k INCR XX 1 new", NIL);
    assert_reply(h, "ZADD k INCR NX 1 a", NIL);
}

static void conditions_that_contradict_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k NX XX 1 a", "-ERR XX and NX options at the same time are not compatible\r\n");
    assert_reply(h, "ZADD k GT NX 1 a",
                 "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n");
    assert_reply(h, "ZADD k INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair\r\n");
    assert_reply(h, "ZADD k 1 a 2", "-ERR syntax error\r\n");
    assert_reply(h, "ZADD k 1 a x b", "-ERR value is not a valid float\r\n");
    assert_reply(h, "EXISTS k", ":0\r\n");
}

static void scores_that_are_no_number_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k nan a", "-ERR value is not a valid float\r\n");
    assert_reply(h, "ZADD k inf a", ":1\r\n");
    assert_reply(h, "ZINCRBY k -inf a", "-ERR resulting score is not a number (NaN)\r\n");
    assert_reply(h, "ZSCORE k a", "$3\r\ninf\r\n");
}

static void scores_are_shown_with_as_few_digits_as_need_be(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 0.1 a 1e17 b 1e21 c -0 d 3.0 e", ":5\r\n");
    assert_reply(
        h, "ZMSCORE k a b c d e none",
        "*6\r\n$3\r\n0.1\r\n$18\r\n100000000000000000\r\n$5\r\n1e+21\r\n$1\r\n0\r\n$1\r\n3\r\n$-1\r\n");
    (void)harness_send(h, "HELLO 3");
    assert_reply(h, "ZSCORE k a", ",0.1\r\n");
    assert_reply(h, "ZSCORE k none", "_\r\n");
}

static void a_rank_is_told_with_its_score(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b 3 c", ":3\r\n");
    assert_reply(h, "ZRANK k b", ":1\r\n");
    assert_reply(h, "ZREVRANK k c WITHSCORE", "*2\r\n:0\r\n$1\r\n3\r\n");
    assert_reply(h, "ZRANK k none", NIL);
    assert_reply(h, "ZRANK none a WITHSCORE", "*-1\r\n");
    assert_reply(h, "ZRANK k a WITHSCORES", "-ERR syntax error\r\n");
    assert_reply(h, "ZRANK k a WITHSCORE x", "-ERR wrong number of arguments for 'zrank' command\r\n");
}

static void every_command_refuses_another_type(void **state)
{
    struct harness *h = *state;
    static const char *const lines[] = {
        "ZADD s 1 a",   "ZINCRBY s 1 a",  "ZREM s a",         "ZSCORE s a",
        "ZCARD s",      "ZRANK s a",      "ZRANGE s 0 -1",    "ZRANGESTORE d s 0 -1",
        "ZCOUNT s 0 1", "ZPOPMIN s",      "ZMPOP 1 s MIN",    "ZREMRANGEBYRANK s 0 1",
        "ZUNION 1 s",   "ZINTERCARD 1 s", "ZDIFFSTORE d 1 s", "ZLEXCOUNT s - +",
        "ZMSCORE s a"};
    assert_reply(h, "SET s x", OK);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        harness_assert(harness_send(h, lines[i]), BYTES(WRONG_TYPE), lines[i], __FILE__, __LINE__);
}

/* ---- ranges ---- */

static void zrange_does_what_its_elders_do(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b 3 c 4 d", ":4\r\n");
    assert_reply(h, "ZRANGE k (1 3 BYSCORE", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_reply(h, "ZRANGE k 3 (1 BYSCORE REV LIMIT 1 5", "*1\r\n$1\r\nb\r\n");
    assert_reply(h, "ZREVRANGEBYSCORE k +inf -inf LIMIT 0 2", "*2\r\n$1\r\nd\r\n$1\r\nc\r\n");
    assert_reply(h, "ZRANGE k 0 1 REV", "*2\r\n$1\r\nd\r\n$1\r\nc\r\n");
    assert_reply(h, "ZRANGE k [b + BYLEX LIMIT 0 -1", "*3\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n");
    assert_reply(h, "ZRANGE k 0 1 LIMIT 0 1",
                 "-ERR syntax error, LIMIT is only supported in combination with "
                 "either BYSCORE or BYLEX\r\n");
    assert_reply(h, "ZRANGE k - + BYLEX WITHSCORES",
                 "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\r\n");
    assert_reply(h, "ZRANGE k a 1 BYSCORE", "-ERR min or max is not a float\r\n");
    assert_reply(h, "ZRANGE k a + BYLEX", "-ERR min or max not valid string range item\r\n");
}

static void a_stored_range_replaces_what_was_there(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b", ":2\r\n");
    assert_reply(h, "SET d x EX 100", OK);
    assert_reply(h, "ZRANGESTORE d k 0 0", ":1\r\n");
    assert_reply(h, "TTL d", ":-1\r\n");
    assert_reply(h, "ZRANGE d 0 -1 WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    assert_reply(h, "ZRANGESTORE d k 5 6", ":0\r\n");
    assert_reply(h, "EXISTS d", ":0\r\n");
    assert_reply(h, "ZRANGESTORE k k 1 1", ":1\r\n");
    assert_reply(h, "ZCARD k", ":1\r\n");
}

/* ---- several sets ---- */

static void scores_are_weighed_and_combined(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD a 1 x 2 y inf z", ":3\r\n");
    assert_reply(h, "ZADD b 10 y -inf z 5 w", ":3\r\n");
    assert_reply(h, "ZINTER 2 a b WITHSCORES", "*4\r\n$1\r\nz\r\n$1\r\n0\r\n$1\r\ny\r\n$2\r\n12\r\n");
    assert_reply(
        h, "ZUNION 2 a b WEIGHTS 2 1 AGGREGATE MAX WITHSCORES",
        "*8\r\n$1\r\nx\r\n$1\r\n2\r\n$1\r\nw\r\n$1\r\n5\r\n$1\r\ny\r\n$2\r\n10\r\n$1\r\nz\r\n$3\r\ninf\r\n");
    assert_reply(h, "ZDIFF 2 a b", "*1\r\n$1\r\nx\r\n");
    assert_reply(h, "ZINTERCARD 2 a b LIMIT 1", ":1\r\n");
    assert_reply(h, "ZINTERCARD 2 a b", ":2\r\n");
    assert_reply(h, "ZUNIONSTORE a 2 a b", ":4\r\n");
    assert_reply(h, "ZDIFFSTORE a 2 a a", ":0\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
    assert_reply(h, "ZUNION 0 a", "-ERR at least 1 input key is needed for 'zunion' command\r\n");
    assert_reply(h, "ZUNION 2 a", "-ERR syntax error\r\n");
    assert_reply(h, "ZUNION 1 b WEIGHTS x", "-ERR weight value is not a float\r\n");
}

static void sets_take_part_with_scores_of_one(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SADD s a b", ":2\r\n");
    assert_reply(h, "ZADD k 5 b 6 c", ":2\r\n");
    assert_reply(h, "ZUNION 2 s k WEIGHTS 2 1 WITHSCORES",
                 "*6\r\n$1\r\na\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n6\r\n$1\r\nb\r\n$1\r\n7\r\n");
    assert_reply(h, "ZINTER 2 k s WITHSCORES", "*2\r\n$1\r\nb\r\n$1\r\n6\r\n");
    assert_reply(h, "ZDIFF 2 s k WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    assert_reply(h, "ZCARD s", WRONG_TYPE);
}

/* ---- drawing, scanning ---- */

static void what_is_drawn_is_distinct_unless_asked_otherwise(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZRANDMEMBER k", NIL);
    assert_reply(h, "ZRANDMEMBER k 3", NOTHING);
    assert_reply(h, "ZADD k 1 a", ":1\r\n");
    assert_reply(h, "ZRANDMEMBER k", "$1\r\na\r\n");
    assert_reply(h, "ZRANDMEMBER k 3 WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    assert_reply(h, "ZRANDMEMBER k -3", "*3\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n");
    assert_reply(h, "ZADD k 2 b 3 c", ":2\r\n");
    assert_reply(h, "ZRANDMEMBER k 5", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_reply(h, "ZRANDMEMBER k 9223372036854775807 WITHSCORES", "-ERR value is out of range\r\n");
}

static void a_scan_shows_scores_as_their_form_keeps_them(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 0.1 a", ":1\r\n");
    assert_reply(h, "ZSCAN k 0", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$3\r\n0.1\r\n");
    assert_reply(h, "ZSCAN k 0 MATCH b*", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "CONFIG SET zset-max-listpack-entries 0", OK);
    assert_reply(h, "ZINCRBY k 0.2 a", "$19\r\n0.30000000000000004\r\n");
    assert_reply(h, "ZADD large 0.1 a", ":1\r\n");
    assert_reply(h, "ZSCAN large 0", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$19\r\n0.10000000000000001\r\n");
    assert_reply(h, "ZSCAN none 0 nonsense", "*2\r\n$1\r\n0\r\n*0\r\n");
}

/* ---- taking ---- */

static void popped_elements_are_gone(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b 3 c 4 d", ":4\r\n");
    assert_reply(h, "ZPOPMIN k", "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    assert_reply(h, "ZPOPMAX k 2", "*4\r\n$1\r\nd\r\n$1\r\n4\r\n$1\r\nc\r\n$1\r\n3\r\n");
    assert_reply(h, "ZPOPMIN k 0", NOTHING);
    assert_reply(h, "ZPOPMIN k -1", "-ERR value is out of range, must be positive\r\n");
    assert_reply(h, "ZMPOP 2 none k MAX COUNT 10", "*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_reply(h, "ZPOPMIN k", NOTHING);
    assert_reply(h, "ZMPOP 1 k MIN", "*-1\r\n");
}

static void what_zmpop_took_is_recorded_as_a_simple_pop(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b", ":2\r\n");
    assert_reply(h, "ZMPOP 2 none k MAX COUNT 10",
                 "*2\r\n$1\r\nk\r\n*2\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    struct bytes journal = harness_journal(h);
    assert_true(bytes_equal(journal, BYTES("SELECT 0\nZADD k 1 a 2 b\nZPOPMAX k 2\n")));
}

static void ranges_are_removed(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZADD k 1 a 2 b 3 c 4 d 5 e", ":5\r\n");
    assert_reply(h, "ZREMRANGEBYRANK k -1 -1", ":1\r\n");
    assert_reply(h, "ZREMRANGEBYSCORE k (1 2", ":1\r\n");
    assert_reply(h, "ZREMRANGEBYSCORE k 8 9", ":0\r\n");
    assert_reply(h, "ZREMRANGEBYLEX k - +", ":3\r\n");
    assert_reply(h, "EXISTS k", ":0\r\n");
}

/* ---- forms ---- */

static void fill(struct harness *h, const char *key, int count)
{
    char line[64];
    for (int i = 0; i < count; i++) {
        (void)snprintf(line, sizeof line, "ZADD %s %d member%d", key, i * 7 % 50, i);
        (void)harness_send(h, line);
    }
}

static void large_ones_answer_as_small_ones_do(void **state)
{
    struct harness *h = *state;
    fill(h, "small", 128);
    fill(h, "large", 129);
    assert_reply(h, "ZREM large member128", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING small", "$8\r\nlistpack\r\n");
    assert_reply(h, "OBJECT ENCODING large", "$8\r\nskiplist\r\n");
    assert_reply(h, "ZDIFF 2 small large", NOTHING);
    assert_reply(h, "ZINTERCARD 2 large small", ":128\r\n");
    struct buf small = {0};
    buf_append_bytes(&small, harness_send(h, "DEBUG DIGEST-VALUE small"));
    assert_true(bytes_equal(harness_send(h, "DEBUG DIGEST-VALUE large"), buf_bytes(&small)));
    buf_clear(&small);
    assert_reply(h, "COPY large other", ":1\r\n");
    assert_reply(h, "ZPOPMAX large", "*2\r\n$7\r\nmember7\r\n$2\r\n49\r\n");
    assert_reply(h, "ZCARD other", ":128\r\n");
    assert_reply(h, "ZCARD large", ":127\r\n");
    assert_reply(h, "ZRANGESTORE stored large 0 -1", ":127\r\n");
    assert_reply(h, "OBJECT ENCODING stored", "$8\r\nlistpack\r\n");
}

#define EVENT(channel_len, event) \
    "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$" channel_len "\r\n__keyevent@0__:" event "\r\n$1\r\nk\r\n"

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    (void)harness_send_as(h, listener, "PSUBSCRIBE *");
    h->server->notify_classes = events_parse_classes("Ezgn");
    (void)harness_send(h, "ZADD k 1 a");
    assert_sent(h, listener, EVENT("18", "new") EVENT("19", "zadd"));
    (void)harness_send(h, "ZADD k 1 a");
    assert_sent(h, listener, "");
    (void)harness_send(h, "ZINCRBY k 1 a");
    assert_sent(h, listener, EVENT("20", "zincr"));
    (void)harness_send(h, "ZREM k a");
    assert_sent(h, listener, EVENT("19", "zrem") EVENT("18", "del"));
}

static void scores_are_combined(void **state)
{
    struct harness *h = *state;
    harness_send(h, "ZADD x 1 a 5 b");
    harness_send(h, "ZADD y 3 a 2 b");
    assert_reply(h, "ZUNION 2 x y AGGREGATE MIN WITHSCORES",
                 "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n");
    assert_reply(h, "ZUNION 2 x y AGGREGATE MAX WITHSCORES",
                 "*4\r\n$1\r\na\r\n$1\r\n3\r\n$1\r\nb\r\n$1\r\n5\r\n");
    assert_reply(h, "ZINTER 2 y x AGGREGATE min WITHSCORES",
                 "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n");
    assert_reply(h, "ZUNION 2 x y AGGREGATE AVG", "-ERR syntax error\r\n");
}

static void limits_are_checked(void **state)
{
    struct harness *h = *state;
    harness_send(h, "ZADD x 1 a 5 b");
    assert_reply(h, "ZINTERCARD 1 x LIMIT -1", "-ERR LIMIT can't be negative\r\n");
    assert_reply(h, "ZINTERCARD 1 x LIMIT x", "-ERR LIMIT can't be negative\r\n");
    assert_reply(h, "ZINTERCARD 1 x LIMIT", "-ERR syntax error\r\n");
    assert_reply(h, "ZINTERCARD 1 x LIMIT 0", ":2\r\n");
    assert_reply(h, "ZINTERCARD 1 x LIMIT 1", ":1\r\n");
    assert_reply(h, "ZRANGE x 0 1 BYSCORE LIMIT x 1", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "ZRANGE x 0 1 BYSCORE LIMIT 1 x", "-ERR value is not an integer or out of range\r\n");
}

static void a_limit_begins_somewhere(void **state)
{
    struct harness *h = *state;
    harness_send(h, "ZADD x 1 a 2 b 3 c 4 d 5 e");
    assert_reply(h, "ZRANGE x (1 +inf BYSCORE LIMIT 1 2", "*2\r\n$1\r\nc\r\n$1\r\nd\r\n");
    assert_reply(h, "ZRANGEBYSCORE x 2 5 LIMIT 2 -1", "*2\r\n$1\r\nd\r\n$1\r\ne\r\n");
    assert_reply(h, "ZREVRANGEBYSCORE x 4 -inf LIMIT 1 2", "*2\r\n$1\r\nc\r\n$1\r\nb\r\n");
    assert_reply(h, "ZRANGEBYSCORE x 2 5 LIMIT 4 1", "*0\r\n");
    harness_send(h, "ZADD y 0 a 0 b 0 c 0 d");
    assert_reply(h, "ZRANGE y [b + BYLEX LIMIT 1 1", "*1\r\n$1\r\nc\r\n");
    assert_reply(h, "ZREVRANGEBYLEX y [c - LIMIT 1 1", "*1\r\n$1\r\nb\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(conditions_decide_what_zadd_does),
        HARNESS_TEST(conditions_that_contradict_are_refused),
        HARNESS_TEST(scores_that_are_no_number_are_refused),
        HARNESS_TEST(scores_are_shown_with_as_few_digits_as_need_be),
        HARNESS_TEST(a_rank_is_told_with_its_score),
        HARNESS_TEST(every_command_refuses_another_type),
        HARNESS_TEST(zrange_does_what_its_elders_do),
        HARNESS_TEST(a_stored_range_replaces_what_was_there),
        HARNESS_TEST(scores_are_weighed_and_combined),
        HARNESS_TEST(sets_take_part_with_scores_of_one),
        HARNESS_TEST(what_is_drawn_is_distinct_unless_asked_otherwise),
        HARNESS_TEST(a_scan_shows_scores_as_their_form_keeps_them),
        HARNESS_TEST(popped_elements_are_gone),
        HARNESS_TEST(what_zmpop_took_is_recorded_as_a_simple_pop),
        HARNESS_TEST(ranges_are_removed),
        HARNESS_TEST(large_ones_answer_as_small_ones_do),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(scores_are_combined),
        HARNESS_TEST(limits_are_checked),
        HARNESS_TEST(a_limit_begins_somewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
