/* SPDX-License-Identifier: BSD-3-Clause */
/* The same bytes from a file, from memory and through a pipe, and to where they go. */
#include "base/file.h"
#include "base/stream.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64], path[128];

/* All from `offset` on, three bytes at a time. */
static void assert_rest(struct source *source, uint64_t offset, const char *expected)
{
    char text[64] = "";
    size_t len = 0;
    ssize_t count;
    while ((count = source_read(source, offset + len, text + len, 3)) > 0) {
        assert_in_range(count, 1, 3);
        len += (size_t)count;
    }
    assert_int_equal(count, 0);
    assert_string_equal(text, expected);
}

static void a_file_is_read_from_anywhere(void **state)
{
    (void)state;
    struct source source;
    struct error error;
    assert_true(file_write_atomic(path, BYTES("some bytes"), 0600, &error));
    assert_true(source_open_file(&source, path, &error));
    assert_int_equal(source.size, 10);
    assert_rest(&source, 0, "some bytes");
    assert_rest(&source, 5, "bytes");
    assert_rest(&source, 100, "");
    source_close(&source);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct source source;
    struct error error;
    assert_false(source_open_file(&source, directory, &error));
    assert_int_equal(errno, EINVAL);
    assert_non_null(strstr(error.text, "is not a regular file"));
    assert_false(source_open_file(&source, "/nonexistent/file", &error));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(error.text, "can't open /nonexistent/file: No such file or directory");
    char fifo[160];
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_false(source_open_file(&source, fifo, &error));
    assert_int_equal(unlink(fifo), 0);
}

static void memory_is_read_where_it_lies(void **state)
{
    (void)state;
    struct source source;
    struct bytes bytes = BYTES("in memory");
    source_of_bytes(&source, bytes);
    assert_int_equal(source.size, 9);
    assert_ptr_equal(source.memory.data, bytes.data);
    assert_rest(&source, 3, "memory");
    assert_rest(&source, 9, "");
    source_close(&source);
    source_of_bytes(&source, (struct bytes){NULL, 0});
    assert_rest(&source, 0, "");
}

static void a_pipe_goes_forward_to_an_end_that_nobody_knows(void **state)
{
    (void)state;
    struct source source;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "through", 7), 7);
    close(ends[1]);
    source_of_pipe(&source, ends[0]);
    assert_true(source.size == SOURCE_SIZE_UNKNOWN);
    assert_rest(&source, 0, "through");
    source_close(&source);
    assert_int_equal(close(ends[0]), 0);
}

static void a_file_takes_what_is_written(void **state)
{
    (void)state;
    struct file_sink file;
    struct error error;
    struct buf content = {0}, large = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    file_sink_init(&file, fd, path);
    assert_true(sink_write(&file.sink, BYTES("one "), &error));
    assert_true(sink_write(&file.sink, BYTES("two"), &error));
    /* So much that the system is asked to begin. */
    buf_reserve(&large, (size_t)9 << 20);
    memset(large.data, 'z', (size_t)9 << 20);
    large.len = (size_t)9 << 20;
    assert_true(sink_write(&file.sink, buf_bytes(&large), &error));
    assert_int_equal(file.written, 7 + large.len);
    close(fd);
    assert_true(file_read_all(path, &content, (size_t)10 << 20, &error));
    assert_int_equal(content.len, 7 + large.len);
    assert_memory_equal(content.data, "one twoz", 8);
    /* A descriptor that can't be written. */
    file_sink_init(&file, -1, path);
    assert_false(sink_write(&file.sink, BYTES("x"), &error));
    assert_non_null(strstr(error.text, path));
    buf_clear(&content);
    buf_clear(&large);
}

static void a_buffer_takes_what_is_written(void **state)
{
    (void)state;
    struct buf_sink sink;
    struct buf buf = {0};
    struct error error;
    buf_sink_init(&sink, &buf);
    assert_true(sink_write(&sink.sink, BYTES("one "), &error));
    assert_true(sink_write(&sink.sink, BYTES("two"), &error));
    assert_string_equal(buf_cstring(&buf), "one two");
    assert_false(sink_write(&sink.sink, bytes_make("", SIZE_MAX / 2), &error));
    assert_string_equal(buf_cstring(&buf), "one two");
    buf_clear(&buf);
}

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/test_stream.XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(path, sizeof path, "%s/file", directory);
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
        cmocka_unit_test(a_file_is_read_from_anywhere),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(memory_is_read_where_it_lies),
        cmocka_unit_test(a_pipe_goes_forward_to_an_end_that_nobody_knows),
        cmocka_unit_test(a_file_takes_what_is_written),
        cmocka_unit_test(a_buffer_takes_what_is_written),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
