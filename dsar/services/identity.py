"""Confirms who asks. Only how, by whom and with what result is kept, never the evidence itself."""

from sqlmodel import Session

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.services.actor import Actor
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.store.tables import Identifier, Request, Ticket
from dsar.store.tickets import identifiers, of_request


def confirm(session: Session, actor: Actor, request: Request, *, reason: str) -> tuple[Ticket, ...]:
    """A member of staff confirms the person behind a request: every ticket of it moves on.

    `reason` says how it was checked. Raises BadInput without one, NotAllowed where a ticket is past
    that point.
    """
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say how the identity was checked.")
    for row in identifiers(session, request.id):
        _prove(session, row)
    return tuple(
        advance(
            session,
            actor,
            ticket.id,
            Event.CONFIRM_IDENTITY,
            because=Because(reason=reason, decided_by=actor.name),
        )
        for ticket in of_request(session, request)
    )


def _prove(session: Session, row: Identifier) -> None:
    if row.evidence == "stated":
        row.evidence = "confirmed_by_staff"
        session.add(row)
