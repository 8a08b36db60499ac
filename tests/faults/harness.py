"""The fault run: the product at work while its processes and servers are killed, one after another.

`run` gives a table of what was done to it and what came of it. The faults are drawn from a seed;
what they meet depends on the machine, so a seed is a recipe here and not a history.
"""

import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dsar.domain.lifecycle import Event, State
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.services.house import House, unit
from dsar.services.journal import faults as journal_faults
from dsar.store import migrate
from dsar.store.counts import counted
from tests.faults.ledger import COLLECTIONS, RECORDS, SOURCES
from tests.faults.product import STAFF, Place, file_one, start
from tests.servers import PostgresServer, Process, RedisServer

#: How long a ticket may stand at a person before the person acts: longer than any process sleeps.
PERSON_SECONDS = 25.0
WANTED = {State.FULFILLED.value}


@dataclass
class Report:
    """What was done to the product, and what came of it."""

    seed: int
    minutes: float = 0.0
    tickets: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    stuck: int = 0
    doubled: int = 0
    missing: int = 0
    asked_a_person: int = 0
    journal_faults: int = 0
    personal_data: int = 0
    resumed: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def kills(self) -> int:
        return sum(number for name, number in self.faults.items() if name.startswith("kill"))

    def percentile(self, share: float) -> float:
        if len(self.resumed) < 2:
            return self.resumed[0] if self.resumed else 0.0
        return statistics.quantiles(self.resumed, n=100, method="inclusive")[int(share * 100) - 1]

    def table(self) -> str:
        rows = [
            ("seed", self.seed),
            ("minutes", round(self.minutes, 1)),
            ("tickets", self.tickets),
            ("kills", self.kills),
            *sorted(self.faults.items()),
            ("tickets lost", self.lost),
            ("tickets stuck", self.stuck),
            ("effects doubled", self.doubled),
            ("effects missing", self.missing),
            ("interrupted effects a person was asked about", self.asked_a_person),
            ("journal faults", self.journal_faults),
            ("personal data in logs and Redis", self.personal_data),
            ("killed tasks resumed", len(self.resumed)),
            ("resumed after, p50 in s", round(self.percentile(0.5), 1)),
            ("resumed after, p99 in s", round(self.percentile(0.99), 1)),
            *((name.replace("_", " "), number) for name, number in sorted(self.counts.items())),
        ]
        return "\n".join(f"| {name} | {value} |" for name, value in rows)


