/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups of streams: made, read for, what is pending and whose it becomes. */
#include "base/number.h"
#include "model_stream.h"
#include "model_tables.h"
#include "world.h"
#include <stdlib.h>

const char *const model_groups[STREAM_GROUPS] = {"g1", "g2"};
const char *const model_consumers[STREAM_CONSUMERS] = {"c1", "c2", "c3"};

static int index_among(const char *const *names, int count, struct bytes name)
{
    for (int i = 0; i < count; i++) {
        if (bytes_is(name, names[i]))
            return i;
    }
    world_fail("no group and no consumer is called %.*s", (int)name.len, name.data);
}

int model_group_number(struct bytes name)
{
    return index_among(model_groups, STREAM_GROUPS, name);
}

int model_consumer(struct bytes name)
{
    return index_among(model_consumers, STREAM_CONSUMERS, name);
}

struct model_group *model_group_at(const struct model_value *value, struct bytes name)
{
    struct model_group *group = &value->stream->groups[model_group_number(name)];
    return group->is_there ? group : NULL;
}

/* ---- pending ---- */

int pending_find(const struct model_group *group, struct id id, int *place)
{
    int index = 0;
    while (index < group->count && id_compare(group->pending[index].id, id) < 0)
        index++;
    if (place)
        *place = index;
    return index < group->count && id_compare(group->pending[index].id, id) == 0 ? index : -1;
}

void pending_put(struct model_group *group, struct pending pending)
{
    int place, index = pending_find(group, pending.id, &place);
    if (index < 0) {
        group->pending = realloc(group->pending, (size_t)(group->count + 1) * sizeof *group->pending);
        if (!group->pending)
            abort();
        memmove(group->pending + place + 1, group->pending + place,
                (size_t)(group->count - place) * sizeof *group->pending);
        group->count++;
    }
    group->pending[place] = pending;
}

void pending_remove(struct model_group *group, int index)
{
    group->count--;
    memmove(group->pending + index, group->pending + index + 1,
            (size_t)(group->count - index) * sizeof *group->pending);
}

static int64_t wall_ms(void)
{
    return model.clock_ms + model.wall_offset_ms;
}

static void note(const struct model_call *call, int index, const char *event)
{
    model_notify(call->session->database, model_key(call->argv[index]), 't', event);
}

/* True when it is new. */
static bool get_consumer(struct model_group *group, struct bytes name)
{
    bool *is_there = &group->has[model_consumer(name)], was_there = *is_there;
    *is_there = true;
    return !was_there;
}

/* ---- XGROUP ---- */

static void forget_group(struct model_group *group)
{
    free(group->pending);
    *group = (struct model_group){.is_there = false};
}

static void create(struct model_call *call, struct slot *slot)
{
    struct model_group *group = NULL;
    struct id last = id_parse(call->argv[4], 0);
    if (slot && model_group_at(&slot->value, call->argv[3])) {
        out_error(call->session, "BUSYGROUP Consumer Group name already exists");
        return;
    }
    if (bytes_is(call->argv[4], "$"))
        last = slot ? slot->value.stream->last : (struct id){0, 0};
    struct model_value *value = call_stream_value(call, 2, true);
    group = &value->stream->groups[model_group_number(call->argv[3])];
    *group = (struct model_group){.is_there = true, .last = last};
    if (slot)
        note(call, 2, "xgroup-create");
    else
        model_changed(call->session->database, model_key(call->argv[2]), 't', "xgroup-create");
    out_ok(call->session);
}

static void delete_consumer(struct model_call *call, struct model_group *group)
{
    int64_t count = 0;
    int consumer = model_consumer(call->argv[4]);
    for (int i = group->count - 1; i >= 0; i--) {
        if (group->pending[i].consumer != consumer)
            continue;
        pending_remove(group, i);
        count++;
    }
    if (group->has[consumer])
        note(call, 2, "xgroup-delconsumer");
    group->has[consumer] = false;
    out_int(call->session, count);
}

