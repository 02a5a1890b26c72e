/* SPDX-License-Identifier: BSD-3-Clause */
/* The payload is made in one blob. A long string has room for the head in front of the body, since the head
 * tells the body's length:
 *
 *     room | head | body ... | footer
 *
 * Pieces of LZF one behind the other are LZF, so the string is compressed piece by piece; the result is a
 * little longer than that of the whole, and restored just so. When a string doesn't shrink that is seen soon,
 * and it is copied as it is. Other values are encoded as a whole, large ones on a stack of their own, and
 * what came out is copied piece by piece. */
#include "persist/dump.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/crc64.h"
#include "base/lzf.h"
#include "base/panic.h"
#include "dump_format.h"
#include "rdb_value.h"
#include "resting.h"
#include "store/store.h"

#define HEAD_ROOM (1 + RDB_STRING_HEAD_SIZE)
/* Compression has to show a gain by then, and a fair one. */
#define TRIAL_SIZE     (16 * DUMP_PIECE_SIZE)
#define GAIN_OF_A_PART 16

struct dump {
    struct store *store;
    const struct rdb_codec *codec;
    struct blob *value; /* a long string; NULL: it is another value */
    struct value other; /* held, while it is large */
    struct rdb_output output;
    struct resting resting;
    bool has_failed;
    struct blob *payload;
    bool is_packing, has_head;
    size_t taken;  /* bytes of the value */
    size_t start;  /* where the payload begins in its blob */
    size_t end;    /* behind what there is of it, without the footer */
    size_t summed; /* up to where it went into the checksum */
    uint64_t checksum, version;
};

/* ---- a long string, piece by piece ---- */

static struct bytes next_piece(const struct dump *dump)
{
    size_t left = dump->value->len - dump->taken;
    return bytes_make(dump->value->data + dump->taken, left < DUMP_PIECE_SIZE ? left : DUMP_PIECE_SIZE);
}

static size_t body_len(const struct dump *dump)
{
    return dump->end - HEAD_ROOM;
}

/* Packed, the body must be shorter than the value by at least a part of what was taken. */
static bool is_worth_it(const struct dump *dump)
{
    return dump->taken < TRIAL_SIZE || body_len(dump) <= dump->taken - dump->taken / GAIN_OF_A_PART;
}

static void pack_piece(struct dump *dump)
{
    struct bytes piece = next_piece(dump);
    size_t room = dump->value->len - body_len(dump);
    size_t packed = lzf_pack(piece, dump->payload->data + dump->end, room);
    dump->taken += piece.len;
    dump->end += packed;
    if (packed > 0 && is_worth_it(dump))
        return;
    dump->is_packing = false;
    dump->taken = 0;
    dump->end = HEAD_ROOM;
}

static void copy_piece(struct dump *dump)
{
    struct bytes piece = next_piece(dump);
    memcpy(dump->payload->data + dump->end, piece.data, piece.len);
    dump->taken += piece.len;
    dump->end += piece.len;
}

static void write_head(struct dump *dump)
{
    struct buf head = {0};
    ASSERT(dump->value);
    buf_append_char(&head, (char)dump->codec->code);
    if (dump->is_packing)
        rdb_append_packed_head(&head, body_len(dump), dump->value->len);
    else
        rdb_append_length(&head, dump->value->len);
    dump->start = dump->summed = HEAD_ROOM - head.len;
    memcpy(dump->payload->data + dump->start, head.data, head.len);
    dump->has_head = true;
    buf_clear(&head);
}

static bool begin_long(struct dump *dump, struct blob *value, bool compresses)
{
    size_t size;
    dump->payload = size_add(value->len, HEAD_ROOM + DUMP_FOOTER_SIZE, &size) ? blob_try_new(0, size) : NULL;
    if (!dump->payload)
        return false;
    dump->value = blob_ref(value);
    dump->is_packing = compresses;
    dump->end = HEAD_ROOM;
    return true;
}

/* ---- all others ---- */

static void encode(void *context)
{
    struct dump *dump = context;
    rdb_output_byte(&dump->output, dump->codec->code);
    rdb_value_write(&dump->output, dump->codec, &dump->other);
}

