/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether compressing is worth its time. Most sessions are random ids and signed texts, which don't shrink,
 * and finding that out anew for each of a million takes more than all else about a snapshot. So what was
 * gained of late is kept, for each size of text on its own; where that is next to nothing only one text in
 * sixteen is still tried, so that a change is noticed. */
#ifndef COMPRESSION_TRIAL_H
#define COMPRESSION_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lengths of the same number of binary digits are one class. */
#define COMPRESSION_CLASSES 64

struct compression_trial {
    struct compression_class {
        uint64_t bytes, saved; /* of what was tried of late */
        unsigned passed_over;  /* since the last one that was tried */
    } classes[COMPRESSION_CLASSES];
};

/* Whether to try a text of `len` bytes, which is then to be reported. */
bool compression_is_promising(struct compression_trial *trial, size_t len);
/* It took `written` bytes, `len` or more when it didn't shrink. */
void compression_tried(struct compression_trial *trial, size_t len, size_t written);

#endif
