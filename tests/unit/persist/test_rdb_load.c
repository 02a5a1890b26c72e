/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshot files: what is written is read back, what others wrote is read, what is damaged is refused with
 * its place. */
#include "base/buf.h"
#include "base/crc64.h"
#include "base/file.h"
#include "base/worker.h"
#include "persist/rdb_load.h"
#include "persist/rdb_save.h"
#include "support/rdb_file.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define FILE_MAX ((size_t)64 << 20)

static char temporary_path[128];

/* ---- reading ---- */

/* All that a file holds, as text: "db key=value@expiry idle freq; ". Values are shown by length and first
 * byte when long. */
static bool show_key(void *context, const struct rdb_loaded_key *key, struct value value, struct error *error)
{
    struct buf *out = context;
    char scratch[STRING_SCRATCH];
    struct bytes bytes = value.type == VALUE_STRING ? string_bytes(&value, scratch) : value.bytes;
    (void)error;
    buf_printf(out, "%llu ", (unsigned long long)key->database);
    buf_append_bytes(out, key->name);
    if (value.type != VALUE_STRING)
        buf_printf(out, "=%s of %llu", value_type_name(value.type), (unsigned long long)value_count(&value));
    else if (bytes.len <= 32)
        buf_printf(out, "=%.*s", (int)bytes.len, bytes.data);
    else
        buf_printf(out, "=%zu*%c", bytes.len, bytes.data[bytes.len - 1]);
    if (key->expires_ms != RDB_NO_EXPIRY)
        buf_printf(out, "@%lld", (long long)key->expires_ms);
    if (key->idle_s >= 0)
        buf_printf(out, " idle %lld", (long long)key->idle_s);
    if (key->frequency >= 0)
        buf_printf(out, " frequency %d", key->frequency);
    buf_append_text(out, "; ");
    value_release(&value);
    return true;
}

static void show_sizes(void *context, uint64_t database, uint64_t keys, uint64_t expiring)
{
    buf_printf(context, "[%llu: %llu %llu] ", (unsigned long long)database, (unsigned long long)keys,
               (unsigned long long)expiring);
}

static enum rdb_load_result load_file(struct buf *out, struct error *error)
{
    struct rdb_load_handler handler = {.key = show_key, .sizes = show_sizes, .context = out};
    out->len = 0;
    error->text[0] = 0;
    return rdb_load(rdb_file_path, &handler, error);
}

static void put_file(struct bytes content)
{
    struct error error;
    assert_true(file_write_atomic(rdb_file_path, content, 0600, &error));
}

