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
            value_clear(&dataset->slots[database][key].value);
    }
    crowd_copy(&dataset->crowd, NULL);
    memset(dataset, 0, sizeof *dataset);
}

void dataset_copy(struct dataset *to, const struct dataset *from)
{
    dataset_clear(to);
    to->functions = from->functions;
    crowd_copy(&to->crowd, from->crowd);
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < MODEL_KEYS; key++) {
            const struct slot *slot = &from->slots[database][key];
            if (!slot->is_there)
                continue;
            to->slots[database][key] = (struct slot){.is_there = true, .deadline_ms = slot->deadline_ms};
            value_copy(&to->slots[database][key].value, &slot->value);
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

int model_key_if_any(struct bytes name)
{
    for (int i = 0; i < model.key_count; i++) {
        if (bytes_equal(model.key_names[i], name))
            return i;
    }
    return -1;
}

int model_key(struct bytes name)
{
    int key = model_key_if_any(name);
    if (key >= 0)
        return key;
    world_fail("the server has a key %.*s that nobody made", (int)name.len, name.data);
}

const struct session *model_undivided(void)
{
    return model.executing ? model.executing : model.standing;
}

void model_begins_undivided(struct session *session)
{
    model.undivided_count++;
    session->late.began_ms = model.now_ms;
}

bool model_is_long_undivided(void)
{
    return model_undivided() && model.undivided_before == model.undivided_count;
}

/* ---- slots ---- */

static bool is_dead(const struct slot *slot, int64_t now_ms)
{
    return slot->deadline_ms != MODEL_FOREVER && slot->deadline_ms < now_ms;
}

static void settle_expired(int database, int key)
{
    struct slot *slot = &model.data.slots[database][key];
    bool is_expiring = slot->is_expiring, lost_fields = slot->lost_fields, is_lost = slot->is_lost;
    slot->is_expiring = slot->lost_fields = slot->is_lost = false;
    slot->untold_number = 0;
    if (lost_fields)
        model_notify(database, key, 'h', "hexpired");
    if (is_lost)
        model_notify(database, key, 'g', "del");
    if (is_expiring)
        model_notify(database, key, 'x', "expired");
}

/* It went; who asked for its events is told of it behind what went before. */
static void note_untold(struct slot *slot)
{
    static uint64_t last_number;
    if (slot->untold_number == 0)
        slot->untold_number = ++last_number;
}

static bool settle_first_expired(void)
{
    int first = -1;
    for (int i = 0; i < MODEL_DATABASES * model.key_count; i++) {
        uint64_t number = model.data.slots[i / model.key_count][i % model.key_count].untold_number;
        if (number == 0)
            continue;
        if (first < 0 ||
            number < model.data.slots[first / model.key_count][first % model.key_count].untold_number)
            first = i;
    }
    if (first >= 0)
        settle_expired(first / model.key_count, first % model.key_count);
    return first >= 0;
}

void model_settle_expired(void)
{
    while (settle_first_expired()) {
    }
}

struct slot *model_find(int database, int key)
{
    struct slot *slot = &model.data.slots[database][key];
    while (slot->untold_number > 0 && settle_first_expired()) {
    }
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

/* The slot, which is about to be written. */
static struct slot *prepare(int database, int key)
{
    struct slot *slot = &model.data.slots[database][key];
    settle_expired(database, key);
    if (slot->is_there && is_dead(slot, model.now_ms) &&
        model.paused_until_ms < model.now_ms - model.expiry_bound_ms)
        world_fail("a dead key was written over, and nobody told that it expired");
    if (!slot->is_there || is_dead(slot, model.now_ms))
        slot->deadline_ms = MODEL_FOREVER;
    slot->is_there = true;
    slot->since_ms = model.clock_ms;
    return slot;
}

struct slot *model_put_value(int database, int key, struct model_value *value)
{
    struct slot *slot = prepare(database, key);
    value_clear(&slot->value);
    slot->value = *value;
    *value = (struct model_value){0};
    appeared(database, key);
    return slot;
}

struct slot *model_put(int database, int key, struct bytes text)
{
    struct model_value value = {.kind = MODEL_STRING};
    buf_append_bytes(&value.text, text);
    return model_put_value(database, key, &value);
}

struct model_value *model_edit(int database, int key, enum model_kind kind)
{
    bool is_new = !model_find(database, key);
    struct slot *slot = prepare(database, key);
    if (is_new) {
        value_clear(&slot->value);
        slot->value.kind = kind;
        appeared(database, key);
    }
    return &slot->value;
}

void model_edited(int database, int key, const char *event)
{
    char class = model_kinds[model.data.slots[database][key].value.kind].class;
    bool is_empty = model.data.slots[database][key].value.count == 0;
    if (is_empty)
        model_remove(database, key);
    model_changed(database, key, class, event);
    if (is_empty)
        model_notify(database, key, 'g', "del");
}

void model_remove(int database, int key)
{
    struct slot *slot = &model.data.slots[database][key];
    value_clear(&slot->value);
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

void model_watch_broken(int database, int key)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->watched[database] >> key & 1)
            session->is_watch_broken = true;
    }
}

