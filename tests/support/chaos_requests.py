# SPDX-License-Identifier: BSD-3-Clause
"""Requests of the chaos test, each with what its reply must look like. Values carry their key's name and a
number, so that a reply to somebody else's request is told from one's own."""

import itertools
import re

from .resp import Error, Null, Status, Verbatim


def shown(value):
    text = repr(value)
    return text if len(text) < 160 else f"{text[:120]}... ({len(text)} characters)"


class Request:
    """A command, the check of its reply, and the codes of errors that it may be refused with."""

    __slots__ = ("arguments", "check", "errors", "is_answered")

    def __init__(self, arguments, check, errors=(), is_answered=True):
        self.arguments, self.check = list(arguments), check
        self.errors, self.is_answered = errors, is_answered

    def accepts(self, value):
        if isinstance(value, Error) and value.code in self.errors:
            return True
        return bool(self.check(value))

    def unanswered(self):
        return Request(self.arguments, self.check, self.errors, is_answered=False)


# Checks.


def ok(value):
    return isinstance(value, Status) and value == "OK"


def queued(value):
    return isinstance(value, Status) and value == "QUEUED"


def nil(value):
    return value is None or value is Null


def exactly(expected):
    return lambda value: type(value) is type(expected) and value == expected


def integer(least=0, most=2**63):
    return lambda value: type(value) is int and least <= value <= most


def mentioning(part):
    """A text for people, with this in it."""
    return lambda value: isinstance(value, (bytes, Verbatim)) and part in value


def value_of(key):
    """What was once written to this key, or nothing."""
    return lambda value: nil(value) or (isinstance(value, bytes) and value.startswith(key + b"="))


def error_with(part):
    return lambda value: isinstance(value, Error) and part in value


def either(*checks):
    return lambda value: any(check(value) for check in checks)


def list_of(check, length=None):
    return lambda value: type(value) is list and length in (None, len(value)) and all(map(check, value))


def each(*checks):
    """A list of one reply for each check."""

    def check_all(value):
        if type(value) is not list or len(value) != len(checks):
            return False
        return all(check(one) for check, one in zip(checks, value))

    return check_all


def matching(pattern):
    return lambda value: isinstance(value, bytes) and re.match(pattern, value, re.DOTALL)


def page_of(check):
    """A reply of SCAN."""
    return each(matching(rb"\d+$"), list_of(check))


def not_an_error(value):
    return not isinstance(value, Error)


