/* SPDX-License-Identifier: BSD-3-Clause */
/* First the checksum of the payload is computed. Then a long string is unpacked or copied to a blob of its
 * own, which becomes the value; others are decoded where they lie, long ones on a stack of their own. */
#include "base/alloc.h"
#include "base/crc64.h"
#include "base/lzf.h"
#include "dump_format.h"
#include "persist/dump.h"
#include "rdb_value.h"
#include "resting.h"
#include "store/store.h"
#include "types/collection.h"

/* Shorter payloads of other values take no time. */
#define DECODED_AT_ONCE ((size_t)4 << 10)

struct restore {
    struct store *store;
    struct blob *payload;
    struct bytes content; /* of it, without the footer */
    const struct rdb_codec *codec;
    bool skips_checksum;
    size_t summed; /* bytes of the content */
    uint64_t checksum;
    struct rdb_string_head head; /* of a long string */
    struct bytes body;
    struct lzf_unpacker unpacker;
    size_t copied;        /* bytes of the body */
    struct source source; /* of another value */
    struct rdb_reader reader;
    struct resting resting; /* in which it is decoded */
    struct error error;
    struct value_limits limits;
    int64_t wall_offset_ms;
    struct value value;
    enum restored result;
};

/* ---- the footer ---- */

static unsigned version_of(struct bytes payload)
{
    return (unsigned)bytes_low_first(
        bytes_make(payload.data + payload.len - DUMP_FOOTER_SIZE, DUMP_VERSION_SIZE));
}

/* A payload doesn't say who wrote it, but the versions do. */
static enum rdb_dialect dialect_of(unsigned version)
{
    return version >= RDB_VALKEY_VERSION_MIN ? RDB_VALKEY : RDB_REDIS;
}

bool restore_knows(struct bytes payload)
{
    if (payload.len < DUMP_FOOTER_SIZE)
        return false;
    unsigned version = version_of(payload);
    return version <= RDB_VERSION_MAX ||
           (version >= RDB_VALKEY_VERSION_MIN && version <= RDB_VALKEY_VERSION_MAX);
}

/* ---- steps: true when all is done ---- */

static bool finish(struct restore *restore, enum restored result)
{
    restore->result = result;
    return true;
}

/* The checksum covers the version behind the content. */
static bool sum_piece(struct restore *restore)
{
    const char *footer = restore->content.data + restore->content.len;
    size_t all = restore->content.len + DUMP_VERSION_SIZE, left = all - restore->summed;
    size_t len = left < DUMP_PIECE_SIZE ? left : DUMP_PIECE_SIZE;
    restore->checksum = crc64(restore->checksum, restore->content.data + restore->summed, len);
    restore->summed += len;
    if (restore->summed == all &&
        bytes_low_first(bytes_make(footer + DUMP_VERSION_SIZE, DUMP_CHECKSUM_SIZE)) != restore->checksum)
        return finish(restore, RESTORE_WRONG_FOOTER);
    return false;
}

/* Whether the value claims to be a string that takes long, whose head is then known. */
static bool is_long_string(struct restore *restore)
{
    struct bytes rest = restore->body;
    struct rdb_string_head *head = &restore->head;
    if (restore->codec->kind != RDB_KIND_STRING || rdb_take_string_head(&rest, head) != RDB_OK ||
        head->form == RDB_STRING_INT || head->body_len != rest.len || head->len < DUMP_LONG_MIN)
        return false;
    restore->body = rest;
    return true;
}

static bool begin_long_string(struct restore *restore)
{
    uint64_t len = restore->head.len;
    struct blob *string = len <= SIZE_MAX ? blob_try_new((size_t)len, (size_t)len) : NULL;
    if (!string)
        return finish(restore, RESTORE_NO_MEMORY);
    restore->value = string_value_blob(string);
    restore->unpacker =
        (struct lzf_unpacker){.packed = restore->body, .out = string->data, .size = (size_t)len};
    return false;
}

