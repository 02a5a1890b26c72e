/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes in both forms against a plain list of fields: random steps, thresholds, walks and scans. */
#include "base/alloc.h"
#include "types/hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 700, VALUE_MAX = 600, STEPS = 60000, TEXT = 24 };

static const struct collection_limits usual = {.count = 512, .len = 64};

/* What a hash should hold: which names, with which value, in the order in which they came. */
struct model {
    int order[NAMES], count;
    struct {
        int len; /* -1: the field isn't there */
        char byte;
        int64_t deadline;
    } values[NAMES];
};

/* A hash as an entry keeps it: bytes of its own, or a large one. */
struct stored {
    struct buf packed, scratch;
    struct large *large;
    struct collection_limits limits;
};

static uint64_t seed = 0x9e3779b97f4a7c15;

static int chosen(int bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 11) % (uint64_t)bound);
}

/* ---- the stored hash ---- */

static struct value value_of(const struct stored *stored)
{
    return (struct value){.type = VALUE_HASH,
                          .encoding = STRING_RAW,
                          .bytes = stored->large ? (struct bytes){0} : buf_bytes(&stored->packed),
                          .large = stored->large};
}

static struct collection reading(const struct stored *stored)
{
    struct value value = value_of(stored);
    return collection_of(VALUE_HASH, &value);
}

static struct collection editing(struct stored *stored)
{
    struct value value = value_of(stored);
    return collection_edit(VALUE_HASH, &value, &stored->scratch, &stored->limits);
}

static void edited(struct stored *stored, const struct collection *hash)
{
    struct value value = collection_value(hash);
    stored->large = value.large;
    stored->packed.len = 0;
    buf_append_bytes(&stored->packed, value.bytes);
}

static bool set_until(struct stored *stored, struct bytes name, struct bytes value, int64_t deadline)
{
    struct collection hash = editing(stored);
    bool is_new = hash_set_until(&hash, name, value, deadline);
    edited(stored, &hash);
    return is_new;
}

static bool set(struct stored *stored, struct bytes name, struct bytes value)
{
    return set_until(stored, name, value, 0);
}

static void set_deadline(struct stored *stored, struct bytes name, int64_t deadline)
{
    struct collection hash = editing(stored);
    hash_set_deadline(&hash, name, deadline);
    edited(stored, &hash);
}

static bool remove_field(struct stored *stored, struct bytes name)
{
    struct collection hash = editing(stored);
    bool was_there = hash_remove(&hash, name);
    edited(stored, &hash);
    return was_there;
}

static void clear(struct stored *stored)
{
    if (stored->large)
        large_free(stored->large);
    buf_clear(&stored->packed);
    buf_clear(&stored->scratch);
    *stored = (struct stored){.limits = stored->limits};
}

static const char *encoding(const struct stored *stored)
{
    struct value value = value_of(stored);
    return value_encoding_name(&value);
}

/* ---- the model ---- */

static struct bytes name_of(char text[static TEXT], int number)
{
    return bytes_make(text, (size_t)snprintf(text, TEXT, "field-%d", number));
}

static int number_of(struct bytes name)
{
    char text[TEXT] = "";
    int number;
    assert_true(name.len < TEXT);
    memcpy(text, name.data, name.len);
    assert_int_equal(sscanf(text, "field-%d", &number), 1);
    return number;
}

static struct bytes model_value(const struct model *model, int number, char text[static VALUE_MAX])
{
    memset(text, model->values[number].byte, VALUE_MAX);
    return bytes_make(text, (size_t)model->values[number].len);
}

static void model_init(struct model *model)
{
    model->count = 0;
    for (int i = 0; i < NAMES; i++)
        model->values[i].len = -1;
}

static void model_remove(struct model *model, int number)
{
    int at = 0;
    while (model->order[at] != number)
        at++;
    memmove(model->order + at, model->order + at + 1, (size_t)(model->count - at - 1) * sizeof(int));
    model->count--;
    model->values[number].len = -1;
}

static bool model_set(struct model *model, int number, int len, int64_t deadline)
{
    bool is_new = model->values[number].len < 0;
    if (is_new)
        model->order[model->count++] = number;
    model->values[number].len = len;
    model->values[number].byte = (char)chosen(256);
    model->values[number].deadline = deadline;
    return is_new;
}

/* ---- comparing ---- */

static void assert_field(const struct model *model, const struct hash_field *field, int number)
{
    char text[VALUE_MAX];
    assert_int_equal(number_of(field->name), number);
    assert_true(bytes_equal(field->value, model_value(model, number, text)));
    assert_int_equal(field->deadline, model->values[number].deadline);
    if (field->blob)
        assert_true(field->value.data > field->blob->data);
}

