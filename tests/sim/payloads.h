/* SPDX-License-Identifier: BSD-3-Clause */
/* What DUMP made of values, for RESTORE, and the values they stand for. */
#ifndef SIM_PAYLOADS_H
#define SIM_PAYLOADS_H

#include "base/bytes.h"
#include "chance.h"
#include "model_value.h"

/* That of a key that is there, or of another time; no bytes: there is none yet. */
struct bytes payload_take(struct chance *chance);
/* One with some bytes changed, and a checksum that is right all the same. */
struct bytes payload_damage(struct chance *chance, struct bytes payload);
/* NULL: it is none. */
const struct model_value *payload_value(struct bytes payload);
void payloads_forget(void);

#endif
