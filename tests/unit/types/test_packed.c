/* SPDX-License-Identifier: BSD-3-Clause */
/* A packed block against an array of strings: random insertions, replacements and removals. */
#include "types/packed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEPS   40000
#define MANY    40
#define LEN_MAX 400

struct model {
    char bytes[MANY][LEN_MAX];
    size_t lens[MANY];
    size_t count;
};

static uint64_t seed = 0x9e3779b97f4a7c15;

static size_t chosen(size_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 11) % bound;
}

static struct bytes any_bytes(char text[static LEN_MAX])
{
    size_t len = chosen(4) ? chosen(8) : chosen(LEN_MAX);
    memset(text, (int)chosen(256), len);
    return bytes_make(text, len);
}

static void model_insert(struct model *model, size_t place, struct bytes bytes)
{
    memmove(model->bytes[place + 1], model->bytes[place], (model->count - place) * LEN_MAX);
    memmove(model->lens + place + 1, model->lens + place, (model->count - place) * sizeof model->lens[0]);
    memcpy(model->bytes[place], bytes.data, bytes.len);
    model->lens[place] = bytes.len;
    model->count++;
}

static void model_remove(struct model *model, size_t place, size_t count)
{
    size_t behind = model->count - place - count;
    memmove(model->bytes[place], model->bytes[place + count], behind * LEN_MAX);
    memmove(model->lens + place, model->lens + place + count, behind * sizeof model->lens[0]);
    model->count -= count;
}

static void compare(struct bytes packed, const struct model *model)
{
    struct packed_element element;
    size_t at = PACKED_HEAD, i = 0;
    assert_true(packed_is_whole(packed));
    assert_int_equal(packed_count(packed), model->count);
    for (; packed_at(packed, at, &element); at = element.end, i++)
        assert_true(bytes_equal(element.bytes, bytes_make(model->bytes[i], model->lens[i])));
    assert_int_equal(i, model->count);
}

static void step(struct buf *packed, struct model *model)
{
    char text[LEN_MAX];
    struct bytes bytes = any_bytes(text), whole = buf_bytes(packed);
    size_t place = chosen(model->count + 1);
    if (place == model->count || chosen(3) == 0) {
        if (model->count + 1 == MANY)
            return;
        packed_insert(packed, place == model->count ? packed->len : packed_number(whole, place).start, bytes);
        model_insert(model, place, bytes);
    } else if (chosen(2)) {
        struct packed_element element = packed_number(whole, place);
        packed_replace(packed, &element, bytes);
        memcpy(model->bytes[place], bytes.data, bytes.len);
        model->lens[place] = bytes.len;
    } else {
        size_t count = 1 + chosen(model->count - place < 3 ? model->count - place : 3);
        size_t end = packed_number(whole, place + count - 1).end;
        packed_remove(packed, packed_number(whole, place).start, end, count);
        model_remove(model, place, count);
    }
}

static void random_edits_keep_the_elements(void **state)
{
    static struct model model;
    struct buf packed = {0};
    (void)state;
    packed_begin(&packed, 7);
    for (int i = 0; i < STEPS; i++) {
        step(&packed, &model);
        compare(buf_bytes(&packed), &model);
    }
    assert_int_equal(packed_tag(buf_bytes(&packed)), 7);
    buf_clear(&packed);
}

static void elements_are_found_by_stride(void **state)
{
    struct buf packed = {0};
    struct packed_element element;
    (void)state;
    packed_begin(&packed, 0);
    packed_append(&packed, BYTES("a"));
    packed_append(&packed, BYTES("b"));
    packed_append(&packed, BYTES("b"));
    packed_append(&packed, BYTES(""));
    assert_true(packed_find(buf_bytes(&packed), BYTES("b"), 2, &element));
    assert_int_equal(element.start, packed_number(buf_bytes(&packed), 2).start);
    assert_true(packed_find(buf_bytes(&packed), BYTES("b"), 1, &element));
    assert_int_equal(element.start, packed_number(buf_bytes(&packed), 1).start);
    assert_true(packed_find(buf_bytes(&packed), BYTES(""), 1, &element));
    assert_false(packed_find(buf_bytes(&packed), BYTES(""), 2, &element));
    assert_false(packed_find((struct bytes){0}, BYTES("a"), 1, &element));
    buf_clear(&packed);
}

static void what_is_cut_is_not_whole(void **state)
{
    struct buf packed = {0};
    (void)state;
    packed_begin(&packed, 0);
    packed_append(&packed, BYTES("some bytes"));
    struct bytes whole = buf_bytes(&packed);
    assert_true(packed_is_whole((struct bytes){0}));
    assert_true(packed_is_whole(whole));
    for (size_t len = 1; len < whole.len; len++)
        assert_false(packed_is_whole(bytes_make(whole.data, len)));
    buf_clear(&packed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_edits_keep_the_elements),
        cmocka_unit_test(elements_are_found_by_stride),
        cmocka_unit_test(what_is_cut_is_not_whole),
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
