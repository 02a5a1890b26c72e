/* SPDX-License-Identifier: BSD-3-Clause */
/* Expands the title of the process. Checking a template is expanding it with made-up values. */
#include "config/process_title.h"
#include "base/buf.h"

static const char *find_value(const struct process_title *values, struct bytes name)
{
#define TITLE_MATCH(field, text) \
    if (bytes_is(name, text))    \
        return values->field;
    PROCESS_TITLE_VARIABLES(TITLE_MATCH)
#undef TITLE_MATCH
    return NULL;
}

static bool expand_all(struct bytes rest, const struct process_title *values, struct buf *out)
{
    for (;;) {
        size_t plain = bytes_index_of(rest, '{');
        buf_append(out, rest.data, plain);
        if (plain == rest.len)
            return true;
        rest = bytes_make(rest.data + plain + 1, rest.len - plain - 1);
        if (rest.len > 0 && rest.data[0] == '{') {
            buf_append_char(out, '{');
            rest = bytes_make(rest.data + 1, rest.len - 1);
            continue;
        }
        size_t end = bytes_index_of(rest, '}');
        const char *value = end < rest.len ? find_value(values, bytes_make(rest.data, end)) : NULL;
        if (!value)
            return false;
        buf_append_text(out, value);
        rest = bytes_make(rest.data + end + 1, rest.len - end - 1);
    }
}

bool process_title_expand(struct bytes template_text, const struct process_title *values, struct buf *out)
{
    struct buf text = {0};
    bool is_valid = expand_all(template_text, values, &text);
    struct bytes title = buf_bytes(&text);
    while (title.len > 0 && title.data[title.len - 1] == ' ')
        title.len--;
    while (title.len > 0 && title.data[0] == ' ')
        title = bytes_make(title.data + 1, title.len - 1);
    buf_append_bytes(out, title);
    buf_clear(&text);
    return is_valid;
}

bool process_title_is_valid(struct bytes template_text)
{
    static const struct process_title sample = {
        .title = "",
        .listen_addr = "*:0",
        .server_mode = "",
        .port = "0",
        .tls_port = "0",
        .unixsocket = "",
        .config_file = "",
    };
    struct buf title = {0};
    bool is_valid = process_title_expand(template_text, &sample, &title) && title.len > 0;
    buf_clear(&title);
    return is_valid;
}
