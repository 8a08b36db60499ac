"""What Parquet and Excel files promise beyond the contract: their types, their other content kept."""

import sys
import tomllib
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from dsar.adapters.files import Files, excel
from dsar.sdk import Batch, Done, Item, NeedsHuman, Receipt, Record, Subject
from dsar.sdk.registry import settings_from
from dsar.sdk.settings import BadInput

PERSON = Subject.of([("email", "ann@example.com")])

SETTINGS = """
mask_key = "a secret of the tests"
[collections.people]
file = "people.parquet"
key = "id"
identify = { email = "email" }
[collections.people.columns]
id = "Number"
email = "E-mail address"
"""


def folder_of(folder: Path, file: str = "people.parquet", **changed: Any) -> Files:
    given: dict[str, Any] = tomllib.loads(SETTINGS)
    given["collections"]["people"] |= {"file": file, **changed}
    return Files(settings_from(Files, {**given, "path": str(folder)}, at="sources.people"))


def found(source: Files, subject: Subject = PERSON) -> list[Record]:
    return [record for page in source.find(subject) for record in page.records]


def batch(*items: Item) -> Batch:
    return Batch("people", items, "k1")


def change(source: Files, key: str, **values: Any) -> Receipt:
    [receipt] = source.rectify(batch(Item(key, changes=values)))
    return receipt


# --- Parquet --------------------------------------------------------------------------------------

EMAILS = ["ann@example.com", "bob@example.com", "Ann@Example.com", None]
COLUMNS: dict[str, Any] = {
    "born": pa.array([date(1980, 5, 6), date(1990, 1, 1), None, None], pa.date32()),
    "seen": pa.array([1, 1_700_000_000_123_456_789, 2, None], pa.timestamp("ns", "UTC")),
    "paid": pa.array([Decimal("10.50"), None, None, None], pa.decimal128(12, 2)),
    "photo": pa.array([b"\xff\x00", None, None, None], pa.binary()),
    "tags": pa.array([["a", "b"], [], None, None], pa.list_(pa.string())),
    "home": pa.array([{"town": "Bonn"}, None, None, None], pa.struct({"town": pa.string()})),
    "tier": pa.array(["gold", "silver", "gold", None]).dictionary_encode(),
    "vip": pa.array([True, False, None, None]),
    "score": pa.array([1.5, float("nan"), float("inf"), None]),
}


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    key = pa.field("id", pa.int64(), nullable=False)
    schema = pa.schema(
        [key, ("email", pa.string()), *((name, one.type) for name, one in COLUMNS.items())],
        metadata={"made by": "the register"},
    )
    table = pa.table([pa.array([1, 2, 3, 4]), pa.array(EMAILS), *COLUMNS.values()], schema=schema)
    pq.write_table(table, tmp_path / "people.parquet", row_group_size=3, compression="zstd")
    return tmp_path


def test_every_kind_of_column_becomes_plain_json(typed: Path) -> None:
    first, third = found(folder_of(typed))
    assert first.data == {
        "id": 1,
        "email": "ann@example.com",
        "born": "1980-05-06",
        "seen": "1970-01-01 00:00:00.000000001Z",
        "paid": "10.50",
        "photo": "/wA=",
        "tags": ["a", "b"],
        "home": {"town": "Bonn"},
        "tier": "gold",
        "vip": True,
        "score": 1.5,
    }
    assert (third.data["score"], third.data["born"]) == ("inf", None)


