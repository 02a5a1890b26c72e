/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports on snapshot files: all layouts that Redis 2.6 to 7.4 wrote are passed over, damage is told with its place, and what
 * lies before it can be kept. */
#include "base/buf.h"
#include "base/crc64.h"
#include "base/file.h"
#include "persist/rdb_check.h"
#include "persist/rdb_format.h"
#include "persist/rdb_type.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FILE_MAX ((size_t)1 << 20)

static char directory[64], path[128], salvage_path[128];

static enum rdb_checked check(struct bytes content, const char *salvage, struct buf *report)
{
    struct error error;
    assert_true(file_write_atomic(path, content, 0600, &error));
    report->len = 0;
    return rdb_check(path, salvage, report);
}

static void assert_says(struct buf *report, const char *text)
{
    if (!strstr(buf_cstring(report), text))
        fail_msg("%s\nis not in\n%s", text, buf_cstring(report));
}

/* Header, the pieces, end and checksum. */
static void make_file(struct buf *file, struct bytes pieces)
{
    file->len = 0;
    buf_append_text(file, "REDIS0012");
    buf_append_bytes(file, pieces);
    buf_append_char(file, (char)RDB_END);
    uint64_t checksum = crc64(0, file->data, file->len);
    for (int i = 0; i < 8; i++)
        buf_append_char(file, (char)(checksum >> (8 * i)));
}

/* BYTES for static tables. */
#define TEXT(literal)                  \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }
#define ID   "0123456789abcdef"
#define TIME "\1\2\3\4\5\6\7\10"

/* A value of each layout, as its writer lays it out. */
static const struct {
    unsigned type;
    struct bytes value;
} samples[] = {
    {RDB_TYPE_STRING, TEXT("\3abc")},
    {RDB_TYPE_LIST, TEXT("\2\1a\xc0\7")},
    {RDB_TYPE_SET, TEXT("\1\1a")},
    {RDB_TYPE_ZSET, TEXT("\4\1a\0031.5\1b\xfd\1c\xfe\1d\xff")},
    {RDB_TYPE_HASH, TEXT("\1\1f\1v")},
    {RDB_TYPE_ZSET2, TEXT("\1\1a" TIME)},
    {RDB_TYPE_MODULE, TEXT("\x81" TIME "\2\5\1\5\5\2ab\3"
                           "abcd"
                           "\4" TIME "\0")},
    {RDB_TYPE_HASH_ZIPMAP, TEXT("\6zipmap")},
    {RDB_TYPE_LIST_ZIPLIST, TEXT("\7ziplist")},
    {RDB_TYPE_SET_INTSET, TEXT("\6intset")},
    {RDB_TYPE_ZSET_ZIPLIST, TEXT("\7ziplist")},
    {RDB_TYPE_HASH_ZIPLIST, TEXT("\7ziplist")},
    {RDB_TYPE_LIST_QUICKLIST, TEXT("\2\7ziplist\7ziplist")},
    {RDB_TYPE_STREAM, TEXT("\1\20" ID "\4pack\2\1\1\1\1g\1\1\1" ID TIME "\1\1\1c" TIME "\1" ID)},
    {RDB_TYPE_HASH_LISTPACK, TEXT("\4pack")},
    {RDB_TYPE_ZSET_LISTPACK, TEXT("\4pack")},
    {RDB_TYPE_LIST_QUICKLIST2, TEXT("\2\1\5plain\2\4pack")},
    {RDB_TYPE_STREAM2, TEXT("\1\20" ID "\4pack\2\1\1\1\1\1\1\1\1\1g\1\1\1\1" ID TIME "\1\1\1c" TIME "\1" ID)},
    {RDB_TYPE_SET_LISTPACK, TEXT("\4pack")},
    {RDB_TYPE_STREAM3,
     TEXT("\1\20" ID "\4pack\2\1\1\1\1\1\1\1\1\1g\1\1\1\1" ID TIME "\1\1\1c" TIME TIME "\1" ID)},
    {RDB_TYPE_HASH_EXPIRING_PRE_GA, TEXT("\1\0\1f\1v")},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA, TEXT("\4pack")},
    {RDB_TYPE_HASH_EXPIRING, TEXT(TIME "\2\0\1f\1v\5\1g\1w")},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING, TEXT(TIME "\4pack")},
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
        make_file(&file, buf_bytes(&pieces));
        enum rdb_checked expected =
            samples[i].type == RDB_TYPE_STRING ? RDB_CHECKED_GOOD : RDB_CHECKED_NOT_LOADABLE;
        if (check(buf_bytes(&file), NULL, &report) != expected)
            fail_msg("type %u: %s", samples[i].type, buf_cstring(&report));
        assert_says(&report, rdb_type_name(samples[i].type));
    }
    pieces.len = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        append_sample(&pieces, i);
    make_file(&file, buf_bytes(&pieces));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    (void)snprintf(line, sizeof line, "%zu keys, ", sizeof samples / sizeof samples[0]);
    assert_says(&report, line);
    assert_says(&report, "list \"key:B\", at offset 20 is the first");
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
        make_file(&file, buf_bytes(&pieces));
        for (size_t cut = before + 1; cut < 9 + pieces.len; cut++) {
            assert_int_equal(check(bytes_make(file.data, cut), salvage_path, &report), RDB_CHECKED_DAMAGED);
            assert_says(&report, "DAMAGED at offset ");
            assert_says(&report, "wrote 1 keys to");
            struct buf salvaged = {0};
            struct error error;
            assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
            assert_int_equal(salvaged.len, before + 9);
            assert_int_equal(unlink(salvage_path), 0);
            assert_int_equal(check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
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
    make_file(&file, BYTES("\xfa\1a\1b\xfe\3\xfb\1\1\xf4\1\1\0"
                           "\xfc\1\0\0\0\0\0\0\0\xf8\5\0\5a:b:c\1v\xf9\7\0\5a:b:d\1v"));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_GOOD);
    assert_says(&report, "RDB version 12\n  \"a\" \"b\"\n2 keys, 1 with an expiry, 1 of these expired\n");
    assert_says(&report, "  3           ");
    assert_says(&report, "  \"a:b:\"  ");
    make_file(&file, BYTES("\xf5\4code"));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    assert_says(&report, "1 libraries of functions\n");
    assert_says(&report, "functions, at offset 9 is the first");
    make_file(&file, BYTES("\xf7\1\2\1\5\4code\0"));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    assert_says(&report, "data of a module, at offset 9 is the first");
    buf_clear(&file);
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
        {TEXT("\x08\1k\1\1"), "DAMAGED at offset 12: there is no type 8"},
        {TEXT("\x1a\1k\1\1"), "DAMAGED at offset 9: there is no opcode or type 26"},
        {TEXT("\7\1k\1\6"), "DAMAGED at offset 13: a module's value has no items of kind 6"},
    };
    struct buf file = {0}, report = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_file(&file, cases[i].pieces);
        assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_DAMAGED);
        assert_says(&report, cases[i].text);
    }
    buf_clear(&file);
    buf_clear(&report);
}

