"""The files adapter keeps the contract in every form of file, with keys and without."""

import csv
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsar.adapters.files import Files
from dsar.sdk import Adapter, Subject
from dsar.sdk.contract import AdapterContract, World
from dsar.sdk.registry import settings_from

PEOPLE = (
    ("1", "Ann.Lee@Example.com", "Ann Lee", "news"),
    ("2", "ann.lee+tag@example.com", "Ann Lee", "news"),
    ("3", "", "Nobody", "news"),
    ("4", "ann.lee@example.com", 'Ann "A."\nLee', "offers, weekly"),
    ("5", "annxlee@example.com", "Anna", "news"),
    ("6", "ANN.LEE@EXAMPLE.COM ", "Ann", "daily"),
    ("7", "ann.lee@example.co", "Ann", "daily"),
)
NAMES = ("id", "email", "name", "topic")

SETTINGS = """
page = 2
[collections.list]
title = "Mailing list"
file = "{file}"
key = "{key}"
identify = {{ email = "{email}" }}
erase = "{erase}"
restrict = {{ column = "topic", value = "restricted" }}
object_to = {{ column = "topic", value = "none" }}
[collections.list.columns]
id = {{ label = "Number", mask = "keep" }}
email = "E-mail address"
user = "Account"
name = "Name"
topic = "Topic"
"""


def declared(
    folder: Path, file: str, email: str = "email", key: str = "id", erase: str = "delete"
) -> Files:
    settings = tomllib.loads(SETTINGS.format(file=file, email=email, key=key, erase=erase))
    unused = "user" if email == "email" else "email"
    del settings["collections"]["list"]["columns"][unused]
    given = {**settings, "path": str(folder)}
    return Files(settings_from(Files, given, at="sources.list"))


def write_csv(path: Path, rows: Sequence[Sequence[str]] = PEOPLE) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([NAMES, *rows])


def write_jsonl(path: Path, rows: Sequence[Sequence[str]] = PEOPLE) -> None:
    with path.open("w", encoding="utf-8") as handle:
        for number, email, name, topic in rows:
            row = {"id": int(number), "user": {"email": email}, "name": name, "topic": topic}
            handle.write(json.dumps(row) + "\n")


def write_parquet(path: Path, rows: Sequence[Sequence[str]] = PEOPLE) -> None:
    columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    columns["id"] = tuple(map(int, columns["id"]))
    pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), path, 3)


def write_excel(path: Path, rows: Sequence[Sequence[str]] = PEOPLE) -> None:
    book = openpyxl.Workbook()
    for number, *rest in (NAMES, *rows):
        book.active.append([int(number) if number.isdigit() else number, *rest])
    book.save(path)


class TestCsv(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_csv(tmp_path / "list.csv")
        return declared(tmp_path, "list.csv")

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=Subject.of([("email", "ann.lee@example.com")]),
            keys={"list": frozenset({"1", "4", "6"})},
            neighbour=Subject.of([("email", "ann.lee+tag@example.com")]),
            correction=("list", "name", 'Ann "the" Lee,\nnéé'),
        )

    def unreachable(self) -> Adapter:
        return declared(Path("/nowhere"), "list.csv")


class TestJsonLines(TestCsv):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_jsonl(tmp_path / "list-1.jsonl", PEOPLE[:3])
        write_jsonl(tmp_path / "list-2.jsonl", PEOPLE[3:])
        return declared(tmp_path, "list-*.jsonl", email="user.email")


class TestParquet(TestCsv):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_parquet(tmp_path / "list.parquet")
        return declared(tmp_path, "list.parquet")


class TestMaskingParquet(TestCsv):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_parquet(tmp_path / "list-1.pq", PEOPLE[:3])
        write_parquet(tmp_path / "list-2.pq", PEOPLE[3:])
        return declared(tmp_path, "list-*.pq", erase="mask")


class TestExcel(TestCsv):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_excel(tmp_path / "list.xlsx")
        return declared(tmp_path, "list.xlsx")


class TestMaskingExcel(TestCsv):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_excel(tmp_path / "list.xlsx")
        return declared(tmp_path, "list.xlsx", erase="mask")


class TestMasking(TestJsonLines):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_jsonl(tmp_path / "list.jsonl")
        return declared(tmp_path, "list.jsonl", email="user.email", erase="mask")


class TestWithoutKeys(TestCsv):
    """Rows named by their content change their name with it: a correction cannot be followed."""

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        write_csv(tmp_path / "list.csv", [*PEOPLE, PEOPLE[0]])
        return declared(tmp_path, "list.csv", key="#")

    @pytest.fixture
    def world(self, adapter: Adapter) -> World:
        person = Subject.of([("email", "ann.lee@example.com")])
        found = [record for page in adapter.find(person) for record in page.records]
        assert [record.data["id"] for record in found] == ["1", "4", "6"]
        return World(
            person=person,
            keys={"list": frozenset(record.key for record in found)},
            neighbour=Subject.of([("email", "ann.lee+tag@example.com")]),
        )
