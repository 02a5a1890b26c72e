/* SPDX-License-Identifier: BSD-3-Clause */
/* The log. A line is put together first and written with one call to a file opened for appending, so lines of
 * several threads, and of several processes, never mix; and there is nothing to lock. */
#include "base/log.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static atomic_int lowest_level = LOG_LEVEL_NOTICE;
static atomic_int role_letter = LOG_ROLE_PRIMARY;
static atomic_bool has_syslog;
static char file_path[4096]; /* empty: stdout */

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&lowest_level, (int)level, memory_order_relaxed);
}

enum log_level log_level(void)
{
    return (enum log_level)atomic_load_explicit(&lowest_level, memory_order_relaxed);
}

static bool is_wanted(enum log_level level)
{
    return level >= log_level() && level < LOG_LEVEL_NOTHING;
}

void log_set_role(enum log_role role)
{
    atomic_store_explicit(&role_letter, (int)role, memory_order_relaxed);
}

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

bool log_may_open(const char *path, struct error *error)
{
    if (strlen(path) >= sizeof file_path)
        error_set(error, "Can't open the log file: its path is too long");
    else if (path[0] != '\0' && !file_may_write(path, NULL))
        error_set(error, "Can't open the log file: %s (%s)", strerror(errno), path);
    else
        return true;
    return false;
}

bool log_open(const char *path, struct error *error)
{
    int fd;
    if (!log_may_open(path, error))
        return false;
    if (path[0] != '\0') {
        fd = open_file(path);
        if (fd < 0) {
            error_set(error, "Can't open the log file: %s (%s)", strerror(errno), path);
            return false;
        }
        close(fd);
    }
    memcpy(file_path, path, strlen(path) + 1);
    return true;
}

void log_open_syslog(const char *ident, int facility)
{
    static char kept_ident[64]; /* syslog keeps the pointer */
    if (!ident) {
        atomic_store(&has_syslog, false);
        closelog();
        return;
    }
    (void)snprintf(kept_ident, sizeof kept_ident, "%s", ident);
    openlog(kept_ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);
    atomic_store(&has_syslog, true);
}

int log_descriptor_from_handler(void)
{
    return file_path[0] == '\0' ? STDOUT_FILENO : open_file(file_path);
}

/* There is nobody to tell when this fails: whoever wants to know has asked log_open. */
static void append_to_file(struct bytes text)
{
    int saved = errno;
    int fd = log_descriptor_from_handler();
    while (fd >= 0 && text.len > 0) {
        ssize_t written = write(fd, text.data, text.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            break;
        text.data += written;
        text.len -= (size_t)written;
    }
    if (fd > STDERR_FILENO)
        close(fd);
    errno = saved;
}

static void send_to_syslog(enum log_level level, struct bytes text)
{
    static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
    if (atomic_load_explicit(&has_syslog, memory_order_relaxed))
        syslog(priorities[level], "%.*s", (int)text.len, text.data);
}

/* "4711:M 22 Nov 2026 01:02:03.456 * " */
static size_t print_head(char *out, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm parts;
    char date[32];
    int len;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!localtime_r(&now.tv_sec, &parts) || strftime(date, sizeof date, "%d %b %Y %H:%M:%S", &parts) == 0)
        date[0] = '\0';
    len = snprintf(out, size, "%d:%c %s.%03d %c ", (int)getpid(),
                   atomic_load_explicit(&role_letter, memory_order_relaxed), date,
                   (int)(now.tv_nsec / 1000000), ".-*#"[level]);
    return len < 0 ? 0 : (size_t)len;
}

void log_write(enum log_level level, const char *format, ...)
{
    char line[LOG_MESSAGE_SIZE + 128];
    size_t head;
    va_list args;
    int len;
    if (!is_wanted(level))
        return;
    head = print_head(line, 128, level);
    va_start(args, format);
    len = vsnprintf(line + head, LOG_MESSAGE_SIZE, format, args);
    va_end(args);
    if (len < 0)
        return;
    if (len >= LOG_MESSAGE_SIZE)
        len = LOG_MESSAGE_SIZE - 1;
    line[head + (size_t)len] = '\n';
    append_to_file(bytes_make(line, head + (size_t)len + 1));
    send_to_syslog(level, bytes_make(line + head, (size_t)len));
}

void log_raw(enum log_level level, struct bytes text)
{
    if (!is_wanted(level))
        return;
    append_to_file(text);
    send_to_syslog(level, text);
}

void log_raw_from_handler(struct bytes text)
{
    append_to_file(text);
}
