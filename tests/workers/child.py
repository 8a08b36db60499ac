"""A worker as a process of its own, for tests that kill it: `start` runs this very file."""

import os
import sys
from itertools import count
from pathlib import Path

from tests.servers import Process
from tests.workers.installations import Ledger, handlers, new_installation

ROOT = Path(__file__).parents[2]
_numbers = count()
started: list[Process] = []


def end_all() -> None:
    """Ends what a failed test left running: it would take the rings of the next one."""
    while started:
        process = started.pop()
        if process.popen.poll() is None:
            process.kill()


def start(
    folder: Path, database: str, redis: str | None, *, lease: int = 2, processes: int = 1
) -> Process:
    """Starts a worker and returns once it says that it is ready."""
    words = [database, redis or "-", str(folder), str(lease), str(processes)]
    process = Process(
        [sys.executable, "-m", "tests.workers.child", *words],
        log=folder / f"worker-{next(_numbers)}.log",
        environment={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    started.append(process)
    process.wait_ready(lambda: process.output().count('"event": "ready"') >= processes)
    return process


def main(database: str, redis: str, folder: str, lease: str, processes: str) -> None:
    from workers import process

    place = Path(folder)
    installation = new_installation(
        database, place, redis=None if redis == "-" else redis, lease_seconds=int(lease)
    )
    queues = handlers(Ledger(place / "ledger"), page_seconds=0.5)
    process.run_worker(installation, processes=int(processes), threads=2, queues=queues)


if __name__ == "__main__":
    main(*sys.argv[1:])
