/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client's user permits. A client carries whether there is anything to ask at all (CLIENT_LIMITED), so
 * that it costs those nothing who may do everything. */
#include "engine/acl.h"
#include "base/alloc.h"
#include "engine/call.h"
#include "engine/key_spec.h"
#include "engine/server.h"

/* ---- the catalogue ---- */

static void count_command(void *context, struct registered_command *command)
{
    (void)command;
    ++*(int *)context;
}

static void describe_command(void *context, struct registered_command *command)
{
    struct acl_catalog *catalog = context;
    catalog->commands[command->id] = (struct acl_command){.name = command->full_name,
                                                          .categories = command->acl,
                                                          .is_subcommand = command->parent,
                                                          .subcommand_count = command->subcommand_count};
}

void acl_catalog_fill(struct acl_catalog *catalog, const struct registry *registry)
{
    *catalog = (struct acl_catalog){.count = 0};
    registry_each(registry, count_command, &catalog->count);
    catalog->commands = mem_zalloc(((size_t)catalog->count + 1) * sizeof *catalog->commands);
    registry_each(registry, describe_command, catalog);
}

void acl_init(struct server *server)
{
    struct acl *acl = &server->acl;
    acl_catalog_fill(&acl->catalog, server->registry);
    acl->catalog.gives_channels = server->config->acl_pubsub_default == PUBSUB_DEFAULT_ALLCHANNELS;
    acl->users = users_new(&acl->catalog);
    denials_init(&acl->denials);
}

void acl_clear(struct server *server)
{
    struct acl *acl = &server->acl;
    users_free(acl->users);
    buf_clear(&acl->file_text);
    denials_clear(&acl->denials);
    mem_free(acl->catalog.commands);
}

/* ---- asking ---- */

static unsigned access_of(unsigned flags)
{
    return (flags & KEY_ACCESS ? ACCESS_READ : 0U) |
           (flags & (KEY_INSERT | KEY_DELETE | KEY_UPDATE) ? ACCESS_WRITE : 0U);
}

/* Of arguments that make no sense no key is known: the command won't do anything with them. */
static struct acl_key *find_keys(const struct registered_command *command, const struct bytes *argv, int argc,
                                 int *count)
{
    struct key_positions positions = {.count = 0};
    *count = 0;
    if (!command_has_keys(command->row) || !command_find_keys(command->row, argv, argc, &positions)) {
        key_positions_clear(&positions);
        return NULL;
    }
    struct acl_key *keys = mem_alloc(((size_t)positions.count + 1) * sizeof *keys);
    for (int i = 0; i < positions.count; i++) {
        const struct key_position *position = key_position_at(&positions, i);
        keys[(*count)++] = (struct acl_key){position->index, access_of(position->flags)};
    }
    key_positions_clear(&positions);
    return keys;
}

/* The caller frees the keys. */
static struct acl_request make_request(const struct user *user, const struct registered_command *command,
                                       const struct bytes *argv, int argc, struct acl_key **keys)
{
    const struct channel_spec *channels = &command->row->channels;
    struct acl_request request = {.command = command->id,
                                  .is_for_everybody = command->row->flags & COMMAND_NO_AUTH,
                                  .argv = argv,
                                  .argc = argc,
                                  .first_channel = channels->first,
                                  .are_patterns = channels->are_patterns};
    if (channels->first > 0 && channels->first < argc)
        request.channel_count = channels->is_list ? argc - channels->first : 1;
    *keys = user_minds_keys(user) ? find_keys(command, argv, argc, &request.key_count) : NULL;
    request.keys = *keys;
    return request;
}

enum permission acl_check(const struct user *user, const struct registered_command *command,
                          const struct bytes *argv, int argc, int *index)
{
    struct acl_key *keys;
    struct acl_request request = make_request(user, command, argv, argc, &keys);
    enum permission permission = user_check(user, &request, index);
    mem_free(keys);
    return permission;
}

static enum permission check_call(const struct call *call, int *index)
{
    return acl_check(call->client->user, call->command, call->argv, call->argc, index);
}

bool acl_denies(const struct call *call)
{
    int index;
    return (call->client->flags & CLIENT_LIMITED) && check_call(call, &index) != PERMITTED;
}

bool acl_has_every_key(const struct call *call, unsigned access)
{
    const struct user *user = call->client->user;
    struct acl_key *keys;
    if (!(call->client->flags & CLIENT_LIMITED))
        return true;
    struct acl_request request = make_request(user, call->command, call->argv, call->argc, &keys);
    bool has_all = user_has_every_key(user, &request, access);
    mem_free(keys);
    return has_all;
}

/* ---- denying ---- */

void acl_print_denial(enum permission permission, const struct user *user,
                      const struct registered_command *command, struct bytes argument, bool shows_argument,
                      struct buf *out)
{
    const char *kind = permission == DENIED_KEY ? "key" : "channel";
    if (permission == DENIED_COMMAND) {
        buf_printf(out, "User %s has no permissions to run the '%s' command", user->name, command->full_name);
    } else if (shows_argument) {
        buf_printf(out, "User %s has no permissions to access the '", user->name);
        buf_append_bytes(out, argument);
        buf_printf(out, "' %s", kind);
    } else {
        buf_printf(out, "No permissions to access a %s", kind);
    }
}

static enum denial_context context_of(const struct client *client)
{
    if (client->flags & CLIENT_SCRIPT)
        return DENIAL_IN_SCRIPT;
    return client->flags & CLIENT_MULTI ? DENIAL_IN_MULTI : DENIAL_AT_TOP;
}

/* In the name of whoever had the script run. */
static void remember(struct client *client, enum denial_reason reason, struct bytes object, struct bytes user)
{
    struct server *server = client->server;
    struct buf line = {0};
    bool has_caller = (client->flags & CLIENT_SCRIPT) && server->current_client;
    client_describe(has_caller ? server->current_client : client, &line);
    struct denial_report report = {.reason = reason,
                                   .context = context_of(client),
                                   .object = object,
                                   .user = user,
                                   .client = bytes_make(line.data, line.len - 1),
                                   .now_ms = server->clock.wall_ms};
    denials_add(&server->acl.denials, &report, (size_t)server->config->acllog_max_len);
    buf_clear(&line);
}

static void note(const struct call *call, enum permission permission, int index)
{
    struct counters *counters = &call->server->counters;
    struct bytes object = call->argv[index], user = bytes_of(call->client->user->name);
    switch (permission) {
    case PERMITTED:
        return;
    case DENIED_COMMAND:
        counters->acl_access_denied_cmd++;
        remember(call->client, DENIAL_COMMAND, bytes_of(call->command->full_name), user);
        return;
    case DENIED_KEY:
        counters->acl_access_denied_key++;
        remember(call->client, DENIAL_KEY, object, user);
        return;
    case DENIED_CHANNEL:
        counters->acl_access_denied_channel++;
        remember(call->client, DENIAL_CHANNEL, object, user);
        return;
    }
}

enum permission acl_note_denial(const struct call *call)
{
    int index;
    enum permission permission = check_call(call, &index);
    note(call, permission, index);
    return permission;
}

void acl_explain_denial(const struct call *call, struct buf *out)
{
    acl_print_denial(acl_note_denial(call), call->client->user, call->command, (struct bytes){0}, false, out);
}

void acl_note_login(struct client *client, struct bytes name, struct bytes by)
{
    client->server->counters.acl_access_denied_auth++;
    remember(client, DENIAL_LOGIN, by, name);
}
