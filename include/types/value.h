/* SPDX-License-Identifier: BSD-3-Clause */
/* A value on its way into or out of a keyspace. Strings are the one type; a further type adds its row here,
 * its file pair in types/, and its save and load.
 *
 * A string is kept in one of three ways, told apart by `encoding`; clients see only the names (OBJECT
 * ENCODING):
 *     int     a whole number in canonical form, kept as 8 bytes
 *     embstr  bytes, up to 44
 *     raw     bytes, longer, or grown in place (APPEND, SETRANGE, SETBIT) */
#ifndef TYPES_VALUE_H
#define TYPES_VALUE_H

#include "base/blob.h"
#include "base/bytes.h"
#include <stdint.h>

enum value_type { VALUE_STRING, VALUE_TYPE_COUNT };
enum string_encoding { STRING_INT, STRING_EMBSTR, STRING_RAW };

struct value {
    enum value_type type;
    enum string_encoding encoding;
    int64_t integer;    /* STRING_INT */
    struct bytes bytes; /* else: the content; of a blob, if there is one */
    struct blob *blob;  /* NULL unless the content lies in a blob */
};

/* Room for the digits of an int-encoded string. */
#define STRING_SCRATCH 24

/* "string": what TYPE answers. */
const char *value_type_name(enum value_type type);

/* "int", "embstr", "raw": what OBJECT ENCODING answers. */
const char *string_encoding_name(enum string_encoding encoding);

/* The value that a client's bytes stand for, with the encoding that fits. The bytes are lent. */
struct value string_value(struct bytes bytes);
/* The same, but kept as text even when it is a number: what commands compute and Redis doesn't encode
 * again. */
struct value string_value_text(struct bytes bytes);
struct value string_value_int(int64_t integer);
/* Takes the caller's reference to `blob`. */
struct value string_value_blob(struct blob *blob);

/* The bytes of a string, whatever its encoding; digits are printed into `scratch`. */
struct bytes string_bytes(const struct value *value, char scratch[static STRING_SCRATCH]);
size_t string_length(const struct value *value);

/* The number that a string stands for; false when it is none (INCR's rule). */
bool string_to_i64(const struct value *value, int64_t *number);

#endif
