"""Rows a test of the store needs before it can start: the tables, a request, its tickets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from sqlmodel import SQLModel

from dsar.store import tasks
from dsar.store.engine import Store, StoreSession
from dsar.store.tables import Request, Task, Ticket

DUE = datetime(2030, 1, 31, tzinfo=UTC)


class Hands:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = datetime(2029, 12, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def new_store(url: str, clock: Callable[[], datetime] | None = None, *, pool: int = 10) -> Store:
    store = Store(url, clock=clock, pool=pool)
    SQLModel.metadata.create_all(store.engine)
    return store


@contextmanager
def committed(store: Store) -> Iterator[StoreSession]:
    """One transaction, committed at its end."""
    with store.session() as session:
        yield session
        session.commit()


def new_ticket(store: Store, number: int = 1) -> str:
    with committed(store) as session:
        at = datetime(2029, 12, 1, tzinfo=UTC)
        request = Request(
            ref=f"R-{number}",
            channel="desk",
            language="en",
            regime="eu_gdpr",
            received_at=at,
            created_at=at,
        )
        session.add(request)
        session.flush()
        ticket = Ticket(
            ref=f"R-{number}-A",
            request_id=request.id,
            right="access",
            state="received",
            machine_version=1,
            regime="eu_gdpr",
            regime_version="1",
            due_on=date(2030, 1, 31),
            due_at=DUE,
            internal_due_on=date(2030, 1, 26),
            created_at=at,
        )
        session.add(ticket)
    return ticket.id


def add_task(store: Store, ticket_id: str, **values: object) -> str:
    """One ready task, of kind `search` unless told otherwise."""
    wanted: dict[str, object] = {"kind": "search", "rank": DUE} | values
    with committed(store) as session:
        new = tasks.enqueue(session, store, ticket_id=ticket_id, **wanted)  # type: ignore[arg-type]
    assert new is not None
    return new


def claim(store: Store, owner: str = "one", **values: object) -> tasks.Lease | None:
    wanted: dict[str, object] = {"queue": "work", "kinds": ("search",)} | values
    with committed(store) as session:
        return tasks.claim(session, store, owner=owner, **wanted)  # type: ignore[arg-type]


def claimed(store: Store, owner: str = "one", **values: object) -> tasks.Lease:
    lease = claim(store, owner, **values)
    assert lease is not None
    return lease


def task(store: Store, task_id: str) -> Task:
    with store.reading() as session:
        return session.get_one(Task, task_id)
