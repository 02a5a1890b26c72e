/* SPDX-License-Identifier: BSD-3-Clause */
/* DUMP and RESTORE. The payloads are those of redis-server 7.0. */
#include "base/alloc.h"
#include "base/crc64.h"
#include "engine/client_io.h"
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct sample {
    struct bytes value, payload;
};

#define SAMPLE(value, payload)            \
    {                                     \
        {(value), sizeof value - 1},      \
        {                                 \
            (payload), sizeof payload - 1 \
        }                                 \
    }

static const struct sample samples[] = {
    SAMPLE("0", "\x00\xc0\x00\x0a\x00\x98\x40\xa7\x78\xf8\x50\x03\x08"),
    SAMPLE("-129", "\x00\xc1\x7f\xff\x0a\x00\x17\x60\x82\x28\x54\x80\x84\x80"),
    SAMPLE("2147483647", "\x00\xc2\xff\xff\xff\x7f\x0a\x00\x2c\x74\xe5\x9e\xe0\x2e\xad\xa1"),
    SAMPLE("2147483648", "\x00\x0a"
                         "2147483648\x0a\x00\xe7\xb1\x29\xa3\x4c\x1d\x76\xee"),
    SAMPLE("", "\x00\x00\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda"),
    SAMPLE("hello", "\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a"),
    SAMPLE("00123", "\x00\005"
                    "00123\x0a\x00\x78\xb2\x35\xd7\xc9\x50\x6d\x03"),
    SAMPLE("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
           "\x00\xc3\x09\x3f\x01\x78\x78\xe0\x32\x00\x01\x78\x78\x0a\x00\x72\xa0\x17\xa5\x60\xed\xf6\xe5"),
};

enum { SAMPLE_COUNT = sizeof samples / sizeof samples[0] };

static struct bytes request(struct harness *h, int argc, const struct bytes *argv)
{
    return harness_request_bytes(h, h->client, argc, argv);
}

static struct bytes restore(struct harness *h, struct bytes key, struct bytes payload, const char *option)
{
    const struct bytes argv[] = {BYTES("RESTORE"), key, BYTES("0"), payload, bytes_of(option)};
    return request(h, option[0] == '\0' ? 4 : 5, argv);
}

static void assert_is(struct bytes reply, const char *expected)
{
    harness_assert(reply, bytes_of(expected), "(request)", __FILE__, __LINE__);
}

static void append_bulk(struct buf *out, struct bytes bytes)
{
    buf_printf(out, "$%zu\r\n", bytes.len);
    buf_append_bytes(out, bytes);
    buf_append_text(out, "\r\n");
}

static void assert_bulk(struct bytes reply, struct bytes content)
{
    struct buf expected = {0};
    append_bulk(&expected, content);
    harness_assert(reply, buf_bytes(&expected), "(request)", __FILE__, __LINE__);
    buf_clear(&expected);
}

static void dump_writes_what_redis_writes(void **state)
{
    struct harness *h = *state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        const struct bytes set[] = {BYTES("SET"), BYTES("key"), samples[i].value};
        assert_is(request(h, 3, set), "+OK\r\n");
        assert_bulk(harness_send(h, "DUMP key"), samples[i].payload);
    }
    assert_reply(h, "DUMP nothing", "$-1\r\n");
}

static void restore_reads_what_redis_writes(void **state)
{
    struct harness *h = *state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        assert_is(restore(h, BYTES("key"), samples[i].payload, "REPLACE"), "+OK\r\n");
        assert_bulk(harness_send(h, "GET key"), samples[i].value);
    }
}

static void restored_values_have_the_encoding_of_set_ones(void **state)
{
    struct harness *h = *state;
    assert_is(restore(h, BYTES("number"), samples[1].payload, ""), "+OK\r\n");
    assert_is(restore(h, BYTES("digits"), samples[3].payload, ""), "+OK\r\n");
    assert_is(restore(h, BYTES("text"), samples[5].payload, ""), "+OK\r\n");
    assert_is(restore(h, BYTES("long"), samples[7].payload, ""), "+OK\r\n");
    assert_reply(h, "OBJECT ENCODING number", "$3\r\nint\r\n");
    assert_reply(h, "OBJECT ENCODING digits", "$3\r\nint\r\n");
    assert_reply(h, "OBJECT ENCODING text", "$6\r\nembstr\r\n");
    assert_reply(h, "OBJECT ENCODING long", "$3\r\nraw\r\n");
}

