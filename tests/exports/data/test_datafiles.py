"""What writes many records at once gives the same bytes as writing each value by itself."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.data.datafiles import as_csv, as_json, encode, safe_cell

TEXTS = st.text(st.sampled_from("ab ,;\"'`${\r\n\t=+-@\0＝＠ö€\u2028\ud800\\"), max_size=8)
#: Keys and texts that look like the beginning of the next record.
BEGINNINGS = st.sampled_from(["record", "`", "$", "${", '},{"record":', '"},{"record":"', "},\n{"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    BEGINNINGS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(BEGINNINGS | TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)
RECORDS = st.fixed_dictionaries(
    {"record": TEXTS, "data": st.dictionaries(BEGINNINGS | TEXTS, VALUES, max_size=3)}
)
#: Columns as sources have them, of one kind, and of any.
COLUMNS = st.integers(1, 5).flatmap(
    lambda rows: st.lists(
        st.one_of(
            *(
                st.lists(kind, min_size=rows, max_size=rows)
                for kind in (TEXTS, TEXTS | st.none(), st.integers(), st.floats(), VALUES)
            )
        ),
        min_size=1,
        max_size=4,
    )
)


@settings(deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_records_encoded_together_are_those_encoded_one_by_one(records: list[Any]) -> None:
    found = as_json(records)
    assert found == one_by_one(records)
    assert found.count(b"\n") == len(records) - 1
    assert json.loads(b"[" + found + b"]") == records


def one_by_one(records: Sequence[Any]) -> bytes:
    """Each record encoded by itself; what enters a template literal of JavaScript is escaped."""
    lines = b",\n".join(map(encode, records))
    return lines.replace(b"`", b"\\u0060").replace(b"${", b"\\u0024{")


@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_no_record_ends_or_enters_the_literal_it_stands_in(records: list[Any]) -> None:
    found = as_json(records)
    assert b"`" not in found
    assert b"${" not in found
    # A literal drops carriage returns as they are, and a last backslash would hide its end.
    assert b"\r" not in found
    assert not found.endswith(b"\\")


def test_what_looks_like_the_next_record_is_not_broken_over_lines() -> None:
    data = {"list": [{"a": 1}, {"record": '},{"record":'}]}
    records = [{"record": "1", "data": data}, {"record": "2", "data": data}]
    assert as_json(records) == one_by_one(records)


@pytest.mark.parametrize("deep", [200, 252, 253, 254, 300])
def test_records_may_be_as_deep_together_as_alone(deep: int) -> None:
    nested: Any = "end"
    for _ in range(deep):
        nested = [nested]
    record = {"record": "1", "data": {"nested": nested}}
    assert as_json([record, record]) == one_by_one([record, record])


def cell_by_cell(columns: Sequence[Sequence[Any]]) -> bytes:
    """The rows as the standard library's writer has them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(safe_cell, row) for row in zip(*columns, strict=True))
    return text.getvalue().encode("utf-8", "backslashreplace")


@settings(deadline=None)
@given(COLUMNS)
def test_cells_written_by_column_are_those_written_one_by_one(columns: list[list[Any]]) -> None:
    assert as_csv(columns) == cell_by_cell(columns)


@pytest.mark.parametrize("value", ["", None, "=1+1", "a,b", 'say "no"', "a\rb", "a\nb", True, 1.5])
def test_a_cell_alone_in_its_row_is_seen(value: Any) -> None:
    assert as_csv([[value]]) == cell_by_cell([[value]])
    assert as_csv([[value], [value]]) == cell_by_cell([[value], [value]])
