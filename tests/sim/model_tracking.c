/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT TRACKING: who reads a key is told when it changes. That is checked apart from replies: where among
 * them a message comes is not, but that it comes once for each key that was read, and never without cause. */
#include "model_tables.h"
#include "reality.h"
#include "world.h"
#include <stdio.h>

static uint64_t bit(int key)
{
    return UINT64_C(1) << key;
}

static struct session *by_id(uint64_t id)
{
    for (int i = 0; i < MODEL_SESSIONS && id != 0; i++) {
        if (model.sessions[i].is_used && model.sessions[i].id == id)
            return &model.sessions[i];
    }
    return NULL;
}

/* ---- on and off ---- */

/* In order; the first stands for all keys. */
static const char *const prefixes[] = {"", "k", "k1", "session:", "spring:session:", "user:"};

enum { PREFIXES = sizeof prefixes / sizeof prefixes[0] };

void model_end_tracking(struct session *session)
{
    struct tracking_model *tracking = &session->tracking;
    tracking->stale |= tracking->cached;
    tracking->cached = 0;
    if (tracking->redirect == 0) {
        tracking->must = 0;
        tracking->must_flush = false;
    }
    tracking->is_on = tracking->must_hear_of_end = false;
    tracking->is_broadcast = tracking->no_loop = tracking->opt_in = tracking->opt_out = false;
    tracking->is_chosen = false;
    tracking->prefixes = 0;
    tracking->redirect = 0;
}

static unsigned prefix_bit(struct bytes prefix)
{
    for (int i = 0; i < PREFIXES; i++) {
        if (bytes_is(prefix, prefixes[i]))
            return 1U << i;
    }
    world_fail("nobody follows keys with %.*s", (int)prefix.len, prefix.data);
}

/* False when it was answered. */
static bool read_options(const struct model_call *call, struct tracking_model *wanted)
{
    for (int i = 3; i < call->argc; i++) {
        if (call_word(call, i, "BCAST")) {
            wanted->is_broadcast = true;
        } else if (call_word(call, i, "NOLOOP")) {
            wanted->no_loop = true;
        } else if (call_word(call, i, "OPTIN")) {
            wanted->opt_in = true;
        } else if (call_word(call, i, "OPTOUT")) {
            wanted->opt_out = true;
        } else if (call_word(call, i, "PREFIX")) {
            wanted->prefixes |= prefix_bit(call->argv[++i]);
        } else if (call_word(call, i, "REDIRECT") && wanted->redirect != 0) {
            out_error(call->session, "ERR A client can only redirect to a single other client");
            return false;
        } else if (call_word(call, i, "REDIRECT")) {
            int64_t id;
            if (!call_number(call, ++i, &id))
                return false;
            if (!by_id((uint64_t)id)) {
                out_error(call->session, "ERR The client ID you want redirect to does not exist");
                return false;
            }
            wanted->redirect = (uint64_t)id;
        } else {
            out_error(call->session, "ERR syntax error");
            return false;
        }
    }
    return true;
}

/* What doesn't go together, or with what is on; NULL: all does. */
static const char *conflict(const struct tracking_model *tracking, const struct tracking_model *wanted)
{
    if (!wanted->is_broadcast && wanted->prefixes)
        return "PREFIX option requires BCAST mode to be enabled";
    if (tracking->is_on && tracking->is_broadcast != wanted->is_broadcast)
        return "You can't switch BCAST mode on/off before disabling tracking for this client, and then "
               "re-enabling it with a different mode.";
    if (wanted->is_broadcast && (wanted->opt_in || wanted->opt_out))
        return "OPTIN and OPTOUT are not compatible with BCAST";
    if (wanted->opt_in && wanted->opt_out)
        return "You can't specify both OPTIN mode and OPTOUT mode";
    if (tracking->is_on && ((tracking->opt_in && wanted->opt_out) || (tracking->opt_out && wanted->opt_in)))
        return "You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
               "re-enabling it with a different mode.";
    return NULL;
}

/* Of which the other is a part, among these; -1: there is none. */
static int overlapping(int prefix, unsigned others)
{
    struct bytes name = bytes_of(prefixes[prefix]);
    for (int i = 0; i < PREFIXES; i++) {
        struct bytes other = bytes_of(prefixes[i]);
        if (others >> i & 1 && (bytes_starts_with(name, other) || bytes_starts_with(other, name)))
            return i;
    }
    return -1;
}

