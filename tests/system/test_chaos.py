# SPDX-License-Identifier: BSD-3-Clause
"""Everything at once: many clients do all they can at random, and each gets its own replies, all of them.

CHAOS_SECONDS is how long (15; `make asan` takes five minutes), CHAOS_SEED repeats a game's draws,
CHAOS_WITHOUT and CHAOS_ONLY leave ingredients out (see chaos_board.INGREDIENTS)."""

import re

import pytest

from support import ports, wait
from support.chaos_board import SECONDS, SEED, Board, ingredients
from support.chaos_listeners import Listener, Monitor, Subscriber, Tracker
from support.chaos_officials import Administrator, Locksmith, Vandal, Visitor
from support.chaos_players import Framer, Killer, Labourer, Pauser, Talker, Witness

pytestmark = pytest.mark.timeout(SECONDS * 2 + 120 * wait.FACTOR)

# What redis-server doesn't know or does worse: CLIENT UNBLOCK of a paused client ends 7.0.15.
BEYOND_REDIS = {"http", "strangers", "sessions", "half", "unanswered", "waits", "frames"}

CAST = {
    Witness: 1,
    Talker: 7,
    Labourer: 3,
    Framer: 1,
    Subscriber: 2,
    Listener: 1,
    Monitor: 2,
    Tracker: 3,
    Killer: 1,
    Pauser: 1,
    Administrator: 1,
    Locksmith: 1,
    Visitor: 2,
    Vandal: 1,
}

CALM = {"maxmemory": 0, "timeout": 0, "requirepass": "", "notify-keyspace-events": ""}


@pytest.fixture
def http_port():
    port = ports.reserve()
    yield port
    ports.release(port)


def cast(board):
    """The players whose ingredients are there."""
    roles = [(kind, number) for kind, count in CAST.items() for number in range(count)]
    return [kind(board, number) for kind, number in roles if board.has(*kind.ingredients)]


def play(board):
    """Lets all players play until the end, or until something is wrong."""
    players = cast(board)
    for player in players:
        player.thread.start()
    wait.until(lambda: not board.going(), SECONDS + 10, interval=0.1)
    # Whoever is in the middle of something may end it; the witness is left for those who need it.
    *others, witness = sorted(players, key=lambda player: isinstance(player, Witness))
    over = lambda: board.failure or not any(player.thread.is_alive() for player in others)
    wait.until(over, 90, lambda: f"hang: {[player.name for player in others if player.thread.is_alive()]}")
    if isinstance(witness, Witness) and not board.failure:
        with board.server.connect() as client:
            client("AUTH", board.password or "none")
            client("PUBLISH", "witness", "over")
    witness.thread.join(20 * wait.FACTOR if not board.failure else 0)


def keys_counted(client):
    """DBSIZE of each database, and what SCAN finds there."""
    counts = []
    for database in range(16):
        assert client("SELECT", database) == "OK"
        found, cursor = set(), b"0"
        while True:
            cursor, keys = client("SCAN", cursor, "COUNT", 10_000)
            found.update(keys)
            if cursor == b"0":
                break
        counts.append((client("DBSIZE"), len(found)))
    return counts


def figure(client, name):
    return int(re.search(rb"\n%s:(\d+)" % name, client("INFO", "everything"))[1])


def sizes_agree(client):
    return all(size == found for size, found in keys_counted(client))


def expect_peace(board):
    """After all have left: alive, consistent, and with the memory given back."""
    with board.server.connect(timeout=60) as client:
        if board.password:
            assert client("AUTH", board.password) == "OK"
        client("CLIENT", "UNPAUSE")
        for name, value in CALM.items():
            assert client("CONFIG", "SET", name, value) == "OK"
        assert client("PING") == "PONG"
        wait.until(lambda: figure(client, b"connected_clients") == 1, what="all clients are gone")
        # Keys that are over are counted until they are removed.
        wait.until(lambda: sizes_agree(client), 30, lambda: f"DBSIZE is SCAN's: {keys_counted(client)}")
        assert client("FLUSHALL", "SYNC") == "OK"
        used, most = lambda: figure(client, b"used_memory"), board.memory_before + 8_000_000
        wait.until(lambda: used() < most, what=lambda: f"{used()} bytes in use, more than {most}")
        assert figure(client, b"blocked_clients") == 0


def test_everybody_gets_their_own_replies_whatever_happens(launch, http_port, under_test_is_redis):
    allowed = ingredients() - (BEYOND_REDIS if under_test_is_redis else set())
    options = {"enable-debug-command": "yes"} | ({"http-port": http_port} if "http" in allowed else {})
    server = launch(options)
    board = Board(server, http_port, SECONDS, SEED, allowed)
    with server.connect() as client:
        board.memory_before = figure(client, b"used_memory")
    play(board)
    counts = ", ".join(f"{what}: {count}" for what, count in sorted(board.counts.items()))
    print(f"CHAOS_SEED={SEED}: {counts}")
    if not server.is_running():
        board.fail("the server ended")
        board.failure += f"\n{server.log_tail()}"
    if board.failure:
        pytest.fail(f"CHAOS_SEED={SEED}: {board.failure}", pytrace=False)
    expect_peace(board)
    server.stop()
