/* SPDX-License-Identifier: BSD-3-Clause */
#include "peers.h"
#include "model_tables.h"
#include "reality.h"
#include "sockets.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>

enum { PORT = 6379, PIPELINE_MAX = 6 };

struct peer {
    struct socket *socket; /* NULL: not connected */
    struct session *session;
    struct peer_view view;
    bool is_slow, has_ended; /* it said that nothing follows */
    bool forgets_user;       /* it said RESET, which may not have run yet */
};

struct peer_settings peer_settings;
static struct peer peers[PEERS_MAX];
static char key_names[MODEL_KEYS][600];

/* ---- settings ---- */

/* More than a byte can count: of digits, which are packed, or of others. */
static void name_long_key(int index, struct chance *chance)
{
    char *name = key_names[index];
    bool is_hex = chance_permille(chance, 500);
    int len = snprintf(name, sizeof key_names[0], "cart:%d%s", index, is_hex ? "x" : "-");
    int64_t more = chance_between(chance, 200, (int64_t)sizeof key_names[0] - len - 1);
    for (; more > 0; more--)
        name[len++] = is_hex ? "0123456789abcdef"[chance_below(chance, 16)] : 'z';
    name[len] = 0;
}

static void name_key(int index, struct chance *chance)
{
    char *name = key_names[index];
    switch (chance_below(chance, 10)) {
    case 8:
        name_long_key(index, chance);
        break;
    case 9:
        (void)snprintf(name, sizeof key_names[0], "%.*s%d-%016llx", (int)chance_below(chance, 20),
                       "somebody's-session-at", index, (unsigned long long)chance_next(chance));
        break;
    case 0:
    case 4:
        (void)snprintf(name, sizeof key_names[0], "session:%016llx%08x",
                       (unsigned long long)chance_next(chance), (unsigned)index);
        break;
    case 1:
    case 5:
        (void)snprintf(name, sizeof key_names[0], "spring:session:sessions:%08llx-%04x",
                       (unsigned long long)(chance_next(chance) >> 32), (unsigned)index);
        break;
    case 2:
    case 6:
        (void)snprintf(name, sizeof key_names[0], "user:%d:profile", index);
        break;
    default:
        (void)snprintf(name, sizeof key_names[0], "k%d", index);
        break;
    }
}

struct bytes peers_key_name(int index)
{
    return bytes_of(key_names[index]);
}

void peers_init(struct chance *chance)
{
    peer_settings = (struct peer_settings){
        .peer_count = (int)chance_between(chance, 1, PEERS_MAX),
        .key_count = (int)chance_between(chance, 10, MODEL_KEYS),
        .database_count = (int)chance_between(chance, 1, MODEL_DATABASES),
        .ttl_max_ms = chance_between(chance, 10, 5000),
        .value_max = chance_permille(chance, 300) ? 200000 : 3000,
        .element_count = (int)chance_between(chance, 5, chance_permille(chance, 300) ? 400 : 40),
        .many_max = chance_permille(chance, 200) ? 250 : 12,
    };
    for (size_t i = 0; i < sizeof peer_settings.weights / sizeof peer_settings.weights[0]; i++)
        peer_settings.weights[i] = (unsigned)chance_between(chance, 5, 100);
    peer_settings.weights[STRANGERS] = 100;
    peer_settings.theme = (enum family)chance_below(chance, 2 * FAMILY_COUNT);
    if (chance_permille(chance, 600))
        peer_settings.weights[USERS] = 0;
    if (chance_permille(chance, 950))
        peer_settings.weights[LONG_STRINGS] = 0;
    peer_settings.weights[7] = (unsigned)chance_between(chance, 1, 30);
    for (int i = 0; i < peer_settings.key_count; i++)
        name_key(i, chance);
}

/* ---- connections ---- */

static void connection_ended(void *owner)
{
    struct session *session = owner;
    reality_session_ended(session);
    for (int i = 0; i < PEERS_MAX; i++) {
        /* It is looked at again when its peer has read what came. */
        if (peers[i].session == session)
            return;
    }
    session_end(session);
}

static void connect_peer(struct peer *peer, struct chance *chance)
{
    struct session *session = session_begin();
    struct socket *socket = peer_connect(PORT, session, connection_ended);
    if (!socket) {
        session_end(session);
        return;
    }
    *peer = (struct peer){.socket = socket, .session = session, .is_slow = chance_permille(chance, 200)};
    trace("connect %d", session->number);
}

