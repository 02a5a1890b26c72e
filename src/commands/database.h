/* SPDX-License-Identifier: BSD-3-Clause */
/* Databases as commands name them: by number. */
#ifndef COMMANDS_DATABASE_H
#define COMMANDS_DATABASE_H

#include "engine/call.h"

/* The database that argv[index] names. False, having replied, when it is no number or there is no such
 * database. */
bool call_database(struct call *call, int index, int *database);

#endif
