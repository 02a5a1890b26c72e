/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain of chunks. A reply that fits its first chunk costs no more than a small piece of memory, taken
 * from a list and put back when it was sent; long ones go on in large chunks, so that one writev carries
 * much. After a blob the room begins small again: often only the two bytes that end it follow.
 *
 * Invariants: `head` is null exactly when `tail` is; `space` is null exactly when there is no tail or the
 * tail is a blob; `queued_bytes` is the sum of `len` of all chunks but a tail that is being filled. */
#include "reply_chunk.h"
#include "base/alloc.h"
#include "base/panic.h"
#include <sys/uio.h>

enum {
    SMALL_SIZE = 1024,
    LARGE_SIZE = 16 * 1024,
    SMALL_ROOM = SMALL_SIZE - sizeof(struct reply_chunk),
    LARGE_ROOM = LARGE_SIZE - sizeof(struct reply_chunk),
    BIG_MESSAGE = 1024 * 1024, /* from here a blob counts as `largest_message` */
    TAKE_BY_COPY_MAX = 1024,
};

_Static_assert((int)SMALL_ROOM >= (int)REPLY_RESERVE_MAX, "whatever is reserved fits any chunk");

/* Chunks of one size that are not in use, the last freed first: it is still in the cache. */
struct free_list {
    struct reply_chunk *first;
    unsigned count, count_max;
    size_t room;
};

enum chunk_kind { CHUNK_BLOB, CHUNK_SMALL, CHUNK_LARGE, CHUNK_KIND_COUNT };

struct reply_pool {
    struct free_list free[CHUNK_KIND_COUNT];
    size_t message_bytes;
    size_t push_bytes; /* chunks of pushes, without messages */
};

struct reply_pool *reply_pool_new(void)
{
    struct reply_pool *pool = mem_zalloc(sizeof *pool);
    pool->free[CHUNK_BLOB] = (struct free_list){.count_max = 256, .room = 0};
    pool->free[CHUNK_SMALL] = (struct free_list){.count_max = 256, .room = SMALL_ROOM};
    pool->free[CHUNK_LARGE] = (struct free_list){.count_max = 64, .room = LARGE_ROOM};
    return pool;
}

void reply_pool_free(struct reply_pool *pool)
{
    if (!pool)
        return;
    for (int kind = 0; kind < CHUNK_KIND_COUNT; kind++) {
        struct reply_chunk *next;
        for (struct reply_chunk *chunk = pool->free[kind].first; chunk; chunk = next) {
            next = chunk->next;
            mem_free(chunk);
        }
    }
    mem_free(pool);
}

static size_t list_bytes(const struct free_list *list)
{
    return list->count * (sizeof(struct reply_chunk) + list->room);
}

size_t reply_pool_unused(const struct reply_pool *pool)
{
    size_t held = 0;
    for (int kind = 0; kind < CHUNK_KIND_COUNT; kind++)
        held += list_bytes(&pool->free[kind]);
    return held;
}

void reply_pool_trim(struct reply_pool *pool, size_t bytes)
{
    size_t held = reply_pool_unused(pool);
    for (int kind = CHUNK_KIND_COUNT - 1; kind >= 0; kind--) {
        struct free_list *list = &pool->free[kind];
        while (list->first && held > bytes) {
            struct reply_chunk *chunk = list->first;
            list->first = chunk->next;
            list->count--;
            held -= sizeof *chunk + list->room;
            mem_free(chunk);
        }
    }
}

size_t reply_pool_messages(const struct reply_pool *pool)
{
    return pool->message_bytes;
}

size_t reply_pool_pushes(const struct reply_pool *pool)
{
    return pool->push_bytes + pool->message_bytes;
}

/* ---- Single chunks ---- */

/* The list that chunks with this room live in; NULL for those made to measure. */
static struct free_list *list_of(struct reply_pool *pool, size_t capacity)
{
    for (int kind = 0; kind < CHUNK_KIND_COUNT; kind++) {
        if (pool->free[kind].room == capacity)
            return &pool->free[kind];
    }
    return NULL;
}

static void count_push(struct reply *reply, ptrdiff_t bytes)
{
    reply->push_bytes += (size_t)bytes;
    reply->pool->push_bytes += (size_t)bytes;
}

static struct reply_chunk *chunk_new(struct reply *reply, size_t capacity)
{
    struct free_list *list = list_of(reply->pool, capacity);
    struct reply_chunk *chunk;
    if (list && list->first) {
        chunk = list->first;
        list->first = chunk->next;
        list->count--;
    } else {
        chunk = mem_alloc(sizeof *chunk + capacity);
    }
    *chunk = (struct reply_chunk){.data = chunk->room, .capacity = capacity, .is_push = reply->is_pushing};
    reply->chunk_count++;
    reply->chunk_bytes += sizeof *chunk + capacity;
    if (chunk->is_push)
        count_push(reply, (ptrdiff_t)(sizeof *chunk + capacity));
    return chunk;
}

static void message_done(struct reply *reply, struct blob *blob)
{
    reply->push_bytes -= blob->len;
    if (--blob->queued == 0)
        reply->pool->message_bytes -= mem_size(blob);
}

