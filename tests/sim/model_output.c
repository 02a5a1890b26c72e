/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients must receive, and what they do receive. */
#include "base/number.h"
#include "model_choice.h"
#include "model_tables.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 100, CONTEXT = 30 };

void expected_free(struct expected *expected)
{
    list_remove(&expected->link);
    list_remove(&expected->open);
    buf_clear(&expected->bytes);
    choice_free(expected->choice);
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

static struct expected *append_any(struct list *list,
                                   bool (*is_right)(struct expected *expected, struct bytes reply))
{
    struct expected *expected = new_expected();
    expected->is_right = is_right;
    list_append(list, &expected->link);
    return expected;
}

/* Where the reply goes that is being made. What takes long may be told while it is made. */
static struct list *replies_of(struct session *session)
{
    const struct late *late = &session->late;
    if (session->is_muted)
        return &session->muted;
    bool may_come =
        late->why == LATE_NOTHING || (late->why == LATE_WORK && !late->is_muted) || session->exec_rests;
    return may_come ? &session->expected : &session->late.answer;
}

void out_bytes(struct session *session, struct bytes bytes)
{
    append(replies_of(session), bytes);
}

void out_text(struct session *session, const char *text)
{
    out_bytes(session, bytes_of(text));
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
    out_bytes(session, buf_bytes(&text));
    buf_clear(&text);
}

void out_wrong_type(struct session *session)
{
    out_text(session, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}

void out_int(struct session *session, int64_t number)
{
    char text[32];
    (void)snprintf(text, sizeof text, ":%lld\r\n", (long long)number);
    out_text(session, text);
}

void encode_bulk(struct buf *out, struct bytes bytes)
{
    buf_printf(out, "$%zu\r\n", bytes.len);
    buf_append_bytes(out, bytes);
    buf_append_text(out, "\r\n");
}

void encode_double(struct buf *out, int protocol, double number)
{
    char digits[NUMBER_DOUBLE_SIZE];
    struct bytes text = bytes_make(digits, print_double(digits, number));
    if (protocol == 3)
        buf_printf(out, ",%.*s\r\n", (int)text.len, text.data);
    else
        encode_bulk(out, text);
}

void out_bulk(struct session *session, struct bytes bytes)
{
    struct buf text = {0};
    encode_bulk(&text, bytes);
    out_bytes(session, buf_bytes(&text));
    buf_clear(&text);
}

void out_double(struct session *session, double number)
{
    struct buf text = {0};
    encode_double(&text, session->protocol, number);
    out_bytes(session, buf_bytes(&text));
    buf_clear(&text);
}

void out_null(struct session *session)
{
    out_text(session, session->protocol == 3 ? "_\r\n" : "$-1\r\n");
}

void out_null_array(struct session *session)
{
    out_text(session, session->protocol == 3 ? "_\r\n" : "*-1\r\n");
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
    return append_any(replies_of(session), is_right);
}

static struct list *pushes_of(struct session *session)
{
    if (session == model.current)
        return &session->deferred;
    bool is_working = session->late.why == LATE_WORK || session->late.why == LATE_EDIT;
    return is_working ? &session->late.pushes : &session->expected;
}

void push_bytes(struct session *session, struct bytes bytes)
{
    append(pushes_of(session), bytes);
}

struct expected *push_any(struct session *session,
                          bool (*is_right)(struct expected *expected, struct bytes reply))
{
    return append_any(pushes_of(session), is_right);
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

/* A line, with the text behind it; adds the parts that belong to it to those that are left. 0: it isn't
 * whole. */
static size_t part_length(struct bytes bytes, uint64_t *left)
{
    size_t len = line_length(bytes);
    long long count = len > 0 && strchr("$*>%~=", bytes.data[0]) ? atoll(bytes.data + 1) : 0;
    if (len == 0)
        return 0;
    switch (bytes.data[0]) {
    case '+':
    case '-':
    case ':':
    case '_':
    case ',':
    case '#':
        return len;
    case '$':
    case '=':
        len += count < 0 ? 0 : (size_t)count + 2;
        return bytes.len >= len ? len : 0;
    case '*':
    case '>':
    case '~':
    case '%':
        *left += count < 0 ? 0 : (uint64_t)count * (bytes.data[0] == '%' ? 2 : 1);
        return len;
    default:
        world_fail("no reply begins with byte %d", bytes.data[0]);
    }
}

/* Goes on where it was when there were fewer bytes; false: the reply isn't whole yet. */
static bool scan_on(struct reply_scan *scan, struct bytes bytes)
{
    if (scan->at == 0)
        scan->left = 1;
    while (scan->left > 0) {
        size_t len = part_length(bytes_make(bytes.data + scan->at, bytes.len - scan->at), &scan->left);
        if (len == 0)
            return false;
        scan->at += len;
        scan->left--;
    }
    return true;
}

size_t reply_length(struct bytes bytes)
{
    struct reply_scan scan = {.at = 0};
    return scan_on(&scan, bytes) ? scan.at : 0;
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

/* Where a message of CLIENT TRACKING may begin: not behind the first byte that isn't as it must be. */
static size_t find_notice(struct bytes came, struct bytes wanted)
{
    enum { SHARED_MOST = 24 };
    size_t same = 0;
    while (same < wanted.len && same < came.len && wanted.data[same] == came.data[same])
        same++;
    if (same == came.len || same == wanted.len)
        return SIZE_MAX;
    for (size_t at = same;; at--) {
        if (model_may_begin_notice(bytes_make(came.data + at, came.len - at)))
            return at;
        if (at == 0 || same - at == SHARED_MOST)
            return SIZE_MAX;
    }
}

/* False when it isn't whole yet. */
static bool take_notice(struct session *session, size_t at)
{
    struct bytes came = buf_bytes(&session->received);
    size_t len = model_take_notice(session, bytes_make(came.data + at, came.len - at));
    if (len == 0)
        return false;
    memmove(session->received.data + at, session->received.data + at + len, came.len - at - len);
    session->received.len -= len;
    return true;
}

/* What hasn't come yet. */
static struct bytes left_of(const struct expected *expected)
{
    return bytes_make(expected->bytes.data + expected->came, expected->bytes.len - expected->came);
}

/* True when something was compared. */
static bool compare_first(struct session *session)
{
    struct bytes came = buf_bytes(&session->received);
    struct expected *expected =
        list_is_empty(&session->expected) ? NULL : LIST_ENTRY(session->expected.next, struct expected, link);
    struct bytes left = expected ? left_of(expected) : (struct bytes){0};
    size_t at = expected && !expected->is_right ? find_notice(came, left) : 0;
    if (at != SIZE_MAX && model_may_begin_notice(bytes_make(came.data + at, came.len - at)))
        return take_notice(session, at);
    if (!expected)
        differs(session, BYTES("(nothing)"), came);
    size_t len = left.len;
    if (expected->is_right) {
        if (!scan_on(&expected->scan, came))
            return false;
        came.len = len = expected->scan.at;
        bool is_right = expected->is_right(expected, came), may_lack = expected->may_lack;
        struct bytes wanted = expected->bytes.len ? buf_bytes(&expected->bytes) : BYTES("(another)");
        if (!is_right && !may_lack)
            differs(session, wanted, came);
        expected_free(expected);
        if (!is_right)
            return true;
    } else {
        size_t settled = model_length_without_notice(session, came);
        len = settled < len ? settled : len;
        if (len == 0)
            return false;
        if (memcmp(left.data, came.data, len) != 0)
            differs(session, left, came);
        expected->came += len;
        if (expected->came == expected->bytes.len)
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

bool session_is_idle(const struct session *session)
{
    return list_is_empty(&session->sent) && list_is_empty(&session->expected) &&
           session->late.why == LATE_NOTHING;
}

/* Who waits for something that may never come isn't owed it. */
bool session_is_owed(const struct session *session)
{
    const struct late *late = &session->late;
    bool waits = late->why == LATE_KEYS || late->why == LATE_COPIES;
    return session->is_checked && !(waits && late->until_ms == INT64_MAX) && !session_is_idle(session);
}

bool session_is_to_be_told(const struct session *session)
{
    const struct tracking_model *tracking = &session->tracking;
    return session->is_checked && (tracking->must || tracking->must_flush || tracking->must_hear_of_end);
}
