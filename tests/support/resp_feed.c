/* SPDX-License-Identifier: BSD-3-Clause */
/* Each piece goes to a fresh block of exactly the size needed, and the old one is freed: views that weren't
 * rebased, and reads past the end, are seen by the sanitizers. */
#include "support/resp_feed.h"
#include "base/alloc.h"

void resp_feed_init(struct resp_feed *feed)
{
    *feed = (struct resp_feed){.limits = {1024 * 1024, 512 * 1024 * 1024, true}};
}

static void log_request(struct resp_feed *feed, const struct resp_outcome *outcome)
{
    feed->requests++;
    for (size_t i = 0; i < outcome->args_count; i++) {
        buf_append_char(&feed->log, '[');
        buf_append_bytes(&feed->log, feed->args.items[i]);
        buf_append_char(&feed->log, ']');
    }
    buf_append_char(&feed->log, ';');
    feed->args.count = 0;
}

/* The rest of the input, moved to a block of its own size with `more` behind it. */
static void move_input(struct resp_feed *feed, size_t consumed, struct bytes more)
{
    size_t kept = feed->input.len - consumed;
    char *data = mem_alloc(kept + more.len + 1);
    char *exact = data + 1; /* unaligned, as input is */
    if (kept > 0)
        memcpy(exact, feed->input.data + consumed, kept);
    if (more.len > 0)
        memcpy(exact + kept, more.data, more.len);
    if (feed->input.data) {
        resp_parser_rebase(&feed->parser, feed->input.data + consumed, exact);
        mem_free(feed->input.data - 1);
    }
    feed->input = (struct buf){exact, kept + more.len, kept + more.len};
}

void resp_feed_piece(struct resp_feed *feed, struct bytes piece)
{
    size_t at = 0;
    if (feed->has_failed)
        return;
    move_input(feed, 0, piece);
    for (;;) {
        struct resp_outcome outcome;
        struct bytes rest = bytes_make(feed->input.data + at, feed->input.len - at);
        switch (resp_parse(&feed->parser, rest, &feed->limits, &feed->args, &outcome)) {
        case RESP_REQUEST:
            log_request(feed, &outcome);
            break;
        case RESP_INLINE:
            feed->requests++;
            buf_append_text(&feed->log, "inline(");
            buf_append_bytes(&feed->log, outcome.line);
            buf_append_text(&feed->log, ");");
            break;
        case RESP_MORE:
            move_input(feed, at, (struct bytes){0});
            return;
        case RESP_ERROR:
            buf_append_text(&feed->log, "error(");
            buf_append_text(&feed->log, outcome.error);
            buf_append_text(&feed->log, ");");
            feed->has_failed = true;
            return;
        }
        at += outcome.consumed;
    }
}

void resp_feed_clear(struct resp_feed *feed)
{
    resp_parser_clear(&feed->parser);
    resp_args_clear(&feed->args);
    if (feed->input.data)
        mem_free(feed->input.data - 1);
    buf_clear(&feed->log);
}
