"""Whatever happens to a worker, each task is done once or says why not."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dsar.services.house import House, unit
from dsar.store import migrate, processes, tasks
from dsar.store.counts import counted
from dsar.store.tasks import TaskState
from tests.servers import PostgresServer, RedisServer
from tests.store.rows import DUE, add_task, new_ticket, task
from tests.workers import child
from tests.workers.houses import Ledger, handlers, new_house, until
from workers.process import Crew


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    child.end_all()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("distributed", marks=[pytest.mark.postgres, pytest.mark.redis]),
    ]
)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """Both ways to run: SQLite in one process, and PostgreSQL with Redis."""
    if request.param == "embedded":
        database = f"sqlite:///{request.getfixturevalue('sqlite_copy')}"
        made = new_house(database, tmp_path)
    else:
        database = request.getfixturevalue("postgres_tables_url")
        made = new_house(database, tmp_path, redis=request.getfixturevalue("redis_url"))
    yield made
    made.store.close()


@pytest.fixture
def sqlite_copy(sqlite_tables: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "dsar.sqlite"
    copy.write_bytes(sqlite_tables.read_bytes())
    return copy


@pytest.fixture
def distributed(postgres_tables_url: str, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """PostgreSQL and Redis, with leases of two seconds."""
    made = new_house(postgres_tables_url, tmp_path, redis=redis_url, lease_seconds=2)
    yield made
    made.store.close()


@pytest.fixture
def crew(house: House, ledger: Ledger) -> Iterator[Crew]:
    crew = Crew(house, "worker", 4, queues=handlers(ledger))
    assert crew.start()
    yield crew
    crew.stop()


def states(house: House, ticket: str) -> Counter[TaskState]:
    with house.store.reading() as session:
        return tasks.by_state(session, ticket)


def enqueue(house: House, ticket: str, **values: object) -> str:
    """As services do: written in a unit of work, rung for after its commit."""
    wanted: dict[str, object] = {"kind": "quick", "rank": DUE} | values
    with unit(house) as session:
        new = tasks.enqueue(session, house.store, ticket_id=ticket, **wanted)  # type: ignore[arg-type]
    assert new
    return new


# -- ordinary days ---------------------------------------------------------------------------------


def test_every_task_is_done_once(house: House, crew: Crew, ledger: Ledger) -> None:
    ticket = new_ticket(house.store)
    ids = {enqueue(house, ticket, key=str(number)) for number in range(60)}
    ids |= {
        enqueue(house, ticket, kind="report", queue="render", key=str(number))
        for number in range(20)
    }
    until(lambda: states(house, ticket) == {TaskState.DONE: 80})
    assert Counter(line[1] for line in ledger.lines()) == dict.fromkeys(ids, 1)


def test_a_committed_task_is_started_at_once_not_at_the_next_sweep(
    house: House, crew: Crew, ledger: Ledger
) -> None:
    ticket = new_ticket(house.store)
    waits = []
    for key in range(5):
        since = time.monotonic()
        new = enqueue(house, ticket, key=str(key))
        until(lambda new=new: ledger.of(new))
        waits.append(time.monotonic() - since)
    assert sorted(waits)[2] < 1.0


def test_what_nobody_rang_for_is_found_by_the_sweep(
    house: House, crew: Crew, ledger: Ledger
) -> None:
    ticket = new_ticket(house.store)
    add_task(house.store, ticket, kind="quick")
    until(lambda: states(house, ticket) == {TaskState.DONE: 1})
    with house.store.reading() as session:
        assert counted(session)["rings_resent"] >= 1


def test_a_process_is_seen_while_it_lives_and_says_good_bye(house: House, ledger: Ledger) -> None:
    crew = Crew(house, "worker", 1, queues=handlers(ledger))
    crew.start()
    with house.store.reading() as session:
        assert [row.kind for row in processes.alive(session, house.store)] == ["worker"]
    assert crew.healthy()
    crew.stop()
    with house.store.reading() as session:
        assert processes.alive(session, house.store) == []


def test_who_waits_behind_a_task_that_fails_does_not_wait_for_the_sweep(
    house: House, ledger: Ledger
) -> None:
    """One ring is enough for all that is ready, whatever becomes of the first of them."""
    crew = Crew(house, "worker", 1, queues=handlers(ledger), sweeps=False)
    crew.start()
    ticket = new_ticket(house.store)
    for key in range(3):
        add_task(house.store, ticket, kind="broken", key=str(key))
        add_task(house.store, ticket, kind="human", key=str(key))
    add_task(house.store, ticket, kind="quick")
    enqueue(house, ticket, kind="broken")
    until(lambda: states(house, ticket)[TaskState.DONE] == 1)
    crew.stop()
    assert states(house, ticket)[TaskState.WAITING_HUMAN] == 3


def test_an_unknown_kind_waits_for_a_worker_that_knows_it(
    house: House, crew: Crew, ledger: Ledger
) -> None:
    ticket = new_ticket(house.store)
    enqueue(house, ticket, kind="of a later release")
    enqueue(house, ticket)
    until(lambda: states(house, ticket)[TaskState.DONE] == 1)
    assert states(house, ticket)[TaskState.READY] == 1


def test_long_reports_leave_hands_for_searches(house: House, tmp_path: Path) -> None:
    leave, ledger = threading.Event(), Ledger(tmp_path / "ledger")
    queues = {name: dict(known) for name, known in handlers(ledger).items()}
    quick = queues["render"]["report"]

    def slow(house: House, run: object) -> None:
        leave.wait(20)
        quick(house, run)  # type: ignore[arg-type]

    queues["render"]["report"] = slow
    crew = Crew(house, "worker", 4, queues=queues)
    crew.start()
    ticket = new_ticket(house.store)
    for key in range(8):
        enqueue(house, ticket, kind="report", queue="render", key=str(key))
    until(lambda: states(house, ticket)[TaskState.LEASED] == 2)
    new = enqueue(house, ticket)
    until(lambda: task(house.store, new).state == TaskState.DONE)
    assert states(house, ticket)[TaskState.LEASED] == 2
    leave.set()
    until(lambda: states(house, ticket) == {TaskState.DONE: 9})
    crew.stop()


def test_a_process_asked_to_stop_gives_its_task_back_at_the_next_page(
    house: House, ledger: Ledger
) -> None:
    crew = Crew(house, "worker", 2, queues=handlers(ledger))
    crew.start()
    ticket = new_ticket(house.store)
    new = enqueue(house, ticket, kind="paged")
    until(lambda: len(ledger.of(new)) >= 2)
    crew.stop()
    row = task(house.store, new)
    pages = len(ledger.of(new))
    assert pages < 10
    assert (row.state, row.attempts, row.checkpoint) == (TaskState.READY, 0, str(pages))
    again = Crew(house, "worker", 2, queues=handlers(ledger))
    again.start()
    until(lambda: states(house, ticket) == {TaskState.DONE: 1})
    again.stop()
    assert [line[2] for line in ledger.of(new)] == [str(page) for page in range(10)]


# -- failures --------------------------------------------------------------------------------------


def test_one_failure_stops_no_other_task(house: House, crew: Crew, ledger: Ledger) -> None:
    ticket = new_ticket(house.store)
    later = enqueue(house, ticket, kind="later")
    broken = enqueue(house, ticket, kind="broken")
    for key in range(10):
        enqueue(house, ticket, key=str(key))
    until(lambda: states(house, ticket)[TaskState.DONE] == 10 and ledger.of(broken))
    until(lambda: task(house.store, broken).state == TaskState.READY)
    assert crew.healthy()
    assert task(house.store, later).deferrals == 1
    assert "jane" not in task(house.store, broken).reason


@pytest.mark.redis
@pytest.mark.postgres
def test_redis_wiped_with_work_queued_loses_nothing(
    distributed: House, ledger: Ledger, redis_url: str
) -> None:
    crew = Crew(distributed, "worker", 2, queues=handlers(ledger))
    distributed.bell = crew.relay
    ticket = new_ticket(distributed.store)
    for key in range(30):
        enqueue(distributed, ticket, key=str(key))
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("dsar:bell:work") == 30
        client.flushall()
        crew.start()
        until(lambda: states(distributed, ticket)[TaskState.DONE] > 0)
        client.flushall()
    until(lambda: states(distributed, ticket) == {TaskState.DONE: 30})
    crew.stop()
    assert len(ledger.lines()) == 30


@pytest.mark.redis
@pytest.mark.postgres
def test_without_redis_work_goes_on_and_nobody_is_slowed_down(
    postgres_tables_url: str, tmp_path: Path, ledger: Ledger
) -> None:
    with RedisServer() as server:
        house = new_house(postgres_tables_url, tmp_path, redis=server.url())
        crew = Crew(house, "worker", 2, queues=handlers(ledger))
        crew.start()
        server.kill()
        ticket = new_ticket(house.store)
        since = time.monotonic()
        for key in range(20):
            enqueue(house, ticket, key=str(key))
        assert time.monotonic() - since < 5
        until(lambda: states(house, ticket) == {TaskState.DONE: 20})
        crew.stop()
        house.store.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_killed_workers_task_is_resumed_by_another_where_it_stood(
    distributed: House, ledger: Ledger, tmp_path: Path, redis_url: str, postgres_tables_url: str
) -> None:
    victim = child.start(tmp_path, postgres_tables_url, redis_url)
    ticket = new_ticket(distributed.store)
    new = add_task(distributed.store, ticket, kind="paged")
    until(lambda: len(ledger.of(new)) >= 3)
    victim.kill()
    killed = time.monotonic()
    rescuer = child.start(tmp_path, postgres_tables_url, redis_url)
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
    house = new_house(postgres_tables_url, tmp_path, lease_seconds=600)
    worker = child.start(tmp_path, postgres_tables_url, redis_url, lease=600, processes=2)
    ticket = new_ticket(house.store)
    new = add_task(house.store, ticket, kind="paged")
    until(lambda: len(ledger.of(new)) >= 2)
    os.kill(int(ledger.of(new)[0][-1]), signal.SIGKILL)
    until(lambda: states(house, ticket) == {TaskState.DONE: 1})

    def both_alive() -> bool:
        with house.store.reading() as session:
            return len(processes.alive(session, house.store)) == 2

    until(both_alive)
    assert worker.end() == 0
    assert task(house.store, new).crashes == 1
    house.store.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_task_that_kills_its_process_is_parked_and_the_others_are_done(
    postgres_tables_url: str, redis_url: str, tmp_path: Path, ledger: Ledger
) -> None:
    house = new_house(postgres_tables_url, tmp_path, lease_seconds=2)
    worker = child.start(tmp_path, postgres_tables_url, redis_url, processes=2)
    ticket = new_ticket(house.store)
    poison = add_task(house.store, ticket, kind="poison")
    for key in range(10):
        add_task(house.store, ticket, kind="quick", key=str(key))
    until(lambda: task(house.store, poison).state == TaskState.PARKED, 60)
    until(lambda: states(house, ticket)[TaskState.DONE] == 10)
    assert len(ledger.of(poison)) == 3
    assert worker.end() == 0
    house.store.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_worker_that_stood_still_longer_than_its_lease_writes_nothing_more(
    distributed: House, ledger: Ledger, tmp_path: Path, redis_url: str, postgres_tables_url: str
) -> None:
    """A virtual machine paused, a process stopped: another has the task when it wakes."""
    sleeper = child.start(tmp_path, postgres_tables_url, redis_url)
    ticket = new_ticket(distributed.store)
    new = add_task(distributed.store, ticket, kind="paged")
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
    distributed: House, ledger: Ledger, tmp_path: Path, redis_url: str, postgres_tables_url: str
) -> None:
    """Else nobody could take its task back, whatever its lease says."""
    sleeper = child.start(tmp_path, postgres_tables_url, redis_url)
    ticket = new_ticket(distributed.store)
    new = add_task(distributed.store, ticket, kind="stands")
    until(lambda: ledger.of(new))
    other = child.start(tmp_path, postgres_tables_url, redis_url)
    until(lambda: states(distributed, ticket) == {TaskState.DONE: 1}, 40)
    sleeper.popen.send_signal(signal.SIGCONT)
    for process in (sleeper, other):
        assert process.end() == 0
    assert len(ledger.of(new)) == 2
    assert task(distributed.store, new).done == 1


@pytest.mark.postgres
def test_a_worker_waits_for_its_database_at_the_start_and_later(
    tmp_path: Path, ledger: Ledger
) -> None:
    with PostgresServer() as server, server.database() as url:
        house = new_house(url, tmp_path, lease_seconds=2)
        migrate.upgrade(house.store)
        server.kill()
        crew = Crew(house, "worker", 2, queues=handlers(ledger))
        starting = threading.Thread(target=crew.start)
        starting.start()
        until(lambda: crew.database.now, 30)
        server.start()
        starting.join(30)
        assert crew.healthy()
        ticket = new_ticket(house.store)
        for key in range(5):
            add_task(house.store, ticket, kind="paged", key=str(key))
        until(ledger.lines)
        server.kill()
        time.sleep(1)
        server.start()
        until(lambda: states(house, ticket) == {TaskState.DONE: 5}, 60)
        assert crew.healthy()
        crew.stop()
        house.store.close()
