/* SPDX-License-Identifier: BSD-3-Clause */
/* What the families of set commands share. */
#ifndef COMMANDS_SET_ACCESS_H
#define COMMANDS_SET_ACCESS_H

#include "engine/edit.h"
#include "types/set.h"

/* The set at argv[1], to be read. False, having replied, when it is something else. */
bool call_members(struct call *call, struct collection *set);

/* A member, by reference when it is large. */
void reply_member(struct reply *reply, const struct set_member *member);
/* All of them, behind their count. */
void reply_members(struct reply *reply, const struct collection *set);

#endif
