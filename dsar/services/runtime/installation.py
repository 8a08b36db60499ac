"""One running dsar: everything that is configured and open, handed to each verb by its session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dsar.config.settings import Settings
from dsar.config.sources import Sources
from dsar.domain.controller import Controller
from dsar.domain.policy import Policy
from dsar.store.engine import Store, StoreSession
from dsar.store.vault import Vault
from dsar.words import Languages, SpokenLanguage, ours

#: Rings for one ready task after its transaction has committed: (queue, task id). Losing a ring is
#: harmless, the sweeper rings again.
Wakeup = Callable[[str, str], None]


def wake_nobody(queue: str, task: str) -> None:
    """Nobody to ring for: the sweeper of some worker will find the task."""


@dataclass
class Installation:
    """Settings, database, keys, sources, policy and languages of one running dsar, and its bell."""

    settings: Settings
    store: Store
    vault: Vault
    controller: Controller
    sources: Sources
    policy: Policy
    languages: Languages = field(default_factory=ours)
    wake: Wakeup = wake_nobody
    cache: dict[str, Any] = field(default_factory=dict)

    def spoken(self, *asked: str) -> SpokenLanguage:
        """What somebody is spoken to in who asked for these languages, best first."""
        return self.languages.spoken(*asked, home=self.controller.language)


class Unit(StoreSession):
    """One unit of work: a transaction, and the installation it belongs to."""

    def __init__(self, installation: Installation, *, reading: bool = False) -> None:
        super().__init__(installation.store, reading=reading)
        self.installation = installation


@contextmanager
def transaction(installation: Installation) -> Iterator[Unit]:
    """One unit of work: committed at its end, then the bells of its new tasks are rung."""
    with Unit(installation) as session:
        yield session
        session.commit()
    for queue, task in session.wakeups:
        installation.wake(queue, task)


@contextmanager
def reading(installation: Installation) -> Iterator[Unit]:
    """A unit of work that only reads."""
    with Unit(installation, reading=True) as session:
        yield session
