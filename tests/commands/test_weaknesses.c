/* SPDX-License-Identifier: BSD-3-Clause */
/* What once broke a server of this kind, and had no test yet. Each is named after its entry in the list of
 * known weaknesses (CVE); src/SECURITY.md says why none of them can be here. */
#include "base/alloc.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OK "+OK\r\n"

/* Of whatever is asked, that the server lives to answer. */
static void survives(struct harness *h, const char *line)
{
    (void)harness_send(h, line);
    assert_reply(h, "PING", "+PONG\r\n");
}

static void starts_with(struct harness *h, const char *line, const char *start)
{
    struct bytes reply = harness_send(h, line);
    if (!bytes_starts_with(reply, bytes_of(start)))
        fail_msg("%s replies %.*s", line, (int)reply.len, reply.data);
}

/* Each number of a command at the ends of what a number can be, and beyond. */
static const char *const extremes[] = {
    "9223372036854775807",  "-9223372036854775808", "9223372036854775808",
    "-9223372036854775807", "18446744073709551615", "4294967296",
    "2147483648",           "-2147483649",          "4611686018427387904",
};
enum { EXTREME_COUNT = sizeof extremes / sizeof extremes[0] };

/* Each @ of the line is the number. */
static void survives_number(struct harness *h, const char *line, const char *number)
{
    struct buf text = {0};
    for (; *line; line++) {
        if (*line == '@')
            buf_append_text(&text, number);
        else
            buf_append_char(&text, *line);
    }
    survives(h, buf_cstring(&text));
    buf_clear(&text);
}

static void survives_extremes(struct harness *h, const char *line)
{
    for (int i = 0; i < EXTREME_COUNT; i++)
        survives_number(h, line, extremes[i]);
}

static void fill(struct harness *h)
{
    (void)harness_send(h, "SET s string");
    (void)harness_send(h, "RPUSH l a b c");
    (void)harness_send(h, "SADD set a b c 1");
    (void)harness_send(h, "SADD ints 1 2 3 9223372036854775807 -9223372036854775808");
    (void)harness_send(h, "HSET h f v g 1.5");
    (void)harness_send(h, "ZADD z 1 a 2 b");
}

static void cve_2021_21309_sizes_of_the_configuration(void **state)
{
    struct harness *h = *state;
    survives_extremes(h, "CONFIG SET proto-max-bulk-len @");
    survives_extremes(h, "CONFIG SET client-query-buffer-limit @");
    (void)harness_send(h, "CONFIG SET proto-max-bulk-len 9223372036854775807");
    assert_reply(h, "SETRANGE s 9223372036854775806 xx",
                 "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    starts_with(h, "SETRANGE s 4611686018427387904 x", "-");
    starts_with(h, "SETBIT s 9223372036854775807 1", "-");
}

static void cve_2021_29477_lcs_of_long_values(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SETRANGE a 3000000 x");
    (void)harness_send(h, "SETRANGE b 3000000 x");
    /* Its table would have 9e12 places. */
    starts_with(h, "LCS a b IDX", "-ERR");
    survives_extremes(h, "LCS s s IDX MINMATCHLEN @");
}

static void cve_2021_29478_copies_of_sets_of_numbers(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET set-max-intset-entries 9223372036854775807", OK);
    for (int i = 0; i < 3000; i++) {
        struct buf line = {0};
        buf_printf(&line, "SADD many %d", i);
        (void)harness_send(h, buf_cstring(&line));
        buf_clear(&line);
    }
    assert_reply(h, "COPY many other", ":1\r\n");
    assert_reply(h, "SADD other -9223372036854775808 9223372036854775807", ":2\r\n");
    assert_reply(h, "SCARD other", ":3002\r\n");
    survives(h, "DUMP other");
    assert_reply(h, "CONFIG SET set-max-intset-entries 512", OK);
}

static void cve_2021_32627_limits_of_packed_values(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = {"hash-max-listpack-entries", "hash-max-listpack-value",
                                        "zset-max-listpack-entries", "zset-max-listpack-value",
                                        "list-max-listpack-size",    "set-max-listpack-entries",
                                        "set-max-listpack-value",    "set-max-intset-entries"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int j = 0; j < EXTREME_COUNT; j++) {
            struct buf line = {0};
            buf_printf(&line, "CONFIG SET %s %s", names[i], extremes[j]);
            survives(h, buf_cstring(&line));
            buf_clear(&line);
        }
    }
    (void)harness_send(h, "SETRANGE big 2000000 x");
    (void)harness_send(
        h, "EVAL \"local v = redis.call('get', 'big') redis.call('hset', 'bh', v, v) redis.call('rpush', "
           "'bl', v, v) redis.call('zadd', 'bz', 1, v) redis.call('sadd', 'bs', v)\" 0");
    assert_reply(h, "HLEN bh", ":1\r\n");
    assert_reply(h, "LLEN bl", ":2\r\n");
    assert_reply(h, "ZCARD bz", ":1\r\n");
    assert_reply(h, "SCARD bs", ":1\r\n");
}

