/* SPDX-License-Identifier: BSD-3-Clause */
/* What an entry's header says: of a HyperLogLog that is known to be right, and of a key's length. */
#include "store/keyspace_edit.h"
#include "store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LARGE 100000

static struct clock now = {.mono_ms = 1000000};

/* ---- HyperLogLogs that are known ---- */

#define HLL    "HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff"
#define LONGER "HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xfe\0"

static struct key hll_key(void)
{
    return key_of(BYTES("hll"));
}

static bool is_known(struct keyspace *keyspace)
{
    return entry_is_hll(keyspace_peek(keyspace, hll_key()));
}

static void set_known(struct keyspace *keyspace)
{
    struct value value = {.type = VALUE_STRING, .encoding = STRING_RAW, .bytes = BYTES(HLL)};
    keyspace_set(keyspace, hll_key(), value, (struct deadline){.mode = DEADLINE_NONE}, NULL);
    assert_false(is_known(keyspace));
    keyspace_found_hll(keyspace_peek(keyspace, hll_key()));
    assert_true(is_known(keyspace));
}

static void whatever_writes_a_hyperloglog_makes_it_unknown(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key key = hll_key(), other = key_of(BYTES("other"));
    (void)state;
    set_known(keyspace);
    set_known(keyspace);
    (void)keyspace_edit_bytes(keyspace, key, sizeof HLL - 1);
    assert_false(is_known(keyspace));
    set_known(keyspace);
    (void)keyspace_edit_bytes(keyspace, key, sizeof HLL);
    assert_false(is_known(keyspace));
    set_known(keyspace);
    (void)keyspace_edit_hll(keyspace, key, INLINE_VALUE_MAX + 1);
    assert_false(is_known(keyspace));
    set_known(keyspace);
    assert_true(keyspace_copy(keyspace, key, keyspace, other));
    assert_true(is_known(keyspace));
    assert_true(keyspace_move(keyspace, other, keyspace, key));
    assert_false(is_known(keyspace));
    store_free(store);
}

static void what_leaves_its_bytes_alone_leaves_it_known(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key key = hll_key();
    (void)state;
    set_known(keyspace);
    assert_true(keyspace_set_deadline(keyspace, key, NULL, now.mono_ms + 1000));
    assert_true(keyspace_set_deadline(keyspace, key, NULL, NO_DEADLINE));
    memcpy(keyspace_edit_hll(keyspace, key, sizeof LONGER - 1), LONGER, sizeof LONGER - 1);
    assert_true(is_known(keyspace));
    memcpy(keyspace_edit_hll(keyspace, key, sizeof HLL - 1), HLL, sizeof HLL - 1);
    assert_true(is_known(keyspace));
    store_check(store);
    store_free(store);
}

static void only_a_string_in_its_entry_is_known(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    struct key key = hll_key();
    (void)state;
    (void)keyspace_edit_bytes(keyspace, key, LARGE);
    keyspace_found_hll(keyspace_peek(keyspace, key));
    assert_false(is_known(keyspace));
    store_free(store);
}

/* ---- keys ---- */

/* Keys about as long as are stored with a length of their own. */
static void keys_of_each_length_are_found(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    static char name[300];
    (void)state;
    memset(name, '-', sizeof name);
    for (size_t len = 200; len < sizeof name; len++) {
        struct bytes bytes = bytes_make(name, len);
        memcpy(keyspace_edit_bytes(keyspace, key_of(bytes), len), name, len);
        assert_true(keyspace_set_deadline(keyspace, key_of(bytes), NULL, now.mono_ms + 1000));
    }
    for (size_t len = 200; len < sizeof name; len++) {
        struct bytes bytes = bytes_make(name, len);
        const struct entry *entry = keyspace_peek(keyspace, key_of(bytes));
        struct key_name found = {.heap = NULL};
        assert_true(bytes_equal(entry_value(entry).bytes, bytes));
        assert_true(bytes_equal(entry_key(entry, keyspace_prefixes(keyspace), &found), bytes));
        key_name_clear(&found);
    }
    store_check(store);
    store_free(store);
}

/* One name after the other is read into the same place, and only a long one has memory of its own. */
static void names_are_read_into_one_place(void **state)
{
    struct store *store = store_new(1, &now, NULL);
    struct keyspace *keyspace = store_keyspace(store, 0);
    const struct prefix_table *prefixes = keyspace_prefixes(keyspace);
    struct bytes keys[] = {bytes_make((char[300]){"long"}, 300), BYTES("short")};
    struct key_name name = {.heap = NULL};
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++) {
            (void)keyspace_edit_bytes(keyspace, key_of(keys[i]), 1);
            const struct entry *entry = keyspace_peek(keyspace, key_of(keys[i]));
            assert_true(bytes_equal(entry_key(entry, prefixes, &name), keys[i]));
            assert_true((name.heap != NULL) == (i == 0));
        }
    }
    key_name_clear(&name);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_writes_a_hyperloglog_makes_it_unknown),
        cmocka_unit_test(what_leaves_its_bytes_alone_leaves_it_known),
        cmocka_unit_test(only_a_string_in_its_entry_is_known),
        cmocka_unit_test(keys_of_each_length_are_found),
        cmocka_unit_test(names_are_read_into_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
