"""Column types: aware UTC times on every database, JSON, reasons, and text under our own seal."""

import base64
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Engine, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from dsar.domain.errors import DsarError
from dsar.domain.reasons import Reason, as_text, from_text
from dsar.store.vault import KeyNotCompared, Seal


def new_id() -> str:
    """An id for a row: 32 hexadecimal digits of chance."""
    return uuid4().hex


class Instant(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without a zone was about to be stored"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def json_type() -> TypeEngine[Any]:
    """JSON, as JSONB where the database has it."""
    return JSON().with_variant(JSONB(), "postgresql")


def big() -> TypeEngine[int]:
    """A 64-bit key that counts itself, also on SQLite."""
    return BigInteger().with_variant(Integer(), "sqlite")


_SEALED = "sealed:"


class SealedText(TypeDecorator[str]):
    """Text that may name somebody and belongs to no one request, sealed under a key of the house.

    "" stays as it is. `place` binds it to its column. What older code stored is read as it stands.
    """

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if not value:
            return value
        sealed = house_seal(dialect).close_bytes(value.encode(), self.place)
        return _SEALED + base64.b64encode(sealed).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if not value or not value.startswith(_SEALED):
            return value
        sealed = base64.b64decode(value.removeprefix(_SEALED))
        return house_seal(dialect).open_bytes(sealed, self.place).decode()


def seal_with(engine: Engine, seal: Seal) -> None:
    """What `SealedText` is sealed with on this database."""
    engine.dialect.house_seal = seal  # type: ignore[attr-defined]


def house_seal(dialect: Dialect) -> Seal:
    """The house's seal of a database; raises KeyNotCompared where its key was not compared yet."""
    found: Seal | None = getattr(dialect, "house_seal", None)
    if found is None:
        raise KeyNotCompared
    return found


class ReasonText(TypeDecorator[Reason]):
    """A reason as JSON text, "" for none. A plain text is read as a sentence for staff."""

    impl = Text()
    cache_ok = True

    def process_bind_param(
        self,
        value: Reason | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> str:
        return as_text(value)

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> Reason | None:
        return from_text(value or "")


E = TypeVar("E", bound=StrEnum)


class UnknownText(DsarError):  # noqa: N818 - a sentence, as everywhere here
    """The database holds a word of another release; nothing is guessed from it."""


class EnumText(TypeDecorator[E]):
    """A member of an enum, stored as its text. `place` names the column, for whoever must mend it.

    A text that is no member raises: UnknownText where it is read, ValueError where it would be
    written.
    """

    impl = String
    cache_ok = True

    def __init__(self, members: type[E], place: str, length: int) -> None:
        super().__init__(length)
        self.members = members
        self.place = place
        self._by_text = {member.value: member for member in members}

    def process_bind_param(
        self,
        value: E | str | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> str | None:
        return None if value is None else self.members(value).value

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> E | None:
        if value is None:
            return None
        try:
            return self._by_text[value]
        except KeyError:
            mend = "A later release wrote it: start that one, or restore a backup of this one."
            message = f"{self.place} holds {value!r}, which this release does not know. {mend}"
            raise UnknownText(message) from None
