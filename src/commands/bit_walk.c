/* SPDX-License-Identifier: BSD-3-Clause */
/* A short walk is done on the entry's bytes. A long one holds the string's blob, which nobody writes to as
 * long as it is shared, and goes over it step by step. */
#include "bit_walk.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "string_access.h"
#include "types/bitmap.h"

/* What takes a few microseconds; and what takes so long that it had better be cut into steps. */
#define STEP_BITS UINT64_C(512 * 1024)
#define LONG_BITS (8 * STEP_BITS)

enum question { HOW_MANY, WHERE_CLEAR, WHERE_SET };

struct walk {
    struct long_work work;
    struct store *store;
    struct blob *blob;
    enum question question;
    uint64_t next, last;
    int64_t answer; /* so far: the count, or what it is if there is none */
};

/* Looks at the bits from `next` to `last`; true when nothing behind them can change the answer. */
static bool step(struct walk *walk, struct bytes bytes, uint64_t last)
{
    int64_t position;
    if (walk->question == HOW_MANY) {
        walk->answer += (int64_t)bitmap_count(bytes, walk->next, last);
        return false;
    }
    position = bitmap_find(bytes, walk->question == WHERE_SET, walk->next, last);
    if (position < 0)
        return false;
    walk->answer = position;
    return true;
}

static bool step_of_work(struct long_work *work)
{
    struct walk *walk = LIST_ENTRY(work, struct walk, work);
    uint64_t left = walk->last - walk->next;
    uint64_t last = left < STEP_BITS ? walk->last : walk->next + STEP_BITS - 1;
    if (step(walk, blob_bytes(walk->blob), last) || last == walk->last)
        return true;
    walk->next = last + 1;
    return false;
}

static void free_walk(struct long_work *work)
{
    struct walk *walk = LIST_ENTRY(work, struct walk, work);
    store_release_blob(walk->store, walk->blob);
    mem_free(walk);
}

static void reply_answer(struct call *call, struct long_work *work)
{
    reply_int(call->reply, LIST_ENTRY(work, struct walk, work)->answer);
}

static void run(struct call *call, const struct entry *entry, struct walk walk)
{
    char scratch[STRING_SCRATCH];
    struct value value = entry_value(entry);
    struct walk *held;
    if (walk.last - walk.next < LONG_BITS || !value.blob) {
        (void)step(&walk, string_bytes(&value, scratch), walk.last);
        reply_int(call->reply, walk.answer);
        return;
    }
    held = mem_alloc(sizeof *held);
    *held = walk;
    held->work = (struct long_work){.step = step_of_work, .finish = reply_answer, .free = free_walk};
    held->store = call->server->store;
    held->blob = blob_ref(value.blob);
    long_work_run(call, &held->work);
}

void reply_bit_count(struct call *call, const struct entry *entry, uint64_t first, uint64_t last)
{
    run(call, entry, (struct walk){.question = HOW_MANY, .next = first, .last = last});
}

void reply_bit_position(struct call *call, const struct entry *entry, bool bit, uint64_t first, uint64_t last,
                        int64_t if_none)
{
    enum question question = bit ? WHERE_SET : WHERE_CLEAR;
    run(call, entry, (struct walk){.question = question, .next = first, .last = last, .answer = if_none});
}
