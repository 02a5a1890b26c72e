/* SPDX-License-Identifier: BSD-3-Clause */
/* The harness with a directory of its own, the working directory meanwhile, in which it keeps snapshots. */
#ifndef SUPPORT_SAVING_H
#define SUPPORT_SAVING_H

#include "support/harness.h"

/* For cmocka. Its journal isn't checked: files are loaded, of which it has nothing. There are no save
 * points. */
int saving_setup(void **state);
int saving_teardown(void **state);
#define SAVING_TEST(function) cmocka_unit_test_setup_teardown(function, saving_setup, saving_teardown)

/* Turns, until the snapshot that is taken in the background has ended. */
void saving_end(struct harness *harness);

#endif
