/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server says it uses is what lives in it: after a random workload the entries with their blobs, the
 * tables that lead to them and the buffers of clients add up to INFO's used_memory. */
#include "base/alloc.h"
#include "base/worker.h"
#include "engine/client_io.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DATABASES 4
#define KEYS      3000
#define STEPS     40000
/* What the slab has not yet told the count, and the few dozen bytes by which it remembers each two
 * megabytes. */
#define TOLERANCE ((int64_t)20 << 10)

static uint64_t seed;

static uint64_t next_random(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

/* ---- the workload ---- */

static const char *any_key(char *text)
{
    unsigned number = (unsigned)next_random(KEYS);
    switch (number % 4) {
    case 0:
        (void)snprintf(text, 400, "session:%016x", number);
        break;
    case 1:
        (void)snprintf(text, 400, "user:%u", number);
        break;
    case 2:
        (void)snprintf(text, 400, "plain%u", number);
        break;
    case 3:
        (void)snprintf(text, 400, "long:%0300u", number);
        break;
    }
    return text;
}

static const char *any_value(char *text)
{
    size_t len = next_random(8) == 0 ? next_random(20000) : next_random(400);
    memset(text, 'v', len);
    text[len] = 0;
    return text;
}

static void step(struct harness *harness)
{
    static char value[20001];
    char key[400], other[400], number[24];
    (void)snprintf(number, sizeof number, "%d", (int)next_random(5000));
    any_key(key);
    switch (next_random(16)) {
    case 0:
    case 1:
    case 2:
        harness_request(harness, 4, "setex", key, "100", any_value(value));
        break;
    case 3:
    case 4:
        harness_request(harness, 3, "set", key, any_value(value));
        break;
    case 5:
        harness_request(harness, 3, "append", key, any_value(value));
        break;
    case 6:
        harness_request(harness, 4, "setrange", key, number, "x");
        break;
    case 7:
        harness_request(harness, 3, "incrby", key, number);
        break;
    case 8:
        harness_request(harness, 3, "pexpire", key, number);
        break;
    case 9:
        harness_request(harness, 2, "persist", key);
        break;
    case 10:
        harness_request(harness, 2, "del", key);
        break;
    case 11:
        harness_request(harness, 3, "rename", key, any_key(other));
        break;
    case 12:
        harness_request(harness, 4, "copy", key, any_key(other), "replace");
        break;
    case 13:
        (void)snprintf(number, sizeof number, "%d", (int)next_random(DATABASES));
        if (next_random(2) == 0)
            harness_request(harness, 2, "select", number);
        else
            harness_request(harness, 3, "move", key, number);
        break;
    case 14:
        harness_request(harness, 2, next_random(2) ? "get" : "getdel", key);
        break;
    case 15:
        harness->server->clock.mono_ms += (int64_t)next_random(20);
        harness->server->clock.mono_us = harness->server->clock.mono_ms * 1000;
        if (next_random(500) == 0)
            harness_request(harness, 1, "flushdb");
        break;
    }
}

static void work(struct harness *harness)
{
    for (int i = 0; i < STEPS; i++)
        step(harness);
    harness_run(harness);
}

/* ---- what lives ---- */

/* Copies share a blob until one of them is written to: each is given its part of it. */
static void add_entry(void *context, const struct entry *entry)
{
    size_t *sum = context;
    struct value value = entry_value(entry);
    *sum += entry_size(entry);
    if (value.blob)
        *sum -= mem_size(value.blob) - mem_size(value.blob) / atomic_load(&value.blob->references);
}

static int64_t living_bytes(struct harness *harness)
{
    struct store *store = harness->server->store;
    size_t sum = 0;
    worker_drain(harness->server->worker); /* it frees what is large */
    while (!store_expire_slice(store, INT64_MAX) || !store_free_slice(store, INT64_MAX)) {
    }
    for (int i = 0; i < DATABASES; i++) {
        struct keyspace *keyspace = store_keyspace(store, i);
        uint64_t cursor = 0;
        keyspace_pause_shrinking(keyspace);
        do {
            cursor = keyspace_scan(keyspace, cursor, add_entry, &sum);
        } while (cursor);
        keyspace_resume_shrinking(keyspace);
        sum += keyspace_index_memory(keyspace);
    }
    for (int i = 0; i < harness->client_count; i++)
        sum += client_memory(harness->clients[i]);
    return (int64_t)sum;
}

/* As a client is told. */
static int64_t used_memory(struct harness *harness)
{
    struct bytes reply = harness_send(harness, "info memory");
    const char *found = strstr(reply.data, "used_memory:");
    assert_non_null(found);
    return strtoll(found + strlen("used_memory:"), NULL, 10);
}

static void dataset_adds_up(void **state)
{
    struct harness *harness = *state;
    harness_drop_journal(harness);
    /* On a busy machine anything may be slow, and the log of what was takes memory. */
    harness_send(harness, "config set slowlog-log-slower-than -1");
    seed = 0x9e3779b97f4a7c15;
    /* What is kept once it was needed (statistics of commands, spare chunks) is there after a first round. */
    work(harness);
    harness_send(harness, "flushall");
    harness_run(harness);
    int64_t living = living_bytes(harness);
    int64_t used_besides = used_memory(harness) - living;

    for (int round = 0; round < 3; round++) {
        work(harness);
        living = living_bytes(harness);
        assert_true(living > 1000000);
        int64_t difference = used_memory(harness) - used_besides - living;
        if (llabs(difference) > TOLERANCE)
            fail_msg("round %d: %lld bytes live, the server uses %lld more", round, (long long)living,
                     (long long)difference);
    }
    harness_send(harness, "flushall");
    harness_run(harness);
    living = living_bytes(harness);
    assert_in_range(used_memory(harness) - used_besides - living + TOLERANCE, 0, 2 * TOLERANCE);
}

/* Half a request, a queue of a transaction, and replies that nobody reads. */
static void fill_buffers(struct harness *harness, struct client *clients[static 3])
{
    static char value[80000];
    memset(value, 'v', sizeof value);
    for (int i = 0; i < 3; i++)
        clients[i] = harness_client(harness);
    client_feed(clients[0], BYTES("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$90000\r\n"));
    client_feed(clients[0], bytes_make(value, sizeof value));
    client_feed(clients[1], BYTES("multi\r\n"));
    for (int i = 0; i < 2000; i++) {
        client_feed(clients[1], BYTES("set queued:key some:value:of:a:queued:command\r\n"));
        client_feed(clients[2], BYTES("echo some:words:that:come:back:many:times\r\n"));
    }
    harness_run(harness);
}

static void drop_buffers(struct harness *harness, struct client *clients[static 3])
{
    for (int i = 0; i < 3; i++)
        client_close(clients[i]);
    harness->client_count -= 3;
    harness_run(harness);
}

/* Of some buffers the size asked for is counted, which the allocator rounds up by an eighth at most. Chunks
 * of replies are kept for the next ones, so that nothing but them may be left in the end, and once only. */
static void buffers_add_up(void **state)
{
    struct harness *harness = *state;
    struct client *clients[3];
    int64_t used_besides = used_memory(harness) - living_bytes(harness);
    fill_buffers(harness, clients);
    int64_t living = living_bytes(harness), used = used_memory(harness) - used_besides, buffers = 0;
    for (int i = 0; i < 3; i++) {
        assert_true(client_memory(clients[i]) > 80000);
        buffers += (int64_t)client_memory(clients[i]);
    }
    assert_in_range(used + TOLERANCE, living, living + buffers / 8 + 2 * TOLERANCE);

    drop_buffers(harness, clients);
    used = used_memory(harness);
    fill_buffers(harness, clients);
    drop_buffers(harness, clients);
    assert_in_range(used_memory(harness) - used + TOLERANCE, 0, 2 * TOLERANCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(dataset_adds_up),
        HARNESS_TEST(buffers_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
