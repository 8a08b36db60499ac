"""The fault run: the product at work while its processes and servers are killed, one after another.

`run` gives a table of what was done to it and what came of it. The faults are drawn from a seed;
what they meet depends on the machine, so a seed is a recipe here and not a history.
"""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import redis
from sqlalchemy.exc import SQLAlchemyError

from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation
from dsar.store import migrate
from tests.faults.disk import SmallDisk
from tests.faults.hosts import Processes
from tests.faults.inflicted import Agenda, Faults
from tests.faults.judging import judge, read_logs, unended
from tests.faults.people import People
from tests.faults.place import Place, Setting
from tests.faults.report import Report
from tests.faults.watch import Watch
from tests.servers import PostgresServer, RedisServer

#: The long outages: when they begin and how long they last as shares of the run, and at most how
#: many seconds. All else goes on meanwhile.
OUTAGES = (
    # what               begins  lasts  at most
    ("disk full",          0.08,  0.12,   120.0),
    ("PostgreSQL gone",    0.22,  0.05,    60.0),
    ("Redis gone",         0.30,  0.50,   600.0),
    ("disk full",          0.60,  0.10,    60.0),
)  # fmt: skip


class Run:
    """One fault run from the start of the servers to the judgement."""

    def __init__(self, place: Place, *, seed: int, postgres: PostgresServer, server: RedisServer):
        self.place = place
        self.dice = random.Random(seed)
        self.postgres = postgres
        self.redis = server
        self.report = Report(seed, place.setting.tickets)
        self.agenda = Agenda()
        self.installation: Installation = place.installation()
        self.people = People(self.installation, place, self.report)
        self.watch = Watch(self.installation, self.report)
        self.processes = Processes(place, self.dice, self.report)
        self.people_look = 0.0

    def go(self, disk: SmallDisk, *, fault_every: float) -> Report:
        """Faults while the tickets are filed, then calm until all have ended, then the judgement."""
        began = time.monotonic()
        faults = Faults(
            self.processes,
            self.postgres,
            self.redis,
            disk,
            self.watch,
            self.dice,
            self.agenda,
            self.place.setting.lease_seconds,
        )
        try:
            self.processes.start_all()
            self._plan(faults)
            self._with_faults(faults, fault_every)
            self._calm()
        finally:
            self.processes.end_all()
        self.report.minutes = (time.monotonic() - began) / 60
        self.report.web_down = int(self.processes.web_asked is not None)
        judge(self.installation, self.place, self.report)
        read_logs(self.place, self.redis, self.report)
        return self.report

    def _plan(self, faults: Faults) -> None:
        """Writes the long outages down on the agenda."""
        whole = self.place.setting.tickets / self.place.setting.a_minute * 60
        doing = {
            "disk full": faults.disk_full,
            "PostgreSQL gone": faults.postgres_gone,
            "Redis gone": faults.redis_gone,
        }
        for name, begins, lasts, at_most in OUTAGES:
            seconds = min(lasts * whole, at_most)
            self.agenda.after(begins * whole, self._outage(name, seconds, doing[name]))
        if faults.disk.missing:
            self.report.left_out["disk full"] = faults.disk.missing

    def _outage(
        self, name: str, seconds: float, begin: Callable[[float], bool]
    ) -> Callable[[], None]:
        """Begins it, or tries again in a moment where the server is just being killed anyway."""

        def do() -> None:
            if begin(seconds):
                self.report.faults[f"{name} for {seconds:.0f} s"] += 1
            elif name not in self.report.left_out:
                self.agenda.after(0.5, do)

        return do

    def _with_faults(self, faults: Faults, every: float) -> None:
        until = time.monotonic() + every
        while self.processes.filed() < self.place.setting.tickets:
            self._look()
            if time.monotonic() >= until:
                self.report.faults[faults.one()] += 1
                until = time.monotonic() + self.dice.uniform(0.5, 1.5) * every
            time.sleep(0.1)

    def _calm(self) -> None:
        until = time.monotonic() + self.place.setting.patience
        while time.monotonic() < until and self._going_on():
            self._look()
            time.sleep(0.5)

    def _going_on(self) -> bool:
        """Whether anything has not come to rest yet."""
        try:
            return bool(unended(self.installation)) or self.processes.web_asked is not None
        except SQLAlchemyError:
            return True

    def _look(self) -> None:
        """Ends what is over, starts what ended by itself, measures, acts for people."""
        self.agenda.do()
        self.processes.revive()
        self.processes.ask_web()
        if self.postgres.process is None:
            return
        try:
            self.watch.look()
            if time.monotonic() >= self.people_look:
                self.people.act()
                self.people_look = time.monotonic() + 1
        except (SQLAlchemyError, redis.RedisError):
            return  # the database was killed just now or is not quite back


def run(setting: Setting, folder: Path, *, seed: int, fault_every: float) -> Report:
    """One fault run; see `Report`."""
    with ExitStack() as opened:
        postgres = opened.enter_context(PostgresServer())
        server = opened.enter_context(RedisServer())
        database = opened.enter_context(postgres.database())
        place = Place(str(folder), database, server.url(), setting)
        place.write()
        disk = opened.enter_context(SmallDisk(place.bundles, bundles=setting.tickets))
        place.ledger.create()
        doing = Run(place, seed=seed, postgres=postgres, server=server)
        opened.callback(doing.installation.store.close)
        migrate.upgrade(doing.installation.store)
        keyring.unlock(doing.installation, may_make=True)
        return doing.go(disk, fault_every=fault_every)
