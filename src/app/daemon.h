/* SPDX-License-Identifier: BSD-3-Clause */
/* Into the background, and the file that tells who is there. */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

#include <stdbool.h>

/* The caller goes on as a process of its own, without terminal and session; the process that was started
 * waits for daemon_ready, so that its exit code tells whether the server came up: 0, or 1 when it ended
 * before. Until then what is printed still reaches the terminal. Call it before threads are started. False,
 * having logged why, when that failed. */
bool daemon_detach(void);

/* Lets the starting process go, and the terminal with it. No effect without daemon_detach. */
void daemon_ready(void);

/* Writes our process id to `path`. A failure is only logged: the server works without. */
void pidfile_write(const char *path);

/* Removes what pidfile_write wrote, if it did. May be called from a signal handler. */
void pidfile_remove(void);

#endif
