/* SPDX-License-Identifier: BSD-3-Clause */
/* RESTORE of any bytes under a footer that is right, and of the same as each packed encoding that Redis ever
 * had, under a head and an end that are right. What is accepted must be whole, and come back from DUMP as a
 * payload that stands for the same value. And LZF of any bytes: unpacked in pieces it says what liblzf says
 * of the whole. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/crc64.h"
#include "base/lzf.h"
#include "base/panic.h"
#include "commands/families.h"
#include "engine/check.h"
#include "engine/client_io.h"
#include "engine/server.h"
#include "engine/tick.h"
#include "persist/rdb_format.h"
#include "persist/save_state.h"
#include "script/script.h"
#include "support/reply_text.h"

static struct server *server;
static struct client *client;

/* The reply to a request; `reply` is reused. */
static struct bytes run(struct buf *reply, int argc, const struct bytes *argv)
{
    struct buf input = {0};
    buf_printf(&input, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        buf_printf(&input, "$%zu\r\n", argv[i].len);
        buf_append_bytes(&input, argv[i]);
        buf_append_text(&input, "\r\n");
    }
    client_feed(client, buf_bytes(&input));
    buf_clear(&input);
    do {
        tick(server, 0);
    } while (!list_is_empty(&server->runnable));
    reply->len = 0;
    reply_text_drain(&client->reply, SIZE_MAX, reply);
    return buf_bytes(reply);
}

static bool restore(struct buf *reply, struct bytes key, struct bytes payload)
{
    const struct bytes argv[] = {BYTES("RESTORE"), key, BYTES("0"), payload, BYTES("REPLACE")};
    return bytes_is(run(reply, 5, argv), "+OK\r\n");
}

/* The payload that DUMP answers. */
static struct bytes dump(struct buf *reply, struct bytes key)
{
    const struct bytes argv[] = {BYTES("DUMP"), key};
    struct bytes bulk = run(reply, 2, argv);
    size_t start = bytes_index_of(bulk, '\n') + 1;
    ASSERT(bulk.len >= start + 2);
    return bytes_make(bulk.data + start, bulk.len - start - 2);
}

static struct bytes digest(struct buf *reply, struct bytes key)
{
    return run(reply, 3, (struct bytes[]){BYTES("DEBUG"), BYTES("DIGEST-VALUE"), key});
}

static void append_footer(struct buf *payload)
{
    uint64_t checksum;
    buf_append(payload, "\x0a\x00", 2);
    checksum = crc64(0, payload->data, payload->len);
    for (int i = 0; i < 8; i++)
        buf_append_char(payload, (char)(checksum >> (8 * i)));
}

/* The first two bytes are the length that is claimed, the third the size of the pieces. */
static void unpack(const uint8_t *data, size_t size)
{
    struct lzf_unpacker unpacker = {.packed = bytes_make(data + 3, size - 3),
                                    .size = (size_t)(data[0] | data[1] << 8)};
    char *whole = mem_alloc(unpacker.size + 1);
    bool is_good = lzf_unpack(unpacker.packed, whole, unpacker.size);
    enum lzf_progress progress;
    unpacker.out = mem_alloc(unpacker.size + 1);
    do {
        progress = lzf_unpack_some(&unpacker, 1 + (size_t)data[2]);
    } while (progress == LZF_MORE);
    ASSERT((progress == LZF_DONE) == is_good);
    ASSERT(!is_good || memcmp(unpacker.out, whole, unpacker.size) == 0);
    mem_free(unpacker.out);
    mem_free(whole);
}

/* ---- packed encodings ---- */

/* The bytes as a string of a snapshot file. */
static void append_string(struct buf *payload, struct bytes bytes)
{
    buf_append_char(payload, '\x80');
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_append_char(payload, (char)(bytes.len >> shift));
    buf_append_bytes(payload, bytes);
}

static void put_low_first(char *at, size_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (char)(number >> (8 * i));
}

/* Sizes and ends as they must be; counts stay what they are. */
static void mend_listpack(char *data, size_t size)
{
    if (size < 7)
        return;
    put_low_first(data, size, 4);
    data[size - 1] = '\xff';
}

