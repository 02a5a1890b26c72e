/* SPDX-License-Identifier: BSD-3-Clause */
/* Which entries go first, by policy. */
#include "base/hash.h"
#include "store/evict.h"
#include "store/keyspace_edit.h"
#include "types/hash.h"
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

static void evict(struct store *store, struct evict_policy policy)
{
    enum evict_result result;
    while ((result = store_evict_one(store, policy, NULL)) == EVICT_SEARCHING) {
    }
    assert_int_equal(result, EVICTED);
}

static const struct entry *use(struct keyspace *keyspace, const char *prefix, int number)
{
    char name[64];
    int len = snprintf(name, sizeof name, "%s%d", prefix, number);
    return keyspace_find(keyspace, key_of(bytes_make(name, (size_t)len)));
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
        evict(store, policy);
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
            evict(store, policy);
        assert_int_equal(store_evict_one(store, policy, NULL), EVICT_NOTHING);
        assert_int_equal(evicted_old_count, 3);
        assert_int_equal(keyspace_count(keyspace), 1000);
        store_free(store);
    }
}

static void set_with_field(struct keyspace *keyspace, int number, int64_t deadline_ms)
{
    static const struct collection_limits limits = {.count = 100, .len = 100};
    char name[64];
    int len = snprintf(name, sizeof name, "hash:%d", number);
    struct buf buffer = {0};
    struct collection hash = collection_edit(VALUE_HASH, NULL, &buffer, &limits);
    hash_set_until(&hash, BYTES("field"), BYTES("value"), deadline_ms);
    keyspace_set(keyspace, key_of(bytes_make(name, (size_t)len)), collection_value(&hash),
                 (struct deadline){.mode = DEADLINE_NONE}, NULL);
    buf_clear(&buffer);
}

/* What the bounds of deadlines say is for them, too. */
static void ends_of_fields_are_not_forgotten(void **state)
{
    (void)state;
    static const enum evict_choice choices[] = {EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM};
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        struct store *store = new_store();
        struct keyspace *keyspace = store_keyspace(store, 0);
        for (int i = 0; i < 200; i++) {
            set_with_field(keyspace, i, now.mono_ms + 10 + i);
            set(keyspace, "old:", i, now.mono_ms + 100000);
        }
        struct evict_policy policy = {.choice = choices[c], .only_volatile = true, .samples = 5};
        for (int i = 0; i < 200; i++)
            evict(store, policy);
        assert_int_equal(store_evict_one(store, policy, NULL), EVICT_NOTHING);
        assert_int_equal(store_next_due_ms(store), now.mono_ms + 11);
        store_check(store);
        now.mono_ms += 1000;
        assert_true(store_expire_slice(store, 1000000));
        assert_int_equal(keyspace_count(keyspace), 0);
        store_free(store);
    }
}

/* The search may not take long: clients go on writing while it lasts. */
static void the_last_few_are_found_among_many(void **state)
{
    (void)state;
    static const enum evict_choice choices[] = {EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM};
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        struct store *store = new_store();
        struct keyspace *keyspace = store_keyspace(store, 1);
        struct evict_policy policy = {.choice = choices[c], .only_volatile = true, .samples = 5};
        for (int i = 0; i < 400000; i++)
            set(keyspace, "forever:", i, 0);
        /* Each bucket had some, most of which are gone again. */
        for (int i = 0; i < 200000; i++)
            set(keyspace, "old:", i, now.mono_ms + 100000 + i);
        for (int i = 0; i < 199950; i++)
            evict(store, policy);
        int searches = 0;
        for (enum evict_result result; (result = store_evict_one(store, policy, NULL)) != EVICT_NOTHING;)
            searches += result == EVICT_SEARCHING;
        assert_int_equal(evicted_old_count, 200000);
        assert_true(searches <= 60);
        store_free(store);
    }
}

