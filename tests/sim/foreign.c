/* SPDX-License-Identifier: BSD-3-Clause */
#include "foreign.h"
#include "base/alloc.h"
#include "base/number.h"
#include "packs.h"
#include <math.h>
#include <stdlib.h>

enum { REDIS_OLD = 6, REDIS_NEW = 12, VALKEY = 80, NODE_MAX = 12 };

/* ---- what all are made of ---- */

void foreign_length(struct buf *out, uint64_t length)
{
    if (length < 64) {
        buf_append_char(out, (char)length);
    } else if (length < 16384) {
        buf_append_char(out, (char)(0x40 | length >> 8));
        buf_append_char(out, (char)length);
    } else {
        buf_append_char(out, (char)0x80);
        for (int shift = 24; shift >= 0; shift -= 8)
            buf_append_char(out, (char)(length >> shift));
    }
}

void foreign_string(struct buf *out, struct bytes text, struct chance *chance)
{
    int64_t number;
    if (parse_i64(text, &number) && number >= INT32_MIN && number <= INT32_MAX &&
        chance_permille(chance, 700)) {
        unsigned form = number == (int8_t)number ? 0 : number == (int16_t)number ? 1 : 2;
        buf_append_char(out, (char)(0xc0 | form));
        pack_number(out, (uint64_t)number, 1u << form);
        return;
    }
    foreign_length(out, text.len);
    buf_append_bytes(out, text);
}

struct writing {
    struct buf *out;
    const struct model_value *value;
    struct chance *chance;
};

static void write_string(const struct writing *writing, struct bytes text)
{
    foreign_string(writing->out, text, writing->chance);
}

/* What was packed, as a string. */
static void write_pack(const struct writing *writing, struct buf *pack)
{
    foreign_length(writing->out, pack->len);
    buf_append_bytes(writing->out, buf_bytes(pack));
    buf_clear(pack);
}

/* ---- one by one ---- */

static void write_text(const struct writing *writing)
{
    write_string(writing, buf_bytes(&writing->value->text));
}

static void write_names(const struct writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++)
        write_string(writing, item_name(&writing->value->items[i]));
}

static void write_pairs(const struct writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        write_string(writing, item_name(&writing->value->items[i]));
        write_string(writing, buf_bytes(&writing->value->items[i].content));
    }
}

/* Beside each field there is room for a time. */
static void write_timed_pairs(const struct writing *writing)
{
    pack_number(writing->out, 1, 8);
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        foreign_length(writing->out, 0);
        write_string(writing, item_name(&writing->value->items[i]));
        write_string(writing, buf_bytes(&writing->value->items[i].content));
    }
}

static void write_valkey_pairs(const struct writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        write_string(writing, item_name(&writing->value->items[i]));
        write_string(writing, buf_bytes(&writing->value->items[i].content));
        pack_number(writing->out, UINT64_MAX, 8);
    }
}

static void write_old_scores(const struct writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        const struct item *item = &writing->value->items[i];
        char digits[NUMBER_DOUBLE_SIZE];
        size_t len = print_double(digits, item->score);
        write_string(writing, item_name(item));
        if (isinf(item->score)) {
            buf_append_char(writing->out, (char)(item->score > 0 ? 254 : 255));
            continue;
        }
        buf_append_char(writing->out, (char)len);
        buf_append(writing->out, digits, len);
    }
}

static void write_scores(const struct writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        uint64_t bits;
        write_string(writing, item_name(&writing->value->items[i]));
        memcpy(&bits, &writing->value->items[i].score, sizeof bits);
        pack_number(writing->out, bits, 8);
    }
}

/* ---- packed ---- */

/* Names, and what stands beside them. */
static int texts_of(const struct model_value *value, struct bytes *texts, char (*digits)[NUMBER_DOUBLE_SIZE])
{
    int count = 0;
    for (int i = 0; i < value->count; i++) {
        texts[count++] = item_name(&value->items[i]);
        if (value->kind == MODEL_HASH)
            texts[count++] = buf_bytes(&value->items[i].content);
        else if (value->kind == MODEL_ZSET)
            texts[count++] = bytes_make(digits[i], print_double(digits[i], value->items[i].score));
    }
    return count;
}

