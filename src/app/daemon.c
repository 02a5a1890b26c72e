/* SPDX-License-Identifier: BSD-3-Clause */
/* Two processes and a pipe: the started one reads until the other says a byte, or is no more. */
#include "daemon.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ready_fd = -1; /* the pipe's end that waits for our byte */

static void redirect_to_null(int first_fd, int last_fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    for (int fd = first_fd; fd <= last_fd; fd++)
        (void)dup2(null, fd);
    if (null > STDERR_FILENO)
        (void)close(null);
}

/* Exits as the server's start turns out. */
static void wait_for_server(int fd)
{
    char byte;
    ssize_t len;
    /* Here they only end the waiting. */
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    do
        len = read(fd, &byte, 1);
    while (len < 0 && errno == EINTR);
    _exit(len == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool daemon_detach(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        log_warning("Can't go into the background: %s", strerror(errno));
        return false;
    }
    pid_t child = fork();
    if (child < 0) {
        log_warning("Can't go into the background: %s", strerror(errno));
        (void)close(ends[0]);
        (void)close(ends[1]);
        return false;
    }
    (void)close(ends[child > 0]);
    if (child > 0)
        wait_for_server(ends[0]);
    ready_fd = ends[1];
    (void)setsid();
    redirect_to_null(STDIN_FILENO, STDIN_FILENO);
    return true;
}

void daemon_ready(void)
{
    if (ready_fd < 0)
        return;
    redirect_to_null(STDOUT_FILENO, STDERR_FILENO);
    if (write(ready_fd, "", 1) < 0)
        log_verbose("Nobody waits for the start of the server");
    (void)close(ready_fd);
    ready_fd = -1;
}

/* ---- the pid file ---- */

/* Absolute, since the server may change its directory; empty while there is none. */
static char written_path[PATH_MAX];

static bool make_absolute(const char *path)
{
    size_t len = 0;
    if (path[0] != '/') {
        if (!getcwd(written_path, sizeof written_path - 1))
            return false;
        len = strlen(written_path);
        written_path[len++] = '/';
    }
    if (strlen(path) >= sizeof written_path - len) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(written_path + len, path, strlen(path) + 1);
    return true;
}

void pidfile_write(const char *path)
{
    int fd = make_absolute(path)
                 ? open(written_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644)
                 : -1;
    bool is_written = fd >= 0 && dprintf(fd, "%d\n", (int)getpid()) > 0;
    if (!is_written) {
        log_warning("Failed to write PID file: %s", strerror(errno));
        if (fd < 0)
            written_path[0] = '\0';
    }
    if (fd >= 0)
        (void)close(fd);
}

void pidfile_remove(void)
{
    if (written_path[0] == '\0')
        return;
    (void)unlink(written_path);
    written_path[0] = '\0';
}
