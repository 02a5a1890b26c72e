/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands on strings: replies, order of checks, what they notify. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SYNTAX_ERROR "-ERR syntax error\r\n"
#define NOT_INTEGER  "-ERR value is not an integer or out of range\r\n"
#define OK           "+OK\r\n"
#define NIL          "$-1\r\n"

/* ---- whole values ---- */

static void a_value_is_read_as_it_was_written(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "SET k hello", OK);
    assert_reply(h, "GET k", "$5\r\nhello\r\n");
    assert_reply(h, "SET k \"\"", OK);
    assert_reply(h, "GET k", "$0\r\n\r\n");
    assert_reply(h, "SET k \"a\\x00\\xff\\r\\n\"", OK);
    assert_reply(h, "GET k", "$5\r\na\0\xff\r\n\r\n");
    assert_reply(h, "SET k -9223372036854775808", OK);
    assert_reply(h, "GET k", "$20\r\n-9223372036854775808\r\n");
    assert_reply(h, "SET k 007", OK);
    assert_reply(h, "GET k", "$3\r\n007\r\n");
}

static void a_large_value_is_read_as_it_was_written(void **state)
{
    struct harness *h = *state;
    struct buf value = {0}, expected = {0};
    struct bytes set[3] = {BYTES("SET"), BYTES("k")}, get[2] = {BYTES("GET"), BYTES("k")};
    for (int i = 0; i < 40000; i++)
        buf_printf(&value, "%d,", i);
    set[2] = buf_bytes(&value);
    assert_true(bytes_is(harness_request_bytes(h, h->client, 3, set), OK));
    buf_printf(&expected, "$%zu\r\n", value.len);
    buf_append_bytes(&expected, buf_bytes(&value));
    buf_append_text(&expected, "\r\n");
    assert_true(bytes_equal(harness_request_bytes(h, h->client, 2, get), buf_bytes(&expected)));
    assert_reply(h, "GETRANGE k 100000 100004", "$5\r\n518,1\r\n");
    assert_reply(h, "STRLEN k", ":228890\r\n");
    assert_reply(h, "SETRANGE k 100000 abc", ":228890\r\n");
    assert_reply(h, "GETRANGE k 99999 100003", "$5\r\n8abc,\r\n");
    buf_clear(&value);
    buf_clear(&expected);
}

static void wrong_numbers_of_arguments_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GET", "-ERR wrong number of arguments for 'get' command\r\n");
    assert_reply(h, "GET a b", "-ERR wrong number of arguments for 'get' command\r\n");
    assert_reply(h, "SET a", "-ERR wrong number of arguments for 'set' command\r\n");
    assert_reply(h, "MSET a 1 b", "-ERR wrong number of arguments for 'mset' command\r\n");
    assert_reply(h, "MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command\r\n");
    assert_reply(h, "GET a", NIL);
}

static void set_looks_at_conditions_first(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k 1 XX", NIL);
    assert_reply(h, "SET k 1 nx", OK);
    assert_reply(h, "SET k 2 NX", NIL);
    assert_reply(h, "GET k", "$1\r\n1\r\n");
    assert_reply(h, "SET k 2 xx", OK);
    assert_reply(h, "GET k", "$1\r\n2\r\n");
    assert_reply(h, "SET k 3 NX XX", SYNTAX_ERROR);
    assert_reply(h, "SET k 3 XX NX", SYNTAX_ERROR);
    assert_reply(h, "SET k 3 XX XX", OK);
    assert_reply(h, "SETNX k 4", ":0\r\n");
    assert_reply(h, "SETNX n 4", ":1\r\n");
    assert_reply(h, "GET k", "$1\r\n3\r\n");
}

static void set_get_replies_with_the_old_value(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k 1 GET", NIL);
    assert_reply(h, "SET k 2 GET", "$1\r\n1\r\n");
    assert_reply(h, "SET k 3 NX GET", "$1\r\n2\r\n");
    assert_reply(h, "GET k", "$1\r\n2\r\n");
    assert_reply(h, "SET k 3 GET XX", "$1\r\n2\r\n");
    assert_reply(h, "GET k", "$1\r\n3\r\n");
    assert_reply(h, "SET n 1 XX GET", NIL);
    assert_reply(h, "GET n", NIL);
    assert_reply(h, "SET n 1 NX GET", NIL);
    assert_reply(h, "GET n", "$1\r\n1\r\n");
    assert_reply(h, "SET n 2 GET GET EX 10", "$1\r\n1\r\n");
}

