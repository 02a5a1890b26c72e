/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line, with redis-server's ways of reading it. */
#include "app/options.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENT_COUNT_MAX = 16 };

/* Takes the words apart; "sessiond" goes before them. */
static void init(struct options *options, char *const *words)
{
    static char *argv[ARGUMENT_COUNT_MAX];
    int argc = 0;
    argv[argc++] = "sessiond";
    while (*words)
        argv[argc++] = *words++;
    argv[argc] = NULL;
    options_init(options, argc, argv);
}

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})

static void assert_directives(char *const *words, const char *expected)
{
    struct options options;
    init(&options, words);
    assert_int_equal(options.action, OPTIONS_RUN);
    assert_string_equal(buf_cstring(&options.directives), expected);
    options_clear(&options);
}

static void options_become_lines(void **state)
{
    (void)state;
    assert_directives((char *[]){NULL}, "");
    assert_directives(WORDS("--port", "7000"), "port \"7000\" ");
    assert_directives(WORDS("--port 7000", "--hz", "20"), "port 7000 \nhz \"20\" ");
    assert_directives(WORDS("--bind", "127.0.0.1", "::1"), "bind \"127.0.0.1\" \"::1\" ");
    assert_directives(WORDS("--requirepass", "two \"words\""), "requirepass \"two \\\"words\\\"\" ");
    assert_directives(WORDS("--port=7000"), "port=7000 ");
}

static void a_value_may_begin_with_dashes(void **state)
{
    (void)state;
    assert_directives(WORDS("--requirepass", "--x", "--port", "1"), "requirepass \"--x\" \nport \"1\" ");
    assert_directives(WORDS("--slowlog-log-slower-than", "-1"), "slowlog-log-slower-than \"-1\" ");
}

static void save_without_a_value_saves_never(void **state)
{
    (void)state;
    assert_directives(WORDS("--save", ""), "save \"\" ");
    assert_directives(WORDS("--save"), "save \"\"");
    assert_directives(WORDS("--save", "--port", "7000"), "save \"\"\nport \"7000\" ");
    assert_directives(WORDS("--save", "900", "1", "--port", "7000"), "save \"900\" \"1\" \nport \"7000\" ");
    assert_directives(WORDS("--requirepass", "--save", "--hz", "1"), "requirepass \"--save\" \nhz \"1\" ");
}

static void the_first_word_may_be_a_file(void **state)
{
    struct options options;
    (void)state;
    init(&options, WORDS("redis.conf", "--port", "7000"));
    assert_string_equal(options.path, "redis.conf");
    assert_false(options.reads_standard_input);
    options_clear(&options);
    init(&options, WORDS("--port", "7000"));
    assert_null(options.path);
    options_clear(&options);
}

static void a_dash_first_or_last_is_the_standard_input(void **state)
{
    struct options options;
    (void)state;
    init(&options, WORDS("-"));
    assert_true(options.reads_standard_input);
    assert_null(options.path);
    options_clear(&options);
    init(&options, WORDS("redis.conf", "--port", "7000", "-"));
    assert_true(options.reads_standard_input);
    assert_string_equal(buf_cstring(&options.directives), "port \"7000\" ");
    options_clear(&options);
    init(&options, WORDS("redis.conf", "--logfile", "-", "--port", "7000"));
    assert_false(options.reads_standard_input);
    options_clear(&options);
}

