"""Masks the database would refuse, said before anybody's row is masked."""

import re
from collections.abc import Iterator
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import exc

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql.changes.masks import HASHING, WORDS, has_masks, mask_of
from dsar.adapters.sql.dialects.form import Expression, python_type
from dsar.adapters.sql.live import Live
from dsar.sdk import Problem

_KEY = "{key}"


def mask_faults(connection: sa.Connection, live: Live) -> Iterator[Problem]:
    """The columns for which erasing would be refused, or is not known on this database."""
    masked = live.declared.erase is Erase.MASK
    for name in live.names:
        mask = mask_of(live, name)
        if mask == "null":
            if masked and name in live.required:
                yield _problem(live, name, "is needed: the column cannot be empty.", _OR_KEEP)
        elif mask != "keep" and (fault := _fault(connection, live, name, mask)):
            yield _problem(live, name, *fault)
    if masked or has_masks(live):
        yield from _alike(connection, live)


_OR_KEEP = "Declare a mask, or keep."
_OTHER = "Declare another mask."


def _problem(live: Live, name: str, what: str, mend: str) -> Problem:
    return Problem(f"tables.{live.name}.columns.{name}.mask", what, mend)


def _fault(
    connection: sa.Connection, live: Live, name: str, mask: str | float | bool
) -> tuple[str, str] | None:
    """What stands against one mask, and the mend."""
    if mask == "hash" and live.database not in HASHING:
        return f"hash is not known on {live.database}.", _OTHER
    if isinstance(mask, str) and mask in WORDS:
        kind = python_type(live.types[name])
        fits = _textual(live, name) or (mask == "year" and kind in {date, datetime})
        return None if fits else (f"{mask} does not fit the column.", _OTHER)
    try:
        written = live.written(name, str(mask) if _textual(live, name) else mask)
    except (ValueError, TypeError):
        return "does not fit the column.", _OTHER
    if _KEY not in str(mask) and not _accepted(connection, live, name, written, mask):
        return f"is no value of the column's type ({live.type_of(name)}).", _OTHER
    length = getattr(live.types[name], "length", None)
    if _textual(live, name) and length and len(str(mask).replace(_KEY, "")) > length:
        return f"is longer than the column ({length} signs).", "Declare a shorter one."
    return None


def _textual(live: Live, name: str) -> bool:
    kind = python_type(live.types[name])
    return kind is str or (kind is object and live.database != "postgresql")


def _accepted(
    connection: sa.Connection, live: Live, name: str, written: Expression, mask: object
) -> bool:
    """Whether the database takes the value for one of the column's type."""
    members = re.match(r"(enum|set)\((.*)\)$", live.type_of(name), re.IGNORECASE)
    if members:
        known = re.findall(r"'((?:[^']|'')*)'", members[2])
        given = str(mask).split(",") if members[1].lower() == "set" else [str(mask)]
        return set(given) <= {one.replace("''", "'") for one in known}
    try:
        with connection.begin_nested():
            connection.execute(sa.select(written))
    except exc.DataError:
        return False
    return True


def _alike(connection: sa.Connection, live: Live) -> Iterator[Problem]:
    """Columns that must be unique and would be the same for every person masked."""
    schema, name = live.place
    inspector = sa.inspect(connection)
    indexes = [one for one in inspector.get_indexes(name, schema) if one["unique"]]
    sets: list[tuple[str | None, ...]] = [tuple(one["column_names"]) for one in indexes]
    sets += [tuple(one["column_names"]) for one in inspector.get_unique_constraints(name, schema)]
    for named in dict.fromkeys(sets):
        columns = [column for column in named if column is not None and column in live.types]
        if columns and all(_constant(mask_of(live, column)) for column in columns):
            what = "is the same for everybody, and the database wants the column unique."
            yield _problem(live, columns[0], what, "Put {key} into it.")


def _constant(mask: str | float | bool) -> bool:
    if not isinstance(mask, str):
        return True
    return _KEY not in mask and mask not in {"null", "keep", "hash", "year"}
