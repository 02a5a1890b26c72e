/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/number.h"
#include "model_tables.h"
#include "payloads.h"

static uint64_t bit(int key)
{
    return UINT64_C(1) << key;
}

/* ---- removing, counting, moving ---- */

static void run_del(struct model_call *call)
{
    int64_t count = 0;
    for (int i = 1; i < call->argc; i++) {
        int key = model_key(call->argv[i]), database = call->session->database;
        if (!model_find(database, key))
            continue;
        model_remove(database, key);
        model_changed(database, key, 'g', "del");
        count++;
    }
    out_int(call->session, count);
}

static void run_exists(struct model_call *call)
{
    int64_t count = 0;
    for (int i = 1; i < call->argc; i++)
        count += call_slot(call, i) != NULL;
    out_int(call->session, count);
}

static void run_type(struct model_call *call)
{
    const struct slot *slot = call_slot(call, 1);
    struct buf name = {0};
    buf_printf(&name, "+%s\r\n", slot ? model_kinds[slot->value.kind].name : "none");
    out_bytes(call->session, buf_bytes(&name));
    buf_clear(&name);
}

static void copy_slot(int from_database, int from, int to_database, int to)
{
    const struct slot *slot = &model.data.slots[from_database][from];
    struct model_value copy = {0};
    int64_t deadline_ms = slot->deadline_ms;
    value_copy(&copy, &slot->value);
    model_put_value(to_database, to, &copy)->deadline_ms = deadline_ms;
}

/* The new name's old key goes without a word. */
static void move(int from_database, int from, const char *from_event, int to_database, int to,
                 const char *to_event)
{
    copy_slot(from_database, from, to_database, to);
    model_remove(from_database, from);
    model_changed(from_database, from, 'g', from_event);
    model_changed(to_database, to, 'g', to_event);
}

static void rename_key(struct model_call *call, bool only_to_new)
{
    int from = model_key(call->argv[1]), to = model_key(call->argv[2]), database = call->session->database;
    if (!model_find(database, from)) {
        out_error(call->session, "ERR no such key");
        return;
    }
    bool is_renamed = from != to && !(only_to_new && model_find(database, to));
    if (is_renamed)
        move(database, from, "rename_from", database, to, "rename_to");
    if (only_to_new)
        out_int(call->session, is_renamed);
    else
        out_ok(call->session);
}

static void run_rename(struct model_call *call)
{
    rename_key(call, false);
}

static void run_renamenx(struct model_call *call)
{
    rename_key(call, true);
}

static void run_move(struct model_call *call)
{
    int key = model_key(call->argv[1]), database = call->session->database, target = model_database(call, 2);
    if (target == database) {
        out_error(call->session, "ERR source and destination objects are the same");
        return;
    }
    bool is_moved = model_find(database, key) && !model_find(target, key);
    if (is_moved)
        move(database, key, "move_from", target, key, "move_to");
    out_int(call->session, is_moved);
}

static void run_copy(struct model_call *call)
{
    int from = model_key(call->argv[1]), to = model_key(call->argv[2]), database = call->session->database;
    bool replaces = call_word(call, call->argc - 1, "REPLACE");
    int target = call_word(call, 3, "DB") ? model_database(call, 4) : database;
    if (from == to && target == database) {
        out_error(call->session, "ERR source and destination objects are the same");
        return;
    }
    bool is_copied = model_find(database, from) && (replaces || !model_find(target, to));
    if (is_copied) {
        copy_slot(database, from, target, to);
        model_changed(target, to, 'g', "copy_to");
    }
    out_int(call->session, is_copied);
}

/* ---- restoring ---- */

static bool is_any(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_is(reply, "+OK\r\n") || bytes_starts_with(reply, BYTES("-"));
}

static bool has_word(const struct model_call *call, const char *word)
{
    for (int i = 4; i < call->argc; i++) {
        if (call_word(call, i, word))
            return true;
    }
    return false;
}

static void remove_if_there(int database, int key)
{
    if (!model_find(database, key))
        return;
    model_remove(database, key);
    model_changed(database, key, 'g', "del");
}

/* Of one that is damaged nobody knows what it is, if anything: it is to end at once. */
static void restore_damaged(struct model_call *call, int database, int key)
{
    if (!model.call_failed)
        remove_if_there(database, key);
    (void)out_any(call->session, is_any);
}

