/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets in every form against a plain list of members: random steps, thresholds, walks and scans. */
#include "base/alloc.h"
#include "support/stored_set.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 40000 };

static const struct collection_limits usual = {.count = 128, .len = 64, .int_count = 512};

/* What a set should hold, in its order as long as it is small. */
struct model {
    int order[NAMES], count;
    bool is_there[NAMES];
    enum { INTEGERS, IN_ORDER, TABLE } form;
};

static void expect(struct stored *stored, struct bytes first, uint64_t count)
{
    struct collection set = stored_editing(stored);
    set_expect(&set, first, count);
    if (set_count(&set) == 0)
        (void)set_add(&set, first);
    stored_edited(stored, &set);
}

/* ---- the model ---- */

static void model_init(struct model *model)
{
    memset(model, 0, sizeof *model);
}

static void model_remove(struct model *model, int number)
{
    int at = 0;
    while (model->order[at] != number)
        at++;
    memmove(model->order + at, model->order + at + 1, (size_t)(model->count - at - 1) * sizeof(int));
    model->count--;
    model->is_there[number] = false;
    if (model->count == 0)
        model->form = INTEGERS;
}

static void model_insert(struct model *model, int at, int number)
{
    memmove(model->order + at + 1, model->order + at, (size_t)(model->count - at) * sizeof(int));
    model->order[at] = number;
    model->count++;
    model->is_there[number] = true;
}

static void model_add(struct model *model, int number)
{
    char text[TEXT];
    bool is_long = (int64_t)name_of(text, number).len > usual.len;
    int at = model->count;
    if (model->form == INTEGERS && number < first_text) {
        while (at > 0 && integer_of(model->order[at - 1]) > integer_of(number))
            at--;
        if (model->count >= usual.int_count)
            model->form = TABLE;
    } else if (model->form != TABLE) {
        model->form = model->count >= usual.count || is_long ? TABLE : IN_ORDER;
    }
    model_insert(model, at, number);
}

/* ---- comparing ---- */

static void assert_found(const struct stored *stored, const struct model *model, int number)
{
    struct collection set = stored_reading(stored);
    char text[TEXT];
    assert_int_equal(set_has(&set, name_of(text, number)), model->is_there[number]);
}

static void assert_named(const struct stored *stored, const struct model *model)
{
    static const char *const names[] = {"intset", "listpack", "hashtable"};
    if (model->count > 0)
        assert_string_equal(stored_encoding(stored), names[model->form]);
}

static void assert_same(const struct stored *stored, const struct model *model)
{
    struct collection set = stored_reading(stored);
    struct value value = stored_value(stored);
    struct set_walk walk, seeking;
    struct set_member member, sought;
    char text[TEXT];
    int seen = 0;
    value_check(&value);
    assert_named(stored, model);
    assert_int_equal(set_count(&set), model->count);
    set_walk_begin(&walk, &set);
    set_walk_begin(&seeking, &set);
    for (; set_walk_next(&walk, &member); seen++) {
        if (stored->large)
            assert_true(model->is_there[number_of(member.bytes)]);
        else
            assert_true(bytes_equal(member.bytes, name_of(text, model->order[seen])));
        set_walk_seek(&seeking, (uint64_t)seen);
        assert_true(set_walk_next(&seeking, &sought));
        assert_true(bytes_equal(sought.bytes, member.bytes));
    }
    assert_int_equal(seen, model->count);
    if (seen > 0) {
        set_walk_seek(&seeking, 0);
        assert_true(set_walk_next(&seeking, &member));
    }
}

/* ---- random steps ---- */

/* One edit in both, of names below `names`. */
static void step(struct stored *stored, struct model *model, int wanted, int names)
{
    char text[TEXT];
    int number = chosen(names);
    bool was_there = model->is_there[number];
    if (chosen(2 * wanted) < model->count) {
        if (was_there)
            model_remove(model, number);
        assert_int_equal(stored_remove(stored, name_of(text, number)), was_there);
    } else {
        if (!was_there)
            model_add(model, number);
        assert_int_equal(stored_add(stored, name_of(text, number)), !was_there);
    }
    assert_named(stored, model);
    assert_found(stored, model, chosen(NAMES));
}

