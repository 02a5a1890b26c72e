# SPDX-License-Identifier: BSD-3-Clause
"""Requests as bytes: split anywhere, inline, wrong, hostile."""

import pytest

from support.resp import encode

PIPELINE = [
    (b"PING\r\n", b"+PONG\r\n"),
    (encode("SET", "key", "va\r\nlue"), b"+OK\r\n"),
    (b"\r\n", b""),
    (b"GET key\n", b"$7\r\nva\r\nlue\r\n"),
    (b"*0\r\n", b""),
    (b"*-1\r\n", b""),
    (encode("ECHO", ""), b"$0\r\n\r\n"),
    (b'SET "a key" \'x\\y\'\r\n', b"+OK\r\n"),
    (encode("GET", "a key"), b"$3\r\nx\\y\r\n"),
    (encode("GET"), b"-ERR wrong number of arguments for 'get' command\r\n"),
    (encode("NOSUCH", "x"), b"-ERR unknown command 'NOSUCH', with args beginning with: 'x' \r\n"),
    (encode("MGET", "key", "missing"), b"*2\r\n$7\r\nva\r\nlue\r\n$-1\r\n"),
    (encode("MULTI"), b"+OK\r\n"),
    (encode("STRLEN", "key"), b"+QUEUED\r\n"),
    (encode("EXEC"), b"*1\r\n:7\r\n"),
    (b"  PING   spaced  \r\n", b"$6\r\nspaced\r\n"),
    (encode("DEL", "key", "a key"), b":2\r\n"),
]
REQUEST = b"".join(request for request, _ in PIPELINE)
REPLIES = b"".join(reply for _, reply in PIPELINE)


def receive(connection, count):
    data = b""
    while len(data) < count:
        chunk = connection.socket.recv(65536)
        assert chunk, f"closed after {data!r}"
        data += chunk
    return data


def test_a_pipeline_is_answered_in_order(client):
    client.send(REQUEST)
    assert receive(client, len(REPLIES)) == REPLIES


def test_a_pipeline_split_in_two_at_any_byte_gives_the_same_replies(server, client, connect):
    for at in range(1, len(REQUEST)):
        with server.connect() as split:
            split.send(REQUEST[:at])
            # The server has read the first part when it answers what was sent after it on another connection.
            assert client("PING") == "PONG"
            split.send(REQUEST[at:])
            assert receive(split, len(REPLIES)) == REPLIES, f"split at byte {at}"


def test_a_pipeline_sent_byte_by_byte_gives_the_same_replies(server, client, connect):
    split = connect(server)
    for at in range(len(REQUEST)):
        split.send(REQUEST[at : at + 1])
        assert client("PING") == "PONG"
    assert receive(split, len(REPLIES)) == REPLIES


INLINE = [
    (rb'ECHO "a b"', b"a b"),
    (rb"ECHO 'a b'", b"a b"),
    (rb'ECHO "\x41\x7a\xff\x00"', b"Az\xff\x00"),
    (rb'ECHO "\n\r\t\b\a\\\""', b"\n\r\t\b\a\\\""),
    (rb'ECHO "\q\xzz"', b"qxzz"),
    (rb"ECHO 'it\'s \n'", b"it's \\n"),
    (rb'ECHO ""', b""),
    (rb"ECHO ''", b""),
    (rb"ECHO a\n", rb"a\n"),
    (rb"ECHO a'b'", None),
    (b"ECHO \xc3\xa9", b"\xc3\xa9"),
    (b"\t ECHO \t x \t", b"x"),
    (b"echo MiXed", b"MiXed"),
]


@pytest.mark.parametrize("line, echoed", [case for case in INLINE if case[1] is not None], ids=repr)
def test_inline_arguments_follow_redis_quoting(client, line, echoed):
    client.send(line + b"\r\n")
    assert client.read_value() == echoed


@pytest.mark.parametrize("line", [b'ECHO "a', b"ECHO 'a", b'ECHO "a"b', b"ECHO 'a'b", b'ECHO "\\"', b"'"], ids=repr)
def test_unbalanced_quotes_close_the_connection(client, line):
    client.send(line + b"\r\nPING\r\n")
    assert client.read_to_end() == b"-ERR Protocol error: unbalanced quotes in request\r\n"


