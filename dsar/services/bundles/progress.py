"""How far a bundle has come, for staff to see: on its task's row, rarely, and never afterwards.

Only counts and the names of collections are told. A bundle that is done in a moment writes nothing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from dsar.services.runtime.installation import transaction
from dsar.services.ticket.run_task import Run
from dsar.store import tasks
from dsar.store.tables import Task
from dsar.store.tasks import TaskState

#: Seconds before the first report, and between two.
EVERY = 2.0

#: The last steps of a bundle, which have no count.
SEARCHING, STORING = "search", "store"

#: What staff reads of each step.
WORDS: Mapping[str, str] = {
    "records": "records {done:,} of {of:,}",
    "report": "report: {done:,} of {of:,} records printed",
    SEARCHING: "the finished bundle is searched for what was withheld",
    STORING: "the finished bundle is put into the store",
}


class Tell(Protocol):
    """Says that `done` of `of` records of a step are done, in the collection `place`."""

    def __call__(self, step: str, *, done: int = 0, of: int = 0, place: str = "") -> None: ...


def untold(step: str, *, done: int = 0, of: int = 0, place: str = "") -> None:
    """Tells nobody."""


@dataclass(slots=True)
class Teller:
    """Writes how far a run has come on its task's row.

    One write every so often, and one where a step begins after the first of them. Raises LeaseLost
    where the task is another's now, and StopAsked where the process is asked to end while much is
    still to do.
    """

    run: Run
    _next: float = field(default_factory=lambda: time.monotonic() + EVERY)
    _last: str = ""

    def tell(self, step: str, *, done: int = 0, of: int = 0, place: str = "") -> None:
        """Some work was done; most often nothing is written."""
        now = time.monotonic()
        begins = self._last not in {"", step}
        if now < self._next and not begins:
            return
        if of:
            self.run.check()
        told = {"step": step, "done": done, "of": of, "place": place}
        installation = self.run.installation
        with transaction(installation) as session:
            tasks.note_progress(session, installation.store, self.run.lease, told)
        self._next, self._last = now + EVERY, step


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a task that takes long has come, in numbers and in words, as was known `at`."""

    step: str
    done: int
    of: int
    place: str
    words: str
    at: datetime


def of_task(row: Task) -> TaskProgress | None:
    """How far the claim that holds a task has come, and since when that is known."""
    told = row.progress
    if row.state != TaskState.LEASED or not told or told["fence"] != row.fence:
        return None
    found = {name: told[name] for name in ("step", "done", "of", "place")}
    return TaskProgress(**found, words=said(told), at=row.updated_at)


def said(told: Mapping[str, Any]) -> str:
    """How far it is, in words."""
    words = WORDS[told["step"]].format(done=told["done"], of=told["of"])
    return f"{words} ({told['place']})" if told["place"] else words
