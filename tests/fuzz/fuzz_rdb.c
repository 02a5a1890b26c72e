/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshot files of any bytes, with a checksum that is right: a file that begins like one has its last eight
 * bytes replaced by it, other input is put between a header, whose version the first byte chooses, and an
 * end. What is loaded must come back from being written; what loads must be whole to the checker, and so must
 * what it salvages, in which no key is twice. */
#include "base/buf.h"
#include "base/crc64.h"
#include "base/panic.h"
#include "persist/rdb_check.h"
#include "persist/rdb_format.h"
#include "persist/rdb_load.h"
#include "persist/rdb_writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory, and the path that leads to it. */
struct memory_file {
    int fd;
    char path[32];
};

static struct memory_file first, second;
static char salvage_path[64], again_path[64];

static void open_memory(struct memory_file *file)
{
    file->fd = memfd_create("snapshot", MFD_CLOEXEC);
    ASSERT(file->fd >= 0);
    (void)snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static void empty(const struct memory_file *file)
{
    ASSERT(ftruncate(file->fd, 0) == 0 && lseek(file->fd, 0, SEEK_SET) == 0);
}

static void append_checksum(struct buf *content)
{
    uint64_t checksum = crc64(0, content->data, content->len);
    for (int i = 0; i < RDB_CHECKSUM_SIZE; i++)
        buf_append_char(content, (char)(checksum >> (8 * i)));
}

static void make_content(struct buf *content, const uint8_t *data, size_t size)
{
    if (size >= RDB_HEADER_SIZE + RDB_CHECKSUM_SIZE && memcmp(data, RDB_MAGIC, 5) == 0) {
        buf_append(content, data, size - RDB_CHECKSUM_SIZE);
    } else {
        buf_printf(content, RDB_MAGIC "%04d", size > 0 ? data[0] % (RDB_VERSION_MAX + 1) : 0);
        if (size > 1)
            buf_append(content, data + 1, size - 1);
        buf_append_char(content, (char)RDB_END);
    }
    append_checksum(content);
}

/* ---- loading, and writing what is loaded ---- */

struct loading {
    struct rdb_writer *writer;   /* NULL: nothing is written */
    uint64_t keys, digest, last; /* of the key before */
};

/* The server refuses a key that it has; the checker does so when the two follow each other. */
static bool is_repeated(struct loading *loading, const struct rdb_loaded_key *loaded)
{
    uint64_t last = loading->last;
    loading->last = crc64(loaded->database + 1, loaded->name.data, loaded->name.len);
    return loading->keys > 0 && loading->last == last;
}

static bool take_key(void *context, const struct rdb_loaded_key *loaded, struct value value,
                     struct error *error)
{
    struct loading *loading = context;
    char scratch[STRING_SCRATCH];
    struct bytes bytes = string_bytes(&value, scratch);
    struct rdb_key key = {.database = (int)(loaded->database & INT32_MAX),
                          .name = loaded->name,
                          .value = value,
                          .expires_ms = loaded->expires_ms};
    if (is_repeated(loading, loaded)) {
        error_set(error, "a key is there twice");
        value_release(&value);
        return false;
    }
    loading->keys++;
    loading->digest = crc64(loading->digest, loaded->name.data, loaded->name.len);
    loading->digest = crc64(loading->digest, bytes.data, bytes.len);
    loading->digest = crc64(loading->digest, &key.expires_ms, sizeof key.expires_ms);
    loading->digest = crc64(loading->digest, &key.database, sizeof key.database);
    if (loading->writer)
        rdb_writer_key(loading->writer, &key);
    value_release(&value);
    return true;
}

static bool take_library(void *context, struct bytes code, struct error *error)
{
    struct loading *loading = context;
    if (!bytes_starts_with(code, BYTES("#!"))) {
        error_set(error, "a library without its first line");
        return false;
    }
    loading->digest = crc64(loading->digest, code.data, code.len);
    if (loading->writer)
        rdb_writer_library(loading->writer, code);
    return true;
}

static enum rdb_load_result load(const struct memory_file *file, struct loading *loading, struct error *error)
{
    const struct rdb_load_handler handler = {.key = take_key, .library = take_library, .context = loading};
    return rdb_load(file->path, &handler, error);
}

static bool loads_and_comes_back(void)
{
    struct file_sink file;
    struct rdb_writer writer = {
        .version = 10,
        .output = {.sink = &file.sink, .compression = RDB_COMPRESSED_FAST, .has_checksum = true}};
    struct loading once = {.writer = &writer}, again = {.writer = NULL};
    struct error error;
    empty(&second);
    file_sink_init(&file, second.fd, second.path);
    rdb_writer_begin(&writer);
    bool is_loaded = load(&first, &once, &error) == RDB_LOADED;
    if (is_loaded) {
        rdb_writer_end(&writer);
        ASSERT(!writer.output.has_failed);
        ASSERT(load(&second, &again, &error) == RDB_LOADED);
        ASSERT(once.keys == again.keys && once.digest == again.digest);
    } else {
        ASSERT(memcmp(error.text, "at offset ", 10) == 0);
    }
    rdb_writer_clear(&writer);
    return is_loaded;
}

/* ---- checking ---- */

static void check(bool is_loaded)
{
    struct buf report = {0};
    enum rdb_checked checked = rdb_check(first.path, salvage_path, NULL, &report);
    /* A type that is newer than its file is a trace of damage to the checker; it loads, as in Redis. */
    bool is_doubted = strstr(buf_cstring(&report), "type is newer than the file") != NULL;
    ASSERT((checked == RDB_CHECKED_GOOD) == is_loaded || (is_loaded && is_doubted));
    if (access(salvage_path, F_OK) == 0) {
        report.len = 0;
        enum rdb_checked salvaged = rdb_check(salvage_path, again_path, NULL, &report);
        ASSERT(salvaged == RDB_CHECKED_GOOD || salvaged == RDB_CHECKED_NOT_LOADABLE);
        ASSERT(!strstr(buf_cstring(&report), "more than once\n"));
        ASSERT(unlink(salvage_path) == 0 && unlink(again_path) == 0);
    }
    buf_clear(&report);
}

static void set_up(void)
{
    open_memory(&first);
    open_memory(&second);
    (void)snprintf(salvage_path, sizeof salvage_path, "/dev/shm/fuzz_rdb.%d", (int)getpid());
    (void)snprintf(again_path, sizeof again_path, "/dev/shm/fuzz_rdb_again.%d", (int)getpid());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf content = {0};
    if (first.fd == 0)
        set_up();
    make_content(&content, data, size);
    empty(&first);
    ASSERT(write(first.fd, content.data, content.len) == (ssize_t)content.len);
    check(loads_and_comes_back());
    buf_clear(&content);
    return 0;
}
