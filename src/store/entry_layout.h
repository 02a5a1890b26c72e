/* SPDX-License-Identifier: BSD-3-Clause */
/* How an entry lies in memory; only the store looks. include/store/entry.h shows the picture. */
#ifndef STORE_ENTRY_LAYOUT_H
#define STORE_ENTRY_LAYOUT_H

#include "base/slab.h"
#include "store/entry.h"
#include "store/prefix.h"
#include "types/collection.h"

/* An entry's form, what `encoding` says: of strings their encodings, or a raw one that lies in a blob; of
 * collections packed bytes, which count as raw, or a pointer to a large one. */
enum { ENTRY_INT = STRING_INT, ENTRY_EMBSTR = STRING_EMBSTR, ENTRY_RAW = STRING_RAW, ENTRY_POINTER };

struct entry {
    uint32_t clock : 24;
    uint32_t prefix : 8;
    uint32_t type : 3;
    uint32_t encoding : 2;
    uint32_t has_deadline : 1;
    uint32_t is_packed : 1;  /* the key's tail is hex digits, two to a byte; the first byte counts them */
    uint32_t is_hll : 1;     /* its bytes are known to be a right HyperLogLog; see keyspace_found_hll */
    uint32_t key_len : 8;    /* bytes as stored, or KEY_LEN_LONG */
    uint32_t value_len : 14; /* bytes in the entry */
    uint32_t epoch : 1;      /* differs from the store's: a walk has yet to hand it out */
    uint32_t has_timed_parts : 1; /* some of its value, fields of a hash, have deadlines */
};
_Static_assert(sizeof(struct entry) == 8, "the header is a word");
/* The length of a key of as many bytes, or more, is a uint32_t in front of it. */
enum { KEY_LEN_LONG = UINT8_MAX };
/* Bytes of a value that an entry has room for. */
enum { ENTRY_VALUE_MAX = COLLECTION_PACKED_MAX };
_Static_assert(ENTRY_VALUE_MAX < 1 << 14, "value_len holds it");
_Static_assert(INLINE_VALUE_MAX < ENTRY_VALUE_MAX, "only strings lie elsewhere when they are longer");
_Static_assert(INLINE_VALUE_MAX + 512 < SLAB_SIZE_MAX, "an entry with a short key fits a slab slot");

/* A key as it will be stored. */
struct stored_key {
    struct bytes name; /* without its class's prefix */
    unsigned prefix;
    unsigned packed; /* bytes that the hex tail takes; 0: not packed */
    size_t len;      /* stored bytes, with the count of packed ones, without the length of a long key */
};

/* Without a prefix table no class is looked for. */
struct stored_key stored_key_of(struct bytes name, struct prefix_table *prefixes);

/* Bytes an entry takes with this key and `value_len` bytes of value in it. */
static inline size_t entry_bytes(const struct stored_key *key, bool has_deadline, size_t value_len)
{
    return sizeof(struct entry) + (has_deadline ? 8 : 0) + (key->len >= KEY_LEN_LONG ? 4 : 0) + key->len +
           value_len;
}

static inline char *entry_key_start(const struct entry *entry)
{
    return (char *)entry + sizeof *entry + (entry->has_deadline ? 8u : 0u);
}

static inline bool entry_has_long_key(const struct entry *entry)
{
    return __builtin_expect(entry->key_len == KEY_LEN_LONG, 0);
}

static inline size_t entry_stored_key_len(const struct entry *entry)
{
    if (!entry_has_long_key(entry))
        return entry->key_len;
    uint32_t len;
    memcpy(&len, entry_key_start(entry), sizeof len);
    return len;
}

static inline const char *entry_stored_key(const struct entry *entry)
{
    return entry_key_start(entry) + (entry_has_long_key(entry) ? 4 : 0);
}

static inline char *entry_value_start(const struct entry *entry)
{
    return (char *)entry_stored_key(entry) + entry_stored_key_len(entry);
}

static inline size_t entry_total(const struct entry *entry)
{
    return (size_t)(entry_value_start(entry) - (const char *)entry) + entry->value_len;
}

static inline int64_t entry_deadline_raw(const struct entry *entry)
{
    int64_t deadline;
    memcpy(&deadline, (const char *)entry + sizeof *entry, sizeof deadline);
    return deadline;
}

/* It lives through the whole millisecond of its deadline, as in Redis: times are rounded down, so it never
 * dies early. */
static inline bool entry_is_dead(const struct entry *entry, int64_t now_ms)
{
    return entry->has_deadline && entry_deadline_raw(entry) < now_ms;
}

/* The least deadline of its value's parts; VALUE_NEVER when none has one. */
int64_t entry_parts_deadline(const struct entry *entry);

/* Whether some of its value's parts are dead. */
static inline bool entry_has_dead_parts(const struct entry *entry, int64_t now_ms)
{
    return __builtin_expect(entry->has_timed_parts, 0) && entry_parts_deadline(entry) < now_ms;
}

static inline void *entry_pointer(const struct entry *entry)
{
    void *pointer;
    memcpy(&pointer, entry_value_start(entry), sizeof pointer);
    return pointer;
}

static inline void entry_set_pointer(struct entry *entry, void *pointer)
{
    memcpy(entry_value_start(entry), &pointer, sizeof pointer);
}

/* The string's blob; NULL when it has none. */
static inline struct blob *entry_blob(const struct entry *entry)
{
    return entry->encoding == ENTRY_POINTER && entry->type == VALUE_STRING ? entry_pointer(entry) : NULL;
}

/* The large collection; NULL when it is none. */
static inline struct large *entry_large(const struct entry *entry)
{
    return entry->encoding == ENTRY_POINTER && entry->type != VALUE_STRING ? entry_pointer(entry) : NULL;
}

/* Bytes of what the entry points to; it does. */
size_t entry_pointer_size(const struct entry *entry);

/* The same; 0 when it points to nothing. */
static inline size_t entry_outside_size(const struct entry *entry)
{
    return entry->encoding == ENTRY_POINTER ? entry_pointer_size(entry) : 0;
}

/* Writes header and key; the value is the caller's to write. `memory` is entry_bytes() long. */
struct entry *entry_write(void *memory, const struct stored_key *key, int64_t deadline_ms, uint32_t clock);

/* Does `entry` have this key? */
bool entry_has_key(const struct entry *entry, struct bytes name, const struct prefix_table *prefixes);

/* The hash of its key. */
uint64_t entry_hash(const struct entry *entry, const struct prefix_table *prefixes);

#endif
