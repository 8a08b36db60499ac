"""What adapters of one source share within a process: its pace, and what a broken-off batch did."""

import threading
import time
from collections import OrderedDict

from dsar.sdk import Receipt


class Pace:
    """Lets at most so many requests a second through; 0 is no limit."""

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


class Memory:
    """The receipts of batches that broke off, so that asking again goes on where it stood.

    Without them a system that lets through fewer requests than a batch has records would be asked
    about the same first records for ever. Nothing depends on them: they are lost with the process,
    and then the records already erased are answered "missing".
    """

    _MOST = 32

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: OrderedDict[str, dict[str, Receipt]] = OrderedDict()

    def of(self, key: str) -> dict[str, Receipt]:
        """The receipts so far of the batch with this key, to be added to."""
        with self._lock:
            found = self._batches.setdefault(key, {})
            self._batches.move_to_end(key)
            while len(self._batches) > self._MOST:
                self._batches.popitem(last=False)
            return found

    def forget(self, key: str) -> None:
        """The batch is whole."""
        with self._lock:
            self._batches.pop(key, None)
