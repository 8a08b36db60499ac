"""Rows of CSV and JSON Lines files, one at a time, each with its exact text."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from dsar.adapters.files.files_settings import FileCollection, FileFormat
from dsar.adapters.files.form import Alter, FileRow, anything, columns, malformed, unreadable
from dsar.adapters.json_values import plain, sound

#: Characters of one line; longer ones are refused rather than held in memory.
LINE_LIMIT = 16 * 1024 * 1024
#: The library's own limit of 131,072 would make the end of the file of a long letter. It is one for
#: the process: so it is only ever raised.
csv.field_size_limit(max(csv.field_size_limit(), LINE_LIMIT))


def rows(path: Path, declared: FileCollection) -> Iterator[FileRow]:
    """Every row, also the header and blank ones. Raises NeedsHuman naming the line."""
    form = declared.form_of(path)
    newline = "" if form is FileFormat.CSV else "\n"
    with unreadable(path), path.open(encoding=declared.encoding, newline=newline) as handle:
        yield from _READERS[form](handle, path.name, declared)


def write(path: Path, target: BinaryIO, declared: FileCollection, alter: Alter) -> None:
    """The file as `alter` changes it; rows that stay keep their text to the byte."""
    written = io.TextIOWrapper(target, encoding=declared.encoding, newline="")
    for row in rows(path, declared):
        data = row.data if row.data is None else alter(row, anything)
        if data is row.data:
            written.write(row.raw)
        elif data is not None:
            written.write(_render(path, declared, row, data))
    written.flush()
    written.detach()


def _render(path: Path, declared: FileCollection, row: FileRow, data: Mapping[str, Any]) -> str:
    """The row's text with other values, ending as it did."""
    ending = row.raw[len(row.raw.rstrip("\r\n")) :]
    if declared.form_of(path) is FileFormat.JSONL:
        return json.dumps(data, ensure_ascii=False) + ending
    written = io.StringIO()
    writer = csv.writer(written, delimiter=declared.delimiter, lineterminator=ending)
    writer.writerow([_cell(value) for value in data.values()])
    return written.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(handle: TextIO, name: str, encoding: str) -> Iterator[str]:
    line = 0
    try:
        while text := handle.readline(LINE_LIMIT + 1):
            line += 1
            if len(text) > LINE_LIMIT:
                raise malformed(name, line, f"it is longer than {LINE_LIMIT:,} characters")
            yield text
    except UnicodeDecodeError:
        raise malformed(name, line + 1, f"it, or a line soon after, is not {encoding}") from None


# --- CSV ------------------------------------------------------------------------------------------


class _Recorder:
    """Hands lines on and remembers them, since a row may span several."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._seen: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._seen.append(line)
            yield line

    def taken(self) -> str:
        """The text since it was last asked for."""
        text = "".join(self._seen)
        self._seen.clear()
        return text


def _csv_rows(handle: TextIO, name: str, declared: FileCollection) -> Iterator[FileRow]:
    recorder = _Recorder(_lines(handle, name, declared.encoding))
    reader = csv.reader(iter(recorder), delimiter=declared.delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if header is None and cells:
                header = _header(cells, name, line, declared)
                yield FileRow(line, recorder.taken(), None)
            elif not cells or header is None:
                yield FileRow(line, recorder.taken(), None)
            elif len(cells) != len(header):
                why = f"it has {len(cells)} fields where the header has {len(header)}"
                raise malformed(name, line, why)
            else:
                yield FileRow(line, recorder.taken(), dict(zip(header, cells, strict=True)))
            line = reader.line_num + 1
    except csv.Error:
        why = f"its quotes do not match, or a field is longer than {LINE_LIMIT:,} characters"
        raise malformed(name, line, why) from None


def _header(cells: Sequence[str], name: str, line: int, declared: FileCollection) -> list[str]:
    names = [cell.removeprefix("\ufeff").strip() for cell in cells]
    return columns(names, name, line, declared)


# --- JSON Lines -----------------------------------------------------------------------------------


def _jsonl_rows(handle: TextIO, name: str, declared: FileCollection) -> Iterator[FileRow]:
    for line, raw in enumerate(_lines(handle, name, declared.encoding), start=1):
        text = raw.removeprefix("\ufeff") if line == 1 else raw
        if not text.strip():
            yield FileRow(line, raw, None)
            continue
        try:
            data = json.loads(text, parse_constant=str, parse_float=_number, parse_int=_whole)
        except (ValueError, RecursionError):
            raise malformed(name, line, "it is not JSON") from None
        if not isinstance(data, dict):
            raise malformed(name, line, "it is not a JSON object")
        yield FileRow(line, raw, plain(data) if "\\u" in text else data)


def _whole(text: str) -> int | str:
    return int(text) if len(text) < 19 else plain(int(text))


def _number(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else sound(text)


_READERS: Mapping[FileFormat, Callable[[TextIO, str, FileCollection], Iterator[FileRow]]] = {
    FileFormat.CSV: _csv_rows,
    FileFormat.JSONL: _jsonl_rows,
}
