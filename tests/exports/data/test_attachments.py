"""Files of records are handed over as they were, under safe names, whole or not at all."""

import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dsar.domain.records import Attachment, Record
from exports import build, verify
from exports.contents import Contents, RecordSet
from exports.data.attachments import CannotAttach
from tests.exports import samples

PHOTO = os.urandom(300_000)
LETTER = b"Dear Ada, " * 40_000
FILES: Mapping[str, bytes] = {
    "photo": PHOTO,
    "letter": LETTER,
    "page": b"<script>alert(1)</script>",
}

ATTACHED = (
    Attachment("photo", "Ada am Meer.JPG", "image/jpeg", len(PHOTO)),
    Attachment("letter", "../../etc/passwd", "text/plain; charset=utf-8"),
    Attachment("page", "CON.html", "text/html", 25),
    Attachment("letter", "résumé\udc80.pdf", "no media type"),
)


def blocks(record: Record, attachment: Attachment) -> Iterator[bytes]:
    content = FILES[attachment.reference]
    for start in range(0, len(content), 70_000):
        yield content[start : start + 70_000]


Files = Callable[[Record, Attachment], Iterator[bytes]]


def contents(attached: tuple[Attachment, ...] = ATTACHED, files: Files | None = blocks) -> Contents:
    """The sample whose last set has files at its first record."""
    whole = samples.access(5)
    *rest, first = whole.sets

    def records() -> Iterator[Record]:
        for number, record in enumerate(first.records()):
            yield replace(record, attachments=attached if number == 0 else ())

    changed: RecordSet = replace(first, records=records, files=files)
    return replace(whole, sets=(*rest, changed))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    path = build(contents(), tmp_path_factory.mktemp("attached") / "bundle.zip").path
    assert verify(path) == []
    return zipfile.ZipFile(path)


def listed(bundle: zipfile.ZipFile) -> tuple[str, list[dict[str, Any]]]:
    """The data file that names files, and what it says of them."""
    for name in bundle.namelist():
        if name.startswith("data/") and name.endswith(".json") and "schema" not in name:
            for record in json.loads(bundle.read(name)):
                if "files" in record:
                    return name, record["files"]
    raise AssertionError("no record lists files")


def test_each_file_is_there_as_it_was_and_its_record_says_where(bundle: zipfile.ZipFile) -> None:
    _, files = listed(bundle)
    for entry, attachment in zip(files, ATTACHED, strict=True):
        content = bundle.read(entry["path"])
        assert content == FILES[attachment.reference]
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["name"] == attachment.name


def test_names_are_safe_unique_and_open_nothing_that_runs(bundle: zipfile.ZipFile) -> None:
    name, files = listed(bundle)
    folder = f"files/{name.removeprefix('data/').removesuffix('.json')}"
    assert [entry["path"] for entry in files] == [
        f"{folder}/1-ada-am-meer.jpg",
        f"{folder}/2-passwd.bin",
        f"{folder}/3-con-x.bin",
        f"{folder}/4-resume.pdf",
    ]
    assert [entry["media_type"] for entry in files] == [
        "image/jpeg", "text/plain", "text/html", "application/octet-stream",
    ]  # fmt: skip


def test_what_is_compressed_already_is_stored_and_the_rest_deflated(
    bundle: zipfile.ZipFile,
) -> None:
    _, files = listed(bundle)
    photo, letter, *_ = (bundle.getinfo(entry["path"]) for entry in files)
    assert (photo.compress_type, photo.compress_size) == (zipfile.ZIP_STORED, len(PHOTO))
    assert letter.compress_type == zipfile.ZIP_DEFLATED
    assert letter.compress_size < len(LETTER) // 50