static void decode(void *context)
{
    struct restore *restore = context;
    struct rdb_reader *reader = &restore->reader;
    if (!rdb_value_read(reader, restore->codec, &restore->value))
        restore->result = reader->lacks_memory ? RESTORE_NO_MEMORY : RESTORE_WRONG_FORMAT;
    else
        restore->result = reader->offset == reader->size ? RESTORED : RESTORE_WRONG_FORMAT;
}

/* True when it was short, and is decoded. */
static bool begin_decoding(struct restore *restore)
{
    struct rdb_reader *reader = &restore->reader;
    source_of_bytes(&restore->source, restore->body);
    rdb_reader_init(reader, &restore->source, &restore->error);
    reader->limits = &restore->limits;
    reader->wall_offset_ms = restore->wall_offset_ms;
    if (restore->body.len < DECODED_AT_ONCE) {
        decode(restore);
        return true;
    }
    reader->rest = resting_rest;
    reader->rest_context = &restore->resting;
    resting_begin(&restore->resting, decode, restore);
    return false;
}

static bool begin_value(struct restore *restore)
{
    struct bytes content = restore->content;
    if (content.len == 0)
        return finish(restore, RESTORE_WRONG_FORMAT);
    restore->codec =
        rdb_codec_find(dialect_of(version_of(blob_bytes(restore->payload))), (unsigned char)content.data[0]);
    if (!restore->codec || !rdb_value_has_place(restore->codec))
        return finish(restore, RESTORE_WRONG_TYPE);
    restore->body = bytes_make(content.data + 1, content.len - 1);
    return is_long_string(restore) ? begin_long_string(restore) : begin_decoding(restore);
}

static bool unpack_piece(struct restore *restore)
{
    switch (lzf_unpack_some(&restore->unpacker, DUMP_PIECE_SIZE)) {
    case LZF_MORE:
        return false;
    case LZF_DONE:
        return finish(restore, RESTORED);
    case LZF_BROKEN:
        break;
    }
    return finish(restore, RESTORE_WRONG_FORMAT);
}

static bool copy_piece(struct restore *restore)
{
    size_t left = restore->body.len - restore->copied, len = left < DUMP_PIECE_SIZE ? left : DUMP_PIECE_SIZE;
    memcpy(restore->value.blob->data + restore->copied, restore->body.data + restore->copied, len);
    restore->copied += len;
    return restore->copied == restore->body.len && finish(restore, RESTORED);
}

bool restore_step(struct restore *restore)
{
    if (!restore->skips_checksum && restore->summed < restore->content.len + DUMP_VERSION_SIZE)
        return sum_piece(restore);
    if (!restore->codec)
        return begin_value(restore);
    if (restore->resting.run)
        return resting_step(&restore->resting);
    return restore->head.form == RDB_STRING_LZF ? unpack_piece(restore) : copy_piece(restore);
}

/* ---- the whole ---- */

struct restore *restore_new(struct store *store, struct blob *payload, bool skips_checksum,
                            const struct value_limits *limits, int64_t wall_offset_ms)
{
    struct restore *restore = mem_zalloc(sizeof *restore);
    restore->store = store;
    restore->payload = payload;
    restore->content = bytes_make(payload->data, payload->len - DUMP_FOOTER_SIZE);
    restore->skips_checksum = skips_checksum;
    restore->limits = *limits;
    restore->wall_offset_ms = wall_offset_ms;
    return restore;
}

enum restored restore_result(const struct restore *restore, struct value *value)
{
    *value = restore->value;
    return restore->result;
}

void restore_free(struct restore *restore)
{
    resting_end(&restore->resting);
    store_release_blob(restore->store, restore->payload);
    store_release_blob(restore->store, restore->value.blob);
    if (restore->value.large)
        store_release_value(restore->store, restore->value);
    rdb_reader_clear(&restore->reader);
    mem_free(restore);
}
