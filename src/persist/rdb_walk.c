/* SPDX-License-Identifier: BSD-3-Clause */
/* Where damage is noticed is not always where it is: a length that became greater swallows the keys behind
 * it, and only where it ends nothing makes sense any more; one that became smaller leaves bytes that may look
 * like a key. So the last few things that were read are held back. When damage is noticed they are read
 * again, from every byte: if keys begin in the midst of them that lead past the place, those count, and what
 * overlaps with them is what was damaged. And what is no text among the held back names goes.
 *
 * Each thing is held back once, and searched through at most once. */
#include "rdb_walk.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "rdb_format.h"
#include "rdb_resync.h"
#include "store/prefix.h"

#define HELD_MAX 4
/* Servers have 16 databases unless told otherwise; numbers of two bytes may have swallowed what follows. */
#define SHORT_DATABASE_MAX 63

struct held {
    bool is_key;
    unsigned opcode;
    uint64_t database_before;
    bool is_doubtful;
    struct rdb_walk_key key; /* of a fact, begin and end */
};

struct walk {
    struct rdb_reader *reader;
    const struct rdb_walk_handler *handler;
    struct rdb_frame frame;
    struct rdb_resync *resync; /* made when it is needed */
    struct rdb_walked *walked;
    struct rdb_walk_key key; /* the one being read */
    struct held held[HELD_MAX];
    unsigned held_count;
    uint64_t last_hash; /* of the key before; 0: none */
    struct {
        uint64_t begin, end;
    } flawed; /* the last piece that was left out */
    bool looks_within;
    bool is_behind_damage;               /* what is read next follows damage */
    bool is_known[PREFIX_CLASS_MAX + 1]; /* classes with keys that have no expiry */
};

/* ---- reading ---- */

static uint64_t hash_key(const struct rdb_loaded_key *key)
{
    uint64_t words[2] = {hash_bytes(key->name.data, key->name.len), key->database};
    return hash_bytes(words, sizeof words);
}

static bool read_value(void *context, struct rdb_reader *reader, const struct rdb_loaded_key *key,
                       const struct rdb_codec *codec)
{
    struct walk *walk = context;
    struct bytes name = key->name;
    walk->key = (struct rdb_walk_key){
        .begin = key->offset,
        .database = key->database,
        .hash = hash_key(key),
        .codec = codec,
        .has_metadata = key->has_metadata,
        .needs_module = key->needs_module,
        .class = walk->handler->classify(walk->handler->context, name),
        .expires_ms = key->expires_ms,
        .is_certain = !walk->frame.is_moved,
        .shown_len = name.len < RDB_WALK_SHOWN_MAX ? (uint8_t)name.len : RDB_WALK_SHOWN_MAX,
    };
    if (name.len > 0)
        memcpy(walk->key.shown, name.data, walk->key.shown_len);
    if (walk->key.hash == walk->last_hash)
        return rdb_reader_refuse(reader, key->offset, "a key is there twice");
    if (codec->version > walk->frame.version)
        rdb_reader_note_flaw(reader, key->offset, "the value's type is newer than the file");
    return rdb_decode(codec, reader, NULL);
}

static bool read_extra(void *context, struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset)
{
    (void)context;
    return rdb_pass_extra(reader, opcode, offset);
}

static void read_aux(void *context, struct bytes name, struct bytes value)
{
    const struct walk *walk = context;
    walk->handler->aux(walk->handler->context, name, value);
}

/* ---- what is held back ---- */

static void release(struct walk *walk, const struct held *held)
{
    const struct rdb_walk_handler *handler = walk->handler;
    if (held->is_key)
        handler->key(handler->context, &held->key);
    else
        handler->fact(handler->context, held->opcode, held->key.begin, held->key.end);
}

static void release_first(struct walk *walk)
{
    release(walk, &walk->held[0]);
    walk->held_count--;
    memmove(walk->held, walk->held + 1, walk->held_count * sizeof walk->held[0]);
}

static void release_all(struct walk *walk)
{
    while (walk->held_count > 0)
        release_first(walk);
}

static struct held *hold(struct walk *walk, uint64_t begin, uint64_t database_before)
{
    if (walk->held_count == HELD_MAX)
        release_first(walk);
    struct held *held = &walk->held[walk->held_count++];
    held->opcode = walk->frame.opcode;
    held->database_before = database_before;
    held->key.begin = begin;
    held->key.end = walk->reader->offset;
    return held;
}

/* What is read from bytes that are no name is mostly empty, or little numbers. */
static bool is_no_text(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] >= ' ')
            return false;
    }
    return true;
}

static void hold_key(struct walk *walk, uint64_t database)
{
    struct held *held = hold(walk, walk->key.begin, database);
    uint64_t end = held->key.end;
    held->is_key = true;
    held->key = walk->key;
    held->key.end = end;
    if (walk->key.expires_ms == RDB_NO_EXPIRY)
        walk->is_known[walk->key.class] = walk->key.class > 0;
    held->is_doubtful =
        walk->key.shown_len == 0 || (walk->key.expires_ms == RDB_NO_EXPIRY &&
                                     is_no_text(bytes_make(walk->key.shown, walk->key.shown_len)));
    walk->last_hash = walk->key.hash;
}

