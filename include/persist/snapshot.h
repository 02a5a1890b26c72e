/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's snapshots: taken on demand and at the save points, loaded at the start. How they went is in server->save. */
#ifndef PERSIST_SNAPSHOT_H
#define PERSIST_SNAPSHOT_H

#include <stdbool.h>

struct server;

/* Makes server->snapshot and its cron task. With save points configured, the file is locked against other servers at once, else
 * before the first save. Loads the file, if there is one. False, having logged why, when the server should not start. */
bool snapshot_init(struct server *server);
/* Gives up a snapshot that is being taken. */
void snapshot_free(struct server *server);

/* Begins a snapshot of the dataset as it is now, to be written in the background; none may be running. False when it can't even
 * begin. */
bool snapshot_start(struct server *server);
/* Starts one as soon as no command runs. */
void snapshot_schedule(struct server *server);
/* Takes and writes one before it returns; none may be running. */
bool snapshot_save(struct server *server);

enum snapshot_at_exit { SNAPSHOT_IF_CONFIGURED, SNAPSHOT_ALWAYS, SNAPSHOT_NEVER };
/* Whatever the server owes its data before it ends. False when a snapshot failed. */
bool snapshot_before_exit(struct server *server, enum snapshot_at_exit what);

#endif
