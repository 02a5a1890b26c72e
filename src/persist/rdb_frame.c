/* SPDX-License-Identifier: BSD-3-Clause */
/* What an opcode says about the key that follows is kept until that key has come; only then is the piece
 * complete. */
#include "rdb_frame.h"
#include "rdb_format.h"
#include "rdb_hashes.h"

static void forget_key(struct rdb_frame *frame)
{
    frame->key.expires_ms = RDB_NO_EXPIRY;
    frame->key.idle_s = -1;
    frame->key.frequency = -1;
    frame->key.has_metadata = frame->key.needs_module = false;
    frame->key.offset = frame->reader->offset;
}

/* Up to the end of the header. */
static bool parse_version(struct rdb_frame *frame, const char *header, size_t begin)
{
    for (size_t i = begin; i < RDB_HEADER_SIZE; i++) {
        if (header[i] < '0' || header[i] > '9')
            return rdb_reader_refuse(frame->reader, begin, "the version is not a number");
        frame->version = frame->version * 10 + (unsigned)(header[i] - '0');
    }
    return true;
}

static bool is_known_version(struct rdb_frame *frame, size_t offset, unsigned least, unsigned most)
{
    return (frame->version >= least && frame->version <= most) ||
           rdb_reader_refuse(frame->reader, offset, "version %u is not among those known, %u to %u",
                             frame->version, least, most);
}

static bool read_header(struct rdb_frame *frame, const char *header)
{
    const size_t redis = sizeof RDB_MAGIC - 1, valkey = sizeof RDB_VALKEY_MAGIC - 1;
    if (memcmp(header, RDB_MAGIC, redis) == 0)
        return parse_version(frame, header, redis) && is_known_version(frame, redis, 1, RDB_VERSION_MAX);
    if (memcmp(header, RDB_VALKEY_MAGIC, valkey) != 0)
        return rdb_reader_refuse(frame->reader, 0,
                                 "this is not a snapshot file: it should begin with " RDB_MAGIC
                                 " or " RDB_VALKEY_MAGIC);
    frame->dialect = RDB_VALKEY;
    return parse_version(frame, header, valkey) &&
           is_known_version(frame, valkey, RDB_VALKEY_VERSION_MIN, RDB_VALKEY_VERSION_MAX);
}

bool rdb_frame_header(struct rdb_frame *frame)
{
    const char *header;
    return rdb_reader_take(frame->reader, RDB_HEADER_SIZE, "the header", &header) &&
           read_header(frame, header);
}

/* Behind damage the end is believed only where the file ends. */
static bool read_moved_end(struct rdb_frame *frame, uint64_t offset)
{
    uint64_t left = frame->reader->size - offset;
    frame->has_ended = left == (frame->version < RDB_VERSION_WITH_CHECKSUM ? 0 : RDB_CHECKSUM_SIZE);
    return frame->has_ended ||
           rdb_reader_refuse(frame->reader, offset - 1, "the end comes %llu bytes before that of the file",
                             (unsigned long long)left);
}

static bool read_end(struct rdb_frame *frame)
{
    struct rdb_reader *reader = frame->reader;
    uint64_t offset = reader->offset, stored;
    if (frame->is_moved)
        return read_moved_end(frame, offset);
    uint64_t computed = rdb_reader_checksum(reader);
    if (frame->version < RDB_VERSION_WITH_CHECKSUM) {
        frame->has_ended = true;
        return true;
    }
    if (!rdb_reader_number(reader, RDB_CHECKSUM_SIZE, "the checksum", &stored))
        return false;
    bool is_good = stored == 0 || stored == computed;
    frame->has_ended = is_good || reader->offset == reader->size;
    return is_good || rdb_reader_refuse(reader, offset,
                                        "CRC error: the checksum is %016llx, that of the content %016llx",
                                        (unsigned long long)stored, (unsigned long long)computed);
}

/* What belongs to a key was read, and the key itself is still to come. */
static bool is_within_key(const struct rdb_frame *frame)
{
    return frame->key.expires_ms != RDB_NO_EXPIRY || frame->key.idle_s >= 0 || frame->key.frequency >= 0 ||
           frame->key.has_metadata;
}

/* What holds for keys behind it is no part of a key: who leaves a broken key out would leave that out as
 * well. */
static bool is_apart(struct rdb_frame *frame, uint64_t offset, const char *what)
{
    return !is_within_key(frame) || rdb_reader_refuse(frame->reader, offset, "%s within a key", what);
}

/* A selection that can't be read changes nothing: who leaves it out knows the database all the same. */
static bool read_selection(struct rdb_frame *frame, uint64_t offset)
{
    uint64_t number;
    if (!is_apart(frame, offset, "a database is selected"))
        return false;
    if (!rdb_reader_length(frame->reader, "a database's number", &number))
        return false;
    frame->key.database = number;
    return true;
}

