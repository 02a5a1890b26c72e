/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots don't overlap, keep what is written, and their memory comes back. */
#include "base/alloc.h"
#include "base/slab.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define SLOTS 5000

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void slots_keep_what_is_written(void **state)
{
    (void)state;
    static unsigned char *slots[SLOTS];
    static size_t sizes[SLOTS];
    struct slab *slab = slab_new();
    memset(slots, 0, sizeof slots);
    for (int step = 0; step < 100000; step++) {
        size_t i = next_random() % SLOTS;
        if (slots[i]) {
            for (size_t k = 0; k < sizes[i]; k += 7)
                assert_int_equal(slots[i][k], (unsigned char)(i + k));
            slab_give(slab, slots[i], sizes[i]);
            slots[i] = NULL;
        } else {
            sizes[i] = 16 + (next_random() % 8 ? next_random() % 300 : next_random() % 10000);
            slots[i] = slab_take(slab, sizes[i]);
            assert_int_equal((uintptr_t)slots[i] % 8, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                slots[i][k] = (unsigned char)(i + k);
        }
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i])
            slab_give(slab, slots[i], sizes[i]);
    }
    assert_int_equal(slab_used(slab), 0);
    assert_int_equal(slab_held(slab), 0);
    slab_free(slab);
}

static void slot_sizes_come_in_steps(void **state)
{
    (void)state;
    if (slab_slot_size(17) == 17)
        skip(); /* a sanitizer's build: every slot is an allocation of its own */
    assert_int_equal(slab_slot_size(17), 24);
    assert_int_equal(slab_slot_size(24), 24);
    assert_int_equal(slab_slot_size(1024), 1024);
    for (size_t size = 1; size <= SLAB_SIZE_MAX; size++) {
        size_t slot = slab_slot_size(size);
        assert_true(slot >= size && slot % 8 == 0 && slab_slot_size(slot) == slot);
        assert_true(slot - size < (size <= 1024 ? 8 : size / 6));
        /* What is left over of a page of large slots is less than a step for each. */
        if (size > 1024)
            assert_true(65536 - 65536 / slot * slot < 64 + 65536 / slot * 8);
    }
    assert_int_equal(slab_slot_size(SLAB_SIZE_MAX + 1), SLAB_SIZE_MAX + 1);
}

static void memory_is_counted_and_given_back(void **state)
{
    (void)state;
    size_t before = mem_used();
    struct slab *slab = slab_new();
    static void *slots[10000];
    for (int i = 0; i < 10000; i++)
        slots[i] = slab_take(slab, 200);
    assert_true(mem_used() - before >= 10000 * 200 - 65536);
    for (int i = 0; i < 10000; i++)
        slab_give(slab, slots[i], 200);
    slab_free(slab);
    assert_int_equal(mem_used(), before);
}

static long page_faults(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

/* A queue that is served at once is the only key, again and again. */
static void the_only_slot_comes_and_goes_without_the_system(void **state)
{
    (void)state;
    struct slab *slab = slab_new();
    slab_give(slab, slab_take(slab, 100), 100);
    long before = page_faults();
    for (int i = 0; i < 1000; i++) {
        void *slot = slab_take(slab, 100);
        memset(slot, i, 100);
        slab_give(slab, slot, 100);
    }
    assert_true(page_faults() - before < 500);
    slab_trim(slab);
    slab_free(slab);
}

static size_t take_all(struct slab *slab, void **slots, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        slots[i] = slab_take(slab, size);
        memset(slots[i], (int)(i % 251), size);
    }
    return slab_held(slab);
}

/* Moves what lies in the chosen page, as its owner would; false when nothing lies there any more. */
static bool empty_chosen(struct slab *slab, void **slots, size_t count, size_t size)
{
    void *sparse[16];
    size_t found = slab_sparse_slots(slab, sparse, 16);
    for (size_t i = 0; i < found; i++) {
        size_t owner = 0;
        while (owner < count && slots[owner] != sparse[i])
            owner++;
        assert_true(owner < count);
        slots[owner] = slab_take(slab, size);
        memcpy(slots[owner], sparse[i], size);
        slab_give(slab, sparse[i], size);
    }
    return found > 0;
}

