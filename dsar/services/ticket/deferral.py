"""What a task that waits for an answer does to its source and its own row."""

from dataclasses import replace

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from dsar.sdk import Later
from dsar.services.runtime.installation import Unit
from dsar.store import tasks
from dsar.store.engine import Store
from dsar.store.tables import Inquiry
from dsar.store.tasks import Lease

#: Whose answer was of no use: the next repetition of the task asks anew.
SPENT = "-"


def defer(session: Unit, store: Store, lease: Lease, later: Later) -> None:
    """Puts a task off. Waiting for an answer keeps nobody else from the source.

    An answer that came while the task was at work has rung for nobody: it goes on at once. The
    caller has locked the ticket, as whoever answers does.
    """
    there = or_(col(Inquiry.asked_at).is_not(None), col(Inquiry.answered_at).is_not(None))
    found = session.exec(
        select(Inquiry.answered_at)
        .where(col(Inquiry.task_id) == lease.task_id, col(Inquiry.used_by) == "")
        .where(there)
    ).all()
    wait = 0.0 if any(found) else later.wait
    # A lease that names no source closes no gate.
    mine = replace(lease, source="") if found else lease
    tasks.defer(session, store, mine, wait=wait, reason=later.reason[:500])


def spend(session: Session, lease: Lease) -> None:
    """The answer a task turned to a person with was of no use: the next attempt asks anew."""
    latest = (
        select(Inquiry.id)
        .where(col(Inquiry.task_id) == lease.task_id, col(Inquiry.used_by) == lease.task_id)
        .order_by(col(Inquiry.answered_at).desc())
        .limit(1)
    )
    spent = update(Inquiry).where(col(Inquiry.id) == latest.scalar_subquery())
    session.execute(spent.values(used_by=SPENT))
