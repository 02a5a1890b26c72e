/* SPDX-License-Identifier: BSD-3-Clause */
/* What the letters and signs of a template stand for; the other words are themselves:
 *
 *     K key   V value   T seconds   M milliseconds   W wall time in ms   N number   D database
 *     C channel   P pattern
 *     I id    O offset  S cursor   A bytes, about as many as are used
 *     B L H X Z   key of a string, list, hash, set, sorted set, as a rule
 *     # key of one of the first strings
 *     E element   F score   G limit of scores   Q limit of members   R index   U count   Y seconds to wait
 *     J Z's kin   key of the scan of elements that is under way
 *     % stream   & ID of an entry, of the stream named before as a rule   ! group   ? consumer
 *     = what the string named before holds, as a rule
 *
 * "E+", "EV+" and "FE+" are some of them, "@3" is a script, "@a" a library, "@p" a payload of libraries,
 * ~ one of a value and ^ a damaged one. */
#ifndef SIM_ARGUMENTS_H
#define SIM_ARGUMENTS_H

#include "peers.h"

/* A request begins: the bytes of the one before may be used anew. */
void arguments_begin(void);
/* Makes the arguments that a word of a template stands for, at most `room`; returns how many. */
int arguments_fill(struct bytes word, struct chance *chance, const struct peer_view *view, struct bytes *argv,
                   int room);
struct bytes argument_of_cursor(uint64_t cursor);
struct bytes argument_of_kind(enum model_kind kind, struct chance *chance);

#endif
