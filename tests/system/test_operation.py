# SPDX-License-Identifier: BSD-3-Clause
"""The server among the other processes of a machine: background, files, signals, the service manager, limits."""

import os
import pathlib
import re
import resource
import signal
import socket
import stat
import subprocess

import pytest
import redis

from support import ports, wait
from support.resp import encode
from support.server import SESSIOND
from support.terminal import Terminal


def _is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# ---- background, pid file ----


@pytest.fixture
def background(tmp_path):
    """background(*arguments) starts a server that leaves for the background; returns the starting process's
    result and where it is."""
    port = ports.reserve()
    pidfile, logfile = tmp_path / "pid", tmp_path / "log"

    def start(*arguments):
        command = [SESSIOND, "--daemonize", "yes", "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--pidfile", str(pidfile), "--logfile", str(logfile), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False), port

    start.pidfile, start.logfile = pidfile, logfile
    yield start
    if pidfile.exists():
        os.kill(int(pidfile.read_text()), signal.SIGKILL)
    ports.release(port)


def test_in_the_background_it_writes_its_pid_and_removes_it(background):
    result, port = background()
    assert result.returncode == 0
    wait.until(lambda: background.pidfile.exists() and background.pidfile.read_text().endswith("\n"))
    pid = int(background.pidfile.read_text())
    wait.until(lambda: "Ready to accept connections" in background.logfile.read_text())
    assert os.getsid(pid) == pid
    assert _mode(background.pidfile) & 0o022 == 0
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(encode("PING"))
        assert client.recv(100) == b"+PONG\r\n"
    os.kill(pid, signal.SIGTERM)
    wait.until(lambda: not _is_alive(pid))
    assert not background.pidfile.exists()


@pytest.mark.beyond_redis
def test_the_starting_process_tells_that_the_server_did_not_come_up(background):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        result, _ = background("--port", str(other.getsockname()[1]))
    assert result.returncode == 1
    assert "Failed listening on port" in background.logfile.read_text()
    assert not background.pidfile.exists()


def test_in_the_foreground_a_pid_file_is_written_only_when_asked_for(launch, tmp_path):
    server = launch({"pidfile": tmp_path / "pid"})
    assert int((tmp_path / "pid").read_text()) == server.process.pid
    server.stop()
    assert not (tmp_path / "pid").exists()


# ---- the log ----


def test_start_up_lines(launch):
    server = launch()
    lines = ["oO0OoO0OoO0Oo ", "version=", "Configuration loaded", "Server initialized", "Ready to accept connections tcp"]
    places = [server.log().index(line) for line in lines]
    assert places == sorted(places)
    assert re.search(rf"version=.*bits=64,.*pid={server.process.pid}, just started", server.log())


