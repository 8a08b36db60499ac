"""Turns what a transition owes into task rows: one per source where the kind works on sources."""

from collections.abc import Callable, Mapping

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import State, TaskKind, stuck_kinds
from dsar.domain.reasons import HOLD_IN_FORCE, Reason
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Unit
from dsar.services.runtime.seals import details_of
from dsar.services.ticket import outcomes, search_order
from dsar.store import coverage, pages, tasks
from dsar.store.coverage import lines
from dsar.store.effects import unsettled
from dsar.store.row_states import PageRole
from dsar.store.tables import CoverageLine, Ticket

#: In a ticket's details: the only sources it asks; every one where it is not there.
SCOPE = "sources"


def owe(session: Unit, ticket: Ticket, kind: TaskKind) -> None:
    """Writes the tasks of one kind that a ticket owes now; writing them twice is harmless."""
    OWED[kind](session, ticket)


def enqueue(
    session: Unit,
    ticket: Ticket,
    kind: TaskKind,
    *,
    source: str = "",
    key: str = "",
    blocked: bool = False,
    reason: Reason | None = None,
) -> str | None:
    """One task of a ticket, ranked by its deadline; its id if it is new.

    `reason` says what one that is blocked waits for.
    """
    return tasks.enqueue(
        session,
        session.installation.store,
        ticket_id=ticket.id,
        kind=kind,
        source=source,
        key=key,
        queue=kind.spec.queue,
        rank=ticket.due_at,
        blocked=blocked,
        reason=reason,
    )


def _search(session: Unit, ticket: Ticket) -> None:
    """Every known source is asked; those that need another's identifiers wait for it.

    A supplement asks the sources it is about, and no other.
    """
    scope = details_of(session, ticket).get(SCOPE)
    known = session.installation.sources
    every = tuple(source for source in known if scope is None or source.name in scope)
    coverage.open_lines(session, ticket.id, ((source.name, source.title) for source in every))
    order = search_order.order_of(known, (source.name for source in every))
    for source in every:
        waits = bool(order.waits_for[source.name])
        enqueue(session, ticket, TaskKind.SEARCH, source=source.name, blocked=waits)


def _bundle(session: Unit, ticket: Ticket) -> None:
    """One task an approval; what an earlier one left stuck is of no use any more."""
    _give_up(session, ticket, TaskKind.BUNDLE)
    enqueue(session, ticket, TaskKind.BUNDLE, key=str(ticket.version))


def _decide(session: Unit, ticket: Ticket) -> None:
    """One task a round; what an earlier round left stuck is of no use any more."""
    _give_up(session, ticket, TaskKind.DECIDE)
    enqueue(session, ticket, TaskKind.DECIDE, key=str(ticket.round))


def _act(session: Unit, ticket: Ticket) -> None:
    """Only sources with something in the approved manifest are asked to act."""
    for source in _with_pages(session, ticket, record_pages.MANIFEST):
        enqueue(session, ticket, TaskKind.ACT, source=source, key=str(ticket.round))


def _look_again(session: Unit, ticket: Ticket) -> None:
    """Where a source gave receipts, unless it was given up: of the others nothing is proven."""
    given_up = {
        line.source for line in lines(session, ticket.id) if line.outcome == Outcome.COULD_NOT
    }
    for source in _with_pages(session, ticket, record_pages.RECEIPTS):
        if source not in given_up:
            enqueue(session, ticket, TaskKind.LOOK_AGAIN, source=source, key=str(ticket.version))


def _with_pages(session: Unit, ticket: Ticket, role: PageRole) -> list[str]:
    return pages.sources(session, ticket.id, role=role, round_=ticket.round)


#: What writes the tasks of each kind that a transition can owe.
OWED: Mapping[TaskKind, Callable[[Unit, Ticket], None]] = {
    TaskKind.SEARCH: _search,
    TaskKind.DECIDE: _decide,
    TaskKind.ACT: _act,
    TaskKind.LOOK_AGAIN: _look_again,
    TaskKind.BUNDLE: _bundle,
}


def reopen(session: Unit, ticket: Ticket, failed: State, state: State) -> None:
    """From where a ticket `failed` to the state in which it is tried again.

    What got stuck there and belongs to that state is ready again; what belongs to a later one is
    done anew once this is. Where something was left over, the sources act once more.
    """
    if state is State.COLLECTING:
        search_order.ask_again(session, ticket)
    for kind in stuck_kinds(failed):
        if kind.spec.joined_in is state:
            store = session.installation.store
            tasks.reopen(session, store, ticket_id=ticket.id, kind=kind, states=tasks.STUCK)
        else:
            _give_up(session, ticket, kind)
    if state is State.COLLECTING:
        search_order.unblock(session, ticket)
    if state is State.ACTING:
        _act_again(session, ticket)


def _act_again(session: Unit, ticket: Ticket) -> None:
    for source in coverage.residues(session, ticket.id):
        key = f"{ticket.round}.{ticket.version}"
        enqueue(session, ticket, TaskKind.ACT, source=source, key=key)
    coverage.forget_residue(session, ticket.id)


def accept_gap(session: Unit, ticket: Ticket, failed: State) -> None:
    """Closes the lines of sources that staff gives up on: named, never called done.

    What a copy can still hand over of one that broke off half-way is reviewed like the rest. Where
    something was to be changed nothing is: what such a source did not say cannot be proven.
    """
    reasons = _give_up(session, ticket, *stuck_kinds(failed))
    acts = ticket.right.spec.acts
    found = {} if acts else pages.counts(session, ticket.id, role=record_pages.RECORDS)
    for line in lines(session, ticket.id):
        if _held_back(session, line, reasons):
            outcomes.keep_on_hold(session, ticket, line)
        elif line.source in reasons or line.residue:
            why = reasons.get(line.source) or Reason("still_there", {"count": line.residue})
            coverage.give_up(session, line, why, found=found.get(line.source, 0))


def _held_back(session: Unit, line: CoverageLine, reasons: Mapping[str, Reason | None]) -> bool:
    """Whether a hold alone stood before a source: what was begun there may be erased."""
    unknown = unsettled(session, ticket_id=line.ticket_id, source=line.source)
    return reasons.get(line.source) == HOLD_IN_FORCE and not unknown


def _give_up(session: Unit, ticket: Ticket, *kinds: TaskKind) -> dict[str, Reason | None]:
    """What got stuck will not be done any more; by source why it was stuck."""
    store = session.installation.store
    return tasks.give_up(session, store, ticket_id=ticket.id, kinds=kinds)
