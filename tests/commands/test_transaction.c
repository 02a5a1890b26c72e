/* SPDX-License-Identifier: BSD-3-Clause */
/* Transactions: queues, and what aborts them. */
#include "engine/transaction.h"
#include "proto/resp_read.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OK     "+OK\r\n"
#define QUEUED "+QUEUED\r\n"

static void queue_runs_at_exec(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "SET k 1", QUEUED);
    assert_reply(h, "INCR k", QUEUED);
    assert_reply(h, "GET k", QUEUED);
    assert_reply(h, "LCS", "-ERR wrong number of arguments for 'lcs' command\r\n");
    assert_reply_as(h, other, "GET k", "$-1\r\n");
    assert_reply(h, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "SET k 1", QUEUED);
    assert_reply(h, "INCR k", QUEUED);
    assert_reply(h, "GET k", QUEUED);
    assert_reply(h, "EXEC", "*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n");
    assert_reply(h, "EXEC", "-ERR EXEC without MULTI\r\n");
}

static void error_while_running_does_not_stop_the_rest(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k text");
    harness_send(h, "MULTI");
    harness_send(h, "INCR k");
    harness_send(h, "STRLEN k");
    assert_reply(h, "EXEC", "*2\r\n-ERR value is not an integer or out of range\r\n:4\r\n");
}

static void empty_transaction_answers_an_empty_array(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    assert_reply(h, "EXEC", "*0\r\n");
    assert_null(h->client->transaction);
}

static void discard_forgets_queue_and_watches(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "DISCARD", "-ERR DISCARD without MULTI\r\n");
    harness_send(h, "WATCH k");
    harness_send(h, "MULTI");
    harness_send(h, "SET k 1");
    assert_reply(h, "DISCARD", OK);
    assert_null(h->client->transaction);
    harness_send_as(h, other, "SET k 2");
    harness_send(h, "MULTI");
    harness_send(h, "GET k");
    assert_reply(h, "EXEC", "*1\r\n$1\r\n2\r\n");
}

static void multi_and_watch_do_not_nest(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    assert_reply(h, "MULTI", "-ERR MULTI calls can not be nested\r\n");
    assert_reply(h, "WATCH k", "-ERR WATCH inside MULTI is not allowed\r\n");
    harness_send(h, "STRLEN k");
    assert_reply(h, "EXEC", "*1\r\n:0\r\n");
}

static void unknown_command_aborts(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    assert_reply(h, "NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n");
    assert_reply(h, "SET k v", QUEUED);
    assert_reply(h, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    assert_reply(h, "GET k", "$-1\r\n");
}

static void refused_exec_ends_the_transaction(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SET k v");
    assert_reply(
        h, "EXEC now",
        "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\r\n");
    assert_reply(h, "EXEC", "-ERR EXEC without MULTI\r\n");
}

static void be_short_of_memory(struct harness *h, bool is_short)
{
    h->server->config->maxmemory = is_short;
    harness_run(h);
}

static void queue_that_needs_memory_is_refused_when_there_is_none(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SET k v");
    be_short_of_memory(h, true);
    assert_reply(h, "EXEC",
                 "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
                 "'maxmemory'. maxmemory-policy is noeviction.\r\n");
    harness_send(h, "MULTI");
    assert_reply(
        h, "GET k",
        "-OOM command not allowed when used memory > 'maxmemory'. maxmemory-policy is noeviction.\r\n");
    assert_reply(h, "DISCARD", OK);
    harness_send(h, "MULTI");
    be_short_of_memory(h, false);
    harness_send(h, "GET k");
    be_short_of_memory(h, true);
    assert_reply(h, "EXEC", "*1\r\n$-1\r\n");
}

static void exec_while_loading_runs_only_what_may_run(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "GET k");
    h->server->status.is_loading = true;
    assert_reply(h, "EXEC",
                 "-EXECABORT Transaction discarded because of: LOADING Redis is loading the dataset in "
                 "memory\r\n");
    harness_send(h, "MULTI");
    assert_reply(h, "PUBLISH c x", QUEUED);
    assert_reply(h, "EXEC", "*1\r\n:0\r\n");
}

