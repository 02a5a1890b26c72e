/* SPDX-License-Identifier: BSD-3-Clause */
/* Every byte that could begin something is tried, by a reader of its own. Most fail within a few bytes. What
 * would let a trial read far is paid from an account: it has a sum in proportion to the file's size at the
 * start, every byte passed over adds to it, and no trial may take more than a part, so that the work is
 * linear whatever the bytes are.
 *
 * How many keys are no accident was measured, from every offset of machine code, pictures, archives, text,
 * zeros, doubles, and small numbers of 1 to 8 bytes, random or counting: up to 7 keys in a row can be read
 * there, but their names are mostly empty or have little numbers in them. With four points for a name that is
 * text and one for others the best reached 15, and 28 only where numbers of 4 or 8 bytes count up; 20 are
 * asked for. What remains is a value that holds a snapshot file itself. */
#include "rdb_resync.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "rdb_format.h"

#define BLOCK_SIZE ((size_t)256 << 10)
/* What can't be read at all is passed over in such steps. */
#define UNREADABLE_STEP 4096
#define EFFORT_AT_START ((uint64_t)16 << 20)
#define EFFORT_PER_BYTE 4
#define TRIAL_PART      4
#define POINTS_OF_TEXT  (RDB_RESYNC_POINTS / RDB_RESYNC_KEYS)
/* Where keys must differ, so many do: one field of a hash may look like a key of another type by accident. */
#define OTHERS_MIN 2
/* No expiry is later (the year 10889). */
#define EXPIRY_MAX_MS ((int64_t)1 << 48)

/* ---- a trial ---- */

static bool is_repeated(struct rdb_resync *resync, struct bytes name)
{
    uint64_t hash = hash_bytes(name.len > 0 ? name.data : "", name.len);
    unsigned known = resync->count < RDB_RESYNC_POINTS ? resync->count : RDB_RESYNC_POINTS;
    for (unsigned i = 0; i < known; i++) {
        if (resync->hashes[i] == hash)
            return true;
    }
    resync->hashes[resync->count % RDB_RESYNC_POINTS] = hash;
    return false;
}

/* Bytes that are no key mostly give empty names, or such with little numbers. */
static bool is_text(struct bytes name)
{
    size_t at = 0, len = 1;
    while (at < name.len && len > 0 && (unsigned char)name.data[at] >= ' ') {
        len = utf8_length(bytes_make(name.data + at, name.len - at));
        at += len;
    }
    return name.len > 0 && at == name.len;
}

static bool try_value(void *context, struct rdb_reader *reader, const struct rdb_loaded_key *key,
                      const struct rdb_codec *codec)
{
    struct rdb_resync *resync = context;
    bool expires = key->expires_ms != RDB_NO_EXPIRY, is_strong = expires || is_text(key->name);
    if ((resync->must_be_text && !is_strong) || codec->version > resync->version ||
        is_repeated(resync, key->name) ||
        (expires && (key->expires_ms < 0 || key->expires_ms > EXPIRY_MAX_MS)))
        return false;
    if (!rdb_decode(codec, reader, NULL) || reader->has_flaw)
        return false;
    if (resync->count == 0) {
        resync->first_is_doubtful = !expires;
        resync->first_begin = key->offset;
    }
    if (resync->count < 2)
        resync->ends[resync->count] = reader->offset;
    resync->last_is_plain = !expires && codec->kind == RDB_KIND_STRING;
    resync->count++;
    resync->points += is_strong ? POINTS_OF_TEXT : 1;
    return true;
}

static bool try_extra(void *context, struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset)
{
    (void)context;
    return rdb_pass_extra(reader, opcode, offset) && !reader->has_flaw;
}

/* How far a row has come. */
struct row {
    unsigned before, behind; /* keys that begin before `past`, and behind it */
    unsigned others;         /* of those before it, what isn't a string without an expiry */
    bool meets;
};

static bool is_row(const struct rdb_resync *resync, const struct rdb_resync_search *search,
                   const struct row *row)
{
    return resync->points >= RDB_RESYNC_POINTS && resync->probe.offset >= search->past &&
           (row->meets || row->behind >= search->keys_behind);
}

static void note_key(const struct rdb_resync *resync, uint64_t begin, const struct rdb_resync_search *search,
                     struct row *row)
{
    row->before += begin < search->past;
    row->others += begin < search->past && !resync->last_is_plain;
    row->behind += begin > search->past;
    row->meets |= resync->probe.offset == search->past;
}

/* Whether all that begins at `offset` can be read, as far as it must be. */
static bool leads_on(struct rdb_resync *resync, uint64_t offset, const struct rdb_resync_search *search)
{
    struct rdb_frame *frame = &resync->frame;
    struct row row = {0};
    bool is_selected = false;
    rdb_frame_move(frame, offset);
    rdb_templates_clear(&frame->templates);
    resync->probe.has_flaw = false;
    resync->count = resync->points = 0;
    resync->must_be_text = search->must_be_text;
    while (!is_row(resync, search, &row)) {
        uint64_t begin = resync->probe.offset;
        enum rdb_frame_item item = rdb_frame_next(frame);
        if (item == RDB_FRAME_BROKEN)
            return false;
        /* A selection at the beginning is believed when the database's sizes follow. */
        if (is_selected && frame->opcode != RDB_RESIZE)
            return false;
        is_selected = begin == offset && frame->opcode == RDB_SELECT;
        if (item == RDB_FRAME_KEY)
            note_key(resync, begin, search, &row);
        if (item == RDB_FRAME_END)
            break;
    }
    return (row.meets || !search->must_meet) && (row.others >= OTHERS_MIN || !search->must_differ) &&
           (offset >= search->past || row.before >= search->keys_before);
}

