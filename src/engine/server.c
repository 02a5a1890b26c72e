/* SPDX-License-Identifier: BSD-3-Clause */
/* Putting a server together and taking it apart. */
#include "engine/server.h"
#include "base/alloc.h"
#include "base/random.h"
#include "base/worker.h"
#include "client_ids.h"
#include "client_part.h"
#include "engine/auth_throttle.h"
#include "engine/client_care.h"
#include "engine/client_io.h"
#include "engine/client_limit.h"
#include "engine/error_stats.h"
#include "engine/events.h"
#include "engine/metrics.h"
#include "engine/slow.h"
#include "engine/tick.h"
#include "engine/tracking.h"
#include "engine/transaction.h"
#include "net/listener.h"
#include "net/loop.h"

/* The longest the loop waits when nothing is due at all. */
#define IDLE_WAIT_US 1000000

static void worker_ready(void *context)
{
    worker_reap(context);
}

struct server *server_new(struct config *config, const struct command_family *const *families,
                          int family_count)
{
    struct server *server = mem_zalloc(sizeof *server);
    server->config = config;
    clock_init(&server->clock);
    server->start_mono_ms = server->clock.mono_ms;
    server->start_wall_ms = server->clock.wall_ms;
    random_hex(server->run_id, 40);
    random_hex(server->replication_id, 40);
    server->client_parts = client_parts;
    list_init(&server->clients);
    table_init(&server->client_ids, &client_id_table, NULL);
    handshakes_init(&server->handshakes);
    list_init(&server->runnable);
    list_init(&server->pending_writers);
    list_init(&server->closing);
    list_init(&server->pushed_to);
    list_init(&server->paused);
    list_init(&server->listeners);
    list_init(&server->cron_tasks);
    slices_init(&server->slices);
    journal_init(&server->journal);
    server->loop = loop_new();
    server->worker = worker_new();
    server->worker_watch = loop_watch(server->loop, worker_fd(server->worker), worker_ready, server->worker);
    server->file_worker = worker_new_patient();
    server->file_worker_watch =
        loop_watch(server->loop, worker_fd(server->file_worker), worker_ready, server->file_worker);
    server->registry = registry_new(families, family_count);
    acl_init(server);
    server->store = store_new(config->databases, &server->clock, server->worker);
    server->sessions = store_sessions(server->store);
    store_observe(server->store, (struct store_observer){.removed = events_removed,
                                                         .parts_removed = events_parts_removed,
                                                         .context = server});
    server->pubsub = pubsub_new();
    server->watches = watches_new(&server->heeded_keys);
    server->client_limit = client_limit_new();
    client_care_init(server);
    server->reply_pool = reply_pool_new();
    reply_init(&server->deferred_pushes, server->reply_pool);
    (void)reply_begin_push(&server->deferred_pushes);
    blocking_init(&server->blocking, &server->heeded_keys);
    server->batch = batch_new();
    server->error_stats = mem_zalloc(sizeof *server->error_stats);
    slow_init(server);
    engine_metrics_init(server);
    return server;
}

void server_free(struct server *server)
{
    while (!list_is_empty(&server->clients))
        client_free(LIST_ENTRY(server->clients.next, struct client, all));
    while (!list_is_empty(&server->listeners)) {
        struct listener *listener = LIST_ENTRY(server->listeners.next, struct listener, siblings);
        list_remove(&listener->siblings);
        listener_close(listener);
    }
    table_clear(&server->client_ids);
    batch_free(server->batch);
    loop_unwatch(server->file_worker_watch);
    worker_free(server->file_worker);
    store_free(server->store);
    loop_unwatch(server->worker_watch);
    worker_free(server->worker);
    journal_clear(&server->journal);
    for (int i = 0; i < EDITS_MAX; i++)
        buf_clear(&server->edit_buffers[i]);
    reply_clear(&server->deferred_pushes);
    reply_pool_free(server->reply_pool);
    pubsub_free(server->pubsub);
    watches_free(server->watches);
    blocking_clear(&server->blocking);
    client_limit_free(server->client_limit);
    client_care_free(server);
    if (server->tracking)
        tracking_free(server->tracking);
    auth_throttle_free(server->auth_throttle);
    timeouts_free(&server->timeouts);
    acl_clear(server);
    registry_free(server->registry);
    loop_free(server->loop);
    engine_metrics_free(server);
    slow_free(server);
    mem_free(server->error_stats);
    config_free(server->config);
    mem_free(server);
}

void server_run(struct server *server)
{
    while (!server->is_shutting_down)
        tick(server, IDLE_WAIT_US);
}
