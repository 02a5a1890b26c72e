/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings edited in place: their bytes grow and shrink in the entry, or in a blob of their own. */
#include "base/number.h"
#include "figures.h"
#include "store/keyspace_edit.h"

/* A larger gap of zeros is had from the system, and lies untouched until somebody looks at it. */
#define ZEROED_GAP_MIN ((size_t)1 << 20)

/* A blob that nobody shares, with the old content cut to `len` bytes, or with room for as many. It takes the
 * place of `blob`, which holds the old content if that isn't inline, and is let go of or resized. NULL, with
 * all as it was, when there is no memory. */
static struct blob *remake_blob(struct store *store, struct blob *blob, struct bytes old, size_t len)
{
    /* A string that grows will likely grow on: twice the room, up to a megabyte more. */
    size_t room = len < (size_t)1 << 20 ? len : (size_t)1 << 20, capacity;
    size_t kept = old.len < len ? old.len : len, gap = len - kept;
    struct blob *fresh;
    if (!size_add(len, gap && old.len ? room : 0, &capacity))
        return NULL;
    /* A gap of zeros comes cheaper from the system than from here. */
    if (gap >= ZEROED_GAP_MIN && gap >= kept)
        fresh = blob_try_zeroed(len, capacity);
    else if (blob && !blob_is_shared(blob))
        return blob_try_resize(blob, capacity);
    else
        fresh = blob_try_new(kept, capacity);
    if (!fresh)
        return NULL;
    memcpy(fresh->data, old.data, kept);
    store_release_blob(store, blob);
    return fresh;
}

/* The content of a blob of its own for the entry at `slot`, with room for growth; NULL when there is no
 * memory. */
static char *edit_blob(struct keyspace *keyspace, struct table_slot slot, size_t len)
{
    struct entry *entry = table_slot_held(slot);
    struct blob *blob = entry_blob(entry);
    if (!blob || blob_is_shared(blob) || blob->capacity < len) {
        char scratch[STRING_SCRATCH];
        struct value value = entry_value(entry);
        size_t old_blob_size = entry_outside_size(entry);
        struct blob *fresh = remake_blob(keyspace->store, blob, string_bytes(&value, scratch), len);
        if (!fresh)
            return NULL;
        if (!blob)
            entry = keyspace_reshape(keyspace, slot, entry_deadline(entry), sizeof blob, 0);
        entry->encoding = ENTRY_POINTER;
        entry->is_hll = false;
        entry_set_pointer(entry, fresh);
        figures_outside_changed(keyspace, entry, old_blob_size);
        blob = fresh;
    }
    if (blob->len < len)
        memset(blob->data + blob->len, 0, len - blob->len);
    blob->len = len;
    return blob->data;
}

struct blob *keyspace_shared_blob(struct keyspace *keyspace, struct key key)
{
    const struct entry *entry = keyspace_peek(keyspace, key);
    struct blob *blob = entry ? entry_blob(entry) : NULL;
    if (!blob)
        return NULL;
    return blob_is_shared(blob) || entry_is_due(keyspace->store, entry) ? blob : NULL;
}

bool keyspace_unshare(struct keyspace *keyspace, struct key key, const struct blob *shared, struct blob *own)
{
    struct entry *entry = table_slot_item(keyspace_locate_live(keyspace, key));
    if (!entry || !shared || entry_blob(entry) != shared)
        return false;
    preserve(keyspace, entry);
    struct blob *old = entry_blob(entry);
    size_t old_size = mem_size(old);
    entry_set_pointer(entry, own);
    figures_outside_changed(keyspace, entry, old_size);
    store_release_blob(keyspace->store, old);
    return true;
}

static char *edit_inline(struct keyspace *keyspace, struct table_slot slot, size_t len)
{
    char scratch[STRING_SCRATCH];
    struct entry *entry = table_slot_held(slot);
    struct value value = entry_value(entry);
    struct bytes bytes = string_bytes(&value, scratch);
    size_t kept = bytes.len < len ? bytes.len : len;
    bool is_number = entry->encoding == ENTRY_INT;
    entry = keyspace_reshape(keyspace, slot, entry_deadline(entry), len, is_number ? 0 : kept);
    entry->encoding = ENTRY_RAW;
    char *content = entry_value_start(entry);
    if (is_number)
        memcpy(content, scratch, kept);
    memset(content + kept, 0, len - kept);
    return content;
}

/* A string of zeros at `key`, which isn't there yet. */
static char *make_zeroed(struct keyspace *keyspace, struct key key, size_t len)
{
    static const char zeros[INLINE_VALUE_MAX];
    static const struct deadline none = {.mode = DEADLINE_NONE};
    struct value value = {.type = VALUE_STRING, .encoding = STRING_RAW, .bytes = {zeros, len}};
    if (len > INLINE_VALUE_MAX) {
        value.blob = blob_try_zeroed(len, len);
        if (!value.blob)
            return NULL;
        value.bytes = blob_bytes(value.blob);
    }
    const struct entry *entry = keyspace_set(keyspace, key, value, none, NULL);
    return value.blob ? value.blob->data : entry_value_start(entry);
}

static char *edit(struct keyspace *keyspace, struct key key, size_t len, bool stays_hll)
{
    struct table_slot slot = keyspace_locate_live(keyspace, key);
    if (!slot.bucket)
        return make_zeroed(keyspace, key, len);
    struct entry *entry = table_slot_held(slot);
    preserve(keyspace, entry);
    access_clock_touch(keyspace->store, entry);
    figures_refreshed(keyspace, &key, entry);
    entry->is_hll = entry->is_hll && stays_hll;
    if (entry->encoding == ENTRY_RAW && entry->value_len == len)
        return entry_value_start(entry);
    if (len > INLINE_VALUE_MAX || entry->encoding == ENTRY_POINTER)
        return edit_blob(keyspace, slot, len);
    return edit_inline(keyspace, slot, len);
}

char *keyspace_edit_bytes(struct keyspace *keyspace, struct key key, size_t len)
{
    return edit(keyspace, key, len, false);
}

char *keyspace_edit_hll(struct keyspace *keyspace, struct key key, size_t len)
{
    return edit(keyspace, key, len, true);
}
