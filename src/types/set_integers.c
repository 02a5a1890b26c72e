/* SPDX-License-Identifier: BSD-3-Clause */
#include "set_integers.h"
#include "base/panic.h"
#include "types/packed.h"

static unsigned width_for(int64_t number)
{
    if (number == (int8_t)number)
        return 1;
    if (number == (int16_t)number)
        return 2;
    return number == (int32_t)number ? 4 : INTEGER_WIDTH_MAX;
}

bool integers_is_tag(unsigned tag)
{
    return tag == 1 || tag == 2 || tag == 4 || tag == INTEGER_WIDTH_MAX;
}

static int64_t read_number(const char *from, unsigned width)
{
    int8_t one;
    int16_t two;
    int32_t four;
    int64_t eight;
    switch (width) {
    case sizeof one:
        memcpy(&one, from, sizeof one);
        return one;
    case sizeof two:
        memcpy(&two, from, sizeof two);
        return two;
    case sizeof four:
        memcpy(&four, from, sizeof four);
        return four;
    default:
        memcpy(&eight, from, sizeof eight);
        return eight;
    }
}

/* The lowest bytes come first on the machines that this runs on. */
static void write_number(char *to, unsigned width, int64_t number)
{
    memcpy(to, &number, width);
}

int64_t integers_at(struct bytes block, size_t index)
{
    unsigned width = packed_tag(block);
    return read_number(block.data + PACKED_HEAD + index * width, width);
}

bool integers_find(struct bytes block, int64_t number, size_t *index)
{
    size_t from = 0, to = packed_count(block);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (integers_at(block, middle) < number)
            from = middle + 1;
        else
            to = middle;
    }
    *index = from;
    return from < packed_count(block) && integers_at(block, from) == number;
}

void integers_begin(struct buf *block)
{
    packed_begin(block, 1);
}

static unsigned width_with(struct bytes block, int64_t number)
{
    unsigned width = packed_tag(block), needed = width_for(number);
    return width > needed ? width : needed;
}

size_t integers_size_with(struct bytes block, int64_t number)
{
    return PACKED_HEAD + (packed_count(block) + 1) * width_with(block, number);
}

/* From the last one on, as each takes more room than it had. */
static void widen(struct buf *block, unsigned width)
{
    struct bytes old = buf_bytes(block);
    size_t count = packed_count(old), size = count * width;
    unsigned old_width = packed_tag(old);
    buf_reserve(block, size);
    char *numbers = block->data + PACKED_HEAD;
    for (size_t i = count; i-- > 0;)
        write_number(numbers + i * width, width, read_number(numbers + i * old_width, old_width));
    block->data[0] = (char)width;
    block->len = PACKED_HEAD + size;
}

void integers_insert(struct buf *block, size_t index, int64_t number)
{
    unsigned width = width_with(buf_bytes(block), number);
    ASSERT(packed_count(buf_bytes(block)) < PACKED_COUNT_MAX);
    if (width > packed_tag(buf_bytes(block)))
        widen(block, width);
    buf_reserve(block, width);
    char *place = block->data + PACKED_HEAD + index * width;
    memmove(place + width, place, (size_t)(block->data + block->len - place));
    write_number(place, width, number);
    block->len += width;
    packed_count_changed(block, 1);
}

void integers_remove(struct buf *block, size_t index)
{
    unsigned width = packed_tag(buf_bytes(block));
    char *place = block->data + PACKED_HEAD + index * width, *next = place + width;
    memmove(place, next, (size_t)(block->data + block->len - next));
    block->len -= width;
    packed_count_changed(block, -1);
}
