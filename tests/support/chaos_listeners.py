# SPDX-License-Identifier: BSD-3-Clause
"""Players of the chaos test who are told what others do: subscribers, monitors, and those who track keys."""

import re
import time

from .chaos_board import Failure
from .chaos_players import Player
from .chaos_requests import Request, exactly, nil, ok, shown
from .resp import Error, Push, Status


class Subscriber(Player):
    """Gets what is published, all of it, in order."""

    ingredients = ("subscribers",)

    def live(self):
        listener, speaker = self.client(role="-ear"), self.client(role="-mouth")
        listener.expects_pushes = True
        kind = self.random.choice((b"", b"p", b"s"))
        channel = f"{self.name}.{self.life}".encode()
        said = channel + b"*" if kind == b"p" else channel
        head = [kind + b"message", said] if kind == b"p" else [kind + b"message"]
        listener.guarded(lambda: listener.begin([Request([kind + b"subscribe", said], ok)]))
        self.expect(listener, [kind + b"subscribe", said, 1])
        publish = "SPUBLISH" if kind == b"s" else "PUBLISH"
        for number in range(self.random.randint(1, 10)):
            texts = [b"%d-%d" % (number, each) for each in range(self.random.choice((1, 5, 30)))]
            is_one = lambda value: value == 1 or self.board.is_excused(listener)
            speaker.exchange([Request([publish, channel, text], is_one) for text in texts])
            for text in texts:
                self.expect(listener, [*head, channel, text])

    def expect(self, listener, message):
        value = listener.guarded(listener.read_value)
        listener.active_at = time.monotonic()
        kind = Push if listener.version == 3 else list
        if type(value) is not kind or value != message:
            raise listener.described(f"expected the message {message}, got {shown(value)}")


class Listener(Player):
    """Gets keyspace notifications, in whatever mass they come."""

    ingredients = ("subscribers",)

    def live(self):
        listener = self.client(version=self.random.choice((2, 3)))
        listener.expects_pushes = True
        patterns = self.random.choice(([b"__key*@*__:*"], [b"__keyevent@*__:expired", b"__keyspace@0__:*"]))
        listener.guarded(lambda: listener.begin([Request(["PSUBSCRIBE", *patterns], ok)]))
        for count, pattern in enumerate(patterns, 1):
            value = listener.guarded(listener.read_value)
            if value != [b"psubscribe", pattern, count]:
                raise listener.described(f"not subscribed: {shown(value)}")
        until = time.monotonic() + self.random.random() * 5
        while self.board.going() and time.monotonic() < until:
            # A message of its own, so that it never waits in vain.
            listener.guarded(lambda: listener.begin([Request(["PING", "mark"], ok)]))
            while listener.guarded(lambda: self.message(listener, patterns)):
                pass

    def message(self, listener, patterns):
        value = listener.read_value()
        listener.active_at = time.monotonic()
        if value == b"mark" or value == [b"pong", b"mark"]:
            return False
        good = isinstance(value, Push if listener.version == 3 else list) and len(value) == 4
        if not good or value[0] != b"pmessage" or value[1] not in patterns:
            raise Failure(f"no notification: {shown(value)}")
        if not re.match(rb"__key(space|event)@\d+__:", value[2]):
            raise Failure(f"no notification: {shown(value)}")
        return True


class Monitor(Player):
    """Sees all commands, its own player's ones once each and in order."""

    ingredients = ("monitors",)
    line = re.compile(r'\d+\.\d{6} \[\d+ [^\]]+\] ".*"$', re.DOTALL)

    def live(self):
        watcher, speaker = self.client(role="-eye"), self.client(role="-mouth")
        watcher.exchange([Request(["MONITOR"], ok)])
        if self.random.random() < 0.2:
            # One that doesn't read.
            self.board.rest(self.random.random() * 3)
            return
        for number in range(self.random.randint(1, 20)):
            marks = [f"{self.name}-{self.life}-{number}-{each}" for each in range(10)]
            speaker.exchange([Request(["ECHO", mark], exactly(mark.encode())) for mark in marks])
            for mark in marks:
                self.expect(watcher, mark)

    def expect(self, watcher, mark):
        while True:
            value = watcher.guarded(watcher.read_value)
            watcher.active_at = time.monotonic()
            if not isinstance(value, Status) or not self.line.match(value):
                raise watcher.described(f"no line of MONITOR: {shown(value)}")
            if f'"{self.name}-{self.life}-' in value and '"ECHO"' in value:
                if f'"{mark}"' not in value:
                    raise watcher.described(f"MONITOR shows {shown(value)}, expected {mark}")
                return