static void sparse_pages_can_be_emptied(void **state)
{
    (void)state;
    enum { COUNT = 20000, SIZE = 200 };
    static void *slots[COUNT];
    struct slab *slab = slab_new();
    size_t full = take_all(slab, slots, COUNT, SIZE);
    assert_false(slab_choose_sparse(slab));
    if (full == 0) {
        /* A sanitizer's build: every slot is an allocation of its own. */
        for (size_t i = 0; i < COUNT; i++)
            slab_give(slab, slots[i], SIZE);
        slab_free(slab);
        skip();
    }
    size_t kept = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (next_random() % 4 == 0)
            slots[kept++] = slots[i];
        else
            slab_give(slab, slots[i], SIZE);
    }
    assert_true(slab_held(slab) > full * 9 / 10);
    while (slab_choose_sparse(slab)) {
        while (empty_chosen(slab, slots, kept, SIZE)) {
        }
    }
    assert_true(slab_held(slab) < slab_used(slab) * 18 / 16);
    assert_int_equal(slab_used(slab), kept * SIZE);
    for (size_t i = 0; i < kept; i++) {
        for (size_t k = 1; k < SIZE; k++)
            assert_int_equal(((char *)slots[i])[k], ((char *)slots[i])[0]);
        slab_give(slab, slots[i], SIZE);
    }
    assert_int_equal(slab_held(slab), 0);
    slab_trim(slab);
    slab_free(slab);
}

static void a_page_may_be_left_half_emptied(void **state)
{
    (void)state;
    enum { COUNT = 5000, SIZE = 100 };
    static void *slots[COUNT];
    struct slab *slab = slab_new();
    size_t full = take_all(slab, slots, COUNT, SIZE), kept = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (i % 3 == 0)
            slots[kept++] = slots[i];
        else
            slab_give(slab, slots[i], SIZE);
    }
    if (full > 0) {
        assert_true(slab_choose_sparse(slab));
        assert_true(empty_chosen(slab, slots, kept, SIZE));
        slab_leave_sparse(slab);
        void *none[1];
        assert_int_equal(slab_sparse_slots(slab, none, 1), 0);
    }
    /* Its free slots are taken again. */
    size_t held = slab_held(slab);
    for (; kept < COUNT * 9 / 10; kept++)
        slots[kept] = slab_take(slab, SIZE);
    assert_int_equal(slab_held(slab), held);
    /* The page that is chosen may become empty by itself. */
    if (full > 0) {
        while (kept > COUNT / 2)
            slab_give(slab, slots[--kept], SIZE);
        assert_true(slab_choose_sparse(slab));
    }
    while (kept > 0)
        slab_give(slab, slots[--kept], SIZE);
    assert_false(slab_choose_sparse(slab));
    assert_int_equal(slab_held(slab), 0);
    slab_free(slab);
}

/* ---- many sizes ---- */

enum { OWNERS = 12000 };

static struct owner {
    void *slot;
    size_t size;
} owners[OWNERS];

static void give_owned(struct slab *slab, struct owner *owner)
{
    if (owner->slot)
        slab_give(slab, owner->slot, owner->size);
    owner->slot = NULL;
}

/* Its number is written at its begin and at its end. */
static void take_owned(struct slab *slab, uint32_t number, size_t size)
{
    struct owner *owner = &owners[number];
    give_owned(slab, owner);
    *owner = (struct owner){slab_take(slab, size), size};
    memcpy(owner->slot, &number, sizeof number);
    memcpy((char *)owner->slot + size - sizeof number, &number, sizeof number);
}

static void check_owned(struct slab *slab)
{
    for (uint32_t number = 0; number < OWNERS; number++) {
        const struct owner *owner = &owners[number];
        if (!owner->slot)
            continue;
        assert_memory_equal(owner->slot, &number, sizeof number);
        assert_memory_equal((char *)owner->slot + owner->size - sizeof number, &number, sizeof number);
    }
    slab_check(slab);
}

