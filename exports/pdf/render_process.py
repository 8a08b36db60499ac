"""The process that prints: it loads the layout engine once and forks a child for every report.

A child can be slow, grow or crash on hostile data without harm: it has limits for memory, CPU and
wall time, no secrets in its environment, and reads and writes only the files handed to it. This
program is started by `exports.pdf.printed_report`; it ends when its starter does, or after a
while without work.
"""

import contextlib
import gc
import io
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

#: Seconds without work after which this process ends, to give its memory back.
IDLE = 120


@dataclass(slots=True)
class RenderProcess:
    """Takes jobs from `orders` and reports each child's end to whoever waits for it."""

    orders: socket.socket
    running: dict[int, int] = field(default_factory=dict)

    def run(self, wake: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.orders, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in selector.select(timeout=IDLE)]
                if wake in ready:
                    os.read(wake, 512)
                    self.bury()
                if self.orders.fileno() in ready and not self.take():
                    self.abandon()
                    return
                if not ready and not self.running:
                    return

    def abandon(self) -> None:
        """Ends the children of a starter that is gone: nobody waits for their reports."""
        for child in self.running:
            os.kill(child, signal.SIGKILL)

    def take(self) -> bool:
        """Starts the next job; False when the starter is gone."""
        order, fds, _, _ = socket.recv_fds(self.orders, 1, 4)
        if not order:
            return False
        child = os.fork()
        if child == 0:
            self.orders.close()
            work(*fds)
        self.running[child] = fds[0]
        for fd in fds[1:]:
            os.close(fd)
        return True

    def bury(self) -> None:
        """Says how each ended child died, unless it has said so itself."""
        for child in tuple(self.running):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                report = self.running.pop(child)
                if os.WIFSIGNALED(status):
                    tell(report, died=signal.Signals(os.WTERMSIG(status)).name)
                os.close(report)


def tell(report: int, **values: Any) -> None:
    """One line of JSON to the one who waits, if anyone still does."""
    with contextlib.suppress(BrokenPipeError):
        os.write(report, json.dumps(values).encode() + b"\n")


def work(report: int, job: int, texts: int, out: int) -> None:
    """What a child does: limits itself, prints, says how it went, and ends."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    tell(report, started=True)
    try:
        with os.fdopen(job, "rb") as order:
            wanted = json.load(order)
        limit(wanted["limits"])
        rows = RowCounter(io.FileIO(texts), report, every=wanted["every"])
        with rows, os.fdopen(out, "wb") as file:
            pages = write(wanted, rows, file)
        tell(report, pages=pages)
    except BaseException as error:  # noqa: BLE001 - the fetcher's alarm is no Exception
        # The name only: the message of an exception may hold the data that caused it.
        tell(report, error=type(error).__name__, errno=getattr(error, "errno", None))
    os._exit(0)


class RowCounter(io.BufferedReader):
    """The rows of a report as a file that says through the pipe how many were laid out.

    A row is read when it is laid out. Where nobody reads the other end of the pipe any more, nobody
    waits for the report, and its writing ends.
    """

    def __init__(self, file: io.FileIO, report: int, *, every: float) -> None:
        super().__init__(file)
        self._report, self._count = report, 0
        self._every, self._next = every, time.monotonic() + every

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next row."""
        self._count += 1
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            os.write(self._report, json.dumps({"printed": self._count}).encode() + b"\n")
        return super().readline(size)


def limit(limits: dict[str, int]) -> None:
    """Bounds this process in bytes of memory, seconds of CPU and seconds of wall time."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits["wall"])


def write(job: dict[str, Any], rows: IO[bytes], out: IO[bytes]) -> int:
    """Prints one report; returns the number of its pages."""
    from dsar.words import Words
    from exports.manifest import pretty
    from exports.pdf import blocks, pdf_a, streaming
    from exports.pdf.printable import laid_out

    document = job["document"]
    words = Words(**job["words"])
    head = pdf_a.Head(
        title=f"{blocks.title(document, words)} – {document['request']['reference']}",
        author=laid_out(document["controller"]["name"]),
        language=words.language,
        moment=datetime.fromisoformat(document["answer"]["cut_off"]),
        style=blocks.style(),
        foot=blocks.foot(document),
        number=words["format"]["page"],
        attachment=pretty(document),
    )
    return streaming.write(blocks.blocks(job, rows), head, out)


def load_languages() -> None:
    """Reads how our languages write days and sizes."""
    from dsar.words import ours

    for language in ours().offered.values():
        words = language.words("report")
        words.date("2026-03-02")
        words.size(1)


def main() -> None:
    """Loads the engine, then serves the socket whose number is the first argument."""
    from exports.pdf import blocks, streaming  # noqa: F401 - loaded once, for all children

    blocks.load()
    load_languages()
    wake, waker = os.pipe()
    for end in (wake, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        RenderProcess(orders).run(wake)


if __name__ == "__main__":
    main()
