/* SPDX-License-Identifier: BSD-3-Clause */
#include "lifetime.h"
#include "engine/deadline.h"

struct lifetime {
    const char *word;
    enum deadline_unit unit;
    bool takes_time, is_absolute;
};

static const struct lifetime timed_lifetimes[] = {
    {"EX", DEADLINE_SECONDS, true, false},
    {"PX", DEADLINE_MILLISECONDS, true, false},
    {"EXAT", DEADLINE_SECONDS, true, true},
    {"PXAT", DEADLINE_MILLISECONDS, true, true},
};
const struct lifetime keep_lifetime = {.word = "KEEPTTL"};
const struct lifetime endless_lifetime = {.word = "PERSIST"};

static const struct lifetime *lifetime_at(const struct call *call, int index, const struct lifetime *untimed)
{
    for (size_t i = 0; i < sizeof timed_lifetimes / sizeof timed_lifetimes[0]; i++) {
        if (call_arg_is(call, index, timed_lifetimes[i].word))
            return &timed_lifetimes[i];
    }
    return call_arg_is(call, index, untimed->word) ? untimed : NULL;
}

bool take_lifetime(const struct call *call, int *index, const struct lifetime *untimed,
                   struct lifetime_option *option)
{
    const struct lifetime *found = lifetime_at(call, *index, untimed);
    if (!found || (option->lifetime && option->lifetime != found))
        return false;
    if (found->takes_time) {
        if (*index + 1 >= call->argc)
            return false;
        option->time_index = ++*index;
    }
    option->lifetime = found;
    return true;
}

bool resolve_lifetime(struct call *call, const struct lifetime_option *option, struct deadline *deadline)
{
    const struct lifetime *lifetime = option->lifetime;
    if (!lifetime || !lifetime->takes_time) {
        *deadline = (struct deadline){.mode = lifetime == &keep_lifetime ? DEADLINE_KEEP : DEADLINE_NONE};
        return true;
    }
    return call_deadline_argument(call, option->time_index, lifetime->unit, lifetime->is_absolute, deadline);
}
