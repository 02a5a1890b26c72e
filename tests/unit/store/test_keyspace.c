/* SPDX-License-Identifier: BSD-3-Clause */
/* A keyspace against a plain array of what it should hold: random sets, edits, deadlines, moves, removals and
 * the passing of time, over keys of every shape (prefixed, hex tails, long, empty). */
#include "base/hash.h"
#include "base/number.h"
#include "store/keyspace_edit.h"
#include "store/store.h"
#include "store/walk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS      600
#define VALUE_MAX 20000
#define STEPS     40000

struct model {
    char name[400];
    size_t name_len;
    bool is_there;
    char *value;
    size_t len;
    int64_t deadline_ms; /* NO_DEADLINE: none */
};

static struct clock now;
static struct model models[KEYS];
static uint64_t seed;
static size_t expired_count;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void name_model(struct model *model, int number)
{
    int len = 0;
    switch (number % 6) {
    case 0:
        len = snprintf(model->name, sizeof model->name, "socketio:session:%016x%016x",
                       (unsigned)number * 2654435761u, (unsigned)number);
        break;
    case 1:
        len = snprintf(model->name, sizeof model->name, "user:%d:profile", number);
        break;
    case 2:
        len = snprintf(model->name, sizeof model->name, "k%d", number);
        break;
    case 3:
        len = snprintf(model->name, sizeof model->name, "prefix%d:deadbeef%07x", number % 400,
                       (unsigned)number);
        break;
    case 4:
        len = snprintf(model->name, sizeof model->name, "long:%0300d:abcdef0123456789%d", number, number);
        break;
    case 5: /* binary, and for one of them empty */
        len = number == 5 ? 0 : 4;
        memcpy(model->name, &number, 4);
        break;
    }
    model->name_len = (size_t)len;
}

static void on_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    (void)context;
    (void)keyspace;
    assert_int_equal(why, REMOVED_EXPIRED);
    for (int i = 0; i < KEYS; i++) {
        struct model *model = &models[i];
        if (model->name_len == key.len && memcmp(model->name, key.data, key.len) == 0) {
            assert_true(model->is_there);
            assert_true(model->deadline_ms != NO_DEADLINE && model->deadline_ms < now.mono_ms);
            model->is_there = false;
            expired_count++;
            return;
        }
    }
    fail_msg("a key expired that never was");
}

static struct key key_of_model(const struct model *model)
{
    return key_of(bytes_make(model->name, model->name_len));
}

static bool is_alive(const struct model *model)
{
    return model->is_there && (model->deadline_ms == NO_DEADLINE || model->deadline_ms >= now.mono_ms);
}

static void keep_value(struct model *model, const char *data, size_t len)
{
    free(model->value);
    model->value = malloc(len + 1);
    memcpy(model->value, data, len);
    model->len = len;
}

static void compare(struct keyspace *keyspace, const struct model *model)
{
    const struct entry *entry = keyspace_peek(keyspace, key_of_model(model));
    assert_int_equal(entry != NULL, is_alive(model));
    if (!entry)
        return;
    char scratch[STRING_SCRATCH];
    struct value value = entry_value(entry);
    struct bytes bytes = string_bytes(&value, scratch);
    assert_int_equal(bytes.len, model->len);
    assert_memory_equal(bytes.data, model->value, model->len);
    assert_int_equal(entry_deadline(entry), model->deadline_ms);
    struct key_name name = {.heap = NULL};
    struct bytes key = entry_key(entry, keyspace_prefixes(keyspace), &name);
    assert_int_equal(key.len, model->name_len);
    assert_memory_equal(key.data, model->name, model->name_len);
    key_name_clear(&name);
}

static void set_at_random(struct keyspace *keyspace, struct model *model)
{
    static char data[VALUE_MAX];
    static const size_t lengths[] = {0, 1, 20, 44, 45, 200, 255, 256, 4000, 7168, 7169, VALUE_MAX};
    size_t len = next_random() % 3 ? next_random() % 300 : lengths[next_random() % 12];
    for (size_t i = 0; i < len; i++)
        data[i] = (char)next_random();
    if (next_random() % 4 == 0)
        len = print_i64(data, (int64_t)next_random() >> (next_random() % 64));
    struct deadline deadline = {.mode = (int)(next_random() % 3)};
    deadline.at_ms = now.mono_ms + 1 + (int64_t)(next_random() % 3000);
    bool was_there, was_alive = is_alive(model);
    keyspace_set(keyspace, key_of_model(model), string_value(bytes_make(data, len)), deadline, &was_there);
    assert_int_equal(was_there, was_alive);
    if (deadline.mode == DEADLINE_SET)
        model->deadline_ms = deadline.at_ms;
    else if (deadline.mode == DEADLINE_NONE || !was_alive)
        model->deadline_ms = NO_DEADLINE;
    model->is_there = true;
    keep_value(model, data, len);
}

