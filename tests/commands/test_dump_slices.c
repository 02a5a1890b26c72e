/* SPDX-License-Identifier: BSD-3-Clause */
/* DUMP and RESTORE of what is long: in steps, with others served between them. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "store/keyspace_edit.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- DUMP ---- */

#define LONG_LEN ((size_t)64 << 20)

/* Fills `long` with what doesn't shrink up to `random_len`, and with what does behind it. */
static void fill_long(struct harness *harness, size_t random_len)
{
    struct blob *content = blob_new(LONG_LEN);
    uint64_t state = 88172645463325252u;
    for (size_t at = 0; at < LONG_LEN; at += sizeof state) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if (at >= random_len)
            memset(content->data + at, 'x', sizeof state);
        else
            memcpy(content->data + at, &state, sizeof state);
    }
    harness_drop_journal(harness);
    keyspace_set(store_keyspace(harness->server->store, 0), key_of(BYTES("long")), string_value_blob(content),
                 (struct deadline){.mode = DEADLINE_NONE}, NULL);
}

/* Dumps the string, restores it as another, and compares the two; returns the payload's length. */
static size_t dump_and_restore(struct harness *harness)
{
    struct value from, to;
    struct bytes reply, payload;
    char *copy;
    harness_begin(harness, harness->client, "dump long");
    harness_run(harness);
    reply = harness_replies(harness, harness->client);
    payload.data = memchr(reply.data, '\n', reply.len);
    assert_non_null(payload.data);
    payload.len = reply.len - (size_t)(payload.data - reply.data) - 3;
    copy = mem_alloc(payload.len);
    memcpy(copy, payload.data + 1, payload.len);
    payload.data = copy;
    reply = harness_request_bytes(
        harness, harness->client, 5,
        (struct bytes[]){BYTES("restore"), BYTES("copy"), BYTES("0"), payload, BYTES("replace")});
    harness_assert(reply, BYTES("+OK\r\n"), "restore", __FILE__, __LINE__);
    mem_free(copy);
    from = entry_value(keyspace_peek(store_keyspace(harness->server->store, 0), key_of(BYTES("long"))));
    to = entry_value(keyspace_peek(store_keyspace(harness->server->store, 0), key_of(BYTES("copy"))));
    assert_true(bytes_equal(from.bytes, to.bytes));
    return payload.len;
}

static void dump_is_packed_where_that_helps(void **state)
{
    fill_long(*state, 0);
    assert_true(dump_and_restore(*state) < LONG_LEN / 50);
}

static void dump_of_what_does_not_shrink_is_as_long(void **state)
{
    fill_long(*state, LONG_LEN);
    assert_in_range(dump_and_restore(*state), LONG_LEN, LONG_LEN + 20);
}

static void dump_is_not_packed_when_it_begins_badly_or_nobody_wants_it(void **state)
{
    struct harness *harness = *state;
    fill_long(harness, LONG_LEN / 100);
    assert_in_range(dump_and_restore(harness), LONG_LEN, LONG_LEN + 20);
    harness->server->config->rdbcompression = false;
    fill_long(harness, 0);
    assert_in_range(dump_and_restore(harness), LONG_LEN, LONG_LEN + 20);
}

/* ---- RESTORE ---- */

/* RESTORE of a dump of `long`, as a request; `option` is its last word. */
static void append_restore(struct harness *harness, struct buf *request, const char *option)
{
    struct bytes reply;
    const char *end;
    harness_begin(harness, harness->client, "dump long");
    harness_run(harness);
    reply = harness_replies(harness, harness->client);
    end = memchr(reply.data, '\n', reply.len);
    assert_non_null(end);
    buf_append_text(request, "*5\r\n$7\r\nrestore\r\n$4\r\ncopy\r\n$1\r\n0\r\n");
    buf_append_bytes(request, reply);
    buf_printf(request, "$%zu\r\n%s\r\n", strlen(option), option);
}

static void begin_request(struct harness *harness, struct buf *request)
{
    client_feed(harness->client, buf_bytes(request));
    tick(harness->server, 0);
    assert_sent(harness, harness->client, "");
    assert_true(harness->client->flags & CLIENT_BUSY);
    buf_clear(request);
}

