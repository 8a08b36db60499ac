"""Watches every open ticket's dates: each threshold is raised once, whoever does the watching.

The database decides what was raised before, so a dead Redis, a long outage or two schedulers
change nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlmodel import Session, SQLModel, col

from dsar.domain.calendar.ical import DueEntry, calendar_file
from dsar.domain.clock.thresholds import DueAlert, WatchedDates, passed
from dsar.domain.lifecycle import ENDS, OWNER, By, Event, State
from dsar.services.inquiries.reminders import pressing
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.store.engine import insert
from dsar.store.tables import JournalEntry, Request, Ticket
from dsar.store.tickets import locked
from dsar.store.upkeep_tables import Alert as Raised

log = structlog.get_logger("dsar.watch")

_alerts = SQLModel.metadata.tables["alert"]
_ROOM = 1000


def watch(installation: Installation) -> int:
    """Raises every threshold that was passed and not raised yet; how many."""
    zone, raised = ZoneInfo(installation.controller.timezone), 0
    with reading(installation) as session:
        now = session.now()
        known = _known(session)
        due = [
            (row.id, alert)
            for row, watched in _watched(session)
            for alert in passed(watched, now=now, zone=zone)
            if (row.id, alert.name, alert.day) not in known
        ]
        due += [
            (ticket_id, alert)
            for ticket_id, alert in pressing(session, installation)
            if (ticket_id, alert.name, alert.day) not in known
        ]
    for ticket_id, alert in due:
        raised += _raise(installation, ticket_id, alert)
    return raised


def _known(session: Session) -> set[tuple[str, str, date]]:
    """What was raised for tickets that are still open."""
    rows = session.execute(
        select(_alerts.c.ticket_id, _alerts.c.name, _alerts.c.day)
        .join(Ticket, col(Ticket.id) == _alerts.c.ticket_id)
        .where(col(Ticket.state).not_in(ENDS))
    )
    return {(ticket, name, day) for ticket, name, day in rows}


def _watched(session: Session) -> Iterator[tuple[Any, WatchedDates]]:
    columns = (
        col(Ticket.id),
        col(Ticket.due_on),
        col(Ticket.due_at),
        col(Ticket.internal_due_on),
        col(Ticket.clock),
        col(Request.received_at),
    )
    rows = session.execute(
        select(*columns)
        .join(Request, col(Request.id) == col(Ticket.request_id))
        .where(col(Ticket.state).not_in(ENDS), col(Ticket.due_on).is_not(None))
        .execution_options(yield_per=_ROOM)
    )
    for row in rows:
        clock = row.clock
        yield (
            row,
            WatchedDates(
                start=row.received_at,
                due_on=row.due_on,
                due_at=row.due_at,
                internal_due_on=row.internal_due_on,
                extension_notice_by=_day(clock.get("extension_notice_by")),
                acknowledge_by=_day(clock.get("ack_by")),
            ),
        )


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def _raise(installation: Installation, ticket_id: str, alert: DueAlert) -> bool:
    """One alert, in the journal and the log; False if somebody else was first."""
    with transaction(installation) as session:
        ticket = locked(session, ticket_id)
        new = Raised(
            ticket_id=ticket_id,
            name=alert.name,
            day=alert.day,
            raised_at=session.now(),
        )
        statement = insert(installation.store, _alerts).values(new.model_dump())
        place = ["ticket_id", "name", "day"]
        first = session.connection().scalar(
            statement.on_conflict_do_nothing(index_elements=place).returning(_alerts.c.id)
        )
        if first is None or ticket.state in ENDS:
            return False
        data = {"alert": alert.name, "day": alert.day.isoformat()}
        journal.append(session, SYSTEM, ticket, event="alert", data=data)
        session.add(ticket)
    log.warning("deadline.alert", ticket=ticket.ref, alert=alert.name, day=alert.day.isoformat())
    return True


@dataclass(frozen=True, slots=True)
class Watch:
    """What doctor says of the watching: overdue tickets, and thresholds passed but not raised."""

    overdue: tuple[str, ...]
    unwatched: int


def standing(installation: Installation) -> Watch:
    """How the watching stands right now."""
    zone = ZoneInfo(installation.controller.timezone)
    with reading(installation) as session:
        now = session.now()
        known = _known(session)
        overdue = session.execute(
            select(col(Ticket.ref))
            .where(col(Ticket.state).not_in(ENDS), col(Ticket.due_on).is_not(None))
            .where(col(Ticket.due_at) <= now)
            .order_by(col(Ticket.due_at))
        ).scalars()
        missed = sum(
            (row.id, alert.name, alert.day) not in known
            for row, watched in _watched(session)
            for alert in passed(watched, now=now, zone=zone)
        )
        return Watch(tuple(overdue), missed)


def remind(installation: Installation) -> int:
    """Reminds people whose proof of identity is awaited, and lets what stays silent lapse visibly.

    How long is the house's own choice (`reminder_days`, `lapse_days`): no law gives a figure.
    """
    done = 0
    with reading(installation) as session:
        waiting = list(_waiting(session))
        now = session.now()
    for ticket_id, asked_at, reminded in waiting:
        event = _due_nudge(installation, now - asked_at, reminded=reminded)
        if event is not None:
            with transaction(installation) as session:
                ticket = locked(session, ticket_id)
                if ticket.state == State.AWAITING_IDENTITY:
                    advance(session, SYSTEM, ticket_id, event)
                    done += 1
    return done


def _due_nudge(installation: Installation, waited: timedelta, *, reminded: bool) -> Event | None:
    if waited >= timedelta(days=installation.settings.lapse_days):
        return Event.LAPSE
    if not reminded and waited >= timedelta(days=installation.settings.reminder_days):
        return Event.REMIND
    return None


def _waiting(session: Session) -> Iterator[tuple[str, datetime, bool]]:
    """Tickets waiting for proof: since when, and whether they were reminded."""
    tickets = session.execute(
        select(col(Ticket.id)).where(col(Ticket.state) == State.AWAITING_IDENTITY)
    ).scalars()
    for ticket_id in tickets:
        rows = session.execute(
            select(col(JournalEntry.event), col(JournalEntry.at))
            .where(col(JournalEntry.ticket_id) == ticket_id)
            .where(col(JournalEntry.event).in_([Event.ASK_IDENTITY.value, Event.REMIND.value]))
            .order_by(col(JournalEntry.seq))
        ).all()
        asked = [at for event, at in rows if event == Event.ASK_IDENTITY]
        if asked:
            yield ticket_id, asked[-1], rows[-1][0] == Event.REMIND


def calendar(session: Unit) -> str:
    """The due dates of all open tickets as an iCalendar file: references only, no names."""
    rows = session.execute(
        select(col(Ticket.ref), col(Ticket.right), col(Ticket.state), col(Ticket.due_on))
        .where(col(Ticket.state).not_in(ENDS), col(Ticket.due_on).is_not(None))
        .order_by(col(Ticket.due_at))
    )
    entries = [
        DueEntry(
            uid=f"{ref}@dsar",
            day=due_on,
            summary=f"{ref} {right} due",
            description=f"State: {state}. Next: {OWNER.get(State(state), By.STAFF)}.",
        )
        for ref, right, state, due_on in rows
    ]
    return calendar_file(entries, name="Data subject requests", now=session.now())
