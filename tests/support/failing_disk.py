# SPDX-License-Identifier: BSD-3-Clause
"""A disk that fails when told to, by a library that is preloaded into the server (preload/failing_disk.c)."""

import errno
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).parent / "preload" / "failing_disk.c"


class FailingDisk:
    """`environment` is for the server; fail() and heal() act at once."""

    def __init__(self, directory):
        self.library = directory / "failing_disk.so"
        self.control = directory / "failing_disk.control"
        self.trace = directory / "failing_disk.trace"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", self.library, SOURCE], check=True, timeout=60
        )
        self.heal()
        self.environment = {
            "LD_PRELOAD": str(self.library),
            "FAILING_DISK": str(self.control),
            "FAILING_DISK_TRACE": str(self.trace),
            # A sanitizer would want to be loaded first.
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
        }

    def fail(self, call, error, pattern, limit=0):
        """From now on open (of a new file), write (beyond `limit` bytes), fsync or rename fail, on paths with `pattern` in them."""
        new = self.control.with_suffix(".new")
        new.write_text(f"{call} {getattr(errno, error)} {pattern} {limit}\n")
        new.rename(self.control)

    def heal(self):
        self.control.write_text("")

    def calls(self):
        """What was synced and renamed, in order, as (call, path)."""
        return [tuple(line.split(" ", 1)) for line in self.trace.read_text().splitlines()]
