/* SPDX-License-Identifier: BSD-3-Clause */
/* The types of values that RDB knows, those that this server has no commands for among them: one table for
 * all who read and write them. Checking is decoding for nobody. */
#ifndef PERSIST_RDB_CODEC_H
#define PERSIST_RDB_CODEC_H

#include "rdb_build.h"
#include "rdb_format.h"
#include "rdb_output.h"
#include "rdb_reader.h"

struct rdb_decoding;

struct rdb_codec {
    unsigned code;    /* in front of the key */
    const char *name; /* the kind and, in brackets, how it is laid out */
    enum rdb_kind kind;
    unsigned version; /* of the format, that it came with; servers of earlier ones refuse it. 0: long ago */
    bool (*decode)(struct rdb_decoding *decoding);
    void (*encode)(struct rdb_output *output, struct rdb_elements *elements); /* NULL: it is not written */
};

/* NULL for numbers that never stood for a type. */
const struct rdb_codec *rdb_codec_find(enum rdb_dialect dialect, unsigned code);

/* All rows, for those who count by type. */
#define RDB_CODEC_COUNT_MAX 40
size_t rdb_codec_count(void);
const struct rdb_codec *rdb_codec_at(size_t index);
size_t rdb_codec_index(const struct rdb_codec *codec);

/* Takes a value off the reader and tells `builder` of it, or nobody (NULL). All of it is looked at; what is
 * broken without the value's end being lost is noted as a flaw, and the builder's value is to be thrown away.
 * False, having refused it, when the end is lost, or the type says nothing of it. */
bool rdb_decode(const struct rdb_codec *codec, struct rdb_reader *reader, const struct rdb_builder *builder);

/* How the elements of a value are laid out when it is written. */
enum rdb_layout {
    RDB_LAYOUT_PLAIN,
    RDB_LAYOUT_LISTPACK,   /* all in one string: for few and small ones */
    RDB_LAYOUT_INTSET,     /* the same for sets of integers, which come in order */
    RDB_LAYOUT_EXPIRING,   /* of hashes whose fields expire */
    RDB_LAYOUT_WITH_TIMES, /* of streams: when each consumer was last told something */
};

/* The row that values of `kind` are encoded by for readers of `version`, in the layout if these know it, else
 * in the plain one. NULL: they are not written. */
const struct rdb_codec *rdb_codec_for(enum rdb_kind kind, enum rdb_layout layout, unsigned version);

/* Takes what follows RDB_MODULE_AUX, RDB_FUNCTION2 and RDB_FUNCTION_PRE_GA, which began at `offset`, off the
 * reader and forgets it, as rdb_decode for nobody. */
bool rdb_pass_extra(struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset);

/* Takes the items of a module's value, which say where they end. */
bool rdb_pass_module_items(struct rdb_reader *reader);

#endif