static void set_refuses_what_it_does_not_know(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k v foo", SYNTAX_ERROR);
    assert_reply(h, "SET k v EX", SYNTAX_ERROR);
    assert_reply(h, "SET k v PERSIST", SYNTAX_ERROR);
    assert_reply(h, "SET k v EX 1 PX 1", SYNTAX_ERROR);
    assert_reply(h, "SET k v EX 1 KEEPTTL", SYNTAX_ERROR);
    assert_reply(h, "SET k v KEEPTTL EXAT 1", SYNTAX_ERROR);
    assert_reply(h, "SET k v PXAT 1 EXAT 1", SYNTAX_ERROR);
    assert_reply(h, "SET k v EX 1 NX foo", SYNTAX_ERROR);
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "SET k v EX 1 EX 2", OK);
    assert_reply(h, "SET k v KEEPTTL KEEPTTL", OK);
}

static void set_refuses_times_that_make_no_sense(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k v EX x", NOT_INTEGER);
    assert_reply(h, "SET k v EX 1.5", NOT_INTEGER);
    assert_reply(h, "SET k v EX 0", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v PX -1", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v EXAT -1", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v PXAT 0", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v EX 9223372036854775807", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v EX 9223372036854776", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v EX 9223372036854775", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v PX 9223372036854775807", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SET k v EXAT 9223372036854776", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "SETEX k 0 v", "-ERR invalid expire time in 'setex' command\r\n");
    assert_reply(h, "SETEX k x v", NOT_INTEGER);
    assert_reply(h, "PSETEX k -5 v", "-ERR invalid expire time in 'psetex' command\r\n");
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "SET k v PXAT 9223372036854775807", OK);
    assert_reply(h, "GET k", "$1\r\nv\r\n");
    assert_reply(h, "SET k v EXAT 9223372036854775", OK);
    assert_reply(h, "GET k", "$1\r\nv\r\n");
}

/* ---- lifetimes ---- */

static void values_live_as_long_as_said(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET a v EX 1", OK);
    assert_reply(h, "SET b v PX 1000", OK);
    assert_reply(h, "SETEX c 1 v", OK);
    assert_reply(h, "PSETEX d 1000 v", OK);
    assert_reply(h, "SET e v EXAT 1700000001", OK);
    assert_reply(h, "SET f v PXAT 1700000001000", OK);
    assert_reply(h, "SET g v", OK);
    harness_advance(h, 1000);
    assert_reply(h, "MGET a b c d e f g",
                 "*7\r\n$1\r\nv\r\n$1\r\nv\r\n$1\r\nv\r\n$1\r\nv\r\n$1\r\nv\r\n$1\r\nv\r\n$1\r\nv\r\n");
    harness_advance(h, 1);
    assert_reply(h, "MGET a b c d e f g", "*7\r\n" NIL NIL NIL NIL NIL NIL "$1\r\nv\r\n");
}

static void a_time_in_the_past_leaves_no_value(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k old", OK);
    assert_reply(h, "SET k v EXAT 1", OK);
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "SET k v PXAT 1699999999999", OK);
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "SET k v PXAT 1700000000000", OK);
    assert_reply(h, "GET k", "$1\r\nv\r\n");
}

static void setting_ends_a_lifetime_unless_it_is_kept(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a v b v c v d v", OK);
    assert_reply(h, "SETEX a 1 v", OK);
    assert_reply(h, "SETEX b 1 v", OK);
    assert_reply(h, "SETEX c 1 v", OK);
    assert_reply(h, "SETEX d 1 v", OK);
    assert_reply(h, "SETEX e 1 1", OK);
    assert_reply(h, "SETEX f 1 1", OK);
    assert_reply(h, "SET a w", OK);
    assert_reply(h, "SET b w KEEPTTL", OK);
    assert_reply(h, "GETSET c w", "$1\r\nv\r\n");
    assert_reply(h, "APPEND d w", ":2\r\n");
    assert_reply(h, "INCR e", ":2\r\n");
    assert_reply(h, "INCRBYFLOAT f 0.5", "$3\r\n1.5\r\n");
    harness_advance(h, 1001);
    assert_reply(h, "MGET a b c d e f", "*6\r\n$1\r\nw\r\n" NIL "$1\r\nw\r\n" NIL NIL NIL);
}

