"""One change to many rows: whole where the database takes it, else without the rows it refuses.

Where it refuses a statement, the rows are halved until those it refuses stand alone: they fail with
their reason, the others are changed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from dsar.adapters.sql.changes import deletion
from dsar.adapters.sql.changes.refusals import (
    NOT_EMPTY,
    REFERRED,
    names_column,
    refusal,
    refuses,
    state_of,
)
from dsar.adapters.sql.dialects.dialect import Place
from dsar.adapters.sql.live import Key, Live, Where, full_name, key_text
from dsar.sdk import Done, Receipt

Rows = Callable[[Live, Sequence[Key]], Where]

NO_KEY = "This is no key of {table}. Search the source again."
WRITTEN_ANEW = (
    "The key of this record in {table} is not written as it was when it was found. "
    "Search the source again."
)
#: Who keeps a row from being deleted: a table nobody declared, one of the source, its own.
STRANGE_REFERS = (
    "Another table {child} still refers to this record. Declare that table, so that it is erased "
    "first."
)
OWN_REFERS = (
    "Rows of {child} that stay, or that this search did not find, still refer to this record. "
    "Decide about them first."
)
SELF_REFERS = (
    "Other rows of {table} that stay, or that this search did not find, still refer to this "
    "record. Decide about them first."
)
OR_EMPTY = " Or declare masks for {table}, so that it is emptied instead."
EMPTIED = "Rows of {child} still refer to this record, so it was emptied instead of deleted."
EMPTIED_MEANWHILE = " Its own columns were emptied as their masks say."


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to records treated alike, and what their receipts will say.

    They are `deleted`, or given `values` by column; neither, and they are only looked for.
    `instead` is for a record that cannot be deleted because others refer to it.
    """

    done: Done
    reason: str = ""
    code: str = ""
    deleted: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    instead: "Change | None" = None

    def statement(self, live: Live) -> sa.Update | sa.Delete | None:
        """The statement for every row of the table, to be narrowed."""
        if self.deleted:
            return sa.delete(live.table)
        return sa.update(live.table).values(dict(self.values)) if self.values else None


