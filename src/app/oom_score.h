/* SPDX-License-Identifier: BSD-3-Clause */
/* `oom-score-adj`: how likely the kernel chooses this process when memory runs out. */
#ifndef APP_OOM_SCORE_H
#define APP_OOM_SCORE_H

#include "base/error.h"
#include "config/config.h"

/* A config_apply; `config` is the context. False, having logged why, when the kernel refuses. */
bool oom_score_apply(void *config, struct error *error);

#endif
