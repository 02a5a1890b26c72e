/* SPDX-License-Identifier: BSD-3-Clause */
/* KEYS and SCAN. Most tests fill a database with "key:<number>" and look which numbers come back. */
#include "base/alloc.h"
#include "base/number.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "store/keyspace_edit.h"
#include "support/harness.h"
#include "support/reply_take.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* So many that no tick walks over all of them. */
enum { MANY = 200000 };

static const struct deadline no_deadline = {.mode = DEADLINE_NONE};

static struct key numbered_key(char text[static 24], int number)
{
    int len = snprintf(text, 24, "key:%d", number);
    return key_of(bytes_make(text, (size_t)len));
}

static void fill(struct harness *h, int database, int first, int count)
{
    struct keyspace *keyspace = store_keyspace(h->server->store, database);
    char text[24];
    harness_drop_journal(h);
    for (int i = first; i < first + count; i++)
        (void)keyspace_set(keyspace, numbered_key(text, i), string_value_int(i), no_deadline, NULL);
}

static void empty(struct harness *h, int database, int first, int count)
{
    struct keyspace *keyspace = store_keyspace(h->server->store, database);
    char text[24];
    for (int i = first; i < first + count; i++)
        assert_true(keyspace_remove(keyspace, numbered_key(text, i)));
}

/* ---- reading replies ---- */

struct seen {
    unsigned char *times; /* by number */
    size_t capacity, count;
};

static void seen_init(struct seen *seen, size_t capacity)
{
    *seen = (struct seen){.times = mem_zalloc(capacity), .capacity = capacity};
}

static void seen_clear(struct seen *seen)
{
    mem_free(seen->times);
}

static int64_t take_number_behind(struct bytes *rest, const char *before)
{
    struct bytes line = take_line(rest), start = bytes_of(before);
    int64_t number;
    assert_true(bytes_starts_with(line, start));
    assert_true(parse_i64(bytes_make(line.data + start.len, line.len - start.len), &number));
    return number;
}

/* Takes an array of names off the front. */
static void take_names(struct seen *seen, struct bytes *rest)
{
    int64_t count = take_number_behind(rest, "*");
    for (int64_t i = 0; i < count; i++) {
        int64_t number;
        assert_true(bytes_starts_with(take_line(rest), BYTES("$")));
        number = take_number_behind(rest, "key:");
        assert_true(number >= 0 && (size_t)number < seen->capacity);
        seen->times[number]++;
        seen->count++;
    }
}

static void assert_each_once(const struct seen *seen, int first, int count)
{
    for (int i = first; i < first + count; i++)
        assert_int_equal(seen->times[i], 1);
}

/* ---- KEYS ---- */

static void keys_matches_patterns(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "KEYS *", "*0\r\n");
    assert_reply(h, "MSET hello 1 hallo 2 user:1 3 \"\" 4 \"a*\" 5", "+OK\r\n");
    assert_reply(h, "KEYS hello", "*1\r\n$5\r\nhello\r\n");
    assert_reply(h, "KEYS h?lo", "*0\r\n");
    assert_reply(h, "KEYS h[^a]llo", "*1\r\n$5\r\nhello\r\n");
    assert_reply(h, "KEYS user:*", "*1\r\n$6\r\nuser:1\r\n");
    assert_reply(h, "KEYS user:1*", "*1\r\n$6\r\nuser:1\r\n");
    assert_reply(h, "KEYS user:11*", "*0\r\n");
    assert_reply(h, "KEYS ha*o", "*1\r\n$5\r\nhallo\r\n");
    assert_reply(h, "KEYS a\\*", "*1\r\n$2\r\na*\r\n");
    assert_reply(h, "KEYS \"\"", "*1\r\n$0\r\n\r\n");
    assert_true(bytes_starts_with(harness_send(h, "KEYS *"), BYTES("*5\r\n")));
    assert_true(bytes_starts_with(harness_send(h, "KEYS h*"), BYTES("*2\r\n")));
    assert_reply(h, "KEYS", "-ERR wrong number of arguments for 'keys' command\r\n");
}

static void keys_leaves_out_what_has_expired(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1 PX 10", "+OK\r\n");
    assert_reply(h, "SET b 1", "+OK\r\n");
    h->server->clock.mono_ms += 11;
    assert_reply(h, "KEYS *", "*1\r\n$1\r\nb\r\n");
}