static void questions_are_asked_by_the_first_word(void **state)
{
    static const struct {
        char *word;
        enum options_action action;
    } cases[] = {
        {"-v", OPTIONS_VERSION},  {"--version", OPTIONS_VERSION},         {"-h", OPTIONS_HELP},
        {"--help", OPTIONS_HELP}, {"--test-memory", OPTIONS_MEMORY_TEST}, {"--port", OPTIONS_RUN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options options;
        init(&options, WORDS(cases[i].word, "1"));
        assert_int_equal(options.action, cases[i].action);
        options_clear(&options);
    }
}

static void check_takes_what_a_start_takes(void **state)
{
    struct options options;
    (void)state;
    init(&options, WORDS("--check", "redis.conf", "--port", "7000"));
    assert_int_equal(options.action, OPTIONS_CHECK);
    assert_string_equal(options.path, "redis.conf");
    assert_string_equal(buf_cstring(&options.directives), "port \"7000\" ");
    options_clear(&options);
    init(&options, WORDS("--check", "-"));
    assert_true(options.reads_standard_input);
    options_clear(&options);
}

/* ---- loading ---- */

static void assert_loaded(char *const *words, const char *fatal, const char *check)
{
    struct config *config = config_new();
    struct config_load *load = config_load_new(config);
    struct options options;
    struct buf out = {0};
    init(&options, words);
    options_load(&options, config, load);
    if (config_load_error(load))
        options_print_fatal(&options, config_load_error(load), &out);
    assert_string_equal(buf_cstring(&out), fatal);
    out.len = 0;
    options_print_check(&options, load, &out);
    assert_string_equal(buf_cstring(&out), check);
    buf_clear(&out);
    options_clear(&options);
    config_load_free(load);
    config_free(config);
}

static void errors_are_told_as_redis_tells_them(void **state)
{
    (void)state;
    assert_loaded(WORDS("--hz", "5", "--prot", "7"),
                  "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                  "Reading the configuration file, at line 2\n"
                  ">>> 'prot \"7\"'\n"
                  "Bad directive or wrong number of arguments\n"
                  "Remedy: did you mean 'port'?\n",
                  "command line:2:1: error: 'prot': Bad directive or wrong number of arguments (did you mean "
                  "'port'?)\n"
                  "command line: 1 error, 0 warnings\n");
    assert_loaded(WORDS("/no/such/file.conf", "--io-threads", "4", "--activedefrag", "yes"),
                  "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                  "can't open /no/such/file.conf: No such file or directory\n",
                  "/no/such/file.conf: error: can't open /no/such/file.conf: No such file or directory\n"
                  "command line:1:12: warning: '\"4\"': this has no effect here (remove the line)\n"
                  "command line:2:14: warning: '\"yes\"': this has no effect here (remove the line)\n"
                  "/no/such/file.conf: 1 error, 2 warnings\n");
}

static void renamed_commands_must_exist_and_not_meet(void **state)
{
    (void)state;
    assert_loaded(WORDS("--rename-command", "GET", "SET"),
                  "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                  "Reading the configuration file, at line 1\n"
                  ">>> 'rename-command \"GET\" \"SET\"'\n"
                  "Target command name already exists\n"
                  "Remedy: write a command and its new name, or \"\"\n",
                  "command line:1:16: error: '\"GET\" \"SET\"': Target command name already exists (write a "
                  "command and "
                  "its new name, or \"\")\n"
                  "command line: 1 error, 0 warnings\n");
    assert_loaded(WORDS("--rename-command", "NOSUCH", "", "--rename-command", "GET", "x", "--rename-command",
                        "SET", "GET"),
                  "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                  "Reading the configuration file, at line 1\n"
                  ">>> 'rename-command \"NOSUCH\" \"\"'\n"
                  "No such command in rename-command\n"
                  "Remedy: write a command and its new name, or \"\"\n",
                  "command line:1:16: error: '\"NOSUCH\" \"\"': No such command in rename-command (write a "
                  "command and its "
                  "new name, or \"\")\n"
                  "command line: 1 error, 0 warnings\n");
}

static void the_command_line_wins_over_the_file(void **state)
{
    char path[] = "/tmp/sessiond-options-XXXXXX", directory[256];
    struct config *config = config_new();
    struct config_load *load = config_load_new(config);
    struct options options;
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "port 1\nhz 20\n", 13), 13);
    close(fd);
    assert_non_null(getcwd(directory, sizeof directory));
    assert_int_equal(chdir("/tmp"), 0);
    init(&options, WORDS(path + strlen("/tmp/"), "--port", "2"));
    options_load(&options, config, load);
    assert_int_equal(chdir(directory), 0);
    assert_null(config_load_error(load));
    assert_int_equal(config->port, 2);
    assert_int_equal(config->hz, 20);
    assert_string_equal(config->path, path);
    assert_int_equal(unlink(path), 0);
    options_clear(&options);
    config_load_free(load);
    config_free(config);
}

/* ---- answers ---- */

static void the_version_is_one_line_that_tools_can_read(void **state)
{
    struct options options;
    struct buf out = {0};
    (void)state;
    init(&options, WORDS("--version"));
    options_print_answer(&options, &out);
    assert_ptr_equal(strstr(buf_cstring(&out), "sessiond server v="), out.data);
    assert_non_null(strstr(out.data, " redis=7.2."));
    assert_non_null(strstr(out.data, " sha="));
    assert_non_null(strstr(out.data, " malloc="));
    assert_non_null(strstr(out.data, " bits=64\n"));
    buf_clear(&out);
    options_clear(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_become_lines),
        cmocka_unit_test(a_value_may_begin_with_dashes),
        cmocka_unit_test(save_without_a_value_saves_never),
        cmocka_unit_test(the_first_word_may_be_a_file),
        cmocka_unit_test(a_dash_first_or_last_is_the_standard_input),
        cmocka_unit_test(questions_are_asked_by_the_first_word),
        cmocka_unit_test(check_takes_what_a_start_takes),
        cmocka_unit_test(errors_are_told_as_redis_tells_them),
        cmocka_unit_test(renamed_commands_must_exist_and_not_meet),
        cmocka_unit_test(the_command_line_wins_over_the_file),
        cmocka_unit_test(the_version_is_one_line_that_tools_can_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