/* Each prefix as it was given: first against what is followed, then against those given behind it. */
static bool do_prefixes_overlap(const struct model_call *call, unsigned existing)
{
    unsigned left = 0;
    for (int i = 3; i < call->argc; i++)
        left |= i > 3 && call_word(call, i - 1, "PREFIX") ? prefix_bit(call->argv[i]) : 0;
    for (int i = 3; i + 1 < call->argc; i++) {
        if (!call_word(call, i, "PREFIX"))
            continue;
        int prefix = __builtin_ctz(prefix_bit(call->argv[i + 1]));
        left &= ~(1U << prefix);
        int with_old = overlapping(prefix, existing), with_new = overlapping(prefix, left);
        if (with_old < 0 && with_new < 0)
            continue;
        out_error(call->session,
                  "ERR Prefix '%s' overlaps with %s prefix '%s'. Prefixes for a single client must not "
                  "overlap.",
                  prefixes[prefix], with_old >= 0 ? "an existing" : "another provided",
                  prefixes[with_old >= 0 ? with_old : with_new]);
        return true;
    }
    return false;
}

static int prefixes_of(const struct tracking_model *tracking, int key)
{
    int count = 0;
    for (int i = 0; i < PREFIXES; i++)
        count +=
            tracking->prefixes >> i & 1 && bytes_starts_with(model.key_names[key], bytes_of(prefixes[i]));
    return count;
}

/* Who is told what this one is to hear; NULL: nobody any more. */
static struct session *receiver_of(struct session *session)
{
    return session->tracking.redirect ? by_id(session->tracking.redirect) : session;
}

/* Changes that wait for the turn's end may be told already. */
static void follow_earlier(struct session *session)
{
    struct tracking_model *tracking = &session->tracking;
    struct session *receiver = receiver_of(session);
    for (int key = 0; key < model.key_count; key++) {
        unsigned times = model.turn_changed >> key & 1 ? (unsigned)prefixes_of(tracking, key) : 0;
        tracking->ends_allowed += tracking->redirect ? times : 0;
        if (receiver)
            receiver->tracking.allowed[key] += times;
    }
}

static void turn_on(struct model_call *call)
{
    struct tracking_model *tracking = &call->session->tracking, wanted = {.is_on = true};
    if (!read_options(call, &wanted))
        return;
    const char *error = conflict(tracking, &wanted);
    if (error) {
        out_error(call->session, "ERR %s", error);
        return;
    }
    if (do_prefixes_overlap(call, tracking->prefixes))
        return;
    if (wanted.is_broadcast && (wanted.no_loop || wanted.redirect))
        tracking->must = 0;
    tracking->is_on = true;
    tracking->is_broadcast = wanted.is_broadcast;
    tracking->no_loop = wanted.no_loop;
    tracking->opt_in = wanted.opt_in;
    tracking->opt_out = wanted.opt_out;
    tracking->redirect = wanted.redirect;
    tracking->must_hear_of_end = false;
    tracking->prefixes |= wanted.is_broadcast && !wanted.prefixes ? 1 : wanted.prefixes;
    struct session *receiver = receiver_of(call->session);
    if (receiver)
        receiver->tracking.hears = true;
    if (wanted.is_broadcast)
        follow_earlier(call->session);
    out_ok(call->session);
}

void model_tracking(struct model_call *call)
{
    if (call_word(call, 2, "ON")) {
        turn_on(call);
        return;
    }
    model_end_tracking(call->session);
    out_ok(call->session);
}

void model_getredir(struct model_call *call)
{
    const struct tracking_model *tracking = &call->session->tracking;
    out_int(call->session, tracking->is_on ? (int64_t)tracking->redirect : -1);
}

static bool is_answer_of_other(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.data[0] == '%' || reply.data[0] == '*';
}

