"""A pace for systems that take so many requests a second: kept within one process."""

import threading
import time

__all__ = ["Pace", "pace_of"]


class Pace:
    """Lets at most so many requests a second through, one after the other; 0 is no limit."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second if per_second > 0 else 0.0
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Returns when the next request may go."""
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            mine = max(self._next, now)
            self._next = mine + self._gap
        time.sleep(max(mine - now, 0.0))


_KNOWN: dict[tuple[str, float], Pace] = {}
_LOCK = threading.Lock()


def pace_of(system: str, per_second: float) -> Pace:
    """The pace of one system in this process: adapters are made anew for each task, it is not.

    `system` is any name of it, such as its address.
    """
    with _LOCK:
        return _KNOWN.setdefault((system, per_second), Pace(per_second))
