"""The database behind a SQL source: its connections, and its declared tables as they really are."""

import hashlib
import hmac
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint
from sqlalchemy.engine.reflection import Inspector, ObjectKind
from sqlalchemy.types import NullType, TypeEngine

from dsar.adapters.sql import mysql
from dsar.adapters.sql.errors import named_failures
from dsar.adapters.sql.settings import SqlSettings, Table
from dsar.adapters.sql.values import Reader, key_text, key_values, python_type, reader
from dsar.sdk import NeedsHuman

#: For how many seconds the schema is taken as known before it is looked up again.
_FRESH = 300.0
_CONNECT_TIMEOUT = 10
_CONNECTING: Mapping[str, Mapping[str, Any]] = {
    "mariadb": {"connect_timeout": _CONNECT_TIMEOUT, "init_command": mysql.STRICT},
    "mysql": {"connect_timeout": _CONNECT_TIMEOUT, "init_command": mysql.STRICT},
    "postgresql": {"connect_timeout": _CONNECT_TIMEOUT},
}
#: The most parameters one statement may carry anywhere (SQLite: 32,766).
_PARAMETERS = 30_000

Where = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Live:
    """One declared table as the database has it."""

    name: str
    declared: Table
    dialect: str
    types: Mapping[str, TypeEngine[Any]]
    required: frozenset[str]
    schema: str | None
    real_name: str
    refers_to: frozenset[str]

    @cached_property
    def table(self) -> sa.Table:
        """For statements; on SQLite untyped, since a column there may hold anything."""
        untyped = self.dialect == "sqlite"
        columns: list[sa.Column[Any]] = [
            sa.Column(name, NullType() if untyped else kind) for name, kind in self.types.items()
        ]
        return sa.Table(self.real_name, sa.MetaData(), *columns, schema=self.schema)

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.real_name}" if self.schema else self.real_name

    @cached_property
    def key(self) -> tuple[sa.Column[Any], ...]:
        return tuple(self.table.c[name] for name in self.declared.key)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.types)

    @cached_property
    def readers(self) -> tuple[tuple[str, Reader], ...]:
        """The columns whose values need turning into JSON values."""
        found = ((name, reader(kind, self.dialect)) for name, kind in self.types.items())
        return tuple((name, read) for name, read in found if read)

    @cached_property
    def key_places(self) -> tuple[int, ...]:
        return tuple(self.names.index(name) for name in self.declared.key)

    @cached_property
    def key_values(self) -> Callable[[Sequence[Any]], Any]:
        """Takes the key out of a row: the value, or a tuple where the key has several columns."""
        return itemgetter(*self.key_places)

    def key_of(self, row: Sequence[Any]) -> str:
        """The text that names the row: the record's key."""
        values = self.key_values(row)
        return key_text(values if len(self.key_places) > 1 else (values,))

    @cached_property
    def _one_number(self) -> bool:
        return len(self._key_types) == 1 and python_type(self._key_types[0]) is int

    @cached_property
    def _key_types(self) -> tuple[TypeEngine[Any], ...]:
        return tuple(self.types[name] for name in self.declared.key)

    def decode(self, key: str) -> tuple[Any, ...] | None:
        """The key's values, or None where the text cannot be a key of this table."""
        if self._one_number:
            return (int(key),) if _is_number(key) else None
        return key_values(key, self._key_types, self.dialect)

    def missing(self) -> tuple[str, ...]:
        """The columns the declaration relies on and the table does not have."""
        return tuple(name for name in self.declared.named() if name not in self.types)

    def keys_in(self, keys: Sequence[tuple[Any, ...]]) -> Where:
        """The rows with one of these keys; one parameter for all of them where that can be."""
        if len(self.key) > 1:
            return sa.tuple_(*self.key).in_(self._listed(keys))
        column, values = self.key[0], [key[0] for key in keys]
        if self.dialect == "postgresql" and not isinstance(column.type, NullType):
            return column == sa.any_(sa.bindparam("keys", values, ARRAY(column.type), unique=True))
        if self.dialect == "sqlite" and all(isinstance(value, int | str) for value in values):
            listed = sa.bindparam("keys", values, sa.JSON(), unique=True)
            return column.in_(sa.select(sa.func.json_each(listed).table_valued("value").c.value))
        return column.in_(values)

    def _listed(self, keys: Sequence[tuple[Any, ...]]) -> Any:
        """Keys of several columns; on PostgreSQL an array for each, for long lists overflow it."""
        if self.dialect != "postgresql":
            return keys
        arrays = [
            sa.bindparam(f"keys_{column.name}", list(values), ARRAY(column.type), unique=True)
            for column, values in zip(self.key, zip(*keys, strict=True), strict=True)
        ]
        names = [column.name for column in self.key]
        rows = sa.func.unnest(*arrays).table_valued(*names).render_derived()
        return sa.select(*rows.c)

    def chunks(self, keys: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[tuple[Any, ...]]]:
        """The keys in parts that fit into one statement's parameters."""
        size = _PARAMETERS // len(self.key)
        return (keys[start : start + size] for start in range(0, len(keys), size))


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
        backend = url.get_backend_name()
        options = dict(_CONNECTING.get(backend, {}))
        try:
            engine = sa.create_engine(
                url, hide_parameters=True, pool_pre_ping=True, pool_size=2, connect_args=options
            )
        except ImportError as error:
            raise NeedsHuman(
                f"The driver {error.name} for {url.drivername} is not installed. Install it."
            ) from None
        if backend == "sqlite":
            _prepare_sqlite(engine, self._mask_key)
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
    columns: dict[tuple[str | None, str], list[ReflectedColumn]] = {}
    foreign: dict[tuple[str | None, str], list[ReflectedForeignKeyConstraint]] = {}
    for schema in dict.fromkeys(schema for schema, _ in places.values()):
        wanted = [table for other, table in places.values() if other == schema]
        columns |= _columns(inspector, schema, wanted)
        foreign |= inspector.get_multi_foreign_keys(
            schema=schema, filter_names=wanted, kind=ObjectKind.ANY
        )
    keyed = {name: _keyed(inspector, name, table) for name, table in tables.items()}
    return {
        name: _live(name, keyed[name], columns[where], foreign.get(where, []), connection)
        for name, where in places.items()
        if where in columns
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
) -> dict[tuple[str | None, str], list[ReflectedColumn]]:
    with (
        warnings.catch_warnings()
    ):  # a type SQLAlchemy does not know is read as the driver gives it
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        return inspector.get_multi_columns(schema=schema, filter_names=wanted, kind=ObjectKind.ANY)


