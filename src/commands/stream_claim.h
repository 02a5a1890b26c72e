/* SPDX-License-Identifier: BSD-3-Clause */
/* XCLAIM and XAUTOCLAIM: what is pending goes over to another consumer, in steps when that is much. Each
 * entry that does is recorded as it is pending then; one that is gone from the stream is no longer
 * pending. */
#ifndef COMMANDS_STREAM_CLAIM_H
#define COMMANDS_STREAM_CLAIM_H

#include "edit_steps.h"
#include "stream_access.h"

/* Where entries go over to, and a step's edit. The first part of what both commands work with. */
struct claim {
    struct edit_steps steps;
    struct call *call;
    struct edit edit;
    struct stream *stream;
    struct stream_group *group;
    struct stream_consumer *consumer;
    struct stream_record record;
    int64_t now_ms;
    int64_t min_idle_ms;
    bool shows_ids;
    bool is_new;      /* the consumer is */
    bool has_changed; /* something besides */
    uint64_t claimed;
    struct reply shown; /* of these */
};

/* The call has a group. */
void claim_init(struct claim *claim, const struct call *call);
bool claim_parse_min_idle(struct claim *claim, struct call *call, const char *command);

/* A step's edit: of the group, which may be gone (false), and of the consumer, made when there is none. */
bool claim_begin(struct claim *claim, struct call *call);
void claim_end(struct claim *claim);

bool claim_is_idle(const struct claim *claim, const struct stream_pending *pending);
/* Shows the entry, which is pending so from now on. */
void claim_take(struct claim *claim, const struct stream_entry *entry, struct stream_pending *pending);
void claim_remove_gone(struct claim *claim, struct stream_id id);

/* Replies with what was claimed. */
void claim_reply(struct claim *claim, struct reply *reply);

#endif