static void cve_2021_32761_offsets_of_bits(void **state)
{
    struct harness *h = *state;
    fill(h);
    survives_extremes(h, "BITFIELD s SET u8 @ 1 GET u8 #@");
    survives_extremes(h, "BITFIELD s INCRBY i64 0 @ GET u63 @");
    survives_extremes(h, "GETBIT s @");
    survives_extremes(h, "SETBIT s @ 1");
    survives_extremes(h, "BITCOUNT s @ @ BIT");
    survives_extremes(h, "BITPOS s 1 @ @");
}

static void cve_2022_35977_sizes_of_results(void **state)
{
    struct harness *h = *state;
    fill(h);
    survives_extremes(h, "SETRANGE s @ x");
    survives_extremes(h, "GETRANGE s @ @");
    survives_extremes(h, "SORT l LIMIT @ @ ALPHA");
    survives_extremes(h, "SORT l LIMIT 0 @ BY nosort GET #");
    survives_extremes(h, "LRANGE l @ @");
    survives_extremes(h, "LPOS l a RANK @ COUNT 1");
    survives_extremes(h, "ZRANGE z @ @");
    survives_extremes(h, "LTRIM l @ @");
}

static void cve_2022_36021_patterns_take_bounded_time(void **state)
{
    struct harness *h = *state;
    struct buf line = {0};
    for (int i = 0; i < 40; i++)
        buf_append_text(&line, "a*");
    assert_reply(h, "SET aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab x",
                 OK);
    struct buf keys = {0};
    buf_printf(&keys, "KEYS %sz", buf_cstring(&line));
    assert_reply(h, buf_cstring(&keys), "*0\r\n");
    buf_clear(&line);
    buf_clear(&keys);
}

static void cve_2024_31228_patterns_take_no_stack(void **state)
{
    struct harness *h = *state;
    enum { STARS = 100000 };
    struct buf pattern = {0};
    for (int i = 0; i < STARS; i++)
        buf_append_text(&pattern, "*?");
    assert_reply(h, "SET key x", OK);
    struct bytes argv[] = {BYTES("KEYS"), buf_bytes(&pattern)};
    harness_assert(harness_request_bytes(h, h->client, 2, argv), BYTES("*0\r\n"), "KEYS", __FILE__, __LINE__);
    buf_clear(&pattern);
}

static void cve_2023_22458_counts_of_random_elements(void **state)
{
    struct harness *h = *state;
    fill(h);
    /* Below zero only what can't be a count: as many as that are a matter of memory. */
    static const char *const counts[] = {"-9223372036854775808", "9223372036854775807",
                                         "-9223372036854775809", "9223372036854775808"};
    static const char *const forms[] = {"HRANDFIELD h @", "HRANDFIELD h @ WITHVALUES", "ZRANDMEMBER z @",
                                        "ZRANDMEMBER z @ WITHSCORES", "SRANDMEMBER set @"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++)
            survives_number(h, forms[i], counts[j]);
    }
    starts_with(h, "HRANDFIELD h -9223372036854775808", "-ERR value is out of range");
    survives_extremes(h, "SPOP set @");
    survives_extremes(h, "LPOP l @");
    survives_extremes(h, "ZPOPMIN z @");
}

/* ACL rules cut off or nested where something must follow: each is refused, or is a rule, and a refused one
 * changes nothing. */
static void cve_2024_31227_cve_2024_51741_rules_that_are_none(void **state)
{
    static const char *const words[] = {
        "%",       "%~",       "%R",       "%RW",       "%RR~x",    "%Rx~y",   "%W",       "(",
        "()",      "( )",      "((",       "(()",       "(%",       "(%~",     "(%R",      "(%RW",
        "(~",      "(&",       "(+",       "(+@",       "(-@)",     "(+get",   "(+get (",  "(+get)x",
        "(+a|)",   "(+a||)",   "(+set|",   "+|",        "+@",       "+get|",   "-|x",      "#",
        "#12",     "!",        "<",        "(>a)",      "(on)",     "(reset)", "(nopass)", "(clearselectors)",
        "\"\\0\"", "\"%\\0\"", "\"(\\0\"", "\"(%\\0\"", "~\"\\0\"", ")",       "(~a) (~b", "(allkeys ~a)",
    };
    struct harness *h = *state;
    assert_reply(h, "ACL SETUSER bob on >secret %R~a* +get (+set ~b*)", OK);
    struct buf before = {0}, line = {0};
    buf_append_bytes(&before, harness_send(h, "ACL GETUSER bob"));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        line.len = 0;
        buf_printf(&line, "ACL SETUSER bob ~changed %s", words[i]);
        bool is_refused = bytes_starts_with(harness_send(h, buf_cstring(&line)), BYTES("-"));
        bool is_same = bytes_equal(harness_send(h, "ACL GETUSER bob"), buf_bytes(&before));
        if (is_refused != is_same)
            fail_msg("%s: %s", words[i], is_same ? "changed nothing" : "was refused, and changed the user");
        survives(h, "ACL DRYRUN bob get a1");
        assert_reply(h, "ACL SETUSER bob reset on >secret %R~a* +get (+set ~b*)", OK);
    }
    buf_clear(&before);
    buf_clear(&line);
}

