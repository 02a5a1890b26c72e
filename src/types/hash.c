/* SPDX-License-Identifier: BSD-3-Clause */
/* A packed hash is searched from its beginning, which is faster than a hash table as long as it is small. It
 * becomes a tree when it outgrows its limits or what may be packed at all, and never goes back. */
#include "types/hash.h"
#include "base/panic.h"
#include "rows.h"

/* Elements of a packed hash that make a field: name, value and, where one has a deadline (the tag says so), a
 * deadline, which may be empty. */
enum { NAME, VALUE, DEADLINE, PARTS_MAX };
enum { TAG_TIMED = 1 };

static size_t parts_of(struct bytes packed)
{
    return packed_tag(packed) == TAG_TIMED ? 3 : 2;
}

/* The parts of the field at offset `at`; without deadlines there is an empty one behind it. */
static bool packed_field(struct bytes packed, size_t at, struct packed_element parts[PARTS_MAX])
{
    if (!packed_at(packed, at, &parts[NAME]) || !packed_at(packed, parts[NAME].end, &parts[VALUE]))
        return false;
    size_t end = parts[VALUE].end;
    parts[DEADLINE] = (struct packed_element){{0}, end, end};
    return packed_tag(packed) != TAG_TIMED || packed_at(packed, end, &parts[DEADLINE]);
}

static bool find_packed(struct bytes packed, struct bytes name, struct packed_element parts[PARTS_MAX])
{
    return packed_find(packed, name, parts_of(packed), &parts[NAME]) &&
           packed_field(packed, parts[NAME].start, parts);
}

static int64_t deadline_in(const struct packed_element *part)
{
    int64_t deadline = 0;
    if (part->bytes.len == sizeof deadline)
        memcpy(&deadline, part->bytes.data, sizeof deadline);
    return deadline;
}

/* ---- reading ---- */

uint64_t hash_count(const struct collection *hash)
{
    return hash->large ? tree_count(&hash->large->tree) : packed_count(hash->packed) / parts_of(hash->packed);
}

static void read_packed(const struct packed_element parts[PARTS_MAX], struct hash_field *field)
{
    *field = (struct hash_field){
        .name = parts[NAME].bytes, .value = parts[VALUE].bytes, .deadline = deadline_in(&parts[DEADLINE])};
}

static void read_at(const struct tree_cursor *cursor, struct hash_field *field)
{
    struct bytes pair = tree_bytes_at(cursor);
    *field = (struct hash_field){tree_pair_key(pair), tree_pair_value(pair), tree_blob_at(cursor),
                                 tree_deadline_at(cursor)};
}

