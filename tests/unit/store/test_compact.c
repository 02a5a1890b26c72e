/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries that are moved together stay what they are, and the pages they left go back. */
#include "base/alloc.h"
#include "base/hash.h"
#include "store/evict.h"
#include "store/keyspace_edit.h"
#include "store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define KEYS 40000

static struct clock now = {.mono_ms = 1000000, .is_manual = true};
static unsigned lengths[KEYS];
static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static struct key key_number(unsigned number, char text[static 32])
{
    return key_of(bytes_make(text, (size_t)snprintf(text, 32, "session:%08x", number)));
}

static void write_one(struct keyspace *keyspace, unsigned number, unsigned len)
{
    char text[32], value[400];
    memset(value, (int)(number % 251), len);
    struct deadline deadline = {.mode = number % 2 ? DEADLINE_SET : DEADLINE_NONE,
                                .at_ms = now.mono_ms + 100000 + number};
    keyspace_set(keyspace, key_number(number, text), string_value(bytes_make(value, len)), deadline, NULL);
    lengths[number] = len;
}

static void check_all(struct store *store)
{
    char text[32], value[400];
    for (unsigned i = 0; i < KEYS; i++) {
        const struct entry *entry = keyspace_peek(store_keyspace(store, (int)(i % 3)), key_number(i, text));
        assert_non_null(entry);
        assert_int_equal(entry_deadline(entry), i % 2 ? now.mono_ms + 100000 + i : NO_DEADLINE);
        memset(value, (int)(i % 251), lengths[i]);
        assert_true(bytes_equal(entry_value(entry).bytes, bytes_make(value, lengths[i])));
    }
}

static void memory_follows_sizes_that_change(void **state)
{
    (void)state;
    struct store *store = store_new(3, &now, NULL);
    for (unsigned i = 0; i < KEYS; i++)
        write_one(store_keyspace(store, (int)(i % 3)), i, 200);
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < KEYS; i++)
            write_one(store_keyspace(store, (int)(i % 3)), i, 100 + (unsigned)(next_random() % 200));
        struct store_memory before = store_memory(store);
        assert_true(before.held >= before.used);
        while (!store_compact_slice(store, 100)) {
        }
        struct store_memory after = store_memory(store);
        assert_int_equal(after.used, before.used);
        /* A sixteenth, and for each of some 26 sizes what a page and a bit have free. */
        assert_true(after.held <= after.used * 17 / 16 + 26 * 80000);
        check_all(store);
    }
    if (store_memory(store).held > 0)
        assert_true(store_stats(store)->moved > 1000);
    store_free(store);
}

static void what_was_flushed_is_left_to_be_freed(void **state)
{
    (void)state;
    struct store *store = store_new(3, &now, NULL);
    for (unsigned i = 0; i < KEYS; i++)
        write_one(store_keyspace(store, (int)(i % 3)), i, 200);
    for (unsigned i = 0; i < KEYS; i++)
        write_one(store_keyspace(store, (int)(i % 3)), i, 100);
    keyspace_flush(store_keyspace(store, 1), false);
    assert_true(store_compact_slice(store, INT64_MAX));
    assert_int_equal(store_stats(store)->moved, 0);
    assert_true(store_free_slice(store, INT64_MAX));
    assert_true(store_compact_slice(store, INT64_MAX));
    struct store_memory memory = store_memory(store);
    assert_true(memory.held <= memory.used * 17 / 16 + 2 * 80000);
    store_free(store);
}

/* The count of bytes in use is the sum over what lives, whatever happened before. */
static void memory_in_use_is_the_sum_of_what_lives(void **state)
{
    (void)state;
    struct store *store = store_new(3, &now, NULL);
    struct evict_policy policy = {.choice = EVICT_LRU, .samples = 5};
    for (int step = 0; step < 200000; step++) {
        struct keyspace *keyspace = store_keyspace(store, (int)(next_random() % 3));
        unsigned number = (unsigned)(next_random() % KEYS), choice = (unsigned)(next_random() % 16);
        char text[32];
        if (choice < 10)
            write_one(keyspace, number, (unsigned)(next_random() % 400));
        else if (choice < 13)
            keyspace_remove(keyspace, key_number(number, text));
        else if (choice < 15)
            (void)store_evict_one(store, policy, NULL);
        else
            (void)store_compact_slice(store, 0);
    }
    size_t sum = 0;
    for (int i = 0; i < 3; i++) {
        for (unsigned number = 0; number < KEYS; number++) {
            char text[32];
            const struct entry *entry = keyspace_peek(store_keyspace(store, i), key_number(number, text));
            sum += entry ? entry_size(entry) : 0;
        }
    }
    /* In a sanitizer's build every entry is an allocation of its own. */
    if (store_memory(store).held > 0)
        assert_int_equal(store_memory(store).used, sum);
    size_t with_entries = mem_used(), index = 0;
    for (int i = 0; i < 3; i++) {
        index += keyspace_index_memory(store_keyspace(store, i));
        keyspace_flush(store_keyspace(store, i), false);
    }
    while (!store_free_slice(store, INT64_MAX)) {
    }
    size_t freed = with_entries - mem_used();
    /* The slab tells its last 16 KiB later. Tables without entries take a little, figures of classes some 25
     * KB. */
    assert_in_range(freed, sum - 20000, sum + index + 100000);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_follows_sizes_that_change),
        cmocka_unit_test(what_was_flushed_is_left_to_be_freed),
        cmocka_unit_test(memory_in_use_is_the_sum_of_what_lives),
    };
    hash_seed((const uint8_t[16]){1, 2, 3});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
