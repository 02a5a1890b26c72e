/* SPDX-License-Identifier: BSD-3-Clause */
#include "rdb_template.h"
#include "base/alloc.h"

#define FIRST_CAPACITY 16

/* The first one whose number is not less. */
static size_t place_of(const struct rdb_templates *templates, uint64_t number)
{
    size_t low = 0, high = templates->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (templates->at[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct rdb_template *rdb_templates_find(const struct rdb_templates *templates, uint64_t number)
{
    size_t place = place_of(templates, number);
    return place < templates->count && templates->at[place].number == number ? &templates->at[place] : NULL;
}

bool rdb_templates_add(struct rdb_templates *templates, const struct rdb_template *template)
{
    size_t place = place_of(templates, template->number);
    if (templates->count == RDB_TEMPLATE_COUNT_MAX || rdb_templates_find(templates, template->number))
        return false;
    if (templates->count == templates->capacity) {
        templates->capacity = templates->capacity > 0 ? 2 * templates->capacity : FIRST_CAPACITY;
        templates->at = mem_realloc(templates->at, templates->capacity * sizeof *templates->at);
    }
    memmove(templates->at + place + 1, templates->at + place,
            (templates->count - place) * sizeof *templates->at);
    templates->at[place] = *template;
    templates->count++;
    return true;
}

void rdb_templates_forget_from(struct rdb_templates *templates, uint64_t offset)
{
    size_t kept = 0;
    for (size_t i = 0; i < templates->count; i++) {
        if (templates->at[i].offset < offset)
            templates->at[kept++] = templates->at[i];
    }
    templates->count = kept;
}

void rdb_templates_add_name(struct rdb_templates *templates, struct bytes name)
{
    buf_append(&templates->names, &name.len, sizeof name.len);
    buf_append_bytes(&templates->names, name);
}

struct bytes rdb_templates_next_name(const struct rdb_templates *templates, size_t *at)
{
    const char *bytes = templates->names.data + *at;
    size_t len;
    memcpy(&len, bytes, sizeof len);
    *at += sizeof len + len;
    return bytes_make(bytes + sizeof len, len);
}

void rdb_templates_clear(struct rdb_templates *templates)
{
    mem_free(templates->at);
    buf_clear(&templates->names);
    *templates = (struct rdb_templates){.count = 0};
}
