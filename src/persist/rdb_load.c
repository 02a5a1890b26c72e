/* SPDX-License-Identifier: BSD-3-Clause */
/* What this server has a place for is handed out, the rest is refused with its key: better not to start than
 * to start without part of the data. */
#include "persist/rdb_load.h"
#include "rdb_frame.h"
#include "rdb_value.h"
#include <errno.h>

/* Longer keys are shown in part. */
#define SHOWN_MAX 64

static bool refuse_key(struct rdb_reader *reader, const struct rdb_loaded_key *key, const char *why)
{
    struct buf shown = {0};
    buf_append_quoted(&shown,
                      bytes_make(key->name.data, key->name.len < SHOWN_MAX ? key->name.len : SHOWN_MAX));
    rdb_reader_refuse(reader, key->offset, "key %s has %s", buf_cstring(&shown), why);
    buf_clear(&shown);
    return false;
}

static bool refuse_type(struct rdb_reader *reader, const struct rdb_loaded_key *key,
                        const struct rdb_codec *codec)
{
    struct buf why = {0};
    buf_printf(&why, "type %u (%s), which is not supported", codec->code, codec->name);
    (void)refuse_key(reader, key, buf_cstring(&why));
    buf_clear(&why);
    return false;
}

static bool take_value(void *context, struct rdb_reader *reader, const struct rdb_loaded_key *key,
                       const struct rdb_codec *codec)
{
    const struct rdb_load_handler *handler = context;
    struct value value;
    struct error error;
    if (!rdb_value_has_place(codec))
        return refuse_type(reader, key, codec);
    if (key->needs_module)
        return refuse_key(reader, key, "data of a module attached; there are no modules here");
    if (!rdb_value_read(reader, codec, &value))
        return false;
    return handler->key(handler->context, key, value, &error) ||
           rdb_reader_refuse(reader, key->offset, "%s", error.text);
}

static bool take_library(const struct rdb_load_handler *handler, struct rdb_reader *reader, uint64_t offset)
{
    struct buf code = {0};
    struct error error = {.text = "the file holds functions, which have no place here"};
    bool is_read = rdb_reader_text(reader, "a library of functions", &code);
    bool is_taken =
        is_read && handler->library && handler->library(handler->context, buf_bytes(&code), &error);
    buf_clear(&code);
    return is_taken || (is_read ? rdb_reader_refuse(reader, offset, "%s", error.text) : false);
}

static bool take_extra(void *context, struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset)
{
    if (opcode == RDB_FUNCTION2)
        return take_library(context, reader, offset);
    if (opcode == RDB_MODULE_AUX)
        return rdb_reader_refuse(reader, offset,
                                 "the file holds data of a module; there are no modules here");
    return rdb_reader_refuse(reader, offset,
                             "the file holds functions as only release candidates of Redis 7.0 had them");
}

static void pass_sizes(void *context, uint64_t database, uint64_t keys, uint64_t expiring)
{
    const struct rdb_load_handler *handler = context;
    if (handler->sizes)
        handler->sizes(handler->context, database, keys, expiring);
}

static void pass_aux(void *context, struct bytes name, struct bytes value)
{
    const struct rdb_load_handler *handler = context;
    if (handler->aux)
        handler->aux(handler->context, name, value);
}

bool rdb_read(struct source *source, const struct rdb_load_handler *handler, struct error *error)
{
    struct rdb_load_handler copy = *handler;
    const struct rdb_frame_handler frame = {
        .value = take_value, .extra = take_extra, .sizes = pass_sizes, .aux = pass_aux, .context = &copy};
    struct rdb_reader reader;
    rdb_reader_init(&reader, source, error);
    reader.limits = handler->limits;
    reader.wall_offset_ms = handler->wall_offset_ms;
    bool is_good = rdb_frame_read(&reader, &frame);
    rdb_reader_clear(&reader);
    return is_good;
}

enum rdb_load_result rdb_load(const char *path, const struct rdb_load_handler *handler, struct error *error)
{
    struct source source;
    if (!source_open_file(&source, path, error))
        return errno == ENOENT ? RDB_MISSING : RDB_DAMAGED;
    bool is_good = rdb_read(&source, handler, error);
    source_close(&source);
    return is_good ? RDB_LOADED : RDB_DAMAGED;
}
