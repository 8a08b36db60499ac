"""What follows by itself: joins are decided once, under the ticket's lock, whoever finishes last."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from dsar.domain.lifecycle import Event
from dsar.domain.reasons import told
from dsar.domain.rights import Right
from dsar.services.runtime.installation import Installation, Unit
from dsar.services.ticket import run_task
from dsar.services.ticket.advance import settle
from dsar.services.ticket.run_task import claim, perform, sweep
from dsar.services.upkeep.repair import repair_joins
from dsar.store import tasks
from dsar.store.tables import CoverageLine, JournalEntry, PageRow, Task, Ticket
from dsar.store.tasks import TaskState
from dsar.store.tasks.sweeper import MAX_CRASHES
from dsar.store.upkeep_tables import Count
from tests.company import Company, company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.services.ticket.sweeps import KILLED, killed_at
from workers.handlers import QUEUES

WORK = QUEUES["work"]


def drain(installation: Installation, owner: str, stopping: threading.Event | None = None) -> None:
    lease = claim(installation, queue="work", kinds=tuple(WORK), owner=owner)
    while lease is not None:
        lease = perform(installation, lease, stopping=stopping or threading.Event(), handlers=WORK)


@contextmanager
def many_sources(folder: Path, url: str, number: int) -> Iterator[Company]:
    scripts = {f"desk{n}": Script(records=[case("1")]) for n in range(number)}
    with company(folder, url, scripts=scripts, review='access = "staff"') as one:
        one.installation.store.clock = None
        yield one


@pytest.mark.postgres
@pytest.mark.parametrize("right", [Right.ACCESS, Right.RESTRICTION])
def test_many_sources_that_finish_at_once_are_joined_exactly_once(
    tmp_path: Path, emptied_url: str, right: Right
) -> None:
    """On PostgreSQL, with real threads: a join counted without the lock is lost or doubled."""
    with many_sources(tmp_path, emptied_url, 6) as one:
        refs = [one.ask(right) for _ in range(6)]
        threads = [
            threading.Thread(target=drain, args=(one.installation, f"worker {n}")) for n in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        end = "in_review" if right is Right.ACCESS else "assembling"
        until = time.monotonic() + 60
        while any(one.state(ref) != end for ref in refs) and time.monotonic() < until:
            drain(one.installation, "the last")  # what came ready later, or had to wait for a file
            time.sleep(0.2)
        for ref in refs:
            events = one.events(ref)
            assert events.count("sources_answered") == 1
            assert one.state(ref) == end
            assert {row["outcome"] for row in one.view(ref)["coverage"]} <= {"supplied", "acted"}
            if right is Right.RESTRICTION:
                assert [events.count(name) for name in ("acted", "checked")] == [1, 1]
        assert repair_joins(one.installation) == 0


def test_a_worker_that_was_shut_out_writes_nothing(make: Make, desk: Script) -> None:
    """Another has taken the task over while the first was still at it."""
    desk.records, desk.pages = [case(str(n)) for n in range(4)], 2
    one = make()
    ref = one.ask(Right.ACCESS)
    taken: list[tasks.Lease] = []

    def another_takes_over(_script: Script, checkpoint: str | None) -> None:
        if checkpoint and not taken:
            with one.installation.store.session() as session:
                one.clock.turn(hours=1)
                tasks.sweep(session, one.installation.store)
                session.commit()
            lease = claim(one.installation, queue="work", kinds=("search",), owner="another")
            while lease is not None and lease.source != "desk":
                lease = claim(one.installation, queue="work", kinds=("search",), owner="another")
            assert lease is not None
            taken.append(lease)

    desk.finding = another_takes_over
    drain(one.installation, "first")
    assert taken
    assert [row for row in one.rows(PageRow) if row.source == "desk"] == []
    (line,) = [row for row in one.rows(CoverageLine) if row.source == "desk"]
    assert (line.found, line.outcome) == (0, "open")
    (count,) = [row for row in one.rows(Count) if row.name == "fenced_writes"]
    assert count.value >= 1
    perform(one.installation, taken[0], stopping=threading.Event(), handlers=WORK)
    assert one.line(ref, "desk")["found"] == 4


def test_a_ticket_withdrawn_while_a_source_is_searched_takes_nothing_in(
    make: Make, desk: Script
) -> None:
    desk.records = [case("1")]
    one = make()
    ref = one.ask(Right.ACCESS)

    def withdrawn_meanwhile(_script: Script, _checkpoint: str | None) -> None:
        one.act(ref, Event.WITHDRAW)

    desk.finding = withdrawn_meanwhile
    one.work()
    assert one.state(ref) == "withdrawn"
    assert [row for row in one.rows(PageRow) if row.source == "desk"] == []
    assert {task.state for task in one.rows(Task)} <= {"cancelled", "done"}


def test_a_process_that_is_asked_to_stop_gives_its_task_back(make: Make, desk: Script) -> None:
    desk.records, desk.pages = [case(str(n)) for n in range(4)], 4
    one = make()
    one.ask(Right.ACCESS)
    stopping = threading.Event()
    stopping.set()
    while (
        lease := claim(one.installation, queue="work", kinds=("search",), owner="here")
    ) is not None:
        if lease.source == "desk":
            break
    assert lease is not None
    assert perform(one.installation, lease, stopping=stopping, handlers=WORK) is None
    (task,) = [row for row in one.rows(Task) if row.source == "desk"]
    assert (task.state, task.attempts) == (TaskState.READY, 0)


def test_a_task_cancelled_while_its_process_stops_is_no_failure(make: Make, desk: Script) -> None:
    desk.records, desk.pages = [case(str(n)) for n in range(4)], 4
    one = make()
    ref = one.ask(Right.ACCESS)
    stopping = threading.Event()

    def withdrawn_meanwhile(_script: Script, checkpoint: str | None) -> None:
        if checkpoint == "1":
            one.act(ref, Event.WITHDRAW)
            stopping.set()

    desk.finding = withdrawn_meanwhile
    while not stopping.is_set():
        drain(one.installation, "here", stopping)
    assert one.state(ref) == "withdrawn"


def test_an_erasure_waits_for_the_copy_and_then_starts_by_itself(either: Company) -> None:
    ref = either.ask(Right.ACCESS, Right.ERASURE)
    copy, erasure = ref, f"{ref.removesuffix('-1')}-2"
    either.work()
    assert (either.state(copy), either.state(erasure)) == ("in_review", "accepted")
    assert either.view(erasure)["next"] == f"waits until {copy} was handed over"
    assert [t for t in either.rows(Task) if t.kind == "search" and t.state == "ready"] == []
    either.act(copy, Event.WITHDRAW)
    either.work()
    assert either.state(erasure) == "in_review"


def test_an_erasure_of_another_request_waits_for_nobody(small: Company) -> None:
    small.ask(Right.ACCESS)
    other = small.ask(Right.ERASURE)
    small.work()
    assert small.state(other) == "in_review"


def test_an_erasure_accepted_before_its_copy_waits_too(small: Company) -> None:
    ref = small.file(Right.ERASURE, Right.PORTABILITY)
    small.confirm(ref)
    assert [t.state for t in small.tickets(ref)] == ["accepted", "collecting"]


def test_a_join_that_was_lost_is_found_and_counted(small: Company) -> None:
    """A process that dies between two transactions leaves a ticket that nobody would move."""
    ref = small.ask(Right.ACCESS)
    with small.installation.store.session() as session:
        session.execute(update(Task).values(state="parked", reason=told("It crashed three times.")))
        session.commit()
    assert small.state(ref) == "collecting"
    assert repair_joins(small.installation) == 1
    assert small.state(ref) == "source_failed"
    assert [row.value for row in small.rows(Count) if row.name == "join_repairs"] == [1]
    assert repair_joins(small.installation) == 0


def die_on_everything(one: Company, *, searches: int = 2) -> None:
    """Workers that claim every search and are never heard of again, until it is one too many."""
    for _ in range(MAX_CRASHES - 1):
        claim_all(one, searches)
        sweep(one.installation)
        one.clock.turn(minutes=10)
    claim_all(one, searches)


def claim_all(one: Company, searches: int) -> None:
    for number in range(searches):
        assert claim(one.installation, queue="work", kinds=("search",), owner=f"worker {number}")
    one.clock.turn(minutes=10)


def test_a_task_that_kills_its_process_three_times_is_parked_and_the_ticket_says_so(
    small: Company,
) -> None:
    ref = small.ask(Right.ACCESS)
    die_on_everything(small)
    assert sweep(small.installation) == 2
    assert small.state(ref) == "source_failed"
    assert small.line(ref, "shop")["reason"]
    stuck = [row for row in small.rows(JournalEntry) if row.event == "task_stuck"]
    assert len(stuck) == 2
    assert sweep(small.installation) == 0


def test_a_sweep_that_dies_between_its_commits_leaves_nothing_to_repair(either: Company) -> None:
    """Parking a task and moving its ticket on are one transaction, whenever the process is lost."""
    ref = either.ask(Right.ACCESS)
    die_on_everything(either)
    settings, now, commit = either.folder / "dsar.toml", either.clock.now, 1
    while killed_at(commit, settings, now) == KILLED:
        assert repair_joins(either.installation) == 0
        commit += 1
    assert commit > 3  # two tasks, each a transaction of its own behind that of the sweep
    assert either.state(ref) == "source_failed"
    assert either.events(ref).count("source_fails") == 1
    counts = {row.name: row.value for row in either.rows(Count)}
    assert counts["crash_parkings"] == 2
    assert "join_repairs" not in counts


def test_a_ticket_that_cannot_be_moved_on_keeps_no_other_from_being_swept(
    small: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its task stays as it is for the next sweep, and an operator finds it in the log."""
    broken, well = small.ask(Right.ACCESS), small.ask(Right.ACCESS)
    die_on_everything(small, searches=4)

    def breaks(session: Unit, ticket: Ticket) -> None:
        if ticket.ref == broken:
            raise ArithmeticError
        settle(session, ticket)

    monkeypatch.setattr(run_task, "settle", breaks)
    assert sweep(small.installation) == 2
    assert (small.state(broken), small.state(well)) == ("collecting", "source_failed")
    monkeypatch.undo()
    assert sweep(small.installation) == 2
    assert small.state(broken) == "source_failed"
