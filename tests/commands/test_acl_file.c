/* SPDX-License-Identifier: BSD-3-Clause */
/* Users in a file of their own: ACL LOAD and ACL SAVE, and what a start reads. */
#include "base/alloc.h"
#include "base/file.h"
#include "engine/acl.h"
#include "support/log_copy.h"
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

/* ---- the file, or the lines, when the server is told to read its configuration again ---- */

static void reload(struct harness *h, const char *text)
{
    struct buf errors = {0};
    put_file(text);
    assert_true(acl_reload_file(h->server, &errors));
    assert_int_equal(errors.len, 0);
    buf_clear(&errors);
    harness_run(h);
}

/* Whom the file does not speak of otherwise than before stays as clients made it. */
static void only_who_was_edited_changes(void **state)
{
    struct harness *h = *state;
    reload(h, "user ann on nopass ~* +get\nuser bob on nopass\nuser dan on nopass\n");
    assert_reply(h, "ACL SETUSER ann +set", "+OK\r\n");
    assert_reply(h, "ACL SETUSER eve on nopass", "+OK\r\n");
    log_copy_begin();
    reload(h, "user ann on nopass ~* +get\nuser bob on nopass +del\nuser cat off\n");
    assert_true(log_copy_has("The user 'bob' was changed."));
    assert_true(log_copy_has("The user 'cat' was added."));
    assert_true(log_copy_has("The user 'cat' is disabled (there is no 'on' modifier"));
    assert_true(log_copy_has("The user 'dan' was removed."));
    assert_false(log_copy_has("ann"));
    assert_false(log_copy_has("eve"));
    log_copy_end();
    assert_reply(h, "ACL USERS",
                 "*5\r\n$3\r\nann\r\n$3\r\nbob\r\n$3\r\ncat\r\n$7\r\ndefault\r\n$3\r\neve\r\n");
    assert_reply(h, "ACL DRYRUN ann SET k v", "+OK\r\n");
    assert_true(
        reply_has(harness_send(h, "ACL DRYRUN bob GET k"), "no permissions to run the 'get' command"));
    assert_true(reply_has(harness_send(h, "ACL DRYRUN bob DEL k"), "no permissions to access the 'k' key"));
}

static void who_is_edited_out_goes_with_its_clients(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    uint64_t gone = client->id;
    reload(h, "user ann on nopass +@all\nuser bob on nopass\n");
    assert_reply_as(h, client, "AUTH ann x", "+OK\r\n");
    assert_reply(h, "ACL DELUSER bob", ":1\r\n");
    reload(h, "user default on nopass ~* &* +@all\n");
    assert_null(client_by_id(h->server, gone));
    assert_reply(h, "ACL USERS", "*1\r\n$7\r\ndefault\r\n");
}

static void a_file_with_mistakes_is_not_followed(void **state)
{
    struct harness *h = *state;
    struct buf errors = {0};
    reload(h, "user ann on nopass\n");
    put_file("user bob nosuch\n");
    assert_false(acl_reload_file(h->server, &errors));
    assert_true(reply_has(buf_bytes(&errors), FILE_NAME ":1: "));
    buf_clear(&errors);
    assert_reply(h, "ACL USERS", "*2\r\n$3\r\nann\r\n$7\r\ndefault\r\n");
}

static void without_a_file_there_is_none_to_follow(void **state)
{
    struct harness *h = *state;
    struct buf errors = {0};
    h->server->config->aclfile[0] = '\0';
    assert_true(acl_reload_file(h->server, &errors));
    assert_int_equal(errors.len, 0);
}

static void configure_users(struct harness *h, const char *const *lines, size_t count)
{
    struct bytes texts[4];
    for (size_t i = 0; i < count; i++)
        texts[i] = bytes_of(lines[i]);
    config_set_lines(h->server->config, "user", texts, count);
}

static void a_start_reads_the_lines(void **state)
{
    static const char *const lines[] = {"ann on nopass ~* +get", "bob", "default on nosuch"};
    struct harness *h = *state;
    struct error error;
    configure_users(h, lines, 2);
    assert_false(acl_load_configured(h->server, &error));
    assert_string_equal(error.text, ACL_FROM_BOTH);
    h->server->config->aclfile[0] = '\0';
    assert_false(acl_declare_line(h->server->acl.users, "ann \"", &error));
    assert_string_equal(error.text, "Unbalanced quotes in configuration line");
    configure_users(h, lines + 2, 1);
    assert_false(acl_load_configured(h->server, &error));
    configure_users(h, lines, 2);
    log_copy_begin();
    assert_true(acl_load_configured(h->server, &error));
    assert_true(log_copy_has("The user 'bob' is disabled"));
    assert_false(log_copy_has("'ann'"));
    log_copy_end();
    assert_reply(h, "ACL USERS", "*3\r\n$3\r\nann\r\n$3\r\nbob\r\n$7\r\ndefault\r\n");
}

