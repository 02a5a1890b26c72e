/* SPDX-License-Identifier: BSD-3-Clause */
/* Libraries of functions are tried, and those that a server would refuse aren't kept of a damaged file. */
#include "base/bytes.h"
#include "base/file.h"
#include "support/rdb_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define LIBRARY "\xf5\3#!"
#define KEY     "\0\1k\1v"
/* A checksum of zeros is none. */
#define NO_CHECKSUM "\xff\0\0\0\0\0\0\0\0"
/* The end of a file whose checksum is wrong. */
#define WRONG "\377wrong..."

/* "b" is a broken one, and the others are of that name: two of one name are refused. */
static bool add(void *context, struct bytes code, struct error *error)
{
    bool *is_there = context, *is_this = &is_there[(unsigned char)code.data[2]];
    if (code.data[2] == 'b' || *is_this) {
        error_set(error, "a library is %s\x1b", *is_this ? "there" : "broken");
        return false;
    }
    *is_this = true;
    return true;
}

static enum rdb_checked check(struct bytes content, const char *salvage, struct buf *report)
{
    bool is_there[256] = {false};
    const struct rdb_check_libraries libraries = {.add = add, .context = is_there};
    return rdb_file_check_with(&libraries, content, salvage, report);
}

/* What is salvaged of the file begins with `kept`, and is whole. */
static void assert_keeps(struct bytes content, struct bytes kept, const char *said)
{
    struct buf report = {0}, salvaged = {0};
    struct error error;
    assert_int_equal(check(content, rdb_file_salvaged, &report), RDB_CHECKED_DAMAGED);
    rdb_file_assert_says(&report, said);
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    assert_int_equal(salvaged.len, kept.len + sizeof NO_CHECKSUM - 1);
    assert_true(bytes_starts_with(buf_bytes(&salvaged), kept));
    assert_int_equal(check(buf_bytes(&salvaged), NULL, &report), RDB_CHECKED_GOOD);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static void those_that_can_not_be_loaded_are_left_out(void **state)
{
    (void)state;
    assert_keeps(BYTES("REDIS0010" LIBRARY "b" LIBRARY "a" KEY WRONG), BYTES("REDIS0010" LIBRARY "a" KEY),
                 "DAMAGED at offset 9: a library is broken?\n  one piece left out\n");
    assert_keeps(BYTES("REDIS0010" LIBRARY "a" LIBRARY "b" KEY LIBRARY "b" WRONG),
                 BYTES("REDIS0010" LIBRARY "a" KEY), "2 broken pieces left out");
}

static void of_those_that_are_there_twice_the_first_stays(void **state)
{
    (void)state;
    assert_keeps(BYTES("REDIS0010" LIBRARY "a" LIBRARY "a" LIBRARY "c" KEY LIBRARY "c" WRONG),
                 BYTES("REDIS0010" LIBRARY "a" LIBRARY "c" KEY), "DAMAGED at offset 14: a library is there?");
}

/* Another server may have what it needs. */
static void of_a_whole_file_all_are_kept(void **state)
{
    (void)state;
    struct bytes whole = BYTES("REDIS0010" LIBRARY "a" LIBRARY "b" KEY NO_CHECKSUM);
    struct buf report = {0}, salvaged = {0};
    struct error error;
    assert_int_equal(check(whole, rdb_file_salvaged, &report), RDB_CHECKED_NOT_LOADABLE);
    rdb_file_assert_says(&report, "does not load all of it: a library is broken?, at offset 14 is the first");
    assert_true(file_read_all(rdb_file_salvaged, &salvaged, RDB_FILE_MAX, &error));
    assert_int_equal(unlink(rdb_file_salvaged), 0);
    assert_int_equal(salvaged.len, whole.len);
    buf_clear(&report);
    buf_clear(&salvaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_can_not_be_loaded_are_left_out),
        cmocka_unit_test(of_those_that_are_there_twice_the_first_stays),
        cmocka_unit_test(of_a_whole_file_all_are_kept),
    };
    return cmocka_run_group_tests(tests, rdb_file_make_directory, rdb_file_remove_directory);
}
