"""A source that was given up is asked again after all: a ticket of its own supplements the answer.

What was handed over stays as it was, with its bundle and its end; the supplement goes the same way
from the search on, covers the sources it names and nothing else, and ends with a bundle of what is
new. What staff ruled about these sources holds on. Its dates are those of the request: a gap gives
nobody more time.
"""

from collections.abc import Collection

from dsar.domain.coverage import Outcome
from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import ENDS, Event, State
from dsar.services.law import clock
from dsar.services.runtime import journal, seals
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.advance import advance
from dsar.services.ticket.owed_tasks import SCOPE
from dsar.services.work.cases import FILE, place
from dsar.store import tickets
from dsar.store.tables import Request, RulingRow, Ticket
from dsar.store.tickets import lines, locked, of_request, request_of, siblings

#: In a ticket's details: the reference of the ticket it supplements.
OF = "supplements"


def supplement(
    session: Unit,
    actor: Actor,
    ticket: Ticket,
    sources: Collection[str] = (),
    *,
    reason: str,
) -> Ticket:
    """Asks sources of a partly fulfilled ticket again; all that were given up, or those named.

    Returns the supplementing ticket. Raises BadInput for a source that was not given up or without
    a reason, NotAllowed in another state or while a supplement is under way, NotFound for a source
    that is configured no more.
    """
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say why the source can answer now.")
    first = locked(session, ticket.id)
    request = request_of(session, first)
    _check(session, first, request)
    scope = _scope(session, first, sources)
    made = opened(session, first, scope)
    return begin(session, actor, first, made, event="supplement_begun", reason=reason)


def begin(
    session: Unit,
    actor: Actor,
    first: Ticket,
    made: Ticket,
    *,
    event: str,
    reason: str,
    **data: str,
) -> Ticket:
    """Sets a supplement on its way, and says so in the history of both; `first` is locked."""
    told = {"sources": seals.details_of(session, made)[SCOPE], **data}
    journal.append(session, actor, first, event=event, data=told | {"by": made.ref})
    journal.append(session, actor, made, event=event, data=told | {"of": first.ref})
    session.add(first)
    because = Because(reason=reason, decided_by=actor.name)
    return advance(session, actor, made.id, Event.CONFIRM_IDENTITY, because=because)


def covered(session: Unit, first: Ticket) -> frozenset[str]:
    """The sources of a ticket that a supplement asked again since, or asks just now."""
    known = (seals.details_of(session, other) for other in siblings(session, first))
    return frozenset(name for one in known if one.get(OF) == first.ref for name in one[SCOPE])


def _check(session: Unit, first: Ticket, request: Request) -> None:
    if first.state != State.PARTLY_FULFILLED:
        mend = "Only a partly fulfilled one has gaps to fill."
        raise NotAllowed(f"{first.ref} is {first.state}. {mend}")
    for other in of_request(session, request):
        under_way = State(other.state) not in ENDS
        if under_way and seals.details_of(session, other).get(OF) == first.ref:
            raise NotAllowed(f"{other.ref} supplements {first.ref} already; see to that one first.")


def _scope(session: Unit, first: Ticket, sources: Collection[str]) -> list[str]:
    """The sources to ask, each a gap of the first ticket and still configured."""
    given_up = [r.source for r in lines(session, first.id) if r.outcome == Outcome.COULD_NOT]
    if not given_up:
        raise NotAllowed(f"No source of {first.ref} was given up; there is nothing to ask again.")
    for name in sources:
        if name not in given_up:
            raise BadInput("source", "was not given up.", f"Name one of: {', '.join(given_up)}.")
    scope = [name for name in given_up if not sources or name in sources]
    for name in scope:
        _ = session.installation.sources[name]
    return scope


def opened(session: Unit, first: Ticket, scope: list[str]) -> Ticket:
    """A ticket of the same right for some of a ticket's sources; it is not on its way yet."""
    request = request_of(session, first)
    number, now = len(of_request(session, request)) + 1, session.now()
    made = tickets.new(request, first.right, number=number, created_at=now)
    made.clock_events = list(first.clock_events)
    clock.wind(session, made, request.received_at)
    session.add(made)
    session.flush()
    details = {
        name: one for name, one in seals.details_of(session, first).items() if name != "decision"
    }
    seals.keep_details(session, made, details | {OF: first.ref, SCOPE: scope})
    _rule_again(session, first, made, scope)
    return made


def _rule_again(session: Unit, first: Ticket, made: Ticket, scope: list[str]) -> None:
    """What staff ruled about a source holds on: a record that is somebody else's still is."""
    seal = seals.seal_of(session, request_of(session, first))
    for row in tickets.rulings(session, first.id):
        if row.source not in scope:
            continue
        again = RulingRow(**row.model_dump(exclude={"id", "ticket_id"}), ticket_id=made.id)
        if row.sealed_key:
            again.sealed_key = seal.close(seal.open(row.sealed_key, place(row)), place(again))
        if row.sealed_file:
            file = seal.open(row.sealed_file, place(row, FILE))
            again.sealed_file = seal.close(file, place(again, FILE))
        session.add(again)
