/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT LIST and CLIENT INFO. Thousands of clients make a list of megabytes, in slices. All that it keeps of
 * the clients is the id of the last, as any may go meanwhile; server->clients is in the order of ids. */
#include "base/alloc.h"
#include "base/number.h"
#include "client.h"
#include "engine/long_work.h"
#include "engine/server.h"

/* How many lines are a step. */
enum { LINES_A_STEP = 16 };

enum { ANY_CLASS = -1 };

struct listing {
    struct long_work work;
    struct server *server;
    struct buf text;
    int class;     /* enum client_class or ANY_CLASS */
    uint64_t *ids; /* only these, in this order; NULL: all */
    size_t id_count, ids_done;
    uint64_t last; /* id that was looked at */
};

static void describe(struct listing *listing, struct client *client)
{
    if (client && !(client->flags & CLIENT_CLOSE_NOW) &&
        (listing->class == ANY_CLASS || listing->class == (int)client_class(client)))
        client_describe(client, &listing->text);
}

/* Of all clients, where those that weren't looked at begin. */
static struct list *next_client(const struct listing *listing)
{
    struct list *clients = &listing->server->clients;
    const struct client *last = client_by_id(listing->server, listing->last);
    if (last)
        return last->all.next;
    struct list *link = clients->next;
    while (link != clients && LIST_ENTRY(link, struct client, all)->id <= listing->last)
        link = link->next;
    return link;
}

static bool describe_by_ids(struct listing *listing)
{
    for (int i = 0; i < LINES_A_STEP && listing->ids_done < listing->id_count; i++)
        describe(listing, client_by_id(listing->server, listing->ids[listing->ids_done++]));
    return listing->ids_done == listing->id_count;
}

static bool describe_all(struct listing *listing)
{
    struct list *link = next_client(listing);
    for (int i = 0; i < LINES_A_STEP && link != &listing->server->clients; i++) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        describe(listing, client);
        listing->last = client->id;
        link = link->next;
    }
    return link == &listing->server->clients;
}

static bool step(struct long_work *work)
{
    struct listing *listing = LIST_ENTRY(work, struct listing, work);
    return listing->ids ? describe_by_ids(listing) : describe_all(listing);
}

static void reply_listing(struct call *call, struct long_work *work)
{
    reply_verbatim(call->reply, buf_bytes(&LIST_ENTRY(work, struct listing, work)->text), "txt");
}

static void free_listing(struct long_work *work)
{
    struct listing *listing = LIST_ENTRY(work, struct listing, work);
    buf_clear(&listing->text);
    mem_free(listing->ids);
    mem_free(listing);
}

/* ---- commands ---- */

static bool read_ids(struct call *call, int first, struct listing *listing)
{
    listing->ids = mem_alloc((size_t)(call->argc - first) * sizeof *listing->ids);
    for (int i = first; i < call->argc; i++) {
        int64_t id;
        if (!parse_i64(call->argv[i], &id)) {
            call_error_format(call, "ERR Invalid client ID");
            return false;
        }
        listing->ids[listing->id_count++] = (uint64_t)id;
    }
    return true;
}

static bool read_options(struct call *call, struct listing *listing)
{
    if (call->argc == 2)
        return true;
    if (call->argc == 4 && call_arg_is(call, 2, "type"))
        return call_client_class(call, 3, &listing->class);
    if (call->argc > 3 && call_arg_is(call, 2, "id"))
        return read_ids(call, 3, listing);
    call_syntax_error(call);
    return false;
}

void cmd_client_list(struct call *call)
{
    struct listing *listing = mem_zalloc(sizeof *listing);
    listing->work = (struct long_work){.step = step, .finish = reply_listing, .free = free_listing};
    listing->server = call->server;
    listing->class = ANY_CLASS;
    if (read_options(call, listing))
        long_work_run(call, &listing->work);
    else
        free_listing(&listing->work);
}

void cmd_client_info(struct call *call)
{
    struct buf line = {0};
    client_describe(call->client, &line);
    reply_verbatim(call->reply, buf_bytes(&line), "txt");
    buf_clear(&line);
}
