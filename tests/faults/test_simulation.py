"""Five hundred histories of crashes, stalls and lost rings: nothing is lost, nothing is done twice.

And the proof that the simulation would see it: with any one of the engine's guards taken away,
some history goes wrong. A failing seed is told again by `pytest … -k "seed and 123"`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, event
from sqlmodel import SQLModel

from dsar.domain.reasons import told
from dsar.store import effects, tasks, types
from dsar.store.effects import EffectBefore, intend, settle_effect
from dsar.store.engine import Store, StoreSession
from dsar.store.tasks import Lease, LeaseLost, TaskState, gates, leases, sweeper
from dsar.store.tickets import locked
from tests.faults.simulation import LEASE, Actor, Body, Ids, NeverEnds, Simulation
from tests.store.rows import DUE, Hands, new_ticket

SEEDS = 500
SOURCES = ("left", "right")
PAGES = 2
KINDS = {"work": ("act",), "render": ("bundle",)}


class Wrong(AssertionError):  # noqa: N818
    """Something was done twice, too early or not at all."""


class Installation:
    """Two tickets, two sources, three workers, a sweeper: the smallest house that can go wrong."""

    def __init__(self, store: Store, hands: Hands, seed: int) -> None:
        self.store = store
        self.done: Counter[tuple[str, str, int]] = Counter()
        self.held: dict[str, set[Lease]] = {}
        self.withdrawn: set[str] = set()
        self.tickets = [new_ticket(store, number) for number in (1, 2)]
        workers = [Actor(f"worker {n}", self._worker(f"worker {n}")) for n in range(3)]
        helpers = [Actor("sweeper", self._sweeper), Actor("web", self._web)]
        self.simulation = Simulation(
            seed, workers, helpers, hands, self.renew, self.staff, self.settled, self.forget
        )
        with self._commit() as session:
            gates.configure(session, store, "left", max_inflight=1)
        helpers[1].hear("")

    # -- transactions ------------------------------------------------------------------------------

    def _commit(self) -> "Commit":
        return Commit(self)

    def settled(self) -> bool:
        whole = {TaskState.DONE: len(SOURCES) + 1}
        with self.store.reading() as session:
            return all(
                tasks.by_state(session, ticket) == whole
                or (ticket in self.withdrawn and not self._open(session, ticket))
                for ticket in self.tickets
            )

    def _open(self, session: StoreSession, ticket: str) -> set[TaskState]:
        return set(tasks.by_state(session, ticket)) & tasks.OPEN

    # -- processes ---------------------------------------------------------------------------------

    def _web(self, _queue: str) -> Body:
        """Files the tickets, and again: nobody knows whether the first answer arrived."""
        for ticket in self.tickets:
            with self._commit() as session:
                locked(session, ticket)
                for source in SOURCES:
                    tasks.enqueue(
                        session, self.store, ticket_id=ticket, kind="act", source=source, rank=DUE
                    )
            yield "filed"
        if self.simulation.random.random() < 0.05:
            with self._commit() as session:
                locked(session, self.tickets[1])
                tasks.cancel_ticket(session, self.store, ticket_id=self.tickets[1])
            self.withdrawn.add(self.tickets[1])
            yield "withdrawn"

    def _sweeper(self, _queue: str) -> Body:
        with self._commit() as session:
            swept = sweeper.sweep(session, self.store)
            session.wakeups.extend(swept.wakeups)
        yield "swept"
        for poison in swept.poison:
            with self._commit() as session:
                locked(session, poison.ticket_id)
                sweeper.park_poison(session, self.store, poison.task_id)
            yield "parked"

    def _worker(self, name: str) -> Callable[[str], Body]:
        def work(queue: str) -> Body:
            with self._commit() as session:
                lease = self._claim(session, queue, name)
            while lease is not None:
                self.held.setdefault(name, set()).add(lease)
                yield f"claimed {lease.kind}"
                try:
                    following = yield from self._perform(lease)
                except LeaseLost:
                    following = None
                self.held[name].discard(lease)
                lease = following

        return work

    def _claim(self, session: StoreSession, queue: str, name: str) -> Lease | None:
        return tasks.claim(
            session, self.store, queue=queue, kinds=KINDS[queue], owner=name, lease=LEASE
        )

    def _perform(self, lease: Lease) -> Any:
        for page in range(int(lease.checkpoint or 0), PAGES if lease.kind == "act" else 1):
            key = f"{lease.ticket_id}{lease.kind}{lease.source}{lease.key}{page}"[-64:]
            with self._commit() as session:
                locked(session, lease.ticket_id)
                standing = intend(session, self.store, lease, key, number=page, sheet="")
            began_without = set(self.withdrawn)
            yield "intended"
            if lease.ticket_id in began_without:
                raise Wrong("began after the person had withdrawn")
            place = (lease.ticket_id, lease.source or "bundle", page)
            if standing is EffectBefore.UNKNOWN and not self.done[place]:
                with self._commit() as session:
                    tasks.wait_human(session, self.store, lease, reason=told("It was interrupted."))
                return None
            if standing is EffectBefore.NEW:
                self._effect(lease, place)
                yield "done outside"
            with self._commit() as session:
                locked(session, lease.ticket_id)
                settle_effect(session, lease, key, failed=False)
                tasks.checkpoint(session, self.store, lease, str(page + 1), done=1)
            yield "checkpoint"
            if lease.kind == "act" and self.simulation.random.random() < 0.05:
                with self._commit() as session:
                    tasks.defer(session, self.store, lease, wait=5, reason=told("Busy."))
                return None
        with self._commit() as session:
            following = self._finish(session, lease)
        return following

    def _effect(self, lease: Lease, place: tuple[str, str, int]) -> None:
        """The world outside changes; it cannot be asked to do so twice harmlessly."""
        if lease.kind == "bundle":
            before = sum(self.done[lease.ticket_id, s, n] for s in SOURCES for n in range(PAGES))
            if before != len(SOURCES) * PAGES:
                raise Wrong(f"a bundle after {before} pages")
        self.done[place] += 1

    def _finish(self, session: StoreSession, lease: Lease) -> Lease | None:
        """Completes, joins under the ticket's lock, claims the next: one transaction."""
        locked(session, lease.ticket_id)
        tasks.complete(session, self.store, lease)
        counts = tasks.by_state(session, lease.ticket_id, "act")
        if set(counts) == {TaskState.DONE}:
            tasks.enqueue(
                session,
                self.store,
                ticket_id=lease.ticket_id,
                kind="bundle",
                queue="render",
                rank=DUE,
            )
        return self._claim(session, lease.queue, lease.owner)

    # -- beside the work ---------------------------------------------------------------------------

    def renew(self, name: str) -> None:
        if self.held.get(name):
            with self._commit() as session:
                tasks.renew_all(session, self.store, self.held[name])

    def forget(self, actor: Actor) -> None:
        self.held.pop(actor.name, None)

    def staff(self) -> None:
        """Looks at what got stuck, does by hand what is missing there, and lets it go on."""
        with self.store.reading() as session:
            stuck = tasks.stuck(session)
        if not stuck:
            return
        with self._commit() as session:
            for ticket in self.tickets:
                for kind in ("act", "bundle"):
                    self._by_hand(session, ticket, kind)
                    states = (TaskState.WAITING_HUMAN, TaskState.PARKED)
                    tasks.reopen(session, self.store, ticket_id=ticket, kind=kind, states=states)

    def _by_hand(self, session: StoreSession, ticket: str, kind: str) -> None:
        rows = session.connection().exec_driver_sql(
            "SELECT e.source, e.number FROM effect e JOIN task t ON t.id = e.task_id"
            " WHERE e.state = 'intent' AND e.ticket_id = ? AND t.kind = ?"
            " AND t.state IN ('waiting_human', 'parked')",
            (ticket, kind),
        )
        for source, number in rows:
            place = (ticket, source or "bundle", number)
            self.done[place] = max(self.done[place], 1)

    def check(self) -> None:
        wanted = {(t, s, n) for t in self.tickets for s in SOURCES for n in range(PAGES)}
        wanted |= {(ticket, "bundle", 0) for ticket in self.tickets}
        done = {place: number for place, number in self.done.items() if number}
        whole = {place for place in wanted if place[0] not in self.withdrawn}
        if set(done.values()) != {1} or not whole <= set(done) <= wanted:
            raise Wrong(f"done: {sorted(Counter(done.values()).items())}, of {len(wanted)}")
        with self.store.reading() as session:
            rows = session.connection().exec_driver_sql(
                "SELECT kind, done, checkpoint FROM task WHERE state = 'done'"
            )
            pages = {(kind, done, int(at)) for kind, done, at in rows}
        if pages != {("act", PAGES, PAGES), ("bundle", 1, 1)}:
            raise Wrong(f"pages counted: {sorted(pages)}")


