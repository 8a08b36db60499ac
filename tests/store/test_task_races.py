"""Workers at the same instant, on a real PostgreSQL: SQLite cannot show these races."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from dsar.domain.lifecycle.task_states import TaskState
from dsar.store import tasks
from dsar.store.engine import Store
from dsar.store.tasks import Lease, LeaseLost, gates
from dsar.store.tasks.states import TASK
from dsar.store.tickets import locked
from tests.store.rows import DUE, add_task, claim, claimed, committed, new_store, new_ticket, task

pytestmark = pytest.mark.postgres
THREADS = 8


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = new_store(postgres_url, pool=THREADS + 2)
    yield store
    store.close()


def at_once(*bodies: Callable[[], object]) -> list[object]:
    """Runs all bodies in threads that start at the same instant; what each gave back or raised."""
    barrier = threading.Barrier(len(bodies))
    results: list[object] = [None] * len(bodies)

    def run(number: int, body: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = body()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_a_host_whose_clock_is_off_neither_pushes_in_nor_waits_behind_all_others(
    store: Store,
) -> None:
    """Of equal deadlines the older task is claimed first, by the clock of the database."""
    ticket = new_ticket(store)
    for key, seconds_off in (("a", 90), ("b", 0), ("c", -90), ("d", 0)):
        shifted = datetime.now(UTC) + timedelta(seconds=seconds_off)
        with time_machine.travel(shifted, tick=True):
            add_task(store, ticket, key=key)
    assert [claimed(store).key for _ in range(4)] == list("abcd")


def test_one_task_is_claimed_by_one_worker_only(store: Store) -> None:
    ticket = new_ticket(store)
    for round_ in range(30):
        new = add_task(store, ticket, key=str(round_))
        found = at_once(*[lambda n=n: claim(store, f"worker {n}") for n in range(THREADS)])
        leases = [lease for lease in found if lease is not None]
        assert [type(lease) for lease in leases] == [Lease]
        assert task(store, new).owner == leases[0].owner  # type: ignore[attr-defined]


def test_workers_at_once_take_different_tasks_and_leave_none(store: Store) -> None:
    ticket = new_ticket(store)
    for number in range(200):
        add_task(store, ticket, key=str(number))

    def take_all() -> list[str]:
        taken = []
        while (lease := claim(store)) is not None:
            taken.append(lease.task_id)
        return taken

    found = at_once(*[take_all] * THREADS)
    taken = Counter(id_ for ids in found for id_ in ids)  # type: ignore[attr-defined]
    assert len(taken) == 200
    assert set(taken.values()) == {1}


def test_the_same_fan_out_at_once_writes_each_task_once(store: Store) -> None:
    ticket = new_ticket(store)

    def fan_out() -> int:
        with committed(store) as session:
            ids = [
                tasks.enqueue(
                    session, store, ticket_id=ticket, kind="search", source=source, rank=DUE
                )
                for source in "abcde"
            ]
        return sum(new is not None for new in ids)

    found = at_once(*[fan_out] * THREADS)
    assert sum(found) == 5  # type: ignore[arg-type]
    with store.reading() as session:
        assert tasks.by_state(session, ticket) == {TaskState.READY: 5}


def test_a_source_never_has_more_workers_than_it_admits(store: Store) -> None:
    """Eight threads claim, look how many are at the source, and finish."""
    ticket = new_ticket(store)
    with committed(store) as session:
        gates.configure(session, store, "shop", max_inflight=2)
    for number in range(120):
        add_task(store, ticket, source="shop", key=str(number))
    seen: list[int] = []
    done: list[str] = []
    leased = select(TASK.c.id).where(TASK.c.state == "leased", TASK.c.source == "shop")

    def work() -> None:
        idle = 0
        while len(done) < 120 and idle < 2000:
            lease = claim(store)
            if lease is None:
                idle += 1
                continue
            with store.reading() as session:
                seen.append(len(session.connection().execute(leased).all()))
            with committed(store) as session:
                tasks.complete(session, store, lease)
            done.append(lease.task_id)

    found = at_once(*[work] * THREADS)
    assert found == [None] * THREADS
    assert len(set(done)) == len(done) == 120
    assert max(seen) == 2


def test_two_sweeps_at_once_share_the_work(store: Store) -> None:
    ticket = new_ticket(store)
    for number in range(40):
        add_task(store, ticket, key=str(number))
    for _ in range(20):
        claimed(store)
    with committed(store) as session:
        session.connection().execute(
            update(TASK).values(sweep_at=store.instant(timedelta(seconds=-1)))
        )

    def sweep() -> tasks.SweepResult:
        with committed(store) as session:
            return tasks.sweep(session, store)

    found = at_once(*[sweep] * 4)
    expired = Counter(lost.task_id for swept in found for lost in swept.expired)  # type: ignore[attr-defined]
    rings = Counter(task_id for swept in found for _, task_id in swept.wakeups)  # type: ignore[attr-defined]
    assert len(expired) == 20
    assert len(rings) == 40
    assert set((expired + Counter()).values()) == set(rings.values()) == {1}


def test_of_a_completion_and_a_cancellation_at_once_exactly_one_happens(store: Store) -> None:
    ends = set()
    for number in range(25):
        ticket = new_ticket(store, number)
        new = add_task(store, ticket)
        lease = claimed(store)

        def complete(ticket: str = ticket, lease: Lease = lease) -> str:
            with committed(store) as session:
                locked(session, ticket)
                tasks.complete(session, store, lease)
            return "done"

        def cancel(ticket: str = ticket) -> str:
            with committed(store) as session:
                locked(session, ticket)
                changed = tasks.cancel_ticket(session, store, ticket_id=ticket)
            return "cancelled" if changed else "too late"

        completed, cancelled = at_once(complete, cancel)
        state = task(store, new).state
        ends.add(state)
        if state == TaskState.DONE:
            assert (completed, cancelled) == ("done", "too late")
        else:
            assert isinstance(completed, LeaseLost)
            assert (state, cancelled) == (TaskState.CANCELLED, "cancelled")
    assert ends <= {TaskState.DONE, TaskState.CANCELLED}


def test_a_join_decided_under_the_tickets_lock_happens_once(store: Store) -> None:
    """The last sources of a ticket finish at the same instant; exactly one sees that all have."""
    sources = 4
    for number in range(25):
        ticket = new_ticket(store, number)
        for source in range(sources):
            add_task(store, ticket, source=str(source))
        leases = [claimed(store) for _ in range(sources)]

        def finish(lease: Lease, ticket: str = ticket) -> bool:
            with committed(store) as session:
                locked(session, ticket)
                tasks.complete(session, store, lease)
                return tasks.by_state(session, ticket, "search") == {TaskState.DONE: sources}

        joined = at_once(*[lambda lease=lease: finish(lease) for lease in leases])
        assert sorted(joined) == [False, False, False, True]  # type: ignore[type-var]


def test_without_the_tickets_lock_the_same_join_would_be_lost(store: Store) -> None:
    """Why the lock is there: each of the last two counts before it can see the other's end."""
    ticket = new_ticket(store)
    for source in ("left", "right"):
        add_task(store, ticket, source=source)
    leases = [claimed(store), claimed(store)]
    both_completed, both_counted = threading.Barrier(2), threading.Barrier(2)

    def finish(lease: Lease) -> bool:
        with committed(store) as session:
            tasks.complete(session, store, lease)
            both_completed.wait(30)
            states = tasks.by_state(session, ticket, "search")
            both_counted.wait(30)
        return states == {TaskState.DONE: 2}

    joined = at_once(*[lambda lease=lease: finish(lease) for lease in leases])
    assert joined == [False, False]


def test_renewing_waits_for_nobody_who_is_writing(store: Store) -> None:
    ticket = new_ticket(store)
    for key in "ab":
        add_task(store, ticket, key=key)
    busy, idle = claimed(store), claimed(store)
    with store.session() as writing:
        tasks.checkpoint(writing, store, busy, "page 1")
        with committed(store) as session:
            assert tasks.renew_all(session, store, [busy, idle]) == 1


def test_a_paused_transaction_at_one_source_does_not_stop_claims_at_another(store: Store) -> None:
    ticket = new_ticket(store)
    for source in ("shop", "zoo"):
        with committed(store) as session:
            gates.configure(session, store, source, max_inflight=1)
        add_task(store, ticket, source=source)
    with store.session() as session:
        held = tasks.claim(session, store, queue="work", kinds=("search",), owner="slow")
        assert held is not None
        other = claim(store, "quick")
        assert other is not None
        assert {held.source, other.source} == {"shop", "zoo"}
