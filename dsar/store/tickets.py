"""Finding and locking requests and tickets."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from dsar.domain.errors import NotFound
from dsar.domain.lifecycle import VERSION, State
from dsar.domain.rights import Right
from dsar.store.tables import Identifier, Request, RulingRow, Ticket

# Statements of every task, built once: building one costs as much as running it.
_LOCKED = (
    select(Ticket)
    .where(col(Ticket.id) == bindparam("ticket_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_SIBLINGS = (
    select(Ticket)
    .where(col(Ticket.request_id) == bindparam("request_id"))
    .where(col(Ticket.id) != bindparam("ticket_id"))
    .order_by(col(Ticket.ref))
)
_IDENTIFIERS = (
    select(Identifier)
    .where(col(Identifier.request_id) == bindparam("request_id"))
    .order_by(col(Identifier.kind), col(Identifier.blind))
)
_RULINGS = (
    select(RulingRow)
    .where(col(RulingRow.ticket_id) == bindparam("ticket_id"))
    .order_by(col(RulingRow.at))
)


def locked(session: Session, ticket_id: str) -> Ticket:
    """The ticket, locked until the transaction ends. Lock order: ticket, task, source.

    Its key is left alone (FOR NO KEY UPDATE): else the foreign key of a task that a claim gives
    back would wait for the ticket while it holds the source, against that order.
    """
    found = session.exec(_LOCKED, params={"ticket_id": ticket_id}).one_or_none()
    if found is None:
        message = "There is no such ticket."
        raise NotFound(message)
    return found


def new(request: Request, right: Right, *, number: int, created_at: datetime) -> Ticket:
    """A ticket of a request as it begins; its clock is wound before it is added."""
    return Ticket(
        ref=f"{request.ref}-{number}",
        request_id=request.id,
        right=right,
        state=State.RECEIVED,
        machine_version=VERSION,
        regime=request.regime,
        regime_version="",
        due_at=request.received_at,
        created_at=created_at,
    )


def by_ref(session: Session, ref: str) -> Ticket:
    """The ticket with that reference; NotFound otherwise."""
    found = session.exec(select(Ticket).where(col(Ticket.ref) == ref.upper())).one_or_none()
    if found is None:
        raise unknown("ticket", ref)
    return found


def request_by_ref(session: Session, ref: str) -> Request:
    """The request with that reference; NotFound otherwise."""
    found = session.exec(select(Request).where(col(Request.ref) == ref.upper())).one_or_none()
    if found is None:
        raise unknown("request", ref)
    return found


def unknown(what: str, ref: str) -> NotFound:
    """What is said of a reference that is none."""
    return NotFound(f"There is no {what} {ref}; `dsar ticket list` shows all.")


def request_of(session: Session, ticket: Ticket) -> Request:
    """The request a ticket belongs to."""
    return session.get_one(Request, ticket.request_id)


def siblings(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """The other tickets of the same request."""
    mine = {"request_id": ticket.request_id, "ticket_id": ticket.id}
    return session.exec(_SIBLINGS, params=mine).all()


def of_request(session: Session, request: Request) -> Sequence[Ticket]:
    """A request's tickets in the order they were filed."""
    return session.exec(
        select(Ticket).where(col(Ticket.request_id) == request.id).order_by(col(Ticket.ref))
    ).all()


def identifiers(session: Session, request_id: str) -> Sequence[Identifier]:
    """All identifiers known of the person who sent a request."""
    return session.exec(_IDENTIFIERS, params={"request_id": request_id}).all()


def rulings(session: Session, ticket_id: str) -> Sequence[RulingRow]:
    """What staff ruled on single records, oldest first: the latest ruling wins."""
    return session.exec(_RULINGS, params={"ticket_id": ticket_id}).all()