class Commit:
    """One transaction, rung for afterwards as services do; a fenced one leaves nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._session = installation.store.session()

    def __enter__(self) -> StoreSession:
        self.session = self._session.__enter__()
        return self.session

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.session.commit()
        self._session.__exit__(kind, *rest)
        if kind is None and hasattr(self._installation, "simulation"):
            for queue, task in self.session.wakeups:
                self._installation.simulation.ring(queue, task)


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, hands: Hands) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("simulation")
    store = Store(f"sqlite:///{folder / 'dsar.sqlite'}", clock=hands)
    event.listen(store.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
    SQLModel.metadata.create_all(store.engine)
    yield store
    store.close()


def tell(store: Store, hands: Hands, seed: int) -> Installation:
    """One whole history from an empty database."""
    with store.session() as session:
        for table in reversed(SQLModel.metadata.sorted_tables):
            session.connection().execute(delete(table))
        session.commit()
    hands.now = Hands().now
    types.uuid4 = Ids(seed)  # type: ignore[assignment]
    try:
        installation = Installation(store, hands, seed)
        installation.simulation.run()
        installation.check()
    finally:
        types.uuid4 = uuid4
    return installation


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, SEEDS, 50))
def test_every_history_ends_with_each_effect_once(store: Store, hands: Hands, start: int) -> None:
    for seed in range(start, start + 50):
        tell(store, hands, seed)


def test_a_seed_tells_the_same_history_again(store: Store, hands: Hands) -> None:
    assert tell(store, hands, 7).simulation.history == tell(store, hands, 7).simulation.history


# -- the guards ------------------------------------------------------------------------------------


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """A worker's writes no longer ask whether it still has the lease."""
    patch.setattr(leases, "_held", lambda lease: leases.TASK.c.id == lease.task_id)


