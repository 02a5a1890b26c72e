# SPDX-License-Identifier: BSD-3-Clause
"""Generates commands on bits of strings, and on integers of any width within them: see commands.py."""


def bitmaps(g):
    """Bits: single, counted, searched, combined."""
    unit = lambda: [] if g.chance(0.5) else [g.case(g.one(["BIT", "BYTE"] * 4 + ["BITS", ""]))]
    return g.one(
        [
            lambda: ["SETBIT", g.key(), g.bit_offset(), g.one([0, 1, 1, 1, 2, -1, "", "x"])],
            lambda: ["SETBIT", g.key(), g.random.randint(0, 200), 1],
            lambda: ["GETBIT", g.key(), g.bit_offset()],
            lambda: ["BITCOUNT", g.key()],
            lambda: ["BITCOUNT", g.key(), g.byte_offset(), g.byte_offset(), *unit()],
            lambda: ["BITPOS", g.key(), g.one([0, 1, 0, 1, 2, "x"])],
            lambda: ["BITPOS", g.key(), g.one([0, 1]), g.byte_offset()],
            lambda: ["BITPOS", g.key(), g.one([0, 1]), g.byte_offset(), g.byte_offset(), *unit()],
            lambda: ["BITOP", g.case(g.one(["AND", "OR", "XOR", "NOT", "NAND"])), g.key(), *g.keys()],
            lambda: ["BITOP", "NOT", g.key(), g.key()],
            lambda: ["SET", g.key(), g.random.randbytes(g.random.randint(0, 40))],
            lambda: ["SET", g.key(), g.one([b"\xff" * 20, b"\x00" * 20, b"\xff" * 9 + b"\xfe", b"\x00" * 9 + b"\x01", b""])],
            lambda: ["GET", g.key()],
            lambda: ["STRLEN", g.key()],
            lambda: ["OBJECT", "ENCODING", g.key()],
        ]
    )()


def bitfields(g):
    """Integers of any width within a string."""

    def kind():
        if g.chance(0.9):
            return g.one("iu") + str(g.one([1, 2, 5, 7, 8, 15, 16, 31, 32, 33, 63, 64]))
        return g.one(["i0", "u0", "i65", "u64", "i-1", "x8", "i", "", "u", "i8x", "I8", "u100", "i9999999999"])

    def offset():
        return f"#{g.random.randint(0, 20)}" if g.chance(0.3) else g.one(["#-1", "#x", "#", "#9223372036854775807"]) if g.chance(0.03) else g.bit_offset()

    def operation():
        return g.one(
            [
                lambda: ["GET", kind(), offset()],
                lambda: ["SET", kind(), offset(), g.integer()],
                lambda: ["INCRBY", kind(), offset(), g.integer()],
                lambda: ["OVERFLOW", g.case(g.one(["WRAP", "SAT", "FAIL", "FAIL", "NONSENSE"]))],
            ]
        )()

    return g.one(
        [
            lambda: ["BITFIELD", g.key(), *(part for _ in range(g.random.randint(0, 4)) for part in operation())],
            lambda: ["BITFIELD", g.key(), "OVERFLOW", g.one(["WRAP", "SAT", "FAIL"]), "INCRBY", kind(), offset(), g.integer()],
            lambda: ["BITFIELD_RO", g.key(), *(part for _ in range(g.random.randint(0, 3)) for part in ["GET", kind(), offset()])],
            lambda: ["BITFIELD_RO", g.key(), *operation()],
            lambda: ["SET", g.key(), g.random.randbytes(g.random.randint(0, 40))],
            lambda: ["GET", g.key()],
            lambda: ["DEL", g.key()],
        ]
    )()
