/* SPDX-License-Identifier: BSD-3-Clause */
/* Packed values: what redis-server wrote is told, and what follows wrong lengths would lead out of it is
 * not. Values are copied to the heap to be looked at, so that the sanitizer build sees every byte read beyond
 * them. */
#include "base/alloc.h"
#include "persist/rdb_hashes.h"
#include "persist/rdb_pack.h"
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

static size_t group_of(enum kind kind)
{
    return kind == NUMBERS ? 1 : 2;
}

static void show(struct buf *shown, struct bytes text)
{
    buf_append_bytes(shown, text);
    buf_append_char(shown, ' ');
}

static void show_pair(void *context, const struct bytes *texts)
{
    show(context, texts[0]);
    show(context, texts[1]);
}

static void show_single(void *context, const struct bytes *texts)
{
    show(context, texts[0]);
}

static void show_entry(void *context, uint64_t ms, uint64_t sequence)
{
    buf_printf(context, "%llu-%llu ", (unsigned long long)ms, (unsigned long long)sequence);
}

static void show_field(void *context, struct bytes name, struct bytes content)
{
    show(context, name);
    show(context, content);
}

static bool is_whole(enum kind kind, struct bytes bytes, struct buf *shown)
{
    const struct rdb_packed_taker taker = {
        .group = group_of(kind), .take = kind == NUMBERS ? show_single : show_pair, .context = shown};
    switch (kind) {
    case PAIRS:
        return rdb_listpack_read(bytes, &taker);
    case ZIPLIST_PAIRS:
        return rdb_ziplist_read(bytes, &taker);
    case FIELDS:
        return rdb_zipmap_read(bytes, &taker);
    case NUMBERS:
        return rdb_intset_read(bytes, &taker);
    case ENTRIES:
        return rdb_stream_pack_read(
            bytes, &(struct rdb_entry_taker){.entry = show_entry, .field = show_field, .context = shown});
    }
    return false;
}

/* The same of a copy; what is in it, when it is whole, is put in `shown`. */
static bool look(enum kind kind, struct bytes bytes, struct buf *shown)
{
    char *copy = mem_alloc(bytes.len > 0 ? bytes.len : 1);
    memcpy(copy, bytes.data, bytes.len);
    shown->len = 0;
    bool is_good = is_whole(kind, bytes_make(copy, bytes.len), shown);
    mem_free(copy);
    return is_good;
}

#define PACK(kind, literal, shown)                      \
    {                                                   \
        kind, {(literal), sizeof literal - 1}, (shown), \
    }

static const struct {
    enum kind kind;
    struct bytes bytes;
    const char *shown;
} samples[] = {
    PACK(PAIRS, LISTPACK, "f v n 300 "),       PACK(ZIPLIST_PAIRS, ZIPLIST, "f v n 300 "),
    PACK(FIELDS, ZIPMAP, "f v n abc "),        PACK(NUMBERS, INTSET, "-1 0 5 "),
    PACK(ENTRIES, STREAM, "0-0 f v 0-2 g x "),
};

enum { SAMPLE_COUNT = sizeof samples / sizeof samples[0] };

static void what_is_written_is_told(void **state)
{
    (void)state;
    struct buf shown = {0};
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        assert_true(look(samples[i].kind, samples[i].bytes, &shown));
        assert_string_equal(buf_cstring(&shown), samples[i].shown);
    }
    buf_clear(&shown);
}

static void what_is_cut_is_not_whole(void **state)
{
    (void)state;
    struct buf shown = {0};
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        for (size_t len = 0; len < samples[i].bytes.len; len++)
            assert_false(look(samples[i].kind, bytes_make(samples[i].bytes.data, len), &shown));
    }
    buf_clear(&shown);
}

/* Whatever a byte is changed to, nothing outside is read. */
static void changed_bytes_lead_nowhere(void **state)
{
    (void)state;
    struct buf shown = {0};
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        char copy[128];
        unsigned passed = 0;
        memcpy(copy, samples[i].bytes.data, samples[i].bytes.len);
        for (size_t at = 0; at < samples[i].bytes.len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                copy[at] = (char)byte;
                passed += look(samples[i].kind, bytes_make(copy, samples[i].bytes.len), &shown);
            }
            copy[at] = samples[i].bytes.data[at];
        }
        assert_in_range(passed, samples[i].bytes.len, 255 * samples[i].bytes.len);
    }
    buf_clear(&shown);
}

static void numbers_are_the_texts_they_stand_for(void **state)
{
    (void)state;
    struct buf shown = {0};
    const struct rdb_packed_taker single = {.group = 1, .take = show_single, .context = &shown};
    /* 7 as a number and as a text, in a listpack and a ziplist. */
    assert_true(rdb_listpack_read(BYTES("\x0c\0\0\0\2\0\7\1\x81"
                                        "7\2\xff"),
                                  &single));
    assert_true(rdb_ziplist_read(BYTES("\x10\0\0\0\x0c\0\0\0\2\0\0\xf8\2\0017\xff"), &single));
    assert_string_equal(buf_cstring(&shown), "7 7 7 7 ");
    buf_clear(&shown);
}

static void groups_are_complete(void **state)
{
    (void)state;
    assert_false(
        rdb_listpack_read(bytes_make(LISTPACK, sizeof LISTPACK - 1), &(struct rdb_packed_taker){.group = 3}));
}

