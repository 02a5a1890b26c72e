# SPDX-License-Identifier: BSD-3-Clause
"""Passwords: every form of AUTH, what is possible before it, and how fast one may guess."""

import threading
import time

import pytest

from support.resp import Map, encode
from support.server import Server

PASSWORD = "pass#word@with/special%characters"
WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled."
NOAUTH = "NOAUTH Authentication required."


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("guarded"), {"requirepass": f'"{PASSWORD}"'}).start()
    yield server
    server.finish()


@pytest.fixture
def stranger(guarded, connect):
    return connect(guarded)


ACCEPTED = {
    "one argument": ("AUTH", PASSWORD),
    "two arguments": ("AUTH", "default", PASSWORD),
    "HELLO 2": ("HELLO", "2", "AUTH", "default", PASSWORD),
    "HELLO 3": ("HELLO", "3", "AUTH", "default", PASSWORD),
    "HELLO with a name": ("HELLO", "3", "AUTH", "default", PASSWORD, "SETNAME", "me"),
}


@pytest.mark.parametrize("form", ACCEPTED)
def test_every_form_of_the_right_password_is_accepted(stranger, form):
    assert stranger("GET", "key") == NOAUTH
    reply = stranger(*ACCEPTED[form])
    assert reply == "OK" or isinstance(reply, (list, Map))
    assert stranger("PING") == "PONG"


@pytest.mark.beyond_redis
def test_an_empty_user_name_means_the_default_user(stranger):
    assert stranger("AUTH", "", PASSWORD) == "OK"
    assert stranger("PING") == "PONG"


REFUSED = [
    ("AUTH", ""),
    ("AUTH", "wrong"),
    ("AUTH", PASSWORD[:-1]),
    ("AUTH", PASSWORD + "x"),
    ("AUTH", PASSWORD.upper()),
    ("AUTH", "x" * 10000),
    ("AUTH", "default", "wrong"),
    ("AUTH", "", "wrong"),
    ("AUTH", "nobody", PASSWORD),
    ("AUTH", "DEFAULT", PASSWORD),
    ("HELLO", "3", "AUTH", "default", "wrong"),
]


@pytest.mark.parametrize("form", REFUSED, ids=lambda form: "-".join(form)[:40])
def test_everything_else_is_refused(stranger, form):
    assert stranger(*form) == WRONGPASS
    assert stranger("PING") == NOAUTH


def test_wrong_arity_and_hello_without_auth(stranger):
    assert stranger("AUTH") == "ERR wrong number of arguments for 'auth' command"
    assert stranger("AUTH", "a", "b", "c") == "ERR syntax error"
    for hello in (stranger("HELLO", "3"), stranger("HELLO")):
        # 7.2 says `HELLO <proto> AUTH` where 7.0 says `HELLO AUTH`.
        assert hello.replace("<proto> ", "") == (
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
            "option can be used to authenticate the client and select the RESP protocol version at the same time"
        )


@pytest.mark.parametrize(
    "command",
    ["PING", "ECHO x", "GET k", "SET k v", "SELECT 1", "CLIENT ID", "CLIENT SETNAME x", "CONFIG GET *"]
    + ["INFO", "COMMAND", "SUBSCRIBE c", "PUBLISH c m", "MULTI", "DISCARD", "WATCH k", "UNWATCH", "SHUTDOWN NOSAVE"]
    + ["FLUSHALL", "KEYS *", "MONITOR", "SUNSUBSCRIBE", "TIME", "WAIT 0 0", "OBJECT HELP", "DBSIZE"],
)
def test_nothing_else_runs_before_authentication(stranger, command):
    assert stranger(*command.split()) == NOAUTH


def test_exec_does_not_run_either(stranger):
    assert stranger("EXEC") == f"EXECABORT Transaction discarded because of: {NOAUTH}"


def test_unknown_commands_before_authentication_tell_nothing_of_the_password(stranger):
    assert stranger("NOSUCH", "x") in (NOAUTH, "ERR unknown command 'NOSUCH', with args beginning with: 'x' ")


def test_quit_and_reset_work_before_authentication(stranger):
    assert stranger("RESET") == "RESET"
    assert stranger("PING") == NOAUTH
    stranger.send_command("QUIT")
    assert stranger.read_to_end() == b"+OK\r\n"


def test_reset_forgets_the_authentication(stranger):
    assert stranger("AUTH", PASSWORD) == "OK"
    assert stranger("PING") == "PONG"
    assert stranger("RESET") == "RESET"
    assert stranger("PING") == NOAUTH