static void chunk_free(struct reply *reply, struct reply_chunk *chunk)
{
    struct free_list *list = list_of(reply->pool, chunk->capacity);
    reply->chunk_count--;
    reply->chunk_bytes -= sizeof *chunk + chunk->capacity;
    if (chunk->blob) {
        reply->shared_bytes -= chunk->len;
        if (chunk->is_message)
            message_done(reply, chunk->blob);
    }
    if (chunk->is_push)
        count_push(reply, -(ptrdiff_t)(sizeof *chunk + chunk->capacity));
    blob_unref(chunk->blob);
    if (!list || list->count >= list->count_max) {
        mem_free(chunk);
        return;
    }
    chunk->next = list->first;
    list->first = chunk;
    list->count++;
}

/* ---- The chain's end ---- */

static bool is_being_filled(const struct reply *reply, const struct reply_chunk *chunk)
{
    return chunk == reply->tail && reply->space;
}

static size_t chunk_len(const struct reply *reply, const struct reply_chunk *chunk)
{
    return is_being_filled(reply, chunk) ? (size_t)(reply->space - chunk->data) : chunk->len;
}

/* The tail is full: its length is final. */
static void seal_tail(struct reply *reply)
{
    struct reply_chunk *tail = reply->tail;
    if (!tail || !is_being_filled(reply, tail))
        return;
    tail->len = chunk_len(reply, tail);
    reply->queued_bytes += tail->len;
    reply->space = reply->space_end = NULL;
}

/* The tail, a copied chunk whose length was final, goes on being filled. */
static void unseal_tail(struct reply *reply)
{
    struct reply_chunk *tail = reply->tail;
    reply->queued_bytes -= tail->len;
    reply->space = tail->room + tail->len;
    reply->space_end = tail->room + tail->capacity;
}

static void link_tail(struct reply *reply, struct reply_chunk *chunk)
{
    if (!reply->tail)
        reply->head = chunk;
    else
        reply->tail->next = chunk;
    reply->tail = chunk;
}

void reply_add_room(struct reply *reply, size_t len)
{
    bool is_start = !reply->tail || reply->tail->blob;
    size_t capacity = LARGE_ROOM;
    if (len > LARGE_ROOM)
        capacity = len;
    else if (is_start && len <= SMALL_ROOM)
        capacity = SMALL_ROOM;
    seal_tail(reply);
    link_tail(reply, chunk_new(reply, capacity));
    unseal_tail(reply);
}

void reply_copy(struct reply *reply, const char *data, size_t len)
{
    while (len > 0) {
        size_t part;
        if (reply_room(reply) == 0)
            reply_add_room(reply, len);
        part = reply_room(reply) < len ? reply_room(reply) : len;
        memcpy(reply->space, data, part);
        reply->space += part;
        data += part;
        len -= part;
    }
}

void reply_share(struct reply *reply, struct blob *blob, size_t offset, size_t len)
{
    struct reply_chunk *chunk = chunk_new(reply, 0);
    ASSERT(offset <= blob->len && len <= blob->len - offset);
    seal_tail(reply);
    chunk->blob = blob_ref(blob);
    chunk->data = blob->data + offset;
    chunk->len = len;
    link_tail(reply, chunk);
    reply->queued_bytes += len;
    reply->shared_bytes += len;
    if (len >= BIG_MESSAGE && len > reply->largest_message)
        reply->largest_message = len;
}

void reply_share_message(struct reply *reply, struct blob *blob)
{
    if (blob->queued++ == 0)
        reply->pool->message_bytes += mem_size(blob);
    reply->push_bytes += blob->len;
    reply_share(reply, blob, 0, blob->len);
    reply->tail->is_message = true;
}

/* ---- The whole ---- */

void reply_init(struct reply *reply, struct reply_pool *pool)
{
    *reply = (struct reply){.pool = pool, .protocol = 2};
}

/* One big blob is gone: was it the largest? */
static void forget_message(struct reply *reply, size_t len)
{
    if (len < BIG_MESSAGE || len < reply->largest_message)
        return;
    reply->largest_message = 0;
    for (const struct reply_chunk *chunk = reply->head; chunk; chunk = chunk->next) {
        if (chunk->blob && chunk->len >= BIG_MESSAGE && chunk->len > reply->largest_message)
            reply->largest_message = chunk->len;
    }
}

static void drop_head(struct reply *reply)
{
    struct reply_chunk *chunk = reply->head;
    size_t message_len = chunk->blob ? chunk->len : 0;
    if (is_being_filled(reply, chunk))
        reply->space = reply->space_end = NULL;
    else
        reply->queued_bytes -= chunk->len;
    reply->head = chunk->next;
    if (!reply->head)
        reply->tail = NULL;
    reply->head_sent = 0;
    chunk_free(reply, chunk);
    forget_message(reply, message_len);
}

void reply_clear(struct reply *reply)
{
    reply->largest_message = 0;
    while (reply->head)
        drop_head(reply);
    ASSERT(reply->queued_bytes == 0 && reply->chunk_count == 0 && reply->chunk_bytes == 0 &&
           reply->shared_bytes == 0 && reply->push_bytes == 0);
}

