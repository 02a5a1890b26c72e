/* SPDX-License-Identifier: BSD-3-Clause */
/* What a server knows of its clients' caches. Who tracks is tracking.c's, who read what tracking_table.c's,
 * who listens to which prefix tracking_broadcast.c's, and how they are told tracking_message.c's. */
#ifndef ENGINE_TRACKING_PRIVATE_H
#define ENGINE_TRACKING_PRIVATE_H

#include "base/table.h"
#include "engine/tracking.h"

/* ---- the default mode: who read what ---- */

struct tracking_table {
    struct server *server;
    struct table keys;   /* name -> ids of the clients that read it */
    struct list by_age;  /* the same keys, the one remembered first in front */
    size_t item_count;   /* ids in all keys */
    struct list garbage; /* keys that a flush left to be freed in slices */
    struct slice_job free_job, limit_job;
};

void tracking_table_init(struct tracking_table *table, struct server *server);
void tracking_table_clear(struct tracking_table *table);
void tracking_table_remember(struct tracking_table *table, struct key key, uint64_t client_id);
/* Tells everybody who read the key, and forgets that they did. */
void tracking_table_invalidate(struct tracking_table *table, struct bytes key);
/* Forgets everything, telling nobody. */
void tracking_table_forget(struct tracking_table *table);
/* While there are more keys than tracking-table-max-keys, the oldest are invalidated, in slices. */
void tracking_table_limit(struct tracking_table *table);

/* ---- broadcast mode: who listens to which prefix ---- */

struct tracking_broadcast {
    struct list prefixes; /* in the order of their bytes */
    size_t prefix_count;
    struct table changed;  /* keys changed since the tick's begin that have one of the prefixes */
    struct list changes;   /* the same */
    uint64_t change_count; /* ever */
};

void tracking_broadcast_init(struct tracking_broadcast *broadcast);
void tracking_broadcast_clear(struct tracking_broadcast *broadcast);
void tracking_broadcast_join(struct tracking_broadcast *broadcast, struct client *client,
                             struct bytes prefix);
void tracking_broadcast_leave(struct tracking_broadcast *broadcast, struct client *client);
/* `by` is a client's id, 0: nobody's. */
void tracking_broadcast_remember(struct tracking_broadcast *broadcast, struct bytes key, uint64_t by);
/* Tells everybody of what was remembered since the last time. */
void tracking_broadcast_send(struct tracking_broadcast *broadcast);

/* ---- messages ---- */

/* Tells `client`, or whom it redirects to, that one key, or an encoded array of keys, or (both NULL) all keys
 * are invalid. */
void tracking_send(struct client *client, const struct bytes *key, struct blob *keys);

/* ---- all of it ---- */

struct tracking {
    struct list clients; /* tracking_state.link of those that have it on */
    size_t client_count;
    struct tracking_table table;
    struct tracking_broadcast broadcast;
    struct list pending; /* invalidations for the client whose command runs */
};

/* Invalidates a key, or all (NULL), for a client in the default mode: at once, or, when its own command runs,
 * after that command's reply. */
void tracking_tell(struct client *client, const struct bytes *key);

#endif