static void values_without_compression_when_it_is_off(void **state)
{
    struct harness *h = *state;
    h->server->config->rdbcompression = false;
    assert_is(restore(h, BYTES("key"), samples[7].payload, ""), "+OK\r\n");
    assert_int_equal(harness_send(h, "DUMP key").len, 5 + 1 + 1 + 63 + 10 + 2);
}

/* "$13", a line's end, the type, the length, one byte, and then the version. */
static void the_version_is_as_configured(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SET key v");
    assert_int_equal(harness_send(h, "DUMP key").data[5 + 3], 10);
    (void)harness_send(h, "CONFIG SET rdb-version 11");
    assert_int_equal(harness_send(h, "DUMP key").data[5 + 3], 11);
}

static void large_values_come_back(void **state)
{
    enum { LEN = 300000 };
    struct harness *h = *state;
    char *content = mem_alloc(LEN);
    struct buf payload = {0};
    struct bytes reply, value = {content, LEN};
    const struct bytes set[] = {BYTES("SET"), BYTES("a"), value};

    for (int i = 0; i < LEN; i++)
        content[i] = (char)(i % 251 * (i % 17));
    assert_is(request(h, 3, set), "+OK\r\n");
    reply = harness_send(h, "DUMP a");
    buf_append(&payload, reply.data + bytes_index_of(reply, '\n') + 1,
               reply.len - bytes_index_of(reply, '\n') - 3);
    assert_true(payload.len < LEN);
    assert_is(restore(h, BYTES("b"), buf_bytes(&payload), ""), "+OK\r\n");
    assert_bulk(harness_send(h, "GET b"), value);
    buf_clear(&payload);
    mem_free(content);
}

static void restore_replaces_only_when_told(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_is(restore(h, BYTES("key"), samples[5].payload, ""), "+OK\r\n");
    assert_heard(h, listener, "0 new key;0 restore key;");
    assert_is(restore(h, BYTES("key"), samples[0].payload, ""),
              "-BUSYKEY Target key name already exists.\r\n");
    assert_is(restore(h, BYTES("key"), samples[0].payload, "replace"), "+OK\r\n");
    assert_reply(h, "GET key", "$1\r\n0\r\n");
}

static struct bytes restore_until(struct harness *h, const char *ttl, const char *option, const char *second)
{
    const struct bytes argv[] = {BYTES("RESTORE"),   BYTES("key"),     bytes_of(ttl),
                                 samples[5].payload, bytes_of(option), bytes_of(second)};
    return request(h, second[0] != '\0' ? 6 : option[0] != '\0' ? 5 : 4, argv);
}

static void restore_sets_the_deadline(void **state)
{
    struct harness *h = *state;
    assert_is(restore_until(h, "5000", "", ""), "+OK\r\n");
    assert_reply(h, "PTTL key", ":5000\r\n");
    assert_is(restore_until(h, "0", "REPLACE", ""), "+OK\r\n");
    assert_reply(h, "PTTL key", ":-1\r\n");
    assert_is(restore_until(h, "1700000000777", "REPLACE", "ABSTTL"), "+OK\r\n");
    assert_reply(h, "PTTL key", ":777\r\n");
    assert_is(restore_until(h, "-1", "REPLACE", ""), "-ERR Invalid TTL value, must be >= 0\r\n");
    assert_is(restore_until(h, "x", "REPLACE", ""), "-ERR value is not an integer or out of range\r\n");
    assert_is(restore_until(h, "9223372036854775807", "REPLACE", ""),
              "-ERR invalid expire time in 'restore' command\r\n");
    assert_reply(h, "PTTL key", ":777\r\n");
}

