"""Each task is done once or says why not, by either of the two ways to run."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dsar.domain.reasons import as_text
from dsar.services.runtime.installation import Installation, transaction
from dsar.store import processes
from dsar.store.counts import counted
from dsar.store.tasks import TaskState
from tests.store.rows import DUE, add_task, new_ticket, task
from tests.workers.installations import (
    BROKEN,
    HUMAN,
    LATER,
    PAGED,
    QUICK,
    REPORT,
    Ledger,
    handlers,
    new_installation,
    until,
)
from tests.workers.queued import enqueue, states
from workers.process import Processes


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("distributed", marks=[pytest.mark.postgres, pytest.mark.redis]),
    ]
)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """Both ways to run: SQLite in one process, and PostgreSQL with Redis."""
    if request.param == "embedded":
        database = f"sqlite:///{request.getfixturevalue('sqlite_copy')}"
        made = new_installation(database, tmp_path)
    else:
        database = request.getfixturevalue("postgres_tables_url")
        made = new_installation(database, tmp_path, redis=request.getfixturevalue("redis_url"))
    yield made
    made.store.close()


@pytest.fixture
def sqlite_copy(sqlite_tables: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "dsar.sqlite"
    copy.write_bytes(sqlite_tables.read_bytes())
    return copy


@pytest.fixture
def crew(installation: Installation, ledger: Ledger) -> Iterator[Processes]:
    crew = Processes(installation, "worker", 4, queues=handlers(ledger))
    assert crew.start()
    yield crew
    crew.stop()


def test_every_task_is_done_once(
    installation: Installation, crew: Processes, ledger: Ledger
) -> None:
    ticket = new_ticket(installation.store)
    ids = {enqueue(installation, ticket, key=str(number)) for number in range(60)}
    ids |= {
        enqueue(installation, ticket, kind=REPORT, queue="render", key=str(number))
        for number in range(20)
    }
    until(lambda: states(installation, ticket) == {TaskState.DONE: 80})
    assert Counter(line[1] for line in ledger.lines()) == dict.fromkeys(ids, 1)


def test_a_committed_task_is_started_at_once_not_at_the_next_sweep(
    installation: Installation, ledger: Ledger
) -> None:
    """Nobody sweeps here: without the ring none would be started."""
    crew = Processes(installation, "worker", 4, queues=handlers(ledger), sweeps=False)
    crew.start()
    ticket = new_ticket(installation.store)
    waits = []
    for key in range(5):
        since = time.monotonic()
        new = enqueue(installation, ticket, key=str(key))
        until(lambda new=new: ledger.of(new))
        waits.append(time.monotonic() - since)
    crew.stop()
    assert min(waits) < 1.0


def test_what_nobody_rang_for_is_found_by_the_sweep(
    installation: Installation, crew: Processes, ledger: Ledger
) -> None:
    ticket = new_ticket(installation.store)
    add_task(installation.store, ticket, kind=QUICK)
    until(lambda: states(installation, ticket) == {TaskState.DONE: 1})
    with installation.store.reading() as session:
        assert counted(session)["rings_resent"] >= 1


def test_a_process_is_seen_while_it_lives_and_says_good_bye(
    installation: Installation, ledger: Ledger
) -> None:
    crew = Processes(installation, "worker", 1, queues=handlers(ledger))
    crew.start()
    with installation.store.reading() as session:
        assert [row.kind for row in processes.alive(session, installation.store)] == ["worker"]
    assert crew.healthy()
    crew.stop()
    with installation.store.reading() as session:
        assert processes.alive(session, installation.store) == []


def test_who_waits_behind_a_task_that_fails_does_not_wait_for_the_sweep(
    installation: Installation, ledger: Ledger
) -> None:
    """One ring is enough for all that is ready, whatever becomes of the first of them."""
    crew = Processes(installation, "worker", 1, queues=handlers(ledger), sweeps=False)
    crew.start()
    ticket = new_ticket(installation.store)
    for key in range(3):
        add_task(installation.store, ticket, kind=BROKEN, key=str(key))
        add_task(installation.store, ticket, kind=HUMAN, key=str(key))
    add_task(installation.store, ticket, kind=QUICK)
    enqueue(installation, ticket, kind=BROKEN)
    until(lambda: states(installation, ticket)[TaskState.DONE] == 1)
    crew.stop()
    assert states(installation, ticket)[TaskState.WAITING_HUMAN] == 3


def test_an_unknown_kind_waits_for_a_worker_that_knows_it(
    installation: Installation, crew: Processes, ledger: Ledger
) -> None:
    ticket = new_ticket(installation.store)
    later = enqueue(installation, ticket, not_before=DUE)
    of_later = "UPDATE task SET kind = 'of a later release', not_before = created_at WHERE id = :id"
    with transaction(installation) as session:
        session.connection().execute(text(of_later), {"id": later})
    enqueue(installation, ticket)
    until(lambda: states(installation, ticket)[TaskState.DONE] == 1)
    assert states(installation, ticket)[TaskState.READY] == 1


def test_long_reports_leave_hands_for_searches(installation: Installation, tmp_path: Path) -> None:
    leave, ledger = threading.Event(), Ledger(tmp_path / "ledger")
    queues = {name: dict(known) for name, known in handlers(ledger).items()}
    quick = queues["render"][REPORT]

    def slow(installation: Installation, run: object) -> None:
        leave.wait(60)
        quick(installation, run)  # type: ignore[arg-type]

    queues["render"][REPORT] = slow
    crew = Processes(installation, "worker", 4, queues=queues)
    crew.start()
    ticket = new_ticket(installation.store)
    for key in range(8):
        enqueue(installation, ticket, kind=REPORT, queue="render", key=str(key))
    until(lambda: states(installation, ticket)[TaskState.LEASED] == 2)
    new = enqueue(installation, ticket)
    until(lambda: task(installation.store, new).state == TaskState.DONE)
    assert states(installation, ticket)[TaskState.LEASED] == 2
    leave.set()
    until(lambda: states(installation, ticket) == {TaskState.DONE: 9})
    crew.stop()


def test_a_process_asked_to_stop_gives_its_task_back_at_the_next_page(
    installation: Installation, ledger: Ledger
) -> None:
    crew = Processes(installation, "worker", 2, queues=handlers(ledger, page_seconds=0.5))
    crew.start()
    ticket = new_ticket(installation.store)
    new = enqueue(installation, ticket, kind=PAGED)
    until(lambda: len(ledger.of(new)) >= 2)
    crew.stop()
    row = task(installation.store, new)
    pages = len(ledger.of(new))
    assert pages < 10
    assert (row.state, row.attempts, row.checkpoint) == (TaskState.READY, 0, str(pages))
    again = Processes(installation, "worker", 2, queues=handlers(ledger))
    again.start()
    until(lambda: states(installation, ticket) == {TaskState.DONE: 1})
    again.stop()
    assert [line[2] for line in ledger.of(new)] == [str(page) for page in range(10)]


def test_one_failure_stops_no_other_task(
    installation: Installation, crew: Processes, ledger: Ledger
) -> None:
    ticket = new_ticket(installation.store)
    later = enqueue(installation, ticket, kind=LATER)
    broken = enqueue(installation, ticket, kind=BROKEN)
    for key in range(10):
        enqueue(installation, ticket, key=str(key))
    until(lambda: states(installation, ticket)[TaskState.DONE] == 10 and ledger.of(broken))
    until(lambda: task(installation.store, broken).state == TaskState.READY)
    assert crew.healthy()
    assert task(installation.store, later).deferrals == 1
    assert "jane" not in as_text(task(installation.store, broken).reason)
