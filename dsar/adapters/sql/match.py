"""When a column holds an identifier: compared in exact normal form, with parameters only.

A database may think "é" and "e", "A" and "a" the same, depending on its collation, so texts are
compared byte by byte: without blanks around, and in small letters where the normal form is.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import exc

from dsar.adapters.sql.changes.refusals import refuses
from dsar.adapters.sql.dialects.form import Expression, Form, octets
from dsar.adapters.sql.dialects.mysql import NAMES
from dsar.adapters.sql.live import Live, Where, key_text
from dsar.sdk import PHONE_SEPARATORS, NeedsHuman, normal_form, phone_forms

PHONE, EMAIL = "phone", "email"
#: What is no part of a text at its ends: all that `str.strip` takes away.
BLANKS = "".join(chr(number) for number in range(0x3001) if chr(number).isspace())


def same(connection: sa.Connection, live: Live, kind: str, value: str) -> Where | None:
    """The rows that hold this identifier, or None where no row can."""
    columns = live.declared.identify[kind]
    return _any(_holds(connection, live, column, kind, value) for column in columns)


def named(
    connection: sa.Connection, live: Live, column: str, values: Sequence[str]
) -> Where | None:
    """The rows that hold one of these names."""
    return _any(_holds(connection, live, column, "name", value) for value in values)


def _any(found: Iterable[Where | None]) -> Where | None:
    some = [where for where in found if where is not None]
    return sa.or_(*some) if some else None


def comparable(live: Live, column: str) -> bool:
    """Whether a column's values can be compared with an identifier at all."""
    form = live.forms[column]
    return form.textual or not form.alone


def _holds(
    connection: sa.Connection, live: Live, column: str, kind: str, value: str
) -> Where | None:
    form = live.forms[column]
    if not value.strip():
        return None
    if form.textual:
        return _text(live, column, kind, value)
    if form.taken is octets:
        return live.table.c[column].in_(as_octets(live, column, kind, value))
    if not comparable(live, column):
        place = f"{live.name}.{column} ({live.type_of(column)})"
        raise NeedsHuman(
            f"Column {place} cannot be compared with an identifier. Declare another column."
        )
    return _equals(connection, live, column, value)


# --- texts ----------------------------------------------------------------------------------------


def _text(live: Live, column: str, kind: str, value: str) -> Where | None:
    """The rows whose text is this one in its normal form."""
    forms = as_texts(live, column, kind, value)
    if not forms:
        return None
    if column in live.declared.indexed:
        return _as_it_is(live, column, forms)
    place = normal(live, column, kind, folded=folds(live, column, kind, value))
    return live.dialect.exactly(place).in_(forms)


def _as_it_is(live: Live, column: str, forms: Sequence[str]) -> Where:
    """The rows whose text is one of these: as the column compares, which its index serves, and
    then byte by byte."""
    place = live.table.c[column]
    exactly = live.dialect.text(live.forms[column].shown(place)).in_(forms)
    if live.database in NAMES and not all(form.isascii() for form in forms):
        return exactly  # a column in another character set refuses to be compared with them
    return sa.and_(place.in_(forms), exactly)


def as_texts(live: Live, column: str, kind: str, value: str) -> tuple[str, ...]:
    """Every text that `normal` makes of a column that holds this identifier."""
    wanted = _forms(kind, value, live.declared.region_of(column))
    if folds(live, column, kind, value):
        wanted = [form for one in wanted for form in _cases(one)]
    both = [form for one in wanted for form in (one, unicodedata.normalize("NFD", one))]
    return tuple(form for form in dict.fromkeys(both) if live.holds(form))


def as_octets(live: Live, column: str, kind: str, value: str) -> tuple[bytes, ...]:
    """What a column of octets holds of this identifier: its text in UTF-8, a UUID's sixteen."""
    known = _uuid(value)
    texts = [one.encode() for one in as_texts(live, column, kind, value)]
    return tuple(texts if known is None else [known.bytes, *texts])


def normal(live: Live, column: str, kind: str, *, folded: bool) -> Expression:
    """The text of a column as the normal form of this kind has it."""
    place = live.dialect.plain_text(live.forms[column].shown(live.table.c[column]))
    blanks = "".join(sign for sign in BLANKS if live.holds(sign))
    trimmed = live.dialect.trim(place, blanks)
    if kind == PHONE:
        return _digits(trimmed, [sign for sign in PHONE_SEPARATORS if live.holds(sign)])
    return sa.func.lower(trimmed) if folded else trimmed


def _digits(place: Expression, separators: Sequence[str]) -> Expression:
    """A telephone number without what stands between its digits, as `normal_form` has it."""
    abroad = sa.or_(place.like("+%"), place.like("00%"), place.like("(+%"))
    whole: Expression = sa.case((abroad, sa.func.replace(place, "(0)", "")), else_=place)
    for sign in separators:
        whole = sa.func.replace(whole, sign, "")
    return whole


def _forms(kind: str, value: str, region: str) -> Sequence[str]:
    """Every text whose normal form is the value."""
    if kind != PHONE:
        return [value]
    known = phone_forms(value, region)
    return [form for form in known if normal_form(PHONE, form, region) == value]


def folds(live: Live, column: str, kind: str, value: str) -> bool:
    """Whether case is nothing: e-mail addresses, UUIDs, and what the table declares."""
    declared = {kind, column} & set(live.declared.fold)
    return kind == EMAIL or bool(declared) or _uuid(value) is not None


def _cases(value: str) -> tuple[str, ...]:
    """In small letters. Byte by byte a database folds ASCII letters only, so the others come in
    upper case as well."""
    small = value.lower()
    return small, "".join(sign if sign.isascii() else sign.upper() for sign in small)


def _uuid(value: str) -> UUID | None:
    try:
        found = UUID(value)
    except ValueError:
        return None
    return found if str(found) == value else None


# --- numbers and the like -------------------------------------------------------------------------


def _equals(connection: sa.Connection, live: Live, column: str, value: str) -> Where | None:
    """The value itself, if the text is one that the column can hold; else nobody's."""
    form = live.forms[column]
    one = as_value(form, value)
    if one is None or not _accepted(connection, form, one):
        return None
    return live.dialect.among([live.table.c[column]], [form], [(one,)])


def as_value(form: Form, value: str) -> Any:
    """The parameter a text is for a column of another type, or None where it is none."""
    try:
        one = form.taken(value)
    except (ValueError, TypeError):
        return None
    return one if key_text([one]) == value else None


def _accepted(connection: sa.Connection, form: Form, value: Any) -> bool:
    """Whether the database reads it as a value of the column's type."""
    try:
        with connection.begin_nested():
            connection.execute(sa.select(form.bound(value)))
    except exc.DBAPIError as error:
        if not refuses(error):
            raise
        return False
    return True
