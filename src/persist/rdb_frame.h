/* SPDX-License-Identifier: BSD-3-Clause */
/* The frame of a snapshot file: header, opcodes, keys, the end. It knows what stands where; what becomes of the values is the
 * handler's affair, who takes them off the reader. */
#ifndef PERSIST_RDB_FRAME_H
#define PERSIST_RDB_FRAME_H

#include "persist/rdb_load.h"
#include "rdb_format.h"
#include "rdb_reader.h"

struct rdb_frame_handler {
    /* The value of `key`, whose type is RDB_TYPE_MAX at most, comes next: takes it off the reader. False, having refused
     * it there, ends the reading. */
    bool (*value)(void *context, struct rdb_reader *reader, const struct rdb_loaded_key *key, unsigned type);
    /* The same for what follows RDB_MODULE_AUX, RDB_FUNCTION2 and RDB_FUNCTION_PRE_GA, which began at `offset`. */
    bool (*extra)(void *context, struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset);
    /* As those of struct rdb_load_handler. */
    void (*sizes)(void *context, uint64_t database, uint64_t keys, uint64_t expiring);
    void (*aux)(void *context, struct bytes name, struct bytes value);
    /* The header was good. May be NULL. */
    void (*version)(void *context, unsigned version);
    /* All before `end` are whole pieces. Comes after each of them but the end of the file. May be NULL. */
    void (*piece)(void *context, uint64_t end);
    void *context;
};

/* Reads the file from its beginning to its end. False when it isn't whole: reader->error says why. */
bool rdb_frame_read(struct rdb_reader *reader, const struct rdb_frame_handler *handler);

#endif