static void large_arguments_are_kept_until_exec(void **state)
{
    struct harness *h = *state;
    struct buf value = {0}, expected = {0};
    struct bytes set[3] = {BYTES("SET"), BYTES("k")};
    for (int i = 0; i < 60000; i++)
        buf_printf(&value, "%d.", i);
    set[2] = buf_bytes(&value);
    harness_send(h, "MULTI");
    assert_true(bytes_is(harness_request_bytes(h, h->client, 3, set), QUEUED));
    assert_true(bytes_is(harness_request_bytes(h, h->client, 3, set), QUEUED));
    harness_send(h, "GET k");
    buf_printf(&expected, "*3\r\n+OK\r\n+OK\r\n$%zu\r\n", value.len);
    buf_append_bytes(&expected, buf_bytes(&value));
    buf_append_text(&expected, "\r\n");
    assert_true(transaction_memory(h->client) > 2 * value.len);
    assert_true(bytes_equal(harness_send(h, "EXEC"), buf_bytes(&expected)));
    buf_clear(&value);
    buf_clear(&expected);
}

static void select_inside_holds_for_what_follows(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SELECT 3");
    harness_send(h, "SET k v");
    assert_reply(h, "EXEC", "*2\r\n+OK\r\n+OK\r\n");
    assert_int_equal(h->client->database, 3);
    assert_int_equal(keyspace_count(store_keyspace(h->server->store, 3)), 1);
}

/* ---- the frame: EXEC's array has an element for each command ---- */

static void client_reply_off_holds_behind_the_queue(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SET k 1");
    harness_send(h, "CLIENT REPLY OFF");
    harness_send(h, "SET k 2");
    harness_send(h, "CLIENT LIST ID 0");
    harness_send(h, "KEYS none");
    harness_send(h, "SESSION.TOP none");
    assert_reply(h, "EXEC", "*6\r\n+OK\r\n+OK\r\n+OK\r\n$0\r\n\r\n*0\r\n*0\r\n");
    assert_reply(h, "GET k", "");
    assert_reply(h, "CLIENT REPLY ON", OK);
    assert_reply(h, "GET k", "$1\r\n2\r\n");
}

static void client_reply_skip_holds_behind_the_queue(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "CLIENT REPLY SKIP");
    harness_send(h, "SET k 1");
    assert_reply(h, "EXEC", "*2\r\n+OK\r\n+OK\r\n");
    assert_reply(h, "GET k", "");
    assert_reply(h, "GET k", "$1\r\n1\r\n");
}

static void client_reply_on_in_the_queue_sends_all_of_it(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CLIENT REPLY OFF");
    harness_send(h, "MULTI");
    harness_send(h, "SET k 1");
    harness_send(h, "CLIENT REPLY ON");
    harness_send(h, "GET k");
    assert_reply(h, "EXEC", "*3\r\n+OK\r\n+OK\r\n$1\r\n1\r\n");
    assert_reply(h, "GET k", "$1\r\n1\r\n");
}

static void a_silent_exec_answers_nothing(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CLIENT REPLY OFF");
    harness_send(h, "MULTI");
    harness_send(h, "SET k 1");
    harness_send(h, "SUBSCRIBE a b");
    harness_send(h, "UNSUBSCRIBE");
    assert_reply(h, "EXEC", "");
    assert_reply(h, "CLIENT REPLY ON", OK);
    assert_reply(h, "GET k", "$1\r\n1\r\n");
}

#define SUBSCRIBED(name, count)   "*3\r\n$9\r\nsubscribe\r\n$1\r\n" name "\r\n:" count "\r\n"
#define UNSUBSCRIBED(name, count) "*3\r\n$11\r\nunsubscribe\r\n$1\r\n" name "\r\n:" count "\r\n"

static void subscribing_is_one_element(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SUBSCRIBE a");
    harness_send(h, "SUBSCRIBE b c");
    harness_send(h, "SET k 1");
    harness_send(h, "UNSUBSCRIBE a b");
    harness_send(h, "UNSUBSCRIBE");
    harness_send(h, "SUNSUBSCRIBE");
    assert_reply(h, "EXEC\r\nPING",
                 "*6\r\n" SUBSCRIBED("a", "1") "*2\r\n" SUBSCRIBED("b", "2") SUBSCRIBED("c", "3") OK
                 "*2\r\n" UNSUBSCRIBED("a", "2") UNSUBSCRIBED("b", "1")
                     UNSUBSCRIBED("c", "0") "*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n"
                                            "+PONG\r\n");
}

static void subscribing_pushes_behind_exec_in_resp3(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HELLO 3");
    harness_send(h, "MULTI");
    harness_send(h, "SUBSCRIBE a b");
    harness_send(h, "SET k 1");
    harness_send(h, "PUBLISH a m");
    harness_send(h, "UNSUBSCRIBE");
    assert_reply(h, "EXEC\r\nPING",
                 "*4\r\n" OK OK ":1\r\n" OK ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
                 ">3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"
                 ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n"
                 ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n"
                 ">3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n+PONG\r\n");
}