static void getex_changes_only_the_lifetime(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GETEX k", NIL);
    assert_reply(h, "GETEX k EX 10", NIL);
    assert_reply(h, "SETEX k 1 v", OK);
    assert_reply(h, "GETEX k", "$1\r\nv\r\n");
    assert_reply(h, "GETEX k PERSIST", "$1\r\nv\r\n");
    harness_advance(h, 1000);
    assert_reply(h, "GETEX k PX 500", "$1\r\nv\r\n");
    harness_advance(h, 499);
    assert_reply(h, "GETEX k EXAT 1700000002", "$1\r\nv\r\n");
    harness_advance(h, 500);
    assert_reply(h, "GETEX k PXAT 1700000001999", "$1\r\nv\r\n");
    assert_reply(h, "GETEX k", NIL);
}

static void getex_checks_its_time_only_for_a_key_that_is_there(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GETEX k EX 0", NIL);
    assert_reply(h, "GETEX k foo", SYNTAX_ERROR);
    assert_reply(h, "GETEX k KEEPTTL", SYNTAX_ERROR);
    assert_reply(h, "GETEX k NX", SYNTAX_ERROR);
    assert_reply(h, "GETEX k EX 1 PERSIST", SYNTAX_ERROR);
    assert_reply(h, "GETEX k PERSIST PX 1", SYNTAX_ERROR);
    assert_reply(h, "GETEX k EX", SYNTAX_ERROR);
    assert_reply(h, "SET k v", OK);
    assert_reply(h, "GETEX k EX 0", "-ERR invalid expire time in 'getex' command\r\n");
    assert_reply(h, "GETEX k EX x", NOT_INTEGER);
    assert_reply(h, "GETEX k PERSIST PERSIST", "$1\r\nv\r\n");
}

/* ---- several keys; reading and writing at once ---- */

static void several_keys_are_set_and_read_together(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a 1 b 2 a 3", OK);
    assert_reply(h, "MGET a b c a", "*4\r\n$1\r\n3\r\n$1\r\n2\r\n" NIL "$1\r\n3\r\n");
    assert_reply(h, "MSETNX c 1 b 2", ":0\r\n");
    assert_reply(h, "MGET c", "*1\r\n" NIL);
    assert_reply(h, "MSETNX c 1 d 2 c 3", ":1\r\n");
    assert_reply(h, "MGET c d", "*2\r\n$1\r\n3\r\n$1\r\n2\r\n");
}

static void getset_and_getdel_return_what_was_there(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GETSET k 1", NIL);
    assert_reply(h, "GETSET k 2", "$1\r\n1\r\n");
    assert_reply(h, "GETDEL k", "$1\r\n2\r\n");
    assert_reply(h, "GETDEL k", NIL);
    assert_reply(h, "GET k", NIL);
}

/* ---- parts ---- */

static void append_makes_and_extends(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "APPEND k ab", ":2\r\n");
    assert_reply(h, "APPEND k \"\"", ":2\r\n");
    assert_reply(h, "APPEND k cd", ":4\r\n");
    assert_reply(h, "GET k", "$4\r\nabcd\r\n");
    assert_reply(h, "SET n 12", OK);
    assert_reply(h, "APPEND n 3", ":3\r\n");
    assert_reply(h, "INCR n", ":124\r\n");
    assert_reply(h, "APPEND e \"\"", ":0\r\n");
    assert_reply(h, "STRLEN e", ":0\r\n");
}

static void setrange_overwrites_and_fills_with_zeros(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SETRANGE k 0 \"\"", ":0\r\n");
    assert_reply(h, "SETRANGE k 5 \"\"", ":0\r\n");
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "SETRANGE k 3 abc", ":6\r\n");
    assert_reply(h, "GET k", "$6\r\n\0\0\0abc\r\n");
    assert_reply(h, "SETRANGE k 1 xy", ":6\r\n");
    assert_reply(h, "GET k", "$6\r\n\0xyabc\r\n");
    assert_reply(h, "SETRANGE k 100 \"\"", ":6\r\n");
    assert_reply(h, "SET n 1234", OK);
    assert_reply(h, "SETRANGE n 1 9", ":4\r\n");
    assert_reply(h, "GET n", "$4\r\n1934\r\n");
    assert_reply(h, "SETRANGE n -1 9", "-ERR offset is out of range\r\n");
    assert_reply(h, "SETRANGE n x 9", NOT_INTEGER);
}

