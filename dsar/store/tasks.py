"""The task rows: log, queue and outbox at once. The door to every statement on them.

    blocked -> ready -> leased -> done | waiting_human | parked | ready again
    any of them -> cancelled;  parked, waiting_human, done -> ready (reopen)

Work under a lease stands in `leases`, taking back and ringing again in `sweep`.
Lock order everywhere: ticket, task, gate.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select, update
from sqlmodel import Session, col
from structlog.contextvars import get_contextvars

from dsar.domain.lifecycle import TaskKind
from dsar.domain.reasons import Reason
from dsar.store.engine import Store, StoreSession, insert
from dsar.store.leases import (
    GRACE,
    LEASE,
    MAX_ATTEMPTS,
    Fenced,
    Lease,
    cancel,
    checkpoint,
    claim,
    complete,
    defer,
    fail,
    got_further,
    note_progress,
    park,
    pause_after,
    release,
    renew,
    renew_all,
    standstill,
    wait_human,
)
from dsar.store.sweep import MAX_CRASHES, Expired, Poison, Swept, expire, park_poison, sweep
from dsar.store.tables import Ticket, _id
from dsar.store.task_states import OPEN, TASK, TaskState, is_in, note_wakeup

__all__ = [
    "GRACE",
    "LEASE",
    "MAX_ATTEMPTS",
    "MAX_CRASHES",
    "OPEN",
    "Expired",
    "Fenced",
    "Lease",
    "Poison",
    "Swept",
    "TaskState",
    "begin_anew",
    "by_state",
    "cancel",
    "cancel_ticket",
    "checkpoint",
    "claim",
    "complete",
    "defer",
    "enqueue",
    "expire",
    "fail",
    "got_further",
    "is_in",
    "leased_to",
    "note_progress",
    "park",
    "park_poison",
    "pause_after",
    "release",
    "renew",
    "renew_all",
    "reopen",
    "standstill",
    "stuck",
    "sweep",
    "unblock",
    "wait_human",
    "wake",
]

_c = TASK.c


# -- starting work --------------------------------------------------------------------------------


def enqueue(
    session: StoreSession,
    store: Store,
    *,
    ticket_id: str,
    kind: str,
    rank: datetime,
    source: str = "",
    key: str = "",
    queue: str = "work",
    blocked: bool = False,
    not_before: datetime | None = None,
) -> str | None:
    """A new task; its id, or None when this very task exists already (that is no error)."""
    session.flush()  # the ticket may be new in this transaction
    now = store.instant()
    values = {
        "id": _aged_id(session.now()),
        "ticket_id": ticket_id,
        "kind": kind,
        "source": source,
        "key": key,
        "queue": queue,
        "state": TaskState.BLOCKED if blocked else TaskState.READY,
        "rank": rank,
        "not_before": not_before or now,
        "sweep_at": not_before or store.instant(GRACE),
        "created_at": now,
        "updated_at": now,
        "trace": _trace(),
    }
    same = ["ticket_id", "kind", "source", "key"]
    statement = insert(store, TASK).values(_ZERO | values)
    new: str | None = session.connection().scalar(
        statement.on_conflict_do_nothing(index_elements=same).returning(_c.id)
    )
    if new and not blocked and not_before is None:
        note_wakeup(session, queue, new)
    return new


def _trace() -> str | None:
    """What is being followed here: the web request, or the trace of the task that is worked on."""
    found: str | None = get_contextvars().get("trace")
    return found


def _aged_id(now: datetime) -> str:
    """An id that sorts by age, so that of two equal deadlines the older task is claimed first.

    By the database's clock: tasks of a host whose own is fast would wait behind everybody's.
    """
    milliseconds = int(now.timestamp() * 1000)
    return f"{milliseconds:012x}{_id()[12:]}"


_ZERO = dict.fromkeys(("fence", "attempts", "crashes", "deferrals", "rings", "done"), 0) | {
    "owner": "",
    "reason": None,
}


def unblock(session: StoreSession, store: Store, task_id: str) -> bool:
    """A task that waited for its turn is ready; False when it was not waiting."""
    return bool(_make_ready(session, store, and_(_c.id == task_id, is_in(TaskState.BLOCKED))))


def wake(session: StoreSession, store: Store, task_id: str) -> bool:
    """What a task waited for has come: it is ready at once; False while somebody works on it."""
    waits = or_(is_in(TaskState.READY), is_in(TaskState.WAITING_HUMAN))
    anew = {"attempts": 0, "crashes": 0, "deferrals": 0, "stalled_since": None}
    return bool(_make_ready(session, store, and_(_c.id == task_id, waits), **anew))


def reopen(
    session: StoreSession, store: Store, *, ticket_id: str, kind: str, states: Collection[str]
) -> int:
    """Tasks that had stopped are ready again with all attempts; how many.

    What was parked or waited for a person goes on at its checkpoint, what was done starts anew.
    """
    stopped = and_(_c.ticket_id == ticket_id, _c.kind == kind, _c.state.in_(states))
    again = is_in(TaskState.DONE)
    return _make_ready(
        session,
        store,
        and_(stopped, ~is_in(TaskState.LEASED)),
        attempts=0,
        crashes=0,
        deferrals=0,
        stalled_since=None,
        checkpoint=case((again, None), else_=_c.checkpoint),
        done=case((again, 0), else_=_c.done),
    )


def begin_anew(session: StoreSession, store: Store, task_id: str, *, state: TaskState) -> None:
    """A task forgets how far it came, and whoever works on it is shut out; it stands in `state`.

    One that is stuck there keeps its reason until it is reopened.
    """
    here = _c.id == task_id
    forgotten: dict[str, Any] = {"checkpoint": None, "done": 0, "fence": _c.fence + 1}
    if state is TaskState.READY:
        _make_ready(session, store, here, attempts=0, crashes=0, **forgotten)
        return
    if state is TaskState.BLOCKED:
        forgotten |= {"attempts": 0, "crashes": 0, "reason": None}
    stands = update(TASK).where(here).values(state=state, owner="", updated_at=store.instant())
    session.connection().execute(stands.values(**forgotten))


def _make_ready(session: StoreSession, store: Store, which: Any, **also: Any) -> int:
    now = store.instant()
    ready = {"state": TaskState.READY, "owner": "", "reason": None, "rings": 0, "not_before": now}
    ready["trace"] = _trace() or _c.trace
    rows = session.connection().execute(
        update(TASK)
        .where(which)
        .values(**(ready | also), sweep_at=store.instant(GRACE), updated_at=now)
        .returning(_c.queue, _c.id)
    )
    opened = rows.all()
    for queue, task_id in opened:
        note_wakeup(session, queue, task_id)
    return len(opened)


def cancel_ticket(
    session: Session, store: Store, *, ticket_id: str, reason: Reason | None = None
) -> int:
    """Nothing more is done for a ticket: every open task ends, also under a worker's hands."""
    open_ = and_(_c.ticket_id == ticket_id, _c.state.in_(OPEN))
    ended = {"state": TaskState.CANCELLED, "owner": "", "reason": reason}
    return (
        session.connection()
        .execute(update(TASK).where(open_).values(**ended, updated_at=store.instant()))
        .rowcount
    )


