/* SPDX-License-Identifier: BSD-3-Clause */
/* The copy is made while others are served, and takes the string's place if the key still holds what was
 * copied. If not, the edit copies at once what is there now. The edit itself is the command, which has
 * done nothing yet, and is run when the copy is made. */
#include "long_edit.h"
#include "base/alloc.h"
#include "engine/edit.h"
#include "engine/long_work.h"
#include "engine/server.h"

#define LONG_STRING_MIN ((size_t)1 << 20)
#define PIECE_SIZE      ((size_t)64 << 10)
/* A string that grows will likely grow on: room for so much more. One that grows by more at once is left to
 * the edit, which gets the zeros in between from the system. */
#define GROWTH_ROOM ((size_t)1 << 20)

struct long_edit {
    struct long_work work;
    struct store *store;
    struct blob *shared, *own;
};

static bool step(struct long_work *work)
{
    struct long_edit *edit = LIST_ENTRY(work, struct long_edit, work);
    const struct blob *shared = edit->shared;
    struct blob *own = edit->own;
    size_t left = shared->len - own->len, len = left < PIECE_SIZE ? left : PIECE_SIZE;
    memcpy(own->data + own->len, shared->data + own->len, len);
    own->len += len;
    return own->len == shared->len;
}

static void free_edit(struct long_work *work)
{
    struct long_edit *edit = LIST_ENTRY(work, struct long_edit, work);
    store_release_blob(edit->store, edit->shared);
    store_release_blob(edit->store, edit->own);
    mem_free(edit);
}

/* Puts the copy in place, and edits. */
static void take_over(struct call *call, struct long_work *work)
{
    struct long_edit *edit = LIST_ENTRY(work, struct long_edit, work);
    if (call_unshare(call, call_key(call, 1), edit->shared, edit->own))
        edit->own = NULL;
    call->command->row->run(call);
}

/* NULL when there is no memory: the edit will find that out, and say so. */
static struct long_work *make_work(const struct call *call, struct blob *shared, size_t len)
{
    struct blob *own = blob_try_new(0, shared->len + (len > shared->len ? GROWTH_ROOM : 0));
    struct long_edit *edit;
    if (!own)
        return NULL;
    edit = mem_alloc(sizeof *edit);
    *edit = (struct long_edit){
        .work = {.step = step, .finish = take_over, .free = free_edit, .changes_data = true},
        .store = call->server->store,
        .shared = blob_ref(shared),
        .own = own};
    return &edit->work;
}

bool own_long_string(struct call *call, struct key key, size_t len)
{
    /* Nearly every edit. */
    if (len < LONG_STRING_MIN)
        return true;
    struct blob *shared = keyspace_shared_blob(call->keyspace, key);
    if (!shared || shared->len < LONG_STRING_MIN || len < shared->len || len - shared->len > GROWTH_ROOM)
        return true;
    struct long_work *work = make_work(call, shared, len);
    if (!work)
        return true;
    long_work_run(call, work);
    return false;
}
