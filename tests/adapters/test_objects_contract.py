"""The objects adapter keeps the contract on a local disk and on a real S3-compatible server."""

from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.objects import Objects
from dsar.sdk import Adapter, Subject
from dsar.sdk.contract import AdapterContract, World
from dsar.sdk.registry import settings_from
from tests.servers_s3 import S3Server

COLLECTIONS = {
    "uploads": {"title": "Upload", "template": "users/{customer_number}/*"},
    "exports": {"title": "Export", "template": "exports/{email}.json"},
}
#: Whose each is: 12 is ann, 1, 120 and 12x are others.
OBJECTS = {
    "users/12/a.pdf": b"one",
    "users/12/deeper/b.png": b"two",
    "users/12/z.txt": b"",
    "users/120/a.pdf": b"other",
    "users/1/a.pdf": b"other",
    "users/12x": b"other",
    "exports/ann@example.com.json": b"{}",
    "exports/ann@example.com.json.bak": b"{}",
    "exports/joann@example.com.json": b"{}",
    "exports/bob@example.com.json": b"{}",
    "config.json": b"{}",
}
ANN = Subject.of([("customer_number", "12"), ("email", "ann@example.com")])
WORLD = World(
    person=ANN,
    keys={
        "uploads": frozenset({"users/12/a.pdf", "users/12/deeper/b.png", "users/12/z.txt"}),
        "exports": frozenset({"exports/ann@example.com.json"}),
    },
    neighbour=Subject.of([("customer_number", "120"), ("email", "bob@example.com")]),
)


def objects(**given: Any) -> Objects:
    whole = {"page": 2, "collections": COLLECTIONS, **given}
    return Objects(settings_from(Objects, whole, at="sources.uploads"))


def in_folder(folder: Path, **given: Any) -> Objects:
    return objects(path=str(folder), **given)


def in_bucket(server: S3Server, url: str, **given: Any) -> Objects:
    reached = {"endpoint_url": server.endpoint, "key": server.key, "secret": server.secret}
    return objects(url=url, options={**reached, "region": "us-east-1"}, **given)


def fill(folder: Path) -> None:
    for key, content in OBJECTS.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def upload(source: Objects, prefix: str = "") -> None:
    for key, content in OBJECTS.items():
        put(source, prefix + key, content)


def put(source: Objects, key: str, content: bytes) -> None:
    source._store._call("put_object", Key=key, Body=content)


def keep_versions(source: Objects) -> None:
    source._store._call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})


class TestFolder(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        fill(tmp_path)
        return in_folder(tmp_path)

    @pytest.fixture
    def world(self) -> World:
        return WORLD

    def unreachable(self) -> Adapter:
        return in_folder(Path("/nowhere/uploads"))


class TestBucket(TestFolder):
    @pytest.fixture
    def adapter(self, s3_server: S3Server, s3_url: str) -> Adapter:
        source = in_bucket(s3_server, f"{s3_url}/the")
        upload(source, "the/")
        return source

    def unreachable(self) -> Adapter:
        there = {"endpoint_url": "http://127.0.0.1:1", "key": "x", "secret": "y"}
        return objects(url="s3://nowhere", options={**there, "region": "us-east-1"})


class TestVersionedBucket(TestFolder):
    @pytest.fixture
    def adapter(self, s3_server: S3Server, s3_url: str) -> Adapter:
        source = in_bucket(s3_server, s3_url, versions=True)
        keep_versions(source)
        upload(source)
        put(source, "users/12/a.pdf", b"one, changed")
        put(source, "users/120/a.pdf", b"other, changed")
        return source

    def unreachable(self) -> None:
        return None
