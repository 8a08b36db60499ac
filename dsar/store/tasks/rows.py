"""Tasks changed without a lease: written, freed, taken away, given up, ranked anew.

The one rule of fences: a claim raises a task's fence, and so does whatever changes or ends a task
without holding it (begin_anew, give_up, cancel_ticket): whoever works on it is refused from then
on. What lets a task begin or go on (unblock, wake, reopen, and the sweeper that takes one back)
leaves that to the next claim. What changes neither its state nor its content (rank) touches nothing
else.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, or_, update
from sqlmodel import Session
from structlog.contextvars import get_contextvars

from dsar.domain.lifecycle import TaskKind
from dsar.domain.lifecycle.task_kinds import Queue
from dsar.domain.lifecycle.task_states import OPEN, STUCK, TaskState
from dsar.domain.reasons import Reason
from dsar.store.engine import Store, StoreSession, insert
from dsar.store.tasks.leases import GRACE
from dsar.store.tasks.states import TASK, is_in, note_wakeup
from dsar.store.types import new_id

_c = TASK.c


def enqueue(
    session: StoreSession,
    store: Store,
    *,
    ticket_id: str,
    kind: TaskKind,
    rank: datetime,
    source: str = "",
    key: str = "",
    queue: Queue = Queue.WORK,
    blocked: bool = False,
    reason: Reason | None = None,
    not_before: datetime | None = None,
) -> str | None:
    """A new task; its id, or None when this very task exists already (that is no error).

    `reason` says what one that is blocked waits for.
    """
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
        "reason": reason,
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
    return f"{milliseconds:012x}{new_id()[12:]}"


_ZERO = dict.fromkeys(("fence", "attempts", "crashes", "deferrals", "rings", "done"), 0) | {
    "owner": "",
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
    session: StoreSession,
    store: Store,
    *,
    ticket_id: str,
    kind: TaskKind,
    states: Collection[TaskState],
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
    _take_away(session, store, here, state=state, **forgotten)


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


def give_up(
    session: Session,
    store: Store,
    *,
    ticket_id: str,
    kinds: Collection[TaskKind],
    source: str | None = None,
) -> dict[str, Reason | None]:
    """What got stuck of these kinds will not be done any more; by source why it was stuck."""
    mine = [_c.ticket_id == ticket_id, _c.kind.in_(kinds), _c.state.in_(STUCK)]
    if source is not None:
        mine.append(_c.source == source)
    given_up = _taking_away(store, and_(*mine), state=TaskState.CANCELLED)
    rows = session.connection().execute(given_up.returning(_c.source, _c.reason))
    return {row.source: row.reason for row in rows}


def cancel_ticket(
    session: Session, store: Store, *, ticket_id: str, reason: Reason | None = None
) -> int:
    """Nothing more is done for a ticket: every open task ends, also under a worker's hands."""
    open_ = and_(_c.ticket_id == ticket_id, _c.state.in_(OPEN))
    return _take_away(session, store, open_, state=TaskState.CANCELLED, reason=reason)


def _take_away(session: Session, store: Store, which: Any, **stands: Any) -> int:
    return session.connection().execute(_taking_away(store, which, **stands)).rowcount


def _taking_away(store: Store, which: Any, **stands: Any) -> Any:
    """Changes tasks whoever works on them; their fence shuts that worker out."""
    shut_out = {"owner": "", "fence": _c.fence + 1, "updated_at": store.instant()}
    return update(TASK).where(which).values(**(shut_out | stands))


def rank(session: Session, *, ticket_id: str, at: datetime) -> None:
    """The ticket's deadline has moved, and with it the turn of all that is to be done for it.

    Nobody is disturbed at it: neither the fence nor the time of the last change moves.
    """
    mine = and_(_c.ticket_id == ticket_id, _c.state.in_(OPEN))
    session.connection().execute(update(TASK).where(mine).values(rank=at))