def test_without_configuration_it_says_so(tmp_path):
    process = subprocess.run(
        ["timeout", "-s", "TERM", "1", SESSIOND], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert "no config file specified, using the default config" in process.stdout


def test_after_a_rotation_lines_go_to_a_new_file(launch, connect, tmp_path):
    log = tmp_path / "log"
    server = launch({"logfile": log}, started=False).spawn()
    wait.until(lambda: log.exists() and "Ready to accept connections" in log.read_text())
    log.rename(tmp_path / "log.1")
    server.process.send_signal(signal.SIGHUP)
    wait.until(lambda: connect(server)("PING") == "PONG")
    server.stop()
    assert "ready to exit" in log.read_text()
    assert "ready to exit" not in (tmp_path / "log.1").read_text()


def test_a_hang_up_changes_nothing(launch, connect):
    server = launch()
    client = connect(server)
    server.process.send_signal(signal.SIGHUP)
    assert client("PING") == "PONG"
    server.stop()


@pytest.mark.beyond_redis
def test_no_file_is_writable_for_others_whatever_the_umask(launch, tmp_path):
    previous = os.umask(0)
    try:
        server = launch({"pidfile": tmp_path / "pid", "logfile": tmp_path / "log"}, started=False).spawn()
    finally:
        os.umask(previous)
    wait.until(lambda: (tmp_path / "log").exists() and "Ready to accept" in (tmp_path / "log").read_text())
    assert _mode(tmp_path / "log") == 0o640
    assert _mode(tmp_path / "pid") == 0o644
    server.stop()


# ---- the service manager ----


@pytest.fixture
def notifications(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(20)
        yield receiver


def _until(receiver, text):
    """The messages up to the one with `text`."""
    seen = []
    while not seen or text not in seen[-1]:
        seen.append(receiver.recv(4096).decode())
    return seen


@pytest.mark.beyond_redis
@pytest.mark.parametrize("mode", ["systemd", "auto"])
def test_systemd_is_told_what_goes_on(launch, connect, tmp_path, notifications, mode):
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    server = launch({"supervised": mode, "daemonize": "yes"}, started=False, environment=environment).spawn()
    assert "READY=1" not in "".join(_until(notifications, "STATUS="))
    _until(notifications, "READY=1")
    info = connect(server)("INFO", "server").decode()
    assert "process_supervised:systemd" in info
    assert f"process_id:{server.process.pid}" in info  # supervised, it stays where it was started
    server.process.send_signal(signal.SIGHUP)
    assert re.search(r"MONOTONIC_USEC=\d+", _until(notifications, "RELOADING=1")[-1])
    _until(notifications, "READY=1")
    server.process.send_signal(signal.SIGTERM)
    _until(notifications, "STOPPING=1")
    assert server.wait_exit() == 0


@pytest.mark.beyond_redis
def test_the_watchdog_hears_from_it(launch, tmp_path, notifications):
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    launch({"supervised": "systemd"}, environment=environment)
    for _ in range(3):
        _until(notifications, "WATCHDOG=1")


def _is_stopped(server):
    return pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.fixture
def starting(launch):
    """A server that has stopped itself in the middle of its start: so it shows upstart that it is there."""
    server = launch({"supervised": "upstart"}, started=False, environment={"UPSTART_JOB": "sessiond"}).spawn()
    wait.until(lambda: _is_stopped(server))
    yield server
    server.process.send_signal(signal.SIGCONT)


def test_a_hang_up_during_the_start_changes_nothing(starting):
    starting.process.send_signal(signal.SIGHUP)
    starting.process.send_signal(signal.SIGCONT)
    starting.wait_for_log("Ready to accept connections")
    starting.stop()


@pytest.mark.beyond_redis
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_a_signal_during_the_start_ends_it_at_once(starting, how):
    starting.process.send_signal(how)
    starting.process.send_signal(signal.SIGCONT)
    assert starting.wait_exit() == 0
    assert "Ready to accept connections" not in starting.log()


# ---- the process ----


def _command_line(server):
    return pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes().rstrip(b"\0 ").decode()


def test_the_title_shows_where_it_listens(launch, connect):
    server = launch()
    assert _command_line(server) == f"{server.program} 127.0.0.1:{server.port}"
    assert connect(server)("CONFIG", "SET", "proc-title-template", "{title} at {port}") == "OK"
    assert _command_line(server) == f"{server.program} at {server.port}"


def test_the_title_stays_when_told_so(launch):
    server = launch({"set-proc-title": "no"}, ["--hz", "20"])
    assert _command_line(server).split("\0")[-2:] == ["--hz", "20"]


def test_a_long_title_is_cut_and_harms_nothing(launch, connect):
    server = launch()
    client = connect(server)
    assert client("CONFIG", "SET", "proc-title-template", "{title} " + "x" * 60000) == "OK"
    assert client("PING") == "PONG"
    assert _command_line(server).startswith(server.program)


def _oom_score(server):
    return int(pathlib.Path(f"/proc/{server.process.pid}/oom_score_adj").read_text())


def test_the_oom_score_is_adjusted_and_restored(launch, connect):
    own = int(pathlib.Path("/proc/self/oom_score_adj").read_text())
    server = launch({"oom-score-adj": "absolute", "oom-score-adj-values": "900 950 1000"})
    client = connect(server)
    wait.until(lambda: _oom_score(server) == 900)
    assert client("CONFIG", "SET", "oom-score-adj-values", "950 960 1000") == "OK"
    assert _oom_score(server) == 950
    assert client("CONFIG", "SET", "oom-score-adj", "relative", "oom-score-adj-values", "5 10 15") == "OK"
    assert _oom_score(server) == min(own + 5, 1000)
    assert client("CONFIG", "SET", "oom-score-adj", "no") == "OK"
    assert _oom_score(server) == own


# ---- maxclients ----


def _limited(soft, hard):
    """A program that gives the server these limits, and takes from it the privilege to exceed them."""
    unprivileged = ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"] if os.geteuid() == 0 else []
    return ["prlimit", f"--nofile={soft}:{hard}", *unprivileged]


@pytest.fixture
def launch_limited(tmp_path):
    started = []

    def start(soft, hard, maxclients):
        port = ports.reserve()
        log = tmp_path / "log"
        command = [*_limited(soft, hard), SESSIOND, "--port", str(port), "--bind", "127.0.0.1", "--logfile", str(log)]
        process = subprocess.Popen([*command, "--maxclients", str(maxclients)], cwd=tmp_path)
        started.append((process, port))
        wait.until(lambda: process.poll() is not None or (log.exists() and "Ready to accept" in log.read_text()))
        return process, port, log.read_text()

    yield start
    for process, port in started:
        process.kill()
        process.wait()
        ports.release(port)


def test_the_limit_of_open_files_is_raised_for_maxclients(launch_limited):
    process, _, log = launch_limited(100, 2000, 500)
    assert "Increased maximum number of open files to 532 (it was originally set to 100)." in log
    assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] == 532


def test_maxclients_yields_to_the_limit(launch_limited):
    _, port, log = launch_limited(100, 200, 500)
    assert "You requested maxclients of 500 requiring at least 532 max file descriptors." in log
    assert "maxclients has been reduced to 168 to compensate for low ulimit" in log
    with socket.create_connection(("127.0.0.1", port)) as client:
        replies = client.makefile("rb")
        client.sendall(encode("CONFIG", "GET", "maxclients"))
        assert [replies.readline() for _ in range(5)][-1] == b"168\r\n"
        client.sendall(encode("CONFIG", "SET", "maxclients", "1000"))
        assert replies.readline() == (
            b"-ERR CONFIG SET failed (possibly related to argument 'maxclients') - "
            b"The operating system is not able to handle the specified number of clients, try with 168\r\n"
        )
        client.sendall(encode("CONFIG", "SET", "maxclients", "150"))
        assert replies.readline() == b"+OK\r\n"


def test_a_limit_without_room_for_clients_ends_it(launch_limited):
    process, _, log = launch_limited(30, 30, 500)
    assert process.wait() == 1
    assert "Your current 'ulimit -n' of 30 is not enough for the server to start." in log


# ---- warnings ----


@pytest.mark.beyond_redis
def test_a_password_that_breaks_urls_is_hinted_at_but_not_shown(launch):
    log = launch({"requirepass": "se#cr@et"}).log()
    assert "percent-encoded" in log and "# %23" in log
    assert "se#cr@et" not in log
    assert "percent-encoded" not in launch({"requirepass": "secret"}).log()
    assert "percent-encoded" not in launch({"requirepass": "se#cr@et", "ignore-warnings": "url-password"}).log()


@pytest.mark.beyond_redis
def test_on_a_terminal_the_url_is_shown(tmp_path):
    password, port = "YourVeryStrong!Redis@Password#2024", ports.reserve()
    log = tmp_path / "server.log"
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path, "--requirepass", password, "--logfile", log]
    with Terminal([SESSIOND, *options]) as shown:
        url = shown.until(r"REDIS_URL=(\S+)")[1]
        wait.until(lambda: "Ready to accept connections" in log.read_text())
        assert redis.from_url(url).ping()
    assert "percent-encoded" in log.read_text() and "YourVery" not in log.read_text()
    ports.release(port)