def test_rows_that_stay_keep_their_values_schema_and_compression(typed: Path) -> None:
    before = pq.read_table(typed / "people.parquet")
    [receipt] = folder_of(typed).erase(batch(Item("1")))
    assert receipt.done is Done.ERASED
    after = pq.ParquetFile(typed / "people.parquet")
    assert after.schema_arrow.equals(before.schema, check_metadata=True)
    assert after.metadata.row_group(0).column(0).compression == "ZSTD"
    assert after.metadata.num_row_groups == 2
    left = after.read()
    assert left["seen"].cast(pa.int64()).to_pylist() == [1_700_000_000_123_456_789, 2, None]
    assert left["id"].to_pylist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("column", "asked", "written"),
    [
        ("born", "2001-02-03", date(2001, 2, 3)),
        ("born", None, None),
        ("seen", "2001-02-03T04:05:06Z", datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("paid", "7.25", Decimal("7.25")),
        ("photo", "AQI=", b"\x01\x02"),
        ("tags", ["c"], ["c"]),
        ("home", {"town": "Köln"}, {"town": "Köln"}),
        ("tier", "bronze", "bronze"),
        ("vip", False, False),
        ("score", 3, 3.0),
    ],
)
def test_a_correction_is_written_in_the_columns_own_type(
    typed: Path, column: str, asked: Any, written: Any
) -> None:
    assert change(folder_of(typed), "1", **{column: asked}).done is Done.RECTIFIED
    table = pq.read_table(typed / "people.parquet")
    assert table.schema.field(column).type == COLUMNS[column].type
    if column == "seen":
        table = table.set_column(
            table.schema.get_field_index("seen"),
            "seen",
            table["seen"].cast(pa.timestamp("us", "UTC"), safe=False),
        )
    assert table[column].to_pylist()[0] == written
    assert table["id"].to_pylist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("column", "asked"),
    [("born", "2001-02-30"), ("paid", "much"), ("vip", "perhaps"), ("photo", "?"), ("score", [1])],
)
def test_a_value_that_does_not_fit_is_refused_by_the_columns_name(
    typed: Path, column: str, asked: Any
) -> None:
    before = (typed / "people.parquet").read_bytes()
    receipt = change(folder_of(typed), "1", **{column: asked})
    assert receipt.done is Done.FAILED
    assert f"does not fit column {column}" in receipt.reason
    after = pq.read_table(typed / "people.parquet")
    assert str(after) == str(pq.read_table(pa.BufferReader(before)))


def test_masking_writes_each_column_in_its_type_and_names_one_that_cannot_be_empty(
    typed: Path,
) -> None:
    columns = {
        "id": {"label": "Number", "mask": "keep"},
        "email": {"label": "E-mail", "mask": "hash"},
        "born": {"label": "Born", "mask": "year"},
    }
    source = folder_of(typed, erase="mask", columns=columns)
    [receipt] = source.erase(batch(Item("1")))
    assert receipt.done is Done.ANONYMISED
    row = pq.read_table(typed / "people.parquet", columns=["email", "born", "vip"]).to_pylist()[0]
    assert (row["born"], row["vip"], len(row["email"])) == (date(1980, 1, 1), None, 64)
    keyed = folder_of(
        typed,
        erase="mask",
        key="email",
        columns={"email": "E", "id": {"label": "N", "mask": "null"}},
    )
    [receipt] = keyed.erase(batch(Item("bob@example.com")))
    assert (receipt.done, "Column id cannot be empty" in receipt.reason) == (Done.FAILED, True)


@pytest.mark.parametrize("content", [b"PAR1 not really", b"", b"id,email\n1,ann@example.com\n"])
def test_a_file_that_is_not_parquet_is_named_without_its_content(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "people.parquet").write_bytes(content)
    for verb in (found, lambda s: s.erase(batch(Item("1")))):
        with pytest.raises(NeedsHuman, match=r"people\.parquet is not Parquet") as stopped:
            verb(folder_of(tmp_path))
        assert "ann" not in str(stopped.value)


def test_a_damaged_row_group_stops_the_search(typed: Path) -> None:
    path = typed / "people.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    with pytest.raises(NeedsHuman, match=r"people\.parquet is not Parquet.* or is damaged"):
        found(folder_of(typed))


def test_a_column_that_vanished_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1], "mail": ["x"]}), tmp_path / "people.parquet")
    with pytest.raises(NeedsHuman, match=r"people\.parquet has no column email"):
        found(folder_of(tmp_path))


@pytest.mark.slow
def test_a_large_parquet_file_costs_the_memory_of_a_batch(tmp_path: Path) -> None:
    schema = pa.schema([("id", pa.int64()), ("email", pa.string()), ("note", pa.string())])
    with pq.ParquetWriter(tmp_path / "people.parquet", schema) as writer:
        ids = list(range(30_000))
        columns = [ids, ["ann@example.com"] * len(ids), [f"{n}" * 100 for n in ids]]
        writer.write_table(pa.table(columns, schema=schema))
    source, count = folder_of(tmp_path), 0
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    try:
        for page in source.find(PERSON):
            count += len(page.records)
            assert pa.total_allocated_bytes() - before < 32 * 1024 * 1024
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak < 16 * 1024 * 1024
    receipts = source.erase(batch(*[Item(str(number)) for number in range(0, 10_000, 2)]))
    assert {receipt.done for receipt in receipts} == {Done.ERASED}
    assert pq.ParquetFile(tmp_path / "people.parquet").metadata.num_rows == 25_000


# --- Excel ----------------------------------------------------------------------------------------


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


# --- without the extra ----------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "library"), [("a.parquet", "pyarrow"), ("a.xlsx", "openpyxl")])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(BadInput, match=rf"needs the library {library}.*dsar\[tables\]"):
        folder_of(tmp_path, file)
    folder_of(tmp_path, "a.csv")