static void random_steps(int wanted, int names, int texts_from)
{
    struct stored stored = {.limits = usual};
    static struct model model;
    first_text = texts_from;
    model_init(&model);
    for (int i = 0; i < STEPS; i++) {
        step(&stored, &model, wanted, names);
        if (i % 500 == 0)
            assert_same(&stored, &model);
        if (i % 4000 == 3999) {
            stored_clear(&stored);
            model_init(&model);
        }
    }
    stored_clear(&stored);
}

static void members_are_what_was_added(void **state)
{
    (void)state;
    random_steps(10, NAMES, NAMES);
    random_steps(300, NAMES, NAMES);
    random_steps(500, NAMES, NAMES);
    random_steps(4, NAMES, 850);
    random_steps(40, 60, 10);
    random_steps(60, NAMES, 300);
    random_steps(120, 300, 0);
    random_steps(600, NAMES, 300);
}

static void a_held_set_stays_as_it_was(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    static struct model model, of_held;
    first_text = 100;
    model_init(&model);
    for (int i = 0; i < 3000; i++)
        step(&stored, &model, 600, NAMES);
    for (int round = 0; round < 20; round++) {
        struct value value = stored_value(&stored), held = value_hold(&value);
        struct stored view = {.large = held.large, .limits = usual};
        of_held = model;
        for (int i = 0; i < 200; i++)
            step(&stored, &model, 600, NAMES);
        assert_same(&view, &of_held);
        value_release(&held);
    }
    assert_same(&stored, &model);
    stored_clear(&stored);
}

/* ---- thresholds ---- */

static struct bytes text_of(char text[static TEXT], int number, int len)
{
    return bytes_make(text, (size_t)snprintf(text, TEXT, "m%0*d", len - 1, number));
}

static void fill(struct stored *stored, int first, int count, int len)
{
    char text[TEXT];
    for (int i = first; i < first + count; i++)
        assert_true(stored_add(stored, text_of(text, i, len)));
}

static void fill_integers(struct stored *stored, int64_t first, int count)
{
    char text[TEXT];
    for (int64_t i = first; i < first + count; i++)
        assert_true(stored_add(stored, bytes_make(text, print_i64(text, i))));
}

static void integers_take_the_least_width(void **state)
{
    (void)state;
    static const struct {
        int64_t integer;
        unsigned width;
    } cases[] = {{INT8_MIN, 1},      {INT8_MAX, 1},  {INT8_MAX + 1, 2},           {INT16_MIN, 2},
                 {INT16_MIN - 1, 4}, {INT32_MAX, 4}, {(int64_t)INT32_MAX + 1, 8}, {INT64_MIN, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stored stored = {.limits = usual};
        fill_integers(&stored, 0, 100);
        fill_integers(&stored, cases[i].integer, cases[i].integer >= 0 && cases[i].integer < 100 ? 0 : 1);
        assert_int_equal(stored.packed.len, PACKED_HEAD + 101 * cases[i].width);
        stored_clear(&stored);
    }
}

static void texts_that_look_like_integers_are_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"01", "-0", "+1", " 1", "1 ", "", "1.0", "9223372036854775808"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct stored stored = {.limits = usual};
        fill_integers(&stored, 0, 2);
        struct collection set = stored_reading(&stored);
        assert_false(set_has(&set, bytes_of(texts[i])));
        assert_false(stored_remove(&stored, bytes_of(texts[i])));
        assert_true(stored_add(&stored, bytes_of(texts[i])));
        assert_string_equal(stored_encoding(&stored), "listpack");
        stored_clear(&stored);
    }
}

static void a_text_that_integers_are_too_many_for_makes_a_table(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    fill_integers(&stored, 0, 127);
    assert_true(stored_add(&stored, BYTES("x")));
    assert_string_equal(stored_encoding(&stored), "listpack");
    stored_clear(&stored);
    fill_integers(&stored, 0, 128);
    assert_true(stored_add(&stored, BYTES("x")));
    assert_string_equal(stored_encoding(&stored), "hashtable");
    stored_clear(&stored);
    stored.limits.len = 5;
    fill_integers(&stored, 123456, 1);
    assert_true(stored_add(&stored, BYTES("x")));
    assert_string_equal(stored_encoding(&stored), "hashtable");
    stored_clear(&stored);
}

static void long_members_make_a_table(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    fill(&stored, 0, 1, 64);
    assert_string_equal(stored_encoding(&stored), "listpack");
    fill(&stored, 1, 1, 65);
    assert_string_equal(stored_encoding(&stored), "hashtable");
    stored_clear(&stored);
}

