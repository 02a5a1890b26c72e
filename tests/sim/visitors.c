/* SPDX-License-Identifier: BSD-3-Clause */
/* A visitor's requests are answered in their order, each once, or its connection ends for a reason that is
 * known here: it was slow, said that nothing more is to come, or has asked for it. */
#include "visitors.h"
#include "clocks.h"
#include "http/answer.h"
#include "http/connections.h"
#include "kernel.h"
#include "model_http.h"
#include "model_tables.h"
#include "sockets.h"
#include "world.h"
#include <event2/bufferevent.h>
#include <stdlib.h>

/* A request must come, its answer go, and another follow, within this time; with other connections waiting
 * for a place the last two may be cut short. */
#define ASK_US       INT64_C(10000000)
#define READ_US      INT64_C(30000000)
#define IDLE_US      INT64_C(60000000)
#define READ_RUSH_US INT64_C(1000000)

enum { FEW = 4, PORT = 8080, OTHER_PORT = 8081, PIPELINE_MAX = 4 };

struct visitor {
    struct list all;
    struct socket *socket; /* NULL: it has left */
    struct list asked;     /* requests that haven't got the whole of their answers */
    struct buf unsent, received;
    size_t sent_bytes, drawn_bytes;
    int64_t began_us; /* the oldest of them; or when there was the last one */
    bool is_slow, never_reads, has_ended, must_end, is_server_gone;
};

static struct list visitors = {&visitors, &visitors};
static struct visitor *answering;
static int count_max;
static unsigned permille;

void visitors_init(struct chance *chance)
{
    /* More than there are places for. */
    count_max = chance_permille(chance, 30) ? HTTP_CONNECTIONS_MAX + 8 : (int)chance_between(chance, 1, FEW);
    permille = count_max > FEW                ? 1000
               : chance_permille(chance, 100) ? 700
                                              : (unsigned)chance_between(chance, 0, 200);
}

unsigned visitors_permille(void)
{
    return permille;
}

/* ---- coming and going ---- */

static void visitor_free(struct visitor *visitor)
{
    LIST_EACH_SAFE(link, &visitor->asked)
        asked_free(LIST_ENTRY(link, struct asked, link));
    list_remove(&visitor->all);
    buf_clear(&visitor->unsent);
    buf_clear(&visitor->received);
    free(visitor);
}

static void connection_ended(void *owner)
{
    struct visitor *visitor = owner;
    visitor->is_server_gone = true;
    if (!visitor->socket)
        visitor_free(visitor);
}

static void come(struct chance *chance)
{
    struct visitor *visitor = calloc(1, sizeof *visitor);
    if (!visitor)
        abort();
    visitor->socket = peer_connect(PORT, visitor, connection_ended);
    if (!visitor->socket)
        visitor->socket = peer_connect(OTHER_PORT, visitor, connection_ended);
    if (!visitor->socket) {
        free(visitor);
        return;
    }
    list_init(&visitor->asked);
    visitor->is_slow = chance_permille(chance, 200);
    visitor->never_reads = chance_permille(chance, 20);
    visitor->began_us = clocks_now_us();
    list_append(&visitors, &visitor->all);
    trace("visitor comes");
}

static void leave(struct visitor *visitor, void (*how)(struct socket *socket))
{
    struct socket *socket = visitor->socket;
    visitor->socket = NULL;
    if (visitor->is_server_gone)
        visitor_free(visitor);
    how(socket);
}

static struct asked *first_of(const struct visitor *visitor)
{
    return list_is_empty(&visitor->asked) ? NULL : LIST_ENTRY(visitor->asked.next, struct asked, link);
}

static bool is_sent(const struct visitor *visitor, const struct asked *asked)
{
    return visitor->sent_bytes >= asked->end;
}

/* ---- asking ---- */

static void ask(struct visitor *visitor, struct chance *chance)
{
    bool was_idle = list_is_empty(&visitor->asked);
    struct buf bytes = {0};
    int count = chance_permille(chance, 700) ? 1 : (int)chance_between(chance, 1, PIPELINE_MAX);
    for (bool ends = false; count > 0 && !ends; count--) {
        struct asked *asked = asked_draw(chance, &bytes);
        asked->end = visitor->drawn_bytes + bytes.len;
        list_append(&visitor->asked, &asked->link);
        ends = asked->wants_end;
        visitor->must_end |= ends;
    }
    visitor->drawn_bytes += bytes.len;
    buf_append_bytes(&visitor->unsent, buf_bytes(&bytes));
    buf_clear(&bytes);
    if (was_idle)
        visitor->began_us = clocks_now_us();
}

static void send_some(struct visitor *visitor, size_t len)
{
    len = len < visitor->unsent.len ? len : visitor->unsent.len;
    peer_send(visitor->socket, bytes_make(visitor->unsent.data, len));
    buf_consume(&visitor->unsent, len);
    visitor->sent_bytes += len;
}

static void speak(struct visitor *visitor, struct chance *chance)
{
    if (visitor->unsent.len == 0 && !visitor->must_end)
        ask(visitor, chance);
    bool in_part = chance_permille(chance, faults.are_on ? 300 : 50);
    send_some(visitor, in_part ? (size_t)chance_between(chance, 1, 200) : SIZE_MAX);
}

static struct visitor *draw(struct chance *chance)
{
    int number = (int)chance_below(chance, (uint64_t)count_max);
    LIST_EACH(link, &visitors) {
        struct visitor *visitor = LIST_ENTRY(link, struct visitor, all);
        if (visitor->socket && number-- == 0)
            return visitor;
    }
    return NULL;
}

