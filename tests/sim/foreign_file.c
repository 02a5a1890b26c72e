/* SPDX-License-Identifier: BSD-3-Clause */
#include "foreign_file.h"
#include "base/crc64.h"
#include "foreign.h"
#include "model_script.h"
#include "packs.h"
#include "persist/rdb_load.h"
#include <stdlib.h>

enum { FIRST_WITH_CHECKSUM = 5, FIRST_WITH_FUNCTIONS = 10, FIRST_WITH_SLOTS = 11, FIRST_WITH_META = 13 };
enum { CHECKSUM_SIZE = 8, FIRST_WITH_TEMPLATES = 14, FIRST_WITH_MODULES = 8, NEWEST = 15 };

enum opcode {
    TEMPLATE = 242,
    META = 243,
    SLOT_IMPORT = 243,
    SLOT_INFO = 244,
    FUNCTION = 245,
    FUNCTION_EARLY = 246,
    MODULE_AUX = 247,
    IDLE = 248,
    FREQUENCY = 249,
    AUX = 250,
    SIZES = 251,
    EXPIRE_MS = 252,
    EXPIRE_S = 253,
    SELECT = 254,
    END = 255,
};

struct making {
    struct foreign_file *file;
    const struct dataset *dataset;
    int64_t wall_offset_ms;
    enum foreign_sort sort;
    uint64_t templates;
    struct chance *chance;
};

static bool happens(const struct making *making, unsigned permille)
{
    return chance_permille(making->chance, permille);
}

static void opcode(const struct making *making, enum opcode opcode)
{
    buf_append_char(&making->file->bytes, (char)opcode);
}

static void number(const struct making *making, uint64_t number)
{
    foreign_length(&making->file->bytes, number);
}

static void string(const struct making *making, struct bytes text)
{
    foreign_string(&making->file->bytes, text, making->chance);
}

static void end_piece(const struct making *making, struct foreign_piece piece)
{
    struct foreign_file *file = making->file;
    if (file->count == file->room) {
        file->room = file->room ? 2 * file->room : 64;
        file->pieces = realloc(file->pieces, (size_t)file->room * sizeof *file->pieces);
        if (!file->pieces)
            abort();
    }
    piece.end = file->bytes.len;
    file->pieces[file->count++] = piece;
}

static void end_fact(const struct making *making)
{
    end_piece(making, (struct foreign_piece){.is_key = false});
}

/* ---- the version ---- */

static unsigned version_needed(const struct dataset *dataset)
{
    unsigned needed = dataset->functions ? FIRST_WITH_FUNCTIONS : 1;
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < MODEL_KEYS; key++) {
            const struct slot *slot = &dataset->slots[database][key];
            unsigned version = slot->is_there ? foreign_version_needed(&slot->value) : 1;
            needed = version > needed ? version : needed;
        }
    }
    return needed;
}

static unsigned draw_version(const struct making *making)
{
    static const unsigned versions[] = {
        2, 4, 6, 7, 9, 10, 11, 12, 13, 14, NEWEST, NEWEST, FOREIGN_VALKEY, FOREIGN_VALKEY + 1};
    unsigned version = versions[chance_below(making->chance, sizeof versions / sizeof versions[0])];
    unsigned needed = version_needed(making->dataset);
    return version < needed ? needed : version;
}

static bool is_valkey(const struct making *making)
{
    return making->file->version >= FOREIGN_VALKEY;
}

/* Valkey parted from Redis before the later ones. */
static bool has(const struct making *making, unsigned version)
{
    return making->file->version >= version && !is_valkey(making);
}

/* ---- keys ---- */

static void put_end(const struct making *making, struct foreign_piece *piece)
{
    enum { MS = 1000 };
    bool in_seconds = piece->expires_ms % MS == 0;
    if (piece->expires_ms == RDB_NO_EXPIRY)
        return;
    opcode(making, in_seconds ? EXPIRE_S : EXPIRE_MS);
    pack_number(&making->file->bytes, (uint64_t)(in_seconds ? piece->expires_ms / MS : piece->expires_ms),
                in_seconds ? 4 : 8);
}