class Run:
    """The servers, the processes, and who kills them."""

    def __init__(self, folder: Path, *, seed: int, tickets: int, a_minute: float) -> None:
        self.report = Report(seed, tickets=tickets)
        self.random = random.Random(seed)
        self.folder = folder
        self.a_minute = a_minute
        self.postgres = PostgresServer()
        self.redis = RedisServer()
        self.processes: dict[str, Process] = {}
        self.broken: dict[str, tuple[int, float]] = {}
        self.stuck_since: dict[str, float] = {}
        self.stopped: list[tuple[int, float]] = []

    def go(self, *, fault_every: float) -> Report:
        """The whole run: faults while the tickets are filed, then calm until all have ended."""
        with self.postgres, self.redis, self.postgres.database() as database:
            self.place = Place(str(self.folder), database, self.redis.url())
            self.house = self.place.house()
            migrate.upgrade(self.house.store)
            self.place.ledger.create()
            since = time.monotonic()
            try:
                self._start_all()
                self._with_faults(fault_every)
                self._calm()
                self.report.minutes = (time.monotonic() - since) / 60
                self._judge()
            finally:
                self._end_all()
                self.house.store.close()
        return self.report

    # -- processes ---------------------------------------------------------------------------------

    def _start_all(self) -> None:
        for name in ("worker", "scheduler"):
            self.processes[name] = start(self.place, name)
        self._start_filer()

    def _start_filer(self) -> None:
        """Goes on where the last one stopped, and asks again for its last one."""
        filed = self.folder / "filed"
        first = max(int(filed.read_text() or 0) - 1, 0) if filed.exists() else 0
        number = self.report.tickets - first
        if number > 0:
            words = (str(first), str(number), str(self.a_minute))
            self.processes["filer"] = start(self.place, "filer", *words)

    def _restart(self, name: str) -> None:
        if name == "filer":
            self._start_filer()
        else:
            self.processes[name] = start(self.place, name)

    def _end_all(self) -> None:
        for pid, _ in self.stopped:
            self._signal(pid, signal.SIGCONT)
        for process in self.processes.values():
            process.kill()

    def _children(self) -> list[int]:
        parent = self.processes["worker"].popen.pid
        listing = Path(f"/proc/{parent}/task/{parent}/children")
        return [int(child) for child in listing.read_text().split()] if listing.exists() else []

    def _signal(self, pid: int, which: signal.Signals) -> None:
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            return

    # -- faults ------------------------------------------------------------------------------------

    def _with_faults(self, every: float) -> None:
        until = self.random.uniform(0.5, 1.5) * every + time.monotonic()
        while not self._all_filed():
            self._look()
            if time.monotonic() >= until:
                self._one_fault()
                until = self.random.uniform(0.5, 1.5) * every + time.monotonic()
            time.sleep(0.2)

    def _one_fault(self) -> None:
        faults: dict[str, tuple[int, Callable[[], None]]] = {
            "kill worker": (10, self._kill_worker),
            "kill supervisor": (2, lambda: self._kill("worker")),
            "kill scheduler": (1, lambda: self._kill("scheduler")),
            "kill web": (2, lambda: self._kill("filer")),
            "kill redis": (1, self._kill_redis),
            "kill postgres": (1, self._kill_postgres),
            "flush redis": (3, self._flush),
            "forge rings": (2, self._forge),
            "stop worker past its lease": (2, self._stop_worker),
        }
        (name,) = self.random.choices(list(faults), [weight for weight, _ in faults.values()])
        self.report.faults[name] += 1
        faults[name][1]()

    def _kill_worker(self) -> None:
        children = self._children()
        if children:
            self._note_broken(victim := self.random.choice(children))
            self._signal(victim, signal.SIGKILL)

    def _kill(self, name: str) -> None:
        if name not in self.processes:
            return
        if name == "worker":
            for child in self._children():
                self._note_broken(child)
        self.processes[name].kill()
        self._restart(name)

    def _kill_redis(self) -> None:
        self.redis.kill()
        time.sleep(self.random.uniform(0.5, 4))
        self.redis.start()

    def _kill_postgres(self) -> None:
        self.postgres.kill()
        time.sleep(self.random.uniform(0.5, 4))
        self.postgres.start()

    def _flush(self) -> None:
        with self.redis.client() as client:
            client.flushall()

    def _forge(self) -> None:
        with self.redis.client() as client:
            for words in (b"", b"\x00\xff", b'{"args": ["rm"]}', b"f" * 32, b"x" * 100_000):
                client.rpush("dsar:bell:work", words)
                client.rpush("dsar:bell:render", words)

    def _stop_worker(self) -> None:
        children = self._children()
        if children and not self.stopped:
            victim = self.random.choice(children)
            self._signal(victim, signal.SIGSTOP)
            wake = time.monotonic() + self.place.lease_seconds + self.random.uniform(1, 4)
            self.stopped.append((victim, wake))

    # -- looking -----------------------------------------------------------------------------------

    def _look(self) -> None:
        """Wakes who stood still, notes what was resumed, acts for people."""
        now = time.monotonic()
        for pid, wake in [pair for pair in self.stopped if pair[1] <= now]:
            self._signal(pid, signal.SIGCONT)
            self.stopped.remove((pid, wake))
        try:
            self._see_resumed()
            self._people_act()
        except (SQLAlchemyError, redis.RedisError):
            return  # the database is just being killed or comes back

    def _note_broken(self, pid: int) -> None:
        query = "SELECT id, fence FROM task WHERE state = 'leased' AND owner LIKE :owner"
        try:
            with self.house.store.reading() as session:
                rows = session.connection().execute(text(query), {"owner": f"%:{pid}:%"}).all()
        except SQLAlchemyError:
            return
        for task, fence in rows:
            self.broken[task] = (fence, time.monotonic())

    def _see_resumed(self) -> None:
        if not self.broken:
            return
        with self.house.store.reading() as session:
            rows = session.connection().execute(text("SELECT id, fence, state FROM task")).all()
        for task, fence, state in rows:
            before = self.broken.get(task)
            if before and (fence > before[0] or state not in {"leased", "ready"}):
                self.report.resumed.append(time.monotonic() - before[1])
                del self.broken[task]

    def _people_act(self) -> None:
        """Looks where an effect was interrupted, does by hand what is missing, lets it go on."""
        query = "SELECT id FROM ticket WHERE state IN ('action_failed', 'source_failed')"
        with self.house.store.reading() as session:
            standing = set(session.connection().scalars(text(query)))
        now = time.monotonic()
        self.stuck_since = {t: self.stuck_since.get(t, now) for t in standing}
        for ticket, since in self.stuck_since.items():
            if now - since > PERSON_SECONDS:
                self._by_hand(ticket)
                self.stuck_since[ticket] = now

    def _by_hand(self, ticket: str) -> None:
        finish_by_hand(self.house, self.place, ticket)
        with unit(self.house) as session:
            because = Because(reason="looked there", decided_by="ana")
            advance(session, STAFF, ticket, Event.RETRY, because=because)
        self.report.asked_a_person += 1

    def _personal_data(self) -> int:
        """In how many logs and keys something of a person can be read."""
        seen = [log.read_bytes() for log in self.folder.glob("*.log")]
        with self.redis.client() as client:
            seen += [b"".join((key, client.dump(key) or b"")) for key in client.scan_iter()]
        return sum(any(word in text for word in PERSONAL) for text in seen)

    # -- the end -----------------------------------------------------------------------------------

    def _all_filed(self) -> bool:
        filed = self.folder / "filed"
        return filed.exists() and int(filed.read_text() or 0) >= self.report.tickets

    def _calm(self, patience: float = 240.0) -> None:
        until = time.monotonic() + patience
        while time.monotonic() < until and self._unended():
            self._look()
            time.sleep(0.5)

    def _unended(self) -> int:
        query = text("SELECT count(*) FROM ticket WHERE state NOT IN ('fulfilled')")
        with self.house.store.reading() as session:
            return int(session.connection().scalar(query) or 0)

    def _judge(self) -> None:
        report = self.report
        refs = {file_one(self.house, number) for number in range(report.tickets)}
        report.lost = report.tickets - len(refs)
        report.stuck = self._unended()
        report.doubled = self.place.ledger.doubled()
        report.missing = report.tickets * len(SOURCES) * len(COLLECTIONS) * RECORDS - len(
            self.place.ledger.gone("")
        )
        with self.house.store.reading() as session:
            report.counts = counted(session)
        report.personal_data = self._personal_data()
        with unit(self.house) as session:
            report.journal_faults = len(list(journal_faults(session)))


PERSONAL = (b"@example.org", b"person-")


def finish_by_hand(house: House, place: Place, ticket: str) -> None:
    """What a person does who finds a batch begun and not there: does it in the system itself."""
    query = text(
        "SELECT e.source, p.collection, r.idempotency_key FROM effect e"
        " JOIN page p ON p.ticket_id = e.ticket_id AND p.source = e.source"
        " AND p.number = e.number AND p.role = 'manifest'"
        " JOIN ticket k ON k.id = e.ticket_id JOIN request r ON r.id = k.request_id"
        " WHERE k.id = :ticket AND e.state = 'intent'"
    )
    with house.store.reading() as session:
        rows = session.connection().execute(query, {"ticket": ticket}).all()
    for source, name, key in rows:
        email = f"person-{key.split()[1]}@example.org"
        every = {f"{source}/{name}/{email}-{number}" for number in range(RECORDS)}
        place.ledger.write(sorted(every - place.ledger.gone(f"{source}/{name}/")))


def run(folder: Path, *, seed: int, tickets: int, a_minute: float, fault_every: float) -> Report:
    """One fault run; see `Report`."""
    return Run(folder, seed=seed, tickets=tickets, a_minute=a_minute).go(fault_every=fault_every)
