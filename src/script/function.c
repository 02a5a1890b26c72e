/* SPDX-License-Identifier: BSD-3-Clause */
/* What FUNCTION and FCALL do, and what saving and INFO see of functions. */
#include "script/function.h"
#include "base/glob.h"
#include "engine/client.h"
#include "engine/edit.h"
#include "engine/monitor.h"
#include "engine/scripting.h"
#include "function_load.h"
#include "persist/function_payload.h"
#include "run.h"

/* Those of the server, NULL when there never were any. */
static struct libraries *libraries_of(const struct server *server)
{
    return server->scripts ? server->scripts->libraries : NULL;
}

static struct library *library_at(const struct list *link)
{
    return LIST_ENTRY(link, struct library, link);
}

/* ---- calling ---- */

static const struct function *find_called(const struct call *call)
{
    const struct libraries *libraries = libraries_of(call->server);
    return libraries ? libraries_find_function(libraries, call->argv[1]) : NULL;
}

bool function_only_reads(const struct call *call)
{
    const struct function *function = find_called(call);
    return function && (function->program.flags & SCRIPT_NO_WRITES);
}

void function_call(struct call *call, bool is_read_only)
{
    const struct function *function = find_called(call);
    struct run_how how = {.is_read_only = is_read_only};
    monitor_feed_first(call);
    if (!function) {
        call_error_format(call, "ERR Function not found");
        return;
    }
    if (!run_parse_keys(call, "ERR Bad number of keys provided", &how))
        return;
    how.function = function->name;
    run_begin(&call->server->scripts->functions, &function->program, call, &how);
}

/* ---- changing ---- */

/* The journal's own client is obeyed: what it says has been done elsewhere. */
static bool is_timed(const struct call *call)
{
    return !(call->client->flags & CLIENT_OBEYED);
}

void function_load_library(struct call *call, struct bytes code, bool replaces)
{
    struct scripts *scripts = scripts_of(call->server);
    struct buf error = {0};
    const struct library *library =
        function_load(scripts, scripts->libraries, code,
                      (struct function_load_how){.replaces = replaces, .is_timed = is_timed(call)}, &error);
    if (library) {
        call_changed_elsewhere(call);
        reply_bulk_text(call->reply, library->name);
    } else {
        call_error_format(call, "%s", buf_cstring(&error));
    }
    buf_clear(&error);
}

void function_delete(struct call *call, struct bytes name)
{
    struct libraries *libraries = libraries_of(call->server);
    struct library *library = libraries ? libraries_find(libraries, name) : NULL;
    if (!library) {
        call_error_format(call, "ERR Library not found");
        return;
    }
    libraries_remove(libraries, library, call->server->scripts->functions.lua);
    call_changed_elsewhere(call);
    reply_ok(call->reply);
}

/* With the interpreter: what functions kept for themselves goes, too. */
static void clear_libraries(struct server *server)
{
    if (!server->scripts)
        return;
    libraries_clear(server->scripts->libraries, NULL);
    interpreter_close(&server->scripts->functions);
}

void function_flush(struct call *call)
{
    clear_libraries(call->server);
    call_changed_elsewhere(call);
    reply_ok(call->reply);
}

/* ---- showing ---- */

static void reply_flags(struct call *call, unsigned flags)
{
    reply_set(call->reply, (size_t)__builtin_popcount(flags));
    for (; flags; flags &= flags - 1)
        reply_simple(call->reply, shebang_flag_name((enum script_flag)(flags & -flags)));
}

static void reply_function(struct call *call, const struct function *function)
{
    reply_map(call->reply, 3);
    reply_bulk_text(call->reply, "name");
    reply_bulk_text(call->reply, function->name);
    reply_bulk_text(call->reply, "description");
    if (function->description)
        reply_bulk(call->reply, blob_bytes(function->description));
    else
        reply_null(call->reply);
    reply_bulk_text(call->reply, "flags");
    reply_flags(call, function->program.flags);
}

static void reply_library(struct call *call, const struct library *library, bool shows_code)
{
    reply_map(call->reply, shows_code ? 4 : 3);
    reply_bulk_text(call->reply, "library_name");
    reply_bulk_text(call->reply, library->name);
    reply_bulk_text(call->reply, "engine");
    reply_bulk_text(call->reply, "LUA");
    reply_bulk_text(call->reply, "functions");
    reply_array(call->reply, library->function_count);
    LIST_EACH(link, &library->functions)
        reply_function(call, LIST_ENTRY(link, struct function, link));
    if (shows_code) {
        reply_bulk_text(call->reply, "library_code");
        reply_bulk(call->reply, blob_bytes(library->code));
    }
}

void function_list(struct call *call, struct bytes pattern, bool shows_code)
{
    const struct libraries *libraries = libraries_of(call->server);
    struct reply_mark later = reply_later(call->reply);
    size_t count = 0;
    if (libraries) {
        LIST_EACH(link, &libraries->all) {
            const struct library *library = library_at(link);
            if (!glob_match(pattern, bytes_of(library->name), true))
                continue;
            reply_library(call, library, shows_code);
            count++;
        }
    }
    reply_later_done(call->reply, later, '*', count);
}

