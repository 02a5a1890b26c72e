/* SPDX-License-Identifier: BSD-3-Clause */
/* MONITOR: a line for each command that ran, passwords blotted out. The moment it tells of is the server's,
 * all else is known. */
#include "clocks.h"
#include "model_tables.h"
#include "reality.h"
#include <stdio.h>

/* A line is made so soon before or behind the moment when it is expected. */
#define SOON_MS 1000

static bool is_among(const char *const *names, struct bytes name)
{
    for (; *names; names++) {
        if (bytes_is(name, *names))
            return true;
    }
    return false;
}

/* What administers, shown to nobody. */
static bool is_hidden(struct bytes full_name)
{
    static const char *const names[] = {"acl|deluser",
                                        "acl|dryrun",
                                        "acl|getuser",
                                        "acl|list",
                                        "acl|load",
                                        "acl|log",
                                        "acl|save",
                                        "acl|setuser",
                                        "acl|users",
                                        "client|kill",
                                        "client|list",
                                        "client|no-evict",
                                        "client|pause",
                                        "client|unblock",
                                        "client|unpause",
                                        "config|get",
                                        "config|set",
                                        "config|resetstat",
                                        "config|rewrite",
                                        "debug",
                                        "latency|doctor",
                                        "latency|graph",
                                        "monitor",
                                        "latency|histogram",
                                        "latency|latest",
                                        "latency|reset",
                                        "latency|history",
                                        "shutdown",
                                        "save",
                                        "bgsave",
                                        "slowlog|get",
                                        "slowlog|len",
                                        "slowlog|reset",
                                        "session.top",
                                        NULL};
    return is_among(names, full_name);
}

bool model_touches_keys(const struct model_command *command, struct bytes full_name)
{
    static const struct model_command *const without[] = {model_session_commands, model_server_commands,
                                                          model_script_commands,  model_user_commands,
                                                          model_monitor_commands, model_guest_commands};
    static const char *const with[] = {"publish",
                                       "object|encoding",
                                       "object|idletime",
                                       "object|freq",
                                       "object|refcount",
                                       "memory|usage",
                                       "dump",
                                       "session.top",
                                       "dbsize",
                                       "flushdb",
                                       "flushall",
                                       "swapdb",
                                       "eval",
                                       "fcall",
                                       "function|load",
                                       "function|flush",
                                       "function|delete",
                                       "function|restore",
                                       "xinfo|stream",
                                       "xinfo|groups",
                                       "xinfo|consumers",
                                       NULL};
    bool is_without = false;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        for (const struct model_command *row = without[i]; row->name; row++)
            is_without |= row == command;
    }
    return !is_without || is_among(with, full_name);
}

/* ---- the lines ---- */

static bool is_line(struct expected *expected, struct bytes reply)
{
    struct bytes text = buf_bytes(&expected->bytes);
    size_t space = bytes_index_of(reply, ' ');
    long long seconds = 0;
    int micros = 0, len = 0;
    if (space == reply.len || reply.len - space != text.len)
        return false;
    struct buf moment = {0};
    buf_append(&moment, reply.data, space);
    bool is_moment =
        sscanf(buf_cstring(&moment), "+%lld.%6d%n", &seconds, &micros, &len) == 2 && (size_t)len == space;
    buf_clear(&moment);
    int64_t age_ms = expected->wall_ms - (seconds * 1000 + micros / 1000);
    return is_moment && age_ms > -SOON_MS && age_ms < SOON_MS &&
           bytes_equal(bytes_make(reply.data + space, text.len), text);
}

static void quote(struct buf *out, struct bytes text)
{
    static const char plain[] = "\n\r\t\a\b\\\"", named[] = "nrtab\\\"";
    buf_append_text(out, " \"");
    for (size_t i = 0; i < text.len; i++) {
        const char *special = text.data[i] ? strchr(plain, text.data[i]) : NULL;
        if (special)
            buf_printf(out, "\\%c", named[special - plain]);
        else if (text.data[i] >= ' ' && text.data[i] <= '~')
            buf_append_char(out, text.data[i]);
        else
            buf_printf(out, "\\x%02x", (unsigned char)text.data[i]);
    }
    buf_append_char(out, '"');
}

static bool is_secret(const struct bytes *argv, int index)
{
    if (bytes_is_nocase(argv[0], "auth"))
        return index > 0;
    return bytes_is_nocase(argv[0], "hello") && index >= 3 && bytes_is_nocase(argv[2], "auth");
}

static bool is_shown_to(const struct session *session)
{
    bool is_skipped = session == model.current && session->is_muted;
    return session->is_used && session->is_monitor && !session->is_silent && !is_skipped &&
           !reality_is_closing(session);
}

static bool somebody_looks(void)
{
    bool does = false;
    for (int i = 0; i < MODEL_SESSIONS; i++)
        does |= model.sessions[i].is_monitor;
    return does;
}

static void show(int argc, const struct bytes *argv, struct bytes origin, bool may_lack)
{
    struct buf line = {0};
    buf_append_bytes(&line, origin);
    for (int i = 0; i < argc; i++)
        quote(&line, is_secret(argv, i) ? BYTES("(redacted)") : argv[i]);
    buf_append_text(&line, "\r\n");
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        if (!is_shown_to(&model.sessions[i]))
            continue;
        struct expected *expected = push_any(&model.sessions[i], is_line);
        expected->wall_ms = clocks_wall_ms();
        expected->may_lack = may_lack;
        buf_append_bytes(&expected->bytes, buf_bytes(&line));
    }
    buf_clear(&line);
}

static void show_as(const struct session *by, bool is_script, int argc, const struct bytes *argv,
                    bool may_lack)
{
    struct buf origin = {0}, name = {0};
    model_full_name(argc, argv, &name);
    buf_printf(&origin, " [%d ", by->database);
    if (is_script)
        buf_append_text(&origin, "lua]");
    else
        buf_printf(&origin, "127.0.0.1:%d]", by->port);
    if (!is_hidden(buf_bytes(&name)))
        show(argc, argv, buf_bytes(&origin), may_lack);
    buf_clear(&origin);
    buf_clear(&name);
}

void model_show(const struct session *by, int argc, const struct bytes *argv)
{
    if (somebody_looks())
        show_as(by, false, argc, argv, false);
}

void model_show_script(const struct session *by, int argc, const struct bytes *argv, bool has_surely_begun)
{
    if (somebody_looks())
        show_as(by, false, argc, argv, !has_surely_begun);
}

void model_show_in_script(const struct session *by, int argc, const struct bytes *argv)
{
    if (somebody_looks())
        show_as(by, true, argc, argv, false);
}

static void run_monitor(struct model_call *call)
{
    if (call->is_nested) {
        out_error(call->session, "ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    call->session->is_monitor = true;
    out_ok(call->session);
}

const struct model_command model_monitor_commands[] = {
    {.name = "monitor", .arity = 1, .run = run_monitor},
    {.name = NULL},
};