static bool is_good_place(struct rdb_resync *resync, uint64_t offset, const struct rdb_resync_search *search)
{
    struct rdb_reader *probe = &resync->probe;
    uint64_t account = probe->effort_left, allowed = account / TRIAL_PART;
    probe->effort_left = allowed;
    bool is_good = leads_on(resync, offset, search);
    probe->effort_left = account - (allowed - probe->effort_left);
    return is_good;
}

/* ---- the search ---- */

/* Has the bytes from `offset` on in the block; false at the end of the file, or when they can't be read. */
static bool load_block(struct rdb_resync *resync, uint64_t offset)
{
    if (offset >= resync->block_offset && offset - resync->block_offset < resync->block_len)
        return true;
    ssize_t got = source_read(resync->probe.source, offset, resync->block, BLOCK_SIZE);
    resync->block_offset = offset;
    resync->block_len = got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* What the first byte alone tells. Facts about the file, an access time or a frequency aren't begun with:
 * what is behind them is as good, and other bytes look like them too easily. */
static bool may_begin(const struct rdb_resync *resync, unsigned char byte, uint64_t left)
{
    switch (byte) {
    case RDB_SELECT:
    case RDB_EXPIRE_MS:
    case RDB_FUNCTION2:
    case RDB_MODULE_AUX:
        return true;
    case RDB_EXPIRE:
        return resync->version < 3;
    case RDB_END:
        return left == (resync->version < RDB_VERSION_WITH_CHECKSUM ? 1 : 1 + RDB_CHECKSUM_SIZE);
    default:
        return rdb_codec_find(resync->frame.dialect, byte);
    }
}

/* A key without a name isn't begun with: it wouldn't be believed, and a hole of zeros has one at each
 * byte. */
static bool is_nameless(const struct rdb_resync *resync, uint64_t offset)
{
    size_t at = (size_t)(offset - resync->block_offset);
    return at + 1 < resync->block_len && resync->block[at + 1] == 0 &&
           rdb_codec_find(resync->frame.dialect, (unsigned char)resync->block[at]);
}

static void earn(struct rdb_resync *resync, uint64_t offset)
{
    if (offset <= resync->scanned)
        return;
    resync->probe.effort_left += (offset - resync->scanned) * EFFORT_PER_BYTE;
    resync->scanned = offset;
}

/* The first good place from `from` up to before `limit`. */
static bool find_first(struct rdb_resync *resync, const struct rdb_resync_search *search, uint64_t *place)
{
    uint64_t size = resync->probe.size, limit = search->limit < size ? search->limit : size;
    for (uint64_t offset = search->from; offset < limit; offset++) {
        if (!load_block(resync, offset)) {
            offset |= UNREADABLE_STEP - 1;
            continue;
        }
        unsigned char byte = (unsigned char)resync->block[offset - resync->block_offset];
        if (!may_begin(resync, byte, size - offset) || is_nameless(resync, offset))
            continue;
        earn(resync, offset);
        if (!is_good_place(resync, offset, search))
            continue;
        *place = offset;
        return true;
    }
    return false;
}

/* What looks like the first key may be nothing but bytes that happen to end where a key begins, or that pass
 * over several, and the second one as well. If more keys begin in the midst of them, these are believed:
 * moves `*place`. */
static bool find_shorter(struct rdb_resync *resync, uint64_t *place)
{
    unsigned count = resync->count < 2 ? resync->count : 2;
    uint64_t begin = resync->first_begin, ends[2] = {resync->ends[0], resync->ends[1]};
    bool is_doubtful = count > 0 && resync->first_is_doubtful;
    for (unsigned i = 0; is_doubtful && i < count; i++) {
        const struct rdb_resync_search within = {
            .from = begin + 1, .limit = ends[i], .past = ends[i], .keys_before = i + 1};
        if (find_first(resync, &within, place))
            return true;
    }
    return false;
}

bool rdb_resync_find(struct rdb_resync *resync, const struct rdb_resync_search *search, uint64_t *place)
{
    bool is_found = find_first(resync, search, place);
    for (bool goes_on = is_found; goes_on;)
        goes_on = find_shorter(resync, place);
    return is_found;
}

void rdb_resync_init(struct rdb_resync *resync, const struct rdb_reader *reader, enum rdb_dialect dialect,
                     unsigned version)
{
    *resync = (struct rdb_resync){.version = version};
    rdb_reader_init_probe(&resync->probe, reader);
    resync->probe.effort_left = EFFORT_AT_START + reader->size;
    resync->handler = (struct rdb_frame_handler){.value = try_value, .extra = try_extra, .context = resync};
    rdb_frame_init(&resync->frame, &resync->probe, &resync->handler);
    resync->probe.templates = reader->templates;
    resync->frame.dialect = dialect;
    resync->frame.version = version;
    resync->block = mem_alloc(BLOCK_SIZE);
}

void rdb_resync_clear(struct rdb_resync *resync)
{
    rdb_frame_clear(&resync->frame);
    rdb_reader_clear(&resync->probe);
    mem_free(resync->block);
}
