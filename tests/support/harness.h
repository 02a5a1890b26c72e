/* SPDX-License-Identifier: BSD-3-Clause */
/* A server in memory with all commands, without sockets: requests are fed to clients that have no connection,
 * replies are compared as bytes. Its clock stands still until a test moves it. */
#ifndef SUPPORT_HARNESS_H
#define SUPPORT_HARNESS_H

#include "base/buf.h"
#include "engine/client.h"
#include "engine/server.h"

#define HARNESS_CLIENTS_MAX 8

/* What the clock shows at the start: 2023-11-14 22:13:20. */
#define HARNESS_MONO_MS INT64_C(1000000)
#define HARNESS_WALL_MS INT64_C(1700000000000)

struct harness {
    struct server *server;
    struct client *client; /* clients[0] */
    struct client *clients[HARNESS_CLIENTS_MAX];
    int client_count;
    struct buf replies; /* what the last call returned */
    struct journal_copy *journal;
    int fds_before; /* descriptors that were open before it was made */
};

/* With default configuration, an empty dataset and one client. */
struct harness *harness_new(void);
/* The same with one more family of commands, of the test's own. */
struct harness *harness_new_with(const struct command_family *family);
void harness_free(struct harness *harness);

/* What the journal said so far, as text with one request a line; valid until the next call. */
struct bytes harness_journal(struct harness *harness);
/* Fails the test unless a second server that runs the journal comes to hold the same data. */
void harness_check_journal(struct harness *harness);

/* For who measures memory, or changes the dataset without a command: nothing is recorded from now on. */
void harness_drop_journal(struct harness *harness);

/* Another client. */
struct client *harness_client(struct harness *harness);

/* Runs `line` (an inline request: words, quoted where needed, "\x00" in quotes) and returns all that the
 * client was sent up to then, valid until the next call. The second is for another client than the first.
 * The test fails unless a client for which nothing was open has one answer, of whole values. */
struct bytes harness_send(struct harness *harness, const char *line);
struct bytes harness_send_as(struct harness *harness, struct client *client, const char *line);

/* The same with the arguments one by one, as a RESP request: NUL-terminated, or any bytes. */
struct bytes harness_request(struct harness *harness, int argc, ...);
struct bytes harness_request_bytes(struct harness *harness, struct client *client, int argc,
                                   const struct bytes *argv);

/* Feeds bytes as they are. */
struct bytes harness_feed(struct harness *harness, struct client *client, struct bytes input);

/* What a client was sent and nobody has looked at. */
struct bytes harness_replies(struct harness *harness, struct client *client);

/* Turns of the server until nothing is left to run. */
void harness_run(struct harness *harness);

/* Moves the clock, then runs. */
void harness_advance(struct harness *harness, int64_t ms);

/* Fails the test, showing both, unless the reply to `line` is `expected` (a literal; it may contain NULs). */
#define assert_reply(harness, line, expected) \
    harness_assert(harness_send((harness), (line)), BYTES(expected), (line), __FILE__, __LINE__)
#define assert_reply_as(harness, client, line, expected) \
    harness_assert(harness_send_as((harness), (client), (line)), BYTES(expected), (line), __FILE__, __LINE__)
#define assert_sent(harness, client, expected) \
    harness_assert(harness_replies((harness), (client)), BYTES(expected), "(nothing)", __FILE__, __LINE__)
void harness_assert(struct bytes reply, struct bytes expected, const char *request, const char *file,
                    int line);

/* A request that takes long: the client sends `line`, and the server gets one turn, in which it can't be
 * done. Meanwhile another client's line is answered within a turn; in the end comes its reply. `expected` is
 * NUL-terminated. */
void harness_begin(struct harness *harness, struct client *client, const char *line);
struct bytes harness_turn(struct harness *harness, struct client *client, const char *line);
#define assert_meanwhile(harness, client, line, expected) \
    harness_assert(harness_turn((harness), (client), (line)), bytes_of(expected), (line), __FILE__, __LINE__)
#define assert_end(harness, client, expected)                                                       \
    (harness_run(harness), harness_assert(harness_replies((harness), (client)), bytes_of(expected), \
                                          "the end", __FILE__, __LINE__))

/* For cmocka: each test gets a harness of its own as `*state`. Behind it its journal is checked, and that it
 * left no descriptor open. */
int harness_setup(void **state);
int harness_teardown(void **state);
#define HARNESS_TEST(function) cmocka_unit_test_setup_teardown(function, harness_setup, harness_teardown)

/* Adds "m0", "m1" ... to a set, one by one. */
void harness_fill_set(struct harness *harness, const char *key, int count);

#endif
