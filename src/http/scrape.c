/* SPDX-License-Identifier: BSD-3-Clause */
/* A part is a row of the metrics' tables. Parts of one text may be of different ticks, as the figures of
 * different series always are. */
#include "scrape.h"
#include "base/clock.h"
#include "metrics/prometheus.h"

/* For so long a text is given again: half of the shortest scrape interval in use. */
#define KEPT_US 500000

void scrape_clear(struct scrape *scrape)
{
    buf_clear(&scrape->text);
    buf_clear(&scrape->next);
    *scrape = (struct scrape){.made_us = 0};
}

bool scrape_is_current(const struct scrape *scrape, int64_t now_us)
{
    return scrape->made_us != 0 && now_us - scrape->made_us < KEPT_US;
}

bool scrape_run(struct scrape *scrape, const struct metrics *metrics, int64_t now_us, int64_t budget_us)
{
    int64_t begin = clock_mono_us();
    while (prometheus_print_part(metrics, scrape->part_count, &scrape->next)) {
        scrape->part_count++;
        if (clock_mono_us() - begin >= budget_us)
            return false;
    }
    struct buf old = scrape->text;
    scrape->text = scrape->next;
    scrape->next = old;
    scrape->next.len = 0;
    scrape->part_count = 0;
    scrape->made_us = now_us;
    return true;
}