/* COUNT is how much is looked at; what is there decides how much is told, also of entries that are gone. */
static void cve_2022_31144_cve_2022_35951_counts_of_xautoclaim(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "XGROUP CREATE x g 0 MKSTREAM", OK);
    for (int i = 0; i < 20; i++)
        (void)harness_send(h, "XADD x * f v");
    (void)harness_send(h, "XREADGROUP GROUP g a STREAMS x >");
    (void)harness_send(h, "XTRIM x MAXLEN 3");
    survives_extremes(h, "XAUTOCLAIM x g b @ 0 COUNT 100");
    survives_extremes(h, "XAUTOCLAIM x g b 0 @-@ COUNT 100");
    survives_extremes(h, "XAUTOCLAIM x g b 0 0 COUNT @");
    survives_extremes(h, "XCLAIM x g b 0 @-@ RETRYCOUNT @ IDLE @");
    survives_extremes(h, "XPENDING x g IDLE @ - + @");
    survives_extremes(h, "XREADGROUP GROUP g a COUNT @ STREAMS x @-@");
    survives_extremes(h, "XRANGE x @-@ + COUNT @");
    survives_extremes(h, "XTRIM x MAXLEN ~ @ LIMIT @");
    survives_extremes(h, "XSETID x @-@ ENTRIESADDED @ MAXDELETEDID @-@");
    survives_extremes(h, "XADD x @-@ f v");
    survives_extremes(h, "XINFO STREAM x FULL COUNT @");
    starts_with(h, "XINFO GROUPS x", "*1\r\n");
}

static void cve_2023_28425_one_key_twice(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSETNX k a k b", ":1\r\n");
    assert_reply(h, "GET k", "$1\r\nb\r\n");
    assert_reply(h, "DEL k k", ":1\r\n");
    assert_reply(h, "SUNIONSTORE k k k", ":0\r\n");
    survives(h, "RENAME k k");
}

static void cve_2023_28856_fields_can_be_read_again(void **state)
{
    struct harness *h = *state;
    starts_with(h, "HINCRBYFLOAT h f nan", "-ERR");
    starts_with(h, "HINCRBYFLOAT h f inf", "-ERR");
    (void)harness_send(h, "HINCRBYFLOAT h f 1e308");
    survives(h, "HINCRBYFLOAT h f 1e308");
    survives(h, "HGETALL h");
    survives(h, "HRANDFIELD h 5 WITHVALUES");
    survives(h, "DUMP h");
}

static void cve_2023_36824_positions_of_keys(void **state)
{
    struct harness *h = *state;
    static const char *const lines[] = {
        "COMMAND GETKEYS EVAL x 9223372036854775807 a",
        "COMMAND GETKEYS EVAL x -1 a",
        "COMMAND GETKEYS ZUNIONSTORE d 2147483647 a",
        "COMMAND GETKEYS SORT k STORE",
        "COMMAND GETKEYS GET",
        "COMMAND GETKEYS LMPOP 4294967297 a LEFT",
        "COMMAND GETKEYSANDFLAGS MSET a",
        "COMMAND GETKEYS SINTERCARD 0 a",
        "EVAL x 9223372036854775807 a",
        "ZUNION 18446744073709551615 a",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        survives(h, lines[i]);
    struct buf line = {0};
    buf_append_text(&line, "COMMAND GETKEYS MSET");
    for (int i = 0; i < 1000; i++)
        buf_printf(&line, " k%d v", i);
    starts_with(h, buf_cstring(&line), "*1000\r\n");
    buf_clear(&line);
}

static void cve_2023_41053_keys_of_sort(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "COMMAND GETKEYS SORT_RO k BY nosort", "*1\r\n$1\r\nk\r\n");
    assert_reply(h, "COMMAND GETKEYS SORT k STORE d", "*2\r\n$1\r\nk\r\n$1\r\nd\r\n");
}

