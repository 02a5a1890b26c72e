# SPDX-License-Identifier: BSD-3-Clause
"""HELLO, and the types that replies take in RESP2 and RESP3."""

import pytest

from support.resp import Map, Null, Push, Set, Verbatim


@pytest.fixture
def third(client):
    """A connection that speaks RESP3."""
    assert isinstance(client("HELLO", "3"), Map)
    return client


def test_hello_describes_the_server_in_both_protocols(client):
    described = client("HELLO")
    names = [b"server", b"version", b"proto", b"id", b"mode", b"role", b"modules"]
    assert described[0::2] == names
    as_map = client("HELLO", "3")
    assert isinstance(as_map, Map)
    assert [name for name, _ in as_map] == names
    values = as_map.dict()
    assert values[b"server"] == b"redis"
    assert values[b"version"].startswith(b"7.")
    assert values[b"proto"] == 3
    assert values[b"id"] == client("CLIENT", "ID")
    assert (values[b"mode"], values[b"role"], values[b"modules"]) == (b"standalone", b"master", [])
    assert client("HELLO", "2")[5] == 2
    assert client("GET", "missing") is None


@pytest.mark.parametrize("version", ["1", "4", "0", "-1"])
def test_hello_refuses_other_versions(client, version):
    assert client("HELLO", version) == "NOPROTO unsupported protocol version"
    assert client("GET", "missing") is None


def test_hello_wrong_arguments_change_nothing(client):
    assert client("HELLO", "three") == "ERR Protocol version is not an integer or out of range"
    assert client("HELLO", "3", "SETNAME") == "ERR Syntax error in HELLO option 'SETNAME'"
    assert client("HELLO", "3", "AUTH", "default") == "ERR Syntax error in HELLO option 'AUTH'"
    assert client("HELLO", "3", "NOSUCH") == "ERR Syntax error in HELLO option 'NOSUCH'"
    assert client("HELLO", "3", "SETNAME", "a b").startswith("ERR Client names cannot contain spaces")
    assert client("CLIENT", "GETNAME") is None


def test_hello_sets_the_name(client):
    client("HELLO", "3", "SETNAME", "worker-1")
    assert client("CLIENT", "GETNAME") == b"worker-1"


def test_nulls(client):
    for command in (["GET", "missing"], ["GETEX", "missing"], ["GETDEL", "missing"], ["RANDOMKEY"], ["CLIENT", "GETNAME"]):
        assert client.raw(*command) == b"$-1\r\n", command
    assert client.raw("SET", "missing", "x", "XX") == b"$-1\r\n"
    client("HELLO", "3")
    for command in (["GET", "missing"], ["GETEX", "missing"], ["GETDEL", "missing"], ["RANDOMKEY"], ["CLIENT", "GETNAME"]):
        assert client.raw(*command) == b"_\r\n", command
    assert client.raw("SET", "missing", "x", "XX") == b"_\r\n"
    assert client.raw("MGET", "a", "b") == b"*2\r\n_\r\n_\r\n"


def test_a_failed_exec_is_a_null_array_or_null(server, client, connect):
    other = connect(server)
    for expected in (b"*-1\r\n", b"_\r\n"):
        client("WATCH", "key")
        other("INCR", "key")
        client("MULTI")
        client("PING")
        assert client.raw("EXEC") == expected
        client("HELLO", "3")


def test_config_get_is_a_map(client):
    assert client("CONFIG", "GET", "maxclients") == [b"maxclients", b"10000"]
    client("HELLO", "3")
    found = client("CONFIG", "GET", "maxclients")
    assert isinstance(found, Map) and found == [(b"maxclients", b"10000")]
    assert client.raw("CONFIG", "GET", "no-such-thing") == b"%0\r\n"


def test_info_and_client_info_are_verbatim_text(client):
    assert type(client("INFO", "server")) is bytes
    client("HELLO", "3")
    for command in (["INFO", "server"], ["CLIENT", "INFO"], ["CLIENT", "LIST"]):
        text = client(*command)
        assert isinstance(text, Verbatim) and text.format == b"txt", command


def test_lcs_idx_is_a_map(third):
    third("MSET", "a", "ohmytext", "b", "mynewtext")
    found = third("LCS", "a", "b", "IDX", "WITHMATCHLEN")
    assert isinstance(found, Map)
    assert found.dict() == {b"matches": [[[4, 7], [5, 8], 4], [[2, 3], [0, 1], 2]], b"len": 6}


def test_command_info_has_flags_as_sets(third):
    (get,) = third("COMMAND", "INFO", "get")
    assert get[:2] == [b"get", 2]
    assert isinstance(get[2], Set) and set(get[2]) == {"readonly", "fast"}
    assert isinstance(get[6], Set) and set(get[6]) == {"@read", "@string", "@fast"}
    assert third("COMMAND", "INFO", "nosuch") == [Null]


def test_command_docs_is_a_map(client):
    assert client("COMMAND", "DOCS", "nosuch") == []
    client("HELLO", "3")
    ((name, docs),) = client("COMMAND", "DOCS", "get")
    assert name == b"get"
    assert isinstance(docs, Map)
    assert docs.dict()[b"group"] == b"string"


def test_numbers_that_are_strings_stay_strings(third):
    assert third("INCRBYFLOAT", "float", "10.50") == b"10.5"
    assert third("SET", "key", "v") == "OK"
    assert third("STRLEN", "key") == 1
    assert third("TYPE", "key") == "string"
    assert third("SCAN", "0", "MATCH", "key") == [b"0", [b"key"]]


def test_a_subscriber_may_send_any_command_and_gets_pushes(server, third, connect):
    third.send_command("SUBSCRIBE", "one", "two")
    assert third.read_value() == Push([b"subscribe", b"one", 1])
    assert third.read_value() == Push([b"subscribe", b"two", 2])
    assert third("SET", "key", "value") == "OK"
    assert connect(server)("PUBLISH", "one", "hello") == 1
    message = third.read()
    assert message.raw == b">3\r\n$7\r\nmessage\r\n$3\r\none\r\n$5\r\nhello\r\n"
    assert third.raw("PING") == b"+PONG\r\n"
    assert third.raw("PING", "text") == b"$4\r\ntext\r\n"


def test_publishing_to_oneself_answers_before_the_message(under_test_is_redis, third):
    if under_test_is_redis:
        pytest.skip("the order changed in 7.2")
    third("SUBSCRIBE", "mine")
    assert third("PUBLISH", "mine", "x") == 1
    assert third.read_value() == Push([b"message", b"mine", b"x"])


def test_reset_returns_to_resp2(third):
    assert third("RESET") == "RESET"
    assert third("GET", "missing") is None
    assert third.raw("GET", "missing") == b"$-1\r\n"


def test_the_protocol_is_each_connections_own(server, third, connect):
    assert connect(server).raw("GET", "missing") == b"$-1\r\n"
    assert third.raw("GET", "missing") == b"_\r\n"
