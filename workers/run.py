"""The loop of a worker: claim the best task, do it, claim the next along with its end."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dsar.services.runtime.installation import Installation
from dsar.services.ticket import run_task
from dsar.services.ticket.run_task import Handler
from dsar.services.upkeep.logs import following
from dsar.store.tasks import Lease
from workers.outage import Outage
from workers.renewal import Renewal

log = structlog.get_logger("dsar.workers")

Queues = Mapping[str, Mapping[str, Handler]]


class Limiter:
    """How many threads may work at one queue, so that long reports leave hands for searches."""

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)
        self._knocked = threading.Event()

    def enter(self, work: Callable[[], Any]) -> None:
        """Does the work if there is a place; else whoever is inside will look once more."""
        self._knocked.set()
        while self._places.acquire(blocking=False):
            try:
                self._knocked.clear()
                work()
            finally:
                self._places.release()
            if not self._knocked.is_set():
                return


@dataclass
class Loop:
    """What every ring sets going. Nothing it meets may end the thread it runs in."""

    installation: Installation
    owner: str
    queues: Queues
    renewal: Renewal
    database: Outage
    stopping: threading.Event = field(default_factory=threading.Event)
    limiters: dict[str, Limiter] = field(default_factory=dict)

    def work(self, queue: str) -> None:
        """Works off a queue until nothing is ready or the process is asked to stop."""
        limiter = self.limiters.get(queue)
        if limiter is None:
            self._work_off(queue)
        else:
            limiter.enter(lambda: self._work_off(queue))

    def _work_off(self, queue: str) -> None:
        try:
            lease = self._first(queue)
            while lease is not None:
                lease = self._perform(lease)
        except SQLAlchemyError as error:
            self.database.failed(error)
            # The sweeper rings again; this thread only must not spin meanwhile.
            self.stopping.wait(random.uniform(0.5, 1.5))  # noqa: S311 - spreads the threads
        except Exception as error:  # noqa: BLE001 - a dead thread is worse than a logged error
            log.error("worker.error", queue=queue, error=type(error).__name__)  # noqa: TRY400
        else:
            self.database.works()

    def _first(self, queue: str) -> Lease | None:
        if self.stopping.is_set():
            return None
        kinds = tuple(self.queues[queue])
        return run_task.claim(self.installation, queue=queue, kinds=kinds, owner=self.owner)

    def _perform(self, lease: Lease) -> Lease | None:
        handlers = self.queues[lease.queue]
        with self.renewal.holding(lease), following(lease):
            return run_task.perform(
                self.installation, lease, stopping=self.stopping, handlers=handlers
            )
