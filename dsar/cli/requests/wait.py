"""Waits for a request's tickets: does the work here when embedded, else lets the workers do it."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence

import typer

from dsar.cli.opened import DESK
from dsar.domain.lifecycle import ENDS, OWNER, TABLE, By, Event, State, failures
from dsar.services.runtime.access import request_for
from dsar.services.runtime.actor import staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.services.views.hindrances import NOTHING_ASKED
from dsar.services.views.queue import QueueRow
from dsar.store.tables import Ticket
from dsar.store.tickets import of_request

_PAUSE = 0.2
_GAP = " (or accept_gap --reason WHY instead of retry, to go on with a named gap)"
_WITH_GAP = {row.start for row in TABLE if row.event is Event.ACCEPT_GAP}
#: Where waiting ends because something failed, and what else than a retry leads on from there.
FAILED: Mapping[State, str] = {
    state: _GAP if state in _WITH_GAP else "" for state in State if state in failures()
}


def wait_for(installation: Installation, ref: str, *, seconds: float) -> bool:
    """Until every ticket has ended or needs a person, or the time is over; True if so."""
    until = time.monotonic() + seconds
    while not (settled := _settled(installation, ref)) and time.monotonic() < until:
        if installation.settings.redis_url is None:
            from workers.run_here import run_until_idle

            run_until_idle(installation)
        time.sleep(0 if _settled(installation, ref) else _PAUSE)
    return settled


def _settled(installation: Installation, ref: str) -> bool:
    with reading(installation) as session:
        tickets = of_request(session, request_for(session, DESK, ref))
        return all(_rests(ticket, tickets) for ticket in tickets)


def _rests(ticket: Ticket, tickets: Sequence[Ticket]) -> bool:
    """Ended, or somebody must act, or it waits for another ticket that rests."""
    state = ticket.state
    if state in ENDS:
        return True
    if state is State.ACCEPTED:
        return _others_need_a_person(ticket, tickets)
    if state is State.IN_REVIEW and ticket.decided_at is None:
        return False
    return OWNER[state] is not By.SYSTEM


def _others_need_a_person(ticket: Ticket, tickets: Sequence[Ticket]) -> bool:
    others = [row.state for row in tickets if row.id != ticket.id]
    return any(state not in ENDS and OWNER[state] is not By.SYSTEM for state in others)


def exit_where_failed(tickets: Iterable[QueueRow], *, in_time: bool) -> None:
    """Ends the command with 1 where one of these tickets, as they are shown, is not through.

    It waits for a mend, no source can be asked for it, or it is still on its way although the time
    to wait is over. Each says on stderr where it stands: what is shown stays the only thing a
    program reads.
    """
    said = [line for ticket in tickets if (line := _where(ticket, in_time=in_time))]
    for line in said:
        print(f"dsar: {line}", file=sys.stderr)
    if said:
        raise typer.Exit(1)


def _where(ticket: QueueRow, *, in_time: bool) -> str:
    ref, state, why = ticket.ref, ticket.state, ticket.next.rstrip(".")
    if ticket.hindrance and ticket.hindrance.code == NOTHING_ASKED:
        return f"{ref} stands at {state}: {why}"
    if state in FAILED:
        mend = f"dsar ticket act {ref} retry --wait{FAILED[state]}"
        return f"{ref} stands at {state}: {why}. When that is mended: {mend}."
    if in_time or state in ENDS or OWNER[state] is not By.SYSTEM:
        return ""
    return (
        f"{ref} is still at {state}, and the time to wait is over: {why}. It goes on where workers "
        f"run; see dsar ticket show {ref}."
    )


def approve_when_asked(installation: Installation, ref: str, name: str, reason: str) -> bool:
    """Approves in a member of staff's name whatever waits for it without a doubt; True if any."""
    because = Because(reason=reason or "approved at the desk", decided_by=name)
    with reading(installation) as session:
        waiting = [
            ticket.id
            for ticket in of_request(session, request_for(session, DESK, ref))
            if ticket.state == State.IN_REVIEW and not ticket.doubts
            and not ticket.right.spec.decided_by_person
        ]  # fmt: skip
    for ticket_id in waiting:
        with transaction(installation) as session:
            advance(session, staff(name), ticket_id, Event.APPROVE, because=because)
    return bool(waiting)
