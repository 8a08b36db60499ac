"""What staff sees: the queue by due date, and one ticket with all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, case, func, or_
from sqlmodel import Session, col, select

from dsar.domain.conditions import unmet
from dsar.domain.coverage import WORDS, Outcome
from dsar.domain.lifecycle import ENDS, LIFT, OWNER, By, State, leaving
from dsar.domain.rights import ARTICLES, Right
from dsar.domain.timeline import timeline
from dsar.services.bundles import progress
from dsar.services.bundles.deliver import file_name
from dsar.services.bundles.expire import ends_at
from dsar.services.bundles.keep import bundles_of
from dsar.services.bundles.stores import files_of
from dsar.services.law.clock import REVIVED, dates_of, today
from dsar.services.letters import TITLES, written
from dsar.services.runtime import journal, seals
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.facts import facts_of, waits_for
from dsar.store.tables import BundleRow, CoverageLine, Request, Task, Ticket
from dsar.store.tickets import lines, of_request, request_of, siblings
from dsar.store.vault import KeyLost


@dataclass(frozen=True, slots=True)
class Around:
    """What lines of the queue need beside their tickets, asked for once for all of them."""

    now: datetime
    today: date
    stuck: Mapping[str, list[dict[str, Any]]]
    waiting: Mapping[str, list[dict[str, Any]]]
    answered: Mapping[str, tuple[int, int]]


class ClockState(StrEnum):
    """How a ticket's due date stands: running to a day, or why there is none."""

    RUNNING = "running"
    NOT_STARTED = "not_started"
    STANDS_STILL = "stands_still"
    AT_ONCE = "at_once"
    NO_DAY = "no_day"


def queue(session: Unit, *, ended: bool = False, limit: int = 500) -> list[dict[str, Any]]:
    """The open tickets by due date, or the ended ones, latest first."""
    ends = [state.value for state in ENDS]
    wanted = col(Ticket.state).in_(ends) if ended else col(Ticket.state).not_in(ends)
    first = col(Ticket.closed_at).desc() if ended else col(Ticket.due_at)
    query = select(Ticket).where(wanted).order_by(first, col(Ticket.ref)).limit(limit)
    tickets = session.exec(query).all()
    around = around_of(session, tickets)
    return [row_of(session, ticket, around) for ticket in tickets]


def counted(session: Session) -> dict[State, int]:
    """How many tickets stand in each state; states without any are left out."""
    query = select(Ticket.state, func.count()).group_by(col(Ticket.state))
    return {State(state): number for state, number in session.exec(query)}


def around_of(session: Unit, tickets: Sequence[Ticket]) -> Around:
    """What the lines of these tickets need: two queries, however many tickets there are."""
    ids = [ticket.id for ticket in tickets]
    stuck, waiting = _held_up(session, ids)
    return Around(
        now=session.now(),
        today=today(session),
        stuck=stuck,
        waiting=waiting,
        answered=_answered(session, ids),
    )