static bool read_sizes(struct rdb_frame *frame)
{
    uint64_t keys, expiring;
    if (!rdb_reader_length(frame->reader, "a database's number of keys", &keys) ||
        !rdb_reader_length(frame->reader, "a database's number of keys", &expiring))
        return false;
    /* No more keys than bytes: a damaged number may not take the memory. */
    uint64_t left = frame->reader->size - frame->reader->offset;
    if (frame->handler->sizes && keys <= left)
        frame->handler->sizes(frame->handler->context, frame->key.database, keys, expiring);
    return true;
}

static bool read_aux(struct rdb_frame *frame)
{
    if (!rdb_reader_text(frame->reader, "the name of a field", &frame->name) ||
        !rdb_reader_text(frame->reader, "the content of a field", &frame->text))
        return false;
    if (frame->handler->aux)
        frame->handler->aux(frame->handler->context, buf_bytes(&frame->name), buf_bytes(&frame->text));
    return true;
}

static bool read_expiry(struct rdb_frame *frame, unsigned byte_count, int64_t unit_ms)
{
    uint64_t number;
    if (!rdb_reader_number(frame->reader, byte_count, "an expiry time", &number))
        return false;
    frame->key.expires_ms = byte_count == 8 ? (int64_t)number : (int64_t)(int32_t)(uint32_t)number * unit_ms;
    return true;
}

static bool read_idle(struct rdb_frame *frame)
{
    uint64_t seconds;
    if (!rdb_reader_length(frame->reader, "an idle time", &seconds))
        return false;
    frame->key.idle_s = seconds < INT32_MAX ? (int64_t)seconds : INT32_MAX;
    return true;
}

static bool read_frequency(struct rdb_frame *frame)
{
    unsigned frequency;
    if (!rdb_reader_byte(frame->reader, "an access frequency", &frequency))
        return false;
    frame->key.frequency = (int)frequency;
    return true;
}

/* Sizes of a part of the database; what can be known from them is known already. */
static bool read_slot(struct rdb_frame *frame)
{
    uint64_t number;
    for (int i = 0; i < 3; i++) {
        if (!rdb_reader_length(frame->reader, "a slot's number of keys", &number))
            return false;
    }
    return true;
}

static bool read_names(struct rdb_frame *frame, uint64_t count, struct rdb_hashes *seen)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!rdb_reader_text(frame->reader, "the name of a field", &frame->text))
            return false;
        rdb_hashes_add(seen, buf_bytes(&frame->text));
        rdb_templates_add_name(&frame->templates, buf_bytes(&frame->text));
    }
    return true;
}

/* Names of fields that hashes refer to by the template's number. */
static bool read_template(struct rdb_frame *frame, uint64_t offset)
{
    struct rdb_reader *reader = frame->reader;
    struct rdb_hashes seen = {0};
    size_t begin = frame->templates.names.len;
    uint64_t number, count;
    if (!is_apart(frame, offset, "a template of hashes lies") ||
        !rdb_reader_length(reader, "a template's number", &number) ||
        !rdb_reader_length(reader, "a template's number of fields", &count))
        return false;
    if (count > reader->size - reader->offset)
        return rdb_reader_refuse(reader, offset, "%llu fields are more than what is left of the %s",
                                 (unsigned long long)count, reader->noun);
    bool is_good = read_names(frame, count, &seen);
    if (is_good && rdb_hashes_repeat(&seen, reader))
        is_good = rdb_reader_refuse(reader, offset, "a template of hashes has a field twice");
    rdb_hashes_clear(&seen);
    const struct rdb_template template = {number, offset, (size_t)count, begin};
    if (!is_good || rdb_templates_add(&frame->templates, &template))
        return is_good;
    return rdb_reader_refuse(reader, offset, "there are too many templates of hashes, or two of number %llu",
                             (unsigned long long)number);
}

/* What modules attached to the key: of each a number, whose lowest bit tells that it may be left out, and
 * items. */
static bool read_meta(struct rdb_frame *frame)
{
    enum { MAY_BE_LEFT_OUT = 1 };
    struct rdb_reader *reader = frame->reader;
    uint64_t count, class;
    if (!rdb_reader_length(reader, "a number of modules", &count))
        return false;
    frame->key.has_metadata = true;
    while (count-- > 0) {
        if (!rdb_reader_number(reader, 4, "what a module attached", &class) || !rdb_pass_module_items(reader))
            return false;
        frame->key.needs_module |= !(class & MAY_BE_LEFT_OUT);
    }
    return true;
}

