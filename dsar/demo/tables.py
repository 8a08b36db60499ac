"""Writes rows into a fresh SQLite database, so that the same rows always make the same file."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

#: A row in the order of the table's columns.
Row = tuple[object, ...]


def write(path: Path, schema: str, rows: Mapping[str, Iterable[Row]]) -> None:
    """Replaces the database at `path`; `rows` go in table by table, parents first."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        database.executescript(schema)
        for table, many in rows.items():
            for row in many:
                places = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table} VALUES ({places})", row)
