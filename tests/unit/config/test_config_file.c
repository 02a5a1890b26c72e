/* SPDX-License-Identifier: BSD-3-Clause */
/* Loading files: what wins, what adds up, what is included, and what is said about lines that are wrong. */
#include "base/alloc.h"
#include "base/buf.h"
#include "config/config_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct config *config;
    struct config_load *load;
};

static int begin(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture->config = config_new();
    fixture->load = config_load_new(fixture->config);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    config_load_free(fixture->load);
    config_free(fixture->config);
    free(fixture);
    return 0;
}

static void load_text(struct fixture *fixture, const char *text)
{
    config_load_text(fixture->load, "test.conf", bytes_of(text));
}

/* All problems so far, as they are printed. */
static void assert_problems(const struct fixture *fixture, const char *expected)
{
    struct buf out = {0};
    size_t count;
    const struct config_problem *problems = config_load_problems(fixture->load, &count);
    for (size_t i = 0; i < count; i++)
        config_problem_print(&problems[i], &out);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
}

static void assert_value(const struct fixture *fixture, const char *name, const char *expected)
{
    struct buf value = {0};
    config_print(fixture->config, config_find(bytes_of(name)), &value);
    assert_string_equal(buf_cstring(&value), expected);
    buf_clear(&value);
}

/* ---- what is loaded ---- */

static void later_lines_win(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "port 1\nPort 2\n\n# port 3\nmaxmemory 1gb");
    load_text(fixture, "MAXMEMORY 2gb\r\n");
    assert_problems(fixture, "");
    assert_int_equal(fixture->config->port, 2);
    assert_value(fixture, "maxmemory", "2147483648");
}

static void save_points_add_up_and_replace_the_defaults(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "save 900 1\nsave 300 10 60 10000\n");
    assert_value(fixture, "save", "900 1 300 10 60 10000");
    load_text(fixture, "save \"30 5\"\n");
    assert_value(fixture, "save", "900 1 300 10 60 10000 30 5");
    load_text(fixture, "save \"\"\n");
    assert_value(fixture, "save", "");
    load_text(fixture, "save 1 1\n");
    assert_value(fixture, "save", "1 1");
    assert_problems(fixture, "");
}

static void limits_of_other_classes_stay(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit replica 4 5 6\n");
    assert_value(fixture, "client-output-buffer-limit",
                 "normal 1 2 3 slave 4 5 6 pubsub 33554432 8388608 60");
}

static void renamed_commands_are_kept_in_order(void **state)
{
    struct fixture *fixture = *state;
    const struct config_renames *renames = &fixture->config->rename_command;
    load_text(fixture, "rename-command FLUSHALL \"\"\nrename-command CONFIG \"b840fc\" # secret\n");
    assert_problems(fixture, "");
    assert_int_equal(renames->count, 2);
    assert_string_equal(renames->items[0].from, "FLUSHALL");
    assert_string_equal(renames->items[0].to, "");
    assert_string_equal(renames->items[1].to, "b840fc");
}

/* The linker leads copies of texts through here. */
char *__real_mem_strdup(const char *text);
char *__wrap_mem_strdup(const char *text);

static size_t copies;

char *__wrap_mem_strdup(const char *text)
{
    copies++;
    return __real_mem_strdup(text);
}

static void no_line_of_a_user_copies_those_before_it(void **state)
{
    enum { COUNT = 2000 };
    struct fixture *fixture = *state;
    struct buf text = {0};
    copies = 0;
    for (int i = 0; i < COUNT; i++)
        buf_printf(&text, "user name%d on nopass\n", i);
    load_text(fixture, buf_cstring(&text));
    assert_int_equal(fixture->config->user.count, COUNT);
    assert_true(copies < COUNT);
    load_text(fixture, "user \"\"\nuser last on\n");
    assert_int_equal(fixture->config->user.count, 1);
    buf_clear(&text);
}

