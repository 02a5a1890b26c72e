/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/tree_model.h"
#include "base/alloc.h"
#include "base/panic.h"

enum { TEXT_MAX = 5000 };

/* The bytes of an item, and what of them a search needs. */
struct made {
    char key_text[TEXT_MAX], value_text[TEXT_MAX], head[TREE_PAIR_HEAD_MAX];
    struct tree_key key;
    struct tree_item item;
};

static uint64_t mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdu;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53u;
    return value ^ value >> 33;
}

uint64_t model_random(struct tree_model *model)
{
    return mix(model->seed++);
}

uint64_t model_below(struct tree_model *model, uint64_t bound)
{
    return model_random(model) % bound;
}

void model_init(struct tree_model *model, const struct tree_kind *kind)
{
    *model = (struct tree_model){.keys = 5000, .order_mask = UINT64_MAX, .seed = 1};
    tree_init(&model->tree, kind);
}

void model_clear(struct tree_model *model)
{
    tree_free(&model->tree);
    mem_free(model->elements);
}

/* ---- Elements of numbers: most are short, some empty, some too long for a node ---- */

static size_t text_len(uint32_t number)
{
    uint64_t random = mix(number);
    if (random % 100 < 90)
        return random / 100 % 40;
    if (random % 100 < 98)
        return random / 100 % 300;
    return random / 100 % TEXT_MAX;
}

static struct bytes text_of(uint32_t number, char text[TEXT_MAX])
{
    size_t len = text_len(number);
    memset(text, (int)(number >> 16 & 0xff), len);
    memcpy(text, &number, len < sizeof number ? len : sizeof number);
    return bytes_make(text, len);
}

static void make(const struct tree_model *model, const struct model_element *element, struct made *made)
{
    struct bytes key = text_of(element->key, made->key_text);
    struct bytes value = text_of(element->value, made->value_text);
    uint64_t big_end_first = __builtin_bswap64(element->key);
    made->key = (struct tree_key){element->order, key};
    made->item = (struct tree_item){element->order, element->deadline, {key}};
    if (model->tree.kind == &tree_of_positions)
        made->item.parts[0] = value;
    if (model->tree.kind == &tree_of_pairs) {
        made->item = tree_pair_item(made->key, value, made->head);
        made->item.deadline = element->deadline;
    }
    if (model->tree.kind == &tree_of_ids) {
        memcpy(made->key_text, &big_end_first, sizeof big_end_first);
        made->key.bytes = made->item.parts[0] = bytes_make(made->key_text, sizeof big_end_first);
        made->item.parts[1] = value;
    }
}

static uint64_t order_of(const struct tree_model *model, uint32_t key)
{
    char text[TEXT_MAX];
    if (model->tree.kind == &tree_of_positions)
        return 0;
    if (model->tree.kind == &tree_of_ids)
        return key / 8u & model->order_mask;
    if (model->tree.kind == &tree_of_scores)
        return tree_score_order((double)(int32_t)mix(key) / 7) & model->order_mask;
    return tree_hash_key(text_of(key, text)).order & model->order_mask;
}

static struct model_element new_element(struct tree_model *model)
{
    struct model_element element = {.key = (uint32_t)model_below(model, model->keys),
                                    .value = (uint32_t)model_random(model)};
    element.order = order_of(model, element.key);
    if (model->deadlines && model_below(model, model->deadlines) == 0)
        element.deadline = (int64_t)model_below(model, 100000) + 1;
    return element;
}

static bool parts_are(const struct tree_item *item, struct bytes bytes)
{
    for (size_t i = 0; i < TREE_ITEM_PARTS; i++) {
        struct bytes part = item->parts[i];
        if (bytes.len < part.len || !bytes_equal(bytes_make(bytes.data, part.len), part))
            return false;
        bytes = bytes_make(bytes.data + part.len, bytes.len - part.len);
    }
    return bytes.len == 0;
}

static void check_at(const struct tree_model *model, size_t i, const struct tree_cursor *cursor)
{
    struct made made;
    const struct model_element *element = &model->elements[i];
    make(model, element, &made);
    ASSERT(!tree_at_end(cursor));
    ASSERT(tree_order_at(cursor) == element->order);
    ASSERT(tree_deadline_at(cursor) == element->deadline);
    ASSERT(parts_are(&made.item, tree_bytes_at(cursor)));
}

/* ---- The array ---- */

static int compare_keys(const struct tree_model *model, const struct model_element *element,
                        const struct tree_key *key)
{
    struct made made;
    if (element->order != key->order)
        return element->order < key->order ? -1 : 1;
    if (model->tree.kind == &tree_of_hashes)
        return 0;
    make(model, element, &made);
    return bytes_compare(made.key.bytes, key->bytes);
}