static void lines_are_followed(void **state)
{
    static char *lines[] = {"ann on nopass ~* +get +set", "cat on nopass"};
    static const char *const before[] = {"ann on nopass ~* +get", "bob on nopass"};
    struct harness *h = *state;
    struct error error;
    h->server->config->aclfile[0] = '\0';
    configure_users(h, before, 2);
    assert_true(acl_load_configured(h->server, &error));
    assert_reply(h, "ACL SETUSER default >secret", "+OK\r\n");
    acl_reload_lines(h->server, &(struct config_words){.items = lines, .count = 2});
    assert_reply(h, "ACL USERS", "*3\r\n$3\r\nann\r\n$3\r\ncat\r\n$7\r\ndefault\r\n");
    assert_reply(h, "ACL DRYRUN ann SET k v", "+OK\r\n");
    assert_int_equal(h->server->config->user.count, 2);
    assert_string_equal(h->server->config->user.items[1], "cat on nopass");
}

/* CONFIG REWRITE writes who is there; lines that say the same stay as they were written. */
static void lines_are_what_is_rewritten(void **state)
{
    static const char *const lines[] = {"ann nopass on ~* +get"};
    struct harness *h = *state;
    struct error error;
    h->server->config->aclfile[0] = '\0';
    configure_users(h, lines, 1);
    assert_true(acl_load_configured(h->server, &error));
    acl_update_config(h->server);
    assert_int_equal(h->server->config->user.count, 1);
    assert_string_equal(h->server->config->user.items[0], lines[0]);
    assert_reply(h, "ACL SETUSER ann +set", "+OK\r\n");
    acl_update_config(h->server);
    assert_int_equal(h->server->config->user.count, 2);
    assert_true(bytes_starts_with(bytes_of(h->server->config->user.items[0]), BYTES("ann on ")));
    assert_true(reply_has(bytes_of(h->server->config->user.items[0]), "+get +set"));
    assert_true(bytes_starts_with(bytes_of(h->server->config->user.items[1]), BYTES("default on ")));
}

static void follow_file(struct harness *h)
{
    struct buf errors = {0};
    assert_true(acl_reload_file(h->server, &errors));
    assert_int_equal(errors.len, 0);
    buf_clear(&errors);
}

/* What the file said is known from its last reading or writing, whoever asked for that. */
static void an_unchanged_file_changes_nobody(void **state)
{
    struct harness *h = *state;
    put_file("user ann on nopass ~* +get\n");
    assert_reply(h, "ACL LOAD", "+OK\r\n");
    assert_reply(h, "ACL SETUSER ann +set", "+OK\r\n");
    for (int i = 0; i < 3; i++)
        follow_file(h);
    assert_reply(h, "ACL DRYRUN ann SET k v", "+OK\r\n");
    assert_reply(h, "ACL SAVE", "+OK\r\n");
    assert_reply(h, "ACL SETUSER ann -get", "+OK\r\n");
    assert_reply(h, "ACL SETUSER bob on", "+OK\r\n");
    follow_file(h);
    assert_reply(h, "ACL DRYRUN ann SET k v", "+OK\r\n");
    assert_true(
        reply_has(harness_send(h, "ACL DRYRUN ann GET k"), "no permissions to run the 'get' command"));
    assert_reply(h, "ACL USERS", "*3\r\n$3\r\nann\r\n$3\r\nbob\r\n$7\r\ndefault\r\n");
    /* What could not be written is not what it says. */
    h->server->config->aclfile[5] = '/';
    assert_true(reply_has(harness_send(h, "ACL SAVE"), "-ERR There was an error trying to save the ACLs."));
    h->server->config->aclfile[5] = '.';
    follow_file(h);
    assert_reply(h, "ACL USERS", "*3\r\n$3\r\nann\r\n$3\r\nbob\r\n$7\r\ndefault\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAVING_TEST(without_a_file_there_is_nothing_to_load),
        FILE_TEST(what_is_saved_is_loaded),
        FILE_TEST(clients_follow_the_file),
        FILE_TEST(a_file_with_mistakes_changes_nothing),
        FILE_TEST(a_file_that_is_not_there_is_an_error),
        FILE_TEST(a_start_reads_the_file),
        FILE_TEST(only_who_was_edited_changes),
        FILE_TEST(who_is_edited_out_goes_with_its_clients),
        FILE_TEST(a_file_with_mistakes_is_not_followed),
        FILE_TEST(without_a_file_there_is_none_to_follow),
        FILE_TEST(a_start_reads_the_lines),
        FILE_TEST(lines_are_followed),
        FILE_TEST(lines_are_what_is_rewritten),
        FILE_TEST(an_unchanged_file_changes_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
