/* SPDX-License-Identifier: BSD-3-Clause */
#include "packs.h"
#include "base/number.h"

enum { END = 0xff, LONG_LENGTH = 254 };

void pack_number(struct buf *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_append_char(out, (char)(number >> 8 * i));
}

static void number_high_first(struct buf *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        buf_append_char(out, (char)(number >> 8 * i));
}

static bool fits(int64_t number, unsigned bytes)
{
    int64_t most = bytes == 8 ? INT64_MAX : ((int64_t)1 << (8 * bytes - 1)) - 1;
    return number >= -most - 1 && number <= most;
}

struct width {
    unsigned head, bytes;
};

/* One that is wide enough, often the narrowest. */
static void append_wide(struct buf *out, const struct width *widths, int count, int64_t number,
                        struct chance *chance)
{
    int at = 0;
    while (!fits(number, widths[at].bytes))
        at++;
    if (chance_permille(chance, 300))
        at = (int)chance_between(chance, at, count - 1);
    buf_append_char(out, (char)widths[at].head);
    pack_number(out, (uint64_t)number, widths[at].bytes);
}

static bool is_to_be_number(struct bytes text, struct chance *chance, int64_t *number)
{
    return parse_i64(text, number) && chance_permille(chance, 800);
}

/* ---- listpacks ---- */

static void append_back_length(struct buf *out, size_t len)
{
    unsigned size = len <= 127 ? 1 : len < 16383 ? 2 : len < 2097151 ? 3 : 4;
    for (unsigned i = size; i-- > 0;)
        buf_append_char(out, (char)((len >> 7 * i & 127) | (i == size - 1 ? 0 : 128)));
}

static void append_listpack_text(struct buf *out, struct bytes text, struct chance *chance)
{
    bool is_wide = chance_permille(chance, 100);
    if (text.len < 64 && !is_wide) {
        buf_append_char(out, (char)(0x80 | text.len));
    } else if (text.len < 4096 && !is_wide) {
        number_high_first(out, 0xe000 | text.len, 2);
    } else {
        buf_append_char(out, (char)0xf0);
        pack_number(out, text.len, 4);
    }
    buf_append_bytes(out, text);
}

static void append_listpack_number(struct buf *out, int64_t number, struct chance *chance)
{
    static const struct width widths[] = {{0xf1, 2}, {0xf2, 3}, {0xf3, 4}, {0xf4, 8}};
    if (number >= 0 && number <= 127 && chance_permille(chance, 700))
        buf_append_char(out, (char)number);
    else if (number >= -4096 && number <= 4095 && chance_permille(chance, 700))
        number_high_first(out, 0xc000 | ((uint64_t)number & 0x1fff), 2);
    else
        append_wide(out, widths, sizeof widths / sizeof widths[0], number, chance);
}

void pack_listpack_text(struct buf *elements, struct bytes text, struct chance *chance)
{
    size_t begin = elements->len;
    append_listpack_text(elements, text, chance);
    append_back_length(elements, elements->len - begin);
}

void pack_listpack_number(struct buf *elements, int64_t number, struct chance *chance)
{
    size_t begin = elements->len;
    append_listpack_number(elements, number, chance);
    append_back_length(elements, elements->len - begin);
}

void pack_listpack_end(struct buf *out, struct buf *elements, unsigned count)
{
    pack_number(out, 4 + 2 + elements->len + 1, 4);
    pack_number(out, count, 2);
    buf_append_bytes(out, buf_bytes(elements));
    buf_append_char(out, (char)END);
    buf_clear(elements);
}

static void append_listpack(struct buf *out, const struct bytes *texts, int count, struct chance *chance)
{
    struct buf elements = {0};
    int64_t number;
    for (int i = 0; i < count; i++) {
        if (is_to_be_number(texts[i], chance, &number))
            pack_listpack_number(&elements, number, chance);
        else
            pack_listpack_text(&elements, texts[i], chance);
    }
    pack_listpack_end(out, &elements, (unsigned)count);
}

