/* SPDX-License-Identifier: BSD-3-Clause */
/* Small collections in one piece, as older servers and newer ones write them. Which of the ways to write an
 * element is taken is the seed's. */
#ifndef SIM_PACKS_H
#define SIM_PACKS_H

#include "base/buf.h"
#include "chance.h"

enum pack_kind { PACK_LISTPACK, PACK_ZIPLIST, PACK_ZIPMAP };

void pack_append(struct buf *out, enum pack_kind kind, const struct bytes *texts, int count,
                 struct chance *chance);
/* All of them are whole numbers, in their order. */
void pack_append_intset(struct buf *out, const int64_t *numbers, int count, struct chance *chance);
/* A listpack element by element, which are forgotten with its end. */
void pack_listpack_text(struct buf *elements, struct bytes text, struct chance *chance);
void pack_listpack_number(struct buf *elements, int64_t number, struct chance *chance);
void pack_listpack_end(struct buf *out, struct buf *elements, unsigned count);
/* Its number of bytes, lowest first. */
void pack_number(struct buf *out, uint64_t number, unsigned bytes);

#endif
