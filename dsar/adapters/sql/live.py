"""One declared table as the database has it: its columns, and how a row of it is named."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import NullType, TypeEngine

from dsar.adapters.json_values import plain
from dsar.adapters.sql.dialects import dialect
from dsar.adapters.sql.dialects.dialect import UNKNOWN, Dialect, Place, ServerType
from dsar.adapters.sql.dialects.form import Expression, Form, octets
from dsar.adapters.sql.references import Reference
from dsar.adapters.sql.sql_settings import Table

#: The most parameters one statement may carry anywhere (SQLite: 32,766).
_PARAMETERS = 30_000

Where = sa.ColumnElement[bool]
#: What the columns of a key hold, as JSON values.
Key = tuple[Any, ...]

_TEXT = Form(sa.Text(), carrier=sa.Text())


@dataclass(frozen=True)
class Live:
    """One declared table as the database has it.

    `declared_types` are the server's own names of its columns' types, where it tells them;
    `generated` the columns it works out by itself. Rows of other tables refer to its own by way of
    `referred`, its own to others by way of `referring`: foreign keys, whoever declared the tables.
    """

    name: str
    declared: Table
    database: str
    types: Mapping[str, TypeEngine[Any]]
    declared_types: Mapping[str, ServerType]
    required: frozenset[str]
    generated: frozenset[str]
    place: Place
    codecs: tuple[str, ...] = ("utf-8",)
    referred: tuple[Reference, ...] = ()
    referring: tuple[Reference, ...] = ()

    @cached_property
    def dialect(self) -> Dialect:
        return dialect(self.database)

    @cached_property
    def table(self) -> sa.Table:
        """For statements; untyped where the server is asked in its own types."""
        typed = self.dialect.typed
        columns: list[sa.Column[Any]] = [
            sa.Column(name, kind if typed else NullType()) for name, kind in self.types.items()
        ]
        schema, name = self.place
        return sa.Table(name, sa.MetaData(), *columns, schema=schema)

    @property
    def full_name(self) -> str:
        return full_name(self.place)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.types)

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """How each column is read and written."""
        made = {
            name: self.dialect.form(kind, self.declared_types.get(name, UNKNOWN))
            for name, kind in self.types.items()
        }
        keyed = {name: self.dialect.as_key(made[name]) for name in self.declared.key}
        return made | keyed

    @cached_property
    def shown(self) -> tuple[Expression, ...]:
        """What a SELECT asks for, column by column."""
        return tuple(self.asked(name) for name in self.names)

    def asked(self, name: str) -> Expression:
        """What a SELECT asks for to read one column."""
        place = self.table.c[name]
        shown = self.forms[name].shown(place)
        return place if shown is place else shown.label(name)

    @cached_property
    def readers(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        """The columns whose values need turning into JSON values."""
        found = ((name, form.read) for name, form in self.forms.items())
        return tuple((name, read) for name, read in found if read)

    def holds(self, text: str) -> bool:
        """Whether a text can reach the database at all; one that cannot is nobody's there."""
        try:
            for codec in self.codecs:
                text.encode(codec)
        except UnicodeEncodeError:
            return False
        return True

    def type_of(self, name: str) -> str:
        """What the server calls a column's type."""
        return self.declared_types.get(name, UNKNOWN).name or str(self.types[name])

    def missing(self) -> tuple[str, ...]:
        """The columns the declaration relies on and the table does not have."""
        return tuple(name for name in self.declared.named() if name not in self.types)

    def written(self, name: str, value: Any) -> Expression:
        """A JSON value as a column takes it: nothing is SQL's NULL, also where JSON has its own.

        Raises ValueError or TypeError where the column cannot hold it.
        """
        if value is None:
            return sa.null()
        form = self.forms[name]
        return form.bound(form.taken(value))

    # --- keys -------------------------------------------------------------------------------------

    @cached_property
    def key(self) -> tuple[sa.Column[Any], ...]:
        return tuple(self.table.c[name] for name in self.declared.key)

    @cached_property
    def key_shown(self) -> tuple[Expression, ...]:
        """What a SELECT asks for to read a row's key."""
        return tuple(self.asked(name) for name in self.declared.key)

    @cached_property
    def key_forms(self) -> tuple[Form, ...]:
        return tuple(self.forms[name] for name in self.declared.key)

    @cached_property
    def key_places(self) -> tuple[int, ...]:
        return tuple(self.names.index(name) for name in self.declared.key)

    @cached_property
    def order(self) -> tuple[Expression, ...]:
        """What rows are ordered by: their key, or its text where its type has no order."""
        return tuple(
            self.dialect.text(form.shown(column)) if form.unordered else column
            for column, form in zip(self.key, self.key_forms, strict=True)
        )

    def key_of(self, row: Sequence[Any]) -> str:
        """The text that names the row: the record's key. Empty where part of it is NULL."""
        return key_text([row[place] for place in self.key_places])

    def marked(self, row: Sequence[Any]) -> list[Any]:
        """A row's key as JSON values from which the very same key is made again."""
        return [_marked(row[place]) for place in self.key_places]

    def decode(self, text: str) -> Key | None:
        """The key's parts, or None where the text cannot be a key of this table."""
        try:
            parts = [text] if len(self.key) == 1 else json.loads(text)
            taken = tuple(
                form.taken(part) for part, form in zip(parts, self.key_forms, strict=True)
            )
        except (ValueError, TypeError):
            return None
        return taken if key_text(taken) == text else None

    def named(self, keys: Sequence[Key]) -> Where:
        """The rows with one of these keys: by comparing values, which an index serves."""
        known = [n for n, form in enumerate(self.key_forms) if not form.alone]
        if not known:
            return self.called(keys)
        places, forms = [self.key[n] for n in known], [self.key_forms[n] for n in known]
        one = self.dialect.among(places, forms, [tuple(key[n] for n in known) for key in keys])
        exact = len(known) == len(self.key) and all(form.exact for form in forms)
        return one if exact else sa.and_(one, self.called(keys))

    def called(self, keys: Sequence[Key]) -> Where:
        """The rows with one of these keys: by the server's text of it, and nothing else."""
        places = [
            self.dialect.text(form.shown(column))
            for column, form in zip(self.key, self.key_forms, strict=True)
        ]
        texts = [tuple(key_text([part]) for part in key) for key in keys]
        return self.dialect.among(places, [_TEXT] * len(places), texts)

    def alike(self, keys: Sequence[Key]) -> Where:
        """The rows whose key the database thinks is one of these, however it is written."""
        comparable = not any(form.alone for form in self.key_forms)
        one = self.dialect.among(self.key, self.key_forms, keys) if comparable else sa.false()
        return sa.or_(one, self.called(keys))

    @property
    def sure(self) -> bool:
        """Whether comparing a key with its columns finds its row for certain."""
        return all(form.sure for form in self.key_forms)

    def behind(self, mark: Sequence[Any]) -> Where | None:
        """The rows after a marked one, or None where the mark cannot be one of this table."""
        if len(mark) != len(self.key):
            return None
        try:
            bound = [_unmarked(form, part) for part, form in zip(mark, self.key_forms, strict=True)]
        except (ValueError, TypeError):
            return None
        if len(bound) == 1:
            return self.order[0] > bound[0]
        return sa.tuple_(*self.order) > sa.tuple_(*bound)

    def chunks(self, keys: Sequence[Key]) -> Iterable[Sequence[Key]]:
        """The keys in parts that fit into one statement's parameters."""
        size = _PARAMETERS // (2 * len(self.key))
        return (keys[start : start + size] for start in range(0, len(keys), size))


def full_name(place: Place) -> str:
    """A table's name, with its schema where it needs one."""
    schema, name = place
    return f"{schema}.{name}" if schema else name


def key_text(values: Sequence[Any]) -> str:
    """The text that names a row: its key's value, or a JSON list where the key has several."""
    if len(values) == 1:
        [value] = values
        if type(value) is str:
            return value
        plainly = plain(value)
        return str(plainly).lower() if isinstance(plainly, bool) else str(plainly)
    return json.dumps([plain(value) for value in values], ensure_ascii=False)


def _marked(value: Any) -> Any:
    made = plain(value)
    return {"octets": made} if isinstance(value, bytes | memoryview) else made


def _unmarked(form: Form, part: Any) -> Expression:
    value = octets(part["octets"]) if isinstance(part, dict) else form.taken(part)
    return sa.literal(value) if form.unordered else form.bound(value)
