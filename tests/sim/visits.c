/* SPDX-License-Identifier: BSD-3-Clause */
#include "visits.h"
#include "disk.h"
#include "engine/server.h"
#include "http/answer.h"
#include "persist/rdb_check.h"
#include "world.h"
#include <fcntl.h>
#include <unistd.h>

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

/* ---- snapshots ---- */

#define COPY "copy.rdb"
#define KEPT "kept.rdb"

static bool read_snapshot(struct buf *content)
{
    char part[4096];
    ssize_t len;
    int fd = open("dump.rdb", O_RDONLY);
    if (fd < 0)
        return false;
    while ((len = read(fd, part, sizeof part)) > 0)
        buf_append(content, part, (size_t)len);
    (void)close(fd);
    return len == 0 && content->len > 0;
}

static bool write_copy(struct bytes content)
{
    int fd = open(COPY, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return false;
    ssize_t len;
    while (content.len > 0 && (len = write(fd, content.data, content.len)) > 0)
        content = bytes_make(content.data + len, content.len - (size_t)len);
    (void)close(fd);
    return content.len == 0;
}

void check_snapshot(struct chance *chance)
{
    struct buf content = {0}, report = {0};
    bool is_whole = chance_permille(chance, 200);
    if (!read_snapshot(&content)) {
        buf_clear(&content);
        return;
    }
    for (int64_t times = is_whole ? 0 : chance_between(chance, 1, 3); times > 0; times--)
        content.data[chance_below(chance, content.len)] = (char)chance_next(chance);
    if (!is_whole && chance_permille(chance, 200))
        content.len = (size_t)chance_below(chance, content.len);
    if (write_copy(buf_bytes(&content))) {
        enum rdb_checked result = rdb_check(COPY, chance_permille(chance, 500) ? KEPT : NULL, &report);
        if (is_whole && !faults.are_on && result != RDB_CHECKED_GOOD)
            world_fail("a whole snapshot is said to be damaged: %.*s", (int)report.len, report.data);
    }
    disk_remove(COPY);
    disk_remove(KEPT);
    buf_clear(&content);
    buf_clear(&report);
}
