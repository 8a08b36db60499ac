"""The faults: what is done to the product, how often, and how it is undone."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.faults.disk import SmallDisk
from tests.faults.hosts import HOSTS, Processes, send
from tests.faults.watch import Watch
from tests.servers import PostgresServer, RedisServer

GARBAGE = (b"", b"\x00\xff", b'{"args": ["rm"]}', b"f" * 32, b"x" * 100_000)
QUEUES = ("work", "render")
_OPEN = text("SELECT queue, id FROM task WHERE state IN ('ready', 'leased') LIMIT 5")


@dataclass
class Agenda:
    """What is to be done later, so that nothing has to wait for it."""

    _later: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Does it so many seconds from now."""
        self._later.append((time.monotonic() + seconds, what))

    def do(self) -> None:
        """Does what is due."""
        now = time.monotonic()
        due = [what for when, what in self._later if when <= now]
        self._later = [(when, what) for when, what in self._later if when > now]
        for what in due:
            what()


@dataclass
class Faults:
    """Everything that is done to the product. Each method says whether it could be done just now."""

    processes: Processes
    postgres: PostgresServer
    redis: RedisServer
    disk: SmallDisk
    watch: Watch
    dice: random.Random
    agenda: Agenda
    lease_seconds: float
    _stopped: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        kill = self._kill
        # fmt: off
        self.weights: dict[str, tuple[int, Callable[[], bool]]] = {
            "kill worker process":            (24, self._kill_worker),
            "kill worker host":               (4,  self._kill_host),
            "kill scheduler":                 (2,  lambda: kill("scheduler")),
            "kill intake":                    (3,  lambda: kill("intake")),
            "kill web":                       (3,  lambda: kill("web")),
            "kill Redis":                     (2,  lambda: self.redis_gone(self._moment())),
            "kill PostgreSQL":                (2,  lambda: self.postgres_gone(self._moment())),
            "flush Redis":                    (4,  self._flush),
            "forged and garbage rings":       (3,  self._forge),
            "the same rings 200 times":       (3,  self._ring_often),
            "stop worker past its lease":     (3,  self._stop_worker),
        }
        # fmt: on

    def one(self) -> str:
        """One fault, drawn among those that are possible just now; its name."""
        while True:
            names = list(self.weights)
            (name,) = self.dice.choices(names, [self.weights[one][0] for one in names])
            if self.weights[name][1]():
                return name

    def _moment(self) -> float:
        return self.dice.uniform(0.5, 4)

    # -- processes ---------------------------------------------------------------------------------

    def _kill_worker(self) -> bool:
        workers = self.processes.workers()
        if not workers:
            return False
        victim = self.dice.choice(workers)
        self._hold([victim])
        send([victim], signal.SIGKILL)
        return True

    def _kill_host(self) -> bool:
        host = self.dice.choice(HOSTS)
        children = self.processes.children(host)
        if not children:
            return False
        send([self.processes.running[host].popen.pid], signal.SIGSTOP)
        self._hold(children)
        self.processes.kill(host)
        return True

    def _hold(self, victims: list[int]) -> None:
        """They stand still, so that what they hold can be read exactly."""
        send(victims, signal.SIGSTOP)
        for victim in victims:
            self.watch.note(victim)

    def _kill(self, name: str) -> bool:
        if self.processes.running[name].popen.poll() is not None:
            return False
        self.processes.kill(name)
        return True

    def _stop_worker(self) -> bool:
        workers = set(self.processes.workers()) - self._stopped
        if not workers or self._stopped:
            return False
        victim = self.dice.choice(sorted(workers))
        self._stopped.add(victim)
        send([victim], signal.SIGSTOP)
        self.agenda.after(self.lease_seconds + self.dice.uniform(1, 4), lambda: self._wake(victim))
        return True

    def _wake(self, victim: int) -> None:
        self._stopped.discard(victim)
        if victim in self.processes.workers():
            send([victim], signal.SIGCONT)

    # -- servers -----------------------------------------------------------------------------------

    def redis_gone(self, seconds: float) -> bool:
        """Redis is killed and comes back empty after so long."""
        if self.redis.process is None:
            return False
        self.redis.kill()
        self.agenda.after(seconds, self.redis.start)
        return True

    def postgres_gone(self, seconds: float) -> bool:
        """PostgreSQL is killed and comes back after so long."""
        if self.postgres.process is None:
            return False
        self.watch.database_gone()
        self.postgres.kill()
        self.agenda.after(seconds, self._postgres_back)
        return True

    def _postgres_back(self) -> None:
        self.postgres.start()
        self.watch.database_back()

    def disk_full(self, seconds: float) -> bool:
        """The disk of the bundles is full for so long."""
        if self.disk.missing:
            return False
        self.disk.fill()
        self.agenda.after(seconds, self.disk.free)
        return True

    # -- rings -------------------------------------------------------------------------------------

    def _flush(self) -> bool:
        if self.redis.process is None:
            return False
        with self.redis.client() as client:
            client.flushall()
        return True

    def _forge(self) -> bool:
        return self._ring([(queue, words) for queue in QUEUES for words in GARBAGE])

    def _ring_often(self) -> bool:
        """True rings, as they are sent, over and over."""
        if self.redis.process is None or self.postgres.process is None:
            return False
        try:
            with self.watch.installation.store.reading() as session:
                rows = session.connection().execute(_OPEN).all()
        except SQLAlchemyError:
            return False
        return bool(rows) and self._ring([(q, task.encode()) for q, task in rows] * 200)

    def _ring(self, rings: list[tuple[str, bytes]]) -> bool:
        if self.redis.process is None:
            return False
        with self.redis.client() as client, client.pipeline(transaction=False) as pipe:
            for queue, words in rings:
                pipe.rpush(f"dsar:bell:{queue}", words)
            pipe.execute()
        return True
