/* SPDX-License-Identifier: BSD-3-Clause */
/* The transaction of a client comes with its first use, and goes with the last. */
#include "base/alloc.h"
#include "engine/client.h"
#include "transaction.h"

struct transaction *transaction_of(struct client *client)
{
    if (!client->transaction) {
        client->transaction = mem_zalloc(sizeof *client->transaction);
        client->transaction->common_flags = ~UINT32_C(0);
        list_init(&client->transaction->watches);
    }
    return client->transaction;
}

void transaction_drop_if_idle(struct client *client)
{
    const struct transaction *transaction = client->transaction;
    if ((client->flags & CLIENT_MULTI) || transaction->watch_count > 0 || transaction->first)
        return;
    mem_free(client->transaction);
    client->transaction = NULL;
}
