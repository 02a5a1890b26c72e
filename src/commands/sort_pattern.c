/* SPDX-License-Identifier: BSD-3-Clause */
#include "sort_pattern.h"
#include "types/hash.h"

bool sort_pattern_has_key(struct bytes pattern)
{
    return bytes_index_of(pattern, '*') < pattern.len;
}

/* Cuts "->field" off what is behind the star. An arrow that no field follows is a part of the key. */
static bool cut_field(struct bytes *behind, struct bytes *field)
{
    for (size_t i = 0; i + 2 < behind->len; i++) {
        if (behind->data[i] != '-' || behind->data[i + 1] != '>')
            continue;
        *field = bytes_make(behind->data + i + 2, behind->len - i - 2);
        behind->len = i;
        return true;
    }
    return false;
}

static bool take_string(const struct entry *entry, struct sort_found *found)
{
    if (entry_type(entry) != VALUE_STRING)
        return false;
    struct value value = entry_value(entry);
    found->bytes = string_bytes(&value, found->scratch);
    found->blob = value.blob;
    return true;
}

static bool take_field(const struct entry *entry, struct bytes name, struct sort_found *found)
{
    struct hash_field field;
    if (entry_type(entry) != VALUE_HASH)
        return false;
    struct value value = entry_value(entry);
    struct collection hash = collection_of(VALUE_HASH, &value);
    if (!hash_find(&hash, name, &field))
        return false;
    found->bytes = field.value;
    found->blob = field.blob;
    return true;
}

bool sort_pattern_find(struct call *call, struct bytes pattern, struct bytes element,
                       struct sort_found *found)
{
    size_t star = bytes_index_of(pattern, '*');
    if (bytes_is(pattern, "#")) {
        found->bytes = element;
        found->blob = NULL;
        return true;
    }
    if (star == pattern.len)
        return false;
    struct bytes behind = {pattern.data + star + 1, pattern.len - star - 1}, field;
    bool has_field = cut_field(&behind, &field);
    found->key.len = 0;
    buf_append(&found->key, pattern.data, star);
    buf_append_bytes(&found->key, element);
    buf_append_bytes(&found->key, behind);
    const struct entry *entry = call_find(call, key_of(buf_bytes(&found->key)));
    if (!entry)
        return false;
    return has_field ? take_field(entry, field, found) : take_string(entry, found);
}

void sort_found_clear(struct sort_found *found)
{
    buf_clear(&found->key);
}