static void expect(struct bytes content, const char *shown)
{
    struct buf out = {0};
    struct error error;
    put_file(content);
    enum rdb_load_result result = load_file(&out, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(result, RDB_LOADED);
    assert_string_equal(buf_cstring(&out), shown);
    buf_clear(&out);
}

static void expect_refusal(struct bytes content, const char *text)
{
    struct buf out = {0};
    struct error error;
    put_file(content);
    assert_int_equal(load_file(&out, &error), RDB_DAMAGED);
    assert_string_equal(error.text, text);
    buf_clear(&out);
}

static void reads_what_redis_writes(void **state)
{
    (void)state;
    expect(BYTES("REDIS0004\xff"), "");
    expect(BYTES("REDIS0001\xfe\x02\x00\x01k\x01v\xff"), "2 k=v; ");
    expect(BYTES("REDIS0003\xfd\x10\x00\x00\x00\x00\x01k\x01v\xff"), "0 k=v@16000; ");
    expect(BYTES("REDIS0010\xfa\x09redis-ver\x05"
                 "7.2.4\xfe\x00\xfb\x03\x01\xfc\x00\x10\x00\x00\x00\x00\x00\x00\x00\x01k\xc0\x7f"
                 "\xf8\x05\x00\x01l\xc1\x00\x80\xf9\x09\x00\x01m\xc2\x00\x00\x00\x80\xff\0\0\0\0\0\0\0\0"),
           "[0: 3 1] 0 k=127@4096; 0 l=-32768 idle 5; 0 m=-2147483648 frequency 9; ");
}

/* Of versions 12 to 15, and of Valkey: what has a place here is loaded, other types are named. */
static void reads_what_newer_servers_write(void **state)
{
    (void)state;
#define END "\xff\0\0\0\0\0\0\0\0"
    expect(BYTES("REDIS0012\xfe\0\xfb\1\0\xf4\5\1\0\0\1k\1v" END), "[0: 1 0] 0 k=v; ");
    expect(BYTES("REDIS0013\xfc\1\0\0\0\0\0\0\0\xf3\1\1\0\0\0\1\5\5\2ab\0\0\1k\1v\0\1l\1w" END),
           "0 k=v@1; 0 l=w; ");
    expect(BYTES("REDIS0014\0\1k\1v" END), "0 k=v; ");
    expect(BYTES("REDIS0015\xf2\5\2\1f\1g\0\1k\1v" END), "0 k=v; ");
    expect(BYTES("VALKEY080\xfa\nvalkey-ver\0059.0.1\xfe\0\xf3\3job\2\0\5\7\x40\xff\0\1k\1v" END), "0 k=v; ");
    expect(BYTES("VALKEY081\0\1k\1v" END), "0 k=v; ");
    expect(BYTES("REDIS0012\x16\1h\1\0\1f\1v" END), "0 h=hash of 1; ");
    expect(BYTES("VALKEY080\0\1k\1v\x16\1h\1\1f\1v\xff\xff\xff\xff\xff\xff\xff\xff" END),
           "0 k=v; 0 h=hash of 1; ");
    expect_refusal(BYTES("REDIS0014\x1c\1a\1\0\0\0\1x" END),
                   "at offset 9: key \"a\" has type 28 (array), which is not supported");
    expect_refusal(BYTES("REDIS0013\xf3\1\0\0\0\0\0\0\1k\1v" END),
                   "at offset 9: key \"k\" has data of a module attached; there are no modules here");
    expect_refusal(BYTES("VALKEY080\x18\1h\1\0\1f\1v" END), "at offset 9: there is no opcode or type 24");
    expect_refusal(BYTES("VALKEY081\xf2\1\1\1x" END), "at offset 9: there is no opcode or type 242");
}

#define FILE_OF(text)            \
    {                            \
        (text), sizeof(text) - 1 \
    }

/* Whatever stands between keys, and wherever the file ends in it. */
static void frames_that_are_cut_are_refused(void **state)
{
    static const struct bytes files[] = {
        FILE_OF("REDIS0010\xfa\1a\1b\xfe\1\xfb\3\1\xfc\1\0\0\0\0\0\0\0\0\1k\1v\xfd\1\0\0\0\0\1l\1v" END),
        FILE_OF("REDIS0010\xf8\5\0\1l\1v\xf9\7\0\1m\1v" END),
        FILE_OF("REDIS0012\xfe\0\xf4\5\1\0\0\1k\1v" END),
        FILE_OF("REDIS0013\xf3\1\1\0\0\0\1\5\5\2ab\0\0\1k\1v" END),
        FILE_OF("REDIS0015\xf2\5\2\1f\1g\0\1k\1v" END),
        FILE_OF("VALKEY080\xf3\3job\2\0\5\7\x40\xff\0\1k\1v" END),
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct buf out = {0};
        struct error error;
        put_file(files[i]);
        assert_int_equal(load_file(&out, &error), RDB_LOADED);
        for (size_t len = 9; len < files[i].len; len++) {
            put_file(bytes_make(files[i].data, len));
            assert_int_equal(load_file(&out, &error), RDB_DAMAGED);
            assert_true(bytes_starts_with(bytes_of(error.text), BYTES("at offset ")));
        }
        buf_clear(&out);
    }
}

static void refuses_what_it_cannot_read(void **state)
{
    (void)state;
    expect_refusal(BYTES(""), "at offset 0: the file ends where the header should be");
    expect_refusal(BYTES("REDIT0010\xff"),
                   "at offset 0: this is not a snapshot file: it should begin with REDIS or VALKEY");
    expect_refusal(BYTES("REDIS00x0\xff"), "at offset 5: the version is not a number");
    expect_refusal(BYTES("REDIS0016\xff"), "at offset 5: version 16 is not among those known, 1 to 15");
    expect_refusal(BYTES("VALKEY079\xff"), "at offset 6: version 79 is not among those known, 80 to 81");
    expect_refusal(BYTES("VALKEY082\xff"), "at offset 6: version 82 is not among those known, 80 to 81");
    expect_refusal(BYTES("REDIS0010"), "at offset 9: the file ends where an opcode should be");
    expect_refusal(BYTES("REDIS0010\xf0"), "at offset 9: there is no opcode or type 240");
    expect_refusal(BYTES("REDIS0010\x07\x01m\x00"),
                   "at offset 9: key \"m\" has type 7 (module), which is not supported");
    expect_refusal(BYTES("REDIS0014\xfc\0\0\0\0\0\0\0\0\x1c\x01"
                         "a\x00"),
                   "at offset 9: key \"a\" has type 28 (array), which is not supported");
    expect_refusal(BYTES("REDIS0010\x01\x01l\x00"), "at offset 12: the value has no elements");
    expect_refusal(BYTES("REDIS0010\xf7\x01"),
                   "at offset 9: the file holds data of a module; there are no modules here");
    expect_refusal(BYTES("REDIS0010\xf5\x02#!"),
                   "at offset 9: the file holds functions, which have no place here");
    expect_refusal(BYTES("REDIS0010\xfd\1\2\3\4\xf5\x02#!"),
                   "at offset 14: what stands in front of a key has no key");
    expect_refusal(BYTES("REDIS0010\xf5\x02#"),
                   "at offset 10: a library of functions of 2 bytes is longer than what is left of the file");
    expect_refusal(BYTES("REDIS0010\xf6\x01"), "at offset 9: the file holds functions as only release "
                                               "candidates of Redis 7.0 had them");
    expect_refusal(
        BYTES("REDIS0010\x00\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff"),
        "at offset 12: a value of 9223372036854775807 bytes is longer than what is left of the file");
    expect_refusal(BYTES("REDIS0010\x00\x01k\xc3\x02\x80\xff\xff\xff\xff"
                         "ab"),
                   "at offset 12: a value has a length that makes no sense");
    expect_refusal(BYTES("REDIS0010\x00\x01k\x05"
                         "abc"),
                   "at offset 12: a value of 5 bytes is longer than what is left of the file");
    expect_refusal(
        BYTES("REDIS0010\xff\x01\0\0\0\0\0\0\0"),
        "at offset 10: CRC error: the checksum is 0000000000000001, that of the content eb7ea789fe37fda9");
}

/* The same bytes through a pipe, which doesn't say how many there are. */
static bool read_pipe(struct bytes content, const struct rdb_load_handler *handler, struct error *error)
{
    struct source source;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], content.data, content.len), content.len);
    close(ends[1]);
    source_of_pipe(&source, ends[0]);
    bool is_good = rdb_read(&source, handler, error);
    close(ends[0]);
    return is_good;
}

