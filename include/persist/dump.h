/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of DUMP and RESTORE: a value as snapshots have it, with a footer.
 *
 *     1 byte    type
 *     ...       the value
 *     2 bytes   RDB version, lowest byte first: up to that of Redis 8, or those of Valkey
 *     8 bytes   CRC64 of all before it, lowest byte first
 *
 * Both are made in steps of some ten microseconds, so that nobody has to wait for a large one. What they work
 * on is held: others may change it meanwhile. */
#ifndef PERSIST_DUMP_H
#define PERSIST_DUMP_H

#include "types/value.h"

/* Bytes of a payload that aren't the value: its type, and the footer. */
#define DUMP_FRAME_SIZE 11

struct store;
struct value_limits;

/* ---- a payload from a value ---- */

struct dump;

struct dump_options {
    bool compresses;
    unsigned version;       /* a later one where it takes one: of hashes whose fields expire */
    int64_t wall_offset_ms; /* from the clock of deadlines to the wall's */
};

/* NULL when there is no memory. */
struct dump *dump_new(struct store *store, const struct value *value, const struct dump_options *options);
/* Goes on; true when all is done. */
bool dump_step(struct dump *dump);
/* Whether there was no memory for it, when it is done. */
bool dump_has_failed(const struct dump *dump);
/* The payload, when it is done: `len` bytes from `start` of a blob that is lent. */
struct blob *dump_payload(const struct dump *dump, size_t *start, size_t *len);
void dump_free(struct dump *dump);

/* ---- a value from a payload ---- */

enum restored {
    RESTORED,
    RESTORE_WRONG_FOOTER,
    RESTORE_WRONG_TYPE, /* there is no place for it */
    RESTORE_WRONG_FORMAT,
    RESTORE_NO_MEMORY,
};

/* Whether there is a footer, of a version that is known: to be asked first. */
bool restore_knows(struct bytes payload);

struct restore;

/* Takes the reference to `payload`. */
struct restore *restore_new(struct store *store, struct blob *payload, bool skips_checksum,
                            const struct value_limits *limits, int64_t wall_offset_ms);
/* Goes on; true when all is done. */
bool restore_step(struct restore *restore);
/* What became of it, when it is done. The value is lent until it is freed: whoever keeps it holds
 * it. */
enum restored restore_result(const struct restore *restore, struct value *value);
void restore_free(struct restore *restore);

#endif
