"""Things that are read together stand on one page of the report."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from dsar.domain.records import Attachment, Collection, Field
from exports import build
from tests.exports import reading, samples
from tests.exports.data import test_attachments as attached
from tests.exports.samples import en

WIDE = Collection(
    "wide", en("Wide"), tuple(Field(f"f{n}", en(f"Field {n}"), en("What it is.")) for n in range(9))
)


def pages(archive: Path) -> list[str]:
    """The text of each page of the report."""
    with zipfile.ZipFile(archive) as bundle:
        bundle.extract("report.pdf", archive.parent)
    return reading.text(archive.parent / "report.pdf").split("\f")


def test_a_short_record_is_not_torn_by_a_page(tmp_path: Path) -> None:
    rows = [{f"f{n}": f"{'long words ' * 6}{record}/{n}" for n in range(9)} for record in range(12)]
    contents = samples.access(sets=(samples.a_set(WIDE, rows, "orders"),))
    found = pages(samples.built(contents, tmp_path))
    for record in range(12):
        on = {at for at, text in enumerate(found) for n in (0, 8) if f" {record}/{n}\n" in text}
        assert len(on) == 1, f"record {record} is on pages {on}"


@pytest.mark.parametrize("rows", range(32, 35))
def test_the_heading_of_a_table_stands_where_the_table_begins(rows: int, tmp_path: Path) -> None:
    """Whatever stands above it and moves it down the page."""
    files = tuple(Attachment("letter", f"letter-{n}.pdf", "application/pdf") for n in range(4))
    contents = attached.contents(files)
    above = samples.a_set(samples.ORDERS, (samples.ORDER_ROWS * 2)[:rows], "orders")
    contents = replace(contents, sets=(above, contents.sets[-1]))
    found = pages(build(contents, tmp_path / "bundle.zip").path)
    (page,) = [text for text in found if "Files that belong to these records" in text]
    assert re.search(r"Files that belong.*They are in this bundle.*letter-0\.pdf", page, re.DOTALL)


@pytest.mark.parametrize("lines", range(0, 40, 8))
def test_the_list_of_files_is_not_torn(lines: int, tmp_path: Path) -> None:
    contents = samples.erasure()
    words = "\n".join(["and a further line"] * lines)
    contents = replace(contents, request=replace(contents.request, words=words))
    found = pages(build(contents, tmp_path / "bundle.zip").path)
    (page,) = [text for text in found if "START-HERE.html Opens in" in text]
    assert "The files in this bundle, and how to check them" in page
    assert "manifest.json The list" in page
    (page,) = [text for text in found if "Contact " in text]
    assert "Supervisory authority" in page


TICKETS = {
    "Internal number": "169",
    "Ticket number": "T-4169",
    "E-mail address": "johanna.berger@example.org",
    "Name": "Johanna Berger",
    "Subject": "Cannot sign in",
    "Opened on": "2026-03-23",
    "Closed on": "2026-03-25",
    "State": "closed",
    "Restricted": "no",
}
MESSAGES = {
    "Internal number": "424",
    "Ticket": "169",
    "Sent on": "2026-11-09",
    "Written by": "newcomer",
    "Message": "We can move it as soon as your administrator agrees, he says.",
    "Restricted": "no",
}


@pytest.mark.parametrize("row", [TICKETS, MESSAGES], ids=["many columns", "a long one"])
def test_an_ordinary_table_breaks_no_word(row: dict[str, str], tmp_path: Path) -> None:
    fields = tuple(Field(name, en(name)) for name in row)
    records = samples.a_set(Collection("rows", en("Rows"), fields), [row, row, row], "orders")
    text = "\n".join(pages(samples.built(samples.access(sets=(records,)), tmp_path)))
    for word in " ".join([*row, *row.values()]).split():
        assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text), word