static void put_access(const struct making *making, struct foreign_piece *piece)
{
    if (making->file->version < 9)
        return;
    if (happens(making, 200)) {
        piece->idle_s = (int64_t)chance_below(making->chance, 100000);
        opcode(making, IDLE);
        number(making, (uint64_t)piece->idle_s);
    } else if (happens(making, 200)) {
        piece->frequency = (int)chance_below(making->chance, 256);
        opcode(making, FREQUENCY);
        buf_append_char(&making->file->bytes, (char)piece->frequency);
    }
}

/* Of modules: what may be left out has a number whose lowest bit is set. */
static void put_meta(const struct making *making)
{
    if (!has(making, FIRST_WITH_META) || !happens(making, 100))
        return;
    bool is_needed = making->sort == FOREIGN_STRANGE && happens(making, 100);
    uint64_t count = chance_below(making->chance, 3);
    opcode(making, META);
    number(making, count);
    making->file->is_strange |= is_needed && count > 0;
    for (; count > 0; count--) {
        pack_number(&making->file->bytes, is_needed ? 6 : 7, 4);
        foreign_write_module_items(&making->file->bytes, making->chance);
    }
}

/* Names of fields that the hash refers to; returns the template's number. */
static uint64_t put_template(struct making *making, const struct model_value *value)
{
    opcode(making, TEMPLATE);
    number(making, making->templates);
    number(making, (uint64_t)value->count);
    for (int i = 0; i < value->count; i++)
        string(making, item_name(&value->items[i]));
    end_fact(making);
    return making->templates++;
}

static void put_packed_contents(const struct making *making, const struct model_value *value,
                                uint64_t template)
{
    struct buf elements = {0}, pack = {0};
    pack_listpack_number(&elements, (int64_t) template, making->chance);
    for (int i = 0; i < value->count; i++)
        pack_listpack_text(&elements, buf_bytes(&value->items[i].content), making->chance);
    pack_listpack_end(&pack, &elements, 1 + (unsigned)value->count);
    string(making, buf_bytes(&pack));
    buf_clear(&pack);
}

static void put_contents(const struct making *making, const struct model_value *value, uint64_t template)
{
    number(making, template);
    for (int i = 0; i < value->count; i++)
        string(making, buf_bytes(&value->items[i].content));
}

enum { TYPE_TEMPLATE_PACKED = 30, TYPE_TEMPLATE = 32 };

static void put_type_and_name(const struct making *making, unsigned type, int key)
{
    buf_append_char(&making->file->bytes, (char)type);
    string(making, model.key_names[key]);
}

static bool is_fit_for_template(const struct making *making, const struct model_value *value)
{
    return has(making, FIRST_WITH_TEMPLATES) && value->kind == MODEL_HASH &&
           foreign_version_needed(value) < FIRST_WITH_TEMPLATES - 2 && happens(making, 400);
}

static void put_value(const struct making *making, const struct model_value *value, int key, int64_t template)
{
    if (template >= 0) {
        bool is_packed = happens(making, 500);
        put_type_and_name(making, is_packed ? TYPE_TEMPLATE_PACKED : TYPE_TEMPLATE, key);
        (is_packed ? put_packed_contents : put_contents)(making, value, (uint64_t) template);
        return;
    }
    const struct foreign_layout *layout = foreign_layout(value, making->file->version, making->chance);
    put_type_and_name(making, layout->type, key);
    layout->write(
        &(struct foreign_writing){&making->file->bytes, value, making->wall_offset_ms, making->chance});
}

static struct foreign_piece piece_of(const struct making *making, int database, int key)
{
    const struct slot *slot = &making->dataset->slots[database][key];
    struct foreign_piece piece = {
        .is_key = true, .database = database, .key = key, .idle_s = -1, .frequency = -1};
    piece.slot = slot;
    piece.expires_ms =
        slot->deadline_ms == MODEL_FOREVER ? RDB_NO_EXPIRY : slot->deadline_ms + making->wall_offset_ms;
    return piece;
}

static void put_key(struct making *making, int database, int key)
{
    struct foreign_piece piece = piece_of(making, database, key);
    const struct model_value *value = &piece.slot->value;
    int64_t template = -1;
    if (is_fit_for_template(making, value))
        template = (int64_t)put_template(making, value);
    put_end(making, &piece);
    put_access(making, &piece);
    put_meta(making);
    put_value(making, value, key, template);
    end_piece(making, piece);
}

