"""What stands in the way of an answer: no source searches by what is known, or none found any."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from dsar.config.sources import Source, Sources
from dsar.domain.identity import UNUSED
from dsar.domain.lifecycle import State
from dsar.domain.reasons import Reason
from dsar.services.letters.reason_words import for_staff
from dsar.services.runtime.installation import Unit
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
        elif ticket.state is State.NOBODY_FOUND or (kinds and not _fits(sources, kinds)):
            found[ticket.id] = _told(_nothing_asked(ticket, sources, kinds))
    return found


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
    """Whether some source can be asked; of one that cannot be opened its own search will tell."""
    return any(source.needs & kinds or not source.needs for source in sources)


def _nothing_asked(ticket: Ticket, sources: Sources, kinds: frozenset[str]) -> Reason:
    said = (f"{one.title}: {', '.join(sorted(one.needs))}" for one in sources if one.needs)
    told = {"given": sorted(kinds), "sources": "; ".join(said), "ref": ticket.ref}
    return Reason(NOTHING_ASKED, told)
