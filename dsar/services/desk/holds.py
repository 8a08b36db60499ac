"""Legal holds: while one is in force nothing of the person is erased (Art. 17(3)(e)).

What follows when one falls is decided so: **the engine opens the work, people confirm it.**
Art. 17(3) spares data only as far as keeping it is *necessary* for a claim; without the hold the
duty of Art. 17(1) stands again, and it is the controller who has to act, not the person who has to
ask anew. So nobody has to remember: every ended erasure that kept something because of a hold gets
a supplement (`work/supplement.py`) for the sources concerned, in the transaction that lifts the
hold and by the same hand. It searches and decides by today's policy and waits for approval there
like any erasure (`[review]`). What is still in review is decided anew. Ends stay ends; another hold
in force on the person keeps all as it is; a source is asked again once for each time it kept
something. The person hears of it by the supplement's own letters, and its report says what was
erased now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from sqlmodel import Session, col, select

from dsar.domain.errors import BadInput, NotFound
from dsar.domain.identity import normal
from dsar.domain.lifecycle import Event, State
from dsar.domain.rights import Right
from dsar.services.desk import supplement
from dsar.services.law import clock
from dsar.services.runtime.actor import SYSTEM, Actor, staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.runtime.seals import seal_of
from dsar.services.ticket.advance import advance
from dsar.services.work.cases import held, kept_by_hold
from dsar.store.coverage import lines
from dsar.store.tables import Hold, Identifier, Ticket
from dsar.store.tickets import locked, request_of
from dsar.store.vault import KeyLost

_LONGEST = 500

log = structlog.get_logger("dsar.tasks")


@dataclass(frozen=True, slots=True)
class HoldEnd:
    """What followed from a hold's end: supplements that were opened, tickets decided anew."""

    hold: str
    resumed: tuple[str, ...] = ()
    decided_anew: tuple[str, ...] = ()


def place(session: Unit, by: str, *, kind: str, value: str, reason: str) -> Hold:
    """Puts a hold on whoever has this identifier."""
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say which claim the data is needed for.")
    if len(reason) > _LONGEST:
        raise BadInput("reason", "is too long.", f"Say it in {_LONGEST} characters.")
    installation = session.installation
    hold = Hold(
        kind=kind,
        blind=installation.vault.blind(kind, normal(kind, value)),
        reason=reason,
        by=by,
        at=session.now(),
    )
    session.add(hold)
    return hold


def lift(session: Unit, hold_id: str, by: str = "desk") -> HoldEnd:
    """Ends a hold, and opens the erasing that it stood against."""
    hold = session.get(Hold, hold_id, with_for_update=True)
    if hold is None or hold.lifted_at is not None:
        message = f"No hold {hold_id} is in force; `dsar hold list` shows all."
        raise NotFound(message)
    hold.lifted_at = session.now()
    session.add(hold)
    session.flush()
    actor = staff(by)
    anew = [_decide_anew(session, actor, one) for one in _of(session, hold, State.IN_REVIEW)]
    resumed = [
        resume(session, actor, one, hold) for one in _of(session, hold, State.PARTLY_FULFILLED)
    ]
    return HoldEnd(hold.id, tuple(filter(None, resumed)), tuple(filter(None, anew)))


def in_force(session: Session) -> list[dict[str, Any]]:
    """Every hold in force; whom it concerns is kept as a keyed hash only."""
    rows = session.exec(select(Hold).where(col(Hold.lifted_at).is_(None)).order_by(col(Hold.at)))
    names = ("id", "kind", "reason", "by")
    return [{name: getattr(row, name) for name in names} for row in rows]


def resume(session: Unit, actor: Actor, ticket_id: str, hold: Hold) -> str | None:
    """Opens the supplement of an ended erasure for what a hold kept; its reference.

    None where nothing is due: nothing was kept by a hold, another one is in force, a supplement has
    asked these sources since, they are configured no more, or the request was forgotten.
    """
    first = locked(session, ticket_id)
    due = _due(session, first)
    if not due or hold.lifted_at is None:
        return None
    made = supplement.opened(session, first, due)
    clock.revive(made, hold.lifted_at)
    reason = f"The legal hold {hold.id} was lifted."
    event = supplement.Begun.RESUMED
    return supplement.begin(
        session, actor, first, made, event=event, reason=reason, hold=hold.id
    ).ref


def resume_late(installation: Installation) -> int:
    """Tickets that were past their review when a hold fell, and kept because of it: how many."""
    with reading(installation) as session:
        late = list(_ended_behind_a_hold(session))
    done = 0
    for ticket_id, hold_id in late:
        with transaction(installation) as session:
            done += bool(resume(session, SYSTEM, ticket_id, session.get_one(Hold, hold_id)))
    return done


def _of(session: Session, hold: Hold, state: State) -> list[str]:
    """The person's erasures in that state, in the order in which they are locked."""
    theirs = select(Identifier.request_id).where(col(Identifier.blind) == hold.blind)
    mine = (col(Ticket.right) == Right.ERASURE, col(Ticket.request_id).in_(theirs))
    query = select(Ticket.id).where(*mine, col(Ticket.state) == state.value)
    return list(session.exec(query.order_by(col(Ticket.id))))


def _decide_anew(session: Unit, actor: Actor, ticket_id: str) -> str | None:
    """What was found and not approved yet is decided again, unless another hold is in force."""
    ticket = locked(session, ticket_id)
    if ticket.state != State.IN_REVIEW or held(session, ticket):
        return None
    because = Because(reason="A legal hold was lifted.", decided_by=actor.name)
    return advance(session, actor, ticket.id, Event.REVISE, because=because).ref


def _due(session: Unit, first: Ticket) -> list[str]:
    """The sources of an ended erasure that kept something because of a hold and are free now."""
    kept = [row.source for row in lines(session, first.id) if kept_by_hold(row)]
    if first.state != State.PARTLY_FULFILLED or not kept or held(session, first):
        return []
    try:
        seal_of(session, request_of(session, first))
    except KeyLost:
        log.warning("hold.request_forgotten", ticket=first.ref)
        return []
    asked = supplement.covered(session, first)
    known = session.installation.sources.by_name
    if gone := [name for name in kept if name not in asked and name not in known]:
        log.warning("hold.source_gone", ticket=first.ref, sources=gone)
    return [name for name in kept if name not in asked and name in known]


def _ended_behind_a_hold(session: Session) -> Iterator[tuple[str, str]]:
    """Erasures that ended partly after a hold on the person had fallen, each with that hold."""
    query = (
        select(col(Ticket.id), col(Hold.id), col(Hold.lifted_at))
        .join(Identifier, col(Identifier.request_id) == col(Ticket.request_id))
        .join(Hold, col(Hold.blind) == col(Identifier.blind))
        .where(col(Ticket.right) == Right.ERASURE)
        .where(col(Ticket.state) == State.PARTLY_FULFILLED)
        .where(col(Ticket.closed_at) >= col(Hold.lifted_at))
        .order_by(col(Ticket.id), col(Hold.lifted_at))
    )
    yield from {ticket: hold for ticket, hold, _ in session.execute(query)}.items()
