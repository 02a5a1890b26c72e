/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's snapshots: taken on demand and at the save points, loaded at the start. How they went is in
 * server->save (persist/save_state.h). A server without server->snapshot has no place for files: what would
 * write or read one fails then, and the log says so. */
#ifndef PERSIST_SNAPSHOT_H
#define PERSIST_SNAPSHOT_H

#include <stdbool.h>

struct server;

/* Makes server->snapshot and its cron task. With save points configured, the file is locked against other
 * servers at once, else before the first save. False, having logged why, when the server should not start. */
bool snapshot_init(struct server *server);
/* Loads the file, if there is one. Clients who come meanwhile are served, mostly with the word that they have
 * to wait. False, having logged why, when the server should not start; true, too, when one of them told it to
 * shut down. */
bool snapshot_load(struct server *server);
/* Gives up a snapshot that is being taken. */
void snapshot_free(struct server *server);

/* Begins a snapshot of the dataset as it is now, to be written in the background; none may be running. False
 * when it can't even begin. */
bool snapshot_start(struct server *server);
/* Starts one as soon as no command runs. */
void snapshot_schedule(struct server *server);
/* Takes and writes one before it returns; waits for the one that runs, if any. */
bool snapshot_save(struct server *server);

enum snapshot_reload {
    SNAPSHOT_RELOAD_SAVE = 1,  /* write the file first */
    SNAPSHOT_RELOAD_FLUSH = 2, /* empty all databases first */
    SNAPSHOT_RELOAD_MERGE =
        4, /* keys of the file replace those that are there; without it they are an error */
};
enum snapshot_reloaded { SNAPSHOT_RELOADED, SNAPSHOT_NOT_SAVED, SNAPSHOT_NOT_LOADED };
/* Loads the file while the server runs (DEBUG RELOAD). One that can't be read whole leaves what was read; the
 * log has why. */
enum snapshot_reloaded snapshot_reload(struct server *server, unsigned how);

enum snapshot_at_exit { SNAPSHOT_IF_CONFIGURED, SNAPSHOT_ALWAYS, SNAPSHOT_NEVER };
/* Whatever the server owes its data before it ends. False when a snapshot failed. */
bool snapshot_before_exit(struct server *server, enum snapshot_at_exit what);

#endif