void model_touched(int database, int key)
{
    model_watch_broken(database, key);
    model_scans_look(database, key);
    model_invalidate(key);
}

static const struct {
    char letter;
    unsigned bit;
} classes[] = {{'K', 1},  {'E', 2},   {'g', 4},   {'$', 8},   {'x', 16},  {'e', 32},
               {'l', 64}, {'s', 128}, {'h', 256}, {'z', 512}, {'t', 1024}};

enum { ALL_CLASSES = 2044 };

static unsigned class_bit(char letter)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].letter == letter)
            return classes[i].bit;
    }
    return letter == 'A' ? ALL_CLASSES : 0;
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
    if (model_undivided() && !is_dead(slot, model_undivided()->late.began_ms))
        world_fail("%.*s expired in the middle of what client %d does at once", (int)name.len, name.data,
                   model_undivided()->number);
    model.expired_count++;
    model_remove(database, key);
    model_scans_look(database, key);
    model_invalidate(key);
    model.data.slots[database][key].is_expiring = true;
    note_untold(&model.data.slots[database][key]);
    if (!is_in_call)
        settle_expired(database, key);
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if ((session->watched[database] & ~session->watched_dead[database]) >> key & 1)
            session->is_watch_broken = true;
        session->watched_dead[database] &= ~(UINT64_C(1) << key);
    }
}

/* What expired is gone for who looks; who watches is told at once. */
void model_fields_expired(int database, struct bytes name, int64_t now_ms, const struct bytes *names,
                          size_t count, bool with_key, bool is_in_call)
{
    int key = model_key(name);
    struct slot *slot = &model.data.slots[database][key];
    trace("fields expired %d %.*s", database, (int)name.len, name.data);
    if (!slot->is_there || slot->value.kind != MODEL_HASH)
        world_fail("fields of %.*s expired, which is no hash", (int)name.len, name.data);
    for (size_t i = 0; i < count; i++) {
        int index = value_find(&slot->value, names[i]);
        const struct item *item = index < 0 ? NULL : &slot->value.items[index];
        if (!item || item->deadline_ms == MODEL_FOREVER || item->deadline_ms >= now_ms)
            world_fail("a field of %.*s expired that %s", (int)name.len, name.data,
                       item ? "isn't due" : "isn't there");
        value_remove(&slot->value, index);
    }
    if (with_key != (slot->value.count == 0))
        world_fail("%.*s %s with its fields", (int)name.len, name.data, with_key ? "goes" : "doesn't go");
    model.expired_fields += count;
    if (with_key)
        model_remove(database, key);
    model_touched(database, key);
    slot->lost_fields = true;
    slot->is_lost = with_key;
    note_untold(slot);
    if (!is_in_call)
        settle_expired(database, key);
}

void model_evicted(int database, struct bytes name)
{
    int key = model_key(name);
    trace("evicted %d %.*s", database, (int)name.len, name.data);
    if (!model.is_memory_limited)
        world_fail("%.*s is evicted without need", (int)name.len, name.data);
    if (!model.data.slots[database][key].is_there)
        world_fail("%.*s is evicted from database %d, where it isn't", (int)name.len, name.data, database);
    if (model_is_long_undivided())
        world_fail("%.*s is evicted in the middle of what client %d does at once", (int)name.len, name.data,
                   model_undivided()->number);
    model.evicted_count++;
    model_remove(database, key);
    model_changed(database, key, 'e', "evicted");
}

static void check_fields(int database, int key, int64_t bound_ms)
{
    const struct slot *slot = &model.data.slots[database][key];
    for (int i = 0; i < slot->value.count; i++) {
        int64_t deadline_ms = slot->value.items[i].deadline_ms;
        if (deadline_ms != MODEL_FOREVER && deadline_ms < bound_ms)
            world_fail("a field of %.*s is past its end since %lld ms, and nobody told",
                       (int)model.key_names[key].len, model.key_names[key].data,
                       (long long)(bound_ms + model.expiry_bound_ms - deadline_ms));
    }
}

void model_sleeps(void)
{
    for (int i = 0; i < MODEL_SESSIONS; i++)
        model.sessions[i].slept |= model.sessions[i].has_quit;
}

void model_check_deadlines(int64_t now_ms)
{
    int64_t bound_ms = now_ms - model.expiry_bound_ms;
    /* While a script stands still nothing expires by itself either, nor in the turn that it ends in. */
    if (model.stood && model.paused_until_ms < now_ms)
        model.paused_until_ms = now_ms;
    model.stood = model.standing;
    if (model.paused_until_ms > bound_ms)
        return;
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            const struct slot *slot = &model.data.slots[database][key];
            if (!slot->is_there || slot->since_ms >= bound_ms)
                continue;
            if (is_dead(slot, bound_ms))
                world_fail("%.*s is past its end since %lld ms, and nobody told",
                           (int)model.key_names[key].len, model.key_names[key].data,
                           (long long)(now_ms - slot->deadline_ms));
            check_fields(database, key, bound_ms);
        }
    }
}
