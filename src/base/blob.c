/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes shared by reference. The last unref frees, on whichever thread it happens: what one thread wrote
 * before it let go must be visible to the one that frees, hence release on the way down and acquire at the
 * last. */
#include "base/blob.h"
#include "base/alloc.h"
#include "base/panic.h"

static struct blob *make_blob(size_t len, size_t capacity, void *(*try_alloc)(size_t size))
{
    struct blob *blob;
    size_t size;
    ASSERT(len <= capacity);
    if (!size_add(sizeof(struct blob), capacity, &size))
        return NULL;
    blob = try_alloc(size);
    if (!blob)
        return NULL;
    atomic_init(&blob->references, 1);
    blob->queued = 0;
    blob->len = len;
    blob->capacity = capacity;
    return blob;
}

struct blob *blob_try_new(size_t len, size_t capacity)
{
    return make_blob(len, capacity, mem_try_alloc);
}

struct blob *blob_try_zeroed(size_t len, size_t capacity)
{
    return make_blob(len, capacity, mem_try_zalloc);
}

struct blob *blob_new(size_t len)
{
    struct blob *blob = blob_try_new(len, len);
    if (!blob)
        PANIC("Out Of Memory allocating a blob of %zu bytes", len);
    return blob;
}

struct blob *blob_try_resize(struct blob *blob, size_t capacity)
{
    struct blob *resized;
    size_t size;
    ASSERT(!blob_is_shared(blob));
    ASSERT(blob->len <= capacity);
    if (!size_add(sizeof(struct blob), capacity, &size))
        return NULL;
    resized = mem_try_realloc(blob, size);
    if (resized)
        resized->capacity = capacity;
    return resized;
}

static void fill(struct blob *blob, struct bytes bytes)
{
    if (bytes.len > 0)
        memcpy(blob->data, bytes.data, bytes.len);
}

struct blob *blob_of(struct bytes bytes)
{
    struct blob *blob = blob_new(bytes.len);
    fill(blob, bytes);
    return blob;
}

struct blob *blob_try_of(struct bytes bytes)
{
    struct blob *blob = blob_try_new(bytes.len, bytes.len);
    if (blob)
        fill(blob, bytes);
    return blob;
}

struct blob *blob_ref(struct blob *blob)
{
    atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void blob_unref(struct blob *blob)
{
    size_t references;
    if (!blob)
        return;
    references = atomic_load_explicit(&blob->references, memory_order_acquire);
    ASSERT(references > 0);
    /* Whoever holds the only reference needs no locked instruction: nobody else is there to change the
     * count. */
    if (references > 1)
        references = atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel);
    if (references == 1)
        mem_free(blob);
}
