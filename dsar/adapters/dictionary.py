"""How an integrator declares the columns of a source: the same words for every built-in adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from dsar.sdk import Collection, Field
from dsar.sdk.settings import Words


class Erase(StrEnum):
    """What erasing a whole record means: the row goes, or its columns are masked."""

    DELETE = "delete"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Column:
    """One column's entry; a plain text in the configuration is its label.

    `mask` says what erasing puts in its place: "null", "keep", "hash" (keyed), "year" (a date
    becomes the first of January), or a fixed value, in which {key} stands for the record's key.
    """

    SHORT: ClassVar[str] = "label"

    label: Words
    meaning: Words = field(default_factory=dict)
    category: str = ""
    term: str | None = None
    about_others: bool = False
    mask: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True)
class Marking:
    """The column and value by which a source marks a record as restricted or objected to."""

    column: str
    value: Any
    purposes: tuple[str, ...] = ()


def collection(
    name: str, title: Words, meaning: Words, columns: Mapping[str, Column]
) -> Collection:
    """The dictionary's entry for one table or file."""
    return Collection(
        name=name,
        title=title or {"en": name},
        meaning=meaning,
        fields=tuple(_field(column, entry) for column, entry in columns.items()),
    )


def _field(name: str, column: Column) -> Field:
    return Field(
        name=name,
        label=column.label,
        meaning=column.meaning,
        category=column.category,
        term=column.term,
        about_others=column.about_others,
    )
