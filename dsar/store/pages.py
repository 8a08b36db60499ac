"""Sealed pages of a ticket: records, manifests, receipts, files; the door to every statement on
them. What stands on a page only the services can open.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import bindparam, delete, select
from sqlmodel import Session, col, func
from sqlmodel import select as rows_of

from dsar.store.row_states import PageRole
from dsar.store.tables import PageRow

_c = PageRow.__table__.c  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PageRef:
    """One page as it lies in the database: where it belongs and how much is on it."""

    id: str
    source: str
    collection: str
    number: int
    count: int
    digest: str


# Statements of every task, built once: building one costs as much as running it.
_REFS = (
    select(*(_c[field.name] for field in fields(PageRef)))
    .where(_c.ticket_id == bindparam("ticket_id"), _c.role == bindparam("role"))
    .where(_c.round == bindparam("round"))
    .order_by(_c.source, _c.number)
)
_REFS_OF_SOURCE = _REFS.where(_c.source == bindparam("source"))
_SEALED = select(_c.id, _c.sealed).where(_c.id.in_(bindparam("ids", expanding=True)))


def add(
    session: Session,
    *,
    ticket_id: str,
    role: PageRole,
    source: str,
    number: int,
    collection: str,
    count: int,
    sealed: bytes,
    page_id: str | None = None,
    round_: int = 1,
) -> PageRow:
    """One more page; the caller's fenced transaction makes it count."""
    page = PageRow(
        ticket_id=ticket_id,
        role=role,
        round=round_,
        source=source,
        number=number,
        collection=collection,
        count=count,
        digest=hashlib.sha256(sealed).hexdigest(),
        sealed=sealed,
    )
    if page_id is not None:
        page.id = page_id
    session.add(page)
    return page


def remove(
    session: Session, ticket_id: str, *, role: PageRole, round_: int, source: str, number: int
) -> None:
    """Takes a page away that is written anew."""
    here = (_c.role == role, _c.round == round_, _c.source == source, _c.number == number)
    session.execute(delete(PageRow).where(_c.ticket_id == ticket_id, *here))


def forget(
    session: Session, ticket_id: str, *, role: PageRole, source: str, collection: str | None = None
) -> None:
    """Takes away all that a source said in one role, or one collection of it."""
    here = [_c.ticket_id == ticket_id, _c.role == role, _c.source == source]
    if collection is not None:
        here.append(_c.collection == collection)
    session.execute(delete(PageRow).where(*here))


def refs(
    session: Session, ticket_id: str, *, role: PageRole, round_: int = 1, source: str | None = None
) -> tuple[PageRef, ...]:
    """A ticket's pages of one role in order, without their contents."""
    of = {"ticket_id": ticket_id, "role": role, "round": round_}
    if source is None:
        found = session.execute(_REFS, of)
    else:
        found = session.execute(_REFS_OF_SOURCE, of | {"source": source})
    return tuple(PageRef(*row) for row in found)


def sealed(session: Session, ids: Collection[str]) -> dict[str, bytes]:
    """What stands on these pages, by id, still sealed; one that is gone is left out."""
    return {row.id: row.sealed for row in session.execute(_SEALED, {"ids": list(ids)})}


def numbered(
    session: Session, ticket_id: str, *, role: PageRole, round_: int, source: str, number: int
) -> tuple[str, bytes] | None:
    """The one page of this number: its id, and what stands on it, still sealed."""
    here = (_c.role == role, _c.round == round_, _c.source == source, _c.number == number)
    found = session.execute(select(_c.id, _c.sealed).where(_c.ticket_id == ticket_id, *here))
    row = found.one_or_none()
    return None if row is None else (row.id, row.sealed)


def sources(session: Session, ticket_id: str, *, role: PageRole, round_: int) -> list[str]:
    """The sources that have a page of this role in this round."""
    here = (_c.ticket_id == ticket_id, _c.role == role, _c.round == round_)
    return list(session.scalars(select(_c.source).where(*here).distinct().order_by(_c.source)))


def counts(session: Session, ticket_id: str, *, role: PageRole) -> dict[str, int]:
    """How much stands on a ticket's pages of one role, by source."""
    here = (_c.ticket_id == ticket_id, _c.role == role)
    found = select(_c.source, func.sum(_c.count)).where(*here).group_by(_c.source)
    return {source: int(count) for source, count in session.execute(found)}


def last_number(session: Session, ticket_id: str, *, role: PageRole, source: str) -> int:
    """The number of the last page of a source in one role, over all rounds; 0 without any."""
    here = (_c.ticket_id == ticket_id, _c.role == role, _c.source == source)
    return session.scalar(select(func.max(_c.number)).where(*here)) or 0


def ids_in(
    session: Session, ticket_id: str, *, role: PageRole, source: str, collection: str
) -> list[str]:
    """The pages of one collection in order, by their ids."""
    here = (_c.ticket_id == ticket_id, _c.role == role, _c.source == source)
    found = select(_c.id).where(*here, _c.collection == collection).order_by(_c.number)
    return list(session.scalars(found))


def first(
    session: Session, ticket_id: str, *, role: PageRole, most: int
) -> tuple[int, Sequence[PageRow]]:
    """How many pages of one role a ticket has, and the first of them."""
    here = (col(PageRow.ticket_id) == ticket_id, col(PageRow.role) == role)
    count = session.exec(rows_of(func.count()).where(*here)).one()
    ordered = rows_of(PageRow).where(*here).order_by(col(PageRow.source), col(PageRow.number))
    return count, session.exec(ordered.limit(most)).all()


def in_collection(
    session: Session, ticket_id: str, *, role: PageRole, source: str, collection: str
) -> PageRow | None:
    """The first page of one collection of a source."""
    here = (
        col(PageRow.ticket_id) == ticket_id,
        col(PageRow.role) == role,
        col(PageRow.source) == source,
    )
    return session.exec(
        rows_of(PageRow).where(*here, col(PageRow.collection) == collection)
    ).first()


def beginning_with(
    session: Session, ticket_id: str, *, role: PageRole, prefix: str
) -> PageRow | None:
    """The first page of a ticket whose collection begins like this."""
    here = (col(PageRow.ticket_id) == ticket_id, col(PageRow.role) == role)
    begins = col(PageRow.collection).startswith(prefix, autoescape=True)
    return session.exec(rows_of(PageRow).where(*here, begins)).first()
