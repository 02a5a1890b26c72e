/* SPDX-License-Identifier: BSD-3-Clause */
/* A source read front to back through a window, with offset and checksum of what was taken. Functions return
 * false after having said in reader->error what is wrong and where. What lies in memory is its own window.
 *
 * Two things are for those who look at damaged files. A flaw is something wrong in a value whose end is known
 * all the same: it is noted, and reading goes on. A probe looks at many places where something might begin:
 * it is moved from place to place, says nothing of what is wrong, takes for impossible what nobody writes,
 * and has an effort that is bounded. */
#ifndef PERSIST_RDB_READER_H
#define PERSIST_RDB_READER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/stream.h"
#include "types/collection.h"

struct rdb_templates;

struct rdb_reader {
    struct source *source;
    const char *noun; /* what the source is called in errors */
    uint64_t size,
        offset;        /* of the source, SOURCE_SIZE_UNKNOWN before its end; of the next byte to be taken */
    uint64_t checksum; /* of what was taken up to `summed`; see rdb_reader_checksum */
    struct error *error;
    const char *window;
    char *own_window; /* the same, unless it is lent by the source */
    size_t window_size;
    size_t start, end; /* what is in the window and not taken */
    size_t summed;     /* up to here in the window */
    struct buf body, unpacked;
    char digits[STRING_SCRATCH];
    bool has_flaw;
    struct error flaw;                     /* the first one */
    bool lacks_memory;                     /* that was what was wrong */
    struct buf packed;                     /* the small collection that was read last */
    int64_t wall_offset_ms;                /* from the clock of deadlines to the wall's, for the same */
    const struct value_limits *limits;     /* of collections, for who keeps them; NULL: none */
    const struct rdb_templates *templates; /* that the file had so far; NULL: it can't have any */
    bool is_probe;
    uint64_t effort_left; /* of a probe: heads of strings and lengths, and bytes by the dozens */
    /* May be NULL. Called now and then, where it may take its time (base/fiber.h). */
    void (*rest)(void *context);
    void *rest_context;
};

/* The source stays the caller's and must stay open. */
void rdb_reader_init(struct rdb_reader *reader, struct source *source, struct error *error);
void rdb_reader_clear(struct rdb_reader *reader);

/* To be called where much is done without reading: it may take its time here. */
static inline void rdb_reader_rest(const struct rdb_reader *reader)
{
    if (__builtin_expect(reader->rest != NULL, 0))
        reader->rest(reader->rest_context);
}

/* A probe into the source that `reader` reads, a file. */
void rdb_reader_init_probe(struct rdb_reader *probe, const struct rdb_reader *reader);

/* The byte at `offset` is the next one. From then on there is no checksum of the whole. */
void rdb_reader_seek(struct rdb_reader *reader, uint64_t offset);

/* The first byte is the next one, as after opening. */
void rdb_reader_rewind(struct rdb_reader *reader);

/* CRC64 of all bytes taken. */
uint64_t rdb_reader_checksum(struct rdb_reader *reader);

/* Notes that something at `offset` is broken, though it is known where it ends. Flaws are forgotten by
 * setting has_flaw. */
void rdb_reader_note_flaw(struct rdb_reader *reader, uint64_t offset, const char *what);

/* Says that the byte at `offset` is wrong. Always false. */
bool rdb_reader_refuse(struct rdb_reader *reader, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes `len` bytes, at most RDB_READER_TAKE_MAX; lent until the next call. `what` names them. */
#define RDB_READER_TAKE_MAX 16
bool rdb_reader_take(struct rdb_reader *reader, size_t len, const char *what, const char **bytes);
bool rdb_reader_byte(struct rdb_reader *reader, const char *what, unsigned *byte);
/* Lowest byte first. */
bool rdb_reader_number(struct rdb_reader *reader, unsigned byte_count, const char *what, uint64_t *number);
bool rdb_reader_length(struct rdb_reader *reader, const char *what, uint64_t *length);

/* A string for the caller to keep: a large one comes in a blob of its own, whose reference is the caller's,
 * others are lent until the next call. */
bool rdb_reader_string(struct rdb_reader *reader, const char *what, struct value *string);
/* The same for whoever only looks: the bytes are lent until the next call, however many, and broken LZF is a
 * flaw: then there are none. */
bool rdb_reader_look(struct rdb_reader *reader, const char *what, struct bytes *bytes);
/* Takes a string and forgets it; broken LZF is a flaw. */
bool rdb_reader_pass_string(struct rdb_reader *reader, const char *what);
/* A short text in `buf`, which is emptied first. */
bool rdb_reader_text(struct rdb_reader *reader, const char *what, struct buf *text);

#endif