static void mend_ziplist(char *data, size_t size)
{
    if (size < 11)
        return;
    put_low_first(data, size, 4);
    data[size - 1] = '\xff';
}

static void mend_zipmap(char *data, size_t size)
{
    if (size > 1)
        data[size - 1] = '\xff';
}

static void mend_intset(char *data, size_t size)
{
    if (size < 8)
        return;
    size_t width = (size_t)2 << (unsigned char)data[0] % 3;
    put_low_first(data, width, 4);
    put_low_first(data + 4, (size - 8) / width, 4);
}

static const struct packed_type {
    char type;
    const char *before; /* what stands before the block */
    size_t before_len;
    void (*mend)(char *data, size_t size);
} packed_types[] = {
    {RDB_TYPE_HASH_ZIPMAP, "", 0, mend_zipmap},
    {RDB_TYPE_LIST_ZIPLIST, "", 0, mend_ziplist},
    {RDB_TYPE_SET_INTSET, "", 0, mend_intset},
    {RDB_TYPE_ZSET_ZIPLIST, "", 0, mend_ziplist},
    {RDB_TYPE_HASH_ZIPLIST, "", 0, mend_ziplist},
    {RDB_TYPE_LIST_QUICKLIST, "\x01", 1, mend_ziplist},
    {RDB_TYPE_HASH_LISTPACK, "", 0, mend_listpack},
    {RDB_TYPE_ZSET_LISTPACK, "", 0, mend_listpack},
    {RDB_TYPE_LIST_QUICKLIST2, "\x01\x02", 2, mend_listpack},
    {RDB_TYPE_SET_LISTPACK, "", 0, mend_listpack},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING, "\0\0\0\0\0\0\0\0", 8, mend_listpack},
};

static void append_packed(struct buf *payload, const struct packed_type *type, struct bytes bytes)
{
    struct buf block = {0};
    buf_append_bytes(&block, bytes);
    if (bytes.len > 0)
        type->mend(block.data, block.len);
    buf_append_char(payload, type->type);
    buf_append(payload, type->before, type->before_len);
    append_string(payload, buf_bytes(&block));
    buf_clear(&block);
}

/* ---- the test ---- */

/* Restores what DUMP says of what was restored. The second is as the first, but for fields that died in
 * between: both are what they are called. */
static void restore_twice(struct buf *payload)
{
    struct buf first = {0}, second = {0}, third = {0};
    append_footer(payload);
    if (restore(&first, BYTES("a"), buf_bytes(payload)) &&
        bytes_is(run(&first, 2, (struct bytes[]){BYTES("EXISTS"), BYTES("a")}), ":1\r\n")) {
        struct bytes dumped = dump(&first, BYTES("a"));
        ASSERT(restore(&second, BYTES("b"), dumped));
        engine_check(server);
        /* Not the payloads: a set of numbers may have come as one of texts. */
        struct bytes a = digest(&first, BYTES("a"));
        ASSERT(bytes_equal(a, digest(&third, BYTES("b"))));
    }
    /* Tables pack their pointers, so the leak checker wouldn't find what stays. */
    (void)run(&first, 3, (struct bytes[]){BYTES("DEL"), BYTES("a"), BYTES("b")});
    buf_clear(&first);
    buf_clear(&second);
    buf_clear(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf payload = {0};
    if (!server) {
        struct config *config = config_new();
        config->enable_debug_command = PROTECTION_YES;
        server = server_new(config, command_families, command_family_count);
        save_state_init(server);
        scripting_init(server);
        client = client_new_internal(server);
    }
    if (size >= 3)
        unpack(data, size);
    buf_append(&payload, data, size);
    restore_twice(&payload);
    for (size_t i = 0; i < sizeof packed_types / sizeof packed_types[0]; i++) {
        payload.len = 0;
        append_packed(&payload, &packed_types[i], bytes_make(data, size));
        restore_twice(&payload);
    }
    buf_clear(&payload);
    return 0;
}
