"""Confirms who asks. Only how, by whom and with what result is kept, never the evidence itself."""

from sqlmodel import Session

from dsar.domain.errors import BadInput, NotAllowed, NotFound
from dsar.domain.identity import CONFIRMED, NOT_THEIRS, UNSETTLED, normal
from dsar.domain.lifecycle import ENDS, Event
from dsar.services.runtime import journal
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.advance import advance
from dsar.store.tables import Request, Ticket
from dsar.store.tickets import identifiers, locked, of_request


def confirm(session: Unit, actor: Actor, request: Request, *, reason: str) -> tuple[Ticket, ...]:
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


def settle(
    session: Unit,
    actor: Actor,
    request: Request,
    pair: tuple[str, str],
    *,
    theirs: bool,
    reason: str,
) -> None:
    """Staff says whose an identifier (kind, value) is that a source gave and that was in doubt.

    Theirs finds their data from the next search on; what is not theirs is never used for them.
    Raises BadInput without a reason, NotFound where no such identifier is in doubt.
    """
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say how it was found out whose it is.")
    kind, exact = pair[0], normal(*pair)
    tickets = [locked(session, ticket.id) for ticket in _open(session, request)]
    vault = session.installation.vault
    blind = vault.blind(kind, exact)
    rows = identifiers(session, request.id)
    row = next((r for r in rows if (r.kind, r.blind, r.evidence) == (kind, blind, UNSETTLED)), None)
    if row is None:
        message = f"No such {kind.replace('_', ' ')} of {request.ref} is in doubt."
        raise NotFound(message)
    row.evidence = CONFIRMED if theirs else NOT_THEIRS
    session.add(row)
    data = {"kind": kind, "source": row.source, "theirs": theirs}
    mark = {"reason_mark": vault.blind("reason", reason)[:16]}
    for ticket in tickets:
        journal.append(session, actor, ticket, event="identifier_settled", data=data | mark)
        session.add(ticket)


def _open(session: Session, request: Request) -> tuple[Ticket, ...]:
    found = tuple(t for t in of_request(session, request) if t.state not in ENDS)
    if not found:
        message = f"Every ticket of {request.ref} has ended."
        raise NotAllowed(message)
    return found