/* The server may not have noticed: the session is its, then. */
static void leave(struct peer *peer, bool server_is_gone)
{
    struct session *session = peer->session;
    *peer = (struct peer){0};
    if (server_is_gone)
        session_end(session);
}

static void break_off(struct peer *peer)
{
    trace("reset %d", peer->session->number);
    peer->session->is_checked = false;
    struct socket *socket = peer->socket;
    bool is_gone = peer_server_is_gone(socket);
    leave(peer, is_gone);
    peer_reset(socket);
}

/* ---- sending ---- */

static void note(struct peer *peer, int argc, const struct bytes *argv)
{
    if (bytes_is_nocase(argv[0], "multi"))
        peer->view.is_in_multi = true;
    if (bytes_is_nocase(argv[0], "exec") || bytes_is_nocase(argv[0], "discard"))
        peer->view.is_in_multi = false;
    if (bytes_is_nocase(argv[0], "subscribe") || bytes_is_nocase(argv[0], "psubscribe"))
        peer->view.is_subscribed = true;
    peer->view.is_monitor |= bytes_is_nocase(argv[0], "monitor");
    if (bytes_is_nocase(argv[0], "reset"))
        peer->view.is_in_multi = peer->view.is_subscribed = peer->view.is_resp3 = peer->view.is_monitor =
            false;
    peer->forgets_user |= bytes_is_nocase(argv[0], "reset");
    if (bytes_is_nocase(argv[0], "hello") && argc > (peer->view.is_stranger ? 2 : 1) &&
        !bytes_is(argv[argc - 1], "wrong"))
        peer->view.is_resp3 = true;
}

static void encode(struct buf *out, int argc, const struct bytes *argv)
{
    buf_printf(out, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        buf_printf(out, "$%zu\r\n", argv[i].len);
        buf_append_bytes(out, argv[i]);
        buf_append_text(out, "\r\n");
    }
}

static void show(const struct peer *peer, int argc, const struct bytes *argv)
{
    struct buf line = {0};
    for (int i = 0; i < argc; i++) {
        buf_append_char(&line, ' ');
        buf_append_quoted(&line, bytes_make(argv[i].data, argv[i].len < 60 ? argv[i].len : 60));
    }
    trace("send %d%s", peer->session->number, buf_cstring(&line));
    buf_clear(&line);
}

static void send_requests(struct peer *peer, struct chance *chance)
{
    struct buf bytes = {0};
    int count = chance_permille(chance, 600) ? 1 : (int)chance_between(chance, 1, PIPELINE_MAX);
    for (int i = 0; i < count; i++) {
        struct bytes argv[MODEL_ARGS];
        peer->forgets_user &= !session_is_idle(peer->session);
        peer->view.is_stranger =
            model.is_password_configured && (!peer->session->is_known || peer->forgets_user);
        peer->view.scan_cursor = peer->session->scan_cursor;
        peer->view.elements = &peer->session->elements;
        peer->view.may_scan = session_is_idle(peer->session);
        int argc = generate(chance, &peer->view, argv, MODEL_ARGS);
        note(peer, argc, argv);
        show(peer, argc, argv);
        session_sent(peer->session, argc, argv);
        encode(&bytes, argc, argv);
    }
    peer_send(peer->socket, buf_bytes(&bytes));
    buf_clear(&bytes);
}

static void send_garbage(struct peer *peer, struct chance *chance)
{
    static const char *const texts[] = {
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /x HTTP/1.0\r\n\r\n",
        "*3\r\n$x\r\n",
        "*-7\r\n*1\r\n$4\r\nNOPE\r\n",
        "*2\r\n$4\r\nNOPE\r\n$-3\r\n",
        "\r\n\r\n\"unbalanced\r\n",
        "*1\r\n$99999999999\r\n",
        "*2\r\n$3\r\nGET\r\n$16385\r\n",
        "*11\r\n",
        "PUT /x HTTP/1.1\r\n",
        "TRACE / HTTP/1.0\r\n",
        "OPTIONS * HTTQ\r\n",
        "HEAD / more HTTP/1.1\r\n",
        "hoST: somewhere\r\n",
    };
    const char *text = texts[chance_below(chance, sizeof texts / sizeof texts[0])];
    peer->session->is_checked = false;
    peer->session->is_garbage = true;
    trace("garbage %d", peer->session->number);
    peer_send(peer->socket, bytes_of(text));
}