static void reads_from_memory_and_pipes(void **state)
{
    (void)state;
    struct buf content = {0}, out = {0};
    struct buf_sink sink;
    struct rdb_writer writer = {.version = 11,
                                .output = {.sink = &sink.sink, .compression = RDB_COMPRESSED_FAST}};
    struct rdb_load_handler handler = {.key = show_key, .context = &out};
    struct error error;
    buf_sink_init(&sink, &content);
    rdb_writer_begin(&writer);
    for (int i = 0; i < 3; i++) {
        struct rdb_key key = {.name = bytes_make("abc", (size_t)i + 1),
                              .value = string_value_int(i),
                              .expires_ms = RDB_NO_EXPIRY};
        rdb_writer_key(&writer, &key);
    }
    rdb_writer_end(&writer);
    rdb_writer_clear(&writer);
    for (size_t len = 0; len <= content.len; len++) {
        struct source source;
        struct bytes part = bytes_make(content.data, len);
        source_of_bytes(&source, part);
        out.len = 0;
        assert_int_equal(rdb_read(&source, &handler, &error), len == content.len);
        assert_true(len < content.len || bytes_is(buf_bytes(&out), "0 a=0; 0 ab=1; 0 abc=2; "));
        out.len = 0;
        assert_int_equal(read_pipe(part, &handler, &error), len == content.len);
        assert_true(len < content.len || bytes_is(buf_bytes(&out), "0 a=0; 0 ab=1; 0 abc=2; "));
        assert_true(len == content.len || strstr(error.text, "the file ends where"));
    }
    buf_clear(&content);
    buf_clear(&out);
}

