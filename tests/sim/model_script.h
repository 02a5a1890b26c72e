/* SPDX-License-Identifier: BSD-3-Clause */
/* The scripts and libraries of functions that the model knows. */
#ifndef SIM_MODEL_SCRIPT_H
#define SIM_MODEL_SCRIPT_H

#include "base/bytes.h"

/* The text of one of them, which the generator names by its number. */
struct bytes model_script(int number);

/* The same of libraries, each of which has one function. */
struct bytes model_library(int number);

#endif
