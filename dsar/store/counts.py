"""Counters that survive a restart: what went wrong and was put right, for doctor and metrics."""

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from dsar.store.engine import Store, insert
from dsar.store.upkeep_tables import Count as _Count  # noqa: F401 - registers the table

_count = SQLModel.metadata.tables["count"]

#: Every counter, with the sentence a person reads beside it.
COUNTERS = {
    "fenced_writes": "writes refused because the task had been given to another worker",
    "lease_expiries": "leases that ran out because their worker died or stood still",
    "crash_parkings": "tasks parked because three workers died on them",
    "rings_resent": "rings repeated because nobody had come for a ready task",
    "rings_lost": "rings that could not be sent because the bell was out of order",
    "join_repairs": "joins that the sweep had to make up for; must stay at 0",
}


def count(session: Session, store: Store, name: str, *, plus: int = 1) -> None:
    """Adds to a counter, in the caller's transaction."""
    statement = insert(store, _count).values(name=name, value=plus)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": _count.c.value + plus}
        )
    )


def counted(session: Session) -> dict[str, int]:
    """Every counter and where it stands; those never raised stand at 0."""
    rows = session.connection().execute(select(_count.c.name, _count.c.value))
    return dict.fromkeys(COUNTERS, 0) | dict(rows.all())
