/* SPDX-License-Identifier: BSD-3-Clause */
/* Publish/subscribe. (P|S)(UN)SUBSCRIBE answer with one push for each name, which carries how many
 * subscriptions are left: shard channels count by themselves, channels and patterns together. */
#include "pubsub/pubsub.h"
#include "base/glob.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/client.h"
#include "engine/publish.h"
#include "engine/server.h"

static const struct {
    const char *subscribe, *unsubscribe;
} words[SUBSCRIPTION_KINDS] = {
    [SUBSCRIBE_CHANNEL] = {"subscribe", "unsubscribe"},
    [SUBSCRIBE_PATTERN] = {"psubscribe", "punsubscribe"},
    [SUBSCRIBE_SHARD] = {"ssubscribe", "sunsubscribe"},
};

static int64_t subscription_count(const struct client *client, enum subscription_kind kind)
{
    const struct subscriber *subscriber = &client->subscriber;
    if (kind == SUBSCRIBE_SHARD)
        return subscriber_count(subscriber, SUBSCRIBE_SHARD);
    return (int64_t)subscriber_count(subscriber, SUBSCRIBE_CHANNEL) +
           subscriber_count(subscriber, SUBSCRIBE_PATTERN);
}

/* Where `count` confirmations go. They are pushes, which CLIENT REPLY doesn't silence.
 *
 * EXEC owes one element a command, however many names it has. Where pushes can be told from replies that is
 * OK, and they follow EXEC; in RESP2 it is the confirmation, or an array of them. */
static struct reply *begin_confirmations(struct call *call, size_t count)
{
    if (client_is_silent(call->client))
        return client_push(call->client);
    if (!(call->client->flags & CLIENT_IN_EXEC))
        return call->reply;
    if (call->reply->protocol > 2) {
        reply_ok(call->reply);
        return client_push(call->client);
    }
    if (count != 1)
        reply_array(call->reply, count);
    return call->reply;
}

static void subscribe(struct call *call, enum subscription_kind kind)
{
    struct client *client = call->client;
    struct reply *reply = begin_confirmations(call, (size_t)call->argc - 1);
    for (int i = 1; i < call->argc; i++) {
        pubsub_subscribe(call->server->pubsub, &client->subscriber, kind, call->argv[i]);
        reply_push(reply, 3);
        reply_bulk_text(reply, words[kind].subscribe);
        reply_bulk(reply, call->argv[i]);
        reply_int(reply, subscription_count(client, kind));
    }
}

struct unsubscription {
    struct call *call;
    struct reply *reply;
    enum subscription_kind kind;
};

/* `name` may die with the subscription, so it is written before. */
static void unsubscribe_one(void *context, struct bytes name)
{
    const struct unsubscription *unsubscription = context;
    struct client *client = unsubscription->call->client;
    struct reply *reply = unsubscription->reply;
    reply_push(reply, 3);
    reply_bulk_text(reply, words[unsubscription->kind].unsubscribe);
    reply_bulk(reply, name);
    pubsub_unsubscribe(client->server->pubsub, &client->subscriber, unsubscription->kind, name);
    reply_int(reply, subscription_count(client, unsubscription->kind));
}

static void unsubscribe(struct call *call, enum subscription_kind kind)
{
    struct client *client = call->client;
    uint32_t held = subscriber_count(&client->subscriber, kind);
    size_t count = call->argc > 1 ? (size_t)call->argc - 1 : held > 0 ? held : 1;
    struct reply *reply = begin_confirmations(call, count);
    struct unsubscription unsubscription = {call, reply, kind};
    for (int i = 1; i < call->argc; i++)
        unsubscribe_one(&unsubscription, call->argv[i]);
    if (call->argc > 1)
        return;
    if (held > 0) {
        subscriber_each(&client->subscriber, kind, unsubscribe_one, &unsubscription);
        return;
    }
    reply_push(reply, 3);
    reply_bulk_text(reply, words[kind].unsubscribe);
    reply_null(reply);
    reply_int(reply, subscription_count(client, kind));
}

static void cmd_subscribe(struct call *call)
{
    subscribe(call, SUBSCRIBE_CHANNEL);
}

static void cmd_unsubscribe(struct call *call)
{
    unsubscribe(call, SUBSCRIBE_CHANNEL);
}

