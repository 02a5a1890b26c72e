/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLogs. Which of their forms a server chooses isn't the model's matter: what it made is read, and
 * must have the registers that follow from those before and the elements. */
#include "model_tables.h"
#include "reality.h"
#include "world.h"
#include <math.h>
#include <stdlib.h>

enum { REGISTERS = 16384, INDEX_BITS = 14, HASH_BITS = 64 - INDEX_BITS, HEADER = 16, DENSE_SIZE = 12288 };
enum { ENCODING_AT = 4, COUNT_AT = 8, COUNT_END = 15, DENSE = 0 };

/* ---- reading one ---- */

static unsigned byte_at(struct bytes text, size_t at)
{
    return (unsigned char)text.data[at];
}

static void read_dense(struct bytes text, unsigned char *registers)
{
    for (int i = 0; i < REGISTERS; i++) {
        int value = 0;
        for (int bit = 0; bit < 6; bit++) {
            int at = 6 * i + bit;
            value |= (int)(byte_at(text, HEADER + (size_t)at / 8) >> at % 8 & 1) << bit;
        }
        registers[i] = (unsigned char)value;
    }
}

/* Runs of zeros, short and long, or of a value. */
static bool read_sparse(struct bytes text, unsigned char *registers)
{
    size_t at = HEADER, filled = 0;
    while (at < text.len) {
        unsigned head = byte_at(text, at++), value = 0;
        size_t run = (head & 63) + 1;
        if (head >= 128) {
            value = (head >> 2 & 31) + 1;
            run = (head & 3) + 1;
        } else if (head >= 64) {
            if (at == text.len)
                return false;
            run = ((head & 63) << 8 | byte_at(text, at++)) + 1;
        }
        if (run > REGISTERS - filled)
            return false;
        memset(registers + filled, (int)value, run);
        filled += run;
    }
    return filled == REGISTERS;
}

static bool read_all(struct bytes text, unsigned char *registers)
{
    if (text.len < HEADER || !bytes_starts_with(text, BYTES("HYLL")) || byte_at(text, ENCODING_AT) > 1)
        return false;
    if (byte_at(text, ENCODING_AT) != DENSE)
        return read_sparse(text, registers);
    if (text.len != HEADER + DENSE_SIZE)
        return false;
    read_dense(text, registers);
    return true;
}

/* What was counted last, unless something was added since. */
static bool kept_count(struct bytes text, uint64_t *count)
{
    *count = 0;
    for (int i = COUNT_END; i >= COUNT_AT; i--)
        *count = *count << 8 | byte_at(text, (size_t)i);
    return byte_at(text, COUNT_END) < 128;
}

/* ---- elements ---- */

/* MurmurHash64A. */
static uint64_t hash(struct bytes text)
{
    const uint64_t multiplier = UINT64_C(0xc6a4a7935bd1e995);
    uint64_t sum = 0xadc83b19 ^ text.len * multiplier;
    for (size_t at = 0; at < text.len; at += 8) {
        uint64_t word = 0;
        bool is_whole = text.len - at >= 8;
        for (size_t i = 0; i < (is_whole ? 8 : text.len - at); i++)
            word |= (uint64_t)byte_at(text, at + i) << 8 * i;
        if (is_whole) {
            word *= multiplier;
            word = (word ^ word >> 47) * multiplier;
        }
        sum = (sum ^ word) * multiplier;
    }
    sum = (sum ^ sum >> 47) * multiplier;
    return sum ^ sum >> 47;
}

/* True when it raised its register. */
static bool add(unsigned char *registers, struct bytes element)
{
    uint64_t sum = hash(element), rest = sum >> INDEX_BITS;
    unsigned char *held = &registers[sum % REGISTERS], value = 1;
    while (value <= HASH_BITS && !(rest & 1)) {
        rest >>= 1;
        value++;
    }
    if (value <= *held)
        return false;
    *held = value;
    return true;
}

/* Ertl's estimator, in its sums. */
static double estimate(const unsigned char *registers)
{
    double counts[64] = {0}, sum = 0, zeros, ones;
    for (int i = 0; i < REGISTERS; i++)
        counts[registers[i]]++;
    ones = 1 - counts[HASH_BITS + 1] / REGISTERS;
    zeros = counts[0] / REGISTERS;
    if (zeros == 1)
        return 0;
    if (ones < 1) {
        double part = 1 - ones;
        for (double root = ones, weight = 0.5; weight > 1e-18; weight /= 2) {
            root = sqrt(root);
            part -= (1 - root) * (1 - root) * weight;
        }
        sum = REGISTERS * part / 3;
    }
    for (int value = HASH_BITS; value > 0; value--)
        sum = (sum + counts[value]) / 2;
    double part = zeros, weight = 1;
    for (double square = zeros * zeros; square * weight > part * 1e-18; square *= square, weight *= 2)
        part += square * weight;
    sum += REGISTERS * part;
    return (double)REGISTERS * REGISTERS / (2 * log(2) * sum);
}