void visitors_event(struct chance *chance)
{
    struct visitor *visitor = draw(chance);
    if (!visitor) {
        come(chance);
    } else if (chance_permille(chance, faults.reset)) {
        leave(visitor, peer_reset);
    } else if (visitor->has_ended) {
        return;
    } else if (visitor->unsent.len == 0 && chance_permille(chance, faults.half_close)) {
        peer_half_close(visitor->socket);
        visitor->has_ended = true;
    } else {
        speak(visitor, chance);
    }
}

void visitors_wait_for_load(void)
{
    if (!model.is_loading || !chance_permille(&world_chance, permille))
        return;
    visitors_event(&world_chance);
    visitors_read(false);
}

/* ---- what the server does ---- */

__typeof__(connection_answering) __real_connection_answering, __wrap_connection_answering;
void __wrap_connection_answering(struct http_connection *connection, int64_t now_us)
{
    answering = socket_owner(descriptor_of(bufferevent_getfd(connection->bufferevent))->socket);
    __real_connection_answering(connection, now_us);
}

__typeof__(answer) __real_answer, __wrap_answer;
void __wrap_answer(struct site *site, const struct http_request *request, struct http_response *response)
{
    __real_answer(site, request, response);
    LIST_EACH(link, &answering->asked) {
        struct asked *asked = LIST_ENTRY(link, struct asked, link);
        if (asked->is_answered)
            continue;
        if (!is_sent(answering, asked))
            world_fail("%s is answered before it was asked", asked->path);
        model_http_answered(asked, site, request, response);
        return;
    }
    world_fail("an answer is made that nobody asked for");
}

/* ---- reading ---- */

/* Whether the connection may end without the answer that comes next. */
static bool may_be_lost(const struct visitor *visitor, const struct asked *asked)
{
    int64_t now_us = clocks_now_us();
    bool is_rush = count_max > FEW;
    if (model.is_draining || model.moved_http || peer_may_have_lost(visitor->socket) || asked->is_strange)
        return true;
    if (asked->is_answered)
        return now_us - asked->answered_us > (is_rush ? READ_RUSH_US : READ_US);
    return (is_rush && peer_arrived(visitor->socket) < asked->end) || now_us - visitor->began_us > ASK_US;
}

static void check_end(const struct visitor *visitor)
{
    const struct asked *asked = first_of(visitor);
    int64_t now_us = clocks_now_us();
    if (asked && !may_be_lost(visitor, asked))
        world_fail("%s isn't answered, and the connection ends", asked->path);
    bool may_end = asked || visitor->must_end || visitor->has_ended || model.is_draining ||
                   model.moved_http || count_max > FEW;
    if (!may_end && now_us - visitor->began_us <= IDLE_US)
        world_fail("a connection by HTTP ends for no reason");
}

static void take_answers(struct visitor *visitor)
{
    struct asked *asked;
    size_t len;
    while ((asked = first_of(visitor)) &&
           (len = model_http_received(asked, buf_bytes(&visitor->received))) > 0) {
        buf_consume(&visitor->received, len);
        visitor->began_us = asked->answered_us;
        asked_free(asked);
    }
    if (list_is_empty(&visitor->asked) && visitor->received.len > 0)
        world_fail("a visitor gets what it didn't ask for: %.*s", (int)visitor->received.len,
                   visitor->received.data);
}

static void read_visitor(struct visitor *visitor, size_t max)
{
    peer_receive(visitor->socket, &visitor->received, max);
    take_answers(visitor);
    if (!peer_sees_end(visitor->socket))
        return;
    trace("visitor is left");
    check_end(visitor);
    leave(visitor, peer_leave);
}

void visitors_read(bool all)
{
    LIST_EACH_SAFE(link, &visitors) {
        struct visitor *visitor = LIST_ENTRY(link, struct visitor, all);
        bool rests = !all && chance_permille(&world_chance, visitor->is_slow ? 900 : 200);
        if (!visitor->socket || rests || (visitor->never_reads && !visitor->is_server_gone))
            continue;
        bool in_parts = faults.are_on && chance_permille(&world_chance, 300);
        read_visitor(visitor, in_parts ? (size_t)chance_between(&world_chance, 1, 2000) : SIZE_MAX);
    }
}

/* ---- the end ---- */

void visitors_end(struct chance *chance)
{
    LIST_EACH(link, &visitors) {
        struct visitor *visitor = LIST_ENTRY(link, struct visitor, all);
        if (!visitor->socket)
            continue;
        visitor->never_reads &= chance_permille(chance, 300);
        if (chance_permille(chance, 700))
            send_some(visitor, SIZE_MAX);
    }
}

bool visitors_are_gone(void)
{
    LIST_EACH_SAFE(link, &visitors) {
        struct visitor *visitor = LIST_ENTRY(link, struct visitor, all);
        if (visitor->socket && list_is_empty(&visitor->asked) && !visitor->must_end)
            leave(visitor, peer_leave);
    }
    return list_is_empty(&visitors);
}

void visitors_complain(void)
{
    const struct visitor *visitor = LIST_ENTRY(visitors.next, struct visitor, all);
    const struct asked *asked = first_of(visitor);
    if (!visitor->socket)
        world_fail("the connection of a visitor who left isn't closed");
    if (!asked)
        world_fail("the connection of a visitor isn't closed who asked for its end");
    world_fail("%s %s", asked->path,
               asked->is_answered        ? "is answered, but nothing comes"
               : is_sent(visitor, asked) ? "isn't answered"
                                         : "may take for ever to ask for");
}

void visitors_lose_server(void)
{
    while (!list_is_empty(&visitors)) {
        struct visitor *visitor = LIST_ENTRY(visitors.next, struct visitor, all);
        visitor->is_server_gone = true;
        leave(visitor, peer_leave);
    }
}