def no_check_before_the_effect(patch: pytest.MonkeyPatch) -> None:
    """The intent no longer asks whether the worker still has the lease."""
    patch.setattr(effects, "renew", lambda *_: None)


def no_intent(patch: pytest.MonkeyPatch) -> None:
    """What was begun is not remembered: each attempt acts as if it were the first."""
    module = globals()
    patch.setitem(module, "intend", lambda *_, **__: EffectBefore.NEW)
    patch.setitem(module, "settle_effect", lambda *_, **__: None)


def no_sweep(patch: pytest.MonkeyPatch) -> None:
    """Nobody rings again and nobody takes back."""
    patch.setattr(sweeper, "sweep", lambda *_: sweeper.SweepResult((), ()))


def no_expiry(patch: pytest.MonkeyPatch) -> None:
    """The sweep rings again but takes nothing back."""
    patch.setattr(sweeper, "_take_back", lambda *_: ())


def no_unique_key(patch: pytest.MonkeyPatch) -> None:
    """Writing the same task twice makes two of it."""
    written = tasks.enqueue

    def twice(session: StoreSession, store: Store, **values: Any) -> str | None:
        return written(session, store, **{**values, "key": types.uuid4().hex})

    patch.setattr(tasks, "enqueue", twice)


def no_renewal(patch: pytest.MonkeyPatch) -> None:
    """A lease ends however alive its worker is; only the fence keeps that harmless."""
    patch.setattr(tasks, "renew_all", lambda *_: 0)


MUTATIONS = [
    no_fence,
    no_check_before_the_effect,
    no_intent,
    no_sweep,
    no_expiry,
    no_unique_key,
]


def first_wrong(store: Store, hands: Hands, seeds: int = 250) -> str | None:
    for seed in range(seeds):
        try:
            tell(store, hands, seed)
        except (Wrong, NeverEnds) as wrong:
            return f"{seed}: {wrong}"
    return None


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_without_this_guard_some_history_goes_wrong(
    store: Store,
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
    mutation: Callable[[pytest.MonkeyPatch], None],
) -> None:
    mutation(monkeypatch)
    assert first_wrong(store, hands) is not None


def test_a_lease_that_ends_too_early_costs_time_and_nothing_else(
    store: Store, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_renewal(monkeypatch)
    assert first_wrong(store, hands, 25) is None
