"""Turns what a transition owes into task rows: one per source where the kind works on sources."""

from collections.abc import Callable, Mapping

from sqlalchemy import update
from sqlmodel import Session, col, select

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import State, TaskKind, stuck_kinds
from dsar.domain.reasons import HOLD_IN_FORCE, Reason
from dsar.domain.rights import Right
from dsar.services.runtime.installation import Unit
from dsar.services.runtime.seals import details_of
from dsar.services.ticket import outcomes, search_order
from dsar.store import tasks
from dsar.store.effects import unsettled
from dsar.store.tables import CoverageLine, Page, Task, Ticket
from dsar.store.tickets import lines

#: In a ticket's details: the only sources it asks; every one where it is not there.
SCOPE = "sources"

_STUCK = ("parked", "waiting_human")


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
) -> str | None:
    """One task of a ticket, ranked by its deadline; its id if it is new."""
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
    )


def _search(session: Unit, ticket: Ticket) -> None:
    """Every known source is asked; those that need another's identifiers wait for it.

    A supplement asks the sources it is about, and no other.
    """
    scope = details_of(session, ticket).get(SCOPE)
    known = session.installation.sources
    every = tuple(source for source in known if scope is None or source.name in scope)
    for source in every:
        session.add(
            CoverageLine(
                ticket_id=ticket.id,
                source=source.name,
                title=source.title,
                outcome=Outcome.OPEN.value,
            )
        )
    session.flush()
    order = search_order.order_of(known, (source.name for source in every))
    for source in every:
        waits = bool(order.waits_for[source.name])
        enqueue(session, ticket, TaskKind.SEARCH, source=source.name, blocked=waits)


def _bundle(session: Unit, ticket: Ticket) -> None:
    """One task an approval; what an earlier one left stuck is of no use any more."""
    _drop(session, ticket, TaskKind.BUNDLE)
    enqueue(session, ticket, TaskKind.BUNDLE, key=str(ticket.version))


def _decide(session: Unit, ticket: Ticket) -> None:
    """One task a round; what an earlier round left stuck is of no use any more."""
    _drop(session, ticket, TaskKind.DECIDE)
    enqueue(session, ticket, TaskKind.DECIDE, key=str(ticket.round))


def _drop(session: Session, ticket: Ticket, kind: TaskKind) -> None:
    """What got stuck of one kind will not be done any more."""
    mine = (col(Task.ticket_id) == ticket.id, col(Task.kind) == kind, col(Task.state).in_(_STUCK))
    session.execute(update(Task).where(*mine).values(state="cancelled"))


def _act(session: Unit, ticket: Ticket) -> None:
    """Only sources with something in the approved manifest are asked to act."""
    for source in _with_pages(session, ticket, "manifest"):
        enqueue(session, ticket, TaskKind.ACT, source=source, key=str(ticket.round))


def _look_again(session: Unit, ticket: Ticket) -> None:
    """Where a source gave receipts, unless it was given up: of the others nothing is proven."""
    given_up = {
        line.source for line in lines(session, ticket.id) if line.outcome == Outcome.COULD_NOT
    }
    for source in _with_pages(session, ticket, "receipts"):
        if source not in given_up:
            enqueue(session, ticket, TaskKind.LOOK_AGAIN, source=source, key=str(ticket.version))


def _with_pages(session: Session, ticket: Ticket, role: str) -> list[str]:
    return list(
        session.exec(
            select(Page.source)
            .where(col(Page.ticket_id) == ticket.id, col(Page.role) == role)
            .where(col(Page.round) == ticket.round)
            .distinct()
            .order_by(col(Page.source))
        )
    )


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
            tasks.reopen(session, store, ticket_id=ticket.id, kind=kind, states=_STUCK)
        else:
            _drop(session, ticket, kind)
    if state is State.COLLECTING:
        search_order.unblock(session, ticket)
    if state is State.ACTING:
        _act_again(session, ticket)


def _act_again(session: Unit, ticket: Ticket) -> None:
    for line in lines(session, ticket.id):
        if line.residue:
            line.residue = 0
            session.add(line)
            key = f"{ticket.round}.{ticket.version}"
            enqueue(session, ticket, TaskKind.ACT, source=line.source, key=key)


def accept_gap(session: Unit, ticket: Ticket, state: State) -> None:
    """Closes the lines of sources that staff gives up on: named, never called done."""
    stuck = session.exec(
        select(Task).where(
            col(Task.ticket_id) == ticket.id,
            col(Task.kind).in_(stuck_kinds(state)),
            col(Task.state).in_(_STUCK),
        )
    ).all()
    reasons = {task.source: task.reason for task in stuck}
    for line in lines(session, ticket.id):
        if _held_back(session, line, reasons):
            outcomes.keep_on_hold(session, ticket, line)
        elif line.source in reasons or line.residue:
            line.found = line.found or _collected(session, ticket, line.source)
            line.outcome = Outcome.COULD_NOT.value
            left = Reason("still_there", {"count": line.residue})
            line.reason = reasons.get(line.source) or left
            line.residue = 0
            session.add(line)
    session.execute(
        update(Task)
        .where(col(Task.id).in_([task.id for task in stuck]))
        .values(state="cancelled", fence=col(Task.fence) + 1)
    )


def _held_back(session: Session, line: CoverageLine, reasons: Mapping[str, Reason | None]) -> bool:
    """Whether a hold alone stood before a source: what was begun there may be erased."""
    unknown = unsettled(session, ticket_id=line.ticket_id, source=line.source)
    return reasons.get(line.source) == HOLD_IN_FORCE and not unknown


def _collected(session: Session, ticket: Ticket, source: str) -> int:
    """What a copy can still hand over of a source that broke off half-way, reviewed like the rest.

    Nothing is changed in such a source: what it did not say cannot be proven.
    """
    if Right(ticket.right).spec.acts:
        return 0
    counts = session.exec(
        select(Page.count)
        .where(col(Page.ticket_id) == ticket.id, col(Page.role) == "records")
        .where(col(Page.source) == source)
    )
    return sum(counts)
