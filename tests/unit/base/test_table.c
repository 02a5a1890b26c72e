/* SPDX-License-Identifier: BSD-3-Clause */
/* The table against a plain array: every step of random growth and shrinkage keeps its invariants, and a scan
 * meets whatever stays, however the size changes under it. */
#include "base/alloc.h"
#include "base/table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ITEMS 20000

static uint64_t items[ITEMS];
static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static uint64_t mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdu;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53u;
    return value ^ value >> 33;
}

static uint64_t item_hash(void *context, const void *item)
{
    (void)context;
    return mix(*(const uint64_t *)item);
}

/* All items in few buckets and under few tags: long chains. */
static uint64_t colliding_hash(void *context, const void *item)
{
    (void)context;
    return *(const uint64_t *)item % 3;
}

static const struct table_type type = {.hash = item_hash};
static const struct table_type colliding = {.hash = colliding_hash};

static bool same_value(const void *item, const void *wanted)
{
    return *(const uint64_t *)item == *(const uint64_t *)wanted;
}

static int new_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = i;
    return 0;
}

static void random_insertions_and_removals_keep_the_invariants(void **state)
{
    (void)state;
    struct table table;
    static bool present[ITEMS];
    memset(present, 0, sizeof present);
    table_init(&table, &type, NULL);
    size_t count = 0;
    for (int step = 0; step < 200000; step++) {
        /* Waves, so that it grows and shrinks over the whole range. */
        bool growing = step / 50000 % 2 == 0;
        size_t i = next_random() % ITEMS;
        struct table_slot slot = table_find(&table, item_hash(NULL, &items[i]), same_value, &items[i]);
        assert_int_equal(slot.bucket != NULL, present[i]);
        if (!present[i] && (growing || step % 4 == 0)) {
            table_insert(&table, item_hash(NULL, &items[i]), &items[i]);
            present[i] = true;
            count++;
        } else if (present[i] && (!growing || step % 4 == 0)) {
            assert_ptr_equal(table_slot_item(slot), &items[i]);
            table_remove(&table, slot);
            present[i] = false;
            count--;
        }
        if (step % 5000 == 0)
            table_check(&table);
        assert_int_equal(table.count, count);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        if (present[i])
            table_remove(&table, table_locate(&table, item_hash(NULL, &items[i]), &items[i]));
    }
    table_check(&table);
    assert_int_equal(table.count, 0);
    assert_int_equal(table.bucket_count, 1);
    table_clear(&table);
}

static void colliding_hashes_make_chains_that_are_given_back(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, &colliding, NULL);
    for (size_t i = 0; i < 500; i++)
        table_insert(&table, colliding_hash(NULL, &items[i]), &items[i]);
    table_check(&table);
    for (size_t i = 0; i < 500; i++) {
        struct table_slot slot = table_find(&table, colliding_hash(NULL, &items[i]), same_value, &items[i]);
        assert_ptr_equal(table_slot_item(slot), &items[i]);
        table_remove(&table, slot);
        if (i % 50 == 0)
            table_check(&table);
    }
    assert_int_equal(table.count, 0);
    table_check(&table);
    table_clear(&table);
}

static uint64_t no_hash(void *context, const void *item)
{
    (void)context, (void)item;
    return 0;
}

static const struct table_type one_tag = {.hash = no_hash};

static bool differs(const void *item, const void *wanted)
{
    assert_true(item >= (const void *)items && item < (const void *)(items + ITEMS));
    return item == wanted;
}

static void free_slots_are_never_compared(void **state)
{
    (void)state;
    for (uint64_t top = 0; top < 256; top++) {
        uint64_t hash = top << 56;
        struct table table;
        table_init(&table, &one_tag, NULL);
        table_insert(&table, hash, &items[0]);
        table_insert(&table, hash, &items[1]);
        table_insert(&table, hash, state);
        table_remove(&table, table_locate(&table, hash, state));
        assert_null(table_find(&table, hash, differs, &items[2]).bucket);
        table_clear(&table);
    }
}

static void count_visit(void *context, void *item)
{
    ((unsigned char *)context)[*(uint64_t *)item]++;
}

static void scan_meets_everything_that_stays(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct table table;
        static unsigned char seen[ITEMS];
        memset(seen, 0, sizeof seen);
        table_init(&table, &type, NULL);
        /* Items below 3000 stay; others come and go while the scan is under way. */
        for (size_t i = 0; i < (round % 2 ? ITEMS : 3000); i++)
            table_insert(&table, item_hash(NULL, &items[i]), &items[i]);
        size_t moving = round % 2 ? ITEMS : 3000;
        uint64_t cursor = 0;
        int steps = 0;
        do {
            cursor = table_scan(&table, cursor, count_visit, seen);
            for (int k = 0; k < 40; k++) {
                if (round % 2 && moving > 3000) {
                    moving--;
                    table_remove(&table,
                                 table_locate(&table, item_hash(NULL, &items[moving]), &items[moving]));
                } else if (!(round % 2) && moving < ITEMS) {
                    table_insert(&table, item_hash(NULL, &items[moving]), &items[moving]);
                    moving++;
                }
            }
            assert_true(++steps < 100000);
        } while (cursor);
        for (size_t i = 0; i < 3000; i++)
            assert_true(seen[i] >= 1);
        table_clear(&table);
    }
}

static void scan_of_a_growing_table_shows_nothing_twice(void **state)
{
    (void)state;
    struct table table;
    static unsigned char seen[ITEMS];
    memset(seen, 0, sizeof seen);
    table_init(&table, &type, NULL);
    for (size_t i = 0; i < 2000; i++)
        table_insert(&table, item_hash(NULL, &items[i]), &items[i]);
    size_t next = 2000;
    uint64_t cursor = 0;
    do {
        cursor = table_scan(&table, cursor, count_visit, seen);
        for (int k = 0; k < 30 && next < ITEMS; k++, next++)
            table_insert(&table, item_hash(NULL, &items[next]), &items[next]);
    } while (cursor);
    for (size_t i = 0; i < ITEMS; i++)
        assert_true(seen[i] <= 1);
    table_clear(&table);
}

static void random_item_is_one_of_them(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, &type, NULL);
    assert_null(table_random(&table, next_random));
    for (size_t i = 0; i < 100; i++)
        table_insert(&table, item_hash(NULL, &items[i]), &items[i]);
    bool seen[100] = {false};
    for (int i = 0; i < 5000; i++)
        seen[*(uint64_t *)table_random(&table, next_random)] = true;
    for (size_t i = 0; i < 100; i++)
        assert_true(seen[i]);
    table_clear(&table);
}

static void presized_table_takes_its_items_without_growing(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, &type, NULL);
    table_presize(&table, ITEMS);
    size_t buckets = table.bucket_count;
    for (size_t i = 0; i < ITEMS; i++)
        table_insert(&table, item_hash(NULL, &items[i]), &items[i]);
    assert_int_equal(table.bucket_count, buckets);
    table_check(&table);
    table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_insertions_and_removals_keep_the_invariants),
        cmocka_unit_test(colliding_hashes_make_chains_that_are_given_back),
        cmocka_unit_test(free_slots_are_never_compared),
        cmocka_unit_test(scan_meets_everything_that_stays),
        cmocka_unit_test(scan_of_a_growing_table_shows_nothing_twice),
        cmocka_unit_test(random_item_is_one_of_them),
        cmocka_unit_test(presized_table_takes_its_items_without_growing),
    };
    return cmocka_run_group_tests(tests, new_items, NULL);
}