def row_of(session: Session, ticket: Ticket, around: Around) -> dict[str, Any]:
    """One line of the queue: what it is, where it stands, who must act, and by when."""
    state = State(ticket.state)
    answered, sources = around.answered.get(ticket.id, (0, 0))
    return {
        "ref": ticket.ref,
        "right": ticket.right,
        "title": TITLES[Right(ticket.right)],
        "state": state.value,
        "owner": OWNER[state].value if state in OWNER else None,
        "next": needs(session, ticket, around),
        "due_on": _day(ticket.due_on),
        "days_left": (ticket.due_on - around.today).days if ticket.due_on else None,
        "internal_due_on": _day(ticket.internal_due_on),
        "overdue": state not in ENDS and ticket.due_on is not None and around.now >= ticket.due_at,
        "clock_state": clock_state(ticket).value,
        "sources": sources,
        "sources_answered": answered,
        "regime": ticket.regime,
        "closed_at": _instant(ticket.closed_at),
    }


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
    state = State(ticket.state)
    stuck = around.stuck.get(ticket.id, [])
    if stuck:
        return "; ".join(f"{row['source'] or row['kind']}: {row['reason']}" for row in stuck)
    if state is State.IN_REVIEW and ticket.doubts:
        return "; ".join(doubt["text"] for doubt in ticket.doubts)
    if state is State.IN_REVIEW and ticket.right == Right.AUTOMATED_DECISION_REVIEW:
        return "a named person decides anew"
    if state is State.ACCEPTED and (waits := waits_for(session, ticket)):
        return f"waits until {', '.join(waits)} was handed over"
    waiting = around.waiting.get(ticket.id, [])
    return "; ".join(
        [SENTENCES.get(state, ""), *(f"{r['source']}: {r['reason']}" for r in waiting)]
    )


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
    State.IN_REVIEW: "approve, rule or refuse",
    State.ACTING: "every source does what was approved",
    State.ACTION_FAILED: "try it again, or go on with a named gap",
    State.CHECKING: "every source is searched again",
    State.ASSEMBLING: "the bundle is built",
    State.ASSEMBLY_FAILED: "mend the cause, then try it again",
    State.READY: "hand it over",
}


_STUCK = ("parked", "waiting_human")
#: A restriction that was announced and is not lifted before staff has told the person.
_TO_TELL = (col(Task.kind) == LIFT, col(Task.state) == "blocked")


