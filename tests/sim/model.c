/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"
#include "base/number.h"
#include "model_tables.h"
#include "world.h"
#include <stdlib.h>

struct model model;

void dataset_clear(struct dataset *dataset)
{
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < MODEL_KEYS; key++)
            buf_clear(&dataset->slots[database][key].value);
    }
    memset(dataset, 0, sizeof *dataset);
}

void dataset_copy(struct dataset *to, const struct dataset *from)
{
    dataset_clear(to);
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < MODEL_KEYS; key++) {
            const struct slot *slot = &from->slots[database][key];
            if (!slot->is_there)
                continue;
            to->slots[database][key] = (struct slot){.is_there = true, .deadline_ms = slot->deadline_ms};
            buf_append_bytes(&to->slots[database][key].value, buf_bytes(&slot->value));
        }
    }
}

void model_init(int key_count, struct bytes (*name)(int index))
{
    memset(&model, 0, sizeof model);
    list_init(&model.open);
    model.key_count = key_count;
    for (int i = 0; i < key_count; i++)
        model.key_names[i] = name(i);
}

void model_clear(void)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        if (model.sessions[i].is_used)
            session_end(&model.sessions[i]);
    }
    dataset_clear(&model.data);
}

int model_key(struct bytes name)
{
    for (int i = 0; i < model.key_count; i++) {
        if (bytes_equal(model.key_names[i], name))
            return i;
    }
    world_fail("the server has a key %.*s that nobody made", (int)name.len, name.data);
}

/* ---- slots ---- */

static bool is_dead(const struct slot *slot, int64_t now_ms)
{
    return slot->deadline_ms != MODEL_FOREVER && slot->deadline_ms < now_ms;
}

static void settle_expired(int database, int key)
{
    struct slot *slot = &model.data.slots[database][key];
    if (!slot->is_expiring)
        return;
    slot->is_expiring = false;
    model_notify(database, key, 'x', "expired");
}

void model_settle_expired(void)
{
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++)
            settle_expired(database, key);
    }
}

struct slot *model_find(int database, int key)
{
    settle_expired(database, key);
    struct slot *slot = &model.data.slots[database][key];
    return slot->is_there && !is_dead(slot, model.now_ms) ? slot : NULL;
}

struct slot *call_slot(const struct model_call *call, int index)
{
    return model_find(call->session->database, model_key(call->argv[index]));
}

/* Replies that are still to come may show it from now on. */
static void appeared(int database, int key)
{
    LIST_EACH(link, &model.open) {
        struct expected *expected = LIST_ENTRY(link, struct expected, open);
        if (expected->database == database)
            expected->may |= UINT64_C(1) << key;
    }
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->is_scanning && session->scan_database == database)
            session->scan_may |= UINT64_C(1) << key;
    }
}

static void disappeared(int database, int key)
{
    LIST_EACH(link, &model.open) {
        struct expected *expected = LIST_ENTRY(link, struct expected, open);
        if (expected->database == database)
            expected->must &= ~(UINT64_C(1) << key);
    }
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->is_scanning && session->scan_database == database)
            session->scan_must &= ~(UINT64_C(1) << key);
    }
}

struct slot *model_put(int database, int key, struct bytes value)
{
    struct slot *slot = &model.data.slots[database][key];
    struct buf copy = {0};
    settle_expired(database, key);
    if (slot->is_there && is_dead(slot, model.now_ms) &&
        model.paused_until_ms < model.now_ms - model.expiry_bound_ms)
        world_fail("a dead key was written over, and nobody told that it expired");
    if (!slot->is_there || is_dead(slot, model.now_ms))
        slot->deadline_ms = MODEL_FOREVER;
    buf_append_bytes(&copy, value);
    buf_clear(&slot->value);
    slot->value = copy;
    slot->is_there = true;
    slot->since_ms = model.clock_ms;
    appeared(database, key);
    return slot;
}

void model_remove(int database, int key)
{
    struct slot *slot = &model.data.slots[database][key];
    buf_clear(&slot->value);
    *slot = (struct slot){0};
    disappeared(database, key);
}

uint64_t model_live(int database)
{
    uint64_t keys = 0;
    for (int key = 0; key < model.key_count; key++)
        keys |= (uint64_t)(model_find(database, key) != NULL) << key;
    return keys;
}

/* ---- what becomes known ---- */

void model_touched(int database, int key)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->watched[database] >> key & 1)
            session->is_watch_broken = true;
    }
}

static const struct {
    char letter;
    unsigned bit;
} classes[] = {{'K', 1}, {'E', 2}, {'g', 4}, {'$', 8}, {'x', 16}, {'e', 32}};

