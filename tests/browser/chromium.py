# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium, driven by its own DevTools protocol over a pipe: no driver, no port, no library."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import pathlib
import select
import subprocess
import tempfile
import time
import typing as t
from collections.abc import Iterator

SECONDS = 300
"""How long anything may take on a busy machine."""
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # tests run as root, and the pages are ours
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

Answer = dict[str, t.Any]


class BrowserFailed(Exception):
    """Chromium refused a command, threw an exception in the page, or did not answer."""


class Page:
    """One tab."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._numbers = itertools.count(1)
        self.events: list[Answer] = []
        self._received = b""
        self._session = ""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: t.Any) -> Answer:
        """A command and its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": self._session} if self._session else {})}
        data = memoryview(json.dumps(message).encode() + b"\0")
        while data:
            data = data[os.write(self._commands, data) :]
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserFailed(f"{method}: {answer['error']}")
                result: Answer = answer["result"]
                return result
            self.events.append(answer)

    def open(self, file: pathlib.Path) -> None:
        """Open a file, and wait until it has loaded."""
        self.events.clear()
        self.send("Page.navigate", url=file.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def run(self, script: str) -> t.Any:
        """The value of an expression in the page, which may be a promise."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserFailed(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + SECONDS
        while not self.run(script):
            if time.monotonic() > end:
                raise BrowserFailed(f"not true: {script}")
            time.sleep(0.05)

    def press(self, key: str, text: str = "", shift: bool = False) -> None:
        """Press a key as a person does."""
        code = {"Tab": 9, "Enter": 13, " ": 32}.get(key, ord(key[0].upper()))
        shared = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **shared)
        self.send("Input.dispatchKeyEvent", type="keyUp", **shared)

    def type(self, text: str) -> None:
        for character in text:
            self.press(character, character)

    def look(self, width: int, height: int, dark: bool = False) -> None:
        """The size of the window, and which colours the reader prefers."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def picture(self, file: pathlib.Path, whole: bool = False) -> None:
        """Write what the window shows, or the whole page, as PNG."""
        answer = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(answer["data"]))

    def requests(self) -> list[str]:
        """The addresses of everything that the page has asked for."""
        return [event["params"]["request"]["url"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser has logged: refused by the page's policy, failed scripts."""
        logged = [event["params"]["entry"]["text"] for event in self.events if event.get("method") == "Log.entryAdded"]
        return logged + [json.dumps(event["params"]) for event in self.events if event.get("method") == "Runtime.exceptionThrown"]

    def _read(self) -> Answer:
        while b"\0" not in self._received:
            if not select.select([self._answers], [], [], SECONDS)[0]:
                raise BrowserFailed(f"Chromium has not answered for {SECONDS} seconds")
            more = os.read(self._answers, 1 << 20)
            if not more:
                raise BrowserFailed("Chromium has ended")
            self._received += more
        message, _end, self._received = self._received.partition(b"\0")
        answer: Answer = json.loads(message)
        return answer


@contextlib.contextmanager
def browser(command: str = "chromium") -> Iterator[Page]:
    """A Chromium with an empty profile, which ends with the block."""
    for_it, commands = os.pipe()
    answers, from_it = os.pipe()
    with tempfile.TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True) as profile:
        start = f'exec 3<&{for_it} 4>&{from_it}; exec "$0" "$@"'
        process = subprocess.Popen(
            ["bash", "-c", start, command, *ARGUMENTS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(for_it, from_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(for_it)
        os.close(from_it)
        try:
            yield Page(commands, answers)
        finally:
            os.close(commands)
            os.close(answers)
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
