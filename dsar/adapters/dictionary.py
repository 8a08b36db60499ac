"""How an integrator declares the columns of a source: the same words for every built-in adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

from dsar.sdk import NEVER_DISCLOSED, Collection, Field
from dsar.sdk.settings import Words


class Erase(StrEnum):
    """What erasing a whole record means: the row goes, or its columns are masked."""

    DELETE = "delete"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class DictionaryField:
    """One field's entry in the dictionary; a plain text in the configuration is its label."""

    SHORT: ClassVar[str] = "label"

    label: Words
    """What a person would call it."""
    meaning: Words = field(default_factory=dict)
    """What its values mean."""
    category: str = ""
    """The category of data, such as contact."""
    term: str | None = None
    """The standard thing it holds (email, family_name, …): one correction reaches every source."""
    about_others: bool = False
    """Its text may speak of other people: staff sees it first."""
    secret: bool | None = None
    """`true`: a password, a token, a key, a hash of one: it is never handed over. `false`: it is no
    secret, though it is called like one."""
    withhold: str = ""
    """The ground on which it is never handed over, such as `"rights_of_others"`; it is listed as
    withheld."""

    @property
    def withheld(self) -> str | None:
        """The ground for the dictionary; "" where it may be handed over, None where nobody said."""
        if self.withhold:
            return self.withhold
        return None if self.secret is None else NEVER_DISCLOSED if self.secret else ""


@dataclass(frozen=True, slots=True)
class Column(DictionaryField):
    """One column's entry; a plain text in the configuration is its label."""

    mask: str | int | float | bool | None = None
    """What erasing puts in its place: `"null"` (the default), `"keep"`, `"hash"` (keyed), `"year"`
    (a date becomes the first of January), or a fixed value; `{key}` in it is the record's key."""


@dataclass(frozen=True, slots=True)
class RestrictionMark:
    """The column and value by which a source marks a record as restricted or objected to."""

    column: str
    """The column that is written."""
    value: Any
    """What is written into it."""
    purposes: tuple[str, ...] = ()
    """The processing activities an objection stops; all of them if none is named."""
    lifted: Any = None
    """What is written when a restriction ends; the opposite of a `value` that is true or false."""

    @property
    def ended(self) -> Any:
        """What the column holds once the mark is gone; None where the declaration does not say."""
        opposite = not self.value if isinstance(self.value, bool) else None
        return opposite if self.lifted is None else self.lifted

    def lifting(self) -> "RestrictionMark | None":
        """The mark that ends this one, if the declaration says what it is."""
        return None if self.ended is None else replace(self, value=self.ended)


#: What a receipt says where nothing is declared to end a restriction with.
NO_LIFTING = "{place} does not say how a restriction ends. Declare restrict with lifted = …."


def collection(
    name: str, title: Words, meaning: Words, columns: Mapping[str, DictionaryField]
) -> Collection:
    """The dictionary's entry for one table or file."""
    return Collection(
        name=name,
        title=title or {"en": name},
        meaning=meaning,
        fields=tuple(_field(column, entry) for column, entry in columns.items()),
    )


def _field(name: str, column: DictionaryField) -> Field:
    return Field(
        name=name,
        label=column.label,
        meaning=column.meaning,
        category=column.category,
        term=column.term,
        about_others=column.about_others,
        withhold=column.withheld,
    )
