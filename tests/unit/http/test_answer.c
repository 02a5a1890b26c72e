/* SPDX-License-Identifier: BSD-3-Clause */
/* What is answered to whom, of a server in memory. */
#include "base/alloc.h"
#include "config/config.h"
#include "http/answer.h"
#include "http/assets.h"
#include "sessions/session_stats.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct harness *harness;
    struct history *history;
    struct site site;
    struct http_response response; /* to the last request */
};

static int setup(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    fixture->harness = harness_new();
    fixture->history = history_new(fixture->harness->server);
    fixture->site.server = fixture->harness->server;
    fixture->site.history = fixture->history;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    buf_clear(&fixture->response.body);
    scrape_clear(&fixture->site.scrape);
    history_free(fixture->history);
    harness_free(fixture->harness);
    mem_free(fixture);
    return 0;
}

static struct http_request get(const char *path)
{
    return (struct http_request){.method = HTTP_METHOD_GET, .path = bytes_of(path)};
}

static int ask(struct fixture *fixture, const struct http_request *request)
{
    buf_clear(&fixture->response.body);
    fixture->response = (struct http_response){.code = 0};
    answer(&fixture->site, request, &fixture->response);
    return fixture->response.code;
}

static int ask_for(struct fixture *fixture, const char *path)
{
    struct http_request request = get(path);
    return ask(fixture, &request);
}

static bool says(struct fixture *fixture, const char *text)
{
    return reply_has(buf_bytes(&fixture->response.body), text);
}

static void set(struct fixture *fixture, const char *name, const char *value)
{
    struct config_change change = {bytes_of(name), bytes_of(value)};
    struct bytes culprit;
    struct error error;
    struct config_caller caller = {.is_local = true};
    assert_int_equal(config_set(fixture->harness->server->config, &change, 1, caller, &culprit, &error),
                     CONFIG_SET_OK);
}

/* ---- who may ask ---- */

static void only_get_and_head_are_answered(void **state)
{
    struct http_request request = get("/health");
    request.method = HTTP_METHOD_OTHER;
    struct fixture *fixture = *state;
    assert_int_equal(ask(fixture, &request), 405);
    assert_string_equal(fixture->response.allow, "GET, HEAD");
    request.method = HTTP_METHOD_HEAD;
    assert_int_equal(ask(fixture, &request), 200);
}

static void host_must_be_ours(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("/health");
    request.host_count = 1;
    request.host = BYTES("evil.example");
    assert_int_equal(ask(fixture, &request), 421);
    set(fixture, "http-hosts", "evil.example");
    assert_int_equal(ask(fixture, &request), 200);
    request.host = BYTES("127.0.0.1:8379");
    assert_int_equal(ask(fixture, &request), 200);
}

static void host_is_named_once(void **state)
{
    struct http_request request = get("/health");
    request.must_have_host = true;
    assert_int_equal(ask(*state, &request), 400);
    request.host = BYTES("localhost");
    request.host_count = 2;
    assert_int_equal(ask(*state, &request), 400);
    request.host_count = 1;
    assert_int_equal(ask(*state, &request), 200);
}

static void unknown_paths_are_not_found(void **state)
{
    static const char *const paths[] = {"",   "/nosuch", "/health/", "/metrics/x",
                                        "//", "/HEALTH", "/api",     "*"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(ask_for(*state, paths[i]), 404);
}

static void figures_need_the_token(void **state)
{
    static const char *const guarded[] = {"/metrics", "/api/live", "/api/session/redis-status"};
    static const char *const open[] = {"/", "/page.js", "/health", "/ready", "/health/primary"};
    static const char *const wrong[] = {"",
                                        "Bearer ",
                                        "Bearer secre",
                                        "Bearer secret2",
                                        "Basic secret",
                                        "Bearersecret",
                                        "Bearer secret ",
                                        "secret"};
    struct fixture *fixture = *state;
    set(fixture, "http-token", "secret");
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        assert_int_equal(ask_for(fixture, open[i]), 200);
    for (size_t i = 0; i < sizeof guarded / sizeof guarded[0]; i++) {
        struct http_request request = get(guarded[i]);
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            request.authorization = bytes_of(wrong[j]);
            assert_int_equal(ask(fixture, &request), 401);
            assert_string_equal(fixture->response.challenge, "Bearer");
        }
        request.authorization = BYTES("Bearer secret");
        assert_int_equal(ask(fixture, &request), 200);
        request.authorization = BYTES("bearer secret");
        assert_int_equal(ask(fixture, &request), 200);
    }
}

