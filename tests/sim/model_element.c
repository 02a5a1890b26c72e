/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements drawn at random, and scanned part by part. */
#include "base/number.h"
#include "model_collections.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- at random ---- */

/* One element as it is shown: alone, or with what belongs to it. */
static void encode_drawn(struct buf *part, const struct session *session, const struct model_value *value,
                         const struct item *item, bool is_pair)
{
    if (is_pair && session->protocol == 3)
        buf_append_text(part, "*2\r\n");
    encode_bulk(part, item_name(item));
    if (is_pair && value->kind == MODEL_ZSET)
        encode_double(part, session->protocol, item->score);
    else if (is_pair)
        encode_bulk(part, buf_bytes(&item->content));
}

static void add_drawn(struct choice *choice, const struct session *session, const struct model_value *value,
                      bool is_pair)
{
    for (int i = 0; i < value->count; i++) {
        struct buf part = {0};
        encode_drawn(&part, session, value, &value->items[i], is_pair);
        choice_add(choice, &part);
    }
}

static void draw(struct model_call *call, enum model_kind kind)
{
    struct session *session = call->session;
    struct slot *slot;
    int64_t count = 0;
    if ((call->argc > 2 && !call_number(call, 2, &count)) || !call_value(call, 1, kind, &slot))
        return;
    bool is_pair = call->argc > 3, is_flat = is_pair && session->protocol == 2;
    if (!slot) {
        if (call->argc == 2)
            out_null(session);
        else
            out_array(session, 0);
    } else if (call->argc == 2) {
        add_drawn(out_one_of(session), session, &slot->value, false);
    } else {
        int64_t most = count < slot->value.count ? count : slot->value.count;
        enum choice_rule rule = count < 0 ? CHOICE_REPEATING : CHOICE_DISTINCT;
        int parts = (int)(count < 0 ? -count : most);
        add_drawn(out_choice(session, rule, '*', parts, 1 + is_flat), session, &slot->value, is_pair);
    }
}

static void run_hrandfield(struct model_call *call)
{
    draw(call, MODEL_HASH);
}

static void run_srandmember(struct model_call *call)
{
    draw(call, MODEL_SET);
}

static void run_zrandmember(struct model_call *call)
{
    draw(call, MODEL_ZSET);
}

/* ---- scans ---- */

static void add_name(struct model_value *names, struct bytes name)
{
    bool is_new;
    (void)value_get(names, name, &is_new);
}

static const struct slot *scanned(const struct element_scan *scan)
{
    const struct slot *slot = &model.data.slots[scan->database][scan->key];
    return slot->is_there && slot->value.kind == scan->kind ? slot : NULL;
}

/* What isn't there now needn't come any more. */
static void look(struct element_scan *scan)
{
    const struct slot *slot = scanned(scan);
    for (int i = scan->must.count - 1; i >= 0; i--) {
        if (!slot || value_find(&slot->value, item_name(&scan->must.items[i])) < 0)
            value_remove(&scan->must, i);
    }
}

void model_scans_look(int database, int key)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct element_scan *scan = &model.sessions[i].elements;
        if (scan->is_going && scan->database == database && scan->key == key)
            look(scan);
    }
}

/* They find the other database's key: what is in both must still come. */
void model_scans_swapped(int a, int b)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct element_scan *scan = &model.sessions[i].elements;
        if (scan->is_going && (scan->database == a || scan->database == b))
            look(scan);
    }
}

static struct element_scan *scan_of(const struct expected *expected)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->is_used && session->expected.next == &expected->link)
            return &session->elements;
    }
    world_fail("nobody scans");
}

/* Each element as it was when the call ran, and at least once all that must come. */
static bool is_part_right(struct expected *expected, struct bytes reply)
{
    struct element_scan *scan = scan_of(expected);
    struct choice *choice = expected->choice;
    struct bytes rest = reply, head, part, name;
    if (!bytes_starts_with(rest, BYTES("*2\r\n")))
        return false;
    rest = bytes_make(rest.data + 4, rest.len - 4);
    if (!take_part(&rest, 1, &head) || reply_bulks(head, &name, 1) != 1 || !parse_u64(name, &scan->cursor))
        return false;
    while (rest.len > 0 && rest.data[0] != '\n')
        rest = bytes_make(rest.data + 1, rest.len - 1);
    rest = bytes_make(rest.data + 1, rest.len - 1);
    while (rest.len > 0) {
        if (!take_part(&rest, choice->part_size, &part) || value_find(&choice->parts, part) < 0 ||
            reply_bulks(part, &name, 1) != 1)
            return false;
        int index = value_find(&scan->must, name);
        if (index >= 0)
            value_remove(&scan->must, index);
    }
    scan->is_going &= scan->cursor != 0;
    return scan->cursor != 0 || scan->must.count == 0;
}

