/* SPDX-License-Identifier: BSD-3-Clause */
/* A catalogue of a few commands, for tests of rules. */
#ifndef SUPPORT_SMALL_CATALOG_H
#define SUPPORT_SMALL_CATALOG_H

#include "access/catalog.h"

enum { SMALL_GET, SMALL_SET, SMALL_CONFIG, SMALL_CONFIG_GET, SMALL_CONFIG_SET, SMALL_SELECT, SMALL_COUNT };

extern const struct acl_catalog small_catalog;

#endif
