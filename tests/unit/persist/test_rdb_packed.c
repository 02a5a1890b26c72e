/* SPDX-License-Identifier: BSD-3-Clause */
/* Packed values: what redis-server wrote is whole, and what follows wrong lengths would lead out of it is
 * not. Values are copied to the heap to be looked at, so that the sanitizer build sees every byte read beyond
 * them. */
#include "base/alloc.h"
#include "persist/rdb_packed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "f" "v" "n" 300, as a hash or a sorted set has them. */
#define LISTPACK         \
    "\x13\0\0\0\4\0\x81" \
    "f\2\x81"            \
    "v\2\x81"            \
    "n\2\xc1\x2c\2\xff"
#define ZIPLIST "\x18\0\0\0\x13\0\0\0\4\0\0\1f\3\1v\3\1n\3\xc0\x2c\1\xff"
#define ZIPMAP  "\2\1f\1\0v\1n\3\2abc--\xff"
#define INTSET  "\2\0\0\0\3\0\0\0\xff\xff\0\0\5\0"
/* An entry whose fields are named once, a deleted one, and one with fields of its own. */
#define STREAM                                                                                             \
    "\x38\x00\x00\x00\x16\x00\x02\x01\x01\x01\x01\x01\x81\x66\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81\x76" \
    "\x02\x04\x01"                                                                                         \
    "\x03\x01\x00\x01\x01\x01\x81\x77\x02\x04\x01\x00\x01\x00\x01\x02\x01\x01\x01\x81\x67\x02\x81\x78\x02" \
    "\x06\x01\xff"

enum kind { PAIRS, ZIPLIST_PAIRS, FIELDS, NUMBERS, ENTRIES };

static bool is_whole(enum kind kind, struct bytes bytes, struct rdb_hashes *firsts)
{
    const struct rdb_packed_shape pairs = {.group = 2, .firsts = firsts};
    switch (kind) {
    case PAIRS:
        return rdb_listpack_is_whole(bytes, &pairs);
    case ZIPLIST_PAIRS:
        return rdb_ziplist_is_whole(bytes, &pairs);
    case FIELDS:
        return rdb_zipmap_is_whole(bytes, firsts);
    case NUMBERS:
        return rdb_intset_is_whole(bytes);
    case ENTRIES:
        return rdb_stream_pack_is_whole(bytes);
    }
    return false;
}

/* The same of a copy; returns how many firsts there are when it is whole, else -1. */
static int look(enum kind kind, struct bytes bytes)
{
    struct rdb_hashes firsts = {0};
    char *copy = mem_alloc(bytes.len > 0 ? bytes.len : 1);
    memcpy(copy, bytes.data, bytes.len);
    int count = is_whole(kind, bytes_make(copy, bytes.len), &firsts) ? (int)firsts.count : -1;
    mem_free(copy);
    rdb_hashes_clear(&firsts);
    return count;
}

static const struct {
    enum kind kind;
    struct bytes bytes;
    int firsts;
} samples[] = {
    {PAIRS, {LISTPACK, sizeof LISTPACK - 1}, 2}, {ZIPLIST_PAIRS, {ZIPLIST, sizeof ZIPLIST - 1}, 2},
    {FIELDS, {ZIPMAP, sizeof ZIPMAP - 1}, 2},    {NUMBERS, {INTSET, sizeof INTSET - 1}, 0},
    {ENTRIES, {STREAM, sizeof STREAM - 1}, 0},
};

enum { SAMPLE_COUNT = sizeof samples / sizeof samples[0] };

static void what_is_written_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++)
        assert_int_equal(look(samples[i].kind, samples[i].bytes), samples[i].firsts);
}

static void what_is_cut_is_not(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        for (size_t len = 0; len < samples[i].bytes.len; len++)
            assert_int_equal(look(samples[i].kind, bytes_make(samples[i].bytes.data, len)), -1);
    }
}

/* Whatever a byte is changed to, nothing outside is read. */
static void changed_bytes_lead_nowhere(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        char copy[128];
        unsigned passed = 0;
        memcpy(copy, samples[i].bytes.data, samples[i].bytes.len);
        for (size_t at = 0; at < samples[i].bytes.len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                copy[at] = (char)byte;
                passed += look(samples[i].kind, bytes_make(copy, samples[i].bytes.len)) >= 0;
            }
            copy[at] = samples[i].bytes.data[at];
        }
        assert_in_range(passed, samples[i].bytes.len, 255 * samples[i].bytes.len);
    }
}

static void numbers_are_the_texts_they_stand_for(void **state)
{
    (void)state;
    struct rdb_hashes hashes = {0};
    const struct rdb_packed_shape single = {.group = 1, .firsts = &hashes};
    /* 7 as a number and as a text, in a listpack and a ziplist. */
    assert_true(rdb_listpack_is_whole(BYTES("\x0c\0\0\0\2\0\7\1\x81"
                                            "7\2\xff"),
                                      &single));
    assert_true(rdb_hashes_repeat(&hashes));
    rdb_hashes_clear(&hashes);
    assert_true(rdb_ziplist_is_whole(BYTES("\x10\0\0\0\x0c\0\0\0\2\0\0\xf8\2\0017\xff"), &single));
    assert_true(rdb_hashes_repeat(&hashes));
    rdb_hashes_clear(&hashes);
}

static void groups_are_complete(void **state)
{
    (void)state;
    const struct rdb_packed_shape triples = {.group = 3, .firsts = NULL};
    assert_false(rdb_listpack_is_whole(bytes_make(LISTPACK, sizeof LISTPACK - 1), &triples));
}

static void numbers_of_a_set_are_in_order(void **state)
{
    (void)state;
    assert_true(rdb_intset_is_whole(BYTES("\4\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0")));
    assert_false(rdb_intset_is_whole(BYTES("\4\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0")));
    assert_false(rdb_intset_is_whole(BYTES("\4\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0")));
    assert_false(rdb_intset_is_whole(BYTES("\3\0\0\0\1\0\0\0\1\0\0")));
    assert_false(rdb_intset_is_whole(BYTES("\2\0\0\0\0\0\0\0")));
}

static void hashes_tell_what_is_there_twice(void **state)
{
    (void)state;
    struct rdb_hashes a = {0}, b = {0};
    assert_false(rdb_hashes_repeat(&a));
    assert_true(rdb_hashes_equal(&a, &b));
    for (int i = 0; i < 1000; i++) {
        rdb_hashes_add(&a, bytes_make(&i, sizeof i));
        int other = 999 - i;
        rdb_hashes_add(&b, bytes_make(&other, sizeof other));
    }
    assert_false(rdb_hashes_repeat(&a));
    assert_false(rdb_hashes_repeat(&b));
    assert_true(rdb_hashes_equal(&a, &b));
    rdb_hashes_add(&a, BYTES("x"));
    assert_false(rdb_hashes_equal(&a, &b));
    rdb_hashes_add(&a, BYTES("x"));
    assert_true(rdb_hashes_repeat(&a));
    rdb_hashes_clear(&a);
    rdb_hashes_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_whole),
        cmocka_unit_test(what_is_cut_is_not),
        cmocka_unit_test(changed_bytes_lead_nowhere),
        cmocka_unit_test(numbers_are_the_texts_they_stand_for),
        cmocka_unit_test(groups_are_complete),
        cmocka_unit_test(numbers_of_a_set_are_in_order),
        cmocka_unit_test(hashes_tell_what_is_there_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