static void what_is_over_already_is_not_restored(void **state)
{
    struct harness *h = *state;
    struct client *listener = notices_listen(h);
    assert_is(restore_until(h, "1000", "ABSTTL", ""), "+OK\r\n");
    assert_heard(h, listener, "");
    assert_reply(h, "SET key old", "+OK\r\n");
    (void)harness_replies(h, listener);
    assert_is(restore_until(h, "1000", "ABSTTL", "REPLACE"), "+OK\r\n");
    assert_heard(h, listener, "0 del key;");
    assert_reply(h, "EXISTS key", ":0\r\n");
}

static void restore_sets_the_access_clock(void **state)
{
    struct harness *h = *state;
    assert_is(restore_until(h, "0", "IDLETIME", "1000"), "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME key", ":1000\r\n");
    assert_reply(h, "DEL key", ":1\r\n");
    assert_is(restore_until(h, "0", "FREQ", "100"), "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME key", ":0\r\n");
    harness_advance(h, 50000);
    assert_is(restore_until(h, "0", "REPLACE", ""), "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME key", ":0\r\n");
    assert_reply(h, "CONFIG SET maxmemory-policy allkeys-lfu", "+OK\r\n");
    store_use_lfu(h->server->store, true, 0, 1);
    for (int i = 0; i < 20; i++)
        (void)harness_send(h, "GET key");
    assert_is(restore_until(h, "0", "REPLACE", ""), "+OK\r\n");
    assert_reply(h, "OBJECT FREQ key", ":5\r\n");
    store_use_lfu(h->server->store, false, 0, 1);
    assert_reply(h, "CONFIG SET maxmemory-policy noeviction", "+OK\r\n");
    assert_is(restore_until(h, "0", "IDLETIME", "-1"), "-ERR Invalid IDLETIME value, must be >= 0\r\n");
    assert_is(restore_until(h, "0", "FREQ", "-1"), "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n");
    assert_is(restore_until(h, "0", "FREQ", "256"), "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n");
    assert_is(restore_until(h, "0", "FREQ", "x"), "-ERR value is not an integer or out of range\r\n");
    assert_is(restore_until(h, "0", "FREQ", ""), "-ERR syntax error\r\n");
    assert_is(restore_until(h, "0", "IDLETIME", ""), "-ERR syntax error\r\n");
    assert_is(restore_until(h, "0", "nonsense", ""), "-ERR syntax error\r\n");
    assert_reply(h, "RESTORE key 0 x IDLETIME 1 FREQ 1", "-ERR syntax error\r\n");
    assert_reply(h, "RESTORE key 0 x FREQ 1 IDLETIME 1", "-ERR syntax error\r\n");
}

static void restore_sets_the_frequency_when_that_is_kept(void **state)
{
    struct harness *h = *state;
    h->server->config->maxmemory_policy = MAXMEMORY_ALLKEYS_LFU;
    store_use_lfu(h->server->store, true, 10, 1);
    assert_is(restore_until(h, "0", "FREQ", "100"), "+OK\r\n");
    assert_reply(h, "OBJECT FREQ key", ":100\r\n");
}

/* ---- payloads that are none ---- */

static const char wrong_footer[] = "-ERR DUMP payload version or checksum are wrong\r\n";
static const char wrong_value[] = "-ERR Bad data format\r\n";

static void damaged_payloads_are_refused(void **state)
{
    struct harness *h = *state;
    struct bytes whole = samples[7].payload;
    struct buf payload = {0};
    for (size_t i = 0; i < whole.len; i++) {
        payload.len = 0;
        buf_append_bytes(&payload, whole);
        payload.data[i] ^= 0x10;
        assert_is(restore(h, BYTES("key"), buf_bytes(&payload), ""), wrong_footer);
        assert_is(restore(h, BYTES("key"), bytes_make(whole.data, i), ""), wrong_footer);
    }
    buf_clear(&payload);
    assert_reply(h, "EXISTS key", ":0\r\n");
}

static void a_wrong_checksum_can_be_passed_over(void **state)
{
    struct harness *h = *state;
    struct buf payload = {0};
    h->server->config->enable_debug_command = PROTECTION_YES;
    buf_append_bytes(&payload, samples[7].payload);
    payload.data[payload.len - 1] ^= 1;
    assert_reply(h, "DEBUG SET-SKIP-CHECKSUM-VALIDATION 1", "+OK\r\n");
    assert_is(restore(h, BYTES("key"), buf_bytes(&payload), "REPLACE"), "+OK\r\n");
    assert_reply(h, "DEBUG SET-SKIP-CHECKSUM-VALIDATION 0", "+OK\r\n");
    assert_is(restore(h, BYTES("key"), buf_bytes(&payload), "REPLACE"), wrong_footer);
    buf_clear(&payload);
}

