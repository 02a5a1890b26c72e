/* SPDX-License-Identifier: BSD-3-Clause */
/* Defaults, CONFIG GET and CONFIG SET: all or nothing, with watchers that may object. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "config/config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int new_config(void **state)
{
    *state = config_new();
    return 0;
}

static int free_config(void **state)
{
    config_free(*state);
    return 0;
}

static void assert_value(const struct config *config, const char *name, const char *expected)
{
    struct buf value = {0};
    const struct directive *directive = config_find(bytes_of(name));
    assert_non_null(directive);
    config_print(config, directive, &value);
    assert_string_equal(buf_cstring(&value), expected);
    buf_clear(&value);
}

/* Sets pairs of name and value, ended by NULL. */
static enum config_result set(struct config *config, struct error *error, char *culprit, ...)
{
    struct config_change changes[8];
    struct bytes blamed = {0};
    size_t count = 0;
    va_list args;
    va_start(args, culprit);
    for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *))
        changes[count++] = (struct config_change){bytes_of(name), bytes_of(va_arg(args, const char *))};
    va_end(args);
    struct config_caller caller = {0};
    enum config_result result = config_set(config, changes, count, caller, &blamed, error);
    snprintf(culprit, 64, "%.*s", (int)blamed.len, blamed.data ? blamed.data : "");
    return result;
}

static void assert_set(struct config *config, const char *name, const char *value)
{
    struct error error = {"no error"};
    char culprit[64];
    if (set(config, &error, culprit, name, value, NULL) != CONFIG_SET_OK)
        fail_msg("%s %s: %s", name, value, error.text);
}

static void assert_refused(struct config *config, const char *name, const char *value, const char *reason)
{
    struct error error = {""};
    char culprit[64];
    assert_int_equal(set(config, &error, culprit, name, value, NULL), CONFIG_SET_FAILED);
    assert_string_equal(error.text, reason);
}

/* ---- defaults and names ---- */

static void defaults_are_those_of_redis(void **state)
{
    FILE *file = fopen("tests/unit/config/redis-defaults.txt", "r");
    char line[256];
    size_t count = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        char *blank = strchr(line, ' ');
        if (blank)
            *blank = '\0';
        assert_value(*state, line, blank ? blank + 1 : "");
        count++;
    }
    fclose(file);
    assert_int_equal(count, 194);
}

/* Directives that Redis doesn't have. */
static const char *const beyond_redis[] = {
    "eviction-order",
    "maxmemory-reserve",
    "session-prefixes",
    "unauthenticated-timeout",
    "request-timeout",
    "http-port",
    "http-bind",
    "http-unixsocket",
    "http-unixsocketperm",
    "http-hosts",
    "http-token",
    "http-tls-port",
    "http-tls-auth-clients",
    "tls-auth-clients-user",
    "hide-user-data-from-log",
    "crash-core-data",
    "rdb-version",
    "lua-memory-limit",
    "busy-poll-us",
};
enum { BEYOND_REDIS_COUNT = sizeof beyond_redis / sizeof beyond_redis[0] };

static void all_that_redis_shows_is_shown_and_little_else(void **state)
{
    struct bytes all = BYTES("*");
    size_t count;
    struct config_item *items = config_select(&all, 1, &count);
    (void)state;
    assert_int_equal(count, 194 + 1 + BEYOND_REDIS_COUNT); /* and dir */
    for (size_t i = 0; i < BEYOND_REDIS_COUNT; i++)
        assert_non_null(config_find(bytes_of(beyond_redis[i])));
    mem_free(items);
}

static void fields_are_named_after_directives(void **state)
{
    (void)state;
#define ASSERT_NAME(field, name)                         \
    {                                                    \
        char expected[64];                               \
        snprintf(expected, sizeof expected, "%s", name); \
        for (char *c = expected; *c != '\0'; c++)        \
            *c = *c == '-' ? '_' : *c;                   \
        assert_string_equal(#field, expected);           \
    }
#define DIRECTIVE(kind, field, name, text, flags, help)        ASSERT_NAME(field, name)
#define NUMBER(kind, field, name, text, min, max, flags, help) ASSERT_NAME(field, name)
#define CHOICE(kind, choices, field, name, text, flags, help)  ASSERT_NAME(field, name)
#include "config/directives.h"
}

static void every_directive_is_explained_in_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_directive_count; i++) {
        const char *help = config_directives[i].help;
        assert_true(help[0] >= 'A' && help[0] <= 'Z');
        assert_int_equal(help[strlen(help) - 1], '.');
        if (config_directives[i].flags & CONFIG_LATER)
            assert_string_not_equal(config_missing(&config_directives[i]), "");
    }
}

static void names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_directive_count; i++) {
        const char *alias = config_alias(&config_directives[i]);
        assert_ptr_equal(config_find(bytes_of(config_directives[i].name)), &config_directives[i]);
        if (alias)
            assert_ptr_equal(config_find(bytes_of(alias)), &config_directives[i]);
    }
}