/* RESTORE key ttl payload [REPLACE] [ABSTTL] ...: with a time that is past, nothing is there then. */
static void run_restore(struct model_call *call)
{
    int key = model_key(call->argv[1]), database = call->session->database;
    const struct model_value *value = payload_value(call->argv[3]);
    bool is_absolute = has_word(call, "ABSTTL");
    struct model_value copy = {0};
    int64_t ttl_ms;
    if (model_find(database, key) && !has_word(call, "REPLACE")) {
        out_text(call->session, "-BUSYKEY Target key name already exists.\r\n");
        return;
    }
    if (!call_number(call, 2, &ttl_ms))
        return;
    if (is_absolute && ttl_ms == 1) {
        restore_damaged(call, database, key);
        return;
    }
    if (!value) {
        out_error(call->session, "ERR DUMP payload version or checksum are wrong");
        return;
    }
    int64_t deadline_ms = ttl_ms ? model_deadline(ttl_ms, 1, is_absolute) : MODEL_FOREVER;
    if (deadline_ms != MODEL_FOREVER && deadline_ms <= model.clock_ms) {
        remove_if_there(database, key);
    } else {
        value_copy(&copy, value);
        model_put_value(database, key, &copy)->deadline_ms = deadline_ms;
        model_changed(database, key, 'g', "restore");
    }
    out_ok(call->session);
}

/* ---- ends ---- */

static bool conditions_hold(const struct model_call *call, int64_t old_ms, int64_t new_ms)
{
    bool has_none = old_ms == MODEL_FOREVER;
    if (call_word(call, 3, "NX"))
        return has_none;
    if (call_word(call, 3, "XX"))
        return !has_none;
    if (call_word(call, 3, "GT"))
        return !has_none && new_ms > old_ms;
    return !call_word(call, 3, "LT") || has_none || new_ms < old_ms;
}

static void expire(struct model_call *call, int64_t unit, bool is_absolute)
{
    int key = model_key(call->argv[1]), database = call->session->database;
    struct slot *slot = call_slot(call, 1);
    int64_t number;
    if (!call_number(call, 2, &number))
        return;
    int64_t deadline_ms = model_deadline(number, unit, is_absolute);
    if (!slot || !conditions_hold(call, slot->deadline_ms, deadline_ms)) {
        out_int(call->session, 0);
        return;
    }
    if (deadline_ms <= model.clock_ms) {
        model_remove(database, key);
        model_changed(database, key, 'g', "del");
    } else {
        slot->deadline_ms = deadline_ms;
        model_changed(database, key, 'g', "expire");
    }
    out_int(call->session, 1);
}

static void run_expire(struct model_call *call)
{
    expire(call, 1000, false);
}

static void run_pexpire(struct model_call *call)
{
    expire(call, 1, false);
}

static void run_expireat(struct model_call *call)
{
    expire(call, 1000, true);
}

static void run_pexpireat(struct model_call *call)
{
    expire(call, 1, true);
}

static void run_persist(struct model_call *call)
{
    struct slot *slot = call_slot(call, 1);
    bool has_end = slot && slot->deadline_ms != MODEL_FOREVER;
    if (has_end) {
        slot->deadline_ms = MODEL_FOREVER;
        model_changed(call->session->database, model_key(call->argv[1]), 'g', "persist");
    }
    out_int(call->session, has_end);
}

static void show_end(struct model_call *call, int64_t unit, bool is_absolute)
{
    const struct slot *slot = call_slot(call, 1);
    if (!slot || slot->deadline_ms == MODEL_FOREVER) {
        out_int(call->session, slot ? -1 : -2);
        return;
    }
    int64_t ms = slot->deadline_ms + (is_absolute ? model.wall_offset_ms : -model.clock_ms);
    ms = ms < 0 ? 0 : ms;
    out_int(call->session, unit == 1 ? ms : (ms + 500) / 1000);
}

static void run_ttl(struct model_call *call)
{
    show_end(call, 1000, false);
}

static void run_pttl(struct model_call *call)
{
    show_end(call, 1, false);
}

static void run_pexpiretime(struct model_call *call)
{
    show_end(call, 1, true);
}

/* ---- walks ---- */

static uint64_t keys_of(struct bytes reply, bool *is_unique)
{
    struct bytes names[4 * MODEL_KEYS];
    int count = reply_bulks(reply, names, 4 * MODEL_KEYS);
    uint64_t keys = 0;
    *is_unique = true;
    for (int i = 0; i < count; i++) {
        uint64_t key = bit(model_key(names[i]));
        *is_unique &= !(keys & key);
        keys |= key;
    }
    return keys;
}

static bool are_keys_right(struct expected *expected, struct bytes reply)
{
    bool is_unique;
    uint64_t keys = keys_of(reply, &is_unique);
    return is_unique && !(expected->must & ~keys) && !(keys & ~expected->may);
}