/* So they come in the order in which they were put. */
static void what_is_small_by_default_is_packed(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    fill(&stored, 0, 128, 64);
    assert_null(stored.large);
    assert_string_equal(stored_encoding(&stored), "listpack");
    fill(&stored, 128, 1, 64);
    assert_non_null(stored.large);
    assert_string_equal(stored_encoding(&stored), "hashtable");
    stored_clear(&stored);
}

static void many_bytes_are_a_tree_but_named_small(void **state)
{
    (void)state;
    struct stored stored = {.limits = {.count = 300, .len = 64}};
    fill(&stored, 0, 300, 64);
    assert_non_null(stored.large);
    assert_string_equal(stored_encoding(&stored), "listpack");
    fill(&stored, 300, 1, 64);
    assert_string_equal(stored_encoding(&stored), "hashtable");
    stored_clear(&stored);
    stored.limits = (struct collection_limits){.count = 2200, .len = 64, .int_count = 2200};
    fill_integers(&stored, INT64_MIN, 2100);
    assert_non_null(stored.large);
    assert_string_equal(stored_encoding(&stored), "intset");
    fill(&stored, 0, 1, 64);
    assert_string_equal(stored_encoding(&stored), "listpack");
    fill_integers(&stored, 0, 100);
    assert_string_equal(stored_encoding(&stored), "hashtable");
    stored_clear(&stored);
}

static void many_to_come_make_a_table_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *first, *encoding;
        uint64_t count;
    } cases[] = {
        {"x", "listpack", 128}, {"x", "hashtable", 129}, {"1", "intset", 512}, {"1", "hashtable", 513}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stored stored = {.limits = usual};
        expect(&stored, bytes_of(cases[i].first), cases[i].count);
        assert_string_equal(stored_encoding(&stored), cases[i].encoding);
        stored_clear(&stored);
        assert_true(stored_add(&stored, bytes_of(cases[i].first)));
        expect(&stored, BYTES("y"), cases[i].count);
        assert_string_equal(stored_encoding(&stored), cases[i].encoding);
        stored_clear(&stored);
    }
    struct stored stored = {.limits = {.count = 128, .len = 64, .int_count = 2}};
    expect(&stored, BYTES("1"), 3);
    assert_string_equal(stored_encoding(&stored), "listpack");
    stored_clear(&stored);
}

static void integers_kept_in_order_can_be_ordered(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    struct collection set = stored_editing(&stored);
    struct set_walk walk;
    struct set_member member;
    set_keep_order(&set);
    assert_true(set_add(&set, BYTES("3")));
    assert_true(set_add(&set, BYTES("1")));
    set_walk_begin(&walk, &set);
    assert_true(set_walk_next(&walk, &member));
    assert_true(bytes_is(member.bytes, "3"));
    set_order_integers(&set);
    stored_edited(&stored, &set);
    assert_string_equal(stored_encoding(&stored), "intset");
    set = stored_editing(&stored);
    assert_true(set_add(&set, BYTES("x")));
    set_order_integers(&set);
    stored_edited(&stored, &set);
    assert_string_equal(stored_encoding(&stored), "listpack");
    stored_clear(&stored);
}

static void a_table_of_integers_can_be_ordered(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    struct collection set = stored_editing(&stored);
    char text[TEXT];
    set_keep_order(&set);
    for (int i = 0; i < 512; i++)
        assert_true(set_add(&set, bytes_make(text, print_i64(text, i))));
    assert_non_null(set.large);
    set_order_integers(&set);
    assert_null(set.large);
    stored_edited(&stored, &set);
    struct value value = stored_value(&stored);
    value_check(&value);
    assert_string_equal(stored_encoding(&stored), "intset");
    stored_clear(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_what_was_added),
        cmocka_unit_test(a_held_set_stays_as_it_was),
        cmocka_unit_test(integers_take_the_least_width),
        cmocka_unit_test(texts_that_look_like_integers_are_texts),
        cmocka_unit_test(a_text_that_integers_are_too_many_for_makes_a_table),
        cmocka_unit_test(long_members_make_a_table),
        cmocka_unit_test(what_is_small_by_default_is_packed),
        cmocka_unit_test(many_bytes_are_a_tree_but_named_small),
        cmocka_unit_test(many_to_come_make_a_table_at_once),
        cmocka_unit_test(integers_kept_in_order_can_be_ordered),
        cmocka_unit_test(a_table_of_integers_can_be_ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
