/* SPDX-License-Identifier: BSD-3-Clause */
/* Packing elements in a leaf: see tree_node.h for how it is laid out. */
#include "base/alloc.h"
#include "base/panic.h"
#include "tree_node.h"

_Static_assert(sizeof(struct tree_node) == 16, "orders of eight bytes follow a leaf's header");
_Static_assert(LIST_LEAF_MAX <= END_MASK, "an element's end fits beside the flags");
/* A leaf that is halved has room for one more element in either half. */
_Static_assert(LEAF_MAX / 2 + 2 * (TREE_INLINE_MAX + 18) < LEAF_MAX, "elements are small beside a leaf");

/* A copy takes no more than its original, even if the allocator set aside more. */
struct tree_node *leaf_new(uint8_t order_size, size_t size)
{
    struct tree_node *leaf = mem_alloc(size);
    size_t usable = mem_size(leaf);
    atomic_init(&leaf->references, 1);
    leaf->height = 0;
    leaf->order_size = order_size;
    leaf->size = (uint16_t)(usable < leaf_max(leaf) ? usable : leaf_max(leaf));
    leaf->count = leaf->used = leaf->deadlines = leaf->blobs = 0;
    return leaf;
}

static unsigned char *leaf_back(const struct tree_node *leaf)
{
    return (unsigned char *)(uintptr_t)leaf + leaf->size;
}

/* ---- Elements ---- */

static struct bytes stored_bytes(const struct tree_node *leaf, size_t i)
{
    size_t end = leaf_ends(leaf)[i] & END_MASK;
    return bytes_make(leaf_back(leaf) - end, end - leaf_start(leaf, i));
}

int64_t leaf_deadline(const struct tree_node *leaf, size_t i)
{
    int64_t deadline = 0;
    if (leaf_ends(leaf)[i] & END_DEADLINE)
        memcpy(&deadline, stored_bytes(leaf, i).data, sizeof deadline);
    return deadline;
}

static struct bytes behind_deadline(const struct tree_node *leaf, size_t i)
{
    struct bytes bytes = stored_bytes(leaf, i);
    if (!(leaf_ends(leaf)[i] & END_DEADLINE))
        return bytes;
    return bytes_make(bytes.data + sizeof(int64_t), bytes.len - sizeof(int64_t));
}

struct blob *leaf_blob(const struct tree_node *leaf, size_t i)
{
    struct blob *blob = NULL;
    if (leaf_ends(leaf)[i] & END_BLOB)
        memcpy(&blob, behind_deadline(leaf, i).data, sizeof(void *));
    return blob;
}

struct bytes leaf_bytes(const struct tree_node *leaf, size_t i)
{
    if (leaf_ends(leaf)[i] & END_BLOB)
        return blob_bytes(leaf_blob(leaf, i));
    return behind_deadline(leaf, i);
}

int64_t leaf_least(const struct tree_node *leaf, size_t *i)
{
    int64_t least = TREE_NEVER;
    for (size_t at = 0, left = leaf->deadlines; left > 0; at++) {
        if (!(leaf_ends(leaf)[at] & END_DEADLINE))
            continue;
        left--;
        int64_t deadline = leaf_deadline(leaf, at);
        if (deadline < least || left + 1 == leaf->deadlines) {
            least = deadline;
            *i = at;
        }
    }
    return least;
}

/* ---- One element in, one out ---- */

static size_t length_of_parts(const struct tree_item *item)
{
    size_t len = 0;
    for (size_t i = 0; i < TREE_ITEM_PARTS; i++)
        ASSERT(size_add(len, item->parts[i].len, &len));
    return len;
}

static void write_parts(char *to, const struct bytes *parts)
{
    for (size_t i = 0; i < TREE_ITEM_PARTS; i++) {
        if (parts[i].len > 0)
            memcpy(to, parts[i].data, parts[i].len);
        to += parts[i].len;
    }
}

static struct tree_stored stored_as(const struct tree_item *item, struct blob *blob, size_t len)
{
    size_t size = (blob ? sizeof blob : len) + (item->deadline ? sizeof item->deadline : 0);
    int flags = (blob ? END_BLOB : 0) | (item->deadline ? END_DEADLINE : 0);
    return (struct tree_stored){item->order, item->deadline,  blob,
                                item->parts, (uint16_t)flags, (uint16_t)size};
}

struct tree_stored leaf_store(const struct tree_item *item)
{
    size_t len = length_of_parts(item);
    if (len <= TREE_INLINE_MAX)
        return stored_as(item, NULL, len);
    struct blob *blob = blob_new(len);
    write_parts(blob->data, item->parts);
    return stored_as(item, blob, len);
}

struct tree_stored leaf_store_blob(const struct tree_item *item, struct blob *blob)
{
    return stored_as(item, blob, blob->len);
}

static void write_stored(struct tree_node *leaf, size_t i, const struct tree_stored *stored)
{
    char *to = (char *)(uintptr_t)stored_bytes(leaf, i).data;
    if (stored->flags & END_DEADLINE) {
        memcpy(to, &stored->deadline, sizeof stored->deadline);
        to += sizeof stored->deadline;
        leaf->deadlines++;
    }
    if (stored->flags & END_BLOB) {
        memcpy(to, &stored->blob, sizeof stored->blob);
        leaf->blobs++;
    } else {
        write_parts(to, stored->parts);
    }
}

static void write_order(const struct tree_node *leaf, size_t i, uint64_t order)
{
    void *body = leaf_body(leaf);
    if (leaf->order_size == 4)
        ((uint32_t *)body)[i] = (uint32_t)order;
    else if (leaf->order_size == 8)
        ((uint64_t *)body)[i] = order;
}

