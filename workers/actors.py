"""One dramatiq actor for each queue: it hears a ring and goes to work. It never raises."""

from collections.abc import Callable, Iterable

import dramatiq
from dramatiq.broker import Broker

#: Rendering takes long and is less urgent than searching: its rings are answered last.
PRIORITIES = {"work": 0, "render": 10}


def declare(broker: Broker, queues: Iterable[str], work: Callable[[str], None]) -> None:
    """Declares the actors: a ring at a queue calls `work(queue)`.

    What a message says beyond its queue is not looked at, so a forged one can do no more than
    a true one: make a worker look for work.
    """
    for queue in queues:
        _declare(broker, queue, work)


def _declare(broker: Broker, queue: str, work: Callable[[str], None]) -> None:
    def hear(_task_id: str = "") -> None:
        work(queue)

    named = dramatiq.actor(
        broker=broker,
        actor_name=queue,
        queue_name=queue,
        priority=PRIORITIES.get(queue, 0),
    )
    named(hear)
