/* SPDX-License-Identifier: BSD-3-Clause */
/* How clients are told: a push in RESP3; in RESP2, where replies and pushes can't be told apart, a published
 * message, and only to another connection that is subscribed to something. */
#include "tracking_private.h"

#define INVALIDATION_CHANNEL "__redis__:invalidate"

/* The client it wanted told is gone: RESP3 clients hear of that. */
static void tell_of_broken_redirect(struct client *client)
{
    struct reply *reply = client_push(client);
    client->flags |= CLIENT_TRACKING_BROKEN_REDIRECT;
    if (reply->protocol < 3)
        return;
    reply_push(reply, 2);
    reply_bulk_text(reply, "tracking-redir-broken");
    reply_int(reply, (int64_t)client->tracking->options.redirect);
    client_wants_write(client);
}

/* NULL when nobody is there. */
static struct client *receiver_of(struct client *client)
{
    uint64_t redirect = client->tracking->options.redirect;
    if (!redirect)
        return client;
    struct client *receiver = client_by_id(client->server, redirect);
    if (receiver && !client_is_closing(receiver))
        return receiver;
    tell_of_broken_redirect(client);
    return NULL;
}

static void write_head(struct reply *reply)
{
    if (reply->protocol >= 3) {
        reply_push(reply, 2);
        reply_bulk_text(reply, "invalidate");
    } else {
        reply_array(reply, 3);
        reply_bulk_text(reply, "message");
        reply_bulk_text(reply, INVALIDATION_CHANNEL);
    }
}

void tracking_send(struct client *client, const struct bytes *key, struct blob *keys)
{
    if (client_is_closing(client))
        return;
    struct client *receiver = receiver_of(client);
    if (!receiver)
        return;
    struct reply *reply = client_push(receiver);
    if (reply->protocol < 3 &&
        !(client->tracking->options.redirect && client_class(receiver) == CLIENT_CLASS_PUBSUB))
        return;
    bool was_pushing = reply_begin_push(reply);
    write_head(reply);
    if (keys) {
        reply_message(reply, keys);
    } else if (key) {
        reply_array(reply, 1);
        reply_bulk(reply, *key);
    } else {
        reply_null(reply);
    }
    reply_end_push(reply, was_pushing);
    client_wants_write(receiver);
    client_check_output_limit(receiver);
}
