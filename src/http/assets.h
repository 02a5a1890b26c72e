/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of the live page, part of the program: those of src/http/page, and from the system's packages the
 * library that draws, with its licence. The table is made by scripts/embed at build time. */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path, *type; /* as a request names it; what it is, for Content-Type */
    const unsigned char *data;
    size_t len;
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