static void what_redis_reads_of_each_directive_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct buf text = {0};
    size_t count;
    /* Every default, written as it is shown and as it would be rewritten. */
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        if (directive->flags & CONFIG_FILE_ONLY)
            continue;
        if (directive->default_text[0] == '\0' && (directive->flags & CONFIG_WORDS))
            continue;
        const char *names[] = {directive->name, config_alias(directive)};
        for (size_t n = 0; n < 2 && names[n]; n++)
            buf_printf(&text, "%s \"%s\"\n", names[n], directive->default_text);
    }
    load_text(fixture, buf_cstring(&text));
    buf_clear(&text);
    assert_problems(fixture, "");
    (void)config_load_problems(fixture->load, &count);
    assert_int_equal(count, 0);
}

static void configurations_of_guides_load(void **state)
{
    static const char *const texts[] = {
        "# Network (Security)\n"
        "bind 127.0.0.1 ::1    # Localhost only\n"
        "port 6379\n"
        "# requirepass your_secure_redis_password\n"
        "rename-command FLUSHDB \"\"\n"
        "rename-command FLUSHALL \"\"\n"
        "rename-command CONFIG \"\"\n"
        "maxmemory 256mb\n"
        "maxmemory-policy allkeys-lru\n"
        "save 900 1\n"
        "save 300 10\n"
        "save 60 10000\n"
        "loglevel notice\n"
        "logfile /var/log/redis/redis-server.log\n"
        "tcp-backlog 511\n"
        "tcp-keepalive 300\n",
        "maxclients 10000\n"
        "tcp-backlog 511\n"
        "save \"\"\n"
        "appendonly no\n"
        "maxmemory 256mb\n"
        "maxmemory-policy allkeys-lru\n"
        "tcp-keepalive 300\n"
        "timeout 0\n",
        ("requirepass YourVeryStrong!Redis@Password#2024\n"
         "protected-mode yes\n"),
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        load_text(fixture, texts[i]);
    assert_problems(fixture, "");
    assert_value(fixture, "bind", "127.0.0.1 ::1");
    assert_string_equal(fixture->config->requirepass.data, "YourVeryStrong!Redis@Password#2024");
    assert_int_equal(fixture->config->rename_command.count, 3);
}

static void the_shipped_file_loads_as_it_is_and_with_all_lines_active(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = fopen("conf/sessiond.conf", "r");
    char line[512];
    size_t active_count = 0;
    assert_non_null(file);
    config_load_path(fixture->load, "conf/sessiond.conf");
    while (fgets(line, sizeof line, file)) {
        if (line[0] != '#' || line[1] < 'a' || line[1] > 'z')
            continue;
        load_text(fixture, line + 1);
        active_count++;
    }
    fclose(file);
    assert_problems(fixture, "");
    assert_true(active_count > 170);
}

/* ---- included files ---- */

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_files(const char *directory, const char *const *names)
{
    char path[256];
    for (; *names; names++) {
        snprintf(path, sizeof path, "%s/%s", directory, *names);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void files_include_files(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/tmp/sessiond-include-XXXXXX", text[256];
    assert_non_null(mkdtemp(directory));
    write_file(directory, "10.inc", "port 10\ntimeout 10\n");
    write_file(directory, "20.inc", "port 20\n");
    write_file(directory, "main.conf", "port 1\n");
    snprintf(text, sizeof text,
             "port 5\ninclude %s/*.inc\nhz 20\ninclude \"%s/main.conf\"\ninclude %s/*.none\n", directory,
             directory, directory);
    load_text(fixture, text);
    assert_problems(fixture, "");
    assert_int_equal(fixture->config->port, 1);
    assert_int_equal(fixture->config->timeout, 10);
    assert_int_equal(fixture->config->hz, 20);
    remove_files(directory, (const char *const[]){"10.inc", "20.inc", "main.conf", NULL});
}

static void a_file_that_includes_itself_ends(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/tmp/sessiond-include-XXXXXX", text[256];
    assert_non_null(mkdtemp(directory));
    snprintf(text, sizeof text, "include %s/a*\ninclude %s/a.conf\n", directory, directory);
    write_file(directory, "a.conf", text);
    snprintf(text, sizeof text, "%s/a.conf", directory);
    config_load_path(fixture->load, text);
    assert_non_null(config_load_error(fixture->load));
    assert_string_equal(config_load_error(fixture->load)->reason, "too many files are included");
    remove_files(directory, (const char *const[]){"a.conf", NULL});
}

static void problems_name_the_file_they_are_in(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/tmp/sessiond-include-XXXXXX", text[256];
    struct buf expected = {0};
    assert_non_null(mkdtemp(directory));
    write_file(directory, "a.conf", "\n\nport x\n");
    snprintf(text, sizeof text, "include %s/a.conf\nhz x\n", directory);
    load_text(fixture, text);
    buf_printf(&expected,
               "%s/a.conf:3:6: error: 'x': argument couldn't be parsed into an integer (write a whole "
               "number, from 0 to "
               "65535)\n"
               "test.conf:2:4: error: 'x': argument couldn't be parsed into an integer (write a whole "
               "number, from 1 to "
               "500)\n",
               directory);
    assert_problems(fixture, buf_cstring(&expected));
    buf_clear(&expected);
    remove_files(directory, (const char *const[]){"a.conf", NULL});
}

static void missing_files_are_errors(void **state)
{
    struct fixture *fixture = *state;
    config_load_path(fixture->load, "/no/such/file.conf");
    assert_non_null(config_load_error(fixture->load));
    assert_int_equal(config_load_error(fixture->load)->line, 0);
    assert_non_null(strstr(config_load_error(fixture->load)->reason, "No such file or directory"));
}

static void includes_can_be_forbidden(void **state)
{
    struct fixture *fixture = *state;
    config_load_forbid_includes(fixture->load);
    load_text(fixture, "include /etc/passwd\n");
    assert_problems(fixture, "test.conf:1:9: error: '/etc/passwd': include is not allowed here\n");
}

/* ---- problems ---- */

static void all_errors_are_collected_with_remedies(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "prot 7000\n"
                       "port 7000\n"
                       "  maxmemory 256 mb\n"
                       "loglevel notise # loud\n"
                       "port=7000\n"
                       "maxclients: 50\n"
                       "daemonize true\n"
                       "bindd\n"
                       "quite-unknown yes\n"
                       "logfile \"/var/log\n"
                       "appendonly yes\n"
                       "unixsocketperm 999\n"
                       "requirepass two words\n"
                       "sentinel monitor a\n"
                       "port\n");
    assert_problems(
        fixture,
        "test.conf:1:1: error: 'prot': Bad directive or wrong number of arguments (did you mean 'port'?)\n"
        "test.conf:3:13: error: '256 mb': wrong number of arguments (put a value with blanks between "
        "quotes)\n"
        "test.conf:4:10: error: 'notise': argument(s) must be one of the following: debug, verbose, notice, "
        "warning, "
        "nothing (did you mean 'notice'?)\n"
        "test.conf:5:1: error: 'port=7000': Bad directive or wrong number of arguments (write 'port' and its "
        "value with a "
        "blank between them)\n"
        "test.conf:6:1: error: 'maxclients:': Bad directive or wrong number of arguments (write 'maxclients' "
        "and its value "
        "with a blank between them)\n"
        "test.conf:7:11: error: 'true': argument must be 'yes' or 'no' (write yes or no)\n"
        "test.conf:8:1: error: 'bindd': Bad directive or wrong number of arguments (did you mean 'bind'?)\n"
        "test.conf:9:1: error: 'quite-unknown': Bad directive or wrong number of arguments (no such "
        "directive is known: "
        "remove the line)\n"
        "test.conf:10:1: error: Unbalanced quotes in configuration line (close the quote; between double "
        "quotes write \\\" "
        "for one)\n"
        "test.conf:11:12: error: 'yes': this version has no append-only file: only 'appendonly no' is "
        "accepted (remove the "
        "line)\n"
        "test.conf:12:16: error: '999': argument couldn't be parsed as an octal number (write permissions in "
        "octal, such "
        "as 700)\n"
        "test.conf:13:13: error: wrong number of arguments (put a value with blanks between quotes)\n"
        "test.conf:14:10: error: 'monitor a': sentinel directive while not in sentinel mode (start "
        "redis-sentinel with "
        "this file)\n"
        "test.conf:15:1: error: wrong number of arguments (write a whole number, from 0 to 65535)\n");
    assert_int_equal(fixture->config->port, 7000);
}

static void the_first_error_is_found_behind_warnings(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "activerehashing yes\nio-threads 4\nlua-replicate-commands yes\nport x\nport y\n");
    assert_int_equal(fixture->config->io_threads, 4);
    assert_int_equal(config_load_error(fixture->load)->line, 4);
    assert_string_equal(config_load_error(fixture->load)->text, "port x");
    assert_string_equal(config_load_error(fixture->load)->source, "test.conf");
}

static void what_never_has_an_effect_is_a_warning(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "activerehashing yes\nio-threads 4\ngopher-enabled no\nmasterauth x\n");
    assert_null(config_load_error(fixture->load));
    assert_problems(fixture,
                    "test.conf:2:12: warning: '4': this has no effect here (remove the line)\n"
                    "test.conf:3:16: warning: 'no': Gopher was removed in Redis 7.0. (remove the line)\n");
}

