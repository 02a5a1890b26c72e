# SPDX-License-Identifier: BSD-3-Clause
"""What README.md shows: its indented blocks."""

import re

from .server import ROOT

README = (ROOT / "README.md").read_text()


def blocks():
    """The indented blocks, as lists of lines without indentation and remarks, by the heading they stand under."""
    heading, found = "", []
    for line in README.splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("    ") and line.strip():
            if not found or found[-1][0] != heading:
                found.append((heading, []))
            found[-1][1].append(re.sub(r"  +# .*", "", line[4:]))
    return dict(found)


def program(heading, server):
    """The lines under a heading, with this server in place of the one that they name."""
    text = "\n".join(blocks()[heading]) + "\n"
    shown = "redis://:password@127.0.0.1:6379/0"
    assert shown in text, f"README.md shows no server under {heading!r} any more"
    return text.replace(shown, server.url())
