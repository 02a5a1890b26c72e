/* SPDX-License-Identifier: BSD-3-Clause */
/* What is packed, numbers lowest byte first unless said otherwise:
 *
 *     listpack  4 bytes size, 2 bytes count (or 65535), elements, 255
 *     element   head, content, length of both so that it can be read from behind: 7 bits a byte, high first:
 *               the highest bit is set in all but the first
 *     ziplist   4 bytes size, 4 bytes where the last element begins, 2 bytes count (or 65535), elements, 255
 *     element   length of the one before (a byte, or 254 and 4 bytes), head, content
 *     zipmap    count (or 254), then length, field, length, unused bytes, content, unused bytes ..., 255
 *     intset    4 bytes width, 4 bytes count, numbers in order */
#include "rdb_packed.h"
#include "base/number.h"

#define PACK_END      0xff
#define COUNT_UNKNOWN 65535

enum { LISTPACK_HEADER_SIZE = 6, ZIPLIST_HEADER_SIZE = 10, INTSET_HEADER_SIZE = 8 };

/* What is left to be read, from the front. */
struct cursor {
    const unsigned char *at, *end;
};

struct element {
    bool is_number;
    int64_t number;
    struct bytes text;
};

static struct cursor cursor_of(struct bytes bytes)
{
    const unsigned char *at = (const unsigned char *)(bytes.len > 0 ? bytes.data : "");
    return (struct cursor){at, at + bytes.len};
}

static size_t left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static bool take_number(struct cursor *cursor, unsigned byte_count, uint64_t *number)
{
    if (left(cursor) < byte_count)
        return false;
    *number = bytes_low_first(bytes_make(cursor->at, byte_count));
    cursor->at += byte_count;
    return true;
}

static int64_t sign_extended(uint64_t bits, unsigned bit_count)
{
    return (int64_t)(bits << (64 - bit_count)) >> (64 - bit_count);
}

static bool take_signed(struct cursor *cursor, unsigned byte_count, struct element *element)
{
    uint64_t bits;
    if (!take_number(cursor, byte_count, &bits))
        return false;
    *element = (struct element){.is_number = true, .number = sign_extended(bits, 8 * byte_count)};
    return true;
}

static bool take_text(struct cursor *cursor, uint64_t len, struct element *element)
{
    if (len > left(cursor))
        return false;
    *element = (struct element){.text = bytes_make(cursor->at, (size_t)len)};
    cursor->at += len;
    return true;
}

static void note(struct rdb_hashes *hashes, const struct element *element)
{
    char digits[NUMBER_I64_SIZE];
    rdb_hashes_add(hashes, element->is_number ? bytes_make(digits, print_i64(digits, element->number))
                                              : element->text);
}

/* Counts the element, whose place in its group that tells. */
static void note_in_group(const struct rdb_packed_shape *shape, const struct element *element,
                          uint64_t *count)
{
    if (shape->firsts && *count % shape->group == 0)
        note(shape->firsts, element);
    ++*count;
}

/* Nobody keeps a value without elements. */
static bool count_is_right(uint64_t count, uint64_t stated, size_t group)
{
    return count > 0 && count % group == 0 && (stated == COUNT_UNKNOWN || stated == count);
}

/* ---- listpacks ---- */

static bool take_listpack_content(struct cursor *cursor, struct element *element)
{
    unsigned head = *cursor->at++;
    uint64_t len;
    if (head < 0x80) {
        *element = (struct element){.is_number = true, .number = head};
        return true;
    }
    if (head < 0xc0)
        return take_text(cursor, head & 0x3f, element);
    if (head < 0xf0) {
        if (left(cursor) == 0)
            return false;
        unsigned low = *cursor->at++;
        if (head >= 0xe0)
            return take_text(cursor, (head & 0xf) << 8 | low, element);
        *element = (struct element){.is_number = true, .number = sign_extended((head & 0x1f) << 8 | low, 13)};
        return true;
    }
    switch (head) {
    case 0xf0:
        return take_number(cursor, 4, &len) && take_text(cursor, len, element);
    case 0xf1:
        return take_signed(cursor, 2, element);
    case 0xf2:
        return take_signed(cursor, 3, element);
    case 0xf3:
        return take_signed(cursor, 4, element);
    case 0xf4:
        return take_signed(cursor, 8, element);
    default:
        return false;
    }
}

