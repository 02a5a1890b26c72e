/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_reply.h"

static bool is_flat(const struct reply *reply, enum zset_reply_form form)
{
    return form == ZSET_REPLY_SCORES && reply->protocol < 3;
}

void reply_zset_head(struct reply *reply, uint64_t count, enum zset_reply_form form)
{
    reply_array(reply, is_flat(reply, form) ? 2 * count : count);
}

void reply_zset_element(struct reply *reply, struct bytes member, double score, enum zset_reply_form form)
{
    if (form != ZSET_REPLY_MEMBERS && !is_flat(reply, form))
        reply_array(reply, 2);
    reply_bulk(reply, member);
    if (form != ZSET_REPLY_MEMBERS)
        reply_double(reply, score);
}

void reply_zset_range(struct reply *reply, const struct collection *zset, struct zset_range range,
                      bool is_backwards, enum zset_reply_form form)
{
    struct zset_walk walk;
    reply_zset_head(reply, range.end - range.first, form);
    zset_walk_begin(&walk, zset, range, is_backwards);
    while (zset_walk_next(&walk))
        reply_zset_element(reply, walk.member, walk.score, form);
}
