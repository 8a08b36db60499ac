"""How the values of one column leave a database, and how what left it comes back."""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from dsar.adapters.json_values import plain

#: The whole numbers 64 bits hold.
LEAST, MOST = -(2**63), 2**63 - 1

Expression = sa.ColumnElement[Any]
Reader = Callable[[Any], Any]


def itself(value: Any) -> Any:
    """The value as it is."""
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """One column: how its values are asked for, read, and written.

    A key is what `shown` gives, untouched. Comparing a key with the column finds its row for
    certain where the form is `sure`, and no other row where it is `exact`. Where there is nothing
    to compare with (`alone`: a type without an equality), the server's text is all that counts.
    """

    kind: TypeEngine[Any]
    #: What a SELECT asks for.
    shown: Callable[[Expression], Expression] = itself
    #: What turns it into a JSON value; None where it is one.
    read: Reader | None = plain
    #: A JSON value as a parameter. Raises ValueError or TypeError where the column cannot hold it.
    taken: Reader = itself
    #: The type a parameter is sent as, None for its own, and the server's name for the column's.
    carrier: Any = None
    declared: str = ""
    #: A parameter as an expression of the column's type.
    bound: Callable[[Any], Expression] = sa.literal
    #: Whether it holds texts, which are compared with identifiers in their normal form.
    textual: bool = False
    sure: bool = True
    exact: bool = True
    alone: bool = False
    #: Rows go by its text, for comparing values gives another order than theirs, or none.
    unordered: bool = False
    #: As a key it is the server's text, for what the driver makes of it names no row.
    text_key: bool = False


def python_type(kind: TypeEngine[Any]) -> type:
    """The Python type of a column's values, or `object` where SQLAlchemy does not know."""
    if isinstance(kind, sa.Numeric) and not kind.asdecimal:
        return float
    if isinstance(kind, sa.JSON):
        return dict
    try:
        return kind.python_type
    except NotImplementedError:
        return object


# --- reading --------------------------------------------------------------------------------------

_ORDINARY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_NO_FRACTION = re.compile(r"\.0+(?![0-9])")
_SHORT_ZONE = re.compile(r"[+-]\d\d$")


def moment(value: Any) -> Any:
    """A date and time in ISO 8601 where it is an ordinary one; any other as the server says it."""
    if not isinstance(value, str) or not _ORDINARY.match(value):
        return plain(value)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return plain(value)
    zoned = f"{value}:00" if _SHORT_ZONE.search(value[16:]) else value
    return _NO_FRACTION.sub("", zoned.replace(" ", "T", 1))


def document(value: Any) -> Any:
    """A JSON document; a number that is no JSON number to every reader stays the server's digits.

    What is no JSON, or too deep to be looked into, stays text.
    """
    if not isinstance(value, str):
        return plain(value)
    try:
        return plain(json.loads(value, parse_float=_digits, parse_constant=str))
    except (ValueError, RecursionError):
        return plain(value)


def _digits(text: str) -> float | str:
    number = float(text)
    return number if repr(number) == text else text


def number(value: Any) -> Any:
    """A floating number; what is none (infinity) in the servers' word for it."""
    if not isinstance(value, float) or math.isfinite(value):
        return plain(value)
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


def each(read: Reader) -> Reader:
    """The same for every member of a list, at any depth."""

    def reader(value: Any) -> Any:
        return [reader(one) for one in value] if isinstance(value, list) else read(value)

    return reader


# --- writing --------------------------------------------------------------------------------------


def whole(value: Any) -> int:
    """A whole number, also as text, of the size a column can have."""
    if isinstance(value, bool | float):
        raise TypeError(value)
    number = int(value)
    if not LEAST <= number <= MOST:
        raise ValueError(value)
    return number


def text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def truth(value: Any) -> bool:
    """True or false, also as a key writes it."""
    if value not in _TRUTHS:
        raise TypeError(value)
    return _TRUTHS[value]


_TRUTHS: Mapping[Any, bool] = {True: True, False: False, "true": True, "false": False}


def decimal(value: Any) -> str:
    """A decimal number, as its digits."""
    if isinstance(value, bool):
        raise TypeError(value)
    try:
        Decimal(str(value))
    except ArithmeticError:
        raise ValueError(value) from None
    return str(value)


def octets(value: Any) -> bytes:
    """Bytes, from base64."""
    return base64.b64decode(value, validate=True)


def uuid(value: Any) -> str:
    """A UUID as every server writes it."""
    return str(UUID(text(value)))


def json_text(value: Any) -> str:
    """A JSON value as text."""
    return json.dumps(value, ensure_ascii=False)


_DAY = r"\d{4,7}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?"
_ZONE = r"( ?(Z|[+-]\d\d(:?\d\d)?(:\d\d)?))?"
_SHAPES: Mapping[type, re.Pattern[str]] = {
    date: re.compile(rf"{_DAY}( BC)?|-?infinity"),
    datetime: re.compile(rf"{_DAY}([ T]{_CLOCK}{_ZONE})?( BC)?|-?infinity"),
    time: re.compile(rf"-?\d{{0,1}}{_CLOCK}{_ZONE}"),
}


def shaped(kind: type) -> Reader:
    """A date, a time or both as servers write them: no words such as "yesterday"."""

    def taken(value: Any) -> str:
        if not _SHAPES[kind].fullmatch(text(value)):
            raise ValueError(value)
        return text(value)

    return taken


#: What a JSON value must be for a column of this Python type, whatever the database.
TAKEN: Mapping[type, Reader] = {
    int: whole,
    float: float,
    str: text,
    bool: truth,
    Decimal: decimal,
    datetime: shaped(datetime),
    date: shaped(date),
    time: shaped(time),
    bytes: octets,
    UUID: uuid,
    dict: json_text,
}
