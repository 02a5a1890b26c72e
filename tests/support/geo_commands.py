# SPDX-License-Identifier: BSD-3-Clause
"""Generates commands on points in sorted sets: see commands.py."""

from .commands import NO_INTEGERS

PLACES = [f"place{number}" for number in range(30)]
UNITS = ["m", "km", "ft", "mi", "KM"]


def point(g):
    """Mostly in one region, so that circles meet others; now and then at an edge of the map, or beside it."""
    if g.chance(0.6):
        return [f"{g.random.uniform(10, 20):.6f}", f"{g.random.uniform(35, 45):.6f}"]
    if g.chance(0.8):
        return [f"{g.random.uniform(-180, 180):.6f}", f"{g.random.uniform(-85, 85):.6f}"]
    return [g.one([180, -180, "179.9999", 0, 181, "x", "inf"]), g.one([0, "85.05112878", "-85.05112878", "85.06", -90, "nan", ""])]


def length(g):
    return g.one([0, 1, 100, 1000, 5000]) if g.chance(0.3) else f"{g.random.uniform(0, 500):.2f}" if g.chance(0.8) else g.one([-1, 10**8, 10**7, *NO_INTEGERS])


def unit(g):
    return g.one(UNITS) if g.chance(0.95) else "parsec"


def options(g):
    return g.options("WITHDIST", "WITHCOORD", "WITHHASH", "ASC", "DESC", lambda: ["COUNT", g.integer()], lambda: ["COUNT", g.random.randint(1, 5), "ANY"], "ANY")


def where(g):
    center = g.one([lambda: ["FROMLONLAT", *point(g)], lambda: ["FROMMEMBER", g.one(PLACES)]])()
    shape = g.one([lambda: ["BYRADIUS", length(g), unit(g)], lambda: ["BYBOX", length(g), length(g), unit(g)]])()
    return center + shape if g.chance(0.5) else shape + center


def geo(g):
    """All commands of points."""
    key = lambda: g.one(["key", "other"])
    return g.one(
        [
            lambda: ["GEOADD", key(), *(part for _ in range(g.random.randint(1, 8)) for part in [*point(g), g.one(PLACES)])],
            lambda: ["GEOADD", key(), *g.options("NX", "XX", "CH"), *point(g), g.one(PLACES)],
            lambda: ["GEODIST", key(), g.one(PLACES), g.one(PLACES), *g.options(lambda: unit(g), most=1)],
            lambda: ["GEOHASH", key(), *(g.one(PLACES) for _ in range(g.random.randint(0, 3)))],
            lambda: ["GEOPOS", key(), *(g.one(PLACES) for _ in range(g.random.randint(0, 3)))],
            lambda: ["GEOSEARCH", key(), *where(g), *options(g)],
            lambda: ["GEOSEARCH", key(), *where(g), *options(g)],
            lambda: ["GEOSEARCHSTORE", "stored", key(), *where(g), *g.options("STOREDIST", "ASC", lambda: ["COUNT", 2], "WITHDIST", most=2)],
            lambda: [g.one(["GEORADIUS", "GEORADIUS_RO"]), key(), *point(g), length(g), unit(g), *options(g)],
            lambda: [g.one(["GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"]), key(), g.one(PLACES), length(g), unit(g), *options(g)],
            lambda: ["GEORADIUS", key(), *point(g), length(g), unit(g), *g.options(lambda: ["STORE", "stored"], lambda: ["STOREDIST", "stored"], "WITHHASH", most=2)],
            lambda: ["GEORADIUSBYMEMBER_RO", key(), g.one(PLACES), 100, "km", "STORE", "stored"],
            lambda: ["ZRANGE", g.one(["stored", "key"]), 0, -1, "WITHSCORES"],
            lambda: ["ZREM", key(), g.one(PLACES)],
            lambda: ["DEL", "stored"] if g.chance(0.5) else ["SET", "stored", "x"],
        ]
    )()
