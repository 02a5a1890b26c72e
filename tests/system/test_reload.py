# SPDX-License-Identifier: BSD-3-Clause
"""SIGHUP: what was changed in the configuration file is put into effect while the server runs."""

import signal

import pytest

from support import wait

pytestmark = pytest.mark.beyond_redis


def _reload(server, expected, **changes):
    """Rewrites the file with other options, and waits for the log to say what came of it."""
    server.options |= {name.replace("_", "-"): value for name, value in changes.items()}
    server.write_config()
    position = len(server.log())
    server.process.send_signal(signal.SIGHUP)
    wait.until(lambda: expected in server.log()[position:], what=lambda: f"{expected!r}:\n{server.log()[position:]}")
    return server.log()[position:]


def _get(client, name):
    return client("CONFIG", "GET", name)[1].decode()


def test_what_was_changed_in_the_file_takes_effect(launch, connect):
    server = launch({"maxmemory": "100mb", "hz": "10"})
    client = connect(server)
    log = _reload(server, "maxmemory was changed", maxmemory="200mb")
    assert _get(client, "maxmemory") == str(200 * 1024 * 1024)
    assert "hz" not in log
    _reload(server, "maxmemory-policy was changed", maxmemory_policy="allkeys-lru")
    assert _get(client, "maxmemory-policy") == "allkeys-lru"


def test_a_line_that_went_leaves_the_default(launch, connect):
    server = launch({"timeout": "100"})
    _reload(server, "timeout was changed", timeout=None)
    assert _get(connect(server), "timeout") == "0"


def test_a_setting_of_config_set_stays_unless_the_file_changed_it(launch, connect):
    server = launch({"maxmemory": "100mb", "timeout": "100"})
    client = connect(server)
    assert client("CONFIG", "SET", "timeout", "7", "maxmemory", "300mb") == "OK"
    _reload(server, "maxmemory was changed", maxmemory="200mb")
    assert _get(client, "timeout") == "7"
    assert _get(client, "maxmemory") == str(200 * 1024 * 1024)


def test_a_password_takes_effect_and_is_not_logged(launch, connect):
    server = launch()
    client = connect(server)
    assert client("PING") == "PONG"  # it is in by now
    log = _reload(server, "requirepass was changed", requirepass="a-new-password")
    assert "a-new-password" not in log
    assert client("PING") == "PONG"  # who was in stays in
    newcomer = connect(server)
    assert newcomer("PING").startswith("NOAUTH")
    assert newcomer("AUTH", "a-new-password") == "OK"


def test_a_file_with_mistakes_changes_nothing(launch, connect):
    server = launch({"maxmemory": "100mb"})
    log = _reload(server, "The configuration stays as it was", maxmemory="200mb", hz="often")
    assert "server.conf:" in log and "whole number, from 1 to 500" in log
    assert _get(connect(server), "maxmemory") == str(100 * 1024 * 1024)
    _reload(server, "maxmemory was changed", hz="20")


def test_what_takes_a_restart_is_said_once(launch, connect):
    server = launch({"databases": "16"})
    _reload(server, "databases was changed in the configuration: that takes a restart", databases="4")
    log = _reload(server, "timeout was changed", timeout="50")
    assert "databases" not in log
    assert connect(server)("SELECT", "10") == "OK"


def test_renamed_commands_take_a_restart(launch):
    server = launch()
    _reload(server, "rename-command was changed in the configuration: that takes a restart", rename_command='FLUSHALL ""')


def test_a_refused_change_leaves_all_as_it_was(launch, connect, server):
    mine = launch({"maxmemory": "100mb"})
    _reload(mine, "port can't be changed", maxmemory="200mb", port=str(server.port))
    client = connect(mine)
    assert _get(client, "maxmemory") == str(100 * 1024 * 1024)
    assert _get(client, "port") == str(mine.port)


def test_the_command_line_wins_again(launch, connect):
    server = launch({"maxmemory": "100mb"}, arguments=["--maxmemory", "50mb"])
    _reload(server, "timeout was changed", maxmemory="200mb", timeout="9")
    assert _get(connect(server), "maxmemory") == str(50 * 1024 * 1024)


