/* SPDX-License-Identifier: BSD-3-Clause */
/* Users: making and showing them, and what they may do. */
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DIGEST_OF_SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

/* A client of a user that is made with these rules. */
static struct client *client_of(struct harness *harness, const char *name, const char *rules)
{
    struct client *client = harness_client(harness);
    struct buf line = {0};
    buf_printf(&line, "acl setuser %s on nopass %s", name, rules);
    assert_reply(harness, buf_cstring(&line), "+OK\r\n");
    line.len = 0;
    buf_printf(&line, "auth %s any", name);
    assert_reply_as(harness, client, buf_cstring(&line), "+OK\r\n");
    buf_clear(&line);
    return client;
}

/* Closed clients are gone when a reply has come. */
static bool is_there(const struct harness *harness, uint64_t id)
{
    return client_by_id(harness->server, id);
}

/* ---- showing ---- */

static void default_user_needs_no_password(void **state)
{
    assert_reply(*state, "acl whoami", "$7\r\ndefault\r\n");
    assert_reply(*state, "acl users", "*1\r\n$7\r\ndefault\r\n");
    assert_reply(*state, "acl list", "*1\r\n$51\r\nuser default on nopass sanitize-payload ~* &* +@all\r\n");
    assert_reply(*state, "acl getuser default",
                 "*12\r\n$5\r\nflags\r\n*3\r\n$2\r\non\r\n$6\r\nnopass\r\n$16\r\nsanitize-payload\r\n"
                 "$9\r\npasswords\r\n*0\r\n$8\r\ncommands\r\n$5\r\n+@all\r\n$4\r\nkeys\r\n$2\r\n~*\r\n"
                 "$8\r\nchannels\r\n$2\r\n&*\r\n$9\r\nselectors\r\n*0\r\n");
}

static void password_is_shown_as_its_digest(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "acl setuser default >secret", "+OK\r\n");
    assert_reply(harness, "acl list",
                 "*1\r\n$110\r\nuser default on sanitize-payload #" DIGEST_OF_SECRET " ~* &* +@all\r\n");
    struct bytes reply = harness_send(harness, "acl getuser default");
    assert_true(reply_has(reply, "*1\r\n$64\r\n" DIGEST_OF_SECRET));
    assert_false(reply_has(reply, "nopass"));
}

static void users_and_their_selectors_are_shown(void **state)
{
    assert_reply(*state, "acl setuser zoe %R~a* &news +get ( ~b* +set )", "+OK\r\n");
    assert_reply(*state, "acl users", "*2\r\n$7\r\ndefault\r\n$3\r\nzoe\r\n");
    assert_reply(
        *state, "acl getuser zoe",
        "*12\r\n$5\r\nflags\r\n*2\r\n$3\r\noff\r\n$16\r\nsanitize-payload\r\n$9\r\npasswords\r\n*0\r\n"
        "$8\r\ncommands\r\n$10\r\n-@all +get\r\n$4\r\nkeys\r\n$5\r\n%R~a*\r\n$8\r\nchannels\r\n"
        "$5\r\n&news\r\n$9\r\nselectors\r\n*1\r\n*6\r\n$8\r\ncommands\r\n$10\r\n-@all +set\r\n"
        "$4\r\nkeys\r\n$3\r\n~b*\r\n$8\r\nchannels\r\n$0\r\n\r\n");
    assert_reply(*state, "acl getuser nosuch", "$-1\r\n");
}

static void categories_are_listed(void **state)
{
    assert_true(
        bytes_starts_with(harness_send(*state, "acl cat"), BYTES("*21\r\n$8\r\nkeyspace\r\n$4\r\nread\r\n")));
    assert_reply(*state, "acl cat nosuch", "-ERR Unknown category 'nosuch'\r\n");
    struct bytes reply = harness_send(*state, "acl cat STRING");
    assert_true(reply_has(reply, "\r\n$3\r\nget\r\n"));
    assert_false(reply_has(reply, "\r\n$6\r\ndbsize\r\n"));
}

static void generated_password_has_the_bits_asked_for(void **state)
{
    assert_int_equal(harness_send(*state, "acl genpass").len, 5 + 64 + 2);
    assert_int_equal(harness_send(*state, "acl genpass 5").len, 4 + 2 + 2);
    assert_int_equal(harness_send(*state, "acl genpass 4096").len, 7 + 1024 + 2);
    assert_reply(
        *state, "acl genpass 4097",
        "-ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up "
        "to 4096\r\n");
}

