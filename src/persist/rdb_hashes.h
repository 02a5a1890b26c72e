/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes of things that may be there only once. Two different things have the same with a probability of
 * about 2^-64. */
#ifndef PERSIST_RDB_HASHES_H
#define PERSIST_RDB_HASHES_H

#include "base/bytes.h"
#include "rdb_reader.h"
#include <stdint.h>

/* Zero-initialised is empty and owns nothing. */
struct rdb_hashes {
    uint64_t *at;
    size_t count, capacity;
};

void rdb_hashes_add(struct rdb_hashes *hashes, struct bytes bytes);
void rdb_hashes_clear(struct rdb_hashes *hashes);

/* True when something was added twice. Sorts them; who reads them may rest meanwhile. */
bool rdb_hashes_repeat(struct rdb_hashes *hashes, const struct rdb_reader *reader);

/* True when both, sorted, are of the same things. */
bool rdb_hashes_equal(const struct rdb_hashes *a, const struct rdb_hashes *b);

#endif
