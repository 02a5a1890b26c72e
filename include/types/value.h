/* SPDX-License-Identifier: BSD-3-Clause */
/* A value on its way into or out of a keyspace, tagged with its type. A type is a row of value_types, a file
 * pair in types/, and a codec in persist/.
 *
 * A string is kept in one of three ways, told apart by `encoding`; clients see only the names (OBJECT
 * ENCODING):
 *     int     a whole number in canonical form, kept as 8 bytes
 *     embstr  bytes, up to 44
 *     raw     bytes, longer, or grown in place (APPEND, SETRANGE, SETBIT)
 * A collection is packed in `bytes` (types/packed.h) or `large` (types/large.h). */
#ifndef TYPES_VALUE_H
#define TYPES_VALUE_H

#include "base/blob.h"
#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct collection;
struct large;
struct tree_kind;

#define VALUE_NEVER INT64_MAX

enum value_type {
    VALUE_STRING,
    VALUE_LIST,
    VALUE_SET,
    VALUE_ZSET,
    VALUE_HASH,
    VALUE_STREAM,
    VALUE_TYPE_COUNT
};
enum string_encoding { STRING_INT, STRING_EMBSTR, STRING_RAW };

struct value {
    enum value_type type;
    enum string_encoding encoding; /* of a string */
    int64_t integer;               /* STRING_INT */
    struct bytes bytes;            /* else: the content; of a blob, if there is one; of a packed collection */
    struct blob *blob;             /* NULL unless the content lies in a blob */
    struct large *large;           /* NULL unless it is a large collection */
};

/* What is known of a type. */
struct value_row {
    const char *name; /* what TYPE answers; NULL: there is no such type yet */
    int number;       /* by which Redis' digests tell types apart */
    /* What OBJECT ENCODING answers. */
    const char *(*encoding_name)(const struct value *value);
    /* Elements; NULL for strings. */
    uint64_t (*count)(const struct value *value);
    /* Stops the process where an invariant doesn't hold; may be NULL. */
    void (*check)(const struct value *value);
    /* Of types whose parts (a hash's fields) may have deadlines: the least of them, VALUE_NEVER when there is
     * none; and what removes a part whose deadline is not after `now` and appends its name to `name`, false
     * when there is none. NULL for the others. */
    int64_t (*least_deadline)(const struct value *value);
    bool (*remove_due)(struct collection *collection, int64_t now, struct buf *name);
    /* Its key stays when there is no element left. */
    bool may_be_empty;
    /* Of large ones: the orders of their trees, NULL for one that isn't needed. */
    const struct tree_kind *tree_kind, *index_kind;
};

extern const struct value_row *const value_types[VALUE_TYPE_COUNT];

/* "string": what TYPE answers. */
const char *value_type_name(enum value_type type);
/* What OBJECT ENCODING answers. */
const char *value_encoding_name(const struct value *value);
/* Elements of a collection; 1 for a string. */
uint64_t value_count(const struct value *value);
/* The least deadline of its parts; VALUE_NEVER when none has one. */
int64_t value_least_deadline(const struct value *value);
/* Walks every invariant of the value. */
void value_check(const struct value *value);

/* Whether its content lies outside of the value: in a blob, or as a large collection. */
static inline bool value_is_outside(const struct value *value)
{
    return value->blob || value->large;
}

/* Whether all of its content is in `bytes`. */
static inline bool value_is_bytes(const struct value *value)
{
    return !value_is_outside(value) && value->encoding != STRING_INT;
}

/* Bytes of what lies outside. */
size_t value_outside_size(const struct value *value);

/* The same content for whoever looks at it over several ticks or on another thread, in O(1): a blob is
 * referenced, a large collection held; bytes are lent as before. */
struct value value_hold(const struct value *value);
/* Lets go of what value_hold gave, or of a value that was made and not set; at once, however large. */
void value_release(struct value *value);

/* ---- strings ---- */

/* Room for the digits of an int-encoded string. */
#define STRING_SCRATCH 24

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
