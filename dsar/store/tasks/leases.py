"""Leases: claiming the best task, and every write of the worker that holds it.

A worker may write to a task only while it holds its lease: each statement names the lease's fence
and the state `leased`. Where that meets no row the worker is shut out (`LeaseLost`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlmodel import Session, SQLModel

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
    note_wakeup,
    ready_sources,
    server_tells_time,
)

#: How long a claim holds without a sign of life.
LEASE = timedelta(seconds=60)
#: How long the process that made a task ready has to ring before the sweeper does.
GRACE = timedelta(seconds=2)
#: Attempts that may fail before a task is parked, and the pause after the first of them.
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)

_c = TASK.c


class LeaseLost(Exception):  # noqa: N818 - a sentence, as everywhere here
    """The lease was lost: another worker has the task, or it was cancelled. Write nothing more."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one task until the lease ends; `fence` proves it in every write.

    `ref` is the ticket's, for people; `trace` the web request that began this work, if one did.
    """

    task_id: str
    ticket_id: str
    kind: TaskKind
    source: str
    key: str
    queue: Queue
    fence: int
    attempts: int
    checkpoint: str | None
    rank: datetime
    owner: str
    done: int
    trace: str | None
    ref: str
    hold: timedelta = LEASE


_FIELDS = tuple(field.name for field in fields(Lease) if field.name != "hold")
_ticket = SQLModel.metadata.tables["ticket"]
_ref = select(_ticket.c.ref).where(_ticket.c.id == _c.ticket_id).correlate(TASK)
_ELSEWHERE = {"task_id": _c.id, "ref": _ref.scalar_subquery()}
_LEASE_COLUMNS = tuple(_ELSEWHERE[name] if name in _ELSEWHERE else _c[name] for name in _FIELDS)


# -- claiming -------------------------------------------------------------------------------------


def claim(
    session: StoreSession,
    store: Store,
    *,
    queue: str,
    kinds: Collection[str],
    owner: str,
    lease: timedelta = LEASE,
) -> Lease | None:
    """The best ready task of the queue is the owner's: the earliest deadline, then the oldest id.

    The attempt is counted now, before the work. `kinds` are those this worker knows; during a
    rolling deploy the others are left to workers who know them.
    """
    shut: set[str] = set()
    while (
        row := _take(session, store, queue=queue, kinds=kinds, owner=owner, lease=lease, shut=shut)
    ) is not None:
        if not row.source or gates.admits(session, store, row.source):
            return Lease(**dict(zip(_FIELDS, row, strict=True)), hold=lease)
        _put_back(session, store, row.id)
        shut.add(row.source)
    return None


def _take(
    session: Session,
    store: Store,
    *,
    queue: str,
    kinds: Collection[str],
    owner: str,
    lease: timedelta,
    shut: Collection[str],
) -> Row[Any] | None:
    given = {"of_queue": queue, "kinds": tuple(kinds), "given_to": owner, "shut": tuple(shut)}
    times = FromNow.given(store, now=timedelta(), ends=lease)
    statement = _best(server_tells_time(store))
    return session.connection().execute(statement, given | times).first()


_QUEUE = bindparam("of_queue", type_=_c.queue.type)
_KINDS = bindparam("kinds", type_=_c.kind.type, expanding=True)
_SHUT = bindparam("shut", type_=_c.source.type, expanding=True)
#: More sources than any house has; the limit also keeps the sub-select in its order.
_MANY: ColumnElement[int] = literal_column("1000")


@cache
def _best(server: bool) -> Any:
    """The claim: the best ready task of an open source becomes the owner's, in one statement.

    Each open source is asked for its first task, by the index, and the best of them is taken: so a
    claim costs the same however many tasks wait before a closed source. A source whose tasks other
    workers hold locked at this instant is passed over for the next.
    """
    now = FromNow.said("now", server=server)
    heads = _heads(now)
    best = _of_source(heads.c.source, now).with_for_update(skip_locked=True)
    picked = select(best.scalar_subquery().label("id")).select_from(heads).cte("picked")
    picked = picked.prefix_with("MATERIALIZED", dialect="postgresql")
    chosen = select(picked.c.id).where(picked.c.id.is_not(None)).limit(literal_column("1"))
    return (
        update(TASK)
        .where(_c.id == chosen.scalar_subquery(), is_in(TaskState.READY))
        .values(state=TaskState.LEASED, owner=bindparam("given_to"), rings=0, reason=None)
        .values(fence=_c.fence + 1, attempts=_c.attempts + 1, updated_at=now)
        .values(sweep_at=FromNow.said("ends", server=server))
        .returning(*_LEASE_COLUMNS)
    )


def _heads(now: ColumnElement[Any]) -> CTE:
    """The open sources with something to do, the one whose first task is best before the others."""
    sources = ready_sources()
    named = sources.c.source
    first = _of_source(named, now).scalar_subquery()
    open_ = and_(named.not_in(gates.shut(now)), named.not_in(_SHUT))
    each = select(named, first.label("id")).where(named.is_not(None), open_).cte("each")
    head = TASK.alias("head")
    ranked = select(each.c.source).join(head, head.c.id == each.c.id)
    return ranked.order_by(head.c.rank, head.c.id).limit(_MANY).cte("heads")


def _of_source(source: ColumnElement[Any], now: ColumnElement[Any]) -> Select[tuple[str]]:
    """The best task of one source that may be done now by this worker."""
    task = TASK.alias("waiting")
    due = and_(task.c.queue == _QUEUE, task.c.not_before <= now, task.c.kind.in_(_KINDS))
    best = select(task.c.id).where(is_queued(task), is_in(TaskState.READY, task), due)
    best = best.where(task.c.source == source).order_by(task.c.rank, task.c.id)
    return best.limit(literal_column("1")).correlate(source.table)


def _put_back(session: Session, store: Store, task_id: str) -> None:
    """The source's last slot went to another worker between the claim and the lock of its gate."""
    ready = {"state": TaskState.READY, "owner": "", "attempts": _c.attempts - 1}
    session.connection().execute(
        update(TASK).where(_c.id == task_id).values(**ready, sweep_at=store.instant(GRACE))
    )


