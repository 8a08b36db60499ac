"""How long it takes until what a killed process worked on is worked on again."""

import time
from dataclasses import dataclass, field

from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from dsar.services.runtime.installation import Installation
from tests.faults.report import Report

_HELD = text("SELECT id, fence FROM task WHERE state = 'leased' AND owner LIKE :owner")
_NOW = text("SELECT id, fence, state, kind, source FROM task WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


@dataclass
class Watch:
    """Notes what a process holds before it is killed, and when somebody else has it.

    Time in which the database is away does not count: nobody can go on then.
    """

    installation: Installation
    report: Report
    _broken: dict[str, tuple[int, float]] = field(default_factory=dict)
    _away: list[tuple[float, float]] = field(default_factory=list)
    _away_since: float | None = None

    def note(self, pid: int) -> None:
        """The tasks of a process that stands still and is about to be killed."""
        if self._away_since is not None:
            return
        try:
            with self.installation.store.reading() as session:
                rows = session.connection().execute(_HELD, {"owner": f"%:{pid}:%"}).all()
        except SQLAlchemyError:
            return  # the database went away at this very moment: nothing can be measured
        for task, fence in rows:
            self._broken[task] = (fence, time.monotonic())

    def database_gone(self) -> None:
        """From now on nobody can go on."""
        self._away_since = time.monotonic()

    def database_back(self) -> None:
        """Now they can."""
        if self._away_since is not None:
            self._away.append((self._away_since, time.monotonic()))
        self._away_since = None

    def look(self) -> None:
        """Which of the broken ones are worked on again, or ended."""
        if not self._broken:
            return
        with self.installation.store.reading() as session:
            rows = session.connection().execute(_NOW, {"ids": list(self._broken)}).all()
        now = time.monotonic()
        for task, fence, state, kind, source in rows:
            before, since = self._broken[task]
            if fence > before or state not in {"leased", "ready"}:
                seconds = now - since - self._away_between(since, now)
                self.report.resumed.append(seconds)
                self.report.slowest = max(self.report.slowest, (seconds, f"{kind} {source}"))
                del self._broken[task]

    def _away_between(self, since: float, now: float) -> float:
        return sum(max(0.0, min(end, now) - max(begin, since)) for begin, end in self._away)
