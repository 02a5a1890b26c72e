/* SPDX-License-Identifier: BSD-3-Clause */
/* The categories that rules group commands by. */
#ifndef ACCESS_CATEGORY_H
#define ACCESS_CATEGORY_H

#include "base/bytes.h"
#include <stdint.h>

enum acl_category {
    ACL_KEYSPACE = 1 << 0,
    ACL_READ = 1 << 1,
    ACL_WRITE = 1 << 2,
    ACL_SET = 1 << 3,
    ACL_SORTEDSET = 1 << 4,
    ACL_LIST = 1 << 5,
    ACL_HASH = 1 << 6,
    ACL_STRING = 1 << 7,
    ACL_BITMAP = 1 << 8,
    ACL_HYPERLOGLOG = 1 << 9,
    ACL_GEO = 1 << 10,
    ACL_STREAM = 1 << 11,
    ACL_PUBSUB = 1 << 12,
    ACL_ADMIN = 1 << 13,
    ACL_FAST = 1 << 14,
    ACL_SLOW = 1 << 15,
    ACL_BLOCKING = 1 << 16,
    ACL_DANGEROUS = 1 << 17,
    ACL_CONNECTION = 1 << 18,
    ACL_TRANSACTION = 1 << 19,
    ACL_SCRIPTING = 1 << 20,
};

/* "keyspace", "read" ... in the order of their bits. */
extern const char *const acl_category_names[];
extern const int acl_category_count;

/* The bit of a category by its name in any case; 0 when there is none. */
uint32_t acl_category_by_name(struct bytes name);

#endif
