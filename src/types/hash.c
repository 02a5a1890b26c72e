/* SPDX-License-Identifier: BSD-3-Clause */
/* A packed hash is searched from its beginning, which is faster than a hash table as long as it is small. It
 * becomes a tree when it outgrows its limits or what may be packed at all, and never goes back. */
#include "types/hash.h"
#include "base/panic.h"
#include "rows.h"

/* Elements of a packed hash that make a field. */
enum { PARTS = 2 };

static bool has_packed(struct bytes packed, struct bytes name, struct packed_element parts[PARTS])
{
    return packed_find(packed, name, PARTS, &parts[0]) && packed_at(packed, parts[0].end, &parts[1]);
}

/* ---- reading ---- */

uint64_t hash_count(const struct collection *hash)
{
    return hash->large ? tree_count(&hash->large->tree) : packed_count(hash->packed) / PARTS;
}

static void read_packed(const struct packed_element parts[PARTS], struct hash_field *field)
{
    *field = (struct hash_field){parts[0].bytes, parts[1].bytes, NULL};
}

static void read_at(const struct tree_cursor *cursor, struct hash_field *field)
{
    struct bytes pair = tree_bytes_at(cursor);
    *field = (struct hash_field){tree_pair_key(pair), tree_pair_value(pair), tree_blob_at(cursor)};
}

bool hash_find(const struct collection *hash, struct bytes name, struct hash_field *field)
{
    if (!hash->large) {
        struct packed_element parts[PARTS];
        if (!has_packed(hash->packed, name, parts))
            return false;
        read_packed(parts, field);
        return true;
    }
    struct tree_cursor cursor;
    if (!tree_find(&hash->large->tree, tree_hash_key(name), &cursor))
        return false;
    read_at(&cursor, field);
    return true;
}

/* ---- walking ---- */

void hash_walk_begin(struct hash_walk *walk, const struct collection *hash)
{
    hash_walk_scan(walk, hash, 0);
}

void hash_walk_scan(struct hash_walk *walk, const struct collection *hash, uint64_t cursor)
{
    walk->hash = hash;
    walk->at = PACKED_HEAD;
    walk->rank = 0;
    if (!hash->large)
        return;
    if (cursor <= UINT32_MAX)
        (void)tree_seek(&hash->large->tree, (struct tree_key){.order = cursor}, &walk->cursor);
    else
        (void)tree_seek_rank(&hash->large->tree, UINT64_MAX, &walk->cursor);
}

uint64_t hash_walk_cursor(const struct hash_walk *walk)
{
    if (!walk->hash->large || tree_at_end(&walk->cursor))
        return 0;
    return tree_order_at(&walk->cursor);
}

static bool next_packed(struct hash_walk *walk, struct hash_field *field)
{
    struct packed_element parts[PARTS];
    size_t at = walk->at;
    for (size_t i = 0; i < PARTS; i++) {
        if (!packed_at(walk->hash->packed, at, &parts[i]))
            return false;
        at = parts[i].end;
    }
    walk->at = at;
    walk->rank++;
    read_packed(parts, field);
    return true;
}

bool hash_walk_next(struct hash_walk *walk, struct hash_field *field)
{
    if (!walk->hash->large)
        return next_packed(walk, field);
    if (tree_at_end(&walk->cursor))
        return false;
    read_at(&walk->cursor, field);
    (void)tree_next(&walk->cursor);
    return true;
}

void hash_walk_seek(struct hash_walk *walk, uint64_t rank)
{
    if (walk->hash->large) {
        (void)tree_seek_rank(&walk->hash->large->tree, rank, &walk->cursor);
        return;
    }
    struct hash_field passed;
    if (rank < walk->rank)
        hash_walk_begin(walk, walk->hash);
    while (walk->rank < rank && next_packed(walk, &passed)) {
    }
}

/* ---- growing ---- */

static bool is_short(const struct collection *hash, struct bytes name, struct bytes value)
{
    return (int64_t)name.len <= hash->limits.len && (int64_t)value.len <= hash->limits.len;
}

