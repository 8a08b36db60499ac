"""Holds every source to its limits and to what a record is made of, page by page.

A limit that is reached, a value that is none, a record of a collection nobody declared: each ends
the search in a sentence for a person. Nothing is cut silently, nothing strange is let through.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from dsar.sdk import Adapter, Attachment, Limits, Match, NeedsHuman, Page, Record
from dsar.sdk.limits import MIB, fault_in

#: Signs a key, a checkpoint, the name of a file may have.
LONGEST_KEY, LONGEST_CHECKPOINT, LONGEST_NAME = 1000, 100_000, 255
_PLAIN = frozenset({int, bool, type(None)})
_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class LimitReached(NeedsHuman):
    """A limit was reached. What came before it counts; a person raises it or names the gap."""

    def __init__(self, what: str, *, raise_: str, source: str) -> None:
        mend = f"Raise {raise_} in [{source}.limits] if that is right."
        slow = raise_.endswith("_seconds")
        super().__init__(f"{what}. {mend}", code="unfinished" if slow else "too_large")


class PageChecks:
    """Measures one search of one source. `records` is what earlier attempts have kept."""

    def __init__(self, source: str, limits: Limits, *, records: int = 0) -> None:
        self.source, self.limits = source, limits
        self._records, self._pages, self._bytes, self._attached = records, 0, 0, 0
        self._seen: set[int] = set()
        self._since = time.monotonic()

    def over(self, name: str, found: float, words: str, *, unit: int = 1) -> None:
        """Raises LimitReached where `found` is more than the limit called `name`."""
        most = getattr(self.limits, name)
        if found > most * unit:
            raise LimitReached(words.format(f"{most:,}"), raise_=name, source=self.source)

    def pages(self, adapter: Adapter, found: Iterator[Page]) -> Iterator[Page]:
        """The pages that pass. The clock runs while the source is asked, not while we write."""
        declared: frozenset[str] | None = None
        while True:
            asked = time.monotonic()
            page = next(found, None)
            self.over("page_seconds", time.monotonic() - asked, "A page took more than {} s")
            if page is None:
                return
            if not isinstance(page, Page):
                raise NeedsHuman(
                    "It gave something that is no page. Mend the adapter.", code="not_as_declared"
                )
            if declared is None and page.records:
                declared = frozenset(one.name for one in adapter.collections())
            self._count(page)
            yield self._checked(page, declared or frozenset())
            self.over("search_seconds", time.monotonic() - self._since, "It took more than {} s")

    def _count(self, page: Page) -> None:
        self._pages += 1
        self._records += len(page.records)
        self.over("pages", self._pages, "It gave more than {} pages for one person")
        self.over("page_records", len(page.records), "It gave more than {} records on one page")
        self.over("records", self._records, "It gave more than {} records for one person")
        self.over("identifiers", len(page.identifiers), "A page brought more than {} identifiers")
        mark = page.checkpoint
        if mark is not None and not (isinstance(mark, str) and len(mark) <= LONGEST_CHECKPOINT):
            most = f"{LONGEST_CHECKPOINT:,}"
            raise NeedsHuman(
                f"A checkpoint is no text of up to {most} signs. Mend the adapter.",
                code="not_as_declared",
            )

    def _checked(self, page: Page, declared: Collection[str]) -> Page:
        attached = False
        for record in page.records:
            self._identity(record, declared)
            attached = attached or bool(record.attachments)
        self._values(page.records)
        if not attached:
            return page
        return replace(page, records=[self._with_sound_files(one) for one in page.records])

    def _identity(self, record: Record, declared: Collection[str]) -> None:
        if record.collection not in declared:
            mend = "Name it in the adapter's collections()."
            raise NeedsHuman(
                f"It gave records of a collection it does not declare. {mend}",
                code="not_as_declared",
            )
        wrong = next((words for words, holds in _PROMISES.items() if not holds(record)), None)
        if wrong is not None:
            raise NeedsHuman(
                f"A record of {record.collection} has {wrong}. Mend the adapter.",
                code="not_as_declared",
            )
        place = hash((record.collection, record.key))
        if place in self._seen:
            mend = "Which of them counts cannot be known; mend the adapter or its key."
            raise NeedsHuman(
                f"Two records of {record.collection} have the same key. {mend}",
                code="not_as_declared",
            )
        self._seen.add(place)

    def _with_sound_files(self, record: Record) -> Record:
        """The record with those of its attachments that can be asked for and shown.

        One without a sound name gets one, what else is said of it wrongly is not believed; one that
        cannot be told from another is lost, and a person is told of the record: the rest goes on.
        """
        what = "A record of " + record.collection + " has more than {} attachments"
        self.over("attachments", len(record.attachments), what)
        told = Counter(one.reference for one in record.attachments if _is_text(one.reference))
        files = tuple(
            _shown(number, one)
            for number, one in enumerate(record.attachments, start=1)
            if _is_text(one.reference) and told[one.reference] == 1
        )
        lost = len(record.attachments) - len(files)
        return replace(record, attachments=files, lost_files=lost)

    # -- what a record holds -----------------------------------------------------------------------

    def _values(self, records: Sequence[Record]) -> None:
        """Fast for what is plain; whatever else is looked at value by value."""
        most = self.limits.value_mb * MIB
        for record in records:
            for value in record.data.values():
                kind = type(value)
                if kind is str:
                    if len(value) > most:
                        self._too_large("value", most + 1, record)
                elif kind not in _PLAIN:
                    self._refuse_fault(record)
                    break
        self._sizes(records)

    def _sizes(self, records: Sequence[Record]) -> None:
        size = self._size_of([record.data for record in records], records)
        self.over("page_mb", size, "It gave more than {} MB on one page", unit=MIB)
        self._bytes += size
        self.over("search_mb", self._bytes, "It gave more than {} MB for one person", unit=MIB)
        if size <= min(self.limits.record_mb, self.limits.value_mb) * MIB:
            return
        for record in records:
            self._too_large("record", self._size_of(record.data, [record]), record)
            for value in record.data.values():
                self._too_large("value", self._size_of(value, [record]), record)

    def _too_large(self, what: str, size: int, record: Record) -> None:
        words = f"A {what} of {record.collection} has more than " + "{} MB"
        self.over(f"{what}_mb", size, words, unit=MIB)

    def _size_of(self, value: Any, records: Sequence[Record]) -> int:
        """Bytes of a value as JSON; raises NeedsHuman for what is none."""
        try:
            return len(orjson.dumps(value, option=_STRICT))
        except TypeError:
            for record in records:
                self._refuse_fault(record)
        # Numbers of more than 64 bits, and tables that are no dict, are JSON all the same.
        return len(json.dumps(value, default=dict))

    def _refuse_fault(self, record: Record) -> None:
        fault = fault_in(record.data, depth=self.limits.depth)
        if fault is not None:
            raise NeedsHuman(
                f"A record of {record.collection} {fault[1]}. Mend the source.", code="unreadable"
            )

    # -- attachments -------------------------------------------------------------------------------

    def blocks(self, record: Record, found: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks of one attachment as they pass."""
        size = 0
        while True:
            asked = time.monotonic()
            block = next(found, None)
            took = time.monotonic() - asked
            self.over("page_seconds", took, "A block of an attachment took more than {} s")
            if block is None:
                return
            if not isinstance(block, bytes):
                raise NeedsHuman(
                    "An attachment gave something that is no bytes. Mend the adapter.",
                    code="not_as_declared",
                )
            size += len(block)
            self._attached += len(block)
            what = "An attachment of " + record.collection + " has more than {} MB"
            self.over("attachment_mb", size, what, unit=MIB)
            what = "The attachments for one person have more than {} MB"
            self.over("attachments_mb", self._attached, what, unit=MIB)
            yield block


def _is_text(value: Any, most: int = LONGEST_KEY) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most and _is_unicode(value)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(number: int, one: Attachment) -> Attachment:
    """An attachment with a name, a type and a length that can be shown."""
    plain = Attachment(one.reference, f"file-{number}")
    return replace(
        one,
        name=one.name if _is_text(one.name, LONGEST_NAME) else plain.name,
        media_type=one.media_type if _is_text(one.media_type, LONGEST_NAME) else plain.media_type,
        size=one.size if type(one.size) is int and one.size >= 0 else None,
    )


_PROMISES: Mapping[str, Callable[[Record], bool]] = {
    f"a key that is no text of 1 to {LONGEST_KEY:,} signs": lambda record: (
        isinstance(record.key, str) and 0 < len(record.key) <= LONGEST_KEY
    ),
    "no match evidence": lambda record: isinstance(record.match, Match),
    "data that is no table of fields": lambda record: isinstance(record.data, Mapping),
    "a subject that is no text": lambda record: (
        record.subject is None or isinstance(record.subject, str)
    ),
}
