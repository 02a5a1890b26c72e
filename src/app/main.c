/* SPDX-License-Identifier: BSD-3-Clause */
/* From the command line to the tick and back. */
#include "base/clock.h"
#include "base/log.h"
#include "boot.h"
#include "config/config_file.h"
#include "signals.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct config *config = config_new();
    struct config_load *load = config_load_new(config);
    int next = 1;
    struct buf text = {0};
    if (argc > 1 && argv[1][0] != '-')
        config_load_path(load, argv[next++]);
    for (; next < argc; next++) {
        if (strncmp(argv[next], "--", 2) == 0)
            buf_printf(&text, "\n%s ", argv[next] + 2);
        else
            buf_append_quoted(&text, bytes_of(argv[next])), buf_append_char(&text, ' ');
    }
    config_load_text(load, "command line", buf_bytes(&text));
    const struct config_problem *problem = config_load_error(load);
    if (problem) {
        struct buf line = {0};
        config_problem_print(problem, &line);
        (void)fprintf(stderr, "%s\n", buf_cstring(&line));
        return 1;
    }
    config_load_free(load);
    (void)clock_ticks_per_us();
    log_notice("PID: %d", (int)getpid());
    struct server *server = boot(config);
    if (!server)
        return 1;
    signals_install(server);
    server_run(server);
    log_warning("sessiond is now ready to exit, bye bye...");
    int code = server->exit_code;
    server_free(server);
    return code;
}
