/* SPDX-License-Identifier: BSD-3-Clause */
/* The scripts and libraries of functions that the model knows. */
#ifndef SIM_MODEL_SCRIPT_H
#define SIM_MODEL_SCRIPT_H

#include "model.h"

/* The text of one of them, which the generator names by its number. */
struct bytes model_script(int number);

/* A script has run a command for this client. */
void model_script_step(struct session *caller, int argc, const struct bytes *argv, bool is_refused);
void model_scripts_forget(void);
/* What others are told while one stands still. */
const char *model_busy_text(void);

/* The same of libraries, each of which has one function. */
struct bytes model_library(int number);

#endif
