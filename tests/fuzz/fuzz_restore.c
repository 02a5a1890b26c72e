/* SPDX-License-Identifier: BSD-3-Clause */
/* RESTORE of any bytes under a footer that is right. What is accepted must come back from DUMP as a payload
 * that stands for the same value. And LZF of any bytes: unpacked in pieces it says what liblzf says of the
 * whole. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/crc64.h"
#include "base/lzf.h"
#include "base/panic.h"
#include "commands/families.h"
#include "engine/client_io.h"
#include "engine/server.h"
#include "engine/tick.h"
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

/* The content of the bulk string that GET or DUMP answers. */
static struct bytes fetch(struct buf *reply, struct bytes command, struct bytes key)
{
    const struct bytes argv[] = {command, key};
    struct bytes bulk = run(reply, 2, argv);
    size_t start = bytes_index_of(bulk, '\n') + 1;
    ASSERT(bulk.len >= start + 2);
    return bytes_make(bulk.data + start, bulk.len - start - 2);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf payload = {0}, first = {0}, second = {0}, third = {0};
    if (!server) {
        server = server_new(config_new(), command_families, command_family_count);
        save_state_init(server);
        scripting_init(server);
        client = client_new_internal(server);
    }
    if (size >= 3)
        unpack(data, size);
    buf_append(&payload, data, size);
    append_footer(&payload);
    if (restore(&first, BYTES("a"), buf_bytes(&payload))) {
        ASSERT(restore(&second, BYTES("b"), fetch(&first, BYTES("DUMP"), BYTES("a"))));
        ASSERT(
            bytes_equal(fetch(&second, BYTES("GET"), BYTES("a")), fetch(&third, BYTES("GET"), BYTES("b"))));
    }
    /* Tables pack their pointers, so the leak checker wouldn't find what stays. */
    (void)run(&first, 3, (struct bytes[]){BYTES("DEL"), BYTES("a"), BYTES("b")});
    buf_clear(&payload);
    buf_clear(&first);
    buf_clear(&second);
    buf_clear(&third);
    return 0;
}
