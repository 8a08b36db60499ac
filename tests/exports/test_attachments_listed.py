"""The report and the start page list the files that belong to the data, and say what is left out.

In the person's language, however many there are, and whatever they are called.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.coverage import FILE, Kept
from dsar.domain.records import Attachment, Record
from exports.contents import Contents
from exports.data.attachments import LISTED, kind_of
from tests.exports import reading, samples
from tests.exports.verapdf import problems

PHOTO = Attachment("p", "Ada am Meer.JPG", "image/jpeg")
BILL = Attachment("b", "Rechnung 17.pdf", "application/pdf")
HOSTILE = (
    Attachment("1", "\u202egpj.exe\x07<b>.html", "text/html"),
    Attachment("2", "x" * 5_000 + ".txt", "text/plain"),
    Attachment("3", "", "no media type"),
    Attachment("4", "a\udc80 " + "e\u0301" + "\u0301" * 400, "application/zip"),
    Attachment("5", "../../etc/passwd\n</th><script>alert(1)</script>", "image/png"),
)


def content(_record: Record, attachment: Attachment) -> Iterator[bytes]:
    yield b"0123456789abcdef" * (1 if attachment.reference != "b" else 3_013)


def contents(*attached: Attachment, language: str = "en", number: int = 2) -> Contents:
    """The sample with files at the second of its support messages."""
    whole = samples.access(5, words=samples.words(language))
    *rest, messages, visits = whole.sets

    def records() -> Iterator[Record]:
        for place, record in enumerate(messages.records(), 1):
            yield replace(record, attachments=attached if place == number else ())

    changed = replace(messages, records=records, files=content)
    return replace(whole, sets=(*rest, changed, visits))


def built(made: Contents, folder: Path) -> Path:
    """The bundle of these contents, unpacked."""
    with zipfile.ZipFile(samples.built(made, folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def report(folder: Path) -> str:
    """The words of the report, with single spaces."""
    return " ".join(reading.text(folder / "report.pdf").replace("\u200b", "").split())


class Links(HTMLParser):
    """Where the links of a page lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(str(dict(attrs)["href"]))


def links(folder: Path) -> list[str]:
    return Links((folder / "START-HERE.html").read_text("utf-8")).found


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("2 files belong to these records", "Picture, 16 bytes 2", "PDF, 48.2 kB 2")),
        ("de", ("2 Dateien gehören zu diesen", "Bild, 16 Byte 2", "PDF, 48,2 kB 2")),
    ],
)
def test_each_file_stands_there_with_name_kind_size_record_and_path(
    tmp_path: Path, language: str, said: tuple[str, ...]
) -> None:
    folder = built(contents(PHOTO, BILL, language=language), tmp_path)
    text = report(folder)
    for words in (*said, "Ada am Meer.JPG", "Rechnung 17.pdf"):
        assert words in text
    paths = ["files/support/messages/1-ada-am-meer.jpg", "files/support/messages/2-rechnung-17.pdf"]
    assert all(path.replace(" ", "") in text.replace(" ", "") for path in paths)
    assert [link for link in links(folder) if link.startswith("files/")] == paths
    assert all((folder / path).is_file() for path in paths)
    page = (folder / "START-HERE.html").read_text("utf-8")
    assert all(words in page for words in (said[0], "Ada am Meer.JPG"))


def test_programs_read_the_same_list(tmp_path: Path) -> None:
    folder = built(contents(PHOTO, BILL), tmp_path)
    document = json.loads((folder / "processing.json").read_text("utf-8"))
    (attached,) = (one["attached"] for one in document["sets"] if one["attached"]["count"])
    assert (attached["count"], attached["bytes"]) == (2, 16 + 48_208)
    assert attached["listed"][0] == {
        "name": "Ada am Meer.JPG",
        "kind": "picture",
        "number": 2,
        "record": "2",
        "bytes": 16,
        "path": "files/support/messages/1-ada-am-meer.jpg",
    }
    assert document["answer"]["files"] == 2


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of 700 files, the first of them with names meant to harm."""
    rest = range(700 - len(HOSTILE))
    many = (Attachment(f"n{n}", f"scan-{n:04}.txt", "text/plain") for n in rest)
    return built(contents(*HOSTILE, *many), tmp_path_factory.mktemp("crowded"))


def test_of_very_many_the_first_are_listed_with_the_number_and_where_the_rest_stands(
    crowded: Path,
) -> None:
    folder, text = crowded, report(crowded)
    said = f"Listed here are {LISTED} of 700 files. The column “attached_files” of"
    assert said in text
    assert len(re.findall(r"\bscan-\d{4}\.txt Text", text)) == LISTED - len(HOSTILE)
    assert said in (folder / "START-HERE.html").read_text("utf-8")
    assert sum(link.startswith("files/") for link in links(folder)) == LISTED
    named = (folder / "data/support/messages.csv").read_text("utf-8-sig")
    assert named.count("files/support/messages/") == 700


def test_no_name_disguises_breaks_or_runs_anything(crowded: Path) -> None:
    folder, text = crowded, report(crowded)
    assert "⟨U+202E⟩gpj.exe⟨U+0007⟩<b>.html" in text
    assert "x" * 121 not in text.replace(" ", "")
    assert problems(folder / "report.pdf") == []
    page = (folder / "START-HERE.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "\u202e" not in page.partition('id="attached"')[2].partition("</ul>")[0]
    assert all((folder / link).is_file() for link in links(folder) if link.startswith("files/"))


def test_without_files_nobody_speaks_of_any(tmp_path: Path) -> None:
    folder = built(contents(), tmp_path)
    assert "Files that belong" not in report(folder)
    assert "files/" not in report(folder)
    assert 'id="attached"' not in (folder / "START-HERE.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("count", "short", "row"),
    [
        (1, "1 file is not included; see “What is not included, and why”", "1 file Art. 15(4)"),
        (3, "3 files are not included; see “What is not included, and why”", "3 files Art. 15(4)"),
    ],
)
def test_withheld_files_are_counted_as_files_under_their_ground(
    tmp_path: Path, count: int, short: str, row: str
) -> None:
    made = contents(PHOTO)
    kept = Kept("messages", count, "rights_of_others", "Art. 15(4)", part=FILE)
    lines = tuple(
        replace(line, kept=(*line.kept, kept)) if line.source == "support" else line
        for line in made.coverage
    )
    folder = built(replace(made, coverage=lines), tmp_path)
    text = report(folder)
    assert short in text
    assert row in text
    assert "1 record is not included" in text  # the record that was withheld as a whole
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    gaps = [gap for gap in manifest["gaps"] if gap.get("part") == "file"]
    assert [(gap["ground"], gap["count"]) for gap in gaps] == [("rights_of_others", count)]


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/heic", "picture"),
        ("audio/mpeg", "sound"),
        ("video/mp4", "film"),
        ("application/pdf", "pdf"),
        ("text/csv", "table"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "table"),
        ("application/vnd.ms-excel", "table"),
        ("message/rfc822", "mail"),
        ("text/plain", "text"),
        ("application/msword", "document"),
        ("application/vnd.oasis.opendocument.text", "document"),
        ("application/zip", "archive"),
        ("application/octet-stream", "other"),
    ],
)
def test_every_kind_of_file_has_a_name_people_use(media_type: str, kind: str) -> None:
    assert kind_of(media_type) == kind
    known: dict[str, Any] = samples.words("de")["file_kind"]
    assert known[kind]
