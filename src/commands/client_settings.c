/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client says of itself, and how it wants to be treated. */
#include "base/alloc.h"
#include "client.h"
#include "engine/server.h"

/* What CLIENT LIST shows as one word must be one. */
static bool is_word(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '!' || text.data[i] > '~')
            return false;
    }
    return true;
}

/* "" is shown as nothing at all. */
static void set_text(char **text, struct bytes value)
{
    mem_free(*text);
    *text = value.len > 0 ? bytes_to_cstring(value) : NULL;
}

bool client_name_ok(struct call *call, struct bytes name)
{
    if (is_word(name))
        return true;
    call_error_format(call, "ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
}

void client_set_name(struct client *client, struct bytes name)
{
    set_text(&client->name, name);
}

void cmd_client_setname(struct call *call)
{
    if (!client_name_ok(call, call->argv[2]))
        return;
    client_set_name(call->client, call->argv[2]);
    reply_ok(call->reply);
}

void cmd_client_getname(struct call *call)
{
    if (call->client->name)
        reply_bulk_text(call->reply, call->client->name);
    else
        reply_null(call->reply);
}

void cmd_client_setinfo(struct call *call)
{
    struct bytes attribute = call->argv[2], value = call->argv[3];
    char **text;
    if (call_arg_is(call, 2, "lib-name")) {
        text = &call->client->library_name;
    } else if (call_arg_is(call, 2, "lib-ver")) {
        text = &call->client->library_version;
    } else {
        call_error_format(call, "ERR Unrecognized option '%.*s'", (int)attribute.len, attribute.data);
        return;
    }
    if (!is_word(value)) {
        call_error_format(call, "ERR %.*s cannot contain spaces, newlines or special characters.",
                          (int)attribute.len, attribute.data);
        return;
    }
    set_text(text, value);
    reply_ok(call->reply);
}

void cmd_client_reply(struct call *call)
{
    struct client *client = call->client;
    bool is_on = call_arg_is(call, 2, "on");
    if (is_on) {
        client->flags &= ~(uint32_t)(CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP);
    } else if (call_arg_is(call, 2, "off")) {
        client->flags |= CLIENT_REPLY_OFF;
    } else if (!call_arg_is(call, 2, "skip")) {
        call_syntax_error(call);
        return;
    } else if (!(client->flags & CLIENT_REPLY_OFF)) {
        client->flags |= CLIENT_REPLY_SKIP_NEXT;
    }
    /* EXEC owes an element for it; the silence begins behind EXEC. */
    if (is_on || (client->flags & CLIENT_IN_EXEC))
        reply_ok(call->reply);
}

/* ON sets the flag, OFF takes it away. */
static void switch_flag(struct call *call, uint32_t flag)
{
    if (call_arg_is(call, 2, "on")) {
        call->client->flags |= flag;
    } else if (call_arg_is(call, 2, "off")) {
        call->client->flags &= ~flag;
    } else {
        call_syntax_error(call);
        return;
    }
    reply_ok(call->reply);
}

void cmd_client_no_evict(struct call *call)
{
    switch_flag(call, CLIENT_NO_EVICT);
}

void cmd_client_no_touch(struct call *call)
{
    switch_flag(call, CLIENT_NO_TOUCH);
}
