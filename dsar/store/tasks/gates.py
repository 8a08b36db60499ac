"""Admission to a source: how many at once, how fast, not before, and a breaker.

All of it stands in the source's `Gate` row and in the leased tasks themselves, so a slot cannot
leak: it comes back when the lease ends, whatever became of the worker. A source without a row is
open to all. Lock order: ticket, task, gate.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import Session, SQLModel

from dsar.domain.lifecycle.task_states import TaskState
from dsar.domain.reasons import Reason
from dsar.store.engine import Store, StoreSession, insert
from dsar.store.tasks.states import TASK, is_in, is_queued
from dsar.store.upkeep_tables import Gate

#: Failures in a row after which a source is left in peace, and for how long: the pause doubles.
BREAKER_FAILURES = 5
BREAKER_PAUSE = timedelta(seconds=30)
BREAKER_LONGEST = timedelta(minutes=15)

_gate = SQLModel.metadata.tables["gate"]

#: While the breaker has tripped, one task at a time finds out whether the source is well again.
_limit = case((_gate.c.failures >= BREAKER_FAILURES, 1), else_=_gate.c.max_inflight)


def _leased(source: Any) -> Any:
    leased = TASK.alias("leased")
    here = and_(leased.c.source == source, is_queued(leased), is_in(TaskState.LEASED, leased))
    return select(func.count()).select_from(leased).where(here).scalar_subquery()


def _closed(now: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(_gate.c.open_until > now, _gate.c.next_at > now)


def shut(now: ColumnElement[Any]) -> Select[tuple[str]]:
    """The sources that admit nobody at that time."""
    return select(_gate.c.source).where(
        or_(_closed(now), _leased(_gate.c.source).correlate(_gate) >= _limit)
    )


def admits(session: StoreSession, store: Store, source: str) -> bool:
    """Whether the task just leased may stay: counted again while the gate's row is locked.

    Two workers can each see the last free slot; the lock lets the second see the first. A
    transaction that already holds a gate does not wait for another one, lest two of them wait
    for each other; it leaves the task to the next worker.
    """
    connection = session.connection()
    lock = select(_gate.c.source).where(_gate.c.source == source)
    lock = lock.with_for_update(skip_locked=session.gate_held)
    if connection.execute(lock).first() is None:
        return not _exists(session, source)
    session.gate_held = True  # also should this gate refuse and the claim try the next
    free = and_(
        _gate.c.source == source,
        ~func.coalesce(_closed(store.instant()), literal(value=False)),
        _leased(source) <= _limit,
    )
    found = connection.execute(select(_gate.c.interval).where(free)).first()
    if found is not None and found.interval > 0:
        pace = store.instant(timedelta(seconds=found.interval))
        connection.execute(update(_gate).where(_gate.c.source == source).values(next_at=pace))
    return found is not None


def _exists(session: Session, source: str) -> bool:
    one = select(_gate.c.source).where(_gate.c.source == source)
    return session.connection().execute(one).first() is not None


def configure(
    session: Session, store: Store, source: str, *, max_inflight: int = 2, interval: float = 0.0
) -> None:
    """What the house's configuration says of a source: at once, and seconds between two starts."""
    values = {"max_inflight": max_inflight, "interval": interval}
    new = {"source": source, "failures": 0, "reason": None} | values
    statement = insert(store, _gate).values(new)
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["source"], set_=values)
    )


def close(
    session: StoreSession, store: Store, source: str, *, until: datetime, reason: Reason
) -> None:
    """Nobody goes to the source before `until`: it asked for that (Retry-After)."""
    longest = case((_gate.c.open_until > until, _gate.c.open_until), else_=until)
    new = {
        "source": source,
        "open_until": until,
        "closed_at": store.instant(),
        "reason": reason,
        "failures": 0,
        "max_inflight": 2,
        "interval": 0.0,
    }
    statement = (
        insert(store, _gate)
        .values(new)
        .on_conflict_do_update(
            index_elements=["source"],
            set_={
                "open_until": longest,
                "closed_at": func.coalesce(_gate.c.closed_at, store.instant()),
                "reason": reason,
            },
        )
    )
    session.connection().execute(statement)
    session.gate_held = True


def failed(session: StoreSession, store: Store, source: str, *, reason: Reason) -> None:
    """One failure more; from the fifth in a row on the source is left in peace for a while."""
    counted = update(_gate).where(_gate.c.source == source)
    row = session.connection().execute(
        counted.values(failures=_gate.c.failures + 1).returning(_gate.c.failures)
    )
    session.gate_held = True
    failures = row.scalar()
    if failures is not None and failures >= BREAKER_FAILURES:
        doubled = BREAKER_PAUSE * 2 ** min(failures - BREAKER_FAILURES, 10)
        until = session.now() + min(doubled, BREAKER_LONGEST)
        close(session, store, source, until=until, reason=reason)


def succeeded(session: StoreSession, source: str) -> None:
    """The source answered: the breaker forgets. A gate somebody else holds is left as it is."""
    was_closed = and_(_gate.c.closed_at.is_not(None), _gate.c.open_until.is_(None))
    mine = select(_gate.c.source).where(
        _gate.c.source == source, or_(_gate.c.failures > 0, was_closed)
    )
    forget = update(_gate).where(
        _gate.c.source == mine.with_for_update(skip_locked=True).scalar_subquery()
    )
    since = case((_gate.c.open_until.is_(None), None), else_=_gate.c.closed_at)
    done = session.connection().execute(forget.values(failures=0, reason=None, closed_at=since))
    if done.rowcount:
        session.gate_held = True


def to_reopen(now: ColumnElement[Any]) -> Select[tuple[str]]:
    """The sources `reopen` has something to say of."""
    ended, paced = _gate.c.open_until <= now, _gate.c.next_at <= now
    return select(_gate.c.source).where(or_(ended, and_(_gate.c.interval > 0, paced)))


def reopen(session: Session, store: Store) -> list[tuple[str, int]]:
    """Sources whose closed time has just ended, and those whose pace allows one more.

    Each with how many tasks it admits now: nobody else rings for the tasks that waited there.
    """
    now = store.instant()
    ended = select(_gate.c.source).where(_gate.c.open_until <= now)
    opened = update(_gate).where(_gate.c.source.in_(ended.with_for_update(skip_locked=True)))
    rows = session.connection().execute(
        opened.values(open_until=None).returning(_gate.c.source, _limit)
    )
    paced = select(_gate.c.source).where(_gate.c.interval > 0, _gate.c.next_at <= now)
    return [*(tuple(row) for row in rows), *((s, 1) for s in session.connection().scalars(paced))]


def gates(session: Session) -> Sequence[Gate]:
    """Every gate as it stands."""
    rows = session.connection().execute(select(_gate).order_by(_gate.c.source))
    return [Gate(**row) for row in rows.mappings()]


def closed(session: Session, store: Store) -> dict[str, bool]:
    """Every source that has a gate, and whether it is closed to all just now."""
    shut_now = func.coalesce(_gate.c.open_until > store.instant(), literal(value=False))
    return dict(session.connection().execute(select(_gate.c.source, shut_now)).all())