@pytest.mark.beyond_redis
def test_an_open_door_is_warned_of(launch):
    warning = "Without a password"
    assert warning in launch({"bind": "*", "protected-mode": "no"}).log()
    assert warning not in launch({"bind": "*"}).log()
    assert warning not in launch({"protected-mode": "no"}).log()
    assert warning not in launch({"bind": "*", "protected-mode": "no", "requirepass": "secret"}).log()


def test_a_backlog_that_the_kernel_cuts_is_warned_of(launch):
    most = int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
    assert f"The TCP backlog setting of {most + 1} cannot be enforced" in launch({"tcp-backlog": most + 1}).log()
    assert "cannot be enforced" not in launch({"tcp-backlog": most}).log()


# ---- the end ----


@pytest.mark.beyond_redis
def test_replies_under_way_arrive_before_the_end(launch, connect):
    server = launch()
    client = connect(server)
    value = b"x" * (8 << 20)
    assert client("SET", "key", value) == "OK"
    client.send_command("GET", "key")
    with connect(server) as other:
        # Answered already, though more than the kernel takes at once.
        wait.until(lambda: b"cmd=get" in other("CLIENT", "LIST"))
    server.process.send_signal(signal.SIGTERM)
    assert client.read_value() == value
    assert server.wait_exit() == 0


def test_the_unix_socket_goes_with_the_server(launch, tmp_path):
    path = tmp_path / "socket"
    server = launch({"unixsocket": path})
    assert path.exists()
    server.stop()
    assert not path.exists()


