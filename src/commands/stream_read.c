/* SPDX-License-Identifier: BSD-3-Clause */
/* XREAD and XREADGROUP: what is behind an ID in several streams, or what a group hasn't been told yet. Once a
 * stream that a client waits for gets an entry, its command looks at all of them anew, as if it had come only
 * then; "$" has become the ID it stood for. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/blocking.h"
#include "engine/server.h"
#include "stream_access.h"
#include "stream_deliver.h"
#include "stream_show.h"
#include "timeout.h"

/* One stream that is read. */
struct source {
    struct stream_id after;
    bool is_history; /* of a consumer; else what is new */
    bool is_last;    /* it was asked for by "$": what comes from now on */
    bool is_served;
};

enum { SOURCES_USUAL = 4 };

struct read {
    struct call *call;
    bool is_group, has_timeout, needs_no_ack;
    int group;       /* in argv, the consumer behind; 0: not given */
    int first, last; /* keys in argv; last 0: not given */
    int64_t count;   /* 0: all */
    int64_t until_ms;
    struct source *sources, few[SOURCES_USUAL];
};

/* ---- options ---- */

static bool refuse(struct call *call, const char *text)
{
    call_error_format(call, "%s", text);
    return false;
}

static bool parse_streams(struct read *read, int first)
{
    struct call *call = read->call;
    int count = call->argc - first;
    if (count % 2 != 0) {
        call_error_format(call,
                          "ERR Unbalanced '%s' list of streams: for each stream key an ID or '%c' must be "
                          "specified.",
                          call->command->full_name, read->is_group ? '>' : '$');
        return false;
    }
    read->first = first;
    read->last = first + count / 2 - 1;
    return true;
}

static bool parse_count(struct read *read, int index)
{
    if (!call_int(read->call, index, &read->count))
        return false;
    if (read->count < 0)
        read->count = 0;
    return true;
}

static bool parse_group(struct read *read, int index)
{
    read->group = index;
    return read->is_group || refuse(read->call, "ERR The GROUP option is only supported by XREADGROUP. You "
                                                "called XREAD instead.");
}

static bool parse_no_ack(struct read *read)
{
    read->needs_no_ack = true;
    return read->is_group || refuse(read->call, "ERR The NOACK option is only supported by XREADGROUP. You "
                                                "called XREAD instead.");
}

static bool parse_timeout(struct read *read, int index)
{
    struct call *call = read->call;
    struct bytes name = call->argv[0];
    if (call->client->flags & CLIENT_SCRIPT) {
        call_error_format(call, "ERR %.*s command is not allowed with BLOCK option from scripts",
                          (int)name.len, name.data);
        return false;
    }
    read->has_timeout = true;
    return call_timeout_ms(call, index, &read->until_ms);
}

/* Takes the option at `*index`, which is at its last argument then. */
static bool parse_option(struct read *read, int *index)
{
    struct call *call = read->call;
    int at = *index, left = call->argc - 1 - at;
    *index += 1;
    if (left > 0 && call_arg_is(call, at, "BLOCK")) {
        return parse_timeout(read, at + 1);
    }
    if (left > 0 && call_arg_is(call, at, "COUNT"))
        return parse_count(read, at + 1);
    if (left > 0 && call_arg_is(call, at, "STREAMS"))
        return parse_streams(read, at + 1);
    *index += 1;
    if (left > 1 && call_arg_is(call, at, "GROUP"))
        return parse_group(read, at + 1);
    *index = at;
    if (call_arg_is(call, at, "NOACK"))
        return parse_no_ack(read);
    call_syntax_error(call);
    return false;
}

static bool parse_options(struct read *read)
{
    for (int i = 1; i < read->call->argc && read->last == 0; i++) {
        if (!parse_option(read, &i))
            return false;
    }
    if (read->last == 0) {
        call_syntax_error(read->call);
        return false;
    }
    return !read->is_group || read->group || refuse(read->call, "ERR Missing GROUP option for XREADGROUP");
}

/* ---- streams ---- */

static struct bytes group_of(const struct read *read)
{
    return read->call->argv[read->group];
}

static struct source *source_of(const struct read *read, int key)
{
    return &read->sources[key - read->first];
}

/* The stream to be read, NULL when there is none; false, having replied, for another type or without the
 * group. */
static bool find(struct read *read, int key, const struct stream **stream)
{
    struct call *call = read->call;
    if (!call_stream(call, key, stream))
        return false;
    if (!read->is_group || (*stream && stream_group_find(*stream, group_of(read))))
        return true;
    struct bytes name = call->argv[key], group = group_of(read);
    call_error_format(call,
                      "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with GROUP option",
                      (int)name.len, name.data, (int)group.len, group.data);
    return false;
}

