# SPDX-License-Identifier: BSD-3-Clause
"""sessiond --check-rdb and --salvage, on files that redis-server made of every type and encoding it has."""

import random
import re
import subprocess

import pytest

from support.resp import Error
from support.server import REFERENCE, SESSIOND, Server

pytestmark = pytest.mark.beyond_redis

DEBUGGING = {"enable-debug-command": "yes"}

# How redis-server 7.0 is told to make each of them; a row is (name in the report, commands).
TYPES = [
    ("string", [["SET", "k", "v"], ["PEXPIRE", "k", 10**9]]),
    ("list (quicklist)", [["RPUSH", "k", "a", 1, "c" * 100]]),
    ("list (quicklist)", [["CONFIG", "SET", "list-compress-depth", 1], *[["RPUSH", "k", "same text " * 90] for _ in range(60)]]),
    ("list (quicklist)", [["RPUSH", "k", "x" * 20000, "y" * 70000]]),
    ("set (intset)", [["SADD", "k", 1, 2, 70000, 2**40]]),
    ("set", [["SADD", "k", "a", "b", *range(1000)]]),
    ("hash (listpack)", [["HSET", "k", "f", "v", "n", 12]]),
    ("hash", [["HSET", "k", "f", "v" * 100]]),
    ("sorted set (listpack)", [["ZADD", "k", "1.5", "a", "-inf", "b"]]),
    ("sorted set", [["ZADD", "k", "1.5", "a" * 100, "inf", "b"]]),
    ("stream, of 7.0", [*[["XADD", "k", "*", "f", "v" * n] for n in range(300)], ["XTRIM", "k", "MAXLEN", 150]]),
    (
        "stream, of 7.0",
        [
            ["XADD", "k", "5-1", "f", "v"],
            ["XADD", "k", "6-1", "f", "v"],
            ["XGROUP", "CREATE", "k", "group", 0],
            ["XGROUP", "CREATE", "k", "empty", "$"],
            ["XREADGROUP", "GROUP", "group", "one", "COUNT", 1, "STREAMS", "k", ">"],
            ["XREADGROUP", "GROUP", "group", "two", "STREAMS", "k", ">"],
        ],
    ),
]


def check(*arguments):
    done = subprocess.run([SESSIOND, "--check-rdb", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("reference"), DEBUGGING, program=REFERENCE).start()
    yield server
    server.finish()


def saved(reference, commands):
    with reference.connect() as connection:
        connection("FLUSHALL")
        replies = connection.pipeline(commands + [["SAVE"]])
        assert not [reply for reply in replies if isinstance(reply, Error)]
    return reference.directory / "dump.rdb"


@pytest.mark.parametrize("name, commands", TYPES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_type_is_known(reference, launch, name, commands):
    file = saved(reference, commands)
    code, report = check(file)
    assert "1 keys, " in report and re.search(rf"^  {re.escape(name)}  +1 keys ", report, re.M), report
    assert code == (0 if name == "string" else 2)
    server = launch(started=False)
    (server.directory / "dump.rdb").write_bytes(file.read_bytes())
    server.spawn()
    if name == "string":
        server.wait_for_log("Ready to accept connections")
    else:
        assert server.wait_exit() == 1
        kind = re.escape(name)
        assert re.search(rf'dump\.rdb: at offset \d+: key "k" has type \d+ \({kind}\), which is not supported', server.log())


def test_functions_are_known(reference, launch):
    file = saved(reference, [["FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"]])
    code, report = check(file)
    assert (code, "1 libraries of functions" in report) == (2, True)
    server = launch(started=False)
    (server.directory / "dump.rdb").write_bytes(file.read_bytes())
    server.spawn()
    assert server.wait_exit() == 1
    assert "the file holds functions" in server.log()
    with reference.connect() as connection:
        connection("FUNCTION", "FLUSH")


def everything(reference):
    """A file with all types in it, and the number of its keys."""
    commands = []
    for number, (_, one) in enumerate(TYPES):
        commands += [[word if word != "k" else f"user:{number}:{place}" for word in command] for place in "ab" for command in one]
    commands += [["SET", f"session:{n:032x}", "v" * n, "EX", 1000] for n in range(200)]
    return saved(reference, commands), 2 * len(TYPES) + 200


def test_the_report_counts_what_redis_counts(reference):
    file, keys = everything(reference)
    code, report = check(file)
    assert code == 2
    assert f"{keys} keys, 202 with an expiry, 0 of these expired" in report
    assert re.search(r'^  "session:"  +200 keys +\d+ bytes$', report, re.M)
    assert '"redis-ver" "7.0.15"' in report
    sizes = [int(size) for size in re.findall(r" keys +(\d+) bytes$", report[: report.index("databases")], re.M)]
    assert 0 < file.stat().st_size - sum(sizes) < 200  # header, facts, end


@pytest.mark.parametrize("seed", range(8))
def test_the_part_before_the_damage_is_salvaged(reference, launch, tmp_path, seed):
    """Cut anywhere: redis-server finds all keys before the cut, with their content."""
    chance = random.Random(seed)
    whole, keys = everything(reference)
    content = whole.read_bytes()
    cut, salvaged = tmp_path / "cut.rdb", tmp_path / "salvaged.rdb"
    cut.write_bytes(content[: chance.randrange(100, len(content))])
    code, report = check(cut, "--salvage", salvaged)
    assert code == 1
    assert re.search(r"^DAMAGED at offset \d+: ", report, re.M)
    found = int(re.search(r"^wrote (\d+) keys to ", report, re.M)[1])
    assert found <= keys
    assert salvaged.stat().st_mode & 0o777 == 0o600
    checked = subprocess.run(["redis-check-rdb", salvaged], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout
    server = launch(DEBUGGING, program=REFERENCE, started=False)
    (server.directory / "dump.rdb").write_bytes(salvaged.read_bytes())
    server.start()
    with server.connect() as connection, reference.connect() as original:
        names = connection("KEYS", "*")
        assert len(names) == found
        for name in names:
            (digest,) = connection("DEBUG", "DIGEST-VALUE", name)
            assert [digest] == original("DEBUG", "DIGEST-VALUE", name)


def test_flipped_bytes_never_pass_as_whole(reference, tmp_path):
    file, _ = everything(reference)
    content = file.read_bytes()
    chance = random.Random(3)
    flipped = tmp_path / "flipped.rdb"
    for _ in range(60):
        damaged = bytearray(content)
        damaged[chance.randrange(5, len(damaged))] ^= 1 << chance.randrange(8)
        flipped.write_bytes(damaged)
        code, report = check(flipped)
        assert code == 1 and "DAMAGED at offset " in report, report


def test_wrong_arguments_are_told():
    for arguments in ([], ["a", "b"], ["a", "--salvage"]):
        done = subprocess.run([SESSIOND, "--check-rdb", *arguments], capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (1, "Usage: sessiond --check-rdb FILE [--salvage OUT]\n")
    code, report = check("/nonexistent/dump.rdb")
    assert code == 1 and "No such file or directory" in report
