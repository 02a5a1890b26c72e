/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of a size that a client chose, and that isn't there: the command is refused, and everything is as it
 * was. */
#include "base/alloc.h"
#include "config/config.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* Behind those that it needs. */
#include <cmocka.h>

enum { LARGE = 40000, ARGUMENTS_MAX = 12 };

static bool is_refused;
static int allocations_left = -1; /* until one is refused; below zero: none is */
static int rooms_left = -1;       /* of a size that a client chose, likewise */

__typeof__(mem_has_room) __real_mem_has_room, __wrap_mem_has_room;
bool __wrap_mem_has_room(size_t size)
{
    if (size >= MEM_FOREIGN_MIN && rooms_left == 0)
        return false;
    rooms_left -= size >= MEM_FOREIGN_MIN && rooms_left > 0;
    return !(is_refused && size >= MEM_FOREIGN_MIN) && __real_mem_has_room(size);
}

__typeof__(mem_try_realloc) __real_mem_try_realloc, __wrap_mem_try_realloc;
void *__wrap_mem_try_realloc(void *pointer, size_t size)
{
    return is_refused && size >= MEM_FOREIGN_MIN ? NULL : __real_mem_try_realloc(pointer, size);
}

__typeof__(mem_try_alloc) __real_mem_try_alloc, __wrap_mem_try_alloc;
void *__wrap_mem_try_alloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left -= allocations_left > 0;
    return __real_mem_try_alloc(size);
}

/* A request in which '%' stands for something large. */
static struct bytes request(struct harness *harness, const char *line)
{
    static char large[LARGE], words[ARGUMENTS_MAX][64];
    struct bytes argv[ARGUMENTS_MAX];
    int argc = 0;
    memset(large, 'x', sizeof large);
    for (; *line; argc++) {
        size_t len = strcspn(line, " ");
        memcpy(words[argc], line, len);
        argv[argc] = *line == '%' ? bytes_make(large, LARGE) : bytes_make(words[argc], len);
        line += len + (line[len] == ' ');
    }
    return harness_request_bytes(harness, harness->client, argc, argv);
}

static struct harness *filled(void)
{
    static const char *const lines[] = {"RPUSH list % a b",    "RPUSH other c",     "SADD set % a",
                                        "HSET hash f % g v",   "ZADD zset 1 % 2 a", "XADD stream 1-1 f %",
                                        "XADD stream 2-1 f v", "GEOADD geo 1 1 %"};
    struct harness *harness = harness_new();
    harness->server->config->enable_debug_command = PROTECTION_YES;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(bytes_starts_with(request(harness, lines[i]), BYTES("-")));
    return harness;
}

static const char *const growing[] = {
    "RPUSH list %",
    "LPUSHX list %",
    "LSET list 1 %",
    "LINSERT list BEFORE a %",
    "LMOVE list other LEFT RIGHT",
    "LMOVE list list LEFT RIGHT",
    "BLMOVE list other LEFT RIGHT 0",
    "RPUSH new %",
    "SADD new a % b",
    "SMOVE set new %",
    "SUNIONSTORE new set set",
    "SDIFFSTORE set set new",
    "SUNION set set",
    "HSET hash g %",
    "HSET hash % v",
    "HSETEX hash EX 9 FIELDS 1 f %",
    "ZADD zset 3 % 4 b",
    "ZINCRBY new 1 %",
    "ZUNIONSTORE new 2 zset set",
    "ZINTERSTORE new 1 zset",
    "ZUNION 2 zset set",
    "ZRANGESTORE new zset 0 -1",
    "GEOSEARCHSTORE new geo FROMLONLAT 1 1 BYRADIUS 9 km",
    "SORT list ALPHA STORE new",
    "XADD stream * f %",
    "XADD stream * f v",
    "XADD new * % v",
    "XDEL stream 2-1",
    "SET % v",
    "GEOADD new 1 1 %",
};

static void commands_are_refused_and_change_nothing(void **state)
{
    (void)state;
    struct harness *harness = filled();
    for (size_t i = 0; i < sizeof growing / sizeof growing[0]; i++) {
        struct buf before = {0};
        buf_append_bytes(&before, harness_send(harness, "DEBUG DIGEST"));
        is_refused = true;
        harness_assert(request(harness, growing[i]), BYTES("-ERR insufficient memory for this value\r\n"),
                       growing[i], __FILE__, __LINE__);
        is_refused = false;
        harness_assert(harness_send(harness, "DEBUG DIGEST"), buf_bytes(&before), growing[i], __FILE__,
                       __LINE__);
        buf_clear(&before);
    }
    harness_check_journal(harness);
    harness_free(harness);
}

static void what_only_takes_away_is_done(void **state)
{
    (void)state;
    struct harness *harness = filled();
    is_refused = true;
    assert_reply(harness, "LPOP other", "$1\r\nc\r\n");
    assert_reply(harness, "SINTERCARD 1 set", ":2\r\n");
    assert_reply(harness, "DEL list set hash zset", ":4\r\n");
    is_refused = false;
    harness_free(harness);
}

