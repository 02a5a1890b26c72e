# SPDX-License-Identifier: BSD-3-Clause
"""Sorted sets, and points in them, beside redis-server, as test_differential.py does it: the replies must be the same bytes, but for

    scores            compared as numbers: 7.0 writes 17 digits over RESP2, 7.2 as few as there need be
    ZRANDMEMBER       how many there are
    ZSCAN             any order
    ZRANK, ZREVRANK   errors of any text: a fourth argument is new in 7.2
and but for OBJECT ENCODING, where 7.2 also looks at how many elements a ZADD brings: it is not sent."""

import pytest

from support import geo_commands, zset_commands
from support.differential import COUNT, compare_batches
from support.resp import Error

def as_numbers(value):
    if isinstance(value, list):
        return [as_numbers(each) for each in value]
    try:
        return value if value in (b"nan", b"-nan") else float(value)
    except (TypeError, ValueError):
        return value


def any_error(value):
    return Error("any") if isinstance(value, Error) else value


def how_many(value):
    return len(value) if isinstance(value, list) else value if isinstance(value, Error) else type(value)


def scan_reply(value):
    if not isinstance(value, list):
        return value
    return value[0], sorted(zip(value[1][0::2], map(float, value[1][1::2])))


SCORED = "ZADD ZINCRBY ZSCORE ZMSCORE ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZPOPMIN ZPOPMAX ZMPOP BZPOPMIN BZPOPMAX BZMPOP ZUNION ZINTER ZDIFF"
NORMAL = {(name,): as_numbers for name in SCORED.split()} | {("ZRANK",): any_error, ("ZREVRANK",): any_error}
NORMAL |= {("ZRANDMEMBER",): how_many, ("ZSCAN",): scan_reply}


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
@pytest.mark.parametrize("small_count", [128, 3, 0])
@pytest.mark.parametrize(
    "family, spoiled",
    [
        (zset_commands.sorted_sets, 0.08),
        (zset_commands.sorted_sets, 0.6),
        (zset_commands.members_in_order, 0),
        (geo_commands.geo, 0.05),
        (geo_commands.geo, 0.6),
    ],
    ids=["sorted_sets", "malformed", "members_in_order", "geo", "malformed_geo"],
)
def test_family(reference, server, family, spoiled, small_count, protocol):
    limit = ["CONFIG", "SET", "zset-max-listpack-entries", small_count]
    compare_batches(reference, server, family, protocol, NORMAL, spoiled=spoiled, count=COUNT // 2, before=[limit])