static void ttl_takes_what_would_die_first(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 300; i++) {
        set(keyspace, "late:", i, now.mono_ms + 1000000 - i);
        set(store_keyspace(store, i % 2), "old:", i, now.mono_ms + 1000 + i);
        set(keyspace, "moved:", i, now.mono_ms + 500 + i);
        set(keyspace, "gone:", i, now.mono_ms + 200 + i);
    }
    /* Bounds that are too low by now mislead nobody. */
    for (int i = 0; i < 300; i++) {
        set(keyspace, "moved:", i, now.mono_ms + 2000000);
        set(keyspace, "gone:", i, 0);
    }
    struct evict_policy policy = {.choice = EVICT_TTL, .only_volatile = true, .samples = 5};
    for (int i = 0; i < 150; i++)
        evict(store, policy);
    for (int i = 0; i < 300; i++)
        assert_int_equal(use(store_keyspace(store, i % 2), "old:", i) != NULL, i >= 150);
    for (int i = 0; i < 150; i++)
        evict(store, policy);
    assert_int_equal(evicted_old_count, 300);
    for (int i = 0; i < 10; i++)
        evict(store, policy);
    assert_null(use(keyspace, "late:", 299));
    assert_null(use(keyspace, "late:", 290));
    assert_non_null(use(keyspace, "late:", 289));
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
        for (int i = 0; i < 300; i++)
            assert_non_null(use(keyspace, "hot:", i));
    }
    struct evict_policy policy = {.choice = EVICT_LFU, .samples = 5};
    for (int i = 0; i < 150; i++)
        evict(store, policy);
    assert_true(evicted_old_count >= 130);
    store_free(store);
}

/* A cache that is turned over in milliseconds: what goes is among the oldest fifth. */
static void lru_tells_milliseconds_apart(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct evict_policy policy = {.choice = EVICT_LRU, .samples = 5};
    int born = 0;
    for (; born < 2000; born++) {
        now.mono_ms += born % 10 == 0;
        set(keyspace, "key:", born, 0);
    }
    for (; born < 20000; born++) {
        now.mono_ms += born % 10 == 0;
        set(keyspace, "key:", born, 0);
        evict(store, policy);
    }
    int young = 0;
    for (int i = born - 2000; i < born; i++)
        young += use(keyspace, "key:", i) != NULL;
    /* An exact LRU has all 2,000 of them. */
    assert_true(young > 1700);
    assert_int_equal(keyspace_count(keyspace), 2000);
    store_free(store);
}

static void candidates_used_in_the_meantime_stay(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct evict_policy policy = {.choice = EVICT_LRU, .samples = 5};
    for (int i = 0; i < 16; i++)
        set(keyspace, "old:", i, 0);
    now.mono_ms += 1000;
    for (int i = 0; i < 16; i++)
        set(keyspace, "new:", i, 0);
    now.mono_ms += 1000;
    evict(store, policy); /* all others are candidates now */
    for (int i = 0; i < 16; i++)
        (void)use(keyspace, "old:", i);
    for (int i = 0; i < 16; i++)
        evict(store, policy);
    assert_int_equal(evicted_old_count, 1);
    for (int i = 0; i < 16; i++)
        assert_null(use(keyspace, "new:", i));
    store_free(store);
}

/* What the pool points at may be moved, freed, or another entry by now. */
static void candidates_may_vanish(void **state)
{
    (void)state;
    struct store *store = new_store();
    static const enum evict_choice choices[] = {EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM};
    uint64_t seed = 88172645463325252u;
    int alive = 0;
    for (int step = 0; step < 30000; step++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        struct keyspace *keyspace = store_keyspace(store, (int)(seed >> 20 & 1));
        int number = (int)(seed >> 32 & 1023);
        now.mono_ms += (int64_t)(seed & 3);
        switch (seed >> 8 & 7) {
        case 0:
        case 1:
        case 2:
            set(keyspace, "key:", number, seed >> 16 & 1 ? now.mono_ms + 100000 : 0);
            break;
        case 3: {
            char name[64];
            int len = snprintf(name, sizeof name, "key:%d", number);
            keyspace_remove(keyspace, key_of(bytes_make(name, (size_t)len)));
            break;
        }
        case 4:
            if ((seed >> 40 & 255) == 0)
                keyspace_flush(keyspace, false);
            else if ((seed >> 40 & 255) == 1)
                store_swap(store, 0, 1);
            store_free_slice(store, 1000000);
            break;
        default: {
            struct evict_policy policy = {
                .choice = choices[seed >> 48 & 3], .only_volatile = seed >> 50 & 1, .samples = 5};
            store_use_lfu(store, policy.choice == EVICT_LFU, 10, 1);
            evicted_count = 0;
            for (int i = 0; i < 3; i++)
                alive += store_evict_one(store, policy, NULL) == EVICTED;
            alive -= evicted_count;
        }
        }
    }
    assert_int_equal(alive, 0); /* each was told */
    store_free(store);
}

