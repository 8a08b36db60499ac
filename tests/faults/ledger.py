"""A source in a database of its own that writes down every change: what was done twice is seen.

A batch is one transaction there, as in most systems; repeating one is not harmless (`repeatable`
is False), so whoever finds one interrupted has to ask with `probe`.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dsar.domain.identity import Subject
from dsar.domain.policy import Activity, Basis, Policy, Retention
from dsar.domain.records import Collection, Done, Field, Receipt, Record
from dsar.sdk import Adapter, Batch, Page, Problem
from dsar.services.installed.sources import Source, Sources

SOURCES = ("shop", "mail")
COLLECTIONS = ("orders", "notes")
RECORDS = 4


@dataclass(frozen=True)
class LedgerSettings:
    file: str
    source: str
    seconds: float = 0.02


class Ledger:
    """The file behind the sources, and what tests read from it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def create(self) -> None:
        with closing(self.connect()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS change (place TEXT, pid INTEGER, at REAL)"
            )

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.file, timeout=60, isolation_level=None)

    def write(self, places: Sequence[str]) -> None:
        rows = [(place, os.getpid(), time.time()) for place in places]
        with closing(self.connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO change VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    def gone(self, prefix: str) -> set[str]:
        with closing(self.connect()) as connection:
            found = connection.execute(
                "SELECT place FROM change WHERE place LIKE ?", (f"{prefix}%",)
            )
            return {place for (place,) in found}

    def doubled(self) -> int:
        with closing(self.connect()) as connection:
            (number,) = connection.execute(
                "SELECT count(*) - count(DISTINCT place) FROM change"
            ).fetchone()
        return int(number)


class LedgerAdapter(Adapter):
    """Every address at example.org is a customer with four orders and four notes."""

    name = "ledger"
    title = "Ledger"
    identifies_by = ("email",)
    Settings: ClassVar[type] = LedgerSettings
    repeatable = False

    def collections(self) -> Sequence[Collection]:
        words = Field("words", {"en": "Words"}, {"en": "What you wrote."}, "text")
        return [Collection(name, {"en": name.title()}, (words,)) for name in COLLECTIONS]

    def check(self) -> Sequence[Problem]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for email in subject.values("email"):
            gone = Ledger(Path(self.settings.file)).gone(f"{self.settings.source}/")
            for place, name in enumerate(COLLECTIONS[int(checkpoint or 0) :], int(checkpoint or 0)):
                time.sleep(self.settings.seconds)
                keys = [f"{email}-{number}" for number in range(RECORDS)]
                left = [key for key in keys if self._place(name, key) not in gone]
                last = place + 1 == len(COLLECTIONS)
                records = [Record(name, key, {"words": name}) for key in left]
                yield Page(records, None if last else str(place + 1))

    def _place(self, collection: str, key: str) -> str:
        return f"{self.settings.source}/{collection}/{key}"

    def erase(self, batch: Batch) -> Iterator[Receipt]:
        time.sleep(self.settings.seconds)
        places = [self._place(batch.collection, item.key) for item in batch.items]
        Ledger(Path(self.settings.file)).write(places)
        time.sleep(self.settings.seconds)
        for item in batch.items:
            yield Receipt(batch.collection, item.key, Done.ERASED)

    def probe(self, batch: Batch) -> Iterator[Receipt]:
        gone = Ledger(Path(self.settings.file)).gone(self._place(batch.collection, ""))
        for item in batch.items:
            there = self._place(batch.collection, item.key) not in gone
            yield Receipt(batch.collection, item.key, Done.KEPT if there else Done.MISSING)


def sources(file: Path) -> Sources:
    def source(name: str) -> Source:
        return Source(name, name.title(), LedgerAdapter, LedgerSettings(str(file), name), 8)

    return Sources({name: source(name) for name in SOURCES})


def policy() -> Policy:
    """One activity on consent uses everything; nothing has to be kept."""
    activity = Activity(
        "service",
        {"en": "Service"},
        {"en": "Serving you."},
        Basis.CONSENT,
        Retention({"en": "until you withdraw"}),
    )
    places = tuple(f"{source}.{name}" for source in SOURCES for name in COLLECTIONS)
    return Policy(version="1", activities={"service": activity}, data={"service": places})
