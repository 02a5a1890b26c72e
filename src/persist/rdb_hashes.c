/* SPDX-License-Identifier: BSD-3-Clause */
#include "rdb_hashes.h"
#include "base/alloc.h"
#include "base/hash.h"
#include <stdlib.h>

#define FIRST_CAPACITY  64
#define COMPARED_A_REST 64

void rdb_hashes_add(struct rdb_hashes *hashes, struct bytes bytes)
{
    if (hashes->count == hashes->capacity) {
        hashes->capacity = hashes->capacity > 0 ? 2 * hashes->capacity : FIRST_CAPACITY;
        hashes->at = mem_realloc(hashes->at, hashes->capacity * sizeof *hashes->at);
    }
    hashes->at[hashes->count++] = hash_bytes(bytes.len > 0 ? bytes.data : "", bytes.len);
}

void rdb_hashes_clear(struct rdb_hashes *hashes)
{
    mem_free(hashes->at);
    *hashes = (struct rdb_hashes){0};
}

struct sorting {
    const struct rdb_reader *reader;
    unsigned compared;
};

static int compare(const void *a, const void *b, void *context)
{
    struct sorting *sorting = context;
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    if (++sorting->compared % COMPARED_A_REST == 0)
        rdb_reader_rest(sorting->reader);
    return (left > right) - (left < right);
}

bool rdb_hashes_repeat(struct rdb_hashes *hashes, const struct rdb_reader *reader)
{
    struct sorting sorting = {.reader = reader};
    if (hashes->count < 2)
        return false;
    qsort_r(hashes->at, hashes->count, sizeof *hashes->at, compare, &sorting);
    for (size_t i = 1; i < hashes->count; i++) {
        if (hashes->at[i - 1] == hashes->at[i])
            return true;
    }
    return false;
}

bool rdb_hashes_equal(const struct rdb_hashes *a, const struct rdb_hashes *b)
{
    return a->count == b->count && (a->count == 0 || memcmp(a->at, b->at, a->count * sizeof *a->at) == 0);
}
