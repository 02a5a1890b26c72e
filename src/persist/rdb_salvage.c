/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces are copied as they are, whatever they hold: a type of value that this server doesn't know
 * survives as well. Only the header and the end are new. */
#include "rdb_salvage.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/crc64.h"
#include "base/file.h"
#include "rdb_format.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_CAPACITY 64
#define COPY_SIZE      ((size_t)1 << 20)

static bool fail(struct error *error, const char *what, const char *path)
{
    error_set(error, "can't %s %s: %s", what, path, strerror(errno));
    return false;
}

/* ---- what is kept ---- */

void rdb_ranges_add(struct rdb_ranges *ranges, uint64_t begin, uint64_t end)
{
    if (ranges->count > 0 && ranges->at[ranges->count - 1].end == begin) {
        ranges->at[ranges->count - 1].end = end;
        return;
    }
    if (ranges->count == ranges->capacity) {
        ranges->capacity = ranges->capacity > 0 ? 2 * ranges->capacity : FIRST_CAPACITY;
        ranges->at = mem_realloc(ranges->at, ranges->capacity * sizeof *ranges->at);
    }
    ranges->at[ranges->count++] = (struct rdb_range){begin, end};
}

void rdb_salvage_key(struct rdb_salvage *salvage, const struct rdb_walk_key *key)
{
    rdb_ranges_add(&salvage->parts, key->begin, key->end);
    if (salvage->key_count == salvage->key_capacity) {
        salvage->key_capacity = salvage->key_capacity > 0 ? 2 * salvage->key_capacity : FIRST_CAPACITY;
        salvage->keys = mem_realloc(salvage->keys, salvage->key_capacity * sizeof *salvage->keys);
    }
    salvage->keys[salvage->key_count++] =
        (struct rdb_salvage_key){key->hash, {key->begin, key->end}, key->is_certain};
    if (salvage->version_needed < key->codec->version)
        salvage->version_needed = key->codec->version;
    if (key->has_metadata && salvage->version_needed < RDB_VERSION_WITH_METADATA)
        salvage->version_needed = RDB_VERSION_WITH_METADATA;
    if (salvage->database_max < key->database)
        salvage->database_max = key->database;
}

void rdb_salvage_fact(struct rdb_salvage *salvage, unsigned opcode, uint64_t begin, uint64_t end)
{
    rdb_ranges_add(&salvage->parts, begin, end);
    if (opcode == RDB_RESIZE || opcode == RDB_SLOT_INFO)
        rdb_ranges_add(&salvage->sizes, begin, end);
}

void rdb_ranges_clear(struct rdb_ranges *ranges)
{
    mem_free(ranges->at);
    *ranges = (struct rdb_ranges){.count = 0};
}

void rdb_salvage_cut(struct rdb_salvage *salvage, struct rdb_range range)
{
    rdb_ranges_add(&salvage->cuts, range.begin, range.end);
}

void rdb_salvage_clear(struct rdb_salvage *salvage)
{
    rdb_ranges_clear(&salvage->parts);
    rdb_ranges_clear(&salvage->sizes);
    rdb_ranges_clear(&salvage->cuts);
    mem_free(salvage->keys);
    *salvage = (struct rdb_salvage){.version_needed = 0};
}

/* ---- keys that are there more than once ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct rdb_salvage_key *left = a, *right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return (left->range.begin > right->range.begin) - (left->range.begin < right->range.begin);
}

static int compare_ranges(const void *a, const void *b)
{
    const struct rdb_range *left = a, *right = b;
    return (left->begin > right->begin) - (left->begin < right->begin);
}

/* Cuts what may not stay of the `count` keys of one name. */
static void cut_repeated(struct rdb_salvage *salvage, const struct rdb_salvage_key *keys, size_t count)
{
    size_t certain = 0;
    for (size_t i = 0; i < count; i++)
        certain += keys[i].is_certain;
    for (size_t i = 0; i < count; i++) {
        if (certain == 1 && keys[i].is_certain)
            continue;
        rdb_ranges_add(&salvage->cuts, keys[i].range.begin, keys[i].range.end);
        salvage->keys_repeated++;
    }
}