/* One that was over long ago. */
static void put_past_key(struct making *making, int database, int key)
{
    struct foreign_piece piece = {
        .is_key = true, .database = database, .key = key, .idle_s = -1, .frequency = -1};
    piece.expires_ms = chance_between(making->chance, 1, 2000) * 500;
    put_end(making, &piece);
    put_type_and_name(making, 0, key);
    string(making, BYTES("long ago"));
    end_piece(making, piece);
}

static void put_strange_key(struct making *making, int database, int key)
{
    struct foreign_piece piece = {
        .is_key = true, .database = database, .key = key, .idle_s = -1, .frequency = -1};
    struct buf value = {0};
    unsigned type = foreign_write_strange(&value, true, making->chance);
    piece.expires_ms = RDB_NO_EXPIRY;
    put_type_and_name(making, type, key);
    buf_append_bytes(&making->file->bytes, buf_bytes(&value));
    buf_clear(&value);
    end_piece(making, piece);
    making->file->is_strange = true;
}

static bool may_have_strange_key(const struct making *making)
{
    return making->sort == FOREIGN_STRANGE && has(making, FIRST_WITH_TEMPLATES) && happens(making, 10);
}

static void put_keys(struct making *making, int database)
{
    for (int key = 0; key < model.key_count; key++) {
        if (making->dataset->slots[database][key].is_there)
            put_key(making, database, key);
        else if (happens(making, 30))
            put_past_key(making, database, key);
        else if (may_have_strange_key(making))
            put_strange_key(making, database, key);
    }
}

/* ---- what stands between ---- */

static int count_keys(const struct making *making, int database)
{
    int count = 0;
    for (int key = 0; key < model.key_count; key++)
        count += making->dataset->slots[database][key].is_there;
    return count;
}

static void put_database(struct making *making, int database)
{
    opcode(making, SELECT);
    number(making, (uint64_t)database);
    end_fact(making);
    if (making->file->version >= 7) {
        opcode(making, SIZES);
        number(making, (uint64_t)count_keys(making, database));
        number(making, happens(making, 100) ? UINT64_MAX : 1);
        end_fact(making);
    }
    if (making->file->version >= FIRST_WITH_SLOTS && happens(making, 300)) {
        opcode(making, SLOT_INFO);
        for (uint64_t i = 0; i < 3; i++)
            number(making, i * 100);
        end_fact(making);
    }
    put_keys(making, database);
}

static void put_aux(const struct making *making, const char *name, struct bytes content)
{
    opcode(making, AUX);
    string(making, bytes_of(name));
    string(making, content);
    end_fact(making);
}

static void put_facts(const struct making *making)
{
    put_aux(making, is_valkey(making) ? "valkey-ver" : "redis-ver", BYTES("9.1.0"));
    put_aux(making, "redis-bits", BYTES("32"));
    put_aux(making, "used-mem", happens(making, 500) ? BYTES("123456789") : BYTES("a lot"));
    if (happens(making, 200))
        put_aux(making, "lua", BYTES("return redis.call('get', KEYS[1])"));
    if (is_valkey(making) && happens(making, 300)) {
        opcode(making, SLOT_IMPORT);
        string(making, BYTES("an import"));
        number(making, 1);
        number(making, 0);
        number(making, 16383);
        end_fact(making);
    }
}

static void put_libraries(const struct making *making)
{
    for (int i = 0; making->dataset->functions >> i; i++) {
        if (!(making->dataset->functions >> i & 1))
            continue;
        opcode(making, FUNCTION);
        string(making, model_library(i));
        end_fact(making);
    }
}

static void put_module_data(const struct making *making)
{
    if (making->sort != FOREIGN_STRANGE || making->file->version < FIRST_WITH_MODULES || !happens(making, 50))
        return;
    opcode(making, MODULE_AUX);
    number(making, FOREIGN_MODULE);
    number(making, 2);
    number(making, 1 + chance_below(making->chance, 2));
    foreign_write_module_items(&making->file->bytes, making->chance);
    end_fact(making);
    making->file->is_strange = true;
}

