/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits for a guess stands in the queue of its address's budget; the first in the queue has a timeout
 * for the moment the next guess is due. At its turn the guess is paid for in advance (CLIENT_MAY_GUESS)
 * and the client resumed: the AUTH that it was stopped at runs next. Since the guess itself is not looked
 * at before, all that is remembered is who waits. */
#include "engine/auth_throttle.h"
#include "access/guess_budget.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/panic.h"
#include "engine/server.h"
#include "engine/timeouts.h"

/* One line about an address in this time. */
#define LOG_PERIOD_US INT64_C(60000000)

struct auth_throttle {
    struct guess_budgets *budgets;
    int64_t log_next_us;
};

struct auth_wait {
    struct list link; /* in budget->waiting */
    struct client *client;
    struct guess_budget *budget;
};

/* Clients without a connection count as one address, as those of a unix socket do. */
static struct bytes address_of(const struct client *client, char scratch[static 16])
{
    if (client->flags & CLIENT_INTERNAL)
        return bytes_make(scratch, 0);
    return conn_peer_key(&client->conn, scratch);
}

static struct guess_budget *budget_of(const struct client *client)
{
    const struct server *server = client->server;
    char scratch[16];
    if (!server->auth_throttle)
        return NULL;
    return guess_budget_find(server->auth_throttle->budgets, address_of(client, scratch),
                             server->clock.mono_us);
}

bool auth_throttle_must_wait(const struct client *client)
{
    if (client->flags & CLIENT_MAY_GUESS)
        return false;
    const struct guess_budget *budget = budget_of(client);
    return budget &&
           (!list_is_empty(&budget->waiting) || guess_budget_next_us(budget) > client->server->clock.mono_us);
}

/* ---- waiting ---- */

static void turn_has_come(struct client *client);

static void set_alarm(struct server *server, const struct guess_budget *budget)
{
    if (list_is_empty(&budget->waiting))
        return;
    const struct auth_wait *first = LIST_ENTRY(budget->waiting.next, struct auth_wait, link);
    timeout_set(server, first->client, (guess_budget_next_us(budget) + 999) / 1000, turn_has_come);
}

static void stop_waiting(struct client *client)
{
    struct auth_wait *wait = client->wait.turn;
    struct guess_budget *budget = wait->budget;
    timeout_clear(client->server, client);
    list_remove(&wait->link);
    mem_free(wait);
    set_alarm(client->server, budget);
}

static void turn_has_come(struct client *client)
{
    guess_budget_spend(client->wait.turn->budget, client->server->clock.mono_us);
    client->flags |= CLIENT_MAY_GUESS;
    wait_over(client);
}

static void log_delay(struct client *client)
{
    struct server *server = client->server;
    if (server->clock.mono_us < server->auth_throttle->log_next_us)
        return;
    server->auth_throttle->log_next_us = server->clock.mono_us + LOG_PERIOD_US;
    log_warning("Many wrong passwords from %s: further ones are delayed.", client_peer_name(client));
}

void auth_throttle_wait(struct client *client)
{
    struct guess_budget *budget = budget_of(client);
    struct auth_wait *wait = mem_alloc(sizeof *wait);
    ASSERT(budget);
    *wait = (struct auth_wait){.client = client, .budget = budget};
    list_append(&budget->waiting, &wait->link);
    wait_before_running(client, WAIT_GUESS, stop_waiting);
    client->wait.turn = wait;
    set_alarm(client->server, budget);
    log_delay(client);
}

/* ---- guesses ---- */

void auth_throttle_count(struct client *client)
{
    struct server *server = client->server;
    char scratch[16];
    if (client->flags & CLIENT_MAY_GUESS) {
        client->flags &= ~(uint32_t)CLIENT_MAY_GUESS; /* paid for */
        return;
    }
    if (!server->auth_throttle) {
        server->auth_throttle = mem_zalloc(sizeof *server->auth_throttle);
        server->auth_throttle->budgets = guess_budgets_new();
    }
    guess_budget_count(server->auth_throttle->budgets, address_of(client, scratch), server->clock.mono_us);
}

void auth_throttle_free(struct auth_throttle *throttle)
{
    if (!throttle)
        return;
    guess_budgets_free(throttle->budgets);
    mem_free(throttle);
}
