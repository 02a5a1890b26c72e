/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_source.h"

static bool is_set(const struct zset_source *source)
{
    return source->collection.type == VALUE_SET;
}

bool call_zset_source(struct call *call, struct key key, struct zset_source *source)
{
    const struct entry *entry = call_find(call, key);
    struct value value;
    source->weight = 1;
    source->collection = collection_of(VALUE_ZSET, NULL);
    if (!entry)
        return true;
    value = entry_value(entry);
    if (value.type != VALUE_ZSET && value.type != VALUE_SET) {
        call_error(call, ERR_WRONG_TYPE);
        return false;
    }
    source->collection = collection_of(value.type, &value);
    return true;
}

uint64_t zset_source_count(const struct zset_source *source)
{
    return is_set(source) ? set_count(&source->collection) : zset_count(&source->collection);
}

bool zset_source_score(const struct zset_source *source, struct bytes member, double *score)
{
    struct zset_slot slot;
    *score = 1;
    if (is_set(source))
        return set_has(&source->collection, member);
    if (!zset_find(&source->collection, member, &slot))
        return false;
    *score = slot.score;
    return true;
}

void zset_source_walk_begin(struct zset_source_walk *walk, const struct zset_source *source)
{
    walk->source = source;
    if (is_set(source))
        set_walk_begin(&walk->set, &source->collection);
    else
        zset_walk_begin(&walk->zset, &source->collection,
                        (struct zset_range){0, zset_count(&source->collection)}, false);
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
