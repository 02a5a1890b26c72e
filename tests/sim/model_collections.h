/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands on collections share. */
#ifndef SIM_MODEL_COLLECTIONS_H
#define SIM_MODEL_COLLECTIONS_H

#include "model_choice.h"
#include "model_tables.h"

/* model_edit and model_edited of the key at argv[index]. */
static inline struct model_value *call_edit(const struct model_call *call, int index, enum model_kind kind)
{
    return model_edit(call->session->database, model_key(call->argv[index]), kind);
}

static inline void call_edited(const struct model_call *call, int index, const char *event)
{
    model_edited(call->session->database, model_key(call->argv[index]), event);
}

/* Puts the result, which is taken over, at argv[index], and replies with its count; an empty one leaves
 * nothing there. */
void call_store(const struct model_call *call, int index, struct model_value *result, const char *event);

/* Indices at argv[first] and the one behind it, for so many elements: an empty range ends before it begins.
 * False, having replied. */
bool call_range(const struct model_call *call, int first, int count, int64_t *start, int64_t *stop);

/* "numkeys key ... WHERE [COUNT count]" from argv[index] on. */
struct many_keys {
    int first, last;
    int64_t count;
};
struct many_keys call_many_keys(const struct model_call *call, int index);

/* ---- hashes ---- */

/* NULL: there is none. */
const struct item *model_hash_field(const struct slot *slot, struct bytes name);
void out_field(struct session *session, const struct item *field);

/* ---- lists ---- */

enum list_end { LIST_HEAD, LIST_TAIL };
enum list_end call_end(const struct model_call *call, int index);
void model_list_pop(struct model_call *call, int key, enum list_end end, int64_t count);
void model_list_move(struct model_call *call, enum list_end from, enum list_end to);
/* `count` 0: one, and not as an array. False when none of the keys is there. */
bool model_list_pop_any(struct model_call *call, int first, int last, enum list_end end, int64_t count);

/* ---- sorted sets ---- */

/* BZPOPMIN's answer. */
void model_zset_pop_one(struct model_call *call, int key, bool takes_max);
/* ZMPOP's. */
void model_zset_pop_many(struct model_call *call, int key, bool takes_max, int64_t count);
void encode_scored(struct buf *out, int protocol, const struct item *item);

#endif