static void edit_bytes_at_random(struct keyspace *keyspace, struct model *model)
{
    size_t len = next_random() % 8 ? next_random() % 500 : next_random() % VALUE_MAX;
    bool was_alive = is_alive(model);
    char *content = keyspace_edit_bytes(keyspace, key_of_model(model), len);
    assert_non_null(content);
    char *expected = calloc(1, len + 1);
    if (was_alive)
        memcpy(expected, model->value, model->len < len ? model->len : len);
    else
        model->deadline_ms = NO_DEADLINE;
    assert_memory_equal(content, expected, len);
    if (len) {
        size_t at = next_random() % len;
        content[at] = expected[at] = (char)next_random();
    }
    model->is_there = true;
    keep_value(model, expected, len);
    free(expected);
}

static void change_deadline_at_random(struct keyspace *keyspace, struct model *model)
{
    int64_t deadline_ms = next_random() % 4 ? now.mono_ms + 1 + (int64_t)(next_random() % 5000) : NO_DEADLINE;
    bool was_alive = is_alive(model);
    assert_int_equal(keyspace_set_deadline(keyspace, key_of_model(model), NULL, deadline_ms), was_alive);
    if (was_alive)
        model->deadline_ms = deadline_ms;
}

static void move_at_random(struct keyspace *keyspace, struct model *from, struct model *to)
{
    bool copies = next_random() % 2, was_alive = is_alive(from);
    if (from == to)
        return;
    bool done = copies ? keyspace_copy(keyspace, key_of_model(from), keyspace, key_of_model(to))
                       : keyspace_move(keyspace, key_of_model(from), keyspace, key_of_model(to));
    assert_int_equal(done, was_alive);
    if (!done)
        return;
    to->is_there = true;
    to->deadline_ms = from->deadline_ms;
    keep_value(to, from->value, from->len);
    if (!copies)
        from->is_there = false;
}

static size_t count_alive(void)
{
    size_t count = 0;
    for (int i = 0; i < KEYS; i++)
        count += is_alive(&models[i]);
    return count;
}

static void keyspace_does_as_the_model_does(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 3; round++) {
        seed = 88172645463325252u * round;
        now = (struct clock){.mono_ms = 5000, .mono_us = 5000000, .is_manual = true};
        struct store *store = store_new(1, &now, NULL);
        store_observe(store, (struct store_observer){.removed = on_removed});
        struct keyspace *keyspace = store_keyspace(store, 0);
        for (int i = 0; i < KEYS; i++) {
            models[i].is_there = false;
            models[i].deadline_ms = NO_DEADLINE;
            name_model(&models[i], i);
        }
        for (int step = 0; step < STEPS; step++) {
            struct model *model = &models[next_random() % KEYS];
            switch (next_random() % 8) {
            case 0:
            case 1:
            case 2:
                set_at_random(keyspace, model);
                break;
            case 3:
                edit_bytes_at_random(keyspace, model);
                break;
            case 4:
                change_deadline_at_random(keyspace, model);
                break;
            case 5: {
                bool was_alive = is_alive(model);
                assert_int_equal(keyspace_remove(keyspace, key_of_model(model)), was_alive);
                model->is_there = false;
                break;
            }
            case 6:
                move_at_random(keyspace, model, &models[next_random() % KEYS]);
                break;
            case 7:
                now.mono_ms += (int64_t)(next_random() % 40);
                now.mono_us = now.mono_ms * 1000;
                if (next_random() % 2)
                    assert_true(store_expire_slice(store, INT64_MAX));
                break;
            }
            compare(keyspace, model);
            if (step % 1000 == 0) {
                assert_true(store_expire_slice(store, INT64_MAX));
                for (int i = 0; i < KEYS; i++)
                    compare(keyspace, &models[i]);
                assert_int_equal(keyspace_count(keyspace), count_alive());
            }
        }
        assert_true(expired_count > 100);
        store_free(store);
    }
    for (int i = 0; i < KEYS; i++) {
        free(models[i].value);
        models[i] = (struct model){.name_len = 0};
    }
}