/* ---- ziplists ---- */

static void append_ziplist_text(struct buf *out, struct bytes text, struct chance *chance)
{
    bool is_wide = chance_permille(chance, 100);
    if (text.len < 64 && !is_wide) {
        buf_append_char(out, (char)text.len);
    } else if (text.len < 16384 && !is_wide) {
        number_high_first(out, 0x4000 | text.len, 2);
    } else {
        buf_append_char(out, (char)0x80);
        number_high_first(out, text.len, 4);
    }
    buf_append_bytes(out, text);
}

static void append_ziplist_number(struct buf *out, int64_t number, struct chance *chance)
{
    static const struct width widths[] = {{0xfe, 1}, {0xc0, 2}, {0xf0, 3}, {0xd0, 4}, {0xe0, 8}};
    if (number >= 0 && number <= 12 && chance_permille(chance, 700))
        buf_append_char(out, (char)(0xf1 + number));
    else
        append_wide(out, widths, sizeof widths / sizeof widths[0], number, chance);
}

static void append_ziplist(struct buf *out, const struct bytes *texts, int count, struct chance *chance)
{
    enum { HEADER = 4 + 4 + 2 };
    struct buf body = {0};
    size_t begin = 0, before = 0;
    int64_t number;
    for (int i = 0; i < count; i++) {
        before = body.len - begin;
        begin = body.len;
        buf_append_char(&body, (char)(before < LONG_LENGTH ? before : LONG_LENGTH));
        if (before >= LONG_LENGTH)
            pack_number(&body, before, 4);
        if (is_to_be_number(texts[i], chance, &number))
            append_ziplist_number(&body, number, chance);
        else
            append_ziplist_text(&body, texts[i], chance);
    }
    pack_number(out, HEADER + body.len + 1, 4);
    pack_number(out, HEADER + begin, 4);
    pack_number(out, (uint64_t)count, 2);
    buf_append_bytes(out, buf_bytes(&body));
    buf_append_char(out, (char)END);
    buf_clear(&body);
}

/* ---- zipmaps ---- */

static void append_zipmap_length(struct buf *out, size_t len)
{
    buf_append_char(out, (char)(len < LONG_LENGTH ? len : LONG_LENGTH));
    if (len >= LONG_LENGTH)
        pack_number(out, len, 4);
}

/* Behind a content there may be room that nobody uses. */
static void append_zipmap(struct buf *out, const struct bytes *texts, int count, struct chance *chance)
{
    buf_append_char(out, (char)(count / 2 < LONG_LENGTH ? count / 2 : LONG_LENGTH));
    for (int i = 0; i < count; i++) {
        int64_t room = i % 2 ? chance_between(chance, 0, 4) : 0;
        append_zipmap_length(out, texts[i].len);
        if (i % 2)
            buf_append_char(out, (char)room);
        buf_append_bytes(out, texts[i]);
        for (; room > 0; room--)
            buf_append_char(out, 0);
    }
    buf_append_char(out, (char)END);
}

void pack_append(struct buf *out, enum pack_kind kind, const struct bytes *texts, int count,
                 struct chance *chance)
{
    static void (*const append[])(struct buf *, const struct bytes *, int, struct chance *) = {
        [PACK_LISTPACK] = append_listpack, [PACK_ZIPLIST] = append_ziplist, [PACK_ZIPMAP] = append_zipmap};
    append[kind](out, texts, count, chance);
}

void pack_append_intset(struct buf *out, const int64_t *numbers, int count, struct chance *chance)
{
    unsigned width = 2;
    for (int i = 0; i < count; i++) {
        while (!fits(numbers[i], width))
            width *= 2;
    }
    if (width < 8 && chance_permille(chance, 300))
        width *= 2;
    pack_number(out, width, 4);
    pack_number(out, (uint64_t)count, 4);
    for (int i = 0; i < count; i++)
        pack_number(out, (uint64_t)numbers[i], width);
}
