"""What a store of objects promises beyond the contract: no key escapes, nothing stays unsaid."""

import sys
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.objects import Objects, s3
from dsar.adapters.objects.templates import Template
from dsar.sdk import Batch, Done, Item, Later, NeedsHuman, Record, Subject
from dsar.sdk.nasty import NASTY
from dsar.sdk.settings import BadInput
from tests.adapters.test_objects_contract import (
    ANN,
    COLLECTIONS,
    fill,
    in_bucket,
    in_folder,
    keep_versions,
    objects,
    put,
)
from tests.servers_s3 import S3Server

NUMBER = Subject.of([("customer_number", "12")])


def found(source: Objects, subject: Subject = ANN) -> list[Record]:
    return [record for page in source.find(subject) for record in page.records]


def batch(*keys: str, collection: str = "uploads") -> Batch:
    return Batch(collection, [Item(key) for key in keys], "k1")


def done(source: Objects, *keys: str) -> list[Done]:
    return [receipt.done for receipt in source.erase(batch(*keys))]


# --- templates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [*NASTY, "..", ".", "a/b", "a\\b", "1*", "[1]", "{email}", "a\0b", "é" * 200]
)
def test_no_identifier_reaches_beyond_its_place(value: str) -> None:
    for percent in (False, True):
        template = Template.of("users/{customer_number}/*", percent=percent)
        for key in template.filled(Subject({"customer_number": (value,)})):
            first, own, *rest = key.split("/")
            assert (first, rest) == ("users", [])
            assert own not in {"", ".", ".."}
            assert not set("*?[]{}\\") & set(own)


@pytest.mark.parametrize(
    ("value", "percent", "key"),
    [
        ("ann@example.com", False, "u/ann@example.com.json"),
        ("ann@example.com", True, "u/ann%40example.com.json"),
        ("o/brien@x.example", True, "u/o%2Fbrien%40x.example.json"),
        ("o/brien@x.example", False, None),
        ("50%", False, "u/50%.json"),
        ("a b", True, "u/a%20b.json"),
        ("ä", True, "u/%C3%A4.json"),
    ],
)
def test_identifiers_are_written_exactly_or_percent_encoded(
    value: str, percent: bool, key: str | None
) -> None:
    template = Template.of("u/{email}.json", percent=percent)
    assert list(template.filled(Subject({"email": (value,)}))) == ([key] if key else [])


@pytest.mark.parametrize(
    "template",
    [
        "users/*",
        "users/{email}*",
        "users/*/{email}",
        "../{email}",
        "/users/{email}",
        "a//{email}",
        "a/{email}/",
        "{email}/[a]",
        "{Email}/x",
    ],
)
def test_a_template_that_could_be_anybodys_is_refused(template: str) -> None:
    with pytest.raises(BadInput, match=r"collections\.x\.template"):
        objects(path="/nowhere", collections={"x": {"template": template}})


def test_several_identifiers_in_one_key_must_all_be_the_persons() -> None:
    template = Template.of("{tenant}/{email}/*", percent=False)
    assert list(template.filled(Subject({"email": ("a@b.de",)}))) == []
    both = Subject({"email": ("a@b.de", "c@d.de"), "tenant": ("t",)})
    assert list(template.filled(both)) == ["t/a@b.de", "t/c@d.de"]


