/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's log: lines like redis-server's, so that tools that read those read these:
 *
 *     4711:M 22 Nov 2026 01:02:03.456 * Ready to accept connections
 *
 * The file is opened for each line: after a rotation the next line goes into a new file, without a signal.
 * Any thread may log. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/bytes.h"
#include "base/error.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_NOTHING };

/* The letter behind the process id. */
enum log_role {
    LOG_ROLE_PRIMARY = 'M',
    LOG_ROLE_REPLICA = 'S',
    LOG_ROLE_SENTINEL = 'X',
    LOG_ROLE_CHILD = 'C'
};

/* Lines below `level` are dropped from now on; at first, below notice. */
void log_set_level(enum log_level level);
enum log_level log_level(void);

void log_set_role(enum log_role role);

/* Sends the log to the end of the file at `path`, made when missing (mode 0640), or to stdout when `path` is
 * empty, as at first. False, and the log as it was, when the file can't be opened for writing. Call it before
 * threads are started. */
bool log_open(const char *path, struct error *error);

/* Whether that could succeed; nothing is opened or made. */
bool log_may_open(const char *path, struct error *error);

/* Also sends lines to syslog, as `ident`, with a facility as in <syslog.h>; NULL ends that. */
void log_open_syslog(const char *ident, int facility);

/* Writes one line; what exceeds LOG_MESSAGE_SIZE is cut. */
enum { LOG_MESSAGE_SIZE = 1024 };
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes `text` as it is: no head, no line end, no limit. */
void log_raw(enum log_level level, struct bytes text);

/* The same whatever the level, and not to syslog. Takes no lock and no memory: for the handlers of deadly
 * signals. */
void log_raw_from_handler(struct bytes text);

/* Where that goes, for functions that write to a descriptor: to be closed unless it is STDOUT_FILENO. -1 when
 * the file can't be opened. */
int log_descriptor_from_handler(void);

#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_verbose(...) log_write(LOG_LEVEL_VERBOSE, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)

#endif
