/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLogs looked at from inside: PFDEBUG, PFSELFTEST. */
#include "commands/families.h"
#include "engine/edit.h"
#include "hyperloglog_access.h"
#include "types/hyperloglog.h"

/* ---- PFDEBUG ---- */

/* False, having replied, when there is no memory. */
static bool make_dense(struct call *call, struct bytes hll)
{
    struct buf dense = {0};
    buf_append_bytes(&dense, hll);
    hll_make_dense(&dense);
    bool is_put = put_hll(call, call_key(call, 2), buf_bytes(&dense), 0, NULL);
    buf_clear(&dense);
    return is_put;
}

static void show_registers(struct call *call, struct bytes hll)
{
    uint8_t registers[HLL_REGISTERS] = {0};
    hll_raise_to(registers, hll);
    if (!hll_is_dense(hll) && !make_dense(call, hll))
        return;
    reply_array(call->reply, HLL_REGISTERS);
    for (int i = 0; i < HLL_REGISTERS; i++)
        reply_int(call->reply, registers[i]);
}

static void show_runs(struct call *call, struct bytes hll)
{
    struct buf runs = {0};
    if (hll_is_dense(hll)) {
        call_error_format(call, "ERR HLL encoding is not sparse");
        return;
    }
    hll_describe(hll, &runs);
    reply_bulk(call->reply, buf_bytes(&runs));
    buf_clear(&runs);
}

static void show_encoding(struct call *call, struct bytes hll)
{
    reply_simple(call->reply, hll_is_dense(hll) ? "dense" : "sparse");
}

static void change_to_dense(struct call *call, struct bytes hll)
{
    if (hll_is_dense(hll))
        reply_int(call->reply, 0);
    else if (make_dense(call, hll))
        reply_int(call->reply, 1);
}

static const struct {
    const char *name;
    void (*run)(struct call *call, struct bytes hll);
} looks[] = {
    {"getreg", show_registers},
    {"decode", show_runs},
    {"encoding", show_encoding},
    {"todense", change_to_dense},
};

static void cmd_pfdebug(struct call *call)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, 2));
    struct bytes name = call->argv[1], hll;
    if (!entry) {
        call_error_format(call, "ERR The specified key does not exist");
        return;
    }
    if (!read_hll(call, entry, &hll))
        return;
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (bytes_is_nocase(name, looks[i].name)) {
            looks[i].run(call, hll);
            return;
        }
    }
    call_error_format(call, "ERR Unknown PFDEBUG subcommand '%.*s'", (int)(name.len < 128 ? name.len : 128),
                      name.data);
}

/* ---- PFSELFTEST ---- */

enum { TEST_ELEMENTS = 100000, TEST_SPARSE_MAX = 3000 };

/* Whether sparse and dense registers agree, and with the number of elements within six times the error that
 * is to be expected. */
static const char *compare(struct bytes sparse, struct bytes dense, uint64_t count)
{
    uint64_t estimate = hll_estimate(dense);
    uint64_t difference = estimate > count ? estimate - count : count - estimate;
    if (hll_estimate(sparse) != estimate)
        return "ERR TESTFAILED dense/sparse disagree";
    return difference * 20 > count + 20 ? "ERR TESTFAILED Too big error" : NULL;
}

static const char *test_elements(struct buf *sparse, struct buf *dense)
{
    const char *failure = NULL;
    uint64_t checkpoint = 1;
    for (uint64_t i = 1; i <= TEST_ELEMENTS && !failure; i++) {
        struct hll_element element = hll_element_of(bytes_make(&i, sizeof i));
        (void)hll_add(sparse, element, TEST_SPARSE_MAX);
        (void)hll_add_dense(dense->data, element);
        if (i != checkpoint)
            continue;
        failure = compare(buf_bytes(sparse), buf_bytes(dense), i);
        checkpoint *= 10;
    }
    return failure;
}

static void cmd_pfselftest(struct call *call)
{
    struct buf sparse = {0}, dense = {0};
    hll_init(&sparse);
    hll_init(&dense);
    hll_make_dense(&dense);
    const char *failure = test_elements(&sparse, &dense);
    if (failure)
        call_error_format(call, "%s", failure);
    else
        reply_ok(call->reply);
    buf_clear(&sparse);
    buf_clear(&dense);
}

static const struct command hll_debug_commands[] = {
    {
        .name = "pfdebug",
        .run = cmd_pfdebug,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_ADMIN | COMMAND_SYSTEM,
        .acl = ACL_HYPERLOGLOG,
        .keys = {KEY_AT(2, KEY_RW | KEY_ACCESS)},
        .group = "hyperloglog",
        .since = "2.8.9",
        .complexity = "N/A",
        .summary = "Internal commands for debugging HyperLogLog values.",
        .synopsis = "subcommand key",
    },
    {
        .name = "pfselftest",
        .run = cmd_pfselftest,
        .arity = 1,
        .flags = COMMAND_ADMIN | COMMAND_SYSTEM,
        .acl = ACL_HYPERLOGLOG,
        .group = "hyperloglog",
        .since = "2.8.9",
        .complexity = "N/A",
        .summary = "An internal command for testing HyperLogLog values.",
    },
    {0},
};

const struct command_family hll_debug_family = {.name = "hll_debug", .commands = hll_debug_commands};
