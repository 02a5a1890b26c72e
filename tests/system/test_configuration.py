# SPDX-License-Identifier: BSD-3-Clause
"""Configuration files, the command line, and CONFIG GET, SET and REWRITE, beside redis-server's."""

import os
import pathlib
import shutil
import subprocess

import pytest

from support import ports, wait
from support.server import REFERENCE, SESSIOND, Server

DEBIAN_CONFIG = pathlib.Path("/etc/redis/redis.conf")

# What differs between versions of redis-server, or between two servers: not compared.
APART = {b"port", b"dir", b"aof-disable-auto-gc", b"io-threads-do-reads"}

# Values that both refuse or accept: (directive, value), tried in this order.
CHANGES = [
    ("nosuch", "1"),
    ("maxclients", "abc"),
    ("maxclients", "0"),
    ("MaxClients", "4294967296"),
    ("hz", "1000"),
    ("hz", "0"),
    ("hz", "-1"),
    ("slave-priority", "-1"),
    ("slave-priority", "7"),
    ("maxmemory", "10x"),
    ("maxmemory", "-1"),
    ("maxmemory", "100mb"),
    ("maxmemory-clients", "101%"),
    ("maxmemory-clients", "abc"),
    ("maxmemory-clients", "5%"),
    ("maxmemory-policy", "lru"),
    ("maxmemory-policy", "ALLKEYS-LRU"),
    ("maxmemory-policy", "noeviction"),
    ("appendfsync", "sometimes"),
    ("shutdown-on-sigint", "save nosave"),
    ("shutdown-on-sigint", "later"),
    ("shutdown-on-sigint", "NOW force"),
    ("client-output-buffer-limit", "normal 1 2"),
    ("client-output-buffer-limit", "master 1 2 3"),
    ("client-output-buffer-limit", "wrong 1 2 3"),
    ("client-output-buffer-limit", "pubsub 1 2 -3"),
    ("client-output-buffer-limit", "pubsub 64mb 16mb 90 slave 1gb 0 0"),
    ("dir", "/no/such/directory"),
    ("dbfilename", "a/b"),
    ("dbfilename", "other.rdb"),
    ("notify-keyspace-events", "KEq"),
    ("notify-keyspace-events", "mEK"),
    ("notify-keyspace-events", "g$lshzxetdK"),
    ("notify-keyspace-events", ""),
    ("save", "abc"),
    ("save", "60 1 10"),
    ("save", "0 1"),
    ("save", "60 -1"),
    ("save", "60 1 30 5"),
    ("save", ""),
    ("latency-tracking-info-percentiles", "50 x"),
    ("latency-tracking-info-percentiles", "50 101"),
    ("latency-tracking-info-percentiles", "50.50 99.999"),
    ("latency-tracking-info-percentiles", ""),
    ("oom-score-adj", "perhaps"),
    ("oom-score-adj-values", "1 2"),
    ("oom-score-adj-values", "1 2 3000"),
    ("oom-score-adj-values", "100 200 300"),
    ("proc-title-template", "{unknown}"),
    ("proc-title-template", "{title"),
    ("timeout", "-1"),
    ("timeout", "99999999999"),
    ("timeout", "10s"),
    ("list-max-listpack-size", "-3"),
    ("proto-max-bulk-len", "10"),
    ("databases", "4"),
    ("unixsocketperm", "700"),
    ("activerehashing", "maybe"),
    ("slowlog-log-slower-than", "-2"),
    ("slowlog-log-slower-than", "-1"),
    ("cluster-announce-hostname", "a_b"),
    ("replica-announce-port", "70000"),
    ("tracking-table-max-keys", "-1"),
    ("appendfilename", "x"),
    ("lua-time-limit", "100"),
    ("rename-command", "x"),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The server under test and the reference, with all directives open to CONFIG SET."""
    servers = []
    for program in (SESSIOND, REFERENCE):
        directory = tmp_path_factory.mktemp("pair")
        servers.append(Server(directory, {"enable-protected-configs": "yes"}, program=program).start())
    connections = [server.connect() for server in servers]
    yield connections
    for connection, server in zip(connections, servers):
        connection.close()
        server.finish()


def directives(connection, *patterns):
    reply = connection("CONFIG", "GET", *patterns)
    return dict(zip(reply[::2], reply[1::2]))


def run(*arguments, text=""):
    """Runs the program to its end."""
    return subprocess.run([SESSIOND, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=20, check=False)


# ---- CONFIG GET and SET ----


def test_every_directive_is_known_with_its_default(pair):
    ours, theirs = (directives(connection, "*") for connection in pair)
    assert {name: ours.get(name) for name in theirs if name not in APART} == {
        name: value for name, value in theirs.items() if name not in APART
    }


def test_changes_are_answered_alike_and_have_the_same_effect(pair):
    for name, value in CHANGES:
        replies = [connection("CONFIG", "SET", name, value) for connection in pair]
        assert replies[0] == replies[1], (name, value)
        shown = [directives(connection, name) for connection in pair]
        assert shown[0] == shown[1] or name == "dir", (name, value)


def test_settings_of_our_own_can_be_set_while_the_server_runs(pair):
    """Redis' suite sets everything that CONFIG GET shows to what it is, but for what it knows to be immutable."""
    ours, theirs = (directives(connection, "*") for connection in pair)
    for name in ours.keys() - theirs.keys():
        assert pair[0]("CONFIG", "SET", name, ours[name]) == "OK", name
    assert directives(pair[0], "*") == ours


def test_several_changes_happen_all_or_not_at_all(pair):
    for changes in (
        ("maxmemory", "1gb", "timeout", "-1"),
        ("maxmemory", "1gb", "nosuch", "1"),
        ("maxmemory", "1gb", "databases", "3"),
        ("timeout", "7", "TIMEOUT", "8"),
        ("maxmemory", "2gb"),
        ("timeout", "9", "maxmemory", "3gb"),
    ):
        replies = [connection("CONFIG", "SET", *changes) for connection in pair]
        assert replies[0] == replies[1], changes
        shown = [directives(connection, "maxmemory", "timeout") for connection in pair]
        assert shown[0] == shown[1], changes


@pytest.mark.parametrize("patterns", [("PORT*",), ("maxmemory", "MAXMEMORY", "maxmemory*"), ("nosuch",), ("slave-*",), ("[ab]ind",)], ids=str)
def test_names_and_patterns_select_the_same_directives(pair, patterns):
    ours, theirs = (directives(connection, *patterns) for connection in pair)
    own = directives(pair[0], "*").keys() - directives(pair[1], "*").keys()
    assert ours.keys() - own == theirs.keys()


# ---- files ----

# What 7.2 has and the reference has not, as its redis.conf has it (or would, if it said everything).
NEW_IN_72 = {
    "locale-collate": '""',
    "set-max-listpack-entries": "128",
    "set-max-listpack-value": "64",
    "cluster-announce-human-nodename": '""',
}


@pytest.fixture(scope="module")
def every_line(tmp_path_factory):
    """The lines of a file in which redis-server itself has written every directive, with its default, and what CONFIG GET says
    of it."""
    reference = Server(tmp_path_factory.mktemp("reference"), {"enable-debug-command": "yes", "bind": None, "save": None}, program=REFERENCE).start()
    try:
        with reference.connect() as connection:
            assert connection("DEBUG", "CONFIG-REWRITE-FORCE-ALL") == "OK"
            settings = directives(connection, "*")
        text = (reference.directory / "server.conf").read_text()
    finally:
        reference.finish()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    lines += [f"{name} {value}" for name, value in NEW_IN_72.items()]
    # The first two belong to that server; users are there when ACLs are.
    return [line for line in lines if line.split()[0] not in ("port", "dir", "user")], settings


@pytest.mark.beyond_redis
def test_every_line_of_redis_is_accepted_at_its_default(every_line, tmp_path):
    lines, _ = every_line
    assert len(lines) > 150
    path = tmp_path / "redis.conf"
    path.write_text("\n".join(lines))
    result = run("--check", path)
    assert (result.returncode, result.stdout) == (0, f"{path}: 0 errors, 0 warnings\n")


@pytest.mark.beyond_redis
def test_a_server_with_every_line_of_redis_has_its_settings(every_line, launch, connect):
    lines, theirs = every_line
    options = {}
    for line in lines:
        name, _, value = line.partition(" ")
        options.setdefault(name, []).append(value)
    ours = directives(connect(launch(options)), "*")
    apart = APART | {b"save", b"bind"}
    assert {name: ours[name] for name in theirs if name not in apart} == {
        name: value for name, value in theirs.items() if name not in apart
    }
    assert ours[b"save"] == b"3600 1 300 100 60 10000"
    for name, value in NEW_IN_72.items():
        assert ours[name.encode()] == value.strip('"').encode()


GUIDES = {
    "memory": "maxmemory 256mb\nmaxmemory-policy allkeys-lru\n",
    "whole": """
# ====================
# Network (Security)
# ====================
bind 127.0.0.1 -::1    # Localhost only
port 6379

# ====================
# Security
# ====================
# Optional but recommended for production
# requirepass your_secure_redis_password

# Disable dangerous commands
rename-command FLUSHDB ""
rename-command FLUSHALL ""
rename-command CONFIG ""

# ====================
# Memory
# ====================
maxmemory 256mb
maxmemory-policy allkeys-lru

# ====================
# Persistence
# ====================
save 900 1
save 300 10
save 60 10000

# ====================
# Logging
# ====================
loglevel notice
logfile {directory}/redis-server.log

# ====================
# Performance
# ====================
tcp-backlog 511
tcp-keepalive 300
""",
    "many clients": """
# High concurrency support
maxclients 10000
tcp-backlog 511

# Disable persistence for speed (sessions are ephemeral)
save ""
appendonly no

# Memory optimization
maxmemory 256mb
maxmemory-policy allkeys-lru

# Reduce latency
tcp-keepalive 300
timeout 0
""",
    "local": "# /etc/redis/redis.conf\nbind 127.0.0.1 -::1\n",
    "password": "# /etc/redis/redis.conf\nrequirepass YourVeryStrong!Redis@Password#2024\n",
    "no dangerous commands": """
rename-command FLUSHDB ""
rename-command FLUSHALL ""
rename-command CONFIG ""
rename-command SHUTDOWN ""
""",
    "protected": "protected-mode yes\n",
}


@pytest.mark.beyond_redis
@pytest.mark.parametrize("name", GUIDES)
def test_the_files_of_set_up_guides_are_read_as_they_are(name, tmp_path):
    text = GUIDES[name].replace("{directory}", str(tmp_path))
    path = tmp_path / "redis.conf"
    path.write_text(text)
    checked = run("--check", path)
    assert (checked.returncode, checked.stdout) == (0, f"{path}: 0 errors, 0 warnings\n")


@pytest.mark.beyond_redis
def test_a_server_runs_as_a_guide_configures_it(tmp_path, launch, connect):
    path = tmp_path / "redis.conf"
    path.write_text(GUIDES["whole"].replace("{directory}", str(tmp_path)).replace("port 6379", ""))
    server = launch({"include": path, "bind": None, "save": None}, started=False)
    server.spawn()
    log = tmp_path / "redis-server.log"
    wait.until(lambda: log.exists() and "Ready to accept connections" in log.read_text(), what="the server to be ready")
    client = connect(server)
    for command in ("FLUSHDB", "FLUSHALL", "CONFIG"):
        assert str(client(command)).startswith(f"ERR unknown command '{command}'")
    info = client("INFO", "memory").decode()
    assert "maxmemory:268435456\r\n" in info and "maxmemory_policy:allkeys-lru\r\n" in info


def test_the_password_of_a_guide_is_read_as_it_is(launch, connect):
    server = launch({"requirepass": "YourVeryStrong!Redis@Password#2024"})
    client = connect(server)
    assert str(client("GET", "x")).startswith("NOAUTH")
    assert client("AUTH", "YourVeryStrong!Redis@Password#2024") == "OK"



def test_later_lines_and_the_command_line_win(launch, connect):
    server = launch({"hz": ["20", "30"], "timeout": "5", "maxmemory": "1gb"}, ["--timeout", "6", "--maxmemory 2gb"])
    assert directives(connect(server), "hz", "timeout", "maxmemory") == {
        b"hz": b"30",
        b"timeout": b"6",
        b"maxmemory": b"2147483648",
    }


def test_files_are_included(launch, connect, tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "10.conf").write_text("hz 20\ntimeout 20\n")
    (parts / "20.conf").write_text("timeout 30\n")
    server = launch({"include": [f"{parts}/*.conf", f"{parts}/none/*.conf"], "maxmemory": "1gb"})
    assert directives(connect(server), "hz", "timeout") == {b"hz": b"20", b"timeout": b"30"}


@pytest.mark.beyond_redis
def test_comments_may_follow_directives(launch, connect):
    server = launch({"bind": "127.0.0.1   # Localhost only, don't change", "timeout": "5 # seconds"})
    assert directives(connect(server), "bind", "timeout") == {b"bind": b"127.0.0.1", b"timeout": b"5"}


@pytest.mark.parametrize(
    "text, line, shown, reason",
    [
        ("timeout 5\n\nno-such-directive 1\n", 3, "no-such-directive 1", "Bad directive or wrong number of arguments"),
        ("timeout 5 6\n", 1, "timeout 5 6", "wrong number of arguments"),
        ("timeout x\nhz x\n", 1, "timeout x", "argument couldn't be parsed into an integer"),
        ('logfile "x\n', 1, 'logfile "x', "Unbalanced quotes in configuration line"),
        ("rename-command NOSUCH x\n", 1, "rename-command NOSUCH x", "No such command in rename-command"),
    ],
    ids=str,
)
def test_the_first_error_ends_the_start_with_redis_words(tmp_path, text, line, shown, reason):
    path = tmp_path / "wrong.conf"
    path.write_text(text)
    result = run(path)
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[1].startswith("*** FATAL CONFIG FILE ERROR (Redis 7.")
    assert lines[2:5] == [f"Reading the configuration file, at line {line}", f">>> '{shown}'", reason]


@pytest.mark.beyond_redis
def test_check_tells_all_errors_with_remedies(tmp_path):
    path = tmp_path / "wrong.conf"
    path.write_text("prot 1\nappendonly yes\nloglevel notise\nio-threads 4\nrequirepass my secret\n")
    result = run("--check", path, "--hz", "x")
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 7
    assert lines[0].startswith(f"{path}:1:1: error: 'prot'") and "did you mean 'port'?" in lines[0]
    assert lines[1].startswith(f"{path}:2:12: error: 'yes'")
    assert lines[2].startswith(f"{path}:3:10: error: 'notise'") and "did you mean 'notice'?" in lines[2]
    assert lines[3].startswith(f"{path}:4:12: warning: '4'")
    assert lines[4].startswith(f"{path}:5:13: error: ") and "secret" not in lines[4]
    assert lines[5].startswith("command line:1:4: error: ")
    assert lines[6] == f"{path}: 5 errors, 1 warning"


@pytest.mark.beyond_redis
def test_check_of_a_good_file_ends_well():
    result = run("--check", "-", text="port 7000\nmaxmemory 1gb\n")
    assert (result.returncode, result.stdout) == (0, "command line: 0 errors, 0 warnings\n")


@pytest.mark.beyond_redis
@pytest.mark.skipif(not DEBIAN_CONFIG.exists(), reason="Debian's redis-server is not installed")
def test_the_packaged_redis_conf_is_read_as_it_is():
    result = run("--check", DEBIAN_CONFIG, "--dir", "/")
    problems = [line for line in result.stdout.splitlines() if "/var/lib/redis" not in line]  # not there, or not for us
    assert problems[-1].endswith(" 0 warnings")
    assert len(problems) == 1, problems


@pytest.mark.beyond_redis
def test_version_is_shown_in_one_line():
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("sessiond server v=")
    assert result.stdout.count("\n") == 1


@pytest.mark.beyond_redis
@pytest.mark.parametrize("line", ["requirepass my #pass", "http-token my # token", "logfile my.log # log", "rename-command CONFIG my #name"])
def test_a_comment_behind_a_text_is_refused_with_the_remedy(tmp_path, line):
    path = tmp_path / "wrong.conf"
    path.write_text(f"port 7000 # port\n{line}\n")
    checked, started = run("--check", path), run(path)
    assert (checked.returncode, started.returncode) == (1, 1)
    assert checked.stdout.startswith(f"{path}:2:") and "put the value between quotes" in checked.stdout
    assert "at line 2" in started.stderr and "put the value between quotes" in started.stderr
    if line.startswith(("requirepass", "http-token")):
        assert "my" not in checked.stdout.replace(str(path), "") + started.stderr.replace(str(path), "")


REFUSED = {
    "a log file in a missing directory": ("logfile /no/such/x.log", "logfile", "No such file or directory"),
    "a log file that is a directory": ("logfile /tmp", "logfile", "Is a directory"),
    "no address": ('bind ""', "bind", "Configured to not listen anywhere"),
    "a comment in place of an address": ("bind #", "bind", "write the addresses before the comment"),
    "a comment and no address": ("bind # Localhost", "bind", "write the addresses before the comment"),
    "an address of another machine": ("bind 192.0.2.1", "bind", "Cannot assign requested address"),
    "only an address that may be missing": ("bind -192.0.2.1", "bind", "Configured to not listen anywhere"),
    "no such host": ("bind no.such.host.invalid", "bind", "write addresses of this machine"),
    "no port": ("port 0", "port", "Configured to not listen anywhere"),
    "a port out of range": ("port 65536", "port", "from 0 to 65535"),
    "an address twice": ("bind 127.0.0.1 127.0.0.1", "bind", "listened on twice"),
    "a port twice": ("http-port {port}", "http-port", "listened on twice"),
    "an address of another machine by HTTP": ("http-bind 192.0.2.1\nhttp-port {other}", "http-bind", "Cannot assign requested address"),
    "a socket in a missing directory": ("unixsocket /no/such/socket", "unixsocket", "No such file or directory"),
    "a socket in the place of a file": ("unixsocket /etc/passwd", "unixsocket", "is not a socket"),
    "a socket with a long path": ("unixsocket /tmp/" + 110 * "x", "unixsocket", "path too long"),
    "a socket of HTTP in a missing directory": ("http-unixsocket /no/such/socket", "http-unixsocket", "No such file or directory"),
    "a socket twice": ("unixsocket a\nhttp-unixsocket a", "http-unixsocket", "unixsocket has this path"),
    "a missing directory": ("dir /no/such", "dir", "No such file or directory"),
    "a certificate that is missing": ("http-tls-port {other}\ntls-cert-file /no/x\ntls-key-file /no/x", "tls-cert-file", "No such file"),
    "a file of users": ("aclfile /no/users.acl", "aclfile", "No such file or directory"),
}


@pytest.mark.beyond_redis
@pytest.mark.parametrize("name", REFUSED)
def test_check_finds_what_the_start_refuses(tmp_path, name):
    text, directive, reason = REFUSED[name]
    port, other = ports.reserve(), ports.reserve()
    try:
        own = f"save \"\"\ndir {tmp_path}\nport {port}\nbind 127.0.0.1\n" + text.format(port=port, other=other) + "\n"
        path = tmp_path / "wrong.conf"
        path.write_text(own)
        line = 5 + [each.split()[0] for each in text.splitlines()].index(directive)
        checked, started = run("--check", path), run(path)
        assert (checked.returncode, started.returncode) == (1, 1)
        column = len(directive) + 2
        assert checked.stdout.startswith(f"{path}:{line}:{column}: error: '"), checked.stdout
        assert reason in checked.stdout and "(" in checked.stdout.splitlines()[0]
        assert f"at line {line}" in started.stderr and "Remedy: " in started.stderr
    finally:
        ports.release(port)
        ports.release(other)


@pytest.mark.beyond_redis
def test_check_makes_nothing(tmp_path):
    path = tmp_path / "right.conf"
    path.write_text(f"dir {tmp_path}\nlogfile own.log\nunixsocket own.sock\npidfile own.pid\n")
    checked = run("--check", path)
    assert (checked.returncode, checked.stdout) == (0, f"{path}: 0 errors, 0 warnings\n")
    assert [each.name for each in tmp_path.iterdir()] == ["right.conf"]


@pytest.mark.beyond_redis
def test_check_of_a_running_servers_file_finds_nothing(launch, tmp_path):
    (tmp_path / "data").mkdir()
    server = launch({"dir": tmp_path / "data", "unixsocket": tmp_path / "data/s", "save": "900 1", "pidfile": "x.pid"})
    checked = run("--check", server.directory / "server.conf")
    assert (checked.returncode, checked.stdout.splitlines()[-1][-20:]) == (0, "0 errors, 0 warnings"), checked.stdout


@pytest.mark.beyond_redis
def test_a_pid_file_that_cannot_be_written_is_warned_of(tmp_path):
    path = tmp_path / "server.conf"
    path.write_text("pidfile /no/such/pid\n")
    checked = run("--check", path)
    assert checked.returncode == 0
    assert checked.stdout.startswith(f"{path}:1:9: warning: ") and "No such file or directory" in checked.stdout


@pytest.mark.beyond_redis
@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_check_by_the_servers_user_finds_what_it_may_not_do(tmp_path):
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(0o755)
    (tmp_path / "dump.rdb").touch()
    (tmp_path / "dump.rdb").chmod(0o600)
    path = tmp_path / "server.conf"
    path.write_text(f"dir {tmp_path}\nlogfile own.log\nunixsocket own.sock\ndbfilename dump.rdb\n")
    program = tmp_path / "sessiond"  # where another user may run it
    shutil.copy(SESSIOND, program)
    checked = subprocess.run([program, "--check", path], user=4711, group=4711, extra_groups=[], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    for line in (2, 3, 4):
        assert f"{path}:{line}:" in checked.stdout and "Permission denied" in checked.stdout, checked.stdout


# ---- CONFIG REWRITE ----


def test_rewrite_keeps_comments_and_order_and_is_read_again(launch, connect):
    server = launch({"# mine": "", "hz": "20", "# theirs": "", "timeout": "5", "save": ["900 1", "300 10"]})
    client = connect(server)
    assert client("CONFIG", "SET", "timeout", "6", "maxmemory", "64mb", "requirepass", 'two "words"') == "OK"
    assert client("CONFIG", "REWRITE") == "OK"
    text = (server.directory / "server.conf").read_text()
    places = [text.index(part) for part in ("# mine", "hz 20", "# theirs", "timeout 6", "# Generated by CONFIG REWRITE")]
    assert places == sorted(places)
    assert "maxmemory 64mb\n" in text
    server.stop()
    again = Server(server.directory / "again", {"include": server.directory / "server.conf", "port": None}).start()
    again.port = server.port
    try:
        with again.connect() as other:
            assert other("AUTH", 'two "words"') == "OK"
            names = ("hz", "timeout", "save", "maxmemory", "requirepass")
            assert directives(other, *names) == {
                b"hz": b"20",
                b"timeout": b"6",
                b"save": b"900 1 300 10",
                b"maxmemory": b"67108864",
                b"requirepass": b'two "words"',
            }
    finally:
        again.finish()


@pytest.mark.beyond_redis
def test_rewrite_with_an_included_file_adds_nothing_however_often(launch, connect):
    server = launch({"save": "900 1", "include": "part.conf"}, ["--save", "60", "100"], started=False)
    (server.directory / "part.conf").write_text("save 300 10\n")
    (server.directory / "data").mkdir()
    server.options["dir"] = server.directory / "data"  # what is included lies where the server was started
    server.write_config = lambda: server.directory / "server.conf"
    Server.write_config(server)
    texts = []
    for _ in range(3):
        server.start()
        client = connect(server)
        assert client("CONFIG", "REWRITE") == "OK"
        assert sorted(directives(client, "save")[b"save"].decode().split()) == sorted("900 1 300 10 60 100".split())
        texts.append((server.directory / "server.conf").read_text())
        server.stop()
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.beyond_redis
def test_rewrite_refuses_to_make_a_file_that_is_gone(launch, connect):
    server = launch({"rename-command": 'FLUSHALL ""'})
    (server.directory / "server.conf").unlink()
    client = connect(server)
    reply = str(client("CONFIG", "REWRITE"))
    assert reply.startswith(f"ERR Rewriting config file: {server.directory}/server.conf: No such file or directory")
    assert "put it back" in reply
    assert not (server.directory / "server.conf").exists()


@pytest.mark.beyond_redis
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_rewrite_by_root_leaves_the_file_to_its_owner(launch, connect):
    server = launch()
    path = server.directory / "server.conf"
    os.chown(path, 4711, 4712)
    path.chmod(0o640)
    assert connect(server)("CONFIG", "SET", "timeout", "5") == "OK"
    assert connect(server)("CONFIG", "REWRITE") == "OK"
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (4711, 4712, 0o640)
