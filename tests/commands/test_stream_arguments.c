/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands on streams are asked: IDs, options, keys that hold something else, many streams at once. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK         "+OK\r\n"
#define NIL_ARRAY  "*-1\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define BAD_ID     "-ERR Invalid stream ID specified as stream command argument\r\n"
/* An entry "N-1" of the field a with the value b. */
#define ID(n)    "$3\r\n" n "-1\r\n"
#define ENTRY(n) "*2\r\n" ID(n) "*2\r\n$1\r\na\r\n$1\r\nb\r\n"

static void add(struct harness *h, const char *ids)
{
    char line[32] = "XADD s N-1 a b";
    for (; *ids; ids++) {
        line[7] = *ids;
        (void)harness_send(h, line);
    }
}

static void what_is_no_stream_is_refused(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k x");
    assert_reply(h, "XACK k g 1-1", WRONG_TYPE);
    assert_reply(h, "XREADGROUP GROUP g c STREAMS k >", WRONG_TYPE);
    assert_reply(h, "XPENDING k g", WRONG_TYPE);
    assert_reply(h, "XGROUP DELCONSUMER k g c", WRONG_TYPE);
    assert_reply(h, "XGROUP DESTROY k g", WRONG_TYPE);
    assert_reply(h, "XGROUP CREATE k g 0", WRONG_TYPE);
    assert_reply(h, "XCLAIM k g c 0 1-1", WRONG_TYPE);
    assert_reply(h, "XAUTOCLAIM k g c 0 0", WRONG_TYPE);
}

static void the_last_id_is_that_of_the_last_entry_at_least(void **state)
{
    struct harness *h = *state;
    add(h, "5");
    assert_reply(h, "XSETID s 4-1",
                 "-ERR The ID specified in XSETID is smaller than the target stream top item\r\n");
    assert_reply(h, "XDEL s 5-1", ":1\r\n");
    assert_reply(h, "XSETID s 4-1",
                 "-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id\r\n");
    assert_reply(h, "XSETID s 5-1", OK);
}

static void ids_are_read_as_c_reads_numbers(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "XADD s \" 7-1\" a b", ID("7"));
    assert_reply(h, "XADD s \"+8-1\" a b", ID("8"));
    assert_reply(h, "XADD s -9-1 a b", BAD_ID);
    assert_reply(h, "XADD s 9--1 a b", BAD_ID);
    assert_reply(h, "XADD s \"9- -1\" a b", "$22\r\n9-18446744073709551615\r\n");
    assert_reply(h, "XADD s 12-+1 a b", "$4\r\n12-1\r\n");
    assert_reply(h, "XADD s 13- a b", BAD_ID);
    assert_reply(h, "XRANGE s - 7-1", "*1\r\n" ENTRY("7"));
}

static void options_of_streams_are_checked(void **state)
{
    struct harness *h = *state;
    add(h, "1");
    assert_reply(h, "XADD s MAXLEN ~ 1 LIMIT x * a b", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "XTRIM s LIMIT 10 LIMIT 0",
                 "-ERR syntax error, XTRIM must be called with a trimming strategy\r\n");
    assert_reply(h, "XRANGE s - + COUNT -3", NIL_ARRAY);
    assert_reply(h, "XREAD COUNT 1 BLOCK 0", "-ERR syntax error\r\n");
    assert_reply(h, "XGROUP CREATE s g 0 ENTRIESREAD",
                 "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.\r\n");
}

static void the_greatest_id_asks_for_what_is_new(void **state)
{
    struct harness *h = *state;
    add(h, "12");
    assert_reply(h, "XGROUP CREATE s g 1-1", OK);
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s 18446744073709551615-18446744073709551615",
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n" ENTRY("2"));
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s >", NIL_ARRAY);
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s 0", "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n" ENTRY("2"));
}

/* More than there is room for beside the call. */
static void many_streams_are_read(void **state)
{
    enum { COUNT = 40 };
    struct harness *h = *state;
    struct buf read = {0}, expected = {0};
    add(h, "1");
    harness_send(h, "XGROUP CREATE s g 0");
    for (int round = 0; round < 2; round++) {
        read.len = expected.len = 0;
        buf_append_text(&read, round ? "XREADGROUP GROUP g c STREAMS" : "XREAD STREAMS");
        buf_printf(&expected, "*%d\r\n", round ? 1 : COUNT);
        for (int i = 0; i < COUNT; i++)
            buf_append_text(&read, " s");
        for (int i = 0; i < COUNT; i++) {
            buf_append_text(&read, round ? " >" : " 0");
            if (i == 0 || !round)
                buf_append_text(&expected, "*2\r\n$1\r\ns\r\n*1\r\n" ENTRY("1"));
        }
        harness_assert(harness_send(h, buf_cstring(&read)), buf_bytes(&expected), "many", __FILE__, __LINE__);
    }
    buf_clear(&read);
    buf_clear(&expected);
}

static void groups_are_told_as_maps(void **state)
{
    struct harness *h = *state;
    add(h, "1");
    harness_send(h, "XGROUP CREATE s g 0");
    harness_send(h, "HELLO 3");
    assert_reply(h, "XREADGROUP GROUP g c STREAMS s >", "%1\r\n$1\r\ns\r\n*1\r\n" ENTRY("1"));
}

static void trimming_by_nodes_stops_somewhere(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET stream-node-max-entries 1");
    for (int i = 0; i < 250; i++)
        harness_send(h, "XADD s * a b");
    assert_reply(h, "XTRIM s MAXLEN ~ 10", ":100\r\n");
    assert_reply(h, "XTRIM s MAXLEN ~ 10 LIMIT 0", ":140\r\n");
}

static size_t usage_of(struct harness *h, const char *key)
{
    struct buf line = {0};
    buf_printf(&line, "MEMORY USAGE %s SAMPLES 0", key);
    size_t bytes = strtoul(harness_send(h, buf_cstring(&line)).data + 1, NULL, 10);
    buf_clear(&line);
    return bytes;
}

static void what_is_pending_takes_little(void **state)
{
    enum { COUNT = 1000 };
    struct harness *h = *state;
    for (int i = 0; i < COUNT; i++)
        harness_send(h, "XADD s * a b");
    harness_send(h, "XGROUP CREATE s g 0");
    size_t before = usage_of(h, "s");
    harness_send(h, "XREADGROUP GROUP g c STREAMS s >");
    assert_in_range(usage_of(h, "s") - before, COUNT * 20, COUNT * 52);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(what_is_no_stream_is_refused),
        HARNESS_TEST(the_last_id_is_that_of_the_last_entry_at_least),
        HARNESS_TEST(ids_are_read_as_c_reads_numbers),
        HARNESS_TEST(options_of_streams_are_checked),
        HARNESS_TEST(the_greatest_id_asks_for_what_is_new),
        HARNESS_TEST(many_streams_are_read),
        HARNESS_TEST(groups_are_told_as_maps),
        HARNESS_TEST(trimming_by_nodes_stops_somewhere),
        HARNESS_TEST(what_is_pending_takes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
