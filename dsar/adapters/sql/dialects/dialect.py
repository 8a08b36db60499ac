"""What one kind of database does in its own way; here, what is done where we know no better."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from dsar.adapters.json_values import plain
from dsar.adapters.sql.dialects.form import (
    TAKEN,
    Expression,
    Form,
    document,
    itself,
    python_type,
    text,
)

#: Seconds until a connection must stand.
CONNECT_SECONDS = 10

#: A schema, None for the connection's own, and the name of a table in it.
Place = tuple[str | None, str]
#: Keys: for each the value of each of its columns.
Keys = Sequence[tuple[Any, ...]]


class ServerType(NamedTuple):
    """A column's type as the server writes it, and what it is based on where that says more."""

    name: str
    base: str = ""


UNKNOWN = ServerType("")


class Dialect:
    """A database SQLAlchemy can reach; its statements carry SQLAlchemy's types."""

    #: Whether statements carry the columns' types, as SQLAlchemy understands them.
    typed = True

    #: Whether a deferred reference is looked at only when the transaction ends.
    looks_late = False

    def connecting(self, url: sa.URL) -> dict[str, Any]:
        """What the driver is told on connecting."""
        del url
        return {}

    def prepare(self, engine: sa.Engine, mask_key: bytes) -> None:
        """What each new connection is told."""

    def begin(self, connection: sa.Connection) -> None:
        """What a transaction that changes something begins with."""

    def declared(
        self, connection: sa.Connection, places: Sequence[Place]
    ) -> Mapping[Place, Mapping[str, ServerType]]:
        """The server's own names of the columns' types, where it can be asked."""
        del connection, places
        return {}

    def form(self, kind: TypeEngine[Any], declared: ServerType) -> Form:
        """How the values of a column of this type leave and come back."""
        del declared
        wanted = python_type(kind)
        return Form(
            kind,
            read=document if wanted is dict else plain,
            taken=TAKEN.get(wanted, itself),
            bound=lambda value: sa.literal(value, kind),
            sure=wanted in {int, str},
            exact=wanted is int,
            textual=wanted is str,
        )

    def as_key(self, form: Form) -> Form:
        """The same for a column whose values name rows."""
        if not form.text_key:
            return form
        return replace(form, shown=self.text, read=plain, taken=text)

    def among(self, places: Sequence[Expression], forms: Sequence[Form], keys: Keys) -> Expression:
        """Whether the places together are one of these keys."""
        del forms
        if len(places) == 1:
            return places[0].in_([key[0] for key in keys])
        return sa.tuple_(*places).in_(keys)

    def returns(self, connection: sa.Connection, forms: Sequence[Form]) -> bool:
        """Whether a change can return the keys of its rows as they are."""
        del forms
        return connection.dialect.delete_returning and connection.dialect.update_returning

    def codecs(self, connection: sa.Connection) -> tuple[str, ...]:
        """The encodings a text must have a form in to reach the database."""
        del connection
        return ("utf-8",)

    def plain_text(self, place: Expression) -> Expression:
        """A value as a text that functions of texts take."""
        return place

    def trim(self, place: Expression, blanks: str) -> Expression:
        """A text without these signs at its ends."""
        del blanks
        return sa.func.trim(place)

    def exactly(self, place: Expression) -> Expression:
        """A text made by `trim`, compared sign by sign."""
        return self.text(place)

    def text(self, place: Expression) -> Expression:
        """The server's text of a value, compared sign by sign."""
        return sa.cast(place, sa.String)
