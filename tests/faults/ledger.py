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
from dsar.domain.records import Collection, Done, Field, Receipt, Record
from dsar.sdk import Adapter, Batch, Page, Problem

SOURCES = ("shop", "mail")
COLLECTIONS = ("orders", "notes")
RECORDS = 4


def person(number: int) -> str:
    """The address of the person who sent one request of a fault run."""
    return f"person-{number}@example.org"


def places(source: str, collection: str, email: str) -> set[str]:
    """Where everything of one person stands in one collection."""
    return {f"{source}/{collection}/{email}-{number}" for number in range(RECORDS)}


class Ledger:
    """The file behind the sources, and what tests read from it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def create(self) -> None:
        with closing(self.connect()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE change (place TEXT, pid INTEGER, at REAL)")
            connection.execute("CREATE INDEX by_place ON change (place)")

    def connect(self) -> sqlite3.Connection:
        """Only processes are killed here, never the machine, so nothing need wait for the disk."""
        connection = sqlite3.connect(self.file, timeout=60, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    def write(self, changed: Sequence[str]) -> None:
        rows = [(place, os.getpid(), time.time()) for place in changed]
        with closing(self.connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO change VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    def gone(self, prefix: str) -> set[str]:
        between = (prefix, f"{prefix}\U0010ffff")
        with closing(self.connect()) as connection:
            found = connection.execute(
                "SELECT place FROM change WHERE place >= ? AND place < ?", between
            )
            return {place for (place,) in found}

    def doubled(self) -> int:
        with closing(self.connect()) as connection:
            (number,) = connection.execute(
                "SELECT count(*) - count(DISTINCT place) FROM change"
            ).fetchone()
        return int(number)


@dataclass(frozen=True)
class LedgerSettings:
    file: str
    source: str
    seconds: float = 0.1


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
            for place, name in enumerate(COLLECTIONS[int(checkpoint or 0) :], int(checkpoint or 0)):
                time.sleep(self.settings.seconds)
                gone = self._ledger().gone(self._place(name, email))
                keys = [f"{email}-{number}" for number in range(RECORDS)]
                left = [key for key in keys if self._place(name, key) not in gone]
                last = place + 1 == len(COLLECTIONS)
                records = [Record(name, key, {"words": name}) for key in left]
                yield Page(records, None if last else str(place + 1))

    def _ledger(self) -> Ledger:
        return Ledger(Path(self.settings.file))

    def _place(self, collection: str, key: str) -> str:
        return f"{self.settings.source}/{collection}/{key}"

    def erase(self, batch: Batch) -> Iterator[Receipt]:
        time.sleep(self.settings.seconds / 4)
        self._ledger().write([self._place(batch.collection, item.key) for item in batch.items])
        time.sleep(self.settings.seconds)
        for item in batch.items:
            yield Receipt(batch.collection, item.key, Done.ERASED)

    def probe(self, batch: Batch) -> Iterator[Receipt]:
        for item in batch.items:
            place = self._place(batch.collection, item.key)
            there = not self._ledger().gone(place)
            yield Receipt(batch.collection, item.key, Done.KEPT if there else Done.MISSING)
