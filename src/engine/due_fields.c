/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/due_fields.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/server.h"
#include "engine/slices.h"
#include "store/keyspace_edit.h"

/* How long it leaves the data to who has them for himself. */
#define REST_US 1000

struct due_wait {
    struct slice_job job;
    struct client *client;
    size_t len;
    char key[];
};

bool due_fields_are_left(const struct call *call)
{
    return call->first_key_index > 0 && keyspace_drop_some_parts(call->keyspace, call->first_key);
}

static bool drop_some(struct slice_job *job, int64_t budget_us)
{
    struct due_wait *wait = LIST_ENTRY(job, struct due_wait, job);
    struct client *client = wait->client;
    struct keyspace *keyspace = store_keyspace(client->server->store, client->database);
    struct key key = key_of(bytes_make(wait->key, wait->len));
    const struct status *status = &client->server->status;
    int64_t begin_us = clock_mono_us();
    if (status->is_loading || status->is_script_busy) {
        job->rest_until_us = begin_us + REST_US;
        return false;
    }
    while (keyspace_drop_some_parts(keyspace, key)) {
        if (clock_mono_us() - begin_us >= budget_us)
            return false;
    }
    wait_over(client);
    return true;
}

static void forget(struct client *client)
{
    struct due_wait *wait = client->wait.due;
    slices_remove(&wait->job);
    mem_free(wait);
}

void due_fields_wait(const struct call *call)
{
    struct client *client = call->client;
    struct bytes key = call->first_key.name;
    struct due_wait *wait = mem_alloc(sizeof *wait + key.len);
    *wait =
        (struct due_wait){.job = {.name = "due-fields", .run = drop_some}, .client = client, .len = key.len};
    memcpy(wait->key, key.data, key.len);
    slices_add(&call->server->slices, &wait->job);
    wait_before_running(client, WAIT_FIELDS, forget);
    client->wait.due = wait;
}
