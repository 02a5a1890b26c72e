# SPDX-License-Identifier: BSD-3-Clause
"""HyperLogLogs beside redis-server, as test_differential.py does it: replies and strings must be the same bytes.

Damaged runs are left out: here they are refused by every command, there by those that come upon the damage."""

import pytest

from support import hyperloglog_commands
from support.differential import COUNT, compare_batches
from support.resp import Connection


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
@pytest.mark.parametrize("sparse_max", [3000, 100, 16, 0, 20000])
@pytest.mark.parametrize("spoiled", [0.03, 0.5], ids=["well-formed", "malformed"])
def test_family(reference, server, spoiled, sparse_max, protocol):
    limit = ["CONFIG", "SET", "hll-sparse-max-bytes", sparse_max]
    compare_batches(reference, server, hyperloglog_commands.hyperloglogs, protocol, {}, spoiled=spoiled, count=COUNT // 4, before=[limit])


@pytest.mark.parametrize("count", [0, 1, 100, 2000, 30000])
def test_strings_move_both_ways(reference, server, count):
    with Connection(reference.port) as theirs, Connection(server.port) as ours:
        theirs("FLUSHALL")
        for first in range(0, count, 1000):
            for each in (theirs, ours):
                each("PFADD", "hll", *range(first, min(first + 1000, count)))
        for each in (theirs, ours):
            each("PFADD", "hll")
        assert theirs("GET", "hll") == ours("GET", "hll")
        ours("CONFIG", "SET", "rdb-version", 10)
        assert theirs("RESTORE", "from", 0, ours("DUMP", "hll")) == "OK"
        assert ours("RESTORE", "from", 0, theirs("DUMP", "hll")) == "OK"
        for each in (theirs, ours):
            each("PFADD", "from", "another")
        assert theirs("PFCOUNT", "from") == ours("PFCOUNT", "from")
        assert theirs("GET", "from") == ours("GET", "from")
