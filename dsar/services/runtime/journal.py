"""Writes and reads the history of tickets; see `dsar.domain.journal` for what it proves."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.journal import START, ChainedEntry, digest
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Unit
from dsar.store.journal_links import UnlinkedEntry
from dsar.store.tables import JournalEntry, Ticket


def append(
    session: Unit, actor: Actor, ticket: Ticket, *, event: str, data: Mapping[str, Any]
) -> JournalEntry:
    """Adds one entry to a ticket that this session has locked. `data` holds no personal data."""
    seq, previous = ticket.journal_seq + 1, ticket.journal_head or START
    at = session.now()
    plain = dict(data)
    mark = digest(
        ticket.ref, seq, at=at, event=event, actor=str(actor), data=plain, previous=previous,
        key=session.installation.vault.journal,
    )  # fmt: skip
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
    session.journaled.append(UnlinkedEntry(ticket.id, seq, mark))
    return entry


def history(
    session: Session, ticket: Ticket, *, only: Iterable[str] | None = None
) -> tuple[ChainedEntry, ...]:
    """A ticket's entries in order, or those of some events."""
    wanted = None if only is None else frozenset(only)
    return tuple(one for one in _entries(session, ticket) if wanted is None or one.event in wanted)


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
