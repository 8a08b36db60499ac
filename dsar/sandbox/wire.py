"""The SDK's values as JSON values and back; the other side is not trusted to keep their types."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from dsar.sdk import (
    CODES,
    Attachment,
    Batch,
    Collection,
    Done,
    Field,
    Item,
    Later,
    Match,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
)

#: What an adapter may raise that can be over the next time: of its network, its disk.
PASSING = (OSError, EOFError)


def from_settings(value: Any) -> Any:
    """Settings as the table they could have been read from: references resolved, paths whole.

    What is None is left out, as it is in a file. Raises TypeError for what no table can hold.
    """
    if is_dataclass(value) and not isinstance(value, type):
        held = {
            one.name.removesuffix("_"): getattr(value, one.name)
            for one in fields(value)
            if one.init
        }
        return {name: from_settings(one) for name, one in held.items() if one is not None}
    if isinstance(value, Mapping):
        return {str(name): from_settings(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [from_settings(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(type(value).__name__)


def from_page(page: Page) -> dict[str, Any]:
    """A page; its records' values are sent as they are, for the engine to look at."""
    return {
        "checkpoint": page.checkpoint,
        "identifiers": [list(pair) for pair in page.identifiers],
        "records": [_from_record(record) for record in page.records],
    }


def _from_record(record: Record) -> list[Any]:
    attached = [asdict(one) for one in record.attachments]
    return [
        record.collection,
        record.key,
        dict(record.data),
        record.match,
        record.subject,
        attached,
        record.shared,
    ]


def to_page(said: dict[str, Any]) -> Page:
    """The page in a message; whether its parts are what they should be is the engine's to judge."""
    return Page(
        [_to_record(row) for row in said["records"]],
        said["checkpoint"],
        tuple((kind, value) for kind, value in said["identifiers"]),
    )


def _to_record(row: list[Any]) -> Record:
    collection, key, data, match, subject, attached, shared = row
    with suppress(ValueError):
        match = Match(match)
    files = tuple(to_attachment(one) for one in attached)
    return Record(collection, key, data, match, subject, files, shared=shared is True)


def to_attachment(said: dict[str, Any]) -> Attachment:
    """The attachment in a message."""
    return Attachment(said["reference"], said["name"], said["media_type"], said["size"])


def from_batch(batch: Batch) -> dict[str, Any]:
    """A batch."""
    return {
        "collection": batch.collection,
        "items": [[item.key, list(item.fields), dict(item.changes)] for item in batch.items],
        "idempotency_key": batch.idempotency_key,
        "purposes": list(batch.purposes),
    }


def to_batch(said: dict[str, Any]) -> Batch:
    """The batch in a message."""
    items = [Item(key, tuple(fields), changes) for key, fields, changes in said["items"]]
    return Batch(said["collection"], items, said["idempotency_key"], tuple(said["purposes"]))


def from_receipt(receipt: Receipt) -> list[str]:
    """A receipt; its code only where it has one, which is seldom."""
    code = [receipt.code] if receipt.code else []
    return [receipt.collection, receipt.key, receipt.done, receipt.reason, *code]


def to_receipt(said: list[str]) -> Receipt:
    """The receipt in a message."""
    collection, key, done, reason, *code = said
    return Receipt(collection, key, Done(done), str(reason), *map(str, code))


def from_failure(failure: Later | NeedsHuman) -> dict[str, Any]:
    """What a named failure says: its sentence, its code, and the texts that go with it."""
    because = failure.because
    params = {str(name): str(value) for name, value in because.params.items() if name != "text"}
    return {"reason": str(failure.reason), "code": str(because.code), "params": params}


def to_failure(said: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Sentence, code and texts of the failure in a message; a code that is none of theirs is "".

    So no adapter can say what the engine alone may say, such as that a legal hold is in force.
    """
    code = said["code"] if said["code"] in CODES else ""
    params = {str(name)[:40]: str(text)[:300] for name, text in dict(said["params"]).items()}
    return str(said["reason"]), code, params if code else {}


def from_collection(collection: Collection) -> dict[str, Any]:
    """A collection and its dictionary."""
    entries = [
        {"name": one.name, "label": dict(one.label), "meaning": dict(one.meaning)}
        | {"category": one.category, "term": one.term, "about_others": one.about_others}
        | {"withhold": one.withhold}
        for one in collection.fields
    ]
    title, meaning = dict(collection.title), dict(collection.meaning)
    return {"name": collection.name, "title": title, "fields": entries, "meaning": meaning}


def to_collection(said: dict[str, Any]) -> Collection:
    """The collection in a message."""
    entries = tuple(Field(**entry) for entry in said["fields"])
    return Collection(said["name"], said["title"], entries, said["meaning"])


def to_problem(said: dict[str, Any]) -> Problem:
    """The problem in a message."""
    field, problem, mend = (str(said[name]) for name in ("field", "problem", "mend"))
    return Problem(field, problem, mend, warning=said.get("warning") is True)
