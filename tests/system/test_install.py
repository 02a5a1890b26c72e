# SPDX-License-Identifier: BSD-3-Clause
"""What `make install` puts where, whether the units are as they should be, and passwords for them."""

import pathlib
import re
import shutil
import stat
import subprocess
import urllib.parse

import pytest

from support.server import ROOT, SESSIOND

pytestmark = pytest.mark.beyond_redis


def _tree(action, destdir, *arguments, prefix="/usr", sysconfdir="/etc"):
    command = ["scripts/install-tree", "--destdir", destdir, "--prefix", prefix, "--sysconfdir", sysconfdir]
    return subprocess.run([*command, action, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _files(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


@pytest.fixture
def installed(tmp_path):
    _tree("install", tmp_path, SESSIOND)
    _tree("install-redis-compat", tmp_path)
    return tmp_path


def test_everything_is_in_its_place(installed):
    files = _files(installed)
    assert {
        "usr/bin/sessiond",
        "usr/bin/redis-server",
        "etc/sessiond/sessiond.conf",
        "etc/redis/redis.conf",
        "etc/logrotate.d/sessiond",
        "usr/lib/systemd/system/sessiond.service",
        "usr/lib/systemd/system/sessiond.socket",
        "usr/lib/systemd/system/redis-server.service",
        "usr/lib/sessiond/backup.sh",
        "usr/share/man/man8/sessiond.8",
        "usr/share/man/man5/sessiond.conf.5",
        "usr/share/doc/sessiond/examples/sessions.conf",
    } <= files
    assert stat.S_IMODE((installed / "etc/sessiond/sessiond.conf").stat().st_mode) == 0o640


def test_configuration_stays_when_installed_again_and_when_removed(installed):
    configuration = installed / "etc/sessiond/sessiond.conf"
    configuration.write_text("port 7000\n")
    assert "stays as it is" in _tree("install", installed, SESSIOND)
    assert configuration.read_text() == "port 7000\n"
    assert "bind 127.0.0.1" in (installed / "etc/sessiond/sessiond.conf.new").read_text()
    _tree("uninstall", installed)
    assert all(name.startswith("etc/") for name in _files(installed))
    assert configuration.read_text() == "port 7000\n"


def test_another_redis_server_is_not_removed(installed):
    program = installed / "usr/bin/redis-server"
    program.unlink()
    program.write_text("another")
    _tree("uninstall", installed)
    assert program.read_text() == "another"


def test_below_another_prefix_the_files_name_each_other(tmp_path):
    _tree("install", tmp_path, SESSIOND, prefix="/opt/s", sysconfdir="/opt/s/etc")
    unit = (tmp_path / "opt/s/lib/systemd/system/sessiond.service").read_text()
    assert "ExecStart=/opt/s/bin/sessiond /opt/s/etc/sessiond/sessiond.conf " in unit
    backup = (tmp_path / "opt/s/lib/systemd/system/sessiond-backup.service").read_text()
    assert "ExecStart=/opt/s/lib/sessiond/backup.sh " in backup
    assert all(name.startswith("opt/s/") for name in _files(tmp_path))


def test_the_redis_names_have_places_of_their_own(installed):
    for name in ("etc/redis/redis.conf", "etc/logrotate.d/redis-server", "usr/lib/systemd/system/redis-server.service"):
        assert not re.search(r"/(etc|run|var/lib|var/log)/sessiond", (installed / name).read_text()), name
    unit = (installed / "usr/lib/systemd/system/redis-server.service").read_text()
    assert "Alias=redis.service\n" in unit and "User=redis\n" in unit


@pytest.mark.parametrize("name", ["service.conf", "sessiond.conf", "sessions.conf", "sessions-durable.conf"])
def test_the_configurations_are_valid(name, tmp_path):
    text = (ROOT / "conf" / name).read_text()
    text = text.replace("/var/lib/sessiond", str(tmp_path)).replace("/var/log/sessiond", str(tmp_path))
    (tmp_path / name).write_text(text)
    result = subprocess.run([SESSIOND, "--check", tmp_path / name], capture_output=True, text=True, check=False)
    assert result.stdout.endswith(": 0 errors, 0 warnings\n")


# ---- units ----


@pytest.fixture
def units(installed):
    """The directory of the units, with programs that are there: the rest of the text is as installed."""
    directory = installed / "usr/lib/systemd/system"
    for unit in directory.iterdir():
        text = re.sub(r"=/usr/(bin|lib)/", rf"={installed}/usr/\1/", unit.read_text())
        unit.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
    return directory


def _systemd_analyze(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=50)


def test_systemd_understands_the_units(units):
    names = ["sessiond.service", "sessiond.socket", "sessiond-backup.service", "sessiond-backup.timer", "redis-server.service"]
    result = _systemd_analyze("verify", "--man=no", *(units / name for name in names))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["sessiond.service", "redis-server.service"])
def test_the_service_is_shut_in(units, name):
    result = _systemd_analyze("security", "--offline=true", "--threshold=15", units / name)
    assert result.returncode == 0, result.stdout


# ---- passwords and names ----


def _gen_password(*arguments):
    result = subprocess.run([SESSIOND, "--gen-password", *arguments], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


def test_a_generated_password_works_in_file_and_url(launch, tmp_path):
    code, text, _ = _gen_password("--port", "7000")
    assert code == 0
    lines = dict(re.findall(r"^(requirepass|REDIS_PASSWORD|REDIS_URL)[ =](.*)$", text, re.MULTILINE))
    url = urllib.parse.urlsplit(lines["REDIS_URL"])
    assert url.password == lines["requirepass"] == lines["REDIS_PASSWORD"]
    assert (url.hostname, url.port, url.path) == ("127.0.0.1", 7000, "/0")
    server = launch({"requirepass": lines["requirepass"]})
    reply = subprocess.run(
        ["redis-cli", "--no-auth-warning", "-u", lines["REDIS_URL"].replace("7000", str(server.port)), "PING"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert reply.stdout == "PONG\n"


def test_the_url_has_the_port_of_the_file(tmp_path):
    (tmp_path / "conf").write_text("port 7001\n")
    code, text, _ = _gen_password(str(tmp_path / "conf"))
    assert code == 0 and "@127.0.0.1:7001/0\n" in text
    (tmp_path / "conf").write_text("port many\n")
    code, text, error = _gen_password(str(tmp_path / "conf"))
    assert code == 1 and text == "" and "port many" in error


def test_by_the_name_of_redis_it_tells_its_version_as_redis(tmp_path):
    program = tmp_path / "redis-server"
    program.symlink_to(pathlib.Path(SESSIOND).resolve())
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"Redis server v=7\.2\.\d+ sha=[0-9a-f]{8}:0 malloc=\S+ bits=64 build=0 sessiond=\S+\n", text)
