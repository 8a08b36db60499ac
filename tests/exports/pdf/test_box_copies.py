"""Rows that are copied from one another come out as if each had been made by itself."""

import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest
from markupsafe import escape

from exports.pdf import box_copies, streaming
from exports.pdf.portions import Block, TableFrame, TableRow
from tests.exports import reading
from tests.exports.pdf.test_streaming import HEAD, NO_RULES

PLACE = TableFrame("<div><table class='rows'><thead><tr><th>A</th><th>B</th></tr></thead><tbody>", "</tbody></table></div>")  # fmt: skip
TEXTS = (
    "plain", "", " ", "two  spaces", " before", "after ", "a & b <c>", "a\u00a0b", "line\nbreak",
    "soft\u00adhyphen", "zero\u200bwidth", "שלום עולם", "हिन्दी", "日本語", "😀", "x" * 90, "tab\there",
    "many words " * 20,
)  # fmt: skip


def rows(*pairs: tuple[str, str]) -> list[TableRow]:
    return [TableRow(PLACE, f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>") for a, b in pairs]


def odd() -> list[Block]:
    """Every text in the first and in the second cell, among rows that are plain, and as a line."""
    pairs = [("one", "two"), *((text, "b") for text in TEXTS), *(("a", text) for text in TEXTS)]
    whole = [
        *rows(*pairs),
        TableRow(PLACE, "<tr><td>a<br/>b</td><td>c</td></tr>"),
        *rows(("x", "y")),
    ]
    return [*whole, *(f"<p class='line'>{escape(text)}</p>" for text in ("one", *TEXTS, "last"))]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_pages_are_those_of_stock_rendering(tmp_path: Path) -> None:
    ours, stock = tmp_path / "ours.pdf", tmp_path / "stock.pdf"
    head = replace(HEAD, style=f"{HEAD.style}{NO_RULES}")
    with ours.open("wb") as out:
        streaming.write(odd(), head, out)
    with stock.open("wb") as out:
        streaming.write_whole(odd(), head, out)
    assert reading.pictures(ours, dpi=80) == reading.pictures(stock, dpi=80)


def test_every_copied_row_has_its_own_place_in_the_tree() -> None:
    out = io.BytesIO()
    streaming.write(odd(), HEAD, out)
    with pikepdf.open(out) as pdf:
        found = reading.tags(pdf)
        count = sum(isinstance(block, TableRow) for block in odd())
        assert (found["/TR"], found["/TD"]) == (count + 1, 2 * count)
        assert found["/P"] == len(odd()) - count
        assert reading.owned(pdf)


def body(html: str) -> ET.Element:
    return ET.fromstring(f"<body>{PLACE.start}{html}{PLACE.end}</body>")


def left(root: ET.Element) -> list[str]:
    return ["|".join(cell.text or "" for cell in row) for row in root.iter("tr")][1:]


def test_one_row_stays_for_all_that_differ_in_text_alone() -> None:
    root = body("".join(row.html for row in rows(("a", "b"), ("c", "d"), ("e  e", "f"))))
    asides = box_copies.set_aside(root)
    assert left(root) == ["a|b", "e  e|f"]
    assert [len(aside.children) for aside in asides] == [3]


def test_of_lines_one_stays_and_so_does_what_is_between_them() -> None:
    root = ET.fromstring("<body><p class='line'>a</p><p>b</p><p class='line'>c</p><p class='line'>d  d</p></body>")  # fmt: skip
    box_copies.set_aside(root)
    assert [each.text for each in root] == ["a", "b", "d  d"]


@pytest.mark.parametrize(
    "row",
    [
        "<tr><th>a</th><td>b</td></tr>",
        "<tr><td>a</td></tr>",
        "<tr><td class='number'>a</td><td>b</td></tr>",
        "<tr class='x'><td>a</td><td>b</td></tr>",
        "<tr><td rowspan='2'>a</td><td>b</td></tr>",
        "<tr><td><p>a</p></td><td>b</td></tr>",
        "<tr><td/><td>b</td></tr>",
    ],
)
def test_a_row_of_another_make_is_never_a_copy(row: str) -> None:
    root = body(f"<tr><td>a</td><td>b</td></tr>{row}")
    box_copies.set_aside(root)
    assert len(left(root)) == 2


def test_rows_of_other_tables_may_be_styled_each_its_own_way_and_stay() -> None:
    root = ET.fromstring("<body><table class='facts'><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table></body>")  # fmt: skip
    assert box_copies.set_aside(root) == []
    assert len([*root.iter("tr")]) == 2