/* `body` with a footer of `version` that is right. */
static struct bytes restore_body(struct harness *h, struct bytes body, unsigned version)
{
    struct buf payload = {0};
    struct bytes reply;
    uint64_t checksum;
    buf_append_bytes(&payload, body);
    buf_append_char(&payload, (char)version);
    buf_append_char(&payload, (char)(version >> 8));
    checksum = crc64(0, payload.data, payload.len);
    for (int i = 0; i < 8; i++)
        buf_append_char(&payload, (char)(checksum >> (8 * i)));
    reply = restore(h, BYTES("key"), buf_bytes(&payload), "REPLACE");
    buf_clear(&payload);
    return reply;
}

/* Up to 15, and those of Valkey. */
static void known_versions_are_read(void **state)
{
    struct harness *h = *state;
    for (unsigned version = 1; version <= 15; version++)
        assert_is(restore_body(h, BYTES("\x00\x05hello"), version), "+OK\r\n");
    assert_is(restore_body(h, BYTES("\x00\x05hello"), 80), "+OK\r\n");
    assert_is(restore_body(h, BYTES("\x00\x05hello"), 81), "+OK\r\n");
    assert_is(restore_body(h, BYTES("\x00\x05hello"), 16), wrong_footer);
    assert_is(restore_body(h, BYTES("\x00\x05hello"), 79), wrong_footer);
    assert_is(restore_body(h, BYTES("\x00\x05hello"), 82), wrong_footer);
    assert_is(restore_body(h, BYTES("\x00\x05hello"), 0x100), wrong_footer);
}

