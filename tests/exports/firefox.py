"""Drives an ordinary Firefox through Marionette, the protocol it speaks itself: JSON over TCP.

Playwright brings a Firefox of its own; people have this one. It runs without a window and with an
empty profile, and notes every request and every error of the pages it shows.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_PREFERENCES = """
user_pref("marionette.port", 0);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
"""
#: Notes, inside the browser, each request that any page causes.
_WATCH = """
globalThis.asked = [];
Services.obs.addObserver({ observe(channel) {
  const request = channel.QueryInterface(Ci.nsIHttpChannel);
  if (request.loadInfo.loadingPrincipal?.schemeIs("file")) asked.push(request.URI.spec);
} }, "http-on-modify-request");
"""
_TROUBLE = """
const errors = Services.console.getMessageArray()
  .filter((one) => one instanceof Ci.nsIScriptError && one.sourceName.startsWith("file:"))
  .map((one) => one.errorMessage);
return [...globalThis.asked, ...errors];
"""
_START = 60.0


class Firefox:
    """One running browser with one page."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_START)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._heard()
        self._ask(
            "WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}}
        )
        self.inside(_WATCH)

    def open(self, address: str) -> None:
        """Shows a page and waits until it is loaded."""
        self._ask("WebDriver:Navigate", url=address)

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of the body of a function in the page."""
        return self._ask("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def inside(self, script: str) -> Any:
        """The same with the rights of the browser itself."""
        self._ask("Marionette:SetContext", value="chrome")
        found = self._ask("WebDriver:ExecuteScript", script=script, args=[], sandbox="system")
        self._ask("Marionette:SetContext", value="content")
        return found["value"]

    def wait(self, script: str, *arguments: Any) -> None:
        """Waits until the script's value is true."""
        end = time.monotonic() + 30
        while not self.run(script, *arguments):
            assert time.monotonic() < end, f"still not: {script} {arguments}"
            time.sleep(0.05)

    def type(self, selector: str, text: str) -> None:
        """Types into the element, as from the keyboard."""
        found = self._ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        (element,) = found.values()
        self._ask("WebDriver:ElementClear", id=element)
        self._ask("WebDriver:ElementSendKeys", id=element, text=text)

    def resize(self, width: int, height: int) -> None:
        self._ask("WebDriver:SetWindowRect", width=width, height=height)

    def trouble(self) -> list[str]:
        """Every request a page caused and every error in one, so far."""
        found: list[str] = self.inside(_TROUBLE)
        return found

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _ask(self, command: str, **parameters: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, number, error, result = self._heard()
        assert number == self._number
        assert error is None, f"{command}: {error}"
        return result

    def _heard(self) -> Any:
        length = b""
        while (sign := self._stream.read(1)) != b":":
            assert sign, "Firefox has ended"
            length += sign
        return json.loads(self._stream.read(int(length)))


@contextmanager
def firefox() -> Iterator[Firefox]:
    """A Firefox of its own; where none is installed, the test is left out, on a build server failed."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        leave = pytest.fail if os.environ.get("CI") else pytest.skip
        leave("Firefox (firefox-esr) is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        (Path(profile) / "user.js").write_text(_PREFERENCES)
        process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access",
             "--profile", profile],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": profile, "MOZ_CRASHREPORTER_DISABLE": "1"},
        )  # fmt: skip
        try:
            browser = Firefox(_port(Path(profile), process))
            yield browser
            browser.close()
        finally:
            process.terminate()
            process.wait(timeout=30)


def _port(profile: Path, process: "subprocess.Popen[bytes]") -> int:
    """The port the browser chose: it writes it down when it listens."""
    end, file = time.monotonic() + _START, profile / "MarionetteActivePort"
    while not (file.exists() and file.read_text().strip()):
        assert process.poll() is None, "Firefox has ended"
        assert time.monotonic() < end, "Firefox does not start"
        time.sleep(0.1)
    return int(file.read_text())