/* ---- deadlines ---- */

static size_t removed_count;
static int64_t latest_ms;

static void count_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    (void)context;
    (void)keyspace;
    (void)key;
    (void)why;
    removed_count++;
    latest_ms = now.mono_ms;
}

static void every_entry_dies_in_the_millisecond_after_its_deadline(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000, .mono_us = 1000000, .is_manual = true};
    struct store *store = store_new(2, &now, NULL);
    store_observe(store, (struct store_observer){.removed = count_removed});
    struct keyspace *keyspace = store_keyspace(store, 1);
    removed_count = 0;
    for (int i = 0; i < 20000; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "session:%d", i);
        struct deadline deadline = {DEADLINE_SET, 1001 + i % 2000};
        keyspace_set(keyspace, key_of(bytes_make(name, (size_t)len)), string_value(BYTES("x")), deadline,
                     NULL);
    }
    assert_int_equal(keyspace_deadline_count(keyspace), 20000);
    for (size_t ms = 1; ms <= 2000; ms++) {
        assert_true(store_next_due_ms(store) <= 1001 + (int64_t)ms);
        now.mono_ms = 1001 + (int64_t)ms;
        now.mono_us = now.mono_ms * 1000;
        assert_true(store_expire_slice(store, INT64_MAX));
        assert_int_equal(removed_count, ms * 10);
    }
    assert_int_equal(keyspace_count(keyspace), 0);
    assert_int_equal(store_next_due_ms(store), INT64_MAX);
    store_free(store);
}

static void a_refreshed_session_lives_on(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000, .is_manual = true};
    struct store *store = store_new(1, &now, NULL);
    store_observe(store, (struct store_observer){.removed = count_removed});
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key key = key_of(BYTES("session:1"));
    removed_count = 0;
    keyspace_set(keyspace, key, string_value(BYTES("x")), (struct deadline){DEADLINE_SET, 2000}, NULL);
    for (int i = 0; i < 100; i++) {
        now.mono_ms += 900;
        assert_true(keyspace_set_deadline(keyspace, key, NULL, now.mono_ms + 1000));
        assert_true(store_expire_slice(store, INT64_MAX));
        assert_int_equal(removed_count, 0);
    }
    now.mono_ms += 1000;
    assert_true(store_expire_slice(store, INT64_MAX));
    assert_int_equal(removed_count, 0);
    now.mono_ms += 1;
    assert_true(store_expire_slice(store, INT64_MAX));
    assert_int_equal(removed_count, 1);
    store_free(store);
}

static void mean_ttl_is_that_of_the_deadlines(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000, .is_manual = true};
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    keyspace_set(keyspace, key_of(BYTES("a")), string_value(BYTES("x")),
                 (struct deadline){DEADLINE_SET, 11000}, NULL);
    keyspace_set(keyspace, key_of(BYTES("b")), string_value(BYTES("x")),
                 (struct deadline){DEADLINE_SET, 31000}, NULL);
    keyspace_set(keyspace, key_of(BYTES("c")), string_value(BYTES("x")), (struct deadline){DEADLINE_NONE, 0},
                 NULL);
    assert_in_range(keyspace_mean_ttl_ms(keyspace), 19980, 20000);
    store_free(store);
}

/* ---- whole databases ---- */

static void flushing_is_at_once_and_freeing_in_slices(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000, .is_manual = true};
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 50000; i++)
        keyspace_set(keyspace, key_of(bytes_make(&i, sizeof i)), string_value(BYTES("x")),
                     (struct deadline){DEADLINE_SET, 100000}, NULL);
    keyspace_flush(keyspace, false);
    assert_int_equal(keyspace_count(keyspace), 0);
    assert_int_equal(keyspace_deadline_count(keyspace), 0);
    assert_int_equal(store_stats(store)->lazy_pending, 50000);
    assert_false(store_free_slice(store, 0));
    assert_true(store_stats(store)->lazy_pending < 50000);
    while (!store_free_slice(store, 100)) {
    }
    assert_int_equal(store_stats(store)->lazy_pending, 0);
    store_free(store);
}

