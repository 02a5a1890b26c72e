# SPDX-License-Identifier: BSD-3-Clause
"""The packages on a machine of their own, under a real systemd: installed, followed by the set-up guides that users of Redis
have, backed up and restored, deployed by script, and removed.

The tests of this file share the machine and follow one another."""

import re
import subprocess

import pytest

from support import machine as machines
from support.server import ROOT, SESSIOND

pytestmark = [
    pytest.mark.beyond_redis,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("machine"),
    pytest.mark.skipif(machines.why_not() is not None, reason=f"a machine of its own {machines.why_not()}"),
    # The packages are built from the release; under sanitizers there is nothing else to see.
    pytest.mark.skipif("release" not in SESSIOND, reason="tests the release"),
]

# What a machine has that followed the guides up to the installation of the server.
PACKAGES = "systemd,systemd-sysv,dbus,redis-tools,procps,sudo,net-tools,python3,python-is-python3,logrotate".split(",")


@pytest.fixture(scope="module")
def packages():
    """Builds them; what lintian calls an error is one."""
    result = subprocess.run(["scripts/build-deb", "--lint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return sorted((ROOT / "build/packages").glob("*.deb"))


@pytest.fixture(scope="module")
def machine(packages):
    made = machines.Machine(packages, PACKAGES)
    try:
        made.run("ln -s /usr/lib/sessiond scripts")
        yield made
    finally:
        made.close()


def _install(machine, name):
    return machine.run(f"apt-get install -y -q --no-install-recommends /packages/{name}_*.deb", timeout=120).stdout


# ---- sessiond ----


@pytest.fixture(scope="module")
def sessiond(machine):
    _install(machine, "sessiond")
    return machine


def test_the_service_runs_once_installed(sessiond):
    status = sessiond.run("systemctl status sessiond --no-pager").stdout
    assert "active (running)" in status and "enabled" in status and '"Ready to accept connections"' in status
    assert sessiond.run("redis-cli ping").stdout == "PONG\n"
    listening = sessiond.run("netstat -tln").stdout
    assert "127.0.0.1:6379" in listening and "0.0.0.0:6379" not in listening


def test_files_belong_to_its_user_alone(sessiond):
    shown = sessiond.run("stat -c '%n %U %a' /etc/sessiond/sessiond.conf /var/lib/sessiond /var/log/sessiond").stdout
    assert shown.splitlines() == [
        "/etc/sessiond/sessiond.conf sessiond 640",
        "/var/lib/sessiond sessiond 750",
        "/var/log/sessiond sessiond 750",
    ]
    assert "sessiond" in sessiond.run("ps -o user= -C sessiond").stdout


def test_reload_takes_over_a_change_and_refuses_a_mistake(sessiond):
    sessiond.run("echo 'maxmemory 100mb' >>/etc/sessiond/sessiond.conf && systemctl reload sessiond")
    sessiond.run("until redis-cli CONFIG GET maxmemory | grep -qx 104857600; do sleep 0.1; done")
    sessiond.run("echo 'maxmemory lots' >>/etc/sessiond/sessiond.conf")
    assert sessiond.run("systemctl reload sessiond", check=False).returncode != 0
    assert sessiond.run("redis-cli CONFIG GET maxmemory").stdout == "maxmemory\n104857600\n"
    assert sessiond.run("systemctl is-active sessiond").stdout == "active\n"
    sessiond.run("sed -i '/^maxmemory /d' /etc/sessiond/sessiond.conf && systemctl reload sessiond")


def test_settings_are_rewritten_and_data_saved_from_within_the_sandbox(sessiond):
    assert sessiond.run("redis-cli CONFIG SET timeout 300 && redis-cli CONFIG REWRITE").stdout == "OK\nOK\n"
    assert "timeout 300" in sessiond.run("cat /etc/sessiond/sessiond.conf").stdout
    sessiond.run("redis-cli SET kept yes && systemctl restart sessiond")
    assert sessiond.run("redis-cli GET kept").stdout == "yes\n"
    assert sessiond.run("stat -c '%U %a' /var/lib/sessiond/dump.rdb").stdout == "sessiond 600\n"


def test_a_killed_server_comes_back(sessiond):
    sessiond.run("kill -9 $(systemctl show -p MainPID --value sessiond)")
    sessiond.run("until [ \"$(redis-cli ping 2>/dev/null)\" = PONG ]; do sleep 0.1; done")
    assert sessiond.run("systemctl show -p NRestarts --value sessiond").stdout == "1\n"


def test_a_hung_server_is_noticed_by_the_watchdog(sessiond):
    assert sessiond.run("systemctl show -p WatchdogUSec --value sessiond").stdout == "1min\n"
    sessiond.run("mkdir -p /run/systemd/system/sessiond.service.d && cd /run/systemd/system/sessiond.service.d && "
                 "printf '[Service]\\nWatchdogSec=2\\n' >watchdog.conf && systemctl daemon-reload && systemctl restart sessiond")
    before = sessiond.run("systemctl show -p NRestarts --value sessiond").stdout
    sessiond.run("kill -STOP $(systemctl show -p MainPID --value sessiond)")
    sessiond.run(f"until [ \"$(systemctl show -p NRestarts --value sessiond)\" -gt {before.strip()} ]; do sleep 0.2; done")
    sessiond.run("rm -r /run/systemd/system/sessiond.service.d; systemctl daemon-reload; systemctl restart sessiond")
    assert sessiond.run("redis-cli ping").stdout == "PONG\n"


def test_with_the_socket_unit_a_restart_refuses_nobody(sessiond):
    sessiond.run("systemctl stop sessiond && systemctl start sessiond.socket")
    # The first connection starts the service.
    assert sessiond.run("redis-cli ping").stdout == "PONG\n"
    sessiond.run(
        "(while [ ! -e /tmp/over ]; do redis-cli ping; done) >/tmp/replies 2>&1 & "
        "for i in 1 2 3; do systemctl restart sessiond; done; touch /tmp/over; wait"
    )
    replies = sessiond.run("sort /tmp/replies | uniq -c").stdout
    assert "PONG" in replies and "refused" not in replies
    sessiond.run("systemctl stop sessiond.socket sessiond && systemctl start sessiond")


def test_the_log_is_rotated_without_a_signal(sessiond):
    sessiond.run("logrotate --force /etc/logrotate.d/sessiond && redis-cli CONFIG SET loglevel notice && redis-cli SAVE")
    assert "DB saved on disk" in sessiond.run("cat /var/log/sessiond/sessiond.log").stdout
    assert "DB saved on disk" in sessiond.run("cat /var/log/sessiond/sessiond.log.1").stdout


FILL = (
    "SET session:1 one EX 1000; RPUSH list a b c; SADD set a b c; SADD integers 1 2 3; HSET hash user ada visits 1; "
    "ZADD zset 1.5 a 2.5 b; PFADD visitors a b c; GEOADD places 13.4 52.5 Berlin; SELECT 3; SET other database"
)
READ = "GET session:1; LRANGE list 0 -1; SMEMBERS integers; HGETALL hash; ZRANGE zset 0 -1 WITHSCORES; SELECT 3; GET other"


def _redis_cli(machine, commands, options=""):
    return machine.run(f"printf '{commands}' | tr ';' '\\n' | sed 's/^ *//' | redis-cli {options}").stdout


def test_the_file_of_a_redis_moves_in(sessiond):
    sessiond.run("mkdir -p /tmp/redis && ln -s $(command -v redis-check-rdb) /tmp/redis/redis-server")
    sessiond.run("cd /tmp/redis && ./redis-server --port 7000 --daemonize yes && until redis-cli -p 7000 ping; do sleep 0.1; done")
    _redis_cli(sessiond, FILL, "-p 7000")
    shown = _redis_cli(sessiond, READ, "-p 7000")
    assert "one\n" in shown and "database\n" in shown
    sessiond.run("redis-cli -p 7000 SHUTDOWN SAVE")
    output = sessiond.run("scripts/migrate_from_redis.sh --rdb /tmp/redis/dump.rdb").stdout
    assert "restored: db0 8 keys,db3 1 keys" in output
    assert _redis_cli(sessiond, READ) == shown
    assert int(sessiond.run("redis-cli TTL session:1").stdout) in range(900, 1001)


def test_backup_and_restore(sessiond):
    sessiond.run("redis-cli FLUSHALL && redis-cli SET session:1 one EX 1000 && redis-cli SET session:2 two")
    sessiond.run("redis-cli CONFIG SET timeout 0")
    for _ in range(3):
        assert sessiond.run("scripts/backup.sh --to /var/backups/s --keep 2 && sleep 1").stdout == ""
    assert sessiond.run("ls /var/backups/s | wc -l").stdout == "2\n"
    sessiond.run("redis-cli FLUSHALL && redis-cli SET session:3 three")
    output = sessiond.run("scripts/restore.sh $(ls /var/backups/s/*.rdb | tail -1)").stdout
    assert "restored: db0 2 keys" in output
    assert sessiond.run("redis-cli GET session:2; redis-cli EXISTS session:3").stdout == "two\n0\n"
    assert int(sessiond.run("redis-cli TTL session:1").stdout) in range(900, 1001)
    # The backup's own unit does the same.
    sessiond.run("systemctl start sessiond-backup.service && ls /var/backups/sessiond/dump-*.rdb")
    assert sessiond.run("systemctl enable --quiet --now sessiond-backup.timer && systemctl is-active sessiond-backup.timer").stdout == "active\n"


def test_a_damaged_snapshot_is_not_restored(sessiond):
    sessiond.run("cp $(ls /var/backups/s/*.rdb | tail -1) /tmp/bad.rdb && printf x | dd of=/tmp/bad.rdb bs=1 seek=60 conv=notrunc")
    result = sessiond.run("scripts/restore.sh /tmp/bad.rdb", check=False)
    assert result.returncode == 1 and "nothing was changed" in result.stdout
    assert sessiond.run("redis-cli GET session:2").stdout == "two\n"


# ---- deployed by script ----


def test_deployment_prints_what_the_application_needs_and_does_it_once(sessiond):
    planned = sessiond.run("scripts/deploy_ec2.sh --package /packages/sessiond_*.deb --dry-run").stdout
    assert "would write /etc/sessiond/sessiond.conf" in planned and "requirepass ..." in planned
    assert sessiond.run("redis-cli ping").stdout == "PONG\n"  # nothing was done
    output = sessiond.run("scripts/deploy_ec2.sh --package /packages/sessiond_*.deb", timeout=120).stdout
    lines = dict(re.findall(r"^(REDIS_\w+)=(.*)$", output, re.MULTILINE))
    assert sessiond.run(f"redis-cli --no-auth-warning -u '{lines['REDIS_URL']}' GET session:2").stdout == "two\n"
    assert sessiond.run("redis-cli ping").stdout.startswith("NOAUTH")
    assert sessiond.run("ls /etc/sessiond/*.bak | wc -l").stdout == "1\n"
    again = sessiond.run("scripts/deploy_ec2.sh --package /packages/sessiond_*.deb").stdout
    assert "nothing changed" in again and f"REDIS_URL={lines['REDIS_URL']}\n" in again
    assert sessiond.run("ls /etc/sessiond/*.bak | wc -l").stdout == "1\n"


def test_deployment_encodes_the_password_that_is_there(sessiond):
    sessiond.run("sed -i 's/^requirepass .*/requirepass Strong!Redis@Password#2024/' /etc/sessiond/sessiond.conf")
    output = sessiond.run("scripts/deploy_ec2.sh --package /packages/sessiond_*.deb --port 6380 --maxmemory 64mb").stdout
    assert "REDIS_URL=redis://:Strong%21Redis%40Password%232024@127.0.0.1:6380/0\n" in output
    url = re.search(r"REDIS_URL=(.*)", output).group(1)
    assert sessiond.run(f"redis-cli --no-auth-warning -u '{url}' GET session:2").stdout == "two\n"
    assert "🎉" in sessiond.run(f"bash scripts/redis_test.sh '{url}'").stdout


def test_uninstalling_leaves_configuration_and_data(sessiond):
    sessiond.run("cp -r /usr/lib/sessiond /root/deploy && /root/deploy/deploy_ec2.sh --uninstall")
    assert sessiond.run("systemctl is-active sessiond", check=False).stdout == "inactive\n"
    sessiond.run("test -e /etc/sessiond/sessiond.conf -a -e /var/lib/sessiond/dump.rdb -a ! -e /usr/bin/sessiond")


# ---- under the names of Redis ----


@pytest.fixture(scope="module")
def redis(sessiond):
    """A machine on which a Redis was before: its data and its configuration are there."""
    sessiond.run("id redis >/dev/null 2>&1 || useradd --system --user-group redis; "
                 "install -d -o redis -g redis /etc/redis /var/lib/redis && "
                 "install -o redis -g redis -m 600 $(ls /var/backups/s/*.rdb | tail -1) /var/lib/redis/dump.rdb")
    # Both at once, as apt does it for the second.
    _install(sessiond, "sessiond")
    _install(sessiond, "sessiond-redis-compat")
    return sessiond


def test_it_takes_the_place_of_redis(redis):
    assert "active (running)" in redis.run("sudo systemctl status redis --no-pager").stdout
    assert redis.run("systemctl is-enabled sessiond redis-server", check=False).stdout == "disabled\nenabled\n"
    assert redis.run("redis-cli GET session:2").stdout == "two\n"


# Each line of the guides, with what they say comes of it; the guides' names of sessions and files are kept.
GUIDE = [
    # Installation
    ("redis-server --version", r"Redis server v=7\.2\.\d+ "),
    ("sudo service redis-server start", ""),
    ("sudo systemctl enable redis-server 2>/dev/null", ""),
    ("redis-cli ping", r"PONG\n"),
    ("sudo systemctl status redis --no-pager", r"redis-server\.service.*active \(running\)"),
    # Quick command reference
    ("sudo service redis-server stop", ""),
    ("sudo service redis-server start", ""),
    ("sudo service redis-server restart", ""),
    ("sudo service redis-server status", r"active \(running\)"),
    ("bash scripts/redis_test.sh", r"Test 6.*Average latency: \d+\.\d\dms\n.*🎉 All tests passed!\n"),
    ("python scripts/redis_health.py", r"ping_ms: \d+\.\d\d\n.*✅ Redis Status: HEALTHY\n"),
    ("redis-cli INFO", r"redis_version:7\.2\.\d+.*# Keyspace"),
    ("(sleep 1; redis-cli ECHO watched) >/dev/null & timeout 2 redis-cli MONITOR", r"OK\n.*\"ECHO\" \"watched\""),
    ('redis-cli SET "socketio:session:1" x', r"OK\n"),
    ('redis-cli KEYS "socketio:session:*"', r"^socketio:session:1\n$"),
    ("timeout 2 python scripts/redis_health.py --watch", r"Total Sessions: 1\n.*HEALTHY"),
    ("redis-cli DBSIZE", r"^3\n$"),
    ("redis-cli SAVE", r"^OK\n$"),
    ("redis-cli CONFIG REWRITE", r"^OK\n$"),
    # Monitoring
    ('redis-cli KEYS "socketio:session:*" | wc -l', r"^1\n$"),
    ("printf 'PING\\nTTL socketio:session:1\\nGET socketio:session:1\\nDEL socketio:session:1\\n' | redis-cli", r"^PONG\n-1\nx\n1\n$"),
    ("sudo tail /var/log/redis/redis-server.log", r"Ready to accept connections"),
    # Troubleshooting
    ("sudo netstat -tlnp | grep 6379", r"127\.0\.0\.1:6379 .*LISTEN .*redis-server"),
    ("ps aux | grep redis-server", r"/usr/bin/redis-server 127\.0\.0\.1:6379"),
    ('sudo grep "^bind" /etc/redis/redis.conf', r"^bind 127\.0\.0\.1 -?::1\n$"),
    ("redis-cli CONFIG SET maxmemory 256mb", r"^OK\n$"),
    ("redis-cli CONFIG SET maxmemory-policy allkeys-lru", r"^OK\n$"),
    ("redis-cli INFO memory | grep maxmemory", r"maxmemory:268435456.*maxmemory_policy:allkeys-lru"),
    # Maintenance
    ("mkdir -p /backup && sudo cp /var/lib/redis/dump.rdb /backup/redis-$(date +%Y%m%d).rdb && ls /backup", r"redis-\d{8}\.rdb"),
    ("printf 'SET chatmrpt:1 x EX 100\\nKEYS chatmrpt:*\\nTTL chatmrpt:1\\n' | redis-cli", r"^OK\nchatmrpt:1\n100\n$"),
    ("redis-cli FLUSHDB", r"^OK\n$"),
    ("redis-cli DBSIZE", r"^0\n$"),
    # Performance and security
    ("timeout 2 redis-cli --latency", r"0 \d"),
    # These draw on a terminal.
    ("timeout 3 script -qc 'redis-cli --latency-history -i 1' /dev/null", r"avg: \d"),
    ("timeout 3 script -qc 'redis-cli --stat' /dev/null", r"keys +mem +clients"),
    ("redis-cli CONFIG GET bind", r"^bind\n127\.0\.0\.1 "),
    ("redis-cli CONFIG GET '*'", r"\nmaxmemory\n268435456\n"),
]


def test_the_guides_commands_do_what_the_guides_say(redis):
    for command, expected in GUIDE:
        result = redis.run(command, check=False)
        assert result.returncode in (0, 124), f"{command}: {result.returncode}\n{result.stdout}"
        assert re.search(expected, result.stdout, re.DOTALL), f"{command}:\n{result.stdout}"


def test_without_a_server_the_errors_are_those_of_the_guides(redis):
    redis.run("sudo systemctl stop redis-server")
    refused = redis.run("redis-cli ping", check=False).stdout
    assert refused == "Could not connect to Redis at 127.0.0.1:6379: Connection refused\n"
    assert "❌ Redis server is not running" in redis.run("bash scripts/redis_test.sh", check=False).stdout
    assert "UNREACHABLE" in redis.run("python scripts/redis_health.py", check=False).stdout
    # By hand, with more in the log; ended as the guides do it.
    redis.run("cd / && sudo -u redis redis-server /etc/redis/redis.conf --loglevel debug >/dev/null 2>&1 & "
              "until [ \"$(redis-cli ping 2>/dev/null)\" = PONG ]; do sleep 0.1; done; "
              "sudo pkill redis-server; while pgrep redis-server; do sleep 0.1; done")
    redis.run("sudo service redis-server start")


# The configuration of the guides, word for word but for the addresses, of which a machine may lack one.
GUIDE_CONFIGURATION = """\
bind 127.0.0.1 -::1    # Localhost only
port 6379
requirepass YourVeryStrong!Redis@Password#2024
rename-command FLUSHDB ""
rename-command FLUSHALL ""
rename-command CONFIG ""
maxmemory 256mb
maxmemory-policy allkeys-lru
save 900 1
save 300 10
save 60 10000
loglevel notice
logfile /var/log/redis/redis-server.log
tcp-backlog 511
tcp-keepalive 300
protected-mode yes
"""


def test_the_guides_configuration_works(redis):
    redis.run(f"cat >/etc/redis/redis.conf <<'END'\n{GUIDE_CONFIGURATION}dir /var/lib/redis\nEND")
    redis.run("sudo service redis-server restart")
    assert redis.run("redis-cli ping").stdout == "NOAUTH Authentication required.\n\n"
    password = "-a 'YourVeryStrong!Redis@Password#2024' --no-auth-warning"
    assert redis.run(f"redis-cli {password} ping").stdout == "PONG\n"
    assert "unknown command" in redis.run(f"redis-cli {password} CONFIG GET bind").stdout
    assert "requirepass Your" in redis.run("sudo grep requirepass /etc/redis/redis.conf").stdout
    # In a URL, only encoded.
    url = "redis://:YourVeryStrong!Redis%40Password%232024@localhost:6379"
    assert redis.run(f"REDIS_URL='{url}' python scripts/redis_health.py").returncode == 0
    # Without CONFIG the backup has to be told where the file is.
    backup = f"REDIS_URL='{url}' scripts/backup.sh --to /var/backups/r"
    assert "name the server's snapshot with --file" in redis.run(backup, check=False).stdout
    redis.run(f"{backup} --file /var/lib/redis/dump.rdb && ls /var/backups/r/dump-*.rdb")


def test_removing_it_leaves_the_data_of_redis(redis):
    redis.run("apt-get purge -y -q sessiond-redis-compat")
    redis.run("test -e /var/lib/redis/dump.rdb -a -e /etc/redis/redis.conf -a ! -e /usr/bin/redis-server")
    redis.run("apt-get purge -y -q sessiond && test ! -e /var/lib/sessiond -a ! -e /etc/sessiond/sessiond.conf")