static unsigned class_bit(char letter)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].letter == letter)
            return classes[i].bit;
    }
    return letter == 'A' ? 4 | 8 | 16 | 32 : 0;
}

unsigned model_notify_classes(struct bytes letters)
{
    unsigned bits = 0;
    for (size_t i = 0; i < letters.len; i++)
        bits |= class_bit(letters.data[i]);
    return bits;
}

void model_notify(int database, int key, char class, const char *event)
{
    struct buf channel = {0};
    if (!(model.notify & class_bit(class)))
        return;
    if (model.notify & class_bit('K')) {
        buf_printf(&channel, "__keyspace@%d__:", database);
        buf_append_bytes(&channel, model.key_names[key]);
        model_publish(buf_bytes(&channel), bytes_of(event));
        channel.len = 0;
    }
    if (model.notify & class_bit('E')) {
        buf_printf(&channel, "__keyevent@%d__:%s", database, event);
        model_publish(buf_bytes(&channel), model.key_names[key]);
    }
    buf_clear(&channel);
}

void model_changed(int database, int key, char class, const char *event)
{
    model_touched(database, key);
    model_notify(database, key, class, event);
}

void model_expired(int database, struct bytes name, int64_t now_ms, bool is_in_call)
{
    int key = model_key(name);
    const struct slot *slot = &model.data.slots[database][key];
    trace("expired %d %.*s", database, (int)name.len, name.data);
    if (!slot->is_there)
        world_fail("%.*s expired in database %d, where it isn't", (int)name.len, name.data, database);
    if (!is_dead(slot, now_ms))
        world_fail("%.*s expired %lld ms early", (int)name.len, name.data,
                   slot->deadline_ms == MODEL_FOREVER ? -1LL : (long long)(slot->deadline_ms - now_ms));
    model.expired_count++;
    model_remove(database, key);
    model.data.slots[database][key].is_expiring = true;
    if (!is_in_call)
        settle_expired(database, key);
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if ((session->watched[database] & ~session->watched_dead[database]) >> key & 1)
            session->is_watch_broken = true;
        session->watched_dead[database] &= ~(UINT64_C(1) << key);
    }
}

void model_evicted(int database, struct bytes name)
{
    int key = model_key(name);
    trace("evicted %d %.*s", database, (int)name.len, name.data);
    if (!model.is_memory_limited)
        world_fail("%.*s is evicted without need", (int)name.len, name.data);
    if (!model.data.slots[database][key].is_there)
        world_fail("%.*s is evicted from database %d, where it isn't", (int)name.len, name.data, database);
    model.evicted_count++;
    model_remove(database, key);
    model_changed(database, key, 'e', "evicted");
}

void model_check_deadlines(int64_t now_ms)
{
    if (model.paused_until_ms > now_ms - model.expiry_bound_ms)
        return;
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            const struct slot *slot = &model.data.slots[database][key];
            if (slot->is_there && is_dead(slot, now_ms - model.expiry_bound_ms) &&
                slot->since_ms < now_ms - model.expiry_bound_ms)
                world_fail("%.*s is past its end since %lld ms, and nobody told",
                           (int)model.key_names[key].len, model.key_names[key].data,
                           (long long)(now_ms - slot->deadline_ms));
        }
    }
}

/* ---- calls ---- */

const struct model_command *model_command(struct bytes name)
{
    const struct model_command *const tables[] = {model_string_commands, model_key_commands,
                                                  model_session_commands, model_server_commands};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (const struct model_command *command = tables[i]; command->name; command++) {
            if (bytes_is_nocase(name, command->name))
                return command;
        }
    }
    return NULL;
}

bool call_word(const struct model_call *call, int index, const char *word)
{
    return index < call->argc && bytes_is_nocase(call->argv[index], word);
}

bool call_number(const struct model_call *call, int index, int64_t *number)
{
    if (parse_i64(call->argv[index], number))
        return true;
    out_error(call->session, "ERR value is not an integer or out of range");
    return false;
}

int model_database(const struct model_call *call, int index)
{
    int64_t number = 0;
    (void)parse_i64(call->argv[index], &number);
    return (int)number;
}

void model_call(struct session *session, int argc, const struct bytes *argv, bool is_late)
{
    struct model_call call = {session, argc, argv, is_late};
    const struct model_command *command = model_command(argv[0]);
    if (!command)
        world_fail("the server runs %.*s, which the model doesn't know", (int)argv[0].len, argv[0].data);
    command->run(&call);
    model_settle_expired();
}

void model_late_done(struct session *session, int64_t now_ms)
{
    if (!session->late)
        world_fail("client %d gets a late reply that it isn't owed", session->number);
    /* Who said that nothing follows, or is gone, isn't kept waiting. */
    if (now_ms < session->late_from_ms && !session->may_end && session->is_checked)
        world_fail("client %d gets a reply %lld ms early", session->number,
                   (long long)(session->late_from_ms - now_ms));
    session->late_from_ms = 0;
    list_append(&session->expected, &session->late->link);
    session->late = NULL;
}

