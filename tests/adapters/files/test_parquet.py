"""What Parquet files promise beyond the contract: their types, their other content kept."""

import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsar.sdk import Done, Item, NeedsHuman
from tests.adapters.files.people import PERSON, batch, change, folder_of, found

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