static bool refuse_end(struct call *call, char end)
{
    call_error_format(call,
                      "ERR The %c ID is meaningless in the context of XREADGROUP: you want to read the "
                      "history of this consumer by specifying a proper ID, or use the > ID to get new "
                      "messages. The %c ID would just return an empty result set.",
                      end, end);
    return false;
}

/* "$", "+", ">" or an ID. */
static bool parse_after(struct read *read, int key, const struct stream *stream, struct source *source)
{
    struct call *call = read->call;
    int index = key + read->last - read->first + 1;
    struct bytes text = call->argv[index];
    *source = (struct source){.is_history = false};
    if (bytes_is(text, "$") || bytes_is(text, "+")) {
        source->is_last = text.data[0] == '$';
        if (read->is_group)
            return refuse_end(call, text.data[0]);
        if (source->is_last)
            source->after = stream ? stream->last : STREAM_ID_MIN;
        else if (stream && stream_last_id(stream, &source->after))
            (void)stream_id_previous(&source->after);
        return true;
    }
    if (bytes_is(text, ">")) {
        if (read->is_group)
            source->after = stream_group_find(stream, group_of(read))->last;
        return read->is_group || refuse(call, "ERR The > ID can be specified only when calling XREADGROUP "
                                              "using the GROUP <group> <consumer> option.");
    }
    if (!call_stream_id(call, index, 0, &source->after))
        return false;
    /* Redis has the greatest ID stand for ">". */
    source->is_history = read->is_group && stream_id_compare(source->after, STREAM_ID_MAX) != 0;
    if (read->is_group && !source->is_history)
        source->after = stream_group_find(stream, group_of(read))->last;
    return true;
}

static bool parse_sources(struct read *read)
{
    const struct stream *stream;
    for (int key = read->first; key <= read->last; key++) {
        struct source *source = source_of(read, key);
        if (!find(read, key, &stream) || !parse_after(read, key, stream, source))
            return false;
        source->is_served = source->is_history || (stream && stream_has_after(stream, source->after));
    }
    return true;
}

static void end(struct read *read)
{
    if (read->sources != read->few)
        mem_free(read->sources);
}

/* False, having replied. In any case `end` is to follow. */
static bool begin(struct read *read, struct call *call, bool is_group)
{
    *read = (struct read){.call = call, .is_group = is_group};
    read->sources = read->few;
    if (!parse_options(read))
        return false;
    size_t count = (size_t)(read->last - read->first) + 1;
    if (count > SOURCES_USUAL)
        read->sources = mem_alloc(count * sizeof *read->sources);
    return parse_sources(read);
}

static size_t count_served(const struct read *read)
{
    size_t count = 0;
    for (int key = read->first; key <= read->last; key++)
        count += source_of(read, key)->is_served;
    return count;
}

/* ---- XREAD ---- */

static void show(struct read *read, size_t count)
{
    struct stream_part few[SOURCES_USUAL];
    struct stream_part *parts = count > SOURCES_USUAL ? mem_alloc(count * sizeof *parts) : few;
    size_t i = 0;
    for (int key = read->first; key <= read->last; key++) {
        const struct source *source = source_of(read, key);
        if (!source->is_served)
            continue;
        parts[i] = (struct stream_part){key, {source->after, STREAM_ID_MAX}};
        (void)stream_id_next(&parts[i++].interval.first);
    }
    call_show(read->call,
              &(struct stream_show){
                  .parts = parts, .part_count = count, .count = (uint64_t)read->count, .has_names = true});
    if (parts != few)
        mem_free(parts);
}

/* ---- XREADGROUP ---- */

typedef void deliver_how(struct call *call, const struct delivered *delivered);

static void deliver(struct read *read, deliver_how *how)
{
    struct delivered_part few[SOURCES_USUAL];
    size_t count = (size_t)(read->last - read->first) + 1, i = 0;
    struct delivered_part *parts = count > SOURCES_USUAL ? mem_alloc(count * sizeof *parts) : few;
    for (int key = read->first; key <= read->last; key++) {
        const struct source *source = source_of(read, key);
        parts[i++] = (struct delivered_part){key, source->is_history, source->after};
    }
    how(read->call, &(struct delivered){.parts = parts,
                                        .part_count = count,
                                        .group = read->group,
                                        .needs_no_ack = read->needs_no_ack,
                                        .count = (uint64_t)read->count});
    if (parts != few)
        mem_free(parts);
}

/* ---- at once, or later ---- */

