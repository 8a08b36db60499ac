"""A worker that is killed or stands still loses no task and does none twice."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.services.runtime.installation import Installation
from dsar.store import processes
from dsar.store.tasks import TaskState
from tests.store.rows import add_task, new_ticket, task
from tests.workers import child
from tests.workers.installations import (
    PAGED,
    POISON,
    QUICK,
    STANDS,
    Ledger,
    new_installation,
    until,
)
from tests.workers.queued import states


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    child.end_all()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_killed_workers_task_is_resumed_by_another_where_it_stood(
    distributed: Installation,
    ledger: Ledger,
    tmp_path: Path,
    redis_url: str,
    postgres_tables_url: str,
) -> None:
    both = {
        str(worker.popen.pid): worker
        for worker in (child.start(tmp_path, postgres_tables_url, redis_url) for _ in range(2))
    }
    ticket = new_ticket(distributed.store)
    new = add_task(distributed.store, ticket, kind=PAGED)
    until(lambda: len(ledger.of(new)) >= 3)
    both.pop(ledger.of(new)[0][-1]).kill()
    killed = time.monotonic()
    [rescuer] = both.values()
    until(lambda: states(distributed, ticket) == {TaskState.DONE: 1})
    assert time.monotonic() - killed < 15
    assert rescuer.end() == 0
    pages = Counter(line[2] for line in ledger.of(new))
    assert set(pages) == {str(page) for page in range(10)}
    assert sum(pages.values()) <= 11  # the page between its effect and its checkpoint, at most
    assert task(distributed.store, new).crashes == 1


@pytest.mark.redis
@pytest.mark.postgres
def test_of_several_processes_one_that_dies_is_replaced_and_its_lease_given_back_at_once(
    postgres_tables_url: str, redis_url: str, tmp_path: Path, ledger: Ledger
) -> None:
    installation = new_installation(postgres_tables_url, tmp_path, lease_seconds=600)
    worker = child.start(tmp_path, postgres_tables_url, redis_url, lease=600, processes=2)
    ticket = new_ticket(installation.store)
    new = add_task(installation.store, ticket, kind=PAGED)
    until(lambda: len(ledger.of(new)) >= 2)
    os.kill(int(ledger.of(new)[0][-1]), signal.SIGKILL)
    until(lambda: states(installation, ticket) == {TaskState.DONE: 1})

    def both_alive() -> bool:
        with installation.store.reading() as session:
            return len(processes.alive(session, installation.store)) == 2

    until(both_alive)
    assert worker.end() == 0
    assert task(installation.store, new).crashes == 1
    installation.store.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_task_that_kills_its_process_is_parked_and_the_others_are_done(
    postgres_tables_url: str, redis_url: str, tmp_path: Path, ledger: Ledger
) -> None:
    installation = new_installation(postgres_tables_url, tmp_path, lease_seconds=2)
    worker = child.start(tmp_path, postgres_tables_url, redis_url, processes=2)
    ticket = new_ticket(installation.store)
    poison = add_task(installation.store, ticket, kind=POISON)
    for key in range(10):
        add_task(installation.store, ticket, kind=QUICK, key=str(key))
    until(lambda: task(installation.store, poison).state == TaskState.PARKED, 60)
    until(lambda: states(installation, ticket)[TaskState.DONE] == 10)
    assert len(ledger.of(poison)) == 3
    assert worker.end() == 0
    installation.store.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_worker_that_stood_still_longer_than_its_lease_writes_nothing_more(
    distributed: Installation,
    ledger: Ledger,
    tmp_path: Path,
    redis_url: str,
    postgres_tables_url: str,
) -> None:
    """A virtual machine paused, a process stopped: another has the task when it wakes."""
    sleeper = child.start(tmp_path, postgres_tables_url, redis_url)
    ticket = new_ticket(distributed.store)
    new = add_task(distributed.store, ticket, kind=PAGED)
    until(lambda: len(ledger.of(new)) >= 2)
    sleeper.popen.send_signal(signal.SIGSTOP)
    other = child.start(tmp_path, postgres_tables_url, redis_url)
    until(lambda: len({line[-1] for line in ledger.of(new)}) == 2, 40)
    sleeper.popen.send_signal(signal.SIGCONT)
    until(lambda: states(distributed, ticket) == {TaskState.DONE: 1})
    for process in (sleeper, other):
        assert process.end() == 0
    assert task(distributed.store, new).done == 10
    repeated = Counter(line[2] for line in ledger.of(new))
    assert sum(repeated.values()) <= 11


@pytest.mark.redis
@pytest.mark.postgres
def test_a_worker_that_stands_still_inside_a_transaction_keeps_its_locks_for_seconds_only(
    distributed: Installation,
    ledger: Ledger,
    tmp_path: Path,
    redis_url: str,
    postgres_tables_url: str,
) -> None:
    """Else nobody could take its task back, whatever its lease says."""
    sleeper = child.start(tmp_path, postgres_tables_url, redis_url)
    ticket = new_ticket(distributed.store)
    new = add_task(distributed.store, ticket, kind=STANDS)
    until(lambda: ledger.of(new))
    other = child.start(tmp_path, postgres_tables_url, redis_url)
    until(lambda: states(distributed, ticket) == {TaskState.DONE: 1}, 40)
    sleeper.popen.send_signal(signal.SIGCONT)
    for process in (sleeper, other):
        assert process.end() == 0
    assert len(ledger.of(new)) == 2
    assert task(distributed.store, new).done == 1
