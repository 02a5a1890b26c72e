/* SPDX-License-Identifier: BSD-3-Clause */
/* HSET and its kin: what clients are told, and what everybody else hears of it. */
#include "engine/events.h"
#include "support/harness.h"
#include "support/reply_take.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NIL        "$-1\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define NO_INTEGER "-ERR value is not an integer or out of range\r\n"

enum { MANY = 1000 };

/* "f0" "v0" ... in hash `key`, which is a large one. */
static void fill(struct harness *h, const char *key, int count)
{
    for (int i = 0; i < count; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "HSET %s f%d v%d", key, i, i);
        harness_send(h, line);
    }
}

static void fields_are_set_and_read(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HSET h a 1 b 2 a 3", ":2\r\n");
    assert_reply(h, "HSET h a 4 c 5", ":1\r\n");
    assert_reply(h, "HGET h a", "$1\r\n4\r\n");
    assert_reply(h, "HGET h z", NIL);
    assert_reply(h, "HGET none a", NIL);
    assert_reply(h, "HMGET h c z a a", "*4\r\n$1\r\n5\r\n" NIL "$1\r\n4\r\n$1\r\n4\r\n");
    assert_reply(h, "HMGET none a b", "*2\r\n" NIL NIL);
    assert_reply(h, "HMSET h \"\" \"\" d \"\\x00\"", "+OK\r\n");
    assert_reply(h, "HMGET h \"\" d", "*2\r\n$0\r\n\r\n$1\r\n\0\r\n");
    assert_reply(h, "HLEN h", ":5\r\n");
    assert_reply(h, "HLEN none", ":0\r\n");
    assert_reply(h, "HSTRLEN h d", ":1\r\n");
    assert_reply(h, "HSTRLEN h z", ":0\r\n");
    assert_reply(h, "HEXISTS h d", ":1\r\n");
    assert_reply(h, "HEXISTS h z", ":0\r\n");
    assert_reply(h, "HSETNX h a 9", ":0\r\n");
    assert_reply(h, "HSETNX h e 9", ":1\r\n");
    assert_reply(h, "HSETNX new e 9", ":1\r\n");
    assert_reply(h, "TYPE new", "+hash\r\n");
}

/* As long as the hash goes by the small one's name. */
static void many_fields_come_in_the_order_they_were_set_in(void **state)
{
    struct harness *h = *state;
    struct buf expected = {0};
    for (int i = 511; i >= 0; i--) {
        char line[64];
        (void)snprintf(line, sizeof line, "HSET many field:%d value:%d", i, 1000 + i);
        assert_reply(h, line, ":1\r\n");
        (void)snprintf(line, sizeof line, "field:%d", i);
        buf_printf(&expected, "$%zu\r\n%s\r\n", strlen(line), line);
    }
    assert_reply(h, "OBJECT ENCODING many", "$8\r\nlistpack\r\n");
    struct bytes reply = harness_send(h, "HKEYS many");
    assert_int_equal(reply.len, strlen("*512\r\n") + expected.len);
    assert_memory_equal(reply.data + strlen("*512\r\n"), expected.data, expected.len);
    assert_reply(h, "HGET many field:77", "$10\r\nvalue:1077\r\n");
    assert_reply(h, "EXPIRE many 100", ":1\r\n");
    assert_reply(h, "PERSIST many", ":1\r\n");
    assert_reply(h, "COPY many other", ":1\r\n");
    assert_reply(h, "RENAME many third", "+OK\r\n");
    assert_reply(h, "HSET third field:77 x", ":0\r\n");
    assert_reply(h, "HGET other field:77", "$10\r\nvalue:1077\r\n");
    buf_clear(&expected);
}

static void all_fields_come_in_the_order_they_were_set_in(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HSET h b 1 a 2", ":2\r\n");
    assert_reply(h, "HSET h b 3 c 4", ":1\r\n");
    assert_reply(h, "HGETALL h", "*6\r\n$1\r\nb\r\n$1\r\n3\r\n$1\r\na\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n4\r\n");
    assert_reply(h, "HKEYS h", "*3\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nc\r\n");
    assert_reply(h, "HVALS h", "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n4\r\n");
    assert_reply(h, "HGETALL none", "*0\r\n");
    assert_reply(h, "HKEYS none", "*0\r\n");
    harness_send(h, "HELLO 3");
    assert_reply(h, "HGETALL h", "%3\r\n$1\r\nb\r\n$1\r\n3\r\n$1\r\na\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n4\r\n");
    assert_reply(h, "HGETALL none", "%0\r\n");
    assert_reply(h, "HVALS none", "*0\r\n");
}

