/* SPDX-License-Identifier: BSD-3-Clause */
/* Each change is made in the keyspace and then made known: `changed` is the only place that does. */
#include "engine/edit.h"
#include "base/panic.h"
#include "engine/deadline.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "store/keyspace_edit.h"

static inline void notify(struct call *call, struct keyspace *keyspace, struct key key, unsigned event_class,
                          const char *event)
{
    if (__builtin_expect((call->server->notify_classes & event_class) != 0, 0))
        call_notify(call, keyspace, key, event_class, event);
}

static inline void changed(struct call *call, struct keyspace *keyspace, struct key key, unsigned event_class,
                           const char *event)
{
    struct server *server = call->server;
    server->dirty++;
    call->has_changed = true;
    if (__builtin_expect(server->heeded_keys > 0, 0))
        events_key_changed(server, call->client, keyspace, key.name);
    notify(call, keyspace, key, event_class, event);
}

/* ---- values ---- */

const struct entry *call_set(struct call *call, struct key key, struct value value, struct deadline deadline,
                             unsigned event_class, const char *event)
{
    bool was_there;
    const struct entry *entry = keyspace_set(call->keyspace, key, value, deadline, &was_there);
    if (!was_there)
        notify(call, call->keyspace, key, EVENT_NEW, "new");
    changed(call, call->keyspace, key, event_class, event);
    return entry;
}

const struct entry *call_set_anew(struct call *call, struct key key, struct value value,
                                  struct deadline deadline, unsigned event_class, const char *event)
{
    const struct entry *entry = keyspace_set(call->keyspace, key, value, deadline, NULL);
    store_set_new(call->server->store, entry);
    notify(call, call->keyspace, key, EVENT_NEW, "new");
    changed(call, call->keyspace, key, event_class, event);
    return entry;
}

static char *or_error(struct call *call, char *bytes)
{
    if (!bytes)
        call_error(call, ERR_OUT_OF_MEMORY);
    return bytes;
}

char *call_edit_bytes(struct call *call, struct key key, size_t len)
{
    return or_error(call, keyspace_edit_bytes(call->keyspace, key, len));
}

char *call_edit_hll(struct call *call, struct key key, size_t len)
{
    return or_error(call, keyspace_edit_hll(call->keyspace, key, len));
}

bool call_unshare(struct call *call, struct key key, const struct blob *shared, struct blob *own)
{
    return keyspace_unshare(call->keyspace, key, shared, own);
}

void call_bytes_edited(struct call *call, struct key key, bool is_new, const char *event)
{
    if (is_new)
        notify(call, call->keyspace, key, EVENT_NEW, "new");
    changed(call, call->keyspace, key, event ? EVENT_STRING : 0, event);
}

/* ---- collections ---- */

struct collection_limits edit_limits(const struct server *server, enum value_type type)
{
    const struct config *config = server->config;
    switch (type) {
    case VALUE_HASH:
        return (struct collection_limits){config->hash_max_listpack_entries, config->hash_max_listpack_value,
                                          0};
    case VALUE_SET:
        return (struct collection_limits){config->set_max_listpack_entries, config->set_max_listpack_value,
                                          config->set_max_intset_entries};
    case VALUE_ZSET:
        return (struct collection_limits){config->zset_max_listpack_entries, config->zset_max_listpack_value,
                                          0};
    case VALUE_LIST:
        return (struct collection_limits){.len = config->list_max_listpack_size};
    case VALUE_STREAM:
        return (struct collection_limits){config->stream_node_max_entries, config->stream_node_max_bytes, 0};
    default:
        return (struct collection_limits){0};
    }
}

struct value_limits edit_all_limits(const struct server *server)
{
    struct value_limits limits;
    for (int type = 0; type < VALUE_TYPE_COUNT; type++)
        limits.of[type] = edit_limits(server, (enum value_type)type);
    return limits;
}

/* The class of the events of a type. */
static unsigned event_class_of(enum value_type type)
{
    static const unsigned classes[VALUE_TYPE_COUNT] = {
        [VALUE_STRING] = EVENT_STRING, [VALUE_LIST] = EVENT_LIST, [VALUE_SET] = EVENT_SET,
        [VALUE_ZSET] = EVENT_ZSET,     [VALUE_HASH] = EVENT_HASH, [VALUE_STREAM] = EVENT_STREAM,
    };
    return classes[type];
}

