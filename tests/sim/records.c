/* SPDX-License-Identifier: BSD-3-Clause */
#include "records.h"
#include "engine/command.h"
#include "engine/journal.h"
#include "model.h"
#include "world.h"

static struct server *recorded;

/* MULTI and EXEC stand around what is to be done at once. */
static void check_record(struct bytes record, bool *is_in_multi)
{
    struct bytes name;
    if (record.data[0] != '*' || reply_bulks(record, &name, 1) != 1)
        world_fail("a record is no request");
    if (!registry_find(recorded->registry, name))
        world_fail("a record is of %.*s, which is no command", (int)name.len, name.data);
    bool begins = bytes_is_nocase(name, "multi"), ends = bytes_is_nocase(name, "exec");
    if (begins ? *is_in_multi : ends && !*is_in_multi)
        world_fail("a record of %.*s is where it must not be", (int)name.len, name.data);
    *is_in_multi = (*is_in_multi || begins) && !ends;
}

static void take(struct journal_sink *sink, struct bytes group)
{
    bool is_in_multi = false;
    (void)sink;
    if (model_is_long_undivided())
        world_fail("the journal tells of something before it is done");
    while (group.len > 0) {
        size_t len = reply_length(group);
        if (len == 0)
            world_fail("the journal's last record isn't whole");
        check_record(bytes_make(group.data, len), &is_in_multi);
        group = bytes_make(group.data + len, group.len - len);
    }
    if (is_in_multi)
        world_fail("the journal's last unit isn't whole");
}

static struct journal_sink sink = {.take = take};

void records_begin(struct server *server)
{
    recorded = server;
    journal_add_sink(server, &sink);
}

void records_end(struct server *server)
{
    if (recorded != server)
        return;
    journal_remove_sink(server, &sink);
    recorded = NULL;
}