# -- counting -------------------------------------------------------------------------------------


def by_state(session: Session, ticket_id: str, kind: str | None = None) -> Counter[TaskState]:
    """How many tasks of a ticket stand in each state. A join counts only under
    the ticket's lock.
    """
    statement = select(_c.state, func.count()).where(_c.ticket_id == ticket_id)
    if kind is not None:
        statement = statement.where(_c.kind == kind)
    rows = session.connection().execute(statement.group_by(_c.state))
    return Counter({TaskState(state): number for state, number in rows})


def leased_to(session: Session, *, owner: str) -> Sequence[str]:
    """The tasks leased to one worker process just now."""
    held = select(_c.id).where(_c.owner == owner, is_in(TaskState.LEASED))
    return session.connection().scalars(held).all()


def stuck(session: Session) -> dict[str, int]:
    """How many tasks stopped and wait for somebody, by their state.

    Of an ended ticket only those that come after its end: it has no others that are open.
    """
    states = (TaskState.PARKED.value, TaskState.WAITING_HUMAN.value)
    after_end = [kind for kind in TaskKind if kind.spec.after_end]
    statement = (
        select(_c.state, func.count())
        .join(Ticket, col(Ticket.id) == _c.ticket_id)
        .where(_c.state.in_(states), or_(col(Ticket.closed_at).is_(None), _c.kind.in_(after_end)))
    )
    return dict(iter(session.connection().execute(statement.group_by(_c.state))))
