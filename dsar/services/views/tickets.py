"""One ticket, or one request, with all that staff may know of it: values, without any rule left to
work out where they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlmodel import Session

from dsar.domain.conditions import unmet
from dsar.domain.lifecycle import ENDS, By, Event, State, leaving
from dsar.domain.rights import Right
from dsar.domain.timeline import timeline
from dsar.services.bundles import files_view, progress
from dsar.services.bundles.deliver import file_name
from dsar.services.bundles.expire import ends_at
from dsar.services.bundles.files_view import NO_FILES, FilesView
from dsar.services.bundles.keep import bundles_of
from dsar.services.bundles.progress import TaskProgress
from dsar.services.bundles.stores import files_of
from dsar.services.desk.doubtful_identifiers import DoubtedIdentifier, in_doubt
from dsar.services.inquiries import overview
from dsar.services.inquiries.overview import InquiryView
from dsar.services.law.clock import REVIVED, dates_of, today
from dsar.services.letters import WrittenLetter, written
from dsar.services.letters.reason_words import doubted, for_staff
from dsar.services.runtime import journal, seals
from dsar.services.runtime.access import staff_only
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.facts import facts_of
from dsar.services.views.coverage import CoverageView, coverage_of
from dsar.services.views.queue import HeldTask, QueueRow, around_of, row_of
from dsar.services.views.supplements import SupplementView, supplement_view
from dsar.store import tasks
from dsar.store.row_states import BundleState
from dsar.store.tables import BundleRow, Request, Ticket
from dsar.store.tickets import of_request, request_of, siblings
from dsar.store.vault import KeyLost

#: What a condition asks to be given along with the event.
_GIVEN = frozenset({"reasoned", "ground_for_refusal", "decision_maker"})


@dataclass(frozen=True, slots=True)
class SiblingView:
    """Another ticket of the same request."""

    ref: str
    right: Right
    state: State


@dataclass(frozen=True, slots=True)
class PersonView:
    """Who asks, by kind and value, and in which words; or why that is not known any more."""

    identifiers: tuple[tuple[str, str], ...] = ()
    words: str = ""
    forgotten: str = ""


@dataclass(frozen=True, slots=True)
class LanguageView:
    """The language that was asked for, the one of the answer, and why, where it is another."""

    asked: str
    answered: str
    note: str


@dataclass(frozen=True, slots=True)
class DoubtView:
    """What staff must look at before it is approved; `blocks` until it was ruled on."""

    code: str
    place: str
    text: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class PossibleEvent:
    """What staff can let happen: what stands in its way, and what it asks to be given."""

    event: Event
    to: State
    blocked_by: tuple[str, ...]
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One unit of work; `progress` while it is at work and takes long."""

    kind: str
    source: str
    state: str
    attempts: int
    crashes: int
    done: int
    reason: str
    progress: TaskProgress | None


@dataclass(frozen=True, slots=True)
class BundleView:
    """A finished bundle: what it is called, where it lies sealed, and until when."""

    number: int
    file: str
    state: str
    kept_at: str
    sha256: str
    bytes: int
    built_at: datetime
    until: datetime | None

    @property
    def ready(self) -> bool:
        """Whether it can be handed out still."""
        return self.state == BundleState.READY