static void numbers_of_a_set_are_in_order(void **state)
{
    (void)state;
    const struct rdb_packed_taker nobody = {.group = 1};
    assert_true(rdb_intset_read(BYTES("\4\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0"), &nobody));
    assert_false(rdb_intset_read(BYTES("\4\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0"), &nobody));
    assert_false(rdb_intset_read(BYTES("\4\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0"), &nobody));
    assert_false(rdb_intset_read(BYTES("\3\0\0\0\1\0\0\0\1\0\0"), &nobody));
    assert_false(rdb_intset_read(BYTES("\2\0\0\0\0\0\0\0"), &nobody));
}

/* ---- written ---- */

static void show_item(void *context, const struct bytes *texts)
{
    buf_append_bytes(context, texts[0]);
    buf_append_char(context, ',');
}

/* Numbers and texts at the borders of each form come back; the whole is what redis-server makes. */
static void what_is_packed_comes_back(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0",
                                          "127",
                                          "128",
                                          "-1",
                                          "4095",
                                          "4096",
                                          "-4096",
                                          "-4097",
                                          "32767",
                                          "32768",
                                          "-32769",
                                          "8388607",
                                          "8388608",
                                          "-8388609",
                                          "2147483647",
                                          "2147483648",
                                          "-2147483649",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "007",
                                          ""};
    static const size_t lengths[] = {1, 63, 64, 126, 127, 128, 4095, 4096, 16380, 16384, 2097150, 2097160};
    struct buf pack = {0}, expected = {0}, shown = {0};
    uint64_t count = 0;
    char *text = mem_alloc(2097160);
    memset(text, 't', 2097160);
    rdb_listpack_begin(&pack);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++, count++) {
        rdb_listpack_add(&pack, bytes_of(numbers[i]));
        buf_printf(&expected, "%s,", numbers[i]);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++, count++) {
        rdb_listpack_add(&pack, bytes_make(text, lengths[i]));
        buf_append(&expected, text, lengths[i]);
        buf_append_char(&expected, ',');
    }
    rdb_listpack_end(&pack, count);
    assert_true(rdb_listpack_read(buf_bytes(&pack), &(struct rdb_packed_taker){1, show_item, &shown}));
    assert_true(bytes_equal(buf_bytes(&shown), buf_bytes(&expected)));
    rdb_listpack_begin(&pack);
    rdb_listpack_add(&pack, BYTES("f"));
    rdb_listpack_add(&pack, BYTES("v"));
    rdb_listpack_add(&pack, BYTES("n"));
    rdb_listpack_add(&pack, BYTES("300"));
    rdb_listpack_end(&pack, 4);
    assert_true(bytes_equal(buf_bytes(&pack), bytes_make(LISTPACK, sizeof LISTPACK - 1)));
    mem_free(text);
    buf_clear(&pack);
    buf_clear(&expected);
    buf_clear(&shown);
}

static void sets_of_numbers_take_the_least_width(void **state)
{
    (void)state;
    struct buf set = {0}, shown = {0};
    const struct rdb_packed_taker taker = {1, show_item, &shown};
    rdb_intset_write(&set, (const int64_t[]){-1, 0, 5}, 3);
    assert_true(bytes_equal(buf_bytes(&set), bytes_make(INTSET, sizeof INTSET - 1)));
    rdb_intset_write(&set, (const int64_t[]){-32769, 5}, 2);
    assert_int_equal(set.len, 8 + 2 * 4);
    assert_true(rdb_intset_read(buf_bytes(&set), &taker));
    rdb_intset_write(&set, (const int64_t[]){5, INT64_MAX}, 2);
    assert_int_equal(set.len, 8 + 2 * 8);
    assert_true(rdb_intset_read(buf_bytes(&set), &taker));
    assert_string_equal(buf_cstring(&shown), "-32769,5,5,9223372036854775807,");
    buf_clear(&set);
    buf_clear(&shown);
}

static void hashes_tell_what_is_there_twice(void **state)
{
    (void)state;
    const struct rdb_reader reader = {.rest = NULL};
    struct rdb_hashes a = {0}, b = {0};
    assert_false(rdb_hashes_repeat(&a, &reader));
    assert_true(rdb_hashes_equal(&a, &b));
    for (int i = 0; i < 1000; i++) {
        rdb_hashes_add(&a, bytes_make(&i, sizeof i));
        int other = 999 - i;
        rdb_hashes_add(&b, bytes_make(&other, sizeof other));
    }
    assert_false(rdb_hashes_repeat(&a, &reader));
    assert_false(rdb_hashes_repeat(&b, &reader));
    assert_true(rdb_hashes_equal(&a, &b));
    rdb_hashes_add(&a, BYTES("x"));
    assert_false(rdb_hashes_equal(&a, &b));
    rdb_hashes_add(&a, BYTES("x"));
    assert_true(rdb_hashes_repeat(&a, &reader));
    rdb_hashes_clear(&a);
    rdb_hashes_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_told),
        cmocka_unit_test(what_is_cut_is_not_whole),
        cmocka_unit_test(changed_bytes_lead_nowhere),
        cmocka_unit_test(numbers_are_the_texts_they_stand_for),
        cmocka_unit_test(groups_are_complete),
        cmocka_unit_test(numbers_of_a_set_are_in_order),
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(sets_of_numbers_take_the_least_width),
        cmocka_unit_test(hashes_tell_what_is_there_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
