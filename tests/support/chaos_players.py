# SPDX-License-Identifier: BSD-3-Clause
"""The players of the chaos test: each lives many short lives, with a connection or a few, until the end."""

import threading
import time
import traceback

from . import wait
from .chaos_board import Failure, Gone
from .chaos_client import Client
from .chaos_requests import Request, Requests, exactly, integer, ok, shown
from .resp import Error


class Player:
    """A thread of the game. A subclass's `live` is one life."""

    ingredients = ()

    def __init__(self, board, number):
        self.board = board
        self.name = f"{type(self).__name__.lower()}{number}"
        self.random = board.random(self.name)
        self.life = 0
        self.clients = []
        self.thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def _run(self):
        while self.board.going():
            self.life += 1
            try:
                self.live()
                self.board.count(f"lives of {type(self).__name__}")
            except Gone:
                self.board.count(f"ends of {type(self).__name__}")
            except AssertionError as failure:
                self.board.fail(str(failure))
            except Exception:  # anything else is a failure, too, and must not end in silence
                self.board.fail(f"{self.name}:\n{traceback.format_exc()}")
            finally:
                for client in self.clients:
                    client.close()
                self.clients.clear()

    def client(self, version=None, database=0, is_target=True, role=""):
        version = version or self.random.choice((2, 3))
        client = Client(self.board, self.random, f"{self.name}{role}", version, database, is_target)
        self.clients.append(client)
        return client

    def live(self):
        raise NotImplementedError


class Talker(Player):
    """Asks anything, and leaves in every way there is."""

    def __init__(self, board, number):
        super().__init__(board, number)
        self.requests = Requests(board, self.random, self.name)

    def live(self):
        client = self.client()
        for _ in range(self.random.choice((1, 5, 30))):
            if not self.board.going():
                break
            self.step(client)
        self.leave(client)

    def pipeline(self):
        """What is asked at once."""
        drawn = self.random.random()
        if drawn < 0.15 and self.board.has("transactions"):
            return self.requests.transaction()
        if drawn < 0.25 and self.board.has("replies"):
            return self.requests.with_replies_off()
        return self.requests.some(self.random.choice((1, 3, 10, 40, 40, 250)))

    def step(self, client):
        if self.random.random() < 0.05 and self.board.has("resets"):
            client.log_in_again()
            client.exchange([Request(["CLIENT", "SETNAME", client.name], ok)])
        if client.version == 3 and self.random.random() < 0.05:
            self.ask_for_messages(client)
        requests = self.pipeline()
        self.requests.remember([r for r in requests if r.is_answered], client.exchange(requests))
        client.pushes.clear()

    def ask_for_messages(self, client):
        """From now on messages come between the replies, and never within one."""
        kinds = []
        if self.board.has("tracking"):
            prefix = ["BCAST", "PREFIX", f"{self.name}:"]
            how = self.random.choice(([], ["NOLOOP"], prefix, [*prefix, "NOLOOP"]))
            off, on = ["CLIENT", "TRACKING", "OFF"], ["CLIENT", "TRACKING", "ON", *how]
            kinds.append([Request(off, ok), Request(on, ok)])
        if self.board.has("subscribers"):
            kinds.append([Request(["PSUBSCRIBE", "__keyevent@*__:*"], ok, is_answered=False)])
        if kinds:
            client.expects_pushes = True
            client.exchange(self.random.choice(kinds))

    def leave(self, client):
        endings = [self.say_nothing]
        if self.board.has("endings"):
            endings += [self.quit, self.reset, self.kill_itself]
        if self.board.has("half"):
            endings += [self.half_close] * 3
        if self.board.has("unanswered") and not client.expects_pushes:
            endings += [self.close_unanswered] * 2
        self.random.choice(endings)(client)

    def say_nothing(self, client):
        client.close()

    def quit(self, client):
        requests = [*self.requests.some(5), Request(["QUIT"], ok)]
        client.exchange(requests)
        client.expect_end()

    def reset(self, client):
        client.guarded(lambda: client.begin(self.pipeline()), ends=True)
        client.reset()

    def kill_itself(self, client):
        kill = Request(["CLIENT", "KILL", "ID", client.id, "SKIPME", "no"], exactly(1))
        client.exchange([*self.requests.some(5), kill])
        client.expect_end()

    def half_close(self, client):
        client.exchange([*self.pipeline(), self.requests.echo()], half_close=True)
        client.expect_end()

    def close_unanswered(self, client):
        """Nothing is unread when the connection ends, so all that was sent arrives; the witness hears it."""
        mark = f"{self.name}-{self.life}".encode()
        self.board.leave(client)
        if self.board.is_condemned(client):
            raise Gone
        off = Request(["CLIENT", "REPLY", "OFF"], ok, is_answered=False)
        published = Request(["PUBLISH", "witness", mark], integer())
        client.guarded(lambda: client.begin([off, *self.pipeline(), published]))
        client.close()
        excused = lambda: mark in self.board.witnessed or self.board.is_condemned(client)
        try:
            wait.until(excused, 30, "commands in front of the close are executed")
        except AssertionError:
            raise client.described("what was sent in front of the close was not executed") from None