/* The reply comes now or late; what happens to keys until then makes other replies right. */
static struct expected *follow(struct model_call *call,
                               bool (*is_right)(struct expected *expected, struct bytes reply))
{
    struct session *session = call->session;
    struct expected *expected = out_any(session, is_right);
    expected->database = session->database;
    expected->must = expected->may = model_live(session->database);
    if (call->late != LATE_NOTHING)
        list_append(&model.open, &expected->open);
    return expected;
}

static void run_keys(struct model_call *call)
{
    (void)follow(call, are_keys_right);
}

static bool is_random_right(struct expected *expected, struct bytes reply)
{
    struct bytes name;
    if (reply_bulks(reply, &name, 1) == 0)
        return expected->must == 0;
    return bit(model_key(name)) & expected->may;
}

static void run_randomkey(struct model_call *call)
{
    struct expected *expected = out_any(call->session, is_random_right);
    expected->must = expected->may = model_live(call->session->database);
    for (int key = 0; key < model.key_count && model.paused_until_ms; key++) {
        if (model.data.slots[call->session->database][key].is_there)
            expected->may |= bit(key);
    }
}

static struct session *session_of(const struct expected *expected)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->is_used && session->expected.next == &expected->link)
            return session;
    }
    return NULL;
}

/* What is there from the first call of a scan to its last comes at least once; nothing comes that never
 * was. */
static bool is_scan_right(struct expected *expected, struct bytes reply)
{
    struct session *session = session_of(expected);
    struct bytes names[4 * MODEL_KEYS];
    int count = reply_bulks(reply, names, 4 * MODEL_KEYS);
    if (count < 1 || !session || !parse_u64(names[0], &session->scan_cursor))
        return false;
    for (int i = 1; i < count; i++) {
        uint64_t key = bit(model_key(names[i]));
        if (!(session->scan_may & key) || !bytes_starts_with(names[i], buf_bytes(&expected->bytes)))
            return false;
        session->scan_must &= ~key;
    }
    bool is_done = session->scan_cursor == 0;
    session->is_scanning &= !is_done;
    return !is_done || session->scan_must == 0;
}

static void run_scan(struct model_call *call)
{
    struct session *session = call->session;
    struct expected *expected = follow(call, is_scan_right);
    if (bytes_is(call->argv[1], "0") || !session->is_scanning) {
        session->is_scanning = true;
        session->scan_database = session->database;
        session->scan_must = expected->must;
        session->scan_may = expected->may;
    }
    /* Keys of one type may have had another before. */
    if (call_word(call, call->argc - 2, "TYPE") || call_word(call, 2, "MATCH"))
        session->scan_must = 0;
    /* Patterns are the begin of a name, and a star. */
    if (call_word(call, 2, "MATCH"))
        buf_append(&expected->bytes, call->argv[3].data, call->argv[3].len - 1);
    if (!bytes_is(call->argv[1], "0") && session->scan_database != session->database)
        session->scan_must = 0, session->scan_may = UINT64_MAX;
}

const struct model_command model_key_commands[] = {
    {.name = "del", .arity = -2, .run = run_del},
    {.name = "unlink", .arity = -2, .run = run_del},
    {.name = "exists", .arity = -2, .run = run_exists},
    {.name = "touch", .arity = -2, .run = run_exists},
    {.name = "type", .arity = 2, .run = run_type},
    {.name = "rename", .arity = 3, .run = run_rename},
    {.name = "renamenx", .arity = 3, .run = run_renamenx},
    {.name = "move", .arity = 3, .run = run_move},
    {.name = "copy", .arity = -3, .run = run_copy},
    {.name = "restore", .arity = -4, .run = run_restore},
    {.name = "expire", .arity = -3, .run = run_expire},
    {.name = "pexpire", .arity = -3, .run = run_pexpire},
    {.name = "expireat", .arity = -3, .run = run_expireat},
    {.name = "pexpireat", .arity = -3, .run = run_pexpireat},
    {.name = "persist", .arity = 2, .run = run_persist},
    {.name = "ttl", .arity = 2, .run = run_ttl},
    {.name = "pttl", .arity = 2, .run = run_pttl},
    {.name = "pexpiretime", .arity = 2, .run = run_pexpiretime},
    {.name = "keys", .arity = 2, .run = run_keys},
    {.name = "randomkey", .arity = 1, .run = run_randomkey},
    {.name = "scan", .arity = -2, .run = run_scan},
    {.name = NULL},
};
