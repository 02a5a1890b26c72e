/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of ACL categories: "keyspace", "read" ... in the order of their bits. */
#ifndef ENGINE_ACL_CATEGORY_H
#define ENGINE_ACL_CATEGORY_H

#include "base/bytes.h"
#include <stdint.h>

extern const char *const acl_category_names[];
extern const int acl_category_count;

/* The bit of a category by its name in any case; 0 when there is none. */
uint32_t acl_category_by_name(struct bytes name);

#endif
