/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that a script returns, made from any bytes by MessagePack, as replies by either protocol, and as
 * arguments of a command: what is replied must be one whole reply.
 *
 *     byte 0: protocol    then: MessagePack */
#include "base/buf.h"
#include "base/panic.h"
#include "commands/families.h"
#include "engine/client_io.h"
#include "engine/server.h"
#include "engine/tick.h"
#include "persist/save_state.h"
#include "script/script.h"
#include "support/reply_items.h"
#include "support/reply_text.h"

static struct server *server;
static struct client *client;

static void append_argument(struct buf *request, struct bytes argument)
{
    buf_printf(request, "$%zu\r\n", argument.len);
    buf_append_bytes(request, argument);
    buf_append_text(request, "\r\n");
}

/* Runs the script, and checks that there is one reply. */
static void run(struct bytes script, struct bytes argument)
{
    struct buf request = {0}, reply = {0};
    buf_append_text(&request, "*4\r\n");
    append_argument(&request, BYTES("EVAL"));
    append_argument(&request, script);
    append_argument(&request, BYTES("0"));
    append_argument(&request, argument);
    client_feed(client, buf_bytes(&request));
    do {
        tick(server, 0);
    } while (!list_is_empty(&server->runnable));
    reply_text_drain(&client->reply, SIZE_MAX, &reply);
    struct reply_items items;
    reply_items_init(&items, (struct resp_read_limits){INT64_MAX / 4, INT64_MAX / 4, RESP_DEPTH_MAX});
    reply_items_feed(&items, buf_bytes(&reply));
    /* A big number is passed on as the script has it, which may be no number. */
    bool has_big_number = memchr(reply.data, '(', reply.len) != NULL;
    ASSERT(has_big_number || (!items.has_failed && items.values == 1));
    reply_items_clear(&items);
    buf_clear(&request);
    buf_clear(&reply);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size < 1)
        return 0;
    if (!server) {
        server = server_new(config_new(), command_families, command_family_count);
        save_state_init(server);
        scripting_init(server);
        client = client_new_internal(server);
    }
    client->reply.protocol = data[0] & 1 ? 3 : 2;
    struct bytes packed = bytes_make(data + 1, size - 1);
    if (data[0] & 2)
        run(BYTES("redis.setresp(3) return cmsgpack.unpack(ARGV[1])"), packed);
    else
        run(BYTES("return cmsgpack.unpack(ARGV[1])"), packed);
    run(BYTES("return redis.pcall('echo', cmsgpack.unpack(ARGV[1]))"), packed);
    return 0;
}
