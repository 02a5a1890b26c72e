/* SPDX-License-Identifier: BSD-3-Clause */
/* How many wrong passwords an address may still try, and when: GUESSES_AT_ONCE without delay, then
 * GUESSES_A_SECOND, so that no second sees more than 1,000. The memory is bounded, whatever the number of
 * addresses: a budget that is whole again goes to the next who needs one, and addresses that find none
 * share that of another. */
#ifndef ACCESS_GUESS_BUDGET_H
#define ACCESS_GUESS_BUDGET_H

#include "base/bytes.h"
#include "base/list.h"
#include <stdint.h>

enum { GUESSES_AT_ONCE = 100, GUESSES_A_SECOND = 900 };

struct guess_budget {
    unsigned char address[8];
    uint8_t address_len;
    bool is_claimed;
    int64_t whole_us;    /* monotonic: when it is whole again */
    struct list waiting; /* the caller's: while somebody waits in it, the budget stays with its address */
};

struct guess_budgets;

struct guess_budgets *guess_budgets_new(void);
/* Nobody waits any more. */
void guess_budgets_free(struct guess_budgets *budgets);

/* The budget of an address (4 bytes, 16, or none for a unix socket; of 16 the first 8 count, as whoever
 * has one address of such a network has all). NULL when it is whole. */
struct guess_budget *guess_budget_find(struct guess_budgets *budgets, struct bytes address, int64_t now_us);

/* Takes a wrong guess of that address off its budget. */
void guess_budget_count(struct guess_budgets *budgets, struct bytes address, int64_t now_us);
/* The same for a budget at hand. */
void guess_budget_spend(struct guess_budget *budget, int64_t now_us);

/* When the next guess may be made, monotonic; it may lie in the past. */
int64_t guess_budget_next_us(const struct guess_budget *budget);

#endif
