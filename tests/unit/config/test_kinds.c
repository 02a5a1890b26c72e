/* SPDX-License-Identifier: BSD-3-Clause */
/* How each kind of directive reads, refuses, shows and writes its values; the texts are Redis'. */
#include "base/alloc.h"
#include "config/field.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Reads `text` as CONFIG SET does, over the default. */
static bool read_over_default(const char *name, const char *text, union config_value *value,
                              struct error *error)
{
    const struct directive *directive = config_find(bytes_of(name));
    assert_non_null(directive);
    field_init(directive, value);
    return field_read_text(directive, bytes_of(text), false, value, error);
}

static void assert_shown(const char *name, const char *text, const char *shown, const char *written)
{
    const struct directive *directive = config_find(bytes_of(name));
    struct buf out = {0};
    union config_value value;
    struct error error;
    if (!read_over_default(name, text, &value, &error))
        fail_msg("%s %s: %s", name, text, error.text);
    directive->kind->print(directive, &value, &out);
    assert_string_equal(buf_cstring(&out), shown);
    out.len = 0;
    field_write(directive, &value, &out);
    assert_string_equal(buf_cstring(&out), written);
    buf_clear(&out);
    field_clear(directive, &value);
}

static void assert_refused(const char *name, const char *text, const char *reason)
{
    const struct directive *directive = config_find(bytes_of(name));
    union config_value value;
    struct error error = {""};
    if (read_over_default(name, text, &value, &error))
        fail_msg("%s accepts '%s'", name, text);
    assert_string_equal(error.text, reason);
    assert_true(field_is_default(directive, &value));
    field_clear(directive, &value);
}

static void booleans(void **state)
{
    (void)state;
    assert_shown("daemonize", "YES", "yes", "yes");
    assert_refused("daemonize", "1", "argument must be 'yes' or 'no'");
    assert_refused("daemonize", "", "argument must be 'yes' or 'no'");
}

static void numbers(void **state)
{
    (void)state;
    assert_shown("port", "65535", "65535", "65535");
    assert_refused("port", "65536", "argument must be between 0 and 65535 inclusive");
    assert_refused("port", "-1", "argument must be between 0 and 65535 inclusive");
    assert_refused("port", "7000 ", "argument couldn't be parsed into an integer");
    assert_refused("port", "0x10", "argument couldn't be parsed into an integer");
    assert_refused("port", "99999999999999999999", "argument couldn't be parsed into an integer");
    assert_shown("maxclients", "4294967295", "4294967295", "4294967295");
    assert_refused("maxclients", "0", "argument must be between 1 and 4294967295 inclusive");
    assert_shown("slowlog-log-slower-than", "-1", "-1", "-1");
    assert_shown("list-max-listpack-size", "-2147483648", "-2147483648", "-2147483648");
}

static void numbers_out_of_range_are_moved_into_it_where_redis_does(void **state)
{
    (void)state;
    assert_shown("hz", "1000", "500", "500");
    assert_shown("hz", "0", "1", "1");
    assert_refused("hz", "-1", "argument must be between 0 and 2147483647 inclusive");
}

static void sizes(void **state)
{
    (void)state;
    assert_shown("maxmemory", "256mb", "268435456", "256mb");
    assert_shown("maxmemory", "1gB", "1073741824", "1gb");
    assert_shown("maxmemory", "1k", "1000", "1000");
    assert_shown("maxmemory", "1536kb", "1572864", "1536kb");
    assert_shown("maxmemory", "0", "0", "0");
    assert_refused("maxmemory", "256 mb", "argument must be a memory value");
    assert_refused("maxmemory", "-1", "argument must be a memory value");
    assert_refused("maxmemory", "99999999999gb", "argument must be a memory value");
    assert_refused("proto-max-bulk-len", "1000",
                   "argument must be between 1048576 and 9223372036854775807 inclusive");
}

static void shares(void **state)
{
    (void)state;
    assert_shown("maxmemory-clients", "5%", "5%", "5%");
    assert_shown("maxmemory-clients", "1gb", "1073741824", "1gb");
    assert_shown("maxmemory-clients", "0%", "0", "0");
    assert_refused("maxmemory-clients", "101%", "percentage argument must be less or equal to 100");
    assert_refused("maxmemory-clients", "-5%", "argument must be a memory or percent value");
    assert_refused("maxmemory-clients", "%", "argument must be a memory or percent value");
}