void peers_event(struct chance *chance)
{
    struct peer *peer = &peers[chance_below(chance, (uint64_t)peer_settings.peer_count)];
    if (!peer->socket) {
        connect_peer(peer, chance);
        return;
    }
    if (chance_permille(chance, faults.reset)) {
        break_off(peer);
    } else if (peer->has_ended) {
        return;
    } else if (chance_permille(chance, faults.half_close)) {
        trace("half-close %d", peer->session->number);
        peer_half_close(peer->socket);
        peer->has_ended = peer->session->may_end = true;
    } else if (chance_permille(chance, faults.are_on ? 4 : 0) && session_is_idle(peer->session)) {
        send_garbage(peer, chance);
    } else if (!peer->session->is_garbage) {
        send_requests(peer, chance);
    }
}

/* ---- reading ---- */

static void check_end(const struct peer *peer)
{
    struct session *session = peer->session;
    if (!session->is_checked || model.drops_clients)
        return;
    if (!session->may_end && !model.server_ends && !session->went_as_stranger)
        world_fail("client %d is closed, nobody said why", session->number);
    if (session->has_quit && !session->slept && !session->is_killed && !session->went_as_stranger &&
        !model.server_ends && !list_is_empty(&session->expected))
        world_fail("client %d said QUIT, and doesn't get its replies", session->number);
    /* What was published meanwhile is lost to it. */
    bool is_subscribed = session->channels || session->patterns || session->is_monitor;
    if (peer->has_ended && !session->is_killed && !is_subscribed && !session->went_as_stranger &&
        session_is_owed(session) && !model.server_ends && list_is_empty(&session->sent))
        world_fail("client %d said that nothing follows, and isn't answered", session->number);
}

static void read_peer(struct peer *peer, size_t max)
{
    struct buf bytes = {0};
    peer_receive(peer->socket, &bytes, max);
    if (bytes.len > 0)
        session_received(peer->session, buf_bytes(&bytes));
    buf_clear(&bytes);
    if (!peer_sees_end(peer->socket))
        return;
    trace("end %d", peer->session->number);
    check_end(peer);
    struct socket *socket = peer->socket;
    bool is_gone = peer_server_is_gone(socket);
    peer->session->is_checked = false;
    leave(peer, is_gone);
    peer_leave(socket);
}

void peers_read(bool all)
{
    for (int i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &peers[i];
        if (!peer->socket || (!all && chance_permille(&world_chance, peer->is_slow ? 900 : 200)))
            continue;
        bool in_parts = faults.are_on && chance_permille(&world_chance, 300);
        read_peer(peer, in_parts ? (size_t)chance_between(&world_chance, 1, 200) : SIZE_MAX);
    }
}

bool peers_are_served(void)
{
    for (int i = 0; i < PEERS_MAX; i++) {
        const struct session *session = peers[i].session;
        if (peers[i].socket && (session_is_owed(session) || session_is_to_be_told(session)))
            return false;
    }
    return true;
}

void peers_complain(void)
{
    for (int i = 0; i < PEERS_MAX; i++) {
        const struct session *session = peers[i].session;
        if (peers[i].socket && session_is_to_be_told(session))
            world_fail("client %d isn't told of a change: %d, keys %llx", session->number,
                       session->tracking.must_flush, (unsigned long long)session->tracking.must);
        if (!peers[i].socket || !session_is_owed(session))
            continue;
        if (list_is_empty(&session->sent))
            world_fail("client %d waits for its reply for ever", session->number);
        const struct request_text *request = LIST_ENTRY(session->sent.next, struct request_text, link);
        world_fail("client %d waits for ever: its %.*s isn't run", session->number, (int)request->argv[0].len,
                   request->argv[0].data);
    }
    world_fail("somebody waits for ever");
}

void peers_lose_server(void)
{
    for (int i = 0; i < PEERS_MAX; i++) {
        if (!peers[i].socket)
            continue;
        struct socket *socket = peers[i].socket;
        leave(&peers[i], true);
        peer_leave(socket);
    }
}