/* Scores come with few digits or with all: that is a matter of encoding. */
static void add_scanned(struct choice *choice, const struct model_value *value, const struct item *item)
{
    char digits[40];
    struct buf part = {0};
    encode_bulk(&part, item_name(item));
    if (value->kind == MODEL_HASH)
        encode_bulk(&part, buf_bytes(&item->content));
    if (value->kind == MODEL_ZSET) {
        struct buf other = {0};
        buf_append_bytes(&other, buf_bytes(&part));
        (void)snprintf(digits, sizeof digits, "%.17g", item->score);
        encode_bulk(&other, bytes_of(digits));
        choice_add(choice, &other);
        encode_double(&part, 2, item->score);
    }
    choice_add(choice, &part);
}

static void begin_scan(struct element_scan *scan, const struct session *session, int key,
                       enum model_kind kind)
{
    value_clear(&scan->must);
    *scan = (struct element_scan){.is_going = true, .database = session->database, .key = key, .kind = kind};
    const struct slot *slot = scanned(scan);
    for (int i = 0; slot && i < slot->value.count; i++)
        add_name(&scan->must, item_name(&slot->value.items[i]));
}

static void scan_elements(struct model_call *call, enum model_kind kind)
{
    struct session *session = call->session;
    struct slot *slot;
    int key = model_key(call->argv[1]);
    struct element_scan *scan = &session->elements;
    if (!call_value(call, 1, kind, &slot))
        return;
    bool goes_on = scan->is_going && scan->key == key && scan->kind == kind &&
                   scan->database == session->database && !bytes_is(call->argv[2], "0");
    if (!goes_on)
        begin_scan(scan, session, key, kind);
    /* Of a scan that begins in the midst nothing is known. */
    if (!goes_on && !bytes_is(call->argv[2], "0"))
        value_clear(&scan->must);
    struct expected *expected = out_any(session, is_part_right);
    expected->choice = calloc(1, sizeof *expected->choice);
    if (!expected->choice)
        abort();
    expected->choice->part_size = kind == MODEL_SET ? 1 : 2;
    for (int i = 0; slot && i < slot->value.count; i++)
        add_scanned(expected->choice, &slot->value, &slot->value.items[i]);
}

static void run_hscan(struct model_call *call)
{
    scan_elements(call, MODEL_HASH);
}

static void run_sscan(struct model_call *call)
{
    scan_elements(call, MODEL_SET);
}

static void run_zscan(struct model_call *call)
{
    scan_elements(call, MODEL_ZSET);
}

/* ---- results that are stored ---- */

void call_store(const struct model_call *call, int index, struct model_value *result, const char *event)
{
    int key = model_key(call->argv[index]), database = call->session->database;
    char class = model_kinds[result->kind].class;
    int64_t count = result->count;
    bool was_there = model_find(database, key);
    if (count > 0) {
        model_put_value(database, key, result)->deadline_ms = MODEL_FOREVER;
        model_changed(database, key, class, event);
    } else if (was_there) {
        model_remove(database, key);
        model_changed(database, key, 'g', "del");
    }
    out_int(call->session, count);
}

const struct model_command model_element_commands[] = {
    {.name = "hrandfield", .arity = -2, .run = run_hrandfield},
    {.name = "srandmember", .arity = -2, .run = run_srandmember},
    {.name = "zrandmember", .arity = -2, .run = run_zrandmember},
    {.name = "hscan", .arity = -3, .run = run_hscan},
    {.name = "sscan", .arity = -3, .run = run_sscan},
    {.name = "zscan", .arity = -3, .run = run_zscan},
    {.name = NULL},
};
