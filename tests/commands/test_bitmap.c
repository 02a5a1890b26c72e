/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands on bits. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SYNTAX_ERROR "-ERR syntax error\r\n"
#define NOT_INTEGER  "-ERR value is not an integer or out of range\r\n"
#define BAD_OFFSET   "-ERR bit offset is not an integer or out of range\r\n"
#define BAD_BIT      "-ERR bit is not an integer or out of range\r\n"
#define OK           "+OK\r\n"
#define NIL          "$-1\r\n"
#define WRONG_TYPE   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static void bits_are_set_and_read(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GETBIT k 0", ":0\r\n");
    assert_reply(h, "SETBIT k 7 1", ":0\r\n");
    assert_reply(h, "SETBIT k 7 1", ":1\r\n");
    assert_reply(h, "GET k", "$1\r\n\x01\r\n");
    assert_reply(h, "SETBIT k 7 0", ":1\r\n");
    assert_reply(h, "SETBIT k 16 0", ":0\r\n");
    assert_reply(h, "GET k", "$3\r\n\0\0\0\r\n");
    assert_reply(h, "GETBIT k 100000", ":0\r\n");
    assert_reply(h, "SET n 12", OK);
    assert_reply(h, "GETBIT n 2", ":1\r\n");
    assert_reply(h, "SETBIT n 15 1", ":0\r\n");
    assert_reply(h, "GET n", "$2\r\n13\r\n");
}

