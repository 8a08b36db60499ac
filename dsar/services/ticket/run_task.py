"""Runs one claimed task to an honest end: done, later, a person's turn, again, or parked.

Handlers are functions of (installation, run). They read and act outside any transaction and finish
in one:
`with finishing(run) as (session, ticket)` locks the ticket, completes the task under its fence and
lets follow what follows, all committed together.
"""

import errno
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dsar.domain.errors import DsarError
from dsar.domain.lifecycle import TaskKind
from dsar.domain.reasons import Reason, told
from dsar.sandbox.pool import Defect, ProcessStopped
from dsar.sandbox.wire import PASSING
from dsar.sdk import Later, NeedsHuman
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, Unit, transaction
from dsar.services.ticket import deferral, working_hours
from dsar.services.ticket.advance import settle
from dsar.services.ticket.search_order import unblock
from dsar.store import coverage, tasks
from dsar.store.files.places import StoreAway
from dsar.store.tables import Ticket
from dsar.store.tasks import ExpiredTask, Lease, LeaseLost, Poison, gates
from dsar.store.tickets import locked

log = structlog.get_logger("dsar.tasks")


class StopAsked(Exception):  # noqa: N818
    """The process is asked to stop: the task is given back at its last checkpoint."""


@dataclass
class Run:
    """One attempt at one task. `next` is the task claimed in the commit that ended this one."""

    installation: Installation
    lease: Lease
    kinds: tuple[str, ...]
    stopping: threading.Event = field(default_factory=threading.Event)
    next: Lease | None = None
    fuse: bool = True
    until: float | None = None

    def check(self) -> None:
        """Called at page borders; raises StopAsked when the process is asked to stop, OwnWait when
        the hours of the source are over (`until`, by the process's own monotonic clock)."""
        if self.stopping.is_set():
            raise StopAsked
        if self.until is not None and time.monotonic() >= self.until:
            raise deferral.OwnWait(code="hours_over", wait=0)

    def claim_next(self, session: Unit) -> None:
        """Claims the next task in the same transaction, which saves a commit a task."""
        if self.fuse and not self.stopping.is_set():
            self.next = tasks.claim(
                session,
                self.installation.store,
                queue=self.lease.queue,
                kinds=self.kinds,
                owner=self.lease.owner,
                lease=timedelta(seconds=self.installation.settings.lease_seconds),
            )


Handler = Callable[[Installation, Run], None]


@contextmanager
def finishing(run: Run) -> Iterator[tuple[Unit, Ticket]]:
    """The transaction that ends a task well: ticket locked, fence checked, then the rest."""
    with transaction(run.installation) as session:
        ticket = locked(session, run.lease.ticket_id)
        tasks.complete(session, run.installation.store, run.lease)
        yield session, ticket
        _after(session, ticket, run.lease.kind)
        run.claim_next(session)


def claim(
    installation: Installation, *, queue: str, kinds: tuple[str, ...], owner: str
) -> Lease | None:
    """The best ready task of a queue, leased to `owner`, or None."""
    with transaction(installation) as session:
        return tasks.claim(
            session,
            installation.store,
            queue=queue,
            kinds=kinds,
            owner=owner,
            lease=timedelta(seconds=installation.settings.lease_seconds),
        )


def perform(
    installation: Installation,
    lease: Lease,
    *,
    stopping: threading.Event,
    handlers: Mapping[str, Handler],
) -> Lease | None:
    """Runs a leased task to its honest end; returns the task claimed along with it, if any."""
    run = Run(installation, lease, tuple(handlers), stopping)
    try:
        left = working_hours.await_hours(installation, lease)
        run.until = None if left is None else time.monotonic() + left
        handlers[lease.kind](installation, run)
    except LeaseLost:
        log.warning("task.fenced", task=lease.task_id, kind=lease.kind, fence=lease.fence)
        return None
    except StopAsked:
        _give_back(installation, lease)
        return None
    except Exception as error:  # noqa: BLE001 - every failure of a task becomes a state of it
        run.next = None  # claimed along with an end that did not come about
        _failed(installation, run, error)
    return run.next


def _give_back(installation: Installation, lease: Lease) -> None:
    try:
        with transaction(installation) as session:
            tasks.release(session, installation.store, lease)
    except LeaseLost:
        log.warning("task.fenced", task=lease.task_id, kind=lease.kind, fence=lease.fence)