static void keys_of_many_are_each_shown_once(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    struct bytes reply;
    fill(h, 0, 0, MANY);
    seen_init(&seen, MANY);
    reply = harness_send(h, "KEYS *");
    take_names(&seen, &reply);
    assert_int_equal(reply.len, 0);
    assert_each_once(&seen, 0, MANY);
    seen_clear(&seen);

    seen_init(&seen, MANY);
    reply = harness_send(h, "KEYS key:1[0-4]*");
    take_names(&seen, &reply);
    /* 10-14, 100-149 ... 100000-149999 */
    assert_int_equal(seen.count, 55555);
    seen_clear(&seen);
}

static void others_are_served_while_keys_works(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h, 0, 0, MANY);
    client_feed(h->client, BYTES("KEYS *\r\nDBSIZE\r\n"));
    tick(h->server, 0);
    assert_true(h->client->flags & CLIENT_BUSY);
    assert_sent(h, h->client, "");
    client_feed(other, BYTES("GET key:7\r\n"));
    tick(h->server, 0);
    assert_sent(h, other, "$1\r\n7\r\n");
    assert_true(h->client->flags & CLIENT_BUSY);
    harness_run(h);
    assert_false(h->client->flags & CLIENT_BUSY);
}

static void what_follows_keys_in_a_pipeline_waits(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    struct bytes reply;
    fill(h, 0, 0, MANY);
    seen_init(&seen, MANY);
    reply = harness_feed(h, h->client, BYTES("TYPE x\r\nKEYS *\r\nEXISTS x\r\nKEYS *\r\nTYPE x\r\n"));
    assert_true(bytes_is(take_line(&reply), "+none"));
    take_names(&seen, &reply);
    assert_true(bytes_is(take_line(&reply), ":0"));
    take_names(&seen, &reply);
    assert_true(bytes_is(reply, "+none\r\n"));
    assert_int_equal(seen.count, 2 * MANY);
    seen_clear(&seen);
}

/* Begins KEYS * and lets it work for some ticks. */
static void begin_keys(struct harness *h)
{
    client_feed(h->client, BYTES("KEYS *\r\n"));
    for (int i = 0; i < 3; i++)
        tick(h->server, 0);
    assert_true(h->client->flags & CLIENT_BUSY);
}

static void end_keys(struct harness *h, struct seen *seen)
{
    struct bytes reply;
    harness_run(h);
    reply = harness_replies(h, h->client);
    take_names(seen, &reply);
    assert_int_equal(reply.len, 0);
}

static void keys_that_stay_are_shown_once_while_others_come_and_go(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    fill(h, 0, 0, MANY);
    seen_init(&seen, 5 * MANY);
    begin_keys(h);
    for (int round = 1; round < 5; round++) {
        fill(h, 0, round * MANY, MANY);
        tick(h->server, 0);
    }
    end_keys(h, &seen);
    assert_each_once(&seen, 0, MANY);
    for (int i = MANY; i < 5 * MANY; i++)
        assert_true(seen.times[i] <= 1);
    seen_clear(&seen);
}

static void no_key_is_shown_twice_while_the_table_gets_smaller(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    fill(h, 0, 0, MANY);
    seen_init(&seen, MANY);
    begin_keys(h);
    empty(h, 0, 1000, MANY - 1000);
    end_keys(h, &seen);
    assert_each_once(&seen, 0, 1000);
    for (int i = 1000; i < MANY; i++)
        assert_true(seen.times[i] <= 1);
    seen_clear(&seen);
}

static void keys_survives_a_flush(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    struct seen seen;
    fill(h, 0, 0, MANY);
    seen_init(&seen, MANY);
    begin_keys(h);
    assert_reply_as(h, other, "FLUSHALL", "+OK\r\n");
    end_keys(h, &seen);
    assert_true(seen.count < MANY);
    assert_reply(h, "KEYS *", "*0\r\n");
    seen_clear(&seen);
}

static void keys_survives_an_exchange_of_databases(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    struct seen seen;
    fill(h, 0, 0, MANY);
    fill(h, 1, MANY, 10);
    seen_init(&seen, MANY + 10);
    begin_keys(h);
    client_feed(other, BYTES("SWAPDB 0 1\r\nSWAPDB 1 2\r\n"));
    end_keys(h, &seen);
    assert_sent(h, other, "+OK\r\n+OK\r\n");
    assert_int_equal(seen.count, MANY);
    assert_reply(h, "DBSIZE", ":10\r\n");
    seen_clear(&seen);
}

