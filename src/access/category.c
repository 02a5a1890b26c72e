/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of enum acl_category, by the number of the bit. */
#include "access/category.h"

const char *const acl_category_names[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};

const int acl_category_count = sizeof acl_category_names / sizeof acl_category_names[0];

_Static_assert(ACL_SCRIPTING == 1 << (sizeof acl_category_names / sizeof acl_category_names[0] - 1),
               "every category has a name");

uint32_t acl_category_by_name(struct bytes name)
{
    for (int i = 0; i < acl_category_count; i++) {
        if (bytes_is_nocase(name, acl_category_names[i]))
            return UINT32_C(1) << i;
    }
    return 0;
}