static void assert_found(const struct stored *stored, const struct model *model, int number)
{
    struct collection hash = reading(stored);
    struct hash_field field;
    char text[TEXT];
    bool is_there = hash_find(&hash, name_of(text, number), &field);
    assert_int_equal(is_there, model->values[number].len >= 0);
    if (is_there)
        assert_field(model, &field, number);
}

static void assert_least_deadline(const struct stored *stored, const struct model *model)
{
    struct collection hash = reading(stored);
    struct hash_field field;
    int64_t least = TREE_NEVER;
    for (int i = 0; i < NAMES; i++) {
        int64_t deadline = model->values[i].len >= 0 ? model->values[i].deadline : 0;
        if (deadline && deadline < least)
            least = deadline;
    }
    assert_int_equal(hash_least_deadline(&hash), least);
    assert_false(hash_find_due(&hash, least - 1, &field));
    if (least == TREE_NEVER)
        return;
    assert_true(hash_find_due(&hash, least, &field));
    assert_int_equal(field.deadline, least);
    assert_field(model, &field, number_of(field.name));
}

static void assert_same(const struct stored *stored, const struct model *model)
{
    struct collection hash = reading(stored);
    struct value value = value_of(stored);
    struct hash_walk walk, seeking;
    struct hash_field field;
    int seen = 0;
    value_check(&value);
    assert_least_deadline(stored, model);
    assert_int_equal(hash_count(&hash), model->count);
    hash_walk_begin(&walk, &hash);
    hash_walk_begin(&seeking, &hash);
    for (; hash_walk_next(&walk, &field); seen++) {
        assert_field(model, &field, stored->large ? number_of(field.name) : model->order[seen]);
        const char *data = field.name.data;
        hash_walk_seek(&seeking, (uint64_t)seen);
        assert_true(hash_walk_next(&seeking, &field));
        assert_ptr_equal(field.name.data, data);
    }
    assert_int_equal(seen, model->count);
    if (seen > 0) {
        hash_walk_seek(&seeking, 0);
        assert_true(hash_walk_next(&seeking, &field));
    }
}

/* ---- random steps ---- */

static int any_length(void)
{
    if (chosen(200) == 0)
        return chosen(VALUE_MAX);
    return chosen(65);
}

/* One of so many sets and stamps gives a deadline; 0: none does. */
static int one_timed_of;

static int64_t any_deadline(void)
{
    return one_timed_of && chosen(one_timed_of) == 0 ? 1 + chosen(100000) : 0;
}

static void stamp(struct stored *stored, struct model *model, int number)
{
    char name[TEXT];
    int64_t deadline = any_deadline();
    if (model->values[number].len < 0)
        return;
    model->values[number].deadline = deadline;
    set_deadline(stored, name_of(name, number), deadline);
}

/* One edit in both. */
static void step(struct stored *stored, struct model *model, int wanted, int len_max)
{
    char name[TEXT], value[VALUE_MAX];
    int number = chosen(NAMES);
    stamp(stored, model, chosen(NAMES));
    if (chosen(2 * wanted) < model->count) {
        bool was_there = model->values[number].len >= 0;
        if (was_there)
            model_remove(model, number);
        assert_int_equal(remove_field(stored, name_of(name, number)), was_there);
    } else {
        int len = any_length();
        int64_t deadline = any_deadline();
        bool is_new = model_set(model, number, len < len_max ? len : len_max, deadline);
        struct bytes bytes = model_value(model, number, value);
        assert_int_equal(set_until(stored, name_of(name, number), bytes, deadline), is_new);
    }
    assert_found(stored, model, chosen(NAMES));
}

static void random_steps(int wanted, int len_max)
{
    struct stored stored = {.limits = usual};
    static struct model model;
    model_init(&model);
    for (int i = 0; i < STEPS; i++) {
        step(&stored, &model, wanted, len_max);
        if (i % 500 == 0)
            assert_same(&stored, &model);
        if (i % 10000 == 9999) {
            clear(&stored);
            model_init(&model);
        }
    }
    clear(&stored);
}

static void fields_are_what_was_set(void **state)
{
    (void)state;
    random_steps(10, 64);
    random_steps(60, 64);
    random_steps(60, VALUE_MAX);
    random_steps(400, 64);
    random_steps(690, VALUE_MAX);
}

static void fields_keep_their_deadlines(void **state)
{
    (void)state;
    for (one_timed_of = 1; one_timed_of < 600; one_timed_of = 4 * one_timed_of + 1) {
        random_steps(10, 64);
        random_steps(200, 64);
        random_steps(690, VALUE_MAX);
    }
    one_timed_of = 0;
}

