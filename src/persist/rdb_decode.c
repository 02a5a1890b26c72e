/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces of values, and the layouts that are nothing but pieces: strings, counted and otherwise, with
 * numbers in between. */
#include "rdb_decode.h"
#include "base/alloc.h"
#include "base/number.h"
#include <math.h>

enum { TIME_SIZE = 8 };

/* ---- pieces ---- */

bool rdb_decode_small_count(struct rdb_decoding *decoding, uint64_t *count)
{
    return rdb_reader_length(decoding->reader, "a number of elements", count);
}

bool rdb_decode_count(struct rdb_decoding *decoding, uint64_t *count)
{
    struct rdb_reader *reader = decoding->reader;
    uint64_t offset = reader->offset;
    if (!rdb_decode_small_count(decoding, count))
        return false;
    if (*count > reader->size - reader->offset)
        return rdb_reader_refuse(reader, offset, "%llu elements are more than what is left of the %s",
                                 (unsigned long long)*count, reader->noun);
    if (*count == 0)
        rdb_reader_note_flaw(reader, offset, "the value has no elements");
    return true;
}

bool rdb_decode_text(struct rdb_decoding *decoding, struct bytes *text)
{
    return rdb_reader_look(decoding->reader, "an element", text);
}

bool rdb_decode_content(struct rdb_decoding *decoding, struct bytes *text)
{
    *text = bytes_make(NULL, 0);
    return rdb_is_told(decoding) ? rdb_decode_text(decoding, text)
                                 : rdb_reader_pass_string(decoding->reader, "an element");
}

bool rdb_decode_held(struct rdb_decoding *decoding, struct buf *holder, struct bytes *text)
{
    if (!rdb_decode_text(decoding, text))
        return false;
    if (!rdb_is_told(decoding))
        return true;
    holder->len = 0;
    buf_append_bytes(holder, *text);
    *text = buf_bytes(holder);
    return true;
}

bool rdb_decode_length(struct rdb_decoding *decoding, uint64_t *length)
{
    return rdb_reader_length(decoding->reader, "a number", length);
}

bool rdb_pass_lengths(struct rdb_decoding *decoding, int count)
{
    uint64_t length;
    while (count-- > 0) {
        if (!rdb_decode_length(decoding, &length))
            return false;
    }
    return true;
}

bool rdb_decode_time(struct rdb_decoding *decoding, int64_t *time_ms)
{
    uint64_t number;
    if (!rdb_reader_number(decoding->reader, TIME_SIZE, "part of a value", &number))
        return false;
    *time_ms = (int64_t)number;
    return true;
}

bool rdb_decode_bytes(struct rdb_decoding *decoding, size_t len, const char **bytes)
{
    return rdb_reader_take(decoding->reader, len, "part of a value", bytes);
}

/* ---- what is told ---- */

void rdb_note_flaw(struct rdb_decoding *decoding, const char *what)
{
    rdb_reader_note_flaw(decoding->reader, decoding->offset, what);
}

bool rdb_may_tell(struct rdb_decoding *decoding, const struct rdb_element *element)
{
    if (!rdb_is_told(decoding))
        return false;
    if (mem_has_room(element->text.len + element->content.len))
        return true;
    rdb_note_flaw(decoding, "there is no memory for something in the value");
    decoding->reader->lacks_memory = true;
    return false;
}

void rdb_tell(struct rdb_decoding *decoding, bool is_new)
{
    if (!is_new)
        rdb_note_flaw(decoding, "something is there twice in the value");
}

void rdb_tell_begin(struct rdb_decoding *decoding, uint64_t count)
{
    if (rdb_is_told(decoding))
        decoding->builder->begin(decoding->builder->context, decoding->codec->kind, count);
}

/* Without a builder, who would notice, what may be there only once is compared at the end. */
void rdb_tell_element(struct rdb_decoding *decoding, const struct rdb_element *element)
{
    if (rdb_may_tell(decoding, element))
        rdb_tell(decoding, decoding->builder->element(decoding->builder->context, element));
    else if (!decoding->builder && decoding->codec->kind != RDB_KIND_LIST && element->text.data)
        rdb_hashes_add(&decoding->seen, element->text);
}

void rdb_note_repeats(struct rdb_decoding *decoding, struct rdb_hashes *seen)
{
    if (rdb_hashes_repeat(seen, decoding->reader))
        rdb_note_flaw(decoding, "something is there twice in the value");
    rdb_hashes_clear(seen);
}

/* ---- strings ---- */

bool rdb_decode_string(struct rdb_decoding *decoding)
{
    struct value value;
    if (!decoding->builder)
        return rdb_reader_pass_string(decoding->reader, "a value");
    if (!rdb_reader_string(decoding->reader, "a value", &value))
        return false;
    decoding->builder->string(decoding->builder->context, value);
    return true;
}

/* ---- elements one by one ---- */

typedef bool decode_element(struct rdb_decoding *decoding, struct rdb_element *element);

static bool decode_elements(struct rdb_decoding *decoding, decode_element *decode)
{
    uint64_t count;
    if (!rdb_decode_count(decoding, &count))
        return false;
    rdb_tell_begin(decoding, count);
    while (count-- > 0) {
        struct rdb_element element = {.expires_ms = RDB_NO_EXPIRY};
        if (!decode(decoding, &element))
            return false;
    }
    return true;
}