static bool refuse_user(void *context, const struct bytes *words, size_t count, struct error *error)
{
    (void)context, (void)words, (void)count;
    error_set(error, "no such user");
    return false;
}

static void secrets_are_not_shown(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = {0};
    size_t count;
    config_load_inspect(fixture->load, "user", refuse_user, NULL);
    load_text(fixture, "requirepass hush hush\nrequirepas hush\nuser alice on >hush\nmasterauth hush hush\n"
                       "requirepass \"hush\n");
    const struct config_problem *problems = config_load_problems(fixture->load, &count);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        config_problem_print(&problems[i], &out);
        assert_null(strstr(problems[i].text, "hush"));
        assert_null(strstr(buf_cstring(&out), "hush"));
    }
    buf_clear(&out);
}

/* ---- inspectors ---- */

static bool refuse_config(void *context, const struct bytes *words, size_t count, struct error *error)
{
    ++*(int *)context;
    if (count == 0 || !bytes_is_nocase(words[0], "config"))
        return true;
    error_set(error, "No such command in rename-command");
    return false;
}

static void lines_are_inspected_before_they_count(void **state)
{
    struct fixture *fixture = *state;
    int calls = 0;
    config_load_inspect(fixture->load, "rename-command", refuse_config, &calls);
    load_text(fixture, "rename-command GET x\nrename-command CONFIG y\nport 1\n");
    assert_int_equal(calls, 2);
    assert_int_equal(fixture->config->rename_command.count, 1);
    assert_string_equal(config_load_error(fixture->load)->reason, "No such command in rename-command");
}

