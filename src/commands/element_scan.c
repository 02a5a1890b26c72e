/* SPDX-License-Identifier: BSD-3-Clause */
/* A type is a row. What is passed at a time are the elements of one cursor: those of a small collection, all
 * of them. */
#include "element_scan.h"
#include "base/alloc.h"
#include "base/number.h"
#include "engine/edit.h"
#include "hash_access.h"
#include "scan_options.h"
#include "set_access.h"
#include "telling.h"
#include "types/zset.h"
#include <stdio.h>

struct scan {
    struct telling telling;
    const struct scan_row *row;
    const struct collection *collection;
    struct scan_options options;
    char *pattern;   /* a copy of the options', when it is kept */
    uint64_t cursor; /* of what comes next; 0 behind the last */
    uint64_t left;   /* to be passed */
    uint64_t shown;
    struct reply *reply;
    union {
        struct hash_walk hash;
        struct set_walk set;
    };
};

struct scan_row {
    /* Goes to the cursor. */
    void (*begin)(struct scan *scan);
    /* Passes the elements of the next cursor, and says how many they were; 0: there is none. */
    uint64_t (*pass)(struct scan *scan);
};

/* ---- hashes ---- */

static void begin_hash(struct scan *scan)
{
    hash_walk_scan(&scan->hash, scan->collection, scan->cursor);
}

static uint64_t pass_fields(struct scan *scan)
{
    uint64_t passed = 0, cursor = hash_walk_cursor(&scan->hash);
    struct hash_field field;
    do {
        if (!hash_walk_next(&scan->hash, &field))
            break;
        passed++;
        if (!scan_matches(&scan->options, field.name))
            continue;
        reply_bulk(scan->reply, field.name);
        reply_hash_value(scan->reply, &field);
        scan->shown += 2;
    } while (hash_walk_cursor(&scan->hash) == cursor);
    scan->cursor = hash_walk_cursor(&scan->hash);
    return passed;
}

static const struct scan_row hash_scan_row = {begin_hash, pass_fields};

/* ---- sets ---- */

static void begin_set(struct scan *scan)
{
    set_walk_scan(&scan->set, scan->collection, scan->cursor);
}

static uint64_t pass_members(struct scan *scan)
{
    uint64_t passed = 0, cursor = set_walk_cursor(&scan->set);
    struct set_member member;
    do {
        if (!set_walk_next(&scan->set, &member))
            break;
        passed++;
        if (!scan_matches(&scan->options, member.bytes))
            continue;
        reply_member(scan->reply, &member);
        scan->shown++;
    } while (set_walk_cursor(&scan->set) == cursor);
    scan->cursor = set_walk_cursor(&scan->set);
    return passed;
}

static const struct scan_row set_scan_row = {begin_set, pass_members};

/* ---- sorted sets ---- */

/* Redis keeps the scores of small ones as text, and prints those of large ones here with all their digits. */
static void reply_score(struct scan *scan, double score)
{
    char text[NUMBER_DOUBLE_SIZE];
    size_t len = zset_is_named_small(scan->collection) ? print_double(text, score)
                                                       : (size_t)snprintf(text, sizeof text, "%.17g", score);
    reply_bulk(scan->reply, bytes_make(text, len));
}

static void show_pair(void *context, struct bytes member, double score)
{
    struct scan *scan = context;
    if (!scan_matches(&scan->options, member))
        return;
    reply_bulk(scan->reply, member);
    reply_score(scan, score);
    scan->shown += 2;
}

static void begin_zset(struct scan *scan)
{
    (void)scan;
}

static uint64_t pass_pairs(struct scan *scan)
{
    scan->cursor = zset_scan(scan->collection, scan->cursor, 1, show_pair, scan);
    return 1;
}

static const struct scan_row zset_scan_row = {begin_zset, pass_pairs};

/* ---- all ---- */

static const struct scan_row *const rows[VALUE_TYPE_COUNT] = {
    [VALUE_HASH] = &hash_scan_row,
    [VALUE_SET] = &set_scan_row,
    [VALUE_ZSET] = &zset_scan_row,
};

static void begin(struct scan *scan, const struct collection *collection)
{
    scan->collection = collection;
    scan->left = (uint64_t)scan->options.count;
    scan->row->begin(scan);
}

static bool pass(struct scan *scan, struct reply *reply)
{
    scan->reply = reply;
    uint64_t passed = scan->row->pass(scan);
    scan->left -= passed < scan->left ? passed : scan->left;
    return passed > 0 && scan->cursor != 0 && scan->left > 0;
}

static void reply_head(const struct scan *scan, struct reply *reply)
{
    reply_scan_head(reply, scan->cursor);
    reply_array(reply, scan->shown);
}

static void pass_at_once(struct call *call, struct scan *scan, const struct collection *collection)
{
    struct reply found;
    reply_init(&found, call->reply->pool);
    begin(scan, collection);
    while (pass(scan, &found)) {
    }
    reply_head(scan, call->reply);
    reply_take(call->reply, &found);
    reply_clear(&found);
}

/* ---- in steps ---- */

static bool tell(struct telling *telling, struct reply *reply)
{
    return pass(LIST_ENTRY(telling, struct scan, telling), reply);
}

static void tell_head(const struct telling *telling, struct reply *reply)
{
    reply_head(LIST_ENTRY(telling, struct scan, telling), reply);
}

static void clear(struct telling *telling)
{
    mem_free(LIST_ENTRY(telling, struct scan, telling)->pattern);
}

static void pass_in_steps(struct call *call, const struct scan *asked, enum value_type type)
{
    struct scan *scan = telling_new(call, sizeof *scan, type, 1);
    scan->telling.tell = tell;
    scan->telling.head = tell_head;
    scan->telling.clear = clear;
    scan->row = asked->row;
    scan->cursor = asked->cursor;
    scan->options = asked->options;
    scan->pattern = mem_alloc(asked->options.pattern.len);
    memcpy(scan->pattern, asked->options.pattern.data, asked->options.pattern.len);
    scan->options.pattern.data = scan->pattern;
    begin(scan, &scan->telling.held.collection);
    telling_run(call, &scan->telling);
}

void scan_elements(struct call *call, enum value_type type)
{
    struct scan scan = {.row = rows[type]};
    struct collection collection;
    if (!call_scan_cursor(call, 2, &scan.cursor) ||
        !call_collection(call, call_key(call, 1), type, &collection))
        return;
    struct value value = collection_value(&collection);
    if (value_count(&value) == 0) {
        reply_scan_head(call->reply, 0);
        reply_array(call->reply, 0);
        return;
    }
    if (!call_scan_options(call, 3, false, &scan.options))
        return;
    if (collection.large && scan.options.count > TOLD_AT_ONCE)
        pass_in_steps(call, &scan, type);
    else
        pass_at_once(call, &scan, &collection);
}
