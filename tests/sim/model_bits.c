/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings as rows of bits, which are looked at one by one. */
#include "base/number.h"
#include "model_tables.h"
#include <stdlib.h>

static bool bit_at(struct bytes bytes, int64_t at)
{
    return at / 8 < (int64_t)bytes.len && (unsigned char)bytes.data[at / 8] >> (7 - at % 8) & 1;
}

static void set_bit(const struct buf *buf, int64_t at, bool bit)
{
    unsigned char mask = (unsigned char)(128 >> at % 8);
    unsigned char byte = (unsigned char)buf->data[at / 8];
    buf->data[at / 8] = (char)(bit ? byte | mask : byte & ~mask);
}

static struct bytes text_of(const struct slot *slot)
{
    return slot ? buf_bytes(&slot->value.text) : BYTES("");
}

/* A copy of at least so many bits. */
static struct buf copy_of(struct bytes bytes, int64_t bits)
{
    struct buf copy = {0};
    buf_append_bytes(&copy, bytes);
    while ((int64_t)copy.len * 8 < bits)
        buf_append_char(&copy, 0);
    return copy;
}

static void put(const struct model_call *call, int index, struct bytes bytes, const char *event)
{
    int database = call->session->database, key = model_key(call->argv[index]);
    (void)model_put(database, key, bytes);
    model_changed(database, key, '$', event);
}

/* ---- single bits ---- */

static void run_setbit(struct model_call *call)
{
    struct slot *slot;
    int64_t at;
    if (!call_number(call, 2, &at) || !call_value(call, 1, MODEL_STRING, &slot))
        return;
    bool bit = bytes_is(call->argv[3], "1"), old = bit_at(text_of(slot), at);
    struct buf copy = copy_of(text_of(slot), at + 1);
    set_bit(&copy, at, bit);
    if (bit != old || copy.len > text_of(slot).len)
        put(call, 1, buf_bytes(&copy), "setbit");
    out_int(call->session, old);
    buf_clear(&copy);
}

static void run_getbit(struct model_call *call)
{
    struct slot *slot;
    int64_t at;
    if (call_number(call, 2, &at) && call_value(call, 1, MODEL_STRING, &slot))
        out_int(call->session, bit_at(text_of(slot), at));
}

/* ---- ranges ---- */

/* argv[first] and the next, of bytes or, BIT behind them, of bits; false: there is nothing in it.
 * `heeds_order`: also where ends before the first byte run backwards. */
static bool bit_range(const struct model_call *call, int first, struct bytes bytes, bool heeds_order,
                      int64_t *start, int64_t *end)
{
    int64_t unit = call_word(call, first + 2, "BIT") ? 1 : 8, count = (int64_t)bytes.len * 8 / unit;
    *start = 0;
    *end = -1;
    if (first < call->argc)
        (void)parse_i64(call->argv[first], start);
    if (first + 1 < call->argc)
        (void)parse_i64(call->argv[first + 1], end);
    if (heeds_order && *start < 0 && *end < 0 && *start > *end)
        return false;
    *start += *start < 0 ? count : 0;
    *end += *end < 0 ? count : 0;
    *start = (*start < 0 ? 0 : *start) * unit;
    *end = (*end < 0 ? 0 : *end >= count ? count - 1 : *end) * unit + unit - 1;
    return *start <= *end && count > 0;
}

static void run_bitcount(struct model_call *call)
{
    struct slot *slot;
    int64_t start, end, count = 0;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    if (bit_range(call, 2, text_of(slot), true, &start, &end)) {
        for (int64_t at = start; at <= end; at++)
            count += bit_at(text_of(slot), at);
    }
    out_int(call->session, count);
}

static void run_bitpos(struct model_call *call)
{
    struct slot *slot;
    int64_t start, end;
    bool bit = bytes_is(call->argv[2], "1");
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    struct bytes bytes = text_of(slot);
    if (!slot || !bit_range(call, 3, bytes, false, &start, &end)) {
        out_int(call->session, slot || bit ? -1 : 0);
        return;
    }
    while (start <= end && bit_at(bytes, start) != bit)
        start++;
    /* Behind the string there are zeros, for who doesn't say where to stop. */
    bool is_found = start <= end || (!bit && call->argc < 5);
    out_int(call->session, is_found ? start : -1);
}

/* ---- BITFIELD ---- */

struct field {
    bool is_signed;
    int64_t width, at;
};

