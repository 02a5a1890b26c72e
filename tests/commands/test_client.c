/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT, without TRACKING and its kin. */
#include "engine/events.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Whether what the line's command answers to `client` has `text` in it. */
static bool answer_has(struct harness *harness, struct client *client, const char *line, const char *text)
{
    struct bytes reply = harness_send_as(harness, client, line);
    return memmem(reply.data, reply.len, text, strlen(text));
}

/* How many lines of CLIENT LIST it answers. */
static int lines_listed(struct harness *harness, const char *line)
{
    struct bytes reply = harness_send(harness, line);
    int count = 0;
    for (size_t i = 0; i + 3 <= reply.len; i++)
        count += memcmp(reply.data + i, "id=", 3) == 0 && (i == 0 || reply.data[i - 1] == '\n');
    return count;
}

/* ---- what a client says of itself ---- */

static void ids_are_given_in_order(void **state)
{
    struct client *second = harness_client(*state);
    assert_reply(*state, "CLIENT ID", ":1\r\n");
    assert_reply_as(*state, second, "client id", ":2\r\n");
    assert_reply(*state, "CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command\r\n");
}

static void a_name_is_set_and_taken_away(void **state)
{
    assert_reply(*state, "CLIENT GETNAME", "$-1\r\n");
    assert_reply(*state, "CLIENT SETNAME worker-1", "+OK\r\n");
    assert_reply(*state, "CLIENT GETNAME", "$8\r\nworker-1\r\n");
    assert_reply(*state, "CLIENT SETNAME \"\"", "+OK\r\n");
    assert_reply(*state, "CLIENT GETNAME", "$-1\r\n");
}

static void a_name_is_one_word(void **state)
{
    static const char *const names[] = {"\"a b\"", "\"a\\n\"", "\"\\x00\"", "\"\\x7f\"", "\"\\xc3\\xa9\""};
    assert_reply(*state, "CLIENT SETNAME good", "+OK\r\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "CLIENT SETNAME %s", names[i]);
        assert_reply(*state, line,
                     "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    }
    assert_reply(*state, "CLIENT GETNAME", "$4\r\ngood\r\n");
}

static void a_library_introduces_itself(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "CLIENT SETINFO lib-name redis-py", "+OK\r\n");
    assert_reply(harness, "CLIENT SETINFO LIB-VER 5.0.1", "+OK\r\n");
    assert_true(answer_has(harness, harness->client, "CLIENT INFO", " lib-name=redis-py lib-ver=5.0.1\n"));
    assert_reply(harness, "CLIENT SETINFO LIB-VER \"\"", "+OK\r\n");
    assert_true(answer_has(harness, harness->client, "CLIENT INFO", " lib-name=redis-py lib-ver=\n"));
    assert_reply(harness, "CLIENT SETINFO lib-name \"redis py\"",
                 "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n");
    assert_reply(harness, "CLIENT SETINFO colour red", "-ERR Unrecognized option 'colour'\r\n");
    assert_reply(harness, "CLIENT SETINFO lib-name",
                 "-ERR wrong number of arguments for 'client|setinfo' command\r\n");
}

static void flags_are_switched(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "CLIENT NO-EVICT on", "+OK\r\n");
    assert_reply(harness, "CLIENT NO-TOUCH ON", "+OK\r\n");
    assert_true(answer_has(harness, harness->client, "CLIENT INFO", " flags=eT "));
    assert_reply(harness, "CLIENT NO-EVICT off", "+OK\r\n");
    assert_reply(harness, "CLIENT NO-TOUCH OFF", "+OK\r\n");
    assert_true(answer_has(harness, harness->client, "CLIENT INFO", " flags=N "));
    assert_reply(harness, "CLIENT NO-EVICT maybe", "-ERR syntax error\r\n");
    assert_reply(harness, "CLIENT NO-TOUCH maybe", "-ERR syntax error\r\n");
}

static void subcommands_that_are_none_are_refused(void **state)
{
    assert_reply(*state, "CLIENT", "-ERR wrong number of arguments for 'client' command\r\n");
    assert_reply(*state, "CLIENT NOSUCH", "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.\r\n");
    assert_reply(*state, "CLIENT pause 1 all x",
                 "-ERR unknown subcommand or wrong number of arguments for 'pause'. Try CLIENT HELP.\r\n");
    assert_reply(*state, "CLIENT UNBLOCK 1 error x",
                 "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.\r\n");
}

