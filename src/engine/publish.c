/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes a message the first time somebody needs it, and hands the same bytes to all who need them: at most
 * one encoding a protocol version, and one more of each for every pattern that matches. */
#include "engine/publish.h"
#include "base/blob.h"
#include "client_part.h"
#include "encode.h"
#include "engine/client.h"
#include "engine/metric_tables.h"
#include "engine/server.h"

enum { PROTOCOLS = 4 }; /* versions 2 and 3 are indices */

struct publication {
    struct server *server;
    enum subscription_kind kind;
    struct bytes channel, message;
    struct blob *payload;               /* the message with its CRLF, to be shared as it is; NULL: copied */
    struct blob *plain[PROTOCOLS];      /* for subscribers of the channel; NULL until needed */
    struct blob *by_pattern[PROTOCOLS]; /* for subscribers of the pattern whose receivers are being walked, */
    const char *pattern_data;           /* which lies here */
    size_t gone_count;                  /* receivers that are about to be freed */
};

/* The CRLF is brought along, or whatever the publisher sent in its place. NULL when the blob has no room. */
static struct blob *complete(struct blob *blob)
{
    if (!blob || blob->capacity - blob->len < 2)
        return NULL;
    memcpy(blob->data + blob->len, "\r\n", 2);
    blob->len += 2;
    return blob;
}

/* ">3 message channel message", or ">4 pmessage pattern channel message"; an array in RESP2. The message of a
 * payload is left out. NULL when there is no memory. */
static struct blob *encode(const struct publication *publication, const struct bytes *pattern, int protocol)
{
    struct bytes parts[4];
    int count = 0;
    if (pattern) {
        parts[count++] = BYTES("pmessage");
        parts[count++] = *pattern;
    } else {
        parts[count++] = publication->kind == SUBSCRIBE_SHARD ? BYTES("smessage") : BYTES("message");
    }
    parts[count++] = publication->channel;
    parts[count++] = publication->message;
    int whole_count = publication->payload ? count - 1 : count;

    size_t size = encoded_header_size((size_t)count);
    if (publication->payload)
        size += encoded_header_size(publication->message.len);
    for (int i = 0; i < whole_count; i++)
        size += encoded_bulk_size(parts[i]);
    struct blob *blob = blob_try_new(size, size);
    if (!blob)
        return NULL;
    char *at = encode_header(blob->data, protocol == 3 ? '>' : '*', (size_t)count);
    for (int i = 0; i < whole_count; i++)
        at = encode_bulk(at, parts[i]);
    if (publication->payload)
        (void)encode_header(at, '$', publication->message.len);
    return blob;
}

static void drop(struct blob *blobs[PROTOCOLS])
{
    for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
        if (blobs[protocol])
            blob_unref(blobs[protocol]);
        blobs[protocol] = NULL;
    }
}

static void deliver(void *context, struct subscriber *subscriber, const struct bytes *pattern)
{
    struct publication *publication = context;
    struct client *client = LIST_ENTRY(subscriber, struct client, subscriber);
    publication->gone_count += (client->flags & CLIENT_CLOSE_NOW) != 0;
    if (client_is_closing(client))
        return;
    if (pattern && pattern->data != publication->pattern_data) {
        drop(publication->by_pattern);
        publication->pattern_data = pattern->data;
    }
    struct reply *reply = client_push(client);
    struct blob **encoded = &(pattern ? publication->by_pattern : publication->plain)[reply->protocol];
    if (!*encoded)
        *encoded = encode(publication, pattern, reply->protocol);
    if (!*encoded) {
        client_close_unpushed(client);
        publication->gone_count++;
        return;
    }
    reply_message(reply, *encoded);
    if (publication->payload)
        reply_message(reply, publication->payload);
    client_wants_write(client);
    client_check_output_limit(client);
}

size_t publish(struct server *server, enum subscription_kind kind, struct bytes channel, struct bytes message,
               struct blob *own)
{
    struct publication publication = {
        .server = server, .kind = kind, .channel = channel, .message = message, .payload = complete(own)};
    size_t receivers =
        pubsub_publish(server->pubsub, kind, channel, deliver, &publication) - publication.gone_count;
    drop(publication.plain);
    drop(publication.by_pattern);
    server->counters.pubsub_deliveries += receivers;
    return receivers;
}

/* ---- who listens ---- */

static void unsubscribe(struct client *client)
{
    subscriber_clear(client->server->pubsub, &client->subscriber);
}

static size_t memory(const struct client *client)
{
    return subscriber_memory(&client->subscriber);
}

static void describe(const struct client *client, struct client_description *description)
{
    if (client_class(client) == CLIENT_CLASS_PUBSUB)
        description->letters |= client_letter('P');
}

const struct client_part subscriber_part = {
    .reset = unsubscribe, .free = unsubscribe, .memory = memory, .describe = describe};

/* ---- figures ---- */

#define PUBSUB_METRICS(ROW)                                                                                \
    ROW(INTEGER, "Stats", pubsub_channels, GAUGE, pubsub_name_count(server->pubsub, SUBSCRIBE_CHANNEL),    \
        "Channels with subscribers.", .exporter_name = "pubsub_channels")                                  \
    ROW(INTEGER, "Stats", pubsub_patterns, GAUGE, pubsub_name_count(server->pubsub, SUBSCRIBE_PATTERN),    \
        "Patterns with subscribers.", .exporter_name = "pubsub_patterns")                                  \
    ROW(INTEGER, "Stats", pubsubshard_channels, GAUGE, pubsub_name_count(server->pubsub, SUBSCRIBE_SHARD), \
        "Shard channels with subscribers.")                                                                \
    ROW(INTEGER, "Memory", mem_shared_messages, GAUGE, reply_pool_messages(server->reply_pool),            \
        "Bytes of messages that clients haven't read yet, whoever shares them.")

METRIC_TABLE(publish_add_metrics, PUBSUB_METRICS)
