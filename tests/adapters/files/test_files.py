"""What the files adapter promises beyond the contract: files kept whole, rows named, nobody mixed up."""

import fcntl
import json
import os
import stat
import tomllib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.files import Files
from dsar.adapters.files.texts import LINE_LIMIT
from dsar.sdk import Batch, Done, Item, Later, Match, NeedsHuman, Receipt, Subject
from dsar.sdk.registry import settings_from
from tests.adapters.files.people import PERSON, batch, found

SETTINGS = """
page = 2
mask_key = "a secret of the tests"
[collections.people]
file = "people.csv"
key = "id"
identify = { email = "email" }
[collections.people.columns]
id = "Number"
email = "E-mail address"
note = { label = "Note", about_others = true }
"""


def folder_of(folder: Path, **changed: Any) -> Files:
    given: dict[str, Any] = tomllib.loads(SETTINGS)
    given["collections"]["people"] |= changed
    return Files(settings_from(Files, {**given, "path": str(folder)}, at="sources.people"))


def done(receipts: list[Receipt]) -> list[str]:
    return [str(receipt.done) for receipt in receipts]


CSV = (
    "\ufeffid,email,note\r\n"
    '1,Ann@Example.com,"says ""hi"",\r\nand more"\r\n'
    "\r\n"
    '"2",bob@example.com,  spaced  \r\n'
    "3,ann@example.com,last"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_bytes(CSV.encode())
    return tmp_path


def test_untouched_rows_keep_every_byte(folder: Path) -> None:
    before = (folder / "people.csv").read_bytes()
    assert done(folder_of(folder).rectify(batch(Item("3", changes={"note": 'a "b"'})))) == [
        "rectified"
    ]
    after = (folder / "people.csv").read_bytes()
    assert after == before.replace(b"3,ann@example.com,last", b'3,ann@example.com,"a ""b"""')


def test_an_erased_row_takes_all_its_lines_with_it(folder: Path) -> None:
    assert done(folder_of(folder).erase(batch("1"))) == ["erased"]
    left = (folder / "people.csv").read_bytes().decode()
    assert (
        left
        == '\ufeffid,email,note\r\n\r\n"2",bob@example.com,  spaced  \r\n3,ann@example.com,last'
    )


def test_the_file_keeps_its_mode_and_leaves_nothing_beside_it(folder: Path) -> None:
    (folder / "people.csv").chmod(0o640)
    folder_of(folder).erase(batch("1"))
    assert stat.S_IMODE((folder / "people.csv").stat().st_mode) == 0o640
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_a_batch_that_changes_nothing_leaves_the_file_alone(folder: Path) -> None:
    before = (folder / "people.csv").stat().st_ino
    assert done(folder_of(folder).erase(batch("77"))) == ["missing"]
    assert (folder / "people.csv").stat().st_ino == before


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("id,email,note\n1,a@b.de,x\n2,c@d.de\n", 3, "it has 2 fields where the header has 3"),
        ('id,email,note\n1,a@b.de,"x\n', 2, "its quotes do not match"),
        ("id,email,email,note\n", 1, "the header names a column twice"),
        ("id,,email,note\n", 1, "the header names a column twice, or not at all"),
        (f"id,email,note\n1,a@b.de,{'x' * (LINE_LIMIT + 1)}\n", 2, "longer than 16,777,216"),
    ],
)
def test_a_csv_row_that_cannot_be_read_is_named_by_its_line(
    tmp_path: Path, text: str, line: int, why: str
) -> None:
    (tmp_path / "people.csv").write_text(text)
    source = folder_of(tmp_path)
    for verb in (lambda: found(source), lambda: source.erase(batch("1"))):
        with pytest.raises(NeedsHuman, match=f"people.csv line {line} cannot be read: .*{why}"):
            verb()
    [problem] = source.check()
    assert f"line {line}" in problem.problem
    assert (tmp_path / "people.csv").read_text() == text


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b"not json of ann@example.com", "it is not JSON"),
        (b"[1, 2]", "it is not a JSON object"),
        (b'{"id": 1', "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"id": "\xff"}', "is not utf-8"),
    ],
)
def test_a_json_line_that_cannot_be_read_is_named_without_its_content(
    tmp_path: Path, row: bytes, why: str
) -> None:
    (tmp_path / "people.jsonl").write_bytes(b'{"id": 1, "email": "x@y.de"}\n\n' + row + b"\n")
    with pytest.raises(NeedsHuman, match=f"people.jsonl line [123].* cannot be read: .*{why}") as e:
        found(folder_of(tmp_path, file="people.jsonl"))
    assert "ann@example.com" not in str(e.value)


