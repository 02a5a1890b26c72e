/* SPDX-License-Identifier: BSD-3-Clause */
/* Of few elements, or many of them, each one is asked in turn whether it is taken: with as many still wanted
 * as there are left it always is (Knuth, algorithm S). To draw few of many, Floyd's way looks only at as
 * many as are drawn: a rank below `next` + 1, and if that was drawn already, `next` itself, which was not. */
#include "types/sample.h"
#include "base/alloc.h"
#include "base/random.h"

/* Elements that are always asked in turn: no packed collection has more. */
enum { FEW = 8192, ASKED_FOR_ONE = 4 };

void sample_begin(struct sample *sample, uint64_t count, uint64_t wanted)
{
    *sample = (struct sample){.count = count, .wanted = wanted < count ? wanted : count};
    if (count <= FEW || sample->wanted >= count / ASKED_FOR_ONE)
        return;
    uint64_t room = 2;
    while (room < 2 * sample->wanted)
        room *= 2;
    sample->drawn = mem_zalloc(room * sizeof *sample->drawn);
    sample->drawn_mask = room - 1;
    sample->next = count - sample->wanted;
}

/* False when it was drawn before. */
static bool note_drawn(struct sample *sample, uint64_t rank)
{
    uint64_t at = rank * UINT64_C(0x9e3779b97f4a7c15) >> 32 & sample->drawn_mask;
    for (; sample->drawn[at]; at = (at + 1) & sample->drawn_mask) {
        if (sample->drawn[at] == rank + 1)
            return false;
    }
    sample->drawn[at] = rank + 1;
    return true;
}

static uint64_t draw_one(struct sample *sample)
{
    uint64_t last = sample->next++;
    uint64_t rank = random_below(last + 1);
    if (note_drawn(sample, rank))
        return rank;
    (void)note_drawn(sample, last);
    return last;
}

static uint64_t ask_in_turn(struct sample *sample)
{
    while (random_below(sample->count - sample->next) >= sample->wanted)
        sample->next++;
    return sample->next++;
}

bool sample_next(struct sample *sample, uint64_t *rank)
{
    if (sample->wanted == 0) {
        sample_clear(sample);
        return false;
    }
    *rank = sample->drawn ? draw_one(sample) : ask_in_turn(sample);
    sample->wanted--;
    return true;
}

void sample_clear(struct sample *sample)
{
    mem_free(sample->drawn);
    sample->drawn = NULL;
}
