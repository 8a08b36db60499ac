"""Values out of a database as JSON values, keys as text, and back again."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from dsar.adapters.json_values import plain

Reader = Callable[[Any], Any]


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


# --- SQLite gives what was stored, whatever the column declares -----------------------------------


def _sqlite_time(value: Any) -> Any:
    """A stored date and time in ISO 8601, as every other database gives it."""
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return plain(value)


def _sqlite_bool(value: Any) -> Any:
    return bool(value) if value in (0, 1) else plain(value)


def _sqlite_json(value: Any) -> Any:
    try:
        return json.loads(value, parse_constant=str)
    except (TypeError, ValueError):
        return plain(value)


def _sqlite_decimal(scale: int | None) -> Reader:
    def read(value: Any) -> Any:
        if type(value) in {int, float} and scale is not None:
            return f"{value:.{scale}f}"
        return str(value) if type(value) in {int, float} else plain(value)

    return read


_SQLITE: Mapping[type, Reader] = {
    datetime: _sqlite_time,
    bool: _sqlite_bool,
    dict: _sqlite_json,
}


def reader(kind: TypeEngine[Any], dialect: str) -> Reader | None:
    """What turns a column's values into JSON values, or None where they are already."""
    wanted = python_type(kind)
    if dialect != "sqlite":
        return None if wanted in {str, int, bool} else plain
    if wanted is Decimal:
        return _sqlite_decimal(kind.scale if isinstance(kind, sa.Numeric) else None)
    known: Reader = _SQLITE.get(wanted, plain)
    return known


# --- keys -----------------------------------------------------------------------------------------


def key_text(values: Sequence[Any]) -> str:
    """The text that names a row: its key's value, or a JSON list where the key has several."""
    if len(values) == 1:
        value = values[0]
        return value if type(value) is str else str(plain(value))
    return json.dumps([plain(value) for value in values], ensure_ascii=False)


def key_values(text: str, kinds: Sequence[TypeEngine[Any]], dialect: str) -> tuple[Any, ...] | None:
    """The key's values again, or None where the text cannot be a key of these types."""
    try:
        parts = [text] if len(kinds) == 1 else json.loads(text)
        values = tuple(
            incoming(part, kind, dialect) for part, kind in zip(parts, kinds, strict=True)
        )
    except (ValueError, TypeError, InvalidOperation):
        return None
    return values if key_text(values) == text else None


def incoming(value: Any, kind: TypeEngine[Any], dialect: str) -> Any:
    """A JSON value as the column's type wants it. Raises ValueError or TypeError if it cannot."""
    if value is None:
        return None
    wanted = python_type(kind)
    if dialect == "sqlite":
        return _stored(value, wanted)
    convert = _INCOMING.get(wanted)
    return convert(value) if convert else value


def _stored(value: Any, wanted: type) -> Any:
    """SQLite keeps dates and decimals as text or number, so only their form is checked."""
    if wanted is datetime:
        return datetime.fromisoformat(value).isoformat(sep=" ") if " " not in value else value
    if wanted is Decimal:
        Decimal(str(value))
        return value
    convert = _INCOMING.get(wanted)
    converted = convert(value) if convert else value
    return converted if isinstance(converted, _SQLITE_TYPES) else str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError(value)
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


_SQLITE_TYPES = (str, int, float, bytes)
_INCOMING: Mapping[type, Reader] = {
    int: _whole,
    float: float,
    str: _text,
    bool: _truth,
    Decimal: lambda value: Decimal(str(value)),
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    bytes: lambda value: base64.b64decode(value, validate=True),
    UUID: UUID,
}