@pytest.mark.parametrize(
    "key",
    [
        "users/12/../13/a",
        "users/12/./a",
        "users/12",
        "users//a",
        "/etc/passwd",
        "users/12//a",
        "config.json",
        "../users/12/a",
    ],
)
def test_a_key_of_another_place_is_neither_read_nor_deleted(tmp_path: Path, key: str) -> None:
    fill(tmp_path)
    source = in_folder(tmp_path)
    [receipt] = source.erase(batch(key))
    assert (receipt.done, "no key of uploads" in receipt.reason) == (Done.FAILED, True)
    [file] = found(source, NUMBER)[0].attachments
    with pytest.raises(NeedsHuman, match="no key of this collection"):
        list(source.read("uploads", key, file))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "url"),
        ({"path": "a", "url": "s3://b"}, "url"),
        ({"url": "bucket/folder"}, "url"),
        ({"url": "simplecache::s3://b"}, "url"),
        ({"path": "a", "page": 0}, "page"),
        ({"path": "a", "versions": True}, "versions"),
        (
            {"url": "s3://b", "options": {"endpoint_url": "http://store.example"}},
            "options.endpoint_url",
        ),
        ({"url": "nosuchprotocol://b"}, "url"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        objects(**given)
    assert refused.value.field.endswith(field)


def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(BadInput, match=r"needs the library s3fs.*dsar\[s3\]"):
        objects(url="s3://b")


# --- a folder -------------------------------------------------------------------------------------


def test_an_object_is_a_record_with_the_file_beside_it(tmp_path: Path) -> None:
    fill(tmp_path)
    source = in_folder(tmp_path)
    first = found(source)[0]
    assert first.data["key"] == "users/12/a.pdf"
    assert (first.data["size"], first.data["media_type"]) == (3, "application/pdf")
    assert first.data["modified"].endswith("+00:00")
    [file] = first.attachments
    assert (file.name, file.media_type, file.size) == ("a.pdf", "application/pdf", 3)
    assert b"".join(source.read("uploads", first.key, file)) == b"one"


def test_folders_that_are_emptied_go_since_their_names_say_whose_they_were(tmp_path: Path) -> None:
    fill(tmp_path)
    source = in_folder(tmp_path)
    assert done(source, "users/12/deeper/b.png") == [Done.ERASED]
    assert not (tmp_path / "users/12/deeper").exists()
    assert done(source, "users/12/a.pdf", "users/12/z.txt") == [Done.ERASED] * 2
    assert sorted(path.name for path in (tmp_path / "users").iterdir()) == ["1", "120", "12x"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    fill(tmp_path)
    source = in_folder(tmp_path)
    for link, target in (
        ("users/12/link", "/etc/hostname"),
        ("users/13", "/etc"),
        ("users/14", "12"),
    ):
        (tmp_path / link).symlink_to(target)
        person = Subject.of([("customer_number", "12" if "12" in link else link[-2:])])
        with pytest.raises(NeedsHuman, match="links are not followed"):
            found(source, person)
        key = link if "12" in link else f"{link}/a.pdf"
        with pytest.raises(NeedsHuman, match="links are not followed"):
            source.erase(batch(key))
        (tmp_path / link).unlink()
    assert Path("/etc/hostname").exists()


def test_an_object_that_went_between_pages_loses_no_other(tmp_path: Path) -> None:
    fill(tmp_path)
    source = in_folder(tmp_path)
    first = next(iter(source.find(NUMBER)))
    source.erase(batch(first.records[-1].key))
    rest = [r.key for page in source.find(NUMBER, first.checkpoint) for r in page.records]
    assert "users/12/z.txt" in rest


def test_a_checkpoint_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "users/12").mkdir(parents=True)
    for name in ("ann-lee.pdf", "ann-lee.txt", "ann-lee.zip"):
        (tmp_path / "users/12" / name).touch()
    marks = [page.checkpoint for page in in_folder(tmp_path).find(NUMBER)]
    assert len(marks) == 2
    assert "ann" not in str(marks)


def test_single_fields_of_an_object_cannot_be_erased(tmp_path: Path) -> None:
    fill(tmp_path)
    items = [Item("users/12/a.pdf", fields=("size",))]
    [receipt] = in_folder(tmp_path).erase(Batch("uploads", items, "k1"))
    assert (receipt.done, "only be deleted whole" in receipt.reason) == (Done.FAILED, True)
    assert (tmp_path / "users/12/a.pdf").exists()


# --- a bucket -------------------------------------------------------------------------------------


@pytest.mark.parametrize("versions", [False, True])
def test_more_objects_than_one_answer_holds_are_all_found_and_deleted(
    s3_server: S3Server, s3_url: str, versions: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "MOST", 3)
    source = in_bucket(s3_server, s3_url, page=4, versions=versions)
    if versions:
        keep_versions(source)
    for number in range(10):
        put(source, f"users/12/{number:05}", b"x")
        put(source, f"users/12/{number:05}", b"y")
    pages = list(source.find(NUMBER))
    assert [len(page.records) for page in pages] == [4, 4, 2]
    keys = [record.key for page in pages for record in page.records]
    assert len(set(keys)) == 10
    assert set(done(source, *keys)) == {Done.ERASED}
    assert found(source) == []


def test_a_large_object_is_read_in_blocks(s3_server: S3Server, s3_url: str) -> None:
    source = in_bucket(s3_server, s3_url)
    content = bytes(range(256)) * 40_000
    put(source, "users/12/film.mp4", content)
    [record] = found(source)
    blocks = list(source.read("uploads", record.key, record.attachments[0]))
    assert max(map(len, blocks)) <= 1024 * 1024
    assert b"".join(blocks) == content


def test_what_a_versioned_bucket_keeps_is_said_and_deleted_if_asked(
    s3_server: S3Server, s3_url: str
) -> None:
    plain, thorough = in_bucket(s3_server, s3_url), in_bucket(s3_server, s3_url, versions=True)
    keep_versions(plain)
    for content in (b"first", b"second"):
        put(plain, "users/12/a.pdf", content)
        put(plain, "users/12/a.pdf.sig", content)
    for _ in range(2):
        [receipt] = plain.erase(batch("users/12/a.pdf"))
        assert receipt.done is Done.FAILED
        assert "keeps 2 older versions" in receipt.reason
    assert [record.key for record in found(plain)] == ["users/12/a.pdf.sig"]
    before, _ = found(thorough)
    assert before.key == "users/12/a.pdf"
    contents = [b"".join(thorough.read("uploads", before.key, one)) for one in before.attachments]
    assert contents == [b"second", b"first"]
    assert done(thorough, "users/12/a.pdf") == [Done.ERASED]
    assert done(thorough, "users/12/a.pdf") == [Done.MISSING]
    [left] = found(thorough)
    assert (left.key, len(left.attachments)) == ("users/12/a.pdf.sig", 2)


@pytest.mark.parametrize("wrong", [{"secret": "wrong"}, {"key": "nobody"}])
def test_wrong_credentials_are_named_and_not_shown(
    s3_server: S3Server, s3_url: str, wrong: dict[str, str]
) -> None:
    options = {"endpoint_url": s3_server.endpoint, "key": s3_server.key, "secret": s3_server.secret}
    source = objects(url=s3_url, options={**options, "region": "us-east-1", **wrong})
    with pytest.raises(NeedsHuman, match="refuses these credentials") as refused:
        found(source)
    assert s3_server.secret not in str(refused.value)
    assert s3_server.secret not in repr(source.settings)


def test_a_bucket_that_is_not_there_is_named(s3_server: S3Server) -> None:
    source = in_bucket(s3_server, "s3://no-such-bucket")
    with pytest.raises(NeedsHuman, match="The bucket is not there"):
        found(source)
    [problem] = source.check()
    assert (problem.field, "not there" in problem.problem) == ("url", True)


def test_a_server_that_cannot_be_reached_is_waited_for() -> None:
    options = {
        "endpoint_url": "http://127.0.0.1:1",
        "key": "x",
        "secret": "y",
        "region": "us-east-1",
    }
    source = objects(url="s3://b", options=options, collections=COLLECTIONS)
    with pytest.raises(Later, match="cannot be reached"):
        found(source)


@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.parametrize(
    "spoilt",
    [
        {"IsTruncated": None},
        {"IsTruncated": True, "NextContinuationToken": None, "NextKeyMarker": None},
    ],
)
def test_a_store_that_does_not_say_whether_there_is_more_is_not_read_to_its_first_page(
    s3_server: S3Server,
    s3_url: str,
    monkeypatch: pytest.MonkeyPatch,
    versions: bool,
    spoilt: dict[str, Any],
) -> None:
    source = in_bucket(s3_server, s3_url, versions=versions)
    put(source, "users/12/a.pdf", b"one")
    asked = s3.S3Bucket._call

    def call(bucket: s3.S3Bucket, what: str, **given: Any) -> dict[str, Any] | None:
        answer = asked(bucket, what, **given)
        if answer is None or not what.startswith("list_object"):
            return answer
        return {name: one for name, one in (answer | spoilt).items() if one is not None}

    monkeypatch.setattr(s3.S3Bucket, "_call", call)
    with pytest.raises(NeedsHuman, match="not known whether that was all"):
        found(source, NUMBER)


def test_a_store_that_lists_the_same_page_for_ever_is_noticed(
    s3_server: S3Server, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "MOST", 1)
    source = in_bucket(s3_server, s3_url)
    for name in "abc":
        put(source, f"users/12/{name}", b"one")
    asked = s3.S3Bucket._call

    def call(bucket: s3.S3Bucket, what: str, **given: Any) -> dict[str, Any] | None:
        again = given.get("ContinuationToken")
        answer = asked(bucket, what, **given)
        return answer | {"NextContinuationToken": again} if answer and again else answer

    monkeypatch.setattr(s3.S3Bucket, "_call", call)
    with pytest.raises(NeedsHuman, match="not known whether that was all"):
        found(source, NUMBER)