/* ---- health ---- */

static void ready_server_says_so_as_applications_do(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ask_for(fixture, "/ready"), 200);
    assert_true(says(fixture, "\"status\":\"ready\""));
    assert_true(says(fixture, "\"checks\":{\"redis\":true,\"data\":true,\"storage\":true,\"memory\":true,"
                              "\"writes\":true}"));
    assert_true(says(fixture, "\"reasons\":[]"));
    assert_true(says(fixture, "\"multi_worker_support\":true}\n"));
}

static void check_unready(struct fixture *fixture, const char *check, const char *reason)
{
    assert_int_equal(ask_for(fixture, "/ready"), 503);
    assert_true(says(fixture, "\"status\":\"not ready\""));
    assert_true(says(fixture, check));
    assert_true(says(fixture, reason));
    assert_int_equal(ask_for(fixture, "/health/primary"), 503);
    assert_int_equal(ask_for(fixture, "/health"), 200);
}

static void unready_server_says_why(void **state)
{
    struct fixture *fixture = *state;
    struct server *server = fixture->harness->server;
    server->status.is_loading = true;
    check_unready(fixture, "\"data\":false", "the data is being loaded");
    server->status.is_loading = false;
    server->status.is_snapshot_failed = true;
    check_unready(fixture, "\"storage\":false", "the last snapshot failed");
    server->status.is_snapshot_failed = false;
    set(fixture, "maxmemory", "1");
    harness_run(fixture->harness);
    check_unready(fixture, "\"memory\":false", "maxmemory is reached");
    set(fixture, "maxmemory", "0");
    harness_run(fixture->harness);
    server->is_shutting_down = true;
    check_unready(fixture, "\"redis\":false", "shutting down");
    server->is_shutting_down = false;
    harness_send(fixture->harness, "client pause 1000");
    check_unready(fixture, "\"writes\":false", "paused");
    harness_advance(fixture->harness, 1001);
    assert_int_equal(ask_for(fixture, "/ready"), 200);
}

static void eviction_has_a_moment_to_make_room(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, "maxmemory-policy", "allkeys-lru");
    set(fixture, "maxmemory", "1");
    harness_run(fixture->harness);
    assert_int_equal(ask_for(fixture, "/ready"), 200);
    harness_advance(fixture->harness, 1000);
    assert_int_equal(ask_for(fixture, "/ready"), 503);
}

static void full_memory_is_announced(void **state)
{
    struct fixture *fixture = *state;
    char limit[32];
    (void)snprintf(limit, sizeof limit, "%zu", mem_used() * 100 / 95);
    set(fixture, "maxmemory", limit);
    assert_int_equal(ask_for(fixture, "/ready"), 200);
    assert_true(says(fixture, "% of maxmemory is used"));
    set(fixture, "maxmemory-policy", "allkeys-lru");
    assert_int_equal(ask_for(fixture, "/ready"), 200);
    assert_true(says(fixture, "\"warnings\":[]"));
}

static void no_server_is_a_replica(void **state)
{
    assert_int_equal(ask_for(*state, "/health/replica"), 503);
    assert_true(says(*state, "\"role\":\"primary\""));
}

/* ---- figures ---- */

static void status_is_what_applications_show(void **state)
{
    struct fixture *fixture = *state;
    harness_send(fixture->harness, "set chatmrpt:4fc0a1 v");
    harness_send(fixture->harness, "set chatmrpt:4fc0a2 v");
    harness_send(fixture->harness, "set other:4fc0a2 v");
    harness_send(fixture->harness, "set plain v");
    assert_int_equal(ask_for(fixture, "/api/session/redis-status"), 200);
    assert_true(says(fixture, "{\"connected\":true,\"version\":\"7.2.6\",\"used_memory\":\""));
    assert_true(says(fixture, ",\"connected_clients\":1,\"db_keys\":4,\"session_type\":\"redis\","
                              "\"session_prefix\":\"chatmrpt:\"}\n"));
}

