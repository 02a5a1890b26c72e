/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics as INFO shows them: sections of "name:value" lines. */
#ifndef METRICS_INFO_H
#define METRICS_INFO_H

#include "base/bytes.h"
#include "metrics/metric.h"

/* The sections that names ask for, as bits in the order they are shown. "default", "all" and "everything"
 * stand for several; names are in any case of letters, and unknown ones ask for nothing. Without names:
 * the default ones. */
uint32_t info_sections(const struct bytes *names, int count);

/* Appends the sections, an empty line between them. */
void info_print(const struct metrics *metrics, uint32_t sections, struct buf *out);

/* True when `name` is one of the sections: what a metric's row must say. */
bool info_has_section(const char *name);

#endif
