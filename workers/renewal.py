"""Keeps the leases of a process alive: one thread, one statement, four times a lease."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from dsar.services.runtime.installation import Installation, transaction
from dsar.store import tasks
from dsar.store.tasks import Lease
from workers.outage import Outage


class Renewal(threading.Thread):
    """Renews what the process's threads work on until it is stopped."""

    def __init__(self, installation: Installation, *, outage: Outage) -> None:
        super().__init__(name="renewal", daemon=True)
        self._installation = installation
        self._outage = outage
        self._held: dict[str, Lease] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()

    @contextmanager
    def holding(self, lease: Lease) -> Iterator[None]:
        """The lease is renewed as long as the block runs."""
        with self._lock:
            self._held[lease.task_id] = lease
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(lease.task_id, None)

    def run(self) -> None:
        """Renews until `stop`."""
        while not self._over.wait(self._installation.settings.lease_seconds / 4):
            self.renew()

    def renew(self) -> None:
        """One round. A lease that was lost is not found here: the next write of its worker is."""
        with self._lock:
            held = tuple(self._held.values())
        if not held:
            return
        try:
            with transaction(self._installation) as session:
                tasks.renew_all(session, self._installation.store, held)
        except SQLAlchemyError as error:
            self._outage.failed(error)
        else:
            self._outage.works()

    def stop(self) -> None:
        """Ends the thread; what is still held runs out by itself."""
        self._over.set()