/* Whether it knows that who is told in its place is gone is anybody's guess. */
void model_trackinginfo(struct model_call *call)
{
    const struct tracking_model *tracking = &call->session->tracking;
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {{tracking->is_on, "on"},
                 {!tracking->is_on, "off"},
                 {tracking->is_broadcast, "bcast"},
                 {tracking->opt_in, "optin"},
                 {tracking->opt_in && tracking->is_chosen, "caching-yes"},
                 {tracking->opt_out, "optout"},
                 {tracking->opt_out && tracking->is_chosen, "caching-no"},
                 {tracking->no_loop, "noloop"}};
    struct session *session = call->session;
    int count = 0;
    if (tracking->redirect) {
        (void)out_any(session, is_answer_of_other);
        return;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        count += flags[i].is_set;
    out_text(session, session->protocol == 3 ? "%3\r\n" : "*6\r\n");
    out_bulk(session, BYTES("flags"));
    char head[16];
    (void)snprintf(head, sizeof head, "%c%d\r\n", session->protocol == 3 ? '~' : '*', count);
    out_text(session, head);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (flags[i].is_set)
            out_bulk(session, bytes_of(flags[i].name));
    }
    out_bulk(session, BYTES("redirect"));
    model_getredir(call);
    out_bulk(session, BYTES("prefixes"));
    out_array(session, __builtin_popcount(tracking->prefixes));
    for (int i = 0; i < PREFIXES; i++) {
        if (tracking->prefixes >> i & 1)
            out_bulk(session, bytes_of(prefixes[i]));
    }
}

void model_caching(struct model_call *call)
{
    struct tracking_model *tracking = &call->session->tracking;
    bool is_yes = call_word(call, 2, "YES");
    if (!tracking->is_on) {
        out_error(call->session, "ERR CLIENT CACHING can be called only when the client is in tracking mode "
                                 "with OPTIN or OPTOUT mode enabled");
    } else if (!(is_yes ? tracking->opt_in : tracking->opt_out)) {
        out_error(call->session, "ERR CLIENT CACHING %s is only valid when tracking is enabled in %s mode.",
                  is_yes ? "YES" : "NO", is_yes ? "OPTIN" : "OPTOUT");
    } else {
        tracking->is_chosen = true;
        out_ok(call->session);
    }
}

/* ---- what happens ---- */

void model_has_read(struct session *session, uint64_t keys)
{
    struct tracking_model *tracking = &session->tracking;
    bool is_cached = tracking->opt_in ? tracking->is_chosen : !(tracking->opt_out && tracking->is_chosen);
    if (tracking->is_on && !tracking->is_broadcast && is_cached)
        tracking->cached |= keys;
}

void model_choice_ends(struct session *session)
{
    session->tracking.is_chosen = false;
}

static bool is_here(const struct session *session)
{
    return session->id != 0 && !reality_is_closing(session);
}

/* It has to be told. Broadcasts wait for the turn's end: who is told for another may have changed by then. */
static bool must_hear(const struct session *session, const struct session *receiver)
{
    bool is_other = session->tracking.redirect;
    bool hears = receiver->protocol == 3 || (is_other && (receiver->channels || receiver->patterns));
    return hears && !(is_other && session->tracking.is_broadcast) && is_here(receiver) && is_here(session);
}

/* Who would be told in its place isn't there. */
static void miss_receiver(struct session *session, unsigned times)
{
    struct tracking_model *tracking = &session->tracking;
    if (tracking->redirect == 0)
        return;
    tracking->ends_allowed += times;
    if (times > 0 && !by_id(tracking->redirect) && session->protocol == 3 && is_here(session))
        tracking->must_hear_of_end = true;
}

static void invalidate(struct session *session, int key)
{
    struct tracking_model *tracking = &session->tracking;
    struct session *receiver = receiver_of(session);
    bool is_own = session == model.current;
    unsigned times = tracking->is_broadcast ? (unsigned)prefixes_of(tracking, key)
                                            : (unsigned)((tracking->cached | tracking->stale) >> key & 1);
    bool is_cached = tracking->is_broadcast || tracking->cached & bit(key);
    tracking->cached &= ~bit(key);
    tracking->stale &= ~bit(key);
    if (!tracking->is_on || times == 0)
        return;
    bool may_miss =
        (is_own && tracking->no_loop) || !is_cached || (model.forgets_readers && !tracking->is_broadcast);
    if (may_miss)
        tracking->ends_allowed += tracking->redirect ? times : 0;
    else
        miss_receiver(session, times);
    if (!receiver)
        return;
    receiver->tracking.allowed[key] += times;
    /* Of several changes that are told together the last counts. */
    if (is_own && tracking->no_loop)
        receiver->tracking.must &= ~bit(key);
    else if (!may_miss && must_hear(session, receiver))
        receiver->tracking.must |= bit(key);
}

