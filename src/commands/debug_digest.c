/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG DIGEST and DEBUG DIGEST-VALUE, in slices. That of values is of the moment when it was asked for. That
 * of everything looks at each key when it comes to it: while others change keys, it is that of no moment. */
#include "base/alloc.h"
#include "debug.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "value_digest.h"

enum { ELEMENTS_A_STEP = 64 };

static void reply_digest(struct reply *reply, const struct digest *digest)
{
    char hex[SHA1_HEX_SIZE + 1];
    digest_print(digest, hex);
    reply_simple(reply, hex);
}

/* ---- everything ---- */

/* A key with a large collection. */
struct large_key {
    struct large_key *next;
    struct value_digest value; /* behind the key's name */
};

struct dataset_walk {
    struct long_work work;
    struct store *store;
    int index; /* of the keyspace */
    uint64_t cursor;
    bool has_begun;  /* there is a live key in it */
    bool is_scanned; /* all of its keys were met */
    struct digest digest;
    struct large_key *large; /* those that the last look into a table met */
};

static void add_digest(struct dataset_walk *walk, const struct value_digest *value)
{
    digest_add(&walk->digest, bytes_make(value->digest.bytes, sizeof value->digest.bytes));
}

static struct large_key *add_large(struct dataset_walk *walk)
{
    struct large_key *key = mem_zalloc(sizeof *key);
    key->next = walk->large;
    walk->large = key;
    return key;
}

static void free_large(struct dataset_walk *walk)
{
    struct large_key *key = walk->large;
    walk->large = key->next;
    value_digest_clear(&key->value, walk->store);
    mem_free(key);
}

static void add_entry(void *context, const struct entry *entry)
{
    struct dataset_walk *walk = context;
    struct keyspace *keyspace = store_keyspace(walk->store, walk->index);
    struct key_name name = {.heap = NULL};
    struct value_digest small = {.has_deadline = false};
    bool is_large = entry_value(entry).large;
    struct value_digest *value = is_large ? &add_large(walk)->value : &small;
    digest_mix(&value->digest, entry_key(entry, keyspace_prefixes(keyspace), &name));
    key_name_clear(&name);
    if (!walk->has_begun)
        digest_mix_number(&walk->digest, (uint32_t)walk->index);
    walk->has_begun = true;
    if (value_digest_begin(value, entry))
        add_digest(walk, value);
}

static bool go_on_with_large(struct dataset_walk *walk)
{
    struct value_digest *value = &walk->large->value;
    if (value_digest_some(value, ELEMENTS_A_STEP)) {
        add_digest(walk, value);
        free_large(walk);
    }
    return false;
}

static bool step_of_walk(struct long_work *work)
{
    struct dataset_walk *walk = LIST_ENTRY(work, struct dataset_walk, work);
    if (walk->large)
        return go_on_with_large(walk);
    if (walk->is_scanned) {
        walk->is_scanned = walk->has_begun = false;
        return ++walk->index == store_keyspace_count(walk->store);
    }
    walk->cursor = keyspace_scan(store_keyspace(walk->store, walk->index), walk->cursor, add_entry, walk);
    walk->is_scanned = walk->cursor == 0;
    return false;
}

static void finish_walk(struct call *call, struct long_work *work)
{
    reply_digest(call->reply, &LIST_ENTRY(work, struct dataset_walk, work)->digest);
}

static void free_walk(struct long_work *work)
{
    struct dataset_walk *walk = LIST_ENTRY(work, struct dataset_walk, work);
    while (walk->large)
        free_large(walk);
    mem_free(walk);
}

void debug_digest(struct call *call)
{
    struct dataset_walk *walk = mem_zalloc(sizeof *walk);
    walk->work = (struct long_work){.step = step_of_walk, .finish = finish_walk, .free = free_walk};
    walk->store = call->server->store;
    long_work_run(call, &walk->work);
}

void dataset_digest(struct store *store, char hex[static SHA1_HEX_SIZE + 1])
{
    struct dataset_walk walk = {.store = store};
    while (!step_of_walk(&walk.work)) {
    }
    digest_print(&walk.digest, hex);
}

/* ---- values ---- */

struct values {
    struct long_work work;
    struct store *store;
    size_t count, done;
    struct large_digest {
        struct value_digest value;
        size_t number; /* among the keys */
    } * large;         /* of which there are `count` */
    size_t key_count;
    struct digest digests[];
};

static bool step_of_values(struct long_work *work)
{
    struct values *values = LIST_ENTRY(work, struct values, work);
    if (values->done == values->count)
        return true;
    struct large_digest *large = &values->large[values->done];
    if (value_digest_some(&large->value, ELEMENTS_A_STEP)) {
        values->digests[large->number] = large->value.digest;
        values->done++;
    }
    return false;
}

static void finish_values(struct call *call, struct long_work *work)
{
    const struct values *values = LIST_ENTRY(work, struct values, work);
    reply_array(call->reply, values->key_count);
    for (size_t i = 0; i < values->key_count; i++)
        reply_digest(call->reply, &values->digests[i]);
}

static void free_values(struct long_work *work)
{
    struct values *values = LIST_ENTRY(work, struct values, work);
    for (size_t i = 0; i < values->count; i++)
        value_digest_clear(&values->large[i].value, values->store);
    mem_free(values->large);
    mem_free(values);
}

/* Large collections are left for later. */
static void begin_value(struct values *values, const struct entry *entry)
{
    struct value_digest small = {.has_deadline = false};
    bool is_large = entry_value(entry).large;
    struct large_digest *large = &values->large[values->count];
    struct value_digest *value = is_large ? &large->value : &small;
    if (is_large) {
        *large = (struct large_digest){.number = values->key_count};
        values->count++;
    }
    if (value_digest_begin(value, entry))
        values->digests[values->key_count] = value->digest;
}

static size_t count_large(struct call *call)
{
    size_t count = 0;
    for (int i = 2; i < call->argc; i++) {
        const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, i));
        count += entry && entry_value(entry).large;
    }
    return count;
}

void debug_digest_value(struct call *call)
{
    size_t key_count = (size_t)call->argc - 2;
    struct values *values = mem_zalloc(sizeof *values + key_count * sizeof values->digests[0]);
    values->work = (struct long_work){.step = step_of_values, .finish = finish_values, .free = free_values};
    values->store = call->server->store;
    values->large = mem_alloc((count_large(call) + 1) * sizeof *values->large);
    for (int i = 2; i < call->argc; i++, values->key_count++) {
        const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, i));
        if (entry)
            begin_value(values, entry);
    }
    long_work_run(call, &values->work);
}