static void help_lists_every_subcommand(void **state)
{
    static const char *const names[] = {
        "CACHING", "GETNAME", "GETREDIR", "HELP",         "ID",      "INFO",
        "KILL",    "LIST",    "NO-EVICT", "NO-TOUCH",     "PAUSE",   "REPLY",
        "SETINFO", "SETNAME", "TRACKING", "TRACKINGINFO", "UNBLOCK", "UNPAUSE",
    };
    struct harness *harness = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "\r\n+%s", names[i]);
        assert_true(answer_has(harness, harness->client, "CLIENT HELP", text));
    }
}

/* ---- REPLY ---- */

static void one_reply_is_skipped(void **state)
{
    assert_reply(*state, "CLIENT REPLY SKIP\r\nECHO 1\r\nECHO 2", "$1\r\n2\r\n");
    assert_reply(*state, "CLIENT REPLY SKIP\r\nNOSUCH\r\nECHO 2", "$1\r\n2\r\n");
    assert_reply(*state, "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nECHO 1\r\nECHO 2", "$1\r\n2\r\n");
    assert_reply(*state, "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nECHO 2", "+OK\r\n$1\r\n2\r\n");
}

static void replies_are_off_until_they_are_on(void **state)
{
    assert_reply(*state, "CLIENT REPLY OFF", "");
    assert_reply(*state, "SET k v\r\nGET k\r\nNOSUCH", "");
    assert_reply(*state, "CLIENT REPLY SKIP\r\nCLIENT REPLY maybe", "");
    assert_reply(*state, "CLIENT REPLY ON", "+OK\r\n");
    assert_reply(*state, "GET k", "$1\r\nv\r\n");
    assert_reply(*state, "CLIENT REPLY maybe", "-ERR syntax error\r\n");
}

static void messages_come_through_the_silence(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "SUBSCRIBE c");
    harness_send(harness, "RESET");
    harness_send(harness, "HELLO 3");
    harness_send(harness, "CLIENT REPLY OFF");
    harness_send(harness, "SUBSCRIBE c");
    harness_send_as(harness, harness_client(harness), "PUBLISH c m");
    assert_sent(harness, harness->client, ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n");
}

/* ---- INFO and LIST ---- */

static void info_describes_the_client(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "CLIENT SETNAME me");
    harness_send(harness, "SELECT 3");
    assert_true(answer_has(harness, harness->client, "CLIENT INFO",
                           "id=1 addr=?:0 laddr=?:0 fd=-1 name=me age=0 "
                           "idle=0 flags=N db=3 sub=0 psub=0 ssub=0 "
                           "multi=-1 qbuf="));
    assert_true(answer_has(harness, harness->client, "CLIENT INFO",
                           " events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver=\n"));
    harness_send(harness, "HELLO 3");
    assert_int_equal(harness_send(harness, "CLIENT INFO").data[0], '=');
}

static void flags_stand_in_their_order(void **state)
{
    struct harness *harness = *state;
    struct client *client = harness_client(harness);
    harness_send_as(harness, client, "HELLO 3");
    harness_send_as(harness, client, "CLIENT TRACKING ON BCAST");
    harness_send_as(harness, client, "SUBSCRIBE c");
    harness_send_as(harness, client, "WATCH k");
    harness_send_as(harness, client, "MULTI");
    harness_send(harness, "SET k v");
    assert_true(answer_has(harness, harness->client, "CLIENT LIST ID 2", " flags=PxtBd "));
}

