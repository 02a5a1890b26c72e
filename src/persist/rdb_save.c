/* SPDX-License-Identifier: BSD-3-Clause */
/* Four kinds of jobs, run one after the other: open, some chunks, and finish or discard. Only they touch the
 * writer; what the owner has to know comes back in the job. A chunk holds records as the owner found them,
 * headers and bytes in a row, so that adding a key is two copies. */
#include "rdb_save.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/number.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_SIZE ((size_t)256 << 10)
/* Bytes on their way to the helper from which on it has enough, and too much. */
#define FULL_BYTES   (8 * CHUNK_SIZE)
#define BEHIND_BYTES (32 * CHUNK_SIZE)

struct rdb_save {
    struct worker *worker;
    struct rdb_save_plan plan;
    char *path, *temporary_path;
    struct rdb_save_size *sizes;
    struct blob **libraries;
    struct chunk *chunk; /* being filled */
    size_t in_flight;    /* bytes of chunks that were handed over */
    struct job open, end;
    bool is_wanted;
    struct file_sink file; /* the helper's, like the writer */
    struct rdb_writer writer;
};

struct chunk {
    struct job job;
    struct rdb_save *save;
    struct buf records;
    size_t bytes;    /* of records, and of what they refer to */
    size_t room;     /* of `records`, as far as it is held */
    size_t held;     /* bytes counted in the plan's `held` */
    bool has_failed; /* the save as a whole, by the time this chunk was done */
};

/* ---- on the helper thread ---- */

static void fail(struct rdb_save *save, const char *what)
{
    struct rdb_output *output = &save->writer.output;
    if (!output->has_failed)
        error_set(&output->error, "can't %s %s: %s", what, save->temporary_path, strerror(errno));
    output->has_failed = true;
}

static void write_number(struct rdb_writer *writer, const char *name, int64_t number)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    rdb_writer_aux(writer, name, bytes_make(text, (size_t)len));
}