/* Slots of a cluster that were on their way when the file was written: a name, and ranges. */
static bool read_slot_import(struct rdb_frame *frame)
{
    uint64_t count, slot;
    if (!rdb_reader_text(frame->reader, "the name of an import", &frame->text) ||
        !rdb_reader_length(frame->reader, "a number of slots", &count))
        return false;
    while (count-- > 0) {
        if (!rdb_reader_length(frame->reader, "a slot", &slot) ||
            !rdb_reader_length(frame->reader, "a slot", &slot))
            return false;
    }
    return true;
}

static bool read_key(struct rdb_frame *frame, uint64_t offset)
{
    const struct rdb_codec *codec = rdb_codec_find(frame->dialect, frame->opcode);
    if (!codec)
        return rdb_reader_refuse(frame->reader, offset, "there is no opcode or type %u", frame->opcode);
    if (!rdb_reader_text(frame->reader, "a key", &frame->name))
        return false;
    frame->codec = codec;
    frame->key.name = buf_bytes(&frame->name);
    bool is_taken = frame->handler->value(frame->handler->context, frame->reader, &frame->key, codec);
    forget_key(frame);
    return is_taken;
}

/* What has different meanings: the same number is Valkey's import of slots, and Redis' metadata. */
static bool read_own(struct rdb_frame *frame, uint64_t offset)
{
    if (frame->dialect == RDB_VALKEY)
        return frame->opcode == RDB_VALKEY_SLOT_IMPORT ? read_slot_import(frame) : read_key(frame, offset);
    return frame->opcode == RDB_KEY_META ? read_meta(frame) : read_template(frame, offset);
}

static bool read_extra(struct rdb_frame *frame, uint64_t offset)
{
    if (offset != frame->key.offset)
        return rdb_reader_refuse(frame->reader, offset, "what stands in front of a key has no key");
    return frame->handler->extra(frame->handler->context, frame->reader, (enum rdb_opcode)frame->opcode,
                                 offset);
}

/* An opcode with all that belongs to it, or a key. */
static bool read_item(struct rdb_frame *frame)
{
    struct rdb_reader *reader = frame->reader;
    uint64_t offset = reader->offset;
    if (!rdb_reader_byte(reader, "an opcode", &frame->opcode))
        return false;
    switch (frame->opcode) {
    case RDB_SELECT:
        return read_selection(frame, offset);
    case RDB_RESIZE:
        return read_sizes(frame);
    case RDB_AUX:
        return read_aux(frame);
    case RDB_EXPIRE_MS:
        return read_expiry(frame, 8, 1);
    case RDB_EXPIRE:
        return read_expiry(frame, 4, 1000);
    case RDB_IDLE:
        return read_idle(frame);
    case RDB_FREQUENCY:
        return read_frequency(frame);
    case RDB_SLOT_INFO:
        return read_slot(frame);
    case RDB_HASH_TEMPLATE:
    case RDB_KEY_META:
        return read_own(frame, offset);
    case RDB_END:
        return read_end(frame);
    case RDB_MODULE_AUX:
    case RDB_FUNCTION2:
    case RDB_FUNCTION_PRE_GA:
        return read_extra(frame, offset);
    default:
        return read_key(frame, offset);
    }
}

enum rdb_frame_item rdb_frame_next(struct rdb_frame *frame)
{
    frame->key.offset = frame->reader->offset;
    frame->codec = NULL;
    do {
        if (!read_item(frame))
            return RDB_FRAME_BROKEN;
    } while (is_within_key(frame) && !frame->has_ended);
    if (frame->has_ended)
        return RDB_FRAME_END;
    return frame->codec ? RDB_FRAME_KEY : RDB_FRAME_FACT;
}

void rdb_frame_init(struct rdb_frame *frame, struct rdb_reader *reader,
                    const struct rdb_frame_handler *handler)
{
    *frame = (struct rdb_frame){.reader = reader, .handler = handler};
    reader->templates = &frame->templates;
    forget_key(frame);
}

void rdb_frame_clear(struct rdb_frame *frame)
{
    buf_clear(&frame->name);
    buf_clear(&frame->text);
    rdb_templates_clear(&frame->templates);
    frame->reader->templates = NULL;
}

void rdb_frame_move(struct rdb_frame *frame, uint64_t offset)
{
    rdb_reader_seek(frame->reader, offset);
    forget_key(frame);
    frame->is_moved = true;
    frame->has_ended = false;
}

bool rdb_frame_read(struct rdb_reader *reader, const struct rdb_frame_handler *handler)
{
    struct rdb_frame frame;
    rdb_frame_init(&frame, reader, handler);
    bool is_good = rdb_frame_header(&frame);
    while (is_good && !frame.has_ended)
        is_good = rdb_frame_next(&frame) != RDB_FRAME_BROKEN;
    rdb_frame_clear(&frame);
    return is_good;
}
