/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports on snapshot files: all layouts that Redis 2.6 to 8 and Valkey 9 wrote are passed over, damage is
 * told with its place, and what can be read before and behind it can be kept. */
#include "base/buf.h"
#include "base/crc64.h"
#include "base/file.h"
#include "persist/rdb_check.h"
#include "persist/rdb_codec.h"
#include "persist/rdb_format.h"
#include "persist/rdb_value.h"
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
    return rdb_check(path, salvage, NULL, report);
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
    buf_append_text(file, "REDIS0015");
    buf_append_bytes(file, pieces);
    buf_append_char(file, (char)RDB_END);
    uint64_t checksum = crc64(0, file->data, file->len);
    for (int i = 0; i < 8; i++)
        buf_append_char(file, (char)(checksum >> (8 * i)));
}

/* BYTES for static tables. */
#define TEXT(literal)                 \
    {                                 \
        (literal), sizeof literal - 1 \
    }
#define ID "0123456789abcdef"
/* As lengths: the ID of an entry. */
#define LAST   \
    "\x81"     \
    "01234567" \
    "\x81"     \
    "89abcdef"
/* A node of one entry, f = v, with its node's ID. */
#define NODE "\x1d\x1d\0\0\0\x0a\0\1\1\0\1\1\1\201f\2\0\1\2\1\0\1\0\1\201v\2\4\1\xff"
#define TIME "\1\2\3\4\5\6\7\10"