static void a_client_may_go_while_keys_works_for_it(void **state)
{
    struct harness *h = *state;
    struct client *leaver = client_new_internal(h->server);
    fill(h, 0, 0, MANY);
    client_feed(leaver, BYTES("KEYS *\r\n"));
    tick(h->server, 0);
    assert_true(leaver->flags & CLIENT_BUSY);
    client_close(leaver);
    tick(h->server, 0);
    assert_true(list_is_empty(&h->server->slices.jobs));
    assert_int_equal(h->server->client_count, 1);
}

static void keys_inside_a_transaction_is_not_interrupted(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    struct bytes reply;
    fill(h, 0, 0, MANY);
    seen_init(&seen, MANY);
    client_feed(h->client, BYTES("MULTI\r\nKEYS *\r\nFLUSHALL\r\nEXEC\r\n"));
    tick(h->server, 0);
    reply = harness_replies(h, h->client);
    assert_true(bytes_is(take_line(&reply), "+OK"));
    assert_true(bytes_is(take_line(&reply), "+QUEUED"));
    assert_true(bytes_is(take_line(&reply), "+QUEUED"));
    assert_true(bytes_is(take_line(&reply), "*2"));
    take_names(&seen, &reply);
    assert_each_once(&seen, 0, MANY);
    assert_true(bytes_is(reply, "+OK\r\n"));
    seen_clear(&seen);
}

static void a_silent_client_hears_nothing(void **state)
{
    struct harness *h = *state;
    fill(h, 0, 0, MANY);
    h->client->flags |= CLIENT_REPLY_OFF;
    assert_reply(h, "KEYS *", "");
    assert_reply(h, "SCAN 0 COUNT 1000000", "");
    h->client->flags &= ~(uint32_t)CLIENT_REPLY_OFF;
    assert_reply(h, "EXISTS x", ":0\r\n");
}

/* ---- SCAN ---- */

/* Sends SCAN with `options`, notes the names, and returns the next cursor. */
static uint64_t scan(struct harness *h, uint64_t cursor, const char *options, struct seen *seen)
{
    char line[128];
    struct bytes reply, text;
    (void)snprintf(line, sizeof line, "SCAN %llu %s", (unsigned long long)cursor, options);
    reply = harness_send(h, line);
    assert_true(bytes_is(take_line(&reply), "*2"));
    (void)take_line(&reply);
    text = take_line(&reply);
    assert_true(parse_u64(text, &cursor));
    take_names(seen, &reply);
    assert_int_equal(reply.len, 0);
    return cursor;
}

static void scan_shows_each_key_once(void **state)
{
    static const char *const options[] = {"", "COUNT 1", "COUNT 100 MATCH *", "TYPE string COUNT 7",
                                          "COUNT 100000"};
    struct harness *h = *state;
    fill(h, 0, 0, 5000);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct seen seen;
        uint64_t cursor = 0;
        seen_init(&seen, 5000);
        do {
            cursor = scan(h, cursor, options[i], &seen);
        } while (cursor != 0);
        assert_each_once(&seen, 0, 5000);
        seen_clear(&seen);
    }
}

static void scan_shows_about_as_many_as_asked_for(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    fill(h, 0, 0, 5000);
    seen_init(&seen, 5000);
    (void)scan(h, 0, "", &seen);
    assert_in_range(seen.count, 10, 30);
    (void)scan(h, 0, "COUNT 1000", &seen);
    assert_in_range(seen.count, 1010, 1050);
    seen_clear(&seen);
}

static void scan_of_many_at_once_lets_others_in(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    fill(h, 0, 0, MANY);
    seen_init(&seen, MANY);
    client_feed(h->client, BYTES("SCAN 0 COUNT 10\r\n"));
    tick(h->server, 0);
    assert_false(h->client->flags & CLIENT_BUSY);
    (void)harness_replies(h, h->client);
    client_feed(h->client, BYTES("SCAN 0 COUNT 1000000\r\n"));
    tick(h->server, 0);
    assert_true(h->client->flags & CLIENT_BUSY);
    harness_run(h);
    (void)harness_replies(h, h->client);
    assert_int_equal(scan(h, 0, "COUNT 1000000", &seen), 0);
    assert_each_once(&seen, 0, MANY);
    seen_clear(&seen);
}

