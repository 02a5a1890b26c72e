/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of the header as an array. */
#include "commands/families.h"

const struct command_family *const command_families[] = {
#define X(family) &family,
    COMMAND_FAMILIES(X)
#undef X
};

const int command_family_count = sizeof command_families / sizeof command_families[0];