def test_json_that_only_python_understands_leaves_as_plain_json(tmp_path: Path) -> None:
    row = (
        '{"id": 1, "email": "ann@example.com", "a": NaN, "b": 1e999, "c": 99999999999999999999999, '
        '"d": "\\ud800x", "e": {"f": [true, null, 1.5]}}'
    )
    (tmp_path / "people.jsonl").write_text(row)
    [record] = found(folder_of(tmp_path, file="people.jsonl"))
    assert json.loads(json.dumps(dict(record.data), allow_nan=False)) == record.data
    assert record.data["a"] == "NaN"
    assert record.data["b"] == "1e999"
    assert record.data["c"] == "99999999999999999999999"
    assert record.data["d"] == "\ufffdx"
    assert record.data["e"] == {"f": [True, None, 1.5]}


def test_a_column_that_vanished_is_named_instead_of_finding_nothing(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,mail,note\n1,ann@example.com,x\n")
    with pytest.raises(NeedsHuman, match=r"people\.csv has no column email"):
        found(folder_of(tmp_path))


def test_a_file_or_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match=r"No file people\.csv is in the folder"):
        found(folder_of(tmp_path))
    with pytest.raises(NeedsHuman, match="The folder gone is not there"):
        found(folder_of(tmp_path / "gone"))
    with pytest.raises(NeedsHuman, match="The folder gone is not there"):
        folder_of(tmp_path / "gone").erase(batch("1"))


def test_a_key_two_rows_share_stops_the_search_and_refuses_the_change(tmp_path: Path) -> None:
    rows = "id,email,note\n1,ann@example.com,x\n2,bob@example.com,x\n"
    (tmp_path / "people-1.csv").write_text(rows)
    (tmp_path / "people-2.csv").write_text(rows.replace("ann", "eve").replace("2,", "3,"))
    source = folder_of(tmp_path, file="people-*.csv")
    [receipt] = source.erase(batch("1"))
    assert receipt.done is Done.FAILED
    assert "More than one row has this key" in receipt.reason
    assert (tmp_path / "people-1.csv").read_text() == rows
    (tmp_path / "people-2.csv").write_text(rows)
    with pytest.raises(
        NeedsHuman, match=r"people-2\.csv line 2 has a key that another row has too"
    ):
        found(source)
    assert [problem.field for problem in source.check()] == ["collections.people.key"]


def test_a_row_without_its_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,email,note\n,ann@example.com,x\n")
    with pytest.raises(NeedsHuman, match=r"people\.csv line 2 has no key"):
        found(folder_of(tmp_path))


def test_one_identifier_in_two_rows_stops_where_it_must_be_unique(folder: Path) -> None:
    with pytest.raises(NeedsHuman, match="more than one person in people") as stopped:
        found(folder_of(folder, unique=True))
    assert "ann" not in str(stopped.value).lower()
    shared = found(folder_of(folder, unique=True, shared=True))
    assert {(r.match, r.subject) for r in shared} == {(Match.NAME_ONLY, None)}
    [bob] = found(folder_of(folder, unique=True), Subject.of([("email", "bob@example.com")]))
    assert (bob.match, bob.subject) == (Match.VERIFIED_IDENTIFIER, "2")


def test_a_name_alone_is_a_weak_match(folder: Path) -> None:
    source = folder_of(folder, name_match="note")
    records = found(source, Subject.of([("email", "bob@example.com"), ("name", "last")]))
    assert {r.key: r.match for r in records} == {
        "2": Match.VERIFIED_IDENTIFIER,
        "3": Match.NAME_ONLY,
    }


def test_further_identifiers_are_offered_from_sure_rows(folder: Path) -> None:
    source = folder_of(folder, gives={"customer_number": "id"})
    assert source.gives == ("customer_number",)
    pairs = {pair for page in source.find(PERSON) for pair in page.identifiers}
    assert pairs == {("customer_number", "1"), ("customer_number", "3")}


def test_a_file_that_changed_in_between_is_searched_anew_rather_than_missed(folder: Path) -> None:
    source = folder_of(folder)
    path = folder / "people.csv"
    path.write_text(CSV + "\r\n4,ann@example.com,new\r\n5,ann@example.com,new\r\n", newline="")
    first = next(iter(source.find(PERSON)))
    path.write_text(path.read_text().replace("4,ann", "6,ann"))
    rest = [r.key for page in source.find(PERSON, first.checkpoint) for r in page.records]
    assert rest == ["1", "3", "6", "5"]


def test_only_one_process_changes_a_folder_at_a_time(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Later, match="Another process is changing files"):
        folder_of(folder).erase(batch("1"))
    os.close(handle)
    assert done(folder_of(folder).erase(batch("1"))) == ["erased"]


@pytest.fixture
def ordinary_user(folder: Path) -> Iterator[None]:
    """Nothing is forbidden to root, so for this test we are somebody else."""
    above = [path for path in folder.parents if path.stat().st_mode & 0o777 == 0o700]
    for path in above:
        path.chmod(0o755)
    folder.chmod(0o555)
    if os.getuid() == 0:
        os.seteuid(65534)
    yield
    if os.getuid() == 0:
        os.seteuid(0)
    for path in (folder, *above):
        path.chmod(0o700)


