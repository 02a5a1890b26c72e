/* SPDX-License-Identifier: BSD-3-Clause */
#include "detached.h"
#include "model.h"
#include <stdlib.h>

struct detached {
    struct list link;
    const struct client *client;
    struct session session;
};

static struct list all = {&all, &all};

static struct detached *find(const struct client *client)
{
    LIST_EACH(link, &all) {
        struct detached *detached = LIST_ENTRY(link, struct detached, link);
        if (detached->client == client)
            return detached;
    }
    return NULL;
}

void detached_add(const struct client *client, struct session *session)
{
    struct detached *detached = calloc(1, sizeof *detached);
    if (!detached)
        abort();
    detached->client = client;
    session_detach(&detached->session, session);
    list_append(&all, &detached->link);
    if (model.standing == session)
        model.standing = &detached->session;
    if (model.executing == session)
        model.executing = &detached->session;
}

size_t detached_count(void)
{
    size_t count = 0;
    LIST_EACH(link, &all) {
        count++;
    }
    return count;
}

struct session *detached_session(const struct client *client)
{
    struct detached *detached = find(client);
    return detached ? &detached->session : NULL;
}

static void release(struct detached *detached)
{
    list_remove(&detached->link);
    session_end(&detached->session);
    free(detached);
}

void detached_end(const struct client *client)
{
    struct detached *detached = find(client);
    if (detached)
        release(detached);
}

void detached_forget(void)
{
    while (!list_is_empty(&all))
        release(LIST_ENTRY(all.next, struct detached, link));
}
