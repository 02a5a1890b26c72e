/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts: a few, each beside what it does in the model. The keys it is given are changed as one. */
#include "model_script.h"
#include "model_tables.h"
#include "world.h"

/* What runs a script's commands: a client whose replies nobody sees. */
struct runner {
    const struct model_call *call;
    struct session session;
    int calls_left; /* the server's script came no further: something was refused */
    bool has_failed;
};

static void forget_replies(struct runner *runner)
{
    while (!list_is_empty(&runner->session.expected))
        expected_free(LIST_ENTRY(runner->session.expected.next, struct expected, link));
}

/* Its only reply that is bytes. */
static struct bytes reply_of(const struct runner *runner)
{
    const struct list *first = runner->session.expected.next;
    if (list_is_empty(&runner->session.expected))
        return BYTES("");
    return buf_bytes(&LIST_ENTRY(first, struct expected, link)->bytes);
}

/* False when it was refused or failed, as the script then is. */
static bool run(struct runner *runner, const struct bytes *argv, int argc)
{
    struct model_call call = {
        .session = &runner->session, .argc = argc, .argv = argv, .is_nested = true, .served_key = -1};
    forget_replies(runner);
    if (runner->has_failed || runner->calls_left-- <= 0) {
        runner->has_failed = true;
        return false;
    }
    int number = model.script_calls - runner->calls_left - 1;
    model.clock_ms = model.script_clocks[number];
    if (!model.script_refused[number])
        model_command(argv[0])->run(&call);
    model_has_read(runner->call->session, model.script_reads[number]);
    runner->has_failed = model.script_refused[number] || bytes_starts_with(reply_of(runner), BYTES("-"));
    return !runner->has_failed;
}

#define RUN(runner, ...)                         \
    run((runner), (struct bytes[]){__VA_ARGS__}, \
        (int)(sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes)))

/* What the last command replied, in the words of the client's protocol. */
static void pass_on(const struct runner *runner)
{
    struct bytes reply = reply_of(runner);
    if (model.script_failed)
        return;
    if (bytes_is(reply, "$-1\r\n"))
        out_null(runner->call->session);
    else
        out_bytes(runner->call->session, reply);
}

/* ---- the scripts ---- */

static void set_and_get(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("SET"), argv[3], argv[4]) && RUN(runner, BYTES("GET"), argv[3]))
        pass_on(runner);
}

static void take_over(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("GETDEL"), argv[3]))
        pass_on(runner);
}

static void push_both(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("RPUSH"), argv[3], argv[5]) && RUN(runner, BYTES("LPUSH"), argv[4], argv[5]))
        pass_on(runner);
}

static void count_up(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("HINCRBY"), argv[3], argv[4], BYTES("2")) &&
        RUN(runner, BYTES("HPEXPIRE"), argv[3], BYTES("60"), BYTES("FIELDS"), BYTES("1"), argv[4]) &&
        RUN(runner, BYTES("HLEN"), argv[3]))
        pass_on(runner);
}

static void read_only(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("EXISTS"), argv[3], argv[4]))
        pass_on(runner);
}

static void delete_and_add(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("DEL"), argv[3]) && RUN(runner, BYTES("SADD"), argv[3], argv[4], argv[5]) &&
        RUN(runner, BYTES("PEXPIRE"), argv[3], BYTES("70")))
        pass_on(runner);
}

static const struct {
    const char *text;
    void (*run)(struct runner *runner);
} scripts[] = {
    {"redis.call('set', KEYS[1], ARGV[1]) return redis.call('get', KEYS[1])", set_and_get},
    {"return redis.call('getdel', KEYS[1])", take_over},
    {"redis.call('rpush', KEYS[1], ARGV[1]) return redis.call('lpush', KEYS[2], ARGV[1])", push_both},
    {"redis.call('hincrby', KEYS[1], ARGV[1], 2) redis.call('hpexpire', KEYS[1], 60, 'FIELDS', 1, ARGV[1]) "
     "return redis.call('hlen', KEYS[1])",
     count_up},
    {"#!lua flags=no-writes\nreturn redis.call('exists', KEYS[1], KEYS[2])", read_only},
    {"redis.call('del', KEYS[1]) redis.call('sadd', KEYS[1], ARGV[1], ARGV[2]) "
     "return redis.call('pexpire', KEYS[1], 70)",
     delete_and_add},
};

struct bytes model_script(int number)
{
    return bytes_of(scripts[number].text);
}

static bool is_error(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-"));
}

static void run_eval(struct model_call *call)
{
    struct runner runner = {.call = call, .calls_left = model.script_calls};
    size_t number = 0;
    while (!bytes_is(call->argv[1], scripts[number].text))
        number++;
    list_init(&runner.session.expected);
    list_init(&runner.session.late.answer);
    list_init(&runner.session.muted);
    runner.session.protocol = 2;
    runner.session.database = call->session->database;
    runner.session.number = call->session->number;
    scripts[number].run(&runner);
    if (runner.has_failed || model.script_failed)
        (void)out_any(call->session, is_error);
    else if (runner.calls_left > 0)
        world_fail("a script runs %d commands too many", runner.calls_left);
    forget_replies(&runner);
}

const struct model_command model_script_commands[] = {
    {.name = "eval", .arity = -3, .run = run_eval},
    {.name = NULL},
};
