"""What Excel workbooks promise beyond the contract: nothing evaluated, nothing else lost."""

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from dsar.adapters.files import Files, excel
from dsar.sdk import Done, Item, NeedsHuman
from tests.adapters.files.people import batch, change, folder_of, found


@pytest.fixture
def book(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "People"
    sheet.append(["id", "email", "born", "sum", "note", None])
    sheet.append([1, "ann@example.com", datetime(1980, 5, 6), "=1+1", "first only-here"])
    sheet.append([])
    sheet.append([2, "bob@example.com", datetime(1990, 1, 1), "=2+2", "second"])
    sheet["E2"].comment = Comment("said by a colleague", "Eve")
    sheet["B2"].hyperlink = "mailto:ann@example.com"
    other = made.create_sheet("Totals")
    other["A1"] = "=SUM(People!A2:A4)"
    other["A1"].font = openpyxl.styles.Font(bold=True)
    made.save(tmp_path / "people.xlsx")
    return tmp_path


def workbook(folder: Path, **changed: Any) -> Files:
    return folder_of(folder, "people.xlsx", **{"sheet": "People", **changed})


def test_dates_are_text_and_a_formula_without_a_saved_value_stands_as_it_is(book: Path) -> None:
    [record] = found(workbook(book))
    assert record.data == {
        "id": 1,
        "email": "ann@example.com",
        "born": "1980-05-06T00:00:00",
        "sum": "=1+1",
        "note": "first only-here",
    }


def save_values(path: Path, cell: str, value: str) -> None:
    """As Excel does: the formula's last value beside it."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    start = sheet.index(f'<c r="{cell}"')
    stop = sheet.index("</c>", start)
    new = sheet[start:stop].replace("<v />", "").replace("<v/>", "").replace("<v></v>", "")
    parts["xl/worksheets/sheet1.xml"] = (
        sheet[:start] + new + f"<v>{value}</v>" + sheet[stop:]
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_formula_is_never_evaluated_its_saved_value_is_given(book: Path) -> None:
    save_values(book / "people.xlsx", "D2", "77")
    assert found(workbook(book))[0].data["sum"] == 77


def test_a_person_is_never_sought_by_a_formula_whose_value_is_unknown(book: Path) -> None:
    made = openpyxl.load_workbook(book / "people.xlsx")
    made["People"]["B4"] = '=LOWER("ANN@example.com")'
    made.save(book / "people.xlsx")
    with pytest.raises(NeedsHuman, match="line 4 cannot be read: its column email holds a formula"):
        found(workbook(book))


def test_an_erased_row_is_left_empty_and_everything_else_is_as_it_was(book: Path) -> None:
    [receipt] = workbook(book).erase(batch(Item("1")))
    assert receipt.done is Done.ERASED
    made = openpyxl.load_workbook(book / "people.xlsx")
    assert made["Totals"]["A1"].value == "=SUM(People!A2:A4)"
    assert made["Totals"]["A1"].font.bold
    assert [cell.value for cell in made["People"][4]][:4] == [
        2,
        "bob@example.com",
        datetime(1990, 1, 1),
        "=2+2",
    ]
    assert not any(cell.value for cell in made["People"][2])
    with zipfile.ZipFile(book / "people.xlsx") as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    for gone in (b"ann@example.com", b"only-here", b"colleague"):
        assert gone not in whole
    assert found(workbook(book)) == []


def test_a_correction_never_becomes_a_formula_and_a_date_stays_a_date(book: Path) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    assert change(workbook(book), "1", note=evil, born="2001-02-03").done is Done.RECTIFIED
    sheet = openpyxl.load_workbook(book / "people.xlsx")["People"]
    assert (sheet["E2"].value, sheet["E2"].data_type) == (evil, "s")
    assert sheet["C2"].value == datetime(2001, 2, 3)
    assert found(workbook(book))[0].data["note"] == evil


@pytest.mark.parametrize(
    ("column", "asked", "why"),
    [
        ("born", "2001-02-30", "does not fit column born"),
        ("note", "x" * 40_000, "too long for column note"),
        ("note", "a\x00b", "no plain text"),
        ("shoe", "39", "has no field shoe"),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(book: Path, column: str, asked: str, why: str) -> None:
    receipt = change(workbook(book), "1", **{column: asked})
    assert (receipt.done, why in receipt.reason) == (Done.FAILED, True)


def test_of_several_sheets_the_one_meant_must_be_named(book: Path) -> None:
    with pytest.raises(NeedsHuman, match=r"people\.xlsx has 2 sheets\. Name the one"):
        found(folder_of(book, "people.xlsx"))
    with pytest.raises(NeedsHuman, match=r"people\.xlsx has no sheet Persons"):
        found(workbook(book, sheet="Persons"))


def test_a_workbook_whose_charts_would_be_lost_is_read_and_never_written(book: Path) -> None:
    made = openpyxl.load_workbook(book / "people.xlsx")
    chart = BarChart()
    chart.add_data(Reference(made["People"], min_col=1, min_row=1, max_row=4))
    made["Totals"].add_chart(chart, "C3")
    made.save(book / "people.xlsx")
    before = (book / "people.xlsx").read_bytes()
    assert len(found(workbook(book))) == 1
    with pytest.raises(NeedsHuman, match="which would be lost in writing it anew"):
        workbook(book).erase(batch(Item("1")))
    assert (book / "people.xlsx").read_bytes() == before
    assert [path.name for path in book.iterdir()] == ["people.xlsx"]


def test_a_value_outside_the_header_stops_the_reading(book: Path) -> None:
    made = openpyxl.load_workbook(book / "people.xlsx")
    made["People"]["H4"] = "stray"
    made.save(book / "people.xlsx")
    with pytest.raises(NeedsHuman, match="line 4 cannot be read: a value stands outside"):
        found(workbook(book))


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0 locked by a password", b"", b"id,email\n"])
def test_what_is_no_workbook_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "people.xlsx").write_bytes(content)
    with pytest.raises(NeedsHuman, match=r"people\.xlsx is not an Excel workbook"):
        found(workbook(tmp_path))


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "UNPACKED_LIMIT", 100)
    with pytest.raises(NeedsHuman, match=r"people\.xlsx is larger than 100 bytes when unpacked"):
        workbook(book).erase(batch(Item("1")))
    with zipfile.ZipFile(book / "people.xlsx", "a") as archive:
        archive.writestr("xl/sharedStrings.xml", "x" * 101)
    with pytest.raises(NeedsHuman, match=r"people\.xlsx is larger than 100 bytes when unpacked"):
        found(workbook(book))
