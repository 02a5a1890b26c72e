/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line becomes lines of a configuration file: `--port 7000 --save ""` the lines `port "7000"` and
 * `save ""`. So a directive means the same in both places, and what is wrong is found by the same code. */
#include "options.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/split.h"
#include "certificates.h"
#include "commands/families.h"
#include "engine/server.h"
#include "startup_check.h"
#include "users_check.h"
#include "version.h"
#include <limits.h>
#include <unistd.h>

#define COMMAND_LINE "command line"

/* ---- taking it apart ---- */

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] == '-';
}

/* "--port" alone, in contrast to "--port 7000" as one argument. */
static bool is_bare_name(const char *argument)
{
    struct split split;
    bool is_bare = !split_arguments(bytes_of(argument), &split) || split.count == 1;
    split_clear(&split);
    return is_bare;
}

/* Whoever builds a command line from an empty list of save points says `--save` and goes on with the next
 * option: that means none. The other directives take the next argument as their value even if it begins with
 * dashes. */
static bool is_empty_save(int argc, char **argv, int index)
{
    return strcasecmp(argv[index], "--save") == 0 && (index == argc - 1 || is_option(argv[index + 1]));
}

static void add_directives(struct options *options, int argc, char **argv, int first)
{
    struct buf *out = &options->directives;
    bool awaits_value = false;
    for (int i = first; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0 && (i == 1 || i == argc - 1)) {
            options->reads_standard_input = true;
        } else if (!awaits_value && is_option(argv[i])) {
            if (out->len > 0)
                buf_append_char(out, '\n');
            buf_append_text(out, argv[i] + 2);
            buf_append_text(out, is_empty_save(argc, argv, i) ? " \"\"" : " ");
            awaits_value = is_bare_name(argv[i]) && !is_empty_save(argc, argv, i);
        } else {
            buf_append_quoted(out, bytes_of(argv[i]));
            buf_append_char(out, ' ');
            awaits_value = false;
        }
    }
}

/* Scripts read the answers of a program that they call redis-server. */
static bool is_redis_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strncmp(slash ? slash + 1 : program, "redis", strlen("redis")) == 0;
}

/* `--check-rdb FILE [--salvage OUT]` */
static void read_rdb_options(struct options *options, int argc, char **argv)
{
    bool salvages = argc == 5 && strcmp(argv[3], "--salvage") == 0;
    if (argc != 3 && !salvages)
        return;
    options->rdb_path = argv[2];
    options->salvage_path = salvages ? argv[4] : NULL;
}

void options_init(struct options *options, int argc, char **argv)
{
    static const struct {
        const char *word;
        enum options_action action;
    } actions[] = {
        {"-v", OPTIONS_VERSION},
        {"--version", OPTIONS_VERSION},
        {"-h", OPTIONS_HELP},
        {"--help", OPTIONS_HELP},
        {"--test-memory", OPTIONS_MEMORY_TEST},
        {"--check", OPTIONS_CHECK},
        {"--gen-password", OPTIONS_GEN_PASSWORD},
        {"--check-rdb", OPTIONS_CHECK_RDB},
    };

    *options = (struct options){.action = OPTIONS_RUN, .is_called_redis = argc > 0 && is_redis_name(argv[0])};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0] && argc > 1; i++)
        if (strcmp(argv[1], actions[i].word) == 0)
            options->action = actions[i].action;
    if (options->action == OPTIONS_CHECK_RDB)
        read_rdb_options(options, argc, argv);
    if (options->action == OPTIONS_CHECK || options->action == OPTIONS_GEN_PASSWORD) {
        argc--;
        argv++;
    } else if (options->action != OPTIONS_RUN) {
        return;
    }
    int first = 1;
    if (argc > 1 && argv[1][0] != '-')
        options->path = argv[first++];
    add_directives(options, argc, argv, first);
}

void options_clear(struct options *options)
{
    buf_clear(&options->directives);
}

/* ---- loading ---- */

/* The file is found again by CONFIG REWRITE when the server has moved to its directory. */
static char *make_absolute(const char *path)
{
    char directory[PATH_MAX];
    struct buf absolute = {0};
    if (path[0] != '/' && getcwd(directory, sizeof directory))
        buf_printf(&absolute, "%s/", directory);
    buf_append_text(&absolute, path);
    char *result = mem_strdup(buf_cstring(&absolute));
    buf_clear(&absolute);
    return result;
}

/* Renames commands in a registry that is there for this alone: so --check finds a wrong name too. */
static bool try_rename(void *context, const struct bytes *words, size_t count, struct error *error)
{
    struct registry *registry = context;
    if (count != 2)
        return true; /* an error anyway */
    if (registry_rename(registry, words[0], words[1]))
        return true;
    error_set(error, !registry_find(registry, words[0]) ? "No such command in rename-command"
                                                        : "Target command name already exists");
    return false;
}

