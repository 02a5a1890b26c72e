/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports on snapshot files: all layouts that Redis 2.6 to 8 and Valkey 9 wrote are passed over, damage is
 * told with its place, and what can be read before and behind it can be kept. */
#include "base/buf.h"
#include "base/file.h"
#include "persist/rdb_check.h"
#include "persist/rdb_codec.h"
#include "persist/rdb_format.h"
#include "persist/rdb_value.h"
#include "support/rdb_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Packed values, as strings. */
#define SCORES   "\x13\x13\x00\x00\x00\x04\x00\x81\x66\x02\x01\x01\x81\x6e\x02\xf1\x2c\x01\x03\xff"
#define NAMELESS "\x0c\x0c\x00\x00\x00\x02\x00\x07\x01\x81\x76\x02\xff"
#define TRIPLES  "\x0f\x0f\x00\x00\x00\x03\x00\x81\x66\x02\x81\x76\x02\x00\x01\xff"
#define ZIPLIST  "\x16\x16\x00\x00\x00\x13\x00\x00\x00\x04\x00\x00\x01\x66\x03\x01\x76\x03\x01\x6e\x03\xf8\xff"
#define ZISCORES "\x15\x15\x00\x00\x00\x12\x00\x00\x00\x04\x00\x00\x01\x66\x03\xf2\x02\x01\x6e\x03\xf8\xff"
#define ZIPMAP   "\x07\x01\x01\x66\x01\x00\x76\xff"
#define INTSET   "\x0c\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x05\x00"
#define STREAM                                                                                             \
    "\x1d\x1d\x00\x00\x00\x0a\x00\x01\x01\x00\x01\x01\x01\x81\x66\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81" \
    "\x76\x02\x04\x01\xff"

/* A value of each layout, as its writer lays it out. */
static const struct {
    unsigned type;
    struct bytes value;
} samples[] = {
    {RDB_TYPE_STRING, TEXT("\3abc")},
    {RDB_TYPE_MODULE, TEXT("\x81" TIME "\2\5\1\5\5\2ab\3"
                           "abcd"
                           "\4" TIME "\0")},
    {RDB_TYPE_LIST, TEXT("\2\1a\xc0\7")},
    {RDB_TYPE_SET, TEXT("\1\1a")},
    {RDB_TYPE_ZSET, TEXT("\3\1a\0031.5\1c\xfe\1d\xff")},
    {RDB_TYPE_HASH, TEXT("\1\1f\1v")},
    {RDB_TYPE_ZSET2, TEXT("\1\1a" TIME)},
    {RDB_TYPE_HASH_ZIPMAP, TEXT(ZIPMAP)},
    {RDB_TYPE_LIST_ZIPLIST, TEXT(ZIPLIST)},
    {RDB_TYPE_SET_INTSET, TEXT(INTSET)},
    {RDB_TYPE_ZSET_ZIPLIST, TEXT(ZISCORES)},
    {RDB_TYPE_HASH_ZIPLIST, TEXT(ZIPLIST)},
    {RDB_TYPE_LIST_QUICKLIST, TEXT("\2" ZIPLIST ZIPLIST)},
    {RDB_TYPE_STREAM, TEXT("\1\20" ID STREAM "\1" LAST "\1\1g\1\1\1" ID TIME "\1\1\1c" TIME "\1" ID)},
    {RDB_TYPE_HASH_LISTPACK, TEXT(LISTPACK)},
    {RDB_TYPE_ZSET_LISTPACK, TEXT(SCORES)},
    {RDB_TYPE_LIST_QUICKLIST2, TEXT("\2\1\5plain\2" LISTPACK)},
    {RDB_TYPE_STREAM2,
     TEXT("\1\20" ID STREAM "\1" LAST "\1\1\1\1\1\1\1g\1\1\1\1" ID TIME "\1\1\1c" TIME "\1" ID)},
    {RDB_TYPE_SET_LISTPACK, TEXT(LISTPACK)},
    {RDB_TYPE_STREAM3,
     TEXT("\1\20" ID STREAM "\1" LAST "\1\1\1\1\1\1\1g\1\1\1\1" ID TIME "\1\1\1c" TIME TIME "\1" ID)},
    {RDB_TYPE_HASH_EXPIRING_PRE_GA, TEXT("\1\0\1f\1v")},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA, TEXT(TRIPLES)},
    {RDB_TYPE_HASH_EXPIRING, TEXT(TIME "\2\0\1f\1v\5\1g\1w")},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING, TEXT(TIME TRIPLES)},
    {RDB_TYPE_STREAM4, TEXT("\0\0\1\1\1\1\1\1\1\0\1\1\1\3pid\1\1i\1\1\1\1")},
    {RDB_TYPE_STREAM5, TEXT("\0\0\1\1\1\1\1\1\1\1\1g\1\1\1\1" ID TIME "\1\0\1" ID "\1\1\0\1\1")},
    {RDB_TYPE_ARRAY, TEXT("\2\0\1\0\1a\2\1" TIME)},
    {RDB_TYPE_HASH_TEMPLATE_LISTPACK, TEXT("\2\1x\1y" NAMELESS)},
    {RDB_TYPE_HASH_TEMPLATE, TEXT("\1\1f\1v")},
};