static void move_ends(uint16_t *ends, size_t count, int by)
{
    for (size_t i = 0; i < count; i++)
        ends[i] = (uint16_t)(ends[i] + by);
}

/* The orders in front of the ends become one more: the ends make room for them first. */
void leaf_insert(struct tree_node *leaf, size_t i, const struct tree_stored *stored)
{
    size_t start = leaf_start(leaf, i), after = leaf->count - i, width = leaf->order_size;
    unsigned char *back = leaf_back(leaf), *body = leaf_body(leaf);
    uint16_t *ends = leaf_ends(leaf), *moved = (uint16_t *)(void *)((unsigned char *)ends + width);
    ASSERT(leaf_need(leaf) + leaf_extra(leaf) + stored->size <= leaf->size);
    memmove(back - leaf->used - stored->size, back - leaf->used, leaf->used - start);
    memmove(moved + i + 1, ends + i, after * sizeof *ends);
    memmove(moved, ends, i * sizeof *ends);
    memmove(body + (i + 1) * width, body + i * width, after * width);
    moved[i] = (uint16_t)((start + stored->size) | stored->flags);
    move_ends(moved + i + 1, after, stored->size);
    leaf->count++;
    leaf->used = (uint16_t)(leaf->used + stored->size);
    write_order(leaf, i, stored->order);
    write_stored(leaf, i, stored);
}

static void forget_flags(struct tree_node *leaf, size_t i)
{
    uint16_t end = leaf_ends(leaf)[i];
    if (end & END_DEADLINE)
        leaf->deadlines--;
    if (end & END_BLOB)
        leaf->blobs--;
}

static size_t let_go_of_blob(struct tree_node *leaf, size_t i)
{
    struct blob *blob = leaf_blob(leaf, i);
    if (!blob)
        return 0;
    size_t bytes = mem_size(blob);
    blob_unref(blob);
    return bytes;
}

size_t leaf_remove(struct tree_node *leaf, size_t i)
{
    size_t bytes = let_go_of_blob(leaf, i), after = leaf->count - i - 1u, width = leaf->order_size;
    size_t start = leaf_start(leaf, i), end = leaf_ends(leaf)[i] & END_MASK, size = end - start;
    unsigned char *back = leaf_back(leaf), *body = leaf_body(leaf);
    uint16_t *ends = leaf_ends(leaf), *moved = (uint16_t *)(void *)((unsigned char *)ends - width);
    forget_flags(leaf, i);
    memmove(back - leaf->used + size, back - leaf->used, leaf->used - end);
    memmove(body + i * width, body + (i + 1) * width, after * width);
    memmove(moved, ends, i * sizeof *ends);
    memmove(moved + i, ends + i + 1, after * sizeof *ends);
    move_ends(moved + i, after, -(int)size);
    leaf->count--;
    leaf->used = (uint16_t)(leaf->used - size);
    return bytes;
}

bool leaf_overwrite(struct tree_node *leaf, size_t i, const struct tree_stored *stored)
{
    uint16_t end = leaf_ends(leaf)[i];
    if ((end & END_BLOB) || (stored->flags & END_BLOB) || stored_bytes(leaf, i).len != stored->size)
        return false;
    forget_flags(leaf, i);
    leaf_ends(leaf)[i] = (uint16_t)((end & END_MASK) | stored->flags);
    write_order(leaf, i, stored->order);
    write_stored(leaf, i, stored);
    return true;
}

/* ---- Many elements ---- */

static void count_flags(struct tree_node *leaf, size_t first)
{
    const uint16_t *ends = leaf_ends(leaf);
    for (size_t i = first; i < leaf->count; i++) {
        leaf->deadlines = (uint16_t)(leaf->deadlines + !!(ends[i] & END_DEADLINE));
        leaf->blobs = (uint16_t)(leaf->blobs + !!(ends[i] & END_BLOB));
    }
}

void leaf_append(struct tree_node *leaf, const struct tree_node *from, size_t first, size_t count)
{
    size_t width = leaf->order_size, before = leaf->count, start = leaf_start(from, first);
    size_t size = leaf_start(from, first + count) - start;
    unsigned char *body = leaf_body(leaf);
    ASSERT(leaf_need(leaf) + count * leaf_extra(leaf) + size <= leaf->size);
    memmove(body + (before + count) * width, leaf_ends(leaf), before * sizeof(uint16_t));
    memcpy(body + before * width, leaf_body(from) + first * width, count * width);
    memcpy(leaf_back(leaf) - leaf->used - size, leaf_back(from) - start - size, size);
    leaf->count = (uint16_t)(before + count);
    memcpy(leaf_ends(leaf) + before, leaf_ends(from) + first, count * sizeof(uint16_t));
    move_ends(leaf_ends(leaf) + before, count, (int)leaf->used - (int)start);
    leaf->used = (uint16_t)(leaf->used + size);
    if (from->deadlines || from->blobs)
        count_flags(leaf, before);
}

struct tree_node *leaf_of_range(const struct tree_node *from, size_t first, size_t count, size_t room)
{
    size_t size = leaf_start(from, first + count) - leaf_start(from, first);
    struct tree_node *leaf =
        leaf_new(from->order_size, sizeof *leaf + count * leaf_extra(from) + size + room);
    leaf_append(leaf, from, first, count);
    return leaf;
}

size_t leaf_half(const struct tree_node *leaf)
{
    size_t half = (leaf_need(leaf) - sizeof *leaf) / 2, i = 1;
    while (i + 1u < leaf->count && leaf_start(leaf, i) + i * leaf_extra(leaf) < half)
        i++;
    return i;
}
