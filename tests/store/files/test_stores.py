"""Every store keeps whole files by name, and says in words what stands in the way."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsar.store.files import objects
from dsar.store.files.folder import FolderStore
from dsar.store.files.objects import ObjectStore
from dsar.store.files.places import CannotStore, FileGone, FileStore, StoreAway
from tests.servers_s3 import REGION, S3Server

NAME = "bundles/DSR-1-1.0a1b.sealed"
Write = Callable[[bytes], Path]


@pytest.fixture
def bucket(s3_server: S3Server, s3_url: str) -> ObjectStore:
    return ObjectStore(
        bucket=s3_url.removeprefix("s3://"),
        prefix="privacy/dsar",
        endpoint=s3_server.endpoint,
        region=REGION,
        key=s3_server.key,
        secret=s3_server.secret,
    )


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """Each kind of store, empty."""
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    found: ObjectStore = request.getfixturevalue("bucket")
    return found


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    def write(content: bytes) -> Path:
        path = tmp_path / f".{time.monotonic_ns()}.part"
        path.write_bytes(content)
        return path

    yield write
    assert not list(tmp_path.glob(".*.part")), "what was put must be gone from its place"


def read(files: FileStore, name: str = NAME) -> bytes:
    with files.open(name) as file:
        return file.read()


def test_what_was_put_is_there_whole_and_is_read_from_any_place(
    files: FileStore, write: Write
) -> None:
    content = os.urandom(3_000_000)
    files.put(NAME, write(content))
    assert read(files) == content
    with files.open(NAME) as file:
        file.seek(2_000_000)
        assert file.read(10) == content[2_000_000:2_000_010]
        assert file.seek(0, os.SEEK_END) == len(content)


def test_it_is_listed_with_its_time_and_where_it_lies(files: FileStore, write: Write) -> None:
    assert list(files.lying("bundles")) == []
    files.put(NAME, write(b"sealed"))
    (found,) = files.lying("bundles")
    assert found.name == NAME
    assert abs(found.since.timestamp() - time.time()) < 60
    assert files.where(NAME).endswith(NAME)


def test_what_was_removed_is_gone_and_removing_it_again_is_harmless(
    files: FileStore, write: Write
) -> None:
    files.put(NAME, write(b"sealed"))
    files.remove(NAME)
    files.remove(NAME)
    assert list(files.lying("bundles")) == []
    with pytest.raises(FileGone, match="gone"):
        files.open(NAME)


def test_a_store_that_works_has_nothing_to_complain_of(files: FileStore) -> None:
    files.check()


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(FileGone):
        FolderStore(tmp_path / "store").open("../secret")


def test_a_large_file_arrives_in_parts(
    bucket: ObjectStore, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PART", 5 << 20)
    content = os.urandom(12 << 20)
    path = write(content)
    assert objects.etag(path).endswith("-3")
    bucket.put(NAME, path)
    assert read(bucket) == content


def test_what_arrived_changed_is_taken_away_again(
    bucket: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sealed"
    path.write_bytes(b"as it was sealed")
    upload = bucket._files.put_file

    def tampered(source: str, place: str, **options: object) -> None:
        upload(source, place, **options)
        bucket._files.pipe_file(place, b"as nobody sealed")

    monkeypatch.setattr(bucket._files, "put_file", tampered)
    with pytest.raises(CannotStore, match="arrived changed"):
        bucket.put(NAME, path)
    assert path.exists()
    assert list(bucket.lying("bundles")) == []


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a bucket that is not there": ({"bucket": "no-such-bucket"}, "no bucket of this store"),
    "a name no bucket can have": ({"bucket": "No_Bucket"}, "no bucket of this store"),
    "a wrong secret": ({"secret": "wrong"}, "refuses these credentials"),
    "a stranger": ({"key": "nobody", "secret": "x"}, "refuses these credentials"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_set_up_wrong_is_said_by_name_and_the_file_stays(
    bucket: ObjectStore, tmp_path: Path, kind: str
) -> None:
    changed, words = WRONG[kind]
    wrong, path = replace(bucket, **changed), tmp_path / "sealed"
    path.write_bytes(b"sealed")
    with pytest.raises(CannotStore, match=words) as caught:
        wrong.put(NAME, path)
    assert bucket.secret not in str(caught.value)
    assert path.exists()
    with pytest.raises(CannotStore, match=words):
        wrong.check()


def test_a_store_that_is_away_is_said_to_be_away(
    bucket: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(objects._SECONDS, "retries", {"max_attempts": 1})
    away = replace(bucket, endpoint="http://127.0.0.1:9")
    path = tmp_path / "sealed"
    path.write_bytes(b"sealed")
    with pytest.raises(StoreAway, match="does not answer"):
        away.put(NAME, path)
    assert path.exists()


def test_neither_key_nor_secret_is_in_its_representation(bucket: ObjectStore) -> None:
    assert bucket.secret not in repr(bucket)
    assert bucket.key not in repr(bucket)
