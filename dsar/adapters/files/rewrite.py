"""Changes rows of files: a file is written anew beside the old one and takes its place at once.

A reader sees the old file or the new one, never half of either; rows that are not meant keep their
text to the byte. Only one process at a time changes a folder.
"""

import fcntl
import hashlib
import hmac
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from dsar.adapters.dictionary import NO_LIFTING, Column, Erase, RestrictionMark
from dsar.adapters.files.files_settings import FileCollection, FileFormat, FilesSettings
from dsar.adapters.files.form import Data, FileRow, Fits, RefusedError
from dsar.adapters.files.match import key_of
from dsar.adapters.files.rows import files, rows, write
from dsar.adapters.replacement import replace
from dsar.sdk import Batch, Done, Item, Later, NeedsHuman, Receipt

#: What becomes of a row: what its receipt says, and its new values, or None where it goes.
#: Raises RefusedError.
Change = Callable[[Item, Data], tuple[Done, Data | None]]


@dataclass(frozen=True, slots=True)
class FileRewrite:
    """One batch at work in one collection of a folder."""

    folder: Path
    declared: FileCollection
    batch: Batch
    change: Change


def act(task: FileRewrite) -> list[Receipt]:
    """One receipt per item, in their order."""
    items = {item.key: item for item in task.batch.items}
    with _alone(task.folder):
        counted, places = located(task.folder, task.declared, set(items))
        receipts = dict(_hopeless(task, items, counted))
        open_items = {key: item for key, item in items.items() if key not in receipts}
        for path in places:
            for key, receipt in _rewrite(path, task, open_items).items():
                if key not in receipts or receipt.done is Done.FAILED:
                    receipts[key] = receipt
    return [receipts[item.key] for item in task.batch.items]


def located(
    folder: Path, declared: FileCollection, keys: set[str]
) -> tuple[Counter[str], list[Path]]:
    """How often each key is there, and the files that hold any of them."""
    counted: Counter[str] = Counter()
    places: list[Path] = []
    for path in files(folder, declared):
        found = [
            key
            for row in rows(path, declared)
            if row.data is not None and (key := key_of(declared, row.data)) in keys
        ]
        if found:
            counted.update(found)
            places.append(path)
    return counted, places


def _hopeless(
    task: FileRewrite, items: Mapping[str, Item], counted: Counter[str]
) -> Iterator[tuple[str, Receipt]]:
    """The receipts of records that are not there, or cannot be told from others."""
    name = task.batch.collection
    for key in items:
        if not counted[key]:
            yield key, Receipt(name, key, Done.MISSING)
        elif counted[key] > 1 and not task.declared.by_content:
            reason = "More than one row has this key. Declare a key that tells rows apart."
            yield key, Receipt(name, key, Done.FAILED, reason)


def _rewrite(path: Path, task: FileRewrite, items: Mapping[str, Item]) -> dict[str, Receipt]:
    receipts: dict[str, Receipt] = {}
    name = task.batch.collection

    def alter(row: FileRow, fits: Fits) -> Data | None:
        key = None if row.data is None else key_of(task.declared, row.data)
        item = items.get(key) if key else None
        if row.data is None or item is None:
            return row.data
        try:
            done, data = task.change(item, dict(row.data))
            if data is not None:
                fits(data)
        except RefusedError as refused:
            receipts[item.key] = Receipt(name, item.key, refused.done, str(refused), refused.code)
            return row.data
        receipts[item.key] = Receipt(name, item.key, done)
        return data

    replace(path, lambda target: write(path, target, task.declared, alter))
    return receipts


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which the system lets go of even if this process dies."""
    if not folder.is_dir():
        raise NeedsHuman(f"The folder {folder.name} is not there. Restore it, or correct the path.")
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Later("Another process is changing files of this folder.", 2) from None
        yield
    finally:
        os.close(handle)


# --- what becomes of a row ------------------------------------------------------------------------


def erased(name: str, declared: FileCollection, settings: FilesSettings) -> Change:
    """Only the named fields where any are; else the whole row, dropped or masked as declared."""
    secret = (settings.mask_key or "").encode()

    def change(item: Item, data: Data) -> tuple[Done, Data | None]:
        _refuse_unknown(name, declared, data, item.fields)
        if not item.fields and declared.erase is Erase.DELETE:
            return Done.ERASED, None
        for field in item.fields or tuple(data):
            if field in data:
                data[field] = _masked(declared, field, data[field], item.key, secret)
        return Done.ANONYMISED, data

    return change


def rectified(name: str, declared: FileCollection) -> Change:
    """The item's changes written into the row."""

    def change(item: Item, data: Data) -> tuple[Done, Data | None]:
        _refuse_unknown(name, declared, data, item.changes)
        if not item.changes:
            raise RefusedError("Nothing to change was given. Name the field and its new value.")
        if touched := set(item.changes) & _key_fields(declared):
            raise RefusedError(f"Field {name}.{min(touched)} is the record's key, never changed.")
        return Done.RECTIFIED, {**data, **item.changes}

    return change


