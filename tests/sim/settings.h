/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server is configured to do: some things in all runs, some in a part of them. */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include "config/config_file.h"

/* Of this seed, each time it starts; the run fails when it is refused. */
struct config *settings_of(uint64_t seed);

#endif
