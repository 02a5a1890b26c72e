/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/stored_set.h"
#include "base/number.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

int chosen(int bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 11) % (uint64_t)bound);
}

struct value stored_value(const struct stored *stored)
{
    return (struct value){.type = VALUE_SET,
                          .encoding = STRING_RAW,
                          .bytes = stored->large ? (struct bytes){0} : buf_bytes(&stored->packed),
                          .large = stored->large};
}

struct collection stored_reading(const struct stored *stored)
{
    struct value value = stored_value(stored);
    return collection_of(VALUE_SET, &value);
}

struct collection stored_editing(struct stored *stored)
{
    struct value value = stored_value(stored);
    return collection_edit(VALUE_SET, &value, &stored->scratch, &stored->limits);
}

void stored_edited(struct stored *stored, const struct collection *set)
{
    struct value value = collection_value(set);
    stored->large = value.large;
    stored->packed.len = 0;
    if (set_count(set) > 0)
        buf_append_bytes(&stored->packed, value.bytes);
}

bool stored_add(struct stored *stored, struct bytes member)
{
    struct collection set = stored_editing(stored);
    bool is_new = set_add(&set, member);
    stored_edited(stored, &set);
    return is_new;
}

bool stored_remove(struct stored *stored, struct bytes member)
{
    struct collection set = stored_editing(stored);
    bool was_there = set_remove(&set, member);
    stored_edited(stored, &set);
    return was_there;
}

void stored_clear(struct stored *stored)
{
    if (stored->large)
        large_free(stored->large);
    buf_clear(&stored->packed);
    buf_clear(&stored->scratch);
    *stored = (struct stored){.limits = stored->limits};
}

const char *stored_encoding(const struct stored *stored)
{
    struct value value = stored_value(stored);
    return value_encoding_name(&value);
}

int first_text = NAMES;

/* Those near 0 differ by their remainders of 3. */
int64_t integer_of(int number)
{
    static const int64_t bases[] = {0,         INT8_MAX,  INT8_MIN + 1, INT16_MAX, INT16_MIN,
                                    INT32_MAX, INT32_MIN, INT64_MAX,    INT64_MIN};
    int64_t base = bases[number % 9], offset = number / 9 * 3;
    if (base == INT64_MAX)
        return base - offset;
    return base == INT64_MIN ? base + offset : base + offset - 150;
}

struct bytes name_of(char text[static TEXT], int number)
{
    if (number < first_text)
        return bytes_make(text, print_i64(text, integer_of(number)));
    int width = number % 50 == 0 ? TEXT - 1 : 1 + number % 60;
    return bytes_make(text, (size_t)snprintf(text, TEXT, "%0*dx", width - 1, number));
}

int number_of(struct bytes name)
{
    char text[TEXT];
    for (int number = 0; number < NAMES; number++) {
        if (bytes_equal(name_of(text, number), name))
            return number;
    }
    fail_msg("nobody added %.*s", (int)name.len, name.data);
    return -1;
}