static void permissions(void **state)
{
    (void)state;
    assert_shown("unixsocketperm", "700", "700", "700");
    assert_shown("unixsocketperm", "0770", "770", "770");
    assert_refused("unixsocketperm", "1000", "argument must be between 0 and 777 inclusive");
    assert_refused("unixsocketperm", "77777777777777777777777777",
                   "argument couldn't be parsed as an octal number");
    assert_refused("unixsocketperm", "rwx", "argument couldn't be parsed as an octal number");
    assert_refused("unixsocketperm", "", "argument couldn't be parsed as an octal number");
}

static void texts(void **state)
{
    (void)state;
    assert_shown("logfile", "/var/log/a b.log", "/var/log/a b.log", "\"/var/log/a b.log\"");
    assert_shown("logfile", "", "", "\"\"");
    assert_shown("requirepass", "a\"b", "a\"b", "\"a\\\"b\"");
    assert_shown("requirepass", "", "", "");
    assert_refused("dbfilename", "a/b", "dbfilename can't be a path, just a filename");
    assert_refused("appendfilename", "", "appendfilename can't be empty");
    assert_refused("appendfilename", "a/b", "appendfilename can't be a path, just a filename");
    assert_refused("appenddirname", "a/b", "appenddirname can't be a path, just a dirname");
    assert_refused("cluster-announce-hostname", "a_b",
                   "Hostnames may only contain alphanumeric characters, hyphens or dots");
    assert_shown("cluster-announce-hostname", "a-b.example", "a-b.example", "\"a-b.example\"");
    assert_refused("cluster-announce-human-nodename", "a:b",
                   "Announced human node name contained invalid character");
}

static void texts_are_never_cut_at_a_zero_byte(void **state)
{
    const struct directive *directive = config_find(BYTES("masteruser"));
    struct bytes word = {"ab\0cd", 5};
    union config_value value;
    struct error error;
    (void)state;
    field_init(directive, &value);
    assert_false(field_read(directive, &word, 1, false, &value, &error));
    assert_string_equal(error.text, "argument must not contain a zero byte");
    field_clear(directive, &value);
}

static void passwords_may_be_any_bytes(void **state)
{
    const struct directive *directive = config_find(BYTES("requirepass"));
    struct bytes word = {"ab\0cd", 5};
    union config_value value, copy;
    struct error error;
    struct buf out = {0};
    (void)state;
    field_init(directive, &value);
    assert_true(field_read(directive, &word, 1, false, &value, &error));
    field_copy(directive, &copy, &value);
    field_clear(directive, &value);
    directive->kind->print(directive, &copy, &out);
    assert_true(bytes_equal(buf_bytes(&out), word));
    out.len = 0;
    field_write(directive, &copy, &out);
    assert_string_equal(buf_cstring(&out), "\"ab\\x00cd\"");
    buf_clear(&out);
    field_clear(directive, &copy);
}

static void titles_of_the_process(void **state)
{
    static const char reason[] = "template format is invalid or contains unknown variables";
    (void)state;
    assert_shown("proc-title-template", "{{x} {port}", "{{x} {port}", "\"{{x} {port}\"");
    assert_refused("proc-title-template", "{port", reason);
    assert_refused("proc-title-template", "{nothing}", reason);
    assert_refused("proc-title-template", "{title}  ", reason);
    assert_refused("proc-title-template", "a{", reason);
}

static void directories_are_resolved(void **state)
{
    (void)state;
    assert_shown("dir", "/usr/../usr/.", "/usr", "\"/usr\"");
    assert_refused("dir", "/no/such/directory", "No such file or directory");
    assert_refused("dir", "/dev/null", "Not a directory");
    assert_refused("dir", "", "No such file or directory");
}

static void choices(void **state)
{
    (void)state;
    assert_shown("maxmemory-policy", "ALLKEYS-lru", "allkeys-lru", "allkeys-lru");
    assert_shown("oom-score-adj", "relative", "yes", "yes");
    assert_refused("appendfsync", "sometimes",
                   "argument(s) must be one of the following: everysec, always, no");
    assert_refused("supervised", "", "argument(s) must be one of the following: upstart, systemd, auto, no");
}

static void what_signals_do(void **state)
{
    (void)state;
    assert_shown("shutdown-on-sigint", "now nosave", "nosave now", "nosave now");
    assert_shown("shutdown-on-sigint", "default", "default", "default");
    assert_refused("shutdown-on-sigint", "nosave save",
                   "shutdown options SAVE and NOSAVE can't be used simultaneously");
    assert_refused("shutdown-on-sigint", "",
                   "argument(s) must be one of the following: default, save, nosave, now, force");
}

