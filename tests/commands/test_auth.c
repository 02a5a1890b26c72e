/* SPDX-License-Identifier: BSD-3-Clause */
/* Passwords: AUTH, HELLO ... AUTH, what may be done before, and guessing. */
#include "access/guess_budget.h"
#include "engine/auth.h"
#include "engine/client_io.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WRONG    "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
#define REQUIRED "-NOAUTH Authentication required.\r\n"

static void set_password(struct harness *harness, struct bytes password)
{
    struct config_change change = {BYTES("requirepass"), password};
    struct config_caller caller = {.is_local = true};
    struct bytes culprit;
    struct error error;
    assert_int_equal(config_set(harness->server->config, &change, 1, caller, &culprit, &error),
                     CONFIG_SET_OK);
    auth_password_changed(harness->server);
}

/* A client of a server that wants the password "secret". */
static struct client *stranger(struct harness *harness)
{
    if (!harness->server->acl.users->default_user->needs_password)
        set_password(harness, BYTES("secret"));
    return harness_client(harness);
}

static void every_form_of_the_password_is_accepted(void **state)
{
    static const char *const forms[] = {
        "AUTH secret",
        "AUTH default secret",
        "auth \"\" secret",
        "HELLO 2 AUTH default secret",
        "HELLO 3 auth \"\" secret SETNAME me",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct client *client = stranger(*state);
        assert_reply_as(*state, client, "PING", REQUIRED);
        harness_send_as(*state, client, forms[i]);
        assert_reply_as(*state, client, "PING", "+PONG\r\n");
    }
}

static void auth_answers(void **state)
{
    struct client *client = stranger(*state);
    assert_reply_as(*state, client, "AUTH secret", "+OK\r\n");
    assert_reply_as(*state, client, "AUTH default secret", "+OK\r\n");
    assert_reply_as(*state, client, "AUTH a b c", "-ERR syntax error\r\n");
    assert_reply_as(*state, client, "AUTH", "-ERR wrong number of arguments for 'auth' command\r\n");
}

static void everything_else_is_refused_and_counted(void **state)
{
    static const char *const guesses[] = {
        "AUTH wrong",           "AUTH \"\"",           "AUTH SECRET",
        "AUTH secre",           "AUTH secrets",        "AUTH default wrong",
        "AUTH nobody secret",   "AUTH DEFAULT secret", "HELLO 2 AUTH default wrong",
        "AUTH \"secret\\x00\"",
    };
    struct harness *harness = *state;
    struct client *client = stranger(harness);
    size_t count = sizeof guesses / sizeof guesses[0];
    for (size_t i = 0; i < count; i++)
        assert_reply_as(harness, client, guesses[i], WRONG);
    assert_reply_as(harness, client, "PING", REQUIRED);
    assert_int_equal(harness->server->counters.acl_access_denied_auth, count);
}

static void a_wrong_guess_does_not_log_out(void **state)
{
    struct client *client = stranger(*state);
    assert_reply_as(*state, client, "AUTH secret", "+OK\r\n");
    assert_reply_as(*state, client, "AUTH wrong", WRONG);
    assert_reply_as(*state, client, "PING", "+PONG\r\n");
}

static void without_a_password_auth_explains_itself(void **state)
{
    assert_reply(*state, "AUTH any",
                 "-ERR AUTH <password> called without any password configured for the default user. Are you "
                 "sure your configuration is correct?\r\n");
    assert_reply(*state, "AUTH default any", "+OK\r\n");
    assert_reply(*state, "AUTH \"\" any", "+OK\r\n");
    assert_reply(*state, "AUTH nobody any", WRONG);
}

static void hello_wants_the_password_first(void **state)
{
    static const char expected[] =
        "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
        "AUTH "
        "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at "
        "the same time\r\n";
    struct client *client = stranger(*state);
    assert_reply_as(*state, client, "HELLO", expected);
    assert_reply_as(*state, client, "HELLO 3 SETNAME me", expected);
    assert_null(client->name);
    assert_int_equal(client->reply.protocol, 2);
}

static void nothing_else_runs_before(void **state)
{
    struct client *client = stranger(*state);
    assert_reply_as(*state, client, "GET k", REQUIRED);
    assert_reply_as(*state, client, "MULTI", REQUIRED);
    assert_reply_as(*state, client, "CLIENT ID", REQUIRED);
    assert_reply_as(*state, client, "SUBSCRIBE c", REQUIRED);
    assert_reply_as(*state, client, "NOSUCH", REQUIRED);
    assert_reply_as(*state, client, "EXEC",
                    "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n");
    assert_reply_as(*state, client, "RESET", "+RESET\r\n");
    assert_reply_as(*state, client, "QUIT", "+OK\r\n");
}

