/* SPDX-License-Identifier: BSD-3-Clause */
/* A subscriber to all key events. Its messages are arrays of four bulk strings: pmessage, the pattern, the
 * channel `__keyevent@<database>__:<event>`, the key. */
#include "support/notices.h"
#include "base/number.h"
#include "base/panic.h"
#include "engine/events.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CHANNEL_START  "__keyevent@"
#define CHANNEL_MIDDLE "__:"

struct client *notices_listen(struct harness *harness)
{
    struct client *client = harness_client(harness);
    harness->server->notify_classes = EVENT_KEYEVENT | EVENT_ALL | EVENT_NEW;
    (void)harness_send_as(harness, client, "PSUBSCRIBE " CHANNEL_START "*");
    return client;
}

static struct bytes take(struct bytes *rest, size_t len)
{
    struct bytes taken = {rest->data, len};
    ASSERT(rest->len >= len);
    rest->data += len;
    rest->len -= len;
    return taken;
}

/* The number in a line such as "$12\r\n". */
static size_t take_count(struct bytes *rest, char type)
{
    struct bytes line = take(rest, bytes_index_of(*rest, '\r'));
    int64_t count;
    ASSERT(line.len > 0 && line.data[0] == type);
    ASSERT(parse_i64(bytes_make(line.data + 1, line.len - 1), &count) && count >= 0);
    (void)take(rest, 2);
    return (size_t)count;
}

static struct bytes take_bulk(struct bytes *rest)
{
    struct bytes bulk = take(rest, take_count(rest, '$'));
    (void)take(rest, 2);
    return bulk;
}

static void append_notice(struct buf *out, struct bytes *rest)
{
    struct bytes channel, database;
    ASSERT(take_count(rest, '*') == 4);
    (void)take_bulk(rest);
    (void)take_bulk(rest);
    channel = take_bulk(rest);
    (void)take(&channel, sizeof CHANNEL_START - 1);
    database = take(&channel, bytes_index_of(channel, '_'));
    (void)take(&channel, sizeof CHANNEL_MIDDLE - 1);
    buf_append_bytes(out, database);
    buf_append_char(out, ' ');
    buf_append_bytes(out, channel);
    buf_append_char(out, ' ');
    buf_append_bytes(out, take_bulk(rest));
    buf_append_char(out, ';');
}

void notices_assert(struct harness *harness, struct client *client, const char *expected, const char *file,
                    int line)
{
    struct bytes rest = harness_replies(harness, client);
    struct buf heard = {0};
    while (rest.len > 0)
        append_notice(&heard, &rest);
    harness_assert(buf_bytes(&heard), bytes_of(expected), "(events)", file, line);
    buf_clear(&heard);
}