static void append_sample(struct buf *pieces, size_t index)
{
    buf_append_char(pieces, (char)samples[index].type);
    buf_append_text(pieces, "\5key:");
    buf_append_char(pieces, (char)('A' + index));
    buf_append_bytes(pieces, samples[index].value);
}

static void every_type_is_passed_over(void **state)
{
    (void)state;
    struct buf pieces = {0}, file = {0}, report = {0};
    char line[32];
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        pieces.len = 0;
        append_sample(&pieces, i);
        rdb_file_make(&file, buf_bytes(&pieces));
        const struct rdb_codec *codec = rdb_codec_find(RDB_REDIS, samples[i].type);
        enum rdb_checked expected = rdb_value_has_place(codec) ? RDB_CHECKED_GOOD : RDB_CHECKED_NOT_LOADABLE;
        if (rdb_file_check(buf_bytes(&file), NULL, &report) != expected)
            fail_msg("type %u: %s", samples[i].type, buf_cstring(&report));
        rdb_file_assert_says(&report, codec->name);
    }
    pieces.len = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        append_sample(&pieces, i);
    rdb_file_make(&file, buf_bytes(&pieces));
    assert_int_equal(rdb_file_check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    (void)snprintf(line, sizeof line, "%zu keys, ", sizeof samples / sizeof samples[0]);
    rdb_file_assert_says(&report, line);
    rdb_file_assert_says(&report, "module \"key:B\", at offset 20 is the first");
    buf_clear(&pieces);
    buf_clear(&file);
    buf_clear(&report);
}

/* However a value is cut, the end is noticed, and what was before it is kept. */
static void every_cut_is_found(void **state)
{
    (void)state;
    struct buf pieces = {0}, file = {0}, report = {0};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        pieces.len = 0;
        append_sample(&pieces, 0);
        size_t before = 9 + pieces.len;
        append_sample(&pieces, i);
        rdb_file_make(&file, buf_bytes(&pieces));
        for (size_t cut = before + 1; cut < 9 + pieces.len; cut++) {
            assert_int_equal(rdb_file_check(bytes_make(file.data, cut), rdb_file_salvaged, &report),
                             RDB_CHECKED_DAMAGED);
            rdb_file_assert_says(&report, "DAMAGED at offset ");
            rdb_file_assert_says(&report, "wrote 1 keys to");
            struct buf salvaged = {0};
            struct error error;
            assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
            assert_int_equal(salvaged.len, before + 9);
            assert_int_equal(unlink(rdb_file_salvaged), 0);
            assert_int_equal(rdb_file_check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
            buf_clear(&salvaged);
        }
    }
    buf_clear(&pieces);
    buf_clear(&file);
    buf_clear(&report);
}

