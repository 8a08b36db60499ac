"""Writes and checks the hash-chained history of tickets."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from dsar.domain.journal import START, ChainedEntry, JournalFault, digest, verify
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Unit
from dsar.store.tables import JournalEntry, Ticket


def append(
    session: Unit, actor: Actor, ticket: Ticket, *, event: str, data: Mapping[str, Any]
) -> JournalEntry:
    """Adds one entry to a ticket that this session has locked. `data` holds no personal data."""
    seq, previous = ticket.journal_seq + 1, ticket.journal_head or START
    at = session.now()
    plain = dict(data)
    mark = digest(
        ticket.ref, seq, at=at, event=event, actor=str(actor), data=plain, previous=previous
    )
    entry = JournalEntry(
        ticket_id=ticket.id,
        seq=seq,
        at=at,
        event=event,
        actor=str(actor),
        data=plain,
        previous=previous,
        digest=mark,
    )
    ticket.journal_seq, ticket.journal_head = seq, mark
    session.add(entry)
    return entry


def history(
    session: Session, ticket: Ticket, *, only: Iterable[str] | None = None
) -> tuple[ChainedEntry, ...]:
    """A ticket's entries in order, or those of some events."""
    wanted = None if only is None else frozenset(only)
    return tuple(one for one in _entries(session, ticket) if wanted is None or one.event in wanted)


def faults(session: Session) -> Iterator[JournalFault]:
    """The first fault of every ticket whose history does not hold, oldest ticket first."""
    for ticket in session.exec(select(Ticket).order_by(col(Ticket.created_at))):
        fault = verify(
            ticket.ref,
            _entries(session, ticket),
            seq=ticket.journal_seq,
            head=ticket.journal_head or START,
        )
        if fault is not None:
            yield fault


def _entries(session: Session, ticket: Ticket) -> Iterator[ChainedEntry]:
    rows = session.exec(
        select(JournalEntry)
        .where(col(JournalEntry.ticket_id) == ticket.id)
        .order_by(col(JournalEntry.seq))
    )
    for row in rows:
        yield ChainedEntry(
            ticket.ref, row.seq, row.at, row.event, row.actor, row.data, row.previous, row.digest
        )


def counted(session: Session) -> int:
    """How many entries there are."""
    return session.exec(select(func.count()).select_from(JournalEntry)).one()