void rdb_salvage_settle(struct rdb_salvage *salvage, bool is_damaged)
{
    const struct rdb_salvage_key *keys = salvage->keys;
    if (salvage->key_count > 0)
        qsort(salvage->keys, salvage->key_count, sizeof *salvage->keys, compare_keys);
    for (size_t i = 0, end; i < salvage->key_count; i = end) {
        for (end = i + 1; end < salvage->key_count && keys[end].hash == keys[i].hash;)
            end++;
        if (end - i > 1)
            cut_repeated(salvage, keys + i, end - i);
    }
    salvage->keys_written = salvage->key_count - salvage->keys_repeated;
    for (size_t i = 0; is_damaged && i < salvage->sizes.count; i++)
        rdb_ranges_add(&salvage->cuts, salvage->sizes.at[i].begin, salvage->sizes.at[i].end);
    if (salvage->cuts.count > 0)
        qsort(salvage->cuts.at, salvage->cuts.count, sizeof *salvage->cuts.at, compare_ranges);
}

/* ---- the file ---- */

struct output {
    struct source *from;
    struct file_sink file;
    char *bytes;
    uint64_t checksum;
    struct error *error;
};

static bool put(struct output *output, const void *bytes, size_t len)
{
    output->checksum = crc64(output->checksum, bytes, len);
    return sink_write(&output->file.sink, bytes_make(bytes, len), output->error);
}

static bool copy_range(struct output *output, uint64_t begin, uint64_t end)
{
    while (begin < end) {
        size_t len = end - begin < COPY_SIZE ? (size_t)(end - begin) : COPY_SIZE;
        ssize_t got = source_read(output->from, begin, output->bytes, len);
        if (got <= 0) {
            error_set(output->error, "the file can't be read again");
            return false;
        }
        if (!put(output, output->bytes, (size_t)got))
            return false;
        begin += (uint64_t)got;
    }
    return true;
}

/* Copies a part without what is cut out of it; `*cut` is the first cut that may lie in it. */
static bool copy_part(struct output *output, const struct rdb_salvage *salvage, struct rdb_range part,
                      size_t *cut)
{
    const struct rdb_ranges *cuts = &salvage->cuts;
    for (; *cut < cuts->count && cuts->at[*cut].begin < part.end; ++*cut) {
        if (!copy_range(output, part.begin, cuts->at[*cut].begin))
            return false;
        part.begin = cuts->at[*cut].end;
    }
    return copy_range(output, part.begin, part.end);
}

static bool put_header(struct output *output, enum rdb_dialect dialect, unsigned version)
{
    char header[RDB_HEADER_SIZE + 1];
    if (dialect == RDB_VALKEY)
        (void)snprintf(header, sizeof header, RDB_VALKEY_MAGIC "%03u", version % 1000);
    else
        (void)snprintf(header, sizeof header, RDB_MAGIC "%04u", version % 10000);
    return put(output, header, RDB_HEADER_SIZE);
}

static bool put_end(struct output *output, unsigned version)
{
    char end = (char)RDB_END, checksum[RDB_CHECKSUM_SIZE];
    if (!put(output, &end, 1))
        return false;
    for (int i = 0; i < RDB_CHECKSUM_SIZE; i++)
        checksum[i] = (char)(output->checksum >> (8 * i));
    return version < RDB_VERSION_WITH_CHECKSUM || put(output, checksum, sizeof checksum);
}

static bool put_all(struct output *output, const struct rdb_salvage *salvage, enum rdb_dialect dialect,
                    unsigned version)
{
    size_t cut = 0;
    bool is_good = put_header(output, dialect, version);
    output->bytes = mem_alloc(COPY_SIZE);
    for (size_t i = 0; is_good && i < salvage->parts.count; i++)
        is_good = copy_part(output, salvage, salvage->parts.at[i], &cut);
    mem_free(output->bytes);
    return is_good && put_end(output, version);
}

bool rdb_salvage_write(const struct rdb_salvage *salvage, struct source *source, enum rdb_dialect dialect,
                       unsigned version, const char *path, struct error *error)
{
    struct output output = {.from = source, .error = error};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(error, "create", path);
    file_sink_init(&output.file, fd, path);
    bool is_good =
        put_all(&output, salvage, dialect, version) && (fsync(fd) == 0 || fail(error, "sync", path));
    if (close(fd) != 0 && is_good)
        is_good = fail(error, "close", path);
    is_good = is_good && file_sync_directory_of(path, error);
    if (!is_good)
        (void)unlink(path);
    return is_good;
}