size_t reply_pending(const struct reply *reply)
{
    size_t open = !reply->space ? 0 : (size_t)(reply->space - reply->tail->data);
    return reply->queued_bytes + open - reply->head_sent;
}

size_t reply_memory(const struct reply *reply)
{
    return reply->chunk_bytes;
}

size_t reply_shared(const struct reply *reply)
{
    return reply->shared_bytes;
}

size_t reply_chunk_count(const struct reply *reply)
{
    return reply->chunk_count;
}

int reply_gather(const struct reply *reply, struct iovec *vectors, int max)
{
    size_t skip = reply->head_sent;
    int count = 0;
    for (const struct reply_chunk *chunk = reply->head; chunk && count < max; chunk = chunk->next) {
        size_t len = chunk_len(reply, chunk) - skip;
        if (len > 0)
            vectors[count++] = (struct iovec){(void *)(uintptr_t)(chunk->data + skip), len};
        skip = 0;
    }
    return count;
}

void reply_sent(struct reply *reply, size_t count)
{
    while (reply->head) {
        size_t left = chunk_len(reply, reply->head) - reply->head_sent;
        if (count < left) {
            reply->head_sent += count;
            return;
        }
        count -= left;
        drop_head(reply);
    }
    ASSERT(count == 0);
}

struct reply_mark reply_mark(const struct reply *reply)
{
    struct reply_chunk *tail = reply->tail;
    return (struct reply_mark){tail, !tail ? 0 : chunk_len(reply, tail)};
}

/* Frees what comes behind `last`, which becomes the tail; its own length is as it was. */
static void drop_behind(struct reply *reply, struct reply_chunk *last)
{
    struct reply_chunk *chunk = last->next;
    if (!chunk)
        return;
    seal_tail(reply);
    last->next = NULL;
    reply->tail = last;
    while (chunk) {
        struct reply_chunk *next = chunk->next;
        size_t message_len = chunk->blob ? chunk->len : 0;
        reply->queued_bytes -= chunk->len;
        chunk_free(reply, chunk);
        forget_message(reply, message_len);
        chunk = next;
    }
    if (!last->blob)
        unseal_tail(reply);
}

void reply_rollback(struct reply *reply, struct reply_mark mark)
{
    if (!mark.chunk) {
        reply_clear(reply);
        return;
    }
    drop_behind(reply, mark.chunk);
    if (reply->space) {
        ASSERT(mark.offset <= (size_t)(reply->space - mark.chunk->room));
        reply->space = mark.chunk->room + mark.offset;
    }
}

void reply_take(struct reply *to, struct reply *from)
{
    ASSERT(to->pool == from->pool && from->head_sent == 0);
    if (!from->head)
        return;
    /* A few bytes are cheaper copied than sent as a vector of their own. */
    if (from->head == from->tail && from->space && reply_pending(from) <= TAKE_BY_COPY_MAX) {
        bool was_pushing = to->is_pushing;
        to->is_pushing = from->is_pushing;
        reply_copy(to, from->head->data, reply_pending(from));
        to->is_pushing = was_pushing;
        reply_clear(from);
        return;
    }
    seal_tail(to);
    if (!to->tail)
        to->head = from->head;
    else
        to->tail->next = from->head;
    to->tail = from->tail;
    to->space = from->space;
    to->space_end = from->space_end;
    to->queued_bytes += from->queued_bytes;
    to->chunk_count += from->chunk_count;
    to->chunk_bytes += from->chunk_bytes;
    to->shared_bytes += from->shared_bytes;
    to->push_bytes += from->push_bytes;
    if (from->largest_message > to->largest_message)
        to->largest_message = from->largest_message;
    *from = (struct reply){.pool = from->pool, .protocol = from->protocol, .is_pushing = from->is_pushing};
}

/* ---- A header that is filled in later ---- */

/* Room for the longest header is left in one piece. What follows it in the same chunk, at most a large
 * chunk's worth, moves down when the header turns out shorter: cheaper than chunks of its own, which each
 * cost a vector. */
enum { LATER_ROOM = 24 };

struct reply_mark reply_later(struct reply *reply)
{
    struct reply_mark later;
    reply_reserve(reply, LATER_ROOM);
    later = reply_mark(reply);
    reply->space += LATER_ROOM;
    return later;
}

void reply_fill_later(struct reply *reply, struct reply_mark later, const char *header, size_t len)
{
    struct reply_chunk *chunk = later.chunk;
    char *at = chunk->room + later.offset;
    size_t surplus = LATER_ROOM - len;
    size_t end = chunk_len(reply, chunk);
    ASSERT(len <= LATER_ROOM && later.offset + LATER_ROOM <= end);
    memcpy(at, header, len);
    memmove(at + len, at + LATER_ROOM, end - later.offset - LATER_ROOM);
    if (is_being_filled(reply, chunk)) {
        reply->space -= surplus;
    } else {
        chunk->len -= surplus;
        reply->queued_bytes -= surplus;
    }
}
