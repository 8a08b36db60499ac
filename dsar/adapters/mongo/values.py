"""Documents as JSON can carry them, keys of documents as text, and the way back."""

import base64
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import bson
from bson import Binary, json_util
from bson.binary import UUID_SUBTYPE
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from dsar.adapters.json_values import plain, sound


def json_of(value: Any) -> Any:
    """The JSON value of anything BSON holds."""
    if isinstance(value, Mapping):
        return {sound(str(name)): json_of(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_of(one) for one in value]
    if isinstance(value, Binary) and value.subtype == UUID_SUBTYPE:
        return str(value.as_uuid())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return plain(int(value)) if isinstance(value, Int64) else plain(value)


def key_of(number: Any) -> str:
    """The text of a document's _id: its relaxed extended JSON, so that 5 is not "5"."""
    return json_util.dumps(number, json_options=json_util.RELAXED_JSON_OPTIONS, sort_keys=True)


def number_of(key: str) -> tuple[Any] | None:
    """The _id behind a key, or None where it is none of this source's."""
    try:
        number = json_util.loads(key, json_options=json_util.RELAXED_JSON_OPTIONS)
    except (ValueError, TypeError, KeyError, bson.errors.BSONError):
        return None
    return None if _has_operator(number) else (number,)


def like(old: Any, new: Any) -> Any:
    """A new value in the kind the document holds. Raises ValueError where it does not fit."""
    if isinstance(new, str):
        if isinstance(old, Binary) and old.subtype == UUID_SUBTYPE:
            return Binary.from_uuid(uuid.UUID(new))
        for kind, made in _KINDS.items():
            if isinstance(old, kind):
                return made(new)
    if _has_operator(new):
        raise ValueError
    return new


def _has_operator(value: Any) -> bool:
    """Whether a table in it has a name the server would take for an operator or a path."""
    if isinstance(value, Mapping):
        return any(
            str(name).startswith("$") or "." in str(name) or _has_operator(one)
            for name, one in value.items()
        )
    return isinstance(value, list) and any(map(_has_operator, value))


def _moment(text: str) -> datetime:
    made = datetime.fromisoformat(text)
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _decimal(text: str) -> Decimal128:
    try:
        return Decimal128(text)
    except ArithmeticError:
        raise ValueError from None


def _object_id(text: str) -> ObjectId:
    if not ObjectId.is_valid(text):
        raise ValueError
    return ObjectId(text)


_KINDS: Mapping[type, Callable[[str], Any]] = {
    datetime: _moment,
    Decimal128: _decimal,
    ObjectId: _object_id,
    bytes: lambda text: base64.b64decode(text, validate=True),
}