@pytest.mark.beyond_redis
def test_who_interrupts_twice_does_not_wait(launch, connect):
    server = launch()
    client = connect(server)
    assert client("SET", "key", b"x" * (32 << 20)) == "OK"
    client.send_command("GET", "key")  # never read: the end waits for it
    server.process.send_signal(signal.SIGINT)
    server.wait_for_log("Received SIGINT scheduling shutdown")
    server.process.send_signal(signal.SIGINT)
    assert server.wait_exit() in (0, 1)  # 0 when it was done by then


# ---- the crash ----


def _crash_log(server, expected):
    """Sees a crashed server off; what it said."""
    assert server.wait_exit() == -expected
    log = server.log()
    server.process = None  # that it died by a signal is as it should be
    return log


@pytest.mark.beyond_redis
def test_a_crash_is_reported_without_secrets(launch, connect, tmp_path):
    server = launch({"requirepass": "pass-word", "pidfile": tmp_path / "pid"})
    client = connect(server)
    assert client("AUTH", "pass-word") == "OK"
    assert client("SET", "the-key", "the-value") == "OK"
    server.process.send_signal(signal.SIGSEGV)
    log = _crash_log(server, signal.SIGSEGV)
    report = log[log.index("CRASH REPORT START") : log.index("CRASH REPORT END")]
    assert "version=" in report and "commit=" in report
    assert f"crashed by signal: {int(signal.SIGSEGV)} (SIGSEGV)" in report
    assert f"Sent by process {os.getpid()} " in report
    assert len(re.findall(r"\[0x[0-9a-f]+\]", report)) > 3  # the backtrace
    assert "connected_clients:1" in report and re.search(r"used_memory:[1-9]", report)
    for secret in SECRETS:
        assert secret not in log
    assert not (tmp_path / "pid").exists()


SECRETS = ("pass-word", "the-key", "the-value")


@pytest.mark.beyond_redis
@pytest.mark.parametrize("holds_data", [False, True])
def test_a_core_dump_holds_data_only_if_that_is_wanted(launch, connect, holds_data):
    if pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip() != "core":
        pytest.skip("core dumps go elsewhere")
    server = launch({"requirepass": "pass-word", "crash-core-data": "yes" if holds_data else "no"})
    resource.prlimit(server.process.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    client = connect(server)
    assert client("AUTH", "pass-word") == "OK"
    assert client("SET", "the-key", "the-value") == "OK"
    server.process.send_signal(signal.SIGSEGV)
    _crash_log(server, signal.SIGSEGV)
    core = next(server.directory.glob("core*")).read_bytes()
    assert core.startswith(b"\x7fELF")
    assert [secret.encode() in core for secret in SECRETS] == [holds_data] * 3


@pytest.mark.beyond_redis
def test_what_core_dumps_hold_can_be_changed(launch, connect):
    server = launch()
    client = connect(server)
    file = pathlib.Path(f"/proc/{server.process.pid}/coredump_filter")
    mine = pathlib.Path("/proc/self/coredump_filter").read_text()
    assert int(file.read_text(), 16) == 0
    assert client("CONFIG", "SET", "crash-core-data", "yes") == "OK"
    assert file.read_text() == mine
    assert client("CONFIG", "SET", "crash-core-data", "no") == "OK"
    assert int(file.read_text(), 16) == 0


@pytest.mark.beyond_redis
def test_secrets_are_shown_nowhere(launch, connect, tmp_path):
    """Not by the log of a server that says all it can, the slow log, MONITOR or CLIENT LIST."""
    server = launch({"requirepass": "pass-word", "loglevel": "debug", "slowlog-log-slower-than": 0, "http-token": "tok-en"})
    client, monitor = connect(server), connect(server)
    assert client("HELLO", "3", "AUTH", "default", "pass-word")
    assert monitor("AUTH", "pass-word") == "OK"
    assert monitor("MONITOR") == "OK"
    assert client("AUTH", "pass-w0rd").code == "WRONGPASS"
    for command in (
        ["AUTH", "default", "pass-word"],
        ["HELLO", "2", "AUTH", "default", "pass-word"],
        ["CONFIG", "SET", "requirepass", "pass-word", "http-token", "tok-en"],
        ["CONFIG", "SET", "tls-key-file-pass", "tls-pass"],
        ["CONFIG", "REWRITE"],
        ["MULTI"],
        ["AUTH", "pass-word"],
        ["CONFIG", "SET", "http-token", "tok-en", "maxmemory", "nonsense"],
        ["EXEC"],
        ["AUTH", "pass-word", "pass-word", "pass-word"],
    ):
        client(*command)
    assert client("PING", "the end") == b"the end"
    shown = b""
    while b"the end" not in shown:
        shown += str(monitor.read_value()).encode()
    shown += repr([client("SLOWLOG", "GET", "-1"), client("CLIENT", "LIST"), client("INFO", "everything")]).encode()
    shown += server.log().encode() + pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
    for secret in (b"pass-word", b"pass-w0rd", b"tok-en", b"tls-pass"):
        assert secret not in shown


@pytest.mark.beyond_redis
def test_files_are_for_their_owner(launch, connect, tmp_path):
    """Whatever the umask. The process id is everybody's to read, nobody else's to write."""
    mask = os.umask(0)
    try:
        server = launch({"logfile": tmp_path / "log", "pidfile": tmp_path / "pid", "dir": tmp_path}, started=False).spawn()
    finally:
        os.umask(mask)
    wait.until(lambda: (tmp_path / "log").exists() and "Ready to accept" in (tmp_path / "log").read_text())
    client = connect(server)
    assert client("SET", "key", "value") == "OK"
    assert client("SAVE") == "OK"
    assert client("CONFIG", "REWRITE") == "OK"
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir() if file.is_file()}
    assert modes.pop("pid") == 0o644
    assert modes and not [name for name, mode in modes.items() if mode & 0o137], modes


