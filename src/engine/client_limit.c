/* SPDX-License-Identifier: BSD-3-Clause */
/* Every client that counts is in one of a few lists, by the power of two of its memory, and the sum of all is kept: so the
 * largest are found without a search. Clients that said CLIENT NO-EVICT don't count, nor do those that are closed already. */
#include "engine/client_limit.h"
#include "base/alloc.h"
#include "base/log.h"
#include "engine/server.h"

/* By size: below 32 KiB, below 64 KiB, ..., from 4 GiB on. */
#define SMALLEST_BITS 15
#define SIZE_CLASSES  19

/* A lower limit would leave nobody a connection to raise it. */
#define LIMIT_MIN ((size_t)128 << 10)

struct client_limit {
    bool is_counting;
    size_t bytes; /* of all that are in the lists */
    struct list by_size[SIZE_CLASSES];
};

struct client_limit *client_limit_new(void)
{
    struct client_limit *limit = mem_zalloc(sizeof *limit);
    for (int i = 0; i < SIZE_CLASSES; i++)
        list_init(&limit->by_size[i]);
    return limit;
}

void client_limit_free(struct client_limit *limit)
{
    mem_free(limit);
}

/* In bytes; 0: there is none. */
static size_t configured(const struct config *config)
{
    int64_t share = config->maxmemory_clients;
    size_t bytes = (size_t)share;
    if (share == 0 || (share < 0 && config->maxmemory == 0))
        return 0;
    if (share < 0)
        bytes = (size_t)((double)config->maxmemory * -(double)share / 100);
    return bytes < LIMIT_MIN ? LIMIT_MIN : bytes;
}

static int size_class(size_t bytes)
{
    int class = 0;
    for (bytes >>= SMALLEST_BITS; bytes > 0 && class < SIZE_CLASSES - 1; bytes >>= 1)
        class ++;
    return class;
}

static bool counts(const struct client *client)
{
    enum client_class class = client_class(client);
    return !(client->flags & (CLIENT_NO_EVICT | CLIENT_CLOSE_NOW)) &&
           (class == CLIENT_CLASS_NORMAL || class == CLIENT_CLASS_PUBSUB);
}

void client_limit_forget(struct client *client)
{
    client->server->client_limit->bytes -= client->counted_bytes;
    client->counted_bytes = 0;
    list_remove(&client->by_size);
}

void client_limit_count(struct client *client)
{
    struct client_limit *limit = client->server->client_limit;
    if (!limit->is_counting)
        return;
    client_limit_forget(client);
    if (!counts(client))
        return;
    client->counted_bytes = client_claim(client);
    limit->bytes += client->counted_bytes;
    list_append(&limit->by_size[size_class(client->counted_bytes)], &client->by_size);
}

/* The limit was set, or taken away. */
static void start_or_stop(struct server *server, bool is_counting)
{
    server->client_limit->is_counting = is_counting;
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (is_counting)
            client_limit_count(client);
        else
            client_limit_forget(client);
    }
}

static void evict(struct client *client)
{
    struct buf line = {0};
    client_describe(client, &line);
    line.len -= line.len > 0;
    log_notice("Evicting client: %s", buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.evicted_clients++;
    client_close(client);
}

void client_limit_keep(struct server *server)
{
    struct client_limit *limit = server->client_limit;
    size_t bytes_max = configured(server->config);
    if (limit->is_counting != (bytes_max > 0))
        start_or_stop(server, bytes_max > 0);
    if (!limit->is_counting)
        return;
    for (int class = SIZE_CLASSES - 1; class >= 0 && limit->bytes >= bytes_max;) {
        struct list *largest = &limit->by_size[class];
        if (list_is_empty(largest))
            class --;
        else
            evict(LIST_ENTRY(largest->next, struct client, by_size));
    }
}
