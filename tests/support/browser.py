# SPDX-License-Identifier: BSD-3-Clause
"""Drives headless Chromium by its DevTools protocol: opens a page, asks it things, and keeps what it said and fetched."""

import base64
import itertools
import json
import pathlib
import re
import shutil
import time

from websockets.sync.client import connect

from . import wait
from .processes import Process

PROGRAM = shutil.which("chromium-headless-shell") or shutil.which("chromium")

# A page of the tests is the only one it ever opens; in a container there is neither a sandbox nor much shared memory. What the
# browser would tell its makers stays unsaid.
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


class Browser:
    """One browser process with one page; `options` are further ones of its command line."""

    def __init__(self, directory, *options):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self._process = Process(
            [PROGRAM, *OPTIONS, *options, f"--user-data-dir={directory / 'profile'}", "about:blank"],
            directory / "browser.log",
            directory,
        )
        self._socket = None
        self._numbers = itertools.count(1)
        self.said = []  # console messages of warnings and errors, exceptions, refusals of the content security policy
        self.fetched = []  # addresses that were asked for
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def _attach(self):
        def address():
            return re.search(r"DevTools listening on (ws://\S+)", self._process.log())

        found = self._process.wait_until(address, 60, "the browser to listen")
        self._socket = connect(found.group(1), max_size=None, open_timeout=30, proxy=None)
        self._session = None
        targets = self._call("Target.getTargets")["targetInfos"]
        target = next(each["targetId"] for each in targets if each["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def close(self):
        if self._socket:
            self._socket.close()
        self._process.stop()

    # The protocol.

    def _call(self, method, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        deadline = time.monotonic() + 30 * wait.FACTOR
        while True:
            reply = json.loads(self._socket.recv(timeout=max(0.1, deadline - time.monotonic())))
            if reply.get("id") == number:
                assert "error" not in reply, f"{method}: {reply['error']}"
                return reply["result"]
            self._note(reply)

    def _note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.said.append(str([each.get("value", each.get("description")) for each in parameters["args"]]))
        elif method == "Runtime.exceptionThrown":
            self.said.append(str(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.said.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.fetched.append(parameters["request"]["url"])

    # The page.

    def resize(self, width, height, scale=1):
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def prefer(self, **features):
        """prefer(scheme="dark"): what the page is told of its reader's wishes."""
        named = [{"name": f"prefers-color-{name}", "value": value} for name, value in features.items()]
        self._call("Emulation.setEmulatedMedia", features=named)

    def open(self, url):
        self._call("Page.navigate", url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def evaluate(self, expression):
        """The value of an expression in the page."""
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, expression, seconds=30.0):
        """Waits until an expression is true in the page."""
        return wait.until(
            lambda: self.evaluate(expression), seconds, lambda: f"{expression}; the page said {self.said}", interval=0.1
        )

    def press(self, key, code=0):
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def set_offline(self, is_offline):
        self._call(
            "Network.emulateNetworkConditions", offline=is_offline, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )

    def screenshot(self, path, whole=True):
        data = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
