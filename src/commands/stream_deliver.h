/* SPDX-License-Identifier: BSD-3-Clause */
/* What XREADGROUP tells a consumer of one or several streams: very much of it in steps, between which others
 * may read for the same group. No entry is told to two of them. */
#ifndef COMMANDS_STREAM_DELIVER_H
#define COMMANDS_STREAM_DELIVER_H

#include "engine/call.h"
#include "types/stream.h"

/* Of the stream at argv[key], which has the group: what the group hasn't been told yet, or, of its history,
 * what is pending for the consumer behind that ID. */
struct delivered_part {
    int key;
    bool is_history;
    struct stream_id after;
};

struct delivered {
    const struct delivered_part *parts;
    size_t part_count;
    int group; /* in argv, the consumer behind */
    bool needs_no_ack;
    uint64_t count; /* of entries of each part, at the most; 0: all */
};

/* Makes the consumer known, and replies with what there is for it, which is something. The last thing that a
 * command does. */
void call_deliver(struct call *call, const struct delivered *delivered);
/* The same where others may not come in between, or where there may be nothing: then nothing is replied. */
void call_deliver_at_once(struct call *call, const struct delivered *delivered);

#endif
