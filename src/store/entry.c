/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing entries. Keys are stored without their class's prefix, and a tail of lower-case hex
 * digits (session ids often are that) as half as many bytes. Both are undone and compared without building
 * the key. */
#include "base/alloc.h"
#include "base/hash.h"
#include "entry_layout.h"
#include "packed_hex.h"
#include "types/large.h"

/* Fewer digits than this are not worth the byte that counts them. */
#define PACKED_DIGITS_MIN 8
#define PACKED_MAX        UINT8_MAX

struct stored_key stored_key_of(struct bytes name, struct prefix_table *prefixes)
{
    struct stored_key key = {.name = name};
    if (prefixes) {
        key.prefix = prefix_classify(prefixes, name);
        size_t skip = prefixes->classes[key.prefix].len;
        key.name = (struct bytes){name.data + skip, name.len - skip};
    }
    key.len = key.name.len;
    size_t digits = hex_digits_at_end(key.name.data, key.name.len, 2 * PACKED_MAX);
    if (digits > 2 * PACKED_MAX)
        digits = 2 * PACKED_MAX;
    if (digits >= PACKED_DIGITS_MIN) {
        key.packed = (unsigned)(digits / 2);
        key.len = key.name.len - key.packed + 1;
    }
    return key;
}

static void write_key(char *to, const struct stored_key *key)
{
    if (!key->packed) {
        memcpy(to, key->name.data, key->name.len);
        return;
    }
    size_t head = key->name.len - 2 * (size_t)key->packed;
    *to++ = (char)key->packed;
    memcpy(to, key->name.data, head);
    to += head;
    hex_pack(to, key->name.data + head, key->packed);
}

struct entry *entry_write(void *memory, const struct stored_key *key, int64_t deadline_ms, uint32_t clock)
{
    struct entry *entry = memory;
    *entry = (struct entry){.clock = clock & 0xffffff,
                            .prefix = key->prefix & 0xff,
                            .has_deadline = deadline_ms != NO_DEADLINE,
                            .is_packed = key->packed != 0,
                            .key_len = key->len < KEY_LEN_LONG ? key->len & 0xff : KEY_LEN_LONG};
    char *at = (char *)memory + sizeof *entry;
    if (entry->has_deadline) {
        memcpy(at, &deadline_ms, sizeof deadline_ms);
        at += sizeof deadline_ms;
    }
    if (entry_has_long_key(entry)) {
        uint32_t len = (uint32_t)key->len;
        memcpy(at, &len, sizeof len);
        at += sizeof len;
    }
    write_key(at, key);
    return entry;
}

/* For the few bytes that prefixes and heads are, in place of a call; the last step may overlap with what was
 * compared. */
static inline bool is_same(const char *a, const char *b, size_t len)
{
    if (len >= 8) {
        for (size_t at = 0;; at = at + 16 <= len ? at + 8 : len - 8) {
            if (load_8_bytes(a + at) != load_8_bytes(b + at))
                return false;
            if (at + 8 == len)
                return true;
        }
    }
    if (len >= 4)
        return load_4_bytes(a) == load_4_bytes(b) && load_4_bytes(a + len - 4) == load_4_bytes(b + len - 4);
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

bool entry_has_key(const struct entry *entry, struct bytes name, const struct prefix_table *prefixes)
{
    const struct prefix_class *class = &prefixes->classes[entry->prefix];
    size_t len = entry_stored_key_len(entry);
    const char *stored = entry_stored_key(entry);
    if (!entry->is_packed)
        return class->len + len == name.len && memcmp(name.data, class->text, class->len) == 0 &&
               memcmp(name.data + class->len, stored, len) == 0;
    size_t packed = (unsigned char)*stored++, head = len - 1 - packed;
    return class->len + head + 2 * packed == name.len && is_same(name.data, class->text, class->len) &&
           is_same(name.data + class->len, stored, head) &&
           hex_unpacked_is(stored + head, packed, name.data + class->len + head);
}

void key_name_clear(struct key_name *name)
{
    mem_free(name->heap);
    name->heap = NULL;
}

struct bytes entry_key(const struct entry *entry, const struct prefix_table *prefixes, struct key_name *name)
{
    const struct prefix_class *class = &prefixes->classes[entry->prefix];
    size_t len = entry_stored_key_len(entry);
    const char *stored = entry_stored_key(entry);
    size_t packed = entry->is_packed ? (unsigned char)*stored++ : 0;
    size_t head = entry->is_packed ? len - 1 - packed : len;
    size_t whole = class->len + head + 2 * packed;
    key_name_clear(name);
    char *to = name->inline_bytes;
    _Static_assert(sizeof name->inline_bytes >= PREFIX_LEN_MAX, "any prefix has room");
    if (whole > sizeof name->inline_bytes)
        to = name->heap = mem_alloc(whole);
    /* All of it, since a copy of fixed size is a few moves; what is too much is written over. */
    memcpy(to, class->text, sizeof class->text);
    memcpy(to + class->len, stored, head);
    hex_unpack(to + class->len + head, stored + head, packed);
    return name->bytes = (struct bytes){to, whole};
}

uint64_t entry_hash(const struct entry *entry, const struct prefix_table *prefixes)
{
    struct key_name name;
    name.heap = NULL;
    struct bytes key = entry_key(entry, prefixes, &name);
    uint64_t hash = hash_bytes(key.data, key.len);
    key_name_clear(&name);
    return hash;
}

struct value entry_value(const struct entry *entry)
{
    struct value value = {.type = (enum value_type)entry->type, .encoding = STRING_RAW};
    if (entry->encoding == ENTRY_INT) {
        value.encoding = STRING_INT;
        memcpy(&value.integer, entry_value_start(entry), sizeof value.integer);
    } else if (entry->encoding == ENTRY_POINTER && entry->type == VALUE_STRING) {
        value.blob = entry_pointer(entry);
        value.bytes = blob_bytes(value.blob);
    } else if (entry->encoding == ENTRY_POINTER) {
        value.large = entry_pointer(entry);
    } else {
        value.encoding = (enum string_encoding)entry->encoding;
        value.bytes = (struct bytes){entry_value_start(entry), entry->value_len};
    }
    return value;
}

struct bytes entry_near_bytes(const struct entry *entry)
{
    if (entry->encoding == ENTRY_INT || entry->encoding == ENTRY_POINTER)
        return (struct bytes){0};
    return (struct bytes){entry_value_start(entry), entry->value_len};
}

int64_t entry_parts_deadline(const struct entry *entry)
{
    struct value value = entry_value(entry);
    return value_least_deadline(&value);
}

enum value_type entry_type(const struct entry *entry)
{
    return (enum value_type)entry->type;
}

int64_t entry_deadline(const struct entry *entry)
{
    return entry->has_deadline ? entry_deadline_raw(entry) : NO_DEADLINE;
}

unsigned entry_prefix(const struct entry *entry)
{
    return entry->prefix;
}

size_t entry_size(const struct entry *entry)
{
    return slab_slot_size(entry_total(entry)) + entry_outside_size(entry);
}

size_t entry_pointer_size(const struct entry *entry)
{
    if (entry->type == VALUE_STRING)
        return mem_size(entry_pointer(entry));
    return large_memory(entry_pointer(entry));
}

bool entry_is_hll(const struct entry *entry)
{
    return entry->is_hll;
}

uint32_t entry_clock(const struct entry *entry)
{
    return entry->clock;
}

void entry_set_clock(struct entry *entry, uint32_t clock)
{
    entry->clock = clock & 0xffffff;
}
