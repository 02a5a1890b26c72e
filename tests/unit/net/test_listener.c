/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening sockets: what may be bound, what is refused with which words, and who gets in. */
#include "base/alloc.h"
#include "net/listener.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    struct error error;
    bool is_unavailable;
    char folder[32];
    char path[64];
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    fixture->loop = loop_new();
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/listener-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/socket", fixture->folder);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    loop_free(fixture->loop);
    (void)unlink(fixture->path);
    (void)rmdir(fixture->folder);
    mem_free(fixture);
    return 0;
}

static struct listener *open_tcp(struct fixture *fixture, const char *address, int port)
{
    return listener_open_tcp(fixture->loop, address, port, 5, &fixture->is_unavailable, &fixture->error);
}

static struct listener *open_unix(struct fixture *fixture, unsigned mode)
{
    return listener_open_unix(fixture->loop, fixture->path, mode, 5, &fixture->error);
}

static int port_of(const struct listener *listener)
{
    struct sockaddr_in name;
    socklen_t len = sizeof name;
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&name, &len), 0);
    return ntohs(name.sin_port);
}

/* A client's end of a connection to whatever the listener listens on. */
static int connect_to(const struct listener *listener)
{
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    int fd;
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&name, &len), 0);
    fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, len), 0);
    return fd;
}

static void who_waits_is_collected_and_accepted(void **state)
{
    struct fixture *fixture = *state;
    struct list *acceptable = loop_acceptable(fixture->loop);
    struct listener *listener = open_tcp(fixture, "127.0.0.1", 0);
    int accepted, clients[2];
    assert_non_null(listener);
    assert_int_equal(listener_accept(listener, &accepted), ACCEPT_NONE);
    clients[0] = connect_to(listener);
    clients[1] = connect_to(listener);
    loop_wait(fixture->loop, -1);
    loop_wait(fixture->loop, -1);
    assert_ptr_equal(LIST_ENTRY(acceptable->next, struct listener, ready), listener);
    assert_ptr_equal(listener->ready.next, acceptable);
    list_remove(&listener->ready);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(listener_accept(listener, &accepted), ACCEPT_OK);
        assert_true((fcntl(accepted, F_GETFL) & O_NONBLOCK) != 0);
        assert_int_equal(fcntl(accepted, F_GETFD), FD_CLOEXEC);
        (void)close(accepted);
        (void)close(clients[i]);
    }
    assert_int_equal(listener_accept(listener, &accepted), ACCEPT_NONE);
    loop_wait(fixture->loop, 0);
    assert_true(list_is_empty(acceptable));
    listener_close(listener);
}

static void a_port_in_use_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = open_tcp(fixture, "*", 0);
    assert_non_null(listener);
    assert_null(open_tcp(fixture, "*", port_of(listener)));
    assert_string_equal(fixture->error.text, "bind: Address already in use");
    assert_false(fixture->is_unavailable);
    listener_close(listener);
}

static void a_foreign_address_is_told_apart(void **state)
{
    struct fixture *fixture = *state;
    assert_null(open_tcp(fixture, "192.0.2.1", 0));
    assert_string_equal(fixture->error.text, "bind: Cannot assign requested address");
    assert_true(fixture->is_unavailable);
    assert_null(open_tcp(fixture, "no such name", 0));
    assert_false(fixture->is_unavailable);
    assert_true(strlen(fixture->error.text) > 0);
}

static bool may_open_tcp(struct fixture *fixture, const char *address, int port)
{
    return listener_may_open_tcp(address, port, &fixture->is_unavailable, &fixture->error);
}

static void whether_an_address_can_be_had_is_told_without_listening(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = open_tcp(fixture, "127.0.0.1", 0);
    assert_non_null(listener);
    int port = port_of(listener);
    assert_true(may_open_tcp(fixture, "127.0.0.1", port)); /* once the listener is gone */
    listener_close(listener);
    assert_true(may_open_tcp(fixture, "127.0.0.1", port));
    assert_false(may_open_tcp(fixture, "192.0.2.1", 1));
    assert_true(fixture->is_unavailable);
    assert_false(may_open_tcp(fixture, "#", 1));
    assert_false(fixture->is_unavailable);
}

