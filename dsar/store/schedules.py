"""Work of the house that comes round again, as rows: claimed by whoever is there when it is due.

However long nobody was there, a job that was missed runs once, not once for each time missed.
"""

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import Session, SQLModel

from dsar.store.engine import Store, insert
from dsar.store.upkeep_tables import Schedule as _Schedule  # noqa: F401 - registers the table

_schedule = SQLModel.metadata.tables["schedule"]


def declare(session: Session, store: Store, *, name: str, every: timedelta) -> None:
    """A job that is due at once when it is new; a changed period holds from its next run on."""
    seconds = int(every.total_seconds())
    statement = insert(store, _schedule).values(
        name=name, every_seconds=seconds, next_at=store.instant()
    )
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"every_seconds": seconds})
    )


def due(session: Session, store: Store) -> frozenset[str]:
    """The jobs whose time has come; whoever claims one first does it."""
    passed = select(_schedule.c.name).where(_schedule.c.next_at <= store.instant())
    return frozenset(session.connection().scalars(passed))


def claim(session: Session, store: Store, *, name: str, every: timedelta) -> bool:
    """Whether the job is due and ours; its next run is then `every` from now."""
    now = store.instant()
    due = update(_schedule).where(_schedule.c.name == name, _schedule.c.next_at <= now)
    return bool(
        session.connection().execute(due.values(last_at=now, next_at=store.instant(every))).rowcount
    )


def again(session: Session, store: Store, *, name: str, wait: timedelta) -> None:
    """The job failed: it is due again after `wait`, not only after its whole period."""
    soon = store.instant(wait)
    later = update(_schedule).where(_schedule.c.name == name, _schedule.c.next_at > soon)
    session.connection().execute(later.values(next_at=soon))
