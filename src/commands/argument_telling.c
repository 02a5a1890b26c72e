/* SPDX-License-Identifier: BSD-3-Clause */
#include "argument_telling.h"
#include "telling.h"

struct argument_telling {
    struct telling telling;
    struct call *call; /* as long as it hasn't had to wait */
    argument_teller tell;
    int next;
};

static bool tell_next(struct telling *telling, struct reply *reply)
{
    struct argument_telling *of = LIST_ENTRY(telling, struct argument_telling, telling);
    struct call *call = long_work_call(&telling->work);
    (void)reply;
    if (!call)
        call = of->call;
    if (of->next == call->argc)
        return false;
    of->tell(call, &telling->held.collection, call->argv[of->next++]);
    return true;
}

static void tell_in_steps(struct call *call, enum value_type type, int first, argument_teller tell)
{
    struct argument_telling *of = telling_new(call, sizeof *of, type, 1);
    of->telling.tell = tell_next;
    of->call = call;
    of->tell = tell;
    of->next = first;
    telling_run(call, &of->telling);
}

void tell_of_arguments(struct call *call, const struct collection *collection, int first,
                       argument_teller tell)
{
    reply_array(call->reply, (size_t)(call->argc - first));
    if (call_has_many_arguments(call)) {
        tell_in_steps(call, collection->type, first, tell);
        return;
    }
    for (int i = first; i < call->argc; i++)
        tell(call, collection, call->argv[i]);
}
