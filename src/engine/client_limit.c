/* SPDX-License-Identifier: BSD-3-Clause */
/* Every client that counts is in one of a few lists, by the power of two of its memory, and the sum of all is
 * kept: so the largest are found without a search. Clients that said CLIENT NO-EVICT don't count, nor do
 * those that are closed already.
 *
 * Messages that subscribers share are counted once, besides. When it is by them that there is too much, who
 * goes is a subscriber that is behind; one large message alone never makes anybody go. */
#include "engine/client_limit.h"
#include "base/alloc.h"
#include "base/log.h"
#include "client_part.h"
#include "engine/server.h"

/* By size: below 32 KiB, below 64 KiB, ..., from 4 GiB on. */
#define SMALLEST_BITS 15
#define SIZE_CLASSES  19

/* A lower limit would leave nobody a connection to raise it. */
#define LIMIT_MIN ((size_t)128 << 10)

struct client_limit {
    bool is_counting;
    size_t bytes; /* of all that are in the lists, without messages */
    struct list by_size[SIZE_CLASSES];
    struct list behind
        [SIZE_CLASSES]; /* subscribers that keep messages from being freed, by what they hold with them */
};

struct client_limit *client_limit_new(void)
{
    struct client_limit *limit = mem_zalloc(sizeof *limit);
    for (int i = 0; i < SIZE_CLASSES; i++) {
        list_init(&limit->by_size[i]);
        list_init(&limit->behind[i]);
    }
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

/* That of scripts is none of the server's clients: it is there as long as the server. */
static bool counts(const struct client *client)
{
    enum client_class class = client_class(client);
    return !(client->flags & (CLIENT_NO_EVICT | CLIENT_CLOSE_NOW | CLIENT_SCRIPT)) &&
           (class == CLIENT_CLASS_NORMAL || class == CLIENT_CLASS_PUBSUB);
}

/* It holds more messages than the one that is on its way. */
static bool is_behind(const struct client *client)
{
    return client_class(client) == CLIENT_CLASS_PUBSUB &&
           reply_shared(&client->reply) > client->reply.largest_message;
}

/* With messages, whose bytes others may hold as well. */
static size_t held(const struct client *client)
{
    return client->counted_bytes + (is_behind(client) ? reply_shared(&client->reply) : 0);
}

static void forget(struct client *client)
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
    forget(client);
    if (!counts(client))
        return;
    client->counted_bytes = client_claim(client);
    limit->bytes += client->counted_bytes;
    struct list *classes = is_behind(client) ? limit->behind : limit->by_size;
    list_append(&classes[size_class(held(client))], &client->by_size);
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
            forget(client);
    }
}

static void evict(struct client *client)
{
    struct buf line = {0};
    client_describe_for_log(client, &line);
    log_notice("Evicting client: %s", buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.evicted_clients++;
    client_close(client);
    /* Messages that nobody else waits for are free at once, so that it is known whether others must go. */
    reply_clear(&client->reply);
}

/* NULL: there is none. */
static struct client *largest_of(const struct list *classes)
{
    for (int class = SIZE_CLASSES - 1; class >= 0; class --) {
        if (!list_is_empty(&classes[class]))
            return LIST_ENTRY(classes[class].next, struct client, by_size);
    }
    return NULL;
}

/* Who goes when there is more than `bytes_max`; NULL: there isn't, or nobody that counts has it. */
static struct client *who_goes(const struct server *server, size_t bytes_max)
{
    const struct client_limit *limit = server->client_limit;
    if (limit->bytes + reply_pool_messages(server->reply_pool) < bytes_max)
        return NULL;
    struct client *behind = largest_of(limit->behind), *other = largest_of(limit->by_size);
    if (limit->bytes < bytes_max || !other)
        return behind;
    return behind && held(behind) > held(other) ? behind : other;
}

void client_limit_keep(struct server *server)
{
    struct client_limit *limit = server->client_limit;
    size_t bytes_max = configured(server->config);
    if (limit->is_counting != (bytes_max > 0))
        start_or_stop(server, bytes_max > 0);
    if (!limit->is_counting)
        return;
    for (struct client *client; (client = who_goes(server, bytes_max));)
        evict(client);
}

const struct client_part client_limit_part = {.begin = client_limit_count, .close = forget, .free = forget};
