"""What is asked about tasks. A join counts only under the ticket's lock."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, and_, case, func, or_, select, type_coerce, union_all
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from dsar.domain.lifecycle import State, TaskKind
from dsar.domain.lifecycle.task_states import COMING, OPEN, STUCK, TaskState
from dsar.store.tables import Task, Ticket
from dsar.store.tasks.states import TASK, is_in, is_queued

_c = TASK.c
_FRESH = {"populate_existing": True}


def task(session: Session, task_id: str) -> Task:
    """One task as it stands now."""
    return session.get_one(Task, task_id, populate_existing=True)


def of_tickets(
    session: Session,
    ticket_ids: Collection[str],
    *,
    kind: TaskKind | None = None,
    states: Collection[TaskState] | None = None,
    source: str | None = None,
) -> Sequence[Task]:
    """Tasks of these tickets as they stand now, the oldest first: all, or those that are meant."""
    found = rows_of(Task).where(col(Task.ticket_id).in_(ticket_ids))
    if kind is not None:
        found = found.where(col(Task.kind) == kind)
    if states is not None:
        found = found.where(col(Task.state).in_(states))
    if source is not None:
        found = found.where(col(Task.source) == source)
    ordered = found.order_by(col(Task.created_at), col(Task.id))
    return session.exec(ordered, execution_options=_FRESH).all()


def idle_tickets(session: Session, states: Collection[State], *, limit: int) -> Sequence[str]:
    """Tickets in these states for which nothing comes by itself, the most urgent first."""
    coming = select(_c.id).where(_c.ticket_id == col(Ticket.id), _c.state.in_(COMING)).exists()
    idle = rows_of(Ticket.id).where(col(Ticket.state).in_(states), ~coming)
    return session.exec(idle.order_by(col(Ticket.due_at)).limit(limit)).all()


def by_state(session: Session, ticket_id: str, kind: TaskKind | None = None) -> Counter[TaskState]:
    """How many tasks of a ticket stand in each state."""
    statement = select(_c.state, func.count()).where(_c.ticket_id == ticket_id)
    if kind is not None:
        statement = statement.where(_c.kind == kind)
    rows = session.connection().execute(statement.group_by(_c.state))
    return Counter(dict(iter(rows)))


def leased_to(session: Session, *, owner: str) -> Sequence[str]:
    """The tasks leased to one worker process just now."""
    held = select(_c.id).where(_c.owner == owner, is_in(TaskState.LEASED))
    return session.connection().scalars(held).all()


def stuck(session: Session) -> dict[str, int]:
    """How many tasks stopped and wait for somebody, by their state.

    Of an ended ticket only those that come after its end: it has no others that are open.
    """
    after_end = [kind for kind in TaskKind if kind.spec.after_end]
    statement = (
        select(_c.state, func.count())
        .join(Ticket, col(Ticket.id) == _c.ticket_id)
        .where(_c.state.in_(STUCK), or_(col(Ticket.closed_at).is_(None), _c.kind.in_(after_end)))
    )
    return dict(iter(session.connection().execute(statement.group_by(_c.state))))


def held_up(session: Session, ticket_ids: Collection[str], now: datetime) -> Sequence[Task]:
    """What of these tickets is stuck, waits for staff's word, or was put off at its source.

    The end of a restriction is blocked until staff has told the person.
    """
    to_tell = and_(col(Task.kind) == TaskKind.LIFT, col(Task.state) == TaskState.BLOCKED)
    told = type_coerce(col(Task.reason), Text()) != ""
    put_off = and_(
        col(Task.state) == TaskState.READY, col(Task.source) != "", col(Task.not_before) > now, told
    )
    mine = rows_of(Task).where(col(Task.ticket_id).in_(ticket_ids))
    held = mine.where(or_(col(Task.state).in_(STUCK), to_tell, put_off))
    return session.exec(held.order_by(col(Task.source), col(Task.kind))).all()


class AtSource(NamedTuple):
    """How many open tickets wait for a source, how many of them for a person; tasks at work."""

    source: str
    tickets: int
    stuck: int
    at_work: int


def by_source(session: Session) -> Iterator[AtSource]:
    """Who waits for each source; a ticket is counted once, however many of its tasks it has."""
    stopped = case((_c.state.in_(STUCK), _c.ticket_id))
    at_work = func.sum(case((_c.state == TaskState.LEASED, 1), else_=0))
    query = (
        select(
            _c.source, func.count(_c.ticket_id.distinct()), func.count(stopped.distinct()), at_work
        )
        .join(Ticket, col(Ticket.id) == _c.ticket_id)
        .where(col(Ticket.closed_at).is_(None), _c.state.in_(OPEN), _c.source != "")
        .group_by(_c.source)
    )
    for source, tickets, waits, works in session.connection().execute(query):
        yield AtSource(source, tickets, waits, int(works))


class Heap(NamedTuple):
    """So many tasks of one kind stand in one state; `due` is when the first of them may be done."""

    state: TaskState
    kind: TaskKind
    number: int
    due: datetime


def heaps(session: Session) -> list[Heap]:
    """What is ready or leased, found by its index, and the other tasks of open tickets."""
    columns = (_c.state, _c.kind, func.count(), func.min(_c.not_before))
    queued = select(*columns).where(is_queued())
    rest = select(*columns).join(Ticket, col(Ticket.id) == _c.ticket_id)
    rest = rest.where(col(Ticket.closed_at).is_(None), ~is_queued())
    by = (_c.state, _c.kind)
    every = union_all(queued.group_by(*by), rest.group_by(*by))
    return [Heap(*row) for row in session.execute(every)]
