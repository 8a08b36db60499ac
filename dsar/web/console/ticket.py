"""One ticket: what must be done, its clock, its sources, its history, letters and bundles."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import State
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.runtime.access import ticket_for
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Installation, reading
from dsar.services.views.coverage import CoverageView, KeptView
from dsar.services.views.tickets import (
    SealedView,
    TicketView,
    sealed_view,
    ticket_view,
)
from dsar.web.console.doubtful_identifiers import DoubtfulIdentifier, doubtful, retries
from dsar.web.console.queue import QueueLine, line
from dsar.web.console.sentences import HistoryLine, moment
from dsar.web.console.stages import Stage, stages
from dsar.web.console.steps import NextStep, ask_again, steps
from dsar.web.console.words import RIGHTS, STATES, Badge
from dsar.web.pages import PageFrame, plain, render
from dsar.web.viewer import viewer_of

#: How a source's line looks: done and proven, kept for a reason, failed, or still open.
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.OPEN: "engine",
    Outcome.SUPPLIED: "good",
    Outcome.NOTHING_HELD: "good",
    Outcome.ACTED: "good",
    Outcome.WITHHELD: "part",
    Outcome.COULD_NOT: "trouble",
    Outcome.NOT_IN_SCOPE: "over",
    Outcome.NOT_ASKED: "over",
}

#: The dates of a clock that staff works by, in the order of time.
DATES: Mapping[str, str] = {
    "received": "Received",
    "clock_start": "Clock started",
    "ack_by": "Acknowledge by",
    "internal_due_on": "Our own target",
    "extension_notice_by": "Extension possible until",
    "due_extended": "Due at the latest if extended",
    "paused_since": "Clock stands still since",
}


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """So many records of one kind a source keeps for one reason, and how many until when.

    `what` says whether they are records, or files of records that are handed over.
    """

    collection: str
    because: str
    count: int
    until: tuple[tuple[int, str], ...]
    what: str = "record"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What came of one source, how that looks, and what it keeps in a few lines."""

    view: CoverageView
    badge: Badge
    kept: tuple[KeptRecords, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The dates of a ticket and how they were worked out; `picture` an image as data URI."""

    at_once: str
    dates: tuple[tuple[str, str], ...]
    steps: tuple[Mapping[str, str], ...]
    calendar: str
    waiting_for: tuple[str, ...]
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage(PageFrame):
    """Everything staff may know of one ticket: the view, and what the page makes of it."""

    template: ClassVar[str] = "ticket.html"
    badges: ClassVar[Mapping[State, Badge]] = STATES
    rights: ClassVar[Mapping[Right, tuple[str, str]]] = RIGHTS

    view: TicketView
    sealed: SealedView
    line: QueueLine
    law_title: str
    stages: tuple[Stage, ...]
    steps: tuple[NextStep, ...]
    clock: Clock
    sources: tuple[SourceLine, ...]
    history: tuple[HistoryLine, ...]
    in_doubt: tuple[DoubtfulIdentifier, ...]
    retries: tuple[str, ...]
    ask_again: str


def ticket(request: Request) -> HTMLResponse:
    """`GET /tickets/{ref}`."""
    installation, ref = request.app.state.installation, request.path_params["ref"]
    return HTMLResponse(render(page(installation, viewer_of(request), ref)))


def page(installation: Installation, viewer: Actor, ref: str) -> TicketPage:
    """One ticket as it stands now; NotFound where there is none of that reference."""
    with reading(installation) as session:
        found = ticket_for(session, viewer, ref)
        view, sealed = ticket_view(session, viewer, found), sealed_view(session, viewer, found)
    head, regime = line(view), regimes.load(view.regime)
    return TicketPage(
        title=f"{head.right} {view.ref}",
        controller=installation.controller.name,
        timezone=installation.controller.timezone,
        view=view,
        sealed=sealed,
        line=head,
        law_title=regime.title,
        stages=stages(view.right, view.state, view.journal),
        steps=steps(view, regime),
        clock=_clock(view),
        sources=tuple(SourceLine(row, _outcome(row), _kept(row.kept)) for row in view.coverage),
        history=tuple(moment(entry, regime) for entry in view.journal),
        in_doubt=doubtful(sealed.in_doubt, view.request),
        retries=retries(sealed.in_doubt),
        ask_again=ask_again(view.ref, view.supplements),
    )


def _clock(view: TicketView) -> Clock:
    told = {**view.clock, "internal_due_on": view.internal_due_on}
    return Clock(
        at_once=told.get("act_at_once") or "",
        dates=tuple((words, str(told[name])) for name, words in DATES.items() if told.get(name)),
        steps=tuple(told.get("explanation", ())),
        calendar=told.get("calendar") or "",
        waiting_for=tuple(plain(name) for name in told.get("waiting_for", ())),
        picture=_image(view.picture),
    )


def _image(svg: str) -> str:
    """A picture that stands in an attribute: whatever its words say, they are never markup."""
    code = base64.b64encode(svg.encode()).decode("ascii")
    return f"data:image/svg+xml;base64,{code}" if svg else ""


def _outcome(row: CoverageView) -> Badge:
    """An open line says whether the source was searched already, and whether it got stuck."""
    if row.outcome is not Outcome.OPEN:
        return Badge(row.words, OUTCOMES[row.outcome])
    words = "Searched, still open" if row.searched_at else row.words
    return Badge(words, "trouble" if row.reason else OUTCOMES[row.outcome])


def _kept(rows: Sequence[KeptView]) -> tuple[KeptRecords, ...]:
    """What a source keeps, one line for each kind of record and reason, however many end dates."""
    ends: dict[tuple[str, str, str], Counter[str]] = {}
    for row in rows:
        line = ends.setdefault((row.collection, row.because, row.part or "record"), Counter())
        line[str(row.until or "")] += row.count
    return tuple(
        KeptRecords(
            collection=plain(collection),
            because=because,
            count=untils.total(),
            until=tuple((untils[end], end) for end in sorted(untils) if end),
            what=what,
        )
        for (collection, because, what), untils in ends.items()
    )
