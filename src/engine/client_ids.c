/* SPDX-License-Identifier: BSD-3-Clause */
/* Who remembers a client over ticks keeps its id, and finds it by that if it is still there. */
#include "client_ids.h"
#include "engine/server.h"

/* Ids are counted up, so no choice of theirs can collide; they only need spreading over the bits. */
static uint64_t hash_of_id(uint64_t id)
{
    id = (id ^ id >> 32) * 0x9e3779b97f4a7c15u;
    return id ^ id >> 29;
}

static uint64_t hash_of_client(void *context, const void *item)
{
    (void)context;
    return hash_of_id(((const struct client *)item)->id);
}

const struct table_type client_id_table = {.hash = hash_of_client};

static bool has_id(const void *item, const void *wanted)
{
    return ((const struct client *)item)->id == *(const uint64_t *)wanted;
}

struct client *client_by_id(const struct server *server, uint64_t id)
{
    return table_slot_item(table_find(&server->client_ids, hash_of_id(id), has_id, &id));
}

void client_ids_add(struct client *client)
{
    table_insert(&client->server->client_ids, hash_of_id(client->id), client);
}

void client_ids_remove(struct client *client)
{
    struct table *ids = &client->server->client_ids;
    table_remove(ids, table_locate(ids, hash_of_id(client->id), client));
}