/* ---- what is refused ---- */

static void put_twice(struct making *making)
{
    for (int i = 0; i < 2; i++) {
        opcode(making, SELECT);
        number(making, 0);
        put_type_and_name(making, 0, 0);
        string(making, BYTES("twice"));
    }
}

static void put_far_away(struct making *making)
{
    opcode(making, SELECT);
    number(making, 1000 + chance_below(making->chance, 1000));
    put_type_and_name(making, 0, 0);
    string(making, BYTES("far away"));
}

static void put_broken_library(struct making *making)
{
    opcode(making, FUNCTION);
    string(making, happens(making, 500) ? BYTES("#!lua name=broken\nthis is no Lua")
                                        : BYTES("#!basic name=other\n10 print"));
}

static void put_early_functions(struct making *making)
{
    opcode(making, FUNCTION_EARLY);
    string(making, BYTES("an engine"));
    string(making, BYTES("a library"));
}

static void put_module_value(struct making *making)
{
    put_strange_key(making, 0, 0);
}

static void put_needed_data(struct making *making)
{
    opcode(making, META);
    number(making, 1);
    pack_number(&making->file->bytes, 6, 4);
    foreign_write_module_items(&making->file->bytes, making->chance);
    put_type_and_name(making, 0, 0);
    string(making, BYTES("of a module"));
}

static void put_hash_without_template(struct making *making)
{
    put_type_and_name(making, TYPE_TEMPLATE, 0);
    number(making, 9999);
    string(making, BYTES("content"));
}

/* In the header: none of these can be. */
static void put_wrong_version(struct making *making)
{
    static const char *const headers[] = {"REDIS0016", "REDIS0000", "REDIS00x1", "VALKEY079",
                                          "VALKEY082", "VALKEY0 1", "SQLite fo"};
    memcpy(making->file->bytes.data, headers[chance_below(making->chance, 7)], 9);
}

static void put_wrong(struct making *making)
{
    static void (*const put[])(struct making *) = {
        put_twice,        put_far_away,      put_broken_library, put_early_functions,
        put_module_value, put_wrong_version, put_needed_data,    put_hash_without_template};
    put[chance_below(making->chance, is_valkey(making) ? 6 : 8)](making);
}

/* ---- the whole ---- */

void foreign_file_seal(struct foreign_file *file)
{
    size_t len = file->bytes.len - CHECKSUM_SIZE;
    if (!file->has_checksum)
        return;
    uint64_t checksum = crc64(0, file->bytes.data, len);
    for (size_t i = 0; i < CHECKSUM_SIZE; i++)
        file->bytes.data[len + i] = (char)(checksum >> 8 * i);
}

/* From the first version that has one on there is room for it, in which nothing may stand. */
static void put_checksum(const struct making *making)
{
    struct foreign_file *file = making->file;
    opcode(making, END);
    if (file->version < FIRST_WITH_CHECKSUM)
        return;
    pack_number(&file->bytes, 0, CHECKSUM_SIZE);
    file->has_checksum = happens(making, 900);
    foreign_file_seal(file);
}

void foreign_file_make(struct foreign_file *file, const struct dataset *dataset, int64_t wall_offset_ms,
                       enum foreign_sort sort, struct chance *chance)
{
    struct making making = {file, dataset, wall_offset_ms, sort, 0, chance};
    *file = (struct foreign_file){.is_strange = false};
    file->version = draw_version(&making);
    if (is_valkey(&making))
        buf_printf(&file->bytes, "VALKEY%03u", file->version);
    else
        buf_printf(&file->bytes, "REDIS%04u", file->version);
    if (file->version >= 7)
        put_facts(&making);
    put_libraries(&making);
    put_module_data(&making);
    for (int database = 0; database < MODEL_DATABASES; database++) {
        if (count_keys(&making, database) > 0 || happens(&making, 100))
            put_database(&making, database);
    }
    if (sort == FOREIGN_WRONG)
        put_wrong(&making);
    put_checksum(&making);
}

void foreign_file_clear(struct foreign_file *file)
{
    buf_clear(&file->bytes);
    free(file->pieces);
}
