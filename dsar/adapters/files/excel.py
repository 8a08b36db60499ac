"""Rows of one sheet of an Excel workbook; written anew with its other sheets and its formulas.

A formula is never evaluated. Its value is the one the workbook keeps from its last saving; where it
keeps none the formula itself is given, and where a person would be found by it the reading stops.
"""

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.utils.exceptions import InvalidFileException

from dsar.adapters.files.files_settings import FileCollection
from dsar.adapters.files.form import (
    Alter,
    Data,
    FileRow,
    RefusedError,
    columns,
    malformed,
    unreadable,
)
from dsar.adapters.json_values import plain
from dsar.sdk import NeedsHuman

#: Bytes of a workbook when unpacked: reading holds its texts in memory, writing all of it.
UNPACKED_LIMIT = 256 * 1024 * 1024
#: The most characters Excel keeps in a cell.
_CELL_LIMIT = 32_767
#: What a workbook can be written anew with: anything else would be lost, or keep erased values.
_KEPT = (
    "[Content_Types].xml",
    "_rels/",
    "docProps/",
    "xl/_rels/",
    "xl/calcChain.xml",
    "xl/comments",
    "xl/drawings/commentsDrawing",  # the boxes comments are shown in
    "xl/drawings/vmlDrawing",
    "xl/externalLinks/",
    "xl/persons/",
    "xl/printerSettings/",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/tables/",
    "xl/theme/",
    "xl/vbaProject.bin",
    "xl/workbook.xml",
    "xl/worksheets/_rels/",
    "xl/worksheets/sheet",
)
_BLOCK = 1024 * 1024


def rows(path: Path, declared: FileCollection) -> Iterator[FileRow]:
    """Every row, also header and blank ones; its line is its number in the sheet."""
    _refuse_large(path, "xl/sharedStrings.xml")
    with (
        _opened(path, read_only=True, data_only=True) as saved,
        _opened(path, read_only=True) as formulas,
    ):
        sheets = [_sheet(path, book, declared) for book in (saved, formulas)]
        yield from _rows(path.name, declared, sheets)


def write(path: Path, target: BinaryIO, declared: FileCollection, alter: Alter) -> None:
    """The workbook as `alter` changes one sheet of it. A row that goes is left empty.

    Rows below it stay where they are: formulas elsewhere go on meaning the same cells.
    """
    _refuse_large(path, "")
    _refuse_what_would_be_lost(path)
    with _opened(path, keep_vba=path.suffix.lower() == ".xlsm", rich_text=True) as book:
        sheet = _sheet(path, book, declared)
        for row in rows(path, declared):
            if row.data is None:
                continue
            cells = dict(zip(row.data, sheet[row.line], strict=False))
            data = alter(row, partial(_fit, row.data, cells))
            if data is None:
                _empty(sheet[row.line])
            elif data is not row.data:
                _fill(row.data, data, cells)
        book.calculation.fullCalcOnLoad = True  # what was kept of its formulas' values is gone
        book.save(target)


# --- reading --------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path, **options: Any) -> Iterator[Any]:
    try:
        with unreadable(path):
            book = openpyxl.load_workbook(path, **options)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError):
        raise NeedsHuman(
            f"{path.name} is not an Excel workbook (.xlsx), is locked by a password, or is damaged."
            " Save it as .xlsx without a password, then try again.",
            code="unreadable",
        ) from None
    try:
        yield book
    finally:
        book.close()


def _refuse_large(path: Path, part: str) -> None:
    try:
        with unreadable(path), zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist() if part in one.filename)
    except zipfile.BadZipFile:
        return  # opening it says so
    if size > UNPACKED_LIMIT:
        raise NeedsHuman(
            f"{path.name} is larger than {UNPACKED_LIMIT:,} bytes when unpacked. Split it, or keep "
            "it as CSV or Parquet.",
            code="too_large",
        )


def _sheet(path: Path, book: Any, declared: FileCollection) -> Any:
    names = [one.title for one in book.worksheets]
    if declared.sheet is None and len(names) == 1:
        return book.worksheets[0]
    if declared.sheet is None:
        raise NeedsHuman(f"{path.name} has {len(names)} sheets. Name the one meant in sheet = ….")
    if declared.sheet not in names:
        raise NeedsHuman(f"{path.name} has no sheet {declared.sheet}. Correct the name in sheet.")
    return book[declared.sheet]


