# SPDX-License-Identifier: BSD-3-Clause
"""Free TCP ports that two test processes never hand out twice.

A port is reserved machine-wide by binding the UDP port of the same number: it leaves the TCP port free for
the server under test, keeps others that reserve the same way from it, and ends with the process."""

import random
import socket

# Below the range that the kernel takes outgoing ports from, so that no client's end occupies one.
FIRST, LAST = 12000, 32000
_reserved = {}


def _is_free(port):
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((host, port))
        except OSError:
            if family == socket.AF_INET:
                return False
    return True


def reserve():
    """Returns a TCP port that is free now and stays reserved until `release` or the process ends."""
    chooser = random.SystemRandom()
    for _ in range(1000):
        port = chooser.randrange(FIRST, LAST)
        keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            keeper.bind(("127.0.0.1", port))
        except OSError:
            keeper.close()
            continue
        if _is_free(port):
            _reserved[port] = keeper
            return port
        keeper.close()
    raise RuntimeError("no free port found")


def release(port):
    """Gives a reserved port back."""
    _reserved.pop(port).close()