static void event_classes(void **state)
{
    (void)state;
    assert_shown("notify-keyspace-events", "xE", "xE", "\"xE\"");
    assert_shown("notify-keyspace-events", "KEA", "AKE", "\"AKE\"");
    assert_shown("notify-keyspace-events", "g$lshzxetdEnm", "AnEm", "\"AnEm\"");
    assert_shown("notify-keyspace-events", "", "", "\"\"");
    assert_refused("notify-keyspace-events", "Kq", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
}

static void addresses(void **state)
{
    static const char many[] = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17";
    (void)state;
    assert_shown("bind", "127.0.0.1 -::1", "127.0.0.1 -::1", "127.0.0.1 -::1");
    assert_shown("bind", "", "", "\"\"");
    assert_refused("bind", many, "Too many bind addresses specified.");
}

static void prefixes(void **state)
{
    char many[33 * 3 + 1] = "";
    (void)state;
    assert_shown("session-prefixes", "", "", "\"\"");
    assert_shown("session-prefixes", "app:session: sess_", "app:session: sess_",
                 "\"app:session:\" \"sess_\"");
    assert_shown("session-prefixes", "#1 x", "#1 x", "\"#1\" \"x\"");
    assert_refused("session-prefixes", "12345678901234567890123456789012345678901234567890123456789012345",
                   "A prefix is 1 to 64 bytes long.");
    for (int i = 0; i < 33; i++)
        strcat(many, "a: ");
    many[sizeof many - 2] = 0;
    assert_refused("session-prefixes", many, "More than 32 prefixes.");
}

static void save_points(void **state)
{
    (void)state;
    assert_shown("save", "900 1 300 10", "900 1 300 10", "900 1\n300 10");
    assert_shown("save", "", "", "\"\"");
    assert_refused("save", "900", "Invalid save parameters");
    assert_refused("save", "900 1 0 10", "Invalid save parameters");
    assert_refused("save", "900 -1", "Invalid save parameters");
    assert_refused("save", "900 x", "Invalid save parameters");
}

static void limits_of_output(void **state)
{
    (void)state;
    assert_shown("client-output-buffer-limit", "SLAVE 1gb 512mb 10 normal 10 5 1",
                 "normal 10 5 1 slave 1073741824 536870912 10 pubsub 33554432 8388608 60",
                 "normal 10 5 1\nreplica 1gb 512mb 10\npubsub 32mb 8mb 60");
    assert_refused("client-output-buffer-limit", "normal 1 2",
                   "Wrong number of arguments in buffer limit configuration.");
    assert_refused("client-output-buffer-limit", "master 1 2 3",
                   "Invalid client class specified in buffer limit configuration.");
    assert_refused("client-output-buffer-limit", "normal 1 1 1 pubsub 1 2 -3",
                   "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
}

static void scores_and_percentiles(void **state)
{
    (void)state;
    assert_shown("oom-score-adj-values", "-2000 0 2000", "-2000 0 2000", "-2000 0 2000");
    assert_refused("oom-score-adj-values", "1 2", "wrong number of arguments");
    assert_refused("oom-score-adj-values", "0 0 2001",
                   "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    assert_shown("latency-tracking-info-percentiles", "50 99.90 100", "50 99.9 100", "50 99.9 100");
    assert_shown("latency-tracking-info-percentiles", "", "", "\"\"");
    assert_refused("latency-tracking-info-percentiles", "50 x",
                   "Invalid latency-tracking-info-percentiles parameters");
    assert_refused("latency-tracking-info-percentiles", "50 100.5",
                   "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
}

static void what_is_missing_takes_its_default_only(void **state)
{
    (void)state;
    assert_shown("appendonly", "no", "no", "no");
    assert_refused("appendonly", "yes",
                   "this version has no append-only file: only 'appendonly no' is accepted");
    assert_refused("replicaof", "127.0.0.1 6379", "this version has no replication");
    assert_shown("replicaof", "no one", "", "");
    assert_refused("replicaof", "a 65536", "Invalid master port");
    assert_refused("replicaof", "a", "wrong number of arguments");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans),
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_out_of_range_are_moved_into_it_where_redis_does),
        cmocka_unit_test(sizes),
        cmocka_unit_test(shares),
        cmocka_unit_test(permissions),
        cmocka_unit_test(texts),
        cmocka_unit_test(texts_are_never_cut_at_a_zero_byte),
        cmocka_unit_test(passwords_may_be_any_bytes),
        cmocka_unit_test(titles_of_the_process),
        cmocka_unit_test(directories_are_resolved),
        cmocka_unit_test(choices),
        cmocka_unit_test(what_signals_do),
        cmocka_unit_test(event_classes),
        cmocka_unit_test(addresses),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(save_points),
        cmocka_unit_test(limits_of_output),
        cmocka_unit_test(scores_and_percentiles),
        cmocka_unit_test(what_is_missing_takes_its_default_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