static void a_wrong_checksum_is_damage_and_all_can_be_kept(void **state)
{
    (void)state;
    struct buf file = {0}, report = {0}, salvaged = {0};
    struct error error;
    make_file(&file, BYTES("\0\1k\1v"));
    file.data[13] = 'w';
    assert_int_equal(check(buf_bytes(&file), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "DAMAGED at offset 15: the checksum is ");
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_int_equal(salvaged.len, file.len);
    assert_int_equal(check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
    struct stat status;
    assert_int_equal(stat(salvage_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    /* What is there is not overwritten. */
    assert_int_equal(check(buf_bytes(&file), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "can't create");
    assert_int_equal(unlink(salvage_path), 0);
    buf_clear(&file);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void what_is_no_snapshot_has_nothing_to_salvage(void **state)
{
    (void)state;
    struct buf report = {0};
    assert_int_equal(check(BYTES("appendonly"), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "it should begin with REDIS");
    assert_says(&report, "there is nothing to salvage");
    assert_int_equal(access(salvage_path, F_OK), -1);
    report.len = 0;
    assert_int_equal(rdb_check(directory, NULL, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "is not a regular file");
    buf_clear(&report);
}

static void an_old_file_is_salvaged_without_checksum(void **state)
{
    (void)state;
    struct buf report = {0}, salvaged = {0};
    struct error error;
    assert_int_equal(check(BYTES("REDIS0003\0\1k\1v\xfe"), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_true(bytes_equal(buf_bytes(&salvaged), BYTES("REDIS0003\0\1k\1v\xff")));
    assert_int_equal(unlink(salvage_path), 0);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/test_rdb_check.XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(path, sizeof path, "%s/dump.rdb", directory);
    (void)snprintf(salvage_path, sizeof salvage_path, "%s/salvaged.rdb", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory); /* fails when anything was left over */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_passed_over),
        cmocka_unit_test(every_cut_is_found),
        cmocka_unit_test(what_stands_between_keys_is_known),
        cmocka_unit_test(what_says_nothing_of_its_length_ends_the_report),
        cmocka_unit_test(a_wrong_checksum_is_damage_and_all_can_be_kept),
        cmocka_unit_test(what_is_no_snapshot_has_nothing_to_salvage),
        cmocka_unit_test(an_old_file_is_salvaged_without_checksum),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
