/* SPDX-License-Identifier: BSD-3-Clause */
/* What others keep with each client (its transaction, what it tracks, its place among those that count
 * towards a limit): each owner has one of these, and engine/client_parts.c lists them. So a client knows none
 * of them by name. Any function may be NULL. */
#ifndef ENGINE_CLIENT_PART_H
#define ENGINE_CLIENT_PART_H

#include <stddef.h>
#include <stdint.h>

struct client;

/* What parts say of a client in its line of CLIENT LIST. */
struct client_description {
    uint64_t letters; /* of flags=: client_letter of each */
    int multi;        /* commands in its transaction's queue; -1 outside of MULTI */
    size_t multi_memory;
    int64_t redirect; /* the client that is told of invalidations; 0: itself, -1: it doesn't track */
};

static inline uint64_t client_letter(char letter)
{
    return UINT64_C(1) << (letter - 'A');
}

struct client_part {
    void (*begin)(struct client *client); /* it came; the part is all zeros */
    void (*reset)(struct client *client); /* RESET: back to what it was after coming */
    void (*close)(struct client *client); /* it was marked to be closed, and goes at the tick's end */
    /* It goes: nothing of it may be known afterwards. */
    void (*free)(struct client *client);
    size_t (*memory)(const struct client *client); /* bytes, besides struct client */
    void (*describe)(const struct client *client, struct client_description *description);
};

extern const struct client_part auth_part, client_care_part, client_limit_part, handshake_part, monitor_part,
    subscriber_part, tracking_part, transaction_part, wait_part;

/* All, with NULL behind; server->client_parts is this. */
extern const struct client_part *const client_parts[];

#endif