static void cmd_psubscribe(struct call *call)
{
    subscribe(call, SUBSCRIBE_PATTERN);
}

static void cmd_punsubscribe(struct call *call)
{
    unsubscribe(call, SUBSCRIBE_PATTERN);
}

static void cmd_ssubscribe(struct call *call)
{
    /* EXEC owes one reply a command. The two older commands are let through in spite of it: clients rely on
     * that. */
    if (call->client->flags & CLIENT_IN_EXEC) {
        call_error_format(call, "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
        return;
    }
    subscribe(call, SUBSCRIBE_SHARD);
}

static void cmd_sunsubscribe(struct call *call)
{
    unsubscribe(call, SUBSCRIBE_SHARD);
}

static void publish_as(struct call *call, enum subscription_kind kind)
{
    call->server->counters.pubsub_messages++;
    size_t receivers = publish(call->server, kind, call->argv[1], call->argv[2], call_own_blob(call, 2));
    reply_int(call->reply, (int64_t)receivers);
}

static void cmd_publish(struct call *call)
{
    publish_as(call, SUBSCRIBE_CHANNEL);
}

static void cmd_spublish(struct call *call)
{
    publish_as(call, SUBSCRIBE_SHARD);
}

struct name_listing {
    struct reply *reply;
    const struct bytes *pattern; /* NULL: all */
    size_t count;
};

static void list_name(void *context, struct bytes name)
{
    struct name_listing *listing = context;
    if (listing->pattern && !glob_match(*listing->pattern, name, false))
        return;
    reply_bulk(listing->reply, name);
    listing->count++;
}

static void list_names(struct call *call, enum subscription_kind kind)
{
    if (call->argc > 3) {
        call_subcommand_error(call);
        return;
    }
    struct name_listing listing = {call->reply, call->argc == 3 ? &call->argv[2] : NULL, 0};
    struct reply_mark later = reply_later(call->reply);
    pubsub_each(call->server->pubsub, kind, list_name, &listing);
    reply_later_done(call->reply, later, '*', listing.count);
}

static void count_subscribers(struct call *call, enum subscription_kind kind)
{
    reply_array(call->reply, (size_t)(call->argc - 2) * 2);
    for (int i = 2; i < call->argc; i++) {
        reply_bulk(call->reply, call->argv[i]);
        reply_int(call->reply, (int64_t)pubsub_subscriber_count(call->server->pubsub, kind, call->argv[i]));
    }
}

static void cmd_pubsub_channels(struct call *call)
{
    list_names(call, SUBSCRIBE_CHANNEL);
}

static void cmd_pubsub_shardchannels(struct call *call)
{
    list_names(call, SUBSCRIBE_SHARD);
}

static void cmd_pubsub_numsub(struct call *call)
{
    count_subscribers(call, SUBSCRIBE_CHANNEL);
}

static void cmd_pubsub_shardnumsub(struct call *call)
{
    count_subscribers(call, SUBSCRIBE_SHARD);
}

static void cmd_pubsub_numpat(struct call *call)
{
    reply_int(call->reply, (int64_t)pubsub_name_count(call->server->pubsub, SUBSCRIBE_PATTERN));
}

static void cmd_pubsub_help(struct call *call)
{
    static const char *const lines[] = {
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)",
        NULL,
    };
    call_help(call, lines);
}