static void list_shows_who_is_asked_for(void **state)
{
    struct harness *harness = *state;
    struct client *subscriber = harness_client(harness);
    (void)harness_client(harness);
    harness_send_as(harness, subscriber, "SUBSCRIBE c");
    assert_int_equal(lines_listed(harness, "CLIENT LIST"), 3);
    assert_int_equal(lines_listed(harness, "CLIENT LIST TYPE normal"), 2);
    assert_int_equal(lines_listed(harness, "CLIENT LIST type PUBSUB"), 1);
    assert_reply(harness, "CLIENT LIST TYPE replica", "$0\r\n\r\n");
    assert_reply(harness, "CLIENT LIST TYPE slave", "$0\r\n\r\n");
    assert_reply(harness, "CLIENT LIST TYPE master", "$0\r\n\r\n");
    assert_int_equal(lines_listed(harness, "CLIENT LIST ID 3 77 1 1"), 3);
    assert_reply(harness, "CLIENT LIST ID -1 0 99", "$0\r\n\r\n");
}

static void list_refuses_what_it_does_not_understand(void **state)
{
    assert_reply(*state, "CLIENT LIST TYPE crowd", "-ERR Unknown client type 'crowd'\r\n");
    assert_reply(*state, "CLIENT LIST ID 1 one", "-ERR Invalid client ID\r\n");
    assert_reply(*state, "CLIENT LIST ID", "-ERR syntax error\r\n");
    assert_reply(*state, "CLIENT LIST TYPE normal pubsub", "-ERR syntax error\r\n");
    assert_reply(*state, "CLIENT LIST ALL", "-ERR syntax error\r\n");
}

/* Enough of them that the list is made in slices; two go while it is. */
static void a_long_list_is_complete(void **state)
{
    enum { COUNT = 3000 };
    struct harness *harness = *state;
    struct client *others[COUNT];
    struct bytes reply;

    for (int i = 0; i < COUNT; i++)
        others[i] = client_new_internal(harness->server);
    reply = harness_send(harness, "CLIENT LIST\r\nPING");
    assert_memory_equal(reply.data + reply.len - 7, "+PONG\r\n", 7);
    assert_int_equal(lines_listed(harness, "CLIENT LIST"), COUNT + 1);
    client_close(others[0]);
    client_close(others[COUNT - 1]);
    assert_int_equal(lines_listed(harness, "CLIENT LIST"), COUNT - 1);
    assert_reply(harness, "CLIENT REPLY SKIP\r\nCLIENT LIST\r\nPING", "+PONG\r\n");
    harness_send(harness, "MULTI");
    harness_send(harness, "CLIENT LIST");
    assert_int_equal(lines_listed(harness, "EXEC"), COUNT - 1);
}

/* ---- KILL ---- */

static void an_address_kills_the_client_that_has_it(void **state)
{
    struct harness *harness = *state;
    assert_string_equal(client_peer_name(harness->client), "?:0");
    harness->client->peer_name[0] = 'X';
    assert_reply(harness, "CLIENT KILL 1.2.3.4:5", "-ERR No such client\r\n");
    assert_reply(harness, "CLIENT KILL X:0", "+OK\r\n");
    assert_true(client_is_closing(harness->client));
}

static void filters_are_combined(void **state)
{
    struct harness *harness = *state;
    struct client *subscriber = harness_client(harness);
    (void)harness_client(harness);
    harness_send_as(harness, subscriber, "SUBSCRIBE c");
    assert_reply(harness, "CLIENT KILL ID 2 TYPE normal", ":0\r\n");
    assert_reply(harness, "CLIENT KILL ID 2 USER nobody", "-ERR No such user 'nobody'\r\n");
    assert_reply(harness, "CLIENT KILL ADDR ?:0 LADDR 1.2.3.4:5", ":0\r\n");
    assert_reply(harness, "CLIENT KILL USER default TYPE pubsub ADDR ?:0 laddr ?:0 ID 2", ":1\r\n");
    assert_int_equal(lines_listed(harness, "CLIENT LIST"), 2);
    assert_reply(harness, "CLIENT KILL TYPE normal", ":1\r\n");
    assert_int_equal(lines_listed(harness, "CLIENT LIST"), 1);
}

static void the_caller_is_spared_unless_it_says_otherwise(void **state)
{
    struct harness *harness = *state;
    (void)harness_client(harness);
    assert_reply(harness, "CLIENT KILL ID 1", ":0\r\n");
    assert_reply(harness, "CLIENT KILL USER default SKIPME yes", ":1\r\n");
    assert_reply(harness, "CLIENT KILL USER \"\"", "-ERR No such user ''\r\n");
    assert_reply(harness, "CLIENT KILL TYPE normal SKIPME no\r\nPING", ":1\r\n");
    assert_true(client_is_closing(harness->client));
}