static void the_last_field_takes_the_key_with_it(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HSET h a 1 b 2 c 3", ":3\r\n");
    assert_reply(h, "HDEL h a z a", ":1\r\n");
    assert_reply(h, "HDEL none a", ":0\r\n");
    assert_reply(h, "HKEYS h", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_reply(h, "HDEL h c b", ":2\r\n");
    assert_reply(h, "EXISTS h", ":0\r\n");
    fill(h, "large", MANY);
    for (int i = 0; i < MANY; i++) {
        char line[32];
        (void)snprintf(line, sizeof line, "HDEL large f%d", i);
        assert_reply(h, line, ":1\r\n");
    }
    assert_reply(h, "EXISTS large", ":0\r\n");
}

static void wrong_calls_are_refused(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET s x");
    assert_reply(h, "HSET s a", "-ERR wrong number of arguments for 'hset' command\r\n");
    assert_reply(h, "HSET s a 1 b", "-ERR wrong number of arguments for 'hset' command\r\n");
    assert_reply(h, "HMSET s a 1 b", "-ERR wrong number of arguments for 'hmset' command\r\n");
    static const char *const lines[] = {
        "HSET s a 1",   "HMSET s a 1",    "HSETNX s a 1",       "HGET s a",  "HMGET s a",
        "HLEN s",       "HSTRLEN s a",    "HEXISTS s a",        "HDEL s a",  "HGETALL s",
        "HKEYS s",      "HVALS s",        "HINCRBY s a 1",      "HSCAN s 0", "HSCAN s 0 nonsense",
        "HRANDFIELD s", "HRANDFIELD s 1", "HINCRBYFLOAT s a 1",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_reply(h, lines[i], WRONG_TYPE);
    assert_reply(h, "GET s", "$1\r\nx\r\n");
    harness_send(h, "HSET h a 1");
    assert_reply(h, "GET h", WRONG_TYPE);
    assert_reply(h, "APPEND h x", WRONG_TYPE);
    assert_reply(h, "SET h x GET", WRONG_TYPE);
    assert_reply(h, "SET h x", "+OK\r\n");
    assert_reply(h, "TYPE h", "+string\r\n");
}

static void numbers_are_added(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HINCRBY h n 5", ":5\r\n");
    assert_reply(h, "HINCRBY h n -7", ":-2\r\n");
    assert_reply(h, "HSET h max 9223372036854775807 text x float 1.5", ":3\r\n");
    assert_reply(h, "HINCRBY h max 1", "-ERR increment or decrement would overflow\r\n");
    assert_reply(h, "HINCRBY h text 1", "-ERR hash value is not an integer\r\n");
    assert_reply(h, "HINCRBY h float 1", "-ERR hash value is not an integer\r\n");
    assert_reply(h, "HINCRBY h n x", NO_INTEGER);
    assert_reply(h, "HINCRBY none n x", NO_INTEGER);
    assert_reply(h, "EXISTS none", ":0\r\n");
    assert_reply(h, "HINCRBYFLOAT h float 0.1", "$3\r\n1.6\r\n");
    assert_reply(h, "HINCRBYFLOAT h n 3.0e3", "$4\r\n2998\r\n");
    assert_reply(h, "HINCRBYFLOAT h new -0.5", "$4\r\n-0.5\r\n");
    assert_reply(h, "HINCRBYFLOAT h text 1", "-ERR hash value is not a float\r\n");
    assert_reply(h, "HINCRBYFLOAT h n x", "-ERR value is not a valid float\r\n");
    assert_reply(h, "HINCRBYFLOAT h n inf", "-ERR value is NaN or Infinity\r\n");
    harness_send(h, "HSET h inf inf");
    assert_reply(h, "HINCRBYFLOAT h inf 1", "-ERR increment would produce NaN or Infinity\r\n");
    assert_reply(h, "HGET h inf", "$3\r\ninf\r\n");
}

static void a_sum_of_floats_is_recorded_as_what_it_came_to(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HINCRBYFLOAT h f 0.1");
    harness_send(h, "HINCRBYFLOAT h f 0.2");
    assert_true(bytes_equal(harness_journal(h), BYTES("SELECT 0\nHSET h f 0.1\nHSET h f 0.3\n")));
}

static void encodings_have_redis_names(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET hash-max-listpack-entries 3 hash-max-listpack-value 8");
    assert_reply(h, "HSET h a 1 b 2 c 3", ":3\r\n");
    assert_reply(h, "OBJECT ENCODING h", "$8\r\nlistpack\r\n");
    assert_reply(h, "HSET h d 4", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING h", "$9\r\nhashtable\r\n");
    assert_reply(h, "HDEL h d c", ":2\r\n");
    assert_reply(h, "OBJECT ENCODING h", "$9\r\nhashtable\r\n");
    assert_reply(h, "HSET v a 123456789", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING v", "$9\r\nhashtable\r\n");
    assert_reply(h, "HINCRBY long-field a 1", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING long-field", "$8\r\nlistpack\r\n");
    assert_reply(h, "HINCRBY k a-long-field 1", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING k", "$9\r\nhashtable\r\n");
}

/* ---- what others hear ---- */

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    harness_send_as(h, listener, "PSUBSCRIBE __key*@0__:*");
#define EVENT(event) "*4\r\n$8\r\npmessage\r\n$12\r\n__key*@0__:*\r\n$16\r\n__keyspace@0__:h\r\n" event
    h->server->notify_classes = events_parse_classes("Khgn");
    harness_send(h, "HSET h a 1 b 2");
    assert_sent(h, listener, EVENT("$3\r\nnew\r\n") EVENT("$4\r\nhset\r\n"));
    harness_send(h, "HSETNX h a 1");
    harness_send(h, "HDEL h z");
    harness_send(h, "HINCRBY h b x");
    assert_sent(h, listener, "");
    harness_send(h, "HSETNX h c 1");
    assert_sent(h, listener, EVENT("$4\r\nhset\r\n"));
    harness_send(h, "HINCRBY h b 1");
    harness_send(h, "HINCRBYFLOAT h b 1");
    assert_sent(h, listener, EVENT("$7\r\nhincrby\r\n") EVENT("$12\r\nhincrbyfloat\r\n"));
    harness_send(h, "HDEL h a b c");
    assert_sent(h, listener, EVENT("$4\r\nhdel\r\n") EVENT("$3\r\ndel\r\n"));
}

static void watchers_see_changes_only(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send(h, "HSET h a 1");
    harness_send(h, "WATCH h");
    harness_send_as(h, other, "HDEL h z");
    harness_send_as(h, other, "HSETNX h a 2");
    harness_send_as(h, other, "HGETALL h");
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*0\r\n");
    harness_send(h, "WATCH h");
    harness_send_as(h, other, "HSET h a 1");
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*-1\r\n");
}

static void hashes_are_copied_moved_and_renamed(void **state)
{
    struct harness *h = *state;
    fill(h, "large", MANY);
    harness_send(h, "HSET small a 1");
    assert_reply(h, "COPY large copy", ":1\r\n");
    assert_reply(h, "COPY small copy2", ":1\r\n");
    assert_reply(h, "HSET copy f0 changed new x", ":1\r\n");
    assert_reply(h, "HSET copy2 a changed", ":0\r\n");
    assert_reply(h, "HGET large f0", "$2\r\nv0\r\n");
    assert_reply(h, "HLEN large", ":1000\r\n");
    assert_reply(h, "HGET small a", "$1\r\n1\r\n");
    assert_reply(h, "RENAME copy renamed", "+OK\r\n");
    assert_reply(h, "HLEN renamed", ":1001\r\n");
    assert_reply(h, "MOVE renamed 1", ":1\r\n");
    harness_send(h, "SELECT 1");
    assert_reply(h, "HGET renamed f0", "$7\r\nchanged\r\n");
    assert_reply(h, "SCAN 0 TYPE hash COUNT 100", "*2\r\n$1\r\n0\r\n*1\r\n$7\r\nrenamed\r\n");
}

static void a_deadline_of_the_key_stays(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h a 1");
    harness_send(h, "PEXPIRE h 1000");
    harness_send(h, "HSET h b 2");
    assert_reply(h, "PTTL h", ":1000\r\n");
    harness_advance(h, 1001);
    assert_reply(h, "HLEN h", ":0\r\n");
}

static void large_values_are_sent_as_they_are(void **state)
{
    struct harness *h = *state;
    static char value[300000];
    memset(value, 'x', sizeof value);
    struct bytes argv[] = {BYTES("HSET"), BYTES("h"), BYTES("f"), bytes_make(value, sizeof value)};
    assert_true(bytes_equal(harness_request_bytes(h, h->client, 4, argv), BYTES(":1\r\n")));
    assert_reply(h, "HSTRLEN h f", ":300000\r\n");
    struct bytes reply = harness_send(h, "HGET h f");
    assert_int_equal(reply.len, sizeof value + strlen("$300000\r\n\r\n"));
    assert_memory_equal(reply.data + strlen("$300000\r\n"), value, sizeof value);
}

/* ---- HSCAN ---- */

static void a_small_hash_is_scanned_at_once(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h apple 1 pear 2 plum 3");
    assert_reply(h, "HSCAN h 0 MATCH p* COUNT 1",
                 "*2\r\n$1\r\n0\r\n*4\r\n$4\r\npear\r\n$1\r\n2\r\n$4\r\nplum\r\n$1\r\n3\r\n");
    assert_reply(h, "HSCAN h 77 MATCH x*", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "HSCAN none 0 nonsense", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "HSCAN none x", "-ERR invalid cursor\r\n");
    assert_reply(h, "HSCAN h 0 nonsense", "-ERR syntax error\r\n");
    assert_reply(h, "HSCAN h 0 TYPE hash", "-ERR syntax error\r\n");
    assert_reply(h, "HSCAN h 0 COUNT", "-ERR syntax error\r\n");
    assert_reply(h, "HSCAN h 0 COUNT 0", "-ERR syntax error\r\n");
    assert_reply(h, "HSCAN h 0 COUNT x", NO_INTEGER);
}

static void a_large_hash_is_scanned_in_parts(void **state)
{
    struct harness *h = *state;
    int times[MANY] = {0}, parts = 0;
    int64_t cursor = 0;
    fill(h, "h", MANY);
    do {
        char line[64];
        (void)snprintf(line, sizeof line, "HSCAN h %lld COUNT 20", (long long)cursor);
        struct bytes reply = harness_send(h, line);
        assert_true(bytes_equal(take_line(&reply), BYTES("*2")));
        (void)take_line(&reply);
        cursor = number_behind(take_line(&reply), 0);
        int64_t count = take_count(&reply);
        assert_true(cursor == 0 || (count >= 40 && count <= 44));
        for (; count > 0; count -= 2) {
            int number = take_number(&reply);
            assert_int_equal(take_number(&reply), number);
            times[number]++;
        }
        parts++;
    } while (cursor != 0);
    assert_int_equal(parts, MANY / 20);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(times[i], 1);
}

/* ---- HRANDFIELD ---- */

static void counts_of_random_fields(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HRANDFIELD none", NIL);
    assert_reply(h, "HRANDFIELD none 3", "*0\r\n");
    harness_send(h, "HSET h f1 1");
    assert_reply(h, "HRANDFIELD h", "$2\r\nf1\r\n");
    assert_reply(h, "HRANDFIELD h 0", "*0\r\n");
    assert_reply(h, "HRANDFIELD h 7", "*1\r\n$2\r\nf1\r\n");
    assert_reply(h, "HRANDFIELD h -2", "*2\r\n$2\r\nf1\r\n$2\r\nf1\r\n");
    assert_reply(h, "HRANDFIELD h 1 WITHVALUES", "*2\r\n$2\r\nf1\r\n$1\r\n1\r\n");
    assert_reply(h, "HRANDFIELD h 9223372036854775807", "*1\r\n$2\r\nf1\r\n");
    assert_reply(h, "HRANDFIELD h -9223372036854775808",
                 "-ERR value is out of range, value must between -9223372036854775807 and "
                 "9223372036854775807\r\n");
    assert_reply(h, "HRANDFIELD h 4611686018427387904 WITHVALUES", "-ERR value is out of range\r\n");
    assert_reply(h, "HRANDFIELD h 1 nonsense", "-ERR syntax error\r\n");
    assert_reply(h, "HRANDFIELD h 1 WITHVALUES x", "-ERR syntax error\r\n");
    assert_reply(h, "HRANDFIELD h x WITHVALUES x", NO_INTEGER);
    harness_send(h, "HELLO 3");
    assert_reply(h, "HRANDFIELD h -2 withvalues",
                 "*2\r\n*2\r\n$2\r\nf1\r\n$1\r\n1\r\n*2\r\n$2\r\nf1\r\n$1\r\n1\r\n");
    assert_reply(h, "HRANDFIELD none", "_\r\n");
}

/* Sums up how often each of `count` fields is in the replies to `line`, and fails unless that is what chance
 * makes of equal shares: six deviations of chi squared are never seen. */
static void assert_fair(struct harness *h, const char *line, int count, int rounds)
{
    static unsigned drawn[MANY];
    double total = 0, sum = 0;
    memset(drawn, 0, sizeof drawn);
    for (int i = 0; i < rounds; i++) {
        struct bytes reply = harness_send(h, line);
        for (int64_t left = take_count(&reply); left > 0; left--, total++)
            drawn[take_number(&reply)]++;
    }
    double expected = total / count, share = expected / rounds;
    /* Without repetition a field can't be drawn more often than there are rounds. */
    double variance = share < 1 ? expected * (1 - share) : expected;
    for (int i = 0; i < count; i++)
        sum += (drawn[i] - expected) * (drawn[i] - expected) / variance;
    assert_true((sum - count) * (sum - count) < 36 * 2 * (double)count);
}

static void random_fields_are_fair(void **state)
{
    struct harness *h = *state;
    fill(h, "small", 50);
    fill(h, "large", MANY);
    assert_fair(h, "HRANDFIELD small 1", 50, 20000);
    assert_fair(h, "HRANDFIELD small 20", 50, 2000);
    assert_fair(h, "HRANDFIELD small 45", 50, 2000);
    assert_fair(h, "HRANDFIELD small -1000", 50, 100);
    assert_fair(h, "HRANDFIELD large 5", MANY, 20000);
    assert_fair(h, "HRANDFIELD large 500", MANY, 200);
    assert_fair(h, "HRANDFIELD large -5000", MANY, 20);
}

static void distinct_fields_are_distinct(void **state)
{
    struct harness *h = *state;
    fill(h, "large", MANY);
    for (int count = 1; count <= MANY; count = 2 * count + 1) {
        int times[MANY] = {0};
        char line[64];
        (void)snprintf(line, sizeof line, "HRANDFIELD large %d WITHVALUES", count);
        struct bytes reply = harness_send(h, line);
        assert_int_equal(take_count(&reply), 2 * count);
        for (int i = 0; i < count; i++) {
            int number = take_number(&reply);
            assert_int_equal(take_number(&reply), number);
            assert_int_equal(times[number]++, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(fields_are_set_and_read),
        HARNESS_TEST(many_fields_come_in_the_order_they_were_set_in),
        HARNESS_TEST(all_fields_come_in_the_order_they_were_set_in),
        HARNESS_TEST(the_last_field_takes_the_key_with_it),
        HARNESS_TEST(wrong_calls_are_refused),
        HARNESS_TEST(numbers_are_added),
        HARNESS_TEST(a_sum_of_floats_is_recorded_as_what_it_came_to),
        HARNESS_TEST(encodings_have_redis_names),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(watchers_see_changes_only),
        HARNESS_TEST(hashes_are_copied_moved_and_renamed),
        HARNESS_TEST(a_deadline_of_the_key_stays),
        HARNESS_TEST(large_values_are_sent_as_they_are),
        HARNESS_TEST(a_small_hash_is_scanned_at_once),
        HARNESS_TEST(a_large_hash_is_scanned_in_parts),
        HARNESS_TEST(counts_of_random_fields),
        HARNESS_TEST(random_fields_are_fair),
        HARNESS_TEST(distinct_fields_are_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