static void tells_a_missing_file(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error error;
    (void)unlink(rdb_file_path);
    assert_int_equal(load_file(&out, &error), RDB_MISSING);
}

/* ---- writing ---- */

struct saving {
    int progress;
    bool has_ended;
    struct error error; /* empty: it is in place */
};

static void progressed(void *context, bool has_failed)
{
    struct saving *saving = context;
    (void)has_failed;
    saving->progress++;
}

static void ended(void *context, const struct error *error)
{
    struct saving *saving = context;
    saving->has_ended = true;
    saving->error.text[0] = 0;
    if (error)
        saving->error = *error;
}

static atomic_size_t held;
static const struct rdb_save_size sizes[] = {{0, 4, 1}, {7, 1, 0}};

static struct rdb_save *begin_save(struct worker *worker, struct saving *saving, const char *to)
{
    struct rdb_save_plan plan = {.path = to,
                                 .temporary_path = temporary_path,
                                 .rdb_version = 10,
                                 .compresses = true,
                                 .has_checksum = true,
                                 .version = "7.2.6",
                                 .sizes = sizes,
                                 .size_count = 2,
                                 .progressed = progressed,
                                 .ended = ended,
                                 .context = saving,
                                 .held = &held};
    *saving = (struct saving){.progress = 0};
    return rdb_save_new(worker, &plan);
}

static void add(struct rdb_save *save, int database, const char *name, struct value value)
{
    struct rdb_key key = {
        .database = database, .name = bytes_of(name), .value = value, .expires_ms = RDB_NO_EXPIRY};
    rdb_save_add(save, &key, false);
}

static void reads_what_it_wrote(void **state)
{
    (void)state;
    struct worker *worker = worker_new();
    struct saving saving;
    struct rdb_save *save = begin_save(worker, &saving, rdb_file_path);
    struct blob *blob = blob_new((size_t)17 << 20), *small = blob_new(100000);
    memset(blob->data, 'z', blob->len);
    memset(small->data, 'y', small->len);
    struct rdb_key key = {.name = BYTES("soon"),
                          .value = string_value_int(-5),
                          .expires_ms = 1234567890123,
                          .access = RDB_ACCESS_IDLE,
                          .access_value = 77};
    rdb_save_add(save, &key, false);
    key = (struct rdb_key){.database = 7,
                           .name = BYTES("often"),
                           .value = string_value(BYTES("")),
                           .expires_ms = RDB_NO_EXPIRY,
                           .access = RDB_ACCESS_FREQUENCY,
                           .access_value = 255};
    rdb_save_add(save, &key, false);
    add(save, 0, "text", string_value(BYTES("some text")));
    add(save, 0, "large", string_value_blob(blob));
    add(save, 0, "middling", string_value_blob(small));
    assert_true(blob_is_shared(blob));
    rdb_save_end(save, true);
    worker_drain(worker);
    assert_true(saving.has_ended);
    assert_string_equal(saving.error.text, "");
    assert_false(blob_is_shared(blob));
    blob_unref(blob);
    blob_unref(small);
    struct buf out = {0};
    struct error error;
    assert_int_equal(load_file(&out, &error), RDB_LOADED);
    assert_string_equal(buf_cstring(&out),
                        "[0: 4 1] [7: 1 0] 0 soon=-5@1234567890123 idle 77; 7 often= frequency 255; "
                        "0 text=some text; 0 large=17825792*z; 0 middling=100000*y; ");
    assert_int_equal(access(temporary_path, F_OK), -1);
    buf_clear(&out);
    worker_free(worker);
}

