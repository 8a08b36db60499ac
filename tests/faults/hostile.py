"""Adapters that do harm, each in its own way: strangers' code as it must be expected.

A few tickets of a fault run meet one of them beside two good sources. Such a ticket must end
honestly: partly fulfilled, with the reason on the line of that source, and its other sources' work
done once. Each takes its nature from its settings, so it is configured like any other source.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dsar.domain.identity import Subject
from dsar.domain.records import Collection, Done, Field, Receipt, Record
from dsar.sdk import Adapter, Batch, Page, Problem
from tests.faults.ledger import Ledger

_BLOCK = 1 << 24


@dataclass(frozen=True)
class HostileSettings:
    nature: str
    file: str


def _record(email: str, number: int = 0, *, of: str = "1") -> Record:
    return Record("orders", f"{email}-{number}", {"words": "order"}, subject=of)


def _finds(email: str) -> Iterator[Page]:
    yield Page([_record(email, number) for number in range(2)])


def _hangs(_email: str) -> Iterator[Page]:
    """It never answers."""
    threading.Event().wait()
    yield from ()


def _dies(_email: str) -> Iterator[Page]:
    """It kills the process it runs in: its own, or the worker's where it runs inside that."""
    os.kill(os.getpid(), signal.SIGKILL)
    yield from ()


def _eats(_email: str) -> Iterator[Page]:
    """It takes all the memory it can get."""
    eaten = []
    while True:
        eaten.append(os.urandom(1) * _BLOCK)
        yield from ()


def _breaks(email: str) -> Iterator[Page]:
    """It answers half and breaks."""
    yield Page([_record(email)], "1")
    raise ConnectionResetError


def _mixes(email: str) -> Iterator[Page]:
    """Among this person's records it hands over another's."""
    yield Page([_record(email), _record(f"another-{email}", of="2")])


#: What a search comes to, by nature.
_FINDING: Mapping[str, Callable[[str], Iterator[Page]]] = {
    "hangs": _hangs,
    "dies": _dies,
    "kills": _dies,
    "eats": _eats,
    "breaks": _breaks,
    "mixes": _mixes,
    "misreports": _finds,
    "pretends": _finds,
}
NATURES = tuple(_FINDING)
#: Those that run inside the worker instead of a process of their own, and take it with them.
INSIDE = frozenset({"kills"})


class Hostile(Adapter):
    """Harmful in the way its settings say."""

    name = "hostile"
    title = "Hostile"
    identifies_by = ("email",)
    Settings: ClassVar[type] = HostileSettings

    def collections(self) -> Sequence[Collection]:
        words = Field("words", {"en": "Words"}, {"en": "What you ordered."}, "text")
        return [Collection("orders", {"en": "Orders"}, (words,))]

    def check(self) -> Sequence[Problem]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for email in subject.values("email"):
            if checkpoint is not None:
                raise ConnectionResetError
            yield from _FINDING[self.settings.nature](email)

    def erase(self, batch: Batch) -> Iterator[Receipt]:
        """Those that mix write down what they erase; the others only say that they did."""
        if self.settings.nature == "mixes":
            written = [f"hostile/{batch.collection}/{item.key}" for item in batch.items]
            Ledger(Path(self.settings.file)).write(written)
        other = "x" if self.settings.nature == "misreports" else ""
        for item in batch.items:
            yield Receipt(batch.collection, f"{item.key}{other}", Done.ERASED)
