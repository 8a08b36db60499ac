"""One rule of fences: what changes a task without holding it shuts out whoever does."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from dsar.domain.reasons import Reason, told
from dsar.store import tasks
from dsar.store.engine import Store, StoreSession
from dsar.store.tasks import LeaseLost, TaskState
from tests.store.rows import DUE, Hands, add_task, claimed, committed, new_store, new_ticket, task

Verb = Callable[[StoreSession, Store, str, str], object]


def give_up(session: StoreSession, store: Store, ticket: str, _task: str) -> object:
    return tasks.give_up(session, store, ticket_id=ticket, kinds=["search"])


def cancel_ticket(session: StoreSession, store: Store, ticket: str, _task: str) -> object:
    return tasks.cancel_ticket(session, store, ticket_id=ticket)


def begin_anew(session: StoreSession, store: Store, _ticket: str, task: str) -> None:
    tasks.begin_anew(session, store, task, state=TaskState.READY)


def block_anew(session: StoreSession, store: Store, _ticket: str, task: str) -> None:
    tasks.begin_anew(session, store, task, state=TaskState.BLOCKED)


def rank(session: StoreSession, _store: Store, ticket: str, _task: str) -> None:
    tasks.rank(session, ticket_id=ticket, at=DUE + timedelta(days=9))


def unblock(session: StoreSession, store: Store, _ticket: str, task: str) -> object:
    return tasks.unblock(session, store, task)


def reopen(session: StoreSession, store: Store, ticket: str, _task: str) -> object:
    return tasks.reopen(session, store, ticket_id=ticket, kind="search", states=tasks.STUCK)


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


@pytest.mark.parametrize("verb", [cancel_ticket, begin_anew, block_anew])
def test_whoever_works_on_a_task_is_shut_out_by_what_changes_it(
    verb: Verb, store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    lease = claimed(store)
    hands.turn(seconds=5)
    with committed(store) as session:
        verb(session, store, ticket, new)
    after = task(store, new)
    assert (after.fence, after.owner, after.updated_at) == (lease.fence + 1, "", hands.now)
    with store.session() as session, pytest.raises(LeaseLost):
        tasks.complete(session, store, lease)


def test_what_is_given_up_was_stuck_and_says_why_by_its_source(
    store: Store, ticket: str, hands: Hands
) -> None:
    stuck = add_task(store, ticket, source="shop")
    lease = claimed(store)
    add_task(store, ticket, source="crm")
    with committed(store) as session:
        tasks.park(session, store, lease, reason=told("It is gone."))
    hands.turn(seconds=5)
    with committed(store) as session:
        assert give_up(session, store, ticket, stuck) == {"shop": told("It is gone.")}
        states = tasks.by_state(session, ticket)
    assert states == {TaskState.CANCELLED: 1, TaskState.READY: 1}
    after = task(store, stuck)
    assert (after.fence, after.updated_at) == (lease.fence + 1, hands.now)
    assert after.reason == told("It is gone.")


@pytest.mark.parametrize("verb", [give_up, rank, unblock, reopen])
def test_nothing_else_disturbs_whoever_works_on_a_task(
    verb: Verb, store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    lease = claimed(store)
    before = task(store, new).updated_at
    hands.turn(seconds=5)
    with committed(store) as session:
        verb(session, store, ticket, new)
    after = task(store, new)
    assert (after.fence, after.owner, after.updated_at) == (lease.fence, lease.owner, before)
    with committed(store) as session:
        tasks.complete(session, store, lease)
    assert task(store, new).state == TaskState.DONE


def test_a_blocked_task_says_what_it_waits_for_from_the_start(store: Store, ticket: str) -> None:
    new = add_task(store, ticket, blocked=True, reason=Reason("tell_first"))
    assert task(store, new).reason == Reason("tell_first")
