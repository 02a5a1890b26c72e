/* SPDX-License-Identifier: BSD-3-Clause */
/* The clients: what they send, and that they read what comes. */
#ifndef SIM_PEERS_H
#define SIM_PEERS_H

#include "chance.h"
#include "model.h"
#include "templates.h"
#include <stdbool.h>

enum { PEERS_MAX = 8 };

struct peer_settings {
    int peer_count, key_count, database_count;
    unsigned weights[FAMILY_COUNT];
    enum family theme; /* that much is of; FAMILY_COUNT: nothing is */
    int element_count; /* of which collections are made */
    int many_max;      /* in one request */
    int64_t ttl_max_ms;
    size_t value_max;
};

extern struct peer_settings peer_settings;

/* The seed's settings, and the names of keys. */
void peers_init(struct chance *chance);
struct bytes peers_key_name(int index);

/* One event: a client connects, sends some requests, breaks off, ... */
void peers_event(struct chance *chance);
/* They read. */
void peers_read(bool all);
/* All have what they are owed, or none of them waits. */
bool peers_are_served(void);
/* Says who still waits. */
void peers_complain(void) __attribute__((noreturn));
/* The server is gone: everybody notices. */
void peers_lose_server(void);

/* Builds a request; returns its number of arguments. The bytes are the generator's until the next call. */
struct peer_view {
    bool is_in_multi, is_subscribed, is_resp3;
    bool is_monitor;
    bool is_stranger; /* or may be one */
    bool may_scan;    /* the last call's cursor is known */
    uint64_t scan_cursor;
    const struct element_scan *elements;
};
int generate(struct chance *chance, const struct peer_view *view, struct bytes *argv, int max);

#endif