static void edit_group(struct model_call *call, const struct slot *slot, struct model_group *group)
{
    if (call_word(call, 1, "SETID")) {
        group->last = bytes_is(call->argv[4], "$") ? slot->value.stream->last : id_parse(call->argv[4], 0);
        note(call, 2, "xgroup-setid");
        model_came_unseen(call->session->database, model_key(call->argv[2]));
        out_ok(call->session);
    } else if (call_word(call, 1, "CREATECONSUMER")) {
        bool is_new = get_consumer(group, call->argv[4]);
        if (is_new)
            note(call, 2, "xgroup-createconsumer");
        out_int(call->session, is_new);
    } else {
        delete_consumer(call, group);
    }
}

static void run_xgroup(struct model_call *call)
{
    struct slot *slot;
    bool creates = call_word(call, 1, "CREATE");
    if (!call_value(call, 2, MODEL_STREAM, &slot))
        return;
    if (!slot && !(creates && call_word(call, 5, "MKSTREAM"))) {
        out_error(call->session,
                  "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to "
                  "use the MKSTREAM option to create an empty stream automatically.");
        return;
    }
    struct model_group *group = slot ? model_group_at(&slot->value, call->argv[3]) : NULL;
    if (creates) {
        create(call, slot);
    } else if (call_word(call, 1, "DESTROY")) {
        if (group) {
            forget_group(group);
            note(call, 2, "xgroup-destroy");
        }
        out_int(call->session, group != NULL);
    } else if (group) {
        edit_group(call, slot, group);
    } else {
        out_error(call->session, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                  (int)call->argv[3].len, call->argv[3].data, (int)call->argv[2].len, call->argv[2].data);
    }
}

/* ---- XREADGROUP ---- */

static void deliver_new(const struct model_call *call, const struct read_words *words, struct slot *slot,
                        struct model_group *group)
{
    struct buf entries = {0};
    int64_t count = 0;
    for (int i = 0; i < slot->value.count && count < words->most; i++) {
        const struct item *item = &slot->value.items[i];
        struct id id = id_of_item(item);
        if (id_compare(id, group->last) <= 0)
            continue;
        group->last = id;
        if (!words->no_ack)
            pending_put(group,
                        (struct pending){id, model_consumer(call->argv[words->group + 1]), wall_ms(), 1});
        encode_entry(&entries, item);
        count++;
    }
    out_array(call->session, count);
    out_bytes(call->session, buf_bytes(&entries));
    buf_clear(&entries);
}

static void deliver_history(const struct model_call *call, const struct read_words *words,
                            const struct slot *slot, struct model_group *group, struct id after)
{
    struct buf entries = {0};
    int64_t count = 0;
    int consumer = model_consumer(call->argv[words->group + 1]);
    for (int i = 0; i < group->count && count < words->most; i++) {
        struct pending *pending = &group->pending[i];
        if (pending->consumer != consumer || id_compare(pending->id, after) <= 0)
            continue;
        int index = stream_entry_index(&slot->value, pending->id);
        count++;
        if (index >= 0) {
            encode_entry(&entries, &slot->value.items[index]);
            pending->delivered_ms = wall_ms();
            pending->deliveries++;
        } else {
            buf_append_text(&entries, "*2\r\n");
            encode_id(&entries, pending->id);
            buf_append_text(&entries, call->session->protocol == 3 ? "_\r\n" : "*-1\r\n");
        }
    }
    out_array(call->session, count);
    out_bytes(call->session, buf_bytes(&entries));
    buf_clear(&entries);
}

static bool is_history(const struct model_call *call, const struct read_words *words, int i)
{
    return !bytes_is(call->argv[words->first + words->count + i], ">");
}

