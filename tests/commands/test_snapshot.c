/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshots of a server with a directory: what comes back from a file, when one is taken, and what is said of
 * it. */
#include "engine/client_io.h"
#include "engine/tick.h"
#include "persist/save_state.h"
#include "persist/snapshot.h"
#include "store/store.h"
#include "support/reply_text.h"
#include "support/saving.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static bool says(struct harness *h, const char *field)
{
    return reply_has(harness_send(h, "INFO persistence"), field);
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

static void assert_file_begins(const char *start)
{
    char head[16] = "";
    int fd = open("dump.rdb", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, head, strlen(start)), strlen(start));
    close(fd);
    assert_string_equal(head, start);
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

/* No file takes the place of a directory. */
static void block_saving(void)
{
    (void)unlink("dump.rdb");
    assert_int_equal(mkdir("dump.rdb", 0700), 0);
}

static void allow_saving(void)
{
    assert_int_equal(rmdir("dump.rdb"), 0);
}

/* A snapshot of 50,000 keys more, which takes many turns. */
static void begin_with_many_keys(struct harness *h)
{
    (void)harness_send(h, "DEBUG POPULATE 50000");
    client_feed(h->client, BYTES("BGSAVE\r\n"));
    tick(h->server, 0);
    assert_sent(h, h->client, "+Background saving started\r\n");
    assert_true(h->server->save->is_running);
    assert_in_range(h->server->save->keys_total, 50000, 50002);
}

/* ---- what comes back ---- */

static void how_long_keys_were_idle_comes_back(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n");
    (void)harness_send(h, "SET long v");
    harness_advance(h, 5000000);
    (void)harness_send(h, "SET short v");
    harness_advance(h, 77000);
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME long", ":5077\r\n");
    assert_reply(h, "OBJECT IDLETIME short", ":77\r\n");
}

static void how_often_keys_were_used_comes_back(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET maxmemory-policy volatile-lfu", "+OK\r\n");
    store_use_lfu(h->server->store, true, 10, 1);
    (void)harness_send(h, "SET k v");
    const struct entry *entry = keyspace_peek(store_keyspace(h->server->store, 0), key_of(BYTES("k")));
    store_set_frequency(h->server->store, entry, 99);
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_reply(h, "OBJECT FREQ k", ":99\r\n");
}

static void without_a_policy_that_asks_keys_are_as_new(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SET k v");
    harness_advance(h, 50000);
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_reply(h, "OBJECT IDLETIME k", ":0\r\n");
}

static void deadlines_and_databases_come_back(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SET k v PX 5000");
    (void)harness_send(h, "SET forever v");
    (void)harness_send(h, "SELECT 15");
    (void)harness_send(h, "SET other v PXAT 1700000100000");
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_reply(h, "PEXPIRETIME other", ":1700000100000\r\n");
    (void)harness_send(h, "SELECT 0");
    assert_reply(h, "PTTL k", ":5000\r\n");
    assert_reply(h, "PTTL forever", ":-1\r\n");
    assert_reply(h, "DBSIZE", ":2\r\n");
}

static void what_is_past_its_end_is_left_out(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SET before v PX 999");
    (void)harness_send(h, "SET at v PX 1000");
    (void)harness_send(h, "SET forever v");
    assert_reply(h, "SAVE", "+OK\r\n");
    harness_advance(h, 1000);
    assert_reply(h, "DEBUG RELOAD NOSAVE", "+OK\r\n");
    assert_true(says(h, "\r\nrdb_last_load_keys_expired:1\r\nrdb_last_load_keys_loaded:2\r\n"));
}

static void a_key_that_is_there_is_an_error_but_when_merging(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SET k v");
    assert_reply(h, "SAVE", "+OK\r\n");
    (void)harness_send(h, "SET k w");
    assert_reply(h, "DEBUG RELOAD NOSAVE NOFLUSH",
                 "-ERR Error trying to load the RDB dump, check server logs.\r\n");
    (void)harness_send(h, "SET k w");
    assert_reply(h, "DEBUG RELOAD NOSAVE NOFLUSH MERGE", "+OK\r\n");
    assert_reply(h, "GET k", "$1\r\nv\r\n");
}

static void functions_come_back(void **state)
{
    struct harness *h = *state;
    (void)harness_request(h, 3, "FUNCTION", "LOAD",
                          "#!lua name=l\nredis.register_function('f', function() return 7 end)");
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_reply(h, "FCALL f 0", ":7\r\n");
}

/* Servers that don't know of fields with deadlines can read any other file. */
static void the_version_tells_of_fields_with_deadlines(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "HSET h f v g w");
    assert_reply(h, "SAVE", "+OK\r\n");
    assert_file_begins("REDIS0010");
    (void)harness_send(h, "HPEXPIRE h 5000 FIELDS 1 f");
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_file_begins("REDIS0012");
    assert_reply(h, "HPTTL h FIELDS 2 f g", "*2\r\n:5000\r\n:-1\r\n");
}

