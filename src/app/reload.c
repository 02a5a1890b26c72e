/* SPDX-License-Identifier: BSD-3-Clause */
/* Two readings of the same files are compared, the last one that was taken over and a new one: what differs
 * was changed by whoever edited the files. So a setting made by CONFIG SET stays, unless the file changed
 * that very directive. The changes go through config_set: all of them or none. */
#include "reload.h"
#include "base/alloc.h"
#include "base/log.h"
#include "certificates.h"
#include "engine/acl.h"
#include <limits.h>
#include <unistd.h>

static const struct options *options;
static struct config *last; /* NULL: nothing to read again */
static char directory[PATH_MAX];

static void log_problems(const struct config_load *load)
{
    size_t count;
    const struct config_problem *problems = config_load_problems(load, &count);
    for (size_t i = 0; i < count; i++) {
        struct buf line = {0};
        config_problem_print(&problems[i], &line);
        log_warning("%.*s", (int)line.len - 1, line.data); /* without its newline */
        buf_clear(&line);
    }
}

/* A configuration as the files and the command line have it now; NULL when they have mistakes. */
static struct config *read_again(const char *path, bool logs)
{
    struct config *config = config_new();
    struct config_load *load = config_load_new(config);
    struct options anew = *options;
    anew.path = path;
    config_load_relative_to(load, directory);
    options_load(&anew, config, load);
    if (logs)
        log_problems(load);
    if (config_load_error(load)) {
        config_free(config);
        config = NULL;
    }
    config_load_free(load);
    return config;
}

void reload_init(const struct options *given)
{
    options = given;
    if (given->path && !given->reads_standard_input && getcwd(directory, sizeof directory))
        last = read_again(given->path, false);
}

void reload_clear(void)
{
    config_free(last);
    last = NULL;
}

/* ---- what changed ---- */

struct changes {
    struct config_change *items;
    struct buf *values; /* that the items view */
    size_t count;
};

static void add_change(struct changes *changes, const struct config *config,
                       const struct directive *directive)
{
    struct buf *value = &changes->values[changes->count];
    config_print(config, directive, value);
    changes->items[changes->count++] =
        (struct config_change){.name = bytes_of(directive->name), .value = buf_bytes(value)};
}

/* What can't change is only logged. Users are no setting: they follow by themselves. */
static void compare(const struct config *current, const struct config *anew, struct changes *changes)
{
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        if ((directive->flags & CONFIG_LIVE) || config_is_equal(last, anew, directive))
            continue;
        if (config_may_change(current, directive))
            add_change(changes, anew, directive);
        else
            log_warning("%s was changed in the configuration: that takes a restart.", directive->name);
    }
}

/* False, with the reason logged and nothing changed, when a change is refused. */
static bool put_into_effect(struct config *current, const struct changes *changes)
{
    struct bytes culprit = {0};
    struct error error = {""};
    const struct config_caller caller = {.is_local = true};
    if (config_set(current, changes->items, changes->count, caller, &culprit, &error) != CONFIG_SET_OK) {
        log_warning("%.*s can't be changed: %s. All stays as it was.", (int)culprit.len, culprit.data,
                    error.text);
        return false;
    }
    for (size_t i = 0; i < changes->count; i++)
        log_notice("%.*s was changed.", (int)changes->items[i].name.len, changes->items[i].name.data);
    return true;
}

static bool change(struct config *current, const struct config *anew)
{
    struct changes changes = {
        .items = mem_zalloc(config_directive_count * sizeof *changes.items),
        .values = mem_zalloc(config_directive_count * sizeof *changes.values),
    };
    compare(current, anew, &changes);
    bool is_done = changes.count == 0 || put_into_effect(current, &changes);

    for (size_t i = 0; i < changes.count; i++)
        buf_clear(&changes.values[i]);
    mem_free(changes.values);
    mem_free(changes.items);
    return is_done;
}

static bool read_configuration(struct server *server)
{
    if (!last) {
        log_notice("There is no configuration file to read again.");
        return true;
    }
    struct config *anew = read_again(last->path, true);
    if (!anew) {
        log_warning("The configuration stays as it was.");
        return false;
    }
    bool is_done = change(server->config, anew);
    /* Where they come from takes a restart to change; then it isn't known yet who they are. */
    if (is_done && strcmp(anew->aclfile, server->config->aclfile) == 0)
        acl_reload_lines(server, &anew->user);
    /* A refused change is tried again the next time. */
    config_free(is_done ? last : anew);
    if (is_done)
        last = anew;
    return is_done;
}

static bool read_users(struct server *server)
{
    struct buf errors = {0};
    bool is_done = acl_reload_file(server, &errors);
    if (!is_done)
        log_warning("%s", buf_cstring(&errors));
    buf_clear(&errors);
    return is_done;
}

bool reload_run(struct server *server)
{
    return read_configuration(server) && read_users(server) && certificates_reload(server);
}
