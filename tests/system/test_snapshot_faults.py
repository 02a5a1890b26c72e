# SPDX-License-Identifier: BSD-3-Clause
"""Whatever goes wrong while a snapshot is written: the one before stays, reads go on, writes are refused as configured and are
taken again as soon as a snapshot succeeds, and nothing is left over."""

import os
import random
import re
import resource
import time

import pytest

from support import wait
from support.failing_disk import FailingDisk
from support.resp import Error

MISCONF = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."


def info(connection, field):
    return re.search(rf"^{field}:(.*)\r$", connection("INFO", "persistence").decode(), re.M)[1]


def bgsave(connection):
    assert connection("BGSAVE") in ("Background saving started", Error("ERR"))
    wait.until(lambda: info(connection, "rdb_bgsave_in_progress") == "0", 30, "the end of BGSAVE")
    return info(connection, "rdb_last_bgsave_status")


def leftovers(server):
    return sorted(path.name for path in server.directory.glob("temp-*"))


@pytest.fixture
def disk(tmp_path):
    return FailingDisk(tmp_path)


FAULTS = [
    ("open", "EACCES", "dump.rdb", 0, "can't create temp-"),
    ("open", "ENOSPC", "dump.rdb", 0, "can't create temp-"),
    ("write", "ENOSPC", "dump.rdb", 0, "No space left on device"),
    ("write", "ENOSPC", "dump.rdb", 100_000, "No space left on device"),
    ("write", "EDQUOT", "dump.rdb", 300_000, "Disk quota exceeded"),
    ("write", "EIO", "dump.rdb", 1, "Input/output error"),
    ("fsync", "EIO", "dump.rdb", 0, "can't sync temp-"),
    ("rename", "EACCES", "dump.rdb", 0, "can't rename"),
    ("rename", "EROFS", "dump.rdb", 0, "can't rename"),
]


@pytest.mark.parametrize("call, error, pattern, limit, reason", FAULTS, ids=lambda value: str(value)[:12])
def test_a_fault_of_the_disk(launch, disk, call, error, pattern, limit, reason):
    server = launch({"save": "3600 1"}, environment=disk.environment)
    with server.connect() as connection:
        connection("SET", "old", "value")
        assert connection("SAVE") == "OK"
        before = (server.directory / "dump.rdb").read_bytes()
        connection.pipeline([["SET", f"key:{n}", random.randbytes(300)] for n in range(2000)])
        disk.fail(call, error, pattern, limit)
        assert bgsave(connection) == "err"
        assert reason in server.log()
        assert connection("SAVE") == Error("ERR")
        assert leftovers(server) == []
        assert (server.directory / "dump.rdb").read_bytes() == before
        assert connection("GET", "old") == b"value"
        assert connection("SET", "new", "value").startswith(MISCONF)
        assert connection("DEL", "old").startswith(MISCONF)
        assert connection("SHUTDOWN") == Error("ERR Errors trying to SHUTDOWN. Check logs.")
        disk.heal()
        assert bgsave(connection) == "ok"
        assert connection("SET", "new", "value") == "OK"
        assert leftovers(server) == []
    server.kill()
    server.start()
    with server.connect() as connection:
        assert connection("DBSIZE") == 2001


def test_writes_come_back_without_an_operator(launch, disk):
    server = launch({"save": "1 1"}, environment=disk.environment)
    with server.connect() as connection:
        disk.fail("write", "ENOSPC", "dump.rdb")
        connection("SET", "key", "value")
        wait.until(lambda: info(connection, "rdb_last_bgsave_status") == "err", 15, "a failed snapshot")
        assert connection("SET", "key", "value").startswith(MISCONF)
        disk.heal()
        wait.until(lambda: connection("SET", "key", "value") == "OK", 15, "writes")
        assert leftovers(server) == []


