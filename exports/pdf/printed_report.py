"""Prints report.pdf in a process of its own: no value can slow or break the one that asks."""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from dsar.domain.errors import DsarError
from exports.document.processing import Document
from exports.pdf.print_selection import PrintSelection

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME")
_FONTCONFIG = ("FONTCONFIG_FILE", "FONTCONFIG_PATH", "FONTCONFIG_SYSROOT")
_LIBRARIES = ("DYLD_FALLBACK_LIBRARY_PATH", "LD_LIBRARY_PATH", "WEASYPRINT_DLL_DIRECTORIES")


class CannotPrint(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """The report could not be printed; no bundle was written."""


@dataclass(frozen=True, slots=True)
class PrintLimits:
    """What one report may cost: bytes of memory, seconds of CPU, seconds on the clock."""

    memory: int = 1_500_000_000
    cpu: int = 300
    wall: int = 900


LIMITS = PrintLimits()

_WHY = {
    "MemoryError": "it needed more memory than a report may use",
    "SIGTRAP": "it needed more memory than a report may use",  # how GLib ends for want of it
    "SIGSEGV": "it needed more memory than a report may use, or crashed the layout libraries",
    "SIGABRT": "it needed more memory than a report may use",
    "FatalURLFetchingError": "something in the data made it ask for an address; nothing was sent",
    "SIGXCPU": "it needed more computing time than a report may use",
    "SIGKILL": "it was stopped by the system, most likely for want of memory",
    "SIGALRM": "it took longer than a report may take",
}


#: Seconds between two times a child says how far it has come.
TELL_EVERY = 1.0
#: Hears now and then how many records were printed.
Watch = Callable[[int], None]


def print_report(
    document: Document,
    selection: PrintSelection,
    folder: Path,
    *,
    limits: PrintLimits = LIMITS,
    watch: Watch = lambda _: None,
) -> IO[bytes]:
    """The finished PDF as a nameless file on the disk of `folder`; raises CannotPrint, OSError.

    What `watch` raises ends the printing.
    """
    job = {
        "document": document,
        "words": asdict(selection.words),
        "sets": [one.facts() for one in selection.sets],
        "limits": asdict(limits),
        "every": TELL_EVERY,
    }
    out = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the caller closes it
    try:
        with tempfile.TemporaryFile(dir=folder) as order:
            order.write(json.dumps(job).encode("ascii"))
            for file in (order, selection.file):
                file.flush()
            _raise_for(_printed(order, selection.file, out, wall=limits.wall + 30, watch=watch))
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


def _raise_for(result: dict[str, Any]) -> None:
    """A disk that failed the child fails us too; anything else is a report that cannot be."""
    if result.get("errno"):
        raise OSError(result["errno"], os.strerror(result["errno"]))
    if "pages" not in result:
        cause = str(result.get("error") or result.get("died") or "no answer")
        why = _WHY.get(cause, f"the printing process ended with {cause}")
        raise CannotPrint(
            f"report.pdf: {why}. Look at the longest and oddest values of this request, "
            "withhold or shorten what breaks it, and build again."
        )


def _printed(
    order: IO[bytes], texts: IO[bytes], out: IO[bytes], *, wall: float, watch: Watch
) -> dict[str, Any]:
    """The child's last word. A render process that ended before it began is replaced once."""
    for _ in range(2):
        order.seek(0)
        out.seek(0)
        out.truncate()
        with contextlib.ExitStack() as stack:
            reading, writing = os.pipe()
            stack.callback(os.close, reading)
            try:
                _RENDERER.send([writing, order.fileno(), texts.fileno(), out.fileno()])
            finally:
                os.close(writing)
            result = _last_word(reading, time.monotonic() + wall, watch)
        if result:
            return result
    return {}


def _last_word(reading: int, until: float, watch: Watch) -> dict[str, Any]:
    """All the child and the render process said, as one dict; the wall limit is the child's own."""
    found: dict[str, Any] = {}
    said = b""
    while select.select([reading], [], [], max(0, until - time.monotonic()))[0]:
        block = os.read(reading, 4096)
        if not block:
            break
        *lines, said = (said + block).split(b"\n")
        for line in lines:
            found |= json.loads(line)
        if "printed" in found:
            watch(found.pop("printed"))
    return found


@dataclass(slots=True)
class _Renderer:
    """The one render process of ours: started when first needed, and again when it ended."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: subprocess.Popen[bytes] | None = None
    _orders: socket.socket | None = None
    _owner: int = 0

    def send(self, fds: list[int]) -> None:
        """Hands one job over; any number of threads may do so."""
        with self._lock:
            for attempt in (1, 2):
                orders = self._running()
                try:
                    socket.send_fds(orders, [b"j"], fds)
                except OSError:
                    self._end()
                    if attempt == 2:
                        raise CannotPrint(
                            "report.pdf: the printing process does not start. Run dsar doctor."
                        ) from None
                else:
                    return

    def _running(self) -> socket.socket:
        ours = self._process is not None and self._owner == os.getpid()
        if ours and self._process is not None and self._process.poll() is None and self._orders:
            return self._orders
        self._end()
        orders, theirs = socket.socketpair()
        with theirs:
            self._process = _start(theirs)
        self._orders, self._owner = orders, os.getpid()
        return orders

    def _end(self) -> None:
        if self._orders is not None:
            self._orders.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.wait()
        self._orders = self._process = None

    def stop(self) -> None:
        """Ends the render process, if it is ours."""
        with self._lock:
            if self._process is not None and self._owner == os.getpid():
                self._process.send_signal(signal.SIGTERM)
            self._end()


def _start(orders: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "exports.pdf.render_process", str(orders.fileno())],
        pass_fds=[orders.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(_environment()),
        start_new_session=True,
    )


def _environment() -> Iterator[tuple[str, str]]:
    """What finds Python, libraries and fonts, and no secret."""
    for name in (*_PASSED_ON, *_FONTCONFIG, *_LIBRARIES):
        if name in os.environ:
            yield name, os.environ[name]
    yield "PYTHONPATH", os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    yield "PYTHONHASHSEED", "0"
    yield "PYTHONUTF8", "1"


_RENDERER = _Renderer()
atexit.register(_RENDERER.stop)


def stop() -> None:
    """Ends the render process of this one, if one runs; the next report starts another."""
    _RENDERER.stop()
