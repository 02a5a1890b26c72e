/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/fingerprint.h"
#include "base/panic.h"
#include <xxhash.h>

uint64_t fingerprint(struct bytes bytes)
{
    return XXH3_64bits(bytes.data, bytes.len);
}

/* The library's state under our name. */
static XXH3_state_t *state_of(const struct fingerprinting *so_far)
{
    return (XXH3_state_t *)(uintptr_t)so_far;
}

struct fingerprinting *fingerprinting_new(void)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state || XXH3_64bits_reset(state) != XXH_OK)
        PANIC("no fingerprint can be begun");
    return (struct fingerprinting *)state;
}

void fingerprinting_add(struct fingerprinting *so_far, struct bytes bytes)
{
    ASSERT(XXH3_64bits_update(state_of(so_far), bytes.data, bytes.len) == XXH_OK);
}

uint64_t fingerprinting_result(const struct fingerprinting *so_far)
{
    return XXH3_64bits_digest(state_of(so_far));
}

void fingerprinting_free(struct fingerprinting *so_far)
{
    (void)XXH3_freeState(state_of(so_far));
}