static const struct command pubsub_subcommands[] = {
    {
        .name = "channels",
        .run = cmd_pubsub_channels,
        .arity = -2,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE,
        .group = "pubsub",
        .since = "2.8.0",
        .complexity = "O(N) where N is the number of active channels, and assuming constant time pattern "
                      "matching (relatively short channels and patterns)",
        .summary = "Returns the active channels.",
        .synopsis = "[pattern]",
    },
    {
        .name = "numpat",
        .run = cmd_pubsub_numpat,
        .arity = 2,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE,
        .group = "pubsub",
        .since = "2.8.0",
        .complexity = "O(1)",
        .summary = "Returns a count of unique pattern subscriptions.",
    },
    {
        .name = "numsub",
        .run = cmd_pubsub_numsub,
        .arity = -2,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE,
        .group = "pubsub",
        .since = "2.8.0",
        .complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        .summary = "Returns a count of subscribers to channels.",
        .synopsis = "[channel...]",
    },
    {
        .name = "shardchannels",
        .run = cmd_pubsub_shardchannels,
        .arity = -2,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE,
        .group = "pubsub",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of active shard channels, and assuming constant time "
                      "pattern matching (relatively short shard channels).",
        .summary = "Returns the active shard channels.",
        .synopsis = "[pattern]",
    },
    {
        .name = "shardnumsub",
        .run = cmd_pubsub_shardnumsub,
        .arity = -2,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE,
        .group = "pubsub",
        .since = "7.0.0",
        .complexity =
            "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        .summary = "Returns the count of subscribers of shard channels.",
        .synopsis = "[shardchannel...]",
    },
    {
        .name = "help",
        .run = cmd_pubsub_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "pubsub",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {.name = NULL},
};

static const struct command pubsub_commands[] = {
    {
        .name = "subscribe",
        .run = cmd_subscribe,
        .arity = -2,
        .flags =
            COMMAND_PUBSUB | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_WHILE_SUBSCRIBED,
        .channels = {.first = 1, .is_list = true},
        .group = "pubsub",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of channels to subscribe to.",
        .summary = "Listens for messages published to channels.",
        .synopsis = "channel...",
    },
    {
        .name = "unsubscribe",
        .run = cmd_unsubscribe,
        .arity = -1,
        .flags =
            COMMAND_PUBSUB | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_WHILE_SUBSCRIBED,
        .group = "pubsub",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of channels to unsubscribe.",
        .summary = "Stops listening to messages posted to channels.",
        .synopsis = "[channel...]",
    },
    {
        .name = "psubscribe",
        .run = cmd_psubscribe,
        .arity = -2,
        .flags =
            COMMAND_PUBSUB | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_WHILE_SUBSCRIBED,
        .channels = {.first = 1, .is_list = true, .are_patterns = true},
        .group = "pubsub",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of patterns to subscribe to.",
        .summary = "Listens for messages published to channels that match one or more patterns.",
        .synopsis = "pattern...",
    },
    {
        .name = "punsubscribe",
        .run = cmd_punsubscribe,
        .arity = -1,
        .flags =
            COMMAND_PUBSUB | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_WHILE_SUBSCRIBED,
        .group = "pubsub",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of patterns to unsubscribe.",
        .summary = "Stops listening to messages published to channels that match one or more patterns.",
        .synopsis = "[pattern...]",
    },
    {
        .name = "ssubscribe",
        .run = cmd_ssubscribe,
        .arity = -2,
        .flags =
            COMMAND_PUBSUB | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_WHILE_SUBSCRIBED,
        .keys = {KEYS_FROM(1, KEY_NOT_KEY)},
        .channels = {.first = 1, .is_list = true},
        .group = "pubsub",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of shard channels to subscribe to.",
        .summary = "Listens for messages published to shard channels.",
        .synopsis = "shardchannel...",
    },
    {
        .name = "sunsubscribe",
        .run = cmd_sunsubscribe,
        .arity = -1,
        .flags =
            COMMAND_PUBSUB | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_WHILE_SUBSCRIBED,
        .keys = {KEYS_FROM(1, KEY_NOT_KEY)},
        .group = "pubsub",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of shard channels to unsubscribe.",
        .summary = "Stops listening to messages posted to shard channels.",
        .synopsis = "[shardchannel...]",
    },
    {
        .name = "publish",
        .run = cmd_publish,
        .arity = 3,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_MAY_REPLICATE,
        .channels = {.first = 1},
        .group = "pubsub",
        .since = "2.0.0",
        .complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is "
                      "the total number of subscribed patterns (by any client).",
        .summary = "Posts a message to a channel.",
        .synopsis = "channel message",
    },
    {
        .name = "spublish",
        .run = cmd_spublish,
        .arity = 3,
        .flags = COMMAND_PUBSUB | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_MAY_REPLICATE,
        .keys = {KEY_AT(1, KEY_NOT_KEY)},
        .channels = {.first = 1},
        .group = "pubsub",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
        .summary = "Post a message to a shard channel",
        .synopsis = "shardchannel message",
    },
    {
        .name = "pubsub",
        .arity = -2,
        .group = "pubsub",
        .since = "2.8.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for Pub/Sub commands.",
        .subcommands = pubsub_subcommands,
    },
    {.name = NULL},
};

const struct command_family pubsub_family = {"pubsub", pubsub_commands};
