/* SPDX-License-Identifier: BSD-3-Clause */
/* Watchers, in the order in which they were registered. There are a few dozen, and they are looked for only
 * when somebody changes the configuration. */
#include "watchers.h"
#include "base/alloc.h"
#include "base/panic.h"

struct watcher {
    const struct directive *directive;
    config_apply *apply;
    void *context;
    bool has_run;
};

struct config_watchers {
    struct watcher *items;
    size_t count;
};

void config_watch(struct config *config, const char *name, config_apply *apply, void *context)
{
    struct watcher watcher = {config_find(bytes_of(name)), apply, context, false};
    ASSERT(watcher.directive);
    if (!config->watchers)
        config->watchers = mem_zalloc(sizeof *config->watchers);
    struct config_watchers *watchers = config->watchers;
    watchers->items = mem_realloc(watchers->items, (watchers->count + 1) * sizeof watcher);
    watchers->items[watchers->count++] = watcher;
}

void watchers_free(struct config *config)
{
    if (config->watchers)
        mem_free(config->watchers->items);
    mem_free(config->watchers);
}

static size_t watcher_count(const struct config *config)
{
    return config->watchers ? config->watchers->count : 0;
}

void watchers_begin(struct config *config)
{
    for (size_t i = 0; i < watcher_count(config); i++)
        config->watchers->items[i].has_run = false;
}

/* The same function with the same context, watching several directives, runs once for all of them. */
static bool has_run(const struct config *config, const struct watcher *watcher)
{
    for (size_t i = 0; i < watcher_count(config); i++) {
        const struct watcher *other = &config->watchers->items[i];
        if (other->has_run && other->apply == watcher->apply && other->context == watcher->context)
            return true;
    }
    return false;
}

bool watchers_run(struct config *config, const struct directive *directive, struct error *error)
{
    for (size_t i = 0; i < watcher_count(config); i++) {
        struct watcher *watcher = &config->watchers->items[i];
        if (watcher->directive != directive || has_run(config, watcher))
            continue;
        watcher->has_run = true;
        if (!watcher->apply(watcher->context, error))
            return false;
    }
    return true;
}

void watchers_run_again(struct config *config)
{
    struct error ignored;
    for (size_t i = 0; i < watcher_count(config); i++) {
        const struct watcher *watcher = &config->watchers->items[i];
        if (watcher->has_run)
            (void)watcher->apply(watcher->context, &ignored);
    }
}