/* Packed values, as strings. */
#define LISTPACK "\x14\x14\x00\x00\x00\x04\x00\x81\x66\x02\x81\x76\x02\x81\x6e\x02\xf1\x2c\x01\x03\xff"
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
        make_file(&file, buf_bytes(&pieces));
        const struct rdb_codec *codec = rdb_codec_find(RDB_REDIS, samples[i].type);
        enum rdb_checked expected = rdb_value_has_place(codec) ? RDB_CHECKED_GOOD : RDB_CHECKED_NOT_LOADABLE;
        if (check(buf_bytes(&file), NULL, &report) != expected)
            fail_msg("type %u: %s", samples[i].type, buf_cstring(&report));
        assert_says(&report, codec->name);
    }
    pieces.len = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        append_sample(&pieces, i);
    make_file(&file, buf_bytes(&pieces));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    (void)snprintf(line, sizeof line, "%zu keys, ", sizeof samples / sizeof samples[0]);
    assert_says(&report, line);
    assert_says(&report, "module \"key:B\", at offset 20 is the first");
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
    assert_says(&report, "RDB version 15\n  \"a\" \"b\"\n2 keys, 1 with an expiry, 1 of these expired\n");
    assert_says(&report, "  3           ");
    assert_says(&report, "  \"a:b:\"  ");
    make_file(&file, BYTES("\xf5\6#!code"));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_GOOD);
    assert_says(&report, "1 libraries of functions\n");
    make_file(&file, BYTES("\xf7\x81" TIME "\2\1\5\4code\0"));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_NOT_LOADABLE);
    assert_says(&report, "data of a module, at offset 9 is the first");
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
    assert_int_equal(check(BYTES(OF_VALKEY NO_CHECKSUM), NULL, &report), RDB_CHECKED_GOOD);
    assert_says(&report, "RDB version 80, of Valkey\n");
    /* The same bytes are something else in a file of Redis, which has no such types beyond. */
    assert_int_equal(check(BYTES("REDIS0012\x16\1h\1\1f\1v\xff\xff" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_int_equal(check(BYTES("VALKEY080\x18\1h\1\1f\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_says(&report, "at offset 9: there is no opcode or type 24");
    /* What is salvaged stays Valkey's. */
    assert_int_equal(check(BYTES(OF_VALKEY), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_true(bytes_starts_with(buf_bytes(&salvaged), BYTES("VALKEY080\xfa")));
    assert_int_equal(check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
    assert_int_equal(unlink(salvage_path), 0);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void what_modules_attach_belongs_to_the_key(void **state)
{
    (void)state;
    struct buf report = {0}, salvaged = {0};
    struct error error;
#define ATTACHED "\xf3\1\1\0\0\0\5\2ab\0"
    assert_int_equal(check(BYTES("REDIS0013" ATTACHED "\0\1k\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_GOOD);
    assert_int_equal(check(BYTES("REDIS0013\xf3\1\2\0\0\0\0\0\1k\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_NOT_LOADABLE);
    assert_says(&report, "data of a module attached to key \"k\", at offset 9 is the first");
    /* A version that has it is written. */
    assert_int_equal(check(BYTES("REDIS0015" ATTACHED "\0\1k\1v"), salvage_path, &report),
                     RDB_CHECKED_DAMAGED);
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_true(bytes_starts_with(buf_bytes(&salvaged), BYTES("REDIS0013" ATTACHED "\0\1k\1v\xff")));
    assert_int_equal(unlink(salvage_path), 0);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void hashes_refer_to_the_templates_in_front_of_them(void **state)
{
    (void)state;
    struct buf report = {0};
#define TEMPLATE "\xf2\5\2\1f\1g"
    assert_int_equal(check(BYTES("REDIS0015" TEMPLATE "\x20\1h\5\1v\1w\0\1k\1v" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_GOOD);
    assert_says(&report, "2 keys, ");
    assert_int_equal(check(BYTES("REDIS0015\x20\1h\5\1v\1w" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_says(&report, "there is no template 5 of hashes");
    assert_int_equal(check(BYTES("REDIS0015" TEMPLATE TEMPLATE NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_says(&report, "two of number 5");
    assert_int_equal(check(BYTES("REDIS0015\xf2\5\2\1f\1f" NO_CHECKSUM), NULL, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "a template of hashes has a field twice");
    assert_int_equal(check(BYTES("REDIS0015\xf2\5\x80\1\0\0\0" NO_CHECKSUM), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_says(&report, "are more than what is left of the file");
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
    assert_says(&report, "DAMAGED at offset 15: CRC error: the checksum is ");
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
    assert_int_equal(rdb_check(directory, NULL, NULL, &report), RDB_CHECKED_DAMAGED);
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

/* ---- behind damage ---- */

#define KEY(name)   "\0\3" name "\5value"
#define ROW(letter) KEY(letter ":1") KEY(letter ":2") KEY(letter ":3") KEY(letter ":4") KEY(letter ":5")

/* Others with the same prefix. */
#define MORE KEY("a:A") KEY("a:B") KEY("a:C") KEY("a:D") KEY("a:E")

/* Salvages the pieces, of a file whose checksum is right, and compares those that are kept; they are those of
 * a whole file. */
static void assert_keeps(struct bytes pieces, struct bytes kept, const char *said)
{
    struct buf file = {0}, report = {0}, salvaged = {0}, expected = {0};
    struct error error;
    make_file(&file, pieces);
    assert_int_equal(check(buf_bytes(&file), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, said);
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_int_equal(unlink(salvage_path), 0);
    make_file(&expected, kept);
    if (salvaged.len != expected.len || memcmp(salvaged.data + 9, expected.data + 9, kept.len) != 0)
        fail_msg("%s", buf_cstring(&report));
    assert_int_not_equal(check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_DAMAGED);
    buf_clear(&file);
    buf_clear(&report);
    buf_clear(&salvaged);
    buf_clear(&expected);
}

static void keys_behind_damage_are_kept(void **state)
{
    (void)state;
    assert_keeps(BYTES(ROW("a") "\x2a??" MORE), BYTES(ROW("a") MORE), "DAMAGED at offset 64: ");
    assert_keeps(BYTES(ROW("a") "\x2a" KEY("a:6") "\x2a" MORE "\0\0"), BYTES(ROW("a") MORE),
                 "damaged: 2 places, 15 bytes passed over, 0 broken pieces left out\n");
    /* One of a type that doesn't say where it ends. */
    assert_keeps(BYTES(ROW("a") "\x21\1k\x81\1\2" MORE), BYTES(ROW("a") MORE),
                 "(rate limit) doesn't say where");
    assert_keeps(BYTES(ROW("a") "\0\0\0\0\0\0\0\0" MORE), BYTES(ROW("a") MORE),
                 "keys behind damage are put in the database that was last selected\n");
}

/* It may be what is left of a value: with an expiry, or a name like others, it isn't. */
static void the_first_key_behind_damage_is_believed_for_a_reason(void **state)
{
    (void)state;
    assert_keeps(BYTES(ROW("a") "\x2a" ROW("b")), BYTES(ROW("a") KEY("b:2") KEY("b:3") KEY("b:4") KEY("b:5")),
                 "what looks like a key behind damage may be what is left of another");
#define EXPIRY "\xfc\1\2\3\4\1\0\0\0"
    assert_keeps(BYTES(ROW("a") "\x2a" EXPIRY ROW("b")), BYTES(ROW("a") EXPIRY ROW("b")),
                 "1 bytes passed over");
}

/* A length that is too great shows where it ends; the keys it swallowed are found all the same. */
static void swallowed_keys_are_found(void **state)
{
    (void)state;
    assert_keeps(BYTES(KEY("a:0") "\0\3a:1\x23value" KEY("a:2") KEY("a:3") KEY("a:4") KEY("a:5") MORE),
                 BYTES(KEY("a:0") KEY("a:2") KEY("a:3") KEY("a:4") KEY("a:5") MORE), "DAMAGED at offset ");
    /* A hash whose count is too great takes strings of others, and has a field twice. */
    assert_keeps(BYTES(KEY("a:0") "\4\3a:1\7\1f\1v" ROW("a") KEY("a:6") MORE),
                 BYTES(KEY("a:0") ROW("a") KEY("a:6") MORE), "something is there twice");
    /* One that did is no template any more. */
    assert_keeps(BYTES(ROW("a") "\xf2\0\1\x0bx"
                                "\x20\3a:h\0\1v" MORE),
                 BYTES(ROW("a") MORE), "there is no template 0 of hashes");
    /* Nor is one that belongs to a key which is left out. */
    assert_keeps(BYTES(ROW("a") "\xf8\1\xf2\0\1\1f\2\3a:b\2\1x\1x\x20\3a:h\0\1v" MORE), BYTES(ROW("a") MORE),
                 "a template of hashes lies within a key");
}

/* Fields of a hash may look like strings when their expiry is missing. */
static void a_hash_of_fields_that_look_like_keys_is_kept(void **state)
{
    (void)state;
#define FIELDS KEY("x:1") KEY("x:2") KEY("x:3") KEY("x:4") KEY("x:5") KEY("x:6")
    assert_keeps(BYTES(ROW("a") "\x18\3a:h" TIME "\6" FIELDS ROW("b") "\x2a" MORE),
                 BYTES(ROW("a") "\x18\3a:h" TIME "\6" FIELDS ROW("b") MORE), "DAMAGED at offset ");
    /* One whose expiry and value look like a list. */
#define LISTLIKE "\1\3x:L\1\0"
#define NAMES    LISTLIKE KEY("x:7") KEY("x:8") KEY("x:9") KEY("x:A") KEY("x:B")
    assert_keeps(BYTES(ROW("a") "\x18\3a:h" TIME "\x0c" FIELDS NAMES ROW("b") "\x2a" MORE),
                 BYTES(ROW("a") "\x18\3a:h" TIME "\x0c" FIELDS NAMES ROW("b") MORE), "DAMAGED at offset ");
}

static void a_broken_value_is_left_out_alone(void **state)
{
    (void)state;
    static const struct {
        struct bytes piece;
        const char *text;
    } cases[] = {
        {TEXT("\0\3a:b\xc3\4\x0a\xe0\xff\xff\xff"), "at offset 69: a value can't be unpacked"},
        {TEXT("\x0c\3a:b\7ziplist"), "at offset 69: the packed value is broken"},
        {TEXT("\x10\3a:b\x0b\x0b\0\0\0\2\0\1\1\1\1\xfe"), "at offset 69: the packed value is broken"},
        {TEXT("\x10\3a:b\x0f\x0f\0\0\0\4\0\1\1\1\1\1\1\1\1\xff"),
         "at offset 69: something is there twice in the value"},
        {TEXT("\2\3a:b\2\1x\1x"), "at offset 69: something is there twice in the value"},
        {TEXT("\4\3a:b\2\1x\1y\1x\1z"), "at offset 69: something is there twice in the value"},
        {TEXT("\5\3a:b\1\1x\0\0\0\0\0\0\xf8\x7f"), "at offset 72: a score is not a number"},
        {TEXT("\3\3a:b\1\1x\3abc"), "at offset 72: a score is not a number"},
        {TEXT("\x12\3a:b\1\3\1x"), "at offset 70: a list has no nodes of this kind"},
        {TEXT("\7\3a:b\1\0"), "at offset 69: there is no such module"},
        {TEXT("\x0f\3a:b\1\1x\1y\1\0\0\0"), "at offset 70: a node's ID hasn't 16 bytes"},
        {TEXT("\x0f\3a:b\1\20" ID "\1y\1\0\0\0"), "at offset 87: a node of the stream is broken"},
        {TEXT("\x0f\3a:b\0\1\0\0\0"), "at offset 70: a stream of entries has none"},
        {TEXT("\x0f\3a:b\1\20" ID NODE "\1\1\1\0"),
         "at offset 117: a stream's last ID is below that of an entry"},
        {TEXT("\x0f\3a:b\2\20" ID NODE "\20"
              "0123456789abcde0" NODE "\2\1\1\0"),
         "at offset 134: entries of the stream are not in order"},
        {TEXT("\x0f\3a:b\0\0\0\0\1\1g\0\0\1" ID TIME "\1\0"), "at offset 74: what is pending in a group"},
    };
    struct buf pieces = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pieces.len = 0;
        buf_append(&pieces, ROW("a"), sizeof ROW("a") - 1);
        buf_append_bytes(&pieces, cases[i].piece);
        buf_append(&pieces, MORE, sizeof MORE - 1);
        assert_keeps(buf_bytes(&pieces), BYTES(ROW("a") MORE), cases[i].text);
    }
    buf_clear(&pieces);
}

static void a_type_is_not_older_than_the_file(void **state)
{
    (void)state;
    struct buf report = {0};
    assert_int_equal(check(BYTES("REDIS0009\x10\1k" LISTPACK "\xff\0\0\0\0\0\0\0\0"), NULL, &report),
                     RDB_CHECKED_DAMAGED);
    assert_says(&report, "the value's type is newer than the file");
    buf_clear(&report);
}

/* A server would refuse the file. One that was read before any damage is right, others are nobody knows
 * which. */
static void no_key_is_written_twice(void **state)
{
    (void)state;
    assert_keeps(BYTES(ROW("a") "\x2a" ROW("a")), BYTES(ROW("a")),
                 "5 keys left out that are there more than once");
    assert_keeps(BYTES(ROW("a") "\x2a" KEY("a:6") ROW("b") "\x2a" KEY("a:7") ROW("b")),
                 BYTES(ROW("a") KEY("a:6") KEY("a:7")), "10 keys left out that are there more than once");
    assert_keeps(BYTES(ROW("a") "\x2a\xfe\1\xfb\5\0" ROW("a")), BYTES(ROW("a") "\xfe\1" ROW("a")),
                 "1 bytes passed over");
    assert_keeps(BYTES(ROW("a") "\x2a\xfe\x11\xfb\5\0" ROW("a")), BYTES(ROW("a") "\xfe\x11" ROW("a")),
                 "to load it a server needs `databases` 18");
    /* Behind a selection that can't be read, keys are of the database before it. */
    assert_keeps(BYTES("\xfe\1" ROW("a") "\xfe\xfe" ROW("a")), BYTES("\xfe\1" ROW("a")),
                 "5 keys left out that are there more than once");
    assert_keeps(BYTES(ROW("a") EXPIRY "\xfe\1" ROW("a")), BYTES(ROW("a")),
                 "a database is selected within a key");
}

static void what_is_known_of_the_whole_goes(void **state)
{
    (void)state;
    assert_keeps(BYTES("\xfa\1n\1v\xfe\0\xfb\5\0" ROW("a") "\x2a"), BYTES("\xfa\1n\1v\xfe\0" ROW("a")),
                 "DAMAGED");
    /* A number of two bytes that took in the sizes' opcode is no database. */
    assert_keeps(BYTES("\xfe\x40\xfb\5\0" ROW("a")), BYTES(KEY("a:3") KEY("a:4") KEY("a:5")), "DAMAGED");
}

static void a_file_without_header_is_read_as_well(void **state)
{
    (void)state;
    struct buf file = {0}, report = {0};
    make_file(&file, BYTES("\xfa\1n\1v\xfe\0\xfb\5\0" ROW("a")));
    file.data[2] = 'd';
    assert_int_equal(check(buf_bytes(&file), salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "wrote 5 keys to ");
    assert_says(&report, "it should begin with REDIS");
    struct buf salvaged = {0};
    struct error error;
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_true(bytes_starts_with(buf_bytes(&salvaged), BYTES("REDIS0010\xfe\0\0\3a:1")));
    assert_int_equal(unlink(salvage_path), 0);
    buf_clear(&file);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void an_end_amid_the_file_is_damage(void **state)
{
    (void)state;
    assert_keeps(BYTES(ROW("a") "\377checksum" KEY("a:6")), BYTES(ROW("a") KEY("a:6")), "the checksum is ");
    assert_keeps(BYTES(ROW("a") "\x2a" MORE "\377checksum" KEY("a:6")), BYTES(ROW("a") MORE KEY("a:6")),
                 "the end comes ");
}

static void many_damages_are_counted(void **state)
{
    (void)state;
    struct buf pieces = {0}, file = {0}, report = {0};
    for (int i = 0; i < 100; i++) {
        buf_append_text(&pieces, "\x2a");
        for (int j = 0; j < 5; j++) {
            buf_append(&pieces, "\xfc\1\2\3\4\1\0\0\0\0\7", 11);
            buf_printf(&pieces, "a:%05d%c", 5 * i + j, '\1');
            buf_append_char(&pieces, 'v');
        }
    }
    make_file(&file, buf_bytes(&pieces));
    assert_int_equal(check(buf_bytes(&file), NULL, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, "500 keys, ");
    assert_says(&report, "DAMAGED at 80 more places\n");
    assert_says(&report, "damaged: 100 places, 100 bytes passed over");
    buf_clear(&pieces);
    buf_clear(&file);
    buf_clear(&report);
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
        cmocka_unit_test(files_of_valkey_are_known),
        cmocka_unit_test(what_modules_attach_belongs_to_the_key),
        cmocka_unit_test(hashes_refer_to_the_templates_in_front_of_them),
        cmocka_unit_test(what_says_nothing_of_its_length_ends_the_report),
        cmocka_unit_test(a_wrong_checksum_is_damage_and_all_can_be_kept),
        cmocka_unit_test(what_is_no_snapshot_has_nothing_to_salvage),
        cmocka_unit_test(an_old_file_is_salvaged_without_checksum),
        cmocka_unit_test(keys_behind_damage_are_kept),
        cmocka_unit_test(the_first_key_behind_damage_is_believed_for_a_reason),
        cmocka_unit_test(swallowed_keys_are_found),
        cmocka_unit_test(a_hash_of_fields_that_look_like_keys_is_kept),
        cmocka_unit_test(a_broken_value_is_left_out_alone),
        cmocka_unit_test(a_type_is_not_older_than_the_file),
        cmocka_unit_test(no_key_is_written_twice),
        cmocka_unit_test(what_is_known_of_the_whole_goes),
        cmocka_unit_test(a_file_without_header_is_read_as_well),
        cmocka_unit_test(an_end_amid_the_file_is_damage),
        cmocka_unit_test(many_damages_are_counted),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
