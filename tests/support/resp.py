# SPDX-License-Identifier: BSD-3-Clause
"""A connection that speaks RESP2 and RESP3 and hides nothing: replies keep their type and their exact bytes.

Values map to Python as follows; what Python lacks has a class here, so that `+OK` and `$2 OK`, or a set and an
array, never compare equal by accident.

    +  Status (str)      -  Error        :  int          $  bytes, or None        *  list, or None
    _  Null              ,  float        #  bool         (  BigNumber (int)       =  Verbatim (bytes)
    %  Map (list of pairs)               ~  Set (list)   >  Push (list)           |  attributes: skipped, kept in raw
"""

import socket
import time

from . import wait


class Status(str):
    """A simple string (`+`)."""


class Error(str):
    """An error reply (`-`); its first word is `code`."""

    @property
    def code(self):
        return self.split(" ", 1)[0]


class NullType:
    """RESP3's null (`_`)."""

    def __repr__(self):
        return "Null"


Null = NullType()


class BigNumber(int):
    pass


class Verbatim(bytes):
    """A verbatim string (`=`), without its three letters of format, which are in `format`."""

    format = b""


class Map(list):
    """A map (`%`) as its pairs, in order."""

    def dict(self):
        return dict(self)


class Set(list):
    pass


class Push(list):
    """A message out of band (`>`)."""


class Reply:
    """One reply: its `value` as above and the `raw` bytes it came in."""

    __slots__ = ("value", "raw")

    def __init__(self, value, raw):
        self.value = value
        self.raw = raw

    def __repr__(self):
        return f"Reply({self.raw[:200]!r})"


class ProtocolError(Exception):
    """The server sent something that is not RESP."""


class Closed(Exception):
    """The server closed the connection where a reply was expected."""


def _bytes(argument):
    if isinstance(argument, bytes):
        return argument
    if isinstance(argument, (str, int)):
        return str(argument).encode()
    if isinstance(argument, (bytearray, memoryview)):
        return bytes(argument)
    raise TypeError(f"not an argument: {argument!r}")


def encode(*arguments):
    """A command as a client library sends it: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in map(_bytes, arguments):
        parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
    return b"".join(parts)


class Connection:
    """One client. `timeout` (seconds) bounds each wait for bytes, so that no test hangs. `tls` is an SSLContext."""

    def __init__(self, port=None, host="127.0.0.1", path=None, timeout=20.0, source=None, receive_buffer=None, tls=None):
        family = socket.AF_UNIX if path else socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout * wait.FACTOR)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(str(path) if path else (host, port))
        if not path:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost", suppress_ragged_eofs=False)
        self._buffer = bytearray()
        self._at = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # Sending.

    def send(self, data):
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def send_command(self, *arguments):
        self.send(encode(*arguments))

    # Receiving.

    def _receive(self):
        chunk = self.socket.recv(1 << 20)
        if not chunk:
            raise Closed(bytes(self._buffer[self._at :]))
        self._buffer += chunk

    def _line(self):
        scanned = self._at
        while True:
            end = self._buffer.find(b"\r\n", scanned)
            if end >= 0:
                line = bytes(self._buffer[self._at : end])
                self._at = end + 2
                return line
            scanned = max(self._at, len(self._buffer) - 1)
            self._receive()

    def _exactly(self, count):
        while len(self._buffer) - self._at < count + 2:
            self._receive()
        data = bytes(self._buffer[self._at : self._at + count])
        if self._buffer[self._at + count : self._at + count + 2] != b"\r\n":
            raise ProtocolError(f"{count} bytes do not end in CR LF")
        self._at += count + 2
        return data

    def _value(self):
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return Status(rest.decode("utf-8", "surrogateescape"))
        if kind == b"-":
            return Error(rest.decode("utf-8", "surrogateescape"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._exactly(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self._value() for _ in range(int(rest))]
        if kind == b"_" and not rest:
            return Null
        if kind == b",":
            return float(rest)
        if kind == b"#" and rest in (b"t", b"f"):
            return rest == b"t"
        if kind == b"(":
            return BigNumber(rest)
        if kind == b"=":
            data = self._exactly(int(rest))
            value = Verbatim(data[4:])
            value.format = data[:3]
            return value
        if kind == b"%":
            return Map((self._value(), self._value()) for _ in range(int(rest)))
        if kind == b"~":
            return Set(self._value() for _ in range(int(rest)))
        if kind == b">":
            return Push(self._value() for _ in range(int(rest)))
        if kind == b"|":
            for _ in range(2 * int(rest)):
                self._value()
            return self._value()
        raise ProtocolError(f"no RESP type: {line[:100]!r}")

    def read(self):
        """The next reply or message, as a Reply."""
        # Cut off only when the rest is small or gone: many small replies arrive in one chunk.
        if self._at == len(self._buffer):
            self._buffer.clear()
            self._at = 0
        elif self._at > 1 << 20:
            del self._buffer[: self._at]
            self._at = 0
        start = self._at
        value = self._value()
        return Reply(value, bytes(self._buffer[start : self._at]))

    def read_value(self):
        return self.read().value

    def call(self, *arguments):
        """Sends a command and returns its reply's value."""
        self.send_command(*arguments)
        return self.read().value

    __call__ = call

    def raw(self, *arguments):
        """Sends a command and returns its reply's bytes."""
        self.send_command(*arguments)
        return self.read().raw

    def pipeline(self, commands):
        """Sends all commands at once and returns one value for each."""
        commands = list(commands)
        self.send(b"".join(encode(*command) for command in commands))
        return [self.read().value for _ in commands]

    def read_to_end(self):
        """Everything that arrives until the server closes the connection."""
        data = bytearray(self._buffer[self._at :])
        self._buffer.clear()
        self._at = 0
        while True:
            try:
                chunk = self.socket.recv(1 << 20)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return bytes(data)
            data += chunk

    def is_closed(self, seconds=10.0):
        """Whether the server closes this connection within `seconds`; what arrives before is dropped."""
        before = self.socket.gettimeout()
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.socket.settimeout(left)
                try:
                    if not self.socket.recv(1 << 20):
                        return True
                except (ConnectionResetError, BrokenPipeError):
                    return True
                except TimeoutError:
                    return False
            return False
        finally:
            self.socket.settimeout(before)

    def is_silent(self, seconds=0.2):
        """Whether nothing arrives for `seconds`. Only for what must not come; prefer asking PING behind it."""
        if self._at < len(self._buffer):
            return False
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)