# -- working under a lease ------------------------------------------------------------------------


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(_c.id == lease.task_id, _c.fence == lease.fence, is_in(TaskState.LEASED))


def _write(session: StoreSession, store: Store, lease: Lease, **values: Any) -> None:
    statement = update(TASK).where(_held(lease)).values(values)
    if not session.connection().execute(statement.values(updated_at=store.instant())).rowcount:
        _refuse(session, store, lease)


def _refuse(session: StoreSession, store: Store, lease: Lease) -> NoReturn:
    """Nothing of a fenced worker's transaction may stay; that it happened is counted by itself."""
    session.rollback()
    session.wakeups = []
    count(session, store, "fenced_writes")
    session.commit()
    raise LeaseLost(f"Task {lease.task_id} is no longer held under fence {lease.fence}.")


def renew(session: StoreSession, store: Store, lease: Lease) -> None:
    """The worker is alive and holds the task: its lease starts anew."""
    _write(session, store, lease, sweep_at=store.instant(lease.hold))


def renew_all(session: Session, store: Store, leases: Iterable[Lease]) -> int:
    """All leases of a process start anew, in one statement; how many.

    A row that is being written just now is passed over: its writer is alive and renews it, or it
    is renewed the next time. So this waits for nobody and nobody waits long for it.
    """
    held = list(leases)
    if not held:
        return 0
    mine = tuple_(_c.id, _c.fence).in_([(lease.task_id, lease.fence) for lease in held])
    free = locking(select(_c.id).where(mine, is_in(TaskState.LEASED)))
    ends = store.instant(min(lease.hold for lease in held))
    statement = update(TASK).where(_c.id.in_(free), is_in(TaskState.LEASED), mine)
    renewed = session.connection().execute(statement.values(sweep_at=ends).returning(_c.id))
    return len(renewed.all())


def checkpoint(
    session: StoreSession, store: Store, lease: Lease, checkpoint: str | None, *, done: int = 0
) -> None:
    """The task got further: whoever works on it next goes on from here. Renews the lease."""
    _write(
        session,
        store,
        lease,
        deferrals=0,
        stalled_since=None,
        checkpoint=checkpoint,
        done=_c.done + done,
        sweep_at=store.instant(lease.hold),
    )


def got_further(session: StoreSession, store: Store, lease: Lease) -> None:
    """Something came of the task, though not yet to a page's end. Renews the lease."""
    ends = store.instant(lease.hold)
    _write(session, store, lease, deferrals=0, stalled_since=None, sweep_at=ends)


def note_progress(
    session: StoreSession, store: Store, lease: Lease, told: Mapping[str, Any]
) -> None:
    """How far this claim has come, for whoever watches. Renews the lease."""
    progress = {**told, "fence": lease.fence}
    _write(session, store, lease, progress=progress, sweep_at=store.instant(lease.hold))


