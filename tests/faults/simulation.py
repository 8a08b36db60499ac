"""A deterministic simulation: one seed is one history, and the same seed is always the same one.

Workers are generators that yield after each commit, where anything may happen to them: they die,
stand still while the clock runs on, or go on. Rings are lost, doubled, reordered, forged, flushed.
After the faults there is calm, in which everything must come to its end. The statements are those
of `dsar.store` on a real database; the clock, the bell and the ids are the simulation's.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from tests.store.rows import Hands

Body = Generator[str, None, None]
LEASE = timedelta(seconds=60)


class NeverEnds(AssertionError):  # noqa: N818
    """In calm, some work did not come to its end."""


@dataclass
class Actor:
    """A process: idle until it hears a ring, then a body that goes from commit to commit."""

    name: str
    work: Callable[[str], Body]
    body: Body | None = None
    stalled: bool = False
    at: str = "idle"

    def hear(self, queue: str) -> None:
        self.body = self.work(queue)

    def step(self) -> None:
        assert self.body is not None
        self.at = next(self.body, "idle")
        if self.at == "idle":
            self.body = None

    def die(self) -> None:
        if self.body is not None:
            self.body.close()
        self.body, self.stalled, self.at = None, False, "idle"


@dataclass
class Simulation:
    """What happens is drawn from `random`; `history` tells it again."""

    seed: int
    workers: list[Actor]
    helpers: list[Actor]
    hands: Hands
    renew: Callable[[str], None]
    staff: Callable[[], None]
    settled: Callable[[], bool]
    restart: Callable[[Actor], None] = lambda _actor: None
    rings: list[tuple[str, str]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.since_renewal = timedelta()

    def ring(self, queue: str, task: str) -> None:
        self.rings.append((queue, task))

    # -- time ------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """The clock runs on in small steps; whoever is not standing still renews its leases."""
        while seconds > 0:
            step = min(seconds, LEASE.total_seconds() / 4)
            self.hands.turn(seconds=step)
            self.since_renewal += timedelta(seconds=step)
            seconds -= step
            if self.since_renewal >= LEASE / 4:
                self.since_renewal = timedelta()
                for worker in self.workers:
                    if not worker.stalled:
                        self.renew(worker.name)

    # -- what goes on ------------------------------------------------------------------------------

    def go_on(self) -> bool:
        """One process takes one step, or hears a ring; False when there is nothing to do."""
        busy = [a for a in (*self.workers, *self.helpers) if a.body and not a.stalled]
        idle = [a for a in self.workers if not a.body and not a.stalled]
        if self.rings and idle and (not busy or self.random.random() < 0.5):
            queue, task = self.rings.pop(0)
            actor = self.random.choice(idle)
            self.history.append(f"{actor.name} hears {task[:4]}")
            actor.hear(queue)
            actor.step()
        elif busy:
            actor = self.random.choice(busy)
            self.history.append(f"{actor.name} from {actor.at}")
            actor.step()
        else:
            return False
        return True

    def help_along(self) -> None:
        """Sweeper and the like start another round."""
        for helper in self.helpers:
            if not helper.body:
                helper.hear("")

    # -- what goes wrong ---------------------------------------------------------------------------

    def go_wrong(self) -> None:
        what = self.random.choices(
            ("die", "stall", "wake", "time", "flush", "lose", "double", "shuffle", "forge"),
            (5, 3, 3, 3, 1, 2, 2, 2, 1),
        )[0]
        self.history.append(what)
        getattr(self, f"_{what}")()

    def _die(self) -> None:
        actor = self.random.choice([*self.workers, *self.helpers])
        actor.die()
        self.restart(actor)

    def _stall(self) -> None:
        self.random.choice(self.workers).stalled = True

    def _wake(self) -> None:
        self.random.choice(self.workers).stalled = False

    def _time(self) -> None:
        self.pass_time(self.random.choice((1, 5, 30, 70, 130)))
        self.help_along()

    def _flush(self) -> None:
        self.rings.clear()

    def _lose(self) -> None:
        if self.rings:
            self.rings.pop(self.random.randrange(len(self.rings)))

    def _double(self) -> None:
        if self.rings:
            self.rings.append(self.random.choice(self.rings))

    def _shuffle(self) -> None:
        self.random.shuffle(self.rings)

    def _forge(self) -> None:
        self.rings.append((self.random.choice(("work", "render")), "forged"))

    # -- a whole history ---------------------------------------------------------------------------

    def run(self, *, steps: int = 60, patience: int = 2000) -> None:
        """`steps` with faults, then calm until all is settled; NeverEnds after `patience` steps."""
        for _ in range(steps):
            if self.random.random() < 0.25:
                self.go_wrong()
            elif not self.go_on():
                self.pass_time(1)
                self.help_along()
        self._come_to_rest()
        for _ in range(patience):
            if not self.go_on():
                if self.settled():
                    return
                self.staff()
                self.pass_time(15)
                self.help_along()
        raise NeverEnds(f"seed {self.seed}: not settled in calm")

    def _come_to_rest(self) -> None:
        """Who stood still goes on and finds out that time has passed; only then people look."""
        for worker in self.workers:
            worker.stalled = False
        while any(actor.body for actor in (*self.workers, *self.helpers)):
            self.rings, kept = [], self.rings
            self.go_on()
            self.rings = kept + self.rings


class Ids:
    """Seeded ids in the place of uuid4, so that a history can be told again exactly."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"ids {seed}")

    def __call__(self) -> UUID:
        return UUID(int=self._random.getrandbits(128))
