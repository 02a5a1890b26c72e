/* SPDX-License-Identifier: BSD-3-Clause */
/* All that can be read of a snapshot file, damaged or not. Where it is damaged, reading goes on at the next
 * place from which keys can be read (rdb_resync.h), in the database that was last selected. */
#ifndef PERSIST_RDB_WALK_H
#define PERSIST_RDB_WALK_H

#include "rdb_codec.h"

#define RDB_WALK_SHOWN_MAX 64

struct rdb_walk_key {
    uint64_t begin, end; /* in the file, with all that belongs to the key */
    uint64_t database;
    uint64_t hash; /* of the database and the name */
    const struct rdb_codec *codec;
    unsigned class; /* of its name, see struct rdb_walk_handler */
    int64_t expires_ms;
    bool has_metadata, needs_module;
    bool is_certain; /* read before any damage, so that it is no guess */
    uint8_t shown_len;
    char shown[RDB_WALK_SHOWN_MAX]; /* what the name begins with */
};

/* All come in the order of the file. */
struct rdb_walk_handler {
    /* The file's version, when its header is whole. */
    void (*version)(void *context, enum rdb_dialect dialect, unsigned version);
    /* A fact about the file, when it is read. */
    void (*aux)(void *context, struct bytes name, struct bytes value);
    /* The class of a key's name, to be found in struct rdb_walk_key. */
    unsigned (*classify)(void *context, struct bytes name);
    void (*key)(void *context, const struct rdb_walk_key *key);
    /* Something else: RDB_SELECT, RDB_AUX and so on. */
    void (*fact)(void *context, unsigned opcode, uint64_t begin, uint64_t end);
    /* What is wrong, "at offset ..."; behind it nothing is known of `passed` bytes. */
    void (*damage)(void *context, const char *text, uint64_t passed);
    /* What is wrong within a single key, which is left out. */
    void (*flaw)(void *context, const char *text);
    void *context;
};

struct rdb_walked {
    enum rdb_dialect dialect;
    unsigned version;   /* of the file; RDB_VERSION_MAX when it doesn't say */
    bool has_header;    /* it does */
    bool is_whole;      /* neither damage nor flaws */
    bool is_only_wrong; /* all could be read, but the checksum says that something isn't what was written */
};

/* Reads the file from its beginning. A length that became greater may end where a key ends, so that nothing
 * is noticed but the checksum: when `looks_within`, several keys in a row that lie in another and end with it
 * are taken for what was written. So it is read again, when it is damaged, by whoever wants all that is
 * there. */
void rdb_walk(struct rdb_reader *reader, const struct rdb_walk_handler *handler, bool looks_within,
              struct rdb_walked *walked);

#endif
