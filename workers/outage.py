"""Says once that something is out of order and once that it is back, however often it is tried."""

import threading
import time
from typing import Any

import structlog

log = structlog.get_logger("dsar.workers")


class Outage:
    """One thing that can fail: `failed` and `works` are told each time, the log only of changes."""

    def __init__(self, name: str, mend: str) -> None:
        self.name = name
        self.mend = mend
        self._since: float | None = None
        self._lock = threading.Lock()

    @property
    def now(self) -> bool:
        """Whether it failed when it was last tried."""
        return self._since is not None

    def failed(self, error: BaseException, **also: Any) -> None:
        """It failed; the first time in a row this is a line in the log, with the mend."""
        with self._lock:
            first, self._since = self._since is None, self._since or time.monotonic()
        if first:
            # The class only: what a driver says may quote data or an address with its password.
            log.error("outage", what=self.name, error=type(error).__name__, mend=self.mend, **also)

    def works(self) -> None:
        """It worked; after failures this is a line in the log, with how long they lasted."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            log.info("outage.over", what=self.name, seconds=round(time.monotonic() - since, 1))