static void write_packed(const struct writing *writing, enum pack_kind kind)
{
    size_t room = (size_t)writing->value->count;
    struct bytes *texts = mem_alloc(2 * room * sizeof *texts);
    char(*digits)[NUMBER_DOUBLE_SIZE] = mem_alloc(room * sizeof *digits);
    struct buf pack = {0};
    pack_append(&pack, kind, texts, texts_of(writing->value, texts, digits), writing->chance);
    write_pack(writing, &pack);
    mem_free(texts);
    mem_free(digits);
}

static void write_ziplist(const struct writing *writing)
{
    write_packed(writing, PACK_ZIPLIST);
}

static void write_listpack(const struct writing *writing)
{
    write_packed(writing, PACK_LISTPACK);
}

static void write_zipmap(const struct writing *writing)
{
    write_packed(writing, PACK_ZIPMAP);
}

static int compare_numbers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

static void write_intset(const struct writing *writing)
{
    int count = writing->value->count;
    int64_t *numbers = mem_alloc((size_t)count * sizeof *numbers);
    struct buf pack = {0};
    for (int i = 0; i < count; i++)
        (void)parse_i64(item_name(&writing->value->items[i]), &numbers[i]);
    qsort(numbers, (size_t)count, sizeof *numbers, compare_numbers);
    pack_append_intset(&pack, numbers, count, writing->chance);
    write_pack(writing, &pack);
    mem_free(numbers);
}

/* A list in several packs; newer ones may have an element by itself. */
static void write_nodes(const struct writing *writing, enum pack_kind kind)
{
    enum { ALONE = 1, PACKED = 2 };
    const struct model_value *value = writing->value;
    struct bytes texts[NODE_MAX];
    struct buf nodes = {0};
    const struct writing inner = {&nodes, value, writing->chance};
    uint64_t node_count = 0;
    for (int i = 0; i < value->count; node_count++) {
        int64_t most = chance_between(writing->chance, 1, NODE_MAX);
        bool is_alone = kind == PACK_LISTPACK && most == 1;
        int count = 0;
        for (; i < value->count && count < most; i++)
            texts[count++] = item_name(&value->items[i]);
        if (kind == PACK_LISTPACK)
            foreign_length(&nodes, is_alone ? ALONE : PACKED);
        struct buf pack = {0};
        if (is_alone)
            buf_append_bytes(&pack, texts[0]);
        else
            pack_append(&pack, kind, texts, count, writing->chance);
        write_pack(&inner, &pack);
    }
    foreign_length(writing->out, node_count);
    buf_append_bytes(writing->out, buf_bytes(&nodes));
    buf_clear(&nodes);
}

static void write_ziplists(const struct writing *writing)
{
    write_nodes(writing, PACK_ZIPLIST);
}

static void write_listpacks(const struct writing *writing)
{
    write_nodes(writing, PACK_LISTPACK);
}

/* Names stand in front, contents in a pack. */
static void write_template(const struct writing *writing)
{
    int count = writing->value->count;
    struct bytes *contents = mem_alloc((size_t)count * sizeof *contents);
    struct buf pack = {0};
    write_names(writing);
    for (int i = 0; i < count; i++)
        contents[i] = buf_bytes(&writing->value->items[i].content);
    pack_append(&pack, PACK_LISTPACK, contents, count, writing->chance);
    write_pack(writing, &pack);
    mem_free(contents);
}

/* ---- which there are ---- */

static bool are_numbers(const struct model_value *value)
{
    int64_t number;
    for (int i = 0; i < value->count; i++) {
        if (!parse_i64(item_name(&value->items[i]), &number))
            return false;
    }
    return true;
}

