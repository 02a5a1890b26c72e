/* SPDX-License-Identifier: BSD-3-Clause */
#include "foreign.h"
#include "base/alloc.h"
#include "base/number.h"
#include "packs.h"
#include <math.h>
#include <stdlib.h>

enum { REDIS_OLD = 1, REDIS_NEW = 12, REDIS_NEWEST = 14, NODE_MAX = 12 };

/* What both had in common when they parted. */
enum { COMMON = 11 };

static void write_string(const struct foreign_writing *writing, struct bytes text)
{
    foreign_string(writing->out, text, writing->chance);
}

/* What was packed, as a string. */
static void write_pack(const struct foreign_writing *writing, struct buf *pack)
{
    foreign_length(writing->out, pack->len);
    buf_append_bytes(writing->out, buf_bytes(pack));
    buf_clear(pack);
}

/* ---- one by one ---- */

static void write_text(const struct foreign_writing *writing)
{
    write_string(writing, buf_bytes(&writing->value->text));
}

static void write_names(const struct foreign_writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++)
        write_string(writing, item_name(&writing->value->items[i]));
}

static void write_pairs(const struct foreign_writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        write_string(writing, item_name(&writing->value->items[i]));
        write_string(writing, buf_bytes(&writing->value->items[i].content));
    }
}

/* 0: never. */
static int64_t wall_end(const struct foreign_writing *writing, const struct item *item)
{
    return item->deadline_ms == MODEL_FOREVER ? 0 : item->deadline_ms + writing->wall_offset_ms;
}

static int64_t least_end(const struct foreign_writing *writing)
{
    int64_t least = 0;
    for (int i = 0; i < writing->value->count; i++) {
        int64_t end = wall_end(writing, &writing->value->items[i]);
        if (end > 0 && (least == 0 || end < least))
            least = end;
    }
    return least;
}

/* Ends count from `least`. */
static void write_ends_and_pairs(const struct foreign_writing *writing, int64_t least)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        const struct item *item = &writing->value->items[i];
        int64_t end = wall_end(writing, item);
        foreign_length(writing->out, end > 0 ? (uint64_t)(end - least) : 0);
        write_string(writing, item_name(item));
        write_string(writing, buf_bytes(&item->content));
    }
}

static void write_timed_pairs(const struct foreign_writing *writing)
{
    int64_t least = least_end(writing);
    pack_number(writing->out, (uint64_t)least, 8);
    write_ends_and_pairs(writing, least - 1);
}

static void write_early_timed_pairs(const struct foreign_writing *writing)
{
    write_ends_and_pairs(writing, 0);
}

static void write_valkey_pairs(const struct foreign_writing *writing)
{
    foreign_length(writing->out, (uint64_t)writing->value->count);
    for (int i = 0; i < writing->value->count; i++) {
        const struct item *item = &writing->value->items[i];
        int64_t end = wall_end(writing, item);
        write_string(writing, item_name(item));
        write_string(writing, buf_bytes(&item->content));
        pack_number(writing->out, end > 0 ? (uint64_t)end : UINT64_MAX, 8);
    }
}

static void write_old_scores(const struct foreign_writing *writing)
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

static void write_scores(const struct foreign_writing *writing)
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

static void write_packed(const struct foreign_writing *writing, enum pack_kind kind)
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

static void write_ziplist(const struct foreign_writing *writing)
{
    write_packed(writing, PACK_ZIPLIST);
}

static void write_listpack(const struct foreign_writing *writing)
{
    write_packed(writing, PACK_LISTPACK);
}

static void write_zipmap(const struct foreign_writing *writing)
{
    write_packed(writing, PACK_ZIPMAP);
}

/* In threes, the last of which is the time. */
static void write_early_timed_listpack(const struct foreign_writing *writing)
{
    struct buf elements = {0}, pack = {0};
    for (int i = 0; i < writing->value->count; i++) {
        const struct item *item = &writing->value->items[i];
        pack_listpack_text(&elements, item_name(item), writing->chance);
        pack_listpack_text(&elements, buf_bytes(&item->content), writing->chance);
        pack_listpack_number(&elements, wall_end(writing, item), writing->chance);
    }
    pack_listpack_end(&pack, &elements, 3 * (unsigned)writing->value->count);
    write_pack(writing, &pack);
}

static void write_timed_listpack(const struct foreign_writing *writing)
{
    pack_number(writing->out, (uint64_t)least_end(writing), 8);
    write_early_timed_listpack(writing);
}

static int compare_numbers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

