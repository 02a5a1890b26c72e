/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams: XINFO, and what commands refuse. */
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BAD_ID     "-ERR Invalid stream ID specified as stream command argument\r\n"
#define NO_INTEGER "-ERR value is not an integer or out of range\r\n"
#define SYNTAX     "-ERR syntax error\r\n"
#define NO_KEY     "-ERR no such key\r\n"
#define TRY_HELP   "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.\r\n"

/* Entries 1-1 and 3-1, between them one that was deleted. One of two groups has read the first. */
static void prepare(struct harness *h)
{
    (void)harness_send(h, "XADD k 1-1 a b");
    (void)harness_send(h, "XADD k 2-1 a b");
    (void)harness_send(h, "XADD k 3-1 a b");
    (void)harness_send(h, "XDEL k 2-1");
    (void)harness_send(h, "XGROUP CREATE k g 0");
    (void)harness_send(h, "XGROUP CREATE k h 1-1 ENTRIESREAD 1");
    (void)harness_send(h, "XGROUP CREATECONSUMER k g idle");
    (void)harness_send(h, "XREADGROUP GROUP g c COUNT 1 STREAMS k >");
    (void)harness_send(h, "SET text x");
    harness_advance(h, 50);
}

/* ---- XINFO ---- */

static void a_stream_is_shown_in_short(void **state)
{
    struct harness *h = *state;
    prepare(h);
    assert_reply(h, "XINFO STREAM k",
                 "*20\r\n$6\r\nlength\r\n:2\r\n$15\r\nradix-tree-keys\r\n:1\r\n$16\r\nradix-tree-nodes\r\n:"
                 "2\r\n$17\r\nlast-generated-id\r\n$3\r\n3-1\r\n$20\r\nmax-deleted-entry-id\r\n$3\r\n2-1\r\n$"
                 "13\r\nentries-added\r\n:3\r\n$23\r\nrecorded-first-entry-id\r\n$3\r\n1-1\r\n$"
                 "6\r\ngroups\r\n:2\r\n$11\r\nfirst-entry\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$"
                 "10\r\nlast-entry\r\n*2\r\n$3\r\n3-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

#define FACTS_OF_ALL                                                                                      \
    "*18\r\n$6\r\nlength\r\n:2\r\n$15\r\nradix-tree-keys\r\n:1\r\n$16\r\nradix-tree-nodes\r\n:2\r\n$"     \
    "17\r\nlast-generated-id\r\n$3\r\n3-1\r\n$20\r\nmax-deleted-entry-id\r\n$3\r\n2-1\r\n$13\r\nentries-" \
    "added\r\n:3\r\n$23\r\nrecorded-first-entry-id\r\n$3\r\n1-1\r\n"
#define GROUP_G                                                                                              \
    "*14\r\n$4\r\nname\r\n$1\r\ng\r\n$17\r\nlast-delivered-id\r\n$3\r\n1-1\r\n$12\r\nentries-read\r\n$-"     \
    "1\r\n$3\r\nlag\r\n$-1\r\n$9\r\npel-count\r\n:1\r\n$7\r\npending\r\n*1\r\n*4\r\n$3\r\n1-1\r\n$"          \
    "1\r\nc\r\n:1700000000000\r\n:1\r\n$9\r\nconsumers\r\n*2\r\n*10\r\n$4\r\nname\r\n$1\r\nc\r\n$9\r\nseen-" \
    "time\r\n:1700000000000\r\n$11\r\nactive-time\r\n:1700000000000\r\n$9\r\npel-count\r\n:1\r\n$"           \
    "7\r\npending\r\n*1\r\n*3\r\n$3\r\n1-1\r\n:1700000000000\r\n:1\r\n*10\r\n$4\r\nname\r\n$4\r\nidle\r\n$"  \
    "9\r\nseen-time\r\n:1700000000000\r\n$11\r\nactive-time\r\n:-1\r\n$9\r\npel-count\r\n:0\r\n$"            \
    "7\r\npending\r\n*0\r\n"
#define GROUP_H                                                                                         \
    "*14\r\n$4\r\nname\r\n$1\r\nh\r\n$17\r\nlast-delivered-id\r\n$3\r\n1-1\r\n$12\r\nentries-read\r\n:" \
    "1\r\n$3\r\nlag\r\n$-1\r\n$9\r\npel-count\r\n:0\r\n$7\r\npending\r\n*0\r\n$9\r\nconsumers\r\n*0\r\n"

static void a_stream_is_shown_in_full(void **state)
{
    struct harness *h = *state;
    prepare(h);
    assert_reply(h, "XINFO STREAM k FULL",
                 FACTS_OF_ALL "$7\r\nentries\r\n*2\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$"
                              "3\r\n3-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"
                              "$6\r\ngroups\r\n*2\r\n" GROUP_G GROUP_H);
    assert_reply(h, "XINFO STREAM k FULL COUNT 1",
                 FACTS_OF_ALL "$7\r\nentries\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"
                              "$6\r\ngroups\r\n*2\r\n" GROUP_G GROUP_H);
}

/* How many there are is told of all. */
static void so_much_is_shown_of_what_is_pending(void **state)
{
    struct harness *h = *state;
    prepare(h);
    (void)harness_send(h, "XADD k 4-1 a b");
    (void)harness_send(h, "XREADGROUP GROUP g c STREAMS k >");
    struct bytes reply = harness_send(h, "XINFO STREAM k FULL COUNT 2");
    assert_true(reply_has(reply, "pel-count\r\n:3\r\n$7\r\npending\r\n*2\r\n*4\r\n$3\r\n1-1\r\n$1\r\nc\r\n"));
    assert_true(reply_has(reply, "pel-count\r\n:3\r\n$7\r\npending\r\n*2\r\n*3\r\n$3\r\n1-1\r\n:17"));
    reply = harness_send(h, "XINFO STREAM k FULL COUNT 0");
    assert_true(reply_has(reply, "pel-count\r\n:3\r\n$7\r\npending\r\n*3\r\n"));
}

static void groups_are_shown(void **state)
{
    struct harness *h = *state;
    prepare(h);
    assert_reply(h, "XINFO GROUPS k",
                 "*2\r\n*12\r\n$4\r\nname\r\n$1\r\ng\r\n$9\r\nconsumers\r\n:2\r\n$7\r\npending\r\n:1\r\n$"
                 "17\r\nlast-delivered-id\r\n$3\r\n1-1\r\n$12\r\nentries-read\r\n$-1\r\n$3\r\nlag\r\n$-1\r\n*"
                 "12\r\n$4\r\nname\r\n$1\r\nh\r\n$9\r\nconsumers\r\n:0\r\n$7\r\npending\r\n:0\r\n$17\r\nlast-"
                 "delivered-id\r\n$3\r\n1-1\r\n$12\r\nentries-read\r\n:1\r\n$3\r\nlag\r\n$-1\r\n");
    assert_reply(h, "XGROUP SETID k g 3-1 ENTRIESREAD 2", "+OK\r\n");
    assert_true(reply_has(harness_send(h, "XINFO GROUPS k"), "entries-read\r\n:2\r\n$3\r\nlag\r\n:1\r\n"));
}

static void consumers_are_shown_with_their_times(void **state)
{
    struct harness *h = *state;
    prepare(h);
    assert_reply(h, "XINFO CONSUMERS k g",
                 "*2\r\n*8\r\n$4\r\nname\r\n$1\r\nc\r\n$7\r\npending\r\n:1\r\n$4\r\nidle\r\n:50\r\n$"
                 "8\r\ninactive\r\n:50\r\n*8\r\n$4\r\nname\r\n$4\r\nidle\r\n$7\r\npending\r\n:0\r\n$"
                 "4\r\nidle\r\n:50\r\n$8\r\ninactive\r\n:-1\r\n");
}

static void a_stream_that_never_had_entries_has_none_to_show(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "XGROUP CREATE empty g $ MKSTREAM");
    assert_true(reply_has(harness_send(h, "XINFO STREAM empty"),
                          "first-entry\r\n$-1\r\n$10\r\nlast-entry\r\n$-1\r\n"));
    assert_true(
        reply_has(harness_send(h, "XINFO GROUPS empty"), "entries-read\r\n$-1\r\n$3\r\nlag\r\n:0\r\n"));
}

/* ---- what is refused ---- */

struct refusal {
    const char *line, *reply;
};

static void assert_refused(struct harness *h, const struct refusal *refusals, size_t count)
{
    prepare(h);
    for (size_t i = 0; i < count; i++)
        harness_assert(harness_send(h, refusals[i].line), bytes_of(refusals[i].reply), refusals[i].line,
                       __FILE__, __LINE__);
    /* Nothing of it was done. */
    assert_true(reply_has(harness_send(h, "XINFO STREAM k"), "last-generated-id\r\n$3\r\n3-1\r\n"));
    assert_reply(h, "XPENDING k g",
                 "*4\r\n:1\r\n$3\r\n1-1\r\n$3\r\n1-1\r\n*1\r\n*2\r\n$1\r\nc\r\n$1\r\n1\r\n");
    assert_reply(h, "XLEN k", ":2\r\n");
}

#define ASSERT_REFUSED(h, refusals) assert_refused((h), (refusals), sizeof(refusals) / sizeof *(refusals))

static void adding_and_trimming_take_what_they_know(void **state)
{
    static const struct refusal refusals[] = {
        {"XADD k MAXLEN -1 * a b", "-ERR The MAXLEN argument must be >= 0.\r\n"},
        {"XADD k MAXLEN ~ 1 LIMIT -1 * a b", "-ERR The LIMIT argument must be >= 0.\r\n"},
        {"XADD k MAXLEN 1 LIMIT 1 * a b",
         "-ERR syntax error, LIMIT cannot be used without the special ~ option\r\n"},
        {"XTRIM k NOSUCH 1", SYNTAX},
        {"XTRIM k LIMIT 1",
         "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy\r\n"},
        {"XADD k MAXLEN 1 MINID 1 * a b",
         "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible\r\n"},
        {"XADD k MAXLEN x * a b", NO_INTEGER},
        {"XADD k MINID x * a b", BAD_ID},
        {"XSETID k x", BAD_ID},
        {"XSETID k 1-1", "-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id\r\n"},
        {"XSETID k 5-1 ENTRIESADDED -1", "-ERR entries_added must be positive\r\n"},
        {"XSETID k 5-1 ENTRIESADDED x", NO_INTEGER},
        {"XSETID k 5-1 ENTRIESADDED 0 MAXDELETEDID 6-1",
         "-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id\r\n"},
        {"XSETID k 5-1 ENTRIESADDED 0 MAXDELETEDID x", BAD_ID},
        {"XSETID k 5-1 NOSUCH 1", SYNTAX},
        {"XSETID k 5-1 ENTRIESADDED 0",
         "-ERR The entries_added specified in XSETID is smaller than the target stream length\r\n"},
    };
    ASSERT_REFUSED(*state, refusals);
}

static void ranges_take_what_they_know(void **state)
{
    static const struct refusal refusals[] = {
        {"XRANGE k (x 3", BAD_ID},
        {"XRANGE k (18446744073709551615-18446744073709551615 +",
         "-ERR invalid start ID for the interval\r\n"},
        {"XRANGE k - (0-0", "-ERR invalid end ID for the interval\r\n"},
        {"XRANGE k x +", BAD_ID},
        {"XRANGE k - x", BAD_ID},
        {"XRANGE k - + COUNT x", NO_INTEGER},
        {"XRANGE k - + NOSUCH 1", SYNTAX},
        {"XACK k g x", BAD_ID},
        {"XDEL k x", BAD_ID},
    };
    ASSERT_REFUSED(*state, refusals);
}

static void reading_take_what_they_know(void **state)
{
    static const struct refusal refusals[] = {
        {"XREAD COUNT x STREAMS k 0", NO_INTEGER},
        {"XREAD BLOCK x STREAMS k 0", "-ERR timeout is not an integer or out of range\r\n"},
        {"XREAD STREAMS k", "-ERR wrong number of arguments for 'xread' command\r\n"},
        {"XREAD STREAMS k a 0",
         "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.\r\n"},
        {"XREAD NOSUCH STREAMS k 0", SYNTAX},
        {"XREAD COUNT 1", "-ERR wrong number of arguments for 'xread' command\r\n"},
        {"XREAD STREAMS k >", "-ERR The > ID can be specified only when calling XREADGROUP using the GROUP "
                              "<group> <consumer> option.\r\n"},
        {"XREADGROUP GROUP g c STREAMS k $",
         "-ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
         "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just "
         "return an empty result set.\r\n"},
        {"XREADGROUP GROUP nosuch c STREAMS k >",
         "-NOGROUP No such key 'k' or consumer group 'nosuch' in XREADGROUP with GROUP option\r\n"},
        {"XREADGROUP STREAMS k >", "-ERR wrong number of arguments for 'xreadgroup' command\r\n"},
        {"XREAD GROUP g c STREAMS k >",
         "-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.\r\n"},
        {"XREAD NOACK STREAMS k >",
         "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.\r\n"},
        {"XREADGROUP GROUP g c STREAMS k x", BAD_ID},
        {"XREAD STREAMS k x", BAD_ID},
    };
    ASSERT_REFUSED(*state, refusals);
}

static void claiming_and_what_is_pending_take_what_they_know(void **state)
{
    static const struct refusal refusals[] = {
        {"XCLAIM k g c x 1-1", "-ERR Invalid min-idle-time argument for XCLAIM\r\n"},
        {"XCLAIM k g c 0 x", "-ERR Unrecognized XCLAIM option 'x'\r\n"},
        {"XCLAIM k g c 0 1-1 IDLE x", "-ERR Invalid IDLE option argument for XCLAIM\r\n"},
        {"XCLAIM k g c 0 1-1 TIME x", "-ERR Invalid TIME option argument for XCLAIM\r\n"},
        {"XCLAIM k g c 0 1-1 RETRYCOUNT x", "-ERR Invalid RETRYCOUNT option argument for XCLAIM\r\n"},
        {"XCLAIM k g c 0 1-1 LASTID x", BAD_ID},
        {"XCLAIM k g c 0 1-1 NOSUCH", "-ERR Unrecognized XCLAIM option 'NOSUCH'\r\n"},
        {"XCLAIM k nosuch c 0 1-1", "-NOGROUP No such key 'k' or consumer group 'nosuch'\r\n"},
        {"XPENDING k nosuch", "-NOGROUP No such key 'k' or consumer group 'nosuch'\r\n"},
        {"XPENDING k g IDLE", SYNTAX},
        {"XPENDING k g IDLE x - + 1", NO_INTEGER},
        {"XPENDING k g IDLE 1 - +", SYNTAX},
        {"XPENDING k g x + 1", BAD_ID},
        {"XPENDING k g - + x", NO_INTEGER},
        {"XAUTOCLAIM k g c x 0", "-ERR Invalid min-idle-time argument for XAUTOCLAIM\r\n"},
        {"XAUTOCLAIM k g c 0 x", BAD_ID},
        {"XAUTOCLAIM k g c 0 0 COUNT 0", "-ERR COUNT must be > 0\r\n"},
        {"XAUTOCLAIM k g c 0 0 COUNT x", "-ERR COUNT must be > 0\r\n"},
        {"XAUTOCLAIM k g c 0 0 NOSUCH", SYNTAX},
    };
    ASSERT_REFUSED(*state, refusals);
}

static void groups_of_consumers_take_what_they_know(void **state)
{
    static const struct refusal refusals[] = {
        {"XINFO STREAM k FULL COUNT", TRY_HELP},
        {"XINFO STREAM k FULL COUNT x", NO_INTEGER},
        {"XINFO STREAM k NOSUCH", TRY_HELP},
        {"XINFO STREAM k FULL COUNT 1 2", TRY_HELP},
        {"XINFO STREAM k FULL NOSUCH 1", TRY_HELP},
        {"XINFO CONSUMERS k nosuch", "-NOGROUP No such consumer group 'nosuch' for key name 'k'\r\n"},
        {"XINFO CONSUMERS nosuch g", NO_KEY},
        {"XINFO GROUPS nosuch", NO_KEY},
        {"XINFO STREAM text", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"},
        {"XGROUP CREATE k new 0 ENTRIESREAD x", NO_INTEGER},
        {"XGROUP CREATE k new 0 ENTRIESREAD -2", "-ERR value for ENTRIESREAD must be positive or -1\r\n"},
        {"XGROUP CREATE k new x", BAD_ID},
        {"XGROUP CREATE k new 0 NOSUCH",
         "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.\r\n"},
        {"XGROUP CREATE k new 0 ENTRIESREAD",
         "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.\r\n"},
        {"XGROUP CREATE k g 0", "-BUSYGROUP Consumer Group name already exists\r\n"},
        {"XGROUP CREATE nosuch g 0",
         "-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
         "MKSTREAM option to create an empty stream automatically.\r\n"},
        {"XGROUP SETID k nosuch 0", "-NOGROUP No such consumer group 'nosuch' for key name 'k'\r\n"},
        {"XGROUP SETID k g x", BAD_ID},
        {"XGROUP DELCONSUMER k nosuch c", "-NOGROUP No such consumer group 'nosuch' for key name 'k'\r\n"},
        {"XGROUP CREATECONSUMER k nosuch c", "-NOGROUP No such consumer group 'nosuch' for key name 'k'\r\n"},
    };
    ASSERT_REFUSED(*state, refusals);
}

static void what_is_harmless_is_let_pass(void **state)
{
    struct harness *h = *state;
    prepare(h);
    assert_reply(h, "XREAD COUNT -1 STREAMS k 1-1",
                 "*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n3-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(h, "XPENDING k g - + -1", "*0\r\n");
    assert_reply(h, "XPENDING k g - + 1 nosuch", "*0\r\n");
    assert_reply(h, "XPENDING k g IDLE 50 - + 1", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nc\r\n:50\r\n:1\r\n");
    assert_reply(h, "XPENDING k g IDLE 51 - + 1", "*0\r\n");
    assert_reply(h, "XCLAIM k g d 51 1-1", "*0\r\n");
    assert_reply(h, "XCLAIM k g d -5 1-1 JUSTID", "*1\r\n$3\r\n1-1\r\n");
    assert_reply(h, "XREADGROUP GROUP g d COUNT 1 STREAMS k 0",
                 "*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(h, "XGROUP SETID k h 1-1 ENTRIESREAD 0", "+OK\r\n");
    assert_reply(h, "XGROUP DESTROY k nosuch", ":0\r\n");
    assert_reply(h, "XGROUP DELCONSUMER k g nosuch", ":0\r\n");
    assert_reply(h, "XGROUP CREATECONSUMER k g idle", ":0\r\n");
    assert_reply(h, "XACK k nosuch 1-1", ":0\r\n");
    assert_reply(h, "XDEL nosuch 1-1", ":0\r\n");
    assert_reply(h, "XLEN nosuch", ":0\r\n");
}

/* Who hears of it again is told that it is gone; who claims it never hears of it again. */
static void a_deleted_entry_that_is_pending_is_shown_without_fields(void **state)
{
    struct harness *h = *state;
    prepare(h);
    assert_reply(h, "XDEL k 1-1", ":1\r\n");
    assert_reply(h, "XREADGROUP GROUP g c STREAMS k 0",
                 "*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*-1\r\n");
    assert_reply(h, "XCLAIM k g c 0 1-1", "*0\r\n");
    assert_reply(h, "XPENDING k g", "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n");
}

static void claims_set_times_and_counts(void **state)
{
    struct harness *h = *state;
    prepare(h);
    (void)harness_send(h, "XCLAIM k g d 0 1-1 IDLE 7000 RETRYCOUNT 4");
    assert_reply(h, "XPENDING k g - + 1", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:7000\r\n:4\r\n");
    (void)harness_send(h, "XCLAIM k g d 0 1-1 TIME 1699999999050 JUSTID");
    assert_reply(h, "XPENDING k g - + 1", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:1000\r\n:4\r\n");
    /* Nothing was delivered in the future, nor before all time. */
    (void)harness_send(h, "XCLAIM k g d 0 1-1 TIME 1800000000000");
    assert_reply(h, "XPENDING k g - + 1", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:0\r\n:5\r\n");
    (void)harness_send(h, "XCLAIM k g d 0 1-1 IDLE -9223372036854775807 FORCE");
    assert_reply(h, "XPENDING k g - + 1", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:0\r\n:6\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(a_stream_is_shown_in_short),
        HARNESS_TEST(a_stream_is_shown_in_full),
        HARNESS_TEST(so_much_is_shown_of_what_is_pending),
        HARNESS_TEST(groups_are_shown),
        HARNESS_TEST(consumers_are_shown_with_their_times),
        HARNESS_TEST(a_stream_that_never_had_entries_has_none_to_show),
        HARNESS_TEST(adding_and_trimming_take_what_they_know),
        HARNESS_TEST(ranges_take_what_they_know),
        HARNESS_TEST(reading_take_what_they_know),
        HARNESS_TEST(claiming_and_what_is_pending_take_what_they_know),
        HARNESS_TEST(groups_of_consumers_take_what_they_know),
        HARNESS_TEST(what_is_harmless_is_let_pass),
        HARNESS_TEST(a_deleted_entry_that_is_pending_is_shown_without_fields),
        HARNESS_TEST(claims_set_times_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
