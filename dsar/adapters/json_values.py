"""Values as JSON can carry them to any reader: finite, at most 64 bits wide, sound Unicode."""

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_AS_IS = frozenset({bool, type(None)})
_LEAST, _MOST = -(2**63), 2**64


def plain(value: Any) -> Any:
    """The JSON value for whatever a driver or parser returns; the rest becomes text."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else sound(value)
    if kind is int:
        return value if _LEAST <= value < _MOST else str(value)
    if kind in _AS_IS:
        return value
    reader = _PLAIN.get(kind)
    return reader(value) if reader else sound(str(value))


def sound(text: str) -> str:
    """The text with each lone surrogate, which no encoding can carry, made U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _base64(value: Any) -> str:
    return base64.b64encode(value).decode("ascii")


def _iso(value: date | time) -> str:
    return value.isoformat()


_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    float: lambda value: value if math.isfinite(value) else str(value),
    Decimal: str,
    datetime: _iso,
    date: _iso,
    time: _iso,
    bytes: _base64,
    memoryview: _base64,
    list: lambda many: [plain(one) for one in many],
    tuple: lambda many: [plain(one) for one in many],
    dict: lambda table: {sound(str(name)): plain(one) for name, one in table.items()},
}
