# SPDX-License-Identifier: BSD-3-Clause
"""Limits on clients: their number, descriptors, idle time, unread output."""

import contextlib
import resource
import signal
import threading
import time

import pytest

from support import wait
from support.resp import Closed, Connection

MEGABYTE = 1 << 20


def fill(server, connect, count):
    """That many connections, all admitted. The server may learn late of those closed before."""
    first = connect(server)
    wait.until(lambda: b"connected_clients:1\r\n" in first("INFO", "clients"), what="the first client to be alone")
    admitted = [first, *(connect(server) for _ in range(count - 1))]
    assert [client("PING") for client in admitted] == ["PONG"] * count
    return admitted


def test_a_client_too_many_is_told_so(launch, connect):
    server = launch({"maxclients": 10})
    admitted = fill(server, connect, 10)
    refused = connect(server)
    assert refused.read_to_end() == b"-ERR max number of clients reached\r\n"
    assert admitted[0]("INFO", "stats").find(b"rejected_connections:1\r\n") > 0
    # A place given up is a place free.
    admitted.pop().close()

    def admit():
        try:
            return connect(server)("PING") == "PONG"
        except (Closed, ConnectionError):
            return False

    wait.until(admit, what="a client to be admitted in the place of one that left")


def test_the_limit_on_clients_can_be_raised_at_run_time(launch, connect):
    server = launch({"maxclients": 5})
    clients = fill(server, connect, 5)
    assert connect(server).read_to_end() == b"-ERR max number of clients reached\r\n"
    assert clients[0]("CONFIG", "SET", "maxclients", "20") == "OK"
    assert [connect(server)("PING") for _ in range(10)] == ["PONG"] * 10


def test_without_descriptors_old_clients_are_served_and_the_processor_rests(launch, connect, under_test_is_redis):
    server = launch({"maxclients": 1000})
    old = [connect(server) for _ in range(5)]
    assert old[0]("PING") == "PONG"
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (server.descriptor_count() + 3, hard))
    waiting = [connect(server) for _ in range(30)]  # the kernel accepts them, the server cannot
    for client in waiting:
        client.send_command("PING")
    before, started = server.cpu_seconds(), time.monotonic()
    served = 0
    while time.monotonic() - started < 1.0:
        assert old[served % 5]("PING") == "PONG"
        served += 1
        time.sleep(0.02)
    used = server.cpu_seconds() - before
    assert under_test_is_redis or used < 0.5, f"{used} s of CPU in one second of next to nothing"
    # With descriptors back, all who waited are served.
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    for client in waiting:
        assert client.read_value() == "PONG"


def test_idle_clients_are_closed_after_the_timeout_but_subscribers_stay(launch, connect):
    server = launch({"timeout": 3})
    idle, busy, subscriber = connect(server), connect(server), connect(server)
    subscriber("SUBSCRIBE", "channel")
    assert idle("PING") == "PONG"
    started = time.monotonic()
    idle.socket.setblocking(False)

    def idle_is_closed():
        assert busy("PING") == "PONG"
        try:
            return idle.socket.recv(1) == b""
        except BlockingIOError:
            return False

    wait.until(idle_is_closed, seconds=15, interval=0.05)
    assert time.monotonic() - started > 2.9
    assert busy("PUBLISH", "channel", "still there") == 1
    assert subscriber.read_value() == [b"message", b"channel", b"still there"]


@pytest.mark.beyond_redis
def test_who_does_not_say_the_password_in_time_is_closed_whatever_else_it_says(launch, connect):
    server = launch({"requirepass": "secret", "unauthenticated-timeout": 2})
    silent, talking, known, late = (connect(server) for _ in range(4))
    assert known("AUTH", "secret") == "OK"
    started = time.monotonic()

    def talk():
        try:
            assert talking("RESET") == "RESET"
            assert talking("GET", "key") == "NOAUTH Authentication required."
            return False
        except (Closed, OSError):
            return True

    assert late("GET", "key") == "NOAUTH Authentication required."
    assert late("AUTH", "secret") == "OK"
    wait.until(talk, seconds=15, interval=0.05)
    assert time.monotonic() - started > 1.9
    with pytest.raises((Closed, OSError)):
        silent.read_value()
    assert known("PING") == late("PING") == "PONG"

    # The limit is that of the moment.
    assert known("CONFIG", "SET", "unauthenticated-timeout", "0") == "OK"
    patient = connect(server)
    assert patient("GET", "key") == "NOAUTH Authentication required."
    assert known("CONFIG", "SET", "unauthenticated-timeout", "1") == "OK"
    with pytest.raises((Closed, OSError)):
        patient.read_value()


