# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for something to become true, with a deadline in place of a sleep that hopes."""

import os
import time

# A sanitizer's build, or a busy machine, needs longer for everything.
FACTOR = float(os.environ.get("DEADLINE_FACTOR", "1"))


def until(probe, seconds=20.0, what=None, interval=0.01):
    """Calls `probe` until it returns something true, and returns that; fails after `seconds`.

    `what` says in the failure what was waited for; a callable is asked at that moment."""
    seconds *= FACTOR
    deadline = time.monotonic() + seconds
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > deadline:
            reason = what() if callable(what) else what or getattr(probe, "__name__", "it")
            raise AssertionError(f"not within {seconds} s: {reason}")
        time.sleep(interval)
