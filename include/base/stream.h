/* SPDX-License-Identifier: BSD-3-Clause */
/* Where bytes come from and where they go. Who reads and writes formats needs not know whether that is a
 * file, memory, or a pipe. */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/buf.h"
#include "base/error.h"
#include <sys/types.h>

/* ---- sources ---- */

/* The source ends where it ends, which nobody knows before. */
#define SOURCE_SIZE_UNKNOWN UINT64_MAX

struct source {
    uint64_t size;
    struct bytes memory; /* all of it, lent, when it lies in memory: then there is no need to read */
    int fd;              /* -1: it lies in memory */
    bool only_forward, owns_fd;
    uint64_t position; /* of one that goes only forward: what was read so far */
};

/* A regular file. On failure errno tells whether it is there. */
bool source_open_file(struct source *source, const char *path, struct error *error);
/* Bytes that stay where they are. */
void source_of_bytes(struct source *source, struct bytes bytes);
/* A pipe or the like, which stays the caller's. It is read in order, and waits for what has not come yet. */
void source_of_pipe(struct source *source, int fd);
void source_close(struct source *source);

/* Reads some of what stands at `offset`, at most `room` bytes: how many they were, 0 at the end, -1 with
 * errno on failure. One that goes only forward is read without gaps. */
ssize_t source_read(struct source *source, uint64_t offset, void *to, size_t room);

/* ---- sinks ---- */

struct sink {
    /* All of the bytes, or an error that says why not. */
    bool (*write)(struct sink *sink, struct bytes bytes, struct error *error);
};

static inline bool sink_write(struct sink *sink, struct bytes bytes, struct error *error)
{
    return sink->write(sink, bytes, error);
}

/* A file that is written from its beginning on. The system is asked to begin with its part early, so that a
 * sync at the end finds little to do. */
struct file_sink {
    struct sink sink;
    int fd;           /* the caller's */
    const char *path; /* for errors; lent */
    uint64_t written, flushed_ahead;
};

void file_sink_init(struct file_sink *sink, int fd, const char *path);

/* Appends to a buffer that is the caller's. */
struct buf_sink {
    struct sink sink;
    struct buf *buf;
};

void buf_sink_init(struct buf_sink *sink, struct buf *buf);

#endif
