"""The coverage ledger: one line per source and ticket; the door to every statement on them.

The caller has locked the ticket.
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import bindparam, case, func, or_
from sqlmodel import Session, col, select

from dsar.domain.coverage import Outcome
from dsar.domain.reasons import Reason
from dsar.store.engine import StoreSession
from dsar.store.tables import CoverageLine

_LINES = (
    select(CoverageLine)
    .where(col(CoverageLine.ticket_id) == bindparam("ticket_id"))
    .order_by(col(CoverageLine.source))
)


def open_lines(session: Session, ticket_id: str, sources: Iterable[tuple[str, str]]) -> None:
    """A line for each source that is asked, by name and title; nothing has come of it yet."""
    for name, title in sources:
        outcome = Outcome.OPEN
        session.add(CoverageLine(ticket_id=ticket_id, source=name, title=title, outcome=outcome))
    session.flush()


def lines(session: StoreSession, ticket_id: str) -> Sequence[CoverageLine]:
    """A ticket's coverage, one line per source; asked for once in a unit of work."""
    if not session.lines.get(ticket_id):
        session.lines[ticket_id] = session.exec(_LINES, params={"ticket_id": ticket_id}).all()
    return session.lines[ticket_id]


def line(session: StoreSession, ticket_id: str, source: str) -> CoverageLine:
    """The coverage line of one source."""
    return next(row for row in lines(session, ticket_id) if row.source == source)


def hinder(session: StoreSession, ticket_id: str, source: str, reason: Reason | None) -> None:
    """Why a source has not answered yet; where nobody asked it, nothing is said."""
    for row in lines(session, ticket_id):
        if row.source == source:
            row.outcome, row.reason = Outcome.OPEN, reason
            session.add(row)


def begin_anew(session: StoreSession, ticket_id: str, source: str) -> None:
    """What a source answered counts no more: it is searched from the start."""
    row = line(session, ticket_id, source)
    row.outcome, row.found, row.done, row.reason = Outcome.OPEN, 0, 0, None
    row.kept, row.searched_at = [], None
    session.add(row)


def residues(session: StoreSession, ticket_id: str) -> list[str]:
    """The sources in which something was still there when it was looked for again."""
    return [row.source for row in lines(session, ticket_id) if row.residue]


def forget_residue(session: StoreSession, ticket_id: str) -> None:
    """What was still there is acted on once more."""
    for row in lines(session, ticket_id):
        if row.residue:
            row.residue = 0
            session.add(row)


def give_up(
    session: StoreSession, row: CoverageLine, reason: Reason | None, *, found: int = 0
) -> None:
    """Closes a line: named with the reason, never called done.

    `found` is what a copy can still hand over of a source that broke off half-way.
    """
    row.found = row.found or found
    row.outcome, row.reason, row.residue = Outcome.COULD_NOT, reason, 0
    session.add(row)


def asked(session: Session, ticket_ids: Collection[str]) -> frozenset[str]:
    """Of these tickets, those for which some source was searched or given up."""
    if not ticket_ids:
        return frozenset()
    ticket = col(CoverageLine.ticket_id)
    was = or_(
        col(CoverageLine.searched_at).is_not(None),
        col(CoverageLine.outcome).not_in((Outcome.OPEN, Outcome.NOT_ASKED)),
    )
    return frozenset(session.exec(select(ticket).where(ticket.in_(ticket_ids), was).distinct()))


def answered(session: Session, ticket_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """For each ticket how many of its sources were searched or given up, and how many can be.

    One that searches by no identifier that is known is neither.
    """
    ticket = col(CoverageLine.ticket_id)
    done = or_(
        col(CoverageLine.searched_at).is_not(None), col(CoverageLine.outcome) != Outcome.OPEN
    )
    counts = select(ticket, func.sum(case((done, 1), else_=0)), func.count())
    can_be = col(CoverageLine.outcome) != Outcome.NOT_ASKED
    rows = session.exec(counts.where(ticket.in_(ticket_ids), can_be).group_by(ticket))
    return {ticket_id: (int(searched), every) for ticket_id, searched, every in rows}
