/* SPDX-License-Identifier: BSD-3-Clause */
#include "strangers.h"
#include "disk.h"
#include "engine/edit.h"
#include "engine/server.h"
#include "foreign_file.h"
#include "persist/rdb_check.h"
#include "persist/rdb_load.h"
#include "reality.h"
#include "world.h"

#define FILE_NAME "stranger.rdb"
#define KEPT_NAME "kept.rdb"

/* So many pieces before damage may be taken for what was damaged. */
enum { DOUBTFUL_PIECES = 4 };

enum { HEADER = 9, CHECKSUM = 8, RANGE_MAX = 40 };

/* ---- reading ---- */

struct reading {
    const struct foreign_file *file;
    size_t sound; /* so many bytes are as they were written */
    int next;     /* of the pieces */
    bool is_over; /* what comes now is behind damage */
};

/* NULL: none is left that must be there. */
static const struct foreign_piece *next_key(struct reading *reading)
{
    const struct foreign_file *file = reading->file;
    while (reading->next < file->count && !file->pieces[reading->next].is_key)
        reading->next++;
    reading->is_over |= reading->next == file->count || file->pieces[reading->next].end > reading->sound;
    return reading->is_over ? NULL : &file->pieces[reading->next++];
}

static bool is_as_written(const struct foreign_piece *piece, const struct rdb_loaded_key *key,
                          const struct value *value)
{
    return key->database == (uint64_t)piece->database &&
           bytes_equal(key->name, model.key_names[piece->key]) && key->expires_ms == piece->expires_ms &&
           key->idle_s == piece->idle_s && key->frequency == piece->frequency &&
           (!piece->slot || reality_is_same_value(value, &piece->slot->value));
}

/* Keys come in the file's order, each as it was written, up to where it was damaged. */
static bool take_key(void *context, const struct rdb_loaded_key *key, struct value value, struct error *error)
{
    struct reading *reading = context;
    const struct foreign_piece *piece = next_key(reading);
    (void)error;
    if (piece && !is_as_written(piece, key, &value))
        world_fail("%.*s of a foreign file of version %u isn't what was written", (int)key->name.len,
                   key->name.data, reading->file->version);
    value_release(&value);
    return true;
}

static bool take_library(void *context, struct bytes code, struct error *error)
{
    (void)context;
    error_set(error, "this is no library");
    return bytes_starts_with(code, BYTES("#!"));
}

static bool read(struct reading *reading, const char *name, struct chance *chance, struct error *error)
{
    const struct value_limits limits = edit_all_limits(running);
    const struct rdb_load_handler handler = {.key = take_key,
                                             .library = take_library,
                                             .limits = chance_permille(chance, 500) ? &limits : NULL,
                                             .wall_offset_ms = running->clock.wall_offset_ms,
                                             .context = reading};
    error->text[0] = 0;
    return rdb_load(name, &handler, error) == RDB_LOADED;
}

/* ---- whole ones ---- */

static void check_salvaged(const struct foreign_file *file, size_t sound, struct chance *chance)
{
    struct reading reading = {.file = file, .sound = sound};
    struct buf report = {0};
    struct error error;
    enum rdb_checked checked = rdb_check(KEPT_NAME, NULL, NULL, &report);
    if (checked == RDB_CHECKED_DAMAGED)
        world_fail("what was salvaged is damaged: %.*s", (int)report.len, report.data);
    bool is_read = read(&reading, KEPT_NAME, chance, &error);
    if (is_read != (checked == RDB_CHECKED_GOOD))
        world_fail("what was salvaged is %s", is_read ? "loaded" : error.text);
    const struct foreign_piece *missing = is_read ? next_key(&reading) : NULL;
    if (missing)
        world_fail("%.*s before damage isn't salvaged", (int)model.key_names[missing->key].len,
                   model.key_names[missing->key].data);
    buf_clear(&report);
}

