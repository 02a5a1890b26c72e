/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts and functions: a few, each beside what it does in the model. The keys it is given are changed as
 * one. */
#include "model_script.h"
#include "function_payloads.h"
#include "model_tables.h"
#include "world.h"

/* What the server's script did, step by step; the model did so, too. */
static struct step {
    struct buf words, reply;
    bool was_refused;
} steps[SCRIPT_CALLS];

/* A script that is gone through behind its end. */
struct runner {
    const struct model_call *call;
    struct bytes reply; /* to its last command */
    int calls_left;     /* the server's script came no further: something was refused */
    bool has_failed;
};

static void print_words(int argc, const struct bytes *argv, struct buf *out)
{
    out->len = 0;
    for (int i = 0; i < argc; i++)
        encode_bulk(out, argv[i]);
}

/* A client whose replies nobody sees. */
static struct session *inner_session(const struct session *caller)
{
    static struct session session;
    if (!session.expected.next) {
        list_init(&session.expected);
        list_init(&session.late.answer);
        list_init(&session.muted);
    }
    while (!list_is_empty(&session.expected))
        expected_free(LIST_ENTRY(session.expected.next, struct expected, link));
    session.protocol = 2;
    session.database = caller->database;
    session.number = caller->number;
    return &session;
}

void model_script_step(struct session *caller, int argc, const struct bytes *argv, bool is_refused)
{
    if (model.script_calls == SCRIPT_CALLS)
        world_fail("no script runs so many commands");
    struct step *step = &steps[model.script_calls++];
    struct session *session = inner_session(caller);
    struct model_call call = {
        .session = session, .argc = argc, .argv = argv, .is_nested = true, .served_key = -1};
    print_words(argc, argv, &step->words);
    if (!is_refused)
        model_command(argv[0])->run(&call);
    model_settle_expired();
    model_show_in_script(session, argc, argv);
    step->was_refused = is_refused;
    step->reply.len = 0;
    if (!list_is_empty(&session->expected))
        buf_append_bytes(&step->reply,
                         buf_bytes(&LIST_ENTRY(session->expected.next, struct expected, link)->bytes));
}

void model_scripts_forget(void)
{
    for (int i = 0; i < SCRIPT_CALLS; i++) {
        buf_clear(&steps[i].words);
        buf_clear(&steps[i].reply);
    }
    (void)inner_session(&(struct session){.number = 0});
}

/* False when it was refused or failed, as the script then is. */
static bool run(struct runner *runner, const struct bytes *argv, int argc)
{
    if (runner->has_failed || runner->calls_left-- <= 0) {
        runner->has_failed = true;
        return false;
    }
    const struct step *step = &steps[model.script_calls - runner->calls_left - 1];
    struct buf words = {0};
    print_words(argc, argv, &words);
    if (!bytes_equal(buf_bytes(&words), buf_bytes(&step->words)))
        world_fail("a script runs %.*s otherwise", (int)argv[0].len, argv[0].data);
    buf_clear(&words);
    runner->reply = buf_bytes(&step->reply);
    runner->has_failed = step->was_refused || bytes_starts_with(runner->reply, BYTES("-"));
    return !runner->has_failed;
}

#define RUN(runner, ...)                         \
    run((runner), (struct bytes[]){__VA_ARGS__}, \
        (int)(sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes)))

/* What the last command replied, in the words of the client's protocol. */
static void pass_on(const struct runner *runner)
{
    struct bytes reply = runner->reply;
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
    if (RUN(runner, BYTES("set"), argv[3], argv[4]) && RUN(runner, BYTES("get"), argv[3]))
        pass_on(runner);
}

static void take_over(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("getdel"), argv[3]))
        pass_on(runner);
}

static void push_both(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("rpush"), argv[3], argv[5]) && RUN(runner, BYTES("lpush"), argv[4], argv[5]))
        pass_on(runner);
}

static void count_up(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("hincrby"), argv[3], argv[4], BYTES("2")) &&
        RUN(runner, BYTES("hpexpire"), argv[3], BYTES("60"), BYTES("FIELDS"), BYTES("1"), argv[4]) &&
        RUN(runner, BYTES("hlen"), argv[3]))
        pass_on(runner);
}

static void read_only(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("exists"), argv[3], argv[4]))
        pass_on(runner);
}