static void run_open(struct job *job)
{
    struct rdb_save *save = LIST_ENTRY(job, struct rdb_save, open);
    struct rdb_writer *writer = &save->writer;
    /* Sessions are nobody else's business, whatever the umask, and always their owner's. */
    int fd = open(save->temporary_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        fail(save, "create");
    else if (fchmod(fd, 0600) != 0)
        fail(save, "set the mode of");
    file_sink_init(&save->file, fd, save->temporary_path);
    rdb_writer_begin(writer);
    rdb_writer_aux(writer, "redis-ver", bytes_of(save->plan.version));
    write_number(writer, "redis-bits", (int64_t)(8 * sizeof(void *)));
    write_number(writer, "ctime", save->plan.wall_ms / 1000);
    write_number(writer, "used-mem", (int64_t)save->plan.memory_used);
    write_number(writer, "aof-base", 0);
    for (size_t i = 0; i < save->plan.library_count; i++)
        rdb_writer_library(writer, blob_bytes(save->libraries[i]));
    for (size_t i = 0; i < save->plan.size_count; i++)
        rdb_writer_sizes(writer, save->sizes[i].database, save->sizes[i].keys, save->sizes[i].expiring);
}

/* Takes the next record off the front; its bytes are lent by the chunk. */
static struct rdb_key take_record(const char **at)
{
    struct rdb_key key;
    memcpy(&key, *at, sizeof key);
    *at += sizeof key;
    key.name.data = *at;
    *at += key.name.len;
    if (key.value.blob) {
        key.value.bytes = blob_bytes(key.value.blob);
    } else if (value_is_bytes(&key.value)) {
        key.value.bytes.data = *at;
        *at += key.value.bytes.len;
    }
    return key;
}

static void run_chunk(struct job *job)
{
    struct chunk *chunk = LIST_ENTRY(job, struct chunk, job);
    struct rdb_writer *writer = &chunk->save->writer;
    const char *at = chunk->records.data, *end = at + chunk->records.len;
    while (at < end) {
        struct rdb_key key = take_record(&at);
        rdb_writer_key(writer, &key);
        value_release(&key.value);
    }
    buf_clear(&chunk->records);
    atomic_fetch_sub_explicit(chunk->save->plan.held, chunk->held, memory_order_relaxed);
    chunk->has_failed = writer->output.has_failed;
}

static void put_in_place(struct rdb_save *save)
{
    struct rdb_output *output = &save->writer.output;
    rdb_writer_end(&save->writer);
    if (!output->has_failed && fsync(save->file.fd) != 0)
        fail(save, "sync");
    if (close(save->file.fd) != 0)
        fail(save, "close");
    save->file.fd = -1;
    if (!output->has_failed && !file_replace(save->temporary_path, save->path, &output->error))
        output->has_failed = true;
}

static void run_end(struct job *job)
{
    struct rdb_save *save = LIST_ENTRY(job, struct rdb_save, end);
    struct rdb_output *output = &save->writer.output;
    if (!save->is_wanted && !output->has_failed) {
        error_set(&output->error, "given up");
        output->has_failed = true;
    }
    bool was_created = save->file.fd >= 0;
    if (!output->has_failed)
        put_in_place(save);
    if (save->file.fd >= 0)
        close(save->file.fd);
    if (output->has_failed && was_created)
        (void)unlink(save->temporary_path);
    rdb_writer_clear(&save->writer);
}

/* ---- on the owner's thread ---- */

static void chunk_done(struct job *job)
{
    struct chunk *chunk = LIST_ENTRY(job, struct chunk, job);
    struct rdb_save *save = chunk->save;
    bool has_failed = chunk->has_failed;
    save->in_flight -= chunk->bytes;
    mem_free(chunk);
    save->plan.progressed(save->plan.context, has_failed);
}

static void end_done(struct job *job)
{
    struct rdb_save *save = LIST_ENTRY(job, struct rdb_save, end);
    save->plan.ended(save->plan.context, save->writer.output.has_failed ? &save->writer.output.error : NULL);
    for (size_t i = 0; i < save->plan.library_count; i++)
        blob_unref(save->libraries[i]);
    mem_free(save->libraries);
    mem_free(save->sizes);
    mem_free(save->path);
    mem_free(save->temporary_path);
    mem_free(save);
}

struct rdb_save *rdb_save_new(struct worker *worker, const struct rdb_save_plan *plan)
{
    struct rdb_save *save = mem_zalloc(sizeof *save);
    size_t size = plan->size_count * sizeof *plan->sizes;
    save->worker = worker;
    save->plan = *plan;
    save->path = mem_strdup(plan->path);
    save->temporary_path = mem_strdup(plan->temporary_path);
    save->sizes = mem_alloc(size + 1);
    if (size)
        memcpy(save->sizes, plan->sizes, size);
    save->libraries = mem_alloc(plan->library_count * sizeof *plan->libraries + 1);
    for (size_t i = 0; i < plan->library_count; i++)
        save->libraries[i] = blob_ref(plan->libraries[i]);
    save->writer = (struct rdb_writer){
        .version = plan->rdb_version,
        .output = {.sink = &save->file.sink,
                   .compression = plan->compresses ? RDB_COMPRESSED_FAST : RDB_UNCOMPRESSED,
                   .wall_offset_ms = plan->wall_offset_ms,
                   .has_checksum = plan->has_checksum},
    };
    save->open = (struct job){.run = run_open};
    save->end = (struct job){.run = run_end, .done = end_done};
    worker_submit(worker, &save->open);
    return save;
}

static void submit_chunk(struct rdb_save *save)
{
    if (!save->chunk)
        return;
    save->in_flight += save->chunk->bytes;
    worker_submit(save->worker, &save->chunk->job);
    save->chunk = NULL;
}

/* Records of what lies outside are few a chunk; the others fill it. */
static struct chunk *new_chunk(struct rdb_save *save, const struct rdb_key *first)
{
    struct chunk *chunk = mem_alloc(sizeof *chunk);
    *chunk = (struct chunk){.job = {.run = run_chunk, .done = chunk_done}, .save = save};
    if (!value_is_outside(&first->value))
        buf_reserve(&chunk->records, CHUNK_SIZE);
    return chunk;
}

static void hold(struct chunk *chunk, size_t bytes)
{
    chunk->held += bytes;
    atomic_fetch_add_explicit(chunk->save->plan.held, bytes, memory_order_relaxed);
}

void rdb_save_add(struct rdb_save *save, const struct rdb_key *key, bool is_leaving)
{
    bool has_bytes = value_is_bytes(&key->value);
    size_t outside = value_outside_size(&key->value);
    size_t needed = sizeof *key + key->name.len + outside + (has_bytes ? key->value.bytes.len : 0);
    if (save->chunk && save->chunk->bytes + needed > CHUNK_SIZE)
        submit_chunk(save);
    if (!save->chunk)
        save->chunk = new_chunk(save, key);
    struct chunk *chunk = save->chunk;
    struct buf *records = &chunk->records;
    chunk->bytes += needed;
    struct rdb_key held = *key;
    held.value = value_hold(&key->value);
    if (is_leaving)
        hold(chunk, outside);
    buf_append(records, &held, sizeof held);
    buf_append_bytes(records, key->name);
    if (has_bytes)
        buf_append_bytes(records, key->value.bytes);
    if (records->capacity > chunk->room)
        hold(chunk, records->capacity - chunk->room);
    chunk->room = records->capacity;
}

bool rdb_save_is_full(const struct rdb_save *save)
{
    return save->in_flight >= FULL_BYTES;
}

bool rdb_save_is_behind(const struct rdb_save *save)
{
    return save->in_flight >= BEHIND_BYTES;
}

void rdb_save_end(struct rdb_save *save, bool is_wanted)
{
    submit_chunk(save);
    save->is_wanted = is_wanted;
    worker_submit(save->worker, &save->end);
}
