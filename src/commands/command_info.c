/* SPDX-License-Identifier: BSD-3-Clause */
/* COMMAND INFO's description of a command: for client libraries, which find keys and route requests by it. */
#include "access/category.h"
#include "command_reply.h"
#include "engine/key_spec.h"

void reply_flag_names(struct reply *reply, uint32_t flags, const struct flag_name *names)
{
    size_t count = 0;
    for (const struct flag_name *name = names; name->name; name++)
        count += (flags & name->flag) != 0;
    reply_set(reply, count);
    for (const struct flag_name *name = names; name->name; name++) {
        if (flags & name->flag)
            reply_simple(reply, name->name);
    }
}

void reply_key_flags(struct reply *reply, uint32_t flags)
{
    static const struct flag_name names[] = {
        {KEY_RO, "RO"},
        {KEY_RW, "RW"},
        {KEY_OW, "OW"},
        {KEY_RM, "RM"},
        {KEY_ACCESS, "access"},
        {KEY_UPDATE, "update"},
        {KEY_INSERT, "insert"},
        {KEY_DELETE, "delete"},
        {KEY_NOT_KEY, "not_key"},
        {KEY_INCOMPLETE, "incomplete"},
        {KEY_VARIABLE_FLAGS, "variable_flags"},
        {0, NULL},
    };
    reply_flag_names(reply, flags, names);
}

/* May-replicate, protected and the like are nobody's business outside. */
static void reply_command_flags(struct reply *reply, uint32_t flags)
{
    static const struct flag_name names[] = {
        {COMMAND_WRITE, "write"},
        {COMMAND_READONLY, "readonly"},
        {COMMAND_DENYOOM, "denyoom"},
        {COMMAND_ADMIN, "admin"},
        {COMMAND_PUBSUB, "pubsub"},
        {COMMAND_NOSCRIPT, "noscript"},
        {COMMAND_BLOCKING, "blocking"},
        {COMMAND_LOADING, "loading"},
        {COMMAND_STALE, "stale"},
        {COMMAND_SKIP_MONITOR, "skip_monitor"},
        {COMMAND_SKIP_SLOWLOG, "skip_slowlog"},
        {COMMAND_FAST, "fast"},
        {COMMAND_NO_AUTH, "no_auth"},
        {COMMAND_NO_MANDATORY_KEYS, "no_mandatory_keys"},
        {COMMAND_NO_ASYNC_LOADING, "no_async_loading"},
        {COMMAND_NO_MULTI, "no_multi"},
        {COMMAND_MOVABLE_KEYS, "movablekeys"},
        {COMMAND_ALLOW_BUSY, "allow_busy"},
        {0, NULL},
    };
    reply_flag_names(reply, flags, names);
}

static void reply_categories(struct reply *reply, uint32_t acl)
{
    char name[32] = "@";
    reply_set(reply, (size_t)__builtin_popcount(acl));
    for (int i = 0; i < acl_category_count; i++) {
        if (!(acl >> i & 1))
            continue;
        memcpy(name + 1, acl_category_names[i], strlen(acl_category_names[i]) + 1);
        reply_simple(reply, name);
    }
}

static void reply_tips(struct reply *reply, const char *const *tips)
{
    size_t count = 0;
    while (tips && tips[count])
        count++;
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++)
        reply_bulk_text(reply, tips[i]);
}

static void reply_field(struct reply *reply, const char *name, int64_t value)
{
    reply_bulk_text(reply, name);
    reply_int(reply, value);
}

/* {"type": type, "spec": a map of `count` fields, which the caller writes} */
static void begin_search(struct reply *reply, const char *what, const char *type, size_t count)
{
    reply_bulk_text(reply, what);
    reply_map(reply, 2);
    reply_bulk_text(reply, "type");
    reply_bulk_text(reply, type);
    reply_bulk_text(reply, "spec");
    reply_map(reply, count);
}

static void reply_where_keys_begin(struct reply *reply, const struct key_spec *spec)
{
    if (spec->begin == KEY_BEGIN_INDEX) {
        begin_search(reply, "begin_search", "index", 1);
        reply_field(reply, "index", spec->first);
    } else if (spec->begin == KEY_BEGIN_KEYWORD) {
        begin_search(reply, "begin_search", "keyword", 2);
        reply_bulk_text(reply, "keyword");
        reply_bulk_text(reply, spec->keyword);
        reply_field(reply, "startfrom", spec->first);
    } else {
        begin_search(reply, "begin_search", "unknown", 0);
    }
}

static void reply_which_are_keys(struct reply *reply, const struct key_spec *spec)
{
    if (spec->find == KEY_FIND_RANGE) {
        begin_search(reply, "find_keys", "range", 3);
        reply_field(reply, "lastkey", spec->last);
        reply_field(reply, "keystep", spec->step);
        reply_field(reply, "limit", spec->limit);
    } else if (spec->find == KEY_FIND_KEYNUM) {
        begin_search(reply, "find_keys", "keynum", 3);
        reply_field(reply, "keynumidx", spec->keynum_at);
        reply_field(reply, "firstkey", spec->keys_from);
        reply_field(reply, "keystep", spec->step);
    } else {
        begin_search(reply, "find_keys", "unknown", 0);
    }
}

static void reply_key_specs(struct reply *reply, const struct command *row)
{
    size_t count = 0;
    while (count < KEY_SPECS_MAX && row->keys[count].begin != KEY_BEGIN_NONE)
        count++;
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++) {
        const struct key_spec *spec = &row->keys[i];
        reply_map(reply, spec->notes ? 4 : 3);
        if (spec->notes) {
            reply_bulk_text(reply, "notes");
            reply_bulk_text(reply, spec->notes);
        }
        reply_bulk_text(reply, "flags");
        reply_key_flags(reply, spec->flags);
        reply_where_keys_begin(reply, spec);
        reply_which_are_keys(reply, spec);
    }
}

void reply_command_info(struct reply *reply, const struct registered_command *command)
{
    if (!command) {
        reply_null(reply);
        return;
    }
    const struct command *row = command->row;
    struct key_range range = command_key_range(row);
    reply_array(reply, 10);
    reply_bulk_text(reply, command->full_name);
    reply_int(reply, row->arity);
    reply_command_flags(reply, row->flags | (range.is_movable ? COMMAND_MOVABLE_KEYS : 0U));
    reply_int(reply, range.first);
    reply_int(reply, range.last);
    reply_int(reply, range.step);
    reply_categories(reply, command->acl);
    reply_tips(reply, row->tips);
    reply_key_specs(reply, row);
    if (command->subcommand_count == 0) {
        reply_set(reply, 0);
        return;
    }
    reply_array(reply, (size_t)command->subcommand_count);
    for (int i = 0; i < command->subcommand_count; i++)
        reply_command_info(reply, &command->subcommands[i]);
}
