# SPDX-License-Identifier: BSD-3-Clause
"""Scripts that match patterns, which redis-server 7.0 and this server answer with the same bytes."""

import random

TEXTS = ["", "a", "aaa", "abc", "hello world from Lua", "  trim me  ", "key = value, k2=v2", "(a(b)c)(d", "THE (quick) fox", "a\\0b\\0", "x^y$z",
         "2024-01-31T10:11:12", "%d%5", "[[x]]", "a.b.c", "ab12cd345", "\\200\\255 \\t\\n", "aXbXc"]  # fmt: skip
PATTERNS = ["", "a", "a*", "a+", "a-", "a?", ".", ".*", ".-", ".+", "^a", "a$", "^", "$", "^$", "(a)", "(a*)(.-)", "(.-)(.-)c", "()", "(())", "()a()",
            "%a+", "%A", "%d+", "%D-", "%s*", "%S+", "%w+", "%W", "%l", "%u", "%p", "%x+", "%c", "%z", "%Z+", "%%", "%.", "[abc]", "[^abc]", "[a-c]+",
            "[%a_]+", "[^%s]+", "[]]", "[^]]", "[]-a]", "[a-]", "[-a]", "[%]]", "[%-x]", "%b()", "%bxy", "%baa", "%f[%w]%w+", "%f[^%w]", "%f[%z]",
            "(.)%1", "(a)(b)%2%1", "^%s*(.-)%s*$", "(%w+)%s*=%s*(%w+)", "%((%a+)%)", "(%d+)-(%d+)-(%d+)", "^(.-)%.", "%$z", "x^", "%1", "(a%1)", "(a",
            "a)", "%", "[a", "[^", "[", "%b", "%ba", "%f", "%fa", "%g", "%8", "[%", "[a%", "(" * 33, "()" * 32, "()" * 33, ")", "a**", "a+*", "a??",
            "*a", "+", "-", "?", "a-b", ".-%f[%d]", "(%w)(%w)(%w)", "[a-z][A-Z]"]  # fmt: skip
TEMPLATES = ["'<%0>'", "'%1'", "'%2%1'", "''", "'%'", "'%%'", "'%x'", "7", "{a='A', b=false, hello=1, [1]=2}", "{a={}}", "string.upper",
             "function(...) return select('#', ...) end", "function() end", "function(x) return {} end", "function() error('x') end", "nil", "true", "print"]  # fmt: skip

SHOW = "local t = {} local function show(...) for i = 1, select('#', ...) do t[#t + 1] = tostring((select(i, ...))) end return t end "


def _fixed():
    for pattern in PATTERNS:
        for text in TEXTS:
            yield SHOW + f"return show(string.find('{text}', '{pattern}'))"
            yield SHOW + f"return show(string.match('{text}', '{pattern}', 2))"
            yield SHOW + f"for a, b in string.gmatch('{text}', '{pattern}') do show(a, b) end return t"
            yield SHOW + f"return show(string.gsub('{text}', '{pattern}', '<%0>'))"
    for template in TEMPLATES:
        for pattern in ("a", "(a)", "(.)(.)", "", "%w+", "()"):
            for most in ("", ", 0", ", 1", ", -1", ", 2", ", 1e10"):
                yield SHOW + f"return show(string.gsub('hello aab ab', '{pattern}', {template}{most}))"
    for start in ("0", "1", "-1", "-3", "-100", "4", "100", "'2'", "{}", "2^40", "-2^40", "2.7"):
        yield SHOW + f"return show(string.find('abcabc', 'b', {start}))"
        yield SHOW + f"return show(string.find('abcabc', '', {start}, true))"
        yield SHOW + f"return show(string.match('abcabc', '.', {start}))"
    for call in ("find()", "find('a')", "match()", "match('a')", "gmatch()", "gmatch('a')", "gsub()", "gsub('a')", "gsub('a', 'a')", "find({}, 'a')",
                 "find(1234, 3)", "gsub(121, 1, 3)", "find('a.b', '.', 1, true)", "find('a', 'a', nil, true)", "gfind('a', 'a')()"):  # fmt: skip
        yield SHOW + f"return show(string.{call})"
    yield "return ('x'):rep(3):gsub('x', '%0%0')"
    yield SHOW + "local f = ('a b'):gmatch('%a') return show(f(), f(), f(), f())"
    for values in ("3, 1, 2", "'b', 'a', 'c'", "1, 'a'", "", "{}, {}", "5, 5, 5"):
        yield f"local t = {{{values}}} table.sort(t) return t"
    yield "local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t"
    yield "local t = {3, 1, 2} table.sort(t, 1) return t"
    yield "local t = {1, 2} table.insert(t, 1, 0) table.insert(t, 9) return t"
    yield "local t = {1, 2} table.insert(t, -5, 0) return t"


def _random(seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        pattern = "".join(chance.choice(["a", "b", ".", "%a", "%d", "[ab]", "[^a]", "(", ")", "*", "+", "-", "?", "%1", "$", "^", "x"]) for _ in range(chance.randrange(1, 9)))  # fmt: skip
        text = "".join(chance.choice("aabbx1 ") for _ in range(chance.randrange(0, 14)))
        yield SHOW + f"return show(string.find('{text}', '{pattern}'))"
        yield SHOW + f"return show(string.gsub('{text}', '{pattern}', '<%1>'))"


SCRIPTS = [*_fixed(), *_random(2, 1500)]
