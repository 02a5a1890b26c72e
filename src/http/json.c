/* SPDX-License-Identifier: BSD-3-Clause */
/* The grammar is in the caller's hands: brackets are closed as they were opened. */
#include "json.h"
#include "base/buf.h"
#include "base/number.h"
#include "base/utf8.h"
#include <math.h>

static void append_text(struct buf *out, struct bytes text)
{
    buf_append_char(out, '"');
    while (text.len > 0) {
        size_t len = utf8_length(text);
        unsigned char first = (unsigned char)text.data[0];
        if (len == 0)
            buf_printf(out, "\\\\x%02x", first);
        else if (first == '"' || first == '\\')
            buf_printf(out, "\\%c", first);
        else if (first < ' ' || first == 0x7f)
            buf_printf(out, "\\u%04x", first);
        else
            buf_append(out, text.data, len);
        len += len == 0;
        text = bytes_make(text.data + len, text.len - len);
    }
    buf_append_char(out, '"');
}

static void begin_value(struct json *json, const char *name)
{
    if (json->follows)
        buf_append_char(json->out, ',');
    json->follows = true;
    if (name) {
        append_text(json->out, bytes_of(name));
        buf_append_char(json->out, ':');
    }
}

void json_open(struct json *json, const char *name, char bracket)
{
    begin_value(json, name);
    buf_append_char(json->out, bracket);
    json->follows = false;
}

void json_close(struct json *json, char bracket)
{
    buf_append_char(json->out, bracket);
    json->follows = true;
}

void json_text(struct json *json, const char *name, struct bytes value)
{
    begin_value(json, name);
    append_text(json->out, value);
}

void json_name(struct json *json, const char *name, struct bytes value)
{
    struct buf text = {0};
    utf8_append_name(&text, value);
    json_text(json, name, buf_bytes(&text));
    buf_clear(&text);
}

void json_integer(struct json *json, const char *name, int64_t value)
{
    char text[NUMBER_I64_SIZE];
    begin_value(json, name);
    buf_append(json->out, text, print_i64(text, value));
}

void json_real(struct json *json, const char *name, double value)
{
    double rounded = round(value * 1000) / 1000;
    char text[NUMBER_DOUBLE_SIZE];
    begin_value(json, name);
    if (isfinite(rounded))
        buf_append(json->out, text, print_double(text, rounded));
    else
        buf_append_text(json->out, "null");
}

void json_bool(struct json *json, const char *name, bool value)
{
    begin_value(json, name);
    buf_append_text(json->out, value ? "true" : "false");
}
