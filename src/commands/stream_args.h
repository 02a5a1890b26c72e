/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands on streams are told: IDs, intervals of them, how to trim. */
#ifndef COMMANDS_STREAM_ARGS_H
#define COMMANDS_STREAM_ARGS_H

#include "engine/call.h"
#include "types/stream.h"

/* "1-2", or "1", which stands for 1-`sequence`, as Redis reads numbers: leading zeros, a plus and the like
 * are fine. */
bool parse_stream_id(struct bytes text, uint64_t sequence, struct stream_id *id);

/* The ID at argv[index]; false, having replied, when it is none. */
bool call_stream_id(struct call *call, int index, uint64_t sequence, struct stream_id *id);

/* The same where "-" and "+" stand for the least and the greatest one. */
bool call_stream_any_id(struct call *call, int index, struct stream_id *id);

struct stream_interval {
    struct stream_id first, last;
};

/* An interval from argv[first] to argv[last], where "-", "+" and a leading "(" (without it) may stand; false,
 * having replied, when it is none. */
bool call_stream_interval(struct call *call, int first, int last, struct stream_interval *interval);
/* Its begin alone. */
bool call_stream_start(struct call *call, int index, struct stream_id *id);

/* How XADD and XTRIM are told to trim. */
struct stream_trim_args {
    bool is_given, is_approximate;
    int threshold; /* in argv */
    struct stream_trim trim;
};

/* What XADD is told besides. */
struct stream_add_args {
    bool makes_no_stream;
    bool has_ms, has_sequence; /* of the ID */
    struct stream_id id;
    int id_index; /* in argv */
};

/* From argv[2] on; `add` NULL: for XTRIM. */
bool call_stream_args(struct call *call, struct stream_trim_args *trim, struct stream_add_args *add);

#endif
