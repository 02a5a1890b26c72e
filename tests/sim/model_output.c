/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients must receive, and what they do receive. */
#include "model.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 100, CONTEXT = 30 };

void expected_free(struct expected *expected)
{
    list_remove(&expected->link);
    list_remove(&expected->open);
    buf_clear(&expected->bytes);
    free(expected);
}

static struct expected *new_expected(void)
{
    struct expected *expected = calloc(1, sizeof *expected);
    if (!expected)
        abort();
    list_init(&expected->link);
    list_init(&expected->open);
    return expected;
}

/* Adjacent bytes are one. */
static void append(struct list *list, struct bytes bytes)
{
    struct expected *last = list_is_empty(list) ? NULL : LIST_ENTRY(list->previous, struct expected, link);
    if (!last || last->is_right) {
        last = new_expected();
        list_append(list, &last->link);
    }
    buf_append_bytes(&last->bytes, bytes);
}

void out_text(struct session *session, const char *text)
{
    append(&session->expected, bytes_of(text));
}

void out_ok(struct session *session)
{
    out_text(session, "+OK\r\n");
}

void out_error(struct session *session, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_append_char(&text, '-');
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_append_text(&text, "\r\n");
    append(&session->expected, buf_bytes(&text));
    buf_clear(&text);
}

void out_int(struct session *session, int64_t number)
{
    char text[32];
    (void)snprintf(text, sizeof text, ":%lld\r\n", (long long)number);
    out_text(session, text);
}

void out_bulk(struct session *session, struct bytes bytes)
{
    char head[32];
    (void)snprintf(head, sizeof head, "$%zu\r\n", bytes.len);
    out_text(session, head);
    append(&session->expected, bytes);
    out_text(session, "\r\n");
}

void out_null(struct session *session)
{
    out_text(session, session->protocol == 3 ? "_\r\n" : "$-1\r\n");
}

void out_array(struct session *session, int64_t count)
{
    char head[32];
    (void)snprintf(head, sizeof head, "*%lld\r\n", (long long)count);
    out_text(session, head);
}

struct expected *out_any(struct session *session,
                         bool (*is_right)(struct expected *expected, struct bytes reply))
{
    struct expected *expected = new_expected();
    expected->is_right = is_right;
    expected->is_resp3 = session->protocol == 3;
    list_append(&session->expected, &expected->link);
    return expected;
}

void push_bytes(struct session *session, struct bytes bytes)
{
    append(session == model.current ? &session->deferred : &session->expected, bytes);
}

/* ---- reading ---- */

static size_t line_length(struct bytes bytes)
{
    for (size_t i = 1; i < bytes.len; i++) {
        if (bytes.data[i] == '\n' && bytes.data[i - 1] == '\r')
            return i + 1;
    }
    return 0;
}

size_t reply_length(struct bytes bytes)
{
    size_t at = line_length(bytes);
    if (at == 0)
        return 0;
    long long count = strchr("$*>%~=", bytes.data[0]) ? atoll(bytes.data + 1) : 0;
    switch (bytes.data[0]) {
    case '+':
    case '-':
    case ':':
    case '_':
    case ',':
    case '#':
        return at;
    case '$':
    case '=':
        if (count < 0)
            return at;
        return bytes.len >= at + (size_t)count + 2 ? at + (size_t)count + 2 : 0;
    case '*':
    case '>':
    case '~':
    case '%':
        for (long long i = 0; i < (bytes.data[0] == '%' ? 2 * count : count); i++) {
            size_t len = reply_length(bytes_make(bytes.data + at, bytes.len - at));
            if (len == 0)
                return 0;
            at += len;
        }
        return at;
    default:
        world_fail("no reply begins with byte %d", bytes.data[0]);
    }
}

int reply_bulks(struct bytes reply, struct bytes *bulks, int max)
{
    int count = 0;
    size_t at = 0;
    while (at < reply.len && count < max) {
        struct bytes rest = bytes_make(reply.data + at, reply.len - at);
        size_t line = line_length(rest);
        long long len = rest.data[0] == '$' ? atoll(rest.data + 1) : -1;
        if (len >= 0) {
            bulks[count++] = bytes_make(rest.data + line, (size_t)len);
            at += (size_t)len + 2;
        }
        at += line;
    }
    return count;
}

/* ---- comparing ---- */

static void __attribute__((noreturn))
differs(const struct session *session, struct bytes wanted, struct bytes came)
{
    struct buf text = {0};
    size_t same = 0;
    while (same < wanted.len && same < came.len && wanted.data[same] == came.data[same])
        same++;
    same = same > CONTEXT ? same - CONTEXT : 0;
    wanted = bytes_make(wanted.data + same, wanted.len - same);
    came = bytes_make(came.data + same, came.len - same);
    wanted.len = wanted.len < SHOWN ? wanted.len : SHOWN;
    came.len = came.len < SHOWN ? came.len : SHOWN;
    buf_append_quoted(&text, wanted);
    buf_append_text(&text, "\n    received ");
    buf_append_quoted(&text, came);
    world_fail("client %d\n    expected %s", session->number, buf_cstring(&text));
}

/* True when something was compared. */
static bool compare_first(struct session *session)
{
    struct bytes came = buf_bytes(&session->received);
    if (list_is_empty(&session->expected))
        differs(session, BYTES("(nothing)"), came);
    struct expected *expected = LIST_ENTRY(session->expected.next, struct expected, link);
    size_t len = expected->is_right ? reply_length(came) : expected->bytes.len;
    if (expected->is_right) {
        if (len == 0)
            return false;
        came.len = len;
        if (!expected->is_right(expected, came))
            differs(session, BYTES("(another)"), came);
        expected_free(expected);
    } else {
        len = came.len < len ? came.len : len;
        if (memcmp(expected->bytes.data, came.data, len) != 0)
            differs(session, buf_bytes(&expected->bytes), came);
        buf_consume(&expected->bytes, len);
        if (expected->bytes.len == 0)
            expected_free(expected);
    }
    buf_consume(&session->received, len);
    return true;
}

void session_received(struct session *session, struct bytes bytes)
{
    if (!session->is_checked)
        return;
    buf_append_bytes(&session->received, bytes);
    while (session->received.len > 0 && compare_first(session))
        ;
}

bool session_is_owed(const struct session *session)
{
    return session->is_checked &&
           (!list_is_empty(&session->sent) || !list_is_empty(&session->expected) || session->late);
}