static unsigned back_length_size(size_t len)
{
    return len <= 127 ? 1 : len < 16383 ? 2 : len < 2097151 ? 3 : len < 268435455 ? 4 : 5;
}

static bool take_back_length(struct cursor *cursor, size_t len)
{
    unsigned size = back_length_size(len);
    uint64_t stated = 0;
    if (left(cursor) < size)
        return false;
    for (unsigned i = 0; i < size; i++) {
        if ((*cursor->at & 0x80) != (i > 0 ? 0x80 : 0))
            return false;
        stated = stated << 7 | (*cursor->at++ & 0x7f);
    }
    return stated == len;
}

static bool take_listpack_element(struct cursor *cursor, struct element *element)
{
    const unsigned char *begin = cursor->at;
    return left(cursor) > 0 && take_listpack_content(cursor, element) &&
           take_back_length(cursor, (size_t)(cursor->at - begin));
}

/* Sets the cursor on the elements, without the end behind them. */
static bool open_listpack(struct bytes pack, struct cursor *cursor, uint64_t *count)
{
    uint64_t size;
    *cursor = cursor_of(pack);
    return pack.len > LISTPACK_HEADER_SIZE && take_number(cursor, 4, &size) && size == pack.len &&
           take_number(cursor, 2, count) && *--cursor->end == PACK_END;
}

bool rdb_listpack_is_whole(struct bytes pack, const struct rdb_packed_shape *shape)
{
    struct cursor cursor;
    struct element element;
    uint64_t stated, count = 0;
    if (!open_listpack(pack, &cursor, &stated))
        return false;
    while (left(&cursor) > 0) {
        if (!take_listpack_element(&cursor, &element))
            return false;
        note_in_group(shape, &element, &count);
    }
    return count_is_right(count, stated, shape->group);
}

/* ---- listpacks of streams ---- */

#define SAME_FIELDS 2

static bool take_stream_number(struct cursor *cursor, int64_t *number)
{
    struct element element;
    if (!take_listpack_element(cursor, &element) || !element.is_number)
        return false;
    *number = element.number;
    return true;
}

static bool pass_elements(struct cursor *cursor, int64_t count)
{
    struct element element;
    for (; count > 0; count--) {
        if (!take_listpack_element(cursor, &element))
            return false;
    }
    return count == 0;
}

/* Flags, two differences of the ID, unless the fields are the master's their number and each with its value,
 * else the values; and the number of all these elements. */
static bool pass_stream_entry(struct cursor *cursor, int64_t master_fields)
{
    int64_t flags, difference, fields = master_fields, elements = master_fields, stated;
    if (!take_stream_number(cursor, &flags) || !take_stream_number(cursor, &difference) ||
        !take_stream_number(cursor, &difference))
        return false;
    if (!(flags & SAME_FIELDS)) {
        if (!take_stream_number(cursor, &fields) || fields < 0 || (uint64_t)fields > left(cursor))
            return false;
        elements = 2 * fields;
    }
    return pass_elements(cursor, elements) && take_stream_number(cursor, &stated) &&
           stated == elements + (flags & SAME_FIELDS ? 3 : 4);
}

bool rdb_stream_pack_is_whole(struct bytes pack)
{
    struct cursor cursor;
    uint64_t count;
    int64_t valid, deleted, fields, zero;
    if (!rdb_listpack_is_whole(pack, &(struct rdb_packed_shape){.group = 1}) ||
        !open_listpack(pack, &cursor, &count))
        return false;
    if (!take_stream_number(&cursor, &valid) || !take_stream_number(&cursor, &deleted) ||
        !take_stream_number(&cursor, &fields) || valid < 0 || deleted < 0 || fields < 0 ||
        valid > (int64_t)pack.len || deleted > (int64_t)pack.len || fields > (int64_t)pack.len)
        return false;
    if (!pass_elements(&cursor, fields) || !take_stream_number(&cursor, &zero) || zero != 0)
        return false;
    for (int64_t entries = valid + deleted; entries > 0; entries--) {
        if (!pass_stream_entry(&cursor, fields))
            return false;
    }
    return left(&cursor) == 0;
}

