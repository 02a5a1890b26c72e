/* SPDX-License-Identifier: BSD-3-Clause */
/* Who gives way when places run out. */
#include "base/clock.h"
#include "http/connections.h"
#include "http/entrance.h"
#include <event2/event.h>
#include <event2/http.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static struct connections connections;
static struct entrance entrance;
static struct event *behind_answer;
static char path[64];
static int answers, refusals;

static struct bufferevent *came(struct event_base *base, void *context)
{
    (void)base;
    (void)context;
    return connections_add(&connections, NULL);
}

/* Between an answer and the library's look at what follows. */
static void look_for_room(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    refusals += !connections_make_room(&connections, clock_mono_us());
}

static void answer_sent(struct evhttp_request *request, void *context)
{
    (void)request;
    connection_idle(context);
    answers++;
    event_active(behind_answer, EV_TIMEOUT, 0);
}

static void asked(struct evhttp_request *request, void *context)
{
    struct evhttp_connection *peer = evhttp_request_get_connection(request);
    struct http_connection *connection =
        connections_find(&connections, evhttp_connection_get_bufferevent(peer));
    (void)context;
    connection_wait(&connections, connection, request);
    connection_answering(connection, clock_mono_us());
    evhttp_request_set_on_complete_cb(request, answer_sent, connection);
    evhttp_send_reply(request, 200, NULL, NULL);
}

static int set_up(void **state)
{
    static const struct entrance_calls calls = {came, asked, NULL};
    struct error error;
    (void)state;
    answers = refusals = 0;
    (void)snprintf(path, sizeof path, "/tmp/test_connections.%ld", (long)getpid());
    loop = loop_new();
    connections_init(&connections, loop);
    behind_answer = event_new(loop_event_base(loop), -1, 0, look_for_room, NULL);
    return entrance_init(&entrance, loop, &calls) && entrance_open_unix(&entrance, path, 0600, &error) ? 0
                                                                                                       : -1;
}

static int tear_down(void **state)
{
    (void)state;
    entrance_clear(&entrance);
    connections_clear(&connections);
    event_free(behind_answer);
    loop_free(loop);
    return 0;
}

static int client_says(const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    return fd;
}

static void run_loop(void)
{
    for (int turn = 0; turn < 20; turn++)
        loop_wait(loop, 0);
}

#define ONE_REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void request_sent_ahead_keeps_its_place(void **state)
{
    (void)state;
    int fd = client_says(ONE_REQUEST ONE_REQUEST);
    run_loop();
    assert_int_equal(answers, 2);
    assert_int_equal(refusals, 1);
    (void)close(fd);
}

static void part_of_request_gives_way_in_the_end(void **state)
{
    (void)state;
    int fd = client_says(ONE_REQUEST "GET ");
    run_loop();
    assert_int_equal(answers, 1);
    assert_int_equal(refusals, 1);
    connections_sweep(&connections, clock_mono_us());
    assert_false(connections_make_room(&connections, clock_mono_us()));
    connections_sweep(&connections, clock_mono_us());
    assert_true(connections_make_room(&connections, clock_mono_us()));
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(request_sent_ahead_keeps_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(part_of_request_gives_way_in_the_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
