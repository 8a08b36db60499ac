"""What erasing writes into a column, as an expression the database works out for all rows."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from dsar.adapters.dictionary import Column
from dsar.adapters.sql.dialects.form import python_type
from dsar.adapters.sql.dialects.mysql import in_utf8
from dsar.adapters.sql.live import Live

_BLOCK = 64  # bytes; SHA-256's block, RFC 2104

Expression = sa.ColumnElement[Any] | Any


def mask_of(live: Live, name: str) -> str | int | float | bool:
    """The mask declared for a column; what holds a row in its place is kept unless told so."""
    if name in live.generated:
        return "keep"
    declared = live.declared.columns.get(name, Column(label={}))
    if declared.mask is not None:
        return declared.mask
    return "keep" if name in structure(live) else "null"


def structure(live: Live) -> frozenset[str]:
    """The columns that hold a row in its place: its key, its references, its marks."""
    marks = (live.declared.restrict, live.declared.object_to)
    return frozenset(
        [*live.declared.key, *live.declared.from_, *(mark.column for mark in marks if mark)]
    )


def masked(live: Live, name: str, mask_key: str) -> Expression:
    """The new value of a column. Raises ValueError or TypeError where the column cannot hold it."""
    mask = mask_of(live, name)
    if isinstance(mask, str) and mask in WORDS:
        return WORDS[mask](live, live.table.c[name], mask_key)
    if isinstance(mask, str) and "{key}" in mask:
        live.written(name, mask)  # a number cannot hold a text
        return _filled(live, mask)
    textual = python_type(live.types[name]) is str and not isinstance(mask, str)
    return live.written(name, str(mask) if textual else mask)


def has_masks(live: Live) -> bool:
    """Whether a mask is declared for any column, so that a row may be emptied."""
    declared = live.declared.columns.values()
    return any(column.mask not in {None, "keep"} for column in declared)


def _filled(live: Live, text: str) -> Expression:
    before, _, after = text.partition("{key}")
    parts: list[Any] = [sa.literal(before)]
    for place, column in enumerate(live.key):
        parts += [sa.literal("-")] if place else []
        parts.append(sa.cast(column, sa.String))
    whole = sa.literal("")
    for part in [*parts, sa.literal(after)]:
        whole = whole + part
    return whole


def _null(_live: Live, _column: sa.Column[Any], _key: str) -> Expression:
    return sa.null()


def _year(live: Live, column: sa.Column[Any], _key: str) -> Expression:
    kind = live.types[column.name]
    if live.database == "sqlite" or python_type(kind) not in {date, datetime}:
        return sa.func.substr(column, 1, 4) + "-01-01"
    if live.database == "postgresql":
        return sa.cast(sa.func.date_trunc("year", column), kind)
    return sa.func.makedate(sa.func.year(column), 1)


def _hash(live: Live, column: sa.Column[Any], key: str) -> Expression:
    """HMAC-SHA-256 under the source's mask key, cut to the column's length."""
    hashed = _HASHES[live.database](column, key.encode())
    length = getattr(live.types[column.name], "length", None)
    return sa.func.substr(hashed, 1, length) if length else hashed


def _sqlite_hash(column: sa.Column[Any], _key: bytes) -> Expression:
    return sa.func.dsar_hash(column)


def _postgresql_hash(column: sa.Column[Any], key: bytes) -> Expression:
    """RFC 2104 from PostgreSQL's own sha256(), which takes no key."""
    inner, outer = _pads(key)
    octets = sa.func.convert_to(sa.cast(column, sa.Text), "UTF8")
    first = sa.func.sha256(sa.literal(inner, sa.LargeBinary).op("||")(octets))
    return sa.func.encode(sa.func.sha256(sa.literal(outer, sa.LargeBinary).op("||")(first)), "hex")


def _pads(key: bytes) -> tuple[bytes, bytes]:
    whole = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(sign ^ 0x36 for sign in whole), bytes(sign ^ 0x5C for sign in whole)


def _mysql_hash(column: sa.Column[Any], key: bytes) -> Expression:
    """The same from SHA2(), which gives hexadecimal, also for the inner hash."""
    inner, outer = (sa.literal(pad, sa.LargeBinary) for pad in _pads(key))
    octets = sa.cast(in_utf8(column), sa.LargeBinary)
    first = sa.func.unhex(sa.func.sha2(sa.func.concat(inner, octets), 256))
    return sa.func.sha2(sa.func.concat(outer, first), 256)


_HASHES: Mapping[str, Callable[[sa.Column[Any], bytes], Expression]] = {
    "mariadb": _mysql_hash,
    "mysql": _mysql_hash,
    "sqlite": _sqlite_hash,
    "postgresql": _postgresql_hash,
}
#: The databases whose rows can be masked by a keyed hash.
HASHING = frozenset(_HASHES)

#: Masks that are words.
WORDS: Mapping[str, Callable[[Live, sa.Column[Any], str], Expression]] = {
    "null": _null,
    "year": _year,
    "hash": _hash,
}