static void a_string_is_raw_after_setbit_though_nothing_changed(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k abc", OK);
    assert_reply(h, "SETBIT k 1 1", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING k", "$3\r\nraw\r\n");
    assert_reply(h, "GET k", "$3\r\nabc\r\n");
}

static void offsets_and_bits_are_checked(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SETBIT k x 1", BAD_OFFSET);
    assert_reply(h, "SETBIT k -1 1", BAD_OFFSET);
    assert_reply(h, "SETBIT k #1 1", BAD_OFFSET);
    assert_reply(h, "SETBIT k 4294967296 1", BAD_OFFSET);
    assert_reply(h, "SETBIT k 9223372036854775807 1", BAD_OFFSET);
    assert_reply(h, "SETBIT k 1 2", BAD_BIT);
    assert_reply(h, "SETBIT k 1 x", BAD_BIT);
    assert_reply(h, "SETBIT k 1 -1", BAD_BIT);
    assert_reply(h, "SETBIT k x x", BAD_OFFSET);
    assert_reply(h, "GETBIT k -1", BAD_OFFSET);
    assert_reply(h, "GETBIT k 4294967296", BAD_OFFSET);
    assert_reply(h, "GETBIT k 4294967295", ":0\r\n");
    assert_reply(h, "GET k", NIL);
}

static void bits_are_counted(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITCOUNT k", ":0\r\n");
    assert_reply(h, "SET k foobar", OK);
    assert_reply(h, "BITCOUNT k", ":26\r\n");
    assert_reply(h, "BITCOUNT k 0 0", ":4\r\n");
    assert_reply(h, "BITCOUNT k 1 1 BYTE", ":6\r\n");
    assert_reply(h, "BITCOUNT k 5 30 bit", ":17\r\n");
    assert_reply(h, "BITCOUNT k -2 -1", ":7\r\n");
    assert_reply(h, "BITCOUNT k 0 -1 BIT", ":26\r\n");
    assert_reply(h, "BITCOUNT k 3 3 BIT", ":0\r\n");
    assert_reply(h, "BITCOUNT k -1 -2", ":0\r\n");
    assert_reply(h, "BITCOUNT k -100 -200", ":0\r\n");
    assert_reply(h, "BITCOUNT k -200 -100", ":4\r\n");
    assert_reply(h, "BITCOUNT k 10 20", ":0\r\n");
    assert_reply(h, "BITCOUNT k -1 -2 HELLO", ":0\r\n");
    assert_reply(h, "SET e \"\"", OK);
    assert_reply(h, "BITCOUNT e", ":0\r\n");
    assert_reply(h, "BITCOUNT e 0 -1 BIT", ":0\r\n");
    assert_reply(h, "SET n 123", OK);
    assert_reply(h, "BITCOUNT n", ":10\r\n");
}

static void arguments_of_bitcount_are_checked_for_a_key_that_is_there(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITCOUNT k 1", ":0\r\n");
    assert_reply(h, "BITCOUNT k x y HELLO there", ":0\r\n");
    assert_reply(h, "SET k foobar", OK);
    assert_reply(h, "BITCOUNT k 1", SYNTAX_ERROR);
    assert_reply(h, "BITCOUNT k 1 2 HELLO", SYNTAX_ERROR);
    assert_reply(h, "BITCOUNT k 1 2 BIT BIT", SYNTAX_ERROR);
    assert_reply(h, "BITCOUNT k x 2", NOT_INTEGER);
    assert_reply(h, "BITCOUNT k 1 x BIT", NOT_INTEGER);
}

static void the_first_bit_is_found(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITPOS k 0", ":0\r\n");
    assert_reply(h, "BITPOS k 1", ":-1\r\n");
    assert_reply(h, "SET k \"\\xff\\xf0\\x00\"", OK);
    assert_reply(h, "BITPOS k 0", ":12\r\n");
    assert_reply(h, "BITPOS k 1 2", ":-1\r\n");
    assert_reply(h, "SET k \"\\x00\\xff\\xf0\"", OK);
    assert_reply(h, "BITPOS k 1 0", ":8\r\n");
    assert_reply(h, "BITPOS k 1 2", ":16\r\n");
    assert_reply(h, "BITPOS k 1 2 -1 BYTE", ":16\r\n");
    assert_reply(h, "BITPOS k 1 7 15 BIT", ":8\r\n");
    assert_reply(h, "BITPOS k 1 9 9 BIT", ":9\r\n");
    assert_reply(h, "BITPOS k 0 8 15 BIT", ":-1\r\n");
    assert_reply(h, "BITPOS k 0 -5 -1 BIT", ":20\r\n");
    assert_reply(h, "BITPOS k 1 -3 -1 BIT", ":-1\r\n");
    assert_reply(h, "BITPOS k 0 3 1", ":-1\r\n");
    assert_reply(h, "BITPOS k 0 -100 -200", ":0\r\n");
    assert_reply(h, "SET e \"\"", OK);
    assert_reply(h, "BITPOS e 0", ":-1\r\n");
    assert_reply(h, "BITPOS e 1", ":-1\r\n");
    assert_reply(h, "BITPOS e 0 0", ":-1\r\n");
}

static void a_zero_lies_behind_a_string_whose_end_is_open(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k \"\\xff\\xff\\xff\"", OK);
    assert_reply(h, "BITPOS k 0", ":24\r\n");
    assert_reply(h, "BITPOS k 0 1", ":24\r\n");
    assert_reply(h, "BITPOS k 0 3", ":-1\r\n");
    assert_reply(h, "BITPOS k 0 0 -1", ":-1\r\n");
    assert_reply(h, "BITPOS k 0 0 -1 BIT", ":-1\r\n");
}

static void arguments_of_bitpos_are_checked(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITPOS k x", NOT_INTEGER);
    assert_reply(h, "BITPOS k 2", "-ERR The bit argument must be 1 or 0.\r\n");
    assert_reply(h, "BITPOS k 1 x", ":-1\r\n");
    assert_reply(h, "BITPOS k 0 0 0 BYTE BYTE", ":0\r\n");
    assert_reply(h, "SET k a", OK);
    assert_reply(h, "BITPOS k 1 x", NOT_INTEGER);
    assert_reply(h, "BITPOS k 1 0 x HELLO", SYNTAX_ERROR);
    assert_reply(h, "BITPOS k 1 x 0 HELLO", NOT_INTEGER);
    assert_reply(h, "BITPOS k 1 0 x BIT", NOT_INTEGER);
    assert_reply(h, "BITPOS k 0 0 0 BYTE BYTE", SYNTAX_ERROR);
}