static void read_one(const struct model_call *call, const struct read_words *words, int i)
{
    struct session *session = call->session;
    int key = words->first + i;
    struct slot *slot = call_slot(call, key);
    struct model_group *group = model_group_at(&slot->value, call->argv[words->group]);
    bool is_new = get_consumer(group, call->argv[words->group + 1]);
    bool has_history = is_history(call, words, i);
    if (has_history || stream_has_behind(&slot->value, group->last)) {
        if (session->protocol == 2)
            out_array(session, 2);
        out_bulk(session, call->argv[key]);
        if (has_history)
            deliver_history(call, words, slot, group, id_parse(call->argv[key + words->count], 0));
        else
            deliver_new(call, words, slot, group);
    }
    if (is_new)
        note(call, key, "xgroup-createconsumer");
}

/* The group of that stream; NULL, having replied. */
static struct model_group *find_group(const struct model_call *call, int key, int name, const char *where)
{
    struct slot *slot;
    if (!call_value(call, key, MODEL_STREAM, &slot))
        return NULL;
    struct model_group *group = slot ? model_group_at(&slot->value, call->argv[name]) : NULL;
    if (!group)
        out_error(call->session, "NOGROUP No such key '%.*s' or consumer group '%.*s'%s",
                  (int)call->argv[key].len, call->argv[key].data, (int)call->argv[name].len,
                  call->argv[name].data, where);
    return group;
}

/* How often the stream was named before the i-th. */
static int64_t times_before(const struct model_call *call, const struct read_words *words, int i)
{
    int64_t times = 0;
    for (int j = 0; j < i; j++)
        times += bytes_equal(call->argv[words->first + j], call->argv[words->first + i]);
    return times;
}

/* Whether the i-th stream has something that the group hasn't read, nor will have by then. */
static bool has_new(const struct model_call *call, const struct read_words *words, int i,
                    const struct model_group *group)
{
    const struct model_value *value = &call_slot(call, words->first + i)->value;
    int64_t count = 0, times = times_before(call, words, i);
    for (int j = 0; j < value->count; j++)
        count += id_compare(id_of_item(&value->items[j]), group->last) > 0;
    return times == 0 ? count > 0 : words->most < INT64_MAX && count > times * words->most;
}

/* How many streams have something; -1, having replied. */
static int count_served(const struct model_call *call, const struct read_words *words)
{
    int count = 0;
    for (int i = 0; i < words->count; i++) {
        const struct model_group *group =
            find_group(call, words->first + i, words->group, " in XREADGROUP with GROUP option");
        if (!group)
            return -1;
        count += is_history(call, words, i) || has_new(call, words, i, group);
    }
    return count;
}

static void run_xreadgroup(struct model_call *call)
{
    struct read_words words = read_words(call);
    int count = count_served(call, &words);
    if (count < 0)
        return;
    if (count > 0)
        out_head(call->session, count);
    for (int i = 0; i < words.count; i++)
        read_one(call, &words, i);
    if (count == 0)
        read_waits(call, &words);
}

void model_refused(const struct model_call *call)
{
    if (!call_word(call, 0, "XREADGROUP"))
        return;
    struct read_words words = read_words(call);
    for (int i = 0; i < words.count; i++) {
        const struct slot *slot = call_slot(call, words.first + i);
        bool is_stream = slot && slot->value.kind == MODEL_STREAM;
        struct model_group *group = is_stream ? model_group_at(&slot->value, call->argv[words.group]) : NULL;
        if (group && get_consumer(group, call->argv[words.group + 1]))
            note(call, words.first + i, "xgroup-createconsumer");
    }
}

/* ---- XACK, XPENDING ---- */

static void run_xack(struct model_call *call)
{
    struct slot *slot;
    int64_t count = 0;
    if (!call_value(call, 1, MODEL_STREAM, &slot))
        return;
    struct model_group *group = slot ? model_group_at(&slot->value, call->argv[2]) : NULL;
    for (int i = 3; group && i < call->argc; i++) {
        int index = pending_find(group, id_parse(call->argv[i], 0), NULL);
        if (index >= 0)
            pending_remove(group, index);
        count += index >= 0;
    }
    out_int(call->session, count);
}