@dataclass(frozen=True, slots=True)
class JournalView:
    """One entry of the history."""

    seq: int
    at: datetime
    event: str
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView(QueueRow):
    """Everything staff may know of one ticket but what is sealed apart: see `SealedView`.

    `clock` holds its dates by their names in `dsar.domain.clock.Dates`, `picture` draws them as
    SVG.
    """

    article: str
    request: str
    siblings: tuple[SiblingView, ...]
    received_at: datetime
    channel: str
    language: LanguageView
    person: PersonView
    clock: Mapping[str, Any]
    picture: str
    doubts: tuple[DoubtView, ...]
    stuck: tuple[HeldTask, ...]
    possible: tuple[PossibleEvent, ...]
    coverage: tuple[CoverageView, ...]
    supplements: SupplementView
    inquiries: tuple[InquiryView, ...]
    tasks: tuple[TaskView, ...]
    bundles: tuple[BundleView, ...]
    journal: tuple[JournalView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request with its tickets."""

    ref: str
    regime: str
    channel: str
    received_at: datetime
    language: LanguageView
    tickets: tuple[TicketView, ...]


@dataclass(frozen=True, slots=True)
class SealedView:
    """What of a ticket is gone with the request's key: letters, files, identifiers in doubt."""

    letters: tuple[WrittenLetter, ...] = ()
    files: FilesView = NO_FILES
    in_doubt: tuple[DoubtedIdentifier, ...] = ()


def ticket_view(session: Unit, viewer: Actor, ticket: Ticket) -> TicketView:
    """One ticket as it stands now."""
    staff_only(viewer)
    request, around = request_of(session, ticket), around_of(session, [ticket])
    row = row_of(session, ticket, around)
    return TicketView(
        **{one.name: getattr(row, one.name) for one in fields(row)},
        article=row.right.spec.article,
        request=request.ref,
        siblings=_siblings(session, ticket),
        received_at=request.received_at,
        channel=request.channel,
        language=_language(session, request),
        person=_person(session, ticket, request),
        clock=ticket.clock,
        picture=_picture(session, ticket, request),
        doubts=tuple(_doubt(row) for row in ticket.doubts),
        stuck=tuple(around.stuck.get(ticket.id, ())),
        possible=possible(session, ticket),
        coverage=coverage_of(session, ticket),
        supplements=supplement_view(session, ticket),
        inquiries=overview.of_ticket(session, ticket),
        tasks=_tasks(session, ticket),
        bundles=tuple(_bundle(session, ticket, row) for row in bundles_of(session, ticket)),
        journal=_journal(session, ticket),
    )


def request_view(session: Unit, viewer: Actor, request: Request) -> RequestView:
    """One request as it stands now."""
    tickets = of_request(session, request)
    return RequestView(
        ref=request.ref,
        regime=request.regime,
        channel=request.channel,
        received_at=request.received_at,
        language=_language(session, request),
        tickets=tuple(ticket_view(session, viewer, ticket) for ticket in tickets),
    )


def letters_view(session: Unit, viewer: Actor, ticket: Ticket) -> tuple[WrittenLetter, ...]:
    """Every letter of a ticket as it was written, oldest first; raises KeyLost."""
    staff_only(viewer)
    return written(session, ticket)


def sealed_view(session: Unit, viewer: Actor, ticket: Ticket) -> SealedView:
    """What is sealed apart; nothing of it once the request was forgotten."""
    try:
        return SealedView(
            letters=letters_view(session, viewer, ticket),
            files=files_view.of_ticket(session, viewer, ticket),
            in_doubt=in_doubt(session, ticket),
        )
    except KeyLost:
        return SealedView()


def inquiries_view(session: Unit, viewer: Actor, ticket: Ticket) -> tuple[InquiryView, ...]:
    """Who was asked what for a ticket, and the link to pass on, oldest first."""
    staff_only(viewer)
    return overview.of_ticket(session, ticket)


def possible(session: Unit, ticket: Ticket) -> tuple[PossibleEvent, ...]:
    """What staff can do now, and what stands in the way of the rest."""
    rows = [row for row in leaving(ticket.state, ticket.right)
            if row.by is not By.SYSTEM]  # fmt: skip
    if not rows:
        return ()
    facts = facts_of(session, ticket, Because(reason="-", ground="", decided_by="-"))
    return tuple(
        PossibleEvent(
            event=row.event,
            to=row.end,
            blocked_by=tuple(unmet(tuple(n for n in row.needs if n not in _GIVEN), facts)),
            asks=tuple(name for name in row.needs if name in _GIVEN),
        )
        for row in rows
    )


def _siblings(session: Session, ticket: Ticket) -> tuple[SiblingView, ...]:
    return tuple(
        SiblingView(other.ref, other.right, other.state) for other in siblings(session, ticket)
    )


def _language(session: Unit, request: Request) -> LanguageView:
    spoken = session.installation.spoken(request.language)
    return LanguageView(request.language, spoken.tag, spoken.note)


def _person(session: Unit, ticket: Ticket, request: Request) -> PersonView:
    try:
        subject = seals.subject_of(session, ticket)
        seal = seals.seal_of(session, request)
    except KeyLost as lost:
        return PersonView(forgotten=str(lost))
    sealed = request.sealed_words
    words = seal.open(sealed, f"words {request.id}") if sealed else ""
    return PersonView(tuple(subject.pairs()), words)


def _picture(session: Unit, ticket: Ticket, request: Request) -> str:
    """The dates of a ticket as an SVG element; all words in it are escaped."""
    if not ticket.clock.get("in_force") or ticket.clock.get(REVIVED):
        return ""
    return timeline(
        dates_of(session, ticket, request.received_at),
        title=f"The dates of {ticket.ref}",
        today=today(session) if ticket.state not in ENDS else None,
    )


def _doubt(row: Mapping[str, Any]) -> DoubtView:
    return DoubtView(row["code"], row["place"], doubted(row), row["blocks"])


def _tasks(session: Session, ticket: Ticket) -> tuple[TaskView, ...]:
    rows = tasks.of_tickets(session, [ticket.id])
    return tuple(
        TaskView(
            kind=row.kind,
            source=row.source,
            state=row.state,
            attempts=row.attempts,
            crashes=row.crashes,
            done=row.done,
            reason=for_staff(row.reason),
            progress=progress.of_task(row),
        )
        for row in rows
    )


def _bundle(session: Unit, ticket: Ticket, row: BundleRow) -> BundleView:
    installation = session.installation
    return BundleView(
        number=row.number,
        file=file_name(ticket, row),
        state=row.state,
        kept_at=files_of(installation).where(row.path),
        sha256=row.sha256,
        bytes=row.size,
        built_at=row.built_at,
        until=ends_at(installation, ticket, row),
    )


def _journal(session: Session, ticket: Ticket) -> tuple[JournalView, ...]:
    entries = journal.history(session, ticket)
    return tuple(JournalView(e.seq, e.at, e.event, e.actor, dict(e.data)) for e in entries)
