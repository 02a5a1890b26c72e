/* SPDX-License-Identifier: BSD-3-Clause */
/* Listpacks and intsets, written (rdb_packed.c has their layout). */
#ifndef PERSIST_RDB_PACK_H
#define PERSIST_RDB_PACK_H

#include "base/buf.h"

/* A listpack in `pack`, from its beginning on: begin, the elements, end. Numbers are told from texts. */
void rdb_listpack_begin(struct buf *pack);
void rdb_listpack_add(struct buf *pack, struct bytes text);
void rdb_listpack_end(struct buf *pack, uint64_t count);

/* An intset of numbers that are in order, each once. */
void rdb_intset_write(struct buf *set, const int64_t *numbers, size_t count);

#endif
