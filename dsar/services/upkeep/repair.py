"""Looks for tickets that should have moved on by themselves and have not, and moves them on.

Joins are decided under the ticket's lock, so there should be none; each one found is counted.
"""

import structlog

from dsar.domain.lifecycle import OWNER, By
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import settle
from dsar.store import tasks
from dsar.store.counts import count
from dsar.store.tickets import locked

log = structlog.get_logger("dsar.tasks")

_OURS = tuple(state for state, owner in OWNER.items() if owner is By.SYSTEM)


def repair_joins(installation: Installation, *, limit: int = 200) -> int:
    """Settles tickets that wait for the engine although nothing of theirs is to be done."""
    with reading(installation) as session:
        found = tasks.idle_tickets(session, _OURS, limit=limit)
    return sum(_repair(installation, ticket_id) for ticket_id in found)


def _repair(installation: Installation, ticket_id: str) -> bool:
    with transaction(installation) as session:
        ticket = locked(session, ticket_id)
        before = ticket.version
        settle(session, ticket)
        moved = ticket.version != before
        if moved:
            count(session, installation.store, "join_repairs")
            log.warning("join.repaired", ticket=ticket.ref)
    return moved
