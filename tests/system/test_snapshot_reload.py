# SPDX-License-Identifier: BSD-3-Clause
"""DEBUG RELOAD, and what saving in the foreground and at the end does to a server that goes on."""

import pytest

from support import wait
from support.resp import Error
from support.server import REFERENCE

RELOADING = {"enable-debug-command": "yes"}
NOT_LOADED = "ERR Error trying to load the RDB dump"  # 7.2 adds: check server logs.


@pytest.fixture(params=["sessiond", "redis"])
def server(request, launch):
    """Both must do the same."""
    return launch(RELOADING, **({} if request.param == "sessiond" else {"program": REFERENCE}))


def test_all_is_there_after_a_reload(server):
    with server.connect() as connection:
        connection.pipeline([["SET", f"k:{n}", n, "PX", 10**9 + n] for n in range(500)] + [["SELECT", 3], ["SET", "x", "y"]])
        digest = connection("DEBUG", "DIGEST")
        assert connection("DEBUG", "RELOAD") == "OK"
        assert connection("DEBUG", "DIGEST") == digest
        connection("SELECT", 0)
        assert 10**9 < connection("PTTL", "k:499") <= 10**9 + 499
        assert (server.directory / "dump.rdb").exists()


def test_nosave_goes_back_to_the_file(server):
    with server.connect() as connection:
        connection.pipeline([["SET", "a", "file"], ["SAVE"], ["SET", "a", "memory"], ["SET", "b", "memory"]])
        assert connection("DEBUG", "RELOAD", "nosave") == "OK"
        assert connection("MGET", "a", "b") == [b"file", None]


def test_merge_keeps_what_the_file_lacks(server):
    with server.connect() as connection:
        connection.pipeline([["SET", "a", "file"], ["SAVE"], ["SET", "a", "memory"], ["SET", "b", "memory"]])
        assert connection("DEBUG", "RELOAD", "MERGE", "NOFLUSH", "NOSAVE") == "OK"
        assert connection("MGET", "a", "b") == [b"file", b"memory"]


def test_a_reload_touches_watched_keys(server):
    with server.connect() as connection, server.connect() as other:
        connection.pipeline([["SET", "k", "v"], ["WATCH", "k"]])
        assert other("DEBUG", "RELOAD") == "OK"
        assert connection.pipeline([["MULTI"], ["PING"], ["EXEC"]])[-1] is None


def test_a_missing_file_is_an_error(server):
    with server.connect() as connection:
        connection("SET", "k", "v")
        assert connection("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").startswith(NOT_LOADED)
        assert connection("GET", "k") == b"v"


def test_a_key_that_is_there_is_an_error_without_merge(launch):
    """redis-server ends itself; a running server has better to do."""
    server = launch(RELOADING)
    with server.connect() as connection:
        connection.pipeline([["SET", "a", "file"], ["SAVE"], ["SET", "a", "memory"]])
        assert connection("DEBUG", "RELOAD", "NOFLUSH", "NOSAVE").startswith(NOT_LOADED)
        assert "a key is there twice" in server.log()
        assert connection("EXISTS", "a") == 1


def test_a_reload_waits_for_the_background_save(launch):
    server = launch(RELOADING)
    with server.connect() as connection:
        connection("DEBUG", "POPULATE", 50000, "key", 200)
        assert connection.pipeline([["BGSAVE"], ["DEBUG", "RELOAD"], ["DBSIZE"]])[1:] == ["OK", 50000]
        assert "Background saving terminated with success" in server.log()


def test_a_failed_save_in_the_foreground_refuses_no_writes(server):
    """Its caller has the error in hand; MISCONF is for saves that nobody waits for."""
    with server.connect() as connection:
        connection("CONFIG", "SET", "save", "3600 1")
        (server.directory / "dump.rdb").mkdir()
        assert connection("SAVE") == Error("ERR")
        assert connection("SET", "k", "v") == "OK"
        assert connection("BGSAVE") == "Background saving started"
        wait.until(lambda: isinstance(connection("SET", "k", "v"), Error), 10, "MISCONF")
        (server.directory / "dump.rdb").rmdir()
        assert connection("SAVE") == "OK"
        assert connection("SET", "k", "v") == "OK"