static bool is_of_type(struct call *call, const struct entry *entry, enum value_type type)
{
    if (!entry || entry_type(entry) == type)
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

bool call_collection(struct call *call, struct key key, enum value_type type, struct collection *collection)
{
    const struct entry *entry = call_find(call, key);
    if (!is_of_type(call, entry, type))
        return false;
    struct value value;
    if (entry)
        value = entry_value(entry);
    *collection = collection_of(type, entry ? &value : NULL);
    return true;
}

bool call_edit(struct call *call, struct key key, enum value_type type, struct edit *edit)
{
    struct server *server = call->server;
    struct keyspace_place place;
    const struct entry *entry = keyspace_edit(call->keyspace, key, &place);
    if (!is_of_type(call, entry, type))
        return false;
    struct value value;
    if (entry)
        value = entry_value(entry);
    *edit = (struct edit){.key = key, .place = place, .is_new = !entry};
    struct buf *buffer = NULL;
    if (entry && value.large) {
        edit->old_large = keyspace_edit_large(call->keyspace, key, &place, &edit->old_size);
    } else {
        ASSERT(call->edit_count < EDITS_MAX);
        buffer = &server->edit_buffers[call->edit_count++];
    }
    struct collection_limits limits = edit_limits(server, type);
    edit->value = collection_edit(type, entry ? &value : NULL, buffer, &limits);
    return true;
}

/* Puts the collection where it is found from now on; true when it is empty, and its key gone. */
static bool put(struct call *call, struct edit *edit)
{
    struct value value = collection_value(&edit->value);
    bool is_empty = value.large ? !value_types[value.type]->may_be_empty && value_count(&value) == 0
                                : packed_count(value.bytes) == 0;
    if (edit->old_large)
        keyspace_large_edited(call->keyspace, edit->key, &edit->place, edit->old_size);
    if (is_empty)
        (void)keyspace_remove(call->keyspace, edit->key);
    else if (!edit->old_large)
        keyspace_edited(call->keyspace, edit->key, &edit->place, value);
    return is_empty;
}

void call_edited(struct call *call, struct edit *edit, const char *event)
{
    bool is_empty = put(call, edit);
    if (edit->is_new && !is_empty)
        notify(call, call->keyspace, edit->key, EVENT_NEW, "new");
    changed(call, call->keyspace, edit->key, event ? event_class_of(edit->value.type) : 0, event);
    if (is_empty && !edit->is_new)
        notify(call, call->keyspace, edit->key, EVENT_GENERIC, "del");
}

void call_edited_unseen(struct call *call, struct edit *edit, const char *event)
{
    (void)put(call, edit);
    call->server->dirty++;
    call->has_changed = true;
    if (event)
        notify(call, call->keyspace, edit->key, event_class_of(edit->value.type), event);
}

/* ---- keys ---- */

bool call_remove(struct call *call, struct key key)
{
    if (!keyspace_remove(call->keyspace, key))
        return false;
    changed(call, call->keyspace, key, EVENT_GENERIC, "del");
    return true;
}

void call_expire(struct call *call, struct key key, struct deadline deadline)
{
    call_expire_at(call, key, NULL, deadline);
}

void call_expire_at(struct call *call, struct key key, const struct keyspace_place *place,
                    struct deadline deadline)
{
    struct keyspace *keyspace = call->keyspace;
    if (deadline.mode == DEADLINE_NONE) {
        (void)keyspace_set_deadline(keyspace, key, place, NO_DEADLINE);
        changed(call, keyspace, key, EVENT_GENERIC, "persist");
        call_record_words(call, "PERSIST", key.name);
    } else if (deadline_is_past(call, deadline)) {
        (void)call_remove(call, key);
        call_record_words(call, "DEL", key.name);
    } else {
        (void)keyspace_set_deadline(keyspace, key, place, deadline.at_ms);
        changed(call, keyspace, key, EVENT_GENERIC, "expire");
        call_record_deadline(call, "PEXPIREAT", key.name, deadline);
    }
}

void call_move(struct call *call, struct key from, const char *from_event, struct keyspace *target,
               struct key to, const char *to_event)
{
    (void)keyspace_move(call->keyspace, from, target, to);
    notify(call, target, to, EVENT_NEW, "new");
    changed(call, call->keyspace, from, EVENT_GENERIC, from_event);
    changed(call, target, to, EVENT_GENERIC, to_event);
}

void call_copy(struct call *call, struct key from, struct keyspace *target, struct key to, const char *event)
{
    (void)keyspace_copy(call->keyspace, from, target, to);
    notify(call, target, to, EVENT_NEW, "new");
    changed(call, target, to, EVENT_GENERIC, event);
}

/* ---- databases ---- */

static void empty(struct call *call, struct keyspace *keyspace, bool is_lazy)
{
    call->server->dirty += keyspace_count(keyspace);
    call->has_changed = true;
    keyspace_flush(keyspace, is_lazy);
}

void call_flush(struct call *call, struct keyspace *keyspace, bool is_lazy)
{
    events_flushing(call->server, keyspace);
    empty(call, keyspace, is_lazy);
}

void call_flush_all(struct call *call, bool is_lazy)
{
    struct store *store = call->server->store;
    events_flushing(call->server, NULL);
    for (int i = 0; i < store_keyspace_count(store); i++)
        empty(call, store_keyspace(store, i), is_lazy);
}

void call_swap(struct call *call, int a, int b)
{
    struct server *server = call->server;
    server->dirty++;
    call->has_changed = true;
    if (a == b)
        return;
    events_swapping(server, store_keyspace(server->store, a), store_keyspace(server->store, b));
    store_swap(server->store, a, b);
}

void call_changed_elsewhere(struct call *call)
{
    call->server->dirty++;
    call->has_changed = true;
}
