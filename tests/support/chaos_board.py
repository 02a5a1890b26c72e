# SPDX-License-Identifier: BSD-3-Clause
"""What all players of the chaos test share: what is allowed, who may lose its connection, what went wrong."""

import os
import random
import re
import threading
import time

# What can be switched off, to find out which of them a failure needs.
INGREDIENTS = {
    "kills": "CLIENT KILL of single clients, and of all of a kind",
    "waits": "WAIT for replicas that are not there, CLIENT UNBLOCK",
    "endings": "QUIT, CLIENT KILL of oneself, abrupt closes and resets",
    "half": "half-closed connections, whose requests are all answered",
    "unanswered": "connections closed behind requests that want no reply, which are all executed",
    "pauses": "CLIENT PAUSE and UNPAUSE",
    "tracking": "CLIENT TRACKING of all kinds",
    "monitors": "MONITOR",
    "subscribers": "channels, patterns and keyspace notifications",
    "transactions": "WATCH, MULTI, EXEC, DISCARD",
    "frames": "SUBSCRIBE and CLIENT REPLY in a transaction",
    "replies": "CLIENT REPLY OFF, ON and SKIP",
    "resets": "RESET and HELLO on a connection in use",
    "large": "work on large strings",
    "many": "work on many keys",
    "flushes": "FLUSHALL and FLUSHDB",
    "settings": "CONFIG SET, BGSAVE, SWAPDB and other administration",
    "memory": "CONFIG SET maxmemory",
    "timeouts": "CONFIG SET timeout",
    "passwords": "CONFIG SET requirepass",
    "http": "requests to the monitoring port",
    "strangers": "more silent connections to the monitoring port than it has places",
    "garbage": "what is no request at all",
    "sessions": "SESSION.STATS and SESSION.TOP",
}

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
SEED = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**9))


def ingredients():
    """All, or CHAOS_ONLY's; without CHAOS_WITHOUT's (names with commas between them)."""
    named = lambda variable: set(filter(None, os.environ.get(variable, "").split(",")))
    only, without = named("CHAOS_ONLY"), named("CHAOS_WITHOUT")
    unknown = (only | without) - INGREDIENTS.keys()
    assert not unknown, f"no ingredients: {unknown}"
    return frozenset((only or INGREDIENTS.keys()) - without)


class Failure(AssertionError):
    """The server did something that it must not do."""


class Gone(Exception):
    """A connection ended in a way that this game allows."""


class Board:
    """Shared by all players. `seconds` from now the game is over."""

    def __init__(self, server, http_port, seconds, seed, allowed):
        self.server, self.http_port, self.seed, self.allowed = server, http_port, seed, allowed
        self.end = time.monotonic() + seconds
        self.lock = threading.Lock()
        # Held while a connection proves who it is, and while the password changes.
        self.door = threading.Lock()
        self.password = None
        self.failure = None
        self.counts = {}
        self.witnessed = set()
        # Ids of clients that may be killed, and of those that somebody has set out to kill.
        self.targets = {}
        self.condemned = set()
        # Clients that are older than this may have been killed all together.
        self.purged_until = 0.0
        # The least number of seconds of silence that ever ended a connection.
        self.shortest_timeout = None

    def has(self, *names):
        return self.allowed.issuperset(names)

    def random(self, name):
        return random.Random(f"{self.seed}:{name}")

    def going(self):
        return self.failure is None and time.monotonic() < self.end

    def rest(self, seconds):
        """Sleeps, but not beyond the end."""
        time.sleep(max(0.0, min(seconds, self.end - time.monotonic())))

    def fail(self, text):
        with self.lock:
            self.failure = self.failure or text

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    # Who may be killed.

    def enter(self, client):
        with self.lock:
            self.targets[client.id] = client

    def leave(self, client):
        """Nobody sets out to kill this client any more."""
        with self.lock:
            self.targets.pop(client.id, None)

    def anyone(self, chooser):
        """A client that may be killed, or None."""
        with self.lock:
            return chooser.choice(list(self.targets.values())) if self.targets else None

    def condemn(self, chooser):
        """Chooses a client to be killed, or None."""
        with self.lock:
            if not self.targets:
                return None
            client = chooser.choice(list(self.targets.values()))
            self.condemned.add(client.id)
            return client

    def is_condemned(self, client):
        with self.lock:
            return client.id in self.condemned or client.opened_at < self.purged_until

    def is_excused(self, client):
        """Whether the server had a reason to end this connection."""
        timeout = self.shortest_timeout
        was_silent = timeout is not None and client.silence >= timeout * 0.9
        return self.is_condemned(client) or was_silent or self.was_behind(client)

    def was_behind(self, client):
        """Whether the server closed it, and said so, since it didn't read what was pushed to it."""
        reason = r"Closing a client that doesn't read what is pushed to it, \d+ bytes: id=%s " % client.id
        return re.search(reason, self.server.log()) is not None