def _failed(installation: Installation, run: Run, error: Exception) -> None:
    """Gives a failure its named end; a worker shut out meanwhile writes nothing.

    The next task is claimed along with it: others wait behind one that failed, and their rings may
    have been answered by this very worker.
    """
    lease = run.lease
    log.warning(
        "task.failed",
        task=lease.task_id,
        kind=lease.kind,
        source=lease.source,
        error=type(error).__name__,
        where=_where(error),
        attempts=lease.attempts,
    )
    try:
        with transaction(installation) as session:
            ticket = locked(session, lease.ticket_id)
            stuck = _fail(session, installation, lease, error)
            if stuck:
                _stuck(session, ticket, lease)
            run.claim_next(session)
    except LeaseLost:
        log.warning("task.fenced", task=lease.task_id, kind=lease.kind, fence=lease.fence)


def _where(error: Exception) -> str:
    """The last places the error passed: never its text, which may quote data."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))


def _fail(session: Unit, installation: Installation, lease: Lease, error: Exception) -> bool:
    """Writes the failure; True if the task will not run again by itself."""
    if isinstance(error, Later):
        return deferral.defer(session, installation.store, lease, error)
    if isinstance(error, NeedsHuman):
        deferral.spend(session, lease)
        tasks.wait_human(session, installation.store, lease, reason=error.because)
        return True
    if isinstance(error, Defect) or (lease.source and not isinstance(error, _PASSING)):
        reason = told(error.reason, "stopped") if isinstance(error, Defect) else _reason(error)
        gates.failed(session, installation.store, lease.source, reason=reason)
        tasks.wait_human(session, installation.store, lease, reason=reason)
        return True
    if isinstance(error, ProcessStopped | StoreAway):
        return tasks.fail(session, installation.store, lease, reason=told(error.reason, "stopped"))
    if isinstance(error, DsarError):
        tasks.wait_human(session, installation.store, lease, reason=told(str(error)))
        return True
    # Our own database says this; what a source's says reaches us as Later or NeedsHuman.
    blamed = "" if isinstance(error, SQLAlchemyError) else lease.source
    return tasks.fail(session, installation.store, lease, reason=_reason(error), source=blamed)


#: What may be over the next time. Whatever else comes of asking a source would come again: it is
#: staff's at once.
_PASSING = (*PASSING, MemoryError, SQLAlchemyError, DsarError)
#: What a disk can be: its operator mends it, and the task goes on by itself.
_DISKS = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_quota",
    errno.EFBIG: "disk_file_limit",
    errno.EIO: "disk_broken",
    errno.EROFS: "disk_read_only",
}


def _reason(error: Exception) -> Reason:
    """Why a task failed: never the error's text, which may quote."""
    code = _DISKS.get(error.errno or 0) if isinstance(error, OSError) else None
    return Reason(code) if code else Reason("failed", {"error": type(error).__name__})


def _stuck(session: Unit, ticket: Ticket, lease: Lease | ExpiredTask) -> None:
    """A task that got stuck says so on its coverage line and in the journal; the rest goes on."""
    if lease.kind.spec.on_ledger:
        reason = tasks.task(session, lease.task_id).reason
        coverage.hinder(session, ticket.id, lease.source, reason)
    data = {"task": lease.kind, "source": lease.source, "attempts": lease.attempts}
    journal.append(session, SYSTEM, ticket, event="task_stuck", data=data)
    session.add(ticket)
    _after(session, ticket, lease.kind)


def _after(session: Unit, ticket: Ticket, kind: TaskKind) -> None:
    session.flush()
    if kind == TaskKind.SEARCH:
        unblock(session, ticket)
    settle(session, ticket)


def sweep(installation: Installation, limit: int = 200) -> int:
    """Rings again for what nobody claimed and takes back what nobody finished; how many rows."""
    with transaction(installation) as session:
        swept = tasks.sweep(session, installation.store, limit=limit)
        session.wakeups.extend(swept.wakeups)
    parked = sum(_park(installation, poison) for poison in swept.poison)
    return len(swept.wakeups) + len(swept.expired) + parked


def _park(installation: Installation, poison: Poison) -> bool:
    """Gives a task up that killed its workers and moves its ticket on, or does neither.

    A ticket that cannot be moved keeps no other from being swept; it is tried again by the next.
    """
    try:
        with transaction(installation) as session:
            ticket = locked(session, poison.ticket_id)
            lost = tasks.park_poison(session, installation.store, poison.task_id)
            if lost is not None:
                _stuck(session, ticket, lost)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this ticket's only
        name = type(error).__name__
        log.warning("task.not_parked", task=poison.task_id, error=name, where=_where(error))
        return False
    return lost is not None
