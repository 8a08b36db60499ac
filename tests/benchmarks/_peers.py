"""The same work by dsar and by another engine, one after the other on one PostgreSQL server.

The work is one row written into the table `effect_of_work`. All tasks are there before the first
worker starts; the rate is taken from the times PostgreSQL gave to the first and the last of those
rows, so that nobody's start counts. Two worker processes each, fsync on. The other engine comes
into a virtual environment of its own that is gone afterwards.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import psycopg
from sqlalchemy import make_url, text

from dsar.domain.lifecycle import TaskKind
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket.run_task import Run
from dsar.store import migrate, tasks
from tests.benchmarks._company import show
from tests.servers import PostgresServer, Process, RedisServer
from tests.store.rows import new_ticket
from tests.workers.installations import new_installation
from workers import process
from workers.run import Queues

ROOT = Path(__file__).parents[2]
PROCESSES = 2
THREADS = 8
TASKS = 2000
ROUNDS = 3

TABLE = """create table effect_of_work (
    name text, at timestamptz not null default clock_timestamp())"""
_RATE = """select (count(*) - 1) / extract(epoch from max(at) - min(at)) from effect_of_work"""


def plain(url: str) -> str:
    """The address as libpq and other engines read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def wait_for(url: str, number: int, workers: Sequence[Process], *, seconds: float = 300) -> float:
    """Tasks a second once so many rows are written; fails when a worker ends before that."""
    end = time.monotonic() + seconds
    with psycopg.connect(plain(url), autocommit=True) as connection:
        while _one(connection, "select count(*) from effect_of_work") < number:
            if any(worker.popen.poll() is not None for worker in workers):
                raise AssertionError(workers[0].output()[-3000:])
            assert time.monotonic() < end, workers[0].output()[-3000:]
            time.sleep(0.2)
        assert _one(connection, "select count(distinct name) from effect_of_work") == number
        return _one(connection, _RATE)


def _one(connection: psycopg.Connection, statement: str) -> float:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return float(row[0])


# -- dsar -----------------------------------------------------------------------------------------


def write_row(_installation: Installation, run: Run) -> None:
    """The row is written in the transaction that ends the task and claims the next."""
    with transaction(run.installation) as session:
        name = {"name": run.lease.key}
        session.connection().execute(text("insert into effect_of_work (name) values (:name)"), name)
        tasks.complete(session, run.installation.store, run.lease)
        run.claim_next(session)


QUEUES: Queues = {"work": {TaskKind.START: write_row}}


def ours(server: PostgresServer, folder: Path, *, processes: int = PROCESSES) -> float:
    """Tasks a second of dsar worker processes with eight threads each, rung for over Redis."""
    with server.database() as url, RedisServer() as bell:
        installation = new_installation(url, folder, redis=bell.url())
        migrate.upgrade(installation.store)
        keyring.unlock(installation, may_make=True)
        _fill(installation)
        installation.wake = process.WakeupSender(process.broker_for(installation))
        words = [url, bell.url(), str(folder), str(processes)]
        worker = Process(
            [sys.executable, "-m", "tests.benchmarks._peers", *words],
            log=folder / "dsar.log",
            environment={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        worker.wait_ready(lambda: worker.output().count('"event": "ready"') >= processes)
        for number in range(16):
            installation.wake("work", f"{number:032d}")
        rate = wait_for(url, TASKS, [worker])
        worker.end(seconds=60)
        installation.store.close()
        (folder / "dsar.log").unlink()
        return rate


def _fill(installation: Installation) -> None:
    ticket, due = new_ticket(installation.store), datetime.now(UTC) + timedelta(days=20)
    with transaction(installation) as session:
        session.connection().execute(text(TABLE))
        for number in range(TASKS):
            tasks.enqueue(session, installation.store, ticket_id=ticket, kind=TaskKind.START,
                          key=str(number), rank=due)  # fmt: skip
        session.connection().execute(text("update task set sweep_at = now() + interval '1 day'"))
        session.wakeups.clear()


# -- another engine -------------------------------------------------------------------------------


@contextmanager
def installed(*packages: str) -> Iterator[tuple[Path, Path]]:
    """A folder of its own and a Python in it that has the packages."""
    with tempfile.TemporaryDirectory(prefix="dsar-peer-") as place:
        folder = Path(place)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv/bin/python"
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        yield folder, python


def version(python: Path, package: str) -> str:
    """Which version of a package was installed."""
    ask = f"from importlib.metadata import version; print(version('{package}'))"
    return subprocess.check_output([python, "-c", ask], text=True).strip()


def theirs(server: PostgresServer, folder: Path, python: Path, program: str) -> float:
    """Tasks a second of `program`: called with `fill N` once, then `work` in each process."""
    file = folder / "program.py"
    file.write_text(program)
    with server.database() as url:
        environment = {**os.environ, "DATABASE": plain(url)}
        with psycopg.connect(plain(url), autocommit=True) as connection:
            connection.execute(TABLE.encode())
        subprocess.run([python, file, "fill", str(TASKS)], check=True, env=environment, cwd=folder)
        workers = [
            Process([str(python), str(file), "work", str(number)],
                    log=folder / f"{number}.log", environment=environment)
            for number in range(PROCESSES)
        ]  # fmt: skip
        try:
            return wait_for(url, TASKS, workers)
        finally:
            for worker in workers:
                worker.kill()


def compare(peer: str, packages: Sequence[str], program: str, *, limit: float) -> None:
    """Both in turn, three times each; the ratio of the medians."""
    with installed(*packages) as (folder, python), PostgresServer(durable=True) as server:
        rounds: dict[str, list[float]] = {"dsar": [], peer: []}
        turns: dict[str, Callable[[], float]] = {
            "dsar": lambda: ours(server, folder),
            peer: lambda: theirs(server, folder, python, program),
        }
        for _ in range(ROUNDS):
            for name, measure in turns.items():
                rounds[name].append(measure())
        rates = {name: median(found) for name, found in rounds.items()}
        show(
            f"against_{peer}",
            version=version(python, peer),
            **{f"{name}_tasks_a_second": rate for name, rate in rates.items()},
            rounds={name: [round(rate) for rate in found] for name, found in rounds.items()},
            load=os.getloadavg()[0],
            ratio=rates["dsar"] / rates[peer],
            limit=limit,
        )


if __name__ == "__main__":
    database, redis, place, number = sys.argv[1:]
    installation = new_installation(database, Path(place), redis=redis)
    process.run_worker(installation, processes=int(number), threads=THREADS, queues=QUEUES)
