/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements are loaded, put in order by merging, and shown, a few at a time. */
#include "base/alloc.h"
#include "base/number.h"
#include "engine/edit.h"
#include "engine/server.h"
#include "sort.h"

/* How much is done in a step. */
enum { LOADED_A_STEP = 256, COMPARED_A_STEP = 512, SHOWN_A_STEP = 256 };

/* ---- texts ---- */

enum { TEXT_BLOCK_SIZE = 16 << 10 };

struct text_block {
    struct text_block *next;
    size_t used, size;
    char bytes[];
};

static struct bytes keep_text(struct sort *sort, struct bytes text)
{
    struct text_block *block = sort->texts;
    if (!block || text.len > block->size - block->used) {
        size_t size = text.len > TEXT_BLOCK_SIZE ? text.len : TEXT_BLOCK_SIZE;
        block = mem_alloc(sizeof *block + size);
        *block = (struct text_block){.next = sort->texts, .size = size};
        sort->texts = block;
    }
    char *place = block->bytes + block->used;
    if (text.len > 0)
        memcpy(place, text.data, text.len);
    block->used += text.len;
    return bytes_make(place, text.len);
}

static void free_texts(struct sort *sort)
{
    while (sort->texts) {
        struct text_block *block = sort->texts;
        sort->texts = block->next;
        mem_free(block);
    }
}

/* ---- weights ---- */

/* By the rules of strtod, which Redis uses here: nothing is 0, spaces in front are fine, and a NUL ends the
 * text. */
static bool parse_weight(struct bytes text, double *number)
{
    text.len = bytes_index_of(text, '\0');
    *number = 0;
    if (text.len == 0)
        return true;
    while (text.len > 0 && (text.data[0] == ' ' || (text.data[0] >= '\t' && text.data[0] <= '\r'))) {
        text.data++;
        text.len--;
    }
    return parse_double(text, number);
}

static void set_weight(struct sort *sort, struct sort_item *item, struct bytes text)
{
    item->has_weight = true;
    item->text = text;
    if (!sort->options.is_alphabetic && !parse_weight(text, &item->number))
        sort->has_wrong_weight = true;
}

void sort_weigh(struct sort *sort, size_t index, struct bytes text)
{
    bool is_kept = sort->options.is_alphabetic;
    set_weight(sort, &sort->items[index], is_kept ? keep_text(sort, text) : text);
}

/* Elements without weight come first, as if they weighed nothing. */
static int compare_texts(const struct sort_item *a, const struct sort_item *b)
{
    if (!a->has_weight || !b->has_weight)
        return a->has_weight - b->has_weight;
    return bytes_compare(a->text, b->text);
}

static int compare_numbers(const struct sort_item *a, const struct sort_item *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return bytes_compare(a->element, b->element);
}

static int compare(const void *context, const void *a, const void *b)
{
    const struct sort_options *options = context;
    int order = options->is_alphabetic ? compare_texts(a, b) : compare_numbers(a, b);
    return options->is_descending ? -order : order;
}

/* ---- loading ---- */

static void load_one(struct sort *sort, struct bytes element)
{
    struct sort_item *item = &sort->items[sort->count];
    bool stays = sort->held.value.large;
    *item = (struct sort_item){.element = stays ? element : keep_text(sort, element)};
    if (!sort->options.is_unsorted && !sort->options.by)
        set_weight(sort, item, item->element);
    sort->order[sort->count++] = item;
}

static bool load_some(struct sort *sort, size_t budget)
{
    struct bytes element;
    while (budget-- > 0 && sort->count < sort->total && element_walk_next(&sort->walk, &element))
        load_one(sort, element);
    return sort->count == sort->total;
}

/* ---- the result ---- */