/* ---- changing ---- */

static void one_wrong_rule_leaves_the_user_as_it_was(void **state)
{
    assert_reply(*state, "acl setuser bob on nopass ~a* +get", "+OK\r\n");
    assert_reply(*state, "acl setuser bob ~b* +nosuch",
                 "-ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL\r\n");
    assert_reply(*state, "acl setuser bob +set (~c* +get",
                 "-ERR Unmatched parenthesis in acl selector starting at '(~c*'.\r\n");
    assert_true(reply_has(harness_send(*state, "acl list"),
                          "user bob on nopass sanitize-payload ~a* resetchannels -@all +get\r\n"));
    assert_reply(*state, "acl setuser new +nosuch",
                 "-ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL\r\n");
    assert_reply(*state, "acl getuser new", "$-1\r\n");
    assert_reply(*state, "acl setuser \"a b\" on",
                 "-ERR Usernames can't contain spaces or null characters\r\n");
}

static void new_rules_hold_for_who_is_connected(void **state)
{
    struct client *client = client_of(*state, "bob", "+get ~a*");
    assert_reply_as(*state, client, "get a1", "$-1\r\n");
    assert_reply_as(*state, client, "get b1", "-NOPERM No permissions to access a key\r\n");
    assert_reply(*state, "acl setuser bob resetkeys ~b*", "+OK\r\n");
    assert_reply_as(*state, client, "get a1", "-NOPERM No permissions to access a key\r\n");
    assert_reply_as(*state, client, "get b1", "$-1\r\n");
    assert_reply(*state, "acl setuser bob +@all ~* &*", "+OK\r\n");
    assert_reply_as(*state, client, "set a1 x", "+OK\r\n");
    assert_reply(*state, "acl setuser bob reset", "+OK\r\n");
    assert_reply_as(*state, client, "get a1",
                    "-NOPERM User bob has no permissions to run the 'get' command\r\n");
}

static void a_deleted_user_loses_its_connections(void **state)
{
    uint64_t bob = client_of(*state, "bob", "+@all")->id;
    assert_reply(*state, "acl deluser bob default", "-ERR The 'default' user cannot be removed\r\n");
    assert_true(is_there(*state, bob));
    assert_reply(*state, "acl deluser nobody bob bob", ":1\r\n");
    assert_false(is_there(*state, bob));
    assert_reply(*state, "acl users", "*1\r\n$7\r\ndefault\r\n");
}

static void who_hears_a_channel_that_is_denied_is_closed(void **state)
{
    static const struct {
        const char *name, *rules, *subscription, *change;
        bool stays;
    } users[] = {
        {"a", "+@all &news:* &x", "subscribe news:1", "acl setuser a resetchannels &news:2", false},
        {"b", "+@all &x", "psubscribe x", "acl setuser b resetchannels &*", true},
        {"c", "+@all &news:*", "ssubscribe news:2", "acl setuser c resetchannels", false},
        {"d", "+@all &x &y", "subscribe x", "acl setuser d resetchannels &x", true},
    };
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        struct client *client = client_of(*state, users[i].name, users[i].rules);
        uint64_t id = client->id;
        harness_send_as(*state, client, users[i].subscription);
        assert_reply(*state, users[i].change, "+OK\r\n");
        assert_int_equal(is_there(*state, id), users[i].stays);
    }
}

static void without_a_file_there_is_none_to_load_or_save(void **state)
{
    static const char expected[] = "-ERR This Redis instance is not configured to use an ACL file.";
    assert_true(bytes_starts_with(harness_send(*state, "acl load"), bytes_of(expected)));
    assert_true(bytes_starts_with(harness_send(*state, "acl save"), bytes_of(expected)));
}

/* ---- rights ---- */