static bool is_few(const struct collection *hash)
{
    return (int64_t)hash_count(hash) <= hash->limits.count;
}

static bool set_large(struct tree *tree, struct bytes name, struct bytes value)
{
    char head[TREE_PAIR_HEAD_MAX];
    struct tree_key key = tree_hash_key(name);
    struct tree_item item = tree_pair_item(key, value, head);
    struct tree_cursor cursor;
    bool is_new = !tree_find(tree, key, &cursor);
    if (is_new)
        tree_insert(&cursor, &item);
    else
        tree_replace(&cursor, &item);
    return is_new;
}

/* Makes the packed hash a tree. */
static void enlarge(struct collection *hash)
{
    struct collection packed = *hash;
    struct hash_walk walk;
    struct hash_field field;
    collection_enlarge(hash);
    hash->large->is_named_small = true;
    hash_walk_begin(&walk, &packed);
    while (hash_walk_next(&walk, &field))
        (void)set_large(&hash->large->tree, field.name, field.value);
}

/* ---- editing ---- */

/* False, with nothing done, when there is no room. */
static bool set_packed(struct collection *hash, struct bytes name, struct bytes value, bool *is_new)
{
    struct buf *buffer = hash->buffer;
    struct packed_element parts[PARTS];
    *is_new = !has_packed(hash->packed, name, parts);
    size_t added = packed_element_size(value.len) + (*is_new ? packed_element_size(name.len) : 0);
    size_t removed = *is_new ? 0 : parts[1].end - parts[1].start;
    if (buffer->len - removed + added > COLLECTION_PACKED_MAX)
        return false;
    if (*is_new) {
        packed_append(buffer, name);
        packed_append(buffer, value);
    } else {
        packed_replace(buffer, &parts[1], value);
    }
    collection_packed_changed(hash);
    return true;
}

bool hash_set(struct collection *hash, struct bytes name, struct bytes value)
{
    bool is_new, fits = is_short(hash, name, value);
    if (hash->large || !fits || !set_packed(hash, name, value, &is_new)) {
        if (!hash->large)
            enlarge(hash);
        is_new = set_large(&hash->large->tree, name, value);
    } else if (!is_few(hash)) {
        enlarge(hash);
    }
    if (hash->large && (!fits || !is_few(hash)))
        hash->large->is_named_small = false;
    return is_new;
}

static bool remove_packed(struct collection *hash, struct bytes name)
{
    struct packed_element parts[PARTS];
    if (!has_packed(hash->packed, name, parts))
        return false;
    packed_remove(hash->buffer, parts[0].start, parts[PARTS - 1].end, PARTS);
    collection_packed_changed(hash);
    return true;
}

bool hash_remove(struct collection *hash, struct bytes name)
{
    if (!hash->large)
        return remove_packed(hash, name);
    struct tree_cursor cursor;
    bool is_there = tree_find(&hash->large->tree, tree_hash_key(name), &cursor);
    if (is_there)
        tree_remove(&cursor);
    return is_there;
}

/* ---- what all types have ---- */

static const char *encoding_name(const struct value *value)
{
    return value->large && !value->large->is_named_small ? "hashtable" : "listpack";
}

static uint64_t count(const struct value *value)
{
    struct collection hash = collection_of(VALUE_HASH, value);
    return hash_count(&hash);
}

/* Every field is found, so none is there twice. */
static void check(const struct value *value)
{
    struct collection hash = collection_of(VALUE_HASH, value);
    struct hash_walk walk;
    struct hash_field field, found;
    uint64_t seen = 0;
    ASSERT(value->large || (packed_is_whole(hash.packed) && packed_count(hash.packed) % PARTS == 0));
    hash_walk_begin(&walk, &hash);
    for (; hash_walk_next(&walk, &field); seen++)
        ASSERT(hash_find(&hash, field.name, &found) && found.name.data == field.name.data);
    ASSERT(seen == hash_count(&hash));
}

const struct value_row hash_row = {
    .name = "hash",
    .number = 4,
    .encoding_name = encoding_name,
    .count = count,
    .check = check,
    .tree_kind = &tree_of_pairs,
};
