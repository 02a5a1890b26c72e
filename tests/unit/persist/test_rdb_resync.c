/* SPDX-License-Identifier: BSD-3-Clause */
/* Where keys begin again behind bytes that are none. */
#include "base/buf.h"
#include "base/file.h"
#include "persist/rdb_resync.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NOWHERE   UINT64_MAX
#define KEY(name) "\0\3" name "\5value"
#define ROW       KEY("k:1") KEY("k:2") KEY("k:3") KEY("k:4") KEY("k:5")
enum { KEY_SIZE = sizeof KEY("k:1") - 1 };

static char directory[64], path[128];

static uint64_t find(struct bytes content, const struct rdb_resync_search *search)
{
    struct error error;
    struct source source;
    struct rdb_reader reader;
    struct rdb_resync resync;
    uint64_t place;
    assert_true(file_write_atomic(path, content, 0600, &error));
    assert_true(source_open_file(&source, path, &error));
    rdb_reader_init(&reader, &source, &error);
    rdb_resync_init(&resync, &reader, RDB_REDIS, 10);
    bool is_found = rdb_resync_find(&resync, search, &place);
    rdb_resync_clear(&resync);
    rdb_reader_clear(&reader);
    source_close(&source);
    return is_found ? place : NOWHERE;
}

static uint64_t find_any(struct bytes content)
{
    return find(content, &(struct rdb_resync_search){.limit = UINT64_MAX});
}

static void a_row_of_keys_is_found(void **state)
{
    (void)state;
    assert_int_equal(find_any(BYTES("garbage" ROW "garbage")), 7);
    assert_int_equal(find_any(BYTES("\0\0\0\0\0\0" ROW "\x2a")), 6);
    assert_int_equal(find_any(BYTES("\xff\xff\xff" ROW)), 3);
}

static void fewer_keys_must_lead_to_the_end(void **state)
{
    (void)state;
    assert_int_equal(find_any(BYTES("garbage" KEY("k:1") KEY("k:2") KEY("k:3") KEY("k:4") "\x2a")), NOWHERE);
    assert_int_equal(find_any(BYTES("garbage" KEY("k:1") "\xff"
                                                         "checksum")),
                     7);
    assert_int_equal(find_any(BYTES("garbage" KEY("k:1") "\xff"
                                                         "checksum-")),
                     NOWHERE);
    assert_int_equal(find_any(BYTES("garbage"
                                    "\xff"
                                    "checksum")),
                     7);
}

static void a_key_that_comes_again_is_none(void **state)
{
    (void)state;
    assert_int_equal(find_any(BYTES("-" KEY("k:1") KEY("k:2") KEY("k:3") KEY("k:4") KEY("k:1") "\x2a")),
                     NOWHERE);
}

static void names_that_are_no_text_need_more(void **state)
{
    struct buf content = {0};
    (void)state;
    buf_append_text(&content, "-");
    for (int i = 0; i < RDB_RESYNC_POINTS; i++) {
        assert_int_equal(find_any(buf_bytes(&content)), NOWHERE);
        buf_append(&content, "\0\2\1", 3);
        buf_append_char(&content, (char)i);
        buf_append_text(&content, "\5value");
    }
    assert_int_equal(find_any(buf_bytes(&content)), 1);
    buf_clear(&content);
}

static void a_database_is_believed_with_its_sizes(void **state)
{
    (void)state;
    assert_int_equal(find_any(BYTES("-\xfe\5" ROW)), 3);
    assert_int_equal(find_any(BYTES("-\xfe\5\xfb\5\0" ROW)), 1);
}

static void access_times_are_not_begun_with(void **state)
{
    (void)state;
    assert_int_equal(find_any(BYTES("-\xf8\5" ROW)), 3);
    assert_int_equal(find_any(BYTES("-\xf9\5" ROW)), 3);
    assert_int_equal(find_any(BYTES("-\xfd\1\2\3\4" ROW)), 6);
    assert_int_equal(find_any(BYTES("-\xfc\1\2\3\4\5\0\0\0" ROW)), 1);
    assert_int_equal(find_any(BYTES("-\xfc\1\2\3\4\5\0\0\1" ROW)), 10);
}

