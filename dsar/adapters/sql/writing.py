"""Changes rows a batch at a time: one transaction, one statement for all records alike.

Where the database refuses such a statement, the batch is halved until the refused records stand
alone: they fail with their reason, the others are changed.
"""

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from dsar.adapters.dictionary import NO_LIFTING, Erase, Marking
from dsar.adapters.sql.errors import refusal
from dsar.adapters.sql.masks import mask_of, masked
from dsar.adapters.sql.schema import Database, Live, Where
from dsar.adapters.sql.values import incoming
from dsar.sdk import Batch, Done, Item, Receipt

Key = tuple[Any, ...]
Statement = Callable[[Where], sa.Update | sa.Delete]


@dataclass(frozen=True, slots=True)
class Change:
    """The statement for all records treated alike, and what their receipts will say."""

    statement: Statement | None
    done: Done
    reason: str = ""


Plan = Callable[[Live, Item], Change]


def act(
    database: Database, batch: Batch, alike: Callable[[Item], Hashable], plan: Plan
) -> list[Receipt]:
    """One receipt per item, in their order; `alike` groups the items one statement can serve."""
    live = database.tables().get(batch.collection)
    if live is None:
        reason = f"The source declares no table {batch.collection}."
        return [Receipt(batch.collection, item.key, Done.FAILED, reason) for item in batch.items]
    groups: dict[Hashable, list[Item]] = {}
    for item in batch.items:
        groups.setdefault(alike(item), []).append(item)
    receipts: dict[str, Receipt] = {}
    with database.writing(live.full_name) as connection:
        for items in groups.values():
            receipts |= _group(connection, live, items, plan(live, items[0]))
    return [receipts[item.key] for item in batch.items]


def _group(
    connection: sa.Connection, live: Live, items: Sequence[Item], change: Change
) -> dict[str, Receipt]:
    keys, receipts = _decoded(live, items)
    wanted = sorted(keys.values())  # two batches at once lock the same rows in the same order
    there: set[Key] = set()
    refused: dict[Key, str] = {}
    for chunk in live.chunks(wanted):
        if change.statement is None:
            there |= existing(connection, live, chunk)
        else:
            there |= _attempt(connection, live, chunk, change.statement, refused)
    for text, key in keys.items():
        if key in there:
            receipts[text] = Receipt(live.name, text, change.done, change.reason)
        elif key in refused:
            receipts[text] = Receipt(live.name, text, Done.FAILED, refused[key])
        else:
            receipts[text] = Receipt(live.name, text, Done.MISSING)
    return receipts


def _decoded(live: Live, items: Sequence[Item]) -> tuple[dict[str, Key], dict[str, Receipt]]:
    keys: dict[str, Key] = {}
    receipts: dict[str, Receipt] = {}
    for item in items:
        key = live.decode(item.key)
        if key is None:
            reason = f"This is no key of {live.name}. Search the source again."
            receipts[item.key] = Receipt(live.name, item.key, Done.FAILED, reason)
        else:
            keys[item.key] = key
    return keys, receipts


def existing(connection: sa.Connection, live: Live, keys: Sequence[Key]) -> set[Key]:
    """Which of these keys are there, locked where the database can lock rows."""
    statement = sa.select(*live.key).where(live.keys_in(keys))
    if connection.get_execution_options().get("dsar_writes"):
        statement = statement.with_for_update()
    return set(map(tuple, connection.execute(statement).all()))


def _attempt(
    connection: sa.Connection,
    live: Live,
    keys: Sequence[Key],
    statement: Statement,
    refused: dict[Key, str],
) -> set[Key]:
    """Changes these rows and says which were there; adds the refused ones with their reasons."""
    try:
        with connection.begin_nested():
            return _changed(connection, live, keys, statement)
    except (exc.IntegrityError, exc.DataError) as error:
        if len(keys) == 1:
            refused[keys[0]] = refusal(error)
            return set()
    half = len(keys) // 2
    halves = (keys[:half], keys[half:])
    return {key for part in halves for key in _attempt(connection, live, part, statement, refused)}


def _changed(
    connection: sa.Connection, live: Live, keys: Sequence[Key], statement: Statement
) -> set[Key]:
    """The keys of the rows changed; asked for first where the database does not return them."""
    change = statement(live.keys_in(keys))
    dialect = connection.dialect
    if dialect.delete_returning and dialect.update_returning:
        return set(map(tuple, connection.execute(change.returning(*live.key)).all()))
    there = existing(connection, live, keys)
    connection.execute(change)
    return there


# --- erase ----------------------------------------------------------------------------------------


def erase(database: Database, batch: Batch, mask_key: str) -> list[Receipt]:
    """Deletes rows or masks their columns, as declared; only the named fields where any are."""

    def plan(live: Live, item: Item) -> Change:
        if not item.fields and live.declared.erase is Erase.DELETE:
            return Change(sa.delete(live.table).where, Done.ERASED)
        return _masking(live, item.fields, mask_key)

    return act(database, batch, lambda item: item.fields, plan)