@pytest.mark.beyond_redis
def test_who_was_there_before_the_password_is_no_stranger(launch, connect):
    server = launch({"unauthenticated-timeout": 1})
    early = connect(server)
    assert early("CONFIG", "SET", "requirepass", "secret") == "OK"
    stranger = connect(server)
    with pytest.raises((Closed, OSError)):
        stranger.read_value()
    assert early("PING") == "PONG"


def publish_until_nobody_listens(publisher, channel, size, most):
    """Publishes until a message reaches nobody; returns how many bytes were published by then."""
    payload = b"x" * size
    for count in range(most // size):
        if publisher("PUBLISH", channel, payload) == 0:
            return count * size
    raise AssertionError(f"the subscriber was still there after {most} bytes")


def test_a_deaf_subscriber_is_dropped_at_the_hard_limit_and_a_reading_one_is_not(launch, connect):
    server = launch({"client-output-buffer-limit": "pubsub 2mb 0 0"})
    publisher, reader = connect(server), connect(server)
    deaf = connect(server, receive_buffer=4096)
    deaf("SUBSCRIBE", "deaf")
    reader("SUBSCRIBE", "read")
    published = publish_until_nobody_listens(publisher, "deaf", 64 * 1024, 64 << 20)
    assert published >= 2 << 20
    server.wait_for_log("overcoming of output buffer limits")
    for _ in range(100):
        assert publisher("PUBLISH", "read", b"y" * 65536) == 1
        assert reader.read_value() == [b"message", b"read", b"y" * 65536]


def test_a_deaf_subscriber_is_dropped_when_it_stays_over_the_soft_limit(launch, connect):
    server = launch({"client-output-buffer-limit": "pubsub 1gb 256kb 1"})
    publisher = connect(server)
    deaf = connect(server, receive_buffer=4096)
    deaf("SUBSCRIBE", "channel")
    payload = b"x" * 65536
    started = time.monotonic()
    wait.until(lambda: publisher("PUBLISH", "channel", payload) == 0, seconds=15, interval=0.02)
    assert time.monotonic() - started > 0.9


@pytest.mark.beyond_redis
def unread_gets(client, reader):
    client("SET", "large", b"v" * MEGABYTE)
    reader.send(b"GET large\r\n" * 100)


def unread_monitor(client, reader):
    reader.send_command("MONITOR")
    for i in range(100):
        client("SET", f"key:{i}", b"v" * MEGABYTE)


@pytest.mark.beyond_redis
@pytest.mark.parametrize("beginning", [b"*2\r\n$4\r\nECHO\r\n$20000\r\n", b"*2\r\n$4\r\nECHO\r\n$1000000\r\n", b"ECHO "])
def test_a_request_that_does_not_end_ends_its_connection(launch, connect, beginning):
    """Whatever trickles in of it. Others, between two requests, may be silent for ever."""
    server = launch({"request-timeout": 2})
    client, dripping, silent, busy = (connect(server) for _ in range(4))
    assert silent("PING") == "PONG"
    assert client("BLPOP", "list", "1") is None
    busy.send_command("BLPOP", "list", "0")
    begin = time.monotonic()
    dripping.send(beginning)

    def is_cut_off():
        with contextlib.suppress(Closed, OSError):
            dripping.send(b"x")
            assert client("PING") == "PONG"
            return dripping.is_closed(0.1)
        return True

    wait.until(is_cut_off, seconds=15, interval=0.05)
    assert time.monotonic() - begin > 1.9
    assert b"request_timeout_disconnections:1\r\n" in client("INFO", "stats")
    assert server.log().count("did not end within request-timeout") == 1
    assert silent("RPUSH", "list", "served") == 1
    assert busy.read_value() == [b"list", b"served"]


@pytest.mark.beyond_redis
def test_who_sends_requests_slowly_but_whole_stays(launch, connect):
    """Each begins before the one before it was looked at: there always is an unfinished one."""
    server = launch({"request-timeout": 1})
    client = connect(server)
    request = b"*1\r\n$4\r\nPING\r\n"
    client.send(request[:5])
    for _ in range(40):
        client.send(request[5:] + request[:5])
        assert client.read_value() == "PONG"
        time.sleep(0.1)
    client.send(request[5:])
    assert client.read_value() == "PONG"


@pytest.mark.beyond_redis
def test_a_big_value_may_come_slowly(launch, connect):
    """64 KB in each such time are progress."""
    server = launch({"request-timeout": 1})
    slow = connect(server)
    begin = time.monotonic()
    slow.send(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1000000\r\n")
    for _ in range(40):
        slow.send(b"v" * 25_000)
        time.sleep(0.1)
    slow.send(b"\r\n")
    assert slow.read_value() == "OK"
    assert time.monotonic() - begin > 3.9
    assert slow("STRLEN", "key") == 1_000_000


def test_what_has_come_of_a_big_value_counts_at_once(launch, tmp_path):
    """It is all there when the server looks, in front of the question."""
    server = launch({"unixsocket": tmp_path / "socket"})
    with Connection(path=tmp_path / "socket") as slow, Connection(path=tmp_path / "socket") as asking:
        assert slow("CLIENT", "SETNAME", "slow") == "OK" and asking("PING") == "PONG"
        server.process.send_signal(signal.SIGSTOP)
        slow.send(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$150000\r\n" + b"v" * 120_000)
        asking.send_command("CLIENT", "LIST")
        server.process.send_signal(signal.SIGCONT)
        line = next(line for line in asking.read_value().decode().splitlines() if "name=slow" in line)
        fields = dict(field.split("=", 1) for field in line.split())
        assert int(fields["qbuf"]) >= 120_000 and int(fields["tot-mem"]) >= 120_000
        slow.send(b"v" * 30_000 + b"\r\n")
        assert slow.read_value() == "OK"


@pytest.mark.beyond_redis
def test_requests_may_take_any_time_if_the_limit_is_off(launch, connect):
    server = launch({"request-timeout": 1})
    client, slow = connect(server), connect(server)
    assert client("CONFIG", "SET", "request-timeout", "0") == "OK"
    slow.send(b"*1\r\n$4\r\nPI")
    time.sleep(2.5)
    slow.send(b"NG\r\n")
    assert slow.read_value() == "PONG"


def unread_pings(_, reader):
    reader.send((b"PING " + b"p" * 4000 + b"\r\n") * 25_000)


DRAWS = [["HRANDFIELD", "hash", "-999999999"], ["SRANDMEMBER", "set", "-999999999"], ["ZRANDMEMBER", "zset", "-999999999"]]


@pytest.mark.beyond_redis
@pytest.mark.parametrize("draw", DRAWS, ids=lambda draw: draw[0])
def test_a_reply_of_any_number_of_elements_is_finite(launch, connect, draw):
    """Where it can't be written while it is made."""
    server = launch()
    client = connect(server, timeout=60.0)
    client("HSET", "hash", "f" * 1000, "v")
    client("SADD", "set", "m" * 1000)
    client("ZADD", "zset", "1", "m" * 1000)
    before = server.resident_bytes()
    assert client("MULTI") == "OK"
    assert client(*draw) == "QUEUED"
    assert client("EXEC") == ["ERR the reply would be larger than 256 MB"]
    assert client("EVAL", "return #redis.pcall(unpack(ARGV)).err > 0", "0", *draw) == 1
    assert server.resident_bytes() - before < 700 << 20


@pytest.mark.parametrize("ask", [["LRANGE", "list", "0", "-1"], ["GET", "string"], *DRAWS], ids=lambda ask: ask[0])
def test_nothing_is_sent_of_a_reply_over_the_limit(launch, connect, ask):
    server = launch({"client-output-buffer-limit": "normal 100000 0 0"})
    client = connect(server)
    client("SETRANGE", "string", "2000000", "x")
    for _ in range(150):
        client("RPUSH", "list", "x" * 1000)
    client("HSET", "hash", "f", "v")
    client("SADD", "set", "m")
    client("ZADD", "zset", "1", "m")
    client.send_command(*ask)
    assert client.read_to_end() == b""
    assert connect(server)("PING") == "PONG"


@pytest.mark.beyond_redis
@pytest.mark.parametrize("ask", [unread_gets, unread_monitor, unread_pings])
def test_who_reads_nothing_and_holds_much_is_closed(launch, connect, ask):
    """With no setting at all."""
    server = launch()
    client, reader, idle = connect(server), connect(server, receive_buffer=4096), connect(server)
    assert idle("PING") == reader("PING") == "PONG"
    begin = time.monotonic()
    ask(client, reader)
    wait.until(lambda: client("CLIENT", "LIST").count(b"\n") == 2, what="the client to be closed")
    assert time.monotonic() - begin > 9
    assert server.log().count("has read nothing for 10 seconds") == 1
    assert idle("PING") == "PONG"


def test_one_message_of_33_mb_reaches_eight_subscribers_that_read(launch, connect):
    server = launch()
    publisher = connect(server)
    subscribers = [connect(server, timeout=60.0) for _ in range(8)]
    for number, subscriber in enumerate(subscribers):
        if number % 2:
            subscriber("HELLO", "3")
        subscriber("SUBSCRIBE", "big")
    before = server.resident_bytes()
    payload = bytes(range(256)) * (33 * 4096)
    assert publisher("PUBLISH", "big", payload) == 8
    peak = server.resident_bytes()
    for subscriber in subscribers:
        kind, channel, message = subscriber.read_value()
        assert (kind, channel) == (b"message", b"big")
        assert message == payload
        peak = max(peak, server.resident_bytes())
    # Shared, not copied: eight copies would be 264 MB.
    assert peak - before < 200 << 20
    # All are still subscribed.
    assert publisher("PUBLISH", "big", "small") == 8
    assert [subscriber.read_value()[2] for subscriber in subscribers] == [b"small"] * 8


@pytest.mark.beyond_redis
def test_one_message_of_33_mb_holds_up_nobody(launch, connect):
    """Neither when it comes nor when it goes to eight who read: turns take 3 ms. The machine has other work, so the best of some
    rounds counts, and only what a copy of the message would take is too long."""
    server = launch({"latency-monitor-threshold": 1})
    publisher = connect(server)
    payload = b"x" * (33 << 20)
    longest = []

    def read(subscriber):
        while subscriber.read_value()[2] == payload:
            pass

    subscribers = [connect(server, timeout=60.0) for _ in range(8)]
    for subscriber in subscribers:
        subscriber("SUBSCRIBE", "big")
    readers = [threading.Thread(target=read, args=(subscriber,)) for subscriber in subscribers]
    for reader in readers:
        reader.start()
    for _ in range(10):
        publisher("LATENCY", "RESET")
        assert publisher("PUBLISH", "big", payload) == 8
        wait.until(lambda: b"mem_shared_messages:0\r\n" in publisher("INFO", "memory"), interval=0.1)
        longest.append(max(event[3] for event in publisher("LATENCY", "LATEST")))
        if longest[-1] < 30:
            break
    publisher("PUBLISH", "big", "the end")
    for reader in readers:
        reader.join()
    assert min(longest) < 30 * wait.FACTOR, longest


def test_ten_thousand_commands_of_one_client_do_not_starve_another(server, client, connect):
    greedy = connect(server)
    greedy.send(b"PING\r\n" * 10000)
    assert client("PING") == "PONG"
    assert [greedy.read_value() for _ in range(10000)] == ["PONG"] * 10000


def test_a_thousand_connections_are_all_served(launch):
    server = launch({"maxclients": 2000})
    clients = [Connection(server.port) for _ in range(1000)]
    try:
        for client in clients:
            client.send_command("PING")
        assert all(client.read_value() == "PONG" for client in clients)
        assert b"connected_clients:1000\r\n" in clients[0]("INFO", "clients")
    finally:
        for client in clients:
            client.close()


def test_connections_that_come_and_go_leave_nothing_behind(launch, connect):
    server = launch()
    client = connect(server)
    client("PING")
    before = server.descriptor_count()
    for _ in range(500):
        with server.connect() as passing:
            passing.send(b"PING\r\n*3\r\n$3\r\nSET\r\n")  # and leaves in the middle of a request
    wait.until(lambda: server.descriptor_count() <= before, what="descriptors to be closed")
    assert b"connected_clients:1\r\n" in client("INFO", "clients")
