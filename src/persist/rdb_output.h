/* SPDX-License-Identifier: BSD-3-Clause */
/* What values, and what stands between them, are written to: a buffer that is emptied into a sink when it is
 * full. After the first failure, which `error` tells, calls do nothing. Knows nothing of the server: it may
 * run on a helper thread. */
#ifndef PERSIST_RDB_OUTPUT_H
#define PERSIST_RDB_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"
#include "base/stream.h"
#include "compression_trial.h"
#include "persist/rdb_string.h"

/* Zero-initialised it gathers all in `bytes`, uncompressed. */
struct rdb_output {
    struct sink *sink; /* NULL: there is none, the bytes stay */
    enum rdb_compression compression;
    int64_t wall_offset_ms; /* from the clock of deadlines to the wall's */
    bool has_checksum;
    bool has_failed;
    struct error error;
    struct buf bytes;  /* not in the sink yet */
    uint64_t checksum; /* of those that are */
    struct compression_trial names, texts;
    /* May be NULL. Called now and then, where it may take its time (base/fiber.h). */
    void (*rest)(void *context);
    void *rest_context;
};

/* Keys and the like, and what values consist of. Only where compression is fast the trial is asked. */
void rdb_output_name(struct rdb_output *output, struct bytes name);
void rdb_output_text(struct rdb_output *output, struct bytes text);
void rdb_output_length(struct rdb_output *output, uint64_t length);
void rdb_output_byte(struct rdb_output *output, unsigned byte);
/* Lowest byte first. */
void rdb_output_number(struct rdb_output *output, uint64_t number, unsigned byte_count);

/* To be called where much is written by other means: it may take its time here. */
static inline void rdb_output_rest(const struct rdb_output *output)
{
    if (output->rest)
        output->rest(output->rest_context);
}

/* Has all in the sink. */
void rdb_output_flush(struct rdb_output *output);
/* Frees the memory. */
void rdb_output_clear(struct rdb_output *output);

#endif
