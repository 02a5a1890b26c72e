/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures of prefix classes after a random workload: what is live must equal a recount of the keyspaces,
 * and what happened must equal what the calls said. */
#include "base/hash.h"
#include "base/number.h"
#include "sessions/session_stats.h"
#include "store/evict.h"
#include "store/keyspace_edit.h"
#include "store/prefix.h"
#include "store/walk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DATABASES 3
#define KEYS      2000
#define VALUE_MAX 20000
#define STEPS     60000

static struct clock now;
static struct store *store;
static uint64_t seed;
static unsigned prefix_count;
static struct session_events expected; /* over all classes */

static uint64_t next_random(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static struct keyspace *any_keyspace(void)
{
    return store_keyspace(store, (int)next_random(DATABASES));
}

static struct key any_key(char *text)
{
    unsigned number = (unsigned)next_random(KEYS);
    int len = 0;
    switch (number % 4) {
    case 0:
        len = snprintf(text, 400, "session:%032x", number);
        break;
    case 1:
        len = snprintf(text, 400, "%c%c:%d", (char)('a' + number / 4 % prefix_count / 20),
                       (char)('a' + number / 4 % 20), number);
        break;
    case 2:
        len = snprintf(text, 400, "plain%d", number);
        break;
    case 3:
        len = snprintf(text, 400, "long:%0300d", number);
        break;
    }
    return key_of(bytes_make(text, (size_t)len));
}

static struct value any_value(void)
{
    static char content[VALUE_MAX];
    if (next_random(4) == 0)
        return string_value_int((int64_t)next_random(1000));
    size_t len = next_random(10) == 0 ? next_random(VALUE_MAX) : next_random(300);
    return (struct value){.type = VALUE_STRING, .encoding = STRING_RAW, .bytes = bytes_make(content, len)};
}

static struct deadline any_deadline(void)
{
    static const int modes[] = {DEADLINE_NONE, DEADLINE_KEEP, DEADLINE_SET, DEADLINE_SET};
    return (struct deadline){modes[next_random(4)], now.mono_ms + (int64_t)next_random(2000)};
}

static void on_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    (void)context;
    (void)keyspace;
    (void)key;
    expected.expired += why == REMOVED_EXPIRED;
    expected.evicted += why == REMOVED_EVICTED;
}

/* ---- steps ---- */

static void set(void)
{
    char text[400];
    bool was_there;
    keyspace_set(any_keyspace(), any_key(text), any_value(), any_deadline(), &was_there);
    expected.refreshed += was_there;
    expected.created += !was_there;
}

static void edit(void)
{
    char text[400];
    struct keyspace *keyspace = any_keyspace();
    struct key key = any_key(text);
    bool was_there = keyspace_peek(keyspace, key);
    if (next_random(4) == 0)
        keyspace_set(keyspace, key, string_value_int(42), (struct deadline){.mode = DEADLINE_KEEP}, NULL);
    else
        assert_non_null(keyspace_edit_bytes(keyspace, key, 1 + next_random(VALUE_MAX)));
    expected.refreshed += was_there;
    expected.created += !was_there;
}

static void set_deadline(void)
{
    char text[400];
    bool is_set = next_random(4) > 0;
    int64_t deadline_ms = now.mono_ms + (int64_t)next_random(2000);
    bool was_there =
        keyspace_set_deadline(any_keyspace(), any_key(text), NULL, is_set ? deadline_ms : NO_DEADLINE);
    expected.refreshed += was_there && is_set;
}

static void remove_key(void)
{
    char text[400];
    expected.deleted += keyspace_remove(any_keyspace(), any_key(text));
}

static void move_or_copy(void)
{
    char from_text[400], to_text[400];
    struct keyspace *source = any_keyspace(), *target = any_keyspace();
    struct key from = any_key(from_text), to = any_key(to_text);
    if (source == target && bytes_equal(from.name, to.name))
        return;
    bool was_there = keyspace_peek(target, to);
    bool is_move = next_random(2) == 0;
    if (!(is_move ? keyspace_move : keyspace_copy)(source, from, target, to))
        return;
    expected.deleted += is_move;
    expected.refreshed += was_there;
    expected.created += !was_there;
}

static void flush_or_swap(void)
{
    struct keyspace *keyspace = any_keyspace();
    if (next_random(2) == 0) {
        store_swap(store, (int)next_random(DATABASES), (int)next_random(DATABASES));
        return;
    }
    expected.flushed += keyspace_count(keyspace);
    keyspace_flush(keyspace, false);
}

static void evict(void)
{
    store_evict_one(store, (struct evict_policy){.choice = EVICT_RANDOM, .samples = 5}, NULL);
}

static void nobody_takes(void *context, const struct walked *walked)
{
    (void)context;
    (void)walked;
}

/* A walk keeps the classes of flushed entries from being given to other prefixes. */
static void walk(void)
{
    if (!store_is_walking(store))
        store_walk_begin(store, (struct walk_sink){.take = nobody_takes});
    else
        store_walk_slice(store, 0);
}

static void pass_time(void)
{
    now.mono_ms += (int64_t)next_random(20);
    now.mono_us = now.mono_ms * 1000;
    store_free_slice(store, 50);
}

