/* SPDX-License-Identifier: BSD-3-Clause */
/* Replying with entries of streams: at once when they are few, else in steps while others are served. */
#ifndef COMMANDS_STREAM_SHOW_H
#define COMMANDS_STREAM_SHOW_H

#include "stream_args.h"

/* Entries of the stream at argv[key], which is there. */
struct stream_part {
    int key;
    struct stream_interval interval;
};

struct stream_show {
    const struct stream_part *parts;
    size_t part_count;
    uint64_t count; /* of entries of each part, at the most; 0: all */
    bool is_backwards;
    bool has_names; /* a map of keys to entries; else the entries of the one part */
};

/* The last thing a command does. */
void call_show(struct call *call, const struct stream_show *show);

/* In front of the entries of a stream in what is a map in RESP3, an array of pairs in RESP2. */
void reply_stream_name(struct reply *reply, struct bytes name);

#endif
