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
    ("stream, of 7.0", [*[["XADD", "k", f"{n + 1}-1", "f", "v" * n] for n in range(300)], ["XTRIM", "k", "MAXLEN", 150]]),
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


# Other types are known, but have no place here.
LOADED = {"string", "list", "set", "sorted", "hash", "stream,"}


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
    assert code == (0 if name.split()[0] in LOADED else 2)
    server = launch(started=False)
    (server.directory / "dump.rdb").write_bytes(file.read_bytes())
    server.spawn()
    if name.split()[0] in LOADED:
        server.wait_for_log("Ready to accept connections")
    else:
        assert server.wait_exit() == 1
        kind = re.escape(name)
        assert re.search(rf'dump\.rdb: at offset \d+: key "k" has type \d+ \({kind}\), which is not supported', server.log())


def test_functions_are_known(reference, launch):
    file = saved(reference, [["FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"]])
    code, report = check(file)
    assert (code, "1 libraries of functions" in report) == (0, True)
    server = launch(started=False)
    (server.directory / "dump.rdb").write_bytes(file.read_bytes())
    server.spawn()
    server.wait_for_log("Ready to accept connections")
    with server.connect() as connection:
        assert connection("FCALL", "f", 0) == 1
    with reference.connect() as connection:
        connection("FUNCTION", "FLUSH")


def test_damaged_functions_are_no_part_of_what_is_salvaged(reference, launch, tmp_path):
    libraries = ["#!lua name=%s\nredis.register_function('%s', function() return 1 end)" % (name, name) for name in ("one", "two")]
    content = saved(reference, [*[["FUNCTION", "LOAD", code] for code in libraries], ["SET", "key", "value"]]).read_bytes()
    with reference.connect() as connection:
        connection("FUNCTION", "FLUSH")
    first, second = (content.index(name) for name in (b"#!lua name=one", b"#!lua name=two"))
    later = max(first, second) - 2  # the opcode and the length stand in front
    for damaged, stay in [
        (content.replace(b"name=two", b"name=o o"), 1),  # no name
        (content.replace(b"name=two", b"name=one"), 1),  # one that is taken
        (content[:later] + content[min(first, second) - 2 :], 2),  # the first comes twice
    ]:
        file, kept = tmp_path / "damaged.rdb", tmp_path / "kept.rdb"
        file.write_bytes(damaged)
        code, report = check(file, "--salvage", kept)
        assert code == 1 and "a library of functions is refused: ERR " in report
        assert check(kept)[0] == 0
        server = launch(started=False)
        kept.rename(server.directory / "dump.rdb")
        server.spawn()
        server.wait_for_log("Ready to accept connections")
        with server.connect() as connection:
            assert connection("GET", "key") == b"value"
            assert len(connection("FUNCTION", "LIST")) == stay


def everything(reference):
    """A file with all types in it, and the number of its keys."""
    commands = []
    for number, (_, one) in enumerate(TYPES):
        commands += [[word if word != "k" else f"user:{number}:{place}" for word in command] for place in "ab" for command in one]
    chance = random.Random(0)
    commands += [["SET", f"session:{chance.randbytes(16).hex()}", "v" * n, "EX", 100000] for n in range(200)]
    return saved(reference, commands), 2 * len(TYPES) + 200


def test_the_report_counts_what_redis_counts(reference):
    file, keys = everything(reference)
    code, report = check(file)
    assert code == 0
    assert f"{keys} keys, 202 with an expiry, 0 of these expired" in report
    assert re.search(r'^  "session:"  +200 keys +\d+ bytes$', report, re.M)
    assert '"redis-ver" "7.0.15"' in report
    sizes = [int(size) for size in re.findall(r" keys +(\d+) bytes$", report[: report.index("databases")], re.M)]
    assert 0 < file.stat().st_size - sum(sizes) < 200  # header, facts, end


def digests(server):
    """The content of every key, whatever database it is in."""
    found = {}
    with server.connect() as connection:
        for database in re.findall(r"^db(\d+):", connection("INFO", "keyspace").decode(), re.M):
            connection("SELECT", database)
            names = connection("KEYS", "*")
            found |= dict(zip(names, connection.pipeline([["DEBUG", "DIGEST-VALUE", name] for name in names])))
    return found


