/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of each type come back from a snapshot, and by DUMP and RESTORE, as they were. */
#include "base/alloc.h"
#include "commands/debug.h"
#include "support/saving.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Scripts that make a key `k`, small and large. */
static const char *const recipes[] = {
    "redis.call('set', 'k', 'text')",
    "redis.call('set', 'k', string.rep('long', 100000))",
    "for i = 1, 3 do redis.call('rpush', 'k', i, 'x') end",
    "for i = 1, 3000 do redis.call('rpush', 'k', i, 'element ' .. i) end",
    "redis.call('sadd', 'k', 1, 70000, -5)",
    "redis.call('sadd', 'k', 'a', 'b', 7)",
    "for i = 1, 1000 do redis.call('sadd', 'k', 'member ' .. i) end",
    "redis.call('hset', 'k', 'a', 1, 'b', 'x')",
    "for i = 1, 1000 do redis.call('hset', 'k', 'field ' .. i, i) end",
    "for i = 1, 9 do redis.call('hset', 'k', i, i) redis.call('hpexpire', 'k', 1000 * i, 'fields', 1, i) end",
    "redis.call('zadd', 'k', 1, 'a', -2.5, 'b', 'inf', 'c', '-inf', 'd', 1e300, 'e')",
    "for i = 1, 1000 do redis.call('zadd', 'k', i / 8, 'member ' .. i) end",
    "redis.call('xadd', 'k', '1-1', 'f', 'v') redis.call('xdel', 'k', '1-1')",
    "for i = 1, 9 do redis.call('xadd', 'k', i .. '-' .. i, 'f', i, 'g', 'x') end redis.call('xdel', 'k', "
    "'3-3')",
    "for i = 1, 1000 do redis.call('xadd', 'k', '7-' .. i, 'f' .. i % 3, i) end redis.call('xtrim', 'k', "
    "'maxlen', 990)",
    "for i = 1, 300 do redis.call('xadd', 'k', i, 'f', i) end"
    " redis.call('xgroup', 'create', 'k', 'g', 0) redis.call('xgroup', 'create', 'k', 'new', '$')"
    " redis.call('xgroup', 'createconsumer', 'k', 'new', 'idle')"
    " redis.call('xreadgroup', 'group', 'g', 'one', 'count', 200, 'streams', 'k', '>')"
    " redis.call('xreadgroup', 'group', 'g', 'two', 'count', 50, 'streams', 'k', '>')"
    " for i = 1, 20 do redis.call('xack', 'k', 'g', i * 3) end",
};

#define RECIPE_COUNT (sizeof recipes / sizeof recipes[0])

/* A copy of what the line answers, owned. */
static char *answer(struct harness *h, const char *line)
{
    return bytes_to_cstring(harness_send(h, line));
}

static void assert_same_answer(struct harness *h, const char *line, const char *before)
{
    char *after = answer(h, line);
    assert_string_equal(after, before);
    mem_free(after);
}

/* Calls `pass` between two looks at all that is known of the key. */
static void check_each(struct harness *h, void (*pass)(struct harness *h))
{
    static const char *const questions[] = {"DEBUG DIGEST-VALUE k", "OBJECT ENCODING k",
                                            "XINFO STREAM k FULL COUNT 0", "XLEN k",
                                            "HPEXPIRETIME k FIELDS 2 1 9"};
    enum { QUESTION_COUNT = sizeof questions / sizeof questions[0] };
    /* The format that also says when consumers were active. */
    assert_reply(h, "CONFIG SET rdb-version 11", "+OK\r\n");
    for (size_t i = 0; i < RECIPE_COUNT; i++) {
        char *before[QUESTION_COUNT];
        (void)harness_request(h, 3, "EVAL", recipes[i], "0");
        harness_advance(h, 50);
        for (int q = 0; q < QUESTION_COUNT; q++)
            before[q] = answer(h, questions[q]);
        pass(h);
        for (int q = 0; q < QUESTION_COUNT; q++) {
            assert_same_answer(h, questions[q], before[q]);
            mem_free(before[q]);
        }
        assert_reply(h, "DEL k", ":1\r\n");
    }
}

static void reload(struct harness *h)
{
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
}

static void restore(struct harness *h)
{
    struct bytes reply = harness_send(h, "DUMP k");
    size_t line = bytes_index_of(reply, '\n') + 1;
    struct bytes payload = bytes_make(reply.data + line, reply.len - line - 2);
    char *copy = mem_alloc(payload.len);
    memcpy(copy, payload.data, payload.len);
    harness_assert(
        harness_request_bytes(h, h->client, 5,
                              (const struct bytes[]){BYTES("RESTORE"), BYTES("k"), BYTES("0"),
                                                     bytes_make(copy, payload.len), BYTES("REPLACE")}),
        BYTES("+OK\r\n"), "RESTORE", __FILE__, __LINE__);
    mem_free(copy);
}

static void a_snapshot_has_all_of_each_value(void **state)
{
    check_each(*state, reload);
}

static void a_payload_has_all_of_each_value(void **state)
{
    check_each(*state, restore);
}

/* Names and values of several at a time are kept while they are put in place. */
static void many_keys_come_back_each_with_its_value(void **state)
{
    struct harness *h = *state;
    char digest[SHA1_HEX_SIZE + 1], loaded[SHA1_HEX_SIZE + 1];
    (void)harness_send(h, "DEBUG POPULATE 5000 plain");
    (void)harness_send(h, "DEBUG POPULATE 2000 compressed 300");
    (void)harness_send(h, "DEBUG POPULATE 50 larger 40000");
    dataset_digest(h->server->store, digest);
    reload(h);
    dataset_digest(h->server->store, loaded);
    assert_string_equal(loaded, digest);
    assert_reply(h, "DBSIZE", ":7050\r\n");
}

/* What was read goes on as what was written. */
static void a_group_goes_on_where_it_was(void **state)
{
    struct harness *h = *state;
    (void)harness_request(h, 3, "EVAL", recipes[RECIPE_COUNT - 1], "0");
    reload(h);
    assert_reply(h, "XREADGROUP GROUP g two COUNT 1 STREAMS k >",
                 "*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$5\r\n251-0\r\n*2\r\n$1\r\nf\r\n$3\r\n251\r\n");
    assert_reply(h, "XACK k g 1 3 249", ":2\r\n");
    assert_reply(
        h, "XPENDING k g 200 202 10 two",
        "*2\r\n*4\r\n$5\r\n201-0\r\n$3\r\ntwo\r\n:0\r\n:1\r\n*4\r\n$5\r\n202-0\r\n$3\r\ntwo\r\n:0\r\n:1\r\n");
    assert_reply(h, "XADD k * f v", "$15\r\n1700000000000-0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAVING_TEST(a_snapshot_has_all_of_each_value),
        SAVING_TEST(a_payload_has_all_of_each_value),
        SAVING_TEST(many_keys_come_back_each_with_its_value),
        SAVING_TEST(a_group_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
