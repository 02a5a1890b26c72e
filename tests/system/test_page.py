# SPDX-License-Identifier: BSD-3-Clause
"""The live page in a browser: figures appear, charts draw, nobody else is asked, and it can be used by everybody."""

import json
import re

import pytest

from support import browser, certificates, ports, wait

pytestmark = [
    pytest.mark.beyond_redis,
    pytest.mark.skipif(browser.PROGRAM is None, reason="no Chromium here"),
    # One browser at a time is enough for the machine.
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def http_port():
    port = ports.reserve()
    yield port
    ports.release(port)


@pytest.fixture
def page(tmp_path):
    """A browser."""
    opened = browser.Browser(tmp_path / "browser")
    opened.resize(1280, 900)
    yield opened
    opened.close()


@pytest.fixture
def busy(launch, connect, http_port):
    """A server on which something happened, its page's address, and a connection."""
    server = launch({"http-port": http_port, "slowlog-log-slower-than": "0", "maxmemory": "64mb"})
    server.page = f"http://127.0.0.1:{http_port}/"
    client = connect(server)
    for i in range(200):
        client("SETEX", f"chatmrpt:{i:032x}", "1000", "v" * 300)
        client("GET", f"chatmrpt:{i:032x}")
    client("SETEX", "<b>bold</b>&:0123456789abcdef", "1000", "v")
    client("DEL", f"chatmrpt:{0:032x}")
    server.client = client
    return server


def text(page, selector):
    return page.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")


def is_drawn(name):
    """An expression: whether a canvas has anything but background where the lines are."""
    return f"""(() => {{
        const canvas = document.getElementById("{name}");
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {{ willReadFrequently: true }});
        copy.drawImage(canvas, 0, 0);
        const data = copy.getImageData(0, 0, canvas.width, canvas.height).data;
        const colours = new Set();
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        return colours.size > 3;
    }})()"""


def open_page(page, server):
    page.open(server.page)
    page.wait_for("document.getElementById('state').textContent.startsWith('Ready')")


def check_silence(page, server):
    assert page.said == []
    assert page.fetched and all(url.startswith(server.page) for url in page.fetched), page.fetched


def test_figures_appear_and_charts_draw(page, busy):
    open_page(page, busy)
    page.wait_for("document.getElementById('now-sessions').textContent === '200'")
    assert re.match(r"[0-9.,]+[KMG]?B", text(page, "#now-memory"))
    assert "of 64 MB" in text(page, "#now-memory-note")
    assert text(page, "#prefixes tbody tr:first-child th") == "chatmrpt:"
    assert text(page, "#prefixes tbody tr:first-child td") == "199"
    for name in ("operations", "latency", "lookups", "memory", "network"):
        page.wait_for(is_drawn(name))
    assert {"GET", "SETEX", "DEL"} >= set(page.evaluate("[...document.querySelectorAll('#slow tbody th')].map((each) => each.textContent)"))
    assert page.evaluate("[...document.querySelectorAll('#checks b')].map((each) => each.textContent)") == ["yes"] * 5
    check_silence(page, busy)


def test_what_prefixes_hold_is_text(page, busy):
    open_page(page, busy)
    page.wait_for("document.querySelectorAll('#prefixes tbody tr').length === 2")
    assert text(page, "#prefixes tbody tr:last-child th") == "<b>bold</b>&:"
    assert page.evaluate("document.querySelectorAll('#prefixes b').length") == 0


def test_figures_move_with_the_server(page, busy):
    open_page(page, busy)
    page.wait_for("document.getElementById('now-sessions').textContent === '200'")
    busy.client("FLUSHALL")
    page.wait_for("document.getElementById('now-sessions').textContent === '0'")
    busy.client("CLIENT", "PAUSE", "100000")
    page.wait_for("document.getElementById('state').textContent === 'Not ready'")
    assert "Clients are paused." in text(page, "#remarks")
    check_silence(page, busy)


def test_minutes_are_drawn_when_one_is_over(page, busy):
    open_page(page, busy)
    page.wait_for("minutes.length > 0", 90)
    page.wait_for("document.getElementById('flow-empty').hidden")
    page.wait_for(is_drawn("flow"))
    page.wait_for("/201 created, 0 expired, 1 logged out/.test(document.getElementById('flow-text').textContent)")
    page.evaluate("document.querySelector('[data-hours=\"24\"]').click()")
    assert page.evaluate("document.querySelector('[data-hours=\"24\"]').getAttribute('aria-pressed')") == "true"
    page.wait_for(is_drawn("flow"))
    check_silence(page, busy)


def test_it_says_when_the_server_is_gone_and_comes_back(page, busy):
    open_page(page, busy)
    check_silence(page, busy)
    busy.stop()
    page.wait_for("!document.getElementById('trouble').hidden")
    assert text(page, "#state") == "Not connected"
    busy.start()
    page.wait_for("document.getElementById('trouble').hidden", 60)
    page.wait_for("document.getElementById('now-sessions').textContent === '0'", 60)


def test_it_asks_for_the_token(page, launch, http_port):
    server = launch({"http-port": http_port, "http-token": "correct-horse"})
    page.open(f"http://127.0.0.1:{http_port}/")
    page.wait_for("!document.getElementById('login').hidden")
    for attempt, token in enumerate(("wrong", "correct-horse")):
        page.evaluate(f"document.getElementById('token').value = '{token}'")
        page.evaluate("document.querySelector('#login button').click()")
        if attempt == 0:
            page.wait_for("document.getElementById('login-note').textContent === 'That was not the token.'")
    page.wait_for("document.getElementById('login').hidden")
    page.wait_for("document.getElementById('state').textContent === 'Ready'")
    assert server.is_running()


def test_dark_and_light(page, busy):
    background = "getComputedStyle(document.body).backgroundColor"

    def brightness():
        return sum(int(each) for each in re.findall(r"\d+", page.evaluate(background))[:3])

    page.prefer(scheme="dark")
    open_page(page, busy)
    assert brightness() < 200
    page.prefer(scheme="light")
    wait.until(lambda: brightness() > 600, what="the light theme")
    page.evaluate("document.getElementById('theme').click()")  # light
    page.evaluate("document.getElementById('theme').click()")  # dark
    assert brightness() < 200
    page.open(busy.page)  # it remembers
    assert brightness() < 200
    check_silence(page, busy)


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_width_needs_sideways_scrolling(page, busy, width):
    page.resize(width, 800)
    open_page(page, busy)
    page.wait_for("document.getElementById('now-sessions').textContent === '200'")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_there_for_readers_and_keyboards(page, busy):
    open_page(page, busy)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    # Each chart has a name and a description in words.
    for canvas in page.evaluate("[...document.querySelectorAll('canvas')].map((each) => [each.id, each.getAttribute('role'), each.getAttribute('aria-labelledby')])"):
        name, role, labels = canvas
        assert role == "img", name
        page.wait_for(f"{json.dumps(labels.split())}.every((id) => document.getElementById(id).textContent.trim().length > 3)")
    # Everything that can be used is reached by the keyboard, in order, and shows that it is.
    page.evaluate("document.body.focus()")
    reached = []
    for _ in range(9):
        page.press("Tab", 9)
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.dataset.hours || document.activeElement.className"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached
    assert reached[:3] == ["skip", "pause", "theme"]
    assert {"1", "6", "24"} <= set(reached)
    page.evaluate("document.getElementById('pause').click()")
    assert page.evaluate("document.getElementById('pause').getAttribute('aria-pressed')") == "true"


def test_texts_stand_out_from_their_background(page, busy):
    """The contrast that WCAG AA asks of small texts: 4.5 to 1."""
    measure = """(() => {
        const parse = (text) => text.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; })
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = (node) => { for (; node; node = node.parentElement) { const c = parse(getComputedStyle(node).backgroundColor);
            if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
        return [...document.querySelectorAll('h1, h2, p, td, th, li, b, dt, dd, button, a')].filter((node) => node.offsetParent && node.textContent.trim())
            .map((node) => { const a = light(parse(getComputedStyle(node).color)), b = light(behind(node));
                return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.tagName + ' ' + node.textContent.trim().slice(0, 30)]; })
            .filter(([ratio]) => ratio < 4.5);
    })()"""
    for scheme in ("light", "dark"):
        page.prefer(scheme=scheme)
        open_page(page, busy)
        page.wait_for("document.querySelectorAll('#prefixes tbody tr').length === 2")
        wait.until(lambda: page.evaluate(measure) == [], 20, lambda: str(page.evaluate(measure)))


def test_it_is_there_by_https_too(launch, http_port, tmp_path):
    identity = certificates.Authority(tmp_path / "certificates").issue("server")
    server = launch({"http-tls-port": http_port, "tls-cert-file": identity.cert, "tls-key-file": identity.key})
    server.page = f"https://127.0.0.1:{http_port}/"
    # The authority is nobody's; the tests of HTTPS look at certificates.
    opened = browser.Browser(tmp_path / "browser", "--ignore-certificate-errors")
    try:
        open_page(opened, server)
        opened.wait_for("document.getElementById('now-sessions').textContent === '0'")
        check_silence(opened, server)
    finally:
        opened.close()