def test_included_files_are_read_again_from_where_the_server_was_started(launch, connect, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    server = launch({"dir": data, "include": "more.conf"}, started=False)
    (server.directory / "more.conf").write_text("maxmemory 100mb\n")
    server.start()
    (server.directory / "more.conf").write_text("maxmemory 200mb\n")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log("maxmemory was changed")
    assert _get(connect(server), "maxmemory") == str(200 * 1024 * 1024)


def test_a_new_port_is_listened_on(launch):
    server = launch()
    other = launch()
    port = other.port
    other.stop()
    _reload(server, "port was changed", port=str(port))
    server.port = port
    with server.connect() as client:
        assert client("PING") == "PONG"


def _users(client):
    return {line.split()[1]: line.split()[2:] for line in (each.decode() for each in client("ACL", "LIST"))}


def test_users_follow_their_lines(launch, connect):
    server = launch({"user": ["ann on nopass ~a* +get", "bob on nopass ~* +@all", "eve on nopass ~* +@all"]})
    client, eve = connect(server), connect(server)
    assert eve("AUTH", "eve", "any") == "OK"
    assert client("ACL", "SETUSER", "bob", "-del") == "OK"
    assert client("ACL", "SETUSER", "own", "on") == "OK"
    lines = ["ann on >not-to-be-logged ~b* +get", "bob on nopass ~* +@all", "new on nopass +ping"]
    log = _reload(server, "The user 'eve' was removed", user=lines)
    assert "The user 'ann' was changed" in log and "The user 'new' was added" in log
    assert "bob" not in log and "not-to-be-logged" not in log and "restart" not in log
    users = _users(client)
    assert sorted(users) == ["ann", "bob", "default", "new", "own"]
    assert "~b*" in users["ann"] and "nopass" not in users["ann"]
    assert "-del" in users["bob"]  # who was changed by a command stays so, as the line stayed the same
    assert eve.is_closed()
    _reload(server, "The user 'new' was removed", user=lines[:2])
    assert "own" in _users(client)


def test_the_default_user_follows_its_line_and_the_password(launch, connect):
    server = launch({"user": ["default on nopass ~* &* +@all -flushall"]})
    _reload(server, "The user 'default' was changed", user=["default on nopass ~* &* +@all -flushdb"])
    assert "-flushdb" in _users(connect(server))["default"]
    log = _reload(server, "requirepass was changed", requirepass="a-new-password")
    assert "The user" not in log
    client = connect(server)
    assert client("AUTH", "a-new-password") == "OK"
    assert "-flushdb" in _users(client)["default"]


def test_a_line_that_cannot_be_read_changes_nothing(launch, connect):
    server = launch({"user": ["ann on nopass ~a* +get"], "hz": "10"})
    log = _reload(server, "The configuration stays as it was", hz="20", user=["ann on nopass ~b* +get", "bob +nosuch"])
    assert "server.conf:" in log
    client = connect(server)
    assert "~a*" in _users(client)["ann"] and _get(client, "hz") == "10"


def test_a_written_configuration_is_no_change(launch, connect):
    server = launch({"user": ["ann on nopass ~a* +get"]})
    client = connect(server)
    assert client("ACL", "SETUSER", "ann", "~b*") == "OK"
    assert client("CONFIG", "REWRITE") == "OK"
    assert client("ACL", "SETUSER", "ann", "~c*") == "OK"
    path = server.directory / "server.conf"
    path.write_text(path.read_text() + "timeout 9\n")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log("timeout was changed")
    assert client("PING") == "PONG"  # users follow in the same turn
    assert "The user" not in server.log()
    assert {"~a*", "~b*", "~c*"} <= set(_users(client)["ann"])


def test_users_follow_their_file(launch, connect, tmp_path):
    path = tmp_path / "users.acl"
    path.write_text("user ann on nopass ~a* +get\nuser bob on nopass ~* +@all\n")
    server = launch({"aclfile": path})
    client = connect(server)
    assert client("ACL", "SETUSER", "bob", "-del") == "OK"
    path.write_text("user ann on nopass ~b* +get\nuser bob on nopass ~* +@all\nuser new on >not-to-be-logged +ping\n")
    log = _reload(server, "The user 'new' was added")
    assert "The user 'ann' was changed" in log and "bob" not in log and "not-to-be-logged" not in log
    assert "~b*" in _users(client)["ann"] and "-del" in _users(client)["bob"]
    # What the server wrote itself is no change.
    assert client("ACL", "SAVE") == "OK"
    assert client("ACL", "SETUSER", "bob", "-get") == "OK"
    path.write_text(path.read_text().replace("~b*", "~c*"))
    _reload(server, "The user 'ann' was changed")
    assert "-get" in _users(client)["bob"]


def test_a_file_of_users_that_cannot_be_read_changes_nobody(launch, connect, tmp_path):
    path = tmp_path / "users.acl"
    path.write_text("user ann on nopass ~a* +get\n")
    server = launch({"aclfile": path})
    path.write_text("user ann on nopass ~b* +get\nuser bob +nosuch\n")
    _reload(server, "users.acl:2")
    assert "~a*" in _users(connect(server))["ann"]


def test_users_change_when_no_script_stands_still(launch, connect, tmp_path):
    """Its user may be one that goes."""
    users = tmp_path / "users.acl"
    users.write_text("user default on nopass ~* &* +@all\nuser worker on >secret ~* +@all\n")
    server = launch({"aclfile": str(users), "busy-reply-threshold": "50"})
    other, worker = connect(server), connect(server)
    assert worker("AUTH", "worker", "secret") == "OK"
    worker.send_command("EVAL", "while true do redis.call('get', 'k') end", "0")
    wait.until(lambda: str(other("GET", "k")).startswith("BUSY"))
    users.write_text("user default on nopass ~* &* +@all\n")
    server.process.send_signal(signal.SIGHUP)
    assert str(other("GET", "k")).startswith("BUSY")
    assert "Received SIGHUP" not in server.log()
    assert other("SCRIPT", "KILL") == "OK"
    wait.until(lambda: "Received SIGHUP" in server.log())
    wait.until(lambda: other("ACL", "USERS") == [b"default"])
