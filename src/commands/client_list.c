/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT LIST and CLIENT INFO. Thousands of clients make a list of megabytes: it begins on the stack of
 * its command, and one that isn't done soon moves to the heap and goes on in slices. All that it keeps of
 * the clients is the id of the next, as any may go meanwhile; server->clients is in the order of ids. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "client.h"
#include "engine/server.h"

/* What the command may take of its tick before it becomes a job, and how many lines lie between two looks
 * at the clock. */
enum { AT_ONCE_US = 200, LINES_A_LOOK = 16 };

enum { ANY_CLASS = -1 };

struct listing {
    struct buf text;
    int class;     /* enum client_class or ANY_CLASS */
    uint64_t *ids; /* only these, in this order; NULL: all */
    size_t id_count;
    uint64_t next; /* index in `ids`, or the least id that wasn't looked at */
};

struct list_job {
    struct slice_job slice;
    struct client *client;
    struct listing listing;
};

static void describe(struct listing *listing, struct client *client)
{
    if (client && !(client->flags & CLIENT_CLOSE_NOW) &&
        (listing->class == ANY_CLASS || listing->class == (int)client_class(client)))
        client_describe(client, &listing->text);
}

static bool is_late(int64_t until_us, size_t done)
{
    return done % LINES_A_LOOK == 0 && clock_mono_us() >= until_us;
}

/* Goes on until `until_us`; true when it is done. */
static bool advance_by_ids(struct listing *listing, const struct server *server, int64_t until_us)
{
    while (listing->next < listing->id_count) {
        describe(listing, client_by_id(server, listing->ids[listing->next++]));
        if (is_late(until_us, listing->next))
            return false;
    }
    return true;
}

static bool advance_through_all(struct listing *listing, const struct server *server, int64_t until_us)
{
    size_t done = 0;
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (client->id < listing->next)
            continue;
        describe(listing, client);
        listing->next = client->id + 1;
        if (is_late(until_us, ++done))
            return false;
    }
    return true;
}

static bool advance(struct listing *listing, const struct server *server, int64_t until_us)
{
    return listing->ids ? advance_by_ids(listing, server, until_us)
                        : advance_through_all(listing, server, until_us);
}

static void reply_listing(struct reply *reply, const struct listing *listing)
{
    reply_verbatim(reply, buf_bytes(&listing->text), "txt");
}

static void listing_clear(struct listing *listing)
{
    buf_clear(&listing->text);
    mem_free(listing->ids);
}

/* ---- in slices ---- */

static void job_end(struct list_job *job)
{
    slices_remove(&job->slice);
    job->client->job = NULL;
    listing_clear(&job->listing);
    mem_free(job);
}

static void job_cancel(struct client *client)
{
    job_end(LIST_ENTRY(client->job, struct list_job, slice));
}

static bool job_run(struct slice_job *slice, int64_t budget_us)
{
    struct list_job *job = LIST_ENTRY(slice, struct list_job, slice);
    struct client *client = job->client;
    if (!advance(&job->listing, client->server, clock_mono_us() + budget_us))
        return false;
    reply_listing(&client->reply, &job->listing);
    job_end(job);
    client_wants_write(client);
    client_resume(client);
    return true;
}

/* Goes on as a job; the listing moves into it. */
static void job_start(struct call *call, const struct listing *listing)
{
    struct list_job *job = mem_alloc(sizeof *job);
    *job = (struct list_job){
        .slice = {.name = call->command->row->name, .run = job_run},
        .client = call->client,
        .listing = *listing,
    };
    call->client->job = &job->slice;
    slices_add(&call->server->slices, &job->slice);
    client_suspend(call->client, job_cancel);
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
    struct listing listing = {.class = ANY_CLASS};
    int64_t until_us = call->server->nesting > 0 ? INT64_MAX : clock_mono_us() + AT_ONCE_US;
    if (!read_options(call, &listing)) {
        listing_clear(&listing);
        return;
    }
    /* Nobody would see the reply, and when it is late nobody would cut it off. */
    if (client_is_silent(call->client)) {
        listing_clear(&listing);
        return;
    }
    if (!advance(&listing, call->server, until_us)) {
        job_start(call, &listing);
        return;
    }
    reply_listing(call->reply, &listing);
    listing_clear(&listing);
}

void cmd_client_info(struct call *call)
{
    struct buf line = {0};
    client_describe(call->client, &line);
    reply_verbatim(call->reply, buf_bytes(&line), "txt");
    buf_clear(&line);
}
