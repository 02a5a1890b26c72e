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

static struct bytes text_of(const struct element *element, char digits[static NUMBER_I64_SIZE])
{
    return element->is_number ? bytes_make(digits, print_i64(digits, element->number)) : element->text;
}

/* A group in the making. */
struct group {
    const struct rdb_packed_taker *taker;
    uint64_t count; /* of all elements so far */
    struct bytes texts[RDB_PACKED_GROUP_MAX];
    char digits[RDB_PACKED_GROUP_MAX][NUMBER_I64_SIZE];
};

static void add_element(struct group *group, const struct element *element)
{
    size_t place = (size_t)(group->count++ % group->taker->group);
    if (!group->taker->take)
        return;
    group->texts[place] = text_of(element, group->digits[place]);
    if (place + 1 == group->taker->group)
        group->taker->take(group->taker->context, group->texts);
}

/* Nobody keeps a value without elements. */
static bool count_is_right(const struct group *group, uint64_t stated)
{
    return group->count > 0 && group->count % group->taker->group == 0 &&
           (stated == COUNT_UNKNOWN || stated == group->count);
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

bool rdb_listpack_read(struct bytes pack, const struct rdb_packed_taker *taker)
{
    struct group group = {.taker = taker};
    struct cursor cursor;
    struct element element;
    uint64_t stated;
    if (!open_listpack(pack, &cursor, &stated))
        return false;
    while (left(&cursor) > 0) {
        if (!take_listpack_element(&cursor, &element))
            return false;
        add_element(&group, &element);
    }
    return count_is_right(&group, stated);
}

/* ---- listpacks of streams ---- */

#define DELETED     1
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

/* The elements of an entry: each a field with its content, or the contents of the master's fields, which are
 * `names`. */
static bool take_fields(struct cursor *cursor, struct cursor *names, int64_t count,
                        const struct rdb_entry_taker *taker)
{
    struct element name, content;
    char digits[2][NUMBER_I64_SIZE];
    for (; count > 0; count--) {
        if (!take_listpack_element(names, &name) || !take_listpack_element(cursor, &content))
            return false;
        if (taker && taker->field)
            taker->field(taker->context, text_of(&name, digits[0]), text_of(&content, digits[1]));
    }
    return true;
}

struct master {
    struct cursor names;
    int64_t fields;
};

/* Flags, two differences of the ID, unless the fields are the master's their number and each with its value,
 * else the values; and the number of all these elements. */
static bool take_stream_entry(struct cursor *cursor, const struct master *master,
                              const struct rdb_entry_taker *taker)
{
    int64_t flags, ms, sequence, fields = master->fields, elements = master->fields, stated;
    struct cursor names = master->names;
    if (!take_stream_number(cursor, &flags) || !take_stream_number(cursor, &ms) ||
        !take_stream_number(cursor, &sequence))
        return false;
    if (!(flags & SAME_FIELDS)) {
        if (!take_stream_number(cursor, &fields) || fields < 0 || (uint64_t)fields > left(cursor))
            return false;
        elements = 2 * fields;
    }
    const struct rdb_entry_taker *listener = flags & DELETED ? NULL : taker;
    if (listener && listener->entry)
        listener->entry(listener->context, (uint64_t)ms, (uint64_t)sequence);
    return take_fields(cursor, flags & SAME_FIELDS ? &names : cursor, fields, listener) &&
           take_stream_number(cursor, &stated) && stated == elements + (flags & SAME_FIELDS ? 3 : 4);
}

/* How many entries there are, those that are deleted among them, and the fields' names. */
static bool take_master(struct cursor *cursor, size_t size, struct master *master, int64_t *entries)
{
    int64_t valid, deleted, zero;
    if (!take_stream_number(cursor, &valid) || !take_stream_number(cursor, &deleted) ||
        !take_stream_number(cursor, &master->fields) || valid < 0 || deleted < 0 || master->fields < 0 ||
        valid > (int64_t)size || deleted > (int64_t)size || master->fields > (int64_t)size)
        return false;
    master->names = *cursor;
    *entries = valid + deleted;
    return pass_elements(cursor, master->fields) && take_stream_number(cursor, &zero) && zero == 0;
}

bool rdb_stream_pack_read(struct bytes pack, const struct rdb_entry_taker *taker)
{
    struct cursor cursor;
    struct master master;
    uint64_t count;
    int64_t entries;
    if (!rdb_listpack_read(pack, &(struct rdb_packed_taker){.group = 1}) ||
        !open_listpack(pack, &cursor, &count) || !take_master(&cursor, pack.len, &master, &entries))
        return false;
    for (; entries > 0; entries--) {
        if (!take_stream_entry(&cursor, &master, taker))
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

bool rdb_ziplist_read(struct bytes list, const struct rdb_packed_taker *taker)
{
    struct group group = {.taker = taker};
    struct cursor cursor = cursor_of(list);
    struct element element;
    uint64_t size, last, stated, before;
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
        add_element(&group, &element);
    }
    return begin == last && count_is_right(&group, stated);
}

/* ---- zipmaps ---- */

static bool take_zipmap_length(struct cursor *cursor, uint64_t *len)
{
    return take_number(cursor, 1, len) && *len != 255 && (*len < 254 || take_number(cursor, 4, len));
}

bool rdb_zipmap_read(struct bytes map, const struct rdb_packed_taker *taker)
{
    struct group group = {.taker = taker};
    struct cursor cursor = cursor_of(map);
    struct element element;
    uint64_t stated, len, unused;
    if (map.len < 2 || !take_number(&cursor, 1, &stated) || *--cursor.end != PACK_END)
        return false;
    while (left(&cursor) > 0) {
        if (!take_zipmap_length(&cursor, &len) || !take_text(&cursor, len, &element))
            return false;
        add_element(&group, &element);
        if (!take_zipmap_length(&cursor, &len) || !take_number(&cursor, 1, &unused) ||
            !take_text(&cursor, len, &element))
            return false;
        add_element(&group, &element);
        if (!take_text(&cursor, unused, &element))
            return false;
    }
    return group.count > 0 && (stated >= 254 || 2 * stated == group.count);
}

/* ---- intsets ---- */

bool rdb_intset_read(struct bytes set, const struct rdb_packed_taker *taker)
{
    struct group group = {.taker = taker};
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
        add_element(&group, &element);
    }
    return true;
}
