/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_value.h"
#include "model_stream.h"
#include <stdlib.h>

const struct model_kind_row model_kinds[MODEL_KIND_COUNT] = {
    [MODEL_STRING] = {"string", '$'}, [MODEL_LIST] = {"list", 'l'}, [MODEL_HASH] = {"hash", 'h'},
    [MODEL_SET] = {"set", 's'},       [MODEL_ZSET] = {"zset", 'z'}, [MODEL_STREAM] = {"stream", 't'},
};

static void item_clear(struct item *item)
{
    buf_clear(&item->name);
    buf_clear(&item->content);
}

void value_clear(struct model_value *value)
{
    buf_clear(&value->text);
    for (int i = 0; i < value->count; i++)
        item_clear(&value->items[i]);
    free(value->items);
    model_stream_free(value->stream);
    *value = (struct model_value){0};
}

void value_copy(struct model_value *to, const struct model_value *from)
{
    to->kind = from->kind;
    buf_append_bytes(&to->text, buf_bytes(&from->text));
    for (int i = 0; i < from->count; i++) {
        const struct item *item = &from->items[i];
        struct item *copy = value_insert(to, i, item_name(item));
        item_set(copy, buf_bytes(&item->content));
        copy->score = item->score;
        copy->deadline_ms = item->deadline_ms;
    }
    model_stream_copy(to, from);
}

int value_find(const struct model_value *value, struct bytes name)
{
    for (int i = 0; i < value->count; i++) {
        if (bytes_equal(item_name(&value->items[i]), name))
            return i;
    }
    return -1;
}

struct item *value_insert(struct model_value *value, int index, struct bytes name)
{
    if (value->count == value->room) {
        value->room = value->room ? 2 * value->room : 8;
        value->items = realloc(value->items, (size_t)value->room * sizeof *value->items);
        if (!value->items)
            abort();
    }
    struct item *item = &value->items[index];
    memmove(item + 1, item, (size_t)(value->count - index) * sizeof *item);
    value->count++;
    *item = (struct item){.deadline_ms = MODEL_FOREVER};
    buf_append_bytes(&item->name, name);
    return item;
}

void value_remove(struct model_value *value, int index)
{
    struct item *item = &value->items[index];
    item_clear(item);
    value->count--;
    memmove(item, item + 1, (size_t)(value->count - index) * sizeof *item);
}

static bool is_before(const struct item *item, double score, struct bytes name)
{
    if (item->score != score)
        return item->score < score;
    return bytes_compare(item_name(item), name) < 0;
}

static int place_of(const struct model_value *value, double score, struct bytes name)
{
    int index = 0;
    while (index < value->count && is_before(&value->items[index], score, name))
        index++;
    return index;
}

struct item *value_get(struct model_value *value, struct bytes name, bool *is_new)
{
    int index = value_find(value, name);
    *is_new = index < 0;
    return *is_new ? value_insert(value, place_of(value, 0, name), name) : &value->items[index];
}

int value_score(struct model_value *value, struct bytes member, double score)
{
    int index = value_find(value, member);
    if (index >= 0)
        value_remove(value, index);
    index = place_of(value, score, member);
    value_insert(value, index, member)->score = score;
    return index;
}

void item_set(struct item *item, struct bytes content)
{
    item->content.len = 0;
    buf_append_bytes(&item->content, content);
}
