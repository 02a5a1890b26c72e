# SPDX-License-Identifier: BSD-3-Clause
"""The applications' processes: started in a session of their own, with a log, and ended whole."""

import os
import pathlib
import signal
import subprocess

from . import wait

TESTS = pathlib.Path(__file__).resolve().parents[1]


def environment_program(environment, name):
    """A program of one of the Python environments that scripts/test-deps makes."""
    return str(TESTS / ".venv" / environment / "bin" / name)


class Process:
    """A program that runs beside the test; what it prints goes to `log_path`."""

    def __init__(self, command, log_path, directory, environment=None):
        self.log_path = pathlib.Path(log_path)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | (environment or {}),
                start_new_session=True,
            )

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_until(self, probe, seconds=30.0, what="the process to be ready"):
        """Waits until `probe` is true; fails early when the process ends."""

        def ready_or_over():
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log()[-4000:]}"
            return probe()

        return wait.until(ready_or_over, seconds, lambda: f"{what}:\n{self.log()[-4000:]}")

    def stop(self):
        """Kills the process with all it started: what the applications do at their own end is not tested."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
