"""The links of the chain over all histories: added behind its locked end, read in order."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, func, or_, select, text, tuple_, update
from sqlmodel import Session, SQLModel, col

from dsar.domain.journal import START
from dsar.domain.rights import Right
from dsar.store.engine import Store, insert
from dsar.store.tables import JournalChain, JournalEntry, JournalLink, Ticket

#: The one row.
_NAME = "journal"
_LINKS = SQLModel.metadata.tables["journal_link"]
_CHAIN = SQLModel.metadata.tables["journal_chain"]
#: Rows that are in memory at once while all are read.
_PAGE = 5_000
_OF_ENTRY = and_(
    col(JournalLink.ticket_id) == col(JournalEntry.ticket_id),
    col(JournalLink.seq) == col(JournalEntry.seq),
)


_COLUMNS = {"number": "bigint", "ticket_id": "text", "seq": "int", "digest": "text", "code": "text"}
#: Many links in one statement: one each cost 200 writers a third of their throughput.
_AT_ONCE = text(
    f"INSERT INTO journal_link ({', '.join(_COLUMNS)}) SELECT * FROM unnest("
    + ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
    + ")"
)


class UnlinkedEntry(NamedTuple):
    """What a link needs to know of an entry."""

    ticket_id: str
    seq: int
    digest: str


def locked(session: Session, store: Store) -> JournalChain:
    """The end of the chain, locked until the transaction ends; its row is made where it is missing.

    Lock order: after everything else.
    """
    query = select(JournalChain).where(col(JournalChain.name) == _NAME).with_for_update()
    query = query.execution_options(populate_existing=True)
    found: JournalChain | None = session.execute(query).scalar_one_or_none()
    if found is not None:
        return found
    values = {"name": _NAME, "count": 0, "head": START, "looked_to": 0, "checkpoint": 0}
    statement = insert(store, _CHAIN).values(values)
    session.connection().execute(statement.on_conflict_do_nothing(index_elements=["name"]))
    made: JournalChain = session.execute(query).scalar_one()
    return made


def end(session: Session) -> JournalChain:
    """The end of the chain as it stands, not locked."""
    return session.get(JournalChain, _NAME) or JournalChain(name=_NAME, head=START)


def linked(session: Session, entries: Sequence[UnlinkedEntry]) -> dict[tuple[str, int], str]:
    """The digests of those entries that have a link already."""
    pairs = [(entry.ticket_id, entry.seq) for entry in entries]
    place = tuple_(col(JournalLink.ticket_id), col(JournalLink.seq))
    query = select(JournalLink.ticket_id, JournalLink.seq, JournalLink.digest)  # type: ignore[call-overload]
    return {(row[0], row[1]): row[2] for row in session.execute(query.where(place.in_(pairs)))}


def add(
    session: Session, store: Store, chain: JournalChain, rows: Sequence[dict[str, Any]]
) -> None:
    """Writes links and moves the end of the chain, which is locked, to the last of them.

    The database refuses an entry that has a link already.
    """
    if store.sqlite:
        session.connection().execute(_LINKS.insert(), list(rows))
    else:
        columns = {name: [row[name] for row in rows] for name in _COLUMNS}
        session.connection().execute(_AT_ONCE, columns)
    chain.count, chain.head = rows[-1]["number"], rows[-1]["code"]
    session.add(chain)


def unlinked(session: Session, *, behind: int, most: int) -> list[tuple[str, JournalEntry]]:
    """Entries without a link, oldest first, with the reference of their ticket."""
    query = (
        select(Ticket.ref, JournalEntry)  # type: ignore[call-overload]
        .join(Ticket, col(Ticket.id) == col(JournalEntry.ticket_id))
        .outerjoin(JournalLink, _OF_ENTRY)
        .where(col(JournalLink.number).is_(None), col(JournalEntry.id) > behind)
        .order_by(col(JournalEntry.id))
        .limit(most)
    )
    return [(ref, entry) for ref, entry in session.execute(query)]


def newest_before(session: Session, moment: datetime, *, behind: int) -> int:
    """The id of the newest entry that was written before a moment; `behind` where there is none."""
    query = select(func.max(JournalEntry.id)).where(
        col(JournalEntry.id) > behind, col(JournalEntry.at) < moment
    )
    return session.execute(query).scalar_one() or behind


def by_number(session: Session) -> Iterator[Row[Any]]:
    """Every link in its order: number, ticket_id, seq, digest, code."""
    c = _LINKS.c
    return _streamed(
        session, select(c.number, c.ticket_id, c.seq, c.digest, c.code).order_by(c.number)
    )


def by_ticket(session: Session) -> Iterator[Row[Any]]:
    """Every entry, ticket by ticket in the order of ids and seq, with what its link says of it.

    Columns: ticket_id, ref, journal_seq, journal_head (of the ticket), id, seq, at, event, actor,
    data, previous, digest, linked (the digest the link has, None without one). `ref` is None where
    the ticket is gone; the columns of the entry are where a ticket has none.
    """
    entry, ticket = JournalEntry.__table__.c, Ticket.__table__.c  # type: ignore[attr-defined]
    query = (
        select(
            *(entry.ticket_id, ticket.ref, ticket.journal_seq, ticket.journal_head),
            *(entry.id, entry.seq, entry.at, entry.event, entry.actor, entry.data),
            *(entry.previous, entry.digest, _LINKS.c.digest.label("linked")),
        )
        .select_from(JournalEntry)
        .outerjoin(Ticket, ticket.id == entry.ticket_id)
        .outerjoin(JournalLink, _OF_ENTRY)
        .order_by(entry.ticket_id, entry.seq)
    )
    return _streamed(session, query)


def without_history(session: Session) -> list[str]:
    """The references of tickets that have no entry at all."""
    query = select(Ticket.ref).outerjoin(  # type: ignore[call-overload]
        JournalEntry, col(JournalEntry.ticket_id) == col(Ticket.id)
    )
    return list(session.execute(query.where(col(JournalEntry.id).is_(None))).scalars())


def without_entry(session: Session) -> tuple[int, str, int] | None:
    """The first link whose entry is gone: its number, the id of its ticket, its seq."""
    query = (
        select(JournalLink.number, JournalLink.ticket_id, JournalLink.seq)  # type: ignore[call-overload]
        .outerjoin(JournalEntry, _OF_ENTRY)
        .where(col(JournalEntry.id).is_(None))
        .order_by(col(JournalLink.number))
        .limit(1)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1], found[2])


def code_of(session: Session, number: int) -> str | None:
    """The code of one link; None where there is none."""
    query = select(JournalLink.code).where(col(JournalLink.number) == number)  # type: ignore[call-overload]
    return session.execute(query).scalar_one_or_none()


def erased_since(session: Session, number: int) -> bool:
    """Whether anything happened to an erasure behind a link."""
    query = (
        select(JournalLink.number)  # type: ignore[call-overload]
        .join(Ticket, col(Ticket.id) == col(JournalLink.ticket_id))
        .where(col(JournalLink.number) > number, col(Ticket.right) == Right.ERASURE)
        .limit(1)
    )
    return session.execute(query).first() is not None


def note_checkpoint(session: Session, number: int, at: datetime) -> None:
    """A checkpoint was written that covers so many links."""
    here = or_(_CHAIN.c.checkpoint < number, _CHAIN.c.checkpoint_at.is_(None))
    statement = update(JournalChain).where(col(JournalChain.name) == _NAME, here)
    session.connection().execute(statement.values(checkpoint=number, checkpoint_at=at))


def _streamed(session: Session, query: Any) -> Iterator[Row[Any]]:
    yield from session.execute(query.execution_options(yield_per=_PAGE))


def pending(entries: Iterable[JournalEntry]) -> list[UnlinkedEntry]:
    """What a link needs to know of these."""
    return [UnlinkedEntry(entry.ticket_id, entry.seq, entry.digest) for entry in entries]