/* ---- the changes that are in it ---- */

static void changes_count_until_they_are_saved(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "MSET a 1 b 2 c 3");
    assert_int_equal(h->server->dirty, 3);
    assert_reply(h, "BGSAVE", "+Background saving started\r\n");
    /* Whatever comes meanwhile isn't in it. */
    h->server->dirty += 2;
    saving_end(h);
    assert_int_equal(h->server->dirty, 2);
    assert_reply(h, "SAVE", "+OK\r\n");
    assert_int_equal(h->server->dirty, 0);
}

static void a_snapshot_is_of_one_moment(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SET k before");
    begin_with_many_keys(h);
    assert_reply(h, "SET k after", "+OK\r\n");
    assert_reply(h, "SET new v", "+OK\r\n");
    saving_end(h);
    assert_reply(h, "DEBUG RELOAD NOSAVE", "+OK\r\n");
    assert_reply(h, "GET k", "$6\r\nbefore\r\n");
    assert_reply(h, "DBSIZE", ":50001\r\n");
}

/* ---- what is said of it ---- */

static void one_in_the_making_is_told_and_is_the_only_one(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "SELECT 3");
    (void)harness_send(h, "MSET a 1 b 2 c 3");
    client_feed(h->client, BYTES("BGSAVE\r\nBGSAVE\r\nSAVE\r\nINFO persistence\r\n"));
    tick(h->server, 0);
    struct bytes reply = harness_replies(h, h->client);
    assert_true(reply_has(reply, "+Background saving started\r\n-ERR Background save already in progress\r\n"
                                 "-ERR Background save already in progress\r\n"));
    assert_true(reply_has(reply, "\r\ncurrent_save_keys_processed:0\r\ncurrent_save_keys_total:3\r\n"));
    assert_true(reply_has(reply, "\r\nrdb_bgsave_in_progress:1\r\n"));
    assert_true(reply_has(reply, "\r\nrdb_current_bgsave_time_sec:0\r\nrdb_saves:1\r\n"));
    h->server->save->begin_mono_ms -= 3000;
    saving_end(h);
    assert_true(says(h, "\r\ncurrent_save_keys_processed:0\r\ncurrent_save_keys_total:0\r\n"));
    assert_true(says(h, "\r\nrdb_bgsave_in_progress:0\r\n"));
    assert_true(says(h, "\r\nrdb_last_bgsave_time_sec:3\r\nrdb_current_bgsave_time_sec:-1\r\n"));
}

static void only_saves_that_succeed_change_lastsave(void **state)
{
    struct harness *h = *state;
    harness_advance(h, 10000);
    assert_reply(h, "SAVE", "+OK\r\n");
    assert_reply(h, "LASTSAVE", ":1700000010\r\n");
    harness_advance(h, 10000);
    block_saving();
    assert_reply(h, "SAVE", "-ERR\r\n");
    assert_reply(h, "LASTSAVE", ":1700000010\r\n");
    /* The client was told; writers aren't held up by it. */
    assert_true(says(h, "\r\nrdb_last_bgsave_status:ok\r\n"));
}

/* ---- save points ---- */

static void a_save_point_needs_its_changes_and_its_time(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET save \"60 3\"", "+OK\r\n");
    (void)harness_send(h, "MSET a 1 b 2 c 3");
    harness_advance(h, 60000);
    assert_int_equal(h->server->save->saves, 0);
    harness_advance(h, 1000);
    assert_int_equal(h->server->save->saves, 1);
    saving_end(h);
    (void)harness_send(h, "MSET a 1 b 2");
    harness_advance(h, 100000);
    assert_int_equal(h->server->save->saves, 1);
    (void)harness_send(h, "SET c 3");
    harness_advance(h, 100);
    assert_int_equal(h->server->save->saves, 2);
    saving_end(h);
}

