"""What staff sees: the queue by due date, and one ticket with all that is known of it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.conditions import unmet
from dsar.domain.coverage import WORDS, Outcome
from dsar.domain.lifecycle import ENDS, OWNER, By, State, leaving
from dsar.domain.rights import ARTICLES, Right
from dsar.services import journal, seals
from dsar.services.bundles import bundles_of
from dsar.services.facts import Because, facts_of
from dsar.services.house import house_of
from dsar.services.letters import TITLES, written
from dsar.store.tables import Request, Task, Ticket
from dsar.store.tickets import lines, of_request, request_of
from dsar.store.vault import KeyLost


def queue(session: Session, *, ended: bool = False, limit: int = 500) -> list[dict[str, Any]]:
    """Tickets by due date, the open ones unless `ended`."""
    query = select(Ticket).order_by(col(Ticket.due_at), col(Ticket.ref)).limit(limit)
    ends = [state.value for state in ENDS]
    wanted = col(Ticket.state).in_(ends) if ended else col(Ticket.state).not_in(ends)
    return [row_of(session, ticket) for ticket in session.exec(query.where(wanted))]


def row_of(session: Session, ticket: Ticket) -> dict[str, Any]:
    """One line of the queue: what it is, where it stands, who must act, and by when."""
    state = State(ticket.state)
    now = house_of(session).store.now(session)
    return {
        "ref": ticket.ref,
        "right": ticket.right,
        "title": TITLES[Right(ticket.right)],
        "state": state.value,
        "owner": OWNER[state].value if state in OWNER else None,
        "next": needs(session, ticket),
        "due_on": _day(ticket.due_on),
        "internal_due_on": _day(ticket.internal_due_on),
        "overdue": state not in ENDS and ticket.due_on is not None and now >= ticket.due_at,
        "regime": ticket.regime,
        "closed_at": _instant(ticket.closed_at),
    }


def needs(session: Session, ticket: Ticket) -> str:
    """In one sentence, what a ticket waits for."""
    state = State(ticket.state)
    stuck = _stuck(session, ticket)
    if stuck and state not in ENDS:
        return "; ".join(f"{row['source'] or row['kind']}: {row['reason']}" for row in stuck)
    if state is State.IN_REVIEW and ticket.doubts:
        return "; ".join(doubt["text"] for doubt in ticket.doubts)
    if state is State.ACCEPTED:
        waits = facts_of(session, ticket, Because()).waits_for
        return f"waits until {', '.join(waits)} was handed over" if waits else ""
    return _SENTENCES.get(state, "")


_SENTENCES = {
    State.RECEIVED: "confirm who asks, or ask for proof",
    State.AWAITING_IDENTITY: "the person proves who they are",
    State.LAPSED: "late proof revives it, or close it",
    State.VERIFIED: "accept it, or ask what is meant",
    State.AWAITING_CLARIFICATION: "the person says what is meant",
    State.AWAITING_FEE: "the person pays or withdraws",
    State.IN_REVIEW: "approve, rule or refuse",
    State.READY: "hand it over",
}


def _stuck(session: Session, ticket: Ticket) -> list[dict[str, Any]]:
    rows = session.exec(
        select(Task)
        .where(col(Task.ticket_id) == ticket.id)
        .where(col(Task.state).in_(["parked", "waiting_human"]))
        .order_by(col(Task.source))
    )
    return [{"source": r.source, "kind": r.kind, "reason": r.reason} for r in rows]


def ticket_view(session: Session, ticket: Ticket) -> dict[str, Any]:
    """Everything staff may know of one ticket, ready for a page or for JSON."""
    request = request_of(session, ticket)
    return {
        **row_of(session, ticket),
        "article": ARTICLES[Right(ticket.right)],
        "request": request.ref,
        "received_at": _instant(request.received_at),
        "channel": request.channel,
        "person": _person(session, ticket, request),
        "clock": ticket.clock,
        "doubts": ticket.doubts,
        "stuck": _stuck(session, ticket),
        "possible": possible(session, ticket),
        "coverage": [_line(row) for row in lines(session, ticket.id)],
        "tasks": _tasks(session, ticket),
        "bundles": [
            {"number": b.number, "path": str(_stored(session, b.path)), "sha256": b.sha256,
             "bytes": b.size, "built_at": _instant(b.built_at)}
            for b in bundles_of(session, ticket)
        ],
        "journal": [
            {"seq": e.seq, "at": _instant(e.at), "event": e.event, "actor": e.actor,
             "data": dict(e.data)}
            for e in journal.history(session, ticket)
        ],
    }  # fmt: skip


def _stored(session: Session, path: str) -> Any:
    settings = house_of(session).settings
    return settings.at(settings.storage) / path


def _person(session: Session, ticket: Ticket, request: Request) -> dict[str, Any]:
    """Identifiers and words, or that they were forgotten."""
    try:
        subject = seals.subject_of(session, ticket)
        seal = seals.seal_of(session, request)
    except KeyLost as lost:
        return {"forgotten": str(lost)}
    sealed = request.sealed_words
    words = seal.open(sealed, f"words {request.id}") if sealed else ""
    return {"identifiers": [list(pair) for pair in subject.pairs()], "words": words}


def possible(session: Session, ticket: Ticket) -> list[dict[str, Any]]:
    """What staff can do now, and what stands in the way of the rest."""
    facts = facts_of(session, ticket, Because(reason="-", ground="", decided_by="-"))
    given = {"reasoned", "ground_for_refusal", "decision_maker"}
    return [
        {
            "event": row.event.value,
            "to": row.end.value,
            "blocked_by": list(unmet(tuple(n for n in row.needs if n not in given), facts)),
            "asks": [name for name in row.needs if name in given],
        }
        for row in leaving(State(ticket.state), Right(ticket.right))
        if row.by is not By.SYSTEM
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
    return [{name: getattr(row, name) for name in names} for row in rows]


def letters_view(session: Session, ticket: Ticket) -> list[dict[str, Any]]:
    """Every letter of a ticket as it was written."""
    return [{**asdict(told), "at": _instant(told.at)} for told in written(session, ticket)]


def request_view(session: Session, request: Request) -> dict[str, Any]:
    """A request with its tickets."""
    return {
        "ref": request.ref,
        "regime": request.regime,
        "channel": request.channel,
        "received_at": _instant(request.received_at),
        "tickets": [ticket_view(session, ticket) for ticket in of_request(session, request)],
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value is not None else None