class Labourer(Talker):
    """A talker most of whose requests take long."""

    def pipeline(self):
        return self.requests.long() if self.random.random() < 0.6 else super().pipeline()


class Witness(Player):
    """Notes what was executed of those who left without reading. Nobody kills it."""

    ingredients = ("unanswered",)

    def live(self):
        client = self.client(version=2, is_target=False)
        client.exchange([Request(["SUBSCRIBE", "witness"], lambda value: value[0] == b"subscribe")])
        # Goes on a little longer than the others: they wait for it.
        while self.board.failure is None and time.monotonic() < self.board.end + 60 * wait.FACTOR:
            kind, _, mark = client.guarded(client.next_reply)
            if kind != b"message":
                raise client.described(f"no message: {kind}")
            self.board.witnessed.add(mark)
            if mark == b"over":
                return


class Framer(Player):
    """Transactions with commands whose replies aren't one each: where the next one starts must stay clear."""

    ingredients = ("frames", "transactions")

    def live(self):
        client = self.client()
        client.expects_pushes = True
        odd = self.random.choice(
            (["SUBSCRIBE", "a", "b", "c"], ["PSUBSCRIBE", "a*", "b*"], ["UNSUBSCRIBE"])
            + (["CLIENT", "REPLY", "OFF"], ["CLIENT", "REPLY", "SKIP"])
        )
        anything = lambda value: True
        queue = [Request(["MULTI"], ok), Request(odd, anything), Request(["PING"], anything)]
        client.exchange(queue)
        mark = f"{self.name}-{self.life}".encode()
        client.guarded(lambda: client.begin([Request(["EXEC"], anything), Request(["PING", mark], anything)]))
        if odd[0] == "CLIENT":
            client.guarded(lambda: client.begin([Request(["CLIENT", "REPLY", "ON"], anything)]))
        client.guarded(lambda: self.expect_frame(client, odd, mark))

    def expect_frame(self, client, odd, mark):
        """EXEC's reply, if it has one, is whole, and nothing in front of the mark is unaccounted for."""
        seen = []
        while True:
            value = client.next_reply()
            seen.append(value)
            if value == mark or value == [b"pong", mark]:
                break
            if odd[0] == "CLIENT" and value == "OK":
                return
            if len(seen) > 5:
                raise Failure(f"{odd} in a transaction: {shown(seen)}")
        aborted = isinstance(seen[0], Error)
        if not aborted and not (isinstance(seen[0], list) and len(seen[0]) == 2 and self.is_pong(seen[0][1])):
            raise Failure(f"{odd} in a transaction: {shown(seen)}")

    def is_pong(self, value):
        return value == "PONG" or value == [b"pong", b""]


class Killer(Player):
    """Ends other clients' connections."""

    ingredients = ("kills",)

    def live(self):
        client = self.client(is_target=False)
        for _ in range(20):
            self.board.rest(self.random.random() * 0.3)
            if not self.board.going():
                return
            if self.random.random() < 0.03:
                self.purge(client)
            if self.random.random() < 0.3 and self.board.has("waits"):
                self.unblock(client)
            victim = self.board.condemn(self.random)
            if not victim:
                continue
            by_address = self.random.random() < 0.3 and self.address(victim)
            # By its id, too: the address may be another's by now.
            how = ["ADDR", by_address] if by_address else []
            client.exchange([Request(["CLIENT", "KILL", "ID", victim.id, *how], integer(0, 1))])

    def unblock(self, client):
        """Ends somebody's WAIT, as its timeout would have."""
        someone = self.board.anyone(self.random)
        if someone:
            client.exchange([Request(["CLIENT", "UNBLOCK", someone.id], integer(0, 1))])

    def address(self, victim):
        try:
            return "%s:%d" % victim.socket.getsockname()
        except OSError:
            return None

    def purge(self, client):
        """All of a kind, not the witness; the locksmith too, but not while the lock is open."""
        with self.board.door:
            self.board.purged_until = float("inf")
            client.exchange([Request(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"], integer())])
            self.board.purged_until = time.monotonic()


class Pauser(Player):
    """Holds all clients up."""

    ingredients = ("pauses",)

    def live(self):
        client = self.client(is_target=False)
        for _ in range(10):
            length = self.random.choice((1, 50, 300, 300, 2500 if self.board.has("timeouts") else 300))
            kind = self.random.choice(("WRITE", "ALL"))
            client.exchange([Request(["CLIENT", "PAUSE", length, kind], ok)])
            self.board.rest(self.random.random() * 0.3)
            if self.random.random() < 0.3:
                client.exchange([Request(["CLIENT", "UNPAUSE"], ok)])
            self.board.rest(length / 1000 + self.random.random())
            if not self.board.going():
                return