@dataclass
class RowChanges:
    """What came of one change to rows of one table; `declared` names the tables of the source."""

    connection: sa.Connection
    live: Live
    change: Change
    declared: Mapping[Place, str]
    done: dict[str, tuple[Done, str]] = field(default_factory=dict)

    def make(self, keys: Sequence[Key]) -> None:
        """Changes these rows, and looks again for those that were not found by their key."""
        for chunk in self.live.chunks(keys):
            if self.change.deleted:
                self._delete(chunk)
            else:
                self._try(chunk)
        if not (self.live.sure and all(form.exact for form in self.live.key_forms)):
            self._look_again([key for key in keys if key_text(key) not in self.done])

    def receipt(self, text: str) -> Receipt:
        """What came of one record; what neither its key nor its text found is missing."""
        done, reason = self.done.get(text, (Done.MISSING, ""))
        return Receipt(self.live.name, text, done, reason, self._code(done))

    def _code(self, done: Done) -> str:
        """What the person reads of it: a row is emptied in place of being deleted for others."""
        if done is self.change.done:
            return self.change.code
        return "still_referenced" if done is Done.ANONYMISED else ""

    def _delete(self, keys: Sequence[Key]) -> None:
        """Deletes these rows, those first that refer to others of them."""
        for layer, circle in deletion.layers(self.connection, self.live, keys):
            late: set[str] = set()
            if self.live.dialect.looks_late:
                late = deletion.held_late(self.connection, self.live, layer)
            for key in layer:
                if key_text(key) in late:
                    self.done[key_text(key)] = self._referred(key)
            rest = [key for key in layer if key_text(key) not in late]
            if rest:
                self._try(rest, _circled if circle else Live.named)

    def _try(self, keys: Sequence[Key], rows: Rows = Live.named) -> None:
        """Changes these rows; where one is refused, the others are changed without it."""
        try:
            with self.connection.begin_nested():
                there = self._changed(keys, rows)
        except exc.DBAPIError as error:
            if not refuses(error):
                raise
            if len(keys) == 1:
                self.done[key_text(keys[0])] = self._refused(keys[0], error)
                return
            half = len(keys) // 2
            self._try(keys[:half], rows)
            self._try(keys[half:], rows)
        else:
            outcome = (self.change.done, self.change.reason)
            self.done |= dict.fromkeys(there, outcome)

    def _changed(self, keys: Sequence[Key], rows: Rows) -> set[str]:
        """The keys of the rows changed; asked for first where the database does not return them."""
        statement, where = self.change.statement(self.live), rows(self.live, keys)
        if statement is None:
            return existing(self.connection, self.live, where)
        if rows is _circled:
            deletion.open_circle(self.connection, self.live, keys)
        if self.live.dialect.returns(self.connection, self.live.key_forms):
            found = statement.where(where).returning(*self.live.key_shown)
            return {key_text(row) for row in self.connection.execute(found)}
        there = existing(self.connection, self.live, where)
        self.connection.execute(statement.where(where))
        return there

    def _look_again(self, keys: Sequence[Key]) -> None:
        """What was not found by comparing values is looked for by its text before it is missing."""
        for chunk in self.live.chunks(keys):
            alike = existing(self.connection, self.live, self.live.alike(chunk))
            named = [key for key in chunk if key_text(key) in alike]
            if named:
                self._try(named, Live.called)
            if len(alike) > len(named):
                strange = {key_text(key) for key in chunk} - self.done.keys()
                why = WRITTEN_ANEW.format(table=self.live.name)
                self.done |= dict.fromkeys(strange, (Done.FAILED, why))

    # --- refusals ---------------------------------------------------------------------------------

    def _refused(self, key: Key, error: exc.DBAPIError) -> tuple[Done, str]:
        """What comes of one record the database refuses to change."""
        if self._no_key(key):
            return Done.FAILED, NO_KEY.format(table=self.live.name)
        if self.change.deleted and state_of(error) in {*REFERRED, NOT_EMPTY}:
            return self._referred(key)
        return Done.FAILED, refusal(error, self._culprit(key, error))

    def _no_key(self, key: Key) -> bool:
        """That the database cannot read the key is no reason against the change."""
        try:
            with self.connection.begin_nested():
                existing(self.connection, self.live, self.live.named([key]))
        except exc.DataError:
            return True
        return False

    def _referred(self, key: Key) -> tuple[Done, str]:
        """A row others refer to is emptied where that is declared; who they are is said."""
        place = deletion.referrer(self.connection, self.live, key)
        child = self.declared.get(place, full_name(place)) if place else "of the database"
        words = {"child": child, "table": self.live.name}
        sentence = OWN_REFERS if place in self.declared else STRANGE_REFERS
        if place == self.live.place:
            sentence = SELF_REFERS
        if self.change.instead is None:
            return Done.FAILED, (sentence + OR_EMPTY).format(**words)
        done, reason = self._emptied(key)
        if done is not Done.ANONYMISED:
            return done, reason
        if place in self.declared:
            return done, EMPTIED.format(**words)
        return Done.FAILED, (sentence + EMPTIED_MEANWHILE).format(**words)

    def _emptied(self, key: Key) -> tuple[Done, str]:
        """What comes of the same row under the change made instead."""
        instead = self.change.instead
        if instead is None or not instead.values:
            return Done.FAILED, instead.reason if instead else ""
        emptying = RowChanges(self.connection, self.live, instead, self.declared)
        emptying.make([key])
        receipt = emptying.receipt(key_text(key))
        return receipt.done, receipt.reason

    def _culprit(self, key: Key, error: exc.DBAPIError) -> str:
        """The column a value was refused for: the database mostly says so, else each is tried."""
        if names_column(error):
            return ""
        for name, value in self.change.values.items():
            if len(self.change.values) == 1 or self._fails(key, {name: value}, state_of(error)):
                return f"of {self.live.name}.{name}"
        return ""

    def _fails(self, key: Key, values: Mapping[str, Any], state: str) -> bool:
        """Whether this much of the change is refused for the same reason; nothing of it stays."""
        trial = self.connection.begin_nested()
        try:
            where = self.live.named([key])
            self.connection.execute(sa.update(self.live.table).values(dict(values)).where(where))
        except exc.DBAPIError as error:
            return state_of(error) == state
        finally:
            trial.rollback()
        return False


def _circled(live: Live, keys: Sequence[Key]) -> Where:
    """Rows that refer to each other in a circle."""
    return live.named(keys)


def existing(connection: sa.Connection, live: Live, where: Where) -> set[str]:
    """The keys of these rows, locked where the database can lock rows."""
    statement = sa.select(*live.key_shown).where(where)
    if connection.get_execution_options().get("dsar_writes"):
        statement = statement.with_for_update()
    return {key_text(row) for row in connection.execute(statement)}
