/* SPDX-License-Identifier: BSD-3-Clause */
/* The one file that is compiled anew with each commit. */
#include "version.h"

const char version_commit[] = SESSIOND_COMMIT;