static void names_are_resolved(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = open_tcp(fixture, "localhost", 0);
    assert_non_null(listener);
    (void)close(connect_to(listener));
    listener_close(listener);
}

static void ip4_and_ip6_share_a_port(void **state)
{
    struct fixture *fixture = *state;
    struct listener *six = open_tcp(fixture, "::*", 0), *four;
    if (!six) {
        assert_true(fixture->is_unavailable);
        skip(); /* a machine without IPv6 */
    }
    four = open_tcp(fixture, "*", port_of(six));
    assert_non_null(four);
    listener_close(four);
    listener_close(six);
}

/* Takes all descriptors that are left; returns how many. */
static int use_up_descriptors(int *taken, int max)
{
    struct rlimit limit = {0};
    int count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (count < max && (taken[count] = dup(STDERR_FILENO)) >= 0)
        count++;
    return count;
}

static void without_descriptors_the_listener_rests(void **state)
{
    struct fixture *fixture = *state;
    struct list *acceptable = loop_acceptable(fixture->loop);
    struct listener *listener = open_unix(fixture, 0);
    int taken[64], count, accepted, client = connect_to(listener);
    count = use_up_descriptors(taken, 64);
    loop_wait(fixture->loop, -1);
    assert_false(list_is_empty(acceptable));
    assert_int_equal(listener_accept(listener, &accepted), ACCEPT_FULL);
    assert_true(list_is_empty(acceptable));
    loop_wait(fixture->loop, 0);
    assert_true(list_is_empty(acceptable));
    while (count > 0)
        (void)close(taken[--count]);
    /* Whoever waited gets in when it goes on. */
    listener_resume(listener);
    loop_wait(fixture->loop, -1);
    assert_false(list_is_empty(acceptable));
    assert_int_equal(listener_accept(listener, &accepted), ACCEPT_OK);
    (void)close(accepted);
    (void)close(client);
    listener_close(listener);
    assert_true(list_is_empty(acceptable));
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void a_socket_file_has_the_mode_asked_for(void **state)
{
    struct fixture *fixture = *state;
    static const unsigned modes[] = {0700, 0770, 0777, 0600};
    mode_t before = umask(027);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct listener *listener = open_unix(fixture, modes[i]);
        assert_non_null(listener);
        assert_int_equal(mode_of(fixture->path), modes[i]);
        assert_int_equal(umask(027), 027);
        listener_close(listener);
        assert_int_equal(access(fixture->path, F_OK), -1);
    }
    (void)umask(before);
}

static void without_a_mode_the_umask_decides(void **state)
{
    struct fixture *fixture = *state;
    mode_t before = umask(027);
    struct listener *listener = open_unix(fixture, 0);
    assert_non_null(listener);
    assert_int_equal(mode_of(fixture->path), 0750);
    listener_close(listener);
    (void)umask(before);
}

static void a_stale_socket_file_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct listener *listener;
    memcpy(address.sun_path, fixture->path, strlen(fixture->path) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    (void)close(fd);
    assert_int_equal(access(fixture->path, F_OK), 0);
    listener = open_unix(fixture, 0700);
    assert_non_null(listener);
    (void)close(connect_to(listener));
    listener_close(listener);
}

static void a_socket_that_is_served_stays(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = open_unix(fixture, 0700);
    assert_non_null(listener);
    assert_null(open_unix(fixture, 0700));
    assert_string_equal(fixture->error.text, "bind: Address already in use");
    (void)close(connect_to(listener));
    listener_close(listener);
}

