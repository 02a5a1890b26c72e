/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of /metrics. With many commands and prefixes in use it takes milliseconds to make, so it is made
 * in slices, and kept for a moment: many who scrape at once are given the same. */
#ifndef HTTP_SCRAPE_H
#define HTTP_SCRAPE_H

#include "base/buf.h"
#include "metrics/metric.h"

struct scrape {
    struct buf text;   /* the latest complete one */
    int64_t made_us;   /* when; monotonic, 0: never */
    struct buf next;   /* the one being made, */
    size_t part_count; /* of which so many parts are there */
};

void scrape_clear(struct scrape *scrape);

/* Whether the text is fresh enough to be given. */
bool scrape_is_current(const struct scrape *scrape, int64_t now_us);

/* Goes on making the next text for about `budget_us`; true when it is complete, and then it is the current
 * one. */
bool scrape_run(struct scrape *scrape, const struct metrics *metrics, int64_t now_us, int64_t budget_us);

#endif
