"""The one canonical content of a bundle: values and streams from which every form is rendered.

Nothing here, and nothing that renders it, knows a database. Withheld values are already gone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dsar.domain.clock import DerivationStep
from dsar.domain.controller import Controller
from dsar.domain.coverage import Line
from dsar.domain.policy import Activity
from dsar.domain.records import Attachment, Collection, Receipt, Record
from dsar.domain.rights import Right
from dsar.words import Words


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What was asked: who, what, when, and by when the law wants the answer.

    `words` is what the person wrote, if anything; `explanation` are the steps to the due date;
    `clock` holds the dates of the ticket by their names in `dsar.domain.clock.Dates`.
    """

    reference: str
    right: Right
    received_on: date
    due_on: date
    identifiers: tuple[tuple[str, str], ...]
    words: str = ""
    explanation: tuple[DerivationStep, ...] = ()
    extended_because: str = ""
    clock: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordSet:
    """All records of one collection of one source that are handed over, as a re-readable stream.

    `activities` are the ids of the processing activities that use it. `records()` may be called
    more than once and gives the same records in the same order each time. `files` opens the bytes
    of a record's attachment, once for each; None where the set has none.
    """

    source: str
    source_title: str
    collection: Collection
    activities: tuple[str, ...]
    count: int
    records: Callable[[], Iterator[Record]]
    files: Callable[[Record, Attachment], Iterator[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class ReceiptSet:
    """What one source did to the records of one collection, as a re-readable stream."""

    source: str
    source_title: str
    collection: Collection
    count: int
    receipts: Callable[[], Iterator[Receipt]]


@dataclass(frozen=True, slots=True)
class HumanDecision:
    """A named person decided anew after an automated decision was contested (Art. 22(3))."""

    decided_by: str
    decided_on: date
    decision: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Law:
    """What the regime puts into the answer: its name, the rights to point at, how to complain."""

    title: str
    citation: str
    complaint: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything a bundle says, and the words it says it in.

    `cut_off` is the instant up to which the sources were read.
    """

    request: RequestFacts
    outcome: str
    words: Words
    controller: Controller
    law: Law
    cut_off: datetime
    coverage: tuple[Line, ...]
    activities: tuple[Activity, ...]
    sets: tuple[RecordSet, ...] = ()
    receipts: tuple[ReceiptSet, ...] = ()
    decision: HumanDecision | None = None
    engine_version: str = ""
    policy_version: str = ""

    @property
    def language(self) -> str:
        """The language it is written in, as it was asked for: de-AT where the words are German."""
        return self.words.tag