static void show_overview(struct session *session, const struct model_group *group)
{
    struct buf reply = {0};
    int counts[STREAM_CONSUMERS] = {0}, consumers = 0;
    for (int i = 0; i < group->count; i++)
        consumers += counts[group->pending[i].consumer]++ == 0;
    out_array(session, 4);
    out_int(session, group->count);
    if (group->count == 0) {
        out_null(session);
        out_null(session);
        out_null_array(session);
        return;
    }
    encode_id(&reply, group->pending[0].id);
    encode_id(&reply, group->pending[group->count - 1].id);
    buf_printf(&reply, "*%d\r\n", consumers);
    for (int i = 0; i < STREAM_CONSUMERS; i++) {
        if (counts[i] > 0)
            buf_printf(&reply, "*2\r\n$2\r\n%s\r\n$%d\r\n%d\r\n", model_consumers[i],
                       counts[i] > 99  ? 3
                       : counts[i] > 9 ? 2
                                       : 1,
                       counts[i]);
    }
    out_bytes(session, buf_bytes(&reply));
    buf_clear(&reply);
}

/* XPENDING key group - + count [consumer] */
static void show_each(const struct model_call *call, const struct model_group *group)
{
    struct buf reply = {0};
    int64_t most = 0, count = 0;
    int consumer = call->argc > 6 ? model_consumer(call->argv[6]) : -1;
    (void)parse_i64(call->argv[5], &most);
    for (int i = 0; i < group->count && count < most; i++) {
        const struct pending *pending = &group->pending[i];
        int64_t idle_ms = wall_ms() - pending->delivered_ms;
        if (consumer >= 0 && pending->consumer != consumer)
            continue;
        buf_append_text(&reply, "*4\r\n");
        encode_id(&reply, pending->id);
        encode_bulk(&reply, bytes_of(model_consumers[pending->consumer]));
        buf_printf(&reply, ":%lld\r\n:%lld\r\n", (long long)(idle_ms > 0 ? idle_ms : 0),
                   (long long)pending->deliveries);
        count++;
    }
    out_array(call->session, count);
    out_bytes(call->session, buf_bytes(&reply));
    buf_clear(&reply);
}

static void run_xpending(struct model_call *call)
{
    const struct model_group *group = find_group(call, 1, 2, "");
    if (group && call->argc == 3)
        show_overview(call->session, group);
    else if (group)
        show_each(call, group);
}

/* ---- XCLAIM, XAUTOCLAIM ---- */

struct claim {
    struct model_group *group;
    const struct model_value *value;
    int consumer;
    int64_t min_idle_ms;
    bool shows_ids;
    struct buf reply;
    int64_t count;
};

static bool is_idle(const struct claim *claim, const struct pending *pending)
{
    return claim->min_idle_ms == 0 || wall_ms() - pending->delivered_ms >= claim->min_idle_ms;
}

static void take(struct claim *claim, struct pending pending)
{
    pending.consumer = claim->consumer;
    pending.delivered_ms = wall_ms();
    pending_put(claim->group, pending);
    claim->count++;
    if (claim->shows_ids)
        encode_id(&claim->reply, pending.id);
    else
        encode_entry(&claim->reply, &claim->value->items[stream_entry_index(claim->value, pending.id)]);
}

static bool begin(struct model_call *call, struct claim *claim)
{
    *claim = (struct claim){.group = find_group(call, 1, 2, "")};
    if (!claim->group)
        return false;
    claim->value = &call_slot(call, 1)->value;
    claim->consumer = model_consumer(call->argv[3]);
    (void)parse_i64(call->argv[4], &claim->min_idle_ms);
    for (int i = 5; i < call->argc; i++)
        claim->shows_ids |= call_word(call, i, "JUSTID");
    return true;
}

