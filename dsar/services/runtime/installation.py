"""One running dsar: everything that is configured and open, handed to each verb by its session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from dsar.config.settings import Settings
from dsar.config.sources import Sources
from dsar.domain.controller import Controller
from dsar.domain.policy import Policy
from dsar.services.runtime import journal_chain
from dsar.services.runtime.journal_chain import WaitingEntries
from dsar.store.engine import Store, StoreSession
from dsar.store.journal_links import UnlinkedEntry
from dsar.store.vault import Vault
from dsar.words import Languages, SpokenLanguage, ours

log = structlog.get_logger("dsar.tasks")

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
    unlinked: WaitingEntries = field(default_factory=WaitingEntries)

    def spoken(self, *asked: str) -> SpokenLanguage:
        """What somebody is spoken to in who asked for these languages, best first."""
        return self.languages.spoken(*asked, home=self.controller.language)


class Unit(StoreSession):
    """One unit of work: a transaction, and the installation it belongs to."""

    def __init__(self, installation: Installation, *, reading: bool = False) -> None:
        super().__init__(installation.store, reading=reading)
        self.installation = installation
        #: The entries that this unit adds to the history, to be linked to the chain over all.
        self.journaled: list[UnlinkedEntry] = []


@contextmanager
def transaction(installation: Installation) -> Iterator[Unit]:
    """One unit of work: committed at its end, then the bells of its new tasks are rung."""
    at_once = installation.store.sqlite
    with Unit(installation) as session:
        yield session
        if at_once and session.journaled:
            session.flush()
            journal_chain.link(session, installation.vault.journal, session.journaled)
        session.commit()
    for queue, task in session.wakeups:
        installation.wake(queue, task)
    if not at_once and installation.unlinked.add(session.journaled):
        link_waiting(installation)


def link_waiting(installation: Installation) -> None:
    """Links what this process committed, unless another of its threads is just doing it.

    What was done stands whatever comes of it here: a database that is gone is waited for, and
    `link_missing` finds what stays behind.
    """
    waiting = installation.unlinked
    if not waiting.turn.acquire(blocking=False):
        return
    try:
        while entries := waiting.take():
            try:
                _link(installation, entries)
            except SQLAlchemyError as error:
                waiting.put_back(entries)
                log.warning("journal.not_linked", error=type(error).__name__, count=len(entries))
                return
    finally:
        waiting.turn.release()


def _link(installation: Installation, entries: list[UnlinkedEntry]) -> None:
    """Links these entries; those that `link_missing` was quicker with are looked for only then."""
    key = installation.vault.journal
    try:
        with Unit(installation) as session:
            journal_chain.link(session, key, entries)
            session.commit()
    except IntegrityError:
        with Unit(installation) as session:
            journal_chain.link(session, key, journal_chain.without_link(session, entries))
            session.commit()


@contextmanager
def reading(installation: Installation) -> Iterator[Unit]:
    """A unit of work that only reads."""
    with Unit(installation, reading=True) as session:
        yield session