static void strings_stay_below_the_size_limit(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SETRANGE k 536870912 a",
                 "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    assert_reply(h, "SETRANGE k 9223372036854775807 abc",
                 "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    assert_reply(h, "GET k", NIL);
    h->server->config->proto_max_bulk_len = 1024 * 1024;
    assert_reply(h, "SETRANGE k 1048575 a", ":1048576\r\n");
    assert_reply(h, "SETRANGE k 1048576 a",
                 "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    assert_reply(h, "APPEND k a", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    assert_reply(h, "APPEND k \"\"", ":1048576\r\n");
    assert_reply(h, "STRLEN k", ":1048576\r\n");
}

static void getrange_counts_from_both_ends(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GETRANGE k 0 -1", "$0\r\n\r\n");
    assert_reply(h, "SET k Hello", OK);
    assert_reply(h, "GETRANGE k 0 -1", "$5\r\nHello\r\n");
    assert_reply(h, "GETRANGE k 1 3", "$3\r\nell\r\n");
    assert_reply(h, "GETRANGE k -3 -2", "$2\r\nll\r\n");
    assert_reply(h, "GETRANGE k 3 1", "$0\r\n\r\n");
    assert_reply(h, "GETRANGE k -1 -3", "$0\r\n\r\n");
    assert_reply(h, "GETRANGE k -100 -50", "$1\r\nH\r\n");
    assert_reply(h, "GETRANGE k -50 -100", "$0\r\n\r\n");
    assert_reply(h, "GETRANGE k -100 100", "$5\r\nHello\r\n");
    assert_reply(h, "GETRANGE k 5 100", "$0\r\n\r\n");
    assert_reply(h, "GETRANGE k -9223372036854775808 9223372036854775807", "$5\r\nHello\r\n");
    assert_reply(h, "GETRANGE k x 1", NOT_INTEGER);
    assert_reply(h, "GETRANGE k 1 x", NOT_INTEGER);
    assert_reply(h, "SUBSTR k 1 2", "$2\r\nel\r\n");
    assert_reply(h, "SET k 12345", OK);
    assert_reply(h, "GETRANGE k 1 -2", "$3\r\n234\r\n");
}

static void strlen_counts_bytes(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "STRLEN k", ":0\r\n");
    assert_reply(h, "SET k -123", OK);
    assert_reply(h, "STRLEN k", ":4\r\n");
    assert_reply(h, "SET k abc", OK);
    assert_reply(h, "STRLEN k", ":3\r\n");
}

/* ---- numbers ---- */

static void numbers_are_counted_up_and_down(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCR k", ":1\r\n");
    assert_reply(h, "INCRBY k 41", ":42\r\n");
    assert_reply(h, "DECR k", ":41\r\n");
    assert_reply(h, "DECRBY k 50", ":-9\r\n");
    assert_reply(h, "INCRBY k -1", ":-10\r\n");
    assert_reply(h, "GET k", "$3\r\n-10\r\n");
    assert_reply(h, "DECR d", ":-1\r\n");
}

static void what_is_no_integer_is_not_counted(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k abc", OK);
    assert_reply(h, "INCR k", NOT_INTEGER);
    assert_reply(h, "SET k 1.0", OK);
    assert_reply(h, "DECRBY k 1", NOT_INTEGER);
    assert_reply(h, "SET k \" 1\"", OK);
    assert_reply(h, "INCR k", NOT_INTEGER);
    assert_reply(h, "SET k \"\"", OK);
    assert_reply(h, "INCR k", NOT_INTEGER);
    assert_reply(h, "INCRBY k x", NOT_INTEGER);
    assert_reply(h, "INCRBY k 9223372036854775808", NOT_INTEGER);
}

static void integers_do_not_wrap_around(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k 9223372036854775806", OK);
    assert_reply(h, "INCR k", ":9223372036854775807\r\n");
    assert_reply(h, "INCR k", "-ERR increment or decrement would overflow\r\n");
    assert_reply(h, "INCRBY k -9223372036854775808", ":-1\r\n");
    assert_reply(h, "DECRBY k 9223372036854775807", ":-9223372036854775808\r\n");
    assert_reply(h, "DECR k", "-ERR increment or decrement would overflow\r\n");
    assert_reply(h, "DECRBY k -9223372036854775808", "-ERR decrement would overflow\r\n");
    assert_reply(h, "GET k", "$20\r\n-9223372036854775808\r\n");
}

