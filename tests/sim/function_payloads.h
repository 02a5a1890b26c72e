/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads for FUNCTION RESTORE: some of the model's libraries, or what is to be refused. */
#ifndef SIM_FUNCTION_PAYLOADS_H
#define SIM_FUNCTION_PAYLOADS_H

#include "base/bytes.h"
#include "chance.h"

/* Lent until the run ends. */
struct bytes function_payload_draw(struct chance *chance);

struct function_payload {
    unsigned libraries; /* of the model, those that are in it */
    const char *error;  /* it is refused so; "": somehow; NULL: it isn't */
};
const struct function_payload *function_payload_find(struct bytes payload);
void function_payloads_forget(void);

#endif