static void write_intset(const struct foreign_writing *writing)
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
static void write_nodes(const struct foreign_writing *writing, enum pack_kind kind)
{
    enum { ALONE = 1, PACKED = 2 };
    const struct model_value *value = writing->value;
    struct bytes texts[NODE_MAX];
    struct buf nodes = {0};
    struct foreign_writing inner = *writing;
    uint64_t node_count = 0;
    inner.out = &nodes;
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

static void write_ziplists(const struct foreign_writing *writing)
{
    write_nodes(writing, PACK_ZIPLIST);
}

static void write_listpacks(const struct foreign_writing *writing)
{
    write_nodes(writing, PACK_LISTPACK);
}

/* Names stand in front, contents in a pack. */
static void write_template(const struct foreign_writing *writing)
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

static bool is_endless(const struct model_value *value)
{
    for (int i = 0; i < value->count; i++) {
        if (value->items[i].deadline_ms != MODEL_FOREVER)
            return false;
    }
    return true;
}

static const struct foreign_layout layouts[] = {
    {MODEL_STRING, 0, REDIS_OLD, write_text, NULL},
    {MODEL_LIST, 1, REDIS_OLD, write_names, NULL},
    {MODEL_LIST, 10, REDIS_OLD, write_ziplist, NULL},
    {MODEL_LIST, 14, 7, write_ziplists, NULL},
    {MODEL_LIST, 18, 10, write_listpacks, NULL},
    {MODEL_SET, 2, REDIS_OLD, write_names, NULL},
    {MODEL_SET, 11, REDIS_OLD, write_intset, are_numbers},
    {MODEL_SET, 20, COMMON, write_listpack, NULL},
    {MODEL_ZSET, 3, REDIS_OLD, write_old_scores, NULL},
    {MODEL_ZSET, 5, 8, write_scores, NULL},
    {MODEL_ZSET, 12, REDIS_OLD, write_ziplist, NULL},
    {MODEL_ZSET, 17, 10, write_listpack, NULL},
    {MODEL_HASH, 4, REDIS_OLD, write_pairs, is_endless},
    {MODEL_HASH, 9, REDIS_OLD, write_zipmap, is_endless},
    {MODEL_HASH, 13, REDIS_OLD, write_ziplist, is_endless},
    {MODEL_HASH, 16, 10, write_listpack, is_endless},
    {MODEL_HASH, 22, REDIS_NEW, write_early_timed_pairs, NULL},
    {MODEL_HASH, 23, REDIS_NEW, write_early_timed_listpack, NULL},
    {MODEL_HASH, 24, REDIS_NEW, write_timed_pairs, NULL},
    {MODEL_HASH, 25, REDIS_NEW, write_timed_listpack, NULL},
    {MODEL_HASH, 22, FOREIGN_VALKEY, write_valkey_pairs, NULL},
    {MODEL_HASH, 29, REDIS_NEWEST, write_template, is_endless},
    {MODEL_HASH, 31, REDIS_NEWEST, write_pairs, is_endless},
    {MODEL_STREAM, 15, 9, foreign_write_stream_1, NULL},
    {MODEL_STREAM, 19, 10, foreign_write_stream_2, NULL},
    {MODEL_STREAM, 21, COMMON, foreign_write_stream_3, NULL},
    {MODEL_STREAM, 26, 13, foreign_write_stream_4, NULL},
    {MODEL_STREAM, 27, REDIS_NEWEST, foreign_write_stream_5, NULL},
};

enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static bool has(unsigned version, const struct foreign_layout *layout)
{
    if (version < FOREIGN_VALKEY)
        return layout->version <= version;
    return layout->version <= COMMON || layout->version >= FOREIGN_VALKEY;
}

const struct foreign_layout *foreign_layout(const struct model_value *value, unsigned version,
                                            struct chance *chance)
{
    const struct foreign_layout *chosen = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < LAYOUTS; i++) {
        const struct foreign_layout *layout = &layouts[i];
        if (layout->kind == value->kind && has(version, layout) && (!layout->fits || layout->fits(value)) &&
            chance_below(chance, ++seen) == 0)
            chosen = layout;
    }
    return chosen;
}

unsigned foreign_version_needed(const struct model_value *value)
{
    unsigned least = FOREIGN_VALKEY;
    for (size_t i = 0; i < LAYOUTS; i++) {
        const struct foreign_layout *layout = &layouts[i];
        if (layout->kind == value->kind && layout->version < least && (!layout->fits || layout->fits(value)))
            least = layout->version;
    }
    return least;
}

/* ---- what can't be built ---- */

static unsigned write_array(struct buf *out, struct chance *chance)
{
    enum { TYPE = 28, TEXT = 0, INTEGER, FLOAT, SHORT_TEXT };
    int64_t count = chance_between(chance, 1, 6);
    bool has_place = chance_permille(chance, 500);
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
    return TYPE;
}

void foreign_write_module_items(struct buf *out, struct chance *chance)
{
    enum { END, SIGNED, UNSIGNED, FLOAT, DOUBLE, STRING };
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

/* Of a module that nobody has. */
static unsigned write_module(struct buf *out, struct chance *chance)
{
    enum { TYPE = 7 };
    foreign_length(out, FOREIGN_MODULE);
    foreign_write_module_items(out, chance);
    return TYPE;
}

/* A hash of a template that isn't there. */
static unsigned write_reference(struct buf *out, struct chance *chance)
{
    enum { TYPE_PACKED = 30, TYPE = 32 };
    struct bytes packed[] = {BYTES("1"), BYTES("content"), BYTES("12")};
    struct buf pack = {0};
    if (chance_permille(chance, 500)) {
        pack_append(&pack, PACK_LISTPACK, packed, 3, chance);
        foreign_length(out, pack.len);
        buf_append_bytes(out, buf_bytes(&pack));
        buf_clear(&pack);
        return TYPE_PACKED;
    }
    foreign_length(out, 1);
    foreign_string(out, packed[1], chance);
    foreign_string(out, packed[2], chance);
    return TYPE;
}

unsigned foreign_write_strange(struct buf *out, bool in_file, struct chance *chance)
{
    static unsigned (*const write[])(struct buf *, struct chance *) = {write_array, write_module,
                                                                       write_reference};
    return write[chance_below(chance, in_file ? 2 : 3)](out, chance);
}
