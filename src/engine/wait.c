/* SPDX-License-Identifier: BSD-3-Clause */
/* Beginning and ending waits. The client's wait is the one place that knows what it waits for; whoever has it
 * wait keeps at most a link. */
#include "engine/wait.h"
#include "base/alloc.h"
#include "call_run.h"
#include "client_part.h"
#include "engine/long_work.h"
#include "engine/metric_tables.h"
#include "engine/timeouts.h"
#include "late_call.h"
#include "settle.h"

bool call_may_wait(const struct call *call)
{
    return call->may_wait;
}

static bool counts_as_blocked(enum wait_kind kind)
{
    return kind == WAIT_PAUSE || kind == WAIT_COPIES || kind == WAIT_KEYS;
}

static void begin(struct client *client, const struct wait *wait)
{
    client->wait = *wait;
    client->flags |= CLIENT_BUSY;
    client->server->blocked_count += counts_as_blocked(wait->kind);
    /* Who hasn't said the password has no claim to memory for what it sends meanwhile. */
    if (!(client->flags & (CLIENT_AUTHENTICATED | CLIENT_INTERNAL)))
        conn_pause_reading(&client->conn);
}

static void end(struct client *client)
{
    struct server *server = client->server;
    if (client->wait.cancel)
        client->wait.cancel(client);
    timeout_clear(server, client);
    server->blocked_count -= counts_as_blocked(client->wait.kind);
    client->wait = (struct wait){0};
    client->flags &= ~(uint32_t)CLIENT_BUSY;
    /* Not idle until now. */
    client->active_ms = server->clock.mono_ms;
}

/* Who went away while its work was carried through can be freed. */
static void let_go(struct client *client)
{
    if ((client->flags & CLIENT_CLOSE_NOW) && list_is_unlinked(&client->closing))
        list_append(&client->server->closing, &client->closing);
}

static void go_on(struct client *client)
{
    struct server *server = client->server;
    end(client);
    if (!(client->flags & (CLIENT_INTERNAL | CLIENT_INPUT_ENDED)))
        conn_resume_reading(&client->conn);
    /* It became so while nothing of it was read. */
    if ((client->flags & (CLIENT_DEAF | CLIENT_INPUT_ENDED | CLIENT_INTERNAL)) == CLIENT_DEAF)
        conn_keep_ready(&client->conn);
    if (list_is_unlinked(&client->runnable))
        list_append(&server->runnable, &client->runnable);
    let_go(client);
}

void wait_before_running(struct client *client, enum wait_kind kind, void (*cancel)(struct client *client))
{
    begin(client, &(struct wait){.kind = kind, .cancel = cancel});
}

void wait_over(struct client *client)
{
    go_on(client);
}

/* ---- late calls ---- */

/* The late call that the wait is for; NULL: there is no memory. */
static struct late_call *late_call_for(struct call *call, const struct wait *wait)
{
    bool is_work = wait->kind == WAIT_WORK;
    if (!call->late)
        return late_call_new(call, is_work ? wait->work : NULL);
    return !is_work || late_call_becomes_work(call->late) ? call->late : NULL;
}

bool call_try_wait(struct call *call, const struct wait *wait, int64_t until_ms)
{
    struct client *client = call->client;
    bool waits_already = call->late;
    struct late_call *late = late_call_for(call, wait);
    if (!late)
        return false;
    if (waits_already)
        end(client);
    begin(client, wait);
    client->wait.late = late;
    timeout_set(call->server, client, until_ms, wait_expire);
    if (wait->kind != WAIT_WORK)
        let_go(client);
    return true;
}

bool call_wait(struct call *call, const struct wait *wait, int64_t until_ms)
{
    if (call_try_wait(call, wait, until_ms))
        return true;
    call_error(call, ERR_OUT_OF_MEMORY);
    return false;
}

bool wait_finish(struct client *client, bool (*answer)(struct call *call, void *context), void *context)
{
    struct late_call *late = client->wait.late;
    struct registered_command *command = late->call.command;
    bool is_answered = late_call_answer(late, answer, context);
    if (is_answered) {
        if (!late->is_refused)
            call_measure(&late->call, late->ticks);
        struct reply *pushes = late_call_pushes(late);
        if (pushes && pushes->head)
            reply_take(&client->reply, pushes);
        go_on(client);
        late_call_free(late);
        client_wants_write(client);
    }
    /* Within another call (CLIENT UNBLOCK) that is done at its end. */
    if (!client->server->current_client)
        call_settle(client, command);
    return is_answered;
}

static bool answer_expired(struct call *call, void *context)
{
    (void)context;
    call->client->wait.expired(call);
    return true;
}

void wait_expire(struct client *client)
{
    wait_finish(client, answer_expired, NULL);
}

static bool answer_error(struct call *call, void *context)
{
    call_error_format(call, "%s", (const char *)context);
    return true;
}

void wait_fail(struct client *client, const char *error)
{
    wait_finish(client, answer_error, (void *)error);
}

void wait_drop(struct client *client)
{
    struct late_call *late = client->wait.late;
    if (!(client->flags & CLIENT_BUSY))
        return;
    end(client);
    if (!late)
        return;
    call_measure(&late->call, late->ticks);
    late_call_free(late);
}

bool client_is_blocked(const struct client *client)
{
    return counts_as_blocked(client->wait.kind);
}

/* ---- of a client ---- */

static size_t memory(const struct client *client)
{
    struct late_call *late = client->wait.late;
    if (!late)
        return 0;
    const struct late_work *work = late->of_work;
    struct blob *big = late->call.big_argument;
    size_t keys_size = client->wait.kind == WAIT_KEYS ? mem_size(client->wait.keys) : 0;
    return mem_size(late) + keys_size + (big ? mem_size(big) : 0) +
           (work ? mem_size(work) + reply_memory(&work->pushes) + taken_arguments_memory(&work->taken) : 0);
}

static void describe(const struct client *client, struct client_description *description)
{
    if (client_is_blocked(client))
        description->letters |= client_letter('b');
}

const struct client_part wait_part = {.memory = memory, .describe = describe};

/* ---- figures ---- */

#define WAIT_METRICS(ROW)                                                                        \
    ROW(INTEGER, "Clients", blocked_clients, GAUGE, server->blocked_count, "Clients that wait.", \
        .exporter_name = "blocked_clients")                                                      \
    ROW(INTEGER, "Clients", clients_in_timeout_table, GAUGE, server->timeouts.count,             \
        "Clients that wait for a limited time.", .exporter_name = "clients_in_timeout_table")

METRIC_TABLE(wait_add_metrics, WAIT_METRICS)
