/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks while a random workload goes on: what the sink got must be the dataset as it was when the walk began,
 * each entry once. */
#include "base/hash.h"
#include "base/number.h"
#include "store/evict.h"
#include "store/keyspace_edit.h"
#include "store/walk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DATABASES 3
#define KEYS      3000
#define NOTHING   0

/* What is known about a key: which value it has, and until when. */
struct record {
    size_t len;  /* of the value plus one; 0: there is no such key */
    size_t fill; /* records are compared as memory: no padding */
    int64_t deadline_ms;
};

static struct clock now;
static struct store *store;
static struct record expected[DATABASES][KEYS], taken[DATABASES][KEYS];
static uint64_t seed;
static size_t taken_count;
static bool is_full;

static uint64_t next_random(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static struct key key_number(size_t number, char *text)
{
    static const char *const prefixes[] = {"session:", "user:profile:", "", "x:"};
    int len = snprintf(text, 64, "%s%08zx", prefixes[number % 4], number);
    return key_of(bytes_make(text, (size_t)len));
}

static size_t number_of(struct bytes key)
{
    char text[16];
    assert_true(key.len >= 8);
    memcpy(text, key.data + key.len - 8, 8);
    text[8] = 0;
    return (size_t)strtoul(text, NULL, 16);
}

static struct record record_of(struct value value, int64_t deadline_ms)
{
    char scratch[STRING_SCRATCH];
    struct bytes bytes = string_bytes(&value, scratch);
    for (size_t i = 1; i < bytes.len; i++)
        assert_int_equal(bytes.data[i], bytes.data[0]);
    return (struct record){bytes.len + 1, bytes.len ? (uint8_t)bytes.data[0] : 0, deadline_ms};
}

static void take(void *context, const struct walked *walked)
{
    (void)context;
    struct record *record = &taken[walked->database][number_of(walked->key)];
    assert_int_equal(record->len, NOTHING);
    *record = record_of(walked->value, walked->deadline_ms);
    taken_count++;
}

static bool full(void *context)
{
    (void)context;
    return is_full;
}

static const struct walk_sink sink = {.take = take, .is_full = full};

static size_t random_len(void)
{
    return next_random(20) == 0 ? 5000 + next_random(10000) : next_random(100);
}

static void set(struct keyspace *keyspace, struct key key)
{
    static char bytes[16000];
    size_t len = random_len();
    memset(bytes, (int)('a' + next_random(26)), len);
    struct deadline deadline = {.mode = (int)next_random(3),
                                .at_ms = now.mono_ms + 1 + (int64_t)next_random(4000)};
    keyspace_set(keyspace, key, string_value(bytes_make(bytes, len)), deadline, NULL);
}

static void edit(struct keyspace *keyspace, struct key key)
{
    size_t len = random_len();
    char *bytes = keyspace_edit_bytes(keyspace, key, len);
    memset(bytes, (int)('a' + next_random(26)), len);
}

static void change_something(void)
{
    char text[64], other_text[64];
    struct keyspace *keyspace = store_keyspace(store, (int)next_random(DATABASES));
    struct keyspace *other = store_keyspace(store, (int)next_random(DATABASES));
    struct key key = key_number(next_random(KEYS), text),
               other_key = key_number(next_random(KEYS), other_text);
    uint64_t choice = next_random(1000);
    if (choice < 300)
        set(keyspace, key);
    else if (choice < 500)
        edit(keyspace, key);
    else if (choice < 600)
        keyspace_set_deadline(keyspace, key, NULL,
                              next_random(2) ? NO_DEADLINE : now.mono_ms + (int64_t)next_random(3000));
    else if (choice < 750)
        keyspace_remove(keyspace, key);
    else if (choice < 800)
        keyspace_set(keyspace, key, string_value_int(7), (struct deadline){.mode = DEADLINE_KEEP}, NULL);
    else if (choice < 850 && (keyspace != other || !bytes_equal(key.name, other_key.name)))
        keyspace_move(keyspace, key, other, other_key);
    else if (choice < 900 && (keyspace != other || !bytes_equal(key.name, other_key.name)))
        keyspace_copy(keyspace, key, other, other_key);
    else if (choice < 920)
        store_evict_one(store, (struct evict_policy){.choice = EVICT_RANDOM, .samples = 5}, NULL);
    else if (choice < 930)
        store_evict_one(store, (struct evict_policy){.choice = EVICT_LRU, .samples = 5}, NULL);
    else if (choice < 960) {
        now.mono_ms += 5;
        now.mono_us = now.mono_ms * 1000;
        store_expire_slice(store, INT64_MAX);
    } else if (choice < 961) {
        keyspace_flush(keyspace, false);
    } else if (choice < 964) {
        store_swap(store, 0, 1 + (int)next_random(DATABASES - 1));
    } else {
        store_free_slice(store, 0);
        store_resize_slice(store, INT64_MAX);
        store_compact_slice(store, 0);
    }
}

struct census {
    struct keyspace *keyspace;
    struct record *records;
};

static void note(void *context, const struct entry *entry)
{
    struct census *census = context;
    struct key_name name = {.heap = NULL};
    struct bytes key = entry_key(entry, keyspace_prefixes(census->keyspace), &name);
    census->records[number_of(key)] = record_of(entry_value(entry), entry_deadline(entry));
    key_name_clear(&name);
}

/* The content of all databases; returns how many entries there are. */
static size_t take_census(void)
{
    size_t count = 0;
    memset(expected, 0, sizeof expected);
    store_expire_slice(store, INT64_MAX);
    for (int i = 0; i < DATABASES; i++) {
        struct census census = {store_keyspace(store, i), expected[i]};
        for (uint64_t cursor = 0; (cursor = keyspace_scan(census.keyspace, cursor, note, &census));) {
        }
        count += keyspace_count(census.keyspace);
    }
    return count;
}

static void begin_walk(size_t *count)
{
    *count = take_census();
    memset(taken, 0, sizeof taken);
    taken_count = 0;
    store_walk_begin(store, sink);
}

static int set_up(void **state)
{
    (void)state;
    static const uint8_t hash_key[16] = {1};
    hash_seed(hash_key);
    seed = 0x9e3779b97f4a7c15;
    now = (struct clock){.mono_ms = 1000000, .mono_us = 1000000000, .is_manual = true};
    is_full = true; /* slices are as short as can be */
    store = store_new(DATABASES, &now, NULL);
    for (int i = 0; i < 10000; i++)
        change_something();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

static void gives_the_dataset_of_the_beginning(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        size_t count;
        begin_walk(&count);
        uint64_t changes_per_slice = next_random(200);
        while (!store_walk_slice(store, INT64_MAX)) {
            for (uint64_t i = 0; i < changes_per_slice; i++)
                change_something();
        }
        assert_false(store_is_walking(store));
        assert_int_equal(taken_count, count);
        assert_memory_equal(taken, expected, sizeof taken);
        for (int i = 0; i < 500; i++)
            change_something();
    }
}

static void takes_all_in_one_slice(void **state)
{
    (void)state;
    size_t count;
    is_full = false;
    begin_walk(&count);
    assert_true(store_walk_slice(store, INT64_MAX));
    assert_int_equal(taken_count, count);
    assert_memory_equal(taken, expected, sizeof taken);
}

static void keeps_what_is_flushed(void **state)
{
    (void)state;
    size_t count;
    begin_walk(&count);
    assert_false(store_walk_slice(store, INT64_MAX));
    for (int i = 0; i < DATABASES; i++)
        keyspace_flush(store_keyspace(store, i), false);
    /* Other prefixes may not take the classes of those that wait to be walked. */
    for (int i = 0; i < 300; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "class%d:%08x", i, i);
        keyspace_set(store_keyspace(store, 0), key_of(bytes_make(text, (size_t)len)), string_value_int(i),
                     (struct deadline){.mode = DEADLINE_NONE}, NULL);
    }
    store_check(store);
    while (!store_walk_slice(store, INT64_MAX))
        store_free_slice(store, INT64_MAX);
    store_check(store);
    assert_int_equal(taken_count, count);
    assert_memory_equal(taken, expected, sizeof taken);
    assert_true(store_free_slice(store, INT64_MAX));
    assert_int_equal(store_stats(store)->lazy_pending, 0);
}

static void forgets_an_abandoned_walk(void **state)
{
    (void)state;
    size_t count;
    begin_walk(&count);
    assert_false(store_walk_slice(store, INT64_MAX));
    size_t taken_before = taken_count;
    store_walk_abandon(store);
    assert_false(store_is_walking(store));
    for (int i = 0; i < 1000; i++)
        change_something();
    assert_int_equal(taken_count, taken_before);
    is_full = false;
    takes_all_in_one_slice(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_dataset_of_the_beginning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_all_in_one_slice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_what_is_flushed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_an_abandoned_walk, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
