"""A folder with a table of people, and what the tests ask of it."""

import tomllib
from pathlib import Path
from typing import Any

from dsar.adapters.files import Files
from dsar.sdk import Batch, Item, Receipt, Record, Subject
from dsar.sdk.registry import settings_from

PERSON = Subject.of([("email", "ann@example.com")])


SETTINGS = """
mask_key = "a secret of the tests"
[collections.people]
file = "people.parquet"
key = "id"
identify = { email = "email" }
[collections.people.columns]
id = "Number"
email = "E-mail address"
"""


def folder_of(folder: Path, file: str = "people.parquet", **changed: Any) -> Files:
    given: dict[str, Any] = tomllib.loads(SETTINGS)
    given["collections"]["people"] |= {"file": file, **changed}
    return Files(settings_from(Files, {**given, "path": str(folder)}, at="sources.people"))


def found(source: Files, subject: Subject = PERSON) -> list[Record]:
    return [record for page in source.find(subject) for record in page.records]


def batch(*items: Item | str) -> Batch:
    return Batch("people", [one if isinstance(one, Item) else Item(one) for one in items], "k1")


def change(source: Files, key: str, **values: Any) -> Receipt:
    [receipt] = source.rectify(batch(Item(key, changes=values)))
    return receipt