class Tracker(Player):
    """Keeps in mind what it read. What somebody changed since, the server tells."""

    ingredients = ("tracking",)
    # SWAPDB invalidates nothing: away from the databases that are swapped.
    database = 5

    def live(self):
        self.full = ("OOM",) if self.board.has("memory") else ()
        self.writer = self.client(database=self.database, role="-writer")
        self.broadcast = self.random.random() < 0.3
        self.redirected = self.random.random() < 0.3
        self.ear = self.reader = self.client(version=None if self.redirected else 3, database=self.database)
        self.on_request = not self.broadcast and self.random.random() < 0.3
        prefix = ["BCAST", "PREFIX", f"{self.name}:"]
        options = prefix if self.broadcast else ["OPTIN"] if self.on_request else []
        if self.redirected:
            self.ear = self.client(role="-ear")
            self.ear.expects_pushes = True
            self.ear.guarded(self.subscribe)
            options += ["REDIRECT", self.ear.id]
        self.reader.expects_pushes = True
        self.heard = []
        tracking = lambda value: ok(value) or self.board.is_excused(self.ear)
        self.reader.exchange([Request(["CLIENT", "TRACKING", "ON", *options], tracking)])
        for number in range(self.random.choice((1, 10, 40))):
            if not self.board.going():
                break
            self.change_what_was_read(number)
        if self.random.random() < 0.5:
            self.reader.exchange([Request(["CLIENT", "TRACKING", "OFF"], ok)])

    def subscribe(self):
        self.ear.begin([Request(["SUBSCRIBE", "__redis__:invalidate"], ok)])
        value = self.ear.read_value()
        if value != [b"subscribe", b"__redis__:invalidate", 1]:
            raise Failure(f"not subscribed: {shown(value)}")

    def change_what_was_read(self, number):
        key = f"{self.name}:{self.random.randrange(4)}".encode()
        if self.board.has("large") and self.random.random() < 0.2:
            key += b":large"
            read, change = ["BITCOUNT", key], ["SETBIT", key, 8_000_000 * 16 + number, 1]
        else:
            read, change = ["GET", key], ["SET", key, b"%s=%d" % (key, number)]
        anything = lambda value: not isinstance(value, Error) or value.code in self.full
        # The reader's request is under way while the writer's runs.
        remember = [Request(["CLIENT", "CACHING", "YES"], ok)] if self.on_request else []
        reading, before = [*remember, Request(read, anything)], len(self.heard)
        self.reader.guarded(lambda: self.reader.begin(reading))
        self.writer.exchange([Request(change, anything, self.full)] * self.random.choice((1, 1, 3)))
        kept = self.reader.guarded(lambda: self.reader.finish(reading))[-1]
        self.hear()
        current = self.writer.exchange([Request(read, anything)])[0]
        self.hear()
        same = kept == current or (nil(kept) and nil(current))
        if not same and not any(keys is None or key in keys for keys in self.heard[before:]):
            change = f"{shown(kept)} of {key} became {shown(current)}"
            raise self.reader.described(f"{change}, and nobody said so: {self.heard[-3:]}")

    def hear(self):
        """Takes all invalidations that were sent until now."""
        self.reader.synchronise()
        if self.ear is not self.reader:
            self.ear.guarded(self.hear_redirected)
        for push in self.reader.pushes:
            if push[0] == b"invalidate":
                self.heard.append(None if nil(push[1]) else push[1])
            elif push[0] != b"tracking-redir-broken":
                raise self.reader.described(f"no invalidation: {shown(push)}")
            elif not self.board.is_excused(self.ear):
                raise self.reader.described("redirection broken")
        self.reader.pushes.clear()

    def hear_redirected(self):
        self.ear.begin([Request(["PING", "mark"], ok)])
        while True:
            value = self.ear.read_value()
            if value == b"mark" or value == [b"pong", b"mark"]:
                return
            head = [b"invalidate"] if self.ear.version == 3 else [b"message", b"__redis__:invalidate"]
            if value[:-1] != head:
                raise Failure(f"no invalidation: {shown(value)}")
            self.heard.append(None if nil(value[-1]) else value[-1])
