/* SPDX-License-Identifier: BSD-3-Clause */
/* Digests of values, equal when contents are (Redis computes the same ones), those of large collections in
 * steps. */
#ifndef COMMANDS_VALUE_DIGEST_H
#define COMMANDS_VALUE_DIGEST_H

#include "base/digest.h"
#include "store/store.h"
#include "types/hash.h"
#include "types/sequence.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

/* Zero-initialised: of nothing. */
struct digest {
    unsigned char bytes[SHA1_SIZE];
};

/* Order doesn't matter ... */
void digest_add(struct digest *digest, struct bytes bytes);
/* ... or it does. */
void digest_mix(struct digest *digest, struct bytes bytes);
void digest_mix_number(struct digest *digest, uint32_t number);
void digest_print(const struct digest *digest, char hex[static SHA1_HEX_SIZE + 1]);

/* That of an entry's value in the making; it stays where it is while it is made. */
struct value_digest {
    struct digest digest;
    struct value value; /* a large collection that is held; of others no more is to be done */
    bool has_deadline;
    struct collection collection;
    union {
        struct hash_walk hash;
        struct set_walk set;
        struct zset_walk zset;
        struct sequence_walk list;
        struct stream_walk stream;
    } walk;
};

/* Mixes the value into what `digest` is so far. True when that was all. */
bool value_digest_begin(struct value_digest *digest, const struct entry *entry);
/* Goes on with so many elements; true when that was all. */
bool value_digest_some(struct value_digest *digest, int count);
/* Lets go of what is held, done or not. */
void value_digest_clear(struct value_digest *digest, struct store *store);

#endif
