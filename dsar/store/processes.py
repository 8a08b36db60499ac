"""Which processes of ours are alive: each writes a sign of life, `dsar doctor` reads them."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlmodel import Session, SQLModel

from dsar.store.engine import Store, insert
from dsar.store.upkeep_tables import Process

#: Seconds between two signs of life, and when a process that gives none counts as gone.
BEAT_SECONDS = 10.0
GONE_AFTER = timedelta(seconds=45)
#: Rows of processes that ended without a word are dropped after this.
FORGET_AFTER = timedelta(days=1)

_process = SQLModel.metadata.tables["process"]


def beat(session: Session, store: Store, *, process: str, kind: str) -> None:
    """The process `process` is alive; `kind` is web, worker, scheduler or embedded."""
    now = store.instant()
    statement = insert(store, _process).values(id=process, kind=kind, started_at=now, seen_at=now)
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now})
    )
    old = store.instant(-FORGET_AFTER)
    session.connection().execute(delete(_process).where(_process.c.seen_at < old))


def gone(session: Session, *, process: str) -> None:
    """The process has ended in order."""
    session.connection().execute(delete(_process).where(_process.c.id == process))


def alive(session: Session, store: Store) -> Sequence[Process]:
    """Every process that gave a sign of life lately, the longest running first."""
    lately = _process.c.seen_at > store.instant(-GONE_AFTER)
    rows = session.connection().execute(
        select(_process).where(lately).order_by(_process.c.started_at)
    )
    return [Process(**row) for row in rows.mappings()]
