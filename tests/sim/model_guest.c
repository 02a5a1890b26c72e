/* SPDX-License-Identifier: BSD-3-Clause */
/* ACL: a user that comes, changes and goes, by commands, by the file of users, and by whoever edits what the
 * server reads again; what that means for who is that user just then. */
#include "model_tables.h"
#include "reality.h"
#include "world.h"

enum { FILES_MAX = 256 };

static const char *const denied_to_nobody[] = {NULL};
static const char *const denied_to_second[] = {"set", "zadd", "sort", "sort_ro", NULL};
static const char *const denied_to_third[] = {"client|kill", "flushall", "multi", NULL};

/* Number 0 is that there is none. */
static const struct {
    const char *rules;
    struct model_user user;
} guests[] = {
    {NULL, {.name = NULL}},
    {"reset on >guest ~* &* +@all", {"guest", "guest", denied_to_nobody, "", NULL, true}},
    {"reset on >guest ~k* &* +@all -set -zadd -sort -sort_ro",
     {"guest", "guest", denied_to_second, "k", NULL, true}},
    {"reset on >guest ~* &ch:1 +@all -client|kill -flushall -multi",
     {"guest", "guest", denied_to_third, "", "ch:1", true}},
    {"reset off >guest ~* &* +@all", {"guest", "guest", denied_to_nobody, "", NULL, false}},
};

enum { GUESTS = sizeof guests / sizeof guests[0] };

struct model_user model_guest;
static int current, text;
static struct {
    unsigned id;
    int guest;
} files[FILES_MAX];
static int file_count;

/* ---- who is that user ---- */

static bool hears_what_is_denied(const struct session *session)
{
    const char *channel = model_guest.channel;
    for (int i = 0; channel && i < MODEL_CHANNELS; i++) {
        if (session->channels >> i & 1 && strcmp(model_channels[i], channel) != 0)
            return true;
    }
    return channel && session->patterns;
}

static void expel(struct session *session)
{
    session->may_end = true;
    session->is_known = false;
    session->stranger_since_ms = model.clock_ms;
    if (session == model.current)
        session->has_quit = true;
    else
        session->is_killed = true;
    session->user = NULL;
}

static void become(int guest)
{
    current = guest;
    model_guest = guests[guest].user;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->is_used && session->user == &model_guest &&
            (guest == 0 || hears_what_is_denied(session)))
            expel(session);
    }
}

/* ---- files ---- */

int model_guest_count(void)
{
    return GUESTS;
}

void model_guest_line(int guest, struct buf *out)
{
    if (guest > 0)
        buf_printf(out, "user guest %s\n", guests[guest].rules);
}

static int guest_of_file(unsigned id)
{
    for (int i = 0; i < file_count; i++) {
        if (files[i].id == id)
            return files[i].guest;
    }
    world_fail("the file of users was made by nobody");
}

void model_user_file_made(unsigned id, int guest)
{
    if (file_count == FILES_MAX)
        world_fail("nobody makes so many files of users");
    files[file_count].id = id;
    files[file_count++].guest = guest;
}

void model_guest_begin(unsigned file_id)
{
    text = file_id ? guest_of_file(file_id) : 0;
    become(text);
}

void model_users_edited(int guest)
{
    if (guest != text)
        become(guest);
    text = guest;
}

/* ---- commands ---- */

static bool is_anything(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.len > 0;
}

static int guest_by_rules(const struct model_call *call)
{
    struct buf rules = {0};
    int guest = 0;
    for (int i = 3; i < call->argc; i++) {
        buf_append_text(&rules, i > 3 ? " " : "");
        buf_append_bytes(&rules, call->argv[i]);
    }
    for (int i = 1; i < GUESTS; i++)
        guest = bytes_is(buf_bytes(&rules), guests[i].rules) ? i : guest;
    if (guest == 0)
        world_fail("the model knows no guest with %s", buf_cstring(&rules));
    buf_clear(&rules);
    return guest;
}

static bool is_failure(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-ERR "));
}

/* It may be in its place, and yet not last. */
static void save(struct model_call *call)
{
    unsigned id = reality_user_file();
    if (id != 0 && (file_count == 0 || files[file_count - 1].id != id))
        model_user_file_made(id, current);
    if (model.has_user_file && !call->has_failed) {
        text = current;
        out_ok(call->session);
    } else if (!model.has_user_file || faults.are_on) {
        (void)out_any(call->session, is_failure);
    } else {
        world_fail("ACL SAVE failed");
    }
}

static void load(struct model_call *call)
{
    if (!model.has_user_file) {
        (void)out_any(call->session, is_failure);
        return;
    }
    text = guest_of_file(reality_user_file());
    become(text);
    out_ok(call->session);
}

static void run_acl(struct model_call *call)
{
    struct session *session = call->session;
    bool is_of_guest = call->argc > 2 && bytes_is(call->argv[2], "guest");
    if (is_of_guest && call_word(call, 1, "setuser")) {
        become(guest_by_rules(call));
        out_ok(session);
    } else if (is_of_guest && call_word(call, 1, "deluser")) {
        out_int(session, current > 0);
        become(0);
    } else if (is_of_guest && call_word(call, 1, "getuser") && current == 0) {
        out_null(session);
    } else if (call_word(call, 1, "whoami")) {
        out_bulk(session, bytes_of(session->user ? session->user->name : "default"));
    } else if (call_word(call, 1, "save")) {
        save(call);
    } else if (call_word(call, 1, "load")) {
        load(call);
    } else {
        (void)out_any(session, is_anything);
    }
}

/* The configuration's lines are those of now. */
void model_users_written(void)
{
    text = model.has_user_file ? text : current;
}

const struct model_command model_guest_commands[] = {
    {.name = "acl", .arity = -2, .run = run_acl},
    {.name = NULL},
};