bool hash_find(const struct collection *hash, struct bytes name, struct hash_field *field)
{
    if (!hash->large) {
        struct packed_element parts[PARTS_MAX];
        if (!find_packed(hash->packed, name, parts))
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
    struct packed_element parts[PARTS_MAX];
    if (!packed_field(walk->hash->packed, walk->at, parts))
        return false;
    walk->at = parts[DEADLINE].end;
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

/* ---- deadlines ---- */

/* The field of a packed hash with the least deadline; false when none has one. */
static bool find_least(const struct collection *hash, struct hash_field *least)
{
    struct hash_walk walk;
    struct hash_field field;
    bool is_found = false;
    if (packed_tag(hash->packed) != TAG_TIMED)
        return false;
    hash_walk_begin(&walk, hash);
    while (hash_walk_next(&walk, &field)) {
        if (field.deadline && (!is_found || field.deadline < least->deadline)) {
            *least = field;
            is_found = true;
        }
    }
    return is_found;
}

int64_t hash_least_deadline(const struct collection *hash)
{
    struct hash_field least;
    if (hash->large)
        return tree_least_deadline(&hash->large->tree);
    return find_least(hash, &least) ? least.deadline : TREE_NEVER;
}

bool hash_find_due(const struct collection *hash, int64_t now, struct hash_field *field)
{
    struct tree_cursor cursor;
    if (!hash->large)
        return find_least(hash, field) && field->deadline <= now;
    if (!tree_find_due(&hash->large->tree, now, &cursor))
        return false;
    read_at(&cursor, field);
    return true;
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

static bool set_large(struct tree *tree, struct bytes name, struct bytes value, int64_t deadline)
{
    char head[TREE_PAIR_HEAD_MAX];
    struct tree_key key = tree_hash_key(name);
    struct tree_item item = tree_pair_item(key, value, head);
    struct tree_cursor cursor;
    bool is_new = !tree_find(tree, key, &cursor);
    item.deadline = deadline;
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
        (void)set_large(&hash->large->tree, field.name, field.value, field.deadline);
}

/* Makes room for a deadline of each field. False, with nothing done, when there is none. */
static bool make_timed(struct collection *hash)
{
    struct bytes packed = hash->packed;
    struct buf timed = {0};
    struct packed_element parts[PARTS_MAX];
    if (packed.len + hash_count(hash) > COLLECTION_PACKED_MAX)
        return false;
    packed_begin(&timed, TAG_TIMED);
    for (size_t at = PACKED_HEAD; packed_field(packed, at, parts); at = parts[DEADLINE].end) {
        for (size_t i = 0; i < PARTS_MAX; i++)
            packed_append(&timed, parts[i].bytes);
    }
    collection_buffer(hash)->len = 0;
    buf_append_bytes(collection_buffer(hash), buf_bytes(&timed));
    buf_clear(&timed);
    collection_packed_changed(hash);
    return true;
}

/* ---- editing ---- */

/* A deadline's element. */
static struct bytes stamp_of(const int64_t *deadline)
{
    return bytes_make(deadline, *deadline ? sizeof *deadline : 0);
}

static bool has_room(const struct collection *hash, size_t removed, size_t added)
{
    return hash->packed.len - removed + added <= COLLECTION_PACKED_MAX;
}

/* Puts `stamp` in the place of the deadline that begins at offset `at`. */
static void put_stamp(struct buf *buffer, size_t at, struct bytes stamp)
{
    struct packed_element old;
    ASSERT(packed_at(buf_bytes(buffer), at, &old));
    packed_replace(buffer, &old, stamp);
}

/* False when there is no room; the hash is as it was, but for places of deadlines. */
static bool set_packed(struct collection *hash, struct bytes name, struct bytes value, int64_t deadline,
                       bool *is_new)
{
    struct buf *buffer = collection_buffer(hash);
    struct packed_element parts[PARTS_MAX];
    if (deadline && packed_tag(hash->packed) != TAG_TIMED && !make_timed(hash))
        return false;
    bool is_timed = packed_tag(hash->packed) == TAG_TIMED;
    *is_new = !find_packed(hash->packed, name, parts);
    size_t added = packed_element_size(value.len) + (*is_new ? packed_element_size(name.len) : 0) +
                   (is_timed ? packed_element_size(stamp_of(&deadline).len) : 0);
    size_t removed = *is_new ? 0 : parts[DEADLINE].end - parts[VALUE].start;
    if (!has_room(hash, removed, added))
        return false;
    if (*is_new) {
        packed_append(buffer, name);
        packed_append(buffer, value);
        if (is_timed)
            packed_append(buffer, stamp_of(&deadline));
    } else {
        packed_replace(buffer, &parts[VALUE], value);
        if (is_timed)
            put_stamp(buffer, parts[VALUE].start + packed_element_size(value.len), stamp_of(&deadline));
    }
    collection_packed_changed(hash);
    return true;
}

bool hash_set_until(struct collection *hash, struct bytes name, struct bytes value, int64_t deadline)
{
    bool is_new, fits = is_short(hash, name, value);
    if (hash->large || !fits || !set_packed(hash, name, value, deadline, &is_new)) {
        if (!hash->large)
            enlarge(hash);
        is_new = set_large(&hash->large->tree, name, value, deadline);
    } else if (!is_few(hash)) {
        enlarge(hash);
    }
    if (hash->large && (!fits || !is_few(hash)))
        hash->large->is_named_small = false;
    return is_new;
}

/* The same for the deadline alone. */
static bool stamp_packed(struct collection *hash, struct bytes name, int64_t deadline)
{
    struct packed_element parts[PARTS_MAX];
    bool is_timed = packed_tag(hash->packed) == TAG_TIMED;
    if (!is_timed && !deadline)
        return true;
    if ((!is_timed && !make_timed(hash)) || !has_room(hash, 0, sizeof deadline))
        return false;
    ASSERT(find_packed(hash->packed, name, parts));
    packed_replace(collection_buffer(hash), &parts[DEADLINE], stamp_of(&deadline));
    collection_packed_changed(hash);
    return true;
}

void hash_set_deadline(struct collection *hash, struct bytes name, int64_t deadline)
{
    struct tree_cursor cursor;
    if (!hash->large && stamp_packed(hash, name, deadline))
        return;
    if (!hash->large)
        enlarge(hash);
    ASSERT(tree_find(&hash->large->tree, tree_hash_key(name), &cursor));
    tree_set_deadline(&cursor, deadline);
}

static bool remove_packed(struct collection *hash, struct bytes name)
{
    struct packed_element parts[PARTS_MAX];
    if (!find_packed(hash->packed, name, parts))
        return false;
    packed_remove(collection_buffer(hash), parts[NAME].start, parts[DEADLINE].end, parts_of(hash->packed));
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
    if (!value->large)
        return packed_tag(value->bytes) == TAG_TIMED ? "listpackex" : "listpack";
    if (!value->large->is_named_small)
        return "hashtable";
    return tree_least_deadline(&value->large->tree) == TREE_NEVER ? "listpack" : "listpackex";
}

static uint64_t count(const struct value *value)
{
    struct collection hash = collection_of(VALUE_HASH, value);
    return hash_count(&hash);
}

static int64_t least_deadline(const struct value *value)
{
    struct collection hash = collection_of(VALUE_HASH, value);
    return hash_least_deadline(&hash);
}

static bool remove_due(struct collection *hash, int64_t now, struct buf *name)
{
    struct hash_field field;
    if (!hash_find_due(hash, now, &field))
        return false;
    buf_append_bytes(name, field.name);
    return hash_remove(hash, (struct bytes){name->data + name->len - field.name.len, field.name.len});
}

/* Every field is found, so none is there twice. */
static void check(const struct value *value)
{
    struct collection hash = collection_of(VALUE_HASH, value);
    struct hash_walk walk;
    struct hash_field field, found;
    uint64_t seen = 0;
    ASSERT(value->large ||
           (packed_is_whole(hash.packed) && packed_count(hash.packed) % parts_of(hash.packed) == 0));
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
    .least_deadline = least_deadline,
    .remove_due = remove_due,
    .tree_kind = &tree_of_pairs,
};