static void a_user_may_do_what_its_rules_say(void **state)
{
    struct client *client =
        client_of(*state, "bob", "+@read +set +select|0 +config|get -object|freq ~a* %R~r* &news (+del ~d*)");
    assert_reply_as(*state, client, "set a1 x", "+OK\r\n");
    assert_reply_as(*state, client, "set r1 x", "-NOPERM No permissions to access a key\r\n");
    assert_reply_as(*state, client, "mget a1 r1", "*2\r\n$1\r\nx\r\n$-1\r\n");
    assert_reply_as(*state, client, "mget a1 x", "-NOPERM No permissions to access a key\r\n");
    assert_reply_as(*state, client, "set a1 y get", "$1\r\nx\r\n");
    assert_reply_as(*state, client, "del d1", ":0\r\n");
    assert_reply_as(*state, client, "del a1", "-NOPERM No permissions to access a key\r\n");
    assert_reply_as(*state, client, "select 0", "+OK\r\n");
    assert_reply_as(*state, client, "select 1",
                    "-NOPERM User bob has no permissions to run the 'select' command\r\n");
    assert_reply_as(*state, client, "config get port", "*2\r\n$4\r\nport\r\n$4\r\n6379\r\n");
    assert_reply_as(*state, client, "config set port 1",
                    "-NOPERM User bob has no permissions to run the 'config|set' command\r\n");
    assert_reply_as(*state, client, "object freq a1",
                    "-NOPERM User bob has no permissions to run the 'object|freq' command\r\n");
    assert_reply_as(*state, client, "hello 2 auth default any",
                    "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\n"
                    "version\r\n$5\r\n7.2.6\r\n$5\r\nproto\r\n:2\r\n"
                    "$2\r\nid\r\n:2\r\n$4\r\nmode\r\n$10\r\n"
                    "standalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
                    "$7\r\nmodules\r\n*0\r\n");
    assert_reply_as(*state, client, "select 1", "+OK\r\n");
}

static void channels_are_permitted_by_name(void **state)
{
    struct client *client = client_of(*state, "bob", "+@pubsub &news:*");
    assert_reply_as(*state, client, "publish news:1 m", ":0\r\n");
    assert_reply_as(*state, client, "publish other m", "-NOPERM No permissions to access a channel\r\n");
    assert_reply_as(*state, client, "spublish other m", "-NOPERM No permissions to access a channel\r\n");
    assert_reply_as(*state, client, "subscribe news:1 other",
                    "-NOPERM No permissions to access a channel\r\n");
    assert_reply_as(*state, client, "psubscribe news:1*", "-NOPERM No permissions to access a channel\r\n");
    assert_reply_as(*state, client, "unsubscribe other", "*3\r\n$11\r\nunsubscribe\r\n$5\r\nother\r\n:0\r\n");
    assert_reply_as(*state, client, "psubscribe news:*", "*3\r\n$10\r\npsubscribe\r\n$6\r\nnews:*\r\n:1\r\n");
}

static void a_transaction_is_looked_at_twice(void **state)
{
    struct client *client = client_of(*state, "bob", "+@all ~a* &x");
    assert_reply_as(*state, client, "multi", "+OK\r\n");
    assert_reply_as(*state, client, "set a1 x", "+QUEUED\r\n");
    assert_reply_as(*state, client, "get b1", "-NOPERM No permissions to access a key\r\n");
    assert_reply_as(*state, client, "exec",
                    "-EXECABORT Transaction discarded because of previous errors.\r\n");
    assert_reply_as(*state, client, "multi", "+OK\r\n");
    assert_reply_as(*state, client, "set a1 x", "+QUEUED\r\n");
    assert_reply_as(*state, client, "incr n", "-NOPERM No permissions to access a key\r\n");
    assert_reply_as(*state, client, "discard", "+OK\r\n");
    assert_reply_as(*state, client, "multi", "+OK\r\n");
    assert_reply_as(*state, client, "set a1 x", "+QUEUED\r\n");
    assert_reply_as(*state, client, "dbsize", "+QUEUED\r\n");
    assert_reply_as(*state, client, "publish x m", "+QUEUED\r\n");
    assert_reply(*state, "acl setuser bob resetkeys resetchannels -dbsize", "+OK\r\n");
#define CHANGED                                                                                         \
    "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " \
    "This command is no longer allowed for the following reason: no permission to "
    assert_reply_as(*state, client, "exec",
                    "*3\r\n" CHANGED "touch the specified keys\r\n" CHANGED
                    "execute the command or subcommand\r\n" CHANGED
                    "access one of the channels used as arguments\r\n");
    assert_reply(*state, "exists a1", ":0\r\n");
}

