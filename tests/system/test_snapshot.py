# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots: the file holds the dataset of one moment, whatever happens meanwhile, and survives whatever goes wrong."""

import random
import re
import subprocess
import time

import pytest

from support import wait
from support.resp import Error
from support.server import REFERENCE

SAVING = {"save": "3600 1"}


def info(connection, field):
    text = connection("INFO", "persistence").decode()
    return re.search(rf"^{field}:(.*)\r$", text, re.M)[1]


def wait_for_save(connection, seconds=30):
    wait.until(lambda: info(connection, "rdb_bgsave_in_progress") == "0", seconds, "the end of BGSAVE")


def bgsave(connection):
    assert connection("BGSAVE") == "Background saving started"
    wait_for_save(connection)
    return info(connection, "rdb_last_bgsave_status")


def dataset(connection, databases):
    """{(database, key): (value, time of expiry)} of all that is there."""
    found = {}
    for database in range(databases):
        connection("SELECT", database)
        keys = connection("KEYS", "*")
        replies = connection.pipeline([[command, key] for key in keys for command in ("GET", "PEXPIRETIME")])
        for index, key in enumerate(keys):
            found[database, key] = (replies[2 * index], replies[2 * index + 1])
    connection("SELECT", 0)
    return found


def fill(connection, count=300):
    """Strings of every encoding and size that a file knows."""
    commands = []
    for number in (0, 1, -1, 127, -128, 128, 32767, -32768, 32768, 2**31 - 1, -(2**31), 2**31, -(2**63)):
        commands.append(["SET", f"number:{number}", number])
    for size in (0, 1, 20, 21, 63, 64, 200, 7168, 7169, 16383, 16384, 70000, 300000):
        commands.append(["SET", f"even:{size}", b"x" * size])
        commands.append(["SET", f"random:{size}", random.Random(size).randbytes(size)])
    commands.append(["SET", b"\x00\xffbinary", b"\r\n\x00"])
    commands.append(["SET", "k" * 5000, "long key"])
    for number in range(count):
        commands.append(["SET", f"session:{number:032x}", f"value {number}", "PX", 10_000_000 + number])
    assert not [reply for reply in connection.pipeline(commands) if isinstance(reply, Error)]
    connection("SELECT", 9)
    connection("SET", "elsewhere", "v")
    connection("SELECT", 0)


def test_what_was_saved_is_there_after_a_restart(launch):
    server = launch(SAVING)
    with server.connect() as connection:
        fill(connection)
        before = dataset(connection, 16)
        assert connection("SAVE") == "OK"
    server.kill()
    server.start()
    with server.connect() as connection:
        assert dataset(connection, 16) == before
        assert info(connection, "rdb_last_load_keys_loaded") == str(len(before))


