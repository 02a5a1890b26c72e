/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be read behind damage, and amid it, is kept; what is kept is a whole file. */
#include "base/file.h"
#include "support/rdb_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

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
    rdb_file_make(&file, pieces);
    assert_int_equal(rdb_file_check(buf_bytes(&file), rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, said);
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    rdb_file_make(&expected, kept);
    if (salvaged.len != expected.len || memcmp(salvaged.data + 9, expected.data + 9, kept.len) != 0)
        fail_msg("%s", buf_cstring(&report));
    assert_int_not_equal(rdb_file_check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_DAMAGED);
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
    rdb_file_make(&file, BYTES("\xfa\1n\1v\xfe\0\xfb\5\0" ROW("a")));
    file.data[2] = 'd';
    assert_int_equal(rdb_file_check(buf_bytes(&file), rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "wrote 5 keys to ");
    rdb_file_assert_says(&report, "it should begin with REDIS");
    struct buf salvaged = {0};
    struct error error;
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_true(bytes_starts_with(buf_bytes(&salvaged), BYTES("REDIS0010\xfe\0\0\3a:1")));
    assert_int_equal(unlink(rdb_file_salvaged), 0);
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
    rdb_file_make(&file, buf_bytes(&pieces));
    assert_int_equal(rdb_file_check(buf_bytes(&file), NULL, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, "500 keys, ");
    rdb_file_assert_says(&report, "DAMAGED at 80 more places\n");
    rdb_file_assert_says(&report, "damaged: 100 places, 100 bytes passed over");
    buf_clear(&pieces);
    buf_clear(&file);
    buf_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_behind_damage_are_kept),
        cmocka_unit_test(the_first_key_behind_damage_is_believed_for_a_reason),
        cmocka_unit_test(swallowed_keys_are_found),
        cmocka_unit_test(a_hash_of_fields_that_look_like_keys_is_kept),
        cmocka_unit_test(a_broken_value_is_left_out_alone),
        cmocka_unit_test(no_key_is_written_twice),
        cmocka_unit_test(what_is_known_of_the_whole_goes),
        cmocka_unit_test(a_file_without_header_is_read_as_well),
        cmocka_unit_test(an_end_amid_the_file_is_damage),
        cmocka_unit_test(many_damages_are_counted),
    };
    return cmocka_run_group_tests(tests, rdb_file_make_directory, rdb_file_remove_directory);
}
