/* SPDX-License-Identifier: BSD-3-Clause */
#include "compression_trial.h"

/* Less than this part of a text is next to nothing. */
#define GAIN_OF_A_PART 32
/* So many bytes must have been tried before anything is passed over; twice as many are remembered. */
#define EVIDENCE_BYTES ((uint64_t)16 << 10)
#define TRIED_OF       16

static struct compression_class *class_of(struct compression_trial *trial, size_t len)
{
    return &trial->classes[len == 0 ? 0 : 63 - __builtin_clzll(len)];
}

static bool is_hopeless(const struct compression_class *class)
{
    return class->bytes >= EVIDENCE_BYTES && class->saved < class->bytes / GAIN_OF_A_PART;
}

bool compression_is_promising(struct compression_trial *trial, size_t len)
{
    struct compression_class *class = class_of(trial, len);
    if (is_hopeless(class) && ++class->passed_over < TRIED_OF)
        return false;
    class->passed_over = 0;
    return true;
}

void compression_tried(struct compression_trial *trial, size_t len, size_t written)
{
    struct compression_class *class = class_of(trial, len);
    class->bytes += len;
    class->saved += written < len ? len - written : 0;
    if (class->bytes >= 2 * EVIDENCE_BYTES) {
        class->bytes /= 2;
        class->saved /= 2;
    }
}
