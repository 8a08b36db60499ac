"""Identifiers that would never be found as a table holds them, counted before anybody asks."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from dsar.adapters.sql.dialects.form import octets
from dsar.adapters.sql.live import Live, key_text
from dsar.adapters.sql.match import PHONE, as_octets, as_texts, as_value, comparable, folds, normal
from dsar.sdk import Problem, Subject, normal_form
from dsar.sdk.settings import BadInput

#: So many values of a column are looked at.
_SAMPLE = 10_000
_UUID_OCTETS = 16
_REGION = 'Set region = "DE", or whichever country they are of.'
_OTHER = "Mend the data, or declare another column."


def identifier_faults(connection: sa.Connection, live: Live) -> Iterator[Problem]:
    """The columns by which nobody, or not everybody who stands there, would be found."""
    for kind, columns in live.declared.identify.items():
        for column in columns:
            yield from _column(connection, live, kind, column)
    if (name := live.declared.name_match) and not comparable(live, name):
        yield _incomparable(live, f"tables.{live.name}.name_match", name)


def _incomparable(live: Live, at: str, column: str) -> Problem:
    what = f"{column} ({live.type_of(column)}) cannot be compared with an identifier."
    return Problem(at, what, "Declare another column.")


def _column(connection: sa.Connection, live: Live, kind: str, column: str) -> Iterator[Problem]:
    at = f"tables.{live.name}.identify.{kind}"
    if not comparable(live, column):
        yield _incomparable(live, at, column)
        return
    found = list(_found(connection, live, kind, column))
    lost = found.count(False)
    if lost:
        what = f"of {len(found)} values of {column} looked at {lost} would never be found."
        mend = _REGION if kind == PHONE and not live.declared.region_of(column) else _OTHER
        yield Problem(at, what, mend, warning=lost < len(found))
    elif not found and connection.execute(sa.select(sa.literal(1)).select_from(live.table)).first():
        what = f"{column} holds nothing in any row: nobody would be found by it."
        yield Problem(at, what, "Correct the column, or the table.", warning=True)


def _found(connection: sa.Connection, live: Live, kind: str, column: str) -> Iterator[bool]:
    """Of each value looked at, whether its person would be found by it."""
    form, place = live.forms[column], live.asked(column)
    asked = [place]
    if form.textual:
        asked += [normal(live, column, kind, folded=folded) for folded in (False, True)]
    held = live.table.c[column].is_not(None)
    named = [one.label(f"c{number}") for number, one in enumerate(asked)]
    for row in connection.execute(sa.select(*named).where(held).limit(_SAMPLE)):
        text = _text(row[0])
        if text.strip():
            yield _would_be_found(live, kind, column, text, row)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else key_text([value])


def _would_be_found(live: Live, kind: str, column: str, text: str, row: Sequence[Any]) -> bool:
    form, exact = live.forms[column], normal_form(kind, text, live.declared.region_of(column))
    if form.taken is octets and len(row[0]) == _UUID_OCTETS:
        return True
    try:
        Subject.of([(kind, exact)])
    except BadInput:
        return False
    if form.textual:
        whole = 0 if column in live.declared.indexed else 1
        stored = row[2 if whole and folds(live, column, kind, exact) else whole]
        return stored in as_texts(live, column, kind, exact)
    if form.taken is octets:
        return row[0] in as_octets(live, column, kind, exact)
    return as_value(form, exact) is not None