static void hold_fact(struct walk *walk, uint64_t begin, uint64_t database_before)
{
    struct held *held = hold(walk, begin, database_before);
    held->is_key = false;
    held->is_doubtful = false;
    walk->is_behind_damage = false;
}

/* Forgets what doesn't end before `offset`, templates too; the database is the one that was selected
 * before. */
static void forget_from(struct walk *walk, uint64_t offset)
{
    while (walk->held_count > 0 && walk->held[walk->held_count - 1].key.end > offset) {
        const struct held *last = &walk->held[--walk->held_count];
        walk->frame.key.database = last->database_before;
        rdb_templates_forget_from(&walk->frame.templates, last->key.begin);
    }
}

/* What was read before damage that is nowhere in what was read: names that are none, and a database's number
 * that may have taken in bytes behind it. */
static void forget_doubtful(struct walk *walk)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < walk->held_count; i++) {
        if (!walk->held[i].is_doubtful)
            walk->held[kept++] = walk->held[i];
    }
    walk->held_count = kept;
    const struct held *last = kept > 0 ? &walk->held[kept - 1] : NULL;
    if (last && !last->is_key && last->opcode == RDB_SELECT && walk->frame.key.database > SHORT_DATABASE_MAX)
        forget_from(walk, last->key.begin);
}

/* ---- damage ---- */

static bool find(struct walk *walk, const struct rdb_resync_search *search, uint64_t *place)
{
    if (!walk->resync) {
        walk->resync = mem_alloc(sizeof *walk->resync);
        rdb_resync_init(walk->resync, walk->reader, walk->frame.dialect, walk->frame.version);
    }
    return rdb_resync_find(walk->resync, search, place);
}

static void move(struct walk *walk, uint64_t place)
{
    rdb_frame_move(&walk->frame, place);
    walk->reader->has_flaw = false;
    walk->is_behind_damage = true;
    walk->last_hash = 0;
}

static void report(struct walk *walk, const char *text, uint64_t passed)
{
    walk->walked->is_whole = false;
    walk->handler->damage(walk->handler->context, text, passed);
}

/* Goes on at `place`, amid what was read from `begin` on. */
static void go_back(struct walk *walk, uint64_t begin, uint64_t place, const char *text)
{
    forget_from(walk, place);
    if (walk->held_count > 0)
        begin = walk->held[walk->held_count - 1].key.end;
    release_all(walk);
    report(walk, text, place > begin ? place - begin : 0);
    move(walk, place);
}

/* Where damage that is noticed at `begin` may have begun. */
static uint64_t first_suspect(const struct walk *walk, uint64_t begin)
{
    uint64_t first = walk->flawed.end == begin && begin > 0 ? walk->flawed.begin : begin;
    return walk->held_count > 0 && walk->held[0].key.begin < first ? walk->held[0].key.begin : first;
}

/* Goes on behind what begins at `begin` and can't be read. False: there is nothing more. */
static bool pass_damage(struct walk *walk, uint64_t begin)
{
    struct error text = *walk->reader->error;
    uint64_t past = begin + 1, size = walk->reader->size;
    uint64_t from = first_suspect(walk, begin) + 1;
    const struct rdb_resync_search search = {.from = from, .limit = size, .past = past, .keys_before = 2};
    uint64_t place;
    bool is_found = find(walk, &search, &place);
    if (is_found && place < past) {
        go_back(walk, from - 1, place, text.text);
        return true;
    }
    forget_doubtful(walk);
    release_all(walk);
    report(walk, text.text, (is_found ? place : size) - begin);
    if (is_found)
        move(walk, place);
    return is_found;
}

/* A piece from `begin` to `end` is broken: looks for others that it, or what was read before it, swallowed.
 * Where they can be read from its end on, one of them ends there, too. */
static bool find_swallowed(struct walk *walk, uint64_t begin, uint64_t end, uint64_t *place)
{
    const struct rdb_resync_search behind = {.from = end, .limit = end + 1};
    struct rdb_resync_search within = {
        .from = first_suspect(walk, begin) + 1, .limit = end, .past = end, .keys_before = 3};
    within.must_meet = find(walk, &behind, place);
    return find(walk, &within, place);
}

/* What was read from `begin` on ends where it says, but is broken: it may be that it swallowed others. If it
 * didn't, it is left out alone. */
static void pass_flaw(struct walk *walk, uint64_t begin)
{
    struct error text = walk->reader->flaw;
    uint64_t end = walk->reader->offset, place;
    walk->walked->is_whole = false;
    if (find_swallowed(walk, begin, end, &place)) {
        go_back(walk, first_suspect(walk, begin), place, text.text);
        return;
    }
    walk->reader->has_flaw = false;
    walk->flawed.begin = begin;
    walk->flawed.end = end;
    walk->is_behind_damage = true;
    walk->handler->flaw(walk->handler->context, text.text);
}

