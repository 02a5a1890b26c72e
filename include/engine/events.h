/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from a change, an expiry or an eviction: watched keys, client caches, keyspace
 * notifications. */
#ifndef ENGINE_EVENTS_H
#define ENGINE_EVENTS_H

#include "store/store.h"

struct server;
struct client;

/* Classes of notify-keyspace-events, by the letters that select them. */
enum event_class {
    EVENT_KEYSPACE = 1 << 0,  /* K */
    EVENT_KEYEVENT = 1 << 1,  /* E */
    EVENT_GENERIC = 1 << 2,   /* g */
    EVENT_STRING = 1 << 3,    /* $ */
    EVENT_LIST = 1 << 4,      /* l */
    EVENT_SET = 1 << 5,       /* s */
    EVENT_HASH = 1 << 6,      /* h */
    EVENT_ZSET = 1 << 7,      /* z */
    EVENT_EXPIRED = 1 << 8,   /* x */
    EVENT_EVICTED = 1 << 9,   /* e */
    EVENT_STREAM = 1 << 10,   /* t */
    EVENT_KEY_MISS = 1 << 11, /* m */
    EVENT_MODULE = 1 << 12,   /* d */
    EVENT_NEW = 1 << 13,      /* n */
    EVENT_ALL = EVENT_GENERIC | EVENT_STRING | EVENT_LIST | EVENT_SET | EVENT_HASH | EVENT_ZSET |
                EVENT_EXPIRED | EVENT_EVICTED | EVENT_STREAM | EVENT_MODULE, /* A */
};

/* `by` (may be NULL) is the client whose command did it. */
void events_key_changed(struct server *server, struct client *by, struct keyspace *keyspace,
                        struct bytes key);
void events_notify(struct server *server, struct keyspace *keyspace, struct bytes key, unsigned event_class,
                   const char *event);
/* A database (NULL: every one) is about to be emptied. To be called while its keys are still there: a
 * transaction fails only when a key it watches goes. */
void events_flushing(struct server *server, struct keyspace *keyspace);
/* Two databases are about to be exchanged. To be called before. */
void events_swapping(struct server *server, struct keyspace *a, struct keyspace *b);

/* The store's observer: entries that went by themselves take the same road. */
void events_removed(void *server, struct keyspace *keyspace, struct bytes key, enum removal why);
/* The same of parts of a value. */
void events_parts_removed(void *server, struct keyspace *keyspace, struct bytes key,
                          const struct removed_parts *parts);

/* Letters to bits of enum event_class; unknown ones (the configuration lets none pass) mean nothing. */
unsigned events_parse_classes(const char *letters);

#endif
