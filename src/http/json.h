/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing JSON: one call a value, commas put where they belong. A value in an object has a name, one in an
 * array NULL. */
#ifndef HTTP_JSON_H
#define HTTP_JSON_H

#include "base/bytes.h"
#include <stdint.h>

struct buf;

struct json {
    struct buf *out; /* appended to */
    bool follows;    /* something stands before the next value */
};

static inline struct json json_begin(struct buf *out)
{
    return (struct json){out, false};
}

/* `bracket` is '{' or '[', and the closing one that fits. */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);

/* Any bytes: what is no UTF-8 is shown as \xHH. */
void json_text(struct json *json, const char *name, struct bytes value);
/* The same of a name that must not look like another. */
void json_name(struct json *json, const char *name, struct bytes value);
void json_integer(struct json *json, const char *name, int64_t value);
/* With three decimals at most; null when it isn't finite. */
void json_real(struct json *json, const char *name, double value);
void json_bool(struct json *json, const char *name, bool value);

#endif
