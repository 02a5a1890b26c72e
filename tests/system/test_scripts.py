# SPDX-License-Identifier: BSD-3-Clause
"""The operators' scripts, with sessiond and Redis alike."""

import os
import re
import subprocess
import sys

import pytest

from support import certificates, ports
from support.server import REFERENCE, ROOT, SESSIOND

sys.path.append(str(ROOT / "scripts"))
from redis_client import Connection  # noqa: E402: beside the scripts
from redis_copy import count_different  # noqa: E402

PASSWORD = "Strong!Redis@Password#2024"
ENCODED = "Strong!Redis%40Password%232024"


def _is_reached(result):
    """The health report ends with 1 when the server is there and slow, as it may be on a busy machine."""
    return result.returncode == 0 or (result.returncode == 1 and "p50_ms" in result.stdout)


def _run(script, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REDIS")}
    program = [sys.executable] if script.endswith(".py") else []
    return subprocess.run(
        [*program, ROOT / "scripts" / script, *map(str, arguments)],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.fixture(params=["sessiond", "redis"])
def either(request, launch):
    """A server of each kind, with a password that a URL can't hold as it is."""
    program = SESSIOND if request.param == "sessiond" else REFERENCE
    return launch({"requirepass": f'"{PASSWORD}"'}, program=program)


# ---- the quick test and the health report ----


def test_the_quick_test_passes_and_leaves_nothing(either):
    result = _run("redis_test.sh", f"redis://:{ENCODED}@127.0.0.1:{either.port}/0")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("✅") >= 9
    assert re.search(r"✅ Average latency: \d+\.\d\dms\n", result.stdout)
    assert result.stdout.endswith("\n🎉 All tests passed!\n")
    with either.connect() as client:
        assert client("AUTH", PASSWORD) == "OK"
        assert client("DBSIZE") == 0


@pytest.mark.parametrize("script", ["redis_test.sh", "redis_health.py"])
def test_the_password_may_come_by_itself(either, script):
    result = _run(script, REDIS_HOST="127.0.0.1", REDIS_PORT=str(either.port), REDIS_PASSWORD=PASSWORD)
    assert _is_reached(result), result.stdout + result.stderr


def test_the_quick_test_says_what_is_wrong(either, launch):
    result = _run("redis_test.sh", REDIS_PORT=str(either.port))
    assert result.returncode == 1 and "Wrong or no password" in result.stdout
    either.stop()
    result = _run("redis_test.sh", REDIS_PORT=str(either.port))
    assert result.returncode == 1 and "❌ Redis server is not running" in result.stdout


def test_the_health_report(either):
    with either.connect() as client:
        client("AUTH", PASSWORD)
        for i in range(3):
            client("SET", f"socketio:session:{i}", "x")
    url = f"redis://:{ENCODED}@127.0.0.1:{either.port}/0"
    result = _run("redis_health.py", "--url", url)
    assert result.returncode == 0, result.stdout + result.stderr
    for line in (
        r"🏥 Redis Health Report",
        r"   redis_version: 7\.",
        r"   connected_clients: 1",
        r"   used_memory_human: \S+",
        r"   Total Sessions: 3",
        r"   instantaneous_ops_per_sec: \d+",
        r"   get_ms: \d+\.\d\d",
        r"✅ Redis Status: HEALTHY",
    ):
        assert re.search(f"^{line}", result.stdout, re.MULTILINE), f"{line}:\n{result.stdout}"


def test_the_health_report_says_what_is_wrong(launch):
    server = launch({"maxmemory": "1", "maxmemory-policy": "noeviction"})
    result = _run("redis_health.py", REDIS_PORT=str(server.port))
    assert result.returncode == 1
    assert "maxmemory is reached" in result.stdout and "SET is refused: OOM" in result.stdout
    server.stop()
    result = _run("redis_health.py", REDIS_PORT=str(server.port))
    assert result.returncode == 2 and "UNREACHABLE" in result.stdout


# ---- over TLS ----


@pytest.fixture
def secure(launch, tmp_path):
    """A server that is reached by TLS alone, and by whom an authority vouches for; the URL says all that."""
    authority = certificates.Authority(tmp_path / "certificates")
    ours, user = authority.issue("server"), authority.issue("user")
    port = ports.reserve()
    files = {"tls-cert-file": ours.cert, "tls-key-file": ours.key, "tls-ca-cert-file": authority.cert}
    server = launch({"bind": "127.0.0.1 127.0.0.2", "port": 0, "tls-port": port, "dir": tmp_path, "requirepass": f'"{PASSWORD}"'} | files)
    trusted = f"ssl_ca_certs={authority.cert}&ssl_certfile={user.cert}&ssl_keyfile={user.key}"
    server.secure_url = f"rediss://:{ENCODED}@127.0.0.1:{port}/0?{trusted}"
    yield server
    ports.release(port)


@pytest.mark.parametrize("script", ["redis_test.sh", "redis_health.py"])
def test_the_server_is_looked_at_by_tls(secure, script):
    result = _run(script, REDIS_URL=secure.secure_url)
    assert _is_reached(result), result.stdout + result.stderr
    refused = _run(script, REDIS_URL=re.sub("&ssl_certfile.*", "", secure.secure_url))
    assert not _is_reached(refused), refused.stdout


def test_whom_nobody_vouches_for_is_trusted_only_if_told(secure):
    unknown = re.sub("ssl_ca_certs=[^&]*&", "", secure.secure_url)
    for script in ("redis_test.sh", "redis_health.py"):
        assert not _is_reached(_run(script, REDIS_URL=unknown))
        assert _is_reached(_run(script, REDIS_URL=unknown + "&ssl_cert_reqs=none"))
    elsewhere = secure.secure_url.replace("127.0.0.1", "127.0.0.2")
    assert "certificate is not valid for" in _run("redis_health.py", REDIS_URL=elsewhere).stdout
    assert _is_reached(_run("redis_health.py", REDIS_URL=elsewhere + "&ssl_check_hostname=false"))


def test_data_move_and_are_saved_by_tls(secure, launch, tmp_path):
    source = launch(program=REFERENCE)
    _fill(source)
    result = _run("migrate_from_redis.sh", "--from", _url(source), "--to", secure.secure_url)
    assert result.returncode == 0, result.stdout + result.stderr
    result = _run("backup.sh", "--to", tmp_path / "copies", "--url", secure.secure_url)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert len(list((tmp_path / "copies").glob("dump-*.rdb"))) == 1


# ---- moving ----


def _fill(server):
    with server.connect() as client:
        for i in range(2000):
            client("SET", f"session:{i}", os.urandom(20), *(["EX", 5000 + i] if i % 2 else []))
        client("SELECT", 3)
        client("SET", b"odd \x00\r\n key", b"odd \x00\r\n value")


def _url(server):
    return f"redis://127.0.0.1:{server.port}"


@pytest.mark.parametrize("way", ["to sessiond", "back"])
def test_all_keys_move_live_with_their_ttl(launch, way):
    ours, theirs = launch(), launch(program=REFERENCE)
    source, target = (theirs, ours) if way == "to sessiond" else (ours, theirs)
    _fill(source)
    result = _run("migrate_from_redis.sh", "--from", _url(source), "--to", _url(target))
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"database 0: 2000 keys copied; 2000 here, 2000 there; \d{3,} compared, 0 differ", result.stdout)
    with source.connect() as here, target.connect() as there:
        for key in ("session:0", "session:7", "session:1999"):
            assert there("GET", key) == here("GET", key)
            assert abs(there("PTTL", key) - here("PTTL", key)) < 2000
        there("SELECT", 3)
        assert there("GET", b"odd \x00\r\n key") == b"odd \x00\r\n value"


CHANGES = {
    "string": [["SET", "key", "a"], ["APPEND", "key", "b"]],
    "list": [["RPUSH", "key", "a", "b"], ["LSET", "key", 1, "c"]],
    "hash": [["HSET", "key", "a", "1", "b", "2"], ["HSET", "key", "b", "3"]],
    "set": [["SADD", "key", "a", "b"], ["SREM", "key", "b"]],
    "zset": [["ZADD", "key", 0.1, "a", 2, "b"], ["ZINCRBY", "key", 1, "b"]],
    "time to live": [["SET", "key", "a"], ["EXPIRE", "key", 100]],
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_value_that_is_not_the_same_is_seen(launch, kind):
    first, change = CHANGES[kind]
    source, target = launch(), launch(program=REFERENCE)
    here, there = (Connection(_url(server)) for server in (source, target))
    for connection in (here, there):
        connection(*first)
    assert count_different(here, there, [b"key"]) == 0
    there(*change)
    assert count_different(here, there, [b"key"]) == 1
    here.close()
    there.close()


def test_a_target_with_keys_is_left_alone_unless_told_otherwise(launch):
    source, target = launch(), launch()
    with source.connect() as client:
        client("SET", "a", "new")
    with target.connect() as client:
        client("SET", "a", "old")
    result = _run("migrate_from_redis.sh", "--from", _url(source), "--to", _url(target))
    assert result.returncode == 1 and "--replace" in result.stderr
    assert _run("migrate_from_redis.sh", "--from", _url(source), "--to", _url(target), "--replace").returncode == 0
    with target.connect() as client:
        assert client("GET", "a") == b"new"


@pytest.mark.beyond_redis
def test_what_the_target_refuses_is_named(launch):
    """Here because it is too old for what it is sent."""
    source, target = launch({"rdb-version": "11"}), launch(program=REFERENCE)
    with source.connect() as client:
        client("XADD", "x", "*", "field", "value")
        client("SET", "s", "value")
    result = _run("migrate_from_redis.sh", "--from", _url(source), "--to", _url(target))
    assert result.returncode == 1
    assert re.search(r"not copied: 1 keys of type stream: ERR ", result.stderr)


def test_streams_are_copied_with_their_groups(launch):
    source, target = launch(program=REFERENCE), launch()
    with source.connect() as client:
        client("XADD", "x", "1-1", "field", "value")
        client("XGROUP", "CREATE", "x", "group", 0)
        client("XREADGROUP", "GROUP", "group", "consumer", "STREAMS", "x", ">")
    assert _run("migrate_from_redis.sh", "--from", _url(source), "--to", _url(target)).returncode == 0
    with target.connect() as client:
        assert client("XRANGE", "x", "-", "+") == [[b"1-1", [b"field", b"value"]]]
        assert client("XPENDING", "x", "group")[:1] == [1]


# ---- backups ----


def test_a_backup_is_verified_and_old_ones_go(either, tmp_path):
    with either.connect() as client:
        client("AUTH", PASSWORD)
        client("SET", "session", "x")
    to = tmp_path / "copies"
    to.mkdir()
    for day in ("20200101-000000", "20200102-000000"):
        (to / f"dump-{day}.rdb").touch()
    url = f"redis://:{ENCODED}@127.0.0.1:{either.port}"
    result = _run("backup.sh", "--to", to, "--keep", 2, "--url", url)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    copies = sorted(path.name for path in to.glob("*.rdb"))
    assert len(copies) == 2 and copies[0] == "dump-20200102-000000.rdb"
    assert (to / copies[1]).stat().st_mode & 0o077 == 0
    assert b"session" in (to / copies[1]).read_bytes()


def test_a_backup_of_what_only_redis_has(launch, tmp_path):
    server = launch(program=REFERENCE)
    # The value of a module, as Redis would have written it.
    dump = tmp_path / "of-a-module.rdb"
    dump.write_bytes(b"REDIS0010\xfe\x00\x07\x03key\x81" + b"\x01" * 8 + b"\x00\xff" + bytes(8))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sessiond").symlink_to(SESSIOND)
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    result = _run("backup.sh", "--to", tmp_path / "copies", "--url", _url(server), "--file", dump, PATH=path)
    assert (result.returncode, result.stderr) == (0, "")
    (copy,) = (tmp_path / "copies").glob("dump-*.rdb")
    result = _run("restore.sh", "--dump", tmp_path / "dump.rdb", copy, PATH=path)
    assert result.returncode == 1 and "holds what sessiond doesn't load" in result.stderr


def test_a_backup_that_fails_says_why_and_leaves_the_old_ones(launch, tmp_path):
    server = launch()
    to = tmp_path / "copies"
    to.mkdir()
    (to / "dump-20200101-000000.rdb").touch()
    (tmp_path / "other.rdb").write_bytes(b"no snapshot")
    arguments = ["--to", to, "--keep", 1, "--url", _url(server), "--file", tmp_path / "other.rdb"]
    result = _run("backup.sh", *arguments)
    assert result.returncode == 1 and "is damaged" in result.stderr
    assert [path.name for path in to.glob("dump-*")] == ["dump-20200101-000000.rdb"]
    server.stop()
    result = _run("backup.sh", *arguments)
    assert result.returncode == 1 and "doesn't answer" in result.stderr
