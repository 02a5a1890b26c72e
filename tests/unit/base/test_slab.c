/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots don't overlap, keep what is written, and their memory comes back. */
#include "base/alloc.h"
#include "base/slab.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

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
    assert_int_equal(slab_slot_size(1025), 1088);
    assert_int_equal(slab_slot_size(SLAB_SIZE_MAX), SLAB_SIZE_MAX);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_keep_what_is_written),
        cmocka_unit_test(slot_sizes_come_in_steps),
        cmocka_unit_test(memory_is_counted_and_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
