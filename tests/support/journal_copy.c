/* SPDX-License-Identifier: BSD-3-Clause */
/* The copies are malloc's: what the server counts as its memory is what it takes itself. */
#include "support/journal_copy.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "engine/server.h"
#include "proto/resp_parse.h"
#include <stdlib.h>

struct group {
    struct group *next;
    int64_t mono_ms;
    size_t len;
    char bytes[];
};

struct journal_copy {
    struct journal_sink sink;
    struct server *server;
    struct group *first, *last;
    struct buf text;
};

static void take(struct journal_sink *sink, struct bytes bytes)
{
    struct journal_copy *copy = LIST_ENTRY(sink, struct journal_copy, sink);
    struct group *group = malloc(sizeof *group + bytes.len);
    ASSERT(group);
    *group = (struct group){.mono_ms = copy->server->clock.mono_ms, .len = bytes.len};
    memcpy(group->bytes, bytes.data, bytes.len);
    if (copy->last)
        copy->last->next = group;
    else
        copy->first = group;
    copy->last = group;
}

struct journal_copy *journal_copy_new(struct server *server)
{
    struct journal_copy *copy = mem_zalloc(sizeof *copy);
    copy->server = server;
    copy->sink.take = take;
    journal_add_sink(server, &copy->sink);
    return copy;
}

void journal_copy_free(struct journal_copy *copy)
{
    journal_remove_sink(copy->server, &copy->sink);
    while (copy->first) {
        struct group *group = copy->first;
        copy->first = group->next;
        free(group);
    }
    buf_clear(&copy->text);
    mem_free(copy);
}

void journal_copy_each(const struct journal_copy *copy,
                       void (*show)(void *context, int64_t mono_ms, struct bytes group), void *context)
{
    for (const struct group *group = copy->first; group; group = group->next)
        show(context, group->mono_ms, bytes_make(group->bytes, group->len));
}

static void append_word(struct buf *text, struct bytes word)
{
    bool is_plain = word.len > 0;
    for (size_t i = 0; i < word.len; i++)
        is_plain &= word.data[i] > ' ' && word.data[i] < 127 && word.data[i] != '"';
    if (is_plain)
        buf_append_bytes(text, word);
    else
        buf_append_quoted(text, word);
}

static void append_requests(void *context, int64_t mono_ms, struct bytes group)
{
    struct buf *text = context;
    const struct resp_limits limits = {.args_max = INT32_MAX, .bulk_max = INT32_MAX, .authenticated = true};
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    (void)mono_ms;
    while (group.len > 0) {
        struct resp_outcome outcome;
        args.count = 0;
        ASSERT(resp_parse(&parser, group, &limits, &args, &outcome) == RESP_REQUEST);
        for (size_t i = 0; i < args.count; i++) {
            if (i > 0)
                buf_append_char(text, ' ');
            append_word(text, args.items[i]);
        }
        buf_append_char(text, '\n');
        group = bytes_make(group.data + outcome.consumed, group.len - outcome.consumed);
    }
    resp_args_clear(&args);
    resp_parser_clear(&parser);
}

struct bytes journal_copy_text(struct journal_copy *copy)
{
    copy->text.len = 0;
    journal_flush(copy->server);
    journal_copy_each(copy, append_requests, &copy->text);
    (void)buf_cstring(&copy->text);
    return buf_bytes(&copy->text);
}
