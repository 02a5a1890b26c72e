/* SPDX-License-Identifier: BSD-3-Clause */
/* A key with its value, in one allocation of the store's slab:
 *
 *     8 bytes   header: access clock, prefix class, flags, key length, value length
 *     8 bytes   deadline, only when there is one
 *     key       without the prefix that its class stands for; a tail of hex digits is kept packed
 *     value     8 bytes of an integer, or the bytes, or a pointer to a blob
 *
 * Only the table points at an entry, so it may be moved: nobody keeps a pointer past the next edit of the
 * keyspace. */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include "base/hash.h"
#include "types/value.h"
#include <stdint.h>

struct entry;
struct prefix_table;

/* A key to look up, with its hash: computed once, and early, so that memory can be fetched ahead. */
struct key {
    struct bytes name;
    uint64_t hash;
};

/* Inline: returned in registers, it isn't read back as a whole before it was written in parts. */
static inline struct key key_of(struct bytes name)
{
    return (struct key){name, hash_bytes(name.data, name.len)};
}

#define NO_DEADLINE INT64_MIN

/* Strings of up to this many bytes lie in the entry, longer ones in a blob. (Packed collections always lie in
 * it.) */
#define INLINE_VALUE_MAX 7168

/* A key rebuilt from its entry: short ones in `inline_bytes`, longer ones on the heap until
 * key_name_clear. */
struct key_name {
    struct bytes bytes;
    char *heap;
    char inline_bytes[232];
};

/* The whole key of `entry`, valid until `name` is cleared or reused; the previous content of `name` needs no
 * clearing when it came from here (zero it before the first use). */
struct bytes entry_key(const struct entry *entry, const struct prefix_table *prefixes, struct key_name *name);
void key_name_clear(struct key_name *name);

/* The value, lent until the next edit of the keyspace. */
struct value entry_value(const struct entry *entry);
/* The bytes of a string that lie in the entry itself, as most do, without more work; `data` is NULL when they
 * lie elsewhere, or stand for a number. Only for strings. */
struct bytes entry_near_bytes(const struct entry *entry);
enum value_type entry_type(const struct entry *entry);

/* Monotonic milliseconds, or NO_DEADLINE. */
int64_t entry_deadline(const struct entry *entry);

unsigned entry_prefix(const struct entry *entry);

/* Bytes the entry takes: its slab slot, and its blob. */
size_t entry_size(const struct entry *entry);

/* Whether its bytes are known to be a right HyperLogLog (keyspace_found_hll). */
bool entry_is_hll(const struct entry *entry);

/* The 24 bits of access clock, in the sense that the eviction policy gives them. */
uint32_t entry_clock(const struct entry *entry);
void entry_set_clock(struct entry *entry, uint32_t clock);

#endif