static void check_whole(const struct foreign_file *file, struct chance *chance)
{
    struct reading reading = {.file = file, .sound = file->bytes.len};
    struct buf report = {0};
    struct error error;
    bool is_read = read(&reading, FILE_NAME, chance, &error);
    if (is_read == file->is_strange)
        world_fail("a whole file of version %u is %s", file->version, is_read ? "loaded" : error.text);
    if (is_read && next_key(&reading))
        world_fail("a whole file of version %u is read in part", file->version);
    enum rdb_checked checked = rdb_check(FILE_NAME, KEPT_NAME, NULL, &report);
    if (checked != (file->is_strange ? RDB_CHECKED_NOT_LOADABLE : RDB_CHECKED_GOOD))
        world_fail("a whole file is said to be damaged: %.*s", (int)report.len, report.data);
    check_salvaged(file, file->bytes.len, chance);
    buf_clear(&report);
}

/* ---- damaged ones ---- */

static void replace(struct buf *bytes, size_t at, size_t old_len, struct bytes with)
{
    struct buf result = {0};
    buf_append(&result, bytes->data, at);
    buf_append_bytes(&result, with);
    buf_append(&result, bytes->data + at + old_len, bytes->len - at - old_len);
    buf_clear(bytes);
    *bytes = result;
}

/* Anywhere in one of the pieces, mostly near its beginning: long strings would have most of it. */
static size_t draw_place(const struct foreign_file *file, size_t end, struct chance *chance)
{
    enum { NEAR = 60 };
    size_t begin = HEADER, behind = end;
    if (file->count > 0) {
        uint64_t piece = chance_below(chance, (uint64_t)file->count);
        begin = piece > 0 ? file->pieces[piece - 1].end : HEADER;
        behind = file->pieces[piece].end;
    }
    if (chance_permille(chance, 700) && behind - begin > NEAR)
        behind = begin + NEAR;
    return behind > end ? HEADER + chance_below(chance, end - HEADER)
                        : begin + chance_below(chance, behind - begin);
}

/* Bytes change, or are zeros, go, or come twice, anywhere but in the header and the checksum. Returns where
 * the first is that isn't what it was. */
static size_t damage(struct foreign_file *file, struct chance *chance)
{
    static const char zeros[RANGE_MAX];
    struct buf *bytes = &file->bytes;
    size_t end = bytes->len - (file->has_checksum ? CHECKSUM : 0);
    if (end == HEADER)
        return HEADER;
    size_t at = draw_place(file, end, chance);
    size_t len = 1 + chance_below(chance, end - at < RANGE_MAX ? end - at : RANGE_MAX);
    char copy[RANGE_MAX];
    memcpy(copy, bytes->data + at, len);
    switch (chance_below(chance, 8)) {
    case 0:
        replace(bytes, at, len, bytes_make(zeros, len));
        break;
    case 1:
        replace(bytes, at, len, BYTES(""));
        break;
    case 2:
        replace(bytes, at, 0, bytes_make(copy, len));
        break;
    default:
        bytes->data[at] = (char)((unsigned char)bytes->data[at] ^ (1 + chance_below(chance, 255)));
    }
    return at;
}

static size_t damage_often(struct foreign_file *file, struct chance *chance)
{
    size_t first = SIZE_MAX;
    for (int64_t times = chance_between(chance, 1, chance_permille(chance, 700) ? 1 : 4); times > 0;
         times--) {
        size_t at = damage(file, chance);
        first = at < first ? at : first;
    }
    return first;
}

static bool has_text(const struct buf *report, const char *text)
{
    return memmem(report->data, report->len, text, strlen(text));
}

/* Up to where what was damaged was surely told from what wasn't. */
static size_t surely_salvaged(const struct foreign_file *file, size_t sound)
{
    int damaged = 0;
    while (damaged < file->count && file->pieces[damaged].end <= sound)
        damaged++;
    return damaged > DOUBTFUL_PIECES ? file->pieces[damaged - DOUBTFUL_PIECES - 1].end : 0;
}

/* The checker and whoever loads agree, but for what only the checker asks; where it found such a thing, it
 * looks for keys within others as well. */
