/* SPDX-License-Identifier: BSD-3-Clause */
/* Values as other servers write them, older and newer ones: made from what the model knows. */
#ifndef SIM_FOREIGN_H
#define SIM_FOREIGN_H

#include "chance.h"
#include "model_value.h"

/* A type and its value, as in a file; `*version` is one that has the type. False: none of them fits. */
bool foreign_write(struct buf *out, const struct model_value *value, unsigned *version,
                   struct chance *chance);
/* What nobody makes any more, or not yet: a type that can't be built here. */
void foreign_write_strange(struct buf *out, struct chance *chance);
/* What lies in files between such values. */
void foreign_length(struct buf *out, uint64_t length);
void foreign_string(struct buf *out, struct bytes text, struct chance *chance);

#endif
