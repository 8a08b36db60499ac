"""What a task that waits for an answer does to its source and its own row."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from dsar.domain.reasons import Reason
from dsar.sdk import Later
from dsar.services.runtime.installation import Unit
from dsar.store import tasks
from dsar.store.engine import Store
from dsar.store.tables import InquiryRow
from dsar.store.tasks import Lease

#: Whose answer was of no use: the next repetition of the task asks anew.
SPENT = "-"


#: A source that puts us off so often in a row, for so long, without anything having come of it,
#: needs a person: it may be away for good, or let us begin the same thing again and again.
STALLED_DEFERRALS = 25
STALLED_FOR = timedelta(hours=6)


class OwnWait(Later):
    """We put the task off ourselves: the source is not to blame, and stays open for others."""


def defer(session: Unit, store: Store, lease: Lease, later: Later) -> bool:
    """Puts a task off; True where it waits for a person instead, for it gets no further.

    Waiting for an answer, or for a job over there, keeps nobody else from the source, and takes as
    long as it takes. An answer that came while the task was at work has rung for nobody: it goes on
    at once. The caller has locked the ticket, as whoever answers does.
    """
    there = or_(col(InquiryRow.asked_at).is_not(None), col(InquiryRow.answered_at).is_not(None))
    found = session.exec(
        select(InquiryRow.answered_at)
        .where(col(InquiryRow.task_id) == lease.task_id, col(InquiryRow.used_by) == "")
        .where(there)
    ).all()
    wait = 0.0 if any(found) else later.wait
    ours = bool(found) or later.checkpoint is not None or isinstance(later, OwnWait)
    # A lease that names no source closes no gate.
    mine = replace(lease, source="") if ours else lease
    if not ours and (stalled := _standstill(session, lease, later.because)):
        tasks.wait_human(session, store, lease, reason=stalled)
        return True
    tasks.defer(session, store, mine, wait=wait, reason=later.because, stalls=not ours)
    return False


def _standstill(session: Unit, lease: Lease, why: Reason) -> Reason | None:
    """That nothing has come of a task for a while; None where it is not so."""
    times, since = tasks.standstill(session, lease)
    if times < STALLED_DEFERRALS or since is None or session.now() - since < STALLED_FOR:
        return None
    zone = ZoneInfo(session.installation.controller.timezone)
    when = since.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return Reason("standstill", {"since": when, "count": times, "why": why})


def spend(session: Session, lease: Lease) -> None:
    """The answer a task turned to a person with was of no use: the next attempt asks anew."""
    latest = (
        select(InquiryRow.id)
        .where(col(InquiryRow.task_id) == lease.task_id, col(InquiryRow.used_by) == lease.task_id)
        .order_by(col(InquiryRow.answered_at).desc())
        .limit(1)
    )
    spent = update(InquiryRow).where(col(InquiryRow.id) == latest.scalar_subquery())
    session.execute(spent.values(used_by=SPENT))