static void begin_restore(struct harness *harness, size_t random_len, const char *option)
{
    struct buf request = {0};
    fill_long(harness, random_len);
    append_restore(harness, &request, option);
    begin_request(harness, &request);
}

static void others_are_served_during_a_restore(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    for (size_t random_len = 0; random_len <= LONG_LEN; random_len += LONG_LEN) {
        begin_restore(harness, random_len, "replace");
        assert_meanwhile(harness, other, "exists copy", random_len == 0 ? ":0\r\n" : ":1\r\n");
        assert_meanwhile(harness, other, "ping", "+PONG\r\n");
        assert_end(harness, harness->client, "+OK\r\n");
        assert_reply(harness, "strlen copy", ":67108864\r\n");
    }
}

static void key_that_came_meanwhile_is_busy(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    begin_restore(harness, 0, "absttl");
    assert_meanwhile(harness, other, "set copy x", "+OK\r\n");
    assert_end(harness, harness->client, "-BUSYKEY Target key name already exists.\r\n");
    assert_reply(harness, "get copy", "$1\r\nx\r\n");
    begin_restore(harness, 0, "replace");
    assert_meanwhile(harness, other, "set copy y", "+OK\r\n");
    assert_end(harness, harness->client, "+OK\r\n");
    assert_reply(harness, "strlen copy", ":67108864\r\n");
}

/* Changes the byte at `from_end` before the end of the payload, which stands in front of the last word. */
static void assert_refused(struct harness *harness, size_t from_end, bool skips_checksum, const char *reply)
{
    struct buf request = {0};
    fill_long(harness, 0);
    append_restore(harness, &request, "replace");
    request.data[request.len - strlen("\r\n$7\r\nreplace\r\n") - from_end] ^= 1;
    harness->server->skips_checksums = skips_checksum;
    client_feed(harness->client, buf_bytes(&request));
    assert_end(harness, harness->client, reply);
    buf_clear(&request);
    harness->server->skips_checksums = false;
    assert_reply(harness, "exists copy", ":0\r\n");
}

static void long_payload_that_is_damaged_is_refused(void **state)
{
    static const char footer[] = "-ERR DUMP payload version or checksum are wrong\r\n";
    struct harness *harness = *state;
    assert_refused(harness, 1, false, footer);
    assert_refused(harness, 100000, false, footer);
    assert_refused(harness, 9, false, footer);
    /* The last instruction, in front of the footer, stands for two bytes; of one, the other would be the
     * next. */
    assert_refused(harness, 13, true, "-ERR Bad data format\r\n");
}

static void restore_within_a_transaction_is_not_cut(void **state)
{
    struct harness *harness = *state;
    struct buf request = {0};
    fill_long(harness, 0);
    append_restore(harness, &request, "replace");
    assert_reply(harness, "multi", "+OK\r\n");
    client_feed(harness->client, buf_bytes(&request));
    assert_end(harness, harness->client, "+QUEUED\r\n");
    client_feed(harness->client, BYTES("exec\r\n"));
    tick(harness->server, 0);
    assert_sent(harness, harness->client, "*1\r\n+OK\r\n");
    assert_reply(harness, "strlen copy", ":67108864\r\n");
    buf_clear(&request);
}

static void client_may_go_away_during_a_restore(void **state)
{
    struct harness *harness = *state;
    begin_restore(harness, LONG_LEN, "replace");
    client_close(harness->client);
    harness->client = harness_client(harness);
    harness_run(harness);
    assert_reply(harness, "exists copy", ":1\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(dump_is_packed_where_that_helps),
        HARNESS_TEST(dump_of_what_does_not_shrink_is_as_long),
        HARNESS_TEST(dump_is_not_packed_when_it_begins_badly_or_nobody_wants_it),
        HARNESS_TEST(others_are_served_during_a_restore),
        HARNESS_TEST(key_that_came_meanwhile_is_busy),
        HARNESS_TEST(long_payload_that_is_damaged_is_refused),
        HARNESS_TEST(restore_within_a_transaction_is_not_cut),
        HARNESS_TEST(client_may_go_away_during_a_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
