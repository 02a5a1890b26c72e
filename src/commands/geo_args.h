/* SPDX-License-Identifier: BSD-3-Clause */
/* Points and distances as arguments and in replies. */
#ifndef COMMANDS_GEO_ARGS_H
#define COMMANDS_GEO_ARGS_H

#include "engine/call.h"
#include "types/geohash.h"
#include "types/zset.h"

/* ---- arguments: false, having replied ---- */

/* The point at argv[index], longitude first. */
bool call_geo_point(struct call *call, int index, struct geo_point *point);
/* Metres in the unit that argv[index] names. */
bool call_geo_unit(struct call *call, int index, double *metres);
/* A length that may be `what` ("radius"), without its unit. */
bool call_geo_length(struct call *call, int index, const char *what, double *length);

/* ---- elements ---- */

/* False when the set has no such member. */
bool geo_find(const struct collection *zset, struct bytes member, struct geo_point *point);
uint64_t geo_hash_of_score(double score);

/* ---- replies ---- */

void reply_geo_point(struct reply *reply, struct geo_point point);
/* With four digits behind the point. */
void reply_geo_distance(struct reply *reply, double distance);

#endif
