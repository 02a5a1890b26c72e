/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree against a plain array, step by random step, with holds of it that must stay as they were taken
 * while the tree goes on, on this thread and on helpers. TREE_STEPS in the environment makes the walks so
 * many steps long. */
#include "base/alloc.h"
#include "base/panic.h"
#include "base/random.h"
#include "support/tree_model.h"
#include "types/tree.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HOLDS = 4 };

static size_t steps_wanted(size_t usual)
{
    const char *text = getenv("TREE_STEPS");
    return text ? strtoul(text, NULL, 10) : usual;
}

/* ---- Random walks ---- */

struct held {
    struct tree tree;
    uint64_t digest;
    bool is_taken;
};

static void let_go(struct held *held, size_t budget)
{
    tree_check(&held->tree);
    assert_true(tree_digest(&held->tree) == held->digest);
    while (!tree_free_some(&held->tree, budget))
        ;
    held->is_taken = false;
}

static void hold_or_let_go(struct tree_model *model, struct held *held)
{
    if (held->is_taken) {
        let_go(held, 1 + model_below(model, 50));
        return;
    }
    tree_hold(&model->tree, &held->tree);
    held->digest = tree_digest(&model->tree);
    held->is_taken = true;
}

static void random_walk(struct tree_model *model, size_t wanted, size_t steps, size_t between_checks)
{
    struct held holds[HOLDS] = {0};
    for (size_t step = 0; step < steps; step++) {
        model_step(model, wanted);
        if (step % between_checks == 0)
            model_check(model);
        if (model_below(model, 4 * between_checks) == 0)
            hold_or_let_go(model, &holds[model_below(model, HOLDS)]);
    }
    model_check(model);
    for (size_t i = 0; i < HOLDS; i++)
        if (holds[i].is_taken)
            let_go(&holds[i], 1);
    model_check(model);
}

static void walk_kind(const struct tree_kind *kind, uint64_t order_mask, uint32_t deadlines)
{
    static const struct {
        size_t wanted, steps, between_checks;
    } walks[] = {{10, 5000, 1}, {300, 10000, 20}, {5000, 30000, 3000}, {20000, 40000, 8000}};
    size_t used = mem_used();
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        struct tree_model model;
        model_init(&model, kind);
        model.seed = (i + 1) << 40;
        model.keys = (uint32_t)walks[i].wanted * 2;
        model.order_mask = order_mask;
        model.deadlines = deadlines;
        random_walk(&model, walks[i].wanted, steps_wanted(walks[i].steps), walks[i].between_checks);
        model_clear(&model);
    }
    assert_int_equal(mem_used(), used);
}

static void list_is_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_positions, 0, 0);
}

static void set_is_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_members, UINT64_MAX, 0);
}

static void set_whose_hashes_collide_is_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_members, 0xf0, 0);
}

static void pairs_with_deadlines_are_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_pairs, UINT64_MAX, 3);
}

static void pairs_with_few_deadlines_are_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_pairs, UINT64_MAX, 500);
}

static void hashes_that_repeat_are_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_hashes, 0xff000000, 0);
}

static void scores_are_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_scores, UINT64_MAX, 0);
}

static void members_of_one_score_are_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_scores, 0, 0);
}

static void ids_are_as_an_array(void **state)
{
    (void)state;
    walk_kind(&tree_of_ids, UINT64_MAX, 0);
}

/* ---- What the walks don't say ---- */

static struct tree_item item_of(const uint64_t *number)
{
    return (struct tree_item){.parts = {bytes_make(number, sizeof *number)}};
}

static void fill(struct tree *tree, uint64_t count)
{
    tree_init(tree, &tree_of_positions);
    for (uint64_t i = 0; i < count; i++) {
        struct tree_item item = item_of(&i);
        tree_append(tree, &item);
    }
}

static void elements_in_order_fill_their_nodes(void **state)
{
    struct tree front, back;
    uint64_t count = 200000;
    (void)state;
    fill(&back, count);
    tree_init(&front, &tree_of_positions);
    for (uint64_t i = 0; i < count; i++) {
        struct tree_item item = item_of(&i);
        tree_prepend(&front, &item);
    }
    /* Eight bytes, two for where they end; headers and branches are a few in a hundred, less where it costs
     * nothing. */
    assert_true(tree_bytes(&back) < count * 10 * 102 / 100);
    assert_true(tree_bytes(&front) < count * 10 * 104 / 100);
    tree_check(&back);
    tree_check(&front);
    tree_free(&back);
    tree_free(&front);
}

