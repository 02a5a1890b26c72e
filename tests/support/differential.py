# SPDX-License-Identifier: BSD-3-Clause
"""Comparing the replies of two servers: which ones may differ, and in what; what differed, shown with what led to it."""

import os

from . import commands
from .resp import Connection, Map, encode

SEED = os.environ.get("DIFFERENTIAL_SEED", "1")
COUNT = int(os.environ.get("DIFFERENTIAL_COUNT", "4000"))
BATCH = 200
SHOWN = 12


class Masked:
    """Stands in a normal form for a part that may differ, as long as its type does not."""

    def __init__(self, value):
        self.type = type(value)

    def __eq__(self, other):
        return isinstance(other, Masked) and self.type is other.type

    def __repr__(self):
        return f"<any {self.type.__name__}>"


class Near:
    """A number that may be a little more or less; negative ones are answers of their own."""

    def __init__(self, value, tolerance):
        self.value, self.tolerance = value, tolerance

    def __eq__(self, other):
        if min(self.value, other.value) < 0:
            return self.value == other.value
        return abs(self.value - other.value) <= self.tolerance

    def __repr__(self):
        return f"{self.value} +- {self.tolerance}"


def unordered(value):
    return sorted(value) if isinstance(value, list) else value


def scan_reply(value):
    return [value[0], sorted(value[1])] if isinstance(value, list) else value


def small_set_encoding(value):
    """redis-server 7.0 packs no sets but those of integers."""
    return b"hashtable" if value == b"listpack" else value


# Where the cursor is.
SCANS = {"SCAN": 1, "HSCAN": 2, "SSCAN": 2}


def is_whole_scan(command, reply):
    """Not one that starts somewhere or goes on; an error counts as whole."""
    cursor = command[SCANS[words(command)[0]]]
    return not isinstance(reply.value, list) or (str(cursor) == "0" and reply.value[0] == b"0")


def pairs(value):
    """Of a map, or of a list of names and values in turn, in any order."""
    if isinstance(value, Map) or not isinstance(value, list):
        return sorted(value) if isinstance(value, Map) else value
    return sorted(zip(value[0::2], value[1::2]))


def pairs_scan_reply(value):
    return [value[0], pairs(value[1])] if isinstance(value, list) else value


def near(tolerance):
    return lambda value: Near(value, tolerance) if isinstance(value, int) else value


def masked(value):
    return value if isinstance(value, str) else Masked(value)


def masked_list(value):
    return [Masked(each) for each in value] if isinstance(value, list) else value


def words(command):
    return [part.upper() if isinstance(part, str) else part for part in command[:2]]


def same(command, expected, got, normal):
    """Whether two replies to a command may both be right."""
    if expected.raw == got.raw:
        return True
    name = words(command)
    if name[0] in SCANS and not (is_whole_scan(command, expected) and is_whole_scan(command, got)):
        return expected.raw[:1] == got.raw[:1]
    normalise = normal.get(tuple(name)) or normal.get(tuple(name[:1]))
    if not normalise or expected.raw[:1] != got.raw[:1]:
        return False
    return normalise(expected.value) == normalise(got.value)


class Differences:
    """Collects what differed and fails with it at the end."""

    def __init__(self, family):
        self.family, self.shown, self.count = family, [], 0

    def add(self, command, expected, got, before=()):
        self.count += 1
        if len(self.shown) < SHOWN:
            related = [earlier for earlier in before if set(map(str, earlier[1:])) & set(map(str, command[1:]))]
            lines = [f"    after {shorten(earlier)}" for earlier in related[-6:]]
            lines += [f"    sent  {shorten(command)}", f"    redis {shorten(expected)}", f"    here  {shorten(got)}"]
            self.shown.append("\n".join(lines))

    def check(self):
        text = "\n\n".join(self.shown)
        assert not self.count, f"{self.count} differences in {self.family}, DIFFERENTIAL_SEED={SEED}:\n\n{text}"


def shorten(thing, most=300):
    text = repr(getattr(thing, "raw", thing))
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def generate(family, protocol, spoiled):
    generator = commands.Generator(f"{SEED}:{getattr(family, '__name__', 'restore')}:{protocol}")
    while True:
        command = family(generator)
        # Another word may be a time, too, of days even, or how often a field is to be drawn; the least number is a rank in 7.0.
        if generator.chance(spoiled) and command[:2] != ["DEBUG", "SLEEP"] and command[0] not in ("HRANDFIELD", "SRANDMEMBER", "SPOP", "LPOS"):
            command = generator.spoil(command)
        yield [generator.case(command[0]), *command[1:]]


def compare_batches(reference, server, family, protocol, normal, spoiled=0.08, count=COUNT, before=()):
    """Sends batches that each begin with an empty server, so that one difference does not lead to others for long.

    `before` are commands that bring back what a batch may have changed besides data."""
    differences = Differences(f"{getattr(family, '__name__', 'restore')} over RESP{protocol}")
    stream = generate(family, protocol, spoiled)
    for _ in range(count // BATCH):
        batch = [next(stream) for _ in range(BATCH)]
        request = b"".join(encode(*command) for command in batch)
        with Connection(reference.port) as left, Connection(server.port) as right:
            for each in (left, right):
                for command in [["FLUSHALL"], *before, ["HELLO", protocol]]:
                    each(*command)
                each.send(request)
            for index, command in enumerate(batch):
                expected, got = left.read(), right.read()
                if not same(command, expected, got, normal):
                    differences.add(command, expected, got, batch[:index])
                    break
    differences.check()


class Listener:
    """A connection whose messages and replies up to now can be collected."""

    def __init__(self, server, protocol):
        self.connection = Connection(server.port)
        self.connection("HELLO", protocol)
        self.asked = 0

    def collect(self, command=None):
        """Sends a command, and returns all that has arrived when the server answers a PING behind it."""
        self.asked += 1
        mark = b"mark %d" % self.asked
        self.connection.send((encode(*command) if command else b"") + encode("PING", mark))
        arrived = []
        while True:
            reply = self.connection.read()
            if reply.value == mark or reply.value == [b"pong", mark]:
                return arrived
            arrived.append(reply)