static void end(const struct model_call *call, struct claim *claim)
{
    out_array(call->session, claim->count);
    out_bytes(call->session, buf_bytes(&claim->reply));
    buf_clear(&claim->reply);
}

static void claim_one(struct claim *claim, struct id id, bool is_forced, int64_t deliveries)
{
    int index = pending_find(claim->group, id, NULL);
    if (stream_entry_index(claim->value, id) < 0) {
        if (index >= 0)
            pending_remove(claim->group, index);
        return;
    }
    if (index >= 0 ? !is_idle(claim, &claim->group->pending[index]) : !is_forced)
        return;
    struct pending pending =
        index >= 0 ? claim->group->pending[index] : (struct pending){.id = id, .deliveries = 1};
    pending.deliveries = deliveries >= 0 ? deliveries : pending.deliveries + !claim->shows_ids;
    take(claim, pending);
}

static void run_xclaim(struct model_call *call)
{
    struct claim claim;
    bool is_forced = false;
    int64_t deliveries = -1;
    if (!begin(call, &claim))
        return;
    for (int i = 5; i < call->argc; i++) {
        is_forced |= call_word(call, i, "FORCE");
        if (call_word(call, i, "RETRYCOUNT"))
            (void)parse_i64(call->argv[i + 1], &deliveries);
    }
    bool is_new = get_consumer(claim.group, call->argv[3]);
    for (int i = 5; i < call->argc && call->argv[i].data[0] >= '0' && call->argv[i].data[0] <= '9'; i++)
        claim_one(&claim, id_parse(call->argv[i], 0), is_forced, deliveries);
    end(call, &claim);
    if (is_new)
        note(call, 1, "xgroup-createconsumer");
}

/* XAUTOCLAIM key group consumer min-idle start COUNT count [JUSTID] */
static void run_xautoclaim(struct model_call *call)
{
    enum { EFFORT = 10 };
    struct claim claim;
    struct buf gone = {0}, head = {0};
    int64_t left = 0, gone_count = 0;
    int index;
    if (!begin(call, &claim))
        return;
    bool is_new = get_consumer(claim.group, call->argv[3]);
    (void)parse_i64(call->argv[7], &left);
    (void)pending_find(claim.group, id_parse(call->argv[5], 0), &index);
    for (int64_t effort = left * EFFORT; effort > 0 && left > 0 && index < claim.group->count; effort--) {
        struct pending pending = claim.group->pending[index];
        if (stream_entry_index(claim.value, pending.id) < 0) {
            encode_id(&gone, pending.id);
            pending_remove(claim.group, index);
            gone_count++;
            left--;
            continue;
        }
        if (is_idle(&claim, &pending)) {
            pending.deliveries += !claim.shows_ids;
            take(&claim, pending);
            left--;
        }
        index++;
    }
    buf_append_text(&head, "*3\r\n");
    encode_id(&head, index < claim.group->count ? claim.group->pending[index].id : (struct id){0, 0});
    out_bytes(call->session, buf_bytes(&head));
    end(call, &claim);
    out_array(call->session, gone_count);
    out_bytes(call->session, buf_bytes(&gone));
    buf_clear(&head);
    buf_clear(&gone);
    if (is_new)
        note(call, 1, "xgroup-createconsumer");
}

const struct model_command model_group_commands[] = {
    {.name = "xgroup", .arity = -2, .run = run_xgroup},
    {.name = "xreadgroup", .arity = -7, .run = run_xreadgroup},
    {.name = "xack", .arity = -4, .run = run_xack},
    {.name = "xpending", .arity = -3, .run = run_xpending},
    {.name = "xclaim", .arity = -6, .run = run_xclaim},
    {.name = "xautoclaim", .arity = -6, .run = run_xautoclaim},
    {.name = NULL},
};