static void drop_doubtful(struct walk *walk, uint64_t begin)
{
    struct error text;
    error_set(&text, "at offset %llu: what looks like a key behind damage may be what is left of another",
              (unsigned long long)begin);
    walk->handler->flaw(walk->handler->context, text.text);
}

/* The first key behind damage is believed when it has an expiry, or a name like others that have none: bytes
 * that are no key wouldn't, and an expiry that is lost is missed. */
static bool is_believable(const struct walk *walk)
{
    return !walk->is_behind_damage || walk->key.expires_ms != RDB_NO_EXPIRY ||
           walk->is_known[walk->key.class];
}

/* Fields that have no expiry look like strings without one. */
static bool looks_like_keys_within(const struct rdb_walk_key *key)
{
    return key->codec->kind == RDB_KIND_HASH &&
           (key->codec->code == RDB_TYPE_HASH_EXPIRING || key->codec->code == RDB_TYPE_HASH_EXPIRING_PRE_GA);
}

/* Finds keys that a key from `begin` on swallowed without a trace. */
static bool swallows(struct walk *walk, uint64_t begin, uint64_t *place)
{
    const struct rdb_resync_search within = {.from = begin + 1,
                                             .limit = walk->reader->offset,
                                             .past = walk->reader->offset,
                                             .keys_before = RDB_RESYNC_KEYS,
                                             .keys_behind = RDB_RESYNC_KEYS,
                                             .must_be_text = true,
                                             .must_differ = looks_like_keys_within(&walk->key)};
    return walk->looks_within && find(walk, &within, place);
}

static void pass_swallowing(struct walk *walk, uint64_t begin, uint64_t place)
{
    struct error text;
    error_set(&text, "at offset %llu: other keys lie within a key", (unsigned long long)begin);
    go_back(walk, begin, place, text.text);
}

static void take_key(struct walk *walk, uint64_t begin, uint64_t database)
{
    uint64_t place;
    if (!walk->reader->has_flaw && swallows(walk, begin, &place)) {
        pass_swallowing(walk, begin, place);
        return;
    }
    if (walk->reader->has_flaw) {
        pass_flaw(walk, begin);
        return;
    }
    if (is_believable(walk))
        hold_key(walk, database);
    else
        drop_doubtful(walk, begin);
    walk->is_behind_damage = false;
}

static void take_fact(struct walk *walk, uint64_t begin, uint64_t database)
{
    if (walk->reader->has_flaw)
        pass_flaw(walk, begin);
    else
        hold_fact(walk, begin, database);
}

static bool step(struct walk *walk)
{
    uint64_t begin = walk->reader->offset, database = walk->frame.key.database;
    switch (rdb_frame_next(&walk->frame)) {
    case RDB_FRAME_KEY:
        take_key(walk, begin, database);
        return true;
    case RDB_FRAME_FACT:
        take_fact(walk, begin, database);
        return true;
    case RDB_FRAME_END:
        return false;
    case RDB_FRAME_BROKEN:
        break;
    }
    if (!walk->frame.has_ended)
        return pass_damage(walk, begin);
    walk->walked->is_only_wrong = walk->walked->is_whole;
    report(walk, walk->reader->error->text, 0);
    return false;
}

/* Without its header the file is read as one of the latest version. */
static bool pass_header(struct walk *walk)
{
    uint64_t place;
    struct error text = *walk->reader->error;
    uint64_t size = walk->reader->size;
    walk->frame.dialect = walk->walked->dialect = RDB_REDIS;
    walk->frame.version = walk->walked->version = RDB_VERSION_MAX;
    bool is_found = find(walk, &(struct rdb_resync_search){.from = RDB_HEADER_SIZE, .limit = size}, &place);
    report(walk, text.text, is_found ? place : size);
    if (is_found)
        move(walk, place);
    return is_found;
}

void rdb_walk(struct rdb_reader *reader, const struct rdb_walk_handler *handler, bool looks_within,
              struct rdb_walked *walked)
{
    struct walk walk = {.reader = reader, .handler = handler, .walked = walked, .looks_within = looks_within};
    const struct rdb_frame_handler frame = {
        .value = read_value, .extra = read_extra, .aux = read_aux, .context = &walk};
    rdb_reader_rewind(reader);
    rdb_frame_init(&walk.frame, reader, &frame);
    *walked = (struct rdb_walked){.has_header = rdb_frame_header(&walk.frame), .is_whole = true};
    walked->dialect = walk.frame.dialect;
    walked->version = walk.frame.version;
    if (walked->has_header)
        handler->version(handler->context, walked->dialect, walked->version);
    bool goes_on = walked->has_header || pass_header(&walk);
    while (goes_on)
        goes_on = step(&walk);
    release_all(&walk);
    rdb_frame_clear(&walk.frame);
    if (!walk.resync)
        return;
    rdb_resync_clear(walk.resync);
    mem_free(walk.resync);
}
