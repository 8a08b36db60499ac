"""Writes one collection as JSON, CSV, JSON Schema and viewer chunks in a single pass of its stream.

The JSON file is an array with one record per line: any parser reads it whole, and a program that
must not can read it line by line. The CSV is for spreadsheets; where the two differ, the JSON is
right. Formula safety follows OWASP ASVS 5 requirement 1.2.10.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Protocol

import orjson

from dsar.domain.errors import DsarError
from dsar.domain.records import Collection, in_language
from exports.contents import ReceiptSet, RecordSet
from exports.data import attachments
from exports.data.archive import Archive, SharedDeflate, Spool
from exports.data.attachments import Attachments

JSON, CSV, SCHEMA, SCRIPT = (
    "application/json",
    "text/csv",
    "application/schema+json",
    "text/javascript",
)
#: Records in one chunk of the viewer: small enough to load while a person watches.
CHUNK = 10_000
#: From this many records on, deflate at its fastest: thrice the speed for two fifths more bytes.
MANY = 100_000
_DANGEROUS = frozenset("=+-@\t\r\n\0＝＋－＠")
_NUMBERS, _TEXTS = frozenset({int, float}), frozenset({str, type(None)})
_QUOTED = ',"\r\n'
#: How a record begins behind another in an array of them, and how it does on a line of its own.
_NEXT, _NEXT_LINE = b'},{"record":', b'},\n{"record":'
#: So many records are taken at a time; a chunk is a whole number of them.
_BATCH = 500

#: So many different reasons are counted one by one; the rest are counted as `OTHER`.
MOST_REASONS = 50
OTHER = "…"
#: What was done to a record, and the reason given.
Result = tuple[str, str]


class CannotBuild(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """The contents contradict themselves or say too little; no bundle was written."""


class RowSink(Protocol):
    """Who else sees the records while they pass, as (key, value, value, …): the printed report."""

    def take(self, rows: Sequence[Sequence[Any]]) -> None: ...


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """Where one collection's files stand in the bundle, and what its viewer chunks are called."""

    stem: str
    viewer: str
    count: int

    @property
    def level(self) -> int:
        """How hard to deflate: at its fastest from `MANY` records on."""
        return 1 if self.count >= MANY else 6

    def chunks(self) -> list[str]:
        """The names of the viewer chunks, known before the first record is read."""
        return [f"{self.viewer}-{n + 1:04}.js" for n in range(math.ceil(self.count / CHUNK))]


