"""What else a person is known by is added to their request, and their tickets are searched anew.

Without it a request that no source could be asked for, or by which nobody was found, would stay
without an answer (GDPR Art. 11(2), 12(2): the person may give what makes them known to us).
"""

from collections.abc import Sequence

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.identity import CONFIRMED, STATED, UNUSED, Subject
from dsar.domain.lifecycle import Event, State, transition
from dsar.services.runtime import journal, seals
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket import search_order
from dsar.services.ticket.advance import advance
from dsar.store.tables import Identifier, Request, Ticket
from dsar.store.tickets import identifiers, locked, of_request, request_of

#: Where nobody has confirmed yet who asks: what is added is stated like the rest.
_UNCONFIRMED = frozenset({State.RECEIVED, State.AWAITING_IDENTITY, State.LAPSED})
#: Where nothing was searched yet, and where the sources are asked just now.
_BEFORE = _UNCONFIRMED | {
    State.VERIFIED, State.AWAITING_CLARIFICATION, State.AWAITING_FEE, State.ACCEPTED,
}  # fmt: skip
_SEARCHING = frozenset({State.COLLECTING, State.SOURCE_FAILED})


def add(
    session: Unit,
    actor: Actor,
    ticket: Ticket,
    pairs: Sequence[tuple[str, str]],
    *,
    reason: str,
) -> tuple[Ticket, ...]:
    """Adds (kind, value) pairs to what the person behind a ticket is known by.

    Every ticket of the request that can use them does: those searched already are searched anew.
    Returns them. `reason` says how it is known that they are this person's. Raises BadInput without
    one, without a pair or for one that is in doubt, NotAllowed where the ticket is past its search.
    """
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say how you know that it is this person's.")
    subject = Subject.of(pairs)
    if not subject:
        raise BadInput("identifier", "is missing.", "Give one, e.g. email=ana@example.org.")
    request = request_of(session, ticket)
    using = [
        other
        for other in (locked(session, one.id) for one in of_request(session, request))
        if _can_use(other)
    ]
    if ticket.id not in {one.id for one in using}:
        message = f"{ticket.ref} is {ticket.state}: it is searched no more. File a new request."
        raise NotAllowed(message)
    _keep(session, request, subject, confirmed=ticket.state not in _UNCONFIRMED)
    for one in using:
        _use(session, actor, one, subject, reason)
    return tuple(using)


def _can_use(ticket: Ticket) -> bool:
    here = ticket.state in _BEFORE | _SEARCHING
    return here or transition(ticket.state, Event.SEARCH_ANEW, ticket.right) is not None


def _keep(session: Unit, request: Request, subject: Subject, *, confirmed: bool) -> None:
    """The identifiers, sealed; what is known already stays as it is."""
    vault, seal = session.installation.vault, seals.seal_of(session, request)
    known = {(row.kind, row.blind): row.evidence for row in identifiers(session, request.id)}
    for kind, value in subject.pairs():
        blind = vault.blind(kind, value)
        evidence = known.get((kind, blind))
        if evidence in UNUSED:
            mend = f"Say whose it is first: dsar request identifier {request.ref}."
            raise BadInput(f"identifier {kind}", "is in doubt, or another person's.", mend)
        if evidence is None:
            session.add(
                Identifier(
                    request_id=request.id,
                    kind=kind,
                    blind=blind,
                    sealed=seal.close(value, seals.place(kind, blind)),
                    evidence=CONFIRMED if confirmed else STATED,
                )
            )
    session.flush()


def _use(session: Unit, actor: Actor, ticket: Ticket, subject: Subject, reason: str) -> None:
    """Says so in the ticket's history, and has it searched by all that is known now."""
    mark = session.installation.vault.blind("reason", reason)[:16]
    data = {"kinds": sorted(subject.identifiers), "reason_mark": mark}
    journal.append(session, actor, ticket, event="identifiers_added", data=data)
    session.add(ticket)
    if ticket.state in _SEARCHING:
        search_order.search_anew(session, ticket)
    elif ticket.state not in _BEFORE:
        because = Because(reason=reason, decided_by=actor.name)
        advance(session, actor, ticket.id, Event.SEARCH_ANEW, because=because)