@pytest.mark.beyond_redis
@pytest.mark.parametrize("is_hidden", [True, False])
def test_the_log_may_be_kept_free_of_what_users_chose(launch, connect, is_hidden):
    server = launch({"hide-user-data-from-log": "yes" if is_hidden else "no", "loglevel": "debug", "maxmemory": "5mb"})
    client, evicted = connect(server), connect(server)
    assert evicted("CLIENT", "SETNAME", "my-name") == "OK"
    assert evicted("CLIENT", "SETINFO", "LIB-NAME", "my-library") == "OK"
    evicted.send(b"*2\r\n$4\r\nECHO\r\n$1000000\r\n" + b"the-value" * 50_000)
    client("CONFIG", "SET", "maxmemory-clients", "300kb")
    assert evicted.is_closed()
    assert client("CONFIG", "SET", "maxmemory-clients", "0") == "OK"
    for i in range(5):
        client("SET", f"my-prefix:{i}", "the-value" * 100_000)
    server.wait_for_log("of maxmemory is in use")
    log = server.log()
    assert "Evicting client: id=" in log
    assert [text in log for text in ("name=my-name", "my-library", "user=default", "my-prefix")] == [not is_hidden] * 4
    assert "the-value" not in log


@pytest.mark.beyond_redis
@pytest.mark.parametrize(
    "how, number, text",
    [
        ("SEGFAULT", signal.SIGSEGV, "crashed by signal: 11"),
        ("ASSERT", signal.SIGABRT, "=== ASSERTION FAILED ==="),
        ("PANIC", signal.SIGABRT, "=== ASSERTION FAILED ==="),
    ],
    ids=["segfault", "assert", "panic"],
)
def test_the_command_that_crashed_it_is_named(launch, connect, tmp_path, how, number, text):
    log = tmp_path / "log"
    server = launch({"enable-debug-command": "yes", "logfile": log}, started=False).spawn()
    wait.until(lambda: log.exists() and "Ready to accept" in log.read_text())
    connect(server).send_command("DEBUG", how)
    _crash_log(server, number)
    report = log.read_text()
    assert text in report
    assert "current_command:debug" in report
    assert report.count("CRASH REPORT START") == 1 and "CRASH REPORT END" in report


def test_without_crash_log_it_dies_silently(launch, connect):
    server = launch()
    assert connect(server)("CONFIG", "SET", "crash-log-enabled", "no") == "OK"
    server.process.send_signal(signal.SIGSEGV)
    assert "crashed by signal" not in _crash_log(server, signal.SIGSEGV)


@pytest.mark.beyond_redis
def test_it_may_look_for_commands_instead_of_sleeping(launch, connect):
    client = connect(launch())
    seen = [0]

    def turns_since():
        seen.append(int(re.search(rb"eventloop_cycles:(\d+)", client("INFO", "stats"))[1]))
        return seen[-1] - seen[-2]

    turns_since()
    assert turns_since() < 50
    assert client("CONFIG", "SET", "busy-poll-us", 1000000) == "OK"
    wait.until(lambda: turns_since() > 200)
    assert client("CONFIG", "SET", "busy-poll-us", 0) == "OK"
    turns_since()
    assert turns_since() < 50