static void swapped_databases_keep_their_deadlines(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000, .is_manual = true};
    struct store *store = store_new(2, &now, NULL);
    store_observe(store, (struct store_observer){.removed = count_removed});
    removed_count = 0;
    keyspace_set(store_keyspace(store, 0), key_of(BYTES("a")), string_value(BYTES("x")),
                 (struct deadline){DEADLINE_SET, 2000}, NULL);
    store_swap(store, 0, 1);
    assert_int_equal(keyspace_count(store_keyspace(store, 0)), 0);
    assert_non_null(keyspace_peek(store_keyspace(store, 1), key_of(BYTES("a"))));
    assert_int_equal(keyspace_index(store_keyspace(store, 1)), 1);
    now.mono_ms = 2001;
    assert_true(store_expire_slice(store, INT64_MAX));
    assert_int_equal(removed_count, 1);
    store_free(store);
}

/* ---- large strings ---- */

#define LARGE ((size_t)4 << 20)

static struct bytes content_of(struct keyspace *keyspace, const char *name)
{
    struct value value = entry_value(keyspace_peek(keyspace, key_of(bytes_of(name))));
    return value.bytes;
}

/* Short and large before, small and large gap behind. */
static void what_a_string_grows_by_is_zeros(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key key = key_of(BYTES("k"));
    const size_t lengths[] = {5, LARGE, LARGE + 100, 3 * LARGE, 100, 3 * LARGE, 5 * LARGE};
    size_t before = 0;
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char *content = keyspace_edit_bytes(keyspace, key, lengths[i]);
        assert_non_null(content);
        for (size_t at = 0; at < lengths[i]; at++) {
            if (content[at] != (at < before ? 'x' : 0))
                fail_msg("byte %zu of %zu is %d", at, lengths[i], content[at]);
        }
        before = lengths[i];
        memset(content, 'x', before);
    }
    store_free(store);
}

static void large_copy_is_shared_until_one_is_edited(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key from = key_of(BYTES("from")), to = key_of(BYTES("to"));
    (void)state;
    memset(keyspace_edit_bytes(keyspace, from, LARGE), 'x', LARGE);
    assert_true(keyspace_copy(keyspace, from, keyspace, to));
    assert_ptr_equal(content_of(keyspace, "from").data, content_of(keyspace, "to").data);
    keyspace_edit_bytes(keyspace, from, LARGE)[7] = 'y';
    assert_int_equal(content_of(keyspace, "from").data[7], 'y');
    assert_int_equal(content_of(keyspace, "to").data[7], 'x');
    assert_true(keyspace_copy(keyspace, from, keyspace, to));
    assert_true(keyspace_remove(keyspace, from));
    assert_int_equal(content_of(keyspace, "to").data[7], 'y');
    store_free(store);
}

static struct blob *blob_at(struct keyspace *keyspace, struct key key)
{
    struct value value = entry_value(keyspace_peek(keyspace, key));
    return value.blob;
}

static void a_shared_string_may_be_given_a_blob_of_its_own(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key from = key_of(BYTES("from")), to = key_of(BYTES("to")), none = key_of(BYTES("none"));
    (void)state;
    memset(keyspace_edit_bytes(keyspace, from, LARGE), 'x', LARGE);
    assert_null(keyspace_shared_blob(keyspace, none));
    assert_null(keyspace_shared_blob(keyspace, from));
    assert_true(keyspace_copy(keyspace, from, keyspace, to));
    struct blob *shared = keyspace_shared_blob(keyspace, from), *own = blob_of(blob_bytes(shared));
    assert_ptr_equal(shared, keyspace_shared_blob(keyspace, to));
    assert_false(keyspace_unshare(keyspace, none, shared, own));
    assert_false(keyspace_unshare(keyspace, from, own, own));
    assert_true(keyspace_unshare(keyspace, from, shared, own));
    assert_ptr_equal(blob_at(keyspace, from), own);
    assert_null(keyspace_shared_blob(keyspace, from));
    assert_null(keyspace_shared_blob(keyspace, to));
    /* What a walk is still to meet it will hold. */
    store_walk_begin(store, (struct walk_sink){.take = NULL});
    assert_ptr_equal(keyspace_shared_blob(keyspace, from), own);
    while (!store_walk_slice(store, INT64_MAX)) {
    }
    assert_null(keyspace_shared_blob(keyspace, from));
    store_free(store);
}

