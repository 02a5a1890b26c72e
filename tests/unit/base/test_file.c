/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole files, in a directory of the test's own. */
#include "base/alloc.h"
#include "base/file.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/test_file.XXXXXX";

static int enter_directory(void **state)
{
    (void)state;
    return !mkdtemp(directory) || chdir(directory) != 0;
}

static int entry_count(void)
{
    DIR *entries = opendir(directory);
    int count = 0;
    assert_non_null(entries);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count - 2; /* . and .. */
}

static int leave_directory(void **state)
{
    DIR *entries = opendir(directory);
    struct dirent *entry;
    (void)state;
    if (!entries)
        return 1;
    while ((entry = readdir(entries)))
        (void)!unlink(entry->d_name);
    closedir(entries);
    return chdir("/") != 0 || rmdir(directory) != 0;
}

static void assert_file(const char *path, struct bytes expected)
{
    struct error error = {0};
    struct buf buf = {0};
    if (!file_read_all(path, &buf, 1 << 20, &error))
        fail_msg("%s", error.text);
    assert_true(bytes_equal(buf_bytes(&buf), expected));
    buf_clear(&buf);
}

static void a_file_is_replaced_whole(void **state)
{
    struct error error = {0};
    struct stat status;
    mode_t mask = umask(077);
    (void)state;
    assert_true(file_write_atomic("a", BYTES("first"), 0644, &error));
    assert_file("a", BYTES("first"));
    assert_true(file_write_atomic("a", BYTES("sec\0ond"), 0640, &error));
    assert_file("a", BYTES("sec\0ond"));
    assert_int_equal(stat("a", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true(file_write_atomic("a", (struct bytes){0}, 0600, NULL));
    assert_file("a", BYTES(""));
    assert_int_equal(entry_count(), 1);
    umask(mask);
    unlink("a");
}

static void a_failed_replacement_leaves_nothing(void **state)
{
    struct error error = {0};
    (void)state;
    assert_false(file_write_atomic("missing/a", BYTES("x"), 0600, &error));
    assert_non_null(strstr(error.text, "missing/a"));
    assert_non_null(strstr(error.text, "No such file"));
    assert_int_equal(mkdir("taken", 0700), 0);
    assert_false(file_write_atomic("taken", BYTES("x"), 0600, &error));
    assert_non_null(strstr(error.text, "taken"));
    assert_int_equal(entry_count(), 1);
    assert_int_equal(rmdir("taken"), 0);
}

static void reading_has_a_limit(void **state)
{
    struct error error = {0};
    struct buf buf = {0};
    (void)state;
    assert_true(file_write_atomic("a", BYTES("0123456789"), 0600, &error));
    buf_append_text(&buf, "kept ");
    assert_true(file_read_all("a", &buf, 10, &error));
    assert_true(bytes_is(buf_bytes(&buf), "kept 0123456789"));
    assert_false(file_read_all("a", &buf, 9, &error));
    assert_non_null(strstr(error.text, "longer than 9 bytes"));
    assert_int_equal(buf.len, 15);
    assert_false(file_read_all("a", &buf, 0, NULL));
    assert_false(file_read_all("missing", &buf, 10, &error));
    assert_non_null(strstr(error.text, "can't open missing: No such file"));
    assert_false(file_read_all(".", &buf, 10, &error));
    assert_non_null(strstr(error.text, "directory"));
    assert_int_equal(buf.len, 15);
    buf_clear(&buf);
    unlink("a");
}

static void a_large_file_comes_whole(void **state)
{
    struct buf content = {0}, again = {0};
    struct error error = {0};
    (void)state;
    for (int i = 0; i < 50000; i++)
        buf_printf(&content, "line %d\n", i);
    assert_true(file_write_atomic("a", buf_bytes(&content), 0600, &error));
    assert_true(file_read_all("a", &again, content.len, &error));
    assert_true(bytes_equal(buf_bytes(&content), buf_bytes(&again)));
    buf_clear(&content);
    buf_clear(&again);
    unlink("a");
}

/* Its size is told as zero. */
static void a_file_without_a_size_is_read(void **state)
{
    struct buf buf = {0};
    (void)state;
    assert_true(file_read_all("/proc/self/status", &buf, 1 << 20, NULL));
    assert_true(bytes_starts_with(buf_bytes(&buf), BYTES("Name:")));
    buf_clear(&buf);
}

static void whether_a_file_can_be_written_is_told_without_making_it(void **state)
{
    struct error error;
    (void)state;
    assert_true(file_may_write("new", &error));
    assert_true(file_may_make("new", &error));
    assert_int_not_equal(access("new", F_OK), 0);
    assert_false(file_may_write(".", &error));
    assert_non_null(strstr(error.text, "Is a directory"));
    assert_false(file_may_write("missing/new", &error));
    assert_non_null(strstr(error.text, "No such file or directory"));
    assert_true(file_write_atomic("new", BYTES("x"), 0600, &error));
    assert_true(file_may_write("new", &error));
    assert_false(file_may_write("new/below", &error));
    assert_int_equal(unlink("new"), 0);
}

static void directories_are_synced(void **state)
{
    struct error error = {0};
    (void)state;
    assert_true(file_sync_directory_of("a", &error));
    assert_true(file_sync_directory_of("./a", &error));
    assert_true(file_sync_directory_of("/a", &error));
    assert_false(file_sync_directory_of("missing/a", &error));
    assert_non_null(strstr(error.text, "missing"));
}

static void a_temporary_file_takes_a_name(void **state)
{
    struct error error = {0};
    int fd = open("temporary", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)state;
    assert_true(file_write_all(fd, BYTES("content"), "temporary", &error));
    close(fd);
    assert_false(file_write_all(fd, BYTES("x"), "temporary", &error));
    assert_non_null(strstr(error.text, "can't write to temporary: "));
    assert_true(file_replace("temporary", "final", &error));
    assert_file("final", BYTES("content"));
    assert_false(file_replace("temporary", "final", &error));
    assert_int_equal(entry_count(), 1);
    unlink("final");
}

/* The lock belongs to the open file, so that a second one sees it as another process would. */
static void a_lock_is_held_once(void **state)
{
    struct error error = {0};
    int fd = file_lock("lock", &error), again;
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(file_lock("lock", &error), -1);
    assert_non_null(strstr(error.text, "lock is locked by another process"));
    close(fd);
    again = file_lock("lock", &error);
    assert_true(again >= 0);
    close(again);
    assert_int_equal(file_lock("missing/lock", &error), -1);
    unlink("lock");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole),
        cmocka_unit_test(a_failed_replacement_leaves_nothing),
        cmocka_unit_test(whether_a_file_can_be_written_is_told_without_making_it),
        cmocka_unit_test(reading_has_a_limit),
        cmocka_unit_test(a_large_file_comes_whole),
        cmocka_unit_test(a_file_without_a_size_is_read),
        cmocka_unit_test(directories_are_synced),
        cmocka_unit_test(a_temporary_file_takes_a_name),
        cmocka_unit_test(a_lock_is_held_once),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
