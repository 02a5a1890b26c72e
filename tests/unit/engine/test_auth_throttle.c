/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has to wait with a guess, and for how long. What clients see of it is in tests/commands/test_auth.c. */
#include "access/guess_budget.h"
#include "engine/auth_throttle.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Uses up what may be guessed at once. */
static void guess_at_once(struct client *client)
{
    for (int i = 0; i < GUESSES_AT_ONCE; i++) {
        assert_false(auth_throttle_must_wait(client));
        auth_throttle_count(client);
    }
}

static void nothing_is_kept_until_somebody_guesses_wrong(void **state)
{
    struct harness *harness = *state;
    assert_false(auth_throttle_must_wait(harness->client));
    assert_null(harness->server->auth_throttle);
    auth_throttle_count(harness->client);
    assert_non_null(harness->server->auth_throttle);
    assert_false(auth_throttle_must_wait(harness->client));
}

static void clients_of_one_address_share_its_guesses(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    guess_at_once(harness->client);
    assert_true(auth_throttle_must_wait(harness->client));
    assert_true(auth_throttle_must_wait(other));
    harness_advance(harness, 1000);
    assert_false(auth_throttle_must_wait(harness->client));
    assert_false(auth_throttle_must_wait(other));
}

static void who_has_waited_may_guess_once(void **state)
{
    struct harness *harness = *state;
    struct client *client = harness->client;
    guess_at_once(client);
    auth_throttle_wait(client);
    assert_int_equal(client->wait.kind, WAIT_GUESS);
    assert_true(client->flags & CLIENT_BUSY);
    harness_advance(harness, 2);
    assert_false(client->flags & CLIENT_BUSY);
    assert_false(auth_throttle_must_wait(client));
    auth_throttle_count(client);
    assert_true(auth_throttle_must_wait(client));
}

/* Else somebody who comes at the right moment would always be first. */
static void nobody_overtakes_who_waits(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    guess_at_once(harness->client);
    auth_throttle_wait(harness->client);
    harness->server->clock.mono_us += 1000000;
    assert_true(auth_throttle_must_wait(other));
}

static void turns_come_at_their_rate(void **state)
{
    enum { COUNT = 1000 };
    struct harness *harness = *state;
    struct client *clients[COUNT];
    int served = 0;

    guess_at_once(harness->client);
    for (int i = 0; i < COUNT; i++) {
        clients[i] = client_new_internal(harness->server);
        auth_throttle_wait(clients[i]);
    }
    for (int i = 0; i < 1000; i++)
        harness_advance(harness, 1);
    for (int i = 0; i < COUNT; i++) {
        bool is_served = clients[i]->wait.kind != WAIT_GUESS;
        assert_true(is_served || i >= served);
        served += is_served;
    }
    assert_in_range(served, GUESSES_A_SECOND - 5, GUESSES_A_SECOND);
}

/* A late tick makes up for the turns it has missed. */
static void turns_that_are_due_come_together(void **state)
{
    struct harness *harness = *state;
    struct client *clients[5];
    int served = 0;
    guess_at_once(harness->client);
    for (int i = 0; i < 5; i++) {
        clients[i] = harness_client(harness);
        auth_throttle_wait(clients[i]);
    }
    harness_advance(harness, 4);
    for (int i = 0; i < 5; i++)
        served += clients[i]->wait.kind != WAIT_GUESS;
    assert_int_equal(served, 3);
}

static void whoever_goes_lets_the_next_one_up(void **state)
{
    struct harness *harness = *state;
    struct client *first = harness_client(harness), *second = harness_client(harness),
                  *third = harness_client(harness);
    guess_at_once(harness->client);
    auth_throttle_wait(first);
    auth_throttle_wait(second);
    auth_throttle_wait(third);
    client_close(second);
    client_close(first);
    harness_run(harness);
    assert_int_equal(harness->server->timeouts.count, 1);
    harness_advance(harness, 2);
    assert_false(third->flags & CLIENT_BUSY);
    assert_int_equal(harness->server->timeouts.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(nothing_is_kept_until_somebody_guesses_wrong),
        HARNESS_TEST(clients_of_one_address_share_its_guesses),
        HARNESS_TEST(who_has_waited_may_guess_once),
        HARNESS_TEST(nobody_overtakes_who_waits),
        HARNESS_TEST(turns_come_at_their_rate),
        HARNESS_TEST(turns_that_are_due_come_together),
        HARNESS_TEST(whoever_goes_lets_the_next_one_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