static struct field parse_field(const struct model_call *call, int index)
{
    struct bytes type = call->argv[index];
    struct field field = {.is_signed = type.data[0] == 'i'};
    (void)parse_i64(bytes_make(type.data + 1, type.len - 1), &field.width);
    (void)parse_i64(call->argv[index + 1], &field.at);
    return field;
}

/* The lowest bits of the number, as a field of this kind shows them. */
static int64_t fitted(const struct field *field, int64_t number)
{
    int64_t all = (int64_t)1 << field->width, rest = ((number % all) + all) % all;
    return field->is_signed && rest >= all / 2 ? rest - all : rest;
}

static int64_t field_get(const struct field *field, struct bytes bytes)
{
    int64_t number = 0;
    for (int64_t i = 0; i < field->width; i++)
        number = number * 2 + bit_at(bytes, field->at + i);
    return fitted(field, number);
}

static void field_set(const struct field *field, const struct buf *buf, int64_t number)
{
    for (int64_t i = 0; i < field->width; i++)
        set_bit(buf, field->at + i, number >> (field->width - 1 - i) & 1);
}

static bool is_get(const struct model_call *call, int index)
{
    return call_word(call, index, "GET");
}

/* Fields of less than 63 bits, which wrap around. */
static void run_bitfield(struct model_call *call)
{
    struct slot *slot;
    int64_t bits = 0, replies = 0;
    bool has_changed = false;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    for (int i = 2; i < call->argc; i += is_get(call, i) ? 3 : 4, replies++) {
        struct field field = parse_field(call, i + 1);
        if (!is_get(call, i) && field.at + field.width > bits)
            bits = field.at + field.width;
    }
    struct buf copy = copy_of(text_of(slot), bits);
    out_array(call->session, replies);
    for (int i = 2; i < call->argc; i += is_get(call, i) ? 3 : 4) {
        struct field field = parse_field(call, i + 1);
        int64_t operand = 0, old = field_get(&field, buf_bytes(&copy));
        if (!is_get(call, i))
            (void)parse_i64(call->argv[i + 3], &operand);
        bool sets = call_word(call, i, "SET");
        int64_t new = is_get(call, i) ? old : fitted(&field, sets ? operand : old + operand);
        if (!is_get(call, i))
            field_set(&field, &copy, new);
        has_changed |= new != old;
        out_int(call->session, sets ? old : new);
    }
    if (has_changed || copy.len > text_of(slot).len)
        put(call, 1, buf_bytes(&copy), "setbit");
    buf_clear(&copy);
}

/* ---- BITOP ---- */

static unsigned char byte_at(struct bytes text, size_t at)
{
    return at < text.len ? (unsigned char)text.data[at] : 0;
}

/* AND, OR, XOR, NOT: the first letter tells. */
static unsigned char combined(char operation, const struct bytes *texts, int count, size_t at)
{
    unsigned char result = byte_at(texts[0], at);
    for (int i = 1; i < count; i++) {
        unsigned char other = byte_at(texts[i], at);
        result = operation == 'A' ? result & other : operation == 'O' ? result | other : result ^ other;
    }
    return operation == 'N' ? (unsigned char)~result : result;
}

static void run_bitop(struct model_call *call)
{
    enum { TEXTS_MAX = 8 };
    struct bytes texts[TEXTS_MAX];
    struct slot *slot;
    struct buf result = {0};
    size_t len = 0;
    int count = 0;
    for (int i = 3; i < call->argc; i++) {
        if (!call_value(call, i, MODEL_STRING, &slot))
            return;
        texts[count] = text_of(slot);
        len = texts[count].len > len ? texts[count].len : len;
        count++;
    }
    int database = call->session->database, key = model_key(call->argv[2]);
    for (size_t at = 0; at < len; at++)
        buf_append_char(&result, (char)combined(call->argv[1].data[0], texts, count, at));
    out_int(call->session, (int64_t)len);
    if (len > 0) {
        model_put(database, key, buf_bytes(&result))->deadline_ms = MODEL_FOREVER;
        model_changed(database, key, '$', "set");
    } else if (model_find(database, key)) {
        model_remove(database, key);
        model_changed(database, key, 'g', "del");
    }
    buf_clear(&result);
}

const struct model_command model_bits_commands[] = {
    {.name = "setbit", .arity = 4, .run = run_setbit},
    {.name = "getbit", .arity = 3, .run = run_getbit},
    {.name = "bitcount", .arity = -2, .run = run_bitcount},
    {.name = "bitpos", .arity = -3, .run = run_bitpos},
    {.name = "bitfield", .arity = -2, .run = run_bitfield},
    {.name = "bitop", .arity = -4, .run = run_bitop},
    {.name = NULL},
};
