"""INSERT that knows ON CONFLICT, which SQLAlchemy spells once for each database."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from dsar.store.engine import Store


def insert(store: Store, table: Table) -> Any:
    """An INSERT into `table` with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if store.sqlite else postgresql.insert(table)


def add_once(session: Session, store: Store, row: SQLModel, *, same: tuple[str, ...]) -> bool:
    """Adds a row unless there is one with the same values in the columns `same`; True if added.

    Holds against others who add it at this very moment: the later one waits and adds nothing.
    """
    session.flush()  # what the row refers to may be new in this transaction
    table = type(row).__table__  # type: ignore[attr-defined]
    statement = insert(store, table).values(row.model_dump())
    statement = statement.on_conflict_do_nothing(index_elements=list(same))
    return session.connection().execute(statement.returning(table.c.id)).first() is not None