static void keys_and_values_are_never_shown(void **state)
{
    static const char *const paths[] = {"/metrics", "/api/live", "/api/session/redis-status", "/ready"};
    struct fixture *fixture = *state;
    set(fixture, "slowlog-log-slower-than", "0");
    set(fixture, "requirepass", "hidden-password");
    harness_send(fixture->harness, "auth hidden-password");
    harness_send(fixture->harness, "set chatmrpt:1234hidden56 hidden-value");
    harness_send(fixture->harness, "config set requirepass hidden-password");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(ask_for(fixture, paths[i]), 200);
        assert_false(says(fixture, "hidden"));
    }
    assert_int_equal(ask_for(fixture, "/api/live"), 200);
    assert_true(says(fixture, "{\"command\":\"set\","));
    assert_true(says(fixture, "{\"command\":\"config|set\","));
    assert_true(says(fixture, "{\"prefix\":\"chatmrpt:\",\"keys\":1,"));
}

static void sample(struct fixture *fixture)
{
    struct server *server = fixture->harness->server;
    harness_advance(fixture->harness, 1000);
    session_stats_tick(server->sessions, server->clock.mono_ms);
    history_run(fixture->history);
}

static void live_tells_what_is_new(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("/api/live");
    sample(fixture);
    harness_send(fixture->harness, "get nosuch");
    harness_send(fixture->harness, "get nosuch");
    sample(fixture);
    request.query = BYTES("since=1&minute=0");
    assert_int_equal(ask(fixture, &request), 200);
    assert_true(says(fixture, "\"columns\":[\"time_ms\",\"operations\",\"hits\",\"misses\","));
    assert_true(says(fixture, "\"samples\":[[1700000002000,2,0,2,"));
    assert_true(says(fixture, "\"next\":2,"));
    request.query = BYTES("since=2");
    ask(fixture, &request);
    assert_true(says(fixture, "\"samples\":[],\"next\":2,"));
}

/* Whoever asks for what is not there, or doesn't make sense, is told everything. */
static void live_takes_any_question(void **state)
{
    static const char *const queries[] = {
        "",      "since",    "since=",  "since=x", "since=-1", "since=99", "since=18446744073709551615",
        "&&&=&", "xsince=2", "minute=7"};
    struct fixture *fixture = *state;
    sample(fixture);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct http_request request = get("/api/live");
        request.query = bytes_of(queries[i]);
        assert_int_equal(ask(fixture, &request), 200);
        assert_true(says(fixture, "\"samples\":[[1700000001000,"));
        assert_true(says(fixture, "\"next\":1,"));
    }
}

static void samples_are_forgotten_in_the_end(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 400; i++)
        sample(fixture);
    assert_int_equal(ask_for(fixture, "/api/live"), 200);
    assert_true(says(fixture, "\"samples\":[[1700000101000,"));
    assert_true(says(fixture, "\"next\":400,"));
}

static void minutes_are_told_when_they_are_over(void **state)
{
    struct fixture *fixture = *state;
    struct session_stats *stats = fixture->harness->server->sessions;
    stats->first_minute = stats->minute = HARNESS_MONO_MS / 60000; /* by this clock */
    harness_send(fixture->harness, "set chatmrpt:4fc0a1 v");
    harness_send(fixture->harness, "set other:4fc0a1 v");
    harness_send(fixture->harness, "del other:4fc0a1");
    for (int i = 0; i < 125; i++)
        sample(fixture);
    assert_int_equal(ask_for(fixture, "/api/live"), 200);
    assert_true(says(fixture, "\"minute_columns\":[\"created\",\"expired\",\"deleted\",\"evicted\",\"live\"],"
                              "\"minutes\":[[2,0,1,0,1],[0,0,0,0,1]],\"next_minute\":2,"));
}

