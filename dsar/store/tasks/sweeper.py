"""Sweeping: what was forgotten is rung for again, what was abandoned is taken back.

Safe to run in any number of processes at once: on PostgreSQL each passes over the rows another has
in hand, on SQLite they take turns. `sweep` takes no ticket's lock, so it parks nothing: parking a
task moves its ticket on, and both are one transaction (`park_poison`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, case, func, or_, select, update
from sqlmodel import Session

from dsar.domain.lifecycle import TaskKind
from dsar.domain.lifecycle.task_kinds import Queue
from dsar.domain.lifecycle.task_states import TaskState
from dsar.domain.reasons import Reason
from dsar.store.counts import count
from dsar.store.engine import Store, StoreSession
from dsar.store.tasks import gates
from dsar.store.tasks.states import (
    TASK,
    FromNow,
    is_in,
    is_queued,
    locking,
    server_tells_time,
)

_c = TASK.c

#: Workers that may die on a task before it is parked.
MAX_CRASHES = 3
CRASH_REASON = Reason("worker_died", {"count": MAX_CRASHES})
#: Pauses between two rings for the same ready task; the last one for all that follow.
RING_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 32, 60))


@dataclass(frozen=True, slots=True)
class ExpiredTask:
    """A task that was taken back from a worker nobody heard of any more."""

    task_id: str
    ticket_id: str
    kind: TaskKind
    source: str
    queue: Queue
    attempts: int
    crashes: int


class Poison(NamedTuple):
    """A task on which one worker too many has died, still as that worker left it."""

    task_id: str
    ticket_id: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one sweep found: bells to ring after the commit, (queue, task id), and what expired.

    `poison` is left for `park_poison`.
    """

    wakeups: tuple[tuple[str, str], ...]
    expired: tuple[ExpiredTask, ...]
    poison: tuple[Poison, ...] = ()


_SHOWN = ("id", "ticket_id", "kind", "source", "queue", "attempts", "crashes")


def sweep(session: Session, store: Store, *, limit: int = 200) -> SweepResult:
    """Takes back leases that ran out and notes the bells to ring; at most `limit` rows of each."""
    if not _anything(session, store):
        return SweepResult((), ())
    expired = _take_back(session, store, limit)
    again = _ring_again(session, store, limit)
    if again:
        count(session, store, "rings_resent", plus=len(again))
    wakeups = [(row.queue, row.task_id) for row in expired]
    found = SweepResult((*wakeups, *again, *_reopened(session, store)), expired)
    return replace(found, poison=_poison(session, store, limit))


def _anything(session: Session, store: Store) -> bool:
    """Whether there is anything to sweep: an idle installation is asked this and nothing more."""
    statement = _due(server_tells_time(store))
    times = FromNow.given(store, now=timedelta())
    return bool(session.connection().execute(statement, times).scalar_one())


@cache
def _due(server: bool) -> Any:
    now = FromNow.said("now", server=server)
    tasks = select(_c.id).where(is_queued(), _c.sweep_at <= now).exists()
    return select(or_(tasks, gates.to_reopen(now).exists()))


def expire(session: Session, store: Store, *, owner: str) -> int:
    """The leases of a worker known to be dead run out now; the next sweep takes them back."""
    held = and_(_c.owner == owner, is_in(TaskState.LEASED))
    now = store.instant()
    return session.connection().execute(update(TASK).where(held).values(sweep_at=now)).rowcount


def _take_back(session: Session, store: Store, limit: int) -> tuple[ExpiredTask, ...]:
    times = FromNow.given(store, now=timedelta(), ring_at=RING_PAUSES[0])
    statement = _lost(server_tells_time(store))
    rows = session.connection().execute(statement, times | {"most": limit}).mappings()
    expired = tuple(_expired(row) for row in rows)
    if expired:
        count(session, store, "lease_expiries", plus=len(expired))
    return expired