static void begin_other(struct dump *dump, const struct value *value, const struct dump_options *options)
{
    dump->output = (struct rdb_output){.compression = options->compresses ? RDB_COMPRESSED : RDB_UNCOMPRESSED,
                                       .wall_offset_ms = options->wall_offset_ms};
    dump->has_head = true;
    dump->other = *value;
    if (!value->large) {
        encode(dump);
        return;
    }
    dump->other = value_hold(value);
    dump->output.rest = resting_rest;
    dump->output.rest_context = &dump->resting;
    resting_begin(&dump->resting, encode, dump);
}

/* False, when there is no memory. */
static bool make_payload(struct dump *dump)
{
    size_t size;
    bool fits = !dump->output.has_failed && size_add(dump->output.bytes.len, DUMP_FOOTER_SIZE, &size);
    dump->payload = fits ? blob_try_new(0, size) : NULL;
    dump->has_failed = !dump->payload;
    return dump->payload;
}

static void copy_encoded(struct dump *dump)
{
    size_t left = dump->output.bytes.len - dump->end, len = left < DUMP_PIECE_SIZE ? left : DUMP_PIECE_SIZE;
    memcpy(dump->payload->data + dump->end, dump->output.bytes.data + dump->end, len);
    dump->end += len;
}

static bool is_encoding(const struct dump *dump)
{
    return dump->resting.run && !dump->resting.has_ended;
}

/* ---- the footer ---- */

static void write_number(struct dump *dump, uint64_t number, int byte_count)
{
    for (int i = 0; i < byte_count; i++)
        dump->payload->data[dump->payload->len++] = (char)(number >> (8 * i));
}

/* True when the checksum, which covers the version, was written. */
static bool sum_piece(struct dump *dump)
{
    struct blob *payload = dump->payload;
    size_t left = dump->end - dump->summed, len = left < DUMP_PIECE_SIZE ? left : DUMP_PIECE_SIZE;
    dump->checksum = crc64(dump->checksum, payload->data + dump->summed, len);
    dump->summed += len;
    if (dump->summed < dump->end)
        return false;
    payload->len = dump->end;
    write_number(dump, dump->version, DUMP_VERSION_SIZE);
    dump->checksum = crc64(dump->checksum, payload->data + dump->end, DUMP_VERSION_SIZE);
    write_number(dump, dump->checksum, DUMP_CHECKSUM_SIZE);
    return true;
}

bool dump_step(struct dump *dump)
{
    if (is_encoding(dump)) {
        (void)resting_step(&dump->resting);
        return false;
    }
    if (!dump->payload && !make_payload(dump))
        return true;
    if (dump->end < dump->output.bytes.len) {
        copy_encoded(dump);
        return false;
    }
    if (dump->value && dump->taken < dump->value->len) {
        if (dump->is_packing)
            pack_piece(dump);
        else
            copy_piece(dump);
        return false;
    }
    if (!dump->has_head)
        write_head(dump);
    return sum_piece(dump);
}

/* ---- the whole ---- */

struct dump *dump_new(struct store *store, const struct value *value, const struct dump_options *options)
{
    bool is_timed = value_least_deadline(value) != VALUE_NEVER;
    struct dump *dump = mem_zalloc(sizeof *dump);
    dump->store = store;
    unsigned version = is_timed ? RDB_VERSION_WITH_EXPIRING : options->version;
    dump->version = version;
    dump->codec = rdb_value_codec(value, version);
    if (!value->blob || value->blob->len < DUMP_LONG_MIN) {
        begin_other(dump, value, options);
        return dump;
    }
    if (begin_long(dump, value->blob, options->compresses))
        return dump;
    dump_free(dump);
    return NULL;
}

bool dump_has_failed(const struct dump *dump)
{
    return dump->has_failed;
}

struct blob *dump_payload(const struct dump *dump, size_t *start, size_t *len)
{
    *start = dump->start;
    *len = dump->payload->len - dump->start;
    return dump->payload;
}

void dump_free(struct dump *dump)
{
    resting_end(&dump->resting);
    if (dump->other.large)
        store_release_value(dump->store, dump->other);
    rdb_output_clear(&dump->output);
    store_release_blob(dump->store, dump->value);
    blob_unref(dump->payload);
    mem_free(dump);
}