def test_a_wrong_guess_does_not_end_an_authentication(stranger):
    assert stranger("AUTH", PASSWORD) == "OK"
    assert stranger("AUTH", "wrong") == WRONGPASS
    assert stranger("PING") == "PONG"


def test_without_a_password_auth_explains_itself(client):
    assert client("AUTH", "any") == (
        "ERR AUTH <password> called without any password configured for the default user. "
        "Are you sure your configuration is correct?"
    )
    assert client("AUTH", "default", "any") == "OK"
    assert client("AUTH", "nobody", "any") == WRONGPASS


def test_the_password_can_be_changed_at_run_time(launch, connect):
    server = launch()
    client = connect(server)
    assert client("CONFIG", "SET", "requirepass", "new") == "OK"
    assert client("PING") == "PONG"
    other = connect(server)
    assert other("PING") == NOAUTH
    assert other("AUTH", "new") == "OK"
    assert other("CONFIG", "GET", "requirepass") == [b"requirepass", b"new"]
    assert other("CONFIG", "SET", "requirepass", "") == "OK"
    assert connect(server)("PING") == "PONG"


def test_the_password_never_appears_in_the_log(guarded, connect):
    client = connect(guarded)
    client("AUTH", PASSWORD)
    client("AUTH", "a-wrong-guess")
    assert PASSWORD not in guarded.log()
    assert "a-wrong-guess" not in guarded.log()


# What a stranger may make the server hold.


def test_a_stranger_may_not_announce_many_arguments(stranger):
    stranger.send(b"*11\r\n")
    assert stranger.read_to_end() == b"-ERR Protocol error: unauthenticated multibulk length\r\n"


def test_a_stranger_may_not_announce_large_arguments(stranger):
    stranger.send(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n")
    assert stranger.read_to_end() == b"-ERR Protocol error: unauthenticated bulk length\r\n"


def test_a_stranger_may_send_what_is_within_the_limits(stranger):
    assert stranger("AUTH", "x" * 16384) == WRONGPASS
    assert stranger("AUTH", *["x"] * 9) == "ERR syntax error"


def test_after_authentication_the_limits_are_gone(stranger):
    stranger("AUTH", PASSWORD)
    assert stranger("SET", "key", "x" * 20000) == "OK"
    assert stranger("DEL", *[f"key{number}" for number in range(20)]) == 0


@pytest.mark.beyond_redis
def test_a_stranger_who_reads_no_replies_is_dropped(guarded, connect):
    stranger = connect(guarded, receive_buffer=4096)
    stranger.socket.settimeout(5.0)
    request = encode("PING") * 1000
    try:
        for _ in range(10000):
            stranger.send(request)
    except (BrokenPipeError, ConnectionResetError):
        return
    except TimeoutError:
        raise AssertionError("the server neither dropped nor read the stranger") from None
    raise AssertionError("ten million unread replies did not end the connection")


@pytest.mark.beyond_redis
def test_guesses_are_slowed_to_1000_a_second_while_others_are_served(guarded, connect):
    seconds = 2.0
    stop = time.monotonic() + seconds
    answered = [0] * 4

    def guess(index):
        with guarded.connect(source="127.0.0.5", host="127.0.0.1", timeout=1.0) as attacker:
            request = encode("AUTH", "guess") * 50
            while time.monotonic() < stop:
                attacker.send(request)
                for _ in range(50):
                    try:
                        answer = attacker.read_value()
                    except TimeoutError:
                        return
                    if time.monotonic() > stop:
                        return
                    assert answer == WRONGPASS
                    answered[index] += 1

    attackers = [threading.Thread(target=guess, args=(index,)) for index in range(len(answered))]
    for attacker in attackers:
        attacker.start()
    # Somebody at another address logs in meanwhile, and works.
    user = connect(guarded)
    started = time.monotonic()
    assert user("AUTH", PASSWORD) == "OK"
    assert time.monotonic() - started < 1.0
    slowest = 0.0
    while time.monotonic() < stop:
        before = time.monotonic()
        assert user("PING") == "PONG"
        slowest = max(slowest, time.monotonic() - before)
    for attacker in attackers:
        attacker.join()
    assert slowest < 1.0
    # One second's allowance may have been saved up before the first guess.
    assert 0 < sum(answered) <= 1000 * (seconds + 1)