static size_t first_not_below(const struct tree_model *model, const struct tree_key *key, int limit)
{
    size_t low = 0, high = model->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_keys(model, &model->elements[middle], key) < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void array_insert(struct tree_model *model, size_t i, struct model_element element)
{
    if (model->count == model->capacity) {
        model->capacity = model->capacity * 2 + 16;
        model->elements = mem_realloc(model->elements, model->capacity * sizeof element);
    }
    memmove(model->elements + i + 1, model->elements + i, (model->count - i) * sizeof element);
    model->elements[i] = element;
    model->count++;
}

static void array_remove(struct tree_model *model, size_t i, size_t count)
{
    memmove(model->elements + i, model->elements + i + count,
            (model->count - i - count) * sizeof *model->elements);
    model->count -= count;
}

/* ---- Steps ---- */

static void check_cursor(const struct tree_model *model, size_t i, const struct tree_cursor *cursor)
{
    ASSERT(tree_rank(cursor) == i);
    if (i < model->count)
        check_at(model, i, cursor);
    else
        ASSERT(tree_at_end(cursor));
}

static bool has_orders(const struct tree_model *model)
{
    return model->tree.kind != &tree_of_positions;
}

static void insert_at_position(struct tree_model *model)
{
    struct tree_cursor cursor;
    struct made made;
    struct model_element element = new_element(model);
    uint64_t where = model_below(model, 4);
    size_t i = where == 0 ? 0 : where == 1 ? model->count : model_below(model, model->count + 1);
    make(model, &element, &made);
    array_insert(model, i, element);
    if (where == 0) {
        tree_prepend(&model->tree, &made.item);
    } else if (where == 1) {
        tree_append(&model->tree, &made.item);
    } else {
        tree_seek_rank(&model->tree, i, &cursor);
        tree_insert(&cursor, &made.item);
        check_cursor(model, i, &cursor);
    }
}

static void insert_or_replace(struct tree_model *model)
{
    struct tree_cursor cursor;
    struct made made;
    struct model_element element = new_element(model);
    make(model, &element, &made);
    size_t i = first_not_below(model, &made.key, 0);
    bool is_there = i < model->count && compare_keys(model, &model->elements[i], &made.key) == 0;
    ASSERT(tree_find(&model->tree, made.key, &cursor) == is_there);
    if (is_there && (model->tree.kind->is_unique || model_below(model, 2))) {
        check_cursor(model, i, &cursor);
        model->elements[i] = element;
        tree_replace(&cursor, &made.item);
    } else {
        array_insert(model, i, element);
        tree_insert(&cursor, &made.item);
    }
    check_cursor(model, i, &cursor);
}

static void replace_at_rank(struct tree_model *model)
{
    struct tree_cursor cursor;
    struct made made;
    size_t i = model_below(model, model->count);
    struct model_element *element = &model->elements[i], fresh = new_element(model);
    element->value = fresh.value;
    element->deadline = fresh.deadline;
    make(model, element, &made);
    tree_seek_rank(&model->tree, i, &cursor);
    tree_replace(&cursor, &made.item);
    check_cursor(model, i, &cursor);
}

static void set_deadline(struct tree_model *model)
{
    struct tree_cursor cursor;
    size_t i = model_below(model, model->count);
    if (!model->deadlines)
        return;
    model->elements[i].deadline = model_below(model, 3) ? 0 : (int64_t)model_below(model, 100000) + 1;
    tree_seek_rank(&model->tree, i, &cursor);
    tree_set_deadline(&cursor, model->elements[i].deadline);
    check_cursor(model, i, &cursor);
}

/* One or a few, one after the other. */
static void remove_at_rank(struct tree_model *model)
{
    struct tree_cursor cursor;
    uint64_t where = model_below(model, 4);
    size_t i = where == 0 ? 0 : where == 1 ? model->count - 1 : model_below(model, model->count);
    tree_seek_rank(&model->tree, i, &cursor);
    for (uint64_t left = model_below(model, 2000) ? 1 : 200; left > 0 && i < model->count; left--) {
        tree_remove(&cursor);
        array_remove(model, i, 1);
        check_cursor(model, i, &cursor);
    }
}

static void cut_range(struct tree_model *model, size_t wanted)
{
    struct tree cut;
    size_t i = model_below(model, model->count), most = model->count > wanted ? model->count : 100;
    size_t count = model_below(model, most), left = model->count - i;
    tree_cut(&model->tree, i, count, &cut);
    count = count < left ? count : left;
    ASSERT(tree_count(&cut) == count);
    tree_check(&cut);
    while (!tree_free_some(&cut, 1 + model_below(model, 10)))
        ;
    array_remove(model, i, count);
    tree_check(&model->tree);
}

/* Cuts and joins again: nothing changes. */
static void cut_and_join(struct tree_model *model)
{
    struct tree tail;
    tree_cut(&model->tree, model_below(model, model->count + 1), SIZE_MAX, &tail);
    tree_check(&model->tree);
    tree_check(&tail);
    tree_join(&model->tree, &tail);
    tree_check(&model->tree);
}

static void pop_due(struct tree_model *model)
{
    struct tree_cursor cursor;
    int64_t least = TREE_NEVER;
    for (size_t i = 0; i < model->count; i++)
        if (model->elements[i].deadline && model->elements[i].deadline < least)
            least = model->elements[i].deadline;
    ASSERT(tree_least_deadline(&model->tree) == least);
    ASSERT(!tree_find_due(&model->tree, least - 1, &cursor));
    ASSERT(tree_find_due(&model->tree, least, &cursor) == (least != TREE_NEVER));
    if (least == TREE_NEVER)
        return;
    ASSERT(tree_deadline_at(&cursor) == least);
    size_t i = tree_rank(&cursor);
    tree_remove(&cursor);
    array_remove(model, i, 1);
    check_cursor(model, i, &cursor);
}

static void search(struct tree_model *model)
{
    struct tree_cursor cursor;
    struct made made;
    struct model_element element = new_element(model);
    make(model, &element, &made);
    size_t i = first_not_below(model, &made.key, 0), after = first_not_below(model, &made.key, 1);
    ASSERT(tree_seek(&model->tree, made.key, &cursor) == (i < model->count));
    check_cursor(model, i, &cursor);
    ASSERT(tree_seek_after(&model->tree, made.key, &cursor) == (after < model->count));
    check_cursor(model, after, &cursor);
    ASSERT(tree_find(&model->tree, made.key, &cursor) == (i < after));
    if (i < after)
        check_cursor(model, i, &cursor);
}

static void walk(struct tree_model *model)
{
    struct tree_cursor cursor;
    size_t i = model_below(model, model->count + 1), steps = model_below(model, 100);
    ASSERT(tree_seek_rank(&model->tree, i, &cursor) == (i < model->count));
    for (size_t done = 0; done < steps; done++, i++) {
        check_cursor(model, i, &cursor);
        if (i == model->count || !tree_next(&cursor)) {
            i = model->count;
            break;
        }
    }
    check_cursor(model, i, &cursor);
    for (; steps > 0 && tree_previous(&cursor); steps--)
        check_cursor(model, --i, &cursor);
}

static void insert(struct tree_model *model)
{
    if (has_orders(model))
        insert_or_replace(model);
    else
        insert_at_position(model);
}

void model_step(struct tree_model *model, size_t wanted)
{
    uint64_t what = model_below(model, 1000);
    if (model->count == 0 || what < (model->count < wanted ? 600u : 300u))
        insert(model);
    else if (what < 750)
        remove_at_rank(model);
    else if (what < 850)
        replace_at_rank(model);
    else if (what < 900)
        set_deadline(model);
    else if (what < 990 && has_orders(model))
        search(model);
    else if (what < 995)
        walk(model);
    else if (what < 997)
        cut_range(model, wanted);
    else if (what < 998)
        pop_due(model);
    else
        cut_and_join(model);
}

void model_check(struct tree_model *model)
{
    struct tree_cursor cursor;
    size_t i = 0;
    tree_check(&model->tree);
    ASSERT(tree_count(&model->tree) == model->count);
    for (bool more = tree_seek_rank(&model->tree, 0, &cursor); more; more = tree_next(&cursor))
        check_at(model, i++, &cursor);
    ASSERT(i == model->count);
    while (tree_previous(&cursor))
        check_at(model, --i, &cursor);
    ASSERT(i == 0);
}

uint64_t tree_digest(const struct tree *tree)
{
    struct tree_cursor cursor;
    uint64_t digest = tree_count(tree);
    for (bool more = tree_seek_rank(tree, 0, &cursor); more; more = tree_next(&cursor)) {
        struct bytes bytes = tree_bytes_at(&cursor);
        digest = mix(digest ^ tree_order_at(&cursor) ^ (uint64_t)tree_deadline_at(&cursor));
        digest = mix(digest ^ hash_bytes(bytes.data, bytes.len));
    }
    return digest;
}
