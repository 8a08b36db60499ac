"""A periodic job is done by one, when it is due, and once however long nobody was there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dsar.store import processes, schedules
from dsar.store.counts import COUNTERS, count, counted
from dsar.store.engine import Store
from tests.store.rows import Hands, committed, new_store

HOUR = timedelta(hours=1)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def store(database_url: str, hands: Hands) -> Iterator[Store]:
    store = new_store(database_url, hands)
    yield store
    store.close()


def declare(store: Store, every: timedelta = HOUR) -> None:
    with committed(store) as session:
        schedules.declare(session, store, name="job", every=every)


def due(store: Store) -> bool:
    with committed(store) as session:
        return schedules.claim(session, store, name="job", every=HOUR)


def test_a_new_job_is_due_at_once_and_then_after_its_period(store: Store, hands: Hands) -> None:
    declare(store)
    assert [due(store), due(store)] == [True, False]
    hands.turn(minutes=59)
    assert not due(store)
    hands.turn(minutes=1)
    assert due(store)


def test_missed_runs_are_made_up_for_by_one(store: Store, hands: Hands) -> None:
    declare(store)
    assert due(store)
    hands.turn(days=30)
    assert [due(store), due(store)] == [True, False]


def test_a_restart_does_not_make_a_job_due(store: Store) -> None:
    declare(store)
    assert due(store)
    declare(store)
    assert not due(store)


def test_a_job_that_failed_is_due_sooner_and_never_later(store: Store, hands: Hands) -> None:
    declare(store)
    assert due(store)
    for minutes in (1, 30):
        with committed(store) as session:
            schedules.again(session, store, name="job", wait=timedelta(minutes=minutes))
    hands.turn(seconds=59)
    assert not due(store)
    hands.turn(seconds=1)
    assert due(store)


def test_an_undeclared_job_is_nobodys(store: Store) -> None:
    assert not due(store)


def test_a_process_that_gives_no_sign_is_not_alive(store: Store, hands: Hands) -> None:
    for kind in ("worker", "web"):
        with committed(store) as session:
            processes.beat(session, store, process=kind, kind=kind)
        hands.turn(seconds=30)
    with store.reading() as session:
        assert [row.id for row in processes.alive(session, store)] == ["web"]
    with committed(store) as session:
        processes.beat(session, store, process="worker", kind="worker")
        found = processes.alive(session, store)
    assert [row.id for row in found] == ["worker", "web"]  # the longest running first


def test_counters_start_at_nothing_and_add_up(store: Store) -> None:
    with committed(store) as session:
        assert counted(session) == dict.fromkeys(COUNTERS, 0)
        count(session, store, "rings_resent", plus=3)
        count(session, store, "rings_resent")
        assert counted(session)["rings_resent"] == 4
