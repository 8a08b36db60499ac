"""What each verb does to rows: a batch is one transaction, with one statement for those alike."""

import json
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from dsar.adapters.dictionary import NO_LIFTING, Erase, RestrictionMark
from dsar.adapters.sql.changes.masks import has_masks, mask_of, masked
from dsar.adapters.sql.changes.rows import NO_KEY, Change, RowChanges
from dsar.adapters.sql.live import Key, Live
from dsar.adapters.sql.schema import Database
from dsar.sdk import Batch, Done, Item, Receipt

Plan = Callable[[Live, Item], Change]

NO_MASK = "The mask does not fit column {place}. Declare another one."


def act(
    database: Database, batch: Batch, alike: Callable[[Item], Hashable], plan: Plan
) -> list[Receipt]:
    """One receipt per item, in their order; `alike` groups the items one statement can serve."""
    tables = database.tables()
    live = tables.get(batch.collection)
    if live is None:
        return _undeclared(batch)
    groups: dict[Hashable, list[Item]] = {}
    for item in batch.items:
        groups.setdefault(alike(item), []).append(item)
    receipts: dict[str, Receipt] = {}
    declared = {one.place: one.name for one in tables.values()}
    with database.writing(live.full_name) as connection:
        for items in groups.values():
            changes = RowChanges(connection, live, plan(live, items[0]), declared)
            receipts |= _group(changes, items)
    return [receipts[item.key] for item in batch.items]


def _group(changes: RowChanges, items: Sequence[Item]) -> dict[str, Receipt]:
    keys, receipts = _decoded(changes.live, items)
    changes.make([keys[text] for text in sorted(keys)])  # two batches at once lock in one order
    return receipts | {text: changes.receipt(text) for text in keys}


def _decoded(live: Live, items: Sequence[Item]) -> tuple[dict[str, Key], dict[str, Receipt]]:
    keys: dict[str, Key] = {}
    receipts: dict[str, Receipt] = {}
    for item in items:
        key = live.decode(item.key)
        if key is None:
            reason = NO_KEY.format(table=live.name)
            receipts[item.key] = Receipt(live.name, item.key, Done.FAILED, reason)
        else:
            keys[item.key] = key
    return keys, receipts


# --- erase ----------------------------------------------------------------------------------------


def erase(database: Database, batch: Batch, mask_key: str) -> list[Receipt]:
    """Deletes rows or masks their columns, as declared; only the named fields where any are.

    A row that others still refer to is masked instead, where masks are declared.
    """

    def plan(live: Live, item: Item) -> Change:
        if item.fields or live.declared.erase is not Erase.DELETE:
            return _masking(live, item.fields, mask_key)
        instead = _masking(live, (), mask_key) if has_masks(live) else None
        return Change(Done.ERASED, deleted=True, instead=instead)

    return act(database, batch, lambda item: item.fields, plan)


def _masking(live: Live, fields: Sequence[str], mask_key: str) -> Change:
    if unknown := [name for name in fields if name not in live.types]:
        return _failed(f"{live.name} has no column {unknown[0]}.")
    values: dict[str, Any] = {}
    for name in fields or live.names:
        if mask_of(live, name) != "keep":
            try:
                values[name] = masked(live, name, mask_key)
            except (ValueError, TypeError):
                return _failed(NO_MASK.format(place=f"{live.name}.{name}"))
    for name in values:
        if mask_of(live, name) == "null" and name in live.required:
            return _failed(f"Column {live.name}.{name} cannot be empty. Declare a mask for it.")
    if not values:
        kept = f"Nothing in {live.name} that is asked for is declared to be erased."
        return Change(Done.KEPT, kept, "nothing_to_erase")
    return Change(Done.ANONYMISED, values=values)


def _failed(reason: str) -> Change:
    return Change(Done.FAILED, reason)


# --- rectify --------------------------------------------------------------------------------------


def rectify(database: Database, batch: Batch) -> list[Receipt]:
    """Writes each item's changes; items with the same changes share one statement."""

    def plan(live: Live, item: Item) -> Change:
        values: dict[str, Any] = {}
        for name, value in item.changes.items():
            fault = _fault(live, name, value)
            if fault:
                return _failed(fault)
            values[name] = live.written(name, value)
        if not values:
            return _failed("Nothing to change was given. Name the field and its new value.")
        return Change(Done.RECTIFIED, values=values)

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
    if name in live.generated:
        return f"Column {place} is worked out by the database. Correct what it is worked out from."
    if value is None and name in live.required:
        return f"Column {place} cannot be empty. Give a value."
    try:
        live.written(name, value)
    except (ValueError, TypeError):
        return f"The value does not fit column {place} ({live.type_of(name)}). Correct the value."
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
            told = f"{live.name} marks objections to {stopped} only."
            return Change(Done.KEPT, told, "other_purposes")
        return _marked(live, marking, "object_to", Done.STOPPED)

    return act(database, batch, lambda _: "", plan)


def concerns(marking: RestrictionMark, purposes: Sequence[str]) -> bool:
    """Whether the mark stops any of these purposes; one without purposes stops them all."""
    return not marking.purposes or bool(set(marking.purposes) & set(purposes))


def _marked(live: Live, marking: RestrictionMark | None, verb: str, done: Done) -> Change:
    if marking is None:
        return _failed(
            f"{live.name} has no mark for this. Declare {verb} = {{ column = …, value = … }}."
        )
    if fault := _fault(live, marking.column, marking.value):
        return _failed(fault)
    return Change(done, values={marking.column: live.written(marking.column, marking.value)})


# --- probe ----------------------------------------------------------------------------------------


def probe(database: Database, batch: Batch) -> list[Receipt]:
    """Whether each record is there: MISSING, or KEPT; nothing is changed."""
    live = database.tables().get(batch.collection)
    if live is None:
        return _undeclared(batch)
    there = Change(Done.KEPT, "The record is there.")
    with database.reading() as connection:
        receipts = _group(RowChanges(connection, live, there, {}), batch.items)
    return [receipts[item.key] for item in batch.items]


def _undeclared(batch: Batch) -> list[Receipt]:
    reason = f"The source declares no table {batch.collection}."
    return [Receipt(batch.collection, item.key, Done.FAILED, reason) for item in batch.items]
