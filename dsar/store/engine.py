"""The database behind one door: the same code on SQLite and PostgreSQL.

SQLite runs in WAL mode with synchronous FULL and takes its write lock at BEGIN, so that a reader
who becomes a writer never fails half-way. PostgreSQL gives lock limits and its own clock.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Table,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlmodel import Session, SQLModel

from dsar.domain.errors import BadInput
from dsar.store.tables import CoverageLine
from dsar.store.types import Instant

Clock = Callable[[], datetime]

#: How long a thread waits for its turn to write to SQLite.
_BUSY_SECONDS = 30
#: For how long a connection that was just used is taken to stand.
_TRUSTED_SECONDS = 1.0
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
#: A process that stands still in the middle of a transaction keeps its locks no longer than 10 s:
#: others wait for a lock for 15 s and then try again. Both are shorter than a lease.
_LIMITS = "-c lock_timeout=15s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def database_url(text: str) -> URL:
    """A database address with the driver we use; BadInput names what is wrong with it."""
    mend = "Give sqlite:///FILE or postgresql://USER@HOST/NAME."
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadInput("database_url", "is not a database address.", mend) from None
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise BadInput("database_url", f"names {url.get_backend_name()}.", mend)
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadInput("database_url", "names no file.", mend)
    return url


class Store:
    """One database. `clock` is given in tests and on SQLite; PostgreSQL tells its own time."""

    def __init__(self, url: str, *, clock: Clock | None = None, pool: int = 10) -> None:
        self.url = database_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.clock = clock
        self.engine = self._engine(pool)

    def _engine(self, pool: int) -> Engine:
        if self.sqlite:
            engine = create_engine(
                self.url,
                pool_size=pool,
                max_overflow=10,
                connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _prepare_sqlite)
            _write_in_turn(engine)
            return engine
        engine = create_engine(
            self.url,
            pool_size=pool,
            max_overflow=10,
            connect_args={"options": _LIMITS, "application_name": "dsar", "connect_timeout": 10},
        )
        _ask_who_rested(engine)
        return engine

    @contextmanager
    def session(self) -> Iterator["StoreSession"]:
        """A session in one transaction, rolled back unless the caller commits."""
        with StoreSession(self) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator["StoreSession"]:
        """A session that only reads; on SQLite it takes no write lock."""
        with StoreSession(self, reading=True) as session:
            yield session

    def instant(self, plus: timedelta = timedelta()) -> ColumnElement[Any]:
        """Now (and so much later) as SQL: the database's clock where it has one, else ours."""
        if self.clock is None and not self.sqlite:
            return (
                func.statement_timestamp() + literal(plus) if plus else func.statement_timestamp()
            )
        return literal((self.clock or system_clock)() + plus, Instant())

    def close(self) -> None:
        """Lets go of every connection."""
        self.engine.dispose()


class StoreSession(Session):
    """A session on one store, with what is known for as long as its transaction lasts."""

    def __init__(self, store: Store, *, reading: bool = False) -> None:
        bind = store.engine.execution_options(reading=True) if reading else store.engine
        super().__init__(bind, expire_on_commit=False)
        self.store = store
        #: The new and freed tasks to be rung for after the commit: (queue, task id).
        self.wakeups: list[tuple[str, str]] = []
        #: Whether the row of some gate is locked: who holds one waits for no other.
        self.gate_held = False
        #: The coverage of each ticket that was asked for, by the ticket's id.
        self.lines: dict[str, Sequence[CoverageLine]] = {}
        self._now: datetime | None = None

    def now(self) -> datetime:
        """Now, by the same clock as `Store.instant`; asked once, it stays the same."""
        if self._now is None:
            self._now = self._asked()
        return self._now

    def _asked(self) -> datetime:
        if self.store.clock is None and not self.store.sqlite:
            found: datetime = self.execute(select(func.statement_timestamp())).scalar_one()
            return found.astimezone(UTC)
        return (self.store.clock or system_clock)()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",  # what was deleted, a destroyed key above all, is overwritten
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_in_turn(engine: Engine) -> None:
    """Takes SQLite's write lock at BEGIN, one thread of this process after the other.

    SQLite itself lets those who wait sleep up to a tenth of a second between looks; a lock of ours
    wakes the next at once. Other processes are still waited for as SQLite does it.
    """
    turn = Lock()

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        reading = connection.get_execution_options().get("reading")
        if not reading and not connection.info.get("turn"):  # it may begin again and again
            connection.info["turn"] = turn.acquire(timeout=_BUSY_SECONDS)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def given_back(_connection: Any, record: Any) -> None:
        if record.info.pop("turn", False):
            turn.release()


def _ask_who_rested(engine: Engine) -> None:
    """Asks a connection whether it still stands before it is used, unless it just was.

    A worker at work opens several transactions a task, and each question is a round trip more. A
    connection lost within that second is met as any loss in mid-work is.
    """

    @event.listens_for(engine, "checkin")
    def rests(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def stands(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or monotonic() - since < _TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def insert(store: Store, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, which SQLAlchemy spells once for each database."""
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