static void kill_refuses_what_it_does_not_understand(void **state)
{
    assert_reply(*state, "CLIENT KILL", "-ERR wrong number of arguments for 'client|kill' command\r\n");
    assert_reply(*state, "CLIENT KILL ID 0", "-ERR client-id should be greater than 0\r\n");
    assert_reply(*state, "CLIENT KILL ID one", "-ERR client-id should be greater than 0\r\n");
    assert_reply(*state, "CLIENT KILL TYPE crowd", "-ERR Unknown client type 'crowd'\r\n");
    assert_reply(*state, "CLIENT KILL SKIPME maybe", "-ERR syntax error\r\n");
    assert_reply(*state, "CLIENT KILL ID 1 SKIPME", "-ERR syntax error\r\n");
    assert_reply(*state, "CLIENT KILL MAXAGE 1", "-ERR syntax error\r\n");
}

/* ---- PAUSE ---- */

static void a_pause_holds_up_everybody_for_its_time(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    assert_reply(harness, "CLIENT PAUSE 100", "+OK\r\n");
    assert_reply(harness, "PING\r\nPING", "");
    assert_reply_as(harness, other, "SET k v", "");
    assert_int_equal(harness->server->blocked_count, 2);
    harness_advance(harness, 99);
    assert_sent(harness, other, "");
    harness_advance(harness, 1);
    assert_sent(harness, other, "+OK\r\n");
    assert_sent(harness, harness->client, "+PONG\r\n+PONG\r\n");
    assert_int_equal(harness->server->blocked_count, 0);
}

static void after_a_pause_requests_run_in_the_order_they_came_in(void **state)
{
    struct harness *harness = *state;
    struct client *younger = harness_client(harness), *youngest = harness_client(harness);
    assert_reply(harness, "CLIENT PAUSE 100", "+OK\r\n");
    assert_reply_as(harness, youngest, "APPEND k 1", "");
    assert_reply(harness, "APPEND k 2\r\nAPPEND k 4", "");
    assert_reply_as(harness, younger, "APPEND k 3", "");
    harness_advance(harness, 100);
    assert_sent(harness, youngest, ":1\r\n");
    assert_sent(harness, younger, ":4\r\n");
    assert_sent(harness, harness->client, ":2\r\n:3\r\n");
    assert_reply(harness, "GET k", "$4\r\n1243\r\n");
}

static void a_pause_of_writes_lets_reads_pass(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    assert_reply(harness, "CLIENT PAUSE 100000 write", "+OK\r\n");
    assert_reply_as(harness, other, "GET k", "$-1\r\n");
    assert_reply_as(harness, other, "MULTI\r\nGET k\r\nEXEC", "+OK\r\n+QUEUED\r\n*1\r\n$-1\r\n");
    assert_reply_as(harness, other, "SET k", "-ERR wrong number of arguments for 'set' command\r\n");
    assert_reply_as(harness, other, "PUBLISH c m", "");
    assert_true(answer_has(harness, harness->client, "CLIENT LIST ID 2", " flags=b "));
    assert_reply(harness, "CLIENT UNPAUSE", "+OK\r\n");
    assert_sent(harness, other, ":0\r\n");
    assert_reply(harness, "SET k v", "+OK\r\n");
}

static void exec_is_held_up_for_what_is_in_its_queue(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    harness_send_as(harness, other, "MULTI\r\nSET k v");
    harness_send(harness, "CLIENT PAUSE 100000 WRITE");
    assert_reply_as(harness, other, "EXEC", "");
    assert_reply(harness, "CLIENT UNPAUSE", "+OK\r\n");
    assert_sent(harness, other, "*1\r\n+OK\r\n");
}

