"""Changes rows a batch at a time: one transaction, one statement for all records alike.

Where the database refuses such a statement, the batch is halved until the refused records stand
alone: they fail with their reason, the others are changed.
"""

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from dsar.adapters.dictionary import NO_LIFTING, Erase, Marking
from dsar.adapters.sql.dialects.dialect import UNKNOWN
from dsar.adapters.sql.dialects.form import Expression
from dsar.adapters.sql.errors import refusal
from dsar.adapters.sql.live import Key, Live, Where, key_text
from dsar.adapters.sql.masks import mask_of, masked
from dsar.adapters.sql.schema import Database
from dsar.sdk import Batch, Done, Item, Receipt

Statement = Callable[[Where], sa.Update | sa.Delete]
Rows = Callable[[Live, Sequence[Key]], Where]

NO_KEY = "This is no key of {table}. Search the source again."
WRITTEN_ANEW = (
    "The key of this record in {table} is not written as it was when it was found. "
    "Search the source again."
)


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
        return _undeclared(batch)
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
    done = _Attempt(connection, live, change.statement)
    wanted = [keys[text] for text in sorted(keys)]  # two batches at once lock in the same order
    for chunk in live.chunks(wanted):
        done.change(chunk)
    if not live.sure or not all(form.exact for form in live.key_forms):
        done.look_again([key for text, key in keys.items() if text not in done.known])
    for text in keys:
        receipts[text] = done.receipt(text, change)
    return receipts


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


@dataclass
class _Attempt:
    """One change to rows of one table: which were there, and why others were refused."""

    connection: sa.Connection
    live: Live
    statement: Statement | None
    there: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> set[str]:
        """The keys of which something is known."""
        return self.there | self.refused.keys()

    def receipt(self, text: str, change: Change) -> Receipt:
        """What came of one record."""
        if text in self.there:
            return Receipt(self.live.name, text, change.done, change.reason)
        if text in self.refused:
            return Receipt(self.live.name, text, Done.FAILED, self.refused[text])
        return Receipt(self.live.name, text, Done.MISSING)

    def change(self, keys: Sequence[Key], rows: Rows = Live.named) -> None:
        """Changes these rows; where one is refused, the others are changed without it."""
        try:
            with self.connection.begin_nested():
                self.there |= self._changed(rows(self.live, keys))
        except (exc.IntegrityError, exc.DataError) as error:
            if len(keys) == 1:
                self.refused[key_text(keys[0])] = self._why(keys[0], error)
                return
            half = len(keys) // 2
            self.change(keys[:half], rows)
            self.change(keys[half:], rows)

    def _why(self, key: Key, error: exc.DBAPIError) -> str:
        """The database's reason; that it cannot read the key is none against the change."""
        try:
            with self.connection.begin_nested():
                existing(self.connection, self.live, self.live.named([key]))
        except exc.DataError:
            return NO_KEY.format(table=self.live.name)
        return refusal(error)

    def _changed(self, where: Where) -> set[str]:
        """The keys of the rows changed; asked for first where the database does not return them."""
        if self.statement is None:
            return existing(self.connection, self.live, where)
        change = self.statement(where)
        if self.live.dialect.returns(self.connection, self.live.key_forms):
            rows = self.connection.execute(change.returning(*self.live.key_shown))
            return {key_text(row) for row in rows}
        there = existing(self.connection, self.live, where)
        self.connection.execute(change)
        return there

    def look_again(self, keys: Sequence[Key]) -> None:
        """What was not found by comparing values is looked for by its text before it is missing."""
        for chunk in self.live.chunks(keys):
            alike = existing(self.connection, self.live, self.live.alike(chunk))
            named = [key for key in chunk if key_text(key) in alike]
            if named:
                self.change(named, Live.called)
            if len(alike) > len(named):
                strange = {key_text(key) for key in chunk} - self.known
                self.refused |= dict.fromkeys(strange, WRITTEN_ANEW.format(table=self.live.name))


def existing(connection: sa.Connection, live: Live, where: Where) -> set[str]:
    """The keys of these rows, locked where the database can lock rows."""
    statement = sa.select(*live.key_shown).where(where)
    if connection.get_execution_options().get("dsar_writes"):
        statement = statement.with_for_update()
    return {key_text(row) for row in connection.execute(statement)}


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
            values[name] = written(live, name, value)
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
        written(live, name, value)
    except (ValueError, TypeError):
        kind = live.declared_types.get(name, UNKNOWN).name or live.types[name]
        return f"The value does not fit column {place} ({kind}). Correct the value."
    return None


def written(live: Live, name: str, value: Any) -> Expression:
    """A JSON value as the column takes it: nothing is SQL's NULL, also where JSON has its own."""
    if value is None:
        return sa.null()
    form = live.forms[name]
    return form.bound(form.taken(value))


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
    value = written(live, marking.column, marking.value)
    return Change(sa.update(live.table).values({marking.column: value}).where, done)


# --- probe ----------------------------------------------------------------------------------------


def probe(database: Database, batch: Batch) -> list[Receipt]:
    """Whether each record is there: MISSING, or KEPT; nothing is changed."""
    live = database.tables().get(batch.collection)
    if live is None:
        return _undeclared(batch)
    there = Change(None, Done.KEPT, "The record is there.")
    with database.reading() as connection:
        receipts = _group(connection, live, batch.items, there)
    return [receipts[item.key] for item in batch.items]


def _undeclared(batch: Batch) -> list[Receipt]:
    reason = f"The source declares no table {batch.collection}."
    return [Receipt(batch.collection, item.key, Done.FAILED, reason) for item in batch.items]