/* Long elements make a tree of four levels, which is cut in three and put together in another order. */
static void high_trees_are_cut_and_joined(void **state)
{
    struct tree tree, held, middle, tail;
    uint64_t count = 40000;
    char text[TREE_INLINE_MAX] = {0};
    (void)state;
    tree_init(&tree, &tree_of_positions);
    for (uint64_t i = 0; i < count; i++)
        tree_append(&tree, &(struct tree_item){.parts = {bytes_make(&i, 8), bytes_make(text, 240)}});
    tree_hold(&tree, &held);
    uint64_t digest = tree_digest(&held);
    for (size_t round = 0; round < 40; round++) {
        uint64_t at = random_below(count), len = random_below(round % 2 ? count : 200);
        tree_cut(&tree, at, len, &middle);
        tree_check(&middle);
        tree_cut(&tree, at / 2, count, &tail);
        tree_check(&tree);
        tree_check(&tail);
        tree_join(&tree, &middle);
        tree_join(&tail, &tree);
        tree = tail;
        assert_int_equal(tree_count(&tree), count);
        tree_check(&tree);
    }
    assert_true(tree_digest(&held) == digest);
    tree_check(&held);
    tree_free(&tree);
    tree_free(&held);
}

static void a_queue_stays_small(void **state)
{
    struct tree tree;
    struct tree_cursor cursor;
    (void)state;
    fill(&tree, 1000);
    for (uint64_t i = 0; i < 100000; i++) {
        struct tree_item item = item_of(&i);
        tree_append(&tree, &item);
        tree_seek_rank(&tree, 0, &cursor);
        tree_remove(&cursor);
    }
    assert_int_equal(tree_count(&tree), 1000);
    assert_true(tree_bytes(&tree) < 20000);
    tree_check(&tree);
    tree_free(&tree);
}

static void bytes_are_what_the_allocator_set_aside(void **state)
{
    struct tree tree;
    size_t used = mem_used();
    char large[3000] = {0};
    (void)state;
    fill(&tree, 10000);
    tree_append(&tree, &(struct tree_item){.parts = {bytes_make(large, sizeof large)}});
    assert_int_equal(tree_bytes(&tree), mem_used() - used);
    tree_free(&tree);
    assert_int_equal(mem_used(), used);
}

static void a_held_tree_costs_what_changes(void **state)
{
    struct tree tree, held;
    struct tree_cursor cursor;
    size_t used;
    (void)state;
    fill(&tree, 300000);
    used = mem_used();
    tree_hold(&tree, &held);
    assert_int_equal(mem_used(), used);
    tree_seek_rank(&tree, 150000, &cursor);
    tree_remove(&cursor);
    /* A leaf and two branches or three. */
    assert_in_range(mem_used() - used, 1, 12000);
    assert_int_equal(tree_count(&held), 300000);
    tree_free(&held);
    assert_in_range(mem_used(), 0, used + 2000);
    tree_free(&tree);
}

static void freeing_goes_in_steps(void **state)
{
    struct tree tree;
    size_t calls = 1, before = mem_used(), used;
    (void)state;
    fill(&tree, 100000);
    used = mem_used();
    while (!tree_free_some(&tree, 10)) {
        assert_in_range(used - mem_used(), 0, 21 * 2048);
        assert_int_equal(tree_count(&tree), 0);
        used = mem_used();
        calls++;
    }
    assert_in_range(calls, 20, 100);
    assert_int_equal(mem_used(), before);
}

static void random_elements_are_fair(void **state)
{
    struct tree tree;
    struct tree_cursor cursor;
    uint64_t seen[1000] = {0}, rounds = 200, number;
    double chi = 0;
    (void)state;
    fill(&tree, 1000);
    for (uint64_t i = 0; i < 1000 * rounds; i++) {
        assert_true(tree_seek_random(&tree, &cursor));
        memcpy(&number, tree_bytes_at(&cursor).data, sizeof number);
        seen[number]++;
    }
    for (size_t i = 0; i < 1000; i++)
        chi += ((double)seen[i] - (double)rounds) * ((double)seen[i] - (double)rounds) / (double)rounds;
    /* 999 degrees of freedom: a mean of 999, a deviation of 45. */
    assert_true(chi > 700 && chi < 1300);
    tree_free(&tree);
}

static void a_large_element_is_lent_by_reference(void **state)
{
    struct tree tree, held;
    struct tree_cursor cursor;
    char large[5000];
    (void)state;
    memset(large, 'x', sizeof large);
    tree_init(&tree, &tree_of_positions);
    tree_append(&tree, &(struct tree_item){.parts = {BYTES("small")}});
    tree_append(&tree, &(struct tree_item){.parts = {BYTES("head"), bytes_make(large, sizeof large)}});
    tree_hold(&tree, &held);
    assert_true(tree_seek_rank(&tree, 0, &cursor));
    assert_null(tree_blob_at(&cursor));
    assert_true(tree_next(&cursor));
    struct blob *blob = blob_ref(tree_blob_at(&cursor));
    assert_int_equal(blob->len, sizeof large + 4);
    tree_remove(&cursor);
    tree_free(&tree);
    tree_free(&held);
    assert_memory_equal(blob->data + 4, large, sizeof large);
    blob_unref(blob);
}

