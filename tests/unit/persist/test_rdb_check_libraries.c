/* SPDX-License-Identifier: BSD-3-Clause */
/* Libraries of functions are tried, and those that a server would refuse aren't kept of a damaged file. */
#include "base/bytes.h"
#include "base/file.h"
#include "persist/rdb_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define FILE_MAX ((size_t)1 << 20)
#define LIBRARY  "\xf5\3#!"
#define KEY      "\0\1k\1v"
/* A checksum of zeros is none. */
#define NO_CHECKSUM "\xff\0\0\0\0\0\0\0\0"
/* The end of a file whose checksum is wrong. */
#define WRONG "\377wrong..."

static char directory[64], path[128], salvage_path[128];

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
    struct error error;
    bool is_there[256] = {false};
    const struct rdb_check_libraries libraries = {.add = add, .context = is_there};
    assert_true(file_write_atomic(path, content, 0600, &error));
    report->len = 0;
    return rdb_check(path, salvage, &libraries, report);
}

static void assert_says(struct buf *report, const char *text)
{
    if (!strstr(buf_cstring(report), text))
        fail_msg("%s\nis not in\n%s", text, buf_cstring(report));
}

/* What is salvaged of the file begins with `kept`, and is whole. */
static void assert_keeps(struct bytes content, struct bytes kept, const char *said)
{
    struct buf report = {0}, salvaged = {0};
    struct error error;
    assert_int_equal(check(content, salvage_path, &report), RDB_CHECKED_DAMAGED);
    assert_says(&report, said);
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_int_equal(unlink(salvage_path), 0);
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
    assert_int_equal(check(whole, salvage_path, &report), RDB_CHECKED_NOT_LOADABLE);
    assert_says(&report, "does not load all of it: a library is broken?, at offset 14 is the first");
    assert_true(file_read_all(salvage_path, &salvaged, FILE_MAX, &error));
    assert_int_equal(unlink(salvage_path), 0);
    assert_int_equal(salvaged.len, whole.len);
    buf_clear(&report);
    buf_clear(&salvaged);
}

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/test_rdb_libraries.XXXXXX");
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
        cmocka_unit_test(those_that_can_not_be_loaded_are_left_out),
        cmocka_unit_test(of_those_that_are_there_twice_the_first_stays),
        cmocka_unit_test(of_a_whole_file_all_are_kept),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
