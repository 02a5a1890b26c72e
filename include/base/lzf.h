/* SPDX-License-Identifier: BSD-3-Clause */
/* LZF, the compression of strings in snapshot files: weak, but quick. */
#ifndef BASE_LZF_H
#define BASE_LZF_H

#include "base/bytes.h"

/* Compresses `bytes` into `out`. Returns the compressed length, or 0 when it would exceed `size` (or `bytes`
 * is empty or over 4 GiB): then store it as it is. May run on any thread; needs half a megabyte of stack. */
size_t lzf_pack(struct bytes bytes, void *out, size_t size);

/* The same, several times as fast on short texts that don't shrink, with results that are about as short, but
 * not the bytes that redis-server would make. */
size_t lzf_pack_fast(struct bytes bytes, void *out, size_t size);

/* Restores exactly `size` bytes into `out`; false when `packed` is damaged or doesn't make up that many. */
bool lzf_unpack(struct bytes packed, void *out, size_t size);

/* The same a piece at a time, for texts that would hold everybody up. */
struct lzf_unpacker {
    struct bytes packed;
    char *out;
    size_t size;           /* of the text, as it is claimed */
    size_t taken, out_len; /* of `packed`; of the text */
};

enum lzf_progress {
    LZF_MORE,
    LZF_DONE,
    LZF_BROKEN, /* `packed` is damaged or doesn't make up `size` bytes */
};

/* Goes on for about `budget` bytes of the text. All fields but the last two are set by the caller, these
 * begin as 0. */
enum lzf_progress lzf_unpack_some(struct lzf_unpacker *unpacker, size_t budget);

#endif
