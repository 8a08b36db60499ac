"""MySQL and MariaDB: what the driver would change is asked for as the server's text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import INTEGER
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeEngine

from dsar.adapters.json_values import plain
from dsar.adapters.sql.dialects import form as forms
from dsar.adapters.sql.dialects.dialect import (
    CONNECT_SECONDS,
    Dialect,
    Keys,
    Place,
    ServerType,
)
from dsar.adapters.sql.dialects.form import Expression, Form

#: SQLAlchemy's names for both.
NAMES = frozenset({"mariadb", "mysql"})

#: A server that is not strict cuts a value that is too long, and says nothing.
STRICT = "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')"


class in_utf8(GenericFunction[str]):  # noqa: N801 - a function in SQL
    """A text in UTF-8, whatever character set its column has."""

    type = sa.Text()
    inherit_cache = True


@compiles(in_utf8, *NAMES)
def _in_utf8(element: Any, compiler: Any, **words: Any) -> str:
    return f"CONVERT({compiler.process(element.clauses, **words)} USING utf8mb4)"


_COLUMNS = sa.text("""
    SELECT table_name, column_name, column_type FROM information_schema.columns
    WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name IN :tables
    """).bindparams(sa.bindparam("tables", expanding=True))


def _chars(place: Expression) -> Expression:
    return sa.cast(place, sa.CHAR)


def _bits(place: Expression) -> Expression:
    return sa.cast(place, INTEGER(unsigned=True))


def _outlined(place: Expression) -> Expression:
    return sa.func.ST_AsText(place, type_=sa.Text)


def _from_outline(value: Any) -> Expression:
    return sa.func.ST_GeomFromText(value)


def _number(value: Any) -> int:
    """A whole number, unsigned ones too; true and false are 1 and 0 there."""
    if isinstance(value, float):
        raise TypeError(value)
    return int(value)


def _float(value: Any) -> float:
    return float(forms.decimal(value))


def _members(value: Any) -> str:
    """The members of a set, also as a list."""
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return ",".join(value) if listed else forms.text(value)


def _digits(value: Any) -> Expression:
    """A decimal number: compared with a text the server would take both as floating numbers."""
    places = len(str(value).partition(".")[2])
    return sa.cast(sa.literal(str(value)), sa.Numeric(65, min(places, 30)))


_WHOLE = Form(sa.Integer(), read=None, taken=_number)
_TEXT = Form(sa.Text(), read=None, taken=forms.text, textual=True, exact=False)
_OCTETS = Form(sa.LargeBinary(), taken=forms.octets)
_FLOATING = Form(
    sa.Double(),
    read=forms.number,
    taken=_float,
    sure=False,
    exact=False,
    unordered=True,
    text_key=True,
)
_MOMENT = Form(sa.DateTime(), shown=_chars, read=forms.moment, taken=forms.shaped(datetime))
_OUTLINE = Form(
    sa.Text(), shown=_outlined, taken=forms.text, bound=_from_outline, alone=True, unordered=True
)
_OTHER = Form(sa.Text(), shown=_chars, taken=forms.text, textual=True, sure=False, exact=False)

_ONE = ("point", "linestring", "polygon")
_SHAPES = (
    "geometry",
    *_ONE,
    *(f"multi{one}" for one in _ONE),
    "geometrycollection",
    "geomcollection",
)
#: By the server's name of the type, without its length.
_FORMS: Mapping[str, Form] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), _WHOLE),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), _TEXT),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), _OCTETS),
    **dict.fromkeys(("float", "double"), _FLOATING),
    **dict.fromkeys(("datetime", "timestamp"), _MOMENT),
    **dict.fromkeys(_SHAPES, _OUTLINE),
    "date": Form(sa.Date(), shown=_chars, taken=forms.shaped(date)),
    "time": Form(sa.Time(), shown=_chars, taken=forms.shaped(time)),
    "decimal": Form(sa.Numeric(), shown=_chars, taken=forms.decimal, bound=_digits, exact=False),
    "bit": replace(_WHOLE, shown=_bits),
    "enum": replace(_TEXT, unordered=True),  # its members stand in their own order, not the text's
    "set": replace(_TEXT, taken=_members, unordered=True),
    "json": Form(
        sa.JSON(),
        read=forms.document,
        taken=forms.json_text,
        alone=True,
        unordered=True,
        text_key=True,
    ),
}


class Mysql(Dialect):
    """Both of them."""

    typed = False

    def connecting(self, url: sa.URL) -> dict[str, Any]:
        del url
        return {"connect_timeout": CONNECT_SECONDS, "init_command": STRICT}

    def declared(
        self, connection: sa.Connection, places: Sequence[Place]
    ) -> Mapping[Place, Mapping[str, ServerType]]:
        found: dict[Place, dict[str, ServerType]] = {}
        for schema in dict.fromkeys(schema for schema, _ in places):
            tables = [table for other, table in places if other == schema]
            asked = {"schema": schema, "tables": tables}
            for table, column, kind in connection.execute(_COLUMNS, asked):
                found.setdefault((schema, table), {})[column] = ServerType(kind)
        return found

    def form(self, kind: TypeEngine[Any], declared: ServerType) -> Form:
        made = _FORMS.get(re.split(r"\W", declared.name.lower(), maxsplit=1)[0], _OTHER)
        if "zerofill" in declared.name:  # its zeros are part of what it says
            made = replace(made, shown=_chars, textual=True, exact=False)
        return replace(made, kind=kind)

    def among(self, places: Sequence[Expression], forms: Sequence[Form], keys: Keys) -> Expression:
        if all(form.bound is sa.literal for form in forms):
            return super().among(places, forms, keys)
        return sa.or_(
            *(
                sa.and_(*(p == f.bound(v) for p, f, v in zip(places, forms, key, strict=True)))
                for key in keys
            )
        )

    def as_key(self, form: Form) -> Form:
        if not (form.text_key or form.shown is _chars):
            return form
        return replace(form, shown=_chars, read=form.read or plain, taken=forms.text)

    def plain_text(self, place: Expression) -> Expression:
        return in_utf8(place)

    def trim(self, place: Expression, blanks: str) -> Expression:
        return sa.func.regexp_replace(place, f"^[{blanks}]+|[{blanks}]+$", "", type_=sa.Text)

    def text(self, place: Expression) -> Expression:
        """Every collation there also thinks "a" and "a " the same; bytes are compared."""
        return sa.type_coerce(sa.cast(in_utf8(place), sa.LargeBinary), sa.Text)


#: SQLSTATEs by the server's own numbers, which say more than the states it sends (MariaDB manual,
#: "MariaDB Error Codes").
STATES: Mapping[int, str] = {
    1040: "53300",  # too many connections
    1044: "28000",  # no right to the database
    1045: "28000",  # wrong user or password
    1048: "23502",  # cannot be null
    1054: "42703",  # no such column
    1062: "23505",  # a value that must be unique
    1142: "42501",  # no right to the table
    1143: "42501",  # no right to the column
    1146: "42P01",  # no such table
    1205: "55P03",  # waited for a lock too long
    1213: "40P01",  # deadlock
    1227: "42501",  # no right to do that
    1264: "22P02",  # a number out of its column's range
    1290: "25006",  # the server is read-only
    1288: "55000",  # a view that takes no changes
    1292: "22P02",  # no such date
    1348: "428C9",  # a column of a view that is worked out
    1364: "23502",  # no default value
    1366: "22P02",  # no such value of the column's type
    1369: "44000",  # not what the view shows
    1406: "22001",  # too long
    1442: "27000",  # a trigger that changes what is being changed
    1451: "23503",  # still referred to
    1452: "23503",  # refers to nothing
    1644: "45000",  # a trigger's refusal
    1698: "28000",  # may not log in so
    1792: "25006",  # the transaction is read-only
    1836: "25006",  # the server is read-only
    2002: "08001",  # cannot be reached
    2003: "08001",  # cannot be reached
    2006: "08006",  # has gone away
    2013: "08006",  # lost while asking
    3819: "23514",  # a check (MySQL)
    4025: "23514",  # a check (MariaDB)
}
