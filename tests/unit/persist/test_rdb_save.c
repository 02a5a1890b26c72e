/* SPDX-License-Identifier: BSD-3-Clause */
/* What is on its way to the helper: when there is enough of it, and when too much. */
#include "base/blob.h"
#include "persist/rdb_save.h"
#include "types/value.h"
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char directory[32];
    struct worker *worker;
    struct rdb_save *save;
    struct job block;
    sem_t gate;
    int progressed_count;
    bool has_ended, has_failed;
    atomic_size_t held;
};

static void block(struct job *job)
{
    sem_wait(&LIST_ENTRY(job, struct fixture, block)->gate);
}

static void progressed(void *context, bool has_failed)
{
    struct fixture *fixture = context;
    fixture->progressed_count++;
    fixture->has_failed |= has_failed;
}

static void ended(void *context, const struct error *error)
{
    struct fixture *fixture = context;
    fixture->has_ended = true;
    fixture->has_failed |= error != NULL;
}

/* A save whose helper does nothing until the gate is opened. */
static int begin(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.directory = "/tmp/test_rdb_save.XXXXXX", .block = {.run = block}};
    if (!mkdtemp(fixture.directory) || chdir(fixture.directory) != 0)
        return -1;
    sem_init(&fixture.gate, 0, 0);
    fixture.worker = worker_new();
    worker_submit(fixture.worker, &fixture.block);
    struct rdb_save_plan plan = {.path = "dump.rdb",
                                 .temporary_path = "temp.rdb",
                                 .rdb_version = 10,
                                 .compresses = true,
                                 .has_checksum = true,
                                 .version = "7.2.6",
                                 .progressed = progressed,
                                 .ended = ended,
                                 .context = &fixture,
                                 .held = &fixture.held};
    fixture.save = rdb_save_new(fixture.worker, &plan);
    *state = &fixture;
    return 0;
}

static int finish(void **state)
{
    struct fixture *fixture = *state;
    rdb_save_end(fixture->save, true);
    worker_free(fixture->worker);
    assert_true(fixture->has_ended);
    assert_false(fixture->has_failed);
    assert_int_equal(fixture->held, 0);
    assert_int_equal(access("dump.rdb", F_OK), 0);
    sem_destroy(&fixture->gate);
    (void)unlink("dump.rdb");
    return chdir("/") == 0 ? rmdir(fixture->directory) : -1;
}

static void add(struct fixture *fixture, struct value value)
{
    struct rdb_key key = {.name = BYTES("name"), .value = value, .expires_ms = RDB_NO_EXPIRY};
    rdb_save_add(fixture->save, &key, false);
}

static void add_texts(struct fixture *fixture, size_t bytes)
{
    static const char text[1000];
    for (size_t added = 0; added < bytes; added += sizeof text)
        add(fixture, string_value(bytes_make(text, sizeof text)));
}

static void it_is_full_long_before_it_is_behind(void **state)
{
    struct fixture *fixture = *state;
    add_texts(fixture, 1 << 20);
    assert_false(rdb_save_is_full(fixture->save));
    add_texts(fixture, 2 << 20);
    assert_true(rdb_save_is_full(fixture->save));
    assert_false(rdb_save_is_behind(fixture->save));
    add_texts(fixture, 8 << 20);
    assert_true(rdb_save_is_behind(fixture->save));
    sem_post(&fixture->gate);
    worker_drain(fixture->worker);
    assert_true(fixture->progressed_count > 0);
    assert_false(rdb_save_is_full(fixture->save));
    assert_false(rdb_save_is_behind(fixture->save));
}

/* Their bytes aren't copied, but while they are on their way nobody can free them. */
static void blobs_count_with_their_bytes(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 20; i++) {
        struct blob *blob = blob_new(1 << 20);
        memset(blob->data, 'x', blob->len);
        add(fixture, string_value_blob(blob));
        blob_unref(blob);
        /* The last one's chunk isn't handed over yet. */
        assert_true(rdb_save_is_full(fixture->save) == (i >= 2));
        assert_true(rdb_save_is_behind(fixture->save) == (i >= 8));
    }
    sem_post(&fixture->gate);
    worker_drain(fixture->worker);
    assert_false(rdb_save_is_full(fixture->save));
}

/* Blobs that their owner keeps are counted there. */
static void what_it_alone_holds_is_counted(void **state)
{
    struct fixture *fixture = *state;
    struct blob *blob = blob_new(3 << 20);
    struct rdb_key key = {
        .name = BYTES("name"), .value = string_value_blob(blob), .expires_ms = RDB_NO_EXPIRY};
    size_t texts;
    memset(blob->data, 'x', blob->len);
    assert_int_equal(fixture->held, 0);
    add_texts(fixture, 1 << 20);
    texts = fixture->held;
    assert_in_range(texts, 1 << 20, 2 << 20);
    rdb_save_add(fixture->save, &key, false);
    assert_in_range(fixture->held, texts, texts + 1000);
    rdb_save_add(fixture->save, &key, true);
    assert_in_range(fixture->held, texts + (3 << 20), texts + (3 << 20) + 2000);
    blob_unref(blob);
    add_texts(fixture, 1000);
    sem_post(&fixture->gate);
    worker_drain(fixture->worker);
    assert_true(fixture->held < 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_full_long_before_it_is_behind, begin, finish),
        cmocka_unit_test_setup_teardown(blobs_count_with_their_bytes, begin, finish),
        cmocka_unit_test_setup_teardown(what_it_alone_holds_is_counted, begin, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
