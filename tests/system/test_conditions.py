# SPDX-License-Identifier: BSD-3-Clause
"""Locks, updates and limits without a script: what README.md shows is run, by several at once."""

import re
import threading

import pytest
import redis

from support.server import ROOT

pytestmark = pytest.mark.beyond_redis

HEADING = "## Locks, lost updates and limits without a script"


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def shown(request, server):
    """The functions of README.md's example, on this server."""
    text = (ROOT / "README.md").read_text().split(HEADING)[1].split("\n## ")[0]
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    ") or not line)
    url = f"redis://127.0.0.1:{server.port}/0?protocol={request.param}"
    code, count = re.subn(r'"redis://:password@[^"]*"', repr(url), code)
    assert count == 1, "README.md's example names another URL"
    names = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102
    yield names
    names["r"].close()


def _at_once(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_holds_the_lock_at_a_time(shown):
    inside, most, rounds = [0], [0], [0]

    def work():
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        shown["r"].ping()
        inside[0] -= 1
        rounds[0] += 1

    def worker():
        taken = 0
        while taken < 20:
            taken += shown["with_lock"]("lock:report", work)

    _at_once(worker, 4)
    assert (most, rounds) == ([1], [80])
    assert shown["r"].exists("lock:report") == 0


def test_a_lock_that_is_another_s_stays(shown):
    r = shown["r"]
    assert shown["with_lock"]("lock", lambda: r.set("lock", "another's")) is True
    assert r.get("lock") == "another's"
    assert shown["with_lock"]("lock", lambda: None) is False
    assert r.execute_command("SET", "lock", "mine", "IFEQ", "mine", "PX", 30000) is None
    assert r.execute_command("DELIFEQ", "lock", "mine") == 0
    assert r.execute_command("DELIFEQ", "lock", "another's") == 1


def test_no_update_is_lost(shown):
    def worker():
        for _ in range(50):
            shown["update"]("cart", lambda old: (old or "") + "x")

    _at_once(worker, 4)
    assert shown["r"].get("cart") == "x" * 200
    digest = shown["r"].execute_command("DIGEST", "cart")
    assert shown["r"].execute_command("SET", "cart", "y", "IFDEQ", digest) in (True, "OK")
    assert shown["r"].execute_command("SET", "cart", "z", "IFDEQ", digest) is None


def test_a_window_lets_through_what_it_says(shown):
    passed = []

    def worker():
        for _ in range(50):
            passed.append(shown["may_pass"]("alice"))

    _at_once(worker, 3)
    assert sum(passed) == 100
    assert 50 < shown["r"].ttl("limit:alice") <= 60


def test_several_keys_get_one_end(shown):
    r = shown["r"]
    assert r.execute_command("MSETEX", 2, "a", 1, "b", 2, "NX", "EX", 100) == 1
    assert r.execute_command("MSETEX", 2, "b", 3, "c", 3, "NX") == 0
    assert r.mget("a", "b", "c") == ["1", "2", None]
    assert r.ttl("b") > 90
    with pytest.raises(redis.ResponseError, match="wrong number of key-value pairs"):
        r.execute_command("MSETEX", 2, "a", 1)
