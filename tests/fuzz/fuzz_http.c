/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTP requests as they come from a connection: the first line of the input is the path, the second the
 * query, the third the Host header, the fourth the Authorization header. Whatever they say, an answer is
 * given, and it is no secret. */
#include "base/alloc.h"
#include "base/panic.h"
#include "commands/families.h"
#include "http/answer.h"
#include "persist/save_state.h"
#include "script/script.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct server *server;
static struct site site;

static void begin(void)
{
    struct config *config = config_new();
    const struct config_change changes[] = {{BYTES("http-token"), BYTES("hidden")},
                                            {BYTES("http-hosts"), BYTES("sessions.example")}};
    struct bytes culprit;
    struct error error;
    ASSERT(config_set(config, changes, 2, (struct config_caller){.is_local = true}, &culprit, &error) ==
           CONFIG_SET_OK);
    server = server_new(config, command_families, command_family_count);
    save_state_init(server);
    scripting_init(server);
    save_state_add_metrics(server);
    site.server = server;
    site.history = history_new(server);
}

static struct bytes next_line(struct bytes *rest)
{
    size_t len = bytes_index_of(*rest, '\n');
    struct bytes line = bytes_make(rest->data, len);
    len += len < rest->len;
    *rest = bytes_make(rest->data + len, rest->len - len);
    return line;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct bytes rest = bytes_make(data, size);
    struct http_request request = {.method = HTTP_METHOD_GET, .host_count = 1, .must_have_host = true};
    struct http_response response = {.code = 0};
    if (!server)
        begin();
    request.path = next_line(&rest);
    request.query = next_line(&rest);
    request.host = next_line(&rest);
    request.authorization = next_line(&rest);
    (void)answer_is_prepared(&site, &request);
    answer(&site, &request, &response);
    ASSERT(response.code >= 200 && response.code < 600 && response.type);
    ASSERT((response.asset.data != NULL) != (response.body.data != NULL));
    ASSERT(!response.body.data || !memmem(response.body.data, response.body.len, "hidden", 6));
    if (bytes_is(request.path, "/metrics") && response.code == 200)
        ASSERT(bytes_equal_nocase(request.authorization, BYTES("Bearer hidden")));
    buf_clear(&response.body);
    return 0;
}
