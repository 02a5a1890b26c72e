# SPDX-License-Identifier: BSD-3-Clause
"""Players of the chaos test who administrate the server, watch it by HTTP, or send it what is no request."""

import re
import socket
import time

from . import wait
from .chaos_board import Failure, Gone
from .chaos_players import Player
from .chaos_requests import Request, either, error_with, exactly, list_of, matching, mentioning, not_an_error, ok
from .chaos_requests import shown
from .resp import Closed, Connection, ProtocolError, Status


class Administrator(Player):
    """Changes settings, and asks how the server is."""

    ingredients = ("settings",)

    def live(self):
        client = self.client(is_target=False)
        for _ in range(10):
            client.exchange([self.duty() for _ in range(self.random.randint(1, 3))])
            self.board.rest(self.random.random() * 0.3)
            if not self.board.going():
                return

    def setting(self):
        settings = [
            ["notify-keyspace-events", self.random.choice(("", "KEA", "Ex", "KEAm", "K$"))],
            ["slowlog-log-slower-than", self.random.choice((0, 1000, -1))],
            ["latency-tracking", self.random.choice(("yes", "no"))],
            ["tracking-table-max-keys", self.random.choice((10, 1_000_000))],
            ["hz", self.random.choice((1, 10, 100))],
            ["save", self.random.choice(("", "1 1"))],
        ]
        if self.board.has("memory"):
            policies = ("noeviction", "allkeys-lru", "allkeys-lfu", "volatile-ttl", "allkeys-random")
            size = self.random.choice((0, 0, "20mb", "60mb"))
            settings += [["maxmemory", size, "maxmemory-policy", self.random.choice(policies)]] * 2
        if self.board.has("timeouts"):
            settings.append(["timeout", self.random.choice((0, 2))])
        chosen = self.random.choice(settings)
        if chosen[0] == "timeout":
            self.board.shortest_timeout = 2
        return Request(["CONFIG", "SET", *chosen], ok)

    def duty(self):
        background = lambda value: isinstance(value, Status) and value.startswith("Background saving")
        in_progress = error_with("progress")
        first, second = self.random.sample(range(3), 2)
        return self.random.choice(
            (
                self.setting(),
                self.setting(),
                self.setting(),
                Request(["SWAPDB", first, second], ok),
                Request(["BGSAVE"], either(background, in_progress)),
                Request(["SAVE"], either(ok, in_progress)),
                Request(["WAIT", 0, 100], exactly(0)),
                Request(["INFO", "everything"], mentioning(b"# Keyspace")),
                Request(["CLIENT", "LIST"], mentioning(b" name=%s " % self.name.encode())),
                Request(["MEMORY", "STATS"], not_an_error),
                Request(["MEMORY", "PURGE"], ok),
                Request(["SLOWLOG", "GET", 200], list_of(lambda entry: len(entry) == 6)),
                Request(["LATENCY", "HISTOGRAM"], not_an_error),
                Request(["COMMAND"], list_of(not_an_error)),
                Request(["COMMAND", "DOCS"], not_an_error),
                Request(["CONFIG", "GET", "*"], not_an_error),
                Request(["CONFIG", "RESETSTAT"], ok),
                Request(["SLOWLOG", "RESET"], ok),
                Request(["PUBSUB", "CHANNELS"], list_of(matching(b""))),
                Request(["DEBUG", "SLEEP", "0.02"], ok),
            )
        )


class Locksmith(Player):
    """Changes the password while nobody is at the door."""

    ingredients = ("passwords",)

    def live(self):
        client = self.client(is_target=False)
        for _ in range(5):
            self.board.rest(self.random.random())
            if not self.board.going():
                return
            with self.board.door:
                password = self.random.choice((None, f"password-{self.random.randrange(1000)}"))
                client.exchange([Request(["CONFIG", "SET", "requirepass", password or ""], ok)])
                self.board.password = password


class Visitor(Player):
    """Asks by HTTP."""

    ingredients = ("http",)

    def live(self):
        self.random.choice([self.visit] * 8 + [self.wait_around, self.crowd])()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.board.http_port), timeout=30 * wait.FACTOR)
        self.clients.append(connection)
        return connection

    def visit(self):
        path = self.random.choice(("/metrics", "/metrics", "/health", "/ready", "/", "/nowhere"))
        request = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode()
        connection = self.connect()
        cuts = sorted(self.random.randrange(len(request)) for _ in range(self.random.choice((0, 0, 3))))
        # Where many newcomers want in, whoever is slow to ask or to read gives way, and threads here may be slow.
        answer, may_give_way = b"", self.board.has("strangers")
        try:
            for start, end in zip([0, *cuts], [*cuts, len(request)]):
                connection.sendall(request[start:end])
                self.board.rest(0.02 if cuts else 0)
            if self.board.has("half") and self.random.random() < 0.5:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except (TimeoutError, OSError) as error:
            if not may_give_way or answer:
                raise Failure(f"{self.name}: {path}: {error!r} behind {len(answer)} bytes") from None
        if may_give_way and not answer:
            return
        self.board.count("answers by HTTP")
        self.check(path, answer)

    def check(self, path, answer):
        head, _, body = answer.partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.1 (\d+) ", head)
        expected = {"/nowhere": (404,), "/ready": (200, 503)}.get(path, (200,))
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if not status or int(status[1]) not in expected or not length or int(length[1]) != len(body):
            raise Failure(f"{self.name}: {path} was answered {len(answer)} bytes: {shown(answer)}")

    def wait_around(self):
        """A connection that says nothing, or half a request, or something else."""
        connection = self.connect()
        starts = (b"", b"GET /met", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01garbage\r\n\r\n")
        connection.sendall(self.random.choice(starts))
        self.board.rest(self.random.random() * 2)

    def crowd(self):
        if self.board.has("strangers"):
            for _ in range(40):
                self.connect()
            self.visit()


class Vandal(Player):
    """Sends garbage. It gets replies that are RESP, or is shown out, and no harm is done."""

    ingredients = ("garbage",)

    def live(self):
        with Connection(self.board.server.port, timeout=0.3) as connection:
            try:
                connection.send(self.garbage())
                if self.board.has("half") and self.random.random() < 0.5:
                    connection.socket.shutdown(socket.SHUT_WR)
                until = time.monotonic() + 1
                while time.monotonic() < until:
                    connection.read()
            except (Closed, OSError):
                raise Gone from None
            except ProtocolError as error:
                raise Failure(f"{self.name}: {error}") from None

    def garbage(self):
        noise = self.random.randbytes(self.random.choice((1, 20, 3000, 100_000)))
        return self.random.choice(
            (
                noise,
                b"*" + noise,
                b"*3\r\n$3\r\nSET\r\n$-5\r\n",
                b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000000\r\n" + noise,
                b"*2147483647\r\n",
                b"*-1\r\n*0\r\n\r\n\r\n$1\r\n",
                b"PING\r\n" * 50 + noise,
                b"x" * 70_000,
                b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                b"*2\r\n$4\r\nECHO\r\n$3\r\nabcdef\r\n",
                b"*1\r\n$4\r\nPI",
                b'set "unfinished\r\n',
            )
        )
