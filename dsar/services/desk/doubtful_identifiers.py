"""What staff must know to settle an identifier in doubt: why it is, and what waits for the answer.

Why an identifier was set apart is not kept but follows from what is known of it: the same three
cases as in `learning`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsar.domain.identity import (
    CONFIRMED,
    GIVEN,
    NOT_THEIRS,
    SEVERAL,
    STATED,
    UNSETTLED,
)
from dsar.domain.lifecycle import ENDS, State, TaskKind
from dsar.domain.lifecycle.task_states import TaskState
from dsar.services.runtime import seals
from dsar.services.runtime.installation import Unit
from dsar.services.work.found_identifiers import proven_elsewhere, stopped_at
from dsar.store import tasks
from dsar.store.tables import Identifier, Request, Ticket
from dsar.store.tickets import identifiers, of_request, request_of

#: How another identifier of the same kind is known, with who gave it.
_ANOTHER = {
    STATED: "the person named another one",
    CONFIRMED: "another one is known to be this person's",
    GIVEN: "{source} gave another one",
    UNSETTLED: "{source} gave another one",
    NOT_THEIRS: "{source} gave another one, which is not this person's",
}
_PEOPLE = "what {source} found may be of more than one person"


@dataclass(frozen=True, slots=True)
class HeldSearch:
    """A search of which nothing is taken in before it is settled; `again` if it can be retried."""

    ticket: str
    title: str
    again: bool


@dataclass(frozen=True, slots=True)
class DoubtedIdentifier:
    """One identifier in doubt: who gave it, why it is doubted, what waits."""

    kind: str
    value: str
    title: str
    why: tuple[str, ...]
    waiting: tuple[HeldSearch, ...]


def in_doubt(session: Unit, ticket: Ticket) -> tuple[DoubtedIdentifier, ...]:
    """Each identifier of the ticket's request that may be somebody else's, while it can be settled.

    Raises KeyLost where the request was forgotten.
    """
    request = request_of(session, ticket)
    known = identifiers(session, request.id)
    doubtful = [row for row in known if row.evidence == UNSETTLED]
    if not doubtful or all(one.state in ENDS for one in of_request(session, request)):
        return ()
    seal = seals.seal_of(session, request)
    return tuple(
        DoubtedIdentifier(
            kind=row.kind,
            value=seals.value_of(seal, row),
            title=_title(session, row.source),
            why=tuple(_why(session, ticket, known, row)),
            waiting=tuple(_waiting(session, request, row.kind)),
        )
        for row in doubtful
    )


def _why(
    session: Unit, ticket: Ticket, known: Sequence[Identifier], row: Identifier
) -> Iterator[str]:
    """Somebody else proved it theirs, it contradicts another one, or else several people match."""
    found = False
    for other in proven_elsewhere(session, ticket, known, row.kind, row.blind):
        found = True
        yield f"whoever sent {session.get_one(Request, other).ref} proved that it is theirs"
    for one in _others(known, row):
        found = True
        yield _ANOTHER[one.evidence].format(source=_title(session, one.source))
    if not found:
        yield _PEOPLE.format(source=_title(session, row.source))


def _others(known: Sequence[Identifier], row: Identifier) -> list[Identifier]:
    """What it contradicts: another one of a kind of which a person has one, from elsewhere."""
    if row.kind in SEVERAL:
        return []
    return [one for one in known if one.kind == row.kind and one.source != row.source]


def _waiting(session: Unit, request: Request, kind: str) -> Iterator[HeldSearch]:
    """The searches of the request's tickets that stopped at an identifier of this kind."""
    tickets = {one.id: one for one in of_request(session, request)}
    stopped = (TaskState.WAITING_HUMAN,)
    rows = tasks.of_tickets(session, tickets, kind=TaskKind.SEARCH, states=stopped)
    for row in sorted(rows, key=lambda row: (tickets[row.ticket_id].ref, row.source)):
        if stopped_at(row.reason, kind):
            its = tickets[row.ticket_id]
            again = its.state == State.SOURCE_FAILED
            yield HeldSearch(its.ref, _title(session, row.source), again)


def _title(session: Unit, source: str) -> str:
    known = session.installation.sources.by_name.get(source)
    return known.title if known is not None else source