static void a_pause_becomes_longer_and_stricter_only(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    assert_reply(harness, "CLIENT PAUSE 100 WRITE\r\nCLIENT PAUSE 10 ALL", "+OK\r\n+OK\r\n");
    assert_reply_as(harness, other, "PING", "");
    harness_advance(harness, 99);
    assert_sent(harness, other, "");
    harness_advance(harness, 1);
    assert_sent(harness, other, "+PONG\r\n");
    /* The next one starts anew. */
    assert_reply(harness, "CLIENT PAUSE 100 WRITE", "+OK\r\n");
    assert_reply_as(harness, other, "PING", "+PONG\r\n");
}

/* What has expired meanwhile is there for readers until the pause has ended, and for writers it isn't. */
static void who_comes_when_its_time_is_up_waits_for_its_end(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "HSET h f v\r\nHPEXPIRE h 50 FIELDS 1 f", ":1\r\n*1\r\n:1\r\n");
    assert_reply(harness, "CLIENT PAUSE 100 WRITE", "+OK\r\n");
    harness->server->clock.mono_ms += 100;
    assert_reply(harness, "PEXPIRE h -5", ":0\r\n");
}

static void who_goes_away_does_not_wait_any_more(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    harness_send(harness, "CLIENT PAUSE 1000 WRITE");
    assert_reply_as(harness, other, "SET k v", "");
    assert_reply(harness, "CLIENT KILL ID 2", ":1\r\n");
    assert_int_equal(harness->server->blocked_count, 0);
    assert_reply(harness, "CLIENT UNPAUSE", "+OK\r\n");
    assert_reply(harness, "GET k", "$-1\r\n");
}

static void nothing_expires_in_a_pause(void **state)
{
    struct harness *harness = *state;
    const struct store_stats *stats = store_stats(harness->server->store);
    assert_reply(harness, "SET k v PX 10", "+OK\r\n");
    assert_reply(harness, "CLIENT PAUSE 1000 WRITE", "+OK\r\n");
    harness_advance(harness, 20);
    assert_reply(harness, "GET k", "$-1\r\n");
    assert_reply(harness, "EXISTS k", ":0\r\n");
    assert_reply(harness, "KEYS *", "*0\r\n");
    assert_reply(harness, "DBSIZE", ":1\r\n");
    assert_reply(harness, "RANDOMKEY", "$1\r\nk\r\n");
    assert_int_equal(stats->expired, 0);
    harness_advance(harness, 1000);
    assert_reply(harness, "DBSIZE", ":0\r\n");
    assert_int_equal(stats->expired, 1);
}

