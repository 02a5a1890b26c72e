/* SPDX-License-Identifier: BSD-3-Clause */
/* The frame of a snapshot file: header, opcodes, keys, the end. It knows what stands where; what becomes of
 * the values is the handler's affair, who takes them off the reader. */
#ifndef PERSIST_RDB_FRAME_H
#define PERSIST_RDB_FRAME_H

#include "persist/rdb_load.h"
#include "rdb_codec.h"
#include "rdb_template.h"

struct rdb_frame_handler {
    /* The value of `key` comes next: takes it off the reader. False, having refused it there, ends the
     * reading. */
    bool (*value)(void *context, struct rdb_reader *reader, const struct rdb_loaded_key *key,
                  const struct rdb_codec *codec);
    /* The same for what follows RDB_MODULE_AUX, RDB_FUNCTION2 and RDB_FUNCTION_PRE_GA, which began at
     * `offset`. */
    bool (*extra)(void *context, struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset);
    /* As those of struct rdb_load_handler. */
    void (*sizes)(void *context, uint64_t database, uint64_t keys, uint64_t expiring);
    void (*aux)(void *context, struct bytes name, struct bytes value);
    void *context;
};

/* Reads the file from its beginning to its end. False when it isn't whole: reader->error says why. */
bool rdb_frame_read(struct rdb_reader *reader, const struct rdb_frame_handler *handler);

/* ---- a piece at a time ---- */

struct rdb_frame {
    struct rdb_reader *reader;
    const struct rdb_frame_handler *handler;
    enum rdb_dialect dialect;
    unsigned version;
    unsigned opcode;               /* the last one read: that of the piece */
    const struct rdb_codec *codec; /* of the key, when the piece is one */
    struct rdb_loaded_key key;     /* its database is the one selected */
    struct buf name, text;
    struct rdb_templates templates; /* the reader knows them by the frame */
    bool is_moved;  /* it wasn't read from its beginning on, so that the checksum says nothing */
    bool has_ended; /* nothing comes behind */
};

/* A piece is a key with all that stands in front of it, or a fact. */
enum rdb_frame_item {
    RDB_FRAME_BROKEN, /* reader->error says where and why. With has_ended it is only the checksum. */
    RDB_FRAME_KEY,
    RDB_FRAME_FACT,
    RDB_FRAME_END,
};

void rdb_frame_init(struct rdb_frame *frame, struct rdb_reader *reader,
                    const struct rdb_frame_handler *handler);
void rdb_frame_clear(struct rdb_frame *frame);
/* To be read first, unless the reading begins elsewhere. */
bool rdb_frame_header(struct rdb_frame *frame);
enum rdb_frame_item rdb_frame_next(struct rdb_frame *frame);
/* Goes on at `offset`. The end is taken for it from now on only where the file ends. */
void rdb_frame_move(struct rdb_frame *frame, uint64_t offset);

#endif
