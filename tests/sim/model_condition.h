/* SPDX-License-Identifier: BSD-3-Clause */
/* What has to be so of a string before it is changed. */
#ifndef SIM_MODEL_CONDITION_H
#define SIM_MODEL_CONDITION_H

#include "model.h"

/* Those from IFEQ on look at the content. */
enum model_condition_kind {
    CONDITION_NONE,
    CONDITION_NX,
    CONDITION_XX,
    CONDITION_IFEQ,
    CONDITION_IFNE,
    CONDITION_IFDEQ,
    CONDITION_IFDNE,
};

struct model_condition {
    enum model_condition_kind kind;
    struct bytes wanted;
};

/* Takes the one at `*index`, which is at its last word then; false when there is none. */
bool model_condition(const struct model_call *call, int *index, struct model_condition *condition);
/* False, having replied, when it makes no sense of what the key holds. */
bool model_condition_holds(const struct model_call *call, const struct model_condition *condition,
                           const struct slot *slot, bool *holds);

#endif
