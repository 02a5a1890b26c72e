/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLogs. A string may have come from anywhere: it is checked wholly before each use. */
#include "types/hyperloglog.h"
#include "base/alloc.h"
#include "commands/families.h"
#include "config/config.h"
#include "engine/edit.h"
#include "engine/server.h"
#include "hyperloglog_access.h"
#include "string_access.h"

static size_t sparse_max(const struct call *call)
{
    return (size_t)call->server->config->hll_sparse_max_bytes;
}

/* ---- PFADD ---- */

/* What a few elements may make it longer by, without looking for room again. */
#define ROOM_TO_GROW 64

/* To a copy of `hll`, which takes its place, the elements from argv[from] on. */
static void add_to_copy(struct call *call, struct key key, struct bytes hll, int from)
{
    struct buf copy = {0};
    buf_reserve(&copy, hll.len + ROOM_TO_GROW);
    if (hll.len > 0)
        buf_append_bytes(&copy, hll);
    else
        hll_init(&copy);
    for (int i = from; i < call->argc; i++)
        (void)hll_add(&copy, hll_element_of(call->argv[i]), sparse_max(call));
    hll_forget_count(copy.data);
    if (put_hll(call, key, buf_bytes(&copy), EVENT_STRING, "pfadd"))
        reply_int(call->reply, 1);
    buf_clear(&copy);
}

/* Where it lies. */
static void add_to_dense(struct call *call, struct key key, int from)
{
    char *hll = call_edit_hll(call, key, HLL_DENSE_SIZE);
    if (!hll)
        return;
    for (int i = from; i < call->argc; i++)
        (void)hll_add_dense(hll, hll_element_of(call->argv[i]));
    hll_forget_count(hll);
    call_bytes_edited(call, key, false, "pfadd");
    reply_int(call->reply, 1);
}

static void change_sparse(struct call *call, struct key key, size_t len, const struct hll_change *change)
{
    size_t new_len = len - change->old_size + change->size;
    char *hll = call_edit_hll(call, key, new_len > len ? new_len : len);
    if (!hll)
        return;
    hll_apply(hll, len, change);
    hll_forget_count(hll);
    if (new_len < len && !call_edit_hll(call, key, new_len))
        return;
    call_bytes_edited(call, key, false, "pfadd");
    reply_int(call->reply, 1);
}

/* The only element, to a sparse one. */
static void add_one(struct call *call, struct key key, struct bytes hll, struct hll_element element,
                    struct hll_place place)
{
    struct hll_change change;
    switch (hll_plan(hll, element, place, sparse_max(call), &change)) {
    case HLL_UNCHANGED:
        reply_int(call->reply, 0);
        break;
    case HLL_OUTGROWN:
        add_to_copy(call, key, hll, 2);
        break;
    default:
        change_sparse(call, key, hll.len, &change);
    }
}

/* The first of them, from argv[2] on, that changes something; argc: none does. */
static int first_change(const struct call *call, struct bytes hll, struct hll_element first)
{
    for (int i = 2; i < call->argc; i++) {
        struct hll_element element = i == 2 ? first : hll_element_of(call->argv[i]);
        if (hll_register(hll, element.index) < element.value)
            return i;
    }
    return call->argc;
}

static void cmd_pfadd(struct call *call)
{
    struct key key = call_key(call, 1);
    struct hll_element first = call->argc > 2 ? hll_element_of(call->argv[2]) : (struct hll_element){0, 0};
    struct hll_place place;
    struct bytes hll;
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    if (!entry) {
        add_to_copy(call, key, BYTES(""), 2);
        return;
    }
    /* Many elements go anywhere: all of it is looked at. */
    if (call->argc <= 3 ? !find_in_hll(call, entry, first.index, &hll, &place) : !read_hll(call, entry, &hll))
        return;
    bool is_dense = hll_is_dense(hll);
    if (!is_dense && call->argc <= 3) {
        add_one(call, key, hll, first, place);
        return;
    }
    int from = first_change(call, hll, first);
    if (from == call->argc)
        reply_int(call->reply, 0);
    else if (is_dense)
        add_to_dense(call, key, from);
    else
        add_to_copy(call, key, hll, from);
}

/* ---- PFCOUNT, PFMERGE ---- */

/* The highest registers of several keys. */
struct highest {
    uint8_t registers[HLL_REGISTERS];
    bool is_any_dense;
};

/* Those of argv[1] and all behind it, to be freed by mem_free. NULL, having replied, when one of them is no
 * HyperLogLog. */
