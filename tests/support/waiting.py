# SPDX-License-Identifier: BSD-3-Clause
"""A server with a client that acts and some that wait, so that two servers can be compared step by step."""

import select

from support import wait
from support.resp import Connection

WAITING = 3


class Side:
    """One server with a client that acts, and some that wait."""

    def __init__(self, server, protocol):
        self.actor = Connection(server.port)
        self.clients = [Connection(server.port) for _ in range(WAITING)]
        for each in [self.actor, *self.clients]:
            each("HELLO", protocol)
        self.ids = [each("CLIENT", "ID") for each in self.clients]
        self.waiting = set()
        self.actor("FLUSHALL")
        self.actor("SET", "s", "string")

    def close(self):
        for each in [self.actor, *self.clients]:
            each.close()

    def is_waiting(self, number):
        line = self.actor("CLIENT", "LIST", "ID", self.ids[number]).decode()
        return "b" in line.split(" flags=")[1].split(" ")[0]

    def act(self, command):
        """The replies to a command of the actor, and to those who waited and were served."""
        self.actor.send_command(*command)
        replies = [self.actor.read().raw]
        for number in sorted(self.waiting):
            if not self.is_waiting(number):
                self.waiting.remove(number)
                replies.append((number, self.clients[number].read().raw))
        return replies

    def begin(self, number, command):
        """The reply, or that there is none."""
        client = self.clients[number]
        client.send_command(*command)
        readable = lambda: select.select([client.socket], [], [], 0)[0]
        wait.until(lambda: readable() or self.is_waiting(number), what=f"{command} waits or is answered", interval=0.0005)
        if readable():
            return client.read().raw
        self.waiting.add(number)
        return "waits"

    def unblock(self, number, how):
        return self.act(["CLIENT", "UNBLOCK", self.ids[number], how])
