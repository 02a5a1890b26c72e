/* SPDX-License-Identifier: BSD-3-Clause */
/* What is pending in a group. Behind the ID's sequence stand the consumer's number, the time in eight
 * bytes, and how often it was delivered; a consumer's own has the ID alone. */
#include "stream_private.h"
#include "types/stream_group.h"

enum { PENDING_MAX = 2 * VARIED_MAX + 8 };

static void unpack(struct bytes bytes, struct stream_pending *pending)
{
    uint64_t number;
    const char *at = varied_read(bytes.data + 8, &number);
    pending->consumer = (uint32_t)number;
    memcpy(&pending->delivered_ms, at, sizeof pending->delivered_ms);
    (void)varied_read(at + sizeof pending->delivered_ms, &pending->deliveries);
}

static struct bytes pack(const struct stream_pending *pending, char to[static PENDING_MAX])
{
    char *end = varied_write(to, pending->consumer);
    memcpy(end, &pending->delivered_ms, sizeof pending->delivered_ms);
    end = varied_write(end + sizeof pending->delivered_ms, pending->deliveries);
    return bytes_make(to, (size_t)(end - to));
}

bool stream_pending_find(const struct stream_group *group, struct stream_id id,
                         struct stream_pending *pending)
{
    struct tree_cursor cursor;
    struct id_key key;
    if (!tree_find(&group->pending, id_tree_key(id, &key), &cursor))
        return false;
    pending->id = id;
    unpack(tree_bytes_at(&cursor), pending);
    return true;
}

static void consumer_gets(struct stream_consumer *consumer, struct stream_id id)
{
    struct tree_cursor cursor;
    struct id_key key;
    struct tree_key at = id_tree_key(id, &key);
    struct tree_item item = {id.ms, 0, {at.bytes}};
    if (!tree_find(&consumer->pending, at, &cursor))
        tree_insert(&cursor, &item);
}

static void consumer_loses(struct stream_consumer *consumer, struct stream_id id)
{
    struct tree_cursor cursor;
    struct id_key key;
    if (tree_find(&consumer->pending, id_tree_key(id, &key), &cursor))
        tree_remove(&cursor);
}

void stream_pending_put(struct stream *stream, struct stream_group *group,
                        const struct stream_pending *pending)
{
    struct stream_consumer *consumer = group->numbered[pending->consumer], *former = NULL;
    struct tree_cursor cursor;
    struct id_key key;
    char packed[PENDING_MAX];
    struct tree_key at = id_tree_key(pending->id, &key);
    struct tree_item item = {pending->id.ms, 0, {at.bytes, pack(pending, packed)}};
    size_t before = tree_bytes(&group->pending) + tree_bytes(&consumer->pending);
    if (tree_find(&group->pending, at, &cursor)) {
        struct stream_pending was;
        unpack(tree_bytes_at(&cursor), &was);
        former = group->numbered[was.consumer];
        tree_replace(&cursor, &item);
    } else {
        tree_insert(&cursor, &item);
    }
    if (former && former != consumer) {
        before += tree_bytes(&former->pending);
        consumer_loses(former, pending->id);
        before -= tree_bytes(&former->pending);
    }
    if (former != consumer)
        consumer_gets(consumer, pending->id);
    stream->groups->bytes += tree_bytes(&group->pending) + tree_bytes(&consumer->pending) - before;
}

bool stream_pending_remove(struct stream *stream, struct stream_group *group, struct stream_id id)
{
    struct tree_cursor cursor;
    struct stream_pending pending;
    struct id_key key;
    if (!tree_find(&group->pending, id_tree_key(id, &key), &cursor))
        return false;
    unpack(tree_bytes_at(&cursor), &pending);
    struct stream_consumer *consumer = group->numbered[pending.consumer];
    size_t before = tree_bytes(&group->pending) + tree_bytes(&consumer->pending);
    tree_remove(&cursor);
    consumer_loses(consumer, id);
    stream->groups->bytes += tree_bytes(&group->pending) + tree_bytes(&consumer->pending) - before;
    return true;
}

