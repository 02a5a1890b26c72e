/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_metrics.h"
#include "base/number.h"
#include "clocks.h"
#include "detached.h"
#include "metrics/prometheus.h"
#include "model_http.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"

/* Twice as long as a text may be given again. */
#define FRESH_US INT64_C(1000000)

/* ---- what is counted ---- */

int64_t model_clients(void)
{
    int64_t count = (int64_t)detached_count();
    for (int i = 0; i < MODEL_SESSIONS; i++)
        count += model.sessions[i].is_used && model.sessions[i].id != 0;
    return count;
}

static int64_t keys_in(int database)
{
    int64_t count = 0;
    for (int key = 0; database < MODEL_DATABASES && key < model.key_count; key++)
        count += model.data.slots[database][key].is_there;
    for (int i = 0; database == CROWD_DATABASE && model.data.crowd && i < CROWD_MAX; i++)
        count += model.data.crowd[i].version != 0;
    return count;
}

int64_t model_keys(void)
{
    int64_t count = 0;
    for (int database = 0; database <= CROWD_DATABASE; database++)
        count += keys_in(database);
    return count;
}

static int64_t expired_keys(void)
{
    return (int64_t)model.expired_count;
}

static int64_t evicted_keys(void)
{
    return (int64_t)model.evicted_count;
}

static int64_t expired_fields(void)
{
    return (int64_t)model.expired_fields;
}

static int64_t libraries(void)
{
    return __builtin_popcount(model.data.functions);
}

static int64_t keys_in_0(void)
{
    return keys_in(0);
}

static int64_t keys_in_1(void)
{
    return keys_in(1);
}

static int64_t keys_in_2(void)
{
    return keys_in(2);
}

static int64_t keys_in_3(void)
{
    return keys_in(3);
}

static int64_t keys_in_crowd(void)
{
    return keys_in(CROWD_DATABASE);
}

static int64_t one(void)
{
    return 1;
}

static int64_t none(void)
{
    return 0;
}

static const struct {
    const char *name;
    int64_t (*count)(void);
} rows[] = {
    {"sessiond_connected_clients", model_clients},
    {"sessiond_expired_keys_total", expired_keys},
    {"sessiond_evicted_keys_total", evicted_keys},
    {"sessiond_expired_subkeys_total", expired_fields},
    {"sessiond_number_of_libraries", libraries},
    {"sessiond_db_keys{db=\"db0\"}", keys_in_0},
    {"sessiond_db_keys{db=\"db1\"}", keys_in_1},
    {"sessiond_db_keys{db=\"db2\"}", keys_in_2},
    {"sessiond_db_keys{db=\"db3\"}", keys_in_3},
    {"sessiond_db_keys{db=\"db4\"}", keys_in_crowd},
    {"sessiond_loading", none},
    {"redis_up", one},
};

/* ---- parts ---- */

static struct buf making, made;
static int64_t made_us;

static void check_line(struct bytes line)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].name);
        int64_t number;
        if (line.len < len + 2 || line.data[len] != ' ' || memcmp(line.data, rows[i].name, len) != 0)
            continue;
        if (!parse_i64(bytes_make(line.data + len + 1, line.len - len - 1), &number) ||
            number != rows[i].count())
            world_fail("/metrics says %.*s instead of %lld", (int)line.len, line.data,
                       (long long)rows[i].count());
    }
}

static void check_part(struct bytes part)
{
    while (part.len > 0) {
        size_t len = bytes_index_of(part, '\n');
        if (len == part.len)
            world_fail("a line of /metrics has no end: %.*s", (int)part.len, part.data);
        check_line(bytes_make(part.data, len));
        part = bytes_make(part.data + len + 1, part.len - len - 1);
    }
}

__typeof__(prometheus_print_part) __real_prometheus_print_part, __wrap_prometheus_print_part;
bool __wrap_prometheus_print_part(const struct metrics *metrics, size_t index, struct buf *out)
{
    size_t before = out->len;
    if (index == 0)
        making.len = 0;
    if (!__real_prometheus_print_part(metrics, index, out)) {
        made.len = 0;
        buf_append_bytes(&made, buf_bytes(&making));
        made_us = clocks_now_us();
        return false;
    }
    struct bytes part = bytes_make(out->data + before, out->len - before);
    if (running && !model.is_loading)
        check_part(part);
    buf_append_bytes(&making, part);
    return true;
}

void model_metrics_check(const struct asked *asked, struct bytes body)
{
    (void)asked;
    /* Its last line's end was taken for the answer's. */
    if (body.len + 1 != made.len || memcmp(body.data, made.data, body.len) != 0)
        world_fail("/metrics isn't what was made of it");
    if (clocks_now_us() - made_us > FRESH_US)
        world_fail("/metrics is %lld us old", (long long)(clocks_now_us() - made_us));
}

void model_metrics_forget(void)
{
    buf_clear(&making);
    buf_clear(&made);
}
