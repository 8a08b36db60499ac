"""What a process does every so often beside its work: sweep, give a sign of life, look for jobs."""

import random
import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from workers.outage import Outage

log = structlog.get_logger("dsar.workers")


class Ticker(threading.Thread):
    """Calls `tick` about every `seconds` until it is stopped; what it raises never ends it."""

    def __init__(
        self, name: str, tick: Callable[[], object], *, seconds: float, outage: Outage
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._tick = tick
        self._seconds = seconds
        self._outage = outage
        self._over = threading.Event()

    def run(self) -> None:
        """Ticks until `stop`. The jitter keeps several processes from ticking together."""
        while not self._over.wait(self._seconds * random.uniform(0.8, 1.2)):  # noqa: S311
            self.once()

    def once(self) -> None:
        """One tick."""
        try:
            self._tick()
        except SQLAlchemyError as error:
            self._outage.failed(error)
        except Exception as error:  # noqa: BLE001 - the next tick may go well
            log.error("tick.failed", what=self.name, error=type(error).__name__)  # noqa: TRY400
        else:
            self._outage.works()

    def stop(self) -> None:
        """No further tick."""
        self._over.set()

    def finish(self, seconds: float = 5.0) -> None:
        """Waits for a tick that is under way."""
        if self.is_alive():
            self.join(seconds)
