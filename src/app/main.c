/* SPDX-License-Identifier: BSD-3-Clause */
/* From the command line to the tick and back. */
#include "base/clock.h"
#include "base/crypto_memory.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "boot.h"
#include "core_dump.h"
#include "crash_report.h"
#include "daemon.h"
#include "descriptors.h"
#include "library_trial.h"
#include "options.h"
#include "password.h"
#include "persist/rdb_check.h"
#include "reload.h"
#include "service_manager.h"
#include "shutdown.h"
#include "signals.h"
#include "startup.h"
#include "title.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of a server in the background that was given none. */
#define DEFAULT_PIDFILE "/var/run/redis.pid"

/* Writes the text to the stream and frees it. */
static void print(FILE *stream, struct buf *text)
{
    (void)fwrite(text->data, 1, text->len, stream);
    buf_clear(text);
}

/* What the codes mean, --help says. */
static int check_rdb(const struct options *options)
{
    struct buf text = {0};
    if (!options->rdb_path) {
        buf_append_text(&text, "Usage: sessiond --check-rdb FILE [--salvage OUT]\n");
        print(stderr, &text);
        return EXIT_FAILURE;
    }
    struct server *server = NULL;
    const struct rdb_check_libraries libraries = {.add = library_trial_add, .context = &server};
    enum rdb_checked result = rdb_check(options->rdb_path, options->salvage_path, &libraries, &text);
    library_trial_end(server);
    print(stdout, &text);
    return (int)result;
}

/* Answers --version and the like, --check, or an error of the configuration; the result is the exit code. */
static int answer(const struct options *options, const struct config *config, const struct config_load *load)
{
    const struct config_problem *error = config_load_error(load);
    struct buf text = {0};
    switch (options->action) {
    case OPTIONS_CHECK:
        options_print_check(options, load, &text);
        print(stdout, &text);
        break;
    case OPTIONS_GEN_PASSWORD:
        if (error)
            options_print_fatal(options, error, &text);
        else
            password_print_new(config->port, &text);
        print(error ? stderr : stdout, &text);
        break;
    case OPTIONS_CHECK_RDB:
        return check_rdb(options);
    case OPTIONS_RUN:
        options_print_fatal(options, error, &text);
        print(stderr, &text);
        break;
    case OPTIONS_VERSION:
    case OPTIONS_HELP:
    case OPTIONS_MEMORY_TEST:
        options_print_answer(options, &text);
        print(stdout, &text);
        break;
    }
    return error || options->action == OPTIONS_MEMORY_TEST ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void log_config_warnings(const struct config_load *load)
{
    size_t count;
    const struct config_problem *problems = config_load_problems(load, &count);
    for (size_t i = 0; i < count; i++) {
        struct buf line = {0};
        config_problem_print(&problems[i], &line);
        line.len--; /* its newline */
        log_warning("%s", buf_cstring(&line));
        buf_clear(&line);
    }
}

/* Up to the point where clients can come in; NULL, with the reason logged, when they never will. */
static struct server *start(struct config *config)
{
    if (!descriptors_fit(config)) {
        config_free(config);
        return NULL;
    }
    startup_introduce(config);
    startup_warn(config);
    struct server *server = boot(config);
    if (!server)
        return NULL;
    crash_report_about(server);
    signals_watch(server);
    daemon_ready();
    service_manager_ready(server);
    return server;
}

static int serve(struct config *config, bool is_configured)
{
    signals_install();
    bool is_background = !service_manager_find(config) && config->daemonize;
    if (is_background && !daemon_detach()) {
        config_free(config);
        return EXIT_FAILURE;
    }
    startup_greet(title_program(), is_configured);
    if (is_background || config->pidfile)
        pidfile_write(config->pidfile ? config->pidfile : DEFAULT_PIDFILE);
    struct error error;
    (void)crash_report_apply(config, &error);
    (void)core_dump_apply(config, &error);
    (void)clock_ticks_per_us();
    struct server *server = start(config);
    int code = EXIT_FAILURE;
    if (server) {
        server_run(server);
        service_manager_stopping(server);
        shutdown_drain(server);
        log_warning("sessiond is now ready to exit, bye bye...");
        code = server->exit_code;
        crash_report_forget();
        signals_forget();
        boot_undo(server);
    }
    pidfile_remove();
    return code;
}

/* Moves to `dir` and opens the log. False, having said why, when either fails. */
static bool settle(const struct config *config)
{
    struct error error;
    struct buf text = {0};
    if (chdir(config->dir) != 0)
        error_set(&error, "Can't chdir to '%s': %s", config->dir, strerror(errno));
    else if (startup_open_log(config, &error))
        return true;
    options_print_error(error.text, &text);
    print(stderr, &text);
    return false;
}

/* Names that clients or files choose must not fall into the same places of a table on purpose. */
static void seed_hashes(void)
{
    uint8_t seed[16];
    random_fill(seed, sizeof seed);
    hash_seed(seed);
}

int main(int argc, char **argv)
{
    (void)crypto_memory_count();
    struct config *config = config_new();
    struct config_load *load = config_load_new(config);
    struct options options;
    seed_hashes();
    options_init(&options, argc, argv);
    options_load(&options, config, load);
    bool is_server = options.action == OPTIONS_RUN && !config_load_error(load);
    int code = is_server ? EXIT_SUCCESS : answer(&options, config, load);
    if (is_server)
        reload_init(&options);
    if (is_server && !settle(config)) {
        is_server = false;
        code = EXIT_FAILURE;
    }
    if (is_server)
        log_config_warnings(load);
    config_load_free(load);
    if (is_server) {
        title_init(argv);
        code = serve(config, argc > 1);
    } else {
        config_free(config);
    }
    reload_clear();
    options_clear(&options);
    return code;
}