def _rows(name: str, declared: FileCollection, sheets: Sequence[Any]) -> Iterator[FileRow]:
    for sheet in sheets:
        sheet.reset_dimensions()  # what other programs wrote there is often wrong
    header: list[str] = []
    both = zip(*(sheet.iter_rows(values_only=True) for sheet in sheets), strict=True)
    for line, (values, formulas) in enumerate(both, start=1):
        if all(cell is None for cell in formulas):
            yield FileRow(line, "", None)
        elif not header:
            header = _header(formulas, name, line, declared)
            yield FileRow(line, "", None)
        else:
            place = (name, line)
            yield FileRow(line, "", _data(place, declared, header, (values, formulas)))


def _header(cells: Sequence[Any], name: str, line: int, declared: FileCollection) -> list[str]:
    names = ["" if cell is None else str(plain(cell)).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return columns(names, name, line, declared)


def _data(
    place: tuple[str, int],
    declared: FileCollection,
    header: Sequence[str],
    cells: tuple[Sequence[Any], Sequence[Any]],
) -> Data:
    values, formulas = cells
    if any(cell is not None for cell in formulas[len(header) :]):
        raise malformed(*place, "a value stands outside the columns of the header")
    data: Data = dict.fromkeys(header)
    for column, value, formula in zip(header, values, formulas, strict=False):
        unknown = value is None and formula is not None
        if unknown and column in _finding(declared):
            raise malformed(*place, f"its column {column} holds a formula without a saved value")
        data[column] = plain(getattr(formula, "text", formula) if unknown else value)
    return data


def _finding(declared: FileCollection) -> set[str]:
    """The columns by which a row is found or told from others."""
    identifying = {column for columns in declared.identify.values() for column in columns}
    return {*identifying, *declared.key, *declared.gives.values(), declared.name_match or ""}


# --- writing --------------------------------------------------------------------------------------


def _refuse_what_would_be_lost(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            sheet = name.startswith("xl/worksheets/sheet")
            if not name.startswith(_KEPT) or (sheet and _extended(archive, name)):
                raise NeedsHuman(
                    f"{path.name} holds {name}, which would be lost in writing it anew, or would "
                    "keep what was erased. Change the row by hand in Excel, or move its sheet to a "
                    "workbook of plain cells."
                )


def _extended(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a sheet uses extensions (sparklines and the like) that are not written back."""
    mark, before = b"<extLst", b""
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            if mark in before + block:
                return True
            before = block[-len(mark) :]
    return False


def _empty(cells: Sequence[Any]) -> None:
    for cell in cells:
        if not isinstance(cell, MergedCell):
            cell.value = cell.comment = cell.hyperlink = None


def _fit(old: Data, cells: dict[str, Any], data: Data) -> None:
    for name, value in data.items():
        if value != old[name]:
            if isinstance(cells.get(name), MergedCell):
                raise RefusedError(f"Column {name} is merged with another cell. Part them first.")
            try:
                text = _value(getattr(cells.get(name), "value", None), value)
            except ValueError:
                raise RefusedError(
                    f"The value does not fit column {name} (a date or time). Correct the value."
                ) from None
            if isinstance(text, str) and (
                len(text) > _CELL_LIMIT or ILLEGAL_CHARACTERS_RE.search(text)
            ):
                raise RefusedError(f"The value is too long for column {name}, or is no plain text.")


def _fill(old: Data, data: Data, cells: dict[str, Any]) -> None:
    for name, value in data.items():
        if value != old[name]:
            cell = cells[name]
            cell.value = _value(cell.value, value)
            cell.hyperlink = None  # it would keep the old address
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula, whatever it begins with


def _value(old: Any, new: Any) -> Any:
    """The new value in the kind the cell holds; a date stays a date."""
    if isinstance(new, list | dict):
        return json.dumps(new, ensure_ascii=False)
    if not isinstance(new, str):
        return new
    for kind in (datetime, date, time):
        if isinstance(old, kind):
            return kind.fromisoformat(new)
    return _number(new) if isinstance(old, int | float) and not isinstance(old, bool) else new


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