static void give_all(struct slab *slab)
{
    for (size_t i = 0; i < OWNERS; i++)
        give_owned(slab, &owners[i]);
    assert_int_equal(slab_used(slab), 0);
    assert_int_equal(slab_held(slab), 0);
    slab_check(slab);
    slab_free(slab);
}

/* Returns how many were moved until no page was worth it. */
static size_t compact(struct slab *slab)
{
    size_t moved = 0;
    while (slab_choose_sparse(slab)) {
        void *sparse[16];
        size_t count, held = slab_held(slab);
        while ((count = slab_sparse_slots(slab, sparse, 16)) > 0) {
            for (size_t i = 0; i < count; i++) {
                uint32_t number;
                memcpy(&number, sparse[i], sizeof number);
                assert_ptr_equal(owners[number].slot, sparse[i]);
                owners[number].slot = slab_move(slab, sparse[i], owners[number].size);
            }
            moved += count;
        }
        /* It was worth it: nothing else was taken for what lay there. */
        assert_int_equal(slab_held(slab), held - 65536);
    }
    return moved;
}

static void sizes_of_which_there_is_little_share_pages(void **state)
{
    (void)state;
    struct slab *slab = slab_new();
    for (uint32_t i = 0; i < 2000; i++)
        take_owned(slab, i, 100 + next_random() % 900);
    /* 113 sizes. A sanitizer's build holds no page. */
    assert_true(slab_held(slab) <= slab_used(slab) + 40 * 65536);
    check_owned(slab);
    give_all(slab);
}

/* A size that there is much of wastes next to nothing in larger slots. */
static void a_size_of_which_there_is_much_has_pages_of_its_own(void **state)
{
    (void)state;
    struct slab *slab = slab_new();
    for (uint32_t i = 0; i < OWNERS; i++)
        take_owned(slab, i, i % 100 ? 600 : 608 + i / 100 % 8 * 8);
    assert_true(slab_held(slab) <= slab_used(slab) * 101 / 100 + 3 * 65536);
    check_owned(slab);
    give_all(slab);
}

static void sizes_that_change_keep_few_pages(size_t size_max, size_t slack)
{
    struct slab *slab = slab_new();
    for (uint32_t i = 0; i < OWNERS; i++)
        take_owned(slab, i, 100 + next_random() % (size_max - 100));
    for (int round = 0; round < 4; round++) {
        for (int step = 0; step < OWNERS; step++) {
            uint32_t number = (uint32_t)(next_random() % OWNERS);
            if (next_random() % 8)
                take_owned(slab, number, 100 + next_random() % (size_max - 100));
            else
                give_owned(slab, &owners[number]);
        }
        size_t moved = compact(slab);
        assert_true(slab_held(slab) == 0 || moved > 0);
        assert_true(slab_held(slab) <= slab_used(slab) * 33 / 32 + slack);
        check_owned(slab);
    }
    give_all(slab);
}

static void small_sizes_that_change_keep_few_pages(void **state)
{
    (void)state;
    sizes_that_change_keep_few_pages(1000, (size_t)3 << 19);
}

static void large_sizes_that_change_keep_few_pages(void **state)
{
    (void)state;
    sizes_that_change_keep_few_pages(SLAB_SIZE_MAX, (size_t)2 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_keep_what_is_written),
        cmocka_unit_test(slot_sizes_come_in_steps),
        cmocka_unit_test(memory_is_counted_and_given_back),
        cmocka_unit_test(the_only_slot_comes_and_goes_without_the_system),
        cmocka_unit_test(sparse_pages_can_be_emptied),
        cmocka_unit_test(a_page_may_be_left_half_emptied),
        cmocka_unit_test(sizes_of_which_there_is_little_share_pages),
        cmocka_unit_test(a_size_of_which_there_is_much_has_pages_of_its_own),
        cmocka_unit_test(small_sizes_that_change_keep_few_pages),
        cmocka_unit_test(large_sizes_that_change_keep_few_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
