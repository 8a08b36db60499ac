"""Confirms who asks. Only how, by whom and with what result is kept, never the evidence itself."""

from sqlmodel import Session

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import ENDS, Event, State
from dsar.services.actor import Actor
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.store.tables import Request, Ticket
from dsar.store.tickets import of_request


def confirm(session: Session, actor: Actor, request: Request, *, reason: str) -> tuple[Ticket, ...]:
    """A member of staff confirms the person behind a request: every ticket of it moves on.

    Tickets that ended before (withdrawn, say) stay as they are. `reason` says how it was checked.
    Raises BadInput without one, NotAllowed where another ticket is past that point.
    """
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say how the identity was checked.")
    return tuple(
        advance(
            session,
            actor,
            ticket.id,
            Event.CONFIRM_IDENTITY,
            because=Because(reason=reason, decided_by=actor.name),
        )
        for ticket in _open(session, request)
    )


def _open(session: Session, request: Request) -> tuple[Ticket, ...]:
    found = tuple(t for t in of_request(session, request) if State(t.state) not in ENDS)
    if not found:
        message = f"Every ticket of {request.ref} has ended."
        raise NotAllowed(message)
    return found
