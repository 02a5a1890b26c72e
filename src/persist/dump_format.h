/* SPDX-License-Identifier: BSD-3-Clause */
/* What DUMP and RESTORE share. */
#ifndef PERSIST_DUMP_FORMAT_H
#define PERSIST_DUMP_FORMAT_H

#include <stddef.h>

enum {
    DUMP_VERSION_SIZE = 2,
    DUMP_CHECKSUM_SIZE = 8,
    DUMP_FOOTER_SIZE = DUMP_VERSION_SIZE + DUMP_CHECKSUM_SIZE
};

/* Strings from this length on are packed, unpacked and copied in pieces. */
#define DUMP_LONG_MIN   ((size_t)1 << 20)
#define DUMP_PIECE_SIZE ((size_t)32 << 10)

#endif
