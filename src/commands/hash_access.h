/* SPDX-License-Identifier: BSD-3-Clause */
/* What the families of hash commands share. */
#ifndef COMMANDS_HASH_ACCESS_H
#define COMMANDS_HASH_ACCESS_H

#include "engine/edit.h"
#include "types/hash.h"

/* The hash at argv[1], to be read. False, having replied, when it is something else. */
bool call_hash(struct call *call, struct collection *hash);

/* A field's value, by reference when it is large. */
void reply_hash_value(struct reply *reply, const struct hash_field *field);
/* The same for the field of that name, or nil. */
void reply_hash_field(struct reply *reply, const struct collection *hash, struct bytes name);
/* An argument_teller that does the same. */
void tell_hash_field(struct call *call, const struct collection *hash, struct bytes name);

#endif