void options_load(const struct options *options, struct config *config, struct config_load *load)
{
    struct registry *registry = registry_new(command_families, command_family_count);
    config_load_inspect(load, "rename-command", try_rename, registry);
    struct users_check *users = users_check_new(config, registry, load);
    if (options->path) {
        config->path = make_absolute(options->path);
        config->include_directory = make_absolute("");
        config_load_path(load, options->path);
    }
    if (options->reads_standard_input)
        config_load_standard_input(load);
    config_load_text(load, COMMAND_LINE, buf_bytes(&options->directives));
    certificates_check(config, load);
    if (options->action != OPTIONS_GEN_PASSWORD)
        startup_check(config, load);
    users_check_end(users);
    registry_free(registry);
}

/* ---- answers ---- */

static const char help[] =
    "Usage: sessiond [FILE] [--DIRECTIVE VALUE ...] [-]\n"
    "       sessiond --check [FILE] [--DIRECTIVE VALUE ...] [-]\n"
    "       sessiond --check-rdb FILE [--salvage OUT]\n"
    "       sessiond --gen-password [FILE] [--port PORT]\n"
    "       sessiond --version | --help\n"
    "\n"
    "Serves sessions, caches and messages to Redis clients. FILE is a configuration file such as\n"
    "redis.conf; - reads one from the standard input. Every directive can be given as an option,\n"
    "and wins over the files.\n"
    "\n"
    "  --check         say everything for which a start would be refused, and don't start\n"
    "  --check-rdb     say what is in a snapshot file, and where it is damaged; the exit code is 0\n"
    "                  for a whole one, 1 for a damaged one, 2 for one that sessiond doesn't load all of.\n"
    "                  --salvage writes all that can be read to a new file\n"
    "  --gen-password  print a new password: as a line for FILE, and for an application's environment\n"
    "  --version       show versions\n"
    "  --help          show this\n"
    "\n"
    "  sessiond /etc/sessiond/sessiond.conf\n"
    "  sessiond --port 7000 --maxmemory 256mb --maxmemory-policy allkeys-lru --save \"\"\n";

void options_print_answer(const struct options *options, struct buf *out)
{
    switch (options->action) {
    case OPTIONS_VERSION:
        if (options->is_called_redis)
            buf_printf(out, "Redis server v=%s sha=%s:0 malloc=%s bits=%zu build=0 sessiond=%s\n",
                       REDIS_VERSION, version_commit, mem_allocator_name(), sizeof(void *) * CHAR_BIT,
                       SESSIOND_VERSION);
        else
            buf_printf(out, "sessiond server v=%s redis=%s sha=%s malloc=%s bits=%zu\n", SESSIOND_VERSION,
                       REDIS_VERSION, version_commit, mem_allocator_name(), sizeof(void *) * CHAR_BIT);
        break;
    case OPTIONS_HELP:
        buf_append_text(out, help);
        break;
    case OPTIONS_MEMORY_TEST:
        buf_append_text(out, "sessiond has no memory test; memtester and memtest86+ do it better.\n");
        break;
    case OPTIONS_RUN:
    case OPTIONS_CHECK:
    case OPTIONS_GEN_PASSWORD:
    case OPTIONS_CHECK_RDB:
        break;
    }
}

static void append_count(struct buf *out, size_t count, const char *what)
{
    buf_printf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

void options_print_check(const struct options *options, const struct config_load *load, struct buf *out)
{
    size_t count, error_count = 0;
    const struct config_problem *problems = config_load_problems(load, &count);
    for (size_t i = 0; i < count; i++) {
        config_problem_print(&problems[i], out);
        error_count += !problems[i].is_warning;
    }
    buf_printf(out, "%s: ", options->path ? options->path : COMMAND_LINE);
    append_count(out, error_count, "error");
    buf_append_text(out, ", ");
    append_count(out, count - error_count, "warning");
    buf_append_char(out, '\n');
}

static void append_fatal_heading(struct buf *out)
{
    buf_printf(out, "\n*** FATAL CONFIG FILE ERROR (Redis %s) ***\n", REDIS_VERSION);
}

void options_print_error(const char *reason, struct buf *out)
{
    append_fatal_heading(out);
    buf_printf(out, "%s\n", reason);
}

static void append_remedy(const struct config_problem *problem, struct buf *out)
{
    if (problem->remedy[0] != '\0')
        buf_printf(out, "Remedy: %s\n", problem->remedy);
}

void options_print_fatal(const struct options *options, const struct config_problem *problem, struct buf *out)
{
    bool is_included = strcmp(problem->source, COMMAND_LINE) != 0 &&
                       (!options->path || strcmp(problem->source, options->path) != 0);
    append_fatal_heading(out);
    if (problem->line == 0) {
        buf_printf(out, "%s\n", problem->reason);
        append_remedy(problem, out);
        return;
    }
    buf_append_text(out, "Reading the configuration file");
    if (is_included)
        buf_printf(out, " %s", problem->source);
    buf_printf(out, ", at line %zu\n>>> '%s'\n%s\n", problem->line, problem->text, problem->reason);
    append_remedy(problem, out);
}
