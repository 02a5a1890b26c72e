/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that rules speak of, and what rules mean that don't say. Whoever has the commands makes it; it
 * outlives all users. */
#ifndef ACCESS_CATALOG_H
#define ACCESS_CATALOG_H

#include "access/category.h"
#include "base/bytes.h"

struct acl_command {
    const char *name;    /* in full and in lower case: "config|get"; lent */
    uint32_t categories; /* enum acl_category */
    bool is_subcommand;
    int subcommand_count; /* they follow it */
};

struct acl_catalog {
    struct acl_command *commands;
    int count;
    bool gives_channels; /* to new users and selectors: all of them (acl-pubsub-default) */
};

/* The number of the command of that full name, in any case; -1 when there is none. */
int acl_catalog_find(const struct acl_catalog *catalog, struct bytes name);

#endif
