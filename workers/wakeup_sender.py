"""Rings the bell after a commit. It never fails its caller; the sweeper makes up for lost rings."""

import threading
import time

import redis
from dramatiq.broker import Broker

from dsar.services.runtime.installation import Installation
from workers.broker import RedisBroker, broker_for
from workers.outage import Outage
from workers.wakeups import wakeup

#: After a failure nobody tries again for so long: Redis gone must not slow every web request.
QUIET_SECONDS = 1.0


class WakeupSender:
    """What wakes the workers of an installation (`Installation.wake`), safe from every thread."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._outage = broker.outage if isinstance(broker, RedisBroker) else Outage("bell", "")
        self._quiet_until = 0.0
        self._lost = 0
        self._lock = threading.Lock()

    def __call__(self, queue: str, task_id: str) -> None:
        """Rings for one ready task, or counts that it could not."""
        if time.monotonic() < self._quiet_until:
            self._lose()
            return
        try:
            self._broker.enqueue(wakeup(queue, task_id))
        except (redis.RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            self._outage.failed(error)
            self._lose()

    def _lose(self) -> None:
        with self._lock:
            self._lost += 1

    def take_lost(self) -> int:
        """How many rings were lost since this was last asked."""
        with self._lock:
            lost, self._lost = self._lost, 0
        return lost


def sender_for(installation: Installation) -> WakeupSender:
    """The bell an installation's settings ask for; BadInput when they name none we can use."""
    return WakeupSender(broker_for(installation))