static void idle_time_is_right_for_weeks(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    set(keyspace, "key:", 1, 0);
    struct key key = key_of(BYTES("key:1"));
    int64_t begin_ms = now.mono_ms;
    /* Ten minutes at a time, with the round over all entries in between. */
    for (int64_t passed_ms = 0; passed_ms < (int64_t)60 * 86400 * 1000; passed_ms += 600000) {
        now.mono_ms = begin_ms + passed_ms;
        store_age_clocks(store);
        int64_t idle_ms = store_idle_ms(store, keyspace_peek(keyspace, key));
        if (passed_ms < (int64_t)45 * 86400 * 1000)
            assert_true(idle_ms >= passed_ms - 1000 && idle_ms <= passed_ms + 1000);
        else
            assert_true(idle_ms >= (int64_t)44 * 86400 * 1000);
    }
    (void)keyspace_find(keyspace, key);
    assert_int_equal(store_idle_ms(store, keyspace_peek(keyspace, key)), 0);
    store_free(store);
}

static void use_counters_decay_by_the_minute(void **state)
{
    (void)state;
    struct store *store = new_store();
    store_use_lfu(store, true, 10, 2);
    struct keyspace *keyspace = store_keyspace(store, 0);
    set(keyspace, "key:", 1, 0);
    const struct entry *entry = keyspace_peek(keyspace, key_of(BYTES("key:1")));
    assert_int_equal(store_frequency(store, entry), 5);
    store_set_frequency(store, entry, 250);
    for (int minute = 0; minute <= 600; minute++) {
        store_age_clocks(store);
        assert_int_equal(store_frequency(store, entry), minute / 2 < 250 ? 250 - minute / 2 : 0);
        now.mono_ms += 60000;
    }
    /* Another length of the period lets nothing decay at once. */
    store_set_frequency(store, entry, 100);
    now.mono_ms += 50 * 60000;
    store_age_clocks(store);
    assert_int_equal(store_frequency(store, entry), 75);
    store_use_lfu(store, true, 10, 1);
    assert_int_equal(store_frequency(store, entry), 75);
    now.mono_ms += 3 * 60000;
    store_age_clocks(store);
    assert_int_equal(store_frequency(store, entry), 72);
    store_use_lfu(store, true, 10, 0);
    now.mono_ms += 1000 * 60000;
    store_age_clocks(store);
    assert_int_equal(store_frequency(store, entry), 72);
    store_free(store);
}

static void the_logarithm_of_uses_may_change(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    set(keyspace, "key:", 1, 0);
    const struct entry *entry = keyspace_peek(keyspace, key_of(BYTES("key:1")));
    store_use_lfu(store, true, 0, 0);
    store_set_frequency(store, entry, 5);
    for (int i = 0; i < 50; i++)
        (void)use(keyspace, "key:", 1);
    assert_int_equal(store_frequency(store, entry), 55);
    store_use_lfu(store, true, 1000000000, 0);
    for (int i = 0; i < 50; i++)
        (void)use(keyspace, "key:", 1);
    assert_int_equal(store_frequency(store, entry), 55);
    store_use_lfu(store, true, 0, 0);
    for (int i = 0; i < 500; i++)
        (void)use(keyspace, "key:", 1);
    assert_int_equal(store_frequency(store, entry), 255);
    store_free(store);
}

static void stamps_outlive_a_change_of_policy(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    set(keyspace, "key:", 1, 0);
    const struct entry *entry = keyspace_peek(keyspace, key_of(BYTES("key:1")));
    now.mono_ms += 5000;
    store_use_lfu(store, true, 10, 1);
    assert_int_equal(store_frequency(store, entry), 5);
    store_age_clocks(store);
    assert_int_equal(store_frequency(store, entry), 5);
    now.mono_ms += 7000;
    store_use_lfu(store, false, 10, 1);
    now.mono_ms += 3000;
    assert_int_equal(store_idle_ms(store, entry), 3000);
    store_use_lfu(store, false, 10, 1);
    assert_int_equal(store_idle_ms(store, entry), 3000);
    store_age_clocks(store);
    assert_int_equal(store_idle_ms(store, entry), 3000);
    store_free(store);
}

static size_t count_of(struct keyspace *keyspace, const char *prefix, int count)
{
    size_t found = 0;
    for (int i = 0; i < count; i++) {
        char name[64];
        int len = snprintf(name, sizeof name, "%s%d", prefix, i);
        found += keyspace_holds(keyspace, key_of(bytes_make(name, (size_t)len)));
    }
    return found;
}