static void payload_with_a_large_element_is_refused(void **state)
{
    (void)state;
    struct harness *harness = filled();
    static const char *const keys[] = {"list", "hash", "set", "zset", "stream"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct buf dump = {0};
        struct bytes reply = harness_request(harness, 2, "DUMP", keys[i]);
        size_t head = (size_t)((const char *)memchr(reply.data, '\n', reply.len) - reply.data) + 1;
        buf_append(&dump, reply.data + head, reply.len - head - 2);
        is_refused = true;
        struct bytes argv[] = {BYTES("RESTORE"), BYTES("new"), BYTES("0"), buf_bytes(&dump)};
        harness_assert(harness_request_bytes(harness, harness->client, 4, argv),
                       BYTES("-ERR insufficient memory for this value\r\n"), keys[i], __FILE__, __LINE__);
        is_refused = false;
        assert_reply(harness, "EXISTS new", ":0\r\n");
        buf_clear(&dump);
    }
    harness_free(harness);
}

/* It lies in the payload as it is: there is room for that, and none for a copy. */
static void payload_of_a_large_string_is_refused(void **state)
{
    (void)state;
    struct harness *harness = filled();
    char noise[LARGE];
    uint32_t number = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        number = number * 1664525 + 1013904223;
        noise[i] = (char)(number >> 24);
    }
    struct bytes set[] = {BYTES("SET"), BYTES("string"), bytes_make(noise, sizeof noise)};
    harness_assert(harness_request_bytes(harness, harness->client, 3, set), BYTES("+OK\r\n"), "SET", __FILE__,
                   __LINE__);
    struct buf dump = {0};
    struct bytes reply = harness_request(harness, 2, "DUMP", "string");
    size_t head = (size_t)((const char *)memchr(reply.data, '\n', reply.len) - reply.data) + 1;
    buf_append(&dump, reply.data + head, reply.len - head - 2);
    struct bytes argv[] = {BYTES("RESTORE"), BYTES("new"), BYTES("0"), buf_bytes(&dump)};
    rooms_left = 1;
    harness_assert(harness_request_bytes(harness, harness->client, 4, argv),
                   BYTES("-ERR insufficient memory for this value\r\n"), "RESTORE", __FILE__, __LINE__);
    rooms_left = -1;
    assert_reply(harness, "EXISTS new", ":0\r\n");
    buf_clear(&dump);
    harness_free(harness);
}

static void monitor_is_closed_when_there_is_no_line_for_it(void **state)
{
    (void)state;
    struct harness *harness = filled();
    struct client *monitor = harness_client(harness);
    uint64_t id = monitor->id;
    assert_reply_as(harness, monitor, "MONITOR", "+OK\r\n");
    is_refused = true;
    (void)request(harness, "DEL %");
    is_refused = false;
    assert_null(client_by_id(harness->server, id));
    harness_free(harness);
}

static void payload_is_not_measured_without_memory_for_it(void **state)
{
    (void)state;
    struct harness *harness = filled();
    allocations_left = 0;
    assert_reply(harness, "DEBUG OBJECT list", "-ERR insufficient memory for this value\r\n");
    allocations_left = -1;
    harness_free(harness);
}

/* However far it came. */
static void interpreter_is_refused(void **state)
{
    (void)state;
    struct harness *harness = harness_new();
    struct bytes reply;
    int left = 0;
    do {
        allocations_left = left;
        reply = harness_send(harness, "EVAL 'return 7' 0");
        allocations_left = -1;
        left += 1 + left / 10;
        assert_true(bytes_starts_with(reply, BYTES("-ERR ")) || bytes_is(reply, ":7\r\n"));
    } while (!bytes_is(reply, ":7\r\n"));
    assert_true(left > 100);
    harness_free(harness);
}

static void load_libraries(struct harness *harness, int count)
{
    char code[128];
    for (int i = 0; i < count; i++) {
        int len = snprintf(code, sizeof code,
                           "#!lua name=l%d\nredis.register_function('f%d', function() return 1 end)", i, i);
        const struct bytes argv[] = {BYTES("FUNCTION"), BYTES("LOAD"), bytes_make(code, (size_t)len)};
        harness_request_bytes(harness, harness->client, 3, argv);
    }
}

/* What is freed takes no memory. */
static void libraries_go_without_memory(void **state)
{
    (void)state;
    for (int count = 1; count < 40; count++) {
        struct harness *harness = harness_new();
        load_libraries(harness, count);
        allocations_left = 0;
        assert_reply(harness, "FUNCTION DELETE l0", "+OK\r\n");
        allocations_left = -1;
        assert_reply(harness, "FCALL f0 0", "-ERR Function not found\r\n");
        load_libraries(harness, 1);
        assert_reply(harness, "FCALL f0 0", ":1\r\n");
        allocations_left = 0;
        assert_reply(harness, "FUNCTION FLUSH", "+OK\r\n");
        allocations_left = -1;
        harness_free(harness);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_refused_and_change_nothing),
        cmocka_unit_test(what_only_takes_away_is_done),
        cmocka_unit_test(payload_with_a_large_element_is_refused),
        cmocka_unit_test(payload_of_a_large_string_is_refused),
        cmocka_unit_test(monitor_is_closed_when_there_is_no_line_for_it),
        cmocka_unit_test(payload_is_not_measured_without_memory_for_it),
        cmocka_unit_test(interpreter_is_refused),
        cmocka_unit_test(libraries_go_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