@pytest.fixture(scope="module")
def original(reference):
    """A file with all types in it, where each of its keys lies, and their content."""
    content = everything(reference)[0].read_bytes()
    kept = digests(reference)
    # The name stands in the file as it is, behind at most an expiry, the type, and a length.
    places = sorted((content.index(name), name) for name in kept)
    return content, places, kept


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """A redis-server that loads one file after the other. In a damaged file a database may have any number."""
    server = Server(tmp_path_factory.mktemp("loader"), DEBUGGING | {"databases": 256}, program=REFERENCE).start()
    yield server
    server.finish()


# What damages a file: each changes it and returns the places that were changed, as (begin, end).


def flip(content, chance):
    place = chance.randrange(9, len(content))
    content[place] ^= 1 << chance.randrange(8)
    return [(place, place + 1)]


def flips(content, chance):
    return [place for _ in range(4) for place in flip(content, chance)]


def fill(content, chance, make):
    length = chance.randrange(1, 2000)
    place = chance.randrange(9, len(content) - length)
    content[place : place + length] = make(length)
    return [(place, place + length)]


def zeros(content, chance):
    return fill(content, chance, bytes)


def garbage(content, chance):
    return fill(content, chance, chance.randbytes)


def hole(content, chance):
    return fill(content, chance, lambda length: b"")


def insertion(content, chance):
    place = chance.randrange(9, len(content))
    content[place:place] = chance.randbytes(chance.randrange(1, 2000))
    return [(place, place + 1)]


def cut(content, chance):
    place = chance.randrange(100, len(content))
    del content[place:]
    return [(place, 1 << 60)]


def flip_and_cut(content, chance):
    places = flip(content, chance)
    return places + cut(content, chance)


FRONT = 13  # what stands before a name at most
ROW = 6  # fewer keys between two damages are not always recognised


def expected_names(places, damages):
    """The names that must be there, and those whose content must be right: of keys that touch no damage, nor directly follow it.
    A length that became a little greater touches the next key as well."""
    ends = [place for place, _ in places[1:]] + [1 << 60]
    hit = [any(place - FRONT < end and begin < after for begin, end in damages) for (place, _), after in zip(places, ends)]
    clear = [not any(near) for near in zip(hit, [False, *hit], [False, False, *hit])]
    names, row = [], []
    for (_, name), is_clear in [*zip(places, clear), ((0, b""), False)]:
        if is_clear:
            row.append(name)
        else:
            names += row if len(row) >= ROW or row[:1] == [places[0][1]] else []
            row = []
    return set(names), {name for (_, name), is_clear in zip(places, clear) if is_clear}


@pytest.mark.parametrize("damage", [flip, flips, zeros, garbage, hole, insertion, cut, flip_and_cut])
def test_all_but_the_damage_is_salvaged(original, loader, tmp_path, damage):
    """Damaged anywhere: redis-server finds all keys that the damage doesn't touch, with their content."""
    content, places, kept = original
    damaged, salvaged = tmp_path / "damaged.rdb", tmp_path / "salvaged.rdb"
    guessed_wrong = []
    for seed in range(12):
        changed = bytearray(content)
        changes = damage(changed, random.Random(f"{damage.__name__} {seed}"))
        damaged.write_bytes(changed)
        code, report = check(damaged, "--salvage", salvaged)
        assert code == 1
        assert re.search(r"^DAMAGED at offset \d+: ", report, re.M)
        assert salvaged.stat().st_mode & 0o777 == 0o600
        checked = subprocess.run(["redis-check-rdb", salvaged], capture_output=True, timeout=60, check=False)
        assert checked.returncode == 0, checked.stdout
        salvaged.rename(loader.directory / "dump.rdb")
        with loader.connect() as connection:
            assert connection("DEBUG", "RELOAD", "NOSAVE") == "OK", (seed, changes, loader.log_tail())
        found = digests(loader)
        needed, right = expected_names(places, changes)
        wrong = [name for name in right & found.keys() if found[name] != kept[name]]
        # A length that became much greater hides keys as far as the next damage.
        lost = sorted(needed - found.keys()) if len(changes) == 1 else []
        if wrong or lost:
            guessed_wrong.append((seed, changes, wrong, lost[:3], report))
    # Where keys begin is a guess, which fails once in hundreds of damages.
    assert len(guessed_wrong) <= 1, guessed_wrong


