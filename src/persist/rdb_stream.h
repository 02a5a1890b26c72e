/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams between the server's values and RDB. */
#ifndef PERSIST_RDB_STREAM_H
#define PERSIST_RDB_STREAM_H

#include "rdb_value_rows.h"
#include "types/stream_group.h"

/* A stream that is put together. */
struct rdb_stream_building {
    struct large *large;
    struct stream *stream; /* of `large` */
    bool has_node;         /* one begins with the next entry */
    bool has_entry;        /* its fields are gathered */
    bool has_times;        /* it is written down when each consumer was last told something */
    bool has_figures;      /* how much was added and read is written down */
    struct stream_id node, entry;
    struct buf texts;
    size_t *ends; /* of names and values in turn, among the texts */
    size_t end_count, end_room;
    struct stream_group *group;
    struct stream_consumer *consumer;
};

void rdb_stream_begin(struct rdb_stream_building *building, const struct rdb_codec *codec);
struct rdb_builder rdb_stream_builder(struct rdb_stream_building *building);
/* What was built so far, the caller's. */
struct value rdb_stream_end(struct rdb_stream_building *building);

/* What the encoder gets. */
struct rdb_stream_elements {
    struct rdb_elements elements;
    const struct stream *stream;
    bool with_times; /* when each consumer was last told something */
};

#endif
