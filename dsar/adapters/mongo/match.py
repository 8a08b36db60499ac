"""What the server is asked by an identifier: every value that may stand for it in a document.

What comes back is compared again in its normal form, so that the server may be asked too widely and
never too narrowly. An identifier is always a literal, never an operator or a pattern.
"""

import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson import Binary
from bson.binary import UUID_SUBTYPE
from bson.objectid import ObjectId

from dsar.adapters.dotted import at
from dsar.sdk import PHONE_SEPARATORS, phone_forms

Document = dict[str, Any]


def held(value: str) -> Iterator[Any]:
    """The values that mean this identifier where an index serves: text, number, UUID, ObjectId."""
    yield from _composed(value)
    if value.isascii() and value.isdecimal() and str(int(value)) == value < "9" * 19:
        yield int(value)
    if ObjectId.is_valid(value):
        yield ObjectId(value)
    if (known := _uuid(value)) is not None:
        yield str(known).upper()
        yield Binary.from_uuid(known)


def in_normal_form(
    path: str, kind: str, values: Sequence[str], region: str
) -> tuple[Document, Document]:
    """Texts of the field, and of a list in it, without blanks around and in lower case; telephone
    numbers without separators. Other kinds of value are never turned into text."""
    if kind == "phone":
        forms = [form for value in values for form in phone_forms(value, region)]
    else:
        forms = [form for value in values for form in _cases(value)]
    place, wanted = f"${path}", {"$literal": list(dict.fromkeys(forms))}
    members = {"$cond": [{"$isArray": place}, place, []]}
    each = {
        "$map": {"input": members, "as": "one", "in": {"$in": [_normal("$$one", kind), wanted]}}
    }
    return (
        {"$expr": {"$in": [_normal(place, kind), wanted]}},
        {"$expr": {"$anyElementTrue": [each]}},
    )


def _normal(place: str, kind: str) -> Document:
    text: Any = {"$trim": {"input": place}}
    if kind == "phone":
        for sign in PHONE_SEPARATORS:
            text = {"$replaceAll": {"input": text, "find": sign, "replacement": ""}}
    else:
        text = {"$toLower": text}
    return {"$cond": [{"$eq": [{"$type": place}, "string"]}, text, None]}


def _cases(value: str) -> Iterator[str]:
    """The server turns ASCII letters into small ones only: the others stand in either case."""
    upper = "".join(sign if sign.isascii() else sign.upper() for sign in value)
    for one in (value, upper):
        yield from _composed(one)


def _composed(value: str) -> tuple[str, str]:
    """Composed and decomposed: the two are one text, stored in either form."""
    return value, unicodedata.normalize("NFD", value)


def identifiers_at(document: Mapping[str, Any], path: str) -> Iterator[str]:
    """The values at a path that can be identifiers: texts, whole numbers, UUIDs, ObjectIds."""
    for value in at(document, path):
        if isinstance(value, str | int | ObjectId) and not isinstance(value, bool):
            yield str(value)
        elif isinstance(value, Binary) and value.subtype == UUID_SUBTYPE:
            yield str(value.as_uuid())


def _uuid(value: str) -> uuid.UUID | None:
    try:
        found = uuid.UUID(value)
    except ValueError:
        return None
    return found if str(found) == value else None
