/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeouts of waiting clients: a binary heap ordered by time. Each client knows its place in the heap (from
 * 1; 0: none), so that clearing needs no search; `place` is the only function that moves entries, and keeps
 * both in step. */
#include "engine/timeouts.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "engine/server.h"

struct timeout {
    int64_t at_ms;
    struct client *client;
    void (*expired)(struct client *client);
};

enum { SMALLEST_CAPACITY = 16 };

static void place(struct timeouts *timeouts, size_t index, struct timeout timeout)
{
    timeouts->heap[index] = timeout;
    timeout.client->wait.timeout_place = (uint32_t)index + 1;
}

static void sift_up(struct timeouts *timeouts, size_t index)
{
    struct timeout timeout = timeouts->heap[index];
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (timeouts->heap[parent].at_ms <= timeout.at_ms)
            break;
        place(timeouts, index, timeouts->heap[parent]);
        index = parent;
    }
    place(timeouts, index, timeout);
}

static void sift_down(struct timeouts *timeouts, size_t index)
{
    struct timeout timeout = timeouts->heap[index];
    size_t child;
    while ((child = 2 * index + 1) < timeouts->count) {
        if (child + 1 < timeouts->count && timeouts->heap[child + 1].at_ms < timeouts->heap[child].at_ms)
            child++;
        if (timeout.at_ms <= timeouts->heap[child].at_ms)
            break;
        place(timeouts, index, timeouts->heap[child]);
        index = child;
    }
    place(timeouts, index, timeout);
}

static void make_room(struct timeouts *timeouts)
{
    size_t bytes;
    if (timeouts->count < timeouts->capacity)
        return;
    timeouts->capacity = timeouts->capacity == 0 ? SMALLEST_CAPACITY : timeouts->capacity * 2;
    ASSERT(size_mul(timeouts->capacity, sizeof(struct timeout), &bytes));
    timeouts->heap = mem_realloc(timeouts->heap, bytes);
}

void timeout_set(struct server *server, struct client *client, int64_t at_mono_ms,
                 void (*expired)(struct client *client))
{
    struct timeouts *timeouts = &server->timeouts;
    timeout_clear(server, client);
    if (at_mono_ms == INT64_MAX)
        return;
    make_room(timeouts);
    timeouts->heap[timeouts->count] = (struct timeout){at_mono_ms, client, expired};
    timeouts->count++;
    sift_up(timeouts, timeouts->count - 1);
}

int64_t timeout_of(const struct server *server, const struct client *client)
{
    uint32_t place = client->wait.timeout_place;
    return place == 0 ? INT64_MAX : server->timeouts.heap[place - 1].at_ms;
}

void timeout_clear(struct server *server, struct client *client)
{
    struct timeouts *timeouts = &server->timeouts;
    size_t index;
    if (client->wait.timeout_place == 0)
        return;
    index = client->wait.timeout_place - 1;
    ASSERT(index < timeouts->count && timeouts->heap[index].client == client);
    client->wait.timeout_place = 0;
    timeouts->count--;
    if (index == timeouts->count)
        return;
    /* The last one fills the gap; it may belong above or below it. */
    place(timeouts, index, timeouts->heap[timeouts->count]);
    sift_up(timeouts, index);
    sift_down(timeouts, index);
}

int64_t timeouts_next_ms(const struct server *server)
{
    return server->timeouts.count == 0 ? INT64_MAX : server->timeouts.heap[0].at_ms;
}

void timeouts_run(struct server *server)
{
    while (timeouts_next_ms(server) <= server->clock.mono_ms) {
        struct timeout due = server->timeouts.heap[0];
        timeout_clear(server, due.client);
        due.expired(due.client);
    }
}

void timeouts_free(struct timeouts *timeouts)
{
    ASSERT(timeouts->count == 0);
    mem_free(timeouts->heap);
    *timeouts = (struct timeouts){0};
}