static void scripts_have_the_rights_of_who_runs_them(void **state)
{
    struct client *client = client_of(*state, "bob", "+@scripting +get +set ~a*");
    assert_reply_as(*state, client, "eval \"return redis.call('set', 'a1', 'x')\" 0", "+OK\r\n");
    assert_reply_as(*state, client, "eval \"return redis.pcall('set', 'b1', 'x')\" 0",
                    "-ERR ACL failure in script: No permissions to access a key\r\n");
    assert_reply_as(*state, client, "eval \"return redis.pcall('del', 'a1')\" 0",
                    "-ERR ACL failure in script: User bob has no permissions to run the 'del' command\r\n");
    assert_reply_as(*state, client, "eval \"return redis.acl_check_cmd('set', 'a1', 'x')\" 0", ":1\r\n");
    assert_reply_as(*state, client, "eval \"return redis.acl_check_cmd('set', 'b1', 'x')\" 0", "$-1\r\n");
    assert_reply_as(*state, client, "eval \"return redis.acl_check_cmd('del', 'a1')\" 0", "$-1\r\n");
    assert_reply(*state, "eval \"return redis.call('set', 'b1', 'x')\" 0", "+OK\r\n");
}

static void sort_looks_at_other_keys_for_who_may_see_all(void **state)
{
    struct client *client = client_of(*state, "bob", "+@all ~l %W~*");
    assert_reply(*state, "rpush l 1 2", ":2\r\n");
    assert_reply_as(*state, client, "sort l by w*",
                    "-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n");
    assert_reply_as(*state, client, "sort l get #",
                    "-ERR GET option of SORT denied due to insufficient ACL permissions.\r\n");
    assert_reply_as(*state, client, "sort l by nosort", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(*state, "acl setuser bob %R~*", "+OK\r\n");
    assert_reply_as(*state, client, "sort l by w* get #", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
}

/* Whoever may only write learns no value: neither from a reply that shows it nor by asking whether it is this
 * one, as often as it takes. */
static void who_may_only_write_cannot_guess(void **state)
{
    static const char *const refused[] = {
        "set k w get",
        "set k w ifeq v",
        "set k w ifne v",
        "set k w ifdeq 0123456789abcdef",
        "set k w IFDNE 0123456789abcdef ex 9",
        "delex k ifeq v",
        "delex k ifne v",
        "delex k ifdeq 0123456789abcdef",
        "delex k ifdne 0123456789abcdef",
        "delifeq k v",
        "increx k byint 1",
        "incr k",
        "incrby k 1",
        "incrbyfloat k 1",
        "getset k w",
        "getdel k",
        "getex k",
        "setbit k 1 1",
        "bitfield k get u8 0",
        "hincrby k f 1",
        "hgetdel k fields 1 f",
        "hgetex k fields 1 f",
        "lpop k",
        "lmove k l left left",
        "rpoplpush k l",
        "spop k",
        "smove k l m",
        "zincrby k 1 m",
        "zpopmin k",
        "rename k l",
        "copy k l",
        "dump k",
    };
    static const char *const allowed[] = {"set k v nx", "set k v xx ex 9", "delex l", "msetex 1 k v nx"};
    struct client *client = client_of(*state, "bob", "+@all %W~*");
    assert_reply(*state, "set k v", "+OK\r\n");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_reply_as(*state, client, refused[i], "-NOPERM No permissions to access a key\r\n");
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        assert_false(bytes_starts_with(harness_send_as(*state, client, allowed[i]), BYTES("-")));
    assert_reply(*state, "get k", "$1\r\nv\r\n");
}

static void who_waits_is_looked_at_again_when_served(void **state)
{
    struct client *client = client_of(*state, "bob", "+@all ~l*");
    assert_reply_as(*state, client, "blpop l1 0", "");
    assert_reply(*state, "acl setuser bob resetkeys ~x", "+OK\r\n");
    assert_reply(*state, "rpush l1 a", ":1\r\n");
    assert_sent((struct harness *)*state, client, "-NOPERM No permissions to access a key\r\n");
    assert_reply(*state, "llen l1", ":1\r\n");
    assert_true(
        reply_has(harness_send(*state, "info commandstats"),
                  "cmdstat_blpop:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"));
}

/* ---- logging in ---- */

static void who_is_disabled_cannot_log_in(void **state)
{
    struct client *client = harness_client(*state);
    assert_reply(*state, "acl setuser bob >secret", "+OK\r\n");
    assert_reply_as(*state, client, "auth bob secret",
                    "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    assert_reply(*state, "acl setuser bob on", "+OK\r\n");
    assert_reply_as(*state, client, "auth bob secret", "+OK\r\n");
    assert_reply_as(*state, client, "acl whoami",
                    "-NOPERM User bob has no permissions to run the 'acl|whoami' command\r\n");
    assert_reply(*state, "acl setuser bob +acl|whoami", "+OK\r\n");
    assert_reply_as(*state, client, "acl whoami", "$3\r\nbob\r\n");
    assert_reply_as(*state, client, "reset", "+RESET\r\n");
    assert_reply_as(*state, client, "acl whoami", "$7\r\ndefault\r\n");
}

static void a_default_user_that_is_off_lets_nobody_in(void **state)
{
    assert_reply(*state, "acl setuser default off", "+OK\r\n");
    struct client *client = harness_client(*state);
    assert_reply_as(*state, client, "ping", "-NOAUTH Authentication required.\r\n");
    assert_reply_as(*state, client, "auth default any",
                    "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    assert_reply(*state, "acl setuser default on", "+OK\r\n");
    assert_reply_as(*state, client, "ping", "+PONG\r\n");
}

/* ---- denials ---- */

static void a_dry_run_says_what_would_be_denied(void **state)
{
    assert_reply(*state, "acl setuser bob +set +publish ~a*", "+OK\r\n");
    assert_reply(*state, "acl dryrun bob set a1 x", "+OK\r\n");
    assert_reply(*state, "acl dryrun bob set b1 x",
                 "$50\r\nUser bob has no permissions to access the 'b1' key\r\n");
    assert_reply(*state, "acl dryrun bob get a1",
                 "$52\r\nUser bob has no permissions to run the 'get' command\r\n");
    assert_reply(*state, "acl dryrun bob publish c m",
                 "$53\r\nUser bob has no permissions to access the 'c' channel\r\n");
    assert_reply(*state, "acl dryrun nobody get a1", "-ERR User 'nobody' not found\r\n");
    assert_reply(*state, "acl dryrun bob nosuch a1", "-ERR Command 'nosuch' not found\r\n");
    assert_reply(*state, "acl dryrun bob get", "-ERR wrong number of arguments for 'get' command\r\n");
    assert_reply(*state, "exists a1", ":0\r\n");
}

static void denials_are_remembered(void **state)
{
    struct harness *harness = *state;
    struct client *client = client_of(harness, "bob", "+@scripting +multi +get +publish ~a*");
    harness_send_as(harness, client, "get b1");
    harness_send_as(harness, client, "set a1 x");
    harness_send_as(harness, client, "eval \"return redis.pcall('get', 'c1')\" 0");
    harness_send_as(harness, client, "publish ch m");
    harness_send_as(harness, client, "AUTH bob2 secret");
    harness_send_as(harness, client, "multi");
    harness_send_as(harness, client, "get b1");
    struct bytes reply = harness_send(harness, "acl log");
    static const char *const expected[] = {
        "*6\r\n*20\r\n$5\r\ncount\r\n:1\r\n$6\r\nreason\r\n$3\r\nkey\r\n$7\r\ncontext\r\n$5\r\nmulti\r\n$"
        "6\r\n"
        "object\r\n$2\r\nb1\r\n$8\r\nusername\r\n$3\r\nbob\r\n$11\r\nage-seconds\r\n$1\r\n0\r\n",
        "$4\r\nauth\r\n$7\r\ncontext\r\n$8\r\ntoplevel\r\n$6\r\nobject\r\n$4\r\nAUTH\r\n$8\r\nusername\r\n$"
        "4\r\n"
        "bob2\r\n",
        "$7\r\nchannel\r\n$7\r\ncontext\r\n$8\r\ntoplevel\r\n$6\r\nobject\r\n$2\r\nch\r\n",
        "$3\r\nkey\r\n$7\r\ncontext\r\n$3\r\nlua\r\n$6\r\nobject\r\n$2\r\nc1\r\n",
        "$7\r\ncommand\r\n$7\r\ncontext\r\n$8\r\ntoplevel\r\n$6\r\nobject\r\n$3\r\nset\r\n",
        "$8\r\nentry-id\r\n:0\r\n$17\r\ntimestamp-created\r\n:1700000000000\r\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(reply_has(reply, expected[i]));
    assert_false(reply_has(reply, "secret"));
    assert_int_equal(harness->server->counters.acl_access_denied_key, 3);
    assert_int_equal(harness->server->counters.acl_access_denied_cmd, 1);
    assert_int_equal(harness->server->counters.acl_access_denied_channel, 1);
    assert_int_equal(harness->server->counters.acl_access_denied_auth, 1);
    assert_true(bytes_starts_with(harness_send(harness, "acl log 2"), BYTES("*2\r\n*20\r\n")));
    assert_reply(harness, "acl log -1", "*0\r\n");
    assert_reply(harness, "acl log x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(harness, "config set acllog-max-len 1", "+OK\r\n");
    harness_send_as(harness, client, "get zz");
    assert_true(bytes_starts_with(harness_send(harness, "acl log"), BYTES("*1\r\n*20\r\n")));
    assert_reply(harness, "acl log reset", "+OK\r\n");
    assert_reply(harness, "acl log", "*0\r\n");
}

static void names_and_rules_are_in_no_log(void **state)
{
    assert_reply(*state, "config set slowlog-log-slower-than 0", "+OK\r\n");
    assert_reply(*state, "acl setuser bob >secret", "+OK\r\n");
    assert_reply(*state, "acl getuser nobody", "$-1\r\n");
    assert_reply(*state, "acl deluser bob", ":1\r\n");
    struct bytes reply = harness_send(*state, "slowlog get");
    assert_false(reply_has(reply, "secret") || reply_has(reply, "bob") || reply_has(reply, "nobody"));
    assert_true(reply_has(reply, "setuser\r\n$10\r\n(redacted)\r\n$10\r\n(redacted)\r\n"));
}

/* However much that is: it is a stranger from then on, but one that goes. */
static void who_deletes_itself_is_told_so(void **state)
{
    struct client *client = client_of(*state, "ann", "+@all");
    struct buf input = {0};
    buf_append_text(&input, "*2\r\n$4\r\nECHO\r\n$20000\r\n");
    for (int i = 0; i < 20000; i++)
        buf_append_char(&input, 'x');
    buf_append_text(&input, "\r\nACL DELUSER ann\r\n");
    struct bytes replies = harness_feed(*state, client, buf_bytes(&input));
    assert_true(replies.len > 20000);
    assert_memory_equal(replies.data + replies.len - 4, ":1\r\n", 4);
    buf_clear(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(default_user_needs_no_password),
        HARNESS_TEST(password_is_shown_as_its_digest),
        HARNESS_TEST(users_and_their_selectors_are_shown),
        HARNESS_TEST(categories_are_listed),
        HARNESS_TEST(generated_password_has_the_bits_asked_for),
        HARNESS_TEST(one_wrong_rule_leaves_the_user_as_it_was),
        HARNESS_TEST(new_rules_hold_for_who_is_connected),
        HARNESS_TEST(a_deleted_user_loses_its_connections),
        HARNESS_TEST(who_hears_a_channel_that_is_denied_is_closed),
        HARNESS_TEST(without_a_file_there_is_none_to_load_or_save),
        HARNESS_TEST(a_user_may_do_what_its_rules_say),
        HARNESS_TEST(channels_are_permitted_by_name),
        HARNESS_TEST(a_transaction_is_looked_at_twice),
        HARNESS_TEST(scripts_have_the_rights_of_who_runs_them),
        HARNESS_TEST(sort_looks_at_other_keys_for_who_may_see_all),
        HARNESS_TEST(who_may_only_write_cannot_guess),
        HARNESS_TEST(who_waits_is_looked_at_again_when_served),
        HARNESS_TEST(who_is_disabled_cannot_log_in),
        HARNESS_TEST(a_default_user_that_is_off_lets_nobody_in),
        HARNESS_TEST(a_dry_run_says_what_would_be_denied),
        HARNESS_TEST(denials_are_remembered),
        HARNESS_TEST(names_and_rules_are_in_no_log),
        HARNESS_TEST(who_deletes_itself_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
