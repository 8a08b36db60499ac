"""Hours of a source: a task outside them waits, unless a deadline, or the law, outranks them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dsar.config.hours import Hours
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.deferral import OwnWait
from dsar.store.engine import system_clock
from dsar.store.tables import Ticket
from dsar.store.tasks import Lease
from dsar.store.tickets import locked

#: What is left of a deadline when a source opens must be more than this, or it is not waited for.
MARGIN = timedelta(days=1)
OUTRANKED = "hours_outranked"


def local_now(installation: Installation) -> datetime:
    """The controller's own time."""
    clock = installation.store.clock or system_clock
    return clock().astimezone(ZoneInfo(installation.controller.timezone))


def await_hours(installation: Installation, lease: Lease) -> float | None:
    """Seconds for which the source may be worked on from now on; None is as long as it takes.

    Raises OwnWait outside its hours. Where the deadline outranks them the journal says so, once.
    """
    hours = _hours(installation, lease)
    if hours is None:
        return None
    now = local_now(installation)
    turns = hours.turns(now)
    if turns is None:
        return None
    left = turns - now
    if hours.open(now):
        return left.total_seconds()
    if turns + MARGIN < lease.rank and not _at_once(installation, lease):
        when = turns.strftime("%Y-%m-%d %H:%M")
        wait = left.total_seconds()
        raise OwnWait(code="outside_hours", wait=wait, source=lease.source, at=when)
    _warn(installation, lease)
    return None


def _hours(installation: Installation, lease: Lease) -> Hours | None:
    keeps = lease.kind.spec.in_hours
    source = installation.sources.by_name.get(lease.source) if keeps else None
    return source.hours if source is not None else None


def _at_once(installation: Installation, lease: Lease) -> bool:
    """Whether the law has this acted on at once: marketing stops, processing is restricted."""
    with reading(installation) as session:
        return bool(session.get_one(Ticket, lease.ticket_id).clock.get("act_at_once"))


def _warn(installation: Installation, lease: Lease) -> None:
    data = {"source": lease.source, "task": lease.kind}
    with transaction(installation) as session:
        ticket = locked(session, lease.ticket_id)
        known = journal.history(session, ticket, only=[OUTRANKED])
        if not any(dict(entry.data) == data for entry in known):
            journal.append(session, SYSTEM, ticket, event="hours_outranked", data=data)
            session.add(ticket)
