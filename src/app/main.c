/* SPDX-License-Identifier: BSD-3-Clause */
/* From the command line to the tick and back. */
#include "base/clock.h"
#include "base/log.h"
#include "boot.h"
#include "options.h"
#include "signals.h"
#include <stdio.h>
#include <stdlib.h>

/* Writes the text to the stream and frees it. */
static void print(FILE *stream, struct buf *text)
{
    (void)fwrite(text->data, 1, text->len, stream);
    buf_clear(text);
}

/* Answers --version and the like, --check, or an error of the configuration; the result is the exit code. */
static int answer(const struct options *options, const struct config_load *load)
{
    const struct config_problem *error = config_load_error(load);
    struct buf text = {0};

    switch (options->action) {
    case OPTIONS_CHECK:
        options_print_check(options, load, &text);
        print(stdout, &text);
        break;
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
    return error != NULL || options->action == OPTIONS_MEMORY_TEST ? EXIT_FAILURE : EXIT_SUCCESS;
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

static int serve(struct config *config)
{
    (void)clock_ticks_per_us();
    struct server *server = boot(config);
    if (server == NULL)
        return EXIT_FAILURE;
    signals_install(server);
    server_run(server);
    log_warning("sessiond is now ready to exit, bye bye...");
    int code = server->exit_code;
    server_free(server);
    return code;
}

int main(int argc, char **argv)
{
    struct config *config = config_new();
    struct config_load *load = config_load_new(config);
    struct options options;

    options_init(&options, argc, argv);
    options_load(&options, config, load);
    bool is_server = options.action == OPTIONS_RUN && config_load_error(load) == NULL;
    int code = is_server ? EXIT_SUCCESS : answer(&options, load);
    if (is_server)
        log_config_warnings(load);
    config_load_free(load);
    options_clear(&options);
    if (is_server)
        return serve(config);
    config_free(config);
    return code;
}
