/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that are several figures: limits of output, scores, percentiles. They are read into new ones first,
 * so that a wrong word at the end leaves the old ones alone. */
#include "base/alloc.h"
#include "base/number.h"
#include "kind.h"

#include <inttypes.h>

/* ---- client-output-buffer-limit ---- */

/* CONFIG GET knows replicas by their older name, files by the newer. */
static const struct {
    const char *shown, *written;
} buffer_classes[] = {{"normal", "normal"}, {"slave", "replica"}, {"pubsub", "pubsub"}};

enum { BUFFER_CLASS_COUNT = sizeof buffer_classes / sizeof buffer_classes[0] };

static int find_buffer_class(struct bytes word)
{
    for (int class = 0; class < BUFFER_CLASS_COUNT; class ++)
        if (bytes_is_nocase(word, buffer_classes[class].shown) ||
            bytes_is_nocase(word, buffer_classes[class].written))
            return class;
    return -1;
}

/* A class that isn't named keeps its limits. */
static bool buffer_limits_parse(const struct directive *directive, const struct bytes *words, size_t count,
                                void *value, struct error *error)
{
    struct config_buffer_limits limits = *(struct config_buffer_limits *)value;
    (void)directive;
    if (count % 4 != 0) {
        error_set(error, "Wrong number of arguments in buffer limit configuration.");
        return false;
    }
    for (size_t i = 0; i < count; i += 4) {
        int class = find_buffer_class(words[i]);
        if (class < 0) {
            error_set(error, "Invalid client class specified in buffer limit configuration.");
            return false;
        }
        struct config_buffer_limit *limit = &limits.of_class[class];
        if (!parse_memory(words[i + 1], &limit->hard_bytes) ||
            !parse_memory(words[i + 2], &limit->soft_bytes) ||
            !parse_i64(words[i + 3], &limit->soft_seconds) || limit->soft_seconds < 0) {
            error_set(error, "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
            return false;
        }
    }
    *(struct config_buffer_limits *)value = limits;
    return true;
}

static void buffer_limits_print(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_buffer_limits *limits = value;
    (void)directive;
    for (int class = 0; class < BUFFER_CLASS_COUNT; class ++) {
        const struct config_buffer_limit *limit = &limits->of_class[class];
        buf_printf(out, "%s%s %" PRId64 " %" PRId64 " %" PRId64, class > 0 ? " " : "",
                   buffer_classes[class].shown, limit->hard_bytes, limit->soft_bytes, limit->soft_seconds);
    }
}

static void buffer_limits_write(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_buffer_limits *limits = value;
    (void)directive;
    for (int class = 0; class < BUFFER_CLASS_COUNT; class ++) {
        const struct config_buffer_limit *limit = &limits->of_class[class];
        buf_printf(out, "%s%s ", class > 0 ? "\n" : "", buffer_classes[class].written);
        config_write_bytes(out, limit->hard_bytes);
        buf_append_char(out, ' ');
        config_write_bytes(out, limit->soft_bytes);
        buf_printf(out, " %" PRId64, limit->soft_seconds);
    }
}

/* ---- oom-score-adj-values ---- */

static bool scores_parse(const struct directive *directive, const struct bytes *words, size_t count,
                         void *value, struct error *error)
{
    int64_t scores[3];
    (void)directive;
    if (count != 3) {
        error_set(error, "wrong number of arguments");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!parse_i64(words[i], &scores[i]) || scores[i] < -2000 || scores[i] > 2000) {
            error_set(error, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
            return false;
        }
    }
    *(struct config_scores *)value = (struct config_scores){(int)scores[0], (int)scores[1], (int)scores[2]};
    return true;
}

static void scores_print(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_scores *scores = value;
    (void)directive;
    buf_printf(out, "%d %d %d", scores->primary, scores->replica, scores->background);
}

/* ---- latency-tracking-info-percentiles ---- */

static bool percentiles_parse(const struct directive *directive, const struct bytes *words, size_t count,
                              void *value, struct error *error)
{
    struct config_percentiles percentiles = {0};
    if (count == 1 && words[0].len == 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        double percentile;
        if (!parse_double(words[i], &percentile)) {
            error_set(error, "Invalid latency-tracking-info-percentiles parameters");
        } else if (percentile > 100.0 || percentile < 0.0) {
            error_set(error, "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        } else {
            percentiles.items = mem_realloc(percentiles.items, (percentiles.count + 1) * sizeof(double));
            percentiles.items[percentiles.count++] = percentile;
            continue;
        }
        mem_free(percentiles.items);
        return false;
    }
    directive->kind->clear(value);
    *(struct config_percentiles *)value = percentiles;
    return true;
}

/* Six digits behind the point at most, and no zeros at the end. */
static void append_percentile(struct buf *out, double percentile)
{
    buf_printf(out, "%f", percentile);
    while (out->data[out->len - 1] == '0')
        out->len--;
    if (out->data[out->len - 1] == '.')
        out->len--;
}

static void percentiles_print(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_percentiles *percentiles = value;
    (void)directive;
    for (size_t i = 0; i < percentiles->count; i++) {
        if (i > 0)
            buf_append_char(out, ' ');
        append_percentile(out, percentiles->items[i]);
    }
}

static void percentiles_write(const struct directive *directive, const void *value, struct buf *out)
{
    if (((const struct config_percentiles *)value)->count == 0)
        buf_append_text(out, "\"\"");
    percentiles_print(directive, value, out);
}

static void percentiles_clear(void *value)
{
    struct config_percentiles *percentiles = value;
    mem_free(percentiles->items);
    *percentiles = (struct config_percentiles){0};
}

static void percentiles_copy(void *to, const void *from)
{
    const struct config_percentiles *percentiles = from;
    struct config_percentiles *copy = to;
    *copy = (struct config_percentiles){.count = percentiles->count};
    if (percentiles->count > 0) {
        copy->items = mem_alloc(percentiles->count * sizeof(double));
        memcpy(copy->items, percentiles->items, percentiles->count * sizeof(double));
    }
}

const struct config_kind config_kind_BUFFER_LIMITS = {
    .size = sizeof(struct config_buffer_limits),
    .expected = "normal, replica or pubsub, two sizes and seconds, such as pubsub 32mb 8mb 60",
    .parse = buffer_limits_parse,
    .print = buffer_limits_print,
    .write = buffer_limits_write,
};
const struct config_kind config_kind_SCORES = {
    .size = sizeof(struct config_scores),
    .expected = "three numbers, such as 0 200 800",
    .parse = scores_parse,
    .print = scores_print,
    .write = scores_print,
};
const struct config_kind config_kind_PERCENTILES = {
    .size = sizeof(struct config_percentiles),
    .expected = "numbers from 0 to 100, such as 50 99 99.9",
    .parse = percentiles_parse,
    .print = percentiles_print,
    .write = percentiles_write,
    .copy = percentiles_copy,
    .clear = percentiles_clear,
};