def complete(session: StoreSession, store: Store, lease: Lease) -> None:
    """The task is done."""
    held = {"of_task": lease.task_id, "under": lease.fence}
    times = FromNow.given(store, now=timedelta())
    done = _done(server_tells_time(store))
    if not session.connection().execute(done, held | times).rowcount:
        _refuse(session, store, lease)
    if lease.source:
        gates.succeeded(session, lease.source)


@cache
def _done(server: bool) -> Any:
    """The end of a task, built once as the claim is: the two of them are what a task costs."""
    mine = and_(_c.id == bindparam("of_task"), _c.fence == bindparam("under"))
    ended = update(TASK).where(mine, is_in(TaskState.LEASED))
    ended = ended.values(state=TaskState.DONE, owner="", reason=None)
    return ended.values(updated_at=FromNow.said("now", server=server))


def release(session: StoreSession, store: Store, lease: Lease) -> None:
    """The worker stops before the work is done; another goes on. No attempt is used up."""
    _write(
        session,
        store,
        lease,
        state=TaskState.READY,
        owner="",
        attempts=_c.attempts - 1,
        sweep_at=store.instant(GRACE),
    )
    note_wakeup(session, lease.queue, lease.task_id)


def defer(
    session: StoreSession,
    store: Store,
    lease: Lease,
    *,
    wait: float,
    reason: Reason,
    stalls: bool = False,
) -> None:
    """Again in `wait` seconds; uses up no attempt. Its source is left alone until then by all.

    With `stalls` the time in which it gets no further runs from now on: see `standstill`.
    """
    since = func.coalesce(_c.stalled_since, store.instant()) if stalls else _c.stalled_since
    until = session.now() + timedelta(seconds=wait)
    _write(
        session,
        store,
        lease,
        state=TaskState.READY,
        owner="",
        attempts=_c.attempts - 1,
        deferrals=_c.deferrals + 1,
        stalled_since=since,
        not_before=until,
        sweep_at=until,
        reason=reason,
    )
    if lease.source:
        gates.close(session, store, lease.source, until=until, reason=reason)


def standstill(session: StoreSession, lease: Lease) -> tuple[int, datetime | None]:
    """How often in a row a task was put off without getting any further, and since when."""
    found = select(_c.deferrals, _c.stalled_since).where(_c.id == lease.task_id)
    row = session.connection().execute(found).one()
    return row.deferrals, row.stalled_since


def pause_after(attempts: int, *, remaining: timedelta) -> timedelta:
    """How long to wait after so many failed attempts: four times longer each, never past the rank.

    `remaining` is the time left until the ticket's deadline; once that is over only the shortest
    pause is left.
    """
    doubled = min(FIRST_PAUSE * 4 ** max(attempts - 1, 0), LONGEST_PAUSE)
    pause: timedelta = max(FIRST_PAUSE, min(doubled, remaining))
    return pause


def fail(
    session: StoreSession,
    store: Store,
    lease: Lease,
    *,
    reason: Reason,
    source: str | None = None,
) -> bool:
    """The attempt failed: again after a pause, or parked when it was the last; True if parked.

    The failure is counted against `source`: the task's own unless told otherwise, "" for nobody's.
    """
    last = lease.attempts >= MAX_ATTEMPTS
    if last:
        park(session, store, lease, reason=reason)
    else:
        remaining = lease.rank - session.now()
        pause = store.instant(pause_after(lease.attempts, remaining=remaining))
        ready = {"state": TaskState.READY, "owner": "", "reason": reason}
        _write(session, store, lease, not_before=pause, sweep_at=pause, **ready)
    blamed = lease.source if source is None else source
    if blamed:
        gates.failed(session, store, blamed, reason=reason)
    return last


def park(session: StoreSession, store: Store, lease: Lease, *, reason: Reason) -> None:
    """The engine gives up; the task stands in the inbox with its reason until it is reopened."""
    _write(session, store, lease, state=TaskState.PARKED, owner="", reason=reason)


def wait_human(session: StoreSession, store: Store, lease: Lease, *, reason: Reason) -> None:
    """Only a person can help; the task waits for them with its reason."""
    _write(session, store, lease, state=TaskState.WAITING_HUMAN, owner="", reason=reason)


def cancel(
    session: StoreSession, store: Store, lease: Lease, *, reason: Reason | None = None
) -> None:
    """The worker itself finds that there is nothing left to do."""
    _write(session, store, lease, state=TaskState.CANCELLED, owner="", reason=reason)