static void check_agreement(bool is_read, enum rdb_checked checked, const struct buf *report, const char *why)
{
    if (is_read == (checked == RDB_CHECKED_GOOD))
        return;
    if (is_read &&
        (has_text(report, "twice") || has_text(report, "newer than") || has_text(report, "lie within a key")))
        return;
    world_fail("a damaged file is %s, but the checker says %.*s", is_read ? "loaded" : why, (int)report->len,
               report->data);
}

static void check_damaged(struct foreign_file *file, struct chance *chance)
{
    struct buf report = {0}, before = {0};
    struct error error;
    bool is_cut = chance_permille(chance, 150), is_sealed = !is_cut && chance_permille(chance, 600);
    buf_append_bytes(&before, buf_bytes(&file->bytes));
    size_t sound = is_cut ? chance_below(chance, file->bytes.len) : damage_often(file, chance);
    if (is_cut)
        file->bytes.len = sound;
    if (is_sealed)
        foreign_file_seal(file);
    disk_put(FILE_NAME, buf_bytes(&file->bytes));
    struct reading reading = {.file = file, .sound = sound};
    bool is_read = read(&reading, FILE_NAME, chance, &error);
    bool is_same = bytes_equal(buf_bytes(&before), buf_bytes(&file->bytes));
    if (is_read && !is_same && (is_cut || (file->has_checksum && !is_sealed)))
        world_fail("a file of version %u is loaded that was damaged at %zu", file->version, sound);
    check_agreement(is_read, rdb_check(FILE_NAME, KEPT_NAME, NULL, &report), &report, error.text);
    if (has_text(&report, "\nwrote "))
        check_salvaged(file, has_text(&report, "more than once") ? 0 : surely_salvaged(file, sound), chance);
    else if (surely_salvaged(file, sound) > 0)
        world_fail("nothing is salvaged: %.*s", (int)report.len, report.data);
    buf_clear(&report);
    buf_clear(&before);
}

void strangers_check(struct chance *chance)
{
    struct faults held = faults;
    struct foreign_file file;
    faults.disk_full = faults.disk_error = faults.sync_lies = 0;
    foreign_file_make(&file, &model.data, running->clock.wall_offset_ms, FOREIGN_STRANGE, chance);
    disk_put(FILE_NAME, buf_bytes(&file.bytes));
    if (chance_permille(chance, 300))
        check_whole(&file, chance);
    else
        check_damaged(&file, chance);
    disk_remove(FILE_NAME);
    disk_remove(KEPT_NAME);
    foreign_file_clear(&file);
    faults = held;
}

/* ---- what the server finds ---- */

/* One that no server starts with. */
static void leave_bad(struct foreign_file *file, const struct dataset *dataset, int64_t wall_offset_ms,
                      struct chance *chance)
{
    bool is_wrong = chance_permille(chance, 500);
    foreign_file_make(file, dataset, wall_offset_ms, is_wrong ? FOREIGN_WRONG : FOREIGN_SOUND, chance);
    size_t len = file->bytes.len;
    if (!is_wrong && file->has_checksum)
        file->bytes.data[HEADER + chance_below(chance, len - HEADER - CHECKSUM)] ^= 1;
    else if (!is_wrong)
        file->bytes.len = chance_below(chance, len);
}

bool strangers_leave(const char *name, const struct dataset *dataset, int64_t wall_offset_ms,
                     struct buf *whole, struct chance *chance)
{
    struct foreign_file file, bad;
    bool is_bad = chance_permille(chance, 300);
    foreign_file_make(&file, dataset, wall_offset_ms, FOREIGN_SOUND, chance);
    buf_append_bytes(whole, buf_bytes(&file.bytes));
    if (is_bad)
        leave_bad(&bad, dataset, wall_offset_ms, chance);
    disk_put(name, is_bad ? buf_bytes(&bad.bytes) : buf_bytes(&file.bytes));
    foreign_file_clear(&file);
    if (is_bad)
        foreign_file_clear(&bad);
    return !is_bad;
}
