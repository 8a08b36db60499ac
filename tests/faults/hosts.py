"""The processes of a fault run as a service manager keeps them: started, killed, started again."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.faults.place import Place
from tests.faults.product import start, start_command
from tests.faults.report import Report
from tests.servers import Process, free_port

HOSTS = ("worker host one", "worker host two")
#: How far the clock of the second host is off, ahead or behind.
SECONDS_OFF = 90.0
_READY = '"event": "ready"'


class Processes:
    """Two worker hosts, a scheduler, a web process and intake, by name."""

    def __init__(self, place: Place, dice: random.Random, report: Report) -> None:
        self.place = place
        self.random = dice
        self.report = report
        self.running: dict[str, Process] = {}
        self.since = time.time()
        self.port = free_port()
        self.web_asked: float | None = None
        self._ways: dict[str, Callable[[], Process]] = {
            HOSTS[0]: lambda: start(place, "worker", "0"),
            HOSTS[1]: self._other_clock,
            "scheduler": lambda: start_command(place, "scheduler"),
            "web": lambda: start_command(place, "web", "--port", str(self.port)),
            "intake": lambda: start(place, "intake", str(self._next()), str(self.since)),
        }

    def start_all(self) -> None:
        """Starts all, intake when the others are ready."""
        for name in (*HOSTS, "scheduler", "web"):
            self.start(name)
        for process in self.running.values():
            process.wait_ready(lambda process=process: _READY in process.output())  # type: ignore[misc]
        self.since = time.time()
        self.start("intake")

    def start(self, name: str) -> None:
        """Starts one, without waiting for it."""
        self.running[name] = self._ways[name]()
        if name == "web":
            self.web_asked = self.web_asked or time.monotonic()

    def _other_clock(self) -> Process:
        """Every start of the second host is with its clock off, one way or the other."""
        off = self.random.choice((SECONDS_OFF, -SECONDS_OFF))
        way = "ahead" if off > 0 else "behind"
        self.report.faults[f"worker host started with its clock {abs(off):.0f} s {way}"] += 1
        return start(self.place, "worker", str(off))

    def filed(self) -> int:
        """How many requests intake was told that they were filed."""
        filed = self.place.path / "filed"
        return int(filed.read_text()) if filed.exists() else 0

    def _next(self) -> int:
        """Intake goes on where it stopped, and asks again for its last one."""
        return max(self.filed() - 1, 0)

    def kill(self, name: str) -> None:
        """SIGKILL to one with its children, and starts it again."""
        self.running[name].kill()
        self.start(name)

    def children(self, name: str) -> list[int]:
        """The worker processes of one host."""
        parent = self.running[name].popen.pid
        listing = Path(f"/proc/{parent}/task/{parent}/children")
        return [int(child) for child in listing.read_text().split()] if listing.exists() else []

    def workers(self) -> list[int]:
        """Every worker process of every host."""
        return [child for host in HOSTS for child in self.children(host)]

    def revive(self) -> None:
        """Starts again what ended by itself, as a service manager does."""
        for name, process in list(self.running.items()):
            if process.popen.poll() is not None and not self._finished(name):
                self.report.revived[name] += 1
                self.start(name)

    def _finished(self, name: str) -> bool:
        return name == "intake" and self.filed() >= self.place.setting.tickets

    def ask_web(self) -> None:
        """After each start of the web: notes when /healthz says again that all is well."""
        if self.web_asked is not None and self._healthy():
            self.report.web_back.append(time.monotonic() - self.web_asked)
            self.web_asked = None

    def _healthy(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def end_all(self) -> None:
        """Ends everything, also what stands still."""
        send(self.workers() if HOSTS[0] in self.running else (), signal.SIGCONT)
        for process in self.running.values():
            process.kill()


def send(pids: Iterable[int], which: signal.Signals) -> None:
    """A signal to each of these that is still there."""
    for pid in pids:
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            continue