void model_invalidate(int key)
{
    model.turn_changed |= bit(key);
    model.changes++;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        if (model.sessions[i].is_used)
            invalidate(&model.sessions[i], key);
    }
}

void model_invalidate_all(void)
{
    model.changes++;
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct tracking_model *tracking = &model.sessions[i].tracking;
        tracking->cached = tracking->stale = 0;
        if (!tracking->is_on)
            continue;
        struct session *receiver = receiver_of(&model.sessions[i]);
        miss_receiver(&model.sessions[i], 1);
        if (!receiver)
            continue;
        receiver->tracking.flushes_allowed++;
        receiver->tracking.must_flush |= must_hear(&model.sessions[i], receiver);
    }
}

/* ---- what is told ---- */

static void is_told_of_all(struct session *session)
{
    struct tracking_model *tracking = &session->tracking;
    if (tracking->flushes_allowed == 0)
        world_fail("client %d is told that nothing is valid, and nothing happened", session->number);
    tracking->flushes_allowed--;
    tracking->must_flush = false;
}

static void is_told(struct session *session, struct bytes name)
{
    struct tracking_model *tracking = &session->tracking;
    /* Another's messages come here, too, and those that were gathered before it stopped broadcasting. */
    if (crowd_has_name(name))
        return;
    int key = model_key(name);
    tracking->must &= ~bit(key);
    if (model.forgets_readers) {
        tracking->cached &= ~bit(key);
        return;
    }
    if (tracking->allowed[key] == 0)
        world_fail("client %d is told that %.*s changed, without cause", session->number, (int)name.len,
                   name.data);
    tracking->allowed[key]--;
}

static void is_told_of_keys(struct session *session, struct bytes rest)
{
    struct bytes names[MODEL_KEYS + CROWD_MAX]; /* each once */
    int count = reply_bulks(rest, names, MODEL_KEYS + CROWD_MAX);
    if (rest.data[0] == '_' || rest.data[1] == '-')
        is_told_of_all(session);
    for (int i = 0; i < count; i++)
        is_told(session, names[i]);
}

static void is_told_of_end(struct session *session, struct bytes rest)
{
    struct tracking_model *tracking = &session->tracking;
    tracking->must_hear_of_end = false;
    /* It hears of that when it would be told of a change, and the crowd's aren't followed. */
    if (model.forgets_readers || (tracking->is_broadcast && crowd_is_there()))
        return;
    if (rest.data[0] != ':' || tracking->ends_allowed == 0)
        world_fail("client %d is told that somebody is gone, without cause", session->number);
    tracking->ends_allowed--;
}

static const struct {
    const char *head;
    void (*take)(struct session *session, struct bytes rest);
} notices[] = {
    {">2\r\n$10\r\ninvalidate\r\n", is_told_of_keys},
    {"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n", is_told_of_keys},
    {">2\r\n$21\r\ntracking-redir-broken\r\n", is_told_of_end},
};

enum { NOTICES = sizeof notices / sizeof notices[0] };

/* -1: with none. */
static int notice_at(struct bytes came)
{
    for (int i = 0; i < NOTICES; i++) {
        size_t len = strlen(notices[i].head), seen = came.len < len ? came.len : len;
        if (memcmp(came.data, notices[i].head, seen) == 0)
            return i;
    }
    return -1;
}

bool model_may_begin_notice(struct bytes came)
{
    return came.len > 0 && notice_at(came) >= 0;
}

size_t model_length_without_notice(const struct session *session, struct bytes came)
{
    size_t longest = strlen(notices[1].head);
    if (!session->tracking.is_on && !session->tracking.stale && !session->tracking.hears)
        return came.len;
    for (size_t len = came.len < longest ? came.len : longest; len > 0; len--) {
        if (notice_at(bytes_make(came.data + came.len - len, len)) >= 0)
            return came.len - len;
    }
    return came.len;
}

size_t model_take_notice(struct session *session, struct bytes came)
{
    int notice = notice_at(came);
    size_t head = strlen(notices[notice].head);
    size_t len = came.len >= head ? reply_length(came) : 0;
    if (len > 0)
        notices[notice].take(session, bytes_make(came.data + head, len - head));
    return len;
}
