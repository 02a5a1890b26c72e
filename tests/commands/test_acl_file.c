/* SPDX-License-Identifier: BSD-3-Clause */
/* Users in a file of their own: ACL LOAD and ACL SAVE, and what a start reads. */
#include "base/alloc.h"
#include "base/file.h"
#include "engine/acl.h"
#include "support/reply_text.h"
#include "support/saving.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FILE_NAME "users.acl"

static void put_file(const char *text)
{
    struct error error;
    assert_true(file_write_atomic(FILE_NAME, bytes_of(text), 0600, &error));
}

static int set_up(void **state)
{
    (void)saving_setup(state);
    struct harness *h = *state;
    mem_free(h->server->config->aclfile);
    h->server->config->aclfile = mem_strdup(FILE_NAME);
    return 0;
}

static void without_a_file_there_is_nothing_to_load(void **state)
{
    struct harness *h = *state;
    assert_true(reply_has(harness_send(h, "ACL LOAD"),
                          "-ERR This Redis instance is not configured to use an ACL file"));
    assert_true(reply_has(harness_send(h, "ACL SAVE"),
                          "-ERR This Redis instance is not configured to use an ACL file"));
}

static void what_is_saved_is_loaded(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ACL SETUSER ann on >secret ~a* +get", "+OK\r\n");
    assert_reply(h, "ACL SAVE", "+OK\r\n");
    assert_reply(h, "ACL DELUSER ann", ":1\r\n");
    assert_reply(h, "ACL SETUSER bob on nopass", "+OK\r\n");
    assert_reply(h, "ACL LOAD", "+OK\r\n");
    assert_reply(h, "ACL USERS", "*2\r\n$3\r\nann\r\n$7\r\ndefault\r\n");
    assert_reply(h, "AUTH ann secret", "+OK\r\n");
    assert_true(reply_has(harness_send(h, "GET b"), "-NOPERM "));
}

/* Whoever is there goes on as the file says; who isn't in it any more goes. */
static void clients_follow_the_file(void **state)
{
    struct harness *h = *state;
    struct client *stays = harness_client(h), *goes = harness_client(h);
    uint64_t gone = goes->id;
    assert_reply(h, "ACL SETUSER ann on nopass ~* +@all", "+OK\r\n");
    assert_reply(h, "ACL SETUSER bob on nopass ~* +@all", "+OK\r\n");
    assert_reply_as(h, stays, "AUTH ann x", "+OK\r\n");
    assert_reply_as(h, goes, "AUTH bob x", "+OK\r\n");
    put_file("user ann on nopass ~a* +get\nuser default on nopass ~* &* +@all\n");
    assert_reply(h, "ACL LOAD", "+OK\r\n");
    assert_null(client_by_id(h->server, gone));
    assert_reply_as(h, stays, "GET a", "$-1\r\n");
    assert_true(reply_has(harness_send_as(h, stays, "SET a x"), "-NOPERM "));
}

static void a_file_with_mistakes_changes_nothing(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ACL SETUSER ann on nopass", "+OK\r\n");
    put_file("user default on nopass +@all\nuser bob nosuch\n");
    struct bytes reply = harness_send(h, "ACL LOAD");
    assert_true(reply_has(reply, FILE_NAME ":2: "));
    assert_true(reply_has(
        reply, "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"));
    put_file("user default on nopass \"\n");
    assert_true(reply_has(harness_send(h, "ACL LOAD"), "-ERR "));
    assert_reply(h, "ACL USERS", "*2\r\n$3\r\nann\r\n$7\r\ndefault\r\n");
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ACL LOAD",
                 "-ERR Error loading ACLs, opening file '" FILE_NAME "': No such file or directory\r\n");
    h->server->config->aclfile[5] = '/';
    assert_true(reply_has(harness_send(h, "ACL SAVE"), "-ERR There was an error trying to save the ACLs."));
    h->server->config->aclfile[5] = '.';
}

static void a_start_reads_the_file(void **state)
{
    struct harness *h = *state;
    struct error error;
    assert_false(acl_load_configured(h->server, &error));
    assert_true(reply_has(bytes_of(error.text), "Aborting Redis startup because of ACL errors: "));
    put_file("user ann off\n");
    assert_true(acl_load_configured(h->server, &error));
    assert_reply(h, "ACL USERS", "*2\r\n$3\r\nann\r\n$7\r\ndefault\r\n");
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, saving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAVING_TEST(without_a_file_there_is_nothing_to_load),
        FILE_TEST(what_is_saved_is_loaded),
        FILE_TEST(clients_follow_the_file),
        FILE_TEST(a_file_with_mistakes_changes_nothing),
        FILE_TEST(a_file_that_is_not_there_is_an_error),
        FILE_TEST(a_start_reads_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
