/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes shared by reference: a large value on its way out, a published message, a snapshot's chunk. The count
 * is atomic, since helper threads hold blobs too. Bytes may be written only while there is one reference. */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H

#include "base/bytes.h"
#include <stdatomic.h>

struct blob {
    atomic_size_t references;
    size_t queued; /* of a message: in how many replies it waits; for the thread that writes these alone */
    size_t len, capacity;
    char data[];
};

/* One reference, `len` bytes of undefined content. Aborts when there is no memory. */
struct blob *blob_new(size_t len);

/* Likewise with room for `capacity` bytes; NULL when there is no memory. */
struct blob *blob_try_new(size_t len, size_t capacity);

/* The same with content of zeros. Of a large one these cost nothing until they are touched: they are the
 * system's. */
struct blob *blob_try_zeroed(size_t len, size_t capacity);

/* Changes the capacity of a blob that nobody shares; NULL (and `blob` as it was) when there is no memory. */
struct blob *blob_try_resize(struct blob *blob, size_t capacity);

/* A copy of `bytes`; the second gives NULL when there is no memory. */
struct blob *blob_of(struct bytes bytes);
struct blob *blob_try_of(struct bytes bytes);
struct blob *blob_ref(struct blob *blob);
void blob_unref(struct blob *blob);

static inline struct bytes blob_bytes(const struct blob *blob)
{
    return (struct bytes){blob->data, blob->len};
}

static inline bool blob_is_shared(const struct blob *blob)
{
    return atomic_load_explicit(&blob->references, memory_order_acquire) > 1;
}

#endif