static void fields_hold_the_defaults(void **state)
{
    const struct config *config = *state;
    char directory[4096];
    assert_int_equal(config->port, 6379);
    assert_int_equal(config->maxclients, 10000);
    assert_int_equal(config->proto_max_bulk_len, 512 * 1024 * 1024);
    assert_int_equal(config->maxmemory_policy, MAXMEMORY_NOEVICTION);
    assert_int_equal(config->loglevel, LOG_LEVEL_NOTICE);
    assert_true(config->protected_mode);
    assert_null(config->requirepass.data);
    assert_string_equal(config->logfile, "");
    assert_int_equal(config->bind.count, 2);
    assert_string_equal(config->bind.items[1], "-::*");
    assert_int_equal(config->save.count, 3);
    assert_int_equal(config->save.items[0].seconds, 3600);
    assert_int_equal(config->client_output_buffer_limit.of_class[2].hard_bytes, 32 * 1024 * 1024);
    assert_non_null(getcwd(directory, sizeof directory));
    assert_string_equal(config->dir, directory);
    assert_string_equal(config_choice_word(config, "maxmemory-policy"), "noeviction");
}

/* ---- CONFIG GET ---- */

static void assert_selected(const char *patterns[], size_t pattern_count, const char *expected)
{
    struct bytes views[4];
    struct buf names = {0};
    size_t count;
    for (size_t i = 0; i < pattern_count; i++)
        views[i] = bytes_of(patterns[i]);
    struct config_item *items = config_select(views, pattern_count, &count);
    for (size_t i = 0; i < count; i++) {
        buf_append_bytes(&names, items[i].name);
        buf_append_char(&names, ' ');
    }
    assert_string_equal(buf_cstring(&names), expected);
    buf_clear(&names);
    mem_free(items);
}

static void get_takes_names_and_patterns(void **state)
{
    (void)state;
    assert_selected((const char *[]){"port"}, 1, "port ");
    assert_selected((const char *[]){"PORT", "port"}, 2, "PORT ");
    assert_selected((const char *[]){"maxmemory", "maxmemory-s*"}, 2, "maxmemory maxmemory-samples ");
    assert_selected((const char *[]){"*slave-prior*"}, 1, "slave-priority ");
    assert_selected((const char *[]){"slave-priority"}, 1, "slave-priority ");
    assert_selected((const char *[]){"nothing", "no*thing"}, 2, "");
}

static void hidden_directives_are_shown_by_name_only(void **state)
{
    (void)state;
    assert_selected((const char *[]){"use-exit-on-pani*"}, 1, "");
    assert_selected((const char *[]){"use-exit-on-panic"}, 1, "use-exit-on-panic ");
    assert_selected((const char *[]){"include", "rename-command", "rename*"}, 3, "");
}

static void secrets_are_known(void **state)
{
    (void)state;
    assert_true(config_is_sensitive(BYTES("RequirePass")));
    assert_true(config_is_sensitive(BYTES("masterauth")));
    assert_false(config_is_sensitive(BYTES("port")));
    assert_false(config_is_sensitive(BYTES("nothing")));
}

/* ---- CONFIG SET ---- */

static void set_changes_fields(void **state)
{
    struct config *config = *state;
    assert_set(config, "MAXMEMORY", "100mb");
    assert_int_equal(config->maxmemory, 100 * 1024 * 1024);
    assert_value(config, "maxmemory", "104857600");
    assert_set(config, "slave-priority", "7");
    assert_int_equal(config->replica_priority, 7);
    assert_set(config, "save", "900 1 300 10");
    assert_set(config, "save", "60 5");
    assert_value(config, "save", "60 5");
    assert_set(config, "save", "");
    assert_value(config, "save", "");
}

static void set_is_all_or_nothing(void **state)
{
    struct config *config = *state;
    struct error error = {""};
    char culprit[64];
    assert_int_equal(
        set(config, &error, culprit, "maxmemory", "1gb", "requirepass", "x", "Timeout", "-1", NULL),
        CONFIG_SET_FAILED);
    assert_string_equal(culprit, "timeout");
    assert_string_equal(error.text, "argument must be between 0 and 2147483647 inclusive");
    assert_int_equal(config->maxmemory, 0);
    assert_null(config->requirepass.data);
}

