/* SPDX-License-Identifier: BSD-3-Clause */
/* The log: its lines, its levels, its file. */
#include "base/file.h"
#include "base/log.h"
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/test_log.XXXXXX";
static char path[64], rotated_path[64];
static struct buf content;

static int open_log(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_NOTICE);
    log_set_role(LOG_ROLE_PRIMARY);
    return !log_open(path, NULL);
}

static int remove_log(void **state)
{
    (void)state;
    unlink(path);
    unlink(rotated_path);
    return 0;
}

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return 1;
    (void)snprintf(path, sizeof path, "%s/log", directory);
    (void)snprintf(rotated_path, sizeof rotated_path, "%s/log.1", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    buf_clear(&content);
    return rmdir(directory);
}

static const char *read_log(const char *name)
{
    content.len = 0;
    assert_true(file_read_all(name, &content, 1 << 24, NULL));
    return buf_cstring(&content);
}

static void assert_log_matches(const char *pattern)
{
    const char *text = read_log(path);
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0)
        fail_msg("%s doesn't match %s", text, pattern);
    regfree(&regex);
}

#define HEAD "[0-9]+:%c [0-3][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3} "

static void a_line_has_pid_role_time_and_level(void **state)
{
    char pattern[256];
    (void)state;
    log_notice("hello %s", "world");
    (void)snprintf(pattern, sizeof pattern, "^%d:M [0-9 A-Za-z:.]+ \\* hello world\n$", (int)getpid());
    assert_log_matches(pattern);
    (void)snprintf(pattern, sizeof pattern, "^" HEAD "\\* hello world\n$", 'M');
    assert_log_matches(pattern);
}

static void levels_and_roles_have_their_letters(void **state)
{
    char pattern[1024];
    (void)state;
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("a");
    log_set_role(LOG_ROLE_REPLICA);
    log_verbose("b");
    log_set_role(LOG_ROLE_SENTINEL);
    log_notice("c");
    log_set_role(LOG_ROLE_CHILD);
    log_warning("d");
    (void)snprintf(pattern, sizeof pattern, "^" HEAD "\\. a\n" HEAD "- b\n" HEAD "\\* c\n" HEAD "# d\n$", 'M',
                   'S', 'X', 'C');
    assert_log_matches(pattern);
}

static void lower_levels_are_dropped(void **state)
{
    (void)state;
    assert_int_equal(log_level(), LOG_LEVEL_NOTICE);
    log_verbose("no");
    log_raw(LOG_LEVEL_DEBUG, BYTES("no"));
    log_set_level(LOG_LEVEL_WARNING);
    log_notice("no");
    log_set_level(LOG_LEVEL_NOTHING);
    log_warning("no");
    log_raw(LOG_LEVEL_WARNING, BYTES("no"));
    assert_string_equal(read_log(path), "");
    log_raw_from_handler(BYTES("yes"));
    assert_string_equal(read_log(path), "yes");
}

static void raw_text_is_left_as_it_is(void **state)
{
    static char text[5000];
    (void)state;
    memset(text, 'x', sizeof text);
    log_raw(LOG_LEVEL_WARNING, bytes_make(text, sizeof text));
    log_raw(LOG_LEVEL_WARNING, BYTES("\nend"));
    assert_int_equal(strlen(read_log(path)), sizeof text + 4);
}

static void a_long_line_is_cut(void **state)
{
    const char *text;
    (void)state;
    log_notice("%02000d", 0);
    text = strstr(read_log(path), "* ");
    assert_int_equal(strlen(text), 2 + LOG_MESSAGE_SIZE - 1 + 1);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void a_rotated_file_is_left_behind(void **state)
{
    struct stat status;
    mode_t mask = umask(022);
    (void)state;
    log_notice("before");
    assert_int_equal(rename(path, rotated_path), 0);
    log_notice("after");
    umask(mask);
    assert_non_null(strstr(read_log(path), "after"));
    assert_null(strstr(read_log(path), "before"));
    assert_non_null(strstr(read_log(rotated_path), "before"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

static void a_file_that_cannot_be_opened_is_refused(void **state)
{
    struct error error = {0};
    char long_path[6000];
    (void)state;
    assert_false(log_open("/nonexistent/log", &error));
    assert_string_equal(error.text, "Can't open the log file: No such file or directory (/nonexistent/log)");
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_false(log_open(long_path, &error));
    log_notice("still here");
    assert_non_null(strstr(read_log(path), "still here"));
}

static void an_empty_path_means_stdout(void **state)
{
    int kept = dup(STDOUT_FILENO);
    FILE *file = fopen(path, "w");
    (void)state;
    assert_non_null(file);
    assert_true(log_open("", NULL));
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    log_notice("to stdout");
    log_notice("and again");
    dup2(kept, STDOUT_FILENO);
    close(kept);
    fclose(file);
    assert_non_null(strstr(read_log(path), "to stdout"));
    assert_non_null(strstr(read_log(path), "and again"));
}

static void *log_much(void *letter)
{
    for (int i = 0; i < 500; i++)
        log_notice("%0100d%c", 0, *(char *)letter);
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    pthread_t threads[3];
    char letters[] = "abc";
    int count = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_much, &letters[i]), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (const char *line = read_log(path), *end; *line != '\0'; line = end + 1, count++) {
        end = strchr(line, '\n');
        assert_non_null(end);
        assert_in_range(end[-1], 'a', 'c');
        assert_int_equal(strspn(strstr(line, "* ") + 2, "0"), 100);
    }
    assert_int_equal(count, 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_pid_role_time_and_level, open_log, remove_log),
        cmocka_unit_test_setup_teardown(levels_and_roles_have_their_letters, open_log, remove_log),
        cmocka_unit_test_setup_teardown(lower_levels_are_dropped, open_log, remove_log),
        cmocka_unit_test_setup_teardown(raw_text_is_left_as_it_is, open_log, remove_log),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut, open_log, remove_log),
        cmocka_unit_test_setup_teardown(a_rotated_file_is_left_behind, open_log, remove_log),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_opened_is_refused, open_log, remove_log),
        cmocka_unit_test_setup_teardown(an_empty_path_means_stdout, open_log, remove_log),
        cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, open_log, remove_log),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
