/* SPDX-License-Identifier: BSD-3-Clause */
/* The payload is held by reference. First its checksum is computed, then the string is unpacked or copied to
 * a blob of its own, which becomes the value. What the key holds is looked at when all is done. */
#include "long_restore.h"
#include "base/alloc.h"
#include "base/crc64.h"
#include "base/lzf.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "long_dump.h"
#include "persist/rdb_string.h"

#define LONG_PAYLOAD_MIN ((size_t)1 << 20)
#define PIECE_SIZE       ((size_t)32 << 10)

struct long_restore {
    struct long_work work;
    struct store *store;
    struct blob *payload;
    struct bytes content; /* of it, without the footer */
    bool skips_checksum, has_head;
    size_t summed; /* bytes of the content */
    uint64_t checksum;
    struct rdb_string_head head;
    struct bytes body;
    struct lzf_unpacker unpacker;
    size_t copied; /* bytes of the body */
    struct blob *string;
    enum payload_result result; /* when it is done */
    restore_end *end;
};

bool is_long_payload(struct bytes payload)
{
    struct rdb_string_head head;
    if (payload.len >= LONG_PAYLOAD_MIN)
        return true;
    if (payload.len == 0 || payload.data[0] != DUMP_TYPE_STRING)
        return false;
    payload = bytes_make(payload.data + 1, payload.len - 1);
    return rdb_take_string_head(&payload, &head) == RDB_OK && head.form == RDB_STRING_LZF &&
           head.body_len <= payload.len && head.len >= LONG_PAYLOAD_MIN;
}

/* ---- steps: true when all is done ---- */

static bool finish(struct long_restore *restore, enum payload_result result)
{
    restore->result = result;
    return true;
}

/* The checksum covers the version behind the content. */
static bool sum_piece(struct long_restore *restore)
{
    const char *footer = restore->content.data + restore->content.len;
    size_t all = restore->content.len + DUMP_VERSION_SIZE, left = all - restore->summed;
    size_t len = left < PIECE_SIZE ? left : PIECE_SIZE;
    restore->checksum = crc64(restore->checksum, restore->content.data + restore->summed, len);
    restore->summed += len;
    if (restore->summed == all &&
        bytes_low_first(bytes_make(footer + DUMP_VERSION_SIZE, DUMP_CHECKSUM_SIZE)) != restore->checksum)
        return finish(restore, PAYLOAD_WRONG_FOOTER);
    return false;
}

static bool take_head(struct long_restore *restore)
{
    struct bytes rest = restore->content;
    struct rdb_string_head *head = &restore->head;
    restore->has_head = true;
    if (rest.len == 0)
        return finish(restore, PAYLOAD_WRONG_FORMAT);
    if (rest.data[0] != DUMP_TYPE_STRING)
        return finish(restore, PAYLOAD_WRONG_TYPE);
    rest = bytes_make(rest.data + 1, rest.len - 1);
    if (rdb_take_string_head(&rest, head) != RDB_OK || head->form == RDB_STRING_INT ||
        head->body_len != rest.len)
        return finish(restore, PAYLOAD_WRONG_FORMAT);
    restore->string = head->len <= SIZE_MAX ? blob_try_new((size_t)head->len, (size_t)head->len) : NULL;
    if (!restore->string)
        return finish(restore, PAYLOAD_NO_MEMORY);
    restore->body = rest;
    restore->unpacker =
        (struct lzf_unpacker){.packed = rest, .out = restore->string->data, .size = (size_t)head->len};
    return false;
}

static bool unpack_piece(struct long_restore *restore)
{
    switch (lzf_unpack_some(&restore->unpacker, PIECE_SIZE)) {
    case LZF_MORE:
        return false;
    case LZF_DONE:
        return finish(restore, PAYLOAD_WHOLE);
    case LZF_BROKEN:
        break;
    }
    return finish(restore, PAYLOAD_WRONG_FORMAT);
}

static bool copy_piece(struct long_restore *restore)
{
    size_t left = restore->body.len - restore->copied, len = left < PIECE_SIZE ? left : PIECE_SIZE;
    memcpy(restore->string->data + restore->copied, restore->body.data + restore->copied, len);
    restore->copied += len;
    return restore->copied == restore->body.len && finish(restore, PAYLOAD_WHOLE);
}

static bool step(struct long_work *work)
{
    struct long_restore *restore = LIST_ENTRY(work, struct long_restore, work);
    if (!restore->skips_checksum && restore->summed < restore->content.len + DUMP_VERSION_SIZE)
        return sum_piece(restore);
    if (!restore->has_head)
        return take_head(restore);
    return restore->head.form == RDB_STRING_LZF ? unpack_piece(restore) : copy_piece(restore);
}

/* ---- the work ---- */

static void free_work(struct long_work *work)
{
    struct long_restore *restore = LIST_ENTRY(work, struct long_restore, work);
    store_release_blob(restore->store, restore->payload);
    store_release_blob(restore->store, restore->string);
    mem_free(restore);
}

static void finish_work(struct call *call, struct long_work *work)
{
    const struct long_restore *restore = LIST_ENTRY(work, struct long_restore, work);
    struct value value = {0};
    if (restore->result == PAYLOAD_WHOLE)
        value = string_value_blob(restore->string);
    restore->end(call, restore->result, value);
}

static struct blob *hold_argument(const struct call *call, int index)
{
    struct bytes bytes = call->argv[index];
    if (call->big_argument && call->big_argument->data == bytes.data)
        return blob_ref(call->big_argument);
    return blob_of(bytes);
}

void run_long_restore(struct call *call, int index, restore_end *end)
{
    struct bytes payload = call->argv[index];
    struct long_restore *restore = mem_alloc(sizeof *restore);
    *restore = (struct long_restore){
        .work = {.step = step, .finish = finish_work, .free = free_work, .changes_data = true},
        .store = call->server->store,
        .payload = hold_argument(call, index),
        .skips_checksum = call->server->skips_checksums,
        .end = end,
    };
    restore->content = bytes_make(restore->payload->data, payload.len - DUMP_FOOTER_SIZE);
    long_work_run(call, &restore->work);
}
