/* SPDX-License-Identifier: BSD-3-Clause */
/* Which entries go first, by policy. */
#include "base/hash.h"
#include "store/evict.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct clock now = {.mono_ms = 1000000, .is_manual = true};
static int evicted_count, evicted_old_count;

static void on_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    (void)context;
    (void)keyspace;
    assert_int_equal(why, REMOVED_EVICTED);
    evicted_count++;
    evicted_old_count += bytes_starts_with(key, BYTES("old:"));
}

static struct store *new_store(void)
{
    struct store *store = store_new(2, &now, NULL);
    store_observe(store, (struct store_observer){.removed = on_removed});
    evicted_count = evicted_old_count = 0;
    return store;
}

static void set(struct keyspace *keyspace, const char *prefix, int number, int64_t deadline_ms)
{
    char name[64];
    int len = snprintf(name, sizeof name, "%s%d", prefix, number);
    struct deadline deadline = {.mode = deadline_ms ? DEADLINE_SET : DEADLINE_NONE, .at_ms = deadline_ms};
    keyspace_set(keyspace, key_of(bytes_make(name, (size_t)len)), string_value(BYTES("value")), deadline,
                 NULL);
}

static void lru_takes_what_was_not_used_for_longest(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 500; i++)
        set(keyspace, "old:", i, 0);
    now.mono_ms += 60000;
    for (int i = 0; i < 500; i++)
        set(keyspace, "new:", i, 0);
    struct evict_policy policy = {.choice = EVICT_LRU, .samples = 5};
    for (int i = 0; i < 250; i++)
        assert_true(store_evict_one(store, policy));
    assert_int_equal(evicted_count, 250);
    assert_true(evicted_old_count >= 225);
    store_free(store);
}

static void volatile_policies_leave_other_entries_alone(void **state)
{
    (void)state;
    static const enum evict_choice choices[] = {EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM};
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        struct store *store = new_store();
        struct keyspace *keyspace = store_keyspace(store, 1);
        for (int i = 0; i < 1000; i++)
            set(keyspace, "kept:", i, 0);
        for (int i = 0; i < 3; i++)
            set(keyspace, "old:", i, now.mono_ms + 100000);
        struct evict_policy policy = {.choice = choices[c], .only_volatile = true, .samples = 5};
        for (int i = 0; i < 3; i++)
            assert_true(store_evict_one(store, policy));
        assert_false(store_evict_one(store, policy));
        assert_int_equal(evicted_old_count, 3);
        assert_int_equal(keyspace_count(keyspace), 1000);
        store_free(store);
    }
}

static void ttl_takes_what_would_die_first(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 300; i++)
        set(keyspace, "old:", i, now.mono_ms + 1000);
    for (int i = 0; i < 300; i++)
        set(keyspace, "late:", i, now.mono_ms + 1000000);
    struct evict_policy policy = {.choice = EVICT_TTL, .only_volatile = true, .samples = 5};
    for (int i = 0; i < 150; i++)
        assert_true(store_evict_one(store, policy));
    assert_true(evicted_old_count >= 130);
    store_free(store);
}

static void lfu_takes_what_is_used_least(void **state)
{
    (void)state;
    struct store *store = new_store();
    store_use_lfu(store, true, 10, 1);
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 300; i++) {
        set(keyspace, "old:", i, 0);
        set(keyspace, "hot:", i, 0);
    }
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 300; i++) {
            char name[64];
            int len = snprintf(name, sizeof name, "hot:%d", i);
            assert_non_null(keyspace_find(keyspace, key_of(bytes_make(name, (size_t)len))));
        }
    }
    struct evict_policy policy = {.choice = EVICT_LFU, .samples = 5};
    for (int i = 0; i < 150; i++)
        assert_true(store_evict_one(store, policy));
    assert_true(evicted_old_count >= 130);
    store_free(store);
}

static void an_empty_store_has_nothing_to_give(void **state)
{
    (void)state;
    struct store *store = new_store();
    assert_false(store_evict_one(store, (struct evict_policy){.choice = EVICT_LRU, .samples = 5}));
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lru_takes_what_was_not_used_for_longest),
        cmocka_unit_test(volatile_policies_leave_other_entries_alone),
        cmocka_unit_test(ttl_takes_what_would_die_first),
        cmocka_unit_test(lfu_takes_what_is_used_least),
        cmocka_unit_test(an_empty_store_has_nothing_to_give),
    };
    hash_seed((const uint8_t[16]){1, 2, 3});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
