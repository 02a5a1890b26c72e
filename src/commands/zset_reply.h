/* SPDX-License-Identifier: BSD-3-Clause */
/* How elements of sorted sets are shown. */
#ifndef COMMANDS_ZSET_REPLY_H
#define COMMANDS_ZSET_REPLY_H

#include "proto/resp_write.h"
#include "types/zset.h"

enum zset_reply_form {
    ZSET_REPLY_MEMBERS,
    ZSET_REPLY_SCORES, /* members and scores: in RESP3 as pairs */
    ZSET_REPLY_PAIRS,  /* as pairs in any case */
};

/* The head of an array of `count` elements, to be followed by each. */
void reply_zset_head(struct reply *reply, uint64_t count, enum zset_reply_form form);
void reply_zset_element(struct reply *reply, struct bytes member, double score, enum zset_reply_form form);
/* All elements of a range, from its first or its last on. */
void reply_zset_range(struct reply *reply, const struct collection *zset, struct zset_range range,
                      bool is_backwards, enum zset_reply_form form);

#endif