void sort_show(struct sort *sort, struct bytes bytes, struct blob *blob)
{
    if (sort->options.store && mem_has_room(bytes.len))
        sequence_push(&sort->result, SEQUENCE_TAIL, bytes);
    else if (sort->options.store)
        sort->lacks_memory = true;
    else if (blob)
        reply_bulk_blob(&sort->reply, blob, (size_t)(bytes.data - blob->data), bytes.len);
    else
        reply_bulk(&sort->reply, bytes);
}

void sort_show_nothing(struct sort *sort)
{
    if (sort->options.store)
        sequence_push(&sort->result, SEQUENCE_TAIL, BYTES(""));
    else
        reply_null(&sort->reply);
}

/* What is got by patterns isn't shown here. */
static bool show_some(struct sort *sort)
{
    if (sort->has_wrong_weight || sort->options.get_count > 0)
        return true;
    for (int i = 0; i < SHOWN_A_STEP; i++) {
        if (sort->first + sort->shown >= sort->end)
            return true;
        const struct sort_item *item = sort->merge.from[sort->first + sort->shown++];
        sort_show(sort, item->element, NULL);
    }
    return false;
}

bool sort_step(struct sort *sort)
{
    if (sort->count < sort->total) {
        (void)load_some(sort, LOADED_A_STEP);
        return false;
    }
    sort->merge.count = sort->options.is_unsorted || sort->has_wrong_weight ? 0 : sort->total;
    return merge_sort_some(&sort->merge, COMPARED_A_STEP) && show_some(sort);
}

/* ---- the whole ---- */

static uint64_t clamp(int64_t number, uint64_t most)
{
    return number < 0 ? 0 : (uint64_t)number < most ? (uint64_t)number : most;
}

/* Of what isn't sorted only what is wanted is loaded. */
static void choose_range(struct sort *sort, uint64_t count)
{
    const struct sort_options *options = &sort->options;
    uint64_t first = clamp(options->offset, count);
    uint64_t wanted = options->count_max < 0 ? count - first : clamp(options->count_max, count - first);
    sort->first = options->is_unsorted ? 0 : first;
    sort->end = sort->first + wanted;
    sort->total = options->is_unsorted ? wanted : count;
    if (count > 0)
        element_walk_begin(&sort->walk, &sort->held.collection, options->is_unsorted ? first : 0,
                           options->is_unsorted && options->is_descending);
}

static void make_room(struct sort *sort)
{
    sort->items = mem_alloc((sort->total + 1) * sizeof *sort->items);
    sort->order = mem_alloc((sort->total + 1) * sizeof *sort->order);
    sort->spare = mem_alloc((sort->total + 1) * sizeof *sort->spare);
    sort->merge = (struct merge_sort){
        .from = sort->order, .to = sort->spare, .compare = compare, .context = &sort->options};
}

struct sort *sort_new(struct call *call, const struct sort_options *options, const struct entry *entry)
{
    struct sort *sort = mem_zalloc(sizeof *sort);
    enum value_type type = entry ? entry_type(entry) : VALUE_LIST;
    struct collection_limits limits = edit_limits(call->server, VALUE_LIST);
    sort->store = call->server->store;
    sort->options = *options;
    hold_collection(&sort->held, type, entry);
    choose_range(sort, entry ? value_count(&sort->held.value) : 0);
    make_room(sort);
    reply_init(&sort->reply, call->reply->pool);
    sort->reply.protocol = call->reply->protocol;
    sort->result = collection_edit(VALUE_LIST, NULL, &sort->buffer, &limits);
    return sort;
}

void sort_free(struct long_work *work)
{
    struct sort *sort = LIST_ENTRY(work, struct sort, work);
    release_collection(&sort->held, sort->store);
    if (sort->result.large)
        store_release_value(sort->store, collection_value(&sort->result));
    reply_clear(&sort->reply);
    buf_clear(&sort->buffer);
    free_texts(sort);
    mem_free(sort->items);
    mem_free(sort->order);
    mem_free(sort->spare);
    mem_free(sort->options.gets);
    mem_free(sort);
}