static void step(void)
{
    unsigned kind = (unsigned)next_random(1000);
    if (kind < 400)
        set();
    else if (kind < 550)
        edit();
    else if (kind < 700)
        set_deadline();
    else if (kind < 850)
        remove_key();
    else if (kind < 900)
        move_or_copy();
    else if (kind < 930)
        evict();
    else if (kind < 950)
        walk();
    else if (kind < 998)
        pass_time();
    else
        flush_or_swap();
}

/* ---- the recount ---- */

static struct session_live recounted[SESSION_CLASS_COUNT];

static void recount_entry(void *context, const struct entry *entry)
{
    (void)context;
    session_live_add(&recounted[entry_prefix(entry)], entry_size(entry));
}

static void check(void)
{
    struct session_stats *stats = store_sessions(store);
    while (!store_expire_slice(store, INT64_MAX)) {
    }
    memset(recounted, 0, sizeof recounted);
    for (int i = 0; i < DATABASES; i++) {
        struct keyspace *keyspace = store_keyspace(store, i);
        uint64_t cursor = 0;
        keyspace_pause_shrinking(keyspace);
        do {
            cursor = keyspace_scan(keyspace, cursor, recount_entry, NULL);
        } while (cursor);
        keyspace_resume_shrinking(keyspace);
    }
    for (unsigned i = 0; i < SESSION_CLASS_COUNT; i++) {
        const struct session_class *class = &stats->classes[i];
        const struct session_events *events = &class->events;
        assert_memory_equal(&class->live, &recounted[i], sizeof class->live);
        assert_int_equal(class->live.keys, events->created - events->deleted - events->expired -
                                               events->evicted - events->flushed);
    }
}

static void check_sum(void)
{
    static struct session_class sum;
    session_stats_sum(store_sessions(store), &sum);
    assert_int_equal(sum.events.created, expected.created);
    assert_int_equal(sum.events.refreshed, expected.refreshed);
    assert_int_equal(sum.events.deleted, expected.deleted);
    assert_int_equal(sum.events.expired, expected.expired);
    assert_int_equal(sum.events.evicted, expected.evicted);
    assert_int_equal(sum.events.flushed, expected.flushed);
}

static void work(unsigned prefixes)
{
    seed = (uint64_t)prefixes * 0x9e3779b97f4a7c15;
    prefix_count = prefixes;
    expected = (struct session_events){0};
    now = (struct clock){.mono_ms = 1000000, .mono_us = 1000000000, .is_manual = true};
    store = store_new(DATABASES, &now, NULL);
    store_observe(store, (struct store_observer){.removed = on_removed});
    for (int i = 0; i < STEPS; i++) {
        step();
        if (i % 500 == 0)
            check();
    }
    check();
}

static void figures_equal_a_recount(void **state)
{
    (void)state;
    work(100);
    check_sum();
    store_free(store);
}

/* What happened in a class is forgotten when it is given to another prefix: the sum of all is no longer the
 * whole story. */
static void figures_of_reused_classes_equal_a_recount(void **state)
{
    (void)state;
    work(400);
    assert_int_equal(store_sessions(store)->class_count, SESSION_CLASS_COUNT);
    store_free(store);
}

static void class_of_a_prefix_that_is_gone_is_given_away(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000000, .mono_us = 1000000000, .is_manual = true};
    store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 3 * SESSION_CLASS_COUNT; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "%c%c:id1", (char)('a' + i / 30), (char)('A' + i % 30));
        struct key key = key_of(bytes_make(text, (size_t)len));
        keyspace_set(keyspace, key, string_value_int(i), (struct deadline){.mode = DEADLINE_NONE}, NULL);
        const struct session_class *class = session_stats_find(store_sessions(store), bytes_make(text, 3));
        assert_non_null(class);
        assert_int_equal(class->live.keys, 1);
        assert_int_equal(class->events.created, 1);
        keyspace_remove(keyspace, key);
        assert_int_equal(class->live.keys, 0);
    }
    store_free(store);
}

static void ttls_count_what_was_given(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000000, .mono_us = 1000000000, .is_manual = true};
    store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key key = key_of(BYTES("session:4fc0a1"));
    struct deadline hour = {DEADLINE_SET, now.mono_ms + 3600000};
    keyspace_set(keyspace, key, string_value_int(1), hour, NULL);
    keyspace_set(keyspace, key, string_value_int(2), hour, NULL);
    keyspace_set(keyspace, key, string_value_int(3), (struct deadline){.mode = DEADLINE_KEEP}, NULL);
    keyspace_set_deadline(keyspace, key, NULL, now.mono_ms + 10000);
    keyspace_set_deadline(keyspace, key, NULL, NO_DEADLINE);
    const struct session_class *class = session_stats_find(store_sessions(store), BYTES("session:"));
    assert_int_equal(class->events.created, 1);
    assert_int_equal(class->events.refreshed, 3);
    assert_int_equal(session_ttl_count(&class->ttls), 3);
    assert_int_equal(class->ttls.sum_ms, 7210000);
    assert_int_equal(class->ttls.buckets[12], 2); /* 2049 to 4096 seconds */
    assert_int_equal(class->ttls.buckets[4], 1);  /* 9 to 16 seconds */
    store_free(store);
}

int main(void)
{
    uint8_t hash_key[16] = {1};
    hash_seed(hash_key);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_a_recount),
        cmocka_unit_test(figures_of_reused_classes_equal_a_recount),
        cmocka_unit_test(class_of_a_prefix_that_is_gone_is_given_away),
        cmocka_unit_test(ttls_count_what_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
