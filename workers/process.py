"""Our processes: worker, scheduler, and all in one. Each says when it is ready and ends in order.

Asked to stop (SIGTERM), a process claims nothing more; what runs gives its task back at the next
page with its checkpoint, and another process goes on from there.
"""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog
from dramatiq import Worker
from sqlalchemy.exc import SQLAlchemyError

from dsar.domain.errors import DsarError
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket import run_task as services
from dsar.services.upkeep import logs
from dsar.store import processes as signs
from dsar.store import tasks
from dsar.store.counts import count
from dsar.store.tasks import gates
from workers import actors, schedule
from workers.broker import broker_for
from workers.handlers import QUEUES
from workers.outage import Outage
from workers.renewal import Renewal
from workers.run import Limiter, Loop, Queues
from workers.schedule import JOBS, Jobs
from workers.supervisor import Supervisor
from workers.ticker import Ticker
from workers.wakeup_sender import WakeupSender

log = structlog.get_logger("dsar.workers")

#: How long a process that is asked to stop waits for the page in hand.
DRAIN_SECONDS = 25.0
SWEEP_SECONDS = 1.0
SCHEDULE_SECONDS = 5.0
_DATABASE = "Mend database.url, start the database or run `dsar db upgrade`; this process waits."


def new_owner() -> str:
    """A name for this process that no other one has, now or later: where, which, a random part."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass
class Processes:
    """The threads of one process: hands for tasks, renewal, sweeper, schedule, signs of life."""

    installation: Installation
    kind: str
    threads: int
    jobs: Jobs = field(default_factory=dict)
    queues: Queues = field(default_factory=lambda: QUEUES)
    sweeps: bool = True
    owner: str = field(default_factory=new_owner)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Everything is made here and nothing started; BadInput when Redis will never have us."""
        self.database = Outage("database", _DATABASE)
        self.broker = broker_for(self.installation)
        self.sender = WakeupSender(self.broker)
        self.renewal = Renewal(self.installation, outage=self.database)
        self.worker: Worker | None = None
        ticks: list[tuple[str, Callable[[], object], float]] = [
            ("beat", self._beat, signs.BEAT_SECONDS)
        ]
        if self.sweeps:
            ticks.append(("sweep", lambda: services.sweep(self.installation), SWEEP_SECONDS))
        if self.jobs:
            ticks.append(
                (
                    "schedule",
                    lambda: schedule.run_due(self.installation, self.jobs),
                    SCHEDULE_SECONDS,
                )
            )
        self.tickers = [
            Ticker(name, tick, seconds=seconds, outage=self.database)
            for name, tick, seconds in ticks
        ]

    def start(self) -> bool:
        """Starts all threads once the database is there; False when asked to stop before that."""
        self.installation.wake = self.sender
        if not self._settle_in():
            return False
        for ticker in self.tickers:
            ticker.start()
        if self.threads:
            self._start_threads()
        return True

    def _start_threads(self) -> None:
        limiters = {"render": Limiter(max(1, self.threads // 2))}
        loop = Loop(
            self.installation,
            self.owner,
            self.queues,
            self.renewal,
            self.database,
            self.stopping,
            limiters,
        )
        actors.declare(self.broker, self.queues, loop.work)
        self.renewal.start()
        self.worker = Worker(self.broker, worker_threads=self.threads, worker_timeout=1000)
        self.worker.queue_prefetch = self.threads
        self.worker.start()

    def _settle_in(self) -> bool:
        """Writes what the database has to know of us, waiting for it as long as it takes."""
        while not self.stopping.is_set():
            try:
                schedule.declare(self.installation, self.jobs)
                self._configure_gates()
                self._beat()
            except SQLAlchemyError as error:
                self.database.failed(error)
                self.stopping.wait(1.0)
            else:
                self.database.works()
                return True
        return False

    def _configure_gates(self) -> None:
        with transaction(self.installation) as session:
            for source in self.installation.sources:
                limit = source.concurrency
                gates.configure(session, self.installation.store, source.name, max_inflight=limit)

    def _beat(self) -> None:
        """A sign of life, and the lost rings of this process added to everybody's."""
        lost = self.sender.take_lost()
        with transaction(self.installation) as session:
            signs.beat(session, self.installation.store, process=self.owner, kind=self.kind)
            if lost:
                count(session, self.installation.store, "rings_lost", plus=lost)

    def healthy(self) -> bool:
        """Whether every thread that should run does."""
        threads: list[threading.Thread] = []
        if self.worker is not None:
            threads = [*self.worker.workers, *self.worker.consumers.values(), self.renewal]
        return all(thread.is_alive() for thread in (*threads, *self.tickers))

    def stop(self) -> None:
        """Claims nothing more, waits for the pages in hand, says good-bye."""
        self.stopping.set()
        for ticker in self.tickers:
            ticker.stop()
        if self.worker is not None:
            self.worker.stop(timeout=int(DRAIN_SECONDS * 1000))
            left = sum(thread.is_alive() for thread in self.worker.workers)
            if left:
                log.warning("not_drained", process=self.owner, count=left)
        self.renewal.stop()
        for ticker in self.tickers:
            ticker.finish()
        with suppress(SQLAlchemyError), transaction(self.installation) as session:
            signs.gone(session, process=self.owner)
        self.broker.close()
        log.info("stopped", kind=self.kind, process=self.owner)


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    before = {
        which: signal.signal(which, lambda _number, _frame: stopping.set())
        for which in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _attend(crew: Processes, *, parent: int | None = None) -> None:
    """Runs a crew until it is asked to stop or its parent is gone; DsarError if a thread dies."""
    with _signals(crew.stopping), _at_work(crew):
        if not crew.stopping.is_set():
            log.info("ready", kind=crew.kind, process=crew.owner, threads=crew.threads)
        while not crew.stopping.wait(0.5):
            if not crew.healthy():
                raise DsarError("A thread of this process died; start the process again.")
            if parent is not None and os.getppid() != parent:
                crew.stopping.set()


@contextmanager
def _at_work(crew: Processes) -> Iterator[Processes]:
    logs.configure()
    try:
        crew.start()
        yield crew
    finally:
        crew.stop()


def run_worker(
    installation: Installation,
    *,
    processes: int = 1,
    threads: int | None = None,
    queues: Queues = QUEUES,
) -> None:
    """Works off tasks until SIGTERM. BadInput when Redis refuses us."""
    threads = threads or installation.settings.worker_threads
    if processes == 1:
        _attend(Processes(installation, "worker", threads, JOBS, queues=queues))
        return
    broker_for(installation).close()  # a refused password is said once, before anything is started
    installation.store.close()  # no connection crosses a fork
    token, parent = secrets.token_hex(4), os.getpid()

    def child() -> None:
        owner = _child_owner(token, os.getpid())
        _attend(
            Processes(installation, "worker", threads, JOBS, queues=queues, owner=owner),
            parent=parent,
        )

    def died(pid: int) -> None:
        with suppress(SQLAlchemyError), transaction(installation) as session:
            owner = _child_owner(token, pid)
            tasks.expire(session, installation.store, owner=owner)
            signs.gone(session, process=owner)
        installation.store.close()

    logs.configure()
    Supervisor(processes, child, died=died, grace=DRAIN_SECONDS + 5).run()


def _child_owner(token: str, pid: int) -> str:
    return f"{socket.gethostname()[:40]}:{pid}:{token}"


def run_scheduler(installation: Installation, *, jobs: Jobs = JOBS) -> None:
    """Sweeps and does periodic work until SIGTERM; any number of them is harmless."""
    _attend(Processes(installation, "scheduler", 0, jobs))


@contextmanager
def embedded(
    installation: Installation, *, threads: int | None = None, jobs: Jobs = JOBS
) -> Iterator[Processes]:
    """Worker, sweeper and schedule inside this process, for as long as the block runs."""
    with _at_work(
        Processes(installation, "embedded", threads or installation.settings.worker_threads, jobs)
    ) as crew:
        yield crew


@contextmanager
def beside_web(installation: Installation) -> Iterator[Processes]:
    """The bell and the signs of life of a web process, which does no tasks itself.

    It watches the dates all the same: they must not go unwatched while every scheduler is dead.
    """
    with _at_work(Processes(installation, "web", 0, JOBS, sweeps=False)) as crew:
        yield crew
