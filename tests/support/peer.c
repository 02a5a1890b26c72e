/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/peer.h"
#include "engine/server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

struct peer peer_connect(struct harness *h)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct client *client = client_new(h->server, fds[0], true);
    assert_non_null(client);
    return (struct peer){fds[1], client->id};
}

struct client *peer_client(struct harness *h, struct peer peer)
{
    return client_by_id(h->server, peer.id);
}

void peer_take_turns(struct harness *h)
{
    for (int i = 0; i < 5; i++)
        harness_run(h);
}

void peer_say(struct harness *h, struct peer peer, struct bytes text)
{
    while (text.len > 0) {
        ssize_t sent = send(peer.fd, text.data, text.len, MSG_NOSIGNAL);
        if (sent > 0)
            text = bytes_make(text.data + sent, text.len - (size_t)sent);
        else if (!peer_client(h, peer))
            return;
        peer_take_turns(h);
    }
}

bool peer_hear(struct harness *h, struct peer peer, struct buf *heard)
{
    ssize_t got;
    peer_take_turns(h);
    do {
        char piece[65536];
        got = recv(peer.fd, piece, sizeof piece, 0);
        if (got > 0)
            buf_append(heard, piece, (size_t)got);
        peer_take_turns(h);
    } while (got > 0);
    return got == 0;
}

void peer_assert_hears(struct harness *h, struct peer peer, struct bytes expected)
{
    struct buf heard = {0};
    (void)peer_hear(h, peer, &heard);
    harness_assert(buf_bytes(&heard), expected, "what was said", __FILE__, __LINE__);
    buf_clear(&heard);
}

bool peer_is_closed(struct harness *h, struct peer peer)
{
    struct buf heard = {0};
    bool is_closed = peer_hear(h, peer, &heard);
    buf_clear(&heard);
    assert_true(is_closed == !peer_client(h, peer));
    return is_closed;
}

void peer_pass_s(struct harness *h, int seconds)
{
    for (int i = 0; i < seconds * 10; i++)
        harness_advance(h, 100);
}