static void what_stands_between_keys_is_known(void **state)
{
    (void)state;
    struct buf file = {0}, report = {0};
    rdb_file_make(&file, BYTES("\xfa\1a\1b\xfe\3\xfb\1\1\xf4\1\1\0"
                               "\xfc\1\0\0\0\0\0\0\0\xf8\5\0\5a:b:c\1v\xf9\7\0\5a:b:d\1v"));
    assert_int_equal(rdb_file_check(buf_bytes(&file), NULL, &report), RDB_CHECKED_GOOD);
    rdb_file_assert_says(&report,
                         "RDB version 15\n  \"a\" \"b\"\n2 keys, 1 with an expiry, 1 of these expired\n");
    rdb_file_assert_says(&report, "  3           ");
    rdb_file_assert_says(&report, "  \"a:b:\"  ");
    rdb_file_make(&file, BYTES("\xf5\6#!code"));
    assert_int_equal(rdb_file_check(buf_bytes(&file), NULL, &report), RDB_CHECKED_GOOD);
    rdb_file_assert_says(&report, "1 libraries of functions\n");
    rdb_file_make(&file, BYTES("\xf7\x81" TIME "\2\1\5\4code\0"));
    assert_int_equal(rdb_file_check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    rdb_file_assert_says(&report, "data of a module, at offset 9 is the first");
    buf_clear(&file);
    buf_clear(&report);
}

/* Whose file it is decides what its types mean. */
static void files_of_valkey_are_known(void **state)
{
    (void)state;
    struct buf report = {0}, salvaged = {0};
    struct error error;
#define NO_CHECKSUM "\xff\0\0\0\0\0\0\0\0"
#define OF_VALKEY                                                   \
    "VALKEY080\xfa\1a\1b\xf3\3job\1\0\5\xf4\1\1\0\0\1k\1v\x16\1h\1" \
    "\1f\1v\xff\xff\xff\xff\xff\xff\xff\xff"
    assert_int_equal(rdb_file_check(BYTES(OF_VALKEY NO_CHECKSUM), NULL, &report), RDB_CHECKED_GOOD);
    rdb_file_assert_says(&report, "RDB version 80, of Valkey\n");
    /* The same bytes are something else in a file of Redis, which has no such types beyond. */
    assert_int_equal(rdb_file_check(BYTES("REDIS0012\x16\1h\1\1f\1v\xff\xff" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_int_equal(rdb_file_check(BYTES("VALKEY080\x18\1h\1\1f\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "at offset 9: there is no opcode or type 24");
    /* What is salvaged stays Valkey's. */
    assert_int_equal(rdb_file_check(BYTES(OF_VALKEY), rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_true(bytes_starts_with(buf_bytes(&salvaged), BYTES("VALKEY080\xfa")));
    assert_int_equal(rdb_file_check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void what_modules_attach_belongs_to_the_key(void **state)
{
    (void)state;
    struct buf report = {0}, salvaged = {0};
    struct error error;
#define ATTACHED "\xf3\1\1\0\0\0\5\2ab\0"
    assert_int_equal(rdb_file_check(BYTES("REDIS0013" ATTACHED "\0\1k\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_GOOD);
    assert_int_equal(rdb_file_check(BYTES("REDIS0013\xf3\1\2\0\0\0\0\0\1k\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_NOT_LOADABLE);
    rdb_file_assert_says(&report, "data of a module attached to key \"k\", at offset 9 is the first");
    /* A version that has it is written. */
    assert_int_equal(rdb_file_check(BYTES("REDIS0015" ATTACHED "\0\1k\1v"), rdb_file_salvaged, &report),
                     RDB_CHECKED_DAMAGED);
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_true(bytes_starts_with(buf_bytes(&salvaged), BYTES("REDIS0013" ATTACHED "\0\1k\1v\xff")));
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void hashes_refer_to_the_templates_in_front_of_them(void **state)
{
    (void)state;
    struct buf report = {0};
#define TEMPLATE "\xf2\5\2\1f\1g"
    assert_int_equal(
        rdb_file_check(BYTES("REDIS0015" TEMPLATE "\x20\1h\5\1v\1w\0\1k\1v" NO_CHECKSUM), NULL, &report),
        RDB_CHECKED_GOOD);
    rdb_file_assert_says(&report, "2 keys, ");
    assert_int_equal(rdb_file_check(BYTES("REDIS0015\x20\1h\5\1v\1w" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "there is no template 5 of hashes");
    assert_int_equal(rdb_file_check(BYTES("REDIS0015" TEMPLATE TEMPLATE NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "two of number 5");
    assert_int_equal(rdb_file_check(BYTES("REDIS0015\xf2\5\2\1f\1f" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "a template of hashes has a field twice");
    assert_int_equal(rdb_file_check(BYTES("REDIS0015\xf2\5\x80\1\0\0\0" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "are more than what is left of the file");
    buf_clear(&report);
}

static void what_says_nothing_of_its_length_ends_the_report(void **state)
{
    (void)state;
    static const struct {
        struct bytes pieces;
        const char *text;
    } cases[] = {
        {TEXT("\xf6\4code"), "DAMAGED at offset 9: functions of a 7.0 release candidate"},
        {TEXT("\6\1k\1\1"), "DAMAGED at offset 12: a value of type 6 (module, of a 4.0 release candidate)"},
        {TEXT("\x21\1k\1\1"), "DAMAGED at offset 12: a value of type 33 (rate limit)"},
        {TEXT("\x08\1k\1\1"), "DAMAGED at offset 9: there is no opcode or type 8"},
        {TEXT("\x2a\1k\1\1"), "DAMAGED at offset 9: there is no opcode or type 42"},
        {TEXT("\7\1k\1\6"), "DAMAGED at offset 13: a module's value has no items of kind 6"},
    };
    struct buf file = {0}, report = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rdb_file_make(&file, cases[i].pieces);
        assert_int_equal(rdb_file_check(buf_bytes(&file), NULL, &report), RDB_CHECKED_DAMAGED);
        rdb_file_assert_says(&report, cases[i].text);
    }
    buf_clear(&file);
    buf_clear(&report);
}

static void a_wrong_checksum_is_damage_and_all_can_be_kept(void **state)
{
    (void)state;
    struct buf file = {0}, report = {0}, salvaged = {0};
    struct error error;
    rdb_file_make(&file, BYTES("\0\1k\1v"));
    file.data[13] = 'w';
    assert_int_equal(rdb_file_check(buf_bytes(&file), rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "DAMAGED at offset 15: CRC error: the checksum is ");
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_int_equal(salvaged.len, file.len);
    assert_int_equal(rdb_file_check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
    struct stat status;
    assert_int_equal(stat(rdb_file_salvaged, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    /* What is there is not overwritten. */
    assert_int_equal(rdb_file_check(buf_bytes(&file), rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "can't create");
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    buf_clear(&file);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void what_is_no_snapshot_has_nothing_to_salvage(void **state)
{
    (void)state;
    struct buf report = {0};
    assert_int_equal(rdb_file_check(BYTES("appendonly"), rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "it should begin with REDIS");
    rdb_file_assert_says(&report, "there is nothing to salvage");
    assert_int_equal(access(rdb_file_salvaged, F_OK), -1);
    report.len = 0;
    assert_int_equal(rdb_check(rdb_file_directory, NULL, NULL, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "is not a regular file");
    buf_clear(&report);
}

static void an_old_file_is_salvaged_without_checksum(void **state)
{
    (void)state;
    struct buf report = {0}, salvaged = {0};
    struct error error;
    assert_int_equal(rdb_file_check(BYTES("REDIS0003\0\1k\1v\xfe"), rdb_file_salvaged, &report),
                     RDB_CHECKED_DAMAGED);
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_true(bytes_equal(buf_bytes(&salvaged), BYTES("REDIS0003\0\1k\1v\xff")));
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void a_type_is_not_older_than_the_file(void **state)
{
    (void)state;
    struct buf report = {0};
    assert_int_equal(rdb_file_check(BYTES("REDIS0009\x10\1k" LISTPACK "\xff\0\0\0\0\0\0\0\0"), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "the value's type is newer than the file");
    buf_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_passed_over),
        cmocka_unit_test(every_cut_is_found),
        cmocka_unit_test(what_stands_between_keys_is_known),
        cmocka_unit_test(files_of_valkey_are_known),
        cmocka_unit_test(what_modules_attach_belongs_to_the_key),
        cmocka_unit_test(hashes_refer_to_the_templates_in_front_of_them),
        cmocka_unit_test(what_says_nothing_of_its_length_ends_the_report),
        cmocka_unit_test(a_wrong_checksum_is_damage_and_all_can_be_kept),
        cmocka_unit_test(what_is_no_snapshot_has_nothing_to_salvage),
        cmocka_unit_test(an_old_file_is_salvaged_without_checksum),
        cmocka_unit_test(a_type_is_not_older_than_the_file),
    };
    return cmocka_run_group_tests(tests, rdb_file_make_directory, rdb_file_remove_directory);
}
