"""A task is claimed by the earliest deadline, by one worker, who alone may write to it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dsar.domain.reasons import told
from dsar.store import tasks
from dsar.store.counts import counted
from dsar.store.engine import Store
from dsar.store.tasks import Lease, LeaseLost, TaskState
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


# -- claiming ------------------------------------------------------------------------------------


def test_the_earliest_deadline_is_claimed_first(store: Store, ticket: str) -> None:
    add_task(store, ticket, key="late", rank=DUE + timedelta(days=9))
    add_task(store, ticket, key="early", rank=DUE)
    assert [claimed(store).key, claimed(store).key] == ["early", "late"]
    assert claim(store) is None


def test_of_equal_deadlines_the_older_task_is_claimed_first(
    store: Store, ticket: str, hands: Hands
) -> None:
    for key in "abcd":
        add_task(store, ticket, key=key)
        hands.turn(seconds=1)
    assert [claimed(store).key for _ in range(4)] == list("abcd")


def test_a_claim_counts_the_attempt_before_the_work(store: Store, ticket: str) -> None:
    new = add_task(store, ticket)
    assert (claimed(store).attempts, task(store, new).attempts) == (1, 1)
    assert task(store, new).state == TaskState.LEASED


def test_a_worker_claims_only_its_queue_and_the_kinds_it_knows(store: Store, ticket: str) -> None:
    add_task(store, ticket, kind="bundle", queue="render")
    add_task(store, ticket, kind="act")
    assert claim(store) is None
    assert claimed(store, queue="render", kinds=("bundle",)).kind == "bundle"


def test_a_task_is_not_claimed_before_its_time(store: Store, ticket: str, hands: Hands) -> None:
    add_task(store, ticket, not_before=hands.now + timedelta(minutes=1))
    assert claim(store) is None
    hands.turn(minutes=1)
    assert claimed(store)


def test_a_lease_knows_where_the_last_worker_stopped(store: Store, ticket: str) -> None:
    add_task(store, ticket)
    with committed(store) as session:
        lease = tasks.claim(session, store, queue="work", kinds=("search",), owner="one")
        assert lease is not None
        tasks.checkpoint(session, store, lease, "page 3", done=30)
        tasks.release(session, store, lease)
    again = claimed(store, "two")
    assert (again.checkpoint, again.done, again.attempts, again.fence) == ("page 3", 30, 1, 2)


# -- fan-out -------------------------------------------------------------------------------------


def test_the_same_task_is_written_once(store: Store, ticket: str) -> None:
    add_task(store, ticket, source="shop")
    with committed(store) as session:
        again = tasks.enqueue(
            session, store, ticket_id=ticket, kind="search", source="shop", rank=DUE
        )
        assert again is None
        assert session.wakeups == []


def test_a_ready_task_asks_for_the_bell_and_a_blocked_one_does_not(
    store: Store, ticket: str, hands: Hands
) -> None:
    with committed(store) as session:
        ready = tasks.enqueue(session, store, ticket_id=ticket, kind="search", rank=DUE)
        for key, how in {
            "blocked": {"blocked": True},
            "later": {"not_before": hands.now + timedelta(days=1)},
        }.items():
            tasks.enqueue(session, store, ticket_id=ticket, kind="search", key=key, rank=DUE, **how)
        assert session.wakeups == [("work", ready)]


def test_a_blocked_task_runs_after_it_is_let_go(store: Store, ticket: str) -> None:
    new = add_task(store, ticket, blocked=True)
    assert claim(store) is None
    with committed(store) as session:
        assert tasks.unblock(session, store, new)
        assert not tasks.unblock(session, store, new)
        assert session.wakeups == [("work", new)]
    assert claimed(store).task_id == new


# -- ends ----------------------------------------------------------------------------------------


def end(store: Store, lease: Lease, verb: str, **values: object) -> object:
    with committed(store) as session:
        return getattr(tasks, verb)(session, store, lease, **values)


@pytest.mark.parametrize(
    ("verb", "values", "state"),
    [
        ("complete", {}, TaskState.DONE),
        ("park", {"reason": told("Nobody can.")}, TaskState.PARKED),
        ("wait_human", {"reason": told("Ask the dentist.")}, TaskState.WAITING_HUMAN),
        ("cancel", {"reason": told("Not needed.")}, TaskState.CANCELLED),
        ("release", {}, TaskState.READY),
        ("defer", {"wait": 30, "reason": told("Busy.")}, TaskState.READY),
        ("fail", {"reason": told("Broken.")}, TaskState.READY),
    ],
)
def test_every_end_leaves_its_state_and_reason_and_no_owner(
    store: Store, ticket: str, verb: str, values: dict[str, object], state: TaskState
) -> None:
    new = add_task(store, ticket)
    end(store, claimed(store), verb, **values)
    row = task(store, new)
    assert (row.state, row.owner, row.reason) == (state, "", values.get("reason"))


def test_a_deferral_and_a_release_are_no_attempts(store: Store, ticket: str, hands: Hands) -> None:
    new = add_task(store, ticket)
    for _ in range(2 * tasks.MAX_ATTEMPTS):
        end(store, claimed(store), "defer", wait=30, reason=told("Busy."))
        assert claim(store) is None
        hands.turn(seconds=30)
    end(store, claimed(store), "release")
    row = task(store, new)
    assert (row.attempts, row.deferrals, row.state) == (0, 10, TaskState.READY)


def test_a_task_that_always_fails_is_parked_after_its_last_attempt(
    store: Store, ticket: str, hands: Hands
) -> None:
    new = add_task(store, ticket)
    parked = []
    for _ in range(tasks.MAX_ATTEMPTS):
        parked.append(end(store, claimed(store), "fail", reason=told("Broken.")))
        hands.turn(hours=2)
    assert parked == [False, False, False, False, True]
    assert task(store, new).state == TaskState.PARKED


@pytest.mark.parametrize(
    ("attempts", "remaining", "pause"),
    [
        (1, timedelta(days=9), timedelta(seconds=2)),
        (2, timedelta(days=9), timedelta(seconds=8)),
        (4, timedelta(days=9), timedelta(seconds=128)),
        (9, timedelta(days=9), timedelta(hours=1)),
        (9, timedelta(minutes=7), timedelta(minutes=7)),
        (9, timedelta(days=-1), timedelta(seconds=2)),
    ],
)
def test_pauses_grow_fourfold_and_never_pass_the_deadline(
    attempts: int, remaining: timedelta, pause: timedelta
) -> None:
    assert tasks.pause_after(attempts, remaining=remaining) == pause


@pytest.mark.parametrize(
    ("verb", "checkpoint"), [("park", "page 3"), ("wait_human", "page 3"), ("complete", None)]
)
def test_a_reopened_task_has_all_attempts_and_starts_anew_only_if_it_was_done(
    store: Store, ticket: str, verb: str, checkpoint: str | None
) -> None:
    add_task(store, ticket)
    lease = claimed(store)
    end(store, lease, "checkpoint", checkpoint="page 3", done=3)
    end(store, lease, verb, **({} if verb == "complete" else {"reason": told("Stuck.")}))
    with committed(store) as session:
        every = ("parked", "waiting_human", "done")
        assert tasks.reopen(session, store, ticket_id=ticket, kind="search", states=every) == 1
    again = claimed(store)
    assert (again.attempts, again.checkpoint) == (1, checkpoint)
    assert again.done == (3 if checkpoint else 0)


def test_reopening_never_takes_a_task_out_of_a_workers_hands(store: Store, ticket: str) -> None:
    add_task(store, ticket)
    lease = claimed(store)
    with committed(store) as session:
        found = tasks.reopen(session, store, ticket_id=ticket, kind="search", states=("leased",))
    assert found == 0
    end(store, lease, "complete")


# -- the fence -----------------------------------------------------------------------------------

WRITES: dict[str, dict[str, object]] = {
    "renew": {},
    "checkpoint": {"checkpoint": "stale"},
    "complete": {},
    "release": {},
    "defer": {"wait": 1, "reason": told("stale")},
    "fail": {"reason": told("stale")},
    "park": {"reason": told("stale")},
    "wait_human": {"reason": told("stale")},
    "cancel": {"reason": told("stale")},
}


def lose_to_another(store: Store, _lease: Lease, hands: Hands) -> None:
    """The lease runs out, is swept and claimed by another."""
    hands.turn(minutes=2)
    with committed(store) as session:
        tasks.sweep(session, store)
    claimed(store, "two")


def lose_to_the_sweep(store: Store, _lease: Lease, hands: Hands) -> None:
    hands.turn(minutes=2)
    with committed(store) as session:
        tasks.sweep(session, store)


def lose_to_a_cancellation(store: Store, lease: Lease, _hands: Hands) -> None:
    with committed(store) as session:
        assert tasks.cancel_ticket(session, store, ticket_id=lease.ticket_id) == 1


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("lose", [lose_to_another, lose_to_the_sweep, lose_to_a_cancellation])
def test_a_worker_that_lost_its_lease_writes_nothing_and_is_counted(
    store: Store, ticket: str, hands: Hands, verb: str, lose: object
) -> None:
    new = add_task(store, ticket, source="shop")
    lease = claimed(store)
    lose(store, lease, hands)  # type: ignore[operator]
    before = task(store, new).model_dump()
    with pytest.raises(LeaseLost):
        end(store, lease, verb, **WRITES[verb])
    assert task(store, new).model_dump() == before
    with store.reading() as session:
        assert counted(session)["fenced_writes"] == 1


def test_what_a_fenced_worker_wrote_beside_is_gone_too(
    store: Store, ticket: str, hands: Hands
) -> None:
    add_task(store, ticket)
    lease = claimed(store)
    lose_to_another(store, lease, hands)
    with store.session() as session:
        tasks.enqueue(session, store, ticket_id=ticket, kind="bundle", rank=DUE)
        with pytest.raises(LeaseLost):
            tasks.complete(session, store, lease)
        assert session.wakeups == []
        session.commit()
    with store.reading() as session:
        assert tasks.by_state(session, ticket, "bundle") == {}


# -- renewal -------------------------------------------------------------------------------------


def test_all_leases_of_a_process_are_renewed_at_once_and_lost_ones_stay_lost(
    store: Store, ticket: str, hands: Hands
) -> None:
    ids = [add_task(store, ticket, key=str(n)) for n in range(3)]
    held = [claimed(store) for _ in ids]
    end(store, held[0], "complete")
    hands.turn(seconds=45)
    with committed(store) as session:
        assert tasks.renew_all(session, store, held) == 2
        assert tasks.renew_all(session, store, []) == 0
    hands.turn(seconds=45)
    with committed(store) as session:
        assert tasks.sweep(session, store).expired == ()
        assert set(tasks.leased_to(session, owner="one")) == {lease.task_id for lease in held[1:]}


def test_states_of_a_ticket_are_counted_by_kind(store: Store, ticket: str) -> None:
    for key in "abc":
        add_task(store, ticket, key=key)
    add_task(store, ticket, kind="bundle")
    end(store, claimed(store), "complete")
    with store.reading() as session:
        assert tasks.by_state(session, ticket, "search") == {"done": 1, "ready": 2}
        assert tasks.by_state(session, ticket) == {"done": 1, "ready": 3}
