"""What is printed about an adapter's settings is what its dataclasses are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dsar.sdk.described import Setting, tables
from dsar.sdk.settings import Location, Words


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A shelf of the library.

    With a second paragraph.
    """

    title: Words
    """What it is called."""


@dataclass(frozen=True, kw_only=True)
class Common:
    page: int = 10
    """How many at once."""


@dataclass(frozen=True, kw_only=True)
class Library(Common):
    """A library."""

    url: Location
    """Where it is."""
    from_: tuple[str, ...] = ("a", "b")
    """Where its
    books come from."""
    colour: Colour = Colour.RED
    folder: Path | None = None
    shelves: Mapping[str, Shelf] = field(default_factory=dict)
    """Its shelves."""
    strict: bool = True


def test_each_setting_says_what_to_write_and_what_it_is_if_left_out() -> None:
    library, shelf = tables(Library)
    assert library.meaning == "A library."
    assert library.settings == (
        Setting("page", "whole number", "`10`", "How many at once."),
        Setting("url", "database URL", None, "Where it is."),
        Setting("from", "text, or a list", '`["a", "b"]`', "Where its books come from."),
        Setting("colour", '`"red"` or `"blue"`', '`"red"`', ""),
        Setting("folder", "path", "", ""),
        Setting("shelves", "table: name = Shelf", "", "Its shelves."),
        Setting("strict", "true or false", "`true`", ""),
    )
    assert shelf.name == "Shelf"
    assert shelf.meaning == "A shelf of the library."
    assert shelf.settings == (
        Setting("title", "text, or a table by language", None, "What it is called."),
    )
