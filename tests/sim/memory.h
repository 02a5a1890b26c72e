/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of foreign sizes, which there may be none of. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdbool.h>

/* Whether it may be refused now; returns whether it might before. */
bool memory_may_fail(bool may);
/* How often it was. */
unsigned memory_failures(void);
/* Those since there were so many concerned somebody else. */
void memory_forget_failures(unsigned count);

#endif
