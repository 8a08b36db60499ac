"""The database behind a SQL source: its connections, and its declared tables as they really are."""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.engine.reflection import Inspector, ObjectKind

from dsar.adapters.sql.dialects import dialect
from dsar.adapters.sql.dialects.dialect import Place, ServerType
from dsar.adapters.sql.errors import named_failures
from dsar.adapters.sql.live import Live
from dsar.adapters.sql.references import Reference, references
from dsar.adapters.sql.sql_settings import SqlSettings, Table
from dsar.sdk import NeedsHuman

#: For how many seconds the schema is taken as known before it is looked up again.
_FRESH = 300.0


class Database:
    """Connections to one database, and what its declared tables look like.

    Connections stay open while an adapter is.
    """

    def __init__(self, settings: SqlSettings) -> None:
        self._url = settings.url
        self._mask_key = (settings.mask_key or "").encode()
        self._declared = settings.tables
        self._known: tuple[float, Mapping[str, Live]] | None = None
        self._users = 0
        self._counting = Lock()

    def open(self) -> None:
        """One more adapter uses it."""
        with self._counting:
            self._users += 1

    def close(self) -> None:
        """One adapter less uses it; the last one lets the connections go."""
        with self._counting:
            self._users -= 1
            if self._users <= 0 and "engine" in self.__dict__:
                self.engine.dispose()

    @cached_property
    def engine(self) -> sa.Engine:
        url = sa.make_url(self._url)
        spoken = dialect(url.get_backend_name())
        options = spoken.connecting(url)
        try:
            engine = sa.create_engine(
                url, hide_parameters=True, pool_pre_ping=True, pool_size=2, connect_args=options
            )
        except ImportError as error:
            raise NeedsHuman(
                f"The driver {error.name} for {url.drivername} is not installed. Install it."
            ) from None
        spoken.prepare(engine, self._mask_key)
        return engine

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent view of the database for as long as it is read."""
        with named_failures():
            self._refuse_missing_file()
            with self.engine.connect() as connection:
                if self.dialect == "postgresql":
                    connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection

    @contextmanager
    def writing(self, table: str) -> Iterator[sa.Connection]:
        """One transaction, committed at the end; `table` is named should writing be refused."""
        with named_failures(table):
            self._refuse_missing_file()
            with self.engine.connect() as connection:
                connection.execution_options(dsar_writes=True)
                with connection.begin():
                    dialect(self.dialect).begin(connection)
                    yield connection

    def tables(self) -> Mapping[str, Live]:
        """Every declared table; raises NeedsHuman naming the first table or column missing."""
        found = self.look_up()
        for name, declared in self._declared.items():
            if name not in found:
                raise NeedsHuman(
                    f"Table {declared.table or name} is not in the database. "
                    "Restore it, or mend the source's declaration."
                )
            if not found[name].declared.key:
                raise NeedsHuman(
                    f"Table {name} has no primary key. Declare as key the columns that tell its "
                    "rows apart."
                )
            if gone := found[name].missing():
                raise NeedsHuman(
                    f"Column {name}.{gone[0]} is not in the database. "
                    "Restore it, or mend the source's declaration."
                )
        return found

    def look_up(self) -> Mapping[str, Live]:
        """The declared tables that exist, from memory for a few minutes."""
        now = time.monotonic()
        if self._known is None or now - self._known[0] > _FRESH:
            with self.reading() as connection:
                self._known = (now, _reflect(connection, self._declared))
        return self._known[1]

    def forget(self) -> None:
        """Look the schema up again next time: something was not as remembered."""
        self._known = None

    def _refuse_missing_file(self) -> None:
        """SQLite would create an empty database where the file is missing."""
        url = self.engine.url
        path = url.database
        if self.dialect != "sqlite" or not path or path == ":memory:" or path.startswith("file:"):
            return
        if not Path(path).is_file():
            raise NeedsHuman(
                f"The SQLite file {Path(path).name} is not there. Restore it, or correct the URL."
            )


#: It holds no settings, and so goes with those it was opened for.
_OPENED: WeakKeyDictionary[SqlSettings, Database] = WeakKeyDictionary()
_OPENING = Lock()


def database_of(settings: SqlSettings) -> Database:
    """The database these settings mean: the same one for every adapter made from them."""
    with _OPENING:
        return _OPENED.setdefault(settings, Database(settings))


def _reflect(connection: sa.Connection, tables: Mapping[str, Table]) -> dict[str, Live]:
    """The declared tables that exist, with their columns and foreign keys, a schema at a time."""
    inspector = sa.inspect(connection)
    places = {name: place(name, table) for name, table in tables.items()}
    columns: dict[Place, list[ReflectedColumn]] = {}
    for schema in dict.fromkeys(schema for schema, _ in places.values()):
        wanted = [table for other, table in places.values() if other == schema]
        columns |= _columns(inspector, schema, wanted)
    there = {name: where for name, where in places.items() if where in columns}
    listed = list(dict.fromkeys(there.values()))
    keys = references(connection, listed)
    spoken = dialect(connection.dialect.name)
    types, codecs = spoken.declared(connection, listed), spoken.codecs(connection)
    return {
        name: _live(
            name,
            _keyed(inspector, name, tables[name]),
            connection.dialect.name,
            columns[where],
            declared_types=types.get(where, {}),
            keys=keys,
            codecs=codecs,
        )
        for name, where in there.items()
    }


def _keyed(inspector: Inspector, name: str, table: Table) -> Table:
    """The table with its primary key, where the declaration leaves the key to the database."""
    schema, real = place(name, table)
    if table.key or not inspector.has_table(real, schema):
        return table
    return replace(
        table, key=tuple(inspector.get_pk_constraint(real, schema)["constrained_columns"])
    )


def _columns(
    inspector: Inspector, schema: str | None, wanted: Sequence[str]
) -> dict[Place, list[ReflectedColumn]]:
    with (
        warnings.catch_warnings()
    ):  # a type SQLAlchemy does not know is read as the driver gives it
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        return inspector.get_multi_columns(schema=schema, filter_names=wanted, kind=ObjectKind.ANY)


def _live(
    name: str,
    declared: Table,
    database: str,
    columns: Sequence[ReflectedColumn],
    *,
    declared_types: Mapping[str, ServerType],
    keys: Sequence[Reference],
    codecs: tuple[str, ...],
) -> Live:
    where = place(name, declared)
    return Live(
        name=name,
        declared=declared,
        database=database,
        types={column["name"]: column["type"] for column in columns},
        declared_types=declared_types,
        required=frozenset(column["name"] for column in columns if not column["nullable"]),
        generated=frozenset(column["name"] for column in columns if _generated(column)),
        place=where,
        codecs=codecs,
        referred=tuple(one for one in keys if one.parent == where),
        referring=tuple(one for one in keys if one.child == where),
    )


def _generated(column: ReflectedColumn) -> bool:
    """Whether the database works the column out by itself and refuses every other value."""
    return "computed" in column or bool(column.get("identity", {}).get("always"))


def place(name: str, table: Table) -> tuple[str | None, str]:
    """The schema, if one is declared, and the name of a declared table."""
    schema, _, real = (table.table or name).rpartition(".")
    return schema or None, real