/* ---- ziplists ---- */

static bool take_previous_length(struct cursor *cursor, uint64_t *len)
{
    return take_number(cursor, 1, len) && *len != 255 && (*len < 254 || take_number(cursor, 4, len));
}

static bool take_ziplist_number(struct cursor *cursor, unsigned head, struct element *element)
{
    switch (head) {
    case 0xc0:
        return take_signed(cursor, 2, element);
    case 0xd0:
        return take_signed(cursor, 4, element);
    case 0xe0:
        return take_signed(cursor, 8, element);
    case 0xf0:
        return take_signed(cursor, 3, element);
    case 0xfe:
        return take_signed(cursor, 1, element);
    default:
        *element = (struct element){.is_number = true, .number = (int64_t)head - 0xf1};
        return head >= 0xf1 && head <= 0xfd;
    }
}

/* Lengths of texts have their highest byte first. */
static bool take_ziplist_content(struct cursor *cursor, struct element *element)
{
    if (left(cursor) == 0)
        return false;
    unsigned head = *cursor->at++;
    if (head >= 0xc0)
        return take_ziplist_number(cursor, head, element);
    unsigned more = head < 0x40 ? 0 : head < 0x80 ? 1 : 4;
    uint64_t len = head < 0x80 ? head & 0x3f : 0;
    if (left(cursor) < more)
        return false;
    for (; more > 0; more--)
        len = len << 8 | *cursor->at++;
    return take_text(cursor, len, element);
}

bool rdb_ziplist_is_whole(struct bytes list, const struct rdb_packed_shape *shape)
{
    struct cursor cursor = cursor_of(list);
    struct element element;
    uint64_t size, last, stated, before, count = 0;
    size_t previous_len = 0, begin = ZIPLIST_HEADER_SIZE;
    if (list.len <= ZIPLIST_HEADER_SIZE || !take_number(&cursor, 4, &size) || size != list.len ||
        !take_number(&cursor, 4, &last) || !take_number(&cursor, 2, &stated) || *--cursor.end != PACK_END)
        return false;
    while (left(&cursor) > 0) {
        begin = list.len - 1 - left(&cursor);
        if (!take_previous_length(&cursor, &before) || before != previous_len ||
            !take_ziplist_content(&cursor, &element))
            return false;
        previous_len = list.len - 1 - left(&cursor) - begin;
        note_in_group(shape, &element, &count);
    }
    return begin == last && count_is_right(count, stated, shape->group);
}

/* ---- zipmaps ---- */

static bool take_zipmap_length(struct cursor *cursor, uint64_t *len)
{
    return take_number(cursor, 1, len) && *len != 255 && (*len < 254 || take_number(cursor, 4, len));
}

bool rdb_zipmap_is_whole(struct bytes map, struct rdb_hashes *fields)
{
    struct cursor cursor = cursor_of(map);
    struct element element;
    uint64_t stated, len, unused, count = 0;
    if (map.len < 2 || !take_number(&cursor, 1, &stated) || *--cursor.end != PACK_END)
        return false;
    while (left(&cursor) > 0) {
        if (!take_zipmap_length(&cursor, &len) || !take_text(&cursor, len, &element))
            return false;
        note(fields, &element);
        if (!take_zipmap_length(&cursor, &len) || !take_number(&cursor, 1, &unused) ||
            !take_text(&cursor, len, &element) || !take_text(&cursor, unused, &element))
            return false;
        count++;
    }
    return count > 0 && (stated >= 254 || stated == count);
}

/* ---- intsets ---- */

bool rdb_intset_is_whole(struct bytes set)
{
    struct cursor cursor = cursor_of(set);
    struct element element;
    uint64_t width, count;
    int64_t before = 0;
    if (!take_number(&cursor, 4, &width) || !take_number(&cursor, 4, &count) ||
        (width != 2 && width != 4 && width != 8) || count == 0 ||
        count * width != set.len - INTSET_HEADER_SIZE)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!take_signed(&cursor, (unsigned)width, &element) || (i > 0 && element.number <= before))
            return false;
        before = element.number;
    }
    return true;
}
