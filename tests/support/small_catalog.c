/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/small_catalog.h"

static struct acl_command commands[SMALL_COUNT] = {
    [SMALL_GET] = {"get", ACL_READ | ACL_STRING | ACL_FAST, false, 0},
    [SMALL_SET] = {"set", ACL_WRITE | ACL_STRING | ACL_SLOW, false, 0},
    [SMALL_CONFIG] = {"config", ACL_SLOW, false, 2},
    [SMALL_CONFIG_GET] = {"config|get", ACL_ADMIN | ACL_SLOW | ACL_DANGEROUS, true, 0},
    [SMALL_CONFIG_SET] = {"config|set", ACL_ADMIN | ACL_SLOW | ACL_DANGEROUS, true, 0},
    [SMALL_SELECT] = {"select", ACL_FAST | ACL_CONNECTION, false, 0},
};

const struct acl_catalog small_catalog = {commands, SMALL_COUNT, false};