static struct highest *highest_of_all(struct call *call)
{
    struct highest *highest = mem_zalloc(sizeof *highest);
    for (int i = 1; i < call->argc; i++) {
        const struct entry *entry = call_find(call, call_key(call, i));
        struct bytes hll;
        if (!entry)
            continue;
        if (!read_hll(call, entry, &hll)) {
            mem_free(highest);
            return NULL;
        }
        highest->is_any_dense |= hll_is_dense(hll);
        hll_raise_to(highest->registers, hll);
    }
    return highest;
}

static void count_all(struct call *call)
{
    struct highest *highest = highest_of_all(call);
    if (highest)
        reply_int(call->reply, (int64_t)hll_estimate_registers(highest->registers));
    mem_free(highest);
}

/* The estimate is kept in the string, which is a change of it. */
static void count_anew(struct call *call, struct key key, struct bytes hll)
{
    uint64_t count = hll_estimate(hll);
    char *kept = call_edit_hll(call, key, hll.len);
    if (!kept)
        return;
    hll_keep_count(kept, count);
    call_bytes_edited(call, key, false, NULL);
    reply_int(call->reply, (int64_t)count);
}

static void cmd_pfcount(struct call *call)
{
    if (call->argc > 2) {
        count_all(call);
        return;
    }
    struct key key = call_key(call, 1);
    const struct entry *entry = call_find(call, key);
    struct bytes hll;
    uint64_t count = 0;
    if (entry && !read_hll(call, entry, &hll))
        return;
    if (entry && !hll_kept_count(hll, &count))
        count_anew(call, key, hll);
    else
        reply_int(call->reply, (int64_t)count);
}

static void give_registers(const struct call *call, struct buf *hll, const struct highest *highest)
{
    if (highest->is_any_dense) {
        hll_make_dense(hll);
        hll_set_registers(hll, highest->registers);
        return;
    }
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        struct hll_element element = {(uint16_t)i, highest->registers[i]};
        if (element.value > 0)
            (void)hll_add(hll, element, sparse_max(call));
    }
}

static void cmd_pfmerge(struct call *call)
{
    struct key key = call_key(call, 1);
    struct highest *highest = highest_of_all(call);
    struct buf hll = {0};
    if (!highest)
        return;
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    char scratch[STRING_SCRATCH];
    if (entry)
        buf_append_bytes(&hll, entry_string(entry, scratch));
    else
        hll_init(&hll);
    give_registers(call, &hll, highest);
    hll_forget_count(hll.data);
    if (put_hll(call, key, buf_bytes(&hll), EVENT_STRING, "pfadd"))
        reply_ok(call->reply);
    buf_clear(&hll);
    mem_free(highest);
}

static const struct command hyperloglog_commands[] = {
    {
        .name = "pfadd",
        .run = cmd_pfadd,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HYPERLOGLOG,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "hyperloglog",
        .since = "2.8.9",
        .complexity = "O(1) to add every element.",
        .summary = "Adds elements to a HyperLogLog key. Creates the key if it doesn't exist.",
        .synopsis = "key [element...]",
    },
    {
        .name = "pfcount",
        .run = cmd_pfcount,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_MAY_REPLICATE,
        .acl = ACL_HYPERLOGLOG,
        .keys = {{.flags = KEY_RW | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .last = -1,
                  .step = 1,
                  .notes =
                      "RW because it may change the internal representation of the key, and propagate to "
                      "replicas"}},
        .group = "hyperloglog",
        .since = "2.8.9",
        .complexity = "O(1) with a very small average constant time when called with a single key. O(N) with "
                      "N being the number of keys, and much bigger constant times, when called with multiple "
                      "keys.",
        .summary = "Returns the approximated cardinality of the set(s) observed by the HyperLogLog key(s).",
        .synopsis = "key...",
    },
    {
        .name = "pfmerge",
        .run = cmd_pfmerge,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_HYPERLOGLOG,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_INSERT), KEYS_FROM(2, KEY_RO | KEY_ACCESS)},
        .group = "hyperloglog",
        .since = "2.8.9",
        .complexity = "O(N) to merge N HyperLogLogs, but with high constant times.",
        .summary = "Merges one or more HyperLogLog values into a single key.",
        .synopsis = "destkey:key [sourcekey:key...]",
    },
    {0},
};

const struct command_family hyperloglog_family = {.name = "hyperloglog", .commands = hyperloglog_commands};
