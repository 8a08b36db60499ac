"""A ring says "this queue has work", and names a task only to make logs readable.

Whoever hears a ring claims the best ready task, not the one named. So a ring may be lost, doubled
or forged: what is to be done stands in the database, and the sweeper rings again.
"""

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable

from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy

_TASK_ID = re.compile(r"[0-9a-f]{32}")


def wakeup(queue: str, task_id: str) -> Message[None]:
    """The message for one ready task. It carries nothing else: the actor is the queue's."""
    return Message(queue_name=queue, actor_name=queue, args=(task_id,), kwargs={}, options={})


def task_id_in(heard: bytes | str) -> str:
    """The task a ring names; the empty text when it is no id of ours."""
    text = heard.decode("ascii", "replace") if isinstance(heard, bytes) else heard
    return text if _TASK_ID.fullmatch(text) else ""


class Listener(Consumer, ABC):
    """What hears rings for dramatiq's worker, never more at once than there are hands.

    A ring heard is forgotten by the broker: there is nothing to acknowledge, to redeliver or to
    move to a dead-letter queue. Subclasses write `hear` and `send_again`.
    """

    def __init__(self, queue: str, *, threads: int, seconds: float) -> None:
        self.queue = queue
        self.threads = threads
        self.seconds = seconds
        self._busy = 0
        self._free = threading.Condition()

    @abstractmethod
    def hear(self) -> str | None:
        """The task id of the next ring, waiting up to `seconds`; None when there was none."""

    def send_again(self, task_id: str) -> None:
        """Gives back a ring that nobody answered, for another process to hear."""

    def __next__(self) -> MessageProxy | None:
        with self._free:
            if not self._free.wait_for(lambda: self._busy < self.threads, self.seconds):
                return None
        heard = self.hear()
        if heard is None:
            return None
        with self._free:
            self._busy += 1
        return MessageProxy(wakeup(self.queue, heard))

    def ack(self, message: MessageProxy) -> None:
        """A hand is free again."""
        del message
        with self._free:
            self._busy -= 1
            self._free.notify()

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """What was heard and not answered when the process ends."""
        for message in messages:
            self.send_again(message.args[0])
