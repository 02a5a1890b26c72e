/* SPDX-License-Identifier: BSD-3-Clause */
#include "set_access.h"

bool call_members(struct call *call, struct collection *set)
{
    return call_collection(call, call_key(call, 1), VALUE_SET, set);
}

void reply_member(struct reply *reply, const struct set_member *member)
{
    struct blob *blob = member->blob;
    if (blob)
        reply_bulk_blob(reply, blob, (size_t)(member->bytes.data - blob->data), member->bytes.len);
    else
        reply_bulk(reply, member->bytes);
}

void reply_members(struct reply *reply, const struct collection *set)
{
    struct set_walk walk;
    struct set_member member;
    set_walk_begin(&walk, set);
    while (set_walk_next(&walk, &member))
        reply_member(reply, &member);
}
