/* SPDX-License-Identifier: BSD-3-Clause */
#include "visits.h"
#include "engine/server.h"
#include "http/answer.h"
#include "world.h"

enum { OK = 200, UNAVAILABLE = 503 };

static const struct {
    const char *path, *part; /* that the answer has */
    bool may_be_bad;         /* when something failed before */
} pages[] = {
    {"/health", "\"alive\"", false},
    {"/ready", "\"status\"", true},
    {"/metrics", "\n# TYPE sessiond_", false},
};

static bool has_part(struct bytes body, struct bytes part)
{
    for (size_t i = 0; i + part.len <= body.len; i++) {
        if (memcmp(body.data + i, part.data, part.len) == 0)
            return true;
    }
    return false;
}

void visit(struct server *server, struct chance *chance)
{
    struct site site = {.server = server};
    struct http_response response = {0};
    size_t number = chance_below(chance, sizeof pages / sizeof pages[0]);
    const struct http_request request = {.method = HTTP_METHOD_GET,
                                         .host_count = 1,
                                         .host = BYTES("localhost"),
                                         .path = bytes_of(pages[number].path)};
    while (!answer_is_prepared(&site, &request) &&
           !scrape_run(&site.scrape, server->metrics, server->clock.mono_us, chance_between(chance, 1, 1000)))
        ;
    answer(&site, &request, &response);
    bool may_be_bad = pages[number].may_be_bad && response.code == UNAVAILABLE;
    if (response.code != OK && !may_be_bad)
        world_fail("%s is answered with %d", pages[number].path, response.code);
    if (!has_part(buf_bytes(&response.body), bytes_of(pages[number].part)))
        world_fail("%s doesn't say %s", pages[number].path, pages[number].part);
    buf_clear(&response.body);
    scrape_clear(&site.scrape);
}
