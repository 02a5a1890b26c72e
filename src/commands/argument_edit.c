/* SPDX-License-Identifier: BSD-3-Clause */
#include "argument_edit.h"
#include "base/alloc.h"
#include "engine/server.h"

enum { ARGUMENTS_A_STEP = 32 };

static struct argument_edit *edit_of(struct long_work *work)
{
    return LIST_ENTRY(work, struct argument_edit, work);
}

/* ---- steps ---- */

static bool is_over(const struct argument_edit *edit, const struct call *call)
{
    return edit->next >= call->argc || edit->is_void || call->has_failed;
}

static bool step(struct long_work *work)
{
    struct argument_edit *edit = edit_of(work);
    struct call *call = long_work_call(work);
    if (!call)
        call = edit->call;
    for (int i = 0; i < ARGUMENTS_A_STEP && !is_over(edit, call); i++) {
        edit->changed += edit->each(edit, call, &edit->after, edit->next);
        edit->next += edit->stride;
    }
    return is_over(edit, call);
}

/* ---- the end ---- */

static void put_in_place(struct call *call, struct argument_edit *edit)
{
    struct edit place;
    if (!call_edit(call, call_key(call, 1), edit->type, &place))
        return;
    if (place.value.large) {
        struct large before = *place.value.large;
        *place.value.large = *edit->after.large;
        *edit->after.large = before;
    } else {
        place.value = edit->after;
        edit->after.large = NULL;
    }
    call_edited(call, &place, edit->event);
}

static void finish(struct call *call, struct long_work *work)
{
    struct argument_edit *edit = edit_of(work);
    if (call->has_failed)
        return;
    if (!is_held_collection(&edit->before, keyspace_peek(call->keyspace, call_key(call, 1)))) {
        call->command->row->run(call);
        return;
    }
    if (edit->is_void)
        edit->changed = 0;
    if (edit->changed > 0)
        put_in_place(call, edit);
    edit->done(edit, call);
}

static void free_edit(struct long_work *work)
{
    struct argument_edit *edit = edit_of(work);
    if (edit->clear)
        edit->clear(edit);
    release_collection(&edit->before, edit->store);
    if (edit->after.large)
        store_release_value(edit->store, collection_value(&edit->after));
    buf_clear(&edit->buffer);
    reply_clear(&edit->told);
    mem_free(edit);
}

/* ---- the beginning ---- */

/* A copy of what is held, to be edited. */
static void begin_after(struct argument_edit *edit, struct call *call)
{
    const struct collection_limits limits = edit_limits(call->server, edit->type);
    struct value value = edit->before.value;
    if (value.large)
        value.large = large_hold(value.large);
    edit->after = collection_edit(edit->type, &value, &edit->buffer, &limits);
    if (edit->begin)
        edit->begin(edit, call, &edit->after);
}

bool edit_in_argument_steps(struct call *call, const struct argument_edit *from, size_t size)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, 1));
    /* Which is found out at once. */
    if (entry && entry_type(entry) != from->type)
        return false;
    struct argument_edit *edit = mem_alloc(size);
    memcpy(edit, from, size);
    edit->work = (struct long_work){.step = step, .finish = finish, .free = free_edit, .changes_data = true};
    edit->call = call;
    edit->store = call->server->store;
    edit->next = edit->first;
    reply_init(&edit->told, call->reply->pool);
    edit->told.protocol = call->reply->protocol;
    hold_collection(&edit->before, edit->type, entry);
    begin_after(edit, call);
    long_work_run(call, &edit->work);
    return true;
}

/* ---- replies ---- */

void reply_changed(struct argument_edit *edit, struct call *call)
{
    reply_int(call->reply, edit->changed);
}

void reply_counted(struct argument_edit *edit, struct call *call)
{
    reply_int(call->reply, edit->count);
}

void reply_told(struct argument_edit *edit, struct call *call)
{
    reply_array(call->reply, (size_t)((call->argc - edit->first) / edit->stride));
    reply_take(call->reply, &edit->told);
}
