/* SPDX-License-Identifier: BSD-3-Clause */
/* The input moves to a block of its own size with each piece, so that the sanitizers see what is read past
 * its end. */
#include "support/reply_items.h"
#include "base/alloc.h"

void reply_items_init(struct reply_items *items, struct resp_read_limits limits)
{
    *items = (struct reply_items){0};
    resp_reader_init(&items->reader, limits);
}

static void log_item(struct reply_items *items, const struct resp_item *item)
{
    struct buf *log = &items->log;
    buf_printf(log, "%u%c", item->depth, (char)item->kind);
    switch (item->kind) {
    case RESP_KIND_ARRAY:
    case RESP_KIND_MAP:
    case RESP_KIND_SET:
    case RESP_KIND_PUSH:
    case RESP_KIND_ATTRIBUTE:
        buf_printf(log, "%zu", item->count);
        break;
    case RESP_KIND_INTEGER:
    case RESP_KIND_BOOL:
        buf_printf(log, "%lld", (long long)item->integer);
        break;
    case RESP_KIND_DOUBLE:
        buf_printf(log, "%.17g", item->number);
        break;
    case RESP_KIND_VERBATIM:
        buf_append_bytes(log, item->format);
        buf_append_char(log, ':');
        buf_append_bytes(log, item->text);
        break;
    case RESP_KIND_NULL:
        break;
    default:
        buf_append_bytes(log, item->text);
    }
    buf_append_text(log, item->ends_value ? "; " : " ");
    items->values += item->ends_value;
}

/* What isn't a whole value yet, with `more` behind it. */
static void move_input(struct reply_items *items, size_t consumed, struct bytes more)
{
    size_t kept = items->input.len - consumed;
    char *data = mem_alloc(kept + more.len);
    if (kept > 0)
        memcpy(data, items->input.data + consumed, kept);
    if (more.len > 0)
        memcpy(data + kept, more.data, more.len);
    mem_free(items->input.data);
    items->input = (struct buf){data, kept + more.len, kept + more.len};
}

void reply_items_feed(struct reply_items *items, struct bytes piece)
{
    enum resp_read_result result;
    struct resp_item item;
    if (items->has_failed)
        return;
    move_input(items, 0, piece);
    while ((result = resp_read(&items->reader, buf_bytes(&items->input), &item)) == RESP_READ_ITEM) {
        log_item(items, &item);
        if (item.ends_value) {
            move_input(items, items->reader.position, (struct bytes){0});
            items->reader.position = 0;
        }
    }
    if (result == RESP_READ_ERROR) {
        buf_append_text(&items->log, "error; ");
        items->has_failed = true;
    }
}

void reply_items_clear(struct reply_items *items)
{
    buf_clear(&items->input);
    buf_clear(&items->log);
}