def test_a_salvaged_file_of_strings_is_loaded(launch, tmp_path):
    """By sessiond as well, and the keys behind the damage are served."""
    server = launch(DEBUGGING)
    with server.connect() as connection:
        connection.pipeline([["SET", f"session:{n:05d}x", f"value {n}", "EX", 1000] for n in range(1000)] + [["SAVE"]])
        content = bytearray((server.directory / "dump.rdb").read_bytes())
        place = content.index(b"session:", len(content) // 2) - 1
        content[place] ^= 0x40
        (tmp_path / "damaged.rdb").write_bytes(content)
        code, report = check(tmp_path / "damaged.rdb", "--salvage", tmp_path / "salvaged.rdb")
        assert code == 1 and "damaged: 1 places, " in report
        assert int(re.search(r"^wrote (\d+) keys to ", report, re.M)[1]) >= 998
        (tmp_path / "salvaged.rdb").rename(server.directory / "dump.rdb")
        assert connection("DEBUG", "RELOAD", "NOSAVE") == "OK"
        assert connection("DBSIZE") >= 998
        lost = [n for n in range(1000) if connection("GET", f"session:{n:05d}x") != f"value {n}".encode()]
        assert len(lost) <= 2


def test_a_database_behind_damage_keeps_its_number(reference, loader, tmp_path):
    commands = [["SET", f"a:{n}", n, "EX", 10**6] for n in range(50)] + [["SELECT", 5]] + [["SET", f"b:{n}", n] for n in range(50)]
    content = bytearray(saved(reference, [*commands, ["SELECT", 0]]).read_bytes())
    content[content.index(b"a:", len(content) // 4) - 2] = 99
    (tmp_path / "damaged.rdb").write_bytes(content)
    code, report = check(tmp_path / "damaged.rdb", "--salvage", loader.directory / "new.rdb")
    assert code == 1 and re.search(r"^  5 +50 keys ", report, re.M), report
    (loader.directory / "new.rdb").rename(loader.directory / "dump.rdb")
    with loader.connect() as connection:
        assert connection("DEBUG", "RELOAD", "NOSAVE") == "OK"
        connection("SELECT", 5)
        assert connection("DBSIZE") == 50


def test_garbage_has_nothing_to_salvage(tmp_path):
    damaged = tmp_path / "garbage.rdb"
    damaged.write_bytes(random.Random(1).randbytes(1 << 20))
    code, report = check(damaged, "--salvage", tmp_path / "salvaged.rdb")
    assert code == 1 and "there is nothing to salvage" in report
    assert not (tmp_path / "salvaged.rdb").exists()
    damaged.write_bytes(b"REDIS0010" + random.Random(1).randbytes(1 << 20))
    code, report = check(damaged)
    assert code == 1 and "0 keys, " in report


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


def test_a_path_of_any_length_is_refused_by_name():
    for path in ("x" * 5000, "/" + "d/" * 40_000 + "x", "%s%n" * 100):
        done = subprocess.run([SESSIOND, "--check-rdb", path], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 1
        assert path[:50] in done.stdout + done.stderr
    for option in (["--dir", "/" + "d/" * 40_000], ["--dbfilename", "x" * 5000], ["x" * 5000]):
        done = subprocess.run([SESSIOND, *option], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 1


def test_wrong_arguments_are_told():
    for arguments in ([], ["a", "b"], ["a", "--salvage"]):
        done = subprocess.run([SESSIOND, "--check-rdb", *arguments], capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (1, "Usage: sessiond --check-rdb FILE [--salvage OUT]\n")
    code, report = check("/nonexistent/dump.rdb")
    assert code == 1 and "No such file or directory" in report
