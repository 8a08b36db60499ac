"""The table of tasks, for statements written in SQLAlchemy Core.

Core costs three to five times less than a session on these hot rows.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Interval,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlmodel import SQLModel

from dsar.domain.lifecycle.task_states import TaskState
from dsar.store.engine import Store, StoreSession, system_clock
from dsar.store.tables import Task as _Task  # noqa: F401 - registers the table
from dsar.store.types import Instant

TASK = SQLModel.metadata.tables["task"]


def is_in(state: TaskState, task: FromClause = TASK) -> ColumnElement[bool]:
    """The row's state, written into the statement: a parameter would hide the partial indexes."""
    here: ColumnElement[bool] = task.c.state == literal_column(f"'{state.value}'")
    return here


def is_queued(task: FromClause = TASK) -> ColumnElement[bool]:
    """Ready or leased, in the words of the partial indexes: SQLite compares them literally."""
    return task.c.state.in_([literal_column("'ready'"), literal_column("'leased'")])


def ready_sources() -> CTE:
    """Every source with a ready task, and one row without a name: one step in the index each."""
    ready = and_(is_queued(), is_in(TaskState.READY))
    first = select(TASK.c.source).where(ready).order_by(TASK.c.source).limit(literal_column("1"))
    found = select(first.scalar_subquery().label("source")).cte("found", recursive=True)
    following = first.where(TASK.c.source > found.c.source).correlate(found).scalar_subquery()
    return found.union_all(select(following).where(found.c.source.is_not(None)))


def locking(rows: Select[tuple[str]]) -> Select[tuple[str]]:
    """The ids `rows` selects, locked, passing over those somebody else has locked.

    Materialised: PostgreSQL may otherwise run the sub-select again for each candidate row and then
    lock, and change, more rows than its LIMIT says.
    """
    ids = rows.with_for_update(skip_locked=True).cte("chosen")
    return select(ids.prefix_with("MATERIALIZED", dialect="postgresql").c.id)


class FromNow:
    """A time from now, in a statement that is built once: building costs more than running.

    On PostgreSQL the statement adds a parameter to the database's own clock; elsewhere the time
    itself is the parameter.
    """

    @staticmethod
    def said(name: str, *, server: bool) -> ColumnElement[Any]:
        """The place of the time called `name` in a statement."""
        if server:
            return func.statement_timestamp() + bindparam(name, type_=Interval())
        return bindparam(name, type_=Instant())

    @staticmethod
    def given(store: Store, **after: timedelta) -> dict[str, Any]:
        """The parameters: how long after now each named time is."""
        if server_tells_time(store):
            return dict(after)
        now = (store.clock or system_clock)()
        return {name: now + span for name, span in after.items()}


def server_tells_time(store: Store) -> bool:
    """Whether times come from the database's clock."""
    return store.clock is None and not store.sqlite


def note_wakeup(session: StoreSession, queue: str, task_id: str) -> None:
    """Notes the bell to be rung for a ready task after the commit."""
    session.wakeups.append((queue, task_id))
