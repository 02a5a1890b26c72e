/* SPDX-License-Identifier: BSD-3-Clause */
/* The encoders of the types that are written: plain ones, of any number of elements, and those that are
 * packed in one string first. */
#include "base/alloc.h"
#include "base/number.h"
#include "base/panic.h"
#include "rdb_decode.h"
#include "rdb_pack.h"

/* ---- plain ---- */

void rdb_encode_string(struct rdb_output *output, struct rdb_elements *elements)
{
    struct rdb_element element;
    elements->next(elements, &element);
    rdb_output_text(output, element.text);
}

void rdb_encode_texts(struct rdb_output *output, struct rdb_elements *elements)
{
    struct rdb_element element;
    rdb_output_length(output, elements->count);
    for (uint64_t i = 0; i < elements->count; i++) {
        elements->next(elements, &element);
        rdb_output_text(output, element.text);
    }
}

void rdb_encode_hash(struct rdb_output *output, struct rdb_elements *elements)
{
    struct rdb_element element;
    rdb_output_length(output, elements->count);
    for (uint64_t i = 0; i < elements->count; i++) {
        elements->next(elements, &element);
        rdb_output_text(output, element.text);
        rdb_output_text(output, element.content);
    }
}

/* Times count from one before the first, as 0 says that there is none. */
void rdb_encode_expiring_hash(struct rdb_output *output, struct rdb_elements *elements)
{
    struct rdb_element element;
    rdb_output_number(output, (uint64_t)elements->least_ms, sizeof elements->least_ms);
    rdb_output_length(output, elements->count);
    for (uint64_t i = 0; i < elements->count; i++) {
        elements->next(elements, &element);
        bool expires = element.expires_ms != RDB_NO_EXPIRY;
        rdb_output_length(output, expires ? (uint64_t)(element.expires_ms - elements->least_ms) + 1 : 0);
        rdb_output_text(output, element.text);
        rdb_output_text(output, element.content);
    }
}

void rdb_encode_zset(struct rdb_output *output, struct rdb_elements *elements)
{
    struct rdb_element element;
    uint64_t bits;
    rdb_output_length(output, elements->count);
    for (uint64_t i = 0; i < elements->count; i++) {
        elements->next(elements, &element);
        rdb_output_text(output, element.text);
        memcpy(&bits, &element.score, sizeof bits);
        rdb_output_number(output, bits, sizeof bits);
    }
}

/* ---- packed ---- */

static void add_item(struct buf *pack, const struct rdb_element *element)
{
    rdb_listpack_add(pack, element->text);
}

static void add_scored(struct buf *pack, const struct rdb_element *element)
{
    char digits[NUMBER_DOUBLE_SIZE];
    rdb_listpack_add(pack, element->text);
    rdb_listpack_add(pack, bytes_make(digits, print_double(digits, element->score)));
}

static void add_pair(struct buf *pack, const struct rdb_element *element)
{
    rdb_listpack_add(pack, element->text);
    rdb_listpack_add(pack, element->content);
}

static void encode_listpack(struct rdb_output *output, struct rdb_elements *elements, unsigned group,
                            void (*add)(struct buf *pack, const struct rdb_element *element))
{
    struct rdb_element element;
    struct buf pack = {0};
    rdb_listpack_begin(&pack);
    for (uint64_t i = 0; i < elements->count; i++) {
        elements->next(elements, &element);
        add(&pack, &element);
    }
    rdb_listpack_end(&pack, group * elements->count);
    rdb_output_text(output, buf_bytes(&pack));
    buf_clear(&pack);
}

void rdb_encode_packed_set(struct rdb_output *output, struct rdb_elements *elements)
{
    encode_listpack(output, elements, 1, add_item);
}

void rdb_encode_packed_zset(struct rdb_output *output, struct rdb_elements *elements)
{
    encode_listpack(output, elements, 2, add_scored);
}

void rdb_encode_packed_hash(struct rdb_output *output, struct rdb_elements *elements)
{
    encode_listpack(output, elements, 2, add_pair);
}

/* One node, which is packed. */
void rdb_encode_quicklist(struct rdb_output *output, struct rdb_elements *elements)
{
    enum { PACKED = 2 };
    rdb_output_length(output, 1);
    rdb_output_length(output, PACKED);
    encode_listpack(output, elements, 1, add_item);
}

void rdb_encode_intset(struct rdb_output *output, struct rdb_elements *elements)
{
    struct rdb_element element;
    struct buf set = {0};
    int64_t *numbers = mem_alloc((size_t)elements->count * sizeof *numbers);
    for (uint64_t i = 0; i < elements->count; i++) {
        elements->next(elements, &element);
        bool is_number = parse_i64(element.text, &numbers[i]);
        ASSERT(is_number && (i == 0 || numbers[i - 1] < numbers[i]));
    }
    rdb_intset_write(&set, numbers, (size_t)elements->count);
    rdb_output_text(output, buf_bytes(&set));
    mem_free(numbers);
    buf_clear(&set);
}