static void floats_are_added_in_long_precision(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCRBYFLOAT k 10.50", "$4\r\n10.5\r\n");
    assert_reply(h, "INCRBYFLOAT k 0.1", "$4\r\n10.6\r\n");
    assert_reply(h, "INCRBYFLOAT k -5", "$3\r\n5.6\r\n");
    assert_reply(h, "SET k 5.0e3", OK);
    assert_reply(h, "INCRBYFLOAT k 2.0e2", "$4\r\n5200\r\n");
    assert_reply(h, "INCRBYFLOAT n 3", "$1\r\n3\r\n");
    assert_reply(h, "INCR n", ":4\r\n");
    assert_reply(h, "INCRBYFLOAT n 0.00000000000000001", "$19\r\n4.00000000000000001\r\n");
}

static void what_is_no_float_is_not_added(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k abc", OK);
    assert_reply(h, "INCRBYFLOAT k 1", "-ERR value is not a valid float\r\n");
    assert_reply(h, "SET k 1", OK);
    assert_reply(h, "INCRBYFLOAT k x", "-ERR value is not a valid float\r\n");
    assert_reply(h, "INCRBYFLOAT k \" 1\"", "-ERR value is not a valid float\r\n");
    assert_reply(h, "INCRBYFLOAT k inf", "-ERR increment would produce NaN or Infinity\r\n");
    assert_reply(h, "INCRBYFLOAT k nan", "-ERR value is not a valid float\r\n");
    assert_reply(h, "GET k", "$1\r\n1\r\n");
}

/* ---- LCS ---- */

static void lcs_finds_what_two_values_share(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSET a ohmytext b mynewtext", OK);
    assert_reply(h, "LCS a b", "$6\r\nmytext\r\n");
    assert_reply(h, "LCS a b LEN", ":6\r\n");
    assert_reply(h, "LCS a b IDX",
                 "*4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n"
                 "*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n");
    assert_reply(h, "LCS a b idx minmatchlen 4 withmatchlen",
                 "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n"
                 "$3\r\nlen\r\n:6\r\n");
    assert_reply(h, "LCS a b IDX MINMATCHLEN 5", "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:6\r\n");
    assert_reply(h, "LCS a b IDX MINMATCHLEN -5 MINMATCHLEN 4",
                 "*4\r\n$7\r\nmatches\r\n*1\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n"
                 "$3\r\nlen\r\n:6\r\n");
    assert_reply(h, "LCS a none", "$0\r\n\r\n");
    assert_reply(h, "LCS none nothing LEN", ":0\r\n");
    assert_reply(h, "LCS a none IDX", "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n");
    assert_reply(h, "MSET a 12345 b 1357", OK);
    assert_reply(h, "LCS a b", "$3\r\n135\r\n");
}

static void lcs_refuses_what_makes_no_sense(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "LCS a b LEN IDX",
                 "-ERR If you want both the length and indexes, please just use IDX.\r\n");
    assert_reply(h, "LCS a b FOO", SYNTAX_ERROR);
    assert_reply(h, "LCS a b MINMATCHLEN", SYNTAX_ERROR);
    assert_reply(h, "LCS a b MINMATCHLEN x", NOT_INTEGER);
    assert_reply(h, "SETRANGE a 16383 x", ":16384\r\n");
    assert_reply(h, "LCS a a",
                 "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
    assert_reply(h, "LCS a a LEN",
                 "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
}

/* ---- what others are told ---- */

/* A client that is told of every event. */
static struct client *listen_to_events(struct harness *h)
{
    struct client *listener = harness_client(h);
    h->server->notify_classes = events_parse_classes("EAn");
    harness_send_as(h, listener, "PSUBSCRIBE *");
    return listener;
}

#define EVENT(len, name, key) \
    "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$" #len "\r\n__keyevent@0__:" name "\r\n$1\r\n" key "\r\n"

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = listen_to_events(h);
    harness_send(h, "SET k 1");
    assert_sent(h, listener, EVENT(18, "new", "k") EVENT(18, "set", "k"));
    harness_send(h, "SET k 1 EX 10");
    assert_sent(h, listener, EVENT(18, "set", "k") EVENT(21, "expire", "k"));
    harness_send(h, "MSET k 1 l 2");
    assert_sent(h, listener, EVENT(18, "set", "k") EVENT(18, "new", "l") EVENT(18, "set", "l"));
    harness_send(h, "APPEND k 1");
    assert_sent(h, listener, EVENT(21, "append", "k"));
    harness_send(h, "SETRANGE k 1 1");
    assert_sent(h, listener, EVENT(23, "setrange", "k"));
    harness_send(h, "DECR k");
    assert_sent(h, listener, EVENT(21, "incrby", "k"));
    harness_send(h, "INCRBYFLOAT m 1");
    assert_sent(h, listener, EVENT(18, "new", "m") EVENT(26, "incrbyfloat", "m"));
    harness_send(h, "GETEX k EX 10");
    assert_sent(h, listener, EVENT(21, "expire", "k"));
    harness_send(h, "GETEX k PERSIST");
    assert_sent(h, listener, EVENT(22, "persist", "k"));
    harness_send(h, "GETEX k PXAT 1");
    assert_sent(h, listener, EVENT(18, "del", "k"));
    harness_send(h, "GETDEL l");
    assert_sent(h, listener, EVENT(18, "del", "l"));
}

