"""Which open tickets will miss their date if they take as long as others did, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.lifecycle import ENDS, State
from dsar.services.runtime.installation import Unit
from dsar.store.tables import JournalEntry, Ticket

#: How many ended tickets the durations are measured on: the latest ones.
SAMPLE = 500

#: The way of a ticket that meets no trouble; what it still has to pass is what is forecast.
_WAY = (
    State.RECEIVED,
    State.AWAITING_IDENTITY,
    State.VERIFIED,
    State.ACCEPTED,
    State.COLLECTING,
    State.IN_REVIEW,
    State.ACTING,
    State.CHECKING,
    State.ASSEMBLING,
    State.READY,
)

#: States that are left out of the forecast of a ticket that does not stand in them.
_DETOURS = frozenset({State.AWAITING_IDENTITY})


@dataclass(frozen=True, slots=True)
class Risk:
    """A ticket that is expected to be late, by how much, and the state that costs the most."""

    ref: str
    due_on: str
    expected: datetime
    late_by: timedelta
    cause: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "ref": self.ref,
            "due_on": self.due_on,
            "expected_at": self.expected.isoformat().replace("+00:00", "Z"),
            "late_by_days": round(self.late_by / timedelta(days=1), 1),
            "cause": self.cause,
        }


def at_risk(session: Unit) -> list[Risk]:
    """Open tickets expected to pass their date, the latest first."""
    now = session.now()
    slow = durations(session)
    tickets = session.exec(
        select(Ticket).where(col(Ticket.state).not_in(ENDS), col(Ticket.due_on).is_not(None))
    )
    risks = [risk for ticket in tickets if (risk := _risk(session, ticket, slow, now)) is not None]
    return sorted(risks, key=lambda risk: risk.late_by, reverse=True)


def durations(session: Session) -> dict[State, timedelta]:
    """How long ended tickets stood in each state: what four of five did not exceed."""
    ended = session.exec(
        select(Ticket.id)
        .where(col(Ticket.closed_at).is_not(None))
        .order_by(col(Ticket.closed_at).desc())
        .limit(SAMPLE)
    ).all()
    found: dict[State, list[timedelta]] = {}
    for ticket_id in ended:
        for state, length in _stays(_steps(session, ticket_id)):
            found.setdefault(state, []).append(length)
    return {
        state: sorted(lengths)[int(0.8 * (len(lengths) - 1))] for state, lengths in found.items()
    }


def _steps(session: Session, ticket_id: str) -> list[tuple[datetime, State]]:
    """When a ticket entered which state."""
    rows = session.exec(
        select(JournalEntry)
        .where(col(JournalEntry.ticket_id) == ticket_id)
        .order_by(col(JournalEntry.seq))
    )
    return [(row.at, State(row.data.get("to", State.RECEIVED))) for row in rows if _moves(row)]


def _moves(row: JournalEntry) -> bool:
    return row.event == "received" or row.data.get("to") != row.data.get("from")


def _stays(steps: Iterable[tuple[datetime, State]]) -> Iterator[tuple[State, timedelta]]:
    before: tuple[datetime, State] | None = None
    for at, state in steps:
        if before is not None:
            yield before[1], at - before[0]
        before = (at, state)


def _risk(
    session: Session, ticket: Ticket, slow: Mapping[State, timedelta], now: datetime
) -> Risk | None:
    state = ticket.state
    steps = _steps(session, ticket.id)
    stood = now - steps[-1][0] if steps else timedelta()
    left = {state: max(slow.get(state, timedelta()) - stood, timedelta())}
    left |= {later: slow.get(later, timedelta()) for later in _ahead(state)}
    expected = now + sum(left.values(), timedelta())
    if expected < ticket.due_at:
        return None
    dearest = max(left, key=lambda one: left[one])
    overdue = now >= ticket.due_at
    cause = f"overdue, stands in {state}" if overdue else f"{dearest} usually takes longest"
    return Risk(ticket.ref, str(ticket.due_on), expected, expected - ticket.due_at, cause)


def _ahead(state: State) -> tuple[State, ...]:
    if state not in _WAY:
        return ()
    return tuple(later for later in _WAY[_WAY.index(state) + 1 :] if later not in _DETOURS)
