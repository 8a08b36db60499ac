"""What a ticket ended without and who asks for it again; or what a supplement is of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dsar.domain.journal import ChainedEntry
from dsar.domain.lifecycle import Event, State
from dsar.domain.policy import ON_HOLD
from dsar.services.desk import supplement
from dsar.services.desk.supplement import Supplement
from dsar.services.letters.reason_words import for_staff
from dsar.services.runtime import journal
from dsar.services.runtime.installation import Unit
from dsar.services.work.cases import kept_by_hold
from dsar.store.coverage import lines
from dsar.store.tables import CoverageLine, Ticket
from dsar.store.tickets import siblings


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """Another ticket of the same request, and how it stands."""

    ref: str
    state: State


@dataclass(frozen=True, slots=True)
class GapView:
    """A source that was given up, or kept something until it was asked again: why, since when it
    could not, and when and by whom it was given up."""

    source: str
    title: str
    reason: str
    since: datetime | None
    given_up_at: datetime | None
    by: str
    asked_again: tuple[LinkedTicket, ...]


@dataclass(frozen=True, slots=True)
class SupplementView:
    """The gaps a ticket ended with, and how they are closed; or the ticket this one supplements.

    `askable` are the sources that can be asked again; `refused` says why none can be, where any is
    missing. `asks` are the titles of the sources this ticket asks again for the ticket `of`.
    """

    gaps: tuple[GapView, ...] = ()
    askable: tuple[str, ...] = ()
    refused: str = ""
    of: LinkedTicket | None = None
    asks: tuple[str, ...] = ()


def supplement_view(session: Unit, ticket: Ticket) -> SupplementView:
    """How a ticket stands to its gaps and to those it fills for another one."""
    told, made = supplement.gaps_of(session, ticket), supplement.supplement_by(session, ticket)
    others = {one.ref: one for one in siblings(session, ticket)}
    again = {name for one in told.supplements for name in one.sources}
    open_ = {*told.given_up, *again} if ticket.state == State.PARTLY_FULFILLED else set()
    found = [row for row in lines(session, ticket.id) if row.source in open_]
    history = journal.history(session, ticket) if found else ()
    links = {ref: LinkedTicket(ref, one.state) for ref, one in others.items()}
    return SupplementView(
        gaps=tuple(_gap(row, history, _asking(row, told.supplements, links)) for row in found),
        askable=told.askable,
        refused=told.refused if told.missing and found else "",
        of=links[made.of] if made else None,
        asks=_titles(session, others[made.of], made) if made else (),
    )


def _titles(session: Unit, first: Ticket, made: Supplement) -> tuple[str, ...]:
    titles = {row.source: row.title for row in lines(session, first.id)}
    return tuple(titles.get(name, name) for name in made.sources)


def _asking(
    row: CoverageLine, known: Sequence[Supplement], links: Mapping[str, LinkedTicket]
) -> tuple[LinkedTicket, ...]:
    return tuple(links[one.ref] for one in known if row.source in one.sources)


def _gap(
    row: CoverageLine, history: Sequence[ChainedEntry], asking: tuple[LinkedTicket, ...]
) -> GapView:
    """It was given up by the first gap that was accepted after it had last got stuck."""
    stuck = [e for e in history if e.event == "task_stuck" and e.data["source"] == row.source]
    task, after = (stuck[-1].data["task"], stuck[-1].seq) if stuck else ("", 0)
    since = [entry.at for entry in stuck if entry.data["task"] == task]
    accepted = [e for e in history if e.event == Event.ACCEPT_GAP and e.seq > after]
    given_up = accepted[0] if accepted else None
    return GapView(
        source=row.source,
        title=row.title,
        reason=for_staff(ON_HOLD.because if kept_by_hold(row) else row.reason),
        since=since[0] if since else None,
        given_up_at=given_up.at if given_up else None,
        by=given_up.actor.partition(":")[2] if given_up else "",
        asked_again=asking,
    )
