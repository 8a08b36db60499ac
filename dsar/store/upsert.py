"""INSERT that knows ON CONFLICT, which SQLAlchemy spells once for each database."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from dsar.store.engine import Store


def insert(store: Store, table: Table) -> Any:
    """An INSERT into `table` with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if store.sqlite else postgresql.insert(table)
