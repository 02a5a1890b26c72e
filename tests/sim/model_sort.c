/* SPDX-License-Identifier: BSD-3-Clause */
/* SORT. */
#include "base/number.h"
#include "model_collections.h"
#include <stdlib.h>

#define WRONG_WEIGHT "-ERR One or more scores can't be converted into double\r\n"

struct weighed {
    struct bytes element, text; /* views into values */
    bool has_text;
    double number;
};

struct sorting {
    bool is_descending, is_alphabetic, is_unsorted;
    int64_t offset, count;
    struct bytes by; /* a pattern; no bytes: by the element */
    int gets[MODEL_ARGS], get_count;
    int store;
};

static void parse_sorting(const struct model_call *call, struct sorting *sorting)
{
    *sorting = (struct sorting){.count = -1};
    for (int i = 2; i < call->argc; i++) {
        sorting->is_descending |= call_word(call, i, "DESC");
        sorting->is_alphabetic |= call_word(call, i, "ALPHA");
        if (call_word(call, i, "BY"))
            sorting->by = call->argv[++i];
        else if (call_word(call, i, "GET"))
            sorting->gets[sorting->get_count++] = ++i;
        else if (call_word(call, i, "STORE"))
            sorting->store = ++i;
        if (!call_word(call, i, "LIMIT"))
            continue;
        (void)parse_i64(call->argv[i + 1], &sorting->offset);
        (void)parse_i64(call->argv[i + 2], &sorting->count);
    }
    sorting->is_unsorted = bytes_is(sorting->by, "nosort");
    if (sorting->is_unsorted)
        sorting->by = BYTES("");
}

/* What the key holds whose name has the element in the place of the pattern's star: a string, or a field. */
static bool look_up(const struct model_call *call, struct bytes pattern, struct bytes element,
                    struct bytes *found)
{
    struct buf name = {0};
    size_t star = 0, end = 0;
    if (bytes_is(pattern, "#")) {
        *found = element;
        return true;
    }
    while (pattern.data[star] != '*')
        star++;
    for (end = star; end < pattern.len && pattern.data[end] != '-';)
        end++;
    buf_append(&name, pattern.data, star);
    buf_append_bytes(&name, element);
    int key = model_key_if_any(buf_bytes(&name));
    buf_clear(&name);
    const struct slot *slot = key < 0 ? NULL : model_find(call->session->database, key);
    if (!slot)
        return false;
    if (end == pattern.len) {
        *found = buf_bytes(&slot->value.text);
        return slot->value.kind == MODEL_STRING;
    }
    if (slot->value.kind != MODEL_HASH)
        return false;
    const struct item *field =
        model_hash_field(slot, bytes_make(pattern.data + end + 2, pattern.len - end - 2));
    *found = field ? buf_bytes(&field->content) : BYTES("");
    return field;
}

static const struct sorting *order;

static int compare(const void *a, const void *b)
{
    const struct weighed *one = a, *other = b;
    int result;
    if (order->is_alphabetic)
        result = bytes_compare(one->text, other->text);
    else if (one->number != other->number)
        result = one->number < other->number ? -1 : 1;
    else
        result = bytes_compare(one->element, other->element);
    return order->is_descending ? -result : result;
}

/* What C takes for a number: text ends with a NUL, spaces may come first, nothing is 0. */
static bool parse_weight(struct bytes text, double *number)
{
    size_t end = 0, start = 0;
    while (end < text.len && text.data[end])
        end++;
    while (start < end && strchr(" \t\n\v\f\r", text.data[start]))
        start++;
    *number = 0;
    return end == 0 || parse_double(bytes_make(text.data + start, end - start), number);
}

/* False when something isn't a number that must be one. */
static bool weigh(const struct model_call *call, const struct sorting *sorting, struct weighed *items,
                  int count)
{
    for (int i = 0; i < count; i++) {
        struct weighed *item = &items[i];
        item->text = item->element;
        item->has_text = sorting->by.len == 0 || look_up(call, sorting->by, item->element, &item->text);
        if (sorting->is_alphabetic || sorting->is_unsorted || !item->has_text)
            continue;
        if (!parse_weight(item->text, &item->number))
            return false;
    }
    return true;
}

static void add_result(const struct model_call *call, const struct sorting *sorting, struct bytes element,
                       struct model_value *result)
{
    if (sorting->get_count == 0)
        value_insert(result, result->count, element)->score = 1;
    for (int i = 0; i < sorting->get_count; i++) {
        struct bytes found = BYTES("");
        bool is_there = look_up(call, call->argv[sorting->gets[i]], element, &found);
        value_insert(result, result->count, found)->score = is_there;
    }
}

/* ---- what takes long ---- */

/* It, or a field of it, is gone for who looks. */
static bool is_dying(const struct slot *slot)
{
    bool is_dying = slot->deadline_ms != MODEL_FOREVER && slot->deadline_ms < model.clock_ms;
    for (int i = 0; slot->value.kind == MODEL_HASH && i < slot->value.count; i++) {
        int64_t deadline_ms = slot->value.items[i].deadline_ms;
        is_dying |= deadline_ms != MODEL_FOREVER && deadline_ms < model.clock_ms;
    }
    return slot->is_there && is_dying;
}

static bool is_something_dying(void)
{
    bool is = false;
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++)
            is |= is_dying(&model.data.slots[database][key]);
    }
    return is;
}