static void statistics_may_be_reset(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 10; i++)
        harness_send(fixture->harness, "get nosuch");
    sample(fixture);
    harness_send(fixture->harness, "config resetstat");
    harness_send(fixture->harness, "get nosuch");
    sample(fixture);
    struct http_request request = get("/api/live");
    request.query = BYTES("since=1");
    ask(fixture, &request);
    assert_true(says(fixture, "\"samples\":[[1700000002000,2,0,1,"));
}

static void scrapes_of_one_moment_are_one(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ask_for(fixture, "/metrics"), 200);
    assert_true(says(fixture, "\nsessiond_keyspace_misses_total 0\n"));
    assert_string_equal(fixture->response.type, "text/plain; version=0.0.4; charset=utf-8");
    harness_send(fixture->harness, "get nosuch");
    ask_for(fixture, "/metrics");
    assert_true(says(fixture, "\nsessiond_keyspace_misses_total 0\n"));
    harness_advance(fixture->harness, 1000);
    ask_for(fixture, "/metrics");
    assert_true(says(fixture, "\nsessiond_keyspace_misses_total 1\n"));
    assert_true(says(fixture, "\n# TYPE sessiond_session_keys gauge\n"));
}

/* In slices it says the same. */
static void metrics_are_made_bit_by_bit(void **state)
{
    struct fixture *fixture = *state;
    const struct server *server = fixture->harness->server;
    struct scrape scrape = {.made_us = 0};
    struct http_request request = get("/metrics"), other = get("/health");
    int slices = 1;
    assert_false(answer_is_prepared(&fixture->site, &request));
    assert_true(answer_is_prepared(&fixture->site, &other));
    assert_int_equal(ask(fixture, &request), 200);
    assert_true(answer_is_prepared(&fixture->site, &request));
    while (!scrape_run(&scrape, server->metrics, server->clock.mono_us, 0))
        slices++;
    assert_true(slices > 100);
    assert_true(scrape_is_current(&scrape, server->clock.mono_us));
    assert_true(scrape.text.len > 1000);
    assert_true(reply_has(buf_bytes(&scrape.text), "\nsessiond_session_live 0\n"));
    scrape_clear(&scrape);
}

/* ---- the page ---- */

static void page_is_complete(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ask_for(fixture, "/"), 200);
    assert_string_equal(fixture->response.type, "text/html; charset=utf-8");
    for (size_t i = 0; i < asset_count; i++) {
        assert_int_equal(ask_for(fixture, assets[i].path), 200);
        assert_true(fixture->response.asset.len > 100);
    }
    ask_for(fixture, "/chart.js");
    assert_true(reply_has(fixture->response.asset, "Chart.js v"));
    ask_for(fixture, "/licences");
    assert_true(reply_has(fixture->response.asset, "Permission is hereby granted"));
}

#define ANSWER_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ANSWER_TEST(only_get_and_head_are_answered),
        ANSWER_TEST(host_must_be_ours),
        ANSWER_TEST(host_is_named_once),
        ANSWER_TEST(unknown_paths_are_not_found),
        ANSWER_TEST(figures_need_the_token),
        ANSWER_TEST(ready_server_says_so_as_applications_do),
        ANSWER_TEST(unready_server_says_why),
        ANSWER_TEST(eviction_has_a_moment_to_make_room),
        ANSWER_TEST(full_memory_is_announced),
        ANSWER_TEST(no_server_is_a_replica),
        ANSWER_TEST(status_is_what_applications_show),
        ANSWER_TEST(keys_and_values_are_never_shown),
        ANSWER_TEST(live_tells_what_is_new),
        ANSWER_TEST(live_takes_any_question),
        ANSWER_TEST(samples_are_forgotten_in_the_end),
        ANSWER_TEST(minutes_are_told_when_they_are_over),
        ANSWER_TEST(statistics_may_be_reset),
        ANSWER_TEST(scrapes_of_one_moment_are_one),
        ANSWER_TEST(metrics_are_made_bit_by_bit),
        ANSWER_TEST(page_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
