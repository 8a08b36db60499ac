"""When a column holds an identifier: compared in exact normal form, with parameters only.

A database may think "é" and "e", "A" and "a" the same, depending on its collation. So each
comparison is made twice: as the column is (an index can serve it) and byte by byte.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import NullType

from dsar.adapters.identifiers import SEPARATORS
from dsar.adapters.sql.dialects import mysql
from dsar.adapters.sql.dialects.form import python_type
from dsar.adapters.sql.live import Live, Where, key_text

_BYTE_BY_BYTE = {
    "sqlite": "BINARY",
    "postgresql": "C",
}

_Text = sa.ColumnElement[Any]


def same(live: Live, kind: str, value: str) -> Where | None:
    """The rows that hold this identifier, or None where no row can."""
    if not value.strip():
        return None
    folded = _FOLDS.get(kind, _lower) if kind in live.declared.fold else None
    found = [_holds(live, column, [value], folded) for column in live.declared.identify[kind]]
    some = [where for where in found if where is not None]
    return sa.or_(*some) if some else None


def named(live: Live, column: str, values: Sequence[str]) -> Where | None:
    """The rows that hold one of these names."""
    some = [value for value in values if value.strip()]
    return _holds(live, column, some, None) if some else None


def _holds(
    live: Live, column: str, values: Sequence[str], folded: Callable[[_Text], _Text] | None
) -> Where | None:
    kind = live.types[column]
    place: _Text = live.table.c[column]
    if not (isinstance(kind, sa.String | NullType) or python_type(kind) is str):
        return _equals(live, column, values)
    fold = folded or _as_it_is
    forms = _forms(values, upper=folded is not None)
    exactly = _exactly(live, place, fold).in_(forms)
    if live.database in mysql.NAMES and not all(form.isascii() for form in forms):
        return exactly  # a column in another character set refuses to be compared with them
    return sa.and_(fold(place).in_(forms), exactly)


def _forms(values: Sequence[str], *, upper: bool) -> list[str]:
    """Each value composed and decomposed: the two are one text, stored in either form.

    Byte by byte a database folds ASCII letters only, so with `upper` the others come in upper
    case as well.
    """
    cases = [*values, *(_others_upper(value) for value in values if upper)]
    both = [(value, unicodedata.normalize("NFD", value)) for value in cases]
    return list(dict.fromkeys(form for pair in both for form in pair))


def _others_upper(value: str) -> str:
    return "".join(sign if sign.isascii() else sign.upper() for sign in value)


def _exactly(live: Live, place: _Text, fold: Callable[[_Text], _Text]) -> _Text:
    if live.database in mysql.NAMES:  # every collation there also thinks "a" and "a " the same
        return sa.type_coerce(sa.cast(fold(mysql.in_utf8(place)), sa.LargeBinary), sa.Text)
    collation = _BYTE_BY_BYTE.get(live.database)
    if collation is None:
        return fold(place)
    text = sa.cast(place, sa.Text) if live.database == "postgresql" else place
    return fold(sa.collate(text, collation))


def _equals(live: Live, column: str, values: Sequence[str]) -> Where | None:
    """For columns of numbers, UUIDs and the like: the value itself, if the text is one."""
    form = live.forms[column]
    found = []
    for value in values:
        try:
            one = form.taken(value)
        except (ValueError, TypeError):
            continue
        if key_text([one]) == value:
            found.append(form.bound(one))
    return live.table.c[column].in_(found) if found else None


def _as_it_is(place: _Text) -> _Text:
    return place


def _lower(place: _Text) -> _Text:
    return sa.func.lower(place)


def _without_separators(place: _Text) -> _Text:
    for sign in SEPARATORS:
        place = sa.func.replace(place, sign, "")
    return place


#: What folding means for a kind of identifier; any other is compared in lower case.
_FOLDS: Mapping[str, Callable[[_Text], _Text]] = {"phone": _without_separators}