static void reply_running(struct call *call, const struct script_run *run)
{
    const struct call *running = long_work_call(&run->work);
    if (!running) {
        reply_null(call->reply);
        return;
    }
    reply_map(call->reply, 3);
    reply_bulk_text(call->reply, "name");
    reply_bulk_text(call->reply, run->name);
    reply_bulk_text(call->reply, "command");
    reply_array(call->reply, (size_t)running->argc);
    for (int i = 0; i < running->argc; i++)
        reply_bulk(call->reply, running->argv[i]);
    reply_bulk_text(call->reply, "duration_ms");
    reply_int(call->reply, call->server->clock.mono_ms - run->begin_mono_ms);
}

void function_stats(struct call *call)
{
    const struct libraries *libraries = libraries_of(call->server);
    const struct script_run *run = call->server->scripts ? call->server->scripts->run : NULL;
    if (run && !run->is_function) {
        call_error(call, ERR_SCRIPT_BUSY);
        return;
    }
    reply_map(call->reply, 2);
    reply_bulk_text(call->reply, "running_script");
    if (run)
        reply_running(call, run);
    else
        reply_null(call->reply);
    reply_bulk_text(call->reply, "engines");
    reply_map(call->reply, 1);
    reply_bulk_text(call->reply, "LUA");
    reply_map(call->reply, 2);
    reply_bulk_text(call->reply, "libraries_count");
    reply_int(call->reply, libraries ? (int64_t)libraries->count : 0);
    reply_bulk_text(call->reply, "functions_count");
    reply_int(call->reply, libraries ? (int64_t)libraries->function_count : 0);
}

/* ---- payloads ---- */

void function_dump(struct call *call)
{
    const struct libraries *libraries = libraries_of(call->server);
    const struct config *config = call->server->config;
    struct buf payload = {0};
    if (libraries) {
        LIST_EACH(link, &libraries->all)
            function_payload_add(&payload, blob_bytes(library_at(link)->code), config->rdbcompression);
    }
    function_payload_end(&payload, (unsigned)config->rdb_version);
    reply_bulk(call->reply, buf_bytes(&payload));
    buf_clear(&payload);
}

struct restoring {
    struct scripts *scripts;
    struct libraries *libraries;
    struct function_load_how how;
    struct buf error;
};

static bool restore_library(void *context, struct bytes code)
{
    struct restoring *restoring = context;
    return function_load(restoring->scripts, restoring->libraries, code, restoring->how, &restoring->error);
}

/* All of them apart, before anything is changed. */
static bool read_payload(struct restoring *restoring, struct bytes payload)
{
    static const char *const errors[] = {
        [FUNCTION_PAYLOAD_WRONG_FOOTER] = "ERR DUMP payload version or checksum are wrong",
        [FUNCTION_PAYLOAD_WRONG_TYPE] = "ERR given type is not a function",
        [FUNCTION_PAYLOAD_WRONG_FORMAT] = "ERR failed loading the given functions payload",
    };
    enum function_payload_read result = function_payload_read(payload, restore_library, restoring);
    if (result != FUNCTION_PAYLOAD_READ && result != FUNCTION_PAYLOAD_REFUSED)
        buf_append_text(&restoring->error, errors[result]);
    return result == FUNCTION_PAYLOAD_READ;
}

static bool restore(struct restoring *restoring, enum function_restore policy)
{
    struct scripts *scripts = restoring->scripts;
    lua_State *lua = scripts->functions.lua;
    if (policy == FUNCTION_RESTORE_FLUSH)
        libraries_clear(scripts->libraries, lua);
    return libraries_join(scripts->libraries, restoring->libraries, policy == FUNCTION_RESTORE_REPLACE, lua,
                          &restoring->error);
}

void function_restore(struct call *call, struct bytes payload, enum function_restore policy)
{
    struct restoring restoring = {.scripts = scripts_of(call->server), .how = {.is_timed = is_timed(call)}};
    restoring.libraries = libraries_new();
    if (read_payload(&restoring, payload) && restore(&restoring, policy)) {
        call_changed_elsewhere(call);
        reply_ok(call->reply);
    } else {
        call_error_format(call, "%s", buf_cstring(&restoring.error));
    }
    libraries_clear(restoring.libraries, restoring.scripts->functions.lua);
    libraries_free(restoring.libraries);
    buf_clear(&restoring.error);
}

/* ---- for others ---- */

static void each_library(const struct server *server, void (*show)(void *context, struct blob *code),
                         void *context)
{
    const struct libraries *libraries = libraries_of(server);
    if (!libraries)
        return;
    LIST_EACH(link, &libraries->all)
        show(context, library_at(link)->code);
}

static bool load_library(struct server *server, struct bytes code, bool replaces, struct error *error)
{
    struct scripts *scripts = scripts_of(server);
    struct buf text = {0};
    bool is_good = function_load(scripts, scripts->libraries, code,
                                 (struct function_load_how){.replaces = replaces}, &text);
    if (!is_good)
        error_set(error, "a library of functions is refused: %s", buf_cstring(&text));
    buf_clear(&text);
    return is_good;
}

void scripting_init(struct server *server)
{
    static const struct scripting scripting = {
        .each_library = each_library, .load_library = load_library, .clear_libraries = clear_libraries};
    server->scripting = &scripting;
}
