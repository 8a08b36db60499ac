"""A source that was given up is asked again after all: a ticket of its own supplements the answer.

What was handed over stays as it was, with its bundle and its end; the supplement goes the same way
from the search on, covers the sources it names and nothing else, and ends with a bundle of what is
new. What staff ruled about these sources holds on. Its dates are those of the request: a gap gives
nobody more time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dsar.domain.coverage import Outcome
from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import ANSWERED, ENDS, Event, State
from dsar.services.law import clock
from dsar.services.runtime import journal, seals
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.advance import advance
from dsar.services.ticket.owed_tasks import SCOPE
from dsar.services.work.cases import FILE, place
from dsar.store import tickets
from dsar.store.coverage import lines
from dsar.store.tables import RulingRow, Ticket
from dsar.store.tickets import locked, of_request, request_of, siblings
from dsar.store.vault import KeyLost

FORGOTTEN = "The person was forgotten, so nothing can be asked any more."


class Begun(StrEnum):
    """What sets a supplement on its way, as the history of both tickets calls it."""

    ASKED = "supplement_begun"
    RESUMED = "erasure_resumed"


@dataclass(frozen=True, slots=True)
class Supplement:
    """The ticket `ref` asks `sources` again that were given up, or kept by a hold, in `of`."""

    ref: str
    of: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a ticket ended without, and whether it can be asked for again.

    `missing` are the sources given up that no supplement has answered for since, `askable` those of
    them that can be asked now. `refused` says why none can be; it is empty where one can.
    """

    given_up: tuple[str, ...]
    supplements: tuple[Supplement, ...]
    missing: tuple[str, ...]
    askable: tuple[str, ...]
    refused: str


def supplement(
    session: Unit,
    actor: Actor,
    ticket: Ticket,
    sources: Collection[str] = (),
    *,
    reason: str,
) -> Ticket:
    """Asks sources of a partly fulfilled ticket again; all that are missing still, or those named.

    Returns the supplementing ticket. Raises BadInput for a source that is not missing or without a
    reason, NotAllowed where `gaps_of` says why, NotFound for a source that is configured no more.
    """
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say why the source can answer now.")
    first = locked(session, ticket.id)
    scope = _scope(session, first, sources)
    made = opened(session, first, scope)
    return begin(session, actor, first, made, event=Begun.ASKED, reason=reason)


def begin(
    session: Unit,
    actor: Actor,
    first: Ticket,
    made: Ticket,
    *,
    event: Begun,
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


def supplements_of(session: Unit, first: Ticket) -> tuple[Supplement, ...]:
    """Every ticket that asks sources of this one again, and those that ask for these in turn."""
    others = {one.ref: one for one in siblings(session, first)}
    return tuple(_supplements(session, first, others))


def _supplements(
    session: Unit, first: Ticket, others: Mapping[str, Ticket]
) -> Iterator[Supplement]:
    for entry in journal.history(session, first, only=Begun):
        if "by" in entry.data:
            made = Supplement(entry.data["by"], first.ref, tuple(entry.data["sources"]))
            yield made
            yield from _supplements(session, others[made.ref], others)


def supplement_by(session: Unit, made: Ticket) -> Supplement | None:
    """What a ticket asks again, and of which; None where it supplements none."""
    begun = journal.history(session, made, only=Begun)
    found = (entry.data for entry in begun if "of" in entry.data)
    first = next(found, None)
    return Supplement(made.ref, first["of"], tuple(first["sources"])) if first else None


def covered(session: Unit, first: Ticket) -> frozenset[str]:
    """The sources of a ticket that a supplement asked again since, or asks just now."""
    return frozenset(name for one in supplements_of(session, first) for name in one.sources)


def gaps_of(session: Unit, first: Ticket) -> Gaps:
    """What a ticket ended without, and what stands in the way of asking for it again.

    This is the one rule: `supplement` refuses by it, and pages print it.
    """
    found = tuple(r.source for r in lines(session, first.id) if r.outcome == Outcome.COULD_NOT)
    others = {one.ref: one for one in siblings(session, first)}
    known = tuple(_supplements(session, first, others))
    answered = {n: one.ref for one in known for n in _answered_by(session, others[one.ref])}
    missing = tuple(name for name in found if name not in answered)
    askable = tuple(name for name in missing if name in session.installation.sources)
    under_way = [one.ref for one in known if State(others[one.ref].state) not in ENDS]
    refused = _refused(session, first, missing, askable, answered=answered, under_way=under_way)
    return Gaps(found, known, missing, () if refused else askable, refused)


def _answered_by(session: Unit, made: Ticket) -> list[str]:
    """The sources an ended supplement has brought."""
    if made.state not in ANSWERED:
        return []
    return [row.source for row in lines(session, made.id) if row.outcome != Outcome.COULD_NOT]


def _refused(
    session: Unit,
    first: Ticket,
    missing: Sequence[str],
    askable: Sequence[str],
    *,
    answered: Mapping[str, str],
    under_way: Sequence[str],
) -> str:
    """Why nothing of a ticket can be asked again now; nothing where something can."""
    if first.state != State.PARTLY_FULFILLED:
        return f"{first.ref} is {first.state}. Only a partly fulfilled one has gaps to fill."
    if under_way:
        return f"{under_way[0]} supplements {first.ref} already; see to that one first."
    if not missing and answered:
        by = ", ".join(dict.fromkeys(answered.values()))
        return f"{by} has answered for what {first.ref} had given up."
    if not missing:
        return f"No source of {first.ref} was given up; there is nothing to ask again."
    if not askable:
        return f"{', '.join(missing)} is configured no more. Put it back into sources.toml first."
    return "" if _remembered(session, first) else FORGOTTEN


def _remembered(session: Unit, first: Ticket) -> bool:
    try:
        seals.seal_of(session, request_of(session, first))
    except KeyLost:
        return False
    return True


def _scope(session: Unit, first: Ticket, sources: Collection[str]) -> list[str]:
    """The sources to ask, each missing still and configured."""
    gaps = gaps_of(session, first)
    if gaps.refused:
        raise NotAllowed(gaps.refused)
    for name in sources:
        if name not in gaps.missing:
            since = "has answered since." if name in gaps.given_up else "was not given up."
            raise BadInput("source", since, f"Name one of: {', '.join(gaps.missing)}.")
    scope = [name for name in gaps.missing if not sources or name in sources]
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
    seals.keep_details(session, made, details | {SCOPE: scope})
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
