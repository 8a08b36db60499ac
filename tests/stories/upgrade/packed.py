"""The company whose database an older commit filled: unpacked into a folder, ready to be opened."""

import gzip
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command

from dsar.store import migrate
from dsar.store.engine import Store

HERE = Path(__file__).parent
#: Its configuration and its helpdesk; {folder} is wherever it lies.
CONFIG = HERE / "config"
#: What `fill.py` left: the rows, the shop, the key, the helpdesk's cases, the tickets by name.
PACKED = HERE / "of_381b770"
#: The revision its rows are of.
FIRST = "0001"

SHOP = """CREATE TABLE customers (id INTEGER PRIMARY KEY, number VARCHAR(40), email VARCHAR(200),
family_name VARCHAR(80), restricted INTEGER DEFAULT 0, marketing INTEGER DEFAULT 1)"""


def configure(folder: Path, database: str) -> None:
    """Writes the configuration."""
    for name in ("dsar.toml", "sources.toml", "policy.toml"):
        text = (CONFIG / name).read_text().replace("{folder}", folder.as_posix())
        head = f'database_url = "{database}"\n' if name == "dsar.toml" else ""
        (folder / name).write_text(head + text)


def empty_shop(folder: Path) -> None:
    """The shop before anybody bought anything."""
    with closing(sqlite3.connect(folder / "shop.sqlite")) as shop, shop:
        shop.execute(SHOP)


def left() -> dict[str, dict[str, str]]:
    """Where the old code left each ticket: reference and state by the ticket's name."""
    found: dict[str, dict[str, str]] = json.loads((PACKED / "tickets.json").read_text())
    return found


def unpack(folder: Path, database: str) -> None:
    """The company as the old code left it, with its rows in `database` (empty so far)."""
    shutil.copytree(PACKED / "var", folder / "var")
    (folder / "var" / "keys" / "dsar.key").chmod(0o600)
    shutil.copytree(PACKED / "helpdesk", folder / "helpdesk")
    for name in ("dsar", "shop"):
        text = gzip.decompress((PACKED / f"{name}.sql.gz").read_bytes()).decode()
        with closing(sqlite3.connect(folder / f"{name}.sqlite")) as made, made:
            made.executescript(text)
    configure(folder, database)
    if not database.startswith("sqlite"):
        _carry(folder / "dsar.sqlite", database)


def _carry(file: Path, database: str) -> None:
    """The rows of a SQLite file in another database, whose tables its first migration makes."""
    store, source = Store(database), sa.create_engine(f"sqlite:///{file}")
    command.upgrade(migrate._config(store), FIRST)
    there, here = sa.MetaData(), sa.MetaData()
    there.reflect(store.engine)
    here.reflect(source)
    with source.connect() as old, store.engine.begin() as new:
        for table in here.sorted_tables:
            if rows := [_row(row) for row in old.execute(sa.select(table)).mappings()]:
                new.execute(sa.delete(there.tables[table.name]))
                new.execute(sa.insert(there.tables[table.name]), rows)
        last = "SELECT setval(pg_get_serial_sequence('journal', 'id'), max(id)) FROM journal"
        new.execute(sa.text(last))
    source.dispose()
    store.close()


def _row(row: Any) -> dict[str, Any]:
    """A row with its times in UTC, as SQLite keeps them without saying so."""
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
