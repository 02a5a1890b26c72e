# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: servers and connections to them."""

import pathlib

import pytest

from support.server import REFERENCE, SESSIOND, Server, is_redis


def pytest_configure(config):
    for program in (SESSIOND, REFERENCE):
        if not pathlib.Path(program).exists():
            raise pytest.UsageError(f"{program} does not exist; `make` builds sessiond, `scripts/test-deps` installs the rest")
    config.under_test_is_redis = is_redis(SESSIOND)


def pytest_collection_modifyitems(config, items):
    if config.under_test_is_redis:
        for item in items:
            if item.get_closest_marker("beyond_redis"):
                item.add_marker(pytest.mark.skip(reason="beyond what redis-server does"))


@pytest.fixture(scope="session")
def under_test_is_redis(pytestconfig):
    return pytestconfig.under_test_is_redis


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server with default settings for all tests of a file."""
    server = Server(tmp_path_factory.mktemp("server")).start()
    yield server
    server.finish()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """redis-server with default settings, one for all tests of a file."""
    server = Server(tmp_path_factory.mktemp("reference"), program=REFERENCE).start()
    yield server
    server.finish()


@pytest.fixture
def server(shared_server):
    """The file's shared server, emptied; for tests that change neither its settings nor end it."""
    assert shared_server.is_running(), f"the server died:\n{shared_server.log_tail()}"
    with shared_server.connect() as connection:
        assert connection("FLUSHALL") == "OK"
    yield shared_server
    assert shared_server.is_running(), f"the server died in this test:\n{shared_server.log_tail()}"


@pytest.fixture
def client(server):
    """A connection to the shared server."""
    with server.connect() as connection:
        yield connection


@pytest.fixture
def launch(tmp_path):
    """launch(options={}, arguments=[], ...) starts a server of the test's own; it must end well when the test does.

    `started=False` hands over one that the test starts itself."""
    servers = []

    def start(options=None, arguments=(), started=True, **more):
        server = Server(tmp_path / f"server{len(servers)}", options, arguments, **more)
        servers.append(server)
        return server.start() if started else server

    yield start
    problems = []
    for server in servers:
        try:
            server.finish()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def connect():
    """connect(server, ...) opens connections that end with the test."""
    connections = []

    def open_connection(server, **options):
        connection = server.connect(**options)
        connections.append(connection)
        return connection

    yield open_connection
    for connection in connections:
        connection.close()
