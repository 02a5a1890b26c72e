/* SPDX-License-Identifier: BSD-3-Clause */
#include "types/packed.h"
#include "base/panic.h"
#include <string.h>

/* ---- reading ---- */

unsigned packed_tag(struct bytes packed)
{
    return packed.len > 0 ? (unsigned char)packed.data[0] : 0;
}

static size_t count_of(const char *head)
{
    uint16_t count;
    memcpy(&count, head + 1, sizeof count);
    return count;
}

size_t packed_count(struct bytes packed)
{
    return packed.len > 0 ? count_of(packed.data) : 0;
}

struct packed_element packed_number(struct bytes packed, size_t number)
{
    struct packed_element element = {.end = PACKED_HEAD};
    do {
        ASSERT(packed_at(packed, element.end, &element));
    } while (number-- > 0);
    return element;
}

/* Names that begin alike mostly end otherwise. */
static inline bool is_same(const char *data, struct bytes wanted)
{
    size_t last = wanted.len - 1;
    return wanted.len == 0 || (data[last] == wanted.data[last] && memcmp(data, wanted.data, last) == 0);
}

bool packed_find(struct bytes packed, struct bytes wanted, size_t stride, struct packed_element *element)
{
    struct packed_element met, passed;
    for (size_t at = PACKED_HEAD; packed_at(packed, at, &met);) {
        if (met.bytes.len == wanted.len && is_same(met.bytes.data, wanted)) {
            *element = met;
            return true;
        }
        at = met.end;
        for (size_t left = stride - 1; left > 0 && packed_at(packed, at, &passed); left--)
            at = passed.end;
    }
    return false;
}

bool packed_is_whole(struct bytes packed)
{
    struct packed_element element = {.end = PACKED_HEAD};
    size_t count = 0;
    if (packed.len == 0)
        return true;
    if (packed.len < PACKED_HEAD)
        return false;
    for (size_t at = PACKED_HEAD; packed_at(packed, at, &element); at = element.end)
        count++;
    return element.end == packed.len && count == packed_count(packed);
}

/* ---- editing ---- */

void packed_count_changed(struct buf *packed, int64_t added)
{
    uint16_t count = (uint16_t)(count_of(packed->data) + (uint64_t)added);
    memcpy(packed->data + 1, &count, sizeof count);
}

void packed_begin(struct buf *packed, unsigned tag)
{
    packed->len = 0;
    buf_append_char(packed, (char)tag);
    buf_append(packed, "\0", 2);
}

size_t packed_element_size(size_t len)
{
    return len + (len < 0x80 ? 1 : 2);
}

/* Makes room for `size` bytes in the place of those from `start` to `end`. */
static char *make_room(struct buf *packed, size_t start, size_t end, size_t size)
{
    size_t behind = packed->len - end;
    if (size > end - start)
        buf_reserve(packed, size - (end - start));
    memmove(packed->data + start + size, packed->data + end, behind);
    packed->len = start + size + behind;
    return packed->data + start;
}

static void write_element(char *to, struct bytes bytes)
{
    if (bytes.len >= 0x80)
        *to++ = (char)(0x80 | bytes.len >> 8);
    *to++ = (char)bytes.len;
    if (bytes.len > 0)
        memcpy(to, bytes.data, bytes.len);
}

void packed_insert(struct buf *packed, size_t at, struct bytes bytes)
{
    ASSERT(bytes.len <= PACKED_ELEMENT_MAX && count_of(packed->data) < PACKED_COUNT_MAX);
    write_element(make_room(packed, at, at, packed_element_size(bytes.len)), bytes);
    packed_count_changed(packed, 1);
}

void packed_append(struct buf *packed, struct bytes bytes)
{
    packed_insert(packed, packed->len, bytes);
}

void packed_replace(struct buf *packed, const struct packed_element *element, struct bytes bytes)
{
    ASSERT(bytes.len <= PACKED_ELEMENT_MAX);
    write_element(make_room(packed, element->start, element->end, packed_element_size(bytes.len)), bytes);
}

void packed_remove(struct buf *packed, size_t start, size_t end, size_t count)
{
    (void)make_room(packed, start, end, 0);
    packed_count_changed(packed, -(int64_t)count);
}
