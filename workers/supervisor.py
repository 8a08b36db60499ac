"""Several worker processes under one parent: a child that dies is replaced, its siblings work on.

dramatiq's command line is not used for this: its master ends all processes when one of them dies,
so that one adapter out of memory would stop everything (and each child would load all anew).
The parent does nothing but wait, and gives a dead child's leases back at once.
"""

import os
import signal
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger("dsar.workers")

#: A child that dies within this of its start is replaced only after a pause, which doubles.
YOUNG_SECONDS = 10.0
LONGEST_PAUSE = 30.0


class Supervisor:
    """Keeps `number` children alive until it is asked to stop, and then ends them in order."""

    def __init__(
        self, number: int, child: Callable[[], None], *, died: Callable[[int], None], grace: float
    ) -> None:
        self._number = number
        self._child = child
        self._died = died
        self._grace = grace
        self._started: dict[int, float] = {}
        self._pause = 0.0
        self._rests_until = 0.0
        self._stopping = False

    def run(self) -> None:
        """Starts the children and replaces those that die, until it is asked to stop."""
        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, self._stop)
        while not self._stopping:
            if time.monotonic() >= self._rests_until:
                self._fill_up()
            self._reap()
            time.sleep(0.1)
        self._end()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _fill_up(self) -> None:
        while len(self._started) < self._number and not self._stopping:
            self._start()

    def _start(self) -> None:
        pid = os.fork()
        if pid:
            self._started[pid] = time.monotonic()
            return
        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, signal.SIG_DFL)  # until the child has handlers of its own
        try:
            self._child()
            status = 0
        except BaseException as error:  # noqa: BLE001 - the child must not run the parent's code
            log.error("worker.ended", error=type(error).__name__)  # noqa: TRY400
            status = 1
        os._exit(status)

    def _reap(self) -> None:
        """Notices children that died, gives their leases back, and rests if they died young.

        It rests from starting only: whoever dies meanwhile is noticed at once all the same.
        """
        for pid in self._ended():
            age = time.monotonic() - self._started.pop(pid)
            log.error("worker.died", pid=pid, seconds=round(age, 1))
            self._died(pid)
            young = age < YOUNG_SECONDS
            self._pause = min(max(1.0, 2 * self._pause), LONGEST_PAUSE) if young else 0.0
            self._rests_until = time.monotonic() + self._pause

    def _ended(self) -> list[int]:
        return [pid for pid in self._started if os.waitpid(pid, os.WNOHANG)[0]]

    def _end(self) -> None:
        """Asks every child to stop, waits for the page each is at, and ends what does not."""
        for pid in self._started:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + self._grace
        while self._started and time.monotonic() < until:
            for pid in self._ended():
                del self._started[pid]
            time.sleep(0.05)
        for pid in self._started:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._died(pid)