def _ran_out(now: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(is_queued(), is_in(TaskState.LEASED), _c.sweep_at <= now)


#: Whether the worker that was lost on a task just now was one too many.
_IS_POISON = _c.crashes + 1 >= MAX_CRASHES


@cache
def _lost(server: bool) -> Any:
    """Leases that ran out: ready again, but for those of tasks that killed too many workers."""
    now = FromNow.said("now", server=server)
    lost = select(_c.id).where(_ran_out(now), ~_IS_POISON)
    ids = locking(lost.order_by(_c.sweep_at).limit(bindparam("most")))
    return (
        update(TASK)
        .where(_c.id.in_(ids), is_in(TaskState.LEASED))
        .values(crashes=_c.crashes + 1, owner="", not_before=now, updated_at=now)
        .values(state=TaskState.READY, reason=None, sweep_at=FromNow.said("ring_at", server=server))
        .returning(*(_c[name] for name in _SHOWN))
    )


def _poison(session: Session, store: Store, limit: int) -> tuple[Poison, ...]:
    found = select(_c.id, _c.ticket_id).where(_ran_out(store.instant()), _IS_POISON)
    rows = session.connection().execute(found.order_by(_c.sweep_at).limit(limit))
    return tuple(Poison(*row) for row in rows)


def park_poison(session: Session, store: Store, task_id: str) -> ExpiredTask | None:
    """Parks a task that killed too many workers; None where another sweep was faster.

    The caller has locked the ticket and moves it on in this transaction.
    """
    now = store.instant()
    doomed = update(TASK).where(_c.id == task_id, _ran_out(now), _IS_POISON)
    parked = doomed.values(
        state=TaskState.PARKED,
        reason=CRASH_REASON,
        crashes=_c.crashes + 1,
        owner="",
        updated_at=now,
    ).returning(*(_c[name] for name in _SHOWN))
    row = session.connection().execute(parked).mappings().first()
    if row is None:
        return None
    count(session, store, "lease_expiries")
    count(session, store, "crash_parkings")
    return _expired(row)


def _expired(row: RowMapping) -> ExpiredTask:
    return ExpiredTask(row["id"], **{name: row[name] for name in _SHOWN[1:]})


def _ring_again(session: Session, store: Store, limit: int) -> list[tuple[str, str]]:
    pauses = {f"pause_{number}": pause for number, pause in enumerate(RING_PAUSES)}
    times = FromNow.given(store, now=timedelta(), **pauses)
    statement = _unclaimed(server_tells_time(store))
    rows = session.connection().execute(statement, times | {"most": limit})
    return [(queue, task_id) for queue, task_id in rows]


@cache
def _unclaimed(server: bool) -> Any:
    """Ready tasks nobody came for: rung for again, each time after a longer pause."""
    now = FromNow.said("now", server=server)
    unclaimed = select(_c.id).where(is_queued(), is_in(TaskState.READY), _c.sweep_at <= now)
    ids = locking(unclaimed.order_by(_c.sweep_at).limit(bindparam("most")))
    pauses = [FromNow.said(f"pause_{number}", server=server) for number in range(len(RING_PAUSES))]
    after = [(_c.rings == number, pause) for number, pause in enumerate(pauses)]
    return (
        update(TASK)
        .where(_c.id.in_(ids), is_in(TaskState.READY))
        .values(rings=_c.rings + 1, sweep_at=case(*after, else_=pauses[-1]))
        .returning(_c.queue, _c.id)
    )


def _reopened(session: Session, store: Store) -> list[tuple[str, str]]:
    """Rings for sources whose closed time has ended: as many as they admit at once."""
    wakeups: list[tuple[str, str]] = []
    for source, places in gates.reopen(session, store):
        best = select(_c.queue, _c.id).where(is_in(TaskState.READY), _c.source == source)
        rows = session.connection().execute(best.order_by(_c.rank, _c.id).limit(places))
        wakeups.extend((queue, task_id) for queue, task_id in rows)
    return wakeups


def oldest_unclaimed(session: StoreSession, store: Store) -> timedelta:
    """For how long the oldest ready task has been due without anybody claiming it."""
    oldest = select(func.min(_c.not_before)).where(
        is_in(TaskState.READY), _c.not_before <= store.instant()
    )
    found: datetime | None = session.connection().scalar(oldest)
    return session.now() - found if found is not None else timedelta()
