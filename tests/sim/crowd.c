/* SPDX-License-Identifier: BSD-3-Clause */
#include "crowd.h"
#include "base/hash.h"
#include "engine/server.h"
#include "model.h"
#include "reality.h"
#include "store/keyspace_edit.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX_SIZE = 64, CLASSES = 300, OFTEN_MAX = 90, CONTENT_MAX = 3000, MANY_MAX = 400 };

static bool is_in_run;

void crowd_begin(bool is_there)
{
    is_in_run = is_there;
}

bool crowd_is_there(void)
{
    return is_in_run;
}

/* ---- names and contents ---- */

/* Of more classes than a server tells apart. */
static struct bytes name_of(int index, char name[NAME_MAX_SIZE])
{
    int class = index % CLASSES;
    return bytes_make(
        name, (size_t)snprintf(name, NAME_MAX_SIZE, "%c%c:%d", 'a' + class / 26, 'a' + class % 26, index));
}

/* -1: it is none. */
static int index_of(struct bytes name)
{
    char expected[NAME_MAX_SIZE], digits[NAME_MAX_SIZE] = "";
    if (name.len < 4 || name.len >= NAME_MAX_SIZE)
        return -1;
    memcpy(digits, name.data + 3, name.len - 3);
    int index = atoi(digits);
    return index < CROWD_MAX && bytes_equal(name_of(index, expected), name) ? index : -1;
}

bool crowd_has_name(struct bytes name)
{
    return index_of(name) >= 0;
}

static struct bytes content_of(int index, uint32_t version, char content[CONTENT_MAX])
{
    struct chance chance = chance_of((uint64_t)index, version);
    size_t len = chance_below(&chance, chance_permille(&chance, 950) ? OFTEN_MAX : CONTENT_MAX);
    memset(content, 'a' + (int)(version % 26), len);
    return bytes_make(content, len);
}

/* ---- datasets ---- */

void crowd_copy(struct crowd_key **to, const struct crowd_key *from)
{
    const size_t size = CROWD_MAX * sizeof *from;
    free(*to);
    *to = from ? malloc(size) : NULL;
    if (from && *to)
        memcpy(*to, from, size);
}

static struct crowd_key *keys(void)
{
    if (!model.data.crowd)
        model.data.crowd = calloc(CROWD_MAX, sizeof *model.data.crowd);
    if (!model.data.crowd)
        abort();
    return model.data.crowd;
}

void crowd_move(struct crowd_key *crowd, int64_t by_ms)
{
    for (int i = 0; crowd && i < CROWD_MAX; i++)
        crowd[i].deadline_ms += crowd[i].deadline_ms == MODEL_FOREVER ? 0 : by_ms;
}

static struct keyspace *keyspace(void)
{
    return store_keyspace(running->store, CROWD_DATABASE);
}

void crowd_loaded(struct crowd_key *crowd, int64_t now_ms, int64_t fuzz_ms)
{
    char name[NAME_MAX_SIZE];
    for (int i = 0; crowd && i < CROWD_MAX; i++) {
        if (crowd[i].version == 0 || crowd[i].deadline_ms == MODEL_FOREVER ||
            crowd[i].deadline_ms > now_ms + fuzz_ms)
            continue;
        int64_t left_ms = crowd[i].deadline_ms - now_ms;
        struct key key = key_of(name_of(i, name));
        if (left_ms < -fuzz_ms || !(keyspace_holds(keyspace(), key) || keyspace_holds_dead(keyspace(), key)))
            crowd[i].version = 0;
    }
}

/* ---- events ---- */

static void write_key(int index, struct chance *chance)
{
    static uint32_t last_version;
    char name[NAME_MAX_SIZE], content[CONTENT_MAX];
    struct crowd_key *key = &keys()[index];
    struct deadline deadline = {.mode = DEADLINE_NONE};
    key->deadline_ms = MODEL_FOREVER;
    if (chance_permille(chance, 600)) {
        deadline.mode = DEADLINE_SET;
        deadline.at_ms = key->deadline_ms = running->clock.mono_ms + chance_between(chance, 1, 20000);
    }
    key->version = ++last_version;
    (void)keyspace_set(keyspace(), key_of(name_of(index, name)),
                       string_value(content_of(index, key->version, content)), deadline, NULL);
}

static void delete_key(int index)
{
    char name[NAME_MAX_SIZE];
    if (keys()[index].version)
        (void)keyspace_remove(keyspace(), key_of(name_of(index, name)));
    keys()[index].version = 0;
}

