"""A headless Chromium for tests, spoken to over a pipe: no port is opened, and no driver is downloaded.

    with Browser.started(folder) as browser, browser.page(path, width=390) as page:
        page.evaluate("document.title")
        assert page.troubles() == []

Its language is the DevTools protocol: JSON messages, each ended by a zero byte.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 60  # seconds for one answer, on a machine that does other things as well
DESKTOP, PHONE = 1280, 390
QUIET = 0.03  # seconds in which what a page began by itself would show

# No sandbox: the pages are our own, and containers seldom allow one.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--mute-audio", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en",
    "--remote-debugging-pipe",
]  # fmt: skip


def program() -> str | None:
    """Where Chromium is, if it is here."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def axe() -> Path:
    """The accessibility checker: ``make axe`` installs it, CHURNLAB_AXE names another place."""
    inside = ROOT / "build/axe/node_modules/axe-core/axe.min.js"
    return Path(os.environ.get("CHURNLAB_AXE", inside))


class Browser:
    """One Chromium process; its pages come and go."""

    def __init__(self, process, to, answers):
        self._process, self._to, self._answers = process, to, answers
        self._calls, self._rest = 0, b""
        self.events = []

    @classmethod
    @contextlib.contextmanager
    def started(cls, folder):
        """A Chromium with a profile of its own in ``folder``."""
        theirs, to = os.pipe()
        answers, back = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4, whatever their numbers are here.
        command = ["bash", "-c", f'exec "$0" "$@" 3<&{theirs} 4>&{back}', program(), *FLAGS]
        with (Path(folder) / "chromium.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, f"--user-data-dir={folder}/profile"],
                pass_fds=(theirs, back),
                stdout=log,
                stderr=log,
            )
        os.close(theirs)
        os.close(back)
        browser = cls(process, to, answers)
        try:
            yield browser
        finally:
            browser._stop()

    def _stop(self):
        with contextlib.suppress(OSError, EOFError):
            self.call("Browser.close")
        os.close(self._to)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._answers)

    def call(self, method, session=None, **params):
        """Ask, and wait for the answer; what happens meanwhile is kept in ``events``."""
        number = self._send(method, session, params)
        until = time.monotonic() + PATIENCE
        while True:
            message = self._next(until)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def wait(self, seconds):
        """Take in what happens for so long."""
        with contextlib.suppress(TimeoutError):
            while True:
                self._next(time.monotonic() + seconds)

    def _send(self, method, session, params):
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self._to, text) :]
        return self._calls

    def _next(self, until):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium did not answer in time")
            read = os.read(self._answers, 1 << 20)
            if not read:
                raise EOFError("Chromium went away: see chromium.log in its folder")
            self._rest += read
        text, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
            if message["method"] == "Page.javascriptDialogOpening":  # or the page would wait for ever
                self._send("Page.handleJavaScriptDialog", message["sessionId"], {"accept": False})
        return message

    @contextlib.contextmanager
    def page(self, path, *, width=DESKTOP, height=900, dark=False):
        """A file, open in a tab of its own, once it is loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        try:
            page = Page(self, session, path)
            page.open(width, height, "dark" if dark else "light")
            yield page
        finally:
            self.call("Target.closeTarget", targetId=target)
            self.events.clear()


class Page:
    """A file in the browser."""

    def __init__(self, browser, session, path):
        self._browser, self._session = browser, session
        self.address = Path(path).resolve().as_uri()

    def open(self, width, height, scheme):
        """Load it in a window of that size; ``scheme``: the colours that the reader prefers."""
        self.width = width
        for part in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{part}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.load()

    def load(self):
        """Go to it, again, in the same window; what it did before is forgotten."""
        self._browser.events.clear()
        self.call("Page.navigate", url=self.address)
        until = time.monotonic() + PATIENCE
        while not self.seen("Page.loadEventFired"):
            self._browser._next(until)
        self._browser.wait(QUIET)

    def call(self, method, **params):
        return self._browser.call(method, self._session, **params)

    def seen(self, method):
        """The events of that name so far."""
        return [
            event["params"]
            for event in self._browser.events
            if event["method"] == method and event.get("sessionId") == self._session
        ]

    def troubles(self):
        """Whatever a report may not do, as text: speak on the console, ask the network, open a dialog."""
        self._browser.wait(0)
        found = [f"dialog: {one['message']}" for one in self.seen("Page.javascriptDialogOpening")]
        found += [
            f"exception: {one['exceptionDetails']['text']}" for one in self.seen("Runtime.exceptionThrown")
        ]
        found += [f"console: {one['type']} {one['args']}" for one in self.seen("Runtime.consoleAPICalled")]
        found += [f"log: {one['entry']['text']}" for one in self.seen("Log.entryAdded")]
        asked = [one["request"]["url"] for one in self.seen("Network.requestWillBeSent")]
        found += [f"request: {url}" for url in asked if not url.startswith("data:") and url != self.address]
        if self.evaluate("typeof window.__pwned") != "undefined":
            found.append("a payload ran")
        return found

    def evaluate(self, script):
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def text(self):
        """What a reader sees, with single spaces."""
        return " ".join(self.evaluate("document.body.innerText").split())

    def click(self, selector):
        """Press the mouse in the middle of an element."""
        place = self.evaluate(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            "found.scrollIntoView({block: 'center'}); const box = found.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        self.click_at(*place)

    def click_at(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, text=""):
        """A key of the keyboard, such as Tab or Enter."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
        given = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0)}
        text = text or {"Enter": "\r", " ": " "}.get(key, "")
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **given)
        self.call("Input.dispatchKeyEvent", type="keyUp", **given)

    def type(self, selector, text):
        """Replace what stands in a field by ``text``, as if typed."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.evaluate("document.activeElement.select()")
        if text:
            self.call("Input.insertText", text=text)
        else:
            self.call("Input.dispatchKeyEvent", type="keyDown", key="Delete", windowsVirtualKeyCode=46)
            self.call("Input.dispatchKeyEvent", type="keyUp", key="Delete", windowsVirtualKeyCode=46)

    def too_wide(self):
        """Pixels by which the page is wider than its window."""
        # Not against innerWidth: a phone zooms out until everything fits, and would say that it does.
        return self.evaluate("document.documentElement.scrollWidth") - self.width

    def screenshot(self, name):
        """The whole page as a picture in the folder of ``screenshots``."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16_000), "scale": 1}
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path = screenshots() / f"{name}.png"
        path.write_bytes(base64.b64decode(taken["data"]))
        return path

    def pdf(self):
        """The page as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def violations(self):
        """What axe finds wrong for people who cannot see, hear or point: id, impact, where."""
        # The page's own policy forbids every script, so the checker is let in past it.
        self.call("Page.setBypassCSP", enabled=True)
        self.load()
        self.evaluate(axe().read_text(encoding="utf-8") + "\n;0")
        found = self.evaluate("axe.run(document).then(result => result.violations)")
        return [
            (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]][:5]) for one in found
        ]


def screenshots():
    """Where pictures of pages are kept: CHURNLAB_SCREENSHOTS, or a folder below that of temporary files."""
    import tempfile

    folder = os.environ.get("CHURNLAB_SCREENSHOTS")
    path = Path(folder) if folder else Path(tempfile.gettempdir()) / "churnlab-screenshots"
    path.mkdir(parents=True, exist_ok=True)
    return path