static void scan_filters_by_pattern_and_type(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a 1 b 2", "+OK\r\n");
    assert_reply(h, "SCAN 0 MATCH a COUNT 100", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n");
    assert_reply(h, "SCAN 0 COUNT 100 MATCH a MATCH b", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n");
    assert_reply(h, "SCAN 0 TYPE hash COUNT 100", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "SCAN 0 TYPE nonsense COUNT 100", "*2\r\n$1\r\n0\r\n*0\r\n");
    assert_reply(h, "SCAN 0 TYPE STRING MATCH a COUNT 100", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n");
}

static void scan_keeps_its_promise_while_keys_come_and_go(void **state)
{
    struct harness *h = *state;
    struct seen seen;
    uint64_t cursor = 0;
    int round = 0;
    fill(h, 0, 0, 2000);
    seen_init(&seen, 4 * 64000);
    do {
        cursor = scan(h, cursor, "COUNT 20", &seen);
        /* Grows sixteen-fold, then shrinks to what it was. */
        if (round < 30)
            fill(h, 0, 2000 + round * 1000, 1000);
        else if (round < 60)
            empty(h, 0, 2000 + (round - 30) * 1000, 1000);
        round++;
    } while (cursor != 0);
    for (int i = 0; i < 2000; i++)
        assert_true(seen.times[i] >= 1);
    seen_clear(&seen);
}

static void scan_leaves_out_what_has_expired(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a 1 PX 10", "+OK\r\n");
    h->server->clock.mono_ms += 11;
    assert_reply(h, "SCAN 0", "*2\r\n$1\r\n0\r\n*0\r\n");
}

static void scan_takes_any_cursor(void **state)
{
    static const char *const cursors[] = {
        "18446744073709551615", "-1", "+0", "00", "9223372036854775808", "\"\"", "\"0\\x00abc\"", "12345"};
    struct harness *h = *state;
    fill(h, 0, 0, 100);
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "SCAN %s", cursors[i]);
        assert_true(bytes_starts_with(harness_send(h, line), BYTES("*2\r\n$")));
    }
}

static void scan_refuses_what_makes_no_sense(void **state)
{
    static const char *const cursors[] = {"x",   "1x",  "\" 1\"", "18446744073709551616", "-", "+",
                                          "--1", "0x1", "1.0"};
    struct harness *h = *state;
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "SCAN %s", cursors[i]);
        harness_assert(harness_send(h, line), BYTES("-ERR invalid cursor\r\n"), line, __FILE__, __LINE__);
    }
    assert_reply(h, "SCAN x COUNT", "-ERR invalid cursor\r\n");
    assert_reply(h, "SCAN 0 COUNT", "-ERR syntax error\r\n");
    assert_reply(h, "SCAN 0 COUNT 0", "-ERR syntax error\r\n");
    assert_reply(h, "SCAN 0 COUNT -1", "-ERR syntax error\r\n");
    assert_reply(h, "SCAN 0 COUNT x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "SCAN 0 MATCH", "-ERR syntax error\r\n");
    assert_reply(h, "SCAN 0 FOO bar", "-ERR syntax error\r\n");
    assert_reply(h, "SCAN 0 COUNT 9223372036854775807", "*2\r\n$1\r\n0\r\n*0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(keys_matches_patterns),
        HARNESS_TEST(keys_leaves_out_what_has_expired),
        HARNESS_TEST(keys_of_many_are_each_shown_once),
        HARNESS_TEST(others_are_served_while_keys_works),
        HARNESS_TEST(what_follows_keys_in_a_pipeline_waits),
        HARNESS_TEST(keys_that_stay_are_shown_once_while_others_come_and_go),
        HARNESS_TEST(no_key_is_shown_twice_while_the_table_gets_smaller),
        HARNESS_TEST(keys_survives_a_flush),
        HARNESS_TEST(keys_survives_an_exchange_of_databases),
        HARNESS_TEST(a_client_may_go_while_keys_works_for_it),
        HARNESS_TEST(keys_inside_a_transaction_is_not_interrupted),
        HARNESS_TEST(a_silent_client_hears_nothing),
        HARNESS_TEST(scan_shows_each_key_once),
        HARNESS_TEST(scan_shows_about_as_many_as_asked_for),
        HARNESS_TEST(scan_of_many_at_once_lets_others_in),
        HARNESS_TEST(scan_filters_by_pattern_and_type),
        HARNESS_TEST(scan_keeps_its_promise_while_keys_come_and_go),
        HARNESS_TEST(scan_leaves_out_what_has_expired),
        HARNESS_TEST(scan_takes_any_cursor),
        HARNESS_TEST(scan_refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