@pytest.mark.parametrize("compression", ["yes", "no"])
def test_files_are_exchanged_with_redis(launch, compression):
    ours = launch({"rdbcompression": compression})
    theirs = launch({"rdbcompression": compression}, started=False, program=REFERENCE)
    with ours.connect() as connection:
        fill(connection)
        before = dataset(connection, 16)
        assert bgsave(connection) == "ok"
    file = ours.directory / "dump.rdb"
    checked = subprocess.run(["redis-check-rdb", file], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout
    assert f"[info] {len(before)} keys read" in checked.stdout
    (theirs.directory / "dump.rdb").write_bytes(file.read_bytes())
    theirs.start()
    with theirs.connect() as connection:
        assert dataset(connection, 16) == before
        connection("SET", "written by", "the other")
        before[0, b"written by"] = (b"the other", -1)
        assert connection("SAVE") == "OK"
    ours.stop()
    file.write_bytes((theirs.directory / "dump.rdb").read_bytes())
    ours.start()
    with ours.connect() as connection:
        assert dataset(connection, 16) == before


@pytest.mark.beyond_redis
def test_the_version_of_the_format_may_be_chosen(launch):
    server = launch()
    file = server.directory / "dump.rdb"
    with server.connect() as connection:
        fill(connection)
        before = dataset(connection, 16)
        for version in (11, 10):
            assert connection("CONFIG", "SET", "rdb-version", version) == "OK"
            assert connection("SAVE") == "OK"
            assert file.read_bytes()[:9] == b"REDIS%04d" % version
            checked = subprocess.run(["redis-check-rdb", file], capture_output=True, text=True, timeout=60, check=False)
            assert (checked.returncode == 0) == (version == 10), checked.stdout  # it is that of 7.0
        assert connection("CONFIG", "SET", "rdb-version", 11) == "OK"
        assert connection("SAVE") == "OK"
    server.stop()
    server.start()
    with server.connect() as connection:
        assert dataset(connection, 16) == before
        refused = connection("CONFIG", "SET", "rdb-version", 9)
        assert isinstance(refused, Error) and "between 10 and 11" in refused


def test_a_snapshot_under_load_is_of_one_moment(launch):
    """One connection writes, and begins snapshots in between: it knows what each must hold."""
    server = launch()
    copy = launch({"dbfilename": "copy.rdb"}, started=False)
    chance = random.Random(1)
    model = {}

    def command():
        key = f"user:{chance.randrange(3000):08x}".encode()
        choice = chance.random()
        if choice < 0.55:
            value = chance.randbytes(chance.choice([5, 50, 300, 3000, 9000]))
            model[key] = value
            return ["SET", key, value]
        if choice < 0.75:
            model[key] = model.get(key, b"") + b"more"
            return ["APPEND", key, "more"]
        if choice < 0.95:
            model.pop(key, None)
            return ["DEL", key]
        other = f"user:{chance.randrange(3000):08x}".encode()
        if key not in model:
            return ["DEL", key]
        model[other] = model.pop(key)
        return ["RENAME", key, other]

    with server.connect() as connection:
        for round_number in range(4):
            connection.pipeline([command() for _ in range(4000)])
            if round_number == 2:
                connection("FLUSHALL")
                model.clear()
                connection.pipeline([command() for _ in range(2000)])
            batch = [command() for _ in range(200)] + [["BGSAVE"]]
            expected = dict(model)
            batch += [command() for _ in range(4000)]
            if round_number == 3:
                batch += [["FLUSHALL"]]
                model.clear()
            replies = connection.pipeline(batch)
            assert replies[200] == "Background saving started"
            wait_for_save(connection)
            assert info(connection, "rdb_last_bgsave_status") == "ok"
            (copy.directory / "copy.rdb").write_bytes((server.directory / "dump.rdb").read_bytes())
            copy.start()
            with copy.connect() as reader:
                assert {key: value for (_, key), (value, _) in dataset(reader, 1).items()} == expected
            copy.stop()


def test_a_transaction_is_in_it_wholly(launch):
    server = launch()
    with server.connect() as connection:
        replies = connection.pipeline([["MULTI"], ["SET", "a", 1], ["BGSAVE"], ["SET", "b", 2], ["EXEC"]])
        assert replies[-1] == ["OK", "Background saving scheduled", "OK"]
        wait.until(lambda: info(connection, "rdb_saves") == "1", 10, "the scheduled snapshot")
        wait_for_save(connection)
    server.kill()
    server.start()
    with server.connect() as connection:
        assert connection("MGET", "a", "b") == [b"1", b"2"]


def test_killed_while_it_saves_the_old_file_stays(launch):
    server = launch(SAVING)
    with server.connect() as connection:
        connection("SET", "old", "file")
        assert connection("SAVE") == "OK"
        for start in range(0, 60000, 2000):
            connection.pipeline([["SET", f"new:{number}", random.randbytes(500)] for number in range(start, start + 2000)])
        assert connection("BGSAVE") == "Background saving started"
    server.kill()
    (server.directory / "temp-1-dump.rdb").write_bytes(b"left by another crash")
    (server.directory / "temp-1-other.rdb").write_bytes(b"somebody else's")
    server.start()
    with server.connect() as connection:
        assert connection("GET", "old") == b"file"
        assert connection("DBSIZE") in (1, 60001)
    assert [path.name for path in server.directory.glob("temp-*")] == ["temp-1-other.rdb"]


def test_clients_are_served_while_it_saves(launch):
    server = launch()
    with server.connect() as connection, server.connect() as other:
        for start in range(0, 100000, 5000):
            connection.pipeline([["SET", f"key:{number}", random.randbytes(300)] for number in range(start, start + 5000)])
        assert connection("BGSAVE") == "Background saving started"
        assert connection("BGSAVE") == Error("ERR Background save already in progress")
        served = 0
        while info(connection, "rdb_bgsave_in_progress") == "1":
            assert other("SET", "key:1", "changed") == "OK"
            served += 1
        assert served > 0
        assert info(connection, "rdb_last_bgsave_status") == "ok"


def test_writes_are_refused_while_saving_fails_and_recover(launch):
    server = launch(SAVING)
    refusal = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."
    with server.connect() as connection:
        connection("SET", "key", "v")
        (server.directory / "dump.rdb").mkdir()  # can't be replaced, whoever one is
        assert bgsave(connection) == "err"
        assert connection("SET", "key", "w").startswith(refusal)
        assert connection("PING").startswith(refusal)
        assert connection("GET", "key") == b"v"
        connection("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        assert connection("SET", "key", "w") == "OK"
        connection("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
        assert connection("SHUTDOWN") == Error("ERR Errors trying to SHUTDOWN. Check logs.")
        assert not list(server.directory.glob("temp-*"))
        (server.directory / "dump.rdb").rmdir()
        assert bgsave(connection) == "ok"
        assert connection("SET", "key", "x") == "OK"


def test_a_failed_save_point_is_tried_again(launch):
    server = launch({"save": "1 1"})
    with server.connect() as connection:
        (server.directory / "dump.rdb").mkdir()
        connection("SET", "key", "v")
        wait.until(lambda: info(connection, "rdb_last_bgsave_status") == "err", 15, "a failed snapshot")
        (server.directory / "dump.rdb").rmdir()
        wait.until(lambda: info(connection, "rdb_last_bgsave_status") == "ok", 25, "another try")
        assert info(connection, "rdb_changes_since_last_save") == "0"


@pytest.mark.parametrize("how", ["truncated", "flipped"])
def test_a_damaged_file_is_refused(launch, how):
    server = launch(SAVING)
    with server.connect() as connection:
        fill(connection)
        assert connection("SAVE") == "OK"
    server.kill()
    file = server.directory / "dump.rdb"
    content = bytearray(file.read_bytes())
    if how == "truncated":
        content = content[: len(content) // 2]
    else:
        content[len(content) // 2] ^= 0x10
    file.write_bytes(content)
    server.spawn()
    assert server.wait_exit() == 1
    assert re.search(r"dump\.rdb: at offset \d+: ", server.log())
    file.unlink()


def test_keys_past_their_end_are_left_out(launch):
    server = launch(SAVING)
    with server.connect() as connection:
        connection.pipeline([["SET", "short", "v", "PX", 300], ["SET", "long", "v", "PX", 1_000_000]])
        assert connection("SAVE") == "OK"
    server.kill()
    time.sleep(0.4)
    server.start()
    with server.connect() as connection:
        assert connection("KEYS", "*") == [b"long"]
        assert info(connection, "rdb_last_load_keys_expired") in ("0", "1")


def test_shutdown_saves_as_configured(launch):
    server = launch(SAVING)
    for number, (word, is_kept) in enumerate([(None, True), ("NOSAVE", False), ("SAVE", True)]):
        with server.connect() as connection:
            connection("SET", f"key:{number}", "v")
            connection.send_command("SHUTDOWN", *([word] if word else []))
            assert server.wait_exit() == 0
        server.start()
        with server.connect() as connection:
            assert connection("EXISTS", f"key:{number}") == is_kept
    with server.connect() as connection:
        connection("SET", "by signal", "v")
    server.stop()
    server.start()
    with server.connect() as connection:
        assert connection("EXISTS", "by signal") == 1


def test_what_flushall_removed_does_not_come_back(launch):
    """With save points it is followed by a snapshot; Redis holds up everybody for that."""
    server = launch(SAVING)
    with server.connect() as connection:
        connection("SET", "key", "v")
        assert connection("SAVE") == "OK"
        assert connection("FLUSHALL") == "OK"
        wait.until(lambda: info(connection, "rdb_saves") == "2", 10, "a snapshot")
        wait_for_save(connection)
    server.kill()
    server.start()
    with server.connect() as connection:
        assert connection("DBSIZE") == 0


def test_two_servers_do_not_share_a_file(launch):
    server = launch(SAVING)
    other = launch(SAVING | {"dir": server.directory}, started=False)
    other.spawn()
    assert other.wait_exit() == 1
    assert "another server uses" in other.log()
    third = launch(SAVING | {"dir": server.directory, "dbfilename": "third.rdb"})
    assert third.is_running()


def test_who_may_read_the_file(launch):
    server = launch()
    with server.connect() as connection:
        assert connection("SAVE") == "OK"
    assert (server.directory / "dump.rdb").stat().st_mode & 0o077 == 0


def test_lastsave_tells_when(launch):
    server = launch()
    with server.connect() as connection:
        start = connection("LASTSAVE")
        assert abs(start - time.time()) < 30
        assert connection("SAVE") == "OK"
        assert start <= connection("LASTSAVE") <= time.time() + 1
        assert connection("BGSAVE", "NOW") == Error("ERR syntax error")
