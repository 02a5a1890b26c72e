/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies of one value for each of very many arguments, as a collection has it that is held meanwhile. */
#ifndef COMMANDS_ARGUMENT_TELLING_H
#define COMMANDS_ARGUMENT_TELLING_H

#include "many_arguments.h"
#include "types/collection.h"

/* Replies the value for one argument. */
typedef void (*argument_teller)(struct call *call, const struct collection *collection,
                                struct bytes argument);

/* The collection of that type at argv[1], which the key holds or doesn't hold, has been looked up: replies an
 * array of what `tell` says to argv[first] and all behind, in steps if they are many. The last thing that a
 * command does. */
void tell_of_arguments(struct call *call, const struct collection *collection, int first,
                       argument_teller tell);

#endif