static void set_refuses_what_redis_refuses(void **state)
{
    struct config *config = *state;
    struct error error = {""};
    char culprit[64];
    assert_int_equal(set(config, &error, culprit, "port", "1", "NoSuch", "1", NULL), CONFIG_SET_UNKNOWN);
    assert_string_equal(culprit, "NoSuch");
    assert_int_equal(set(config, &error, culprit, "include", "x", NULL), CONFIG_SET_UNKNOWN);
    assert_int_equal(set(config, &error, culprit, "port", "1", "PORT", "2", NULL), CONFIG_SET_FAILED);
    assert_string_equal(culprit, "PORT");
    assert_string_equal(error.text, "duplicate parameter");
    assert_int_equal(
        set(config, &error, culprit, "min-slaves-max-lag", "1", "min-replicas-max-lag", "2", NULL),
        CONFIG_SET_FAILED);
    assert_string_equal(error.text, "duplicate parameter");
    assert_int_equal(set(config, &error, culprit, "Databases", "4", NULL), CONFIG_SET_FAILED);
    assert_string_equal(culprit, "Databases");
    assert_string_equal(error.text, "can't set immutable config");
    assert_refused(config, "dir", "/", "can't set protected config");
    assert_refused(config, "appendonly", "yes",
                   "this version has no append-only file: only 'appendonly no' is accepted");
    assert_int_equal(config->port, 6379);
}

static void protected_directives_open_as_configured(void **state)
{
    struct config *config = *state;
    struct config_change change = {BYTES("dbfilename"), BYTES("x.rdb")};
    struct bytes culprit;
    struct error error;
    config->enable_protected_configs = PROTECTION_LOCAL;
    assert_int_equal(config_set(config, &change, 1, (struct config_caller){0}, &culprit, &error),
                     CONFIG_SET_FAILED);
    assert_int_equal(
        config_set(config, &change, 1, (struct config_caller){.is_local = true}, &culprit, &error),
        CONFIG_SET_OK);
    config->enable_protected_configs = PROTECTION_YES;
    change.value = BYTES("y.rdb");
    assert_int_equal(config_set(config, &change, 1, (struct config_caller){0}, &culprit, &error),
                     CONFIG_SET_OK);
    assert_string_equal(config->dbfilename, "y.rdb");
    change = (struct config_change){BYTES("dir"), BYTES("/")};
    assert_int_equal(
        config_set(config, &change, 1, (struct config_caller){.is_loading = true}, &culprit, &error),
        CONFIG_SET_LOADING);
}

/* ---- watchers ---- */

struct watcher {
    const struct config *config;
    int calls;
    int64_t seen;
    int64_t objects_to;
};

static bool watch_maxclients(void *context, struct error *error)
{
    struct watcher *watcher = context;
    watcher->calls++;
    watcher->seen = watcher->config->maxclients;
    if (watcher->seen != watcher->objects_to)
        return true;
    error_set(error, "not %d", (int)watcher->objects_to);
    return false;
}

static void watchers_run_after_a_change_and_once(void **state)
{
    struct config *config = *state;
    struct watcher watcher = {.config = config};
    struct error error;
    char culprit[64];
    config_watch(config, "maxclients", watch_maxclients, &watcher);
    config_watch(config, "timeout", watch_maxclients, &watcher);
    assert_set(config, "port", "1");
    assert_set(config, "maxclients", "10000");
    assert_int_equal(watcher.calls, 0);
    assert_int_equal(set(config, &error, culprit, "timeout", "5", "maxclients", "50", NULL), CONFIG_SET_OK);
    assert_int_equal(watcher.calls, 1);
    assert_int_equal(watcher.seen, 50);
}

static void objection_restores_all(void **state)
{
    struct config *config = *state;
    struct watcher first = {.config = config}, second = {.config = config, .objects_to = 50};
    struct error error;
    char culprit[64];
    config_watch(config, "requirepass", watch_maxclients, &first);
    config_watch(config, "maxclients", watch_maxclients, &second);
    assert_int_equal(
        set(config, &error, culprit, "requirepass", "secret", "maxclients", "50", "bind", "10.0.0.1", NULL),
        CONFIG_SET_FAILED);
    assert_string_equal(culprit, "maxclients");
    assert_string_equal(error.text, "not 50");
    assert_int_equal(config->maxclients, 10000);
    assert_null(config->requirepass.data);
    assert_value(config, "bind", "* -::*");
    assert_int_equal(first.calls, 2); /* once more, to go back */
    assert_int_equal(first.seen, 10000);
    assert_int_equal(second.calls, 2);
    assert_int_equal(second.seen, 10000);
}

#define CONFIG_TEST(test) cmocka_unit_test_setup_teardown(test, new_config, free_config)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(defaults_are_those_of_redis),
        CONFIG_TEST(all_that_redis_shows_is_shown_and_little_else),
        CONFIG_TEST(fields_are_named_after_directives),
        CONFIG_TEST(every_directive_is_explained_in_sentences),
        CONFIG_TEST(names_are_unique),
        CONFIG_TEST(fields_hold_the_defaults),
        CONFIG_TEST(get_takes_names_and_patterns),
        CONFIG_TEST(hidden_directives_are_shown_by_name_only),
        CONFIG_TEST(secrets_are_known),
        CONFIG_TEST(set_changes_fields),
        CONFIG_TEST(set_is_all_or_nothing),
        CONFIG_TEST(set_refuses_what_redis_refuses),
        CONFIG_TEST(protected_directives_open_as_configured),
        CONFIG_TEST(watchers_run_after_a_change_and_once),
        CONFIG_TEST(objection_restores_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