static void a_held_hash_stays_as_it_was(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    static struct model model, of_held;
    model_init(&model);
    for (int i = 0; i < 3000; i++)
        step(&stored, &model, 600, VALUE_MAX);
    for (int round = 0; round < 20; round++) {
        struct value value = value_of(&stored), held = value_hold(&value);
        struct stored view = {.large = held.large, .limits = usual};
        of_held = model;
        for (int i = 0; i < 200; i++)
            step(&stored, &model, 600, VALUE_MAX);
        assert_same(&view, &of_held);
        value_release(&held);
    }
    assert_same(&stored, &model);
    clear(&stored);
}

/* ---- thresholds ---- */

static void fill(struct stored *stored, int first, int count, int len)
{
    char name[TEXT], value[VALUE_MAX];
    memset(value, 'v', sizeof value);
    for (int i = first; i < first + count; i++)
        assert_true(set(stored, name_of(name, i), bytes_make(value, (size_t)len)));
}

static void too_many_fields_make_a_table(void **state)
{
    (void)state;
    struct stored stored = {.limits = {.count = 20, .len = 64}};
    char name[TEXT];
    fill(&stored, 0, 20, 5);
    assert_false(set(&stored, name_of(name, 3), BYTES("again")));
    assert_string_equal(encoding(&stored), "listpack");
    assert_null(stored.large);
    fill(&stored, 20, 1, 5);
    assert_string_equal(encoding(&stored), "hashtable");
    assert_true(remove_field(&stored, name_of(name, 3)));
    assert_string_equal(encoding(&stored), "hashtable");
    clear(&stored);
}

static void long_fields_and_values_make_a_table(void **state)
{
    (void)state;
    struct stored stored = {.limits = {.count = 20, .len = 10}};
    assert_true(set(&stored, BYTES("ten bytes "), BYTES("ten bytes ")));
    assert_string_equal(encoding(&stored), "listpack");
    assert_false(set(&stored, BYTES("ten bytes "), BYTES("eleven byte")));
    assert_string_equal(encoding(&stored), "hashtable");
    clear(&stored);
    assert_true(set(&stored, BYTES("eleven byte"), BYTES("")));
    assert_string_equal(encoding(&stored), "hashtable");
    clear(&stored);
}

static void many_bytes_are_a_tree_but_named_small(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    char name[TEXT];
    fill(&stored, 0, 512, 64);
    assert_non_null(stored.large);
    assert_string_equal(encoding(&stored), "listpack");
    assert_false(set(&stored, name_of(name, 3), BYTES("again")));
    assert_string_equal(encoding(&stored), "listpack");
    fill(&stored, 512, 1, 1);
    assert_string_equal(encoding(&stored), "hashtable");
    clear(&stored);
    stored.limits.len = VALUE_MAX;
    fill(&stored, 0, 60, 200);
    assert_string_equal(encoding(&stored), "listpack");
    stored.limits.len = 100;
    assert_false(set(&stored, name_of(name, 3), BYTES("short")));
    assert_string_equal(encoding(&stored), "listpack");
    fill(&stored, 60, 1, 101);
    assert_string_equal(encoding(&stored), "hashtable");
    clear(&stored);
}

/* What is packed never takes more than it may, whatever is replaced by what. */
static void the_packed_form_ends_at_its_size(void **state)
{
    (void)state;
    struct stored stored = {.limits = {.count = 100000, .len = 100000}};
    char value[COLLECTION_PACKED_MAX] = "";
    size_t most = COLLECTION_PACKED_MAX - PACKED_HEAD - 2 - 2;
    assert_true(set(&stored, BYTES("f"), bytes_make(value, most)));
    assert_null(stored.large);
    assert_int_equal(stored.packed.len, COLLECTION_PACKED_MAX);
    assert_false(set(&stored, BYTES("f"), bytes_make(value, most)));
    assert_null(stored.large);
    assert_false(set(&stored, BYTES("f"), bytes_make(value, most + 1)));
    assert_non_null(stored.large);
    assert_string_equal(encoding(&stored), "listpack");
    clear(&stored);
}