static void strings_are_combined(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a abc b \"\\x0f\\xff\"", OK);
    assert_reply(h, "BITOP AND t a b", ":3\r\n");
    assert_reply(h, "GET t",
                 "$3\r\n\x01"
                 "b\0\r\n");
    assert_reply(h, "BITOP OR t a b", ":3\r\n");
    assert_reply(h, "GET t",
                 "$3\r\no\xff"
                 "c\r\n");
    assert_reply(h, "bitop xor t a b", ":3\r\n");
    assert_reply(h, "GET t",
                 "$3\r\nn\x9d"
                 "c\r\n");
    assert_reply(h, "BITOP NOT t a", ":3\r\n");
    assert_reply(h, "GET t", "$3\r\n\x9e\x9d\x9c\r\n");
    assert_reply(h, "BITOP AND t a", ":3\r\n");
    assert_reply(h, "GET t", "$3\r\nabc\r\n");
    assert_reply(h, "BITOP AND t a none", ":3\r\n");
    assert_reply(h, "GET t", "$3\r\n\0\0\0\r\n");
    assert_reply(h, "SET n 12", OK);
    assert_reply(h, "BITOP OR n n n", ":2\r\n");
    assert_reply(h, "GET n", "$2\r\n12\r\n");
}

static void an_empty_combination_removes_its_target(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET t 1 e \"\"", OK);
    assert_reply(h, "BITOP OR t e none", ":0\r\n");
    assert_reply(h, "GET t", NIL);
    assert_reply(h, "BITOP NOT t none", ":0\r\n");
    assert_reply(h, "GET t", NIL);
}

static void a_combination_lives_forever(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a abc", OK);
    assert_reply(h, "SETEX t 1 x", OK);
    assert_reply(h, "BITOP OR t a", ":3\r\n");
    harness_advance(h, 1000);
    assert_reply(h, "GET t", "$3\r\nabc\r\n");
}

static void large_strings_are_combined_too(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SETRANGE a 99999 a", ":100000\r\n");
    assert_reply(h, "SETRANGE b 49999 b", ":50000\r\n");
    assert_reply(h, "BITOP OR t a b", ":100000\r\n");
    assert_reply(h, "BITCOUNT t", ":6\r\n");
    assert_reply(h, "GETRANGE t 49999 49999", "$1\r\nb\r\n");
    assert_reply(h, "GETRANGE t 99999 99999", "$1\r\na\r\n");
    assert_reply(h, "BITOP NOT t t", ":100000\r\n");
    assert_reply(h, "BITCOUNT t", ":799994\r\n");
}

static void operations_of_bitop_are_checked(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITOP NAND t a", SYNTAX_ERROR);
    assert_reply(h, "BITOP NOT t a b", "-ERR BITOP NOT must be called with a single source key.\r\n");
    assert_reply(h, "BITOP AND t", "-ERR wrong number of arguments for 'bitop' command\r\n");
}

static void what_is_no_string_has_no_bits(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l x", ":1\r\n");
    assert_reply(h, "SETBIT l 0 1", WRONG_TYPE);
    assert_reply(h, "BITPOS l 1", WRONG_TYPE);
    assert_reply(h, "BITOP OR d l", WRONG_TYPE);
    assert_reply(h, "SET s a", "+OK\r\n");
    assert_reply(h, "BITOP OR d s l", WRONG_TYPE);
    assert_reply(h, "EXISTS d", ":0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(bits_are_set_and_read),
        HARNESS_TEST(a_string_is_raw_after_setbit_though_nothing_changed),
        HARNESS_TEST(offsets_and_bits_are_checked),
        HARNESS_TEST(bits_are_counted),
        HARNESS_TEST(arguments_of_bitcount_are_checked_for_a_key_that_is_there),
        HARNESS_TEST(the_first_bit_is_found),
        HARNESS_TEST(a_zero_lies_behind_a_string_whose_end_is_open),
        HARNESS_TEST(arguments_of_bitpos_are_checked),
        HARNESS_TEST(strings_are_combined),
        HARNESS_TEST(an_empty_combination_removes_its_target),
        HARNESS_TEST(a_combination_lives_forever),
        HARNESS_TEST(large_strings_are_combined_too),
        HARNESS_TEST(operations_of_bitop_are_checked),
        HARNESS_TEST(what_is_no_string_has_no_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