/* ---- commands ---- */

static bool is_error(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-WRONGTYPE ")) || bytes_starts_with(reply, BYTES("-INVALIDOBJ "));
}

/* Raises the registers to those of what the argument names. False, having replied, when that isn't one. */
static bool raise_to(const struct model_call *call, int index, unsigned char *registers)
{
    unsigned char others[REGISTERS];
    const struct slot *slot = call_slot(call, index);
    if (!slot)
        return true;
    if (slot->value.kind != MODEL_STRING || !read_all(buf_bytes(&slot->value.text), others)) {
        (void)out_any(call->session, is_error);
        return false;
    }
    for (int i = 0; i < REGISTERS; i++)
        registers[i] = others[i] > registers[i] ? others[i] : registers[i];
    return true;
}

/* Takes the server's bytes for what the key holds, which must have these registers. */
static struct bytes take_over(const struct model_call *call, const unsigned char *registers)
{
    unsigned char made[REGISTERS];
    int database = call->session->database, key = model_key(call->argv[1]);
    struct slot *slot = call_slot(call, 1);
    int64_t deadline_ms = slot ? slot->deadline_ms : MODEL_FOREVER;
    struct buf text = {0};
    if (!reality_text(database, call->argv[1], &text) || !read_all(buf_bytes(&text), made))
        world_fail("%.*s isn't made a HyperLogLog", (int)call->argv[1].len, call->argv[1].data);
    if (memcmp(registers, made, REGISTERS) != 0)
        world_fail("the HyperLogLog %.*s has other registers", (int)call->argv[1].len, call->argv[1].data);
    slot = model_put(database, key, buf_bytes(&text));
    slot->deadline_ms = deadline_ms;
    buf_clear(&text);
    return buf_bytes(&slot->value.text);
}

static void changed(const struct model_call *call, const unsigned char *registers)
{
    uint64_t count;
    if (kept_count(take_over(call, registers), &count))
        world_fail("a HyperLogLog that was changed keeps its count");
    model_changed(call->session->database, model_key(call->argv[1]), '$', "pfadd");
}

static void run_pfadd(struct model_call *call)
{
    unsigned char registers[REGISTERS] = {0};
    bool has_changed = !call_slot(call, 1);
    if (!raise_to(call, 1, registers))
        return;
    for (int i = 2; i < call->argc; i++)
        has_changed |= add(registers, call->argv[i]);
    if (has_changed)
        changed(call, registers);
    out_int(call->session, has_changed);
}

/* Roundings differ. */
static bool is_close(uint64_t count, double estimate)
{
    return fabs((double)count - estimate) < 1;
}

static bool is_estimate(struct expected *expected, struct bytes reply)
{
    uint64_t count = strtoull(reply.data + 1, NULL, 10);
    double wanted;
    memcpy(&wanted, expected->bytes.data, sizeof wanted);
    return reply.data[0] == ':' && is_close(count, wanted);
}

/* Of one key, the count is kept with it. */
static void count_one(struct model_call *call, const unsigned char *registers)
{
    uint64_t count = 0;
    const struct slot *slot = call_slot(call, 1);
    if (slot && !kept_count(buf_bytes(&slot->value.text), &count)) {
        if (!kept_count(take_over(call, registers), &count) || !is_close(count, estimate(registers)))
            world_fail("a HyperLogLog of about %.0f is counted as %llu", estimate(registers),
                       (unsigned long long)count);
        model_touched(call->session->database, model_key(call->argv[1]));
    }
    out_int(call->session, (int64_t)count);
}

static void run_pfcount(struct model_call *call)
{
    unsigned char registers[REGISTERS] = {0};
    for (int i = 1; i < call->argc; i++) {
        if (!raise_to(call, i, registers))
            return;
    }
    if (call->argc == 2) {
        count_one(call, registers);
        return;
    }
    double wanted = estimate(registers);
    buf_append(&out_any(call->session, is_estimate)->bytes, &wanted, sizeof wanted);
}

static void run_pfmerge(struct model_call *call)
{
    unsigned char registers[REGISTERS] = {0};
    for (int i = 1; i < call->argc; i++) {
        if (!raise_to(call, i, registers))
            return;
    }
    changed(call, registers);
    out_ok(call->session);
}

const struct model_command model_hyperloglog_commands[] = {
    {.name = "pfadd", .arity = -2, .run = run_pfadd},
    {.name = "pfcount", .arity = -2, .run = run_pfcount},
    {.name = "pfmerge", .arity = -2, .run = run_pfmerge},
    {.name = NULL},
};