static void ignore_entry(void *context, const struct entry *entry)
{
    (void)context;
    (void)entry;
}

static void a_scan_removes_what_is_dead(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    uint64_t cursor = 0;
    (void)state;
    now.mono_ms = 1000;
    for (int i = 0; i < 1000; i++) {
        char name[24];
        struct key key = key_of(bytes_make(name, (size_t)snprintf(name, sizeof name, "k%d", i)));
        struct deadline soon = {.mode = i % 2 ? DEADLINE_SET : DEADLINE_NONE, .at_ms = 2000};
        keyspace_set(keyspace, key, string_value(BYTES("x")), soon, NULL);
    }
    now.mono_ms = 3000;
    keyspace_pause_shrinking(keyspace);
    do {
        cursor = keyspace_scan(keyspace, cursor, ignore_entry, NULL);
    } while (cursor);
    keyspace_resume_shrinking(keyspace);
    assert_int_equal(keyspace_count(keyspace), 500);
    store_check(store);
    store_free(store);
}

/* A large table grows with each insertion, so entries' slots move all the time. */
static void an_edit_ends_where_it_began_whatever_comes_in_between(void **state)
{
    (void)state;
    now.mono_ms = 1000;
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct deadline none = {.mode = DEADLINE_NONE};
    for (int i = 0; i < 2000; i++) {
        char name[24], other[24], text[24];
        struct keyspace_place place;
        struct key key = key_of(bytes_make(name, (size_t)snprintf(name, sizeof name, "k%d", i % 700)));
        size_t len = (size_t)snprintf(text, sizeof text, "%d", i);
        const struct entry *entry = keyspace_edit(keyspace, key, &place);
        assert_int_equal(entry != NULL, i >= 700);
        struct key between = key_of(bytes_make(other, (size_t)snprintf(other, sizeof other, "o%d", i)));
        if (i % 3)
            keyspace_set(keyspace, between, string_value(BYTES("x")), none, NULL);
        keyspace_edited(keyspace, key, &place, string_value_text(bytes_make(text, len)));
        entry = keyspace_peek(keyspace, key);
        struct value value = entry_value(entry);
        assert_true(bytes_equal(value.bytes, bytes_make(text, len)));
    }
    store_check(store);
    assert_int_equal(keyspace_count(keyspace), 700 + 1333);
    store_free(store);
}

static void a_slice_says_whether_more_is_due(void **state)
{
    (void)state;
    now = (struct clock){.mono_ms = 1000, .mono_us = 1000000, .is_manual = true};
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    for (int i = 0; i < 5000; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "session:%d", i);
        keyspace_set(keyspace, key_of(bytes_make(name, (size_t)len)), string_value(BYTES("x")),
                     (struct deadline){DEADLINE_SET, 1500}, NULL);
    }
    assert_true(store_expire_slice(store, 0));
    assert_int_equal(keyspace_count(keyspace), 5000);
    assert_in_range(keyspace_mean_ttl_ms(keyspace), 1, 500);
    now.mono_ms = 2000;
    now.mono_us = 2000000;
    assert_int_equal(keyspace_mean_ttl_ms(keyspace), 0);
    assert_false(store_expire_slice(store, 0));
    assert_in_range(keyspace_count(keyspace), 4000, 4999);
    assert_true(store_expire_slice(store, INT64_MAX));
    assert_int_equal(keyspace_count(keyspace), 0);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keyspace_does_as_the_model_does),
        cmocka_unit_test(every_entry_dies_in_the_millisecond_after_its_deadline),
        cmocka_unit_test(a_refreshed_session_lives_on),
        cmocka_unit_test(mean_ttl_is_that_of_the_deadlines),
        cmocka_unit_test(what_a_string_grows_by_is_zeros),
        cmocka_unit_test(large_copy_is_shared_until_one_is_edited),
        cmocka_unit_test(a_shared_string_may_be_given_a_blob_of_its_own),
        cmocka_unit_test(a_scan_removes_what_is_dead),
        cmocka_unit_test(an_edit_ends_where_it_began_whatever_comes_in_between),
        cmocka_unit_test(flushing_is_at_once_and_freeing_in_slices),
        cmocka_unit_test(swapped_databases_keep_their_deadlines),
        cmocka_unit_test(a_slice_says_whether_more_is_due),
    };
    hash_seed((const uint8_t[16]){1, 2, 3});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
