"""A real house for the tests of workers, with handlers small enough to see through.

Every handler writes what it did into a ledger file, one line for each effect, so that a test sees
from outside what was done, how often and by whom, also when the worker was killed.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dsar.config.settings import AuthoritySettings, ControllerSettings, Settings
from dsar.config.sources import Sources
from dsar.domain.controller import Controller
from dsar.domain.lifecycle import TaskKind
from dsar.domain.policy import Policy
from dsar.sdk import Later, NeedsHuman
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket.run_task import Run
from dsar.store import migrate, tasks
from dsar.store.engine import Store
from dsar.store.keys.file import FileKey
from dsar.store.vault import Vault
from workers.run import Queues

CONTROLLER = ControllerSettings(
    name="A Controller Ltd",
    email="privacy@controller.example",
    country="DE",
    authority=AuthoritySettings(name="An authority"),
)

#: Real kinds of task, each called by what its handler here does to its worker.
QUICK = TaskKind.START
PAGED = TaskKind.SEARCH
POISON = TaskKind.ACT
STANDS = TaskKind.LOOK_AGAIN
LATER = TaskKind.LIFT
HUMAN = TaskKind.RESTRICT_NOW
BROKEN = TaskKind.DECIDE
REPORT = TaskKind.BUNDLE


def new_installation(
    database: str, folder: Path, *, redis: str | None = None, lease_seconds: int = 60
) -> Installation:
    settings = Settings(
        folder=folder,
        database_url=database,
        redis_url=redis,
        controller=CONTROLLER,
        lease_seconds=lease_seconds,
    )
    controller: Controller = CONTROLLER.value()
    made = Installation(
        settings=settings,
        store=Store(database),
        vault=Vault(FileKey(folder / "keys" / "dsar.key")),
        controller=controller,
        sources=Sources({}),
        policy=Policy(version="1", activities={}, data={}),
    )
    if migrate.current(made.store):
        keyring.unlock(made, may_make=True)
    return made


class Ledger:
    """What the world outside saw, one line an effect; appending a short line is atomic."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def write(self, *words: object) -> None:
        with self.file.open("a") as out:
            out.write(" ".join(map(str, (*words, os.getpid()))) + "\n")

    def lines(self) -> list[list[str]]:
        if not self.file.exists():
            return []
        return [line.split() for line in self.file.read_text().splitlines()]

    def of(self, task_id: str) -> list[list[str]]:
        return [line for line in self.lines() if line[1] == task_id]


def finish(run: Run) -> None:
    """Completes a task and claims the next one along with it."""
    with transaction(run.installation) as session:
        tasks.complete(session, run.installation.store, run.lease)
        run.claim_next(session)


def handlers(ledger: Ledger, *, page_seconds: float = 0.1) -> Queues:
    """One handler for each thing a task can do to its worker; QUICK and REPORT are ordinary.

    A page takes `page_seconds` at the first attempt: so long has a test to end the worker at it.
    """

    def quick(_installation: Installation, run: Run) -> None:
        ledger.write("quick", run.lease.task_id, run.lease.attempts)
        finish(run)

    def paged(_installation: Installation, run: Run) -> None:
        """Ten pages, each with its checkpoint; later attempts take a tenth of a second for each."""
        for page in range(int(run.lease.checkpoint or 0), 10):
            run.check()
            time.sleep(page_seconds if run.lease.attempts == 1 else 0.1)
            ledger.write("page", run.lease.task_id, page, run.lease.attempts)
            with transaction(run.installation) as session:
                tasks.checkpoint(session, run.installation.store, run.lease, str(page + 1), done=1)
        finish(run)

    def stands(_installation: Installation, run: Run) -> None:
        """Stands still, the first time, in the middle of a transaction that holds the row."""
        ledger.write("stands", run.lease.task_id, run.lease.attempts)
        with transaction(run.installation) as session:
            tasks.checkpoint(session, run.installation.store, run.lease, "1", done=1)
            if run.lease.attempts == 1:
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(1)  # it stops all threads, though not at this very instruction
        finish(run)

    def poison(_installation: Installation, run: Run) -> None:
        ledger.write("poison", run.lease.task_id, run.lease.attempts)
        os.kill(os.getpid(), 9)

    def raises(error: Callable[[], Exception]) -> Callable[[Installation, Run], None]:
        def handler(_installation: Installation, run: Run) -> None:
            ledger.write("failed", run.lease.task_id, run.lease.attempts)
            raise error()

        return handler

    work = {
        QUICK: quick,
        PAGED: paged,
        POISON: poison,
        STANDS: stands,
        LATER: raises(lambda: Later("Busy.", wait=3600)),
        HUMAN: raises(lambda: NeedsHuman("Ask the dentist.")),
        BROKEN: raises(lambda: ValueError("jane@example.org is a secret")),
    }
    return {"work": work, "render": {REPORT: quick}}


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    give_up = threading.Event()
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        give_up.wait(0.02)
