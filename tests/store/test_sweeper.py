"""What was forgotten is rung for again, what was abandoned is taken back, poison is parked."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dsar.domain.reasons import Reason, told
from dsar.store import tasks
from dsar.store.counts import counted
from dsar.store.engine import Store
from dsar.store.tasks import TaskState, gates
from dsar.store.tasks.sweeper import (
    MAX_CRASHES,
    RING_PAUSES,
    ExpiredTask,
    Poison,
    SweepResult,
    oldest_unclaimed,
)
from tests.store.rows import (
    DUE,
    Hands,
    add_task,
    claim,
    claimed,
    committed,
    new_store,
    new_ticket,
    task,
)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def store(database_url: str, hands: Hands) -> Iterator[Store]:
    store = new_store(database_url, hands)
    yield store
    store.close()


@pytest.fixture
def ticket(store: Store) -> str:
    return new_ticket(store)


def sweep(store: Store, limit: int = 200) -> SweepResult:
    with committed(store) as session:
        return tasks.sweep(session, store, limit=limit)


def park(store: Store, task_id: str) -> ExpiredTask | None:
    with committed(store) as session:
        return tasks.park_poison(session, store, task_id)


def test_whoever_made_a_task_ready_has_two_seconds_to_ring(
    store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    assert sweep(store).wakeups == ()
    hands.turn(seconds=2)
    assert sweep(store).wakeups == (("work", new),)


def test_rings_for_the_same_task_come_ever_more_rarely(
    store: Store, ticket: str, hands: Hands
) -> None:
    add_task(store, ticket)
    hands.turn(seconds=2)
    gaps = []
    for _ in range(8):
        assert sweep(store).wakeups
        gap = 0
        while not sweep(store).wakeups:
            hands.turn(seconds=1)
            gap += 1
        gaps.append(timedelta(seconds=gap))
        hands.turn(seconds=200)
    # the pause before each second ring: 2, 8, 32, then a minute
    assert gaps[:3] == [RING_PAUSES[0], RING_PAUSES[2], RING_PAUSES[4]]
    assert set(gaps[3:]) == {RING_PAUSES[-1]}


def test_a_task_that_becomes_due_is_rung_for_when_it_does(
    store: Store, ticket: str, hands: Hands
) -> None:
    add_task(store, ticket, not_before=hands.now + timedelta(minutes=5))
    hands.turn(minutes=4, seconds=59)
    assert sweep(store).wakeups == ()
    hands.turn(seconds=1)
    assert len(sweep(store).wakeups) == 1


def test_a_lease_that_ran_out_is_taken_back_and_rung_for(
    store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    claimed(store)
    hands.turn(seconds=59)
    assert sweep(store) == SweepResult((), ())
    hands.turn(seconds=1)
    swept = sweep(store)
    assert swept.wakeups == (("work", new),)
    assert [(lost.task_id, lost.crashes) for lost in swept.expired] == [(new, 1)]
    assert claimed(store, "two").fence == 2


def test_a_task_on_which_three_workers_died_is_parked_and_never_loops(
    store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    for crash in range(1, MAX_CRASHES):
        claimed(store)
        hands.turn(minutes=1)
        (lost,) = sweep(store).expired
        assert lost.crashes == crash
    claimed(store)
    hands.turn(minutes=1)
    assert sweep(store) == SweepResult((), (), (Poison(new, ticket),))
    assert task(store, new).state == TaskState.LEASED  # its ticket must move on with it
    assert [lost and lost.crashes for lost in (park(store, new), park(store, new))] == [3, None]
    row = task(store, new)
    assert (row.state, row.reason) == (TaskState.PARKED, Reason("worker_died", {"count": 3}))
    hands.turn(days=1)
    assert sweep(store) == SweepResult((), ())
    assert claim(store) is None
    with store.reading() as session:
        numbers = counted(session)
    assert (numbers["lease_expiries"], numbers["crash_parkings"]) == (3, 1)


def test_a_worker_that_lives_after_all_keeps_its_task_from_being_parked(
    store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    for _ in range(MAX_CRASHES - 1):
        claimed(store)
        hands.turn(minutes=1)
        sweep(store)
    lease = claimed(store)
    hands.turn(minutes=1)
    assert sweep(store).poison
    with committed(store) as session:
        tasks.renew(session, store, lease)
    assert park(store, new) is None
    assert task(store, new).state == TaskState.LEASED


def test_the_leases_of_a_worker_known_to_be_dead_come_back_at_once(
    store: Store, ticket: str
) -> None:
    for key in "ab":
        add_task(store, ticket, key=key)
    dead, alive = claimed(store, "dead"), claimed(store, "alive")
    with committed(store) as session:
        assert tasks.expire(session, store, owner="dead") == 1
    (lost,) = sweep(store).expired
    assert (lost.task_id, task(store, dead.task_id).state) == (dead.task_id, TaskState.READY)
    with store.reading() as session:
        assert tasks.leased_to(session, owner="alive") == [alive.task_id]


def test_a_sweep_takes_no_more_than_its_limit(store: Store, ticket: str, hands: Hands) -> None:
    for key in range(7):
        add_task(store, ticket, key=str(key))
    hands.turn(seconds=2)
    assert [len(sweep(store, limit=3).wakeups) for _ in range(4)] == [3, 3, 1, 0]


def test_repeated_rings_are_counted_and_first_ones_are_not(
    store: Store, ticket: str, hands: Hands
) -> None:
    add_task(store, ticket)
    claimed(store)
    hands.turn(seconds=30)
    sweep(store)
    with store.reading() as session:
        assert counted(session)["rings_resent"] == 0
    add_task(store, ticket, key="forgotten")
    hands.turn(seconds=2)
    sweep(store)
    with store.reading() as session:
        assert counted(session)["rings_resent"] == 1


def test_when_a_source_opens_again_the_bell_rings_for_as_many_as_it_admits(
    store: Store, ticket: str, hands: Hands
) -> None:
    with committed(store) as session:
        gates.configure(session, store, "shop", max_inflight=2)
    for key in range(5):
        add_task(store, ticket, source="shop", key=str(key))
    with committed(store) as session:
        lease = tasks.claim(session, store, queue="work", kinds=("search",), owner="one")
        assert lease is not None
        tasks.defer(session, store, lease, wait=300, reason=told("Too many requests."))
    assert claim(store) is None
    for _ in range(4):  # the first rings for those that wait; then they are quiet for a while
        hands.turn(seconds=60)
        sweep(store)
    hands.turn(seconds=60)
    assert len(sweep(store).wakeups) >= 2
    assert claimed(store).source == "shop"


def test_a_paced_source_is_rung_for_whenever_its_pace_allows_one_more(
    store: Store, ticket: str, hands: Hands
) -> None:
    with committed(store) as session:
        gates.configure(session, store, "shop", max_inflight=9, interval=5.0)
    for key in range(3):
        add_task(store, ticket, source="shop", key=str(key))
    claimed(store)
    assert sweep(store).wakeups == ()
    hands.turn(seconds=1)
    assert claim(store) is None
    hands.turn(seconds=4)
    assert sweep(store).wakeups
    assert claimed(store)


def test_the_age_of_what_nobody_claims_can_be_seen(store: Store, ticket: str, hands: Hands) -> None:
    with store.reading() as session:
        assert oldest_unclaimed(session, store) == timedelta()
    add_task(store, ticket, rank=DUE)
    hands.turn(minutes=3)
    with store.reading() as session:
        assert oldest_unclaimed(session, store) == timedelta(minutes=3)