def _live(
    name: str,
    declared: Table,
    columns: Sequence[ReflectedColumn],
    foreign: Sequence[ReflectedForeignKeyConstraint],
    connection: sa.Connection,
) -> Live:
    schema, table = place(name, declared)
    return Live(
        name=name,
        declared=declared,
        dialect=connection.dialect.name,
        types={column["name"]: mysql.real_type(column["type"]) for column in columns},
        required=frozenset(column["name"] for column in columns if not column["nullable"]),
        schema=schema,
        real_name=table,
        refers_to=frozenset(str(entry["referred_table"]) for entry in foreign),
    )


def _is_number(key: str) -> bool:
    """Whether the text is a whole number as a key is written: no sign but minus, no zeros ahead."""
    digits = key.removeprefix("-")
    written = digits.isascii() and digits.isdecimal() and len(digits) < 20
    return written and (digits[0] != "0" or key == "0")


def place(name: str, table: Table) -> tuple[str | None, str]:
    """The schema, if one is declared, and the name of a declared table."""
    schema, _, real = (table.table or name).rpartition(".")
    return schema or None, real


# --- SQLite ---------------------------------------------------------------------------------------


def _prepare_sqlite(engine: sa.Engine, mask_key: bytes) -> None:
    """Real transactions, foreign keys that are kept, and the function SQLite lacks."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function(
            "dsar_hash", 1, lambda value: keyed_hash(mask_key, value), deterministic=True
        )

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("dsar_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def keyed_hash(key: bytes, value: Any) -> str | None:
    """HMAC-SHA-256 of a value as text, in hexadecimal; nothing stays nothing."""
    if value is None:
        return None
    return hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()
