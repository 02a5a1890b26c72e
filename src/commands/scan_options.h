/* SPDX-License-Identifier: BSD-3-Clause */
/* What SCAN, HSCAN and their kin are given: a cursor, and options behind it. */
#ifndef COMMANDS_SCAN_OPTIONS_H
#define COMMANDS_SCAN_OPTIONS_H

#include "engine/call.h"

struct scan_options {
    struct bytes pattern;
    int64_t count; /* at least 1 */
    int type;      /* as of a key_walk */
};

/* The cursor at argv[index]. False, having replied. */
bool call_scan_cursor(struct call *call, int index, uint64_t *cursor);

/* The options from argv[first] on; TYPE is one of them if `takes_type`. False, having replied. */
bool call_scan_options(struct call *call, int first, bool takes_type, struct scan_options *options);

/* Begins the reply: the cursor, with an array to follow. */
void reply_scan_head(struct reply *reply, uint64_t cursor);

/* Whether an element's name is one of those wanted. */
bool scan_matches(const struct scan_options *options, struct bytes name);

#endif
