"""Changes documents one by one, each named by its _id; only the fields meant are written."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pymongo

from dsar.adapters.dictionary import NO_LIFTING, Column, Erase, RestrictionMark
from dsar.adapters.mongo.database import MongoDatabase, named_failures
from dsar.adapters.mongo.mongo_settings import MongoCollection
from dsar.adapters.mongo.values import json_of, key_of, like, number_of
from dsar.sdk import Batch, Done, Item, Receipt

#: Documents asked for and written at once.
_CHUNK = 500

Document = dict[str, Any]


class RefusedError(Exception):
    """This document is left as it is; the text says why and goes on its receipt."""

    def __init__(self, reason: str, done: Done = Done.FAILED, code: str = "") -> None:
        super().__init__(reason)
        self.done, self.code = done, code


#: What becomes of a document: what its receipt says, and the fields to write; None deletes it.
Change = Callable[[Item, Document], tuple[Done, Document | None]]


def act(database: MongoDatabase, batch: Batch, change: Change) -> list[Receipt]:
    """One receipt per item, in their order."""
    done: dict[str, Receipt] = {}
    for start in range(0, len(batch.items), _CHUNK):
        with named_failures():
            done |= _chunk(database, batch, batch.items[start : start + _CHUNK], change)
    return [done[item.key] for item in batch.items]


def _chunk(
    database: MongoDatabase, batch: Batch, items: Sequence[Item], change: Change
) -> dict[str, Receipt]:
    name, documents = batch.collection, database.documents(batch.collection)
    done: dict[str, Receipt] = {}
    writes: list[pymongo.UpdateOne | pymongo.DeleteOne] = []
    there = _found(database, name, [item.key for item in items])
    for item in items:
        document = there.get(item.key)
        if document is None:
            done[item.key] = _absent(name, item.key)
            continue
        try:
            what, values = change(item, document)
        except RefusedError as refused:
            done[item.key] = Receipt(name, item.key, refused.done, str(refused), refused.code)
            continue
        done[item.key] = Receipt(name, item.key, what)
        this = {"_id": {"$eq": document["_id"]}}
        if values is None:
            writes.append(pymongo.DeleteOne(this))
        elif values:
            writes.append(pymongo.UpdateOne(this, {"$set": values}))
    if writes:
        documents.bulk_write(writes, ordered=False)
    return done


def _absent(name: str, key: str) -> Receipt:
    if number_of(key) is None:
        return Receipt(name, key, Done.FAILED, f"This is no key of {name}. Search again.")
    return Receipt(name, key, Done.MISSING)


def _found(database: MongoDatabase, name: str, keys: Sequence[str]) -> dict[str, Document]:
    """The documents of these keys that are there."""
    numbers = [one[0] for key in keys if (one := number_of(key))]
    found = database.documents(name).find({"_id": {"$in": numbers}}) if numbers else ()
    return {key_of(document["_id"]): document for document in found}


def probed(_item: Item, _document: Document) -> tuple[Done, Document | None]:
    """The receipt of a document that is there; nothing is changed."""
    raise RefusedError("The document is there.", Done.KEPT)


def erased(name: str, declared: MongoCollection, mask_key: str | None) -> Change:
    """Only the named fields where any are; else the whole document, deleted or masked."""
    secret = (mask_key or "").encode()

    def change(item: Item, document: Document) -> tuple[Done, Document | None]:
        _refuse_unknown(name, declared, document, item.fields)
        if not item.fields and declared.erase is Erase.DELETE:
            return Done.ERASED, None
        values = {
            field: _masked(declared, field, document[field], item.key, secret)
            for field in item.fields or tuple(document)
            if field in document and field != "_id"
        }
        kept = {field for field, value in values.items() if value is document[field]}
        _refuse_paths(name, set(values) - kept)
        return Done.ANONYMISED, {field: values[field] for field in values if field not in kept}

    return change


def rectified(name: str, declared: MongoCollection) -> Change:
    """The item's changes, each in the kind the document holds."""

    def change(item: Item, document: Document) -> tuple[Done, Document | None]:
        _refuse_unknown(name, declared, document, item.changes)
        _refuse_paths(name, item.changes)
        if not item.changes:
            raise RefusedError("Nothing to change was given. Name the field and its new value.")
        if "_id" in item.changes:
            raise RefusedError(f"Field {name}._id is the document's key, never changed.")
        values: Document = {}
        for field, value in item.changes.items():
            try:
                values[field] = like(document.get(field), value)
            except ValueError:
                raise RefusedError(
                    f"The value does not fit field {name}.{field}. Correct the value."
                ) from None
        return Done.RECTIFIED, values

    return change