/* What remains of a damaged value may end like a key, or pass over some. */
static void the_shortest_keys_are_taken(void **state)
{
    (void)state;
    assert_int_equal(find_any(BYTES("-\0\1x\x0b" ROW KEY("k:6"))), 5);
    assert_int_equal(find_any(BYTES("-\0\1x\1y" ROW)), 1);
    assert_int_equal(find_any(BYTES("-\0\1x\1y\0\1z\x16" ROW KEY("k:6"))), 10);
}

static void what_was_read_is_better_unless_more_keys_pass_by(void **state)
{
    (void)state;
    struct bytes content = BYTES("-----" ROW "\x2a\x2a");
    struct rdb_resync_search search = {.limit = UINT64_MAX, .past = 5 + KEY_SIZE + 1, .keys_before = 2};
    assert_int_equal(find(content, &search), 5);
    search.keys_before = 3;
    assert_int_equal(find(content, &search), NOWHERE);
    search = (struct rdb_resync_search){
        .limit = UINT64_MAX, .past = 5 + 2 * KEY_SIZE, .keys_before = 2, .must_meet = true};
    assert_int_equal(find(content, &search), 5);
    search.past++;
    assert_int_equal(find(content, &search), NOWHERE);
    search.past = content.len;
    assert_int_equal(find(content, &search), NOWHERE);
}

static void places_outside_are_not_tried(void **state)
{
    (void)state;
    struct bytes content = BYTES("-----" ROW);
    assert_int_equal(find(content, &(struct rdb_resync_search){.from = 5, .limit = 6}), 5);
    assert_int_equal(find(content, &(struct rdb_resync_search){.from = 0, .limit = 5}), NOWHERE);
    assert_int_equal(find(content, &(struct rdb_resync_search){.from = 6, .limit = UINT64_MAX}), NOWHERE);
}

/* Each byte begins a list of very many elements, all there: no trial may read to the end. */
static void the_work_is_bounded(void **state)
{
    enum { SIZE = 8 << 20 };
    struct buf content = {0};
    (void)state;
    while (content.len < SIZE)
        buf_append(&content, "\1\1\x80\0\1\1\1", 7);
    struct error error;
    struct source source;
    struct rdb_reader reader;
    struct rdb_resync resync;
    uint64_t place;
    assert_true(file_write_atomic(path, buf_bytes(&content), 0600, &error));
    assert_true(source_open_file(&source, path, &error));
    rdb_reader_init(&reader, &source, &error);
    rdb_resync_init(&resync, &reader, RDB_REDIS, 10);
    uint64_t before = resync.probe.effort_left;
    assert_false(rdb_resync_find(&resync, &(struct rdb_resync_search){.limit = UINT64_MAX}, &place));
    /* The account was never overdrawn; a sixteenth of each trial's bytes would be thousands of times as
     * much. */
    assert_true(resync.probe.effort_left <= before + 2 * content.len);
    rdb_resync_clear(&resync);
    rdb_reader_clear(&reader);
    source_close(&source);
    buf_clear(&content);
}

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/test_rdb_resync.XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(path, sizeof path, "%s/dump.rdb", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_keys_is_found),
        cmocka_unit_test(fewer_keys_must_lead_to_the_end),
        cmocka_unit_test(a_key_that_comes_again_is_none),
        cmocka_unit_test(names_that_are_no_text_need_more),
        cmocka_unit_test(a_database_is_believed_with_its_sizes),
        cmocka_unit_test(access_times_are_not_begun_with),
        cmocka_unit_test(the_shortest_keys_are_taken),
        cmocka_unit_test(what_was_read_is_better_unless_more_keys_pass_by),
        cmocka_unit_test(places_outside_are_not_tried),
        cmocka_unit_test(the_work_is_bounded),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
