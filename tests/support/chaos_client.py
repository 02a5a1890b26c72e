# SPDX-License-Identifier: BSD-3-Clause
"""A client of the chaos test: sends requests cut at random places, and lets no reply pass but its own."""

import collections
import select
import socket
import struct
import threading
import time

from . import wait
from .chaos_board import Failure, Gone
from .chaos_requests import Request, error_with, exactly, not_an_error, ok, shown
from .resp import Closed, Connection, ProtocolError, Push, Status, encode

# What a client that tracks keys or has subscribed is sent.
MESSAGES = {b"invalidate", b"tracking-redir-broken"}
MESSAGES |= {p + kind for kind in (b"message", b"subscribe", b"unsubscribe") for p in (b"", b"p")}


class Client(Connection):
    """A connection that has said who it is. Its end is Gone if the server had a reason, else Failure."""

    def __init__(self, board, chooser, name, version=2, database=0, is_target=True):
        self.board, self.random, self.name, self.version = board, chooser, name, version
        self.history = collections.deque(maxlen=30)
        self.pushes, self.awaited = [], None
        self.expects_pushes = self.is_half_closed = False
        self.id = None
        self.opened_at = self.active_at = time.monotonic()
        self.silence = 0.0
        with board.door:
            super().__init__(board.server.port, timeout=40)
            self._log_in()
        self.id = self.ask("CLIENT", "ID")
        if database:
            self.exchange([Request(["SELECT", database], ok)])
        if is_target:
            board.enter(self)

    def _log_in(self):
        password = self.board.password
        if password:
            self.exchange([Request(["ECHO", "x"], error_with("NOAUTH "))])
        by_hello = password and self.random.random() < 0.5
        if password and not by_hello:
            self.exchange([Request(["AUTH", password], ok)])
        login = ["AUTH", "default", password] if by_hello else []
        hello = ["HELLO", self.version, *login, "SETNAME", self.name]
        self.exchange([Request(hello, not_an_error)])

    def log_in_again(self):
        """RESET, or HELLO with the other protocol. Messages end with the former only."""
        with self.board.door:
            if self.expects_pushes or self.random.random() < 0.5:
                self.exchange([Request(["RESET"], exactly(Status("RESET")))])
                self.expects_pushes = False
                self.version = self.random.choice((2, 3))
                self._log_in()
            else:
                self.version = 5 - self.version
                self.exchange([Request(["HELLO", self.version], not_an_error)])

    def close(self):
        if self.id is not None:
            self.board.leave(self)
        super().close()

    def reset(self):
        """Ends the connection by RST."""
        self.board.leave(self)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        super().close()

    # Sending.

    def send_in_pieces(self, data):
        """Sends at most a few pieces, and takes what arrives meanwhile: neither side waits for the other."""
        now = time.monotonic()
        self.silence, self.active_at = now - self.active_at, now
        cuts = sorted(self.random.randrange(len(data)) for _ in range(self.random.choice((0, 0, 0, 1, 2, 5))))
        view = memoryview(data)
        for start, end in zip([0, *cuts], [*cuts, len(data)]):
            self._send_piece(view[start:end])
            if end < len(data):
                time.sleep(self.random.choice((0, 0.0002, 0.003)))
        self.active_at = time.monotonic()

    def _send_piece(self, piece):
        while piece:
            readable, writable, _ = select.select([self.socket], [self.socket], [], 40 * wait.FACTOR)
            if readable:
                self._receive()
            elif writable:
                piece = piece[self.socket.send(piece[: 1 << 16]) :]
            else:
                raise TimeoutError("the server takes no bytes")

    def _receive(self):
        # What lay there already may have come long ago: the server has heard nothing since.
        has_waited = not select.select([self.socket], [], [], 0)[0]
        super()._receive()
        if has_waited:
            self.active_at = time.monotonic()

    # Asking.

    def exchange(self, requests, half_close=False):
        """Sends requests at once and checks one reply for each; returns the replies' values."""
        return self.guarded(lambda: self._exchange(requests, half_close))

    def _exchange(self, requests, half_close):
        self.begin(requests)
        if half_close:
            self.socket.shutdown(socket.SHUT_WR)
            self.is_half_closed = True
        return self.finish(requests)

    def begin(self, requests):
        for request in requests:
            self.history.append(f"sent {shown(request.arguments)}")
        self.send_in_pieces(b"".join(encode(*request.arguments) for request in requests))

    def finish(self, requests):
        values = []
        for request in requests:
            if not request.is_answered:
                continue
            self.awaited = request
            value = self.next_reply()
            self.history.append(f"got {shown(value)} to {shown(request.arguments[0])}")
            if not request.accepts(value):
                raise Failure(f"{shown(request.arguments)} was answered {shown(value)}")
            values.append(value)
            self.board.count("replies")
        return values

    def ask(self, *arguments):
        """One command, whose reply the caller looks at."""
        return self.exchange([Request(arguments, lambda value: True)])[0]

    def next_reply(self):
        while True:
            value = self.read_value()
            if not isinstance(value, Push):
                return value
            if not self.expects_pushes or self.version != 3 or value[0] not in MESSAGES:
                raise Failure(f"a message that nobody asked for: {shown(value)}")
            self.pushes.append(value)

    def synchronise(self):
        """Returns when all that the server had to say until now has arrived; the messages are in `pushes`."""
        mark = f"{self.name}-{self.random.random()}".encode()
        self.exchange([Request(["ECHO", mark], exactly(mark))])

    def expect_end(self):
        """All replies were read: nothing else arrives, only the end."""
        self.guarded(self._expect_end, ends=True)

    def _expect_end(self):
        rest = self.read_to_end()
        # Messages may come until the very end.
        if rest and not self.expects_pushes:
            raise Failure(f"left over: {rest[:200]!r}")

    def guarded(self, action, ends=False):
        """Does it; tells endings that the server had a reason for from those that it hadn't."""
        try:
            return action()
        except (Closed, ConnectionError) as error:
            if self.board.is_excused(self) or ends:
                raise Gone from None
            raise self.described(f"lost its connection: {error!r}"[:300]) from None
        except TimeoutError:
            if self.board.is_condemned(self):
                raise Gone from None
            raise self.described("no reply in time") from None
        except (Failure, ProtocolError) as error:
            raise self.described(repr(error)) from None

    def described(self, what):
        """A Failure that says what led to it."""
        thread = threading.current_thread().name
        awaited = [f"awaits {shown(self.awaited.arguments)}"] if self.awaited else []
        awaited += ["is half-closed"] if self.is_half_closed else []
        lines = "\n    ".join([*self.history, *awaited])
        return Failure(f"{thread}: client {self.id} (RESP{self.version}, {self.name}): {what}\n    {lines}")