def encode(value: Any) -> bytes:
    """A JSON value as bytes, exactly: also integers beyond 64 bits and lone surrogates."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def safe_cell(value: Any) -> Any:
    """A value as a spreadsheet may see it: text that would be a formula gets an apostrophe.

    Numbers stay numbers. Lists and objects are written as JSON.
    """
    kind = type(value)
    if kind is str:
        return f"'{value}" if value[:1] in _DANGEROUS else value
    if kind in _NUMBERS or value is None:
        return value
    return encode(value).decode()


def write_records(
    archive: Archive, records: RecordSet, place: MemberPlace, listener: RowSink
) -> attachments.AttachmentSummary:
    """Adds the data files and viewer chunks of one collection; raises CannotBuild.

    Returns what there is to say of the files that belong to its records.
    Refuses a field the dictionary does not explain, and a stream that holds another number of
    records than announced.
    """
    where = f"{records.source}.{records.collection.name}"
    names = [field.name for field in records.collection.fields]
    attached = Attachments(archive, records, place.stem)
    header = ["record", *names, *attached.columns]
    files = _Files(archive, place, header, chunks=place.chunks())
    for batch in _batches(records.records()):
        _same_number(where, records.count, max(files.count + len(batch), records.count))
        data = [record.data for record in batch]
        _refuse_unexplained(data, frozenset(names), where)
        told = attached.described(batch)
        keys = [record.key for record in batch]
        columns = [keys, *([one.get(name) for one in data] for name in names)]
        files.write(told, [*columns, *attached.cells(told)])
        listener.take(list(zip(*columns, strict=True)))
    _same_number(where, records.count, files.count)
    files.finish()
    return attached.attached


def write_receipts(archive: Archive, receipts: ReceiptSet, place: MemberPlace) -> Counter[Result]:
    """Adds what was done to each record of one collection, as JSON and CSV; raises CannotBuild.

    Returns how many records came to which (result, reason).
    """
    found: Counter[Result] = Counter()
    files = _Files(archive, place, ["record", "done", "reason"])
    for batch in _batches(receipts.receipts()):
        rows = [(receipt.key, receipt.done.value, receipt.reason) for receipt in batch]
        told = [{"record": key, "done": done, "reason": why} for key, done, why in rows]
        files.write(told, list(zip(*rows, strict=True)))
        found.update(_result(found, done, why) for _, done, why in rows)
    _same_number(f"{receipts.source}.{receipts.collection.name}", receipts.count, files.count)
    files.finish()
    return found


def _result(known: Counter[Result], done: str, why: str) -> Result:
    """The result to count; beyond `MOST_REASONS` of them the reason is left to the files."""
    return (done, why) if (done, why) in known or len(known) < MOST_REASONS else (done, OTHER)


class _Files:
    """The JSON array and the CSV of one collection, written side by side, and the viewer's chunks.

    The chunks hold the lines of the array again, as scripts, because a page on disk may load
    nothing else. Each is one call with the records as JSON *text*: a record is never read as
    program, and a key such as __proto__ stays a key.
    """

    def __init__(
        self,
        archive: Archive,
        place: MemberPlace,
        header: Sequence[str],
        *,
        chunks: Iterable[str] = (),
    ) -> None:
        self.count = 0
        self._archive = archive
        self._place = place
        self._array = archive.spool(level=place.level)
        self._table = archive.spool(level=place.level)
        # The mark tells spreadsheets that this is UTF-8.
        self._table.write(b"\xef\xbb\xbf" + as_csv([[name] for name in header]))
        self._names = iter(chunks)
        self._chunk: tuple[str, Spool] | None = None
        self._lines: SharedDeflate | None = None

    def write(self, told: Sequence[Mapping[str, Any]], columns: Sequence[Sequence[Any]]) -> None:
        """Appends the same records to all."""
        if self._lines is None:
            self._lines = self._begin()
        else:
            self._lines.write(b",\n")
        self._lines.write(as_json(told))
        self._table.write(as_csv(columns))
        self.count += len(told)
        if self.count % CHUNK == 0:
            self._end()

    def _begin(self) -> SharedDeflate:
        """A new chunk, if there is a viewer, and the lines it will share with the array."""
        self._array.write(b",\n" if self.count else b"[\n")
        if name := next(self._names, None):
            spool = self._archive.spool(level=self._place.level)
            spool.write(b"dsar(String.raw`[\n")
            self._chunk = (name, spool)
            return SharedDeflate(self._array, spool, level=self._place.level)
        return SharedDeflate(self._array, level=self._place.level)

    def _end(self) -> None:
        if self._lines:
            self._lines.finish()
        if self._chunk:
            name, spool = self._chunk
            spool.write(b"\n]`)\n")
            held = (self.count - 1) % CHUNK + 1
            self._archive.add(name, spool, SCRIPT, records=held)
        self._lines = self._chunk = None

    def finish(self) -> None:
        self._end()
        self._array.write(b"\n]\n" if self.count else b"[]\n")
        stem, count = self._place.stem, self.count
        self._archive.add(f"{stem}.json", self._array, JSON, records=count)
        self._archive.add(f"{stem}.csv", self._table, CSV, records=count)


def _batches(stream: Iterable[Any]) -> Iterator[list[Any]]:
    items = iter(stream)
    while batch := list(islice(items, _BATCH)):
        yield batch


def _refuse_unexplained(
    data: Iterable[Mapping[str, Any]], known: frozenset[str], where: str
) -> None:
    unknown = set(chain.from_iterable(data)) - known
    if unknown:
        raise CannotBuild(
            f"{where}.{min(unknown)}: the source's dictionary does not explain this field. "
            "Explain it there, or withhold it, and build again."
        )


def _same_number(where: str, announced: int, given: int) -> None:
    if announced != given:
        raise CannotBuild(
            f"{where}: {announced} records were announced and {given} came. Collect it again."
        )


def as_json(told: Sequence[Mapping[str, Any]]) -> bytes:
    """Records, whose first member is "record", as the elements of a JSON array, one to a line.

    All at once, which takes two thirds of the time, where that leaves no doubt where each begins: a
    value may hold lists of objects that begin the same. What would end or enter a template literal
    of JavaScript is escaped, so that the same lines stand in the viewer's scripts.
    """
    try:
        array = orjson.dumps(told)
    except TypeError:
        array = b""
    if array and array.count(_NEXT) == len(told) - 1:
        lines = array[1:-1].replace(_NEXT, _NEXT_LINE)
    else:
        lines = b",\n".join(map(encode, told))
    lines = lines.replace(b"`", rb"\u0060")
    # One sign is found many times faster than two.
    return lines.replace(b"${", rb"\u0024{") if b"$" in lines else lines


def as_csv(columns: Sequence[Sequence[Any]]) -> bytes:
    """Rows after RFC 4180, in UTF-8; a lone surrogate, which has none, is shown as \\udc80.

    `columns` hold the values of each field, one for every row. Every check reads a column at once.
    """
    alone = len(columns) == 1
    cells = [_quoted(_texts(column), alone=alone) for column in columns]
    rows = "\r\n".join(map(",".join, zip(*cells, strict=True)))
    return f"{rows}\r\n".encode("utf-8", "backslashreplace")


def _texts(column: Sequence[Any]) -> Sequence[str]:
    """The values of a column, each as `safe_cell` has it."""
    kinds = set(map(type, column))
    if kinds <= _TEXTS:
        texts = [text or "" for text in column] if type(None) in kinds else column
        if _DANGEROUS.isdisjoint(map(itemgetter(0), filter(None, texts))):
            return texts
    if kinds <= _NUMBERS:
        return list(map(str, column))
    return ["" if cell is None else str(cell) for cell in map(safe_cell, column)]


def _quoted(cells: Sequence[str], *, alone: bool) -> Sequence[str]:
    """Texts in quotes where they need them; an empty one does where it is `alone` in its row."""
    together = "".join(cells)
    if not alone and not any(sign in together for sign in _QUOTED):
        return cells
    return [_cell(text, alone=alone) for text in cells]


def _cell(text: str, *, alone: bool) -> str:
    if any(sign in text for sign in _QUOTED) or (alone and not text):
        return '"' + text.replace('"', '""') + '"'
    return text


def schema(
    collection: Collection, *, count: int, language: str, files: bool = False
) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a collection's JSON file, with the labels and meanings."""
    fields = {
        field.name: _described(
            in_language(field.label, language), in_language(field.meaning, language)
        )
        for field in collection.fields
    }
    data = {"type": "object", "properties": fields, "additionalProperties": False}
    record = {"type": "string", "description": "The record's key in the source system."}
    parts = {"record": record, "data": data} | ({"files": attachments.SCHEMA} if files else {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_described(
            in_language(collection.title, language), in_language(collection.meaning, language)
        ),
        "type": "array",
        "minItems": count,
        "maxItems": count,
        "items": {
            "type": "object",
            "properties": parts,
            "required": ["record", "data"],
            "additionalProperties": False,
        },
    }


def _described(title: str, description: str) -> dict[str, str]:
    return {"title": title} | ({"description": description} if description else {})


def receipt_schema(title: str, *, count: int, results: Iterable[str]) -> dict[str, Any]:
    """The JSON Schema of a file of receipts."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "array",
        "minItems": count,
        "maxItems": count,
        "items": {
            "type": "object",
            "properties": {
                "record": {"type": "string"},
                "done": {"enum": sorted(results)},
                "reason": {"type": "string"},
            },
            "required": ["record", "done", "reason"],
            "additionalProperties": False,
        },
    }
