# SPDX-License-Identifier: BSD-3-Clause
"""Starts real server processes, each in a directory and on a port of its own, and sees them off.

The environment chooses the programs: SESSIOND is the server under test (build/release/sessiond), REDIS_SERVER
the reference (redis-server). Any of them may stand where the other is expected; tests of what is promised
beyond Redis are marked `beyond_redis`."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

from . import ports, wait
from .resp import Connection

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What a sanitizer prints; none of it may ever stand in a server's log.
SANITIZER_REPORT = re.compile(r"(Address|Leak|Memory|Thread|UndefinedBehavior)Sanitizer|runtime error:")

# A test's server saves nothing and listens only to the tests.
DEFAULTS = {"bind": "127.0.0.1", "save": '""'}


def _program(variable, default):
    program = os.environ.get(variable, default)
    if "/" in program:
        # Not resolved: redis-server is a link whose name decides what the program does.
        return os.path.normpath(ROOT / program)
    return shutil.which(program) or str(ROOT / "tests/.venv" / program)


SESSIOND = _program("SESSIOND", "build/release/sessiond")
REFERENCE = _program("REDIS_SERVER", "redis-server")


def is_redis(program):
    """Whether a program is redis-server itself."""
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    return shown.stdout.startswith("Redis server")


class Server:
    """One server. `options` are directives (a list value repeats the directive, None leaves a default out);
    `arguments` follow the configuration file on the command line."""

    def __init__(self, directory, options=None, arguments=(), program=SESSIOND, environment=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.program = program
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.options = DEFAULTS | (options or {})
        self._reserved = None
        if "port" not in self.options:
            self._reserved = self.options["port"] = ports.reserve()
        self.port = self.options["port"]
        self.log_path = self.directory / "server.log"
        self.process = None

    # Life and death.

    def write_config(self):
        lines = []
        for name, value in self.options.items():
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    lines.append(f"{name} {each}\n")
        path = self.directory / "server.conf"
        path.write_text("".join(lines))
        return path

    def spawn(self):
        """Starts the process without waiting for it to be ready."""
        assert self.process is None or self.process.poll() is not None, "already running"
        command = [self.program, str(self.write_config()), *self.arguments]
        with open(self.log_path, "ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self.environment,
                start_new_session=True,
            )
        return self

    def start(self, seconds=20.0):
        """Starts the process and returns when it says that it is ready, and answers."""
        self.spawn()
        self.wait_for_log("Ready to accept connections", seconds)
        if self.port and "requirepass" not in self.options and "unixsocket" not in self.options:
            with self.connect() as connection:
                assert connection("PING") == "PONG"
        return self

    def wait_exit(self, seconds=20.0):
        """Waits for the end of the process and returns its exit code."""
        try:
            return self.process.wait(seconds * wait.FACTOR)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end within {seconds} s:\n{self.log_tail()}") from None

    def stop(self, how=signal.SIGTERM):
        """Asks the process to end and insists on exit code 0."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            code = self.wait_exit()
            assert code == 0, f"exit code {code} after {signal.Signals(how).name}:\n{self.log_tail()}"

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def finish(self):
        """At the end of a test: stops what still runs, and fails when a sanitizer said something."""
        try:
            was_killed = self.process and self.process.returncode == -signal.SIGKILL
            if self.process and self.process.poll() is None:
                self.stop()
            elif self.process and not was_killed and self.process.returncode < 0:
                raise AssertionError(f"died by signal {-self.process.returncode}:\n{self.log_tail()}")
        finally:
            if self.process and self.process.poll() is None:
                self.kill()
            if self._reserved:
                ports.release(self._reserved)
                self._reserved = None
            report = SANITIZER_REPORT.search(self.whole_log())
            assert not report, f"sanitizer report:\n{self.whole_log()[report.start():][:8000]}"

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    # The log.

    def whole_log(self):
        """All that this server ever wrote, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log(self):
        """What it wrote since the last start."""
        with open(self.log_path, "rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log_tail(self):
        return self.whole_log()[-4000:]

    def wait_for_log(self, text, seconds=20.0):
        """Waits for a text in the log of this start; fails early when the process ends without it."""

        def seen_or_over():
            over = self.process.poll() is not None  # asked first: the log is complete by then
            return text in self.log() or over

        wait.until(seen_or_over, seconds, lambda: f"{text!r} in the log:\n{self.log_tail()}")
        assert text in self.log(), f"ended without {text!r} in the log:\n{self.log_tail()}"

    # Clients.

    def connect(self, **options):
        """A new raw connection, by TCP unless `path` names a unix socket."""
        if "path" in options:
            return Connection(**options)
        return Connection(self.port, **options)

    def url(self, database=0):
        """Over TLS when it has a port for that; its authority is then to be found in tls-ca-cert-file."""
        password = self.options.get("requirepass")
        login = f":{password}@" if password else ""
        if "tls-port" in self.options:
            trusted = self.options["tls-ca-cert-file"]
            return f"rediss://{login}localhost:{self.options['tls-port']}/{database}?ssl_ca_certs={trusted}"
        return f"redis://{login}127.0.0.1:{self.port}/{database}"

    # What the kernel knows about it.

    def cpu_seconds(self):
        """CPU time used so far, user and system."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