static void leaves_the_old_file_when_it_fails(void **state)
{
    (void)state;
    struct worker *worker = worker_new();
    struct saving saving;
    expect(BYTES("REDIS0004\x00\x01k\x01v\xff"), "0 k=v; ");
    struct rdb_save *save = begin_save(worker, &saving, rdb_file_path);
    add(save, 0, "other", string_value(BYTES("value")));
    rdb_save_end(save, false);
    worker_drain(worker);
    assert_string_equal(saving.error.text, "given up");
    /* A directory can't be replaced. */
    save = begin_save(worker, &saving, rdb_file_directory);
    rdb_save_end(save, true);
    worker_drain(worker);
    assert_non_null(strstr(saving.error.text, "can't rename"));
    assert_int_equal(access(temporary_path, F_OK), -1);
    struct buf out = {0};
    struct error error;
    assert_int_equal(load_file(&out, &error), RDB_LOADED);
    assert_string_equal(buf_cstring(&out), "0 k=v; ");
    buf_clear(&out);
    worker_free(worker);
}

static void many_keys_make_many_chunks(void **state)
{
    (void)state;
    struct worker *worker = worker_new();
    struct saving saving;
    struct rdb_save *save = begin_save(worker, &saving, rdb_file_path);
    char name[32], text[200];
    bool was_full = false;
    memset(text, 'a', sizeof text);
    for (int i = 0; i < 50000; i++) {
        (void)snprintf(name, sizeof name, "key:%d", i);
        add(save, i % 3, name, string_value(bytes_make(text, (size_t)i % sizeof text)));
        was_full |= rdb_save_is_full(save);
    }
    assert_true(was_full);
    rdb_save_end(save, true);
    worker_drain(worker);
    assert_string_equal(saving.error.text, "");
    assert_true(saving.progress > 10);
    struct buf out = {0};
    struct error error;
    assert_int_equal(load_file(&out, &error), RDB_LOADED);
    size_t keys = 0;
    for (size_t i = 0; i < out.len; i++)
        keys += out.data[i] == ';';
    assert_int_equal(keys, 50000);
    buf_clear(&out);
    worker_free(worker);
}

static void every_flipped_or_cut_file_is_refused(void **state)
{
    (void)state;
    struct worker *worker = worker_new();
    struct saving saving;
    struct rdb_save *save = begin_save(worker, &saving, rdb_file_path);
    char text[300];
    memset(text, 'b', sizeof text);
    for (int i = 0; i < 20; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "key:%d", i);
        add(save, i % 2, name, string_value(bytes_make(text, (size_t)i * 15)));
    }
    rdb_save_end(save, true);
    worker_drain(worker);
    worker_free(worker);
    struct buf content = {0}, out = {0};
    struct error error;
    assert_true(file_read_all(rdb_file_path, &content, FILE_MAX, &error));
    for (size_t cut = 0; cut < content.len; cut++) {
        FILE *file = fopen(rdb_file_path, "wb");
        assert_int_equal(fwrite(content.data, 1, cut, file), cut);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(load_file(&out, &error), RDB_DAMAGED);
        assert_memory_equal(error.text, "at offset ", 10);
    }
    for (size_t at = 9; at < content.len; at++) {
        content.data[at] = (char)(content.data[at] ^ 1 << at % 8);
        FILE *file = fopen(rdb_file_path, "wb");
        assert_int_equal(fwrite(content.data, 1, content.len, file), content.len);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(load_file(&out, &error), RDB_DAMAGED);
        assert_memory_equal(error.text, "at offset ", 10);
        content.data[at] = (char)(content.data[at] ^ 1 << at % 8);
    }
    buf_clear(&content);
    buf_clear(&out);
}

static int make_directory(void **state)
{
    int result = rdb_file_make_directory(state);
    (void)snprintf(temporary_path, sizeof temporary_path, "%s/temp-1-dump.rdb", rdb_file_directory);
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_redis_writes),
        cmocka_unit_test(reads_what_newer_servers_write),
        cmocka_unit_test(frames_that_are_cut_are_refused),
        cmocka_unit_test(refuses_what_it_cannot_read),
        cmocka_unit_test(reads_from_memory_and_pipes),
        cmocka_unit_test(tells_a_missing_file),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(leaves_the_old_file_when_it_fails),
        cmocka_unit_test(many_keys_make_many_chunks),
        cmocka_unit_test(every_flipped_or_cut_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_directory, rdb_file_remove_directory);
}
