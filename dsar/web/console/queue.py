"""The queue: what must be done next, why, and by when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse

from dsar.domain.errors import NotFound
from dsar.domain.lifecycle import ENDS, OWNER, By, State
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Installation, reading
from dsar.services.views.queue import QueueRow, counted
from dsar.services.views.queue import queue as queue_of
from dsar.web.console.words import OWNERS, RIGHTS, STATES, Badge, Due, due_of, law
from dsar.web.pages import PageFrame, render
from dsar.web.viewer import viewer_of

#: Lines on the page; the rest is reached by ending these.
LIMIT = 500


@dataclass(frozen=True, slots=True)
class View:
    """One cut through the tickets: by who must act, or the ended ones."""

    label: str
    owners: frozenset[By]
    empty: str

    def shows(self, state: State) -> bool:
        """Whether a ticket in this state belongs here."""
        return OWNER[state] in self.owners if state in OWNER else not self.owners


VIEWS: Mapping[str, View] = {
    "open": View("All open", frozenset(By), "No ticket is open. Nothing is due."),
    "ours": View("For staff", frozenset({By.STAFF}), "Nothing waits for you."),
    "theirs": View("With the person", frozenset({By.PERSON}), "No answer is awaited from anybody."),
    "engine": View("At work", frozenset({By.SYSTEM}), "Nothing is running at the moment."),
    "ended": View("Ended", frozenset(), "No ticket has ended yet."),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A view as a link: how many tickets it holds, and whether it is the one shown."""

    name: str
    label: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One ticket in the queue."""

    ref: str
    right: str
    article: str
    state: Badge
    owner: str
    next: str
    due: Due
    law: str
    sources: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage(PageFrame):
    """The queue in one of its views."""

    template: ClassVar[str] = "queue.html"

    tabs: tuple[Tab, ...]
    lines: tuple[QueueLine, ...]
    ended: bool
    overdue: int
    near: int
    empty: str
    beyond: int = 0


def queue(request: Request) -> HTMLResponse:
    """`GET /?view=…`: the tickets of one view, by due date."""
    name = request.query_params.get("view", "open")
    return HTMLResponse(render(page(request.app.state.installation, viewer_of(request), name)))


def page(installation: Installation, viewer: Actor, name: str) -> QueuePage:
    """One view of the queue as it stands now; NotFound for a view that does not exist."""
    if name not in VIEWS:
        raise NotFound(f"There is no view {name!r} of the queue.")
    with reading(installation) as session:
        counts = counted(session, viewer)
        rows = queue_of(session, viewer, ended=name == "ended", limit=LIMIT)
    tabs = tuple(_tab(key, counts, current=key == name) for key in VIEWS)
    lines = tuple(line(row) for row in rows if VIEWS[name].shows(row.state))
    return QueuePage(
        title=f"{VIEWS[name].label}: queue",
        controller=installation.controller.name,
        timezone=installation.controller.timezone,
        tabs=tabs,
        lines=lines,
        ended=name == "ended",
        overdue=_toned(lines, "over"),
        near=_toned(lines, "near"),
        empty=VIEWS[name].empty,
        beyond=_beyond(counts, rows, ended=name == "ended"),
    )


def _tab(name: str, counts: Mapping[State, int], *, current: bool) -> Tab:
    number = sum(count for state, count in counts.items() if VIEWS[name].shows(state))
    return Tab(name, VIEWS[name].label, number, current)


def _toned(lines: Sequence[QueueLine], tone: str) -> int:
    return sum(line.due.tone == tone for line in lines)


def _beyond(counts: Mapping[State, int], rows: Sequence[QueueRow], *, ended: bool) -> int:
    """How many tickets did not fit."""
    return sum(count for state, count in counts.items() if (state in ENDS) is ended) - len(rows)


def line(row: QueueRow) -> QueueLine:
    """A line of the queue as staff reads it."""
    return QueueLine(
        ref=row.ref,
        right=RIGHTS[row.right][0],
        article=row.right.spec.article,
        state=STATES[row.state],
        owner=OWNERS[row.owner],
        next=row.next,
        due=due_of(row),
        law=law(row.regime),
        sources=_sources(row.sources_answered, row.sources),
        closed_at=row.closed_at,
    )


def _sources(answered: int, every: int) -> str:
    return f"{answered} of {every} sources answered" if every else ""