/* ---- what shows at the end ---- */

static void the_last_line_of_a_directive_is_to_blame(void **state)
{
    struct fixture *fixture = *state;
    load_text(fixture, "tls-cert-file one.pem\nport x\n  TLS-cert-file  two.pem\ntls-key-file-pass hush\n");
    assert_true(config_load_blame(fixture->load, "tls-cert-file", false, "no such file", "name one"));
    assert_true(config_load_blame(fixture->load, "tls-key-file-pass", true, "it is too short", ""));
    assert_false(config_load_blame(fixture->load, "tls-key-file", false, "nobody set it", ""));
    assert_problems(fixture, "test.conf:2:6: error: 'x': argument couldn't be parsed into an integer "
                             "(write a whole number, from 0 to 65535)\n"
                             "test.conf:3:18: error: 'two.pem': no such file (name one)\n"
                             "test.conf:4:19: warning: it is too short\n");
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(later_lines_win),
        FILE_TEST(save_points_add_up_and_replace_the_defaults),
        FILE_TEST(limits_of_other_classes_stay),
        FILE_TEST(renamed_commands_are_kept_in_order),
        FILE_TEST(no_line_of_a_user_copies_those_before_it),
        FILE_TEST(what_redis_reads_of_each_directive_is_read),
        FILE_TEST(configurations_of_guides_load),
        FILE_TEST(the_shipped_file_loads_as_it_is_and_with_all_lines_active),
        FILE_TEST(files_include_files),
        FILE_TEST(a_file_that_includes_itself_ends),
        FILE_TEST(problems_name_the_file_they_are_in),
        FILE_TEST(missing_files_are_errors),
        FILE_TEST(includes_can_be_forbidden),
        FILE_TEST(all_errors_are_collected_with_remedies),
        FILE_TEST(the_first_error_is_found_behind_warnings),
        FILE_TEST(what_never_has_an_effect_is_a_warning),
        FILE_TEST(secrets_are_not_shown),
        FILE_TEST(lines_are_inspected_before_they_count),
        FILE_TEST(the_last_line_of_a_directive_is_to_blame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
