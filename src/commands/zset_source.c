/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_source.h"

static bool is_set(const struct zset_source *source)
{
    return source->held.collection.type == VALUE_SET;
}

bool call_find_source(struct call *call, int argument)
{
    const struct entry *entry = call_find(call, call_key(call, argument));
    if (!entry || entry_type(entry) == VALUE_ZSET || entry_type(entry) == VALUE_SET)
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

void zset_source_hold(struct zset_source *source, const struct call *call, int argument, double weight)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, argument));
    hold_collection(&source->held, entry ? entry_type(entry) : VALUE_ZSET, entry);
    source->weight = weight;
    source->argument = argument;
}

uint64_t zset_source_count(const struct zset_source *source)
{
    return is_set(source) ? set_count(&source->held.collection) : zset_count(&source->held.collection);
}

bool zset_source_score(const struct zset_source *source, struct bytes member, double *score)
{
    struct zset_slot slot;
    *score = 1;
    if (is_set(source))
        return set_has(&source->held.collection, member);
    if (!zset_find(&source->held.collection, member, &slot))
        return false;
    *score = slot.score;
    return true;
}

void zset_source_walk_begin(struct zset_source_walk *walk, const struct zset_source *source)
{
    walk->source = source;
    if (is_set(source))
        set_walk_begin(&walk->set, &source->held.collection);
    else
        zset_walk_begin(&walk->zset, &source->held.collection,
                        (struct zset_range){0, zset_count(&source->held.collection)}, false);
}

bool zset_source_walk_next(struct zset_source_walk *walk)
{
    struct set_member member;
    if (!is_set(walk->source)) {
        bool is_there = zset_walk_next(&walk->zset);
        walk->member = walk->zset.member;
        walk->score = walk->zset.score;
        return is_there;
    }
    if (!set_walk_next(&walk->set, &member))
        return false;
    walk->member = member.bytes;
    walk->score = 1;
    return true;
}