static const struct layout {
    enum model_kind kind;
    unsigned char type;
    unsigned version;
    void (*write)(const struct writing *writing);
    bool (*fits)(const struct model_value *value); /* NULL: always */
} layouts[] = {
    {MODEL_STRING, 0, REDIS_OLD, write_text, NULL},
    {MODEL_LIST, 1, REDIS_OLD, write_names, NULL},
    {MODEL_LIST, 10, REDIS_OLD, write_ziplist, NULL},
    {MODEL_LIST, 14, 7, write_ziplists, NULL},
    {MODEL_LIST, 18, 10, write_listpacks, NULL},
    {MODEL_SET, 2, REDIS_OLD, write_names, NULL},
    {MODEL_SET, 11, REDIS_OLD, write_intset, are_numbers},
    {MODEL_SET, 20, 11, write_listpack, NULL},
    {MODEL_ZSET, 3, REDIS_OLD, write_old_scores, NULL},
    {MODEL_ZSET, 5, 8, write_scores, NULL},
    {MODEL_ZSET, 12, REDIS_OLD, write_ziplist, NULL},
    {MODEL_ZSET, 17, 10, write_listpack, NULL},
    {MODEL_HASH, 4, REDIS_OLD, write_pairs, NULL},
    {MODEL_HASH, 9, REDIS_OLD, write_zipmap, NULL},
    {MODEL_HASH, 13, REDIS_OLD, write_ziplist, NULL},
    {MODEL_HASH, 16, 10, write_listpack, NULL},
    {MODEL_HASH, 24, REDIS_NEW, write_timed_pairs, NULL},
    {MODEL_HASH, 22, VALKEY, write_valkey_pairs, NULL},
    {MODEL_HASH, 29, 14, write_template, NULL},
    {MODEL_HASH, 31, 14, write_pairs, NULL},
};

bool foreign_write(struct buf *out, const struct model_value *value, unsigned *version, struct chance *chance)
{
    const struct layout *chosen = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const struct layout *layout = &layouts[i];
        if (layout->kind == value->kind && (!layout->fits || layout->fits(value)) &&
            chance_below(chance, ++seen) == 0)
            chosen = layout;
    }
    if (!chosen)
        return false;
    *version = chosen->version;
    buf_append_char(out, (char)chosen->type);
    chosen->write(&(struct writing){out, value, chance});
    return true;
}

/* ---- what can't be built ---- */

static void write_array(struct buf *out, struct chance *chance)
{
    enum { TEXT, INTEGER, FLOAT, SHORT_TEXT };
    int64_t count = chance_between(chance, 1, 6);
    bool has_place = chance_permille(chance, 500);
    buf_append_char(out, 28);
    foreign_length(out, (uint64_t)count);
    foreign_length(out, has_place);
    if (has_place)
        foreign_length(out, 3);
    for (int64_t i = 0; i < count; i++) {
        int64_t tag = chance_between(chance, TEXT, SHORT_TEXT);
        foreign_length(out, (uint64_t)i);
        foreign_length(out, (uint64_t)tag);
        if (tag == INTEGER || tag == FLOAT)
            pack_number(out, chance_next(chance), 8);
        else
            foreign_string(out, BYTES("an element"), chance);
    }
}

/* Of a module that nobody has. */
static void write_module(struct buf *out, struct chance *chance)
{
    enum { END, SIGNED, UNSIGNED, FLOAT, DOUBLE, STRING };
    buf_append_char(out, 7);
    buf_append_char(out, (char)0x81);
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_append_char(out, (char)(UINT64_C(0x4d4f44554c454101) >> shift));
    for (int64_t count = chance_between(chance, 0, 5); count > 0; count--) {
        int64_t kind = chance_between(chance, SIGNED, STRING);
        foreign_length(out, (uint64_t)kind);
        if (kind == SIGNED || kind == UNSIGNED)
            foreign_length(out, chance_below(chance, 40000));
        else if (kind == STRING)
            foreign_string(out, BYTES("of a module"), chance);
        else
            pack_number(out, chance_next(chance), kind == FLOAT ? 4 : 8);
    }
    foreign_length(out, END);
}

/* A hash of a template that is in the file. */
static void write_reference(struct buf *out, struct chance *chance)
{
    struct bytes packed[] = {BYTES("1"), BYTES("content"), BYTES("12")};
    struct buf pack = {0};
    bool is_packed = chance_permille(chance, 500);
    buf_append_char(out, is_packed ? 30 : 32);
    if (is_packed) {
        pack_append(&pack, PACK_LISTPACK, packed, 3, chance);
        foreign_length(out, pack.len);
        buf_append_bytes(out, buf_bytes(&pack));
        buf_clear(&pack);
        return;
    }
    foreign_length(out, 1);
    foreign_string(out, packed[1], chance);
    foreign_string(out, packed[2], chance);
}

void foreign_write_strange(struct buf *out, struct chance *chance)
{
    static void (*const write[])(struct buf *, struct chance *) = {write_array, write_module,
                                                                   write_reference};
    write[chance_below(chance, sizeof write / sizeof write[0])](out, chance);
}