@pytest.mark.usefixtures("ordinary_user")
def test_a_folder_that_may_not_be_written_to_is_named_and_left_whole(folder: Path) -> None:
    with pytest.raises(NeedsHuman, match=r"The folder refuses writing people\.csv"):
        folder_of(folder).erase(batch("1"))
    assert (folder / "people.csv").read_bytes() == CSV.encode()


def test_each_mask_writes_what_it_says(folder: Path) -> None:
    columns = {
        "id": "Number",
        "email": {"label": "E-mail", "mask": "hash"},
        "note": {"label": "Note", "mask": "gone {key}"},
    }
    source = folder_of(folder, erase="mask", columns=columns)
    assert done(source.erase(batch("3"))) == ["anonymised"]
    last = (folder / "people.csv").read_text().splitlines()[-1]
    number, email, note = last.split(",")
    assert (number, note) == ("3", "gone 3")
    assert len(email) == 64
    assert source.check() == []


def test_named_fields_alone_are_erased(folder: Path) -> None:
    source = folder_of(folder)
    assert done(source.erase(batch(Item("3", fields=("id", "note"))))) == ["anonymised"]
    assert (folder / "people.csv").read_text().splitlines()[-1] == "3,ann@example.com,"
    [receipt] = source.erase(batch(Item("3", fields=("shoe",))))
    assert (receipt.done, "people has no field shoe" in receipt.reason) == (Done.FAILED, True)


def test_the_key_is_never_corrected(folder: Path) -> None:
    [receipt] = folder_of(folder).rectify(batch(Item("3", changes={"id": "9"})))
    assert (receipt.done, "people.id is the record's key" in receipt.reason) == (Done.FAILED, True)


def test_an_objection_to_another_purpose_leaves_the_mark_and_says_so(folder: Path) -> None:
    mark = {"column": "note", "value": "stopped", "purposes": ["newsletter"]}
    source = folder_of(folder, object_to=mark)
    other = Batch("people", [Item("3")], "k1", ("profiling",))
    [receipt] = source.object_to(other)
    assert (receipt.done, receipt.code) == (Done.KEPT, "other_purposes")
    assert "newsletter only" in receipt.reason
    own = Batch("people", [Item("3")], "k1", ("newsletter",))
    assert done(source.object_to(own)) == ["stopped"]
    assert (folder / "people.csv").read_text().endswith("stopped")
    [receipt] = source.restrict(own)
    assert (receipt.done, "Declare restrict" in receipt.reason) == (Done.FAILED, True)


def test_a_lifted_restriction_writes_what_is_declared_and_else_says_what_to_declare(
    folder: Path,
) -> None:
    before, own = (folder / "people.csv").read_text(), Batch("people", [Item("3")], "k1")
    mark = {"column": "note", "value": "aside"}
    source = folder_of(folder, restrict=mark)
    assert done(source.restrict(own)) == ["restricted"]
    [receipt] = source.lift(own)
    assert (receipt.done, "with lifted" in receipt.reason) == (Done.FAILED, True)
    assert done(folder_of(folder, restrict=mark | {"lifted": ""}).lift(own)) == ["lifted"]
    assert "aside" not in (folder / "people.csv").read_text()
    assert (folder / "people.csv").read_text().count("\n") == before.count("\n")


def test_an_undeclared_field_is_handed_on_and_named_by_check(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,email,note,shoe\n1,ann@example.com,x,39\n")
    source = folder_of(tmp_path)
    assert found(source)[0].data["shoe"] == "39"
    [problem] = source.check()
    assert problem.field == "collections.people.columns.shoe"


def test_other_encodings_and_delimiters_are_read_and_kept(tmp_path: Path) -> None:
    text = "id;email;note\n1;ann@example.com;Größe\n2;bob@example.com;Übung\n"
    (tmp_path / "people.csv").write_text(text, encoding="utf-16")
    source = folder_of(tmp_path, delimiter=";", encoding="utf-16")
    assert found(source)[0].data["note"] == "Größe"
    assert done(source.erase(batch("1"))) == ["erased"]
    left = (tmp_path / "people.csv").read_text(encoding="utf-16")
    assert left == "id;email;note\n2;bob@example.com;Übung\n"


@pytest.mark.slow
def test_many_rows_cost_the_memory_of_a_page(tmp_path: Path) -> None:
    with (tmp_path / "people.csv").open("w") as handle:
        handle.write("id,email,note\n")
        for number in range(30_000):
            handle.write(f"{number},ann@example.com,{'x' * 50}\n")
    given = folder_of(tmp_path).settings
    source = Files(type(given)(path=given.path, collections=given.collections, page=1000))
    count = 0
    tracemalloc.start()
    try:
        for page in source.find(PERSON):
            count += len(page.records)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak < 8 * 1024 * 1024
    receipts = source.erase(batch(*[str(number) for number in range(0, 10_000, 2)]))
    assert set(done(receipts)) == {"erased"}
    assert (tmp_path / "people.csv").read_text().count("\n") == 25_001
