"""No source is asked by more at once, more often or sooner than it admits; no slot can leak."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dsar.domain.reasons import told
from dsar.store import tasks
from dsar.store.engine import Store
from dsar.store.tasks import gates
from dsar.store.tasks.gates import BREAKER_FAILURES, BREAKER_LONGEST, BREAKER_PAUSE
from tests.store.rows import Hands, add_task, claim, claimed, committed, new_store, new_ticket


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


def configure(store: Store, source: str = "shop", **values: float) -> None:
    with committed(store) as session:
        gates.configure(session, store, source, **values)  # type: ignore[arg-type]


def gate(store: Store, source: str = "shop") -> gates.Gate:
    with store.reading() as session:
        return next(gate for gate in gates.gates(session) if gate.source == source)


def fill(store: Store, ticket: str, source: str, number: int) -> None:
    for key in range(number):
        add_task(store, ticket, source=source, key=str(key))


def test_no_more_at_once_than_the_source_admits_and_others_are_not_held_up(
    store: Store, ticket: str
) -> None:
    configure(store, max_inflight=2)
    fill(store, ticket, "shop", 5)
    fill(store, ticket, "zoo", 1)
    assert sorted(claimed(store).source for _ in range(3)) == ["shop", "shop", "zoo"]
    assert claim(store) is None


def test_a_slot_is_free_again_when_its_task_ends_or_its_worker_is_lost(
    store: Store, ticket: str, hands: Hands
) -> None:
    configure(store, max_inflight=1)
    fill(store, ticket, "shop", 3)
    first = claimed(store)
    with committed(store) as session:
        tasks.complete(session, store, first)
    claimed(store)
    assert claim(store) is None
    hands.turn(minutes=1)
    with committed(store) as session:
        tasks.sweep(session, store)
    assert claimed(store)


def test_a_source_without_a_gate_admits_all(store: Store, ticket: str) -> None:
    fill(store, ticket, "shop", 4)
    assert all(claim(store) for _ in range(4))


def test_retry_after_holds_back_every_task_of_the_source(
    store: Store, ticket: str, hands: Hands
) -> None:
    fill(store, ticket, "shop", 2)
    with committed(store) as session:
        lease = tasks.claim(session, store, queue="work", kinds=("search",), owner="one")
        assert lease is not None
        tasks.defer(session, store, lease, wait=30, reason=told("Too many requests."))
    assert claim(store) is None
    hands.turn(seconds=30)
    assert claim(store)


def test_a_shorter_retry_after_does_not_open_a_source_that_asked_for_longer(
    store: Store, hands: Hands
) -> None:
    for minutes in (9, 3):
        with committed(store) as session:
            until = hands.now + timedelta(minutes=minutes)
            gates.close(session, store, "shop", until=until, reason=told("Busy."))
    assert gate(store).open_until == hands.now + timedelta(minutes=9)


def test_starts_keep_the_pace_of_the_source(store: Store, ticket: str, hands: Hands) -> None:
    configure(store, max_inflight=9, interval=0.5)
    fill(store, ticket, "shop", 3)
    assert claim(store)
    assert claim(store) is None
    hands.turn(seconds=0.5)
    assert claim(store)
    assert claim(store) is None


def fail_once(store: Store, hands: Hands) -> None:
    with committed(store) as session:
        lease = tasks.claim(session, store, queue="work", kinds=("search",), owner="one")
        assert lease is not None
        tasks.fail(session, store, lease, reason=told("Broken."))


def test_after_five_failures_in_a_row_the_source_is_left_in_peace_then_tried_by_one(
    store: Store, ticket: str, hands: Hands
) -> None:
    configure(store, max_inflight=3)
    fill(store, ticket, "shop", BREAKER_FAILURES + 3)
    for _ in range(BREAKER_FAILURES):
        fail_once(store, hands)
    assert claim(store) is None
    hands.turn(seconds=BREAKER_PAUSE.total_seconds())
    probe = claimed(store)
    assert claim(store) is None
    with committed(store) as session:
        tasks.complete(session, store, probe)
    assert gate(store).failures == 0
    assert [claim(store) is not None for _ in range(4)] == [True, True, True, False]


def test_the_pause_of_the_breaker_doubles_up_to_a_quarter_of_an_hour(
    store: Store, hands: Hands
) -> None:
    configure(store)
    pauses = []
    for _ in range(BREAKER_FAILURES + 7):
        with committed(store) as session:
            gates.failed(session, store, "shop", reason=told("Broken."))
        until = gate(store).open_until
        pauses.append(until - hands.now if until else timedelta())
        hands.turn(hours=1)
    assert pauses[: BREAKER_FAILURES - 1] == [timedelta()] * (BREAKER_FAILURES - 1)
    assert pauses[BREAKER_FAILURES - 1 : BREAKER_FAILURES + 1] == [BREAKER_PAUSE, 2 * BREAKER_PAUSE]
    assert pauses[-1] == BREAKER_LONGEST


def test_configuring_a_source_again_keeps_what_it_asked_for(store: Store, hands: Hands) -> None:
    until = hands.now + timedelta(hours=1)
    with committed(store) as session:
        gates.close(session, store, "shop", until=until, reason=told("Maintenance."))
    configure(store, max_inflight=7)
    row = gate(store)
    assert (row.open_until, row.reason, row.max_inflight) == (until, told("Maintenance."), 7)


def test_since_when_a_source_is_closed_is_remembered_until_it_answers(
    store: Store, hands: Hands
) -> None:
    first = hands.now
    configure(store)
    for _ in range(2):
        with committed(store) as session:
            until = hands.now + timedelta(hours=1)
            gates.close(session, store, "shop", until=until, reason=told("Busy."))
            gates.succeeded(session, "shop")  # it was asked before it closed
        assert gate(store).closed_at == first
        hands.turn(hours=2)
        with committed(store) as session:
            gates.reopen(session, store)
        assert (gate(store).closed_at, gate(store).open_until) == (first, None)
    with committed(store) as session:
        gates.succeeded(session, "shop")
    assert (gate(store).closed_at, gate(store).reason) == (None, None)
