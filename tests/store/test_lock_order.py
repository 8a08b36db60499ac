"""Locks are taken in one order (ticket, task, source), so work at once never meets in a deadlock."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from dsar.domain.reasons import told
from dsar.store import tasks
from dsar.store.engine import Store
from dsar.store.tasks import LeaseLost, gates
from dsar.store.tasks.sweeper import sweep
from dsar.store.tickets import locked
from tests.store.rows import add_task, claim, committed, new_store, new_ticket

pytestmark = pytest.mark.postgres
THREADS, STEPS = 8, 40


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = new_store(postgres_url, pool=THREADS + 2)
    yield store
    store.close()


def test_everything_that_happens_to_tickets_tasks_and_sources_at_once_ends_without_a_deadlock(
    store: Store,
) -> None:
    """Each worker does what comes by chance: finish, fail, defer, cancel, reopen, sweep, close."""
    tickets = [new_ticket(store, number) for number in range(3)]
    for number in range(THREADS * STEPS):
        where = {"source": f"source {number % 2}", "key": str(number)}
        add_task(store, tickets[number % 3], **where)
    done: Counter[str] = Counter()
    broken: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(STEPS):
                step = chance.choice(list(_STEPS))
                with_lease = _STEPS[step](store, chance.choice(tickets), chance)
                done[step] += with_lease
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            broken.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert broken == []
    assert not any(thread.is_alive() for thread in threads)
    assert set(done) == set(_STEPS)
    with store.reading() as session:
        query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert session.connection().scalar(query) == 0


def _lease_ends(how: Callable[..., object]) -> Callable[[Store, str, random.Random], bool]:
    def step(store: Store, _ticket: str, _chance: random.Random) -> bool:
        lease = claim(store)
        if lease is None:
            return True
        try:
            with committed(store) as session:
                locked(session, lease.ticket_id)
                how(session, store, lease)
        except LeaseLost:
            return True  # somebody cancelled it meanwhile
        return True

    return step


def _finish(session: object, store: Store, lease: tasks.Lease) -> None:
    tasks.complete(session, store, lease)  # type: ignore[arg-type]
    gates.succeeded(session, lease.source)  # type: ignore[arg-type]


def _fail(session: object, store: Store, lease: tasks.Lease) -> None:
    tasks.fail(session, store, lease, reason=told("Failed."))  # type: ignore[arg-type]


def _defer(session: object, store: Store, lease: tasks.Lease) -> None:
    tasks.defer(session, store, lease, wait=0.01, reason=told("Busy."))  # type: ignore[arg-type]


def _cancel(store: Store, ticket: str, chance: random.Random) -> bool:
    if chance.random() < 0.1:
        with committed(store) as session:
            locked(session, ticket)
            tasks.cancel_ticket(session, store, ticket_id=ticket)
    return True


def _reopen(store: Store, ticket: str, _chance: random.Random) -> bool:
    with committed(store) as session:
        locked(session, ticket)
        tasks.reopen(
            session, store, ticket_id=ticket, kind="search", states=("parked", "cancelled")
        )
    return True


def _sweep(store: Store, _ticket: str, _chance: random.Random) -> bool:
    with committed(store) as session:
        sweep(session, store)
        gates.reopen(session, store)
    return True


_STEPS: dict[str, Callable[[Store, str, random.Random], bool]] = {
    "finish": _lease_ends(_finish),
    "fail": _lease_ends(_fail),
    "defer": _lease_ends(_defer),
    "cancel": _cancel,
    "reopen": _reopen,
    "sweep": _sweep,
}
