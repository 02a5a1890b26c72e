/* SPDX-License-Identifier: BSD-3-Clause */
/* What an opcode says about the key that follows is kept until that key has come; only then is the piece
 * complete. */
#include "rdb_frame.h"
#include "rdb_format.h"

static void forget_key(struct rdb_frame *frame)
{
    frame->key.expires_ms = RDB_NO_EXPIRY;
    frame->key.idle_s = -1;
    frame->key.frequency = -1;
    frame->key.offset = frame->reader->offset;
}

bool rdb_frame_header(struct rdb_frame *frame)
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
    return true;
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

static bool read_key(struct rdb_frame *frame, unsigned type, uint64_t offset)
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
static bool read_item(struct rdb_frame *frame)
{
    struct rdb_reader *reader = frame->reader;
    uint64_t offset = reader->offset;
    if (!rdb_reader_byte(reader, "an opcode", &frame->opcode))
        return false;
    switch (frame->opcode) {
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
        return frame->handler->extra(frame->handler->context, reader, (enum rdb_opcode)frame->opcode, offset);
    default:
        return read_key(frame, frame->opcode, offset);
    }
}

static bool is_within_key(const struct rdb_frame *frame)
{
    return frame->key.expires_ms != RDB_NO_EXPIRY || frame->key.idle_s >= 0 || frame->key.frequency >= 0;
}

enum rdb_frame_item rdb_frame_next(struct rdb_frame *frame)
{
    frame->key.offset = frame->reader->offset;
    do {
        if (!read_item(frame))
            return RDB_FRAME_BROKEN;
    } while (is_within_key(frame) && !frame->has_ended);
    if (frame->has_ended)
        return RDB_FRAME_END;
    return frame->opcode <= RDB_TYPE_MAX ? RDB_FRAME_KEY : RDB_FRAME_FACT;
}

void rdb_frame_init(struct rdb_frame *frame, struct rdb_reader *reader,
                    const struct rdb_frame_handler *handler)
{
    *frame = (struct rdb_frame){.reader = reader, .handler = handler};
    forget_key(frame);
}

void rdb_frame_clear(struct rdb_frame *frame)
{
    buf_clear(&frame->name);
    buf_clear(&frame->text);
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
