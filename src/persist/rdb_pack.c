/* SPDX-License-Identifier: BSD-3-Clause */
#include "rdb_pack.h"
#include "base/number.h"

#define PACK_END      0xff
#define COUNT_UNKNOWN 65535

enum { LISTPACK_HEADER_SIZE = 6 };

/* ---- listpacks ---- */

void rdb_listpack_begin(struct buf *pack)
{
    pack->len = 0;
    buf_append_low_first(pack, 0, LISTPACK_HEADER_SIZE);
}

/* The 13 bits have their highest ones first. */
static void add_number(struct buf *pack, int64_t number)
{
    if (number >= 0 && number <= 127) {
        buf_append_char(pack, (char)number);
    } else if (number >= -4096 && number <= 4095) {
        buf_append_char(pack, (char)(0xc0 | ((number >> 8) & 0x1f)));
        buf_append_char(pack, (char)number);
    } else {
        bool is_16 = number >= INT16_MIN && number <= INT16_MAX,
             is_24 = number >= -(1 << 23) && number < 1 << 23,
             is_32 = number >= INT32_MIN && number <= INT32_MAX;
        buf_append_char(pack, (char)(is_16 ? 0xf1 : is_24 ? 0xf2 : is_32 ? 0xf3 : 0xf4));
        buf_append_low_first(pack, (uint64_t)number, is_16 ? 2 : is_24 ? 3 : is_32 ? 4 : 8);
    }
}

static void add_text(struct buf *pack, struct bytes text)
{
    if (text.len < 64) {
        buf_append_char(pack, (char)(0x80 | text.len));
    } else if (text.len < 4096) {
        buf_append_char(pack, (char)(0xe0 | text.len >> 8));
        buf_append_char(pack, (char)text.len);
    } else {
        buf_append_char(pack, (char)0xf0);
        buf_append_low_first(pack, text.len, 4);
    }
    buf_append_bytes(pack, text);
}

/* The length once more, to be read from behind: seven bits a byte, the highest first. */
static void add_back_length(struct buf *pack, size_t len)
{
    unsigned size = len <= 127 ? 1 : len < 16383 ? 2 : len < 2097151 ? 3 : len < 268435455 ? 4 : 5;
    for (unsigned i = size; i-- > 0;)
        buf_append_char(pack, (char)((len >> (7 * i) & 0x7f) | (i + 1 < size ? 0x80 : 0)));
}

void rdb_listpack_add(struct buf *pack, struct bytes text)
{
    size_t begin = pack->len;
    int64_t number;
    if (parse_i64(text, &number))
        add_number(pack, number);
    else
        add_text(pack, text);
    add_back_length(pack, pack->len - begin);
}

static void put_low_first(char *to, uint64_t number, unsigned byte_count)
{
    for (unsigned i = 0; i < byte_count; i++)
        to[i] = (char)(number >> (8 * i));
}

void rdb_listpack_end(struct buf *pack, uint64_t count)
{
    buf_append_char(pack, (char)PACK_END);
    put_low_first(pack->data, pack->len, 4);
    put_low_first(pack->data + 4, count < COUNT_UNKNOWN ? count : COUNT_UNKNOWN, 2);
}

/* ---- intsets ---- */

void rdb_intset_write(struct buf *set, const int64_t *numbers, size_t count)
{
    int64_t least = count > 0 ? numbers[0] : 0, most = count > 0 ? numbers[count - 1] : 0;
    unsigned width = least >= INT16_MIN && most <= INT16_MAX   ? 2
                     : least >= INT32_MIN && most <= INT32_MAX ? 4
                                                               : 8;
    set->len = 0;
    buf_append_low_first(set, width, 4);
    buf_append_low_first(set, count, 4);
    for (size_t i = 0; i < count; i++)
        buf_append_low_first(set, (uint64_t)numbers[i], width);
}
