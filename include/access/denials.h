/* SPDX-License-Identifier: BSD-3-Clause */
/* What ACL LOG remembers: who was denied what, the last first. The same again within a minute is counted
 * instead of remembered once more. */
#ifndef ACCESS_DENIALS_H
#define ACCESS_DENIALS_H

#include "base/bytes.h"
#include "base/list.h"
#include <stddef.h>
#include <stdint.h>

enum denial_reason { DENIAL_COMMAND, DENIAL_KEY, DENIAL_CHANNEL, DENIAL_LOGIN };
enum denial_context { DENIAL_AT_TOP, DENIAL_IN_MULTI, DENIAL_IN_SCRIPT };

struct denial {
    struct list link;
    uint64_t id, count;
    enum denial_reason reason;
    enum denial_context context;
    char *object; /* the command, key, channel that was asked for; how it was logged in by */
    size_t object_len;
    char *user;
    char *client;                   /* as CLIENT LIST has it */
    int64_t created_ms, updated_ms; /* wall clock */
};

struct denials {
    struct list list; /* the last one first */
    size_t count;
    uint64_t next_id;
};

/* What is to be remembered; all of it is copied. */
struct denial_report {
    enum denial_reason reason;
    enum denial_context context;
    struct bytes object, user, client;
    int64_t now_ms;
};

void denials_init(struct denials *denials);
/* Forgets all. */
void denials_clear(struct denials *denials);
/* Remembers no more than `count_max` in all. */
void denials_add(struct denials *denials, const struct denial_report *report, size_t count_max);

/* "command", "key" ...; "toplevel", "multi", "lua" */
const char *denial_reason_name(enum denial_reason reason);
const char *denial_context_name(enum denial_context context);

#endif