def marked(name: str, marking: RestrictionMark | None, verb: str, done: Done) -> Change:
    """The mark the collection declares for that verb."""

    def change(_item: Item, _document: Document) -> tuple[Done, Document | None]:
        if marking is None:
            raise RefusedError(
                f"{name} has no mark for this. Declare {verb} = {{ column = …, value = … }}."
            )
        return done, {marking.column: marking.value}

    return change


def lifted(name: str, declared: MongoCollection) -> Change:
    """What the collection declares for a restriction that has ended."""
    mark = declared.restrict
    ended = mark.lifting() if mark else None
    if mark is None or ended is not None:
        return marked(name, ended, "restrict", Done.LIFTED)

    def change(_item: Item, _document: Document) -> tuple[Done, Document | None]:
        raise RefusedError(NO_LIFTING.format(place=name))

    return change


def stopped(name: str, declared: MongoCollection, purposes: Sequence[str]) -> Change:
    """The mark for objections, where it concerns any of these purposes."""
    marking = declared.object_to
    if marking and marking.purposes and not set(marking.purposes) & set(purposes):
        only = ", ".join(marking.purposes)

        def kept(_item: Item, _document: Document) -> tuple[Done, Document | None]:
            told = f"{name} marks objections to {only} only."
            raise RefusedError(told, Done.KEPT, "other_purposes")

        return kept
    return marked(name, marking, "object_to", Done.STOPPED)


def _refuse_unknown(
    name: str,
    declared: MongoCollection,
    document: Document,
    fields: Sequence[str] | Mapping[str, Any],
) -> None:
    if unknown := [one for one in fields if one not in document and one not in declared.columns]:
        raise RefusedError(f"{name} has no field {unknown[0]}. Correct its name.")


def _refuse_paths(name: str, fields: set[str] | Mapping[str, Any]) -> None:
    """The server would take such a name for a path or an operator."""
    if strange := sorted(one for one in fields if "." in one or one.startswith("$")):
        raise RefusedError(f"Field {name}.{strange[0]} cannot be written by its name. Rename it.")


def _masked(declared: MongoCollection, field: str, value: Any, key: str, secret: bytes) -> Any:
    mask = declared.columns.get(field, Column(label={})).mask
    if mask is None:
        marks = {mark.column for mark in (declared.restrict, declared.object_to) if mark}
        references = {path.partition(".")[0] for path in declared.from_}
        mask = "keep" if field in marks | references else "null"
    if not isinstance(mask, str):
        return mask
    if mask in _MASKS:
        return _MASKS[mask](value, secret)
    return mask.replace("{key}", key)


def _year(value: Any) -> Any:
    return like(value, f"{str(json_of(value))[:4]}-01-01") if value else value


def _hash(value: Any, secret: bytes) -> Any:
    return value and hmac.new(secret, str(json_of(value)).encode(), hashlib.sha256).hexdigest()


_MASKS: Mapping[str, Callable[[Any, bytes], Any]] = {
    "null": lambda _value, _secret: None,
    "keep": lambda value, _secret: value,
    "hash": _hash,
    "year": lambda value, _secret: _year(value),
}