static void nothing_is_notified_when_nothing_changes(void **state)
{
    struct harness *h = *state;
    struct client *listener;
    harness_send(h, "SET k 1");
    listener = listen_to_events(h);
    harness_replies(h, listener);
    harness_send(h, "SET k 2 NX");
    harness_send(h, "SET n 2 XX");
    harness_send(h, "SETNX k 2");
    harness_send(h, "MSETNX n 1 k 2");
    harness_send(h, "SET k 2 EX 0");
    harness_send(h, "GETEX k");
    harness_send(h, "GETEX k PERSIST");
    harness_send(h, "GETDEL n");
    harness_send(h, "SETRANGE k 1 \"\"");
    harness_send(h, "INCRBY k x");
    assert_sent(h, listener, "");
}

static void hits_and_misses_are_counted(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k 1");
    harness_send(h, "GET k");
    harness_send(h, "GET n");
    harness_send(h, "MGET k n k");
    harness_send(h, "SET k 1 GET");
    harness_send(h, "INCR k");
    harness_send(h, "SETNX k 1");
    assert_int_equal(h->server->counters.keyspace_hits, 4);
    assert_int_equal(h->server->counters.keyspace_misses, 2);
}

static void what_is_no_string_is_not_compared(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l x", ":1\r\n");
    assert_reply(h, "SET s x", OK);
    assert_reply(h, "LCS l s", "-ERR The specified keys must contain string values\r\n");
    assert_reply(h, "LCS s l", "-ERR The specified keys must contain string values\r\n");
    assert_reply(h, "GETEX l", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    assert_reply(h, "GETSET l x", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    assert_reply(h, "SETRANGE l 0 x",
                 "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(a_value_is_read_as_it_was_written),
        HARNESS_TEST(a_large_value_is_read_as_it_was_written),
        HARNESS_TEST(wrong_numbers_of_arguments_are_refused),
        HARNESS_TEST(set_looks_at_conditions_first),
        HARNESS_TEST(set_get_replies_with_the_old_value),
        HARNESS_TEST(set_refuses_what_it_does_not_know),
        HARNESS_TEST(set_refuses_times_that_make_no_sense),
        HARNESS_TEST(values_live_as_long_as_said),
        HARNESS_TEST(a_time_in_the_past_leaves_no_value),
        HARNESS_TEST(setting_ends_a_lifetime_unless_it_is_kept),
        HARNESS_TEST(getex_changes_only_the_lifetime),
        HARNESS_TEST(getex_checks_its_time_only_for_a_key_that_is_there),
        HARNESS_TEST(several_keys_are_set_and_read_together),
        HARNESS_TEST(getset_and_getdel_return_what_was_there),
        HARNESS_TEST(append_makes_and_extends),
        HARNESS_TEST(setrange_overwrites_and_fills_with_zeros),
        HARNESS_TEST(strings_stay_below_the_size_limit),
        HARNESS_TEST(getrange_counts_from_both_ends),
        HARNESS_TEST(strlen_counts_bytes),
        HARNESS_TEST(numbers_are_counted_up_and_down),
        HARNESS_TEST(what_is_no_integer_is_not_counted),
        HARNESS_TEST(integers_do_not_wrap_around),
        HARNESS_TEST(floats_are_added_in_long_precision),
        HARNESS_TEST(what_is_no_float_is_not_added),
        HARNESS_TEST(lcs_finds_what_two_values_share),
        HARNESS_TEST(lcs_refuses_what_makes_no_sense),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(nothing_is_notified_when_nothing_changes),
        HARNESS_TEST(hits_and_misses_are_counted),
        HARNESS_TEST(what_is_no_string_is_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