static void use_key(int index)
{
    char name[NAME_MAX_SIZE];
    const struct entry *entry = keyspace_find(keyspace(), key_of(name_of(index, name)));
    if (!entry && keys()[index].version)
        world_fail("%s of the crowd isn't there", name);
}

static void set_end(int index, struct chance *chance)
{
    char name[NAME_MAX_SIZE];
    struct crowd_key *key = &keys()[index];
    int64_t at_ms = running->clock.mono_ms + chance_between(chance, 1, 5000);
    if (!key->version)
        return;
    key->deadline_ms = chance_permille(chance, 300) ? MODEL_FOREVER : at_ms;
    (void)keyspace_set_deadline(keyspace(), key_of(name_of(index, name)), NULL,
                                key->deadline_ms == MODEL_FOREVER ? NO_DEADLINE : at_ms);
}

static void flush(void)
{
    keyspace_flush(keyspace(), true);
    memset(keys(), 0, CROWD_MAX * sizeof *keys());
}

/* A dead one that wasn't removed yet is told of when it is met: not here, where no command runs. */
static bool is_dead(int index)
{
    const struct crowd_key *key = &keys()[index];
    return key->version && key->deadline_ms != MODEL_FOREVER && key->deadline_ms <= running->clock.mono_ms;
}

void crowd_event(struct chance *chance)
{
    enum { WRITE, DELETE, USE, END, FLUSH, KINDS = 9 };
    uint64_t kind = chance_below(chance, KINDS);
    trace("crowd %d", (int)kind);
    if (kind == FLUSH) {
        flush();
        return;
    }
    for (int64_t times = chance_between(chance, 1, MANY_MAX); times > 0; times--) {
        int index = (int)chance_below(chance, CROWD_MAX);
        if (is_dead(index))
            continue;
        if (kind == DELETE)
            delete_key(index);
        else if (kind == USE)
            use_key(index);
        else if (kind == END)
            set_end(index, chance);
        else
            write_key(index, chance);
    }
}

/* ---- what the hooks tell ---- */

static struct crowd_key *key_that_is_there(struct bytes name, const char *what)
{
    int index = index_of(name);
    if (index < 0 || !keys()[index].version)
        world_fail("%.*s of the crowd %s, which isn't there", (int)name.len, name.data, what);
    return &keys()[index];
}

void crowd_expired(struct bytes name, int64_t now_ms)
{
    struct crowd_key *key = key_that_is_there(name, "expired");
    if (key->deadline_ms == MODEL_FOREVER || key->deadline_ms >= now_ms)
        world_fail("%.*s of the crowd expired early", (int)name.len, name.data);
    model.expired_count++;
    key->version = 0;
}

void crowd_evicted(struct bytes name)
{
    struct crowd_key *key = key_that_is_there(name, "is evicted");
    if (!model.is_memory_limited)
        world_fail("%.*s of the crowd is evicted without need", (int)name.len, name.data);
    model.evicted_count++;
    key->version = 0;
}

/* ---- comparing ---- */

static void look_at_entry(void *context, const struct entry *entry)
{
    size_t *count = context;
    struct key_name name = {0};
    char content[CONTENT_MAX], scratch[STRING_SCRATCH];
    struct value value = entry_value(entry);
    int index = index_of(entry_key(entry, keyspace_prefixes(keyspace()), &name));
    const struct crowd_key *key = index >= 0 ? &keys()[index] : NULL;
    int64_t deadline_ms = entry_deadline(entry) == NO_DEADLINE ? MODEL_FOREVER : entry_deadline(entry);
    if (!key || !key->version)
        world_fail("%.*s is no key of the crowd", (int)name.bytes.len, name.bytes.data);
    if (!bytes_equal(string_bytes(&value, scratch), content_of(index, key->version, content)) ||
        deadline_ms != key->deadline_ms)
        world_fail("%.*s of the crowd isn't what it must be", (int)name.bytes.len, name.bytes.data);
    key_name_clear(&name);
    ++*count;
}

static size_t count_live(void)
{
    size_t count = 0;
    for (int i = 0; i < CROWD_MAX; i++) {
        const struct crowd_key *key = &keys()[i];
        count +=
            key->version && (key->deadline_ms == MODEL_FOREVER || key->deadline_ms >= running->clock.mono_ms);
    }
    return count;
}

void crowd_compare(void)
{
    size_t count = 0;
    uint64_t cursor = 0;
    keyspace_pause_shrinking(keyspace());
    do
        cursor = keyspace_scan(keyspace(), cursor, look_at_entry, &count);
    while (cursor);
    keyspace_resume_shrinking(keyspace());
    if (count != count_live())
        world_fail("the crowd has %zu keys instead of %zu", count, count_live());
}
