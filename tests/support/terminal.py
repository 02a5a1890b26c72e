# SPDX-License-Identifier: BSD-3-Clause
"""A program in a terminal of its own: what is typed into it, and what it has shown."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from . import wait

ROWS, COLUMNS = 50, 200
# Colours and movements of the cursor.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs `command` until `close`."""

    def __init__(self, command, environment=None):
        self.end, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=os.environ | {"TERM": "xterm"} | (environment or {}),
            start_new_session=True,
        )
        os.close(inner)
        self._shown = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def type(self, text):
        os.write(self.end, text.encode())

    def enter(self, line):
        """A line for who shows a prompt: what is typed before may be thrown away."""
        self.until(r"> $")
        self.type(line + "\r")

    def text(self):
        """All that it has shown up to now, without colours."""
        while select.select([self.end], [], [], 0)[0]:
            try:
                self._shown += os.read(self.end, 65536)
            except OSError:  # it has ended
                break
        return CONTROL.sub("", self._shown.decode(errors="replace"))

    def until(self, pattern, seconds=20.0):
        """Waits until something matches that was shown since the last `forget`; returns the match."""
        return wait.until(lambda: re.search(pattern, self.text()), seconds, lambda: f"{pattern!r} in the terminal:\n{self.text()[-2000:]}")

    def forget(self):
        self.text()
        self._shown = b""

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.end)