def _masking(live: Live, fields: Sequence[str], mask_key: str) -> Change:
    if unknown := [name for name in fields if name not in live.types]:
        return _failed(f"{live.name} has no column {unknown[0]}.")
    names = [name for name in fields or live.names if mask_of(live, name) != "keep"]
    values = {name: masked(live, name, mask_key) for name in names}
    for name, value in values.items():
        if value is None and name in live.required:
            return _failed(f"Column {live.name}.{name} cannot be empty. Declare a mask for it.")
    if not values:
        kept = f"Nothing in {live.name} that is asked for is declared to be erased."
        return Change(None, Done.KEPT, kept)
    return Change(sa.update(live.table).values(values).where, Done.ANONYMISED)


def _failed(reason: str) -> Change:
    return Change(None, Done.FAILED, reason)


# --- rectify --------------------------------------------------------------------------------------


def rectify(database: Database, batch: Batch) -> list[Receipt]:
    """Writes each item's changes; items with the same changes share one statement."""

    def plan(live: Live, item: Item) -> Change:
        values: dict[str, Any] = {}
        for name, value in item.changes.items():
            fault = _fault(live, name, value)
            if fault:
                return _failed(fault)
            values[name] = incoming(value, live.types[name], live.dialect)
        if not values:
            return _failed("Nothing to change was given. Name the field and its new value.")
        return Change(sa.update(live.table).values(values).where, Done.RECTIFIED)

    return act(database, batch, _same_changes, plan)


def _same_changes(item: Item) -> str:
    return json.dumps(dict(item.changes), sort_keys=True, default=str)


def _fault(live: Live, name: str, value: Any) -> str | None:
    """What stands against writing this value, in a sentence without it."""
    place = f"{live.name}.{name}"
    if name not in live.types:
        return f"{live.name} has no column {name}. Correct the name of the field."
    if name in live.declared.key:
        return f"Column {place} is the record's key and is never changed."
    if value is None and name in live.required:
        return f"Column {place} cannot be empty. Give a value."
    try:
        incoming(value, live.types[name], live.dialect)
    except (ValueError, TypeError, InvalidOperation):
        return f"The value does not fit column {place} ({live.types[name]}). Correct the value."
    return None


# --- restrict, object_to --------------------------------------------------------------------------


def restrict(database: Database, batch: Batch) -> list[Receipt]:
    """Marks rows as restricted, where the table declares how."""

    def plan(live: Live, _item: Item) -> Change:
        return _marked(live, live.declared.restrict, "restrict", Done.RESTRICTED)

    return act(database, batch, lambda _: "", plan)


def lift(database: Database, batch: Batch) -> list[Receipt]:
    """Takes the mark for restriction away again, where the table declares how."""

    def plan(live: Live, _item: Item) -> Change:
        mark = live.declared.restrict
        ended = mark.lifting() if mark else None
        if mark and ended is None:
            return _failed(NO_LIFTING.format(place=live.name))
        return _marked(live, ended, "restrict", Done.LIFTED)

    return act(database, batch, lambda _: "", plan)


def object_to(database: Database, batch: Batch) -> list[Receipt]:
    """Marks rows as objected to for the batch's purposes, where the table declares how."""

    def plan(live: Live, _item: Item) -> Change:
        marking = live.declared.object_to
        if marking and not concerns(marking, batch.purposes):
            stopped = ", ".join(marking.purposes)
            return Change(None, Done.KEPT, f"{live.name} marks objections to {stopped} only.")
        return _marked(live, marking, "object_to", Done.STOPPED)

    return act(database, batch, lambda _: "", plan)


def concerns(marking: Marking, purposes: Sequence[str]) -> bool:
    """Whether the mark stops any of these purposes; one without purposes stops them all."""
    return not marking.purposes or bool(set(marking.purposes) & set(purposes))


def _marked(live: Live, marking: Marking | None, verb: str, done: Done) -> Change:
    if marking is None:
        return _failed(
            f"{live.name} has no mark for this. Declare {verb} = {{ column = …, value = … }}."
        )
    if fault := _fault(live, marking.column, marking.value):
        return _failed(fault)
    value = incoming(marking.value, live.types[marking.column], live.dialect)
    return Change(sa.update(live.table).values({marking.column: value}).where, done)


# --- probe ----------------------------------------------------------------------------------------


def probe(database: Database, batch: Batch) -> list[Receipt]:
    """Whether each record is there: MISSING, or KEPT; nothing is changed."""
    live = database.tables().get(batch.collection)
    if live is None:
        reason = f"The source declares no table {batch.collection}."
        return [Receipt(batch.collection, item.key, Done.FAILED, reason) for item in batch.items]
    keys, receipts = _decoded(live, batch.items)
    with database.reading() as connection:
        there = {
            key
            for chunk in live.chunks(list(keys.values()))
            for key in existing(connection, live, chunk)
        }
    for text, key in keys.items():
        receipts[text] = (
            Receipt(live.name, text, Done.KEPT, "The record is there.")
            if key in there
            else Receipt(live.name, text, Done.MISSING)
        )
    return [receipts[item.key] for item in batch.items]