WRONG = {
    "multibulk length is a word": (b"*abc\r\n", b"invalid multibulk length"),
    "multibulk length is empty": (b"*\r\n", b"invalid multibulk length"),
    "multibulk length has a plus": (b"*+1\r\n", b"invalid multibulk length"),
    "multibulk length has a space": (b"* 1\r\n", b"invalid multibulk length"),
    "multibulk length beyond 31 bits": (b"*2147483648\r\n", b"invalid multibulk length"),
    "multibulk length beyond 64 bits": (b"*18446744073709551617\r\n", b"invalid multibulk length"),
    "bulk length is a word": (b"*1\r\n$abc\r\n", b"invalid bulk length"),
    "bulk length is empty": (b"*1\r\n$\r\n", b"invalid bulk length"),
    "bulk length is negative": (b"*1\r\n$-1\r\n", b"invalid bulk length"),
    "bulk length beyond the limit": (b"*1\r\n$536870913\r\n", b"invalid bulk length"),
    "bulk length beyond 64 bits": (b"*1\r\n$18446744073709551617\r\n", b"invalid bulk length"),
    "no bulk string": (b"*1\r\n+PING\r\n", b"expected '$', got '+'"),
    "an empty line for a bulk string": (b"*1\r\n\r\n", b"expected '$', got '\r'"),
    "a number for a bulk string": (b"*2\r\n$4\r\nECHO\r\n:1\r\n", b"expected '$', got ':'"),
    "endless inline request": (b"a" * (64 * 1024 + 100), b"too big inline request"),
    "endless multibulk length": (b"*" + b"1" * (64 * 1024 + 100), b"too big mbulk count string"),
    "endless bulk length": (b"*1\r\n$" + b"1" * (64 * 1024 + 100), b"too big bulk count string"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_protocol_error_is_told_and_closes_the_connection(client, name):
    request, error = WRONG[name]
    client.send(encode("SET", "before", "1") + request)
    # CR and LF cannot stand in an error line; they come out as spaces.
    expected = b"-ERR Protocol error: " + error.replace(b"\r", b" ") + b"\r\n"
    assert client.read_to_end() == b"+OK\r\n" + expected


def test_what_follows_a_protocol_error_is_not_executed(server, client, connect):
    client.send(b"*1\r\n+PING\r\n" + encode("SET", "after", "1"))
    client.read_to_end()
    assert connect(server)("EXISTS", "after") == 0


def test_a_configured_bulk_limit_holds(launch, connect):
    server = launch({"proto-max-bulk-len": "1mb"})
    client = connect(server)
    assert client("SET", "key", b"x" * (1 << 20)) == "OK"
    assert client("APPEND", "key", "y") == "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    client.send(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1048577\r\n")
    assert client.read_to_end() == b"-ERR Protocol error: invalid bulk length\r\n"


def test_the_query_buffer_limit_closes_the_connection(launch, connect):
    server = launch({"client-query-buffer-limit": "1mb"})
    client = connect(server)
    try:
        client.send(b"*2\r\n$4\r\nECHO\r\n$100000000\r\n" + b"x" * (8 << 20))
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert client.is_closed()
    assert connect(server)("PING") == "PONG"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"])
def test_an_http_request_is_cut_off_and_nothing_in_it_runs(server, client, connect, method):
    body = encode("SET", "smuggled", "1")
    head = f"{method} / HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    client.send(head.encode() + body)
    assert client.is_closed()
    assert connect(server)("EXISTS", "smuggled") == 0


def test_an_http_request_leaves_redis_line_in_the_log(launch, connect):
    server = launch()
    client = connect(server)
    client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.is_closed()
    server.wait_for_log("Possible SECURITY ATTACK detected.")
    assert "It looks like somebody is sending POST or Host: commands to Redis." in server.log()


@pytest.mark.parametrize("line", [b"POST x", b"post x", b"Host: x", b"host: x"], ids=repr)
def test_post_and_host_lines_close_without_an_answer(client, line):
    client.send(line + b"\r\nPING\r\n")
    assert client.read_to_end() == b""


@pytest.mark.beyond_redis
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_an_http_request_line_is_enough_to_be_cut_off(server, client, connect, method):
    client.send(f"{method} / HTTP/1.1\r\nX-Other: 1\r\n\r\nSET smuggled 1\r\n".encode())
    assert client.is_closed()
    assert connect(server)("EXISTS", "smuggled") == 0


def test_quit_answers_and_closes_and_drops_the_rest(server, client, connect):
    client.send(encode("SET", "a", "1") + encode("QUIT") + encode("SET", "b", "1"))
    assert client.read_to_end() == b"+OK\r\n+OK\r\n"
    assert connect(server)("EXISTS", "a", "b") == 1


def test_an_argument_may_hold_any_bytes(client):
    every = bytes(range(256)) * 3
    assert client("SET", every, every) == "OK"
    assert client("GET", every) == every
    assert client("KEYS", "*") == [every]


def test_unknown_commands_are_quoted_and_cut(client):
    assert client("x" * 200) == f"ERR unknown command '{'x' * 128}', with args beginning with: "
    assert client("a\r\nb", "c\r\nd") == "ERR unknown command 'a  b', with args beginning with: 'c  d' "
    long = client("nosuch", *["y" * 100] * 3)
    assert long == f"ERR unknown command 'nosuch', with args beginning with: '{'y' * 100}' '{'y' * 25}' "


def test_client_reply_off_and_skip(client):
    client.send(encode("CLIENT", "REPLY", "SKIP") + encode("ECHO", "not seen") + encode("ECHO", "seen"))
    assert client.read_value() == b"seen"
    client.send(encode("CLIENT", "REPLY", "OFF") + encode("ECHO", "not seen") + encode("CLIENT", "REPLY", "ON"))
    assert client.read_value() == "OK"
    assert client("PING") == "PONG"
