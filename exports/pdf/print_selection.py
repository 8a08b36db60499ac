"""Decides what of the records goes on paper, and keeps it ready for the process that prints.

Small collections are printed whole, long ones as one line per record, and what exceeds the report's
budget of lines is shortened: its first records, a sentence that says so, and the name of the file
that holds them all.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import orjson

from dsar.words import Words
from exports.contents import RecordSet
from exports.pdf.printable import printable

#: So many records a report prints at most; 20,000 lines are some 640 pages.
BUDGET = 20_000
#: So many records of a collection are shown where the rest does not fit.
SAMPLE = 50
#: A table up to so many rows; beyond, one line per record, which costs a third to lay out.
TABLE_ROWS = 200
#: What fits on a portrait page, in characters: a table's columns together, and one cell on
#: two lines.
_TABLE_COLUMNS, _TABLE_WIDTH, _TABLE_CELL = 12, 106, 60
#: How wide a column may want to be: as wide as its texts, if all together still fit.
_COLUMNS = (60, 48, 40, 32, 24)
_CARD_ROWS = 25

TABLE, CARDS, LINES = "table", "cards", "lines"


@dataclass(slots=True)
class PrintedSet:
    """What of one collection is printed, and how.

    `widths` are the longest texts by column, `heads` the longest words of their labels.
    """

    heads: tuple[int, ...]
    allowed: int
    widths: list[int]
    printed: int = 0
    start: int = 0
    end: int = 0

    @property
    def used(self) -> list[int]:
        """The columns that hold anything at all."""
        return [i for i, width in enumerate(self.widths) if width]

    @property
    def columns(self) -> list[int]:
        """How wide the used columns want to be in a table, in characters."""
        for most in _COLUMNS:
            found = [max(self.heads[i], min(self.widths[i], most)) for i in self.used]
            if sum(found) <= _TABLE_WIDTH:
                break
        return found

    @property
    def style(self) -> str:
        """A table where it is small and narrow, cards for a few wide records, else lines."""
        narrow = max(self.widths, default=0) <= _TABLE_CELL and len(self.used) <= _TABLE_COLUMNS
        if 1 < self.printed <= TABLE_ROWS and narrow and sum(self.columns) <= _TABLE_WIDTH:
            return TABLE
        return CARDS if self.printed <= _CARD_ROWS else LINES

    def facts(self) -> dict[str, Any]:
        """What the printing process must know of it."""
        return {
            "printed": self.printed,
            "style": self.style,
            "columns": self.used,
            "shares": self.columns,
            "widths": self.widths,
            "start": self.start,
            "end": self.end,
        }


def shares(counts: Sequence[int], budget: int) -> list[int]:
    """How many records of each collection are printed: the small ones whole, while they fit."""
    found = [0] * len(counts)
    for number in sorted(range(len(counts)), key=lambda i: (counts[i], i)):
        whole = counts[number] <= budget
        found[number] = counts[number] if whole else min(SAMPLE, counts[number])
        budget = max(0, budget - found[number])
    return found


@dataclass(slots=True)
class PrintSelection:
    """The printable texts of all collections, one row to a line, in a nameless file."""

    words: Words
    file: IO[bytes]
    sets: list[PrintedSet] = field(default_factory=list)

    @classmethod
    def on(cls, folder: Path, words: Words) -> Self:
        """Nothing yet, on the disk of `folder`."""
        return cls(words, tempfile.TemporaryFile(dir=folder))

    def begin(self, records: RecordSet, allowed: int, *, data_file: str) -> "Writer":
        """A new set for one collection, to be written while its stream passes."""
        labels = [self.words.of(f.label) for f in records.collection.fields]
        heads = tuple(max(map(len, label.split()), default=0) for label in labels)
        start = self.file.tell()
        printed_set = PrintedSet(heads, allowed, [0] * len(heads), start=start, end=start)
        self.sets.append(printed_set)
        return Writer(self, printed_set, data_file)

    @property
    def printed(self) -> int:
        return sum(printed_set.printed for printed_set in self.sets)

    def close(self) -> None:
        self.file.close()


class Writer:
    """Takes the records of one collection as they pass and keeps those that are printed."""

    def __init__(self, selection: PrintSelection, printed_set: PrintedSet, data_file: str) -> None:
        form = selection.words["format"]
        self._selection = selection
        self._set = printed_set
        self._style = {
            "yes": form["true"],
            "no": form["false"],
            "more": form["continues"].format(file=data_file),
        }

    def take(self, rows: Sequence[Sequence[Any]]) -> None:
        """Rows of [key, value, value, …]; beyond the set's share they are left to the files."""
        printed_set = self._set
        for _, *values in rows[: printed_set.allowed - printed_set.printed]:
            texts = [printable(value, **self._style) for value in values]
            printed_set.widths = [
                max(w, len(t)) for w, t in zip(printed_set.widths, texts, strict=True)
            ]
            self._selection.file.write(orjson.dumps(texts) + b"\n")
            printed_set.printed += 1
        printed_set.end = self._selection.file.tell()


def rows(file: IO[bytes], facts: dict[str, Any]) -> Iterator[list[str]]:
    """The texts of one collection's printed records, as the set's facts locate them."""
    file.seek(facts["start"])
    for _ in range(facts["printed"]):
        yield orjson.loads(file.readline())


def chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of at most `size`."""
    found: list[Any] = []
    for item in items:
        found.append(item)
        if len(found) == size:
            yield found
            found = []
    if found:
        yield found