/* Each other key is read as it is when it is come to. If none has changed since, that is all the same. */
static bool is_sorted_meanwhile(struct expected *expected, struct bytes reply)
{
    struct bytes wanted = buf_bytes(&expected->bytes);
    if (bytes_equal(reply, wanted))
        return true;
    bool is_array = reply.data[0] == '*' && wanted.data[0] == '*';
    bool has_error = bytes_is(reply, WRONG_WEIGHT) || (reply.data[0] == '*' && wanted.data[0] == '-');
    bool has_as_many = is_array && atoll(reply.data + 1) == atoll(wanted.data + 1);
    return (has_as_many || has_error) && (model.changes != expected->changes || is_something_dying());
}

/* As far as it can be told when it begins. */
static void out_meanwhile(struct session *session, struct bytes reply, bool is_in_order)
{
    struct expected *expected = out_any(session, is_sorted_meanwhile);
    buf_append_bytes(&expected->bytes, reply);
    expected->changes = is_in_order ? model.changes : UINT64_MAX;
}

static bool is_made_meanwhile(const struct model_call *call, const struct sorting *sorting)
{
    bool looks = sorting->by.len > 0;
    for (int i = 0; i < sorting->get_count; i++)
        looks |= !bytes_is(call->argv[sorting->gets[i]], "#");
    return looks && call->late == LATE_WORK;
}

static void encode_part(struct buf *out, const struct session *session, const struct item *items, int count)
{
    for (int i = 0; i < count; i++) {
        if (items[i].score > 0)
            encode_bulk(out, item_name(&items[i]));
        else
            buf_append_text(out, session->protocol == 3 ? "_\r\n" : "$-1\r\n");
    }
}

static void out_parts(struct session *session, const struct model_value *result, int size)
{
    struct choice *choice = out_choice(session, CHOICE_ALL, '*', result->count / size, size);
    for (int i = 0; i < result->count; i += size) {
        struct buf part = {0};
        encode_part(&part, session, &result->items[i], size);
        choice_add(choice, &part);
        buf_clear(&part);
    }
}

/* In what order a set's members come that aren't sorted, nobody says. */
static void out_result(struct model_call *call, const struct sorting *sorting, enum model_kind kind,
                       const struct model_value *result)
{
    bool is_in_order = !sorting->is_unsorted || kind != MODEL_SET;
    bool is_meanwhile = is_made_meanwhile(call, sorting);
    struct buf reply = {0};
    buf_printf(&reply, "*%d\r\n", result->count);
    encode_part(&reply, call->session, result->items, result->count);
    if (is_meanwhile)
        out_meanwhile(call->session, buf_bytes(&reply), is_in_order);
    else if (is_in_order)
        out_bytes(call->session, buf_bytes(&reply));
    else
        out_parts(call->session, result, sorting->get_count ? sorting->get_count : 1);
    buf_clear(&reply);
}

static int64_t clamp(int64_t number, int64_t most)
{
    return number < 0 ? 0 : number < most ? number : most;
}

/* Replies, or stores. */
static void finish(struct model_call *call, const struct sorting *sorting, const struct slot *slot,
                   const struct weighed *items, int count)
{
    struct model_value result = {.kind = MODEL_LIST};
    int64_t first = clamp(sorting->offset, count);
    int64_t end = sorting->count < 0 ? count : first + clamp(sorting->count, count - first);
    for (int64_t i = first; i < end; i++)
        add_result(call, sorting, items[i].element, &result);
    if (sorting->store)
        call_store(call, sorting->store, &result, "sortstore");
    else
        out_result(call, sorting, slot ? slot->value.kind : MODEL_LIST, &result);
    value_clear(&result);
}

static void out_wrong_weight(const struct model_call *call, const struct sorting *sorting)
{
    if (is_made_meanwhile(call, sorting))
        out_meanwhile(call->session, BYTES(WRONG_WEIGHT), true);
    else
        out_text(call->session, WRONG_WEIGHT);
}

static void run_sort(struct model_call *call)
{
    struct sorting sorting;
    const struct slot *slot = call_slot(call, 1);
    int count = slot ? slot->value.count : 0;
    parse_sorting(call, &sorting);
    if (slot && (slot->value.kind == MODEL_STRING || slot->value.kind == MODEL_HASH ||
                 slot->value.kind == MODEL_STREAM)) {
        out_wrong_type(call->session);
        return;
    }
    /* What has no order of its own is stored in one all the same. */
    if (sorting.is_unsorted && sorting.store && slot && slot->value.kind == MODEL_SET)
        sorting.is_unsorted = false, sorting.is_alphabetic = true;
    struct weighed *items = calloc((size_t)count + 1, sizeof *items);
    if (!items)
        abort();
    for (int i = 0; i < count; i++) {
        bool is_turned = sorting.is_unsorted && sorting.is_descending;
        items[i].element = item_name(&slot->value.items[is_turned ? count - 1 - i : i]);
    }
    order = &sorting;
    if (!weigh(call, &sorting, items, count)) {
        out_wrong_weight(call, &sorting);
    } else {
        if (!sorting.is_unsorted)
            qsort(items, (size_t)count, sizeof *items, compare);
        finish(call, &sorting, slot, items, count);
    }
    free(items);
}

const struct model_command model_sort_commands[] = {
    {.name = "sort", .arity = -2, .run = run_sort},
    {.name = "sort_ro", .arity = -2, .run = run_sort},
    {.name = NULL},
};
