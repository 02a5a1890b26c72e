/* SPDX-License-Identifier: BSD-3-Clause */
/* The payload is made in one blob, with room for the head in front of the body, since the head tells the
 * body's length:
 *
 *     room | head | body ... | footer
 *
 * Pieces of LZF one behind the other are LZF, so the string is compressed piece by piece; the result is a
 * little longer than that of the whole, and restored just so. When a string doesn't shrink that is seen soon,
 * and it is copied as it is. */
#include "long_dump.h"
#include "base/alloc.h"
#include "base/crc64.h"
#include "base/lzf.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "persist/rdb_string.h"

#define LONG_VALUE_MIN ((size_t)1 << 20)
#define HEAD_ROOM      (1 + RDB_STRING_HEAD_SIZE)
#define PIECE_SIZE     ((size_t)32 << 10)
/* Compression has to show a gain by then, and a fair one. */
#define TRIAL_SIZE     (16 * PIECE_SIZE)
#define GAIN_OF_A_PART 16

struct long_dump {
    struct long_work work;
    struct store *store;
    struct blob *value, *payload;
    bool is_packing;
    size_t taken;    /* bytes of the value */
    size_t body_len; /* bytes made of them */
    size_t start;    /* where the payload begins in its blob; 0: the head isn't written yet */
    size_t summed;   /* up to where it went into the checksum */
    uint64_t checksum, version;
};

static char *body_of(const struct long_dump *dump)
{
    return dump->payload->data + HEAD_ROOM;
}

static struct bytes next_piece(const struct long_dump *dump)
{
    size_t left = dump->value->len - dump->taken;
    return bytes_make(dump->value->data + dump->taken, left < PIECE_SIZE ? left : PIECE_SIZE);
}

/* Packed, the body must be shorter than the value by at least a part of what was taken. */
static bool is_worth_it(const struct long_dump *dump)
{
    return dump->taken < TRIAL_SIZE || dump->body_len <= dump->taken - dump->taken / GAIN_OF_A_PART;
}

static void pack_piece(struct long_dump *dump)
{
    struct bytes piece = next_piece(dump);
    size_t room = dump->value->len - dump->body_len;
    size_t packed = lzf_pack(piece, body_of(dump) + dump->body_len, room);
    dump->taken += piece.len;
    dump->body_len += packed;
    if (packed > 0 && is_worth_it(dump))
        return;
    dump->is_packing = false;
    dump->taken = dump->body_len = 0;
}

static void copy_piece(struct long_dump *dump)
{
    struct bytes piece = next_piece(dump);
    memcpy(body_of(dump) + dump->body_len, piece.data, piece.len);
    dump->taken += piece.len;
    dump->body_len += piece.len;
}

static void write_head(struct long_dump *dump)
{
    struct buf head = {0};
    buf_append_char(&head, DUMP_TYPE_STRING);
    if (dump->is_packing)
        rdb_append_packed_head(&head, dump->body_len, dump->value->len);
    else
        rdb_append_length(&head, dump->value->len);
    dump->start = dump->summed = HEAD_ROOM - head.len;
    memcpy(dump->payload->data + dump->start, head.data, head.len);
    buf_clear(&head);
}

static void write_little_endian(struct long_dump *dump, uint64_t number, int byte_count)
{
    for (int i = 0; i < byte_count; i++)
        dump->payload->data[dump->payload->len++] = (char)(number >> (8 * i));
}

/* True when the checksum, which covers the version, was written. */
static bool sum_piece(struct long_dump *dump)
{
    struct blob *payload = dump->payload;
    size_t end = HEAD_ROOM + dump->body_len, left = end - dump->summed;
    size_t len = left < PIECE_SIZE ? left : PIECE_SIZE;
    dump->checksum = crc64(dump->checksum, payload->data + dump->summed, len);
    dump->summed += len;
    if (dump->summed < end)
        return false;
    payload->len = end;
    write_little_endian(dump, dump->version, DUMP_VERSION_SIZE);
    dump->checksum = crc64(dump->checksum, payload->data + end, DUMP_VERSION_SIZE);
    write_little_endian(dump, dump->checksum, DUMP_CHECKSUM_SIZE);
    return true;
}

/* True when all is done. */
static bool step(struct long_work *work)
{
    struct long_dump *dump = LIST_ENTRY(work, struct long_dump, work);
    if (dump->taken < dump->value->len) {
        if (dump->is_packing)
            pack_piece(dump);
        else
            copy_piece(dump);
        return false;
    }
    if (dump->start == 0)
        write_head(dump);
    return sum_piece(dump);
}

static void free_dump(struct long_work *work)
{
    struct long_dump *dump = LIST_ENTRY(work, struct long_dump, work);
    store_release_blob(dump->store, dump->value);
    blob_unref(dump->payload);
    mem_free(dump);
}

static void reply_payload(struct call *call, struct long_work *work)
{
    const struct long_dump *dump = LIST_ENTRY(work, struct long_dump, work);
    reply_bulk_blob(call->reply, dump->payload, dump->start, dump->payload->len - dump->start);
}

bool run_long_dump(struct call *call, const struct value *value)
{
    struct long_dump *dump;
    struct blob *payload;
    size_t size;
    if (!value->blob || value->blob->len < LONG_VALUE_MIN)
        return false;
    payload = size_add(value->blob->len, HEAD_ROOM + DUMP_FOOTER_SIZE, &size) ? blob_try_new(0, size) : NULL;
    if (!payload) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return true;
    }
    dump = mem_alloc(sizeof *dump);
    *dump = (struct long_dump){
        .work = {.step = step, .finish = reply_payload, .free = free_dump},
        .store = call->server->store,
        .value = blob_ref(value->blob),
        .payload = payload,
        .is_packing = call->server->config->rdbcompression,
        .version = (uint64_t)call->server->config->rdb_version,
    };
    long_work_run(call, &dump->work);
    return true;
}