static bool has_arity(const struct model_command *command, int argc)
{
    return command->arity > 0 ? argc == command->arity : argc >= -command->arity;
}

static bool is_container(struct bytes name)
{
    static const char *const containers[] = {"client", "config", "object", "memory", "slowlog", "pubsub"};
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        if (bytes_is_nocase(name, containers[i]))
            return true;
    }
    return false;
}

/* In small letters; of a container with its subcommand. */
static void print_name(const struct request_text *request, struct buf *name)
{
    for (int i = 0; i < request->argc && i < 2; i++) {
        if (i == 1 && !is_container(request->argv[0]))
            break;
        buf_append_text(name, i == 1 ? "|" : "");
        for (size_t j = 0; j < request->argv[i].len; j++) {
            char c = request->argv[i].data[j];
            buf_append_char(name, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
        }
    }
}

static void explain_unknown(const struct request_text *request, struct buf *reason)
{
    buf_printf(reason, "unknown command '%s', with args beginning with: ", request->argv[0].data);
    for (int i = 1; i < request->argc; i++)
        buf_printf(reason, "'%s' ", request->argv[i].data);
}

/* Why it isn't run; nothing: it is. */
static void explain(const struct session *session, const struct request_text *request, struct buf *reason)
{
    const struct model_command *command = model_command(request->argv[0]);
    struct buf name = {0};
    print_name(request, &name);
    if (!command)
        explain_unknown(request, reason);
    else if (!has_arity(command, request->argc))
        buf_printf(reason, "wrong number of arguments for '%s' command", buf_cstring(&name));
    else if (session->is_in_multi && command->is_not_for_multi)
        buf_append_text(reason, "Command not allowed inside a transaction");
    else if (session->protocol == 2 && (session->channels || session->patterns) &&
             !command->is_allowed_subscribed)
        buf_printf(reason,
                   "Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                   "allowed in this context",
                   buf_cstring(&name));
    buf_clear(&name);
}

static bool is_out_of_memory(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-OOM ")) ||
           bytes_starts_with(reply, BYTES("-ERR Can't execute")) ||
           bytes_starts_with(reply, BYTES("-EXECABORT "));
}

/* How much memory the server takes isn't the model's matter. */
static void refuse_for_memory(struct session *session, const struct request_text *request)
{
    (void)out_any(session, is_out_of_memory);
    if (model_is_exec(request))
        model_end_transaction(session);
    else
        session->is_exec_aborted |= session->is_in_multi;
}

static bool is_refused(struct session *session, const struct request_text *request)
{
    struct buf reason = {0};
    explain(session, request, &reason);
    bool is_refused = reason.len > 0;
    bool may_be_other =
        model.is_memory_limited && bytes_starts_with(buf_bytes(&reason), BYTES("Can't execute"));
    if (may_be_other) {
        refuse_for_memory(session, request);
    } else if (is_refused && model_is_exec(request)) {
        out_error(session, "EXECABORT Transaction discarded because of: %s", buf_cstring(&reason));
        model_end_transaction(session);
    } else if (is_refused) {
        out_error(session, "ERR %s", buf_cstring(&reason));
        session->is_exec_aborted |= session->is_in_multi;
    }
    buf_clear(&reason);
    return is_refused;
}

static void queue(struct session *session, struct request_text *request)
{
    out_text(session, "+QUEUED\r\n");
    list_append(&session->queue, &request->link);
}

static void end_deferred(struct session *session)
{
    while (!list_is_empty(&session->deferred)) {
        struct expected *expected = LIST_ENTRY(session->deferred.next, struct expected, link);
        list_remove(&expected->link);
        list_append(&session->expected, &expected->link);
    }
}

void model_done(struct session *session, struct request_text *request, bool has_run, bool is_queued)
{
    const struct model_command *command = model_command(request->argv[0]);
    bool is_kept = false;
    if (!has_run && !session->is_garbage) {
        if (is_refused(session, request)) {
            /* It has its answer. */
        } else if (session->is_in_multi && !command->is_not_queued &&
                   (is_queued || !model.is_memory_limited)) {
            queue(session, request);
            is_kept = true;
        } else if (model.is_memory_limited) {
            refuse_for_memory(session, request);
        } else {
            world_fail("client %d: %.*s was neither run nor refused", session->number,
                       (int)request->argv[0].len, request->argv[0].data);
        }
    }
    model.current = NULL;
    end_deferred(session);
    if (!is_kept)
        request_text_free(request);
}