def test_the_directory_that_cannot_be_synced_is_told(launch, disk):
    """The new file is in place, though nobody knows for how long: that is no success."""
    server = launch({"save": "3600 1"}, environment=disk.environment)
    with server.connect() as connection:
        connection("SET", "key", "value")
        disk.fail("fsync", "EIO", server.directory.name)
        assert bgsave(connection) == "err"
        disk.heal()
        assert bgsave(connection) == "ok"
    assert leftovers(server) == []


def test_the_file_is_synced_before_it_has_its_name(launch, disk):
    """Only what was synced survives a power cut: first the content, then the name."""
    server = launch({"save": "3600 1"}, environment=disk.environment)
    with server.connect() as connection:
        connection("SET", "key", "value")
        assert bgsave(connection) == "ok"
        calls = [(call, path) for call, path in disk.calls()]
    directory = str(server.directory)
    expected = [("fsync", f"{directory}/temp-{server.process.pid}-dump.rdb"), ("rename", "dump.rdb"), ("fsync", directory)]
    assert calls == expected


def test_a_limit_on_the_size_of_files_is_a_full_disk(launch):
    server = launch({"save": "3600 1"})
    with server.connect() as connection:
        connection.pipeline([["SET", f"key:{n}", random.randbytes(1000)] for n in range(3000)])
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        assert bgsave(connection) == "err"
        assert "File too large" in server.log()
        assert connection("GET", "key:1") is not None
        assert connection("SET", "key", "value").startswith(MISCONF)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
        assert bgsave(connection) == "ok"
        assert connection("SET", "key", "value") == "OK"
    assert leftovers(server) == []


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_nobody_else_may_read_the_file_whatever_the_umask(launch, umask):
    server = launch(started=False)
    server.write_config()
    server.log_path.touch()
    before = os.umask(umask)
    try:
        server.start()
    finally:
        os.umask(before)
    with server.connect() as connection:
        connection("SET", "key", "value")
        assert bgsave(connection) == "ok"
    modes = {path.name: path.stat().st_mode & 0o777 for path in server.directory.glob("*dump.rdb*")}
    assert modes["dump.rdb"] == 0o600
    assert not any(mode & 0o077 for mode in modes.values()), modes


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment(launch, seed):
    """Every value carries the number of its round, a round is written in a transaction, snapshots and kills come whenever they come:
    what is there after a restart is one round, and none before the last snapshot that was finished."""
    chance = random.Random(seed)
    server = launch({"save": "3600 1"})
    keys, round_number, finished = 1500, 0, -1
    for _ in range(6):
        with server.connect() as connection:
            deadline = time.monotonic() + chance.uniform(0.05, 0.5)
            saving = None
            while time.monotonic() < deadline:
                round_number += 1
                filler = chance.randbytes(300).hex()
                writes = [["SET", f"key:{n}", f"{round_number} {filler}"] for n in range(keys)]
                connection.pipeline([["MULTI"], *writes, ["EXEC"]])
                if info(connection, "rdb_bgsave_in_progress") == "0":
                    if saving is not None and info(connection, "rdb_last_bgsave_status") == "ok":
                        finished = saving
                    saving = round_number
                    assert connection("BGSAVE") == "Background saving started"
        server.kill()
        server.start()
        assert leftovers(server) == []
        with server.connect() as connection:
            values = connection.pipeline([["GET", f"key:{n}"] for n in range(keys)])
        rounds = {None if value is None else int(value.split()[0]) for value in values}
        assert len(rounds) == 1, rounds
        found = rounds.pop()
        assert (found if found is not None else -1) >= finished


def test_what_a_killed_predecessor_left_is_removed_without_save_points_too(launch):
    server = launch(started=False)
    (server.directory / "temp-4711-dump.rdb").write_bytes(b"left over")
    (server.directory / "temp-4711-other.rdb").write_bytes(b"somebody else's")
    server.start()
    assert leftovers(server) == ["temp-4711-other.rdb"]


def test_what_another_server_is_writing_is_not_removed(launch):
    server = launch({"save": "3600 1"})
    (server.directory / "temp-4711-dump.rdb").write_bytes(b"being written")
    launch({"dir": server.directory})
    assert leftovers(server) == ["temp-4711-dump.rdb"]