static void a_step_of_the_wall_clock_puts_off_no_save_point(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET save \"60 1\"", "+OK\r\n");
    (void)harness_send(h, "SET k v");
    h->server->clock.wall_offset_ms -= 3600 * 1000;
    harness_advance(h, 61000);
    assert_int_equal(h->server->save->saves, 1);
    saving_end(h);
    assert_reply(h, "LASTSAVE", ":1699996461\r\n");
    (void)harness_send(h, "SET k w");
    h->server->clock.wall_offset_ms += 3600 * 1000;
    harness_advance(h, 59000);
    assert_int_equal(h->server->save->saves, 1);
}

static void any_save_point_will_do(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET save \"1000 1 10 100\"", "+OK\r\n");
    (void)harness_send(h, "DEBUG POPULATE 100");
    harness_advance(h, 11000);
    assert_int_equal(h->server->save->saves, 1);
    saving_end(h);
}

static void a_failure_refuses_writes_and_is_tried_again_after_five_seconds(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET save \"1 1\"", "+OK\r\n");
    (void)harness_send(h, "SET k v");
    block_saving();
    harness_advance(h, 2000);
    saving_end(h);
    assert_true(says(h, "\r\nrdb_last_bgsave_status:err\r\n"));
    assert_true(reply_has(harness_send(h, "SET k w"), "-MISCONF "));
    assert_reply(h, "GET k", "$1\r\nv\r\n");
    harness_advance(h, 5000);
    assert_int_equal(h->server->save->saves, 1);
    allow_saving();
    harness_advance(h, 100);
    assert_int_equal(h->server->save->saves, 2);
    saving_end(h);
    assert_true(says(h, "\r\nrdb_last_bgsave_status:ok\r\n"));
    assert_reply(h, "SET k w", "+OK\r\n");
}

static void one_that_is_scheduled_begins_behind_the_transaction(void **state)
{
    struct harness *h = *state;
    client_feed(h->client, BYTES("MULTI\r\nBGSAVE\r\nSET k v\r\nEXEC\r\n"));
    harness_run(h);
    assert_true(reply_has(harness_replies(h, h->client), "+Background saving scheduled\r\n+OK\r\n"));
    assert_int_equal(h->server->save->saves, 0);
    h->server->status.is_loading = true;
    harness_advance(h, 100);
    assert_int_equal(h->server->save->saves, 0);
    h->server->status.is_loading = false;
    harness_advance(h, 100);
    assert_int_equal(h->server->save->saves, 1);
    saving_end(h);
    harness_advance(h, 10000);
    assert_int_equal(h->server->save->saves, 1);
}

/* ---- a save that waits for another, or takes its place ---- */

static void a_save_waits_for_the_one_in_the_background(void **state)
{
    struct harness *h = *state;
    begin_with_many_keys(h);
    assert_true(snapshot_save(h->server));
    assert_false(h->server->save->is_running);
    assert_int_equal(h->server->save->saves, 2);
    assert_reply(h, "DEBUG RELOAD NOSAVE", "+OK\r\n");
    assert_reply(h, "DBSIZE", ":50000\r\n");
}

static void what_ends_the_server_gives_up_the_one_in_the_background(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SAVE", "+OK\r\n");
    begin_with_many_keys(h);
    assert_true(snapshot_before_exit(h->server, SNAPSHOT_NEVER));
    assert_false(h->server->save->is_running);
    assert_reply(h, "DEBUG RELOAD NOSAVE NOFLUSH MERGE", "+OK\r\n");
    assert_int_equal(h->server->save->load_keys_loaded, 0);
    /* The next one has all of it. */
    assert_reply(h, "DEBUG RELOAD", "+OK\r\n");
    assert_int_equal(h->server->save->load_keys_loaded, 50000);
}

static void what_ends_the_server_saves_as_it_is_told(void **state)
{
    struct harness *h = *state;
    assert_true(snapshot_before_exit(h->server, SNAPSHOT_IF_CONFIGURED));
    assert_int_equal(h->server->save->saves, 0);
    assert_true(snapshot_before_exit(h->server, SNAPSHOT_ALWAYS));
    assert_int_equal(h->server->save->saves, 1);
    assert_reply(h, "CONFIG SET save \"60 1\"", "+OK\r\n");
    assert_true(snapshot_before_exit(h->server, SNAPSHOT_NEVER));
    assert_int_equal(h->server->save->saves, 1);
    assert_true(snapshot_before_exit(h->server, SNAPSHOT_IF_CONFIGURED));
    assert_int_equal(h->server->save->saves, 2);
    h->server->status.is_loading = true;
    assert_true(snapshot_before_exit(h->server, SNAPSHOT_ALWAYS));
    h->server->status.is_loading = false;
    assert_int_equal(h->server->save->saves, 2);
    block_saving();
    assert_false(snapshot_before_exit(h->server, SNAPSHOT_ALWAYS));
    allow_saving();
}