/* ---- what was saved ---- */

/* The number of no consumer. */
#define NOBODY UINT32_MAX

bool stream_pending_put_saved(struct stream *stream, struct stream_group *group,
                              const struct stream_pending *pending)
{
    struct tree_cursor cursor;
    struct id_key key;
    char packed[PENDING_MAX];
    struct stream_pending ownerless = *pending;
    ownerless.consumer = NOBODY;
    struct tree_key at = id_tree_key(pending->id, &key);
    struct tree_item item = {pending->id.ms, 0, {at.bytes, pack(&ownerless, packed)}};
    if (tree_find(&group->pending, at, &cursor))
        return false;
    stream->groups->bytes -= tree_bytes(&group->pending);
    tree_insert(&cursor, &item);
    stream->groups->bytes += tree_bytes(&group->pending);
    return true;
}

bool stream_pending_give_saved(struct stream *stream, struct stream_group *group,
                               struct stream_consumer *consumer, struct stream_id id)
{
    struct tree_cursor cursor;
    struct stream_pending pending = {.id = id};
    struct id_key key;
    char packed[PENDING_MAX];
    struct tree_key at = id_tree_key(id, &key);
    if (!tree_find(&group->pending, at, &cursor))
        return false;
    unpack(tree_bytes_at(&cursor), &pending);
    if (pending.consumer != NOBODY)
        return false;
    size_t before = tree_bytes(&group->pending) + tree_bytes(&consumer->pending);
    pending.consumer = consumer->number;
    tree_replace(&cursor, &(struct tree_item){id.ms, 0, {at.bytes, pack(&pending, packed)}});
    consumer_gets(consumer, id);
    stream->groups->bytes += tree_bytes(&group->pending) + tree_bytes(&consumer->pending) - before;
    return true;
}

void stream_pending_drop_ownerless(struct stream *stream, struct stream_group *group)
{
    struct tree_cursor cursor;
    struct stream_pending pending;
    uint64_t owned = 0;
    for (size_t i = 0; i < group->consumer_count; i++)
        owned += tree_count(&group->consumers[i]->pending);
    if (owned == tree_count(&group->pending))
        return;
    size_t before = tree_bytes(&group->pending);
    bool is_there = tree_seek_rank(&group->pending, 0, &cursor);
    while (is_there) {
        unpack(tree_bytes_at(&cursor), &pending);
        if (pending.consumer == NOBODY)
            tree_remove(&cursor);
        else
            (void)tree_next(&cursor);
        is_there = !tree_at_end(&cursor);
    }
    stream->groups->bytes += tree_bytes(&group->pending) - before;
}

/* ---- walking ---- */

void stream_pending_walk_begin(struct stream_pending_walk *walk, const struct tree *pending,
                               struct stream_id first)
{
    struct id_key key;
    walk->is_over = !tree_seek(pending, id_tree_key(first, &key), &walk->cursor);
}

bool stream_pending_walk_next(struct stream_pending_walk *walk, struct stream_pending *pending)
{
    if (walk->is_over)
        return false;
    struct bytes bytes = tree_bytes_at(&walk->cursor);
    pending->id = (struct stream_id){tree_order_at(&walk->cursor), id_sequence(bytes.data)};
    if (bytes.len > sizeof(uint64_t))
        unpack(bytes, pending);
    walk->is_over = !tree_next(&walk->cursor);
    return true;
}

bool stream_pending_edges(const struct tree *pending, struct stream_id *first, struct stream_id *last)
{
    struct tree_cursor cursor;
    if (tree_count(pending) == 0)
        return false;
    (void)tree_seek_rank(pending, 0, &cursor);
    *first = (struct stream_id){tree_order_at(&cursor), id_sequence(tree_bytes_at(&cursor).data)};
    (void)tree_seek_rank(pending, tree_count(pending) - 1, &cursor);
    *last = (struct stream_id){tree_order_at(&cursor), id_sequence(tree_bytes_at(&cursor).data)};
    return true;
}