/* Of what a client was sent: how many replies it is, and how many elements the one before the last has. */
struct frame {
    int count;
    size_t elements, last_elements;
};

static struct frame read_frame(struct bytes replies)
{
    static const struct resp_read_limits limits = {
        .bulk_max = INT32_MAX, .count_max = INT32_MAX, .depth_max = RESP_DEPTH_MAX};
    struct frame frame = {0};
    while (replies.len > 0) {
        struct resp_reader reader;
        struct resp_item item;
        resp_reader_init(&reader, limits);
        assert_int_equal(resp_read(&reader, replies, &item), RESP_READ_ITEM);
        enum resp_kind kind = item.kind;
        size_t elements = kind == RESP_KIND_ARRAY ? item.count : 0;
        if (!item.ends_value)
            assert_int_equal(resp_read_to_end(&reader, replies), RESP_READ_ITEM);
        replies = bytes_make(replies.data + reader.position, replies.len - reader.position);
        if (kind != RESP_KIND_PUSH)
            frame = (struct frame){frame.count + 1, frame.last_elements, elements};
    }
    return frame;
}

static void check_in_exec(const struct registered_command *command, const char *greeting, int more)
{
    struct harness *h = harness_new();
    struct buf lines = {0}, replies = {0};
    int argc = command->row->arity < 0 ? more - command->row->arity : command->row->arity;
    harness_send(h, greeting);
    harness_send(h, "MULTI");
    if (command->parent)
        buf_printf(&lines, "%s ", command->parent->name);
    buf_append_text(&lines, command->name);
    for (int i = command->parent ? 2 : 1; i < argc; i++)
        buf_printf(&lines, " %d", i);
    bool is_queued = bytes_is(harness_send(h, buf_cstring(&lines)), "+QUEUED\r\n");
    harness_send(h, "CLIENT ID");
    buf_append_bytes(&replies, harness_send(h, "EXEC\r\nPING"));
    /* Pauses end, too. */
    harness_advance(h, 1000);
    buf_append_bytes(&replies, harness_replies(h, h->client));
    struct frame frame = read_frame(buf_bytes(&replies));
    if (frame.count != 2 || frame.elements != (is_queued ? 2 : 0))
        print_error("%s: %d replies, EXEC's of %zu\n", buf_cstring(&lines), frame.count, frame.elements);
    assert_true(frame.count == 2 && frame.elements == (is_queued ? 2 : 0));
    buf_clear(&lines);
    buf_clear(&replies);
    harness_free(h);
}

static void check_command(void *context, struct registered_command *command)
{
    (void)context;
    /* They end or begin something at once, and are none of EXEC's. */
    if (command->row->flags & (COMMAND_IN_MULTI | COMMAND_NO_MULTI))
        return;
    for (int more = 0; more < 3; more++) {
        check_in_exec(command, "PING", more);
        check_in_exec(command, "HELLO 3", more);
    }
}

static void each_command_is_one_element(void **state)
{
    struct harness *h = *state;
    registry_each(h->server->registry, check_command, NULL);
}

static void last_command_is_what_the_client_sent(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "GET k");
    assert_string_equal(h->client->last_command->full_name, "get");
    harness_send(h, "EXEC");
    assert_string_equal(h->client->last_command->full_name, "exec");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(queue_runs_at_exec),
        HARNESS_TEST(error_while_running_does_not_stop_the_rest),
        HARNESS_TEST(empty_transaction_answers_an_empty_array),
        HARNESS_TEST(discard_forgets_queue_and_watches),
        HARNESS_TEST(multi_and_watch_do_not_nest),
        HARNESS_TEST(unknown_command_aborts),
        HARNESS_TEST(refused_exec_ends_the_transaction),
        HARNESS_TEST(queue_that_needs_memory_is_refused_when_there_is_none),
        HARNESS_TEST(exec_while_loading_runs_only_what_may_run),
        HARNESS_TEST(large_arguments_are_kept_until_exec),
        HARNESS_TEST(select_inside_holds_for_what_follows),
        HARNESS_TEST(client_reply_off_holds_behind_the_queue),
        HARNESS_TEST(client_reply_skip_holds_behind_the_queue),
        HARNESS_TEST(client_reply_on_in_the_queue_sends_all_of_it),
        HARNESS_TEST(a_silent_exec_answers_nothing),
        HARNESS_TEST(subscribing_is_one_element),
        HARNESS_TEST(subscribing_pushes_behind_exec_in_resp3),
        HARNESS_TEST(each_command_is_one_element),
        HARNESS_TEST(last_command_is_what_the_client_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