static void scores_keep_their_order(void **state)
{
    static const double scores[] = {-1.0 / 0.0, -1e300, -2, -1.5, -1e-300, -0.0,
                                    0,          1e-300, 1,  1.5,  1e300,   1.0 / 0.0};
    (void)state;
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        double back = tree_order_score(tree_score_order(scores[i]));
        assert_memory_equal(&back, &scores[i], sizeof back);
        if (i > 0)
            assert_true(tree_score_order(scores[i - 1]) < tree_score_order(scores[i]));
    }
}

static void a_pair_has_a_key_of_any_length(void **state)
{
    static const size_t lengths[] = {0, 1, 254, 255, 256, 70000};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct tree tree;
        struct tree_cursor cursor;
        char head[TREE_PAIR_HEAD_MAX], *key = mem_zalloc(lengths[i] + 1);
        tree_init(&tree, &tree_of_pairs);
        struct tree_key at = tree_hash_key(bytes_make(key, lengths[i]));
        struct tree_item item = tree_pair_item(at, BYTES("value"), head);
        assert_false(tree_find(&tree, at, &cursor));
        tree_insert(&cursor, &item);
        assert_true(tree_find(&tree, at, &cursor));
        assert_true(bytes_equal(tree_pair_key(tree_bytes_at(&cursor)), at.bytes));
        assert_true(bytes_is(tree_pair_value(tree_bytes_at(&cursor)), "value"));
        tree_free(&tree);
        mem_free(key);
    }
}

/* A scan that remembers an order only meets whatever stays, once. */
static void a_scan_meets_what_stays(void **state)
{
    struct tree tree;
    struct tree_cursor cursor;
    uint32_t met[2000] = {0};
    uint64_t next = 0;
    (void)state;
    tree_init(&tree, &tree_of_members);
    for (uint32_t i = 0; i < 2000; i++) {
        struct tree_key key = tree_hash_key(bytes_make(&i, sizeof i));
        tree_find(&tree, key, &cursor);
        tree_insert(&cursor, &(struct tree_item){key.order, 0, {key.bytes}});
    }
    for (uint32_t come = 10000; tree_seek(&tree, (struct tree_key){.order = next}, &cursor); come++) {
        uint32_t member;
        memcpy(&member, tree_bytes_at(&cursor).data, sizeof member);
        if (member < 2000)
            met[member]++;
        next = tree_order_at(&cursor) + 1;
        struct tree_key key = tree_hash_key(bytes_make(&come, sizeof come));
        if (!tree_find(&tree, key, &cursor))
            tree_insert(&cursor, &(struct tree_item){key.order, 0, {key.bytes}});
        uint32_t goes = 1000 + come % 1000;
        if (tree_find(&tree, tree_hash_key(bytes_make(&goes, sizeof goes)), &cursor))
            tree_remove(&cursor);
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(met[i], 1);
    tree_free(&tree);
}

/* ---- Helpers ---- */

static void *read_and_free(void *argument)
{
    let_go(argument, 3);
    return NULL;
}

static void helpers_read_what_was_held(void **state)
{
    struct tree_model model;
    struct held holds[HOLDS] = {0};
    pthread_t threads[HOLDS];
    (void)state;
    model_init(&model, &tree_of_pairs);
    model.keys = 6000;
    model.deadlines = 10;
    for (size_t round = 0; round < 40; round++) {
        for (size_t i = 0; i < HOLDS; i++) {
            hold_or_let_go(&model, &holds[i]);
            assert_int_equal(pthread_create(&threads[i], NULL, read_and_free, &holds[i]), 0);
            for (size_t step = 0; step < 500; step++)
                model_step(&model, 3000);
        }
        for (size_t i = 0; i < HOLDS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        model_check(&model);
    }
    model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_as_an_array),
        cmocka_unit_test(set_is_as_an_array),
        cmocka_unit_test(set_whose_hashes_collide_is_as_an_array),
        cmocka_unit_test(pairs_with_deadlines_are_as_an_array),
        cmocka_unit_test(pairs_with_few_deadlines_are_as_an_array),
        cmocka_unit_test(hashes_that_repeat_are_as_an_array),
        cmocka_unit_test(scores_are_as_an_array),
        cmocka_unit_test(members_of_one_score_are_as_an_array),
        cmocka_unit_test(ids_are_as_an_array),
        cmocka_unit_test(elements_in_order_fill_their_nodes),
        cmocka_unit_test(high_trees_are_cut_and_joined),
        cmocka_unit_test(a_queue_stays_small),
        cmocka_unit_test(bytes_are_what_the_allocator_set_aside),
        cmocka_unit_test(a_held_tree_costs_what_changes),
        cmocka_unit_test(freeing_goes_in_steps),
        cmocka_unit_test(random_elements_are_fair),
        cmocka_unit_test(a_large_element_is_lent_by_reference),
        cmocka_unit_test(scores_keep_their_order),
        cmocka_unit_test(a_pair_has_a_key_of_any_length),
        cmocka_unit_test(a_scan_meets_what_stays),
        cmocka_unit_test(helpers_read_what_was_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
