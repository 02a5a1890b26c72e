/* SPDX-License-Identifier: BSD-3-Clause */
/* What the decoders of the types share: a value in the making, and its pieces.
 *
 * What redis-server refuses to load is a flaw, although it is known where the value ends: a broken structure
 * within a string, a field that is there twice, a score that is no number. */
#ifndef PERSIST_RDB_DECODE_H
#define PERSIST_RDB_DECODE_H

#include "rdb_codec.h"
#include "rdb_hashes.h"

struct rdb_decoding {
    struct rdb_reader *reader;
    const struct rdb_codec *codec;
    const struct rdb_builder *builder; /* NULL: nobody listens */
    uint64_t offset;                   /* where the value, or its part, begins */
    struct rdb_hashes seen;            /* what may be there only once, when nobody listens */
    struct buf text, other;            /* held while what follows is read */
};

/* ---- pieces; false, having refused, when they aren't there ---- */

/* A number of elements: nobody keeps a value without, nor one of more than there are bytes. */
bool rdb_decode_count(struct rdb_decoding *decoding, uint64_t *count);
/* The same where none is fine. */
bool rdb_decode_small_count(struct rdb_decoding *decoding, uint64_t *count);
/* A string that is looked at, lent until the next piece. */
bool rdb_decode_text(struct rdb_decoding *decoding, struct bytes *text);
/* One that only the builder wants. */
bool rdb_decode_content(struct rdb_decoding *decoding, struct bytes *text);
/* Lent until the next one that is held in the same buffer. */
bool rdb_decode_held(struct rdb_decoding *decoding, struct buf *holder, struct bytes *text);
bool rdb_decode_length(struct rdb_decoding *decoding, uint64_t *length);
bool rdb_decode_time(struct rdb_decoding *decoding, int64_t *time_ms);
bool rdb_decode_bytes(struct rdb_decoding *decoding, size_t len, const char **bytes);
bool rdb_pass_lengths(struct rdb_decoding *decoding, int count);

/* ---- what is told ---- */

/* Whether the builder is there and wants more: nothing is told of a value that is broken. */
static inline bool rdb_is_told(const struct rdb_decoding *decoding)
{
    return decoding->builder && !decoding->reader->has_flaw;
}

/* The same of an element that the builder will keep, for which there has to be memory. */
bool rdb_may_tell(struct rdb_decoding *decoding, const struct rdb_element *element);

void rdb_tell_begin(struct rdb_decoding *decoding, uint64_t count);
void rdb_tell_element(struct rdb_decoding *decoding, const struct rdb_element *element);
/* What a builder said of something: false is a flaw. */
void rdb_tell(struct rdb_decoding *decoding, bool is_new);
void rdb_note_flaw(struct rdb_decoding *decoding, const char *what);
/* Something is twice among the hashes, which are cleared. */
void rdb_note_repeats(struct rdb_decoding *decoding, struct rdb_hashes *seen);

/* ---- layouts ---- */

bool rdb_decode_string(struct rdb_decoding *decoding);
bool rdb_decode_list(struct rdb_decoding *decoding);
bool rdb_decode_set(struct rdb_decoding *decoding);
bool rdb_decode_zset(struct rdb_decoding *decoding);
bool rdb_decode_hash(struct rdb_decoding *decoding);
bool rdb_decode_expiring_hash(struct rdb_decoding *decoding);
bool rdb_decode_valkey_hash(struct rdb_decoding *decoding);
bool rdb_decode_packed(struct rdb_decoding *decoding);
bool rdb_decode_quicklist(struct rdb_decoding *decoding);
bool rdb_decode_quicklist2(struct rdb_decoding *decoding);
bool rdb_decode_stream(struct rdb_decoding *decoding);
bool rdb_decode_array(struct rdb_decoding *decoding);
bool rdb_decode_template(struct rdb_decoding *decoding);
bool rdb_decode_module(struct rdb_decoding *decoding);
bool rdb_decode_opaque(struct rdb_decoding *decoding);

/* ---- and the other way round ---- */

void rdb_encode_string(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_texts(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_zset(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_hash(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_expiring_hash(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_quicklist(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_packed_set(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_packed_zset(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_packed_hash(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_stream(struct rdb_output *output, struct rdb_elements *elements);
void rdb_encode_intset(struct rdb_output *output, struct rdb_elements *elements);

#endif
