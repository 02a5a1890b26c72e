/* SPDX-License-Identifier: BSD-3-Clause */
/* The slow log: the latest requests that took long, with what was asked and by whom. Arguments are kept
 * short: at most 32 of at most 128 bytes, with a remark of what was cut. */
#ifndef METRICS_SLOWLOG_H
#define METRICS_SLOWLOG_H

#include "base/bytes.h"
#include "base/list.h"
#include <stdint.h>

struct slowlog {
    struct list entries; /* newest first */
    size_t count;
    uint64_t next_id;
};

struct slowlog_entry {
    struct list link;
    uint64_t id;
    int64_t time_s; /* wall clock */
    int64_t duration_us;
    struct bytes client_address, client_name;
    int argc;
    struct bytes argv[]; /* all these bytes lie behind it */
};

struct slowlog *slowlog_new(void);
void slowlog_free(struct slowlog *slowlog);

/* Adds what is told in `entry`, all of it copied: its id is given here. Forgets the oldest beyond
 * `max_count`. */
void slowlog_add(struct slowlog *slowlog, const struct slowlog_entry *entry, const struct bytes *argv,
                 int argc, size_t max_count);

/* Forgets all entries; ids go on. */
void slowlog_reset(struct slowlog *slowlog);

#endif