/* Ten thousand arguments of each command that takes any number. */
static void cve_2025_62507_any_number_of_arguments(void **state)
{
    struct harness *h = *state;
    static const char *const heads[] = {
        "DEL",          "EXISTS",       "MGET",        "MSET",          "MSETNX",
        "RPUSH l",      "SADD s",       "SREM s",      "HSET h",        "HDEL h",
        "HMGET h",      "ZADD z",       "ZREM z",      "ZMSCORE z",     "SMISMEMBER s",
        "PFADD p",      "SUNION",       "SDIFF",       "WATCH",         "TOUCH",
        "UNLINK",       "BITOP AND d",  "BITFIELD b",  "LMPOP 10000",   "SINTERCARD 10000",
        "ZUNION 10000", "GEOADD g",     "GEOHASH g",   "SORT l",        "XACK x g",
        "EVAL x 10000", "CONFIG GET",   "CLIENT KILL", "SCRIPT EXISTS", "PUBSUB NUMSUB",
        "HELLO 3",      "SESSION.STATS"};
    struct buf rest = {0};
    for (int i = 0; i < 10000; i++)
        buf_printf(&rest, " %d", i);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct buf line = {0};
        buf_printf(&line, "%s%s", heads[i], buf_cstring(&rest));
        (void)harness_send(h, buf_cstring(&line));
        (void)harness_send(h, "RESET");
        assert_reply(h, "PING", "+PONG\r\n");
        buf_clear(&line);
    }
    buf_clear(&rest);
}

/* Who is blocked is closed for its memory while its command is being served. */
static void cve_2026_23479_a_blocked_client_is_evicted(void **state)
{
    struct harness *h = *state;
    struct client *blocked[3];
    for (int i = 0; i < 3; i++) {
        blocked[i] = harness_client(h);
        (void)harness_send_as(h, blocked[i], "BLPOP list other 0");
        /* What it sent behind that is kept. */
        struct buf input = {0};
        buf_printf(&input, "*2\r\n$4\r\nECHO\r\n$200000\r\n%0200000d\r\n", 7);
        (void)harness_feed(h, blocked[i], buf_bytes(&input));
        buf_clear(&input);
    }
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "RPUSH list a b", "+QUEUED\r\n");
    assert_reply(h, "CONFIG SET maxmemory-clients 1", "+QUEUED\r\n");
    assert_reply(h, "RPUSH other c", "+QUEUED\r\n");
    (void)harness_send(h, "EXEC");
    harness_advance(h, 100);
    assert_reply(h, "CONFIG SET maxmemory-clients 0", OK);
    survives(h, "LRANGE list 0 -1");
}

/* A request without arguments leaves nothing behind for the next. */
static void cve_2026_27623_empty_requests(void **state)
{
    struct harness *h = *state;
    static const char *const inputs[] = {"*0\r\n", "*-1\r\n", "\r\n", "*1\r\n$0\r\n\r\n", "   \r\n"};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct buf input = {0};
        buf_printf(&input, "%s*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n", inputs[i]);
        for (size_t at = 0; at < input.len; at++) {
            /* In two pieces, cut at each byte. */
            struct buf got = {0};
            buf_append_bytes(&got, harness_feed(h, h->client, bytes_make(input.data, at)));
            buf_append_bytes(&got, harness_feed(h, h->client, bytes_make(input.data + at, input.len - at)));
            assert_true(got.len >= 9 && memcmp(got.data + got.len - 9, "$3\r\nabc\r\n", 9) == 0);
            buf_clear(&got);
        }
        buf_clear(&input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(cve_2021_21309_sizes_of_the_configuration),
        HARNESS_TEST(cve_2021_29477_lcs_of_long_values),
        HARNESS_TEST(cve_2021_29478_copies_of_sets_of_numbers),
        HARNESS_TEST(cve_2021_32627_limits_of_packed_values),
        HARNESS_TEST(cve_2021_32761_offsets_of_bits),
        HARNESS_TEST(cve_2022_35977_sizes_of_results),
        HARNESS_TEST(cve_2022_36021_patterns_take_bounded_time),
        HARNESS_TEST(cve_2024_31228_patterns_take_no_stack),
        HARNESS_TEST(cve_2023_22458_counts_of_random_elements),
        HARNESS_TEST(cve_2022_31144_cve_2022_35951_counts_of_xautoclaim),
        HARNESS_TEST(cve_2024_31227_cve_2024_51741_rules_that_are_none),
        HARNESS_TEST(cve_2023_28425_one_key_twice),
        HARNESS_TEST(cve_2023_28856_fields_can_be_read_again),
        HARNESS_TEST(cve_2023_36824_positions_of_keys),
        HARNESS_TEST(cve_2023_41053_keys_of_sort),
        HARNESS_TEST(cve_2025_62507_any_number_of_arguments),
        HARNESS_TEST(cve_2026_23479_a_blocked_client_is_evicted),
        HARNESS_TEST(cve_2026_27623_empty_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
