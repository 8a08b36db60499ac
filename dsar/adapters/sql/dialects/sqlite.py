"""SQLite: a column holds whatever was put into it, and the type it declares says what is meant."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine, UserDefinedType

from dsar.adapters.json_values import plain
from dsar.adapters.sql.dialects import form as forms
from dsar.adapters.sql.dialects.dialect import Dialect, Keys, Place, ServerType
from dsar.adapters.sql.dialects.form import TAKEN, Expression, Form, Reader, python_type

_DECIMAL = re.compile("NUM|DEC|MONEY", re.IGNORECASE)
#: The type of a column that is the row's number and can be nothing but a whole number.
_ROW_NUMBER = "ROWID"


class _StoredValue(UserDefinedType[Any]):
    """A value as SQLite stores it: those of a column need not be of one type."""

    cache_ok = True


class Sqlite(Dialect):
    """A file; values are asked for as they are stored."""

    typed = False
    looks_late = True

    def prepare(self, engine: sa.Engine, mask_key: bytes) -> None:
        """Real transactions, foreign keys that are kept, and the functions SQLite lacks."""

        @sa.event.listens_for(engine, "connect")
        def connected(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys = ON")
            connection.create_function("dsar_key", 1, key_of, deterministic=True)
            connection.create_function(
                "dsar_hash", 1, lambda value: keyed_hash(mask_key, value), deterministic=True
            )

        @sa.event.listens_for(engine, "begin")
        def begun(connection: sa.Connection) -> None:
            writes = connection.get_execution_options().get("dsar_writes")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def declared(
        self, connection: sa.Connection, places: Sequence[Place]
    ) -> Mapping[Place, Mapping[str, ServerType]]:
        quote = connection.dialect.identifier_preparer.quote
        found: dict[Place, dict[str, ServerType]] = {}
        for schema, table in places:
            where = f"{quote(schema)}." if schema else ""
            rows = connection.exec_driver_sql(f"PRAGMA {where}table_info({quote(table)})").all()
            only = sum(bool(row.pk) for row in rows) == 1
            found[schema, table] = {
                row.name: ServerType(row.type, _ROW_NUMBER if _numbers(row, only) else "")
                for row in rows
            }
        return found

    def form(self, kind: TypeEngine[Any], declared: ServerType) -> Form:
        wanted = python_type(kind)
        read: Reader = _READ.get(wanted, plain)
        if wanted is Decimal and not _DECIMAL.search(declared.name):
            wanted = object  # a type SQLite does not know, such as UUID, STRING
        elif wanted is Decimal:
            read = _scaled(kind.scale if isinstance(kind, sa.Numeric) else None)
        exact = declared.base == _ROW_NUMBER
        return Form(
            kind,
            read=read,
            taken=_TAKEN.get(wanted, forms.itself),
            textual=wanted is not bytes and not exact,
            exact=exact,
        )

    def as_key(self, form: Form) -> Form:
        """Its stored value, of whatever kind it is."""
        if form.exact:
            return replace(form, taken=forms.whole)
        return replace(form, taken=forms.itself)

    def among(self, places: Sequence[Expression], forms: Sequence[Form], keys: Keys) -> Expression:
        meant = [one for key in keys for one in product(*map(_stored, forms, key))]
        if len(places) > 1:
            return sa.tuple_(*(sa.type_coerce(place, _StoredValue()) for place in places)).in_(
                meant
            )
        values = [one for (one,) in meant]
        if all(isinstance(value, int | str) for value in values):
            listed = sa.bindparam("keys", values, sa.JSON(), unique=True)
            each = sa.func.json_each(listed).table_valued("value")
            return places[0].in_(sa.select(each.c.value))
        return places[0].in_(values)

    def returns(self, connection: sa.Connection, forms: Sequence[Form]) -> bool:
        """SQLite (3.40) may return the whole numbers of a table with floating ones as floating."""
        del connection
        return all(form.exact for form in forms)

    def trim(self, place: Expression, blanks: str) -> Expression:
        return sa.func.trim(place, blanks, type_=sa.Text)

    def exactly(self, place: Expression) -> Expression:
        return sa.collate(place, "BINARY")

    def text(self, place: Expression) -> Expression:
        return sa.func.dsar_key(place, type_=sa.Text)


def _numbers(column: Any, only: bool) -> bool:
    """Whether a column is the row's number (SQLite manual, "ROWIDs")."""
    return only and bool(column.pk) and column.type.upper() == "INTEGER"


def key_of(value: Any) -> str | None:
    """What a value is called as a key, or as part of one."""
    return None if value is None else str(plain(value))


def _stored(form: Form, part: Any) -> Iterator[Any]:
    """What can be stored there and is called so: 12 and '12' are two values with one name."""
    if not isinstance(part, str) or form.exact:
        yield from (part,) if _fits(part) else ()
        return
    yield part
    for read in (int, float, forms.octets):
        try:
            value = read(part)
        except (ValueError, OverflowError):
            continue
        if key_of(value) == part and _fits(value):
            yield value


def _fits(value: Any) -> bool:
    return not isinstance(value, int) or forms.LEAST <= value <= forms.MOST


# --- reading --------------------------------------------------------------------------------------


def _truth(value: Any) -> Any:
    return bool(value) if type(value) is int and value in {0, 1} else plain(value)


def _scaled(scale: int | None) -> Reader:
    """A number with the places its column declares, unless it has more."""

    def read(value: Any) -> Any:
        if type(value) not in {int, float}:
            return plain(value)
        number = Decimal(str(value))
        try:
            padded = number if scale is None else number.quantize(Decimal(1).scaleb(-scale))
        except InvalidOperation:
            return str(value)
        return str(padded if scale is not None and padded == number else value)

    return read


_READ: Mapping[type, Reader] = {
    datetime: forms.moment,
    bool: _truth,
    dict: forms.document,
    float: forms.number,
}


# --- writing --------------------------------------------------------------------------------------

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")


def _moment(value: Any) -> Any:
    """A date and time as SQLAlchemy and Django store it; a number of seconds stays a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return _ISO.sub(r"\1 \2", forms.shaped(datetime)(value))


def _decimal(value: Any) -> Any:
    forms.decimal(value)
    return value


_TAKEN: Mapping[type, Reader] = {**TAKEN, datetime: _moment, Decimal: _decimal}


def keyed_hash(key: bytes, value: Any) -> str | None:
    """HMAC-SHA-256 of a value as text, in hexadecimal; nothing stays nothing."""
    if value is None:
        return None
    return hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()
