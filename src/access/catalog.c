/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules are read rarely, and commands are a few hundred: they are searched in order. */
#include "access/catalog.h"

int acl_catalog_find(const struct acl_catalog *catalog, struct bytes name)
{
    for (int i = 0; i < catalog->count; i++) {
        if (bytes_is_nocase(name, catalog->commands[i].name))
            return i;
    }
    return -1;
}
