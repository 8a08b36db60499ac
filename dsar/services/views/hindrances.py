"""What stands in the way of an answer: no source searches by what is known, or none found any."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from dsar.config.sources import Source, Sources
from dsar.domain.identity import UNUSED
from dsar.domain.lifecycle import State
from dsar.domain.reasons import Reason
from dsar.services.letters.reason_words import for_staff
from dsar.services.runtime.installation import Installation, Unit
from dsar.store import coverage
from dsar.store.tables import Identifier, Ticket

#: No source can be asked for the ticket, or was; those that were asked found nobody.
NOTHING_ASKED, NOBODY_FOUND = "nothing_asked", "nobody_found"

#: Where the sources are still to be asked.
_AHEAD = frozenset(
    {
        State.RECEIVED,
        State.AWAITING_IDENTITY,
        State.LAPSED,
        State.VERIFIED,
        State.AWAITING_CLARIFICATION,
        State.AWAITING_FEE,
        State.ACCEPTED,
        State.COLLECTING,
        State.SOURCE_FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a ticket cannot come to an answer as it stands: a code, and its words for staff."""

    code: str
    text: str


def hindrances(session: Unit, tickets: Sequence[Ticket]) -> Mapping[str, Hindrance]:
    """By ticket, for those that are hindered; two queries for all of them."""
    open_ = [one for one in tickets if one.state in _AHEAD or one.state is State.NOBODY_FOUND]
    known = _kinds(session, {one.request_id for one in open_})
    asked = coverage.asked(session, [one.id for one in open_ if one.state is State.NOBODY_FOUND])
    sources, found = session.installation.sources, {}
    for ticket in open_:
        kinds = known.get(ticket.request_id, frozenset())
        if ticket.id in asked:
            told = {"kinds": sorted(kinds), "ref": ticket.ref}
            found[ticket.id] = _told(Reason(NOBODY_FOUND, told))
        elif ticket.state is State.NOBODY_FOUND:
            found[ticket.id] = _told(_nothing_asked(ticket, kinds, _told_in(session, ticket)))
        elif kinds and not _fits(sources, kinds):
            found[ticket.id] = _told(_nothing_asked(ticket, kinds, _at_hand(sources)))
    return found


def learn(installation: Installation, kinds: Collection[str]) -> None:
    """Has sources say by what they search, until one fits: before a transaction, not within it."""
    any(source.needs & frozenset(kinds) for source in installation.sources)


def _told(why: Reason) -> Hindrance:
    return Hindrance(why.code, for_staff(why))


def _kinds(session: Session, requests: Collection[str]) -> dict[str, frozenset[str]]:
    """By request, the kinds of identifier that the person can be searched by."""
    rows = session.exec(
        select(Identifier.request_id, Identifier.kind)
        .where(col(Identifier.request_id).in_(requests))
        .where(col(Identifier.evidence).not_in(UNUSED))
        .distinct()
    )
    found: dict[str, frozenset[str]] = {}
    for request, kind in rows:
        found[request] = found.get(request, frozenset()) | {kind}
    return found


def _fits(sources: Iterable[Source], kinds: frozenset[str]) -> bool:
    """Whether some source can be asked; of one that says nothing now its own search will tell."""
    needs = (source.needs_at_hand for source in sources)
    return any(not known or known & kinds for known in needs)


def _told_in(session: Unit, ticket: Ticket) -> Iterator[tuple[str, Collection[str]]]:
    """Each source with the kinds by which it could not be asked, as the ledger has them."""
    for row in coverage.lines(session, ticket.id):
        yield row.title, row.reason.names("kinds") if row.reason else ()


def _at_hand(sources: Sources) -> Iterator[tuple[str, Collection[str]]]:
    for source in sources:
        yield source.title, source.needs_at_hand or ()


def _nothing_asked(
    ticket: Ticket, kinds: frozenset[str], needs: Iterable[tuple[str, Collection[str]]]
) -> Reason:
    said = (f"{title}: {', '.join(sorted(needed))}" for title, needed in needs if needed)
    told = {"given": sorted(kinds), "sources": "; ".join(said), "ref": ticket.ref}
    return Reason(NOTHING_ASKED, told)