/* True when it was answered. */
static bool answer(struct read *read)
{
    size_t count = count_served(read);
    if (count == 0)
        return false;
    if (read->is_group)
        deliver(read, call_deliver);
    else
        show(read, count);
    return true;
}

static bool serve(struct call *call, bool is_group)
{
    struct read read;
    bool is_answered = !begin(&read, call, is_group) || answer(&read);
    end(&read);
    return is_answered;
}

static bool serve_read(struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    return entry && entry_type(entry) == VALUE_STREAM && serve(call, false);
}

static bool serve_group(struct call *call, struct key key)
{
    (void)key;
    return serve(call, true);
}

static void reply_nothing(struct call *call)
{
    reply_null_array(call->reply);
}

/* Arguments in which "$" is what it stands for now. */
static struct bytes *resolved_arguments(const struct read *read, struct stream_id_text *texts)
{
    const struct call *call = read->call;
    struct bytes *argv = mem_alloc((size_t)call->argc * sizeof *argv);
    memcpy(argv, call->argv, (size_t)call->argc * sizeof *argv);
    for (int key = read->first; key <= read->last; key++) {
        const struct source *source = source_of(read, key);
        if (source->is_last)
            argv[key + read->last - read->first + 1] =
                stream_id_text(&texts[key - read->first], source->after);
    }
    return argv;
}

static void wait_for_entries(struct read *read)
{
    struct call *call = read->call;
    if (read->is_group) {
        call_block_heeding_loss(call, read->first, read->last, read->until_ms, serve_group, reply_nothing);
        return;
    }
    const struct bytes *argv = call->argv;
    struct stream_id_text *texts = mem_alloc((size_t)(read->last - read->first + 1) * sizeof *texts);
    struct bytes *resolved = resolved_arguments(read, texts);
    call->argv = resolved;
    call_block(call, read->first, read->last, read->until_ms, serve_read, reply_nothing);
    call->argv = argv;
    mem_free(resolved);
    mem_free(texts);
}

static void read_or_wait(struct call *call, bool is_group)
{
    struct read read;
    if (begin(&read, call, is_group) && !answer(&read)) {
        if (is_group)
            deliver(&read, call_deliver_at_once);
        if (read.has_timeout && call_may_wait(call))
            wait_for_entries(&read);
        else
            reply_nothing(call);
    }
    end(&read);
}

static void cmd_xread(struct call *call)
{
    read_or_wait(call, false);
}

static void cmd_xreadgroup(struct call *call)
{
    read_or_wait(call, true);
}

/* ---- rows ---- */

static const struct command stream_read_commands[] = {
    {
        .name = "xread",
        .run = cmd_xread,
        .arity = -4,
        .flags = COMMAND_READONLY | COMMAND_BLOCKING,
        .acl = ACL_STREAM,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_KEYWORD,
                  .keyword = "STREAMS",
                  .first = 1,
                  .last = -1,
                  .step = 1,
                  .limit = 2}},
        .group = "stream",
        .since = "5.0.0",
        .complexity =
            "For each stream mentioned: O(N) with N being the number of elements being returned, it "
            "means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is "
            "used, XADD will pay O(M) time in order to serve the M clients blocked on the stream "
            "getting new data.",
        .summary = "Returns messages from multiple streams with IDs greater than the ones requested. Blocks "
                   "until a message is available otherwise.",
        .synopsis = "[COUNT count:integer] [BLOCK milliseconds:integer] STREAMS streams(key... id...)",
    },
    {
        .name = "xreadgroup",
        .run = cmd_xreadgroup,
        .arity = -7,
        .flags = COMMAND_WRITE | COMMAND_BLOCKING,
        .acl = ACL_STREAM,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_KEYWORD,
                  .keyword = "STREAMS",
                  .first = 4,
                  .last = -1,
                  .step = 1,
                  .limit = 2}},
        .group = "stream",
        .since = "5.0.0",
        .complexity =
            "For each stream mentioned: O(M) with M being the number of elements returned. If M is "
            "constant (e.g. always asking for the first 10 elements with COUNT), you can consider it "
            "O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to "
            "serve the N clients blocked on the stream getting new data.",
        .summary =
            "Returns new or historical messages from a stream for a consumer in a group. Blocks until a "
            "message is available otherwise.",
        .synopsis = "GROUP group-block(group consumer) [COUNT count:integer] [BLOCK milliseconds:integer] "
                    "[NOACK] STREAMS streams(key... id...)",
    },
    {0},
};

const struct command_family stream_read_family = {.name = "stream", .commands = stream_read_commands};
