/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT KILL: closing all connections that every given filter lets through. The older form, an address
 * alone, may mean the caller's own. */
#include "base/number.h"
#include "client.h"
#include "engine/auth.h"
#include "engine/server.h"

enum { ANY_CLASS = -1 };

struct filter {
    const struct bytes *peer, *local; /* addresses; NULL: any */
    const struct user *user;          /* NULL: any */
    int class;                        /* enum client_class or ANY_CLASS */
    uint64_t id;                      /* 0: any */
    bool spares_caller;
};

bool call_client_class(struct call *call, int index, int *class)
{
    static const struct {
        const char *word;
        enum client_class class;
    } classes[] = {
        {"normal", CLIENT_CLASS_NORMAL}, {"slave", CLIENT_CLASS_REPLICA}, {"replica", CLIENT_CLASS_REPLICA},
        {"pubsub", CLIENT_CLASS_PUBSUB}, {"master", CLIENT_CLASS_MASTER},
    };
    struct bytes word = call->argv[index];

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (bytes_is_nocase(word, classes[i].word)) {
            *class = (int)classes[i].class;
            return true;
        }
    }
    call_error_format(call, "ERR Unknown client type '%.*s'", (int)word.len, word.data);
    return false;
}

/* ---- filters ---- */

static bool read_id(struct call *call, int index, struct filter *filter)
{
    int64_t id;
    if (!parse_i64(call->argv[index], &id) || id < 1) {
        call_error_format(call, "ERR client-id should be greater than 0");
        return false;
    }
    filter->id = (uint64_t)id;
    return true;
}

static bool read_class(struct call *call, int index, struct filter *filter)
{
    return call_client_class(call, index, &filter->class);
}

static bool read_peer(struct call *call, int index, struct filter *filter)
{
    filter->peer = &call->argv[index];
    return true;
}

static bool read_local(struct call *call, int index, struct filter *filter)
{
    filter->local = &call->argv[index];
    return true;
}

static bool read_user(struct call *call, int index, struct filter *filter)
{
    struct bytes name = call->argv[index];
    /* Only for logging in does no name mean the default user. */
    filter->user = name.len > 0 ? auth_user(call->server, name) : NULL;
    if (filter->user)
        return true;
    call_error_format(call, "ERR No such user '%.*s'", (int)name.len, name.data);
    return false;
}

static bool read_spares_caller(struct call *call, int index, struct filter *filter)
{
    filter->spares_caller = call_arg_is(call, index, "yes");
    if (filter->spares_caller || call_arg_is(call, index, "no"))
        return true;
    call_syntax_error(call);
    return false;
}

static const struct {
    const char *word;
    bool (*read)(struct call *call, int index, struct filter *filter);
} options[] = {
    {"id", read_id},       {"type", read_class}, {"addr", read_peer},
    {"laddr", read_local}, {"user", read_user},  {"skipme", read_spares_caller},
};

/* Reads the option at `index` and the value behind it. */
static bool read_option(struct call *call, int index, struct filter *filter)
{
    for (size_t i = 0; index + 1 < call->argc && i < sizeof options / sizeof options[0]; i++) {
        if (call_arg_is(call, index, options[i].word))
            return options[i].read(call, index + 1, filter);
    }
    call_syntax_error(call);
    return false;
}

static bool lets_through(const struct filter *filter, struct client *client)
{
    return !(client->flags & CLIENT_CLOSE_NOW) &&
           (!filter->peer || bytes_is(*filter->peer, client_peer_name(client))) &&
           (!filter->local || bytes_is(*filter->local, client_local_name(client))) &&
           (filter->class == ANY_CLASS || filter->class == (int)client_class(client)) &&
           (filter->id == 0 || filter->id == client->id) && (!filter->user || filter->user == client->user);
}

/* ---- closing ---- */

/* Returns how many it was. The caller is closed when its reply has been sent. */
static int64_t kill_clients(struct call *call, const struct filter *filter)
{
    int64_t count = 0;
    LIST_EACH(link, &call->server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if ((filter->spares_caller && client == call->client) || !lets_through(filter, client))
            continue;
        if (client == call->client)
            client_close_after_reply(client);
        else
            client_close(client);
        count++;
    }
    return count;
}

void cmd_client_kill(struct call *call)
{
    struct filter filter = {.class = ANY_CLASS};
    if (call->argc == 3) {
        filter.peer = &call->argv[2];
        if (kill_clients(call, &filter) > 0)
            reply_ok(call->reply);
        else
            call_error_format(call, "ERR No such client");
        return;
    }
    filter.spares_caller = true;
    for (int i = 2; i < call->argc; i += 2) {
        if (!read_option(call, i, &filter))
            return;
    }
    reply_int(call->reply, kill_clients(call, &filter));
}
