/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_ids.h"
#include "edit_steps.h"
#include "stream_args.h"

enum { IDS_AT_ONCE = 64, CHECKED_A_STEP = 128, EDITED_A_STEP = 16 };

struct id_steps {
    struct edit_steps steps;
    edit_ids *edit;
    int first, checked, done; /* in argv */
    bool has_failed;
    int64_t count;
};

static bool check(struct call *call, int first, int end)
{
    struct stream_id id;
    for (int i = first; i < end; i++) {
        if (!call_stream_id(call, i, 0, &id))
            return false;
    }
    return true;
}

static int next_end(const struct call *call, int first, int count)
{
    return call->argc - first > count ? first + count : call->argc;
}

/* What was edited is recorded by itself. */
static void edit_some(struct id_steps *ids, struct call *call)
{
    int end = next_end(call, ids->done, EDITED_A_STEP);
    int64_t count = ids->edit(call, ids->done, end, ids->count == 0);
    if (count > 0)
        record_arguments(call, ids->first, ids->done, end);
    ids->count += count;
    ids->done = end;
}

static bool step(struct edit_steps *steps, struct call *call)
{
    struct id_steps *ids = LIST_ENTRY(steps, struct id_steps, steps);
    if (ids->checked == call->argc) {
        edit_some(ids, call);
        return ids->done == call->argc;
    }
    int end = next_end(call, ids->checked, CHECKED_A_STEP);
    ids->has_failed = !check(call, ids->checked, end);
    ids->checked = end;
    return ids->has_failed;
}

static void answer(struct edit_steps *steps, struct call *call)
{
    const struct id_steps *ids = LIST_ENTRY(steps, struct id_steps, steps);
    if (!ids->has_failed)
        reply_int(call->reply, ids->count);
}

void call_edit_ids(struct call *call, int first, edit_ids *edit)
{
    struct id_steps ids = {{.step = step, .answer = answer}, edit, first, first, first, false, 0};
    if (call->argc - first > IDS_AT_ONCE)
        edit_in_steps(call, &ids.steps, sizeof ids);
    else if (check(call, first, call->argc))
        reply_int(call->reply, edit(call, first, call->argc, true));
}