class Requests:
    """Draws requests for one client. `name` is part of all keys of its own."""

    def __init__(self, board, chooser, name):
        self.board, self.random, self.name = board, chooser, name
        self.numbers = itertools.count(1)
        # A write is refused when memory is short.
        self.full = ("OOM",) if board.has("memory") else ()
        self.kinds = [self.echo, self.read, self.write] * 2
        self.kinds += [self.about_key, self.several, self.counter, self.once, self.bits]
        self.kinds += [self.about_me, self.about_server, self.wrong]
        self.saved_dump = None

    def number(self):
        return next(self.numbers)

    def key(self, count=12):
        return f"{self.name}:{self.random.randrange(count)}".encode()

    def value(self, key):
        size = self.random.choice((0, 3, 40, 40, 600, 5000))
        return b"%s=%d=%s" % (key, self.number(), b"x" * size)

    def one(self):
        return self.random.choice(self.kinds)()

    def some(self, most):
        return [self.one() for _ in range(self.random.randint(1, most))]

    # Small ones.

    def echo(self):
        mark = f"{self.name}-{self.number()}".encode()
        return Request([self.random.choice(("ECHO", "PING")), mark], exactly(mark))

    def read(self):
        key = self.key()
        return self.random.choice(
            (
                Request(["GET", key], value_of(key)),
                Request(["GETEX", key, "PX", 5000], value_of(key)),
                Request(["GETDEL", key], value_of(key)),
                Request(["GETRANGE", key, 0, len(key)], either(exactly(b""), exactly(key + b"="))),
                Request(["STRLEN", key], integer()),
            )
        )

    def write(self):
        key = self.key()
        value = self.value(key)
        command, check = self.random.choice(
            (
                (["SET", key, value], ok),
                (["SET", key, value, "PX", self.random.choice((1, 50, 3000))], ok),
                (["SET", key, value, "GET"], value_of(key)),
                (["SET", key, value, "NX"], either(ok, nil)),
                (["SETEX", key, 100, value], ok),
                (["GETSET", key, value], value_of(key)),
                (["MSET", key, value, key + b"+", key + b"+=1"], ok),
                (["SETNX", key, value], integer(0, 1)),
                (["APPEND", key + b"+", key + b"+=2"], integer(1)),
            )
        )
        return Request(command, check, self.full)

    def several(self):
        keys = [self.key() for _ in range(self.random.randint(1, 6))]
        return self.random.choice(
            (
                Request(["MGET", *keys], each(*map(value_of, keys))),
                Request(["EXISTS", *keys], integer(0, len(keys))),
                Request(["UNLINK", *keys[:2]], integer(0, 2)),
                Request(["DEL", *keys[:2]], integer(0, 2)),
            )
        )

    def about_key(self):
        key = self.key()
        return self.random.choice(
            (
                Request(["TTL", key], integer(-2, 100)),
                Request(["EXPIRE", key, 100], integer(0, 1)),
                Request(["PERSIST", key], integer(0, 1)),
                Request(["TYPE", key], either(exactly(Status("string")), exactly(Status("none")))),
                Request(["OBJECT", "ENCODING", key], either(nil, matching(rb"(raw|embstr|int)$"))),
                Request(["MEMORY", "USAGE", key], either(nil, integer(1))),
                Request(["SCAN", 0, "MATCH", f"{self.name}:*"], page_of(matching(self.name.encode()))),
            )
        )

    def counter(self):
        key = f"{self.name}:counter".encode()
        return Request(self.random.choice((["INCR", key], ["INCRBY", key, 2])), integer(1), self.full)

    def once(self):
        """What shows when it is done twice."""
        key = f"{self.name}:once:{self.number()}".encode()
        command, check = self.random.choice(
            (
                (["INCRBY", key, 7], exactly(7)),
                (["APPEND", key, b"three"], exactly(5)),
                (["SETNX", key, b"1"], exactly(1)),
                (["SET", key, b"1", "EX", 5, "NX"], ok),
            )
        )
        return Request(command, check, self.full)

    def bits(self):
        key = f"{self.name}:bits".encode()
        return self.random.choice(
            (
                Request(["SETBIT", key, self.random.randrange(10000), 1], integer(0, 1), self.full),
                Request(["BITCOUNT", key], integer(0, 10000)),
                Request(["BITOP", "NOT", key + b":not", key], integer(0, 1250), self.full),
                Request(["BITFIELD", key, "GET", "u8", 0], list_of(integer(0, 255), 1), self.full),
            )
        )

    def about_me(self):
        return self.random.choice(
            (
                Request(["CLIENT", "GETNAME"], exactly(self.name.encode())),
                Request(["CLIENT", "INFO"], mentioning(b" name=%s " % self.name.encode())),
                Request(["SELECT", self.random.randrange(3)], ok),
                Request(["PUBLISH", f"{self.name}-channel", "x"], integer()),
            )
        )

    def about_server(self):
        return self.random.choice(
            (
                Request(["DBSIZE"], integer()),
                Request(["RANDOMKEY"], either(nil, matching(b""))),
                Request(["TIME"], list_of(matching(rb"\d+$"), 2)),
                Request(["WAIT", 1 if self.board.has("waits") else 0, 30], exactly(0)),
                Request(["COMMAND", "COUNT"], integer(100)),
                Request(["LASTSAVE"], integer(1)),
                Request(["INFO", "clients"], mentioning(b"connected_clients:")),
            )
        )

    def wrong(self):
        mark = f"{self.name}-{self.number()}"
        return self.random.choice(
            (
                Request([mark, "x"], error_with(f"'{mark}'")),
                Request(["GET"], error_with("wrong number of arguments for 'get'")),
                Request(["SET", "k", "v", mark], error_with("syntax error"), self.full),
                Request(["INCRBY", "k", mark], error_with("not an integer"), self.full),
            )
        )

    # Work that takes long.

    def large(self):
        """Work on strings of some megabytes."""
        key = f"{self.name}:large".encode()
        bit = self.random.choice((1, 4, 24)) * 8_000_000 + self.random.randrange(1000)
        payload = self.saved_dump or b"no dump"
        restored = ok if self.saved_dump else error_with("DUMP payload version or checksum are wrong")
        command, check = self.random.choice(
            (
                (["SETBIT", key, bit, 1], integer(0, 1)),
                (["SETBIT", key, bit, 1], integer(0, 1)),
                (["BITCOUNT", key], integer()),
                (["BITCOUNT", key, 0, -1, "BIT"], integer()),
                (["BITPOS", key, 1, 1], integer(-1)),
                (["BITOP", "OR", key + b":or", key, key + b":missing"], integer()),
                (["BITOP", "NOT", key + b":not", key], integer()),
                (["SETRANGE", key, bit // 8, "range"], integer(5)),
                (["GETRANGE", key, 0, 2_000_000], matching(b"")),
                (["APPEND", key, b"y" * 100_000], integer(1)),
                (["COPY", key, key + b":copy", "REPLACE"], integer(0, 1)),
                (["DUMP", key], either(nil, matching(b""))),
                (["RESTORE", key, 0, payload, "REPLACE"], restored),
                (["UNLINK", key], integer(0, 1)),
                (["DEL", key + b":or", key + b":not", key + b":copy"], integer(0, 3)),
                (["STRLEN", key], integer()),
            )
        )
        return Request(command, check, self.full)

    def subsequence(self):
        """What LCS needs, and LCS."""
        first, second = f"{self.name}:lcs1".encode(), f"{self.name}:lcs2".encode()
        size = self.random.choice((100, 1000, 6000))
        text1, text2 = (bytes(self.random.choices(b"abcd", k=size)) for _ in range(2))
        return [
            Request(["MSET", first, text1, second, text2], ok, self.full),
            Request(["LCS", first, second, "LEN"], integer(0, 6000)),
            Request(["LCS", first, second], matching(rb"[abcd]*$"), self.full),
        ]

    def many(self):
        """Work on many keys."""
        size = self.random.choice((1000, 30_000, 100_000))
        prefix = f"many{self.random.randrange(3)}"
        drawn = [
            Request(["DEBUG", "POPULATE", size, prefix], ok, self.full),
            Request(["DEBUG", "POPULATE", size, prefix], ok, self.full),
            Request(["KEYS", f"{prefix}:*"], list_of(matching(prefix.encode() + b":"))),
            Request(["KEYS", "*:9999"], list_of(matching(b".*:9999$"))),
            Request(["SCAN", 0, "COUNT", 200_000, "MATCH", "many*"], page_of(matching(b"many"))),
            Request(["SCAN", 0, "COUNT", 5000], page_of(matching(b""))),
            Request(["EXISTS", *(f"{prefix}:{number}" for number in range(2000))], integer(0, 2000)),
            Request(["UNLINK", *(f"{prefix}:{number}" for number in range(2000))], integer(0, 2000)),
        ]
        if self.board.has("flushes"):
            how = self.random.choice(([], ["SYNC"], ["ASYNC"]))
            drawn += [Request(["FLUSHALL", *how], ok), Request(["FLUSHDB", *how], ok)]
        if self.board.has("sessions"):
            drawn += [Request(["SESSION.TOP"], not_an_error), Request(["SESSION.STATS"], not_an_error)]
        return self.random.choice(drawn)

    def long(self):
        """A request or a few that take long, with small ones around them."""
        kinds = [kind for kind in ("large", "many") if self.board.has(kind)]
        if not kinds:
            return self.some(3)
        if kinds[0] == "large" and self.random.random() < 0.1:
            return [*self.subsequence(), self.echo()]
        chosen = [getattr(self, self.random.choice(kinds))() for _ in range(self.random.randint(1, 2))]
        return [*self.some(2), *chosen, self.echo(), *self.some(2)]

    def remember(self, requests, values):
        """Keeps what DUMP said, for RESTORE."""
        for request, value in zip(requests, values):
            if request.arguments[0] == "DUMP" and isinstance(value, bytes) and len(value) < 5_000_000:
                self.saved_dump = value

    # Several that belong together.

    def transaction(self):
        """MULTI ... EXEC or DISCARD, maybe with WATCH; maybe large work in it."""
        drawn = self.random.random()
        if drawn < 0.2:
            return self._transaction(*self.random.choice((self._consecutive, self._read_back))())
        body = self.some(6)
        if drawn < 0.4:
            body += [request for request in self.long() if request.arguments[0] != "DEBUG"]
        done = each(*(request.accepts for request in body))
        kind = self.random.choice((self._transaction, self._transaction, self._watched, self._discarded))
        return kind(body, done)

    def _transaction(self, body, done):
        broken = any(not self._is_queued(request) for request in body)
        check = error_with("EXECABORT") if broken else done
        end = Request(["EXEC"], check, ("EXECABORT", "OOM") if self.full else ())
        return [Request(["MULTI"], ok), *map(self._queued, body), end]

    def _discarded(self, body, _):
        return [Request(["MULTI"], ok), *map(self._queued, body), Request(["DISCARD"], ok)]

    def _watched(self, body, done):
        """Something else changed what is watched; or maybe; or never."""
        key = self.key()
        touched = Request(["SET", key, self.value(key)], ok, self.full)
        watched, between, check = self.random.choice(
            (
                ([key], [touched], either(nil, done) if self.full else nil),
                ([key, self.key()], [self.write()], either(nil, done)),
                ([f"{self.name}:never"], [touched], done),
            )
        )
        return [Request(["WATCH", *watched], ok), *between, *self._transaction(body, check)]

    def _consecutive(self):
        """Everybody counts here, but nobody in between."""
        body = [Request(["INCR", "everybody:counter"], integer(1), self.full)] * 3
        return body, lambda value: len(value) == 3 and value == list(range(value[0], value[0] + 3))

    def _read_back(self):
        key = self.key()
        value = self.value(key)
        body = [Request(["SET", key, value], ok, self.full), Request(["GET", key], value_of(key))]
        return body, each(ok, exactly(value))

    def _is_queued(self, request):
        """Unknown commands and wrong numbers of arguments are refused at once."""
        return not request.arguments[0].startswith(self.name) and request.arguments != ["GET"]

    def _queued(self, request):
        return Request(request.arguments, queued, self.full) if self._is_queued(request) else request

    def with_replies_off(self):
        """Some requests that nothing is said to, behind and before those that are answered."""
        silent = [request.unanswered() for request in self.some(5)]
        if self.random.random() < 0.5:
            off = Request(["CLIENT", "REPLY", "OFF"], ok, is_answered=False)
            return [self.echo(), off, *silent, Request(["CLIENT", "REPLY", "ON"], ok), self.echo()]
        skip = Request(["CLIENT", "REPLY", "SKIP"], ok, is_answered=False)
        return [self.echo(), skip, silent[0], self.echo()]

