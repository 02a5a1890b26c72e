/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of snapshots, and the checker. */
#ifndef SIM_COPIES_H
#define SIM_COPIES_H

#include "chance.h"

/* Has a copy of the snapshot, whole or damaged, checked and salvaged. */
void check_snapshot(struct chance *chance);

#endif
