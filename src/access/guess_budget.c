/* SPDX-License-Identifier: BSD-3-Clause */
/* Budgets lie in sets of a few, chosen by a keyed hash of the address: nobody can choose addresses that
 * fall into one set. A budget is one number, the time at which it is whole again; each guess moves that on
 * by what a guess costs, so nothing has to be refilled. */
#include "access/guess_budget.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/panic.h"

enum { SETS = 128, WAYS = 8 };

/* What a guess costs. Rounded up: rather slower than faster. */
#define GUESS_US ((INT64_C(1000000) + GUESSES_A_SECOND - 1) / GUESSES_A_SECOND)

struct guess_budgets {
    struct guess_budget sets[SETS][WAYS];
};

struct guess_budgets *guess_budgets_new(void)
{
    struct guess_budgets *budgets = mem_zalloc(sizeof *budgets);
    for (int i = 0; i < SETS; i++) {
        for (int j = 0; j < WAYS; j++)
            list_init(&budgets->sets[i][j].waiting);
    }
    return budgets;
}

void guess_budgets_free(struct guess_budgets *budgets)
{
    if (!budgets)
        return;
    for (int i = 0; i < SETS; i++) {
        for (int j = 0; j < WAYS; j++)
            ASSERT(list_is_empty(&budgets->sets[i][j].waiting));
    }
    mem_free(budgets);
}

static struct bytes network_of(struct bytes address)
{
    if (address.len > sizeof(((struct guess_budget *)0)->address))
        address.len = sizeof(((struct guess_budget *)0)->address);
    return address;
}

static bool belongs_to(const struct guess_budget *budget, struct bytes network)
{
    return budget->is_claimed && bytes_equal(bytes_make(budget->address, budget->address_len), network);
}

static bool is_free(const struct guess_budget *budget, int64_t now_us)
{
    return budget->whole_us <= now_us && list_is_empty(&budget->waiting);
}

/* The network's own budget, else a free one, else the one to share: that with the most left. */
static struct guess_budget *choose(struct guess_budgets *budgets, struct bytes network, int64_t now_us)
{
    struct guess_budget *set = budgets->sets[hash_bytes(network.data, network.len) % SETS];
    struct guess_budget *chosen = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (belongs_to(&set[i], network))
            return &set[i];
        if (!is_free(chosen, now_us) && (is_free(&set[i], now_us) || set[i].whole_us < chosen->whole_us))
            chosen = &set[i];
    }
    return chosen;
}

static void claim(struct guess_budget *budget, struct bytes network)
{
    memcpy(budget->address, network.data, network.len);
    budget->address_len = (uint8_t)network.len;
    budget->is_claimed = true;
}

struct guess_budget *guess_budget_find(struct guess_budgets *budgets, struct bytes address, int64_t now_us)
{
    struct guess_budget *budget = choose(budgets, network_of(address), now_us);
    return is_free(budget, now_us) ? NULL : budget;
}

void guess_budget_count(struct guess_budgets *budgets, struct bytes address, int64_t now_us)
{
    struct bytes network = network_of(address);
    struct guess_budget *budget = choose(budgets, network, now_us);
    if (is_free(budget, now_us))
        claim(budget, network);
    guess_budget_spend(budget, now_us);
}

void guess_budget_spend(struct guess_budget *budget, int64_t now_us)
{
    int64_t from_us = budget->whole_us > now_us ? budget->whole_us : now_us;
    budget->whole_us = from_us + GUESS_US;
}

int64_t guess_budget_next_us(const struct guess_budget *budget)
{
    return budget->whole_us - (GUESSES_AT_ONCE - 1) * GUESS_US;
}