static void what_a_pause_held_happens_when_it_ends(void **state)
{
    struct harness *harness = *state;
    struct client *listener = harness_client(harness);
    harness->server->notify_classes = events_parse_classes("Ex");
    harness_send_as(harness, listener, "SUBSCRIBE __keyevent@0__:expired");
    for (int i = 0; i < 2; i++) {
        assert_reply(harness, "SET session:1 v PX 10", "+OK\r\n");
        assert_reply(harness, "CLIENT PAUSE 1000 WRITE", "+OK\r\n");
        harness_advance(harness, 20);
        assert_reply(harness, "TTL session:1", ":-2\r\n");
        assert_reply_as(harness, listener, "PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
        if (i == 0)
            assert_reply(harness, "CLIENT UNPAUSE", "+OK\r\n");
        harness_advance(harness, i == 0 ? 1 : 1000);
        assert_sent(harness, listener,
                    "*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$9\r\nsession:1\r\n");
        assert_reply(harness, "DBSIZE", ":0\r\n");
    }
    assert_int_equal(store_stats(harness->server->store)->expired, 2);
    assert_true(reply_has(harness_send(harness, "INFO stats"), "\r\nexpired_keys:2\r\n"));
}

static void pauses_have_a_time_and_a_mode(void **state)
{
    assert_reply(*state, "CLIENT PAUSE 0", "+OK\r\n");
    assert_reply(*state, "SET k v", "+OK\r\n");
    assert_reply(*state, "CLIENT PAUSE soon", "-ERR timeout is not an integer or out of range\r\n");
    assert_reply(*state, "CLIENT PAUSE -1", "-ERR timeout is negative\r\n");
    assert_reply(*state, "CLIENT PAUSE 9223372036854775807", "-ERR timeout is out of range\r\n");
    assert_reply(*state, "CLIENT PAUSE 1 READ", "-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n");
    assert_reply(*state, "CLIENT UNPAUSE", "+OK\r\n");
}

/* ---- UNBLOCK ---- */

static void a_wait_is_ended_as_by_its_timeout(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    assert_reply_as(harness, other, "WAIT 1 0\r\nPING", "");
    assert_reply(harness, "CLIENT UNBLOCK 2", ":1\r\n");
    assert_sent(harness, other, ":0\r\n+PONG\r\n");
    assert_reply_as(harness, other, "WAIT 1 1000", "");
    assert_reply(harness, "CLIENT UNBLOCK 2 timeout", ":1\r\n");
    assert_sent(harness, other, ":0\r\n");
    harness_advance(harness, 2000);
    assert_sent(harness, other, "");
    assert_int_equal(harness->server->blocked_count, 0);
}

static void a_wait_is_ended_by_an_error(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    assert_reply_as(harness, other, "WAIT 1 0\r\nPING", "");
    assert_reply(harness, "CLIENT UNBLOCK 2 ERROR", ":1\r\n");
    assert_sent(harness, other, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n+PONG\r\n");
    assert_int_equal(harness->server->blocked_count, 0);
}

static void who_does_not_wait_cannot_be_unblocked(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    assert_reply(harness, "CLIENT UNBLOCK 1", ":0\r\n");
    assert_reply(harness, "CLIENT UNBLOCK 2 ERROR", ":0\r\n");
    assert_reply(harness, "CLIENT UNBLOCK 77", ":0\r\n");
    harness_send(harness, "CLIENT PAUSE 1000 WRITE");
    assert_reply_as(harness, other, "SET k v", "");
    assert_reply(harness, "CLIENT UNBLOCK 2", ":0\r\n");
    assert_reply(harness, "CLIENT UNBLOCK two", "-ERR value is not an integer or out of range\r\n");
    assert_reply(harness, "CLIENT UNBLOCK 2 NOW",
                 "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(ids_are_given_in_order),
        HARNESS_TEST(a_name_is_set_and_taken_away),
        HARNESS_TEST(a_name_is_one_word),
        HARNESS_TEST(a_library_introduces_itself),
        HARNESS_TEST(flags_are_switched),
        HARNESS_TEST(subcommands_that_are_none_are_refused),
        HARNESS_TEST(help_lists_every_subcommand),
        HARNESS_TEST(one_reply_is_skipped),
        HARNESS_TEST(replies_are_off_until_they_are_on),
        HARNESS_TEST(messages_come_through_the_silence),
        HARNESS_TEST(info_describes_the_client),
        HARNESS_TEST(flags_stand_in_their_order),
        HARNESS_TEST(list_shows_who_is_asked_for),
        HARNESS_TEST(list_refuses_what_it_does_not_understand),
        HARNESS_TEST(a_long_list_is_complete),
        HARNESS_TEST(an_address_kills_the_client_that_has_it),
        HARNESS_TEST(filters_are_combined),
        HARNESS_TEST(the_caller_is_spared_unless_it_says_otherwise),
        HARNESS_TEST(kill_refuses_what_it_does_not_understand),
        HARNESS_TEST(a_pause_holds_up_everybody_for_its_time),
        HARNESS_TEST(after_a_pause_requests_run_in_the_order_they_came_in),
        HARNESS_TEST(a_pause_of_writes_lets_reads_pass),
        HARNESS_TEST(exec_is_held_up_for_what_is_in_its_queue),
        HARNESS_TEST(a_pause_becomes_longer_and_stricter_only),
        HARNESS_TEST(who_comes_when_its_time_is_up_waits_for_its_end),
        HARNESS_TEST(who_goes_away_does_not_wait_any_more),
        HARNESS_TEST(nothing_expires_in_a_pause),
        HARNESS_TEST(what_a_pause_held_happens_when_it_ends),
        HARNESS_TEST(pauses_have_a_time_and_a_mode),
        HARNESS_TEST(a_wait_is_ended_as_by_its_timeout),
        HARNESS_TEST(a_wait_is_ended_by_an_error),
        HARNESS_TEST(who_does_not_wait_cannot_be_unblocked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
