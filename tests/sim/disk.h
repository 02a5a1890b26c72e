/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory of files that outlives the server. What was written is durable when it was synced; a name,
 * when its directory was. A power cut leaves what is durable, and any part of the rest. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct open_file;

void disk_init(void);
void disk_free(void);

/* The machine loses its power. Whoever still writes (a server that is being taken apart) writes nowhere,
 * until disk_thaw. */
void disk_cut_power(void);
/* The process ends: nothing is lost, but what it does from now on has no effect. */
void disk_freeze(void);
void disk_thaw(void);

/* A number of its own for each file that was ever made; of the one that bears `name` now. 0: there is none.
 */
unsigned disk_file_id(const char *name);
/* The file that was made last. */
unsigned disk_last_made(void);
/* A sync lied about one of its bytes or names since disk_init. */
bool disk_has_lied(void);
void disk_remove(const char *name);
/* Somebody else had a lock since this was asked last. */
bool disk_was_locked(void);
/* A new file that lasts, in the place of the one that bears the name. */
void disk_put(const char *name, struct bytes bytes);

ssize_t open_file_read(struct open_file *file, void *to, size_t size);
ssize_t open_file_write(struct open_file *file, const void *from, size_t size);
void open_file_closed(struct open_file *file);

#endif