def test_the_table_and_the_schema_know_of_them_and_the_manifest_lists_them(
    bundle: zipfile.ZipFile,
) -> None:
    name, files = listed(bundle)
    text = bundle.read(name.removesuffix(".json") + ".csv").decode("utf-8-sig")
    header, first, *others = csv.reader(io.StringIO(text))
    assert header[-1] == "attached_files"
    assert first[-1].splitlines() == [entry["path"] for entry in files]
    assert all(row[-1] == "" for row in others)
    schema = json.loads(bundle.read(name.removesuffix(".json") + ".schema.json"))
    jsonschema.validate(json.loads(bundle.read(name)), schema)
    members = {e["path"]: e for e in json.loads(bundle.read("manifest.json"))["members"]}
    assert all(members[entry["path"]]["sha256"] == entry["sha256"] for entry in files)


def test_a_set_that_can_have_no_files_says_nothing_of_any(bundle: zipfile.ZipFile) -> None:
    name, _ = listed(bundle)
    other = next(n for n in bundle.namelist() if n.endswith(".schema.json") and name[:-5] not in n)
    assert "files" not in json.loads(bundle.read(other))["items"]["properties"]


def larger(record: Record, attachment: Attachment) -> Iterator[bytes]:
    yield from (b"x" * 1000 for _ in range(10**9))  # without an end: it must be stopped


def shorter(record: Record, attachment: Attachment) -> Iterator[bytes]:
    yield PHOTO[:-1]


def broken(record: Record, attachment: Attachment) -> Iterator[bytes]:
    yield PHOTO[:1000]
    raise ConnectionResetError("ada@lindqvist.example hung up")


BAD: dict[str, tuple[Files | None, str]] = {
    "larger": (larger, "file 1 is larger than the 300000 bytes announced"),
    "shorter": (shorter, "file 1 has 299999 bytes; 300000 were announced"),
    "broken": (broken, r"file 1 broke off \(ConnectionResetError\)"),
    "absent": (None, "file 1 was not collected"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_not_as_announced_stops_the_build_by_name_and_leaves_nothing(
    tmp_path: Path, kind: str
) -> None:
    files, words = BAD[kind]
    with pytest.raises(CannotAttach, match=words) as caught:
        build(contents(ATTACHED[:1], files), tmp_path / "bundle.zip")
    assert "Ada" not in str(caught.value)
    assert "ada@" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def changed(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The bundle unpacked, with some members changed or left out."""
    folder = path.parent / "unpacked"
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = change(name, archive.read(name))
            if content is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda n, c: c[:-1] + b"?" if n.endswith(".jpg") else c, "was changed"),
        (lambda n, c: None if n.endswith(".jpg") else c, "is missing"),
        (lambda n, c: c.replace(b'"name":"Ada', b'"name":"Eva'), "was changed"),
    ],
    ids=["changed", "taken away", "renamed"],
)
def test_a_file_that_was_changed_or_taken_away_is_noticed(
    tmp_path: Path, change: Callable[[str, bytes], bytes | None], words: str
) -> None:
    path = build(contents(), tmp_path / "bundle.zip").path
    found = verify(changed(path, change))
    assert any(words in str(finding) for finding in found)


def test_a_record_that_says_something_else_of_a_file_than_the_manifest_is_noticed(
    tmp_path: Path,
) -> None:
    """The data file, its hash in the manifest and the sums were all changed by whoever did it."""
    path = build(contents(), tmp_path / "bundle.zip").path
    with zipfile.ZipFile(path) as archive:
        name, files = listed(archive)
        told = archive.read(name)
        forged = told.replace(files[0]["sha256"].encode(), b"0" * 64)
    old, new = (hashlib.sha256(one).hexdigest().encode() for one in (told, forged))
    before: dict[str, bytes] = {}

    def forge(member: str, content: bytes) -> bytes:
        if member == name:
            return forged
        if member == "manifest.json":
            before[member] = content
            return content.replace(old, new)
        return content.replace(old, new)

    folder = changed(path, forge)
    sums = (folder / "SHA256SUMS").read_text()
    was, is_ = (
        hashlib.sha256(one).hexdigest()
        for one in (before["manifest.json"], (folder / "manifest.json").read_bytes())
    )
    (folder / "SHA256SUMS").write_text(sums.replace(was, is_))
    (finding,) = verify(folder)
    assert "record 1 says something else of files/" in str(finding)