static void ordered_classes_go_before_others(void **state)
{
    (void)state;
    static const enum evict_choice choices[] = {EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM};
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        struct store *store = new_store();
        struct keyspace *keyspace = store_keyspace(store, 0);
        store_use_lfu(store, choices[c] == EVICT_LFU, 10, 1);
        store_set_eviction_order(store, (struct bytes[]){BYTES("bot:"), BYTES("cache:")}, 2);
        /* The sessions are the oldest, die first, and were used least. */
        for (int i = 0; i < 2000; i++)
            set(keyspace, "session:", i, now.mono_ms + 1000);
        now.mono_ms += 100;
        for (int i = 0; i < 300; i++) {
            set(keyspace, "cache:img:", i, now.mono_ms + 50000);
            set(keyspace, "bot:", i, now.mono_ms + 100000);
            (void)use(keyspace, "cache:img:", i);
            (void)use(keyspace, "bot:", i);
        }
        struct evict_policy policy = {.choice = choices[c], .only_volatile = true, .samples = 5};
        for (int i = 0; i < 250; i++)
            evict(store, policy);
        assert_in_range(count_of(keyspace, "bot:", 300), 50, 80);
        assert_int_equal(count_of(keyspace, "session:", 2000), 2000);
        for (int i = 0; i < 350; i++)
            evict(store, policy);
        /* The last few are not searched for at any price. */
        assert_true(count_of(keyspace, "bot:", 300) + count_of(keyspace, "cache:img:", 300) < 10);
        assert_true(count_of(keyspace, "session:", 2000) >= 1990);
        store_set_eviction_order(store, NULL, 0);
        for (int i = 0; i < 100; i++)
            evict(store, policy);
        store_free(store);
    }
}

static void another_order_holds_from_the_next_on(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct evict_policy policy = {.choice = EVICT_LRU, .samples = 5};
    store_set_eviction_order(store, (struct bytes[]){BYTES("a:")}, 1);
    for (int i = 0; i < 500; i++) {
        set(keyspace, "a:", i, 0);
        set(keyspace, "b:", i, 0);
    }
    for (int i = 0; i < 20; i++)
        evict(store, policy);
    assert_int_equal(count_of(keyspace, "a:", 500), 480);
    store_set_eviction_order(store, (struct bytes[]){BYTES("b:")}, 1);
    for (int i = 0; i < 20; i++)
        evict(store, policy);
    assert_int_equal(count_of(keyspace, "a:", 500), 480);
    assert_int_equal(count_of(keyspace, "b:", 500), 480);
    store_free(store);
}

static void an_empty_store_has_nothing_to_give(void **state)
{
    (void)state;
    struct store *store = new_store();
    assert_int_equal(store_evict_one(store, (struct evict_policy){.choice = EVICT_LRU, .samples = 5}, NULL),
                     EVICT_NOTHING);
    store_free(store);
}

/* While nothing is evicted, a stamp stays as it is for a moment: that saves writes. */
static void a_stamp_is_right_to_a_grain(void **state)
{
    (void)state;
    struct store *store = new_store();
    struct keyspace *keyspace = store_keyspace(store, 0);
    store_age_clocks(store);
    set(keyspace, "key:", 1, 0);
    now.mono_ms += 99;
    assert_int_equal(store_idle_ms(store, use(keyspace, "key:", 1)), 99);
    now.mono_ms += 1;
    assert_int_equal(store_idle_ms(store, use(keyspace, "key:", 1)), 0);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lru_takes_what_was_not_used_for_longest),
        cmocka_unit_test(volatile_policies_leave_other_entries_alone),
        cmocka_unit_test(ends_of_fields_are_not_forgotten),
        cmocka_unit_test(the_last_few_are_found_among_many),
        cmocka_unit_test(ttl_takes_what_would_die_first),
        cmocka_unit_test(lfu_takes_what_is_used_least),
        cmocka_unit_test(lru_tells_milliseconds_apart),
        cmocka_unit_test(candidates_used_in_the_meantime_stay),
        cmocka_unit_test(candidates_may_vanish),
        cmocka_unit_test(idle_time_is_right_for_weeks),
        cmocka_unit_test(use_counters_decay_by_the_minute),
        cmocka_unit_test(the_logarithm_of_uses_may_change),
        cmocka_unit_test(stamps_outlive_a_change_of_policy),
        cmocka_unit_test(ordered_classes_go_before_others),
        cmocka_unit_test(another_order_holds_from_the_next_on),
        cmocka_unit_test(an_empty_store_has_nothing_to_give),
        cmocka_unit_test(a_stamp_is_right_to_a_grain),
    };
    hash_seed((const uint8_t[16]){1, 2, 3});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