static void delete_and_add(struct runner *runner)
{
    const struct bytes *argv = runner->call->argv;
    if (RUN(runner, BYTES("del"), argv[3]) && RUN(runner, BYTES("sadd"), argv[3], argv[4], argv[5]) &&
        RUN(runner, BYTES("pexpire"), argv[3], BYTES("70")))
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
    {"redis.call('set', KEYS[1], ARGV[1]) for i = 1, 400000 do end return redis.call('get', KEYS[1])",
     set_and_get},
    {"for i = 1, 400000 do end return redis.call('getdel', KEYS[1])", take_over},
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

/* The script was told in so many commands how it went. */
static void run_by(struct model_call *call, void (*script)(struct runner *runner))
{
    struct runner runner = {.call = call, .calls_left = model.script_calls};
    script(&runner);
    if (runner.has_failed || model.script_failed)
        (void)out_any(call->session, is_error);
    else if (runner.calls_left > 0)
        world_fail("a script runs %d commands too many", runner.calls_left);
}

static void run_eval(struct model_call *call)
{
    size_t number = 0;
    while (!bytes_is(call->argv[1], scripts[number].text))
        number++;
    run_by(call, scripts[number].run);
}

/* ---- functions ---- */

#define LIBRARY(number, body)     \
    "#!lua name=lib" #number "\n" \
    "redis.register_function('fn" #number "', function(keys, args) " body " end)"

static const struct {
    const char *name, *function, *text;
    void (*run)(struct runner *runner);
} libraries[] = {
    {"lib0", "fn0", LIBRARY(0, "redis.call('set', keys[1], args[1]) return redis.call('get', keys[1])"),
     set_and_get},
    {"lib1", "fn1",
     LIBRARY(1, "redis.call('rpush', keys[1], args[1]) return redis.call('lpush', keys[2], args[1])"),
     push_both},
    {"lib2", "fn2",
     LIBRARY(2, "redis.call('hincrby', keys[1], args[1], 2) "
                "redis.call('hpexpire', keys[1], 60, 'FIELDS', 1, args[1]) "
                "return redis.call('hlen', keys[1])"),
     count_up},
    {"lib3", "fn3",
     LIBRARY(3, "for i = 1, 400000 do end redis.call('set', keys[1], args[1]) "
                "return redis.call('get', keys[1])"),
     set_and_get},
};

enum { LIBRARIES = sizeof libraries / sizeof libraries[0] };

struct bytes model_library(int number)
{
    return bytes_of(libraries[number].text);
}

static void run_fcall(struct model_call *call)
{
    size_t number = 0;
    while (!bytes_is(call->argv[1], libraries[number].function))
        number++;
    if (model.data.functions >> number & 1)
        run_by(call, libraries[number].run);
    else if (model.script_failed)
        (void)out_any(call->session, is_error);
    else
        out_error(call->session, "ERR Function not found");
}

static void load(struct model_call *call)
{
    size_t number = 0;
    while (!bytes_is(call->argv[call->argc - 1], libraries[number].text))
        number++;
    if (model.script_failed) {
        (void)out_any(call->session, is_error);
        return;
    }
    if ((model.data.functions >> number & 1) && !call_word(call, 2, "REPLACE")) {
        out_error(call->session, "ERR Library '%s' already exists", libraries[number].name);
        return;
    }
    model.data.functions |= 1u << number;
    out_bulk(call->session, bytes_of(libraries[number].name));
}

static void delete_library(struct model_call *call)
{
    size_t number = 0;
    while (!bytes_is(call->argv[2], libraries[number].name))
        number++;
    bool was_there = model.data.functions >> number & 1;
    model.data.functions &= ~(1u << number);
    if (was_there)
        out_ok(call->session);
    else
        out_error(call->session, "ERR Library not found");
}

/* FUNCTION RESTORE payload [policy]: all of it or nothing. */
static void restore(struct model_call *call)
{
    const struct function_payload *payload = function_payload_find(call->argv[2]);
    unsigned kept = call_word(call, 3, "FLUSH") ? 0 : model.data.functions;
    bool collides = (kept & payload->libraries) && !call_word(call, 3, "REPLACE");
    if (model.script_failed || collides || (payload->error && !payload->error[0])) {
        (void)out_any(call->session, is_error);
    } else if (payload->error) {
        out_error(call->session, "%s", payload->error);
    } else {
        model.data.functions = kept | payload->libraries;
        out_ok(call->session);
    }
}

/* ---- what stands still ---- */

static bool has_written(void)
{
    static const char *const reads[] = {"get", "exists", "hlen"};
    bool has = false;
    for (int i = 0; i < model.script_calls; i++) {
        struct buf word = {0};
        bool is_read = false;
        for (size_t j = 0; j < sizeof reads / sizeof reads[0]; j++) {
            word.len = 0;
            encode_bulk(&word, bytes_of(reads[j]));
            is_read |= bytes_starts_with(buf_bytes(&steps[i].words), buf_bytes(&word));
        }
        has |= !is_read;
        buf_clear(&word);
    }
    return has;
}

static void kill(struct model_call *call, bool is_function)
{
    struct session *session = call->session;
    if (!model.standing)
        out_error(session, "NOTBUSY No scripts in execution right now.");
    else if (has_written())
        out_error(session,
                  "UNKILLABLE Sorry the script already executed write commands against the dataset. You can "
                  "either wait the script termination or kill the server in a hard way using the SHUTDOWN "
                  "NOSAVE command.");
    else if (is_function != model.is_function_standing)
        out_error(session, "%s", model_busy_text());
    else
        out_ok(session);
}

const char *model_busy_text(void)
{
    return model.is_function_standing
               ? "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
               : "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
}

static void kill_script(struct model_call *call)
{
    kill(call, false);
}

static void kill_function(struct model_call *call)
{
    kill(call, true);
}

static void flush(struct model_call *call)
{
    model.data.functions = 0;
    out_ok(call->session);
}

static const struct model_subcommand script_subcommands[] =
    {
        {"kill", kill_script},
        {NULL, model_answers_anything},
},
                                     function_subcommands[] = {
                                         {"kill", kill_function},    {"load", load},
                                         {"delete", delete_library}, {"restore", restore},
                                         {"flush", flush},           {NULL, model_answers_anything},
};

static void run_script(struct model_call *call)
{
    model_run_subcommand(script_subcommands, call);
}

static void run_function(struct model_call *call)
{
    model_run_subcommand(function_subcommands, call);
}

const struct model_command model_script_commands[] = {
    {.name = "eval", .arity = -3, .run = run_eval},
    {.name = "fcall", .arity = -3, .run = run_fcall},
    {.name = "function", .arity = -2, .run = run_function},
    {.name = "script", .arity = -2, .run = run_script},
    {.name = NULL},
};