static bool decode_item(struct rdb_decoding *decoding, struct rdb_element *element)
{
    if (!rdb_decode_content(decoding, &element->text))
        return false;
    rdb_tell_element(decoding, element);
    return true;
}

bool rdb_decode_list(struct rdb_decoding *decoding)
{
    return decode_elements(decoding, decode_item);
}

static bool decode_member(struct rdb_decoding *decoding, struct rdb_element *element)
{
    if (!rdb_decode_text(decoding, &element->text))
        return false;
    rdb_tell_element(decoding, element);
    return true;
}

bool rdb_decode_set(struct rdb_decoding *decoding)
{
    return decode_elements(decoding, decode_member);
}

/* What may be there only once is noted before the content makes its bytes go. */
static bool decode_field(struct rdb_decoding *decoding, struct rdb_element *element)
{
    bool is_told = rdb_is_told(decoding);
    if (!rdb_decode_held(decoding, &decoding->text, &element->text))
        return false;
    if (!is_told)
        rdb_tell_element(decoding, element);
    return rdb_decode_content(decoding, &element->content);
}

static bool decode_pair(struct rdb_decoding *decoding, struct rdb_element *element)
{
    if (!decode_field(decoding, element))
        return false;
    if (rdb_is_told(decoding))
        rdb_tell_element(decoding, element);
    return true;
}

bool rdb_decode_hash(struct rdb_decoding *decoding)
{
    return decode_elements(decoding, decode_pair);
}

/* ---- sorted sets ---- */

/* A number as text, behind one byte with its length; the highest lengths stand for what is no number, and the
 * infinite ones. */
static bool decode_text_score(struct rdb_decoding *decoding, double *score)
{
    enum { NOT_A_NUMBER = 253, INFINITE = 254, MINUS_INFINITE = 255 };
    struct rdb_reader *reader = decoding->reader;
    uint64_t offset = reader->offset;
    char text[NOT_A_NUMBER];
    const char *bytes;
    unsigned len;
    if (!rdb_reader_byte(reader, "a score", &len))
        return false;
    for (unsigned i = 0; len < NOT_A_NUMBER && i < len; i++) {
        if (!rdb_reader_take(reader, 1, "a score", &bytes))
            return false;
        text[i] = *bytes;
    }
    *score = len == INFINITE ? INFINITY : -INFINITY;
    if (len == NOT_A_NUMBER || (len < NOT_A_NUMBER && !parse_double(bytes_make(text, len), score)))
        rdb_reader_note_flaw(reader, offset, "a score is not a number");
    return true;
}

static bool decode_score(struct rdb_decoding *decoding, double *score)
{
    struct rdb_reader *reader = decoding->reader;
    uint64_t offset = reader->offset;
    const char *bytes;
    if (!rdb_reader_take(reader, sizeof *score, "a score", &bytes))
        return false;
    memcpy(score, bytes, sizeof *score);
    if (isnan(*score))
        rdb_reader_note_flaw(reader, offset, "a score is not a number");
    return true;
}

static bool decode_scored(struct rdb_decoding *decoding, struct rdb_element *element)
{
    bool is_told = rdb_is_told(decoding);
    if (!rdb_decode_held(decoding, &decoding->text, &element->text))
        return false;
    if (!is_told)
        rdb_tell_element(decoding, element);
    if (!(decoding->codec->code == RDB_TYPE_ZSET ? decode_text_score : decode_score)(decoding,
                                                                                     &element->score))
        return false;
    if (rdb_is_told(decoding))
        rdb_tell_element(decoding, element);
    return true;
}

bool rdb_decode_zset(struct rdb_decoding *decoding)
{
    return decode_elements(decoding, decode_scored);
}

/* ---- hashes whose fields expire ---- */

/* A field without expiry has 0. The others count from one before the least of them, which comes first, but
 * for those of release candidates, which are times. */
bool rdb_decode_expiring_hash(struct rdb_decoding *decoding)
{
    int64_t least = 1;
    uint64_t count, after;
    if (decoding->codec->code == RDB_TYPE_HASH_EXPIRING && !rdb_decode_time(decoding, &least))
        return false;
    if (!rdb_decode_count(decoding, &count))
        return false;
    rdb_tell_begin(decoding, count);
    while (count-- > 0) {
        struct rdb_element element = {.expires_ms = RDB_NO_EXPIRY};
        if (!rdb_decode_length(decoding, &after))
            return false;
        if (after > 0 && __builtin_add_overflow(least - 1, after, &element.expires_ms))
            rdb_note_flaw(decoding, "the expiry of a field is beyond all times");
        if (!decode_pair(decoding, &element))
            return false;
    }
    return true;
}

/* Each field with its content is followed by the time, -1 when there is none. */
static bool decode_valkey_field(struct rdb_decoding *decoding, struct rdb_element *element)
{
    int64_t time_ms;
    if (!decode_field(decoding, element))
        return false;
    if (rdb_is_told(decoding)) {
        decoding->other.len = 0;
        buf_append_bytes(&decoding->other, element->content);
        element->content = buf_bytes(&decoding->other);
    }
    if (!rdb_decode_time(decoding, &time_ms))
        return false;
    element->expires_ms = time_ms < 0 ? RDB_NO_EXPIRY : time_ms;
    if (rdb_is_told(decoding))
        rdb_tell_element(decoding, element);
    return true;
}

bool rdb_decode_valkey_hash(struct rdb_decoding *decoding)
{
    return decode_elements(decoding, decode_valkey_field);
}
