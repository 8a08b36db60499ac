"""Waits for a request's tickets: does the work here when embedded, else lets the workers do it."""

import time
from collections.abc import Sequence

from dsar.domain.lifecycle import ENDS, OWNER, By, Event, State
from dsar.services.actor import staff
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.services.house import House, look, unit
from dsar.store.tables import Ticket
from dsar.store.tickets import of_request, request_by_ref

_PAUSE = 0.2


def wait_for(house: House, ref: str, *, seconds: float) -> bool:
    """Until every ticket has ended or needs a person, or the time is over; True if so."""
    until = time.monotonic() + seconds
    while not _settled(house, ref):
        if house.settings.redis_url is None:
            from workers.drive import drive

            drive(house)
        if time.monotonic() >= until:
            return False
        time.sleep(0 if _settled(house, ref) else _PAUSE)
    return True


def _settled(house: House, ref: str) -> bool:
    with look(house) as session:
        tickets = of_request(session, request_by_ref(session, ref))
        return all(_rests(ticket, tickets) for ticket in tickets)


def _rests(ticket: Ticket, tickets: Sequence[Ticket]) -> bool:
    """Ended, or somebody must act, or it waits for another ticket that rests."""
    state = State(ticket.state)
    if state in ENDS:
        return True
    if state is State.ACCEPTED:
        return _others_need_a_person(ticket, tickets)
    if state is State.IN_REVIEW and ticket.decided_at is None:
        return False
    return OWNER[state] is not By.SYSTEM


def _others_need_a_person(ticket: Ticket, tickets: Sequence[Ticket]) -> bool:
    others = [State(row.state) for row in tickets if row.id != ticket.id]
    return any(state not in ENDS and OWNER[state] is not By.SYSTEM for state in others)


def approve_when_asked(house: House, ref: str, name: str, reason: str) -> bool:
    """Approves in a member of staff's name whatever waits for it without a doubt; True if any."""
    because = Because(reason=reason or "approved at the desk", decided_by=name)
    with look(house) as session:
        waiting = [
            ticket.id
            for ticket in of_request(session, request_by_ref(session, ref))
            if ticket.state == State.IN_REVIEW and not ticket.doubts
            and ticket.right != "automated_decision_review"
        ]  # fmt: skip
    for ticket_id in waiting:
        with unit(house) as session:
            advance(session, staff(name), ticket_id, Event.APPROVE, because=because)
    return bool(waiting)