static void values_that_are_none_are_refused(void **state)
{
    struct harness *h = *state;
    assert_is(restore_body(h, BYTES(""), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x00"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x00\x06hello"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x00\x04hello"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x00\xc4"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x00\x81\xff\xff\xff\xff\xff\xff\xff\xffhello"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x00\xc3\x03\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00xy"), 10),
              wrong_value);
    assert_is(restore_body(h, BYTES("\x1c\x01\x01x"), 10),
              "-ERR Bad data format: values of RDB type 28 are not supported\r\n");
    assert_is(restore_body(h, BYTES("\x01\x00"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\x01\x02\x01x"), 10), wrong_value);
    assert_is(restore_body(h, BYTES("\xfa\x01\x01x"), 10),
              "-ERR Bad data format: values of RDB type 250 are not supported\r\n");
    assert_reply(h, "EXISTS key", ":0\r\n");
}

/* ---- what is pending in a stream ---- */

/* A stream of one entry, and the beginning of its group g. */
#define STREAM                                                                                       \
    "\x13\x01\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\x1d\x1d\0\0\0\x0a\0\x01\x01\0\x01\x01\x01\x81" \
    "a\x02\0\x01\x02\x01\0\x01\0\x01\x81"                                                            \
    "b\x02\x04\x01\xff\x01\x01\x01\x01\x01\0\0\x01\x01\x01g\x01\x01\x01"
#define ID    "\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01"
#define TIME  "\x79\x3e\x0e\x25\xa2\x01\0\0"
#define ENTRY "\x01" ID TIME "\x01" /* pending in the group */
#define FIRST  \
    "\x02\x02" \
    "c1" TIME
#define SECOND \
    "\x02"     \
    "c2" TIME
#define NONE "\0"
#define ONE  "\x01" ID

/* Whoever acknowledged what two consumers have would free it for both. */
static void cve_2026_63639_what_is_pending_has_one_owner(void **state)
{
    struct harness *h = *state;
    assert_is(restore_body(h, BYTES(STREAM ENTRY FIRST ONE SECOND NONE), 10), "+OK\r\n");
    assert_reply(h, "XPENDING key g",
                 "*4\r\n:1\r\n$3\r\n1-1\r\n$3\r\n1-1\r\n*1\r\n*2\r\n$2\r\nc1\r\n$1\r\n1\r\n");
    assert_reply(h, "DEL key", ":1\r\n");
    assert_is(restore_body(h, BYTES(STREAM ENTRY FIRST ONE SECOND ONE), 10), wrong_value);
    assert_is(restore_body(h, BYTES(STREAM ENTRY FIRST "\x02" ID ID SECOND NONE), 10), wrong_value);
    assert_is(restore_body(h, BYTES(STREAM ENTRY FIRST NONE SECOND NONE), 10), wrong_value);
    assert_is(restore_body(h, BYTES(STREAM NONE FIRST ONE SECOND NONE), 10), wrong_value);
    assert_reply(h, "EXISTS key", ":0\r\n");
}

static void a_refused_payload_leaves_the_key_alone(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET key old", "+OK\r\n");
    assert_is(restore_body(h, BYTES("\x00\x06hello"), 10), wrong_value);
    assert_reply(h, "GET key", "$3\r\nold\r\n");
}

/* ---- large collections ---- */

static void fill(struct harness *h)
{
    enum { LARGE = 100000, A_LINE = 1000 };
    struct buf line = {0};
    for (int i = 0; i < LARGE; i += A_LINE) {
        line.len = 0;
        buf_append_text(&line, "ZADD large");
        for (int j = i; j < i + A_LINE; j++)
            buf_printf(&line, " %d.5 m%d", j, j);
        assert_reply(h, buf_cstring(&line), ":1000\r\n");
    }
    buf_clear(&line);
}

/* The request without its end, whose payload is that of the bulk string `dumped`. */
static struct buf restore_request(struct bytes dumped)
{
    struct buf out = {0};
    buf_append_text(&out, "*4\r\n$7\r\nRESTORE\r\n$4\r\ncopy\r\n$1\r\n0\r\n");
    buf_append_bytes(&out, bytes_make(dumped.data, dumped.len - 2));
    return out;
}

static void others_are_served_while_large_collections_are_dumped(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    harness_begin(h, h->client, "DUMP large");
    assert_meanwhile(h, other, "ZADD large -1 late", ":1\r\n");
    harness_run(h);
    struct buf request = restore_request(harness_replies(h, h->client));
    client_feed(h->client, buf_bytes(&request));
    harness_begin(h, h->client, "");
    assert_meanwhile(h, other, "EXISTS copy", ":0\r\n");
    assert_end(h, h->client, "+OK\r\n");
    assert_reply(h, "ZCARD copy", ":100000\r\n");
    assert_reply(h, "ZRANGE copy 99999 -1 WITHSCORES", "*2\r\n$6\r\nm99999\r\n$7\r\n99999.5\r\n");
    buf_clear(&request);
}

/* Who dumps may go away meanwhile, and so may the server. */
static void a_dump_outlives_its_client(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    harness_begin(h, other, "DUMP large");
    client_close(other);
    harness_run(h);
    harness_begin(h, h->client, "DUMP large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(dump_writes_what_redis_writes),
        HARNESS_TEST(restore_reads_what_redis_writes),
        HARNESS_TEST(restored_values_have_the_encoding_of_set_ones),
        HARNESS_TEST(values_without_compression_when_it_is_off),
        HARNESS_TEST(the_version_is_as_configured),
        HARNESS_TEST(large_values_come_back),
        HARNESS_TEST(restore_replaces_only_when_told),
        HARNESS_TEST(restore_sets_the_deadline),
        HARNESS_TEST(what_is_over_already_is_not_restored),
        HARNESS_TEST(restore_sets_the_access_clock),
        HARNESS_TEST(restore_sets_the_frequency_when_that_is_kept),
        HARNESS_TEST(damaged_payloads_are_refused),
        HARNESS_TEST(a_wrong_checksum_can_be_passed_over),
        HARNESS_TEST(known_versions_are_read),
        HARNESS_TEST(values_that_are_none_are_refused),
        HARNESS_TEST(cve_2026_63639_what_is_pending_has_one_owner),
        HARNESS_TEST(a_refused_payload_leaves_the_key_alone),
        HARNESS_TEST(others_are_served_while_large_collections_are_dumped),
        HARNESS_TEST(a_dump_outlives_its_client),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