def restricted(name: str, declared: FileCollection) -> Change:
    """The row with the mark for restriction."""

    def change(_item: Item, data: Data) -> tuple[Done, Data | None]:
        return Done.RESTRICTED, _marked(name, declared, "restrict", data)

    return change


def lifted(name: str, declared: FileCollection) -> Change:
    """The row without the mark for restriction."""
    mark = declared.restrict
    ended = mark.lifting() if mark else None

    def change(_item: Item, data: Data) -> tuple[Done, Data | None]:
        if mark and ended is None:
            raise RefusedError(NO_LIFTING.format(place=name))
        return Done.LIFTED, _marked(name, replaced(declared, restrict=ended), "restrict", data)

    return change


def stopped(name: str, declared: FileCollection, purposes: Sequence[str]) -> Change:
    """The row with the mark for objections, where it concerns any of these purposes."""
    marking = declared.object_to
    others = marking and marking.purposes and not set(marking.purposes) & set(purposes)

    def change(_item: Item, data: Data) -> tuple[Done, Data | None]:
        if marking and others:
            only = ", ".join(marking.purposes)
            told = f"{name} marks objections to {only} only."
            raise RefusedError(told, Done.KEPT, "other_purposes")
        return Done.STOPPED, _marked(name, declared, "object_to", data)

    return change


def _marked(name: str, declared: FileCollection, verb: str, data: Data) -> Data:
    marking: RestrictionMark | None = getattr(declared, verb)
    if marking is None:
        raise RefusedError(
            f"{name} has no mark for this. Declare {verb} = {{ column = …, value = … }}."
        )
    _refuse_unknown(name, declared, data, (marking.column,), also=marking.column)
    return {**data, marking.column: marking.value}


def _refuse_unknown(
    name: str,
    declared: FileCollection,
    data: Data,
    fields: Sequence[str] | Mapping[str, Any],
    also: str = "",
) -> None:
    """A table has the columns of its header; JSON Lines those it has or the declaration knows."""
    free = declared.form_of(Path(declared.file)) is FileFormat.JSONL
    known = {*data, *declared.columns, also} if free else set(data)
    if unknown := [field for field in fields if field not in known]:
        raise RefusedError(f"{name} has no field {unknown[0]}. Correct its name.")


def _key_fields(declared: FileCollection) -> set[str]:
    return set() if declared.by_content else {name.partition(".")[0] for name in declared.key}


def _masked(declared: FileCollection, field: str, value: Any, key: str, secret: bytes) -> Any:
    mask = declared.columns.get(field, Column(label={})).mask
    marks = {mark.column for mark in (declared.restrict, declared.object_to) if mark}
    if mask is None:
        mask = "keep" if field in marks | _key_fields(declared) else "null"
    if not isinstance(mask, str):
        return mask
    if mask in _MASKS:
        return _MASKS[mask](value, secret)
    return mask.replace("{key}", key)


def _hash(value: Any, secret: bytes) -> Any:
    return value and hmac.new(secret, str(value).encode(), hashlib.sha256).hexdigest()


_MASKS: Mapping[str, Callable[[Any, bytes], Any]] = {
    "null": lambda _value, _secret: None,
    "keep": lambda value, _secret: value,
    "hash": _hash,
    "year": lambda value, _secret: f"{value[:4]}-01-01" if value else value,
}
