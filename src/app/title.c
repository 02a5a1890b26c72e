/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel shows as command line what lies where it once put the arguments: one text after the other, right
 * behind them the environment. A title is written over both.
 *
 *     argv[0] \0 argv[1] \0 ... argv[n] \0 environ[0] \0 ... environ[m] \0
 *     ^ start                                                            ^ start + size
 * */
#include "title.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "config/process_title.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static char *start;
static size_t size;
static char *environment;                /* of the environment */
static const char *program = "sessiond"; /* argv[0] */

/* Where the texts end that follow one another from `end` on. */
static char *end_of(char **texts, char *end)
{
    for (char **text = texts; *text && *text == end; text++)
        end += strlen(*text) + 1;
    return end;
}

/* All texts of the environment in one block, which is the process's from here on: unsetenv drops a text from
 * `environ` without freeing it. */
static void move_environment(void)
{
    size_t count = 0, len = 0;
    for (; environ[count]; count++)
        len += strlen(environ[count]) + 1;
    char **moved = mem_alloc((count + 1) * sizeof *moved);
    char *end = environment = mem_alloc(len + 1);
    for (size_t i = 0; i < count; i++) {
        moved[i] = end;
        end = stpcpy(end, environ[i]) + 1;
    }
    moved[count] = NULL;
    environ = moved;
}

void title_init(char **argv)
{
    if (!argv[0])
        return;
    char *end = end_of(environ, end_of(argv, argv[0]));
    program = mem_strdup(argv[0]);
    move_environment();
    program_invocation_name = mem_strdup(program);
    char *slash = strrchr(program_invocation_name, '/');
    program_invocation_short_name = slash ? slash + 1 : program_invocation_name;
    start = argv[0];
    size = (size_t)(end - start);
    argv[0] = program_invocation_name; /* the C library's name for us, in backtraces for one */
}

const char *title_program(void)
{
    return program;
}

/* "127.0.0.1:6379", or the unix socket of a server without a port. */
static void print_listen_address(const struct config *config, struct buf *out)
{
    int port = config->port != 0 ? config->port : config->tls_port;
    if (port == 0)
        buf_append_text(out, config->unixsocket ? config->unixsocket : "");
    else
        buf_printf(out, "%s:%d", config->bind.count > 0 ? config->bind.items[0] : "*", port);
}

bool title_show(void *context, struct error *error)
{
    const struct config *config = context;
    struct buf address = {0}, title = {0};
    char port[16], tls_port[16];
    (void)error; /* the template was checked when it was set */
    if (!config->set_proc_title || size == 0)
        return true;
    print_listen_address(config, &address);
    (void)snprintf(port, sizeof port, "%d", config->port);
    (void)snprintf(tls_port, sizeof tls_port, "%d", config->tls_port);
    const struct process_title values = {
        .title = program,
        .listen_addr = buf_cstring(&address),
        .server_mode = "",
        .port = port,
        .tls_port = tls_port,
        .unixsocket = config->unixsocket ? config->unixsocket : "",
        .config_file = config->path ? config->path : "",
    };
    (void)process_title_expand(bytes_of(config->proc_title_template), &values, &title);
    size_t len = title.len < size ? title.len : size - 1;
    memset(start, 0, size);
    memcpy(start, buf_cstring(&title), len);
    buf_clear(&address);
    buf_clear(&title);
    return true;
}