static void reset_logs_out(void **state)
{
    struct client *client = stranger(*state);
    harness_send_as(*state, client, "AUTH secret");
    assert_reply_as(*state, client, "RESET", "+RESET\r\n");
    assert_reply_as(*state, client, "PING", REQUIRED);
}

static void a_new_password_concerns_new_clients(void **state)
{
    struct client *old = harness_client(*state), *client = stranger(*state);
    assert_reply_as(*state, old, "PING", "+PONG\r\n");
    set_password(*state, BYTES("other"));
    assert_reply_as(*state, client, "AUTH secret", WRONG);
    assert_reply_as(*state, client, "AUTH other", "+OK\r\n");
}

static void a_password_may_be_any_bytes(void **state)
{
    struct harness *harness = *state;
    set_password(harness, BYTES("abc\0def"));
    struct client *client = harness_client(harness);
    assert_reply_as(harness, client, "AUTH abc", WRONG);
    assert_reply_as(harness, client, "AUTH \"abc\\x00dex\"", WRONG);
    assert_reply_as(harness, client, "AUTH \"abc\\x00def\"", "+OK\r\n");
}

static void nobody_waits_for_a_password_that_is_gone(void **state)
{
    struct client *client = stranger(*state);
    set_password(*state, BYTES(""));
    assert_reply_as(*state, client, "PING", "+PONG\r\n");
    assert_reply_as(*state, harness_client(*state), "PING", "+PONG\r\n");
}

/* A large request may follow the password without waiting for the answer. */
static void what_a_stranger_may_not_send_may_follow_the_password(void **state)
{
    struct client *client = stranger(*state);
    struct buf input = {0};
    buf_append_text(&input, "AUTH secret\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000\r\n");
    for (int i = 0; i < 20000; i++)
        buf_append_text(&input, "x");
    buf_append_text(&input, "\r\n*12\r\n$3\r\nDEL\r\n");
    for (int i = 0; i < 11; i++)
        buf_append_text(&input, "$1\r\nk\r\n");
    harness_assert(harness_feed(*state, client, buf_bytes(&input)), BYTES("+OK\r\n+OK\r\n:1\r\n"), "pipeline",
                   __FILE__, __LINE__);
    buf_clear(&input);
}

static void a_stranger_may_not_send_much(void **state)
{
    struct client *client = stranger(*state);
    assert_reply_as(*state, client, "PING\r\n*2\r\n$4\r\nAUTH\r\n$20000",
                    REQUIRED "-ERR Protocol error: unauthenticated bulk length\r\n");
}

/* ---- guessing ---- */

/* Uses up what may be guessed at once. */
static void guess(struct harness *harness, struct client *client)
{
    for (int i = 0; i < GUESSES_AT_ONCE; i++)
        assert_reply_as(harness, client, "AUTH wrong", WRONG);
}

static void further_guesses_are_answered_in_their_turn(void **state)
{
    struct client *client = stranger(*state);
    int answered = 0;
    guess(*state, client);
    assert_reply_as(*state, client, "AUTH wrong\r\nAUTH wrong\r\nPING", "");
    assert_int_equal(client->wait.kind, WAIT_GUESS);
    harness_advance(*state, 1);
    assert_sent(*state, client, "");
    harness_advance(*state, 1);
    assert_sent(*state, client, WRONG);
    harness_advance(*state, 2);
    assert_sent(*state, client, WRONG REQUIRED);
    for (int i = 0; i < 500; i++) {
        client_feed(client, BYTES("AUTH wrong\r\n"));
        harness_run(*state);
    }
    for (int i = 0; i < 200; i++) {
        harness_advance(*state, 1);
        answered += harness_replies(*state, client).len > 0;
    }
    assert_in_range(answered, 170, 180);
}

static void a_right_password_waits_its_turn_as_well(void **state)
{
    struct client *client = stranger(*state);
    guess(*state, client);
    assert_reply_as(*state, client, "AUTH secret\r\nPING", "");
    harness_advance(*state, 2);
    assert_sent(*state, client, "+OK\r\n+PONG\r\n");
}

static void before_the_budget_is_used_up_nobody_waits(void **state)
{
    struct client *client = stranger(*state);
    for (int i = 1; i < GUESSES_AT_ONCE; i++)
        assert_reply_as(*state, client, "AUTH wrong", WRONG);
    assert_reply_as(*state, harness_client(*state), "AUTH secret", "+OK\r\n");
    assert_reply_as(*state, client, "HELLO 2 AUTH default wrong", WRONG);
    assert_reply_as(*state, client, "HELLO 2 AUTH default wrong", "");
}

