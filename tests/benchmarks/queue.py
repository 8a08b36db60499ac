"""What a task costs: claims however many wait, throughput, how soon a ring is answered, idle CPU.

Limits: a claim among 100,000 tasks at most 1.2 times one among 1,000, and behind 50,000 tasks of a
closed source at most 1.2 times that behind 1,000; embedded at least 0.3 of bare commits at synchronous FULL; idle ring to claim
p50 5 ms, p99 25 ms; idle CPU 0.5 % a worker process.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text, update

from dsar.domain.lifecycle import TaskKind
from dsar.domain.reasons import told
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket.run_task import Run
from dsar.store import migrate, tasks
from dsar.store.tasks import gates
from dsar.store.tasks.states import TASK
from tests.benchmarks._company import show
from tests.servers import PostgresServer, Process, RedisServer
from tests.store.rows import DUE, new_ticket
from tests.workers.installations import new_installation
from workers import process
from workers.process import Processes
from workers.run import Queues

ROOT = Path(__file__).parents[2]
KINDS = (TaskKind.START,)


def quick(_installation: Installation, run: Run) -> None:
    """The shortest work there is: the end of one task and the claim of the next, one commit."""
    with transaction(run.installation) as session:
        tasks.complete(session, run.installation.store, run.lease)
        run.claim_next(session)


QUEUES: Queues = {"work": {TaskKind.START: quick}}


def fill(
    installation: Installation, ticket: str, number: int, *, source: str = "", mark: str = ""
) -> None:
    """So many ready tasks at once, all of the same deadline, none of them rung for."""
    now = datetime.now(UTC)
    row = {
        "ticket_id": ticket,
        "kind": TaskKind.START,
        "source": source,
        "queue": "work",
        "state": "ready",
        "rank": DUE,
        "not_before": now,
        "sweep_at": now + timedelta(days=1),
        "created_at": now,
        "updated_at": now,
        **dict.fromkeys(("fence", "attempts", "crashes", "deferrals", "rings", "done"), 0),
        "owner": "",
        "reason": None,
    }
    with transaction(installation) as session:
        for start in range(0, number, 5000):
            rows = [
                row | {"id": f"{mark}{start + n:030d}"[-32:], "key": f"{mark}{start + n}"}
                for n in range(min(5000, number - start))
            ]
            session.connection().execute(insert(TASK), rows)


def empty(installation: Installation) -> None:
    with transaction(installation) as session:
        everything = "DELETE FROM task" if installation.store.sqlite else "TRUNCATE task CASCADE"
        session.connection().execute(text(everything))


# -- claims ----------------------------------------------------------------------------------------


def claim_ms(installation: Installation, number: int = 200) -> float:
    """Milliseconds of a claim and its completion, the median."""
    taken = []
    for _ in range(number):
        since = time.perf_counter()
        with transaction(installation) as session:
            lease = tasks.claim(
                session, installation.store, queue="work", kinds=KINDS, owner="bench"
            )
            assert lease is not None
            tasks.complete(session, installation.store, lease)
        taken.append(time.perf_counter() - since)
    return statistics.median(taken) * 1000


def claims(installation: Installation, name: str) -> None:
    ticket, cost = new_ticket(installation.store), {}
    for waiting in (1_000, 10_000, 100_000):
        empty(installation)
        fill(installation, ticket, waiting)
        if not installation.store.sqlite:
            with installation.store.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                    text("VACUUM ANALYZE task")
                )
        claim_ms(installation, 50)
        cost[waiting] = claim_ms(installation)
    show(
        f"claim_{name}",
        **{f"waiting_{number}_ms": ms for number, ms in cost.items()},
        ratio=cost[100_000] / cost[1_000],
        limit=1.2,
    )
    behind_a_closed_source(installation, name, ticket)


def behind_a_closed_source(installation: Installation, name: str, ticket: str) -> None:
    """What a claim costs while so many tasks of a closed source are due before the one it takes."""
    with transaction(installation) as session:
        until = datetime.now(UTC) + timedelta(hours=1)
        gates.close(session, installation.store, "shut", until=until, reason=told("Closed."))
    cost = {}
    for waiting in (1_000, 50_000):
        empty(installation)
        fill(installation, ticket, waiting, source="shut", mark="a")
        fill(installation, ticket, 300, mark="b")
        claim_ms(installation, 50)
        cost[waiting] = claim_ms(installation)
    show(
        f"claim_behind_a_closed_source_{name}",
        **{f"waiting_{number}_ms": ms for number, ms in cost.items()},
        ratio=cost[50_000] / cost[1_000],
        limit=1.2,
    )
    empty(installation)


# -- throughput ------------------------------------------------------------------------------------


def bare_commits(installation: Installation, ticket: str, seconds: float = 3.0) -> float:
    """Commits a second of one update by one thread in Core: what the machine can do."""
    fill(installation, ticket, 1, mark="c")
    until, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        with installation.store.engine.begin() as connection:
            connection.execute(update(TASK).where(TASK.c.key == "c0").values(rings=number))
        number += 1
    empty(installation)
    return number / seconds


def left(installation: Installation) -> int:
    with installation.store.reading() as session:
        query = text("SELECT count(*) FROM task WHERE kind = 'start' AND state <> 'done'")
        return int(session.connection().scalar(query) or 0)


def rate(installation: Installation, ticket: str, number: int) -> float:
    """Tasks a second while the workers that run already do so many."""
    fill(installation, ticket, number, mark="d")
    since = time.perf_counter()
    for place in range(8):
        installation.wake("work", f"{place:032d}")
    while left(installation):
        time.sleep(0.1)
    took = time.perf_counter() - since
    empty(installation)
    return number / took


def latency(installation: Installation, ticket: str, number: int = 100) -> tuple[float, float]:
    """Milliseconds from a commit's ring to the task being done, by an idle worker: p50, p99."""
    waits, done = [], threading.Event()
    before = QUEUES["work"][TaskKind.START]

    def note(installation: Installation, run: Run) -> None:
        waits.append(time.perf_counter() - rung)
        before(installation, run)
        done.set()

    QUEUES["work"][TaskKind.START] = note  # type: ignore[index]
    for key in range(number):
        done.clear()
        with transaction(installation) as session:
            tasks.enqueue(
                session,
                installation.store,
                ticket_id=ticket,
                kind=TaskKind.START,
                key=f"l{key}",
                rank=DUE,
            )
            session.flush()
            rung = time.perf_counter()
        assert done.wait(10)
        time.sleep(0.03)
    QUEUES["work"][TaskKind.START] = before  # type: ignore[index]
    ordered = sorted(waits)
    return ordered[number // 2] * 1000, ordered[int(number * 0.99)] * 1000


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_cpu(pids: list[int], seconds: float = 20.0) -> float:
    before = sum(map(cpu_seconds, pids))
    time.sleep(seconds)
    return (sum(map(cpu_seconds, pids)) - before) / seconds / len(pids) * 100


def embedded(folder: Path) -> None:
    installation = new_installation(f"sqlite:///{folder / 'dsar.sqlite'}", folder)
    migrate.upgrade(installation.store)
    keyring.unlock(installation, may_make=True)
    claims(installation, "sqlite")
    ticket = new_ticket(installation.store, 2)
    bare = bare_commits(installation, ticket)
    crew = Processes(installation, "embedded", 4, queues=QUEUES)
    crew.start()
    done = rate(installation, ticket, 3000)
    show("embedded", tasks_a_second=done, bare_commits_a_second=bare, ratio=done / bare, limit=0.3)
    p50, p99 = latency(installation, ticket)
    show("ring_to_claim_embedded", p50_ms=p50, p99_ms=p99, limit_p50_ms=5, limit_p99_ms=25)
    crew.stop()
    installation.store.close()


@contextmanager
def workers(folder: Path, database: str, redis: str, number: int) -> Iterator[list[int]]:
    """So many worker processes; their ids."""
    started = Process(
        [sys.executable, "-m", "tests.benchmarks.queue", database, redis, str(folder), str(number)],
        log=folder / f"worker-{number}.log",
        environment={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    started.wait_ready(lambda: started.output().count('"event": "ready"') >= number)
    parent = started.popen.pid
    listing = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    try:
        yield [int(pid) for pid in listing] or [parent]
    finally:
        started.end(seconds=60)


def distributed(folder: Path) -> None:
    with PostgresServer(durable=True) as server, server.database() as url, RedisServer() as bell:
        installation = new_installation(url, folder, redis=bell.url())
        migrate.upgrade(installation.store)
        keyring.unlock(installation, may_make=True)
        claims(installation, "postgres")
        ticket = new_ticket(installation.store, 2)
        bare = bare_commits(installation, ticket)
        ring = process.WakeupSender(process.broker_for(installation))
        installation.wake = ring
        for number in (1, 2):
            with workers(folder, url, bell.url(), number) as pids:
                done = rate(installation, ticket, 3000)
                show(
                    f"throughput_{number}_processes",
                    tasks_a_second=done,
                    bare_commits_a_second=bare,
                    ratio=done / bare,
                )
                if number == 2:
                    show("idle_cpu", percent_a_worker=idle_cpu(pids), limit=0.5)
        crew = Processes(installation, "worker", 4, queues=QUEUES)
        crew.start()
        p50, p99 = latency(installation, ticket)
        show("ring_to_claim_redis", p50_ms=p50, p99_ms=p99, limit_p50_ms=5, limit_p99_ms=25)
        crew.stop()
        installation.store.close()


def worker(database: str, redis: str, folder: str, number: str) -> None:
    installation = new_installation(database, Path(folder), redis=redis)
    process.run_worker(installation, processes=int(number), threads=4, queues=QUEUES)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dsar-queue-") as folder, suppress(KeyboardInterrupt):
        for kind, run in (("embedded", embedded), ("distributed", distributed)):
            (place := Path(folder) / kind).mkdir()
            run(place)


if __name__ == "__main__":
    worker(*sys.argv[1:]) if len(sys.argv) > 1 else main()
