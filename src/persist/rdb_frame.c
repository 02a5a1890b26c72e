/* SPDX-License-Identifier: BSD-3-Clause */
/* What an opcode says about the key that follows is kept until that key has come; only then is the piece complete. */
#include "rdb_frame.h"
#include "rdb_format.h"

struct frame {
    struct rdb_reader *reader;
    const struct rdb_frame_handler *handler;
    unsigned version;
    struct rdb_loaded_key key;
    struct buf name, text;
    bool has_ended;
};

static void forget_key(struct frame *frame)
{
    frame->key.expires_ms = RDB_NO_EXPIRY;
    frame->key.idle_s = -1;
    frame->key.frequency = -1;
    frame->key.offset = frame->reader->offset;
}

static bool read_header(struct frame *frame)
{
    struct rdb_reader *reader = frame->reader;
    const char *header;
    if (!rdb_reader_take(reader, RDB_HEADER_SIZE, "the header", &header))
        return false;
    if (memcmp(header, RDB_MAGIC, sizeof RDB_MAGIC - 1) != 0)
        return rdb_reader_refuse(reader, 0, "this is not a snapshot file: it should begin with " RDB_MAGIC);
    for (const char *digit = header + sizeof RDB_MAGIC - 1; digit < header + RDB_HEADER_SIZE; digit++) {
        if (*digit < '0' || *digit > '9')
            return rdb_reader_refuse(reader, 5, "the version is not a number");
        frame->version = frame->version * 10 + (unsigned)(*digit - '0');
    }
    if (frame->version < 1 || frame->version > RDB_VERSION_MAX)
        return rdb_reader_refuse(reader, 5, "version %u is not among those known, 1 to %d", frame->version,
                                 RDB_VERSION_MAX);
    if (frame->handler->version)
        frame->handler->version(frame->handler->context, frame->version);
    return true;
}

static bool read_end(struct frame *frame)
{
    struct rdb_reader *reader = frame->reader;
    uint64_t computed = rdb_reader_checksum(reader), offset = reader->offset, stored;
    frame->has_ended = true;
    if (frame->version < RDB_VERSION_WITH_CHECKSUM)
        return true;
    if (!rdb_reader_number(reader, RDB_CHECKSUM_SIZE, "the checksum", &stored))
        return false;
    if (stored != 0 && stored != computed)
        return rdb_reader_refuse(reader, offset, "the checksum is %016llx, that of the content %016llx",
                                 (unsigned long long)stored, (unsigned long long)computed);
    return true;
}

static bool read_sizes(struct frame *frame)
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

static bool read_aux(struct frame *frame)
{
    if (!rdb_reader_text(frame->reader, "the name of a field", &frame->name) ||
        !rdb_reader_text(frame->reader, "the content of a field", &frame->text))
        return false;
    if (frame->handler->aux)
        frame->handler->aux(frame->handler->context, buf_bytes(&frame->name), buf_bytes(&frame->text));
    return true;
}

static bool read_expiry(struct frame *frame, unsigned byte_count, int64_t unit_ms)
{
    uint64_t number;
    if (!rdb_reader_number(frame->reader, byte_count, "an expiry time", &number))
        return false;
    frame->key.expires_ms = byte_count == 8 ? (int64_t)number : (int64_t)(int32_t)(uint32_t)number * unit_ms;
    return true;
}

static bool read_idle(struct frame *frame)
{
    uint64_t seconds;
    if (!rdb_reader_length(frame->reader, "an idle time", &seconds))
        return false;
    frame->key.idle_s = seconds < INT32_MAX ? (int64_t)seconds : INT32_MAX;
    return true;
}

static bool read_frequency(struct frame *frame)
{
    unsigned frequency;
    if (!rdb_reader_byte(frame->reader, "an access frequency", &frequency))
        return false;
    frame->key.frequency = (int)frequency;
    return true;
}

/* Sizes of a part of the database; what can be known from them is known already. */
static bool read_slot(struct frame *frame)
{
    uint64_t number;
    for (int i = 0; i < 3; i++) {
        if (!rdb_reader_length(frame->reader, "a slot's number of keys", &number))
            return false;
    }
    return true;
}

static bool read_key(struct frame *frame, unsigned type, uint64_t offset)
{
    if (type > RDB_TYPE_MAX)
        return rdb_reader_refuse(frame->reader, offset, "there is no opcode or type %u", type);
    if (!rdb_reader_text(frame->reader, "a key", &frame->name))
        return false;
    frame->key.name = buf_bytes(&frame->name);
    bool is_taken = frame->handler->value(frame->handler->context, frame->reader, &frame->key, type);
    forget_key(frame);
    return is_taken;
}

/* An opcode with all that belongs to it, or a key. */
static bool read_item(struct frame *frame)
{
    struct rdb_reader *reader = frame->reader;
    uint64_t offset = reader->offset;
    unsigned opcode;
    if (!rdb_reader_byte(reader, "an opcode", &opcode))
        return false;
    switch (opcode) {
    case RDB_SELECT:
        return rdb_reader_length(reader, "a database's number", &frame->key.database);
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
    case RDB_END:
        return read_end(frame);
    case RDB_MODULE_AUX:
    case RDB_FUNCTION2:
    case RDB_FUNCTION_PRE_GA:
        return frame->handler->extra(frame->handler->context, reader, (enum rdb_opcode)opcode, offset);
    default:
        return read_key(frame, opcode, offset);
    }
}

static bool is_within_key(const struct frame *frame)
{
    return frame->key.expires_ms != RDB_NO_EXPIRY || frame->key.idle_s >= 0 || frame->key.frequency >= 0;
}

bool rdb_frame_read(struct rdb_reader *reader, const struct rdb_frame_handler *handler)
{
    struct frame frame = {.reader = reader, .handler = handler};
    forget_key(&frame);
    bool is_good = read_header(&frame);
    while (is_good && !frame.has_ended) {
        /* What precedes a key belongs to it. */
        if (!is_within_key(&frame)) {
            frame.key.offset = reader->offset;
            if (handler->piece)
                handler->piece(handler->context, reader->offset);
        }
        is_good = read_item(&frame);
    }
    buf_clear(&frame.name);
    buf_clear(&frame.text);
    return is_good;
}