static void who_waits_is_served_in_order(void **state)
{
    struct client *first = stranger(*state), *second = stranger(*state), *third = stranger(*state);
    guess(*state, first);
    assert_reply_as(*state, first, "AUTH wrong", "");
    assert_reply_as(*state, second, "AUTH wrong", "");
    assert_reply_as(*state, third, "AUTH secret", "");
    harness_advance(*state, 2);
    assert_sent(*state, first, WRONG);
    assert_sent(*state, second, "");
    /* Who comes back queues up behind. */
    assert_reply_as(*state, first, "AUTH wrong", "");
    harness_advance(*state, 1);
    assert_sent(*state, second, WRONG);
    assert_sent(*state, third, "");
    harness_advance(*state, 1);
    assert_sent(*state, third, "+OK\r\n");
    assert_sent(*state, first, "");
    harness_advance(*state, 1);
    assert_sent(*state, first, WRONG);
}

static void who_goes_away_leaves_the_queue(void **state)
{
    struct client *first = stranger(*state), *second = stranger(*state);
    guess(*state, first);
    assert_reply_as(*state, first, "AUTH wrong", "");
    assert_reply_as(*state, second, "AUTH secret", "");
    client_close(first);
    harness_run(*state);
    harness_advance(*state, 2);
    assert_sent(*state, second, "+OK\r\n");
}

static void others_run_on(void **state)
{
    struct client *client = stranger(*state), *other = stranger(*state);
    assert_reply_as(*state, other, "AUTH secret", "+OK\r\n");
    guess(*state, client);
    assert_reply_as(*state, client, "AUTH wrong", "");
    assert_reply_as(*state, other, "SET k v", "+OK\r\n");
    assert_reply_as(*state, other, "PING", "+PONG\r\n");
}

/* Of a transaction EXEC waits, since that is what guesses. */
static void guesses_in_a_transaction_count(void **state)
{
    struct client *client = stranger(*state);
    harness_send_as(*state, client, "AUTH secret");
    guess(*state, client);
    assert_reply_as(*state, client, "MULTI", "+OK\r\n");
    assert_reply_as(*state, client, "AUTH wrong", "+QUEUED\r\n");
    assert_reply_as(*state, client, "AUTH wrong", "+QUEUED\r\n");
    assert_reply_as(*state, client, "EXEC", "");
    harness_advance(*state, 2);
    assert_sent(*state, client, "*2\r\n" WRONG WRONG);
    assert_reply_as(*state, client, "AUTH wrong", "");
    harness_advance(*state, 1);
    assert_sent(*state, client, "");
    harness_advance(*state, 2);
    assert_sent(*state, client, WRONG);
}

static void a_silent_guess_stays_silent(void **state)
{
    struct client *client = stranger(*state);
    harness_send_as(*state, client, "AUTH secret");
    guess(*state, client);
    assert_reply_as(*state, client, "CLIENT REPLY SKIP\r\nAUTH wrong\r\nPING", "");
    harness_advance(*state, 2);
    assert_sent(*state, client, "+PONG\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(every_form_of_the_password_is_accepted),
        HARNESS_TEST(auth_answers),
        HARNESS_TEST(everything_else_is_refused_and_counted),
        HARNESS_TEST(a_wrong_guess_does_not_log_out),
        HARNESS_TEST(without_a_password_auth_explains_itself),
        HARNESS_TEST(hello_wants_the_password_first),
        HARNESS_TEST(nothing_else_runs_before),
        HARNESS_TEST(reset_logs_out),
        HARNESS_TEST(a_new_password_concerns_new_clients),
        HARNESS_TEST(a_password_may_be_any_bytes),
        HARNESS_TEST(nobody_waits_for_a_password_that_is_gone),
        HARNESS_TEST(what_a_stranger_may_not_send_may_follow_the_password),
        HARNESS_TEST(a_stranger_may_not_send_much),
        HARNESS_TEST(further_guesses_are_answered_in_their_turn),
        HARNESS_TEST(a_right_password_waits_its_turn_as_well),
        HARNESS_TEST(before_the_budget_is_used_up_nobody_waits),
        HARNESS_TEST(who_waits_is_served_in_order),
        HARNESS_TEST(who_goes_away_leaves_the_queue),
        HARNESS_TEST(others_run_on),
        HARNESS_TEST(guesses_in_a_transaction_count),
        HARNESS_TEST(a_silent_guess_stays_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
