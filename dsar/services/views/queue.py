"""The queue: the open tickets by due date, each with what it waits for and who must act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from dsar.domain.lifecycle import ENDS, OWNER, By, State
from dsar.domain.rights import Right
from dsar.services.law.clock import today
from dsar.services.letters import TITLES
from dsar.services.letters.reason_words import doubted, for_staff
from dsar.services.runtime.access import staff_only
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.facts import waits_for
from dsar.services.views.hindrances import Hindrance, hindrances
from dsar.store import coverage, tasks
from dsar.store.tables import Ticket
from dsar.store.tasks import TaskState


class ClockState(StrEnum):
    """How a ticket's due date stands: running to a day, or why there is none."""

    RUNNING = "running"
    NOT_STARTED = "not_started"
    STANDS_STILL = "stands_still"
    AT_ONCE = "at_once"
    NO_DAY = "no_day"


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task that waits for a person or for a later hour, and why; `source` may be empty."""

    source: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One line of the queue: what it is, where it stands, who must act, and by when.

    `owner` is None once it has ended; `next` says in one sentence what it waits for. `days_left`
    are days of the calendar until `due_on`. `sources_answered` of its `sources` were searched or
    given up; those that search by nothing that is known are not counted. `hindrance` says why it
    cannot come to an answer as it stands.
    """

    ref: str
    right: Right
    title: str
    state: State
    owner: By | None
    next: str
    hindrance: Hindrance | None
    due_on: date | None
    days_left: int | None
    internal_due_on: date | None
    overdue: bool
    clock_state: ClockState
    sources: int
    sources_answered: int
    regime: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Around:
    """What lines of the queue need beside their tickets, asked for once for all of them."""

    now: datetime
    today: date
    stuck: Mapping[str, Sequence[HeldTask]]
    waiting: Mapping[str, Sequence[HeldTask]]
    hindered: Mapping[str, Hindrance]
    answered: Mapping[str, tuple[int, int]]


def queue(
    session: Unit, viewer: Actor, *, ended: bool = False, limit: int = 500
) -> tuple[QueueRow, ...]:
    """The open tickets by due date, or the ended ones, latest first."""
    staff_only(viewer)
    wanted = col(Ticket.state).in_(ENDS) if ended else col(Ticket.state).not_in(ENDS)
    first = col(Ticket.closed_at).desc() if ended else col(Ticket.due_at)
    query = select(Ticket).where(wanted).order_by(first, col(Ticket.ref)).limit(limit)
    tickets = session.exec(query).all()
    around = around_of(session, tickets)
    return tuple(row_of(session, ticket, around) for ticket in tickets)


def counted(session: Session, viewer: Actor) -> dict[State, int]:
    """How many tickets stand in each state; states without any are left out."""
    staff_only(viewer)
    query = select(Ticket.state, func.count()).group_by(col(Ticket.state))
    return {State(state): number for state, number in session.exec(query)}


def around_of(session: Unit, tickets: Sequence[Ticket]) -> Around:
    """What the lines of these tickets need: four queries, however many tickets there are."""
    ids = [ticket.id for ticket in tickets]
    stuck, waiting = _held_up(session, ids)
    return Around(
        now=session.now(),
        today=today(session),
        stuck=stuck,
        waiting=waiting,
        hindered=hindrances(session, tickets),
        answered=coverage.answered(session, ids),
    )


def row_of(session: Unit, ticket: Ticket, around: Around) -> QueueRow:
    """The line of one ticket."""
    state = ticket.state
    answered, sources = around.answered.get(ticket.id, (0, 0))
    return QueueRow(
        ref=ticket.ref,
        right=ticket.right,
        title=TITLES[ticket.right],
        state=state,
        owner=OWNER.get(state),
        next=needs(session, ticket, around),
        hindrance=around.hindered.get(ticket.id),
        due_on=ticket.due_on,
        days_left=(ticket.due_on - around.today).days if ticket.due_on else None,
        internal_due_on=ticket.internal_due_on,
        overdue=state not in ENDS and ticket.due_on is not None and around.now >= ticket.due_at,
        clock_state=clock_state(ticket),
        sources=sources,
        sources_answered=answered,
        regime=ticket.regime,
        closed_at=ticket.closed_at,
    )


def clock_state(ticket: Ticket) -> ClockState:
    """Whether a ticket's clock runs to a day, and if not, why."""
    if ticket.clock.get("waiting_for"):
        return ClockState.NOT_STARTED
    if ticket.clock.get("paused_since"):
        return ClockState.STANDS_STILL
    if ticket.due_on is not None:
        return ClockState.RUNNING
    return ClockState.AT_ONCE if ticket.clock.get("act_at_once") else ClockState.NO_DAY


def needs(session: Session, ticket: Ticket, around: Around) -> str:
    """In one sentence, what a ticket waits for."""
    state = ticket.state
    stuck = around.stuck.get(ticket.id, ())
    if stuck:
        return "; ".join(f"{row.source or row.kind}: {row.reason}" for row in stuck)
    if state is State.IN_REVIEW and ticket.doubts:
        return "; ".join(map(doubted, ticket.doubts))
    if state is State.IN_REVIEW and ticket.right.spec.decided_by_person:
        return "a named person decides anew"
    if state is State.ACCEPTED and (waits := waits_for(session, ticket)):
        return f"waits until {', '.join(waits)} was handed over"
    if hindered := around.hindered.get(ticket.id):
        return hindered.text
    put_off = (f"{row.source}: {row.reason}" for row in around.waiting.get(ticket.id, ()))
    return "; ".join(filter(None, (SENTENCES.get(state), *put_off)))


#: What a ticket waits for in each state that has an owner, unless something in it got stuck.
SENTENCES = {
    State.RECEIVED: "confirm who asks, or ask for proof",
    State.AWAITING_IDENTITY: "the person proves who they are",
    State.LAPSED: "late proof revives it, or close it",
    State.VERIFIED: "accept it, or ask what is meant",
    State.AWAITING_CLARIFICATION: "the person says what is meant",
    State.AWAITING_FEE: "the person pays or withdraws",
    State.ACCEPTED: "the search starts",
    State.COLLECTING: "every source is asked",
    State.SOURCE_FAILED: "try it again, or go on with a named gap",
    State.NOBODY_FOUND: "ask what else the person is known by, or confirm that nothing is held",
    State.AWAITING_IDENTIFIERS: "the person says what else they are known by",
    State.IN_REVIEW: "approve, rule or refuse",
    State.ACTING: "every source does what was approved",
    State.ACTION_FAILED: "try it again, or go on with a named gap",
    State.CHECKING: "every source is searched again",
    State.ASSEMBLING: "the bundle is built",
    State.ASSEMBLY_FAILED: "mend the cause, then try it again",
    State.READY: "hand it over",
}


def _held_up(
    session: Unit, ids: Sequence[str]
) -> tuple[dict[str, list[HeldTask]], dict[str, list[HeldTask]]]:
    """What got stuck in each ticket, and what was put off at its source and goes on by itself."""
    stuck: dict[str, list[HeldTask]] = {}
    waiting: dict[str, list[HeldTask]] = {}
    for row in tasks.held_up(session, ids, session.now()):
        held = waiting if row.state == TaskState.READY else stuck
        told = HeldTask(row.source, row.kind, for_staff(row.reason))
        held.setdefault(row.ticket_id, []).append(told)
    return stuck, waiting
