"""Each value in one form of a bundle is in all: JSON, CSV, viewer and, for small sets, the report."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports import build
from exports.data.datafiles import encode, safe_cell
from exports.pdf.printable import printable
from tests.exports import reading, samples

WORDS = st.text(
    st.sampled_from("abcXYZ äöüßéñ 0123456789 .,;-+=@_/\\\"'`${}<>&\n\t€„“"), max_size=60
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
NAMES = [field.name for field in samples.CUSTOMERS.fields]
ROWS = st.lists(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=len(NAMES)), min_size=1, max_size=4
)


def bare(text: str) -> str:
    """What remains of a text when layout is taken away."""
    return re.sub(r"[\s\u200b\u2068\u2069\xad]+", "", unicodedata.normalize("NFKC", text))


def forms(path: Path) -> tuple[list[Any], list[dict[str, str]], list[Any]]:
    """The customers as the JSON, the CSV and the viewer hold them."""
    with zipfile.ZipFile(path) as bundle:
        array = json.loads(bundle.read("data/shop/customers.json"))
        table = bundle.read("data/shop/customers.csv").decode("utf-8-sig")
        chunk = bundle.read("viewer/shop.customers-0001.js").decode()
        bundle.extract("report.pdf", path.parent)
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    return array, rows, json.loads(chunk.removeprefix("dsar(String.raw`").removesuffix("`)\n"))


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_each_value_is_in_every_form(tmp_path: Path, rows: list[Mapping[str, Any]]) -> None:
    contents = replace(samples.access(), sets=(samples.a_set(samples.CUSTOMERS, rows, "orders"),))
    array, table, viewer = forms(build(contents, tmp_path / "bundle.zip").path)
    assert [record["data"] for record in array] == rows
    assert viewer == array
    shown = bare(reading.text(tmp_path / "report.pdf"))
    for row, line in zip(rows, table, strict=True):
        for name in NAMES:
            value = row.get(name)
            assert line[name] == ("" if value is None else str(safe_cell(value)))
            assert bare(printable(value)) in shown


@settings(deadline=None)
@given(VALUES)
def test_json_holds_a_value_exactly(value: Any) -> None:
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize("value", [2**80, -(2**64), "\ud800 alone", {"\udc00": 1}])
def test_json_holds_also_what_fast_encoders_refuse(value: Any) -> None:
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]
)
def test_no_text_is_a_formula_in_a_spreadsheet(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("value", [-5, -0.5, 0, 12, "plain", "5 = 5"])
def test_numbers_and_harmless_text_stay_as_they_are(value: Any) -> None:
    assert safe_cell(value) == value
