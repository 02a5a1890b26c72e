# SPDX-License-Identifier: BSD-3-Clause
"""Users of configuration lines and of a file: who they are for clients, what is kept of them, and what is refused at a start."""

import re
import stat
import subprocess

import pytest
import redis

from support import readme
from support.resp import Closed
from support.server import ROOT, SESSIOND

# In the configuration, with a rule in quotes and one of several words; the same as they are told.
ALICE = 'alice on ">se#cret" ~a* +@all -@dangerous (%R~b* +get)'
NOPERM = "NOPERM User alice has no permissions to run the 'flushall' command"


def check(directory, text):
    """What --check says of a configuration."""
    (directory / "check.conf").write_text(text)
    result = subprocess.run([SESSIOND, "--check", "check.conf"], cwd=directory, capture_output=True, text=True, timeout=20, check=False)
    return result.stdout.splitlines()[0]


def cli(server, *words):
    command = ["redis-cli", "-p", str(server.port), "--no-auth-warning", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()


# ---- lines of the configuration ----


def test_a_user_of_the_configuration_logs_in(launch, connect):
    server = launch({"user": [ALICE, "default off"]}, started=False)
    server.spawn().wait_for_log("Ready to accept connections")
    assert connect(server)("PING") == "NOAUTH Authentication required."
    alice = redis.Redis(port=server.port, username="alice", password="se#cret")
    assert alice.set("a1", "x") and alice.get("b1") is None
    with pytest.raises(redis.exceptions.NoPermissionError):
        alice.set("b1", "x")
    with pytest.raises(redis.exceptions.NoPermissionError, match="flushall"):
        alice.flushall()
    assert alice.acl_whoami() == "alice"
    assert cli(server, "--user", "alice", "--pass", "se#cret", "FLUSHALL") == NOPERM
    assert cli(server, "-u", f"redis://alice:se%23cret@127.0.0.1:{server.port}", "GET", "a1") == "x"
    assert "user=alice" in cli(server, "--user", "alice", "--pass", "se#cret", "CLIENT", "INFO")
    assert cli(server, "--user", "alice", "--pass", "wrong", "PING") == "NOAUTH Authentication required."
    assert "se#cret" not in server.log() and "wrong" not in server.log()


def test_rewriting_keeps_lines_that_hold_and_writes_what_changed(launch, connect):
    server = launch({"user": ["  alice on >secret ~a* +get", "bob off"]})
    path = server.directory / "server.conf"
    before = path.read_text()
    admin = connect(server)
    assert admin("CONFIG", "REWRITE") == "OK"
    assert "user   alice on >secret ~a* +get" in path.read_text() and before in path.read_text()
    admin("ACL", "SETUSER", "carol", "on", "nopass", "~c*", "(%W~w*", "+set)")
    admin("ACL", "DELUSER", "bob")
    assert admin("CONFIG", "REWRITE") == "OK"
    text = path.read_text()
    assert "secret" not in text and "bob" not in text
    assert text.count("\nuser ") == 3


def test_what_was_rewritten_is_loaded(launch, connect):
    server = launch({"user": ["alice on >secret ~a* +get"]})
    admin = connect(server)
    admin("ACL", "SETUSER", "carol", "on", "nopass", "~c*", '~"', "(%W~w*", "+set)", "(~x", "&y)")
    admin("CONFIG", "SET", "requirepass", "pass")
    listed = admin("ACL", "LIST")
    assert admin("CONFIG", "REWRITE") == "OK"
    path = server.directory / "server.conf"
    options = {"port": None, "user": [line[5:] for line in path.read_text().splitlines() if line.startswith("user ")]}
    again = launch(options | {"port": 0, "unixsocket": server.directory / "again"})
    again_admin = redis.Redis(unix_socket_path=str(server.directory / "again"), password="pass")
    assert again_admin.acl_list() == [line.decode() for line in listed]
    again_admin.close()


def test_who_deletes_oneself_is_answered_and_closed(launch, connect):
    server = launch({"user": "eve on nopass +@all"})
    eve, other = connect(server), connect(server)
    assert eve("AUTH", "eve", "x") == other("AUTH", "eve", "x") == "OK"
    assert eve("ACL", "DELUSER", "eve") == 1
    for connection in (eve, other):
        with pytest.raises((Closed, OSError)):
            connection("PING")


# ---- a file ----


@pytest.fixture
def filed(launch, tmp_path):
    """A server with a file of users; the path of that."""
    path = tmp_path / "users.acl"
    path.write_text("user alice on nopass ~a* &* +@all\nuser bob on nopass ~b* +@all\n")
    return launch({"aclfile": path}), path


def test_users_of_a_file_are_loaded_and_saved(filed, connect):
    server, path = filed
    admin = connect(server)
    assert admin("ACL", "USERS") == [b"alice", b"bob", b"default"]
    assert admin("ACL", "SETUSER", "carol", "on", ">secret", "~c*") == "OK"
    assert admin("ACL", "SAVE") == "OK"
    assert path.read_text() == "".join(f"{line.decode()}\n" for line in admin("ACL", "LIST"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert admin("CONFIG", "REWRITE") == "OK"
    assert "user " not in re.sub("(?m)^#.*", "", (server.directory / "server.conf").read_text())


def test_loading_closes_who_is_no_user_any_more(filed, connect):
    server, path = filed
    admin, alice, bob = connect(server), connect(server), connect(server)
    assert alice("AUTH", "alice", "x") == bob("AUTH", "bob", "x") == "OK"
    path.write_text("user alice on nopass ~n* +get\n")
    assert admin("ACL", "LOAD") == "OK"
    assert alice("GET", "n1") is None
    assert alice("GET", "a1") == "NOPERM No permissions to access a key"
    with pytest.raises(Closed):
        bob("PING")


def test_a_file_with_a_mistake_changes_nothing(filed, connect):
    server, path = filed
    admin = connect(server)
    before = admin("ACL", "LIST")
    path.write_text("user alice on\nuser carol +nosuch\n")
    answer = admin("ACL", "LOAD")
    assert answer == (
        f"ERR {path}:2: Error in applying operation '+nosuch': Unknown command or category name in ACL. "
        "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
    )
    path.unlink()
    assert admin("ACL", "LOAD") == f"ERR Error loading ACLs, opening file '{path}': No such file or directory"
    assert admin("ACL", "LIST") == before


# ---- what is refused ----


def test_mistakes_are_found_before_the_start(tmp_path):
    assert check(tmp_path, "user alice on +nosuch\n").startswith("check.conf:1:")
    assert "Unknown command or category name in ACL" in check(tmp_path, "user alice on +nosuch\n")
    hidden = check(tmp_path, "user alice on <secret\n")
    assert "does not exist" in hidden and "secret" not in hidden
    assert "Duplicate user found" in check(tmp_path, "user alice on\nuser alice off\n")
    (tmp_path / "users.acl").write_text("user bob +nosuch\n")
    assert "users.acl:1: Error in applying operation" in check(tmp_path, "aclfile users.acl\n")
    assert "but not both" in check(tmp_path, "aclfile users.acl\nuser alice on\n")
    assert "opening file" in check(tmp_path, "aclfile missing.acl\n")


def test_a_start_with_a_mistake_fails(launch):
    server = launch({"user": "alice (+get"}, started=False).spawn()
    assert server.wait_exit() == 1
    assert "Unmatched parenthesis" in server.log()


# ---- README ----


@pytest.fixture
def shown(launch):
    """A server with the users that README.md shows."""
    lines = [line[5:] for line in readme.blocks()["Security"] if line.startswith("user ")]
    assert [line.split()[0] for line in lines] == ["app", "monitoring", "backup"]
    return launch({"user": lines, "http-port": 0})


def test_the_application_has_its_sessions_and_no_more(shown):
    app = redis.Redis.from_url(f"redis://app:APP_PASSWORD@127.0.0.1:{shown.port}/0")
    assert app.setex("chatmrpt:1", 60, "x") and app.get("chatmrpt:1") == b"x" and app.expire("chatmrpt:1", 60)
    with app.pipeline() as pipeline:
        assert pipeline.set("chatmrpt:2", "y").delete("chatmrpt:1").execute() == [True, 1]
    channel = app.pubsub()
    channel.subscribe("socketio")
    assert channel.get_message(timeout=5)["type"] == "subscribe"
    assert app.publish("socketio", "m") == 1
    for denied in (lambda: app.get("other:1"), app.flushall, app.scan, lambda: app.publish("x", "m"), lambda: app.config_get("*"), app.acl_list):
        with pytest.raises(redis.exceptions.NoPermissionError):
            denied()
    channel.close()


def test_monitoring_sees_and_changes_nothing(shown):
    client = redis.Redis.from_url(f"redis://monitoring:MONITORING_PASSWORD@127.0.0.1:{shown.port}")
    assert client.info("memory") and client.client_list() and client.slowlog_get() == [] and client.config_get("maxmemory")
    assert client.latency_latest() == [] and client.execute_command("SESSION.STATS") is not None
    for denied in (lambda: client.get("chatmrpt:1"), lambda: client.config_set("maxmemory", 0), client.scan, client.acl_list):
        with pytest.raises(redis.exceptions.NoPermissionError):
            denied()


def test_backups_are_made_by_their_user(shown, tmp_path):
    url = f"redis://backup:BACKUP_PASSWORD@127.0.0.1:{shown.port}"
    result = subprocess.run(["scripts/backup.sh", "--url", url, "--to", str(tmp_path / "copies")], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(list((tmp_path / "copies").glob("dump-*.rdb"))) == 1
    with pytest.raises(redis.exceptions.NoPermissionError):
        redis.Redis.from_url(url).get("chatmrpt:1")
