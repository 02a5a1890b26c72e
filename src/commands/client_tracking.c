/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT TRACKING and its kin: what engine/tracking.h offers, in the words of the protocol. */
#include "base/alloc.h"
#include "client.h"
#include "engine/tracking.h"

struct choice {
    struct tracking_options options;
    struct bytes *prefixes; /* room for one an argument */
    size_t prefix_count;
};

static bool read_redirect(struct call *call, int index, struct tracking_options *options)
{
    int64_t id;
    if (options->redirect) {
        call_error_format(call, "ERR A client can only redirect to a single other client");
        return false;
    }
    if (!call_int(call, index, &id))
        return false;
    if (!client_by_id(call->server, (uint64_t)id)) {
        call_error_format(call, "ERR The client ID you want redirect to does not exist");
        return false;
    }
    options->redirect = (uint64_t)id;
    return true;
}

static bool read_choice(struct call *call, struct choice *choice)
{
    struct tracking_options *options = &choice->options;
    for (int i = 3; i < call->argc; i++) {
        bool has_more = i + 1 < call->argc;
        if (has_more && call_arg_is(call, i, "redirect")) {
            if (!read_redirect(call, ++i, options))
                return false;
        } else if (call_arg_is(call, i, "bcast")) {
            options->is_broadcast = true;
        } else if (call_arg_is(call, i, "optin")) {
            options->is_opt_in = true;
        } else if (call_arg_is(call, i, "optout")) {
            options->is_opt_out = true;
        } else if (call_arg_is(call, i, "noloop")) {
            options->is_no_loop = true;
        } else if (has_more && call_arg_is(call, i, "prefix")) {
            choice->prefixes[choice->prefix_count++] = call->argv[++i];
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* What doesn't go together, or with what is on already; NULL when all is well. */
static const char *find_conflict(const struct client *client, const struct choice *choice)
{
    const struct tracking_options *wanted = &choice->options;
    if (!wanted->is_broadcast && choice->prefix_count > 0)
        return "ERR PREFIX option requires BCAST mode to be enabled";
    if (tracking_is_on(client) && wanted->is_broadcast != tracking_is_broadcast(client))
        return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
               "re-enabling it with a different mode.";
    if (wanted->is_broadcast && (wanted->is_opt_in || wanted->is_opt_out))
        return "ERR OPTIN and OPTOUT are not compatible with BCAST";
    if (wanted->is_opt_in && wanted->is_opt_out)
        return "ERR You can't specify both OPTIN mode and OPTOUT mode";
    if (tracking_is_on(client) && ((wanted->is_opt_in && client->tracking->options.is_opt_out) ||
                                   (wanted->is_opt_out && client->tracking->options.is_opt_in)))
        return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
               "re-enabling it with a different mode.";
    return NULL;
}

static void reply_overlap(struct call *call, struct bytes prefix, const char *which, struct bytes other)
{
    call_error_format(call,
                      "ERR Prefix '%.*s' overlaps with %s prefix '%.*s'. "
                      "Prefixes for a single client must not overlap.",
                      (int)prefix.len, prefix.data, which, (int)other.len, other.data);
}

/* Overlapping prefixes would tell of one key twice. */
static bool check_prefixes(struct call *call, const struct choice *choice)
{
    for (size_t i = 0; i < choice->prefix_count; i++) {
        struct bytes prefix = choice->prefixes[i], other;
        if (tracking_prefix_overlaps(call->client, prefix, &other)) {
            reply_overlap(call, prefix, "an existing", other);
            return false;
        }
        for (size_t j = i + 1; j < choice->prefix_count; j++) {
            other = choice->prefixes[j];
            if (bytes_starts_with(prefix, other) || bytes_starts_with(other, prefix)) {
                reply_overlap(call, prefix, "another provided", other);
                return false;
            }
        }
    }
    return true;
}

static void turn_on(struct call *call, const struct choice *choice)
{
    const char *conflict = find_conflict(call->client, choice);
    if (conflict) {
        call_error_format(call, "%s", conflict);
        return;
    }
    if (!check_prefixes(call, choice))
        return;
    tracking_enable(call->client, &choice->options, choice->prefixes, choice->prefix_count);
    reply_ok(call->reply);
}

void cmd_client_tracking(struct call *call)
{
    struct choice choice = {.prefixes = mem_alloc((size_t)call->argc * sizeof(struct bytes))};
    if (!read_choice(call, &choice)) {
        mem_free(choice.prefixes);
        return;
    }
    if (call_arg_is(call, 2, "on")) {
        turn_on(call, &choice);
    } else if (call_arg_is(call, 2, "off")) {
        tracking_disable(call->client);
        reply_ok(call->reply);
    } else {
        call_syntax_error(call);
    }
    mem_free(choice.prefixes);
}

void cmd_client_caching(struct call *call)
{
    struct client *client = call->client;
    if (!tracking_is_on(client)) {
        call_error_format(
            call, "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN "
                  "or OPTOUT mode enabled");
    } else if (call_arg_is(call, 2, "yes") && !client->tracking->options.is_opt_in) {
        call_error_format(call,
                          "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    } else if (call_arg_is(call, 2, "no") && !client->tracking->options.is_opt_out) {
        call_error_format(call,
                          "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    } else if (!call_arg_is(call, 2, "yes") && !call_arg_is(call, 2, "no")) {
        call_syntax_error(call);
    } else {
        client->tracking->is_caching_chosen = true;
        reply_ok(call->reply);
    }
}

void cmd_client_getredir(struct call *call)
{
    reply_int(call->reply, tracking_redirect(call->client));
}

static void reply_flags(struct call *call)
{
    struct client *client = call->client;
    const struct tracking_state off = {.client = client};
    const struct tracking_state *state = tracking_is_on(client) ? client->tracking : &off;
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {
        {tracking_is_on(client), "on"},
        {!tracking_is_on(client), "off"},
        {state->options.is_broadcast, "bcast"},
        {state->options.is_opt_in, "optin"},
        {state->options.is_opt_in && state->is_caching_chosen, "caching-yes"},
        {state->options.is_opt_out, "optout"},
        {state->options.is_opt_out && state->is_caching_chosen, "caching-no"},
        {state->options.is_no_loop, "noloop"},
        {(client->flags & CLIENT_TRACKING_BROKEN_REDIRECT) != 0, "broken_redirect"},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        count += flags[i].is_set;
    reply_set(call->reply, count);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (flags[i].is_set)
            reply_bulk_text(call->reply, flags[i].name);
    }
}

static void reply_prefix(void *reply, struct bytes prefix)
{
    reply_bulk(reply, prefix);
}

void cmd_client_trackinginfo(struct call *call)
{
    struct reply *reply = call->reply;
    reply_map(reply, 3);
    reply_bulk_text(reply, "flags");
    reply_flags(call);
    reply_bulk_text(reply, "redirect");
    reply_int(reply, tracking_redirect(call->client));
    reply_bulk_text(reply, "prefixes");
    struct reply_mark later = reply_later(reply);
    reply_later_done(reply, later, '*', tracking_prefixes(call->client, reply_prefix, reply));
}