/* With deadlines there is less room, and the same end to it. */
static void the_packed_form_ends_at_its_size_with_deadlines(void **state)
{
    (void)state;
    struct stored stored = {.limits = {.count = 100000, .len = 100000}};
    char value[COLLECTION_PACKED_MAX] = "";
    size_t most = COLLECTION_PACKED_MAX - PACKED_HEAD - 2 - 2 - 9;
    assert_true(set_until(&stored, BYTES("f"), bytes_make(value, most), 7));
    assert_null(stored.large);
    assert_string_equal(encoding(&stored), "listpackex");
    set_deadline(&stored, BYTES("f"), 0);
    set_deadline(&stored, BYTES("f"), 7);
    assert_true(stored.packed.len <= COLLECTION_PACKED_MAX);
    assert_false(set_until(&stored, BYTES("f"), bytes_make(value, most + 1), 7));
    assert_non_null(stored.large);
    assert_string_equal(encoding(&stored), "listpackex");
    clear(&stored);
    assert_true(set(&stored, BYTES("f"), bytes_make(value, most + 9)));
    assert_null(stored.large);
    set_deadline(&stored, BYTES("f"), 7);
    assert_non_null(stored.large);
    clear(&stored);
}

/* ---- scanning ---- */

/* Scans in parts of `count`, counting in `times` what is met, while `change` has its way in between. */
static void scan(struct stored *stored, int count, int *times, void (*change)(struct stored *))
{
    uint64_t cursor = 0;
    do {
        struct collection hash = reading(stored);
        struct hash_walk walk;
        struct hash_field field;
        hash_walk_scan(&walk, &hash, cursor);
        cursor = hash_walk_cursor(&walk);
        for (int left = count;;) {
            if (!hash_walk_next(&walk, &field))
                break;
            times[number_of(field.name)]++;
            bool may_pause = hash_walk_cursor(&walk) != cursor;
            cursor = hash_walk_cursor(&walk);
            if (--left <= 0 && may_pause)
                break;
        }
        if (change)
            change(stored);
    } while (cursor != 0);
}

/* Names from 350 on come and go. */
static void change_others(struct stored *stored)
{
    char name[TEXT];
    for (int i = 0; i < 40; i++) {
        struct bytes field = name_of(name, 350 + chosen(350));
        if (chosen(2))
            (void)set(stored, field, BYTES("v"));
        else
            (void)remove_field(stored, field);
    }
}

static void what_stays_is_met(void **state)
{
    (void)state;
    for (int count = 1; count < 100; count += 7) {
        struct stored stored = {.limits = usual};
        int times[NAMES] = {0};
        fill(&stored, 0, 699, 5);
        scan(&stored, count, times, change_others);
        for (int i = 0; i < 350; i++)
            assert_int_equal(times[i], 1);
        clear(&stored);
    }
}

/* Removes names below 350 in the order of their numbers. */
static void remove_some(struct stored *stored)
{
    char name[TEXT];
    for (int i = 0, removed = 0; i < 350 && removed < 9; i++)
        removed += remove_field(stored, name_of(name, i));
}

static void a_scan_ends_while_the_hash_shrinks(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    int times[NAMES] = {0};
    fill(&stored, 0, 700, 5);
    scan(&stored, 10, times, remove_some);
    for (int i = 0; i < NAMES; i++)
        assert_int_equal(times[i] > 1, 0);
    for (int i = 350; i < NAMES; i++)
        assert_int_equal(times[i], 1);
    clear(&stored);
}

static void a_packed_hash_is_one_part(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    int times[NAMES] = {0};
    fill(&stored, 0, 100, 5);
    assert_null(stored.large);
    scan(&stored, 1, times, NULL);
    for (int i = 0; i < 100; i++)
        assert_int_equal(times[i], 1);
    clear(&stored);
}

static void a_cursor_from_nowhere_is_the_end_or_a_place(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    struct hash_walk walk;
    struct hash_field field;
    fill(&stored, 0, 700, 5);
    struct collection hash = reading(&stored);
    hash_walk_scan(&walk, &hash, UINT64_MAX);
    assert_false(hash_walk_next(&walk, &field));
    hash_walk_scan(&walk, &hash, (uint64_t)1 << 32);
    assert_false(hash_walk_next(&walk, &field));
    hash_walk_scan(&walk, &hash, (uint64_t)1 << 31);
    assert_true(hash_walk_next(&walk, &field));
    clear(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_what_was_set),
        cmocka_unit_test(fields_keep_their_deadlines),
        cmocka_unit_test(a_held_hash_stays_as_it_was),
        cmocka_unit_test(too_many_fields_make_a_table),
        cmocka_unit_test(long_fields_and_values_make_a_table),
        cmocka_unit_test(many_bytes_are_a_tree_but_named_small),
        cmocka_unit_test(the_packed_form_ends_at_its_size),
        cmocka_unit_test(the_packed_form_ends_at_its_size_with_deadlines),
        cmocka_unit_test(what_stays_is_met),
        cmocka_unit_test(a_scan_ends_while_the_hash_shrinks),
        cmocka_unit_test(a_packed_hash_is_one_part),
        cmocka_unit_test(a_cursor_from_nowhere_is_the_end_or_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
