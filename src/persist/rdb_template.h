/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of fields that hashes have in common, told once in front of them: from 8.8 on hashes may refer to
 * a template by its number and hold nothing but contents. */
#ifndef PERSIST_RDB_TEMPLATE_H
#define PERSIST_RDB_TEMPLATE_H

#include "base/buf.h"

struct rdb_template {
    uint64_t number, offset; /* where it is in the file */
    size_t count;            /* of fields */
    size_t begin;            /* of the first one's name in the table's `names` */
};

/* In the order of their numbers. Zero-initialised is empty. */
struct rdb_templates {
    struct rdb_template *at;
    size_t count, capacity;
    struct buf names; /* each behind its length, as a size_t */
};

/* No file has more. */
#define RDB_TEMPLATE_COUNT_MAX 65536

/* Adds a template of the names that were added since the last one. False when there is one of the number
 * already, or too many. */
bool rdb_templates_add(struct rdb_templates *templates, const struct rdb_template *template);
/* Those that are in the file at `offset` or behind turned out to be none. */
void rdb_templates_forget_from(struct rdb_templates *templates, uint64_t offset);
/* NULL when there is none. */
const struct rdb_template *rdb_templates_find(const struct rdb_templates *templates, uint64_t number);
void rdb_templates_clear(struct rdb_templates *templates);

void rdb_templates_add_name(struct rdb_templates *templates, struct bytes name);
/* The name that begins at `*at`, which is moved to the next one. */
struct bytes rdb_templates_next_name(const struct rdb_templates *templates, size_t *at);

#endif
