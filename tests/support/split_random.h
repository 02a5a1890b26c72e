/* SPDX-License-Identifier: BSD-3-Clause */
/* Cuts bytes into pieces whose lengths follow from a seed. */
#ifndef SUPPORT_SPLIT_RANDOM_H
#define SUPPORT_SPLIT_RANDOM_H

#include "base/bytes.h"

/* Takes the next piece, of one byte at least, off the front of `rest`. A seed of 0 takes everything at
 * once. */
static inline struct bytes split_random(struct bytes *rest, unsigned *seed)
{
    struct bytes piece = *rest;

    if (*seed != 0) {
        *seed = *seed * 1103515245u + 12345u;
        /* Short pieces are the interesting ones; now and then a long one. */
        piece.len = 1 + (*seed >> 16) % ((*seed >> 28) == 0 ? 100 : 7);
        if (piece.len > rest->len)
            piece.len = rest->len;
    }
    rest->data += piece.len;
    rest->len -= piece.len;
    return piece;
}

#endif
