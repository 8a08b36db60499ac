"""The doorbell inside one process: web, worker and sweeper together, without Redis.

dramatiq's StubBroker is made for tests: its queue has no bound and it keeps every failure for ever.
"""

import queue

from dramatiq.broker import Broker, Consumer
from dramatiq.message import Message

from workers.wakeups import Listener

#: Rings that wait at most; more are dropped, the sweeper rings again for what nobody claimed.
LONGEST = 1000

TaskIds = queue.Queue[str]


class EmbeddedBroker(Broker):
    """Rings between the threads of one process."""

    def __init__(self, *, longest: int = LONGEST) -> None:
        super().__init__(middleware=[])
        self.queues: dict[str, TaskIds] = {}
        self.longest = longest

    def declare_queue(self, queue_name: str) -> None:
        """A queue to listen at."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = queue.Queue(self.longest)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message[None], *, delay: int | None = None) -> Message[None]:
        """Rings, unless too many rings wait already."""
        if delay is not None:
            raise ValueError("a ring cannot wait: give the task a not_before instead")
        try:
            self.queues[message.queue_name].put_nowait(message.args[0])
        except queue.Full:
            self.logger.debug("A ring was dropped.")
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> Consumer:
        """Listens at one queue; `timeout` in milliseconds."""
        waiting = self.queues[queue_name]
        return _EmbeddedListener(waiting, queue_name, threads=prefetch, seconds=timeout / 1000)


class _EmbeddedListener(Listener):
    def __init__(self, waiting: TaskIds, queue_name: str, *, threads: int, seconds: float) -> None:
        super().__init__(queue_name, threads=threads, seconds=seconds)
        self.waiting = waiting

    def hear(self) -> str | None:
        try:
            return self.waiting.get(timeout=self.seconds)
        except queue.Empty:
            return None
