/* SPDX-License-Identifier: BSD-3-Clause */
/* BITFIELD and BITFIELD_RO. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SYNTAX_ERROR "-ERR syntax error\r\n"
#define BAD_TYPE \
    "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.\r\n"
#define BAD_OFFSET "-ERR bit offset is not an integer or out of range\r\n"
#define NIL        "$-1\r\n"

static void fields_are_written_and_read(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITFIELD k", "*0\r\n");
    assert_reply(h, "BITFIELD k GET u8 0", "*1\r\n:0\r\n");
    assert_reply(h, "GET k", NIL);
    assert_reply(h, "BITFIELD k SET u8 0 255 GET u8 0 GET i8 0 get u4 4",
                 "*4\r\n:0\r\n:255\r\n:-1\r\n:15\r\n");
    assert_reply(h, "BITFIELD k SET i5 7 -3 GET u5 7", "*2\r\n:-16\r\n:29\r\n");
    assert_reply(h, "GET k", "$2\r\n\xff\xd0\r\n");
    assert_reply(h, "BITFIELD k INCRBY u2 100 1 GET u64 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k INCRBY u2 100 1 INCRBY u2 100 2", "*2\r\n:1\r\n:3\r\n");
    assert_reply(h, "STRLEN k", ":13\r\n");
    assert_reply(h, "BITFIELD k GET i64 1000", "*1\r\n:0\r\n");
    assert_reply(h, "BITFIELD k SET i64 #0 -9223372036854775808 GET i64 0",
                 "*2\r\n:-13510798882111488\r\n"
                 ":-9223372036854775808\r\n");
    assert_reply(h, "BITFIELD k SET u8 #2 77 GET u8 16", "*2\r\n:0\r\n:77\r\n");
}

static void overflow_follows_the_last_rule(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITFIELD k SET u8 0 250 INCRBY u8 0 10", "*2\r\n:0\r\n:4\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW SAT INCRBY u8 0 300 INCRBY u8 0 -300", "*2\r\n:255\r\n:0\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW FAIL INCRBY u8 0 256 OVERFLOW WRAP INCRBY u8 0 257",
                 "*2\r\n" NIL ":1\r\n");
    assert_reply(h, "BITFIELD k overflow sat SET i8 0 1000 GET i8 0 SET i8 0 -1000 GET i8 0",
                 "*4\r\n:1\r\n:127\r\n:127\r\n:-128\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0", "*2\r\n:128\r\n:255\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW FAIL SET u8 0 -1 GET u8 0", "*2\r\n" NIL ":255\r\n");
    assert_reply(h, "BITFIELD k SET i64 0 9223372036854775807 INCRBY i64 0 1",
                 "*2\r\n:-72057594037927936\r\n:-9223372036854775808\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW SAT INCRBY i64 0 -1", "*1\r\n:-9223372036854775808\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW SAT INCRBY u63 0 9223372036854775807",
                 "*1\r\n:9223372036854775807\r\n");
    assert_reply(h, "BITFIELD k OVERFLOW FAIL INCRBY u63 0 1 INCRBY u63 0 -1",
                 "*2\r\n" NIL ":9223372036854775806\r\n");
}

static void nothing_is_run_when_one_operation_is_wrong(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITFIELD k SET u8 0 1 GET", SYNTAX_ERROR);
    assert_reply(h, "BITFIELD k SET u8 0 1 FOO u8 0", SYNTAX_ERROR);
    assert_reply(h, "BITFIELD k SET u8 0 1 SET u8 0", SYNTAX_ERROR);
    assert_reply(h, "BITFIELD k SET u8 0 1 OVERFLOW", SYNTAX_ERROR);
    assert_reply(h, "BITFIELD k SET u8 0 1 OVERFLOW maybe", "-ERR Invalid OVERFLOW type specified\r\n");
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u64 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET i65 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u0 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u08 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET x8 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET \"\" 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET U8 0", BAD_TYPE);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u8 -1", BAD_OFFSET);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u8 #", BAD_OFFSET);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u8 4294967296", BAD_OFFSET);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u8 #536870912", BAD_OFFSET);
    assert_reply(h, "BITFIELD k SET u8 0 1 GET u8 #9223372036854775807", BAD_OFFSET);
    assert_reply(h, "BITFIELD k SET u8 0 x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "GET k", NIL);
}

static void bitfield_ro_only_reads(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BITFIELD_RO k", "*0\r\n");
    assert_reply(h, "BITFIELD_RO k GET u8 0 GET i8 #1", "*2\r\n:0\r\n:0\r\n");
    assert_reply(h, "BITFIELD_RO k GET u8 0 SET u8 0 1",
                 "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
    assert_reply(h, "BITFIELD_RO k INCRBY u8 0", SYNTAX_ERROR);
    assert_reply(h, "SET k 12", "+OK\r\n");
    assert_reply(h, "BITFIELD_RO k GET u8 0 GET u8 #1 GET u16 4", "*3\r\n:49\r\n:50\r\n:4896\r\n");
}

static void only_changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    harness_send(h, "SET k \"\\xff\"");
    h->server->notify_classes = events_parse_classes("EA");
    harness_send_as(h, listener, "SUBSCRIBE __keyevent@0__:setbit");
    harness_send(h, "BITFIELD k GET u8 0");
    harness_send(h, "BITFIELD k SET u8 0 255");
    harness_send(h, "BITFIELD k OVERFLOW FAIL INCRBY u8 0 1");
    harness_send(h, "SETBIT k 0 1");
    assert_sent(h, listener, "");
    harness_send(h, "BITFIELD k SET u8 0 1 SET u8 0 2");
    assert_sent(h, listener, "*3\r\n$7\r\nmessage\r\n$21\r\n__keyevent@0__:setbit\r\n$1\r\nk\r\n");
    harness_send(h, "SETBIT k 0 1");
    assert_sent(h, listener, "*3\r\n$7\r\nmessage\r\n$21\r\n__keyevent@0__:setbit\r\n$1\r\nk\r\n");
}

static void room_that_was_made_is_a_change(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "WATCH k", "+OK\r\n");
    assert_reply_as(h, other, "BITFIELD k OVERFLOW FAIL INCRBY u8 8 256", "*1\r\n" NIL);
    assert_reply(h, "STRLEN k", ":2\r\n");
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "GET k", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*-1\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(fields_are_written_and_read),
        HARNESS_TEST(overflow_follows_the_last_rule),
        HARNESS_TEST(nothing_is_run_when_one_operation_is_wrong),
        HARNESS_TEST(bitfield_ro_only_reads),
        HARNESS_TEST(only_changes_are_notified),
        HARNESS_TEST(room_that_was_made_is_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