def _held_up(
    session: Unit, ids: Sequence[str]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """What got stuck in each ticket, and what was put off at its source and goes on by itself."""
    put_off = (col(Task.not_before) > session.now(), col(Task.reason) != "")
    waits = and_(col(Task.state) == "ready", col(Task.source) != "", *put_off)
    rows = session.exec(
        select(Task)
        .where(col(Task.ticket_id).in_(ids))
        .where(or_(col(Task.state).in_(_STUCK), and_(*_TO_TELL), waits))
        .order_by(col(Task.source), col(Task.kind))
    )
    stuck: dict[str, list[dict[str, Any]]] = {}
    waiting: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        told = {"source": row.source, "kind": row.kind, "reason": row.reason}
        found = waiting if row.state == "ready" else stuck
        found.setdefault(row.ticket_id, []).append(told)
    return stuck, waiting


def _answered(session: Session, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """For each ticket how many of its sources were searched or given up, and how many it has."""
    line = col(CoverageLine.ticket_id)
    done = or_(
        col(CoverageLine.searched_at).is_not(None),
        col(CoverageLine.outcome) != Outcome.OPEN.value,
    )
    closed = func.sum(case((done, 1), else_=0))
    query = select(line, closed, func.count()).where(line.in_(ids)).group_by(line)
    return {ticket: (int(done), every) for ticket, done, every in session.execute(query)}


def ticket_view(session: Unit, ticket: Ticket) -> dict[str, Any]:
    """Everything staff may know of one ticket, ready for a page or for JSON."""
    request = request_of(session, ticket)
    around = around_of(session, [ticket])
    return {
        **row_of(session, ticket, around),
        "article": ARTICLES[Right(ticket.right)],
        "request": request.ref,
        "siblings": [
            {"ref": other.ref, "right": other.right, "state": other.state}
            for other in siblings(session, ticket)
        ],
        "received_at": _instant(request.received_at),
        "channel": request.channel,
        "language": _language(session, request),
        "person": _person(session, ticket, request),
        "clock": ticket.clock,
        "picture": _picture(session, ticket, request),
        "doubts": ticket.doubts,
        "stuck": around.stuck.get(ticket.id, []),
        "possible": possible(session, ticket),
        "coverage": [_line(row) for row in lines(session, ticket.id)],
        "tasks": _tasks(session, ticket),
        "bundles": [_bundle(session, ticket, row) for row in bundles_of(session, ticket)],
        "journal": [
            {"seq": e.seq, "at": _instant(e.at), "event": e.event, "actor": e.actor,
             "data": dict(e.data)}
            for e in journal.history(session, ticket)
        ],
    }  # fmt: skip


def _bundle(session: Unit, ticket: Ticket, row: BundleRow) -> dict[str, Any]:
    """A finished bundle: what it is called, where it lies sealed, and until when."""
    installation = session.installation
    return {
        "number": row.number,
        "file": file_name(ticket, row),
        "state": row.state,
        "kept_at": files_of(installation).where(row.path),
        "sha256": row.sha256,
        "bytes": row.size,
        "built_at": _instant(row.built_at),
        "until": _instant(ends_at(installation, ticket, row)),
    }


def _language(session: Unit, request: Request) -> dict[str, str]:
    """The language that was asked for, the one of the answer, and why, where it is another."""
    spoken = session.installation.spoken(request.language)
    return {"asked": request.language, "answered": spoken.tag, "note": spoken.note}


def _picture(session: Unit, ticket: Ticket, request: Request) -> str:
    """The dates of a ticket as an SVG element; all words in it are escaped."""
    if not ticket.clock.get("in_force") or ticket.clock.get(REVIVED):
        return ""
    return timeline(
        dates_of(session, ticket, request.received_at),
        title=f"The dates of {ticket.ref}",
        today=today(session) if State(ticket.state) not in ENDS else None,
    )


def _person(session: Unit, ticket: Ticket, request: Request) -> dict[str, Any]:
    """Identifiers and words, or that they were forgotten."""
    try:
        subject = seals.subject_of(session, ticket)
        seal = seals.seal_of(session, request)
    except KeyLost as lost:
        return {"forgotten": str(lost)}
    sealed = request.sealed_words
    words = seal.open(sealed, f"words {request.id}") if sealed else ""
    return {"identifiers": [list(pair) for pair in subject.pairs()], "words": words}


def possible(session: Unit, ticket: Ticket) -> list[dict[str, Any]]:
    """What staff can do now, and what stands in the way of the rest."""
    rows = [row for row in leaving(State(ticket.state), Right(ticket.right))
            if row.by is not By.SYSTEM]  # fmt: skip
    if not rows:
        return []
    facts = facts_of(session, ticket, Because(reason="-", ground="", decided_by="-"))
    given = {"reasoned", "ground_for_refusal", "decision_maker"}
    return [
        {
            "event": row.event.value,
            "to": row.end.value,
            "blocked_by": list(unmet(tuple(n for n in row.needs if n not in given), facts)),
            "asks": [name for name in row.needs if name in given],
        }
        for row in rows
    ]


def _line(row: Any) -> dict[str, Any]:
    return {
        "source": row.source,
        "title": row.title,
        "outcome": row.outcome,
        "words": WORDS[Outcome(row.outcome)],
        "found": row.found,
        "done": row.done,
        "residue": row.residue,
        "kept": row.kept,
        "reason": row.reason,
        "searched_at": _instant(row.searched_at),
    }


def _tasks(session: Session, ticket: Ticket) -> list[dict[str, Any]]:
    rows = session.exec(
        select(Task).where(col(Task.ticket_id) == ticket.id).order_by(col(Task.created_at))
    )
    names = ("kind", "source", "state", "attempts", "crashes", "done", "reason")
    return [
        {name: getattr(row, name) for name in names} | {"progress": progress.of_task(row)}
        for row in rows
    ]


def letters_view(session: Unit, ticket: Ticket) -> list[dict[str, Any]]:
    """Every letter of a ticket as it was written."""
    return [{**asdict(told), "at": _instant(told.at)} for told in written(session, ticket)]


def request_view(session: Unit, request: Request) -> dict[str, Any]:
    """A request with its tickets."""
    return {
        "ref": request.ref,
        "regime": request.regime,
        "channel": request.channel,
        "received_at": _instant(request.received_at),
        "language": _language(session, request),
        "tickets": [ticket_view(session, ticket) for ticket in of_request(session, request)],
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value is not None else None
