/* SPDX-License-Identifier: BSD-3-Clause */
/* Watchers and inspectors, in the order in which they were registered. There are a few dozen, and they are looked for only
 * when somebody changes the configuration. */
#include "wires.h"
#include "base/alloc.h"
#include "base/panic.h"

struct wire {
    const struct directive *directive;
    config_apply *apply;        /* a watcher, */
    config_line_check *inspect; /* or an inspector */
    void *context;
    bool has_run;
};

struct config_wires {
    struct wire *items;
    size_t count;
};

static void add_wire(struct config *config, const char *name, struct wire wire)
{
    wire.directive = config_find(bytes_of(name));
    ASSERT(wire.directive != NULL);
    if (config->wires == NULL)
        config->wires = mem_zalloc(sizeof(*config->wires));
    struct config_wires *wires = config->wires;
    wires->items = mem_realloc(wires->items, (wires->count + 1) * sizeof(*wires->items));
    wires->items[wires->count++] = wire;
}

void config_watch(struct config *config, const char *name, config_apply *apply, void *context)
{
    add_wire(config, name, (struct wire){.apply = apply, .context = context});
}

void config_inspect(struct config *config, const char *name, config_line_check *inspect, void *context)
{
    add_wire(config, name, (struct wire){.inspect = inspect, .context = context});
}

void wires_free(struct config *config)
{
    if (config->wires != NULL)
        mem_free(config->wires->items);
    mem_free(config->wires);
}

static struct wire *wires_begin(const struct config *config)
{
    return config->wires != NULL ? config->wires->items : NULL;
}

static struct wire *wires_end(const struct config *config)
{
    return config->wires != NULL ? config->wires->items + config->wires->count : NULL;
}

void wires_forget_runs(struct config *config)
{
    for (struct wire *wire = wires_begin(config); wire != wires_end(config); wire++)
        wire->has_run = false;
}

/* The same function with the same context, watching several directives, runs once for all of them. */
static bool has_run(const struct config *config, const struct wire *wire)
{
    for (struct wire *other = wires_begin(config); other != wires_end(config); other++)
        if (other->has_run && other->apply == wire->apply && other->context == wire->context)
            return true;
    return false;
}

bool wires_run_watchers(struct config *config, const struct directive *directive, struct error *error)
{
    for (struct wire *wire = wires_begin(config); wire != wires_end(config); wire++) {
        if (wire->apply == NULL || wire->directive != directive || has_run(config, wire))
            continue;
        if (!wire->apply(wire->context, error))
            return false;
        wire->has_run = true;
    }
    return true;
}

void wires_rerun_watchers(struct config *config)
{
    struct error ignored;

    for (struct wire *wire = wires_begin(config); wire != wires_end(config); wire++)
        if (wire->has_run)
            (void)wire->apply(wire->context, &ignored);
}

bool wires_inspect(struct config *config, const struct directive *directive, const struct bytes *words,
                   size_t count, struct error *error)
{
    for (struct wire *wire = wires_begin(config); wire != wires_end(config); wire++)
        if (wire->inspect != NULL && wire->directive == directive &&
            !wire->inspect(wire->context, words, count, error))
            return false;
    return true;
}