static void other_files_stay(void **state)
{
    struct fixture *fixture = *state;
    char expected[128];
    int fd = open(fixture->path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_null(open_unix(fixture, 0700));
    (void)snprintf(expected, sizeof expected, "bind: %s exists and is not a socket", fixture->path);
    assert_string_equal(fixture->error.text, expected);
    assert_int_equal(access(fixture->path, F_OK), 0);
}

static void whether_a_socket_can_be_made_is_told_without_making_it(void **state)
{
    struct fixture *fixture = *state;
    char long_path[200];
    struct stat status;
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_true(listener_may_open_unix("socket", fixture->folder, &fixture->error));
    assert_int_not_equal(lstat(fixture->path, &status), 0);
    struct listener *listener = open_unix(fixture, 0);
    assert_true(listener_may_open_unix(fixture->path, "/", &fixture->error));
    listener_close(listener);
    assert_false(listener_may_open_unix(long_path, fixture->folder, &fixture->error));
    assert_false(listener_may_open_unix("no/such", fixture->folder, &fixture->error));
    assert_non_null(strstr(fixture->error.text, "No such file or directory"));
    assert_false(listener_may_open_unix(".", fixture->folder, &fixture->error));
    assert_non_null(strstr(fixture->error.text, "is not a socket"));
}

static void a_file_that_another_server_made_stays(void **state)
{
    struct fixture *fixture = *state;
    struct listener *first = open_unix(fixture, 0700), *second;
    assert_int_equal(unlink(fixture->path), 0);
    second = open_unix(fixture, 0700);
    assert_non_null(second);
    listener_close(first);
    assert_int_equal(access(fixture->path, F_OK), 0);
    listener_close(second);
    assert_int_equal(access(fixture->path, F_OK), -1);
}

static void wrong_paths_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char path[200];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_null(listener_open_unix(fixture->loop, path, 0, 5, &fixture->error));
    assert_string_equal(fixture->error.text, "unix socket path too long (199), must be under 108");
    assert_null(listener_open_unix(fixture->loop, "/no/such/folder/socket", 0700, 5, &fixture->error));
    assert_string_equal(fixture->error.text, "bind: No such file or directory");
    assert_null(listener_open_unix(fixture->loop, "", 0700, 5, &fixture->error));
}

/* ---- sockets from elsewhere ---- */

static void a_socket_that_was_handed_over_is_listened_on(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, fixture->path, strlen(fixture->path) + 1);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    struct listener *listener = listener_adopt(fixture->loop, fd, 10, &fixture->error);
    assert_non_null(listener);
    assert_true(listener->is_unix && listener->is_adopted);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    int client = socket(AF_UNIX, SOCK_STREAM, 0), accepted = -1;
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listener_accept(listener, &accepted), ACCEPT_OK);
    (void)close(accepted);
    assert_int_equal(listener_accept(listener, &accepted), ACCEPT_NONE);
    (void)close(client);
    listener_close(listener);
    assert_int_equal(access(fixture->path, F_OK), 0); /* its file is not ours to remove */
}

static void what_nobody_could_come_through_is_refused(void **state)
{
    struct fixture *fixture = *state;
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_null(listener_adopt(fixture->loop, file, 10, &fixture->error));
    assert_null(listener_adopt(fixture->loop, datagrams, 10, &fixture->error));
    assert_non_null(strstr(fixture->error.text, "no bound stream socket"));
    assert_int_equal(fcntl(datagrams, F_GETFD), -1); /* closed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(who_waits_is_collected_and_accepted),
        TEST(a_socket_that_was_handed_over_is_listened_on),
        TEST(what_nobody_could_come_through_is_refused),
        TEST(a_port_in_use_is_told),
        TEST(a_foreign_address_is_told_apart),
        TEST(names_are_resolved),
        TEST(whether_an_address_can_be_had_is_told_without_listening),
        TEST(whether_a_socket_can_be_made_is_told_without_making_it),
        TEST(ip4_and_ip6_share_a_port),
        TEST(without_descriptors_the_listener_rests),
        TEST(a_socket_file_has_the_mode_asked_for),
        TEST(without_a_mode_the_umask_decides),
        TEST(a_stale_socket_file_is_replaced),
        TEST(a_socket_that_is_served_stays),
        TEST(other_files_stay),
        TEST(a_file_that_another_server_made_stays),
        TEST(wrong_paths_are_refused),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
