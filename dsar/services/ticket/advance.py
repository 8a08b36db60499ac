"""The one door through which a ticket changes its state.

Locks the ticket, looks the transition up, checks hand and conditions, winds the clock, writes state
and version, appends the journal entry, queues the letter and the tasks it owes. The caller's unit
of work commits it all at once. What follows by itself follows here, in the same transaction.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from dsar.domain.conditions import Facts, unmet
from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import (
    ENDS,
    HANDS,
    Event,
    State,
    TaskKind,
    Transition,
    leaving,
    transition,
)
from dsar.services import letters
from dsar.services.law import clock
from dsar.services.runtime import journal, seals
from dsar.services.runtime.actor import SYSTEM, Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket import owed_tasks, search_order
from dsar.services.ticket.automatic import following
from dsar.services.ticket.facts import facts_of
from dsar.store import tasks
from dsar.store.tables import Ticket
from dsar.store.tickets import identifiers, locked, request_of, siblings

#: In a ticket's details: why its time was extended, as staff said it to the person.
EXTENDED = "extended_because"


def advance(
    session: Unit,
    actor: Actor,
    ticket_id: str,
    event: Event,
    *,
    because: Because | None = None,
    data: Mapping[str, Any] | None = None,
) -> Ticket:
    """Lets `event` happen to a ticket, and what follows from it; returns the ticket.

    `data` goes into the journal: ids, counts and hashes only. Raises NotAllowed with the sentence
    that says what stands in the way and what is possible instead.
    """
    ticket = locked(session, ticket_id)
    _happen(session, actor, ticket, event, because=because or Because(), data=data or {})
    settle(session, ticket)
    return ticket


def settle(session: Unit, ticket: Ticket) -> None:
    """Whatever follows by itself from where a locked ticket stands now."""
    session.flush()
    while (event := following(session, ticket)) is not None:
        _happen(session, SYSTEM, ticket, event, because=Because(), data={})
        session.flush()


def _happen(
    session: Unit,
    actor: Actor,
    ticket: Ticket,
    event: Event,
    *,
    because: Because,
    data: Mapping[str, Any],
) -> None:
    row = _allowed(actor, ticket, event)
    if row.needs:
        _check(row, facts_of(session, ticket, because, needs=row.needs))
    _move_clock(session, ticket, event, because)
    came_from = ticket.state
    ticket.state = row.end
    ticket.version += 1
    _enter(session, ticket, row, because)
    journal.append(
        session,
        actor,
        ticket,
        event=event.value,
        data=_entry(session, ticket, row, because, came_from=came_from, data=data),
    )
    if row.letter is not None:
        letters.queue(session, ticket, kind=row.letter, because=because)
    for kind in row.owes:
        owed_tasks.owe(session, ticket, kind)
    session.add(ticket)
    if row.end in ENDS:
        _end(session, ticket)


def _allowed(actor: Actor, ticket: Ticket, event: Event) -> Transition:
    state, right = ticket.state, ticket.right
    row = transition(state, event, right)
    if row is None:
        possible = dict.fromkeys(row.event.value for row in leaving(state, right))
        message = f"{event} is not possible while {ticket.ref} is {state}."
        mend = f" Possible now: {', '.join(possible)}." if possible else " It has ended."
        raise NotAllowed(message + mend)
    if actor.by not in HANDS[row.by]:
        message = f"{event} of {ticket.ref} is for {row.by} to do, not for {actor.by}."
        raise NotAllowed(message)
    return row


def _check(row: Transition, facts: Facts) -> None:
    problems = unmet(row.needs, facts)
    if problems:
        raise NotAllowed(" ".join(problems))


def _move_clock(session: Unit, ticket: Ticket, event: Event, because: Because) -> None:
    at, before = session.now(), ticket.due_on
    if clock.note(ticket, event, at=at, length=because.length()):
        clock.wind(session, ticket, request_of(session, ticket).received_at)
        if event is Event.EXTEND and ticket.due_on == before:
            mend = "Give a shorter one, or no length for the longest there is."
            raise NotAllowed(f"An extension of that length has no effect under this law. {mend}")
        tasks.rank(session, ticket_id=ticket.id, at=ticket.due_at)


def _enter(session: Unit, ticket: Ticket, row: Transition, because: Because) -> None:
    """What a ticket learns and forgets on the way: a new round of deciding starts undecided."""
    if TaskKind.DECIDE in row.owes or row.event is Event.SEARCH_ANEW:
        ticket.decided_at = None
        ticket.doubts = []
        ticket.round += 1
    if row.event is Event.CONFIRM_IDENTITY:
        _prove(session, ticket)
    if row.event is Event.EXTEND:
        _remember(session, ticket, because)
    if row.event is Event.CONFIRM_NOTHING:
        ticket.policy_version = session.installation.policy.version
    if row.event is Event.SEARCH_ANEW:
        search_order.search_anew(session, ticket)
    if row.event is Event.RETRY:
        owed_tasks.reopen(session, ticket, row.start, row.end)
    if row.event is Event.ACCEPT_GAP:
        owed_tasks.accept_gap(session, ticket, row.start)


def _prove(session: Session, ticket: Ticket) -> None:
    """Whoever was confirmed has the identifiers they stated."""
    for row in identifiers(session, ticket.request_id):
        if row.evidence == "stated":
            row.evidence = "confirmed_by_staff"
            session.add(row)


def _remember(session: Unit, ticket: Ticket, because: Because) -> None:
    """The report says to the person why it took longer; the journal has a keyed mark only."""
    details = seals.details_of(session, ticket)
    seals.keep_details(session, ticket, {**details, EXTENDED: because.reason})


def _entry(
    session: Unit,
    ticket: Ticket,
    row: Transition,
    because: Because,
    *,
    came_from: str,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    entry: dict[str, Any] = {"from": came_from, "to": row.end.value, "ground": row.ground, **data}
    if because.ground:
        entry["because"] = because.ground
    if because.reason:
        vault = session.installation.vault
        entry["reason_mark"] = vault.blind("reason", because.reason)[:16]
    if because.decided_by:
        entry["decided_by"] = because.decided_by
    if row.event in clock.MOVES and ticket.due_on is not None:
        entry["due"] = ticket.due_on.isoformat()
    return entry


def _end(session: Unit, ticket: Ticket) -> None:
    """An ended ticket has no open work, and whoever waited for it is woken."""
    ticket.closed_at = session.now()
    tasks.cancel_ticket(session, session.installation.store, ticket_id=ticket.id)
    for other in siblings(session, ticket):
        if other.state == State.ACCEPTED:
            owed_tasks.enqueue(session, other, TaskKind.START, key=ticket.ref)
