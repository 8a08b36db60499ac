"""Sweeping: what was forgotten is rung for again, what was abandoned is taken back.

Safe to run in any number of processes at once: on PostgreSQL each passes over the rows another has
in hand, on SQLite they take turns. It takes no ticket's lock; commit before you evaluate joins.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, case, func, or_, select, update
from sqlmodel import Session

from dsar.store import gates
from dsar.store.counts import count
from dsar.store.engine import Store, StoreSession
from dsar.store.task_states import (
    TASK,
    Moment,
    TaskState,
    is_in,
    is_queued,
    locking,
    server_tells_time,
)

_c = TASK.c

#: Workers that may die on a task before it is parked.
MAX_CRASHES = 3
CRASH_REASON = "the worker died three times on this task"
#: Pauses between two rings for the same ready task; the last one for all that follow.
RING_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 32, 60))


@dataclass(frozen=True, slots=True)
class Expired:
    """A task that was taken back, and where it stands now: ready again or parked."""

    task_id: str
    ticket_id: str
    kind: str
    source: str
    queue: str
    state: str
    attempts: int
    crashes: int

    @property
    def parked(self) -> bool:
        """Whether it was one crash too many."""
        return self.state == TaskState.PARKED


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep found: bells to ring after the commit, (queue, task id), and who expired."""

    rings: tuple[tuple[str, str], ...]
    expired: tuple[Expired, ...]


_SHOWN = ("id", "ticket_id", "kind", "source", "queue", "state", "attempts", "crashes")


def sweep(session: Session, store: Store, *, limit: int = 200) -> Swept:
    """Takes back leases that ran out and notes the bells to ring; at most `limit` rows of each."""
    if not _anything(session, store):
        return Swept((), ())
    expired = _take_back(session, store, limit)
    again = _ring_again(session, store, limit)
    if again:
        count(session, store, "rings_resent", plus=len(again))
    rings = [(row.queue, row.task_id) for row in expired if not row.parked]
    return Swept((*rings, *again, *_reopened(session, store)), expired)


def _anything(session: Session, store: Store) -> bool:
    """Whether there is anything to sweep: an idle installation is asked this and nothing more."""
    statement = _due(server_tells_time(store))
    times = Moment.given(store, now=timedelta())
    return bool(session.connection().execute(statement, times).scalar_one())


@cache
def _due(server: bool) -> Any:
    now = Moment.said("now", server=server)
    tasks = select(_c.id).where(is_queued(), _c.sweep_at <= now).exists()
    return select(or_(tasks, gates.to_reopen(now).exists()))


def expire(session: Session, store: Store, *, owner: str) -> int:
    """The leases of a worker known to be dead run out now; the next sweep takes them back."""
    held = and_(_c.owner == owner, is_in(TaskState.LEASED))
    now = store.instant()
    return session.connection().execute(update(TASK).where(held).values(sweep_at=now)).rowcount


def _take_back(session: Session, store: Store, limit: int) -> tuple[Expired, ...]:
    times = Moment.given(store, now=timedelta(), ring_at=RING_PAUSES[0])
    statement = _lost(server_tells_time(store))
    rows = session.connection().execute(statement, times | {"most": limit}).mappings()
    expired = tuple(_expired(row) for row in rows)
    if expired:
        count(session, store, "lease_expiries", plus=len(expired))
    parked = sum(row.parked for row in expired)
    if parked:
        count(session, store, "crash_parkings", plus=parked)
    return expired


@cache
def _lost(server: bool) -> Any:
    """Leases that ran out: ready again, or parked when one worker too many died on the task."""
    now = Moment.said("now", server=server)
    lost = select(_c.id).where(is_queued(), is_in(TaskState.LEASED), _c.sweep_at <= now)
    ids = locking(lost.order_by(_c.sweep_at).limit(bindparam("most")))
    poison = _c.crashes + 1 >= MAX_CRASHES
    return (
        update(TASK)
        .where(_c.id.in_(ids), is_in(TaskState.LEASED))
        .values(crashes=_c.crashes + 1, owner="", not_before=now, updated_at=now)
        .values(
            state=case((poison, TaskState.PARKED.value), else_=TaskState.READY.value),
            reason=case((poison, CRASH_REASON), else_=""),
            sweep_at=Moment.said("ring_at", server=server),
        )
        .returning(*(_c[name] for name in _SHOWN))
    )


def _expired(row: RowMapping) -> Expired:
    return Expired(row["id"], **{name: row[name] for name in _SHOWN[1:]})


def _ring_again(session: Session, store: Store, limit: int) -> list[tuple[str, str]]:
    pauses = {f"pause_{number}": pause for number, pause in enumerate(RING_PAUSES)}
    times = Moment.given(store, now=timedelta(), **pauses)
    statement = _unclaimed(server_tells_time(store))
    rows = session.connection().execute(statement, times | {"most": limit})
    return [(queue, task_id) for queue, task_id in rows]


@cache
def _unclaimed(server: bool) -> Any:
    """Ready tasks nobody came for: rung for again, each time after a longer pause."""
    now = Moment.said("now", server=server)
    unclaimed = select(_c.id).where(is_queued(), is_in(TaskState.READY), _c.sweep_at <= now)
    ids = locking(unclaimed.order_by(_c.sweep_at).limit(bindparam("most")))
    pauses = [Moment.said(f"pause_{number}", server=server) for number in range(len(RING_PAUSES))]
    after = [(_c.rings == number, pause) for number, pause in enumerate(pauses)]
    return (
        update(TASK)
        .where(_c.id.in_(ids), is_in(TaskState.READY))
        .values(rings=_c.rings + 1, sweep_at=case(*after, else_=pauses[-1]))
        .returning(_c.queue, _c.id)
    )


def _reopened(session: Session, store: Store) -> list[tuple[str, str]]:
    """Rings for sources whose closed time has ended: as many as they admit at once."""
    rings: list[tuple[str, str]] = []
    for source, places in gates.reopen(session, store):
        best = select(_c.queue, _c.id).where(is_in(TaskState.READY), _c.source == source)
        rows = session.connection().execute(best.order_by(_c.rank, _c.id).limit(places))
        rings.extend((queue, task_id) for queue, task_id in rows)
    return rings


def oldest_unclaimed(session: StoreSession, store: Store) -> timedelta:
    """For how long the oldest ready task has been due without anybody claiming it."""
    oldest = select(func.min(_c.not_before)).where(
        is_in(TaskState.READY), _c.not_before <= store.instant()
    )
    found: datetime | None = session.connection().scalar(oldest)
    return session.now() - found if found is not None else timedelta()