/* ---- the directory ---- */

static void what_an_interrupted_save_left_is_removed_at_the_start(void **state)
{
    static const char *const others[] = {"temp-dump.rdb",   "temp--dump.rdb",   "temp-12dump.rdb",
                                         "temp-12-dump.rd", "tamp-12-dump.rdb", "temp-1x-dump.rdb"};
    struct harness *h = *state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        touch(others[i]);
    touch("temp-12-dump.rdb");
    touch("temp-9-dump.rdb");
    snapshot_free(h->server);
    assert_true(snapshot_init(h->server));
    assert_false(is_file("temp-12-dump.rdb") || is_file("temp-9-dump.rdb"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_true(is_file(others[i]));
    assert_int_equal(h->server->save->saves, 0);
}

static void two_servers_with_save_points_do_not_share_a_file(void **state)
{
    struct harness *h = *state, *second = harness_new();
    snapshot_free(h->server);
    assert_reply(h, "CONFIG SET save \"60 1\"", "+OK\r\n");
    assert_true(snapshot_init(h->server));
    touch("temp-12-dump.rdb");
    assert_false(snapshot_init(second->server)); /* it has the save points of the default */
    snapshot_free(second->server);
    assert_reply(second, "CONFIG SET save \"\"", "+OK\r\n");
    assert_true(snapshot_init(second->server));
    assert_reply(second, "SAVE", "-ERR\r\n");
    assert_true(is_file("temp-12-dump.rdb"));
    snapshot_free(h->server);
    assert_reply(second, "SAVE", "+OK\r\n");
    snapshot_free(second->server);
    harness_free(second);
}

/* The helper is far behind, so the walk rests. */
static void a_snapshot_that_rests_is_ended_by_the_next(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "DEBUG POPULATE 300 key 100000");
    client_feed(h->client, BYTES("BGSAVE\r\n"));
    tick(h->server, 0);
    assert_sent(h, h->client, "+Background saving started\r\n");
    tick(h->server, 0);
    assert_true(snapshot_save(h->server));
    assert_false(h->server->save->is_running);
    assert_true(says(h, "rdb_last_bgsave_status:ok"));
    assert_true(is_file("dump.rdb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAVING_TEST(how_long_keys_were_idle_comes_back),
        SAVING_TEST(how_often_keys_were_used_comes_back),
        SAVING_TEST(without_a_policy_that_asks_keys_are_as_new),
        SAVING_TEST(deadlines_and_databases_come_back),
        SAVING_TEST(what_is_past_its_end_is_left_out),
        SAVING_TEST(a_key_that_is_there_is_an_error_but_when_merging),
        SAVING_TEST(functions_come_back),
        SAVING_TEST(the_version_tells_of_fields_with_deadlines),
        SAVING_TEST(changes_count_until_they_are_saved),
        SAVING_TEST(a_snapshot_is_of_one_moment),
        SAVING_TEST(one_in_the_making_is_told_and_is_the_only_one),
        SAVING_TEST(only_saves_that_succeed_change_lastsave),
        SAVING_TEST(a_save_point_needs_its_changes_and_its_time),
        SAVING_TEST(a_step_of_the_wall_clock_puts_off_no_save_point),
        SAVING_TEST(any_save_point_will_do),
        SAVING_TEST(a_failure_refuses_writes_and_is_tried_again_after_five_seconds),
        SAVING_TEST(one_that_is_scheduled_begins_behind_the_transaction),
        SAVING_TEST(a_save_waits_for_the_one_in_the_background),
        SAVING_TEST(what_ends_the_server_gives_up_the_one_in_the_background),
        SAVING_TEST(what_ends_the_server_saves_as_it_is_told),
        SAVING_TEST(what_an_interrupted_save_left_is_removed_at_the_start),
        SAVING_TEST(two_servers_with_save_points_do_not_share_a_file),
        SAVING_TEST(a_snapshot_that_rests_is_ended_by_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
