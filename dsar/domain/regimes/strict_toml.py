"""A parsed TOML table read strictly: each key asked for by kind, and none left over.

A key nobody asked for is a typing error that would silently change the law, so it is refused with
the line it stands on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NoReturn, TypeVar

from dsar.domain.errors import BadInput

_Choice = TypeVar("_Choice", bound=StrEnum)
_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_MONTH_DAY = re.compile(r"^(\d\d)-(\d\d)$")


@dataclass(slots=True)
class TomlTable:
    """One table of a file with the path that leads to it; keys asked for are ticked off."""

    values: Mapping[str, object]
    name: str
    lines: tuple[str, ...]
    path: tuple[str | int, ...] = ()
    asked: set[str] = field(default_factory=set)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def place(self, key: str) -> str:
        """Return file and line of a key, or of the table where the key is missing."""
        return f"{self.name}:{line_of(self.lines, (*self.path, key))}"

    def anything(self, key: str) -> object:
        """Return the value of a key that must be there, whatever its kind."""
        self.asked.add(key)
        if key not in self.values:
            refuse(self, key, "It is missing.", "Add it.")
        return self.values[key]

    def text(self, key: str, *, default: str | None = None) -> str:
        if key not in self.values and default is not None:
            return default
        value = self.anything(key)
        if not isinstance(value, str) or not value.strip():
            refuse(self, key, "It is no text.", "Give a text in quotes.")
        return value.strip()

    def whole(self, key: str) -> int:
        value = self.anything(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 3650:
            refuse(self, key, "It is no length.", "Give a whole number from 1 through 3650.")
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        value = self.anything(key) if key in self.values else default
        if not isinstance(value, bool):
            refuse(self, key, "It is neither true nor false.", "Give true or false.")
        return value

    def day(self, key: str) -> date:
        value = self.anything(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            refuse(self, key, "It is no date.", "Give one without quotes, such as 2026-02-05.")
        return value

    def month_day(self, key: str) -> tuple[int, int]:
        found = _MONTH_DAY.match(self.text(key))
        try:
            day = date(2024, int(found[1]), int(found[2])) if found else None
        except ValueError:
            day = None
        if day is None:
            refuse(self, key, "It is no day of a year.", 'Give month and day, such as "12-25".')
        return day.month, day.day

    def choice(self, key: str, kind: type[_Choice], *, default: _Choice | None = None) -> _Choice:
        if key not in self.values and default is not None:
            return default
        value = self.anything(key)
        if value not in tuple(kind):
            refuse(self, key, f"It cannot be {value!r}.", f"Give one of: {', '.join(kind)}.")
        return kind(str(value))

    def names(self, key: str, known: tuple[str, ...], *, optional: bool = False) -> tuple[str, ...]:
        """Return a list of words out of `known`, each once."""
        value = [] if optional and key not in self.values else self.anything(key)
        if not isinstance(value, list) or not (value or optional):
            refuse(self, key, "It is no list of words.", "Give words in brackets.")
        for word in value:
            if word not in known or value.count(word) > 1:
                problem = f"{word!r} is unknown or stands there twice."
                refuse(self, key, problem, f"Known are: {', '.join(known)}.")
        return tuple(value)

    def free(self, key: str) -> Mapping[str, object]:
        """Return a table whose keys are not ours to check."""
        value = self.anything(key)
        if not isinstance(value, dict):
            refuse(self, key, "It is no table.", "Give keys and values in braces.")
        return value

    def table(self, key: str, *, optional: bool = False) -> "TomlTable":
        value = self.free(key) if key in self.values or not optional else {}
        return TomlTable(value, self.name, self.lines, (*self.path, key))

    def tables(self, key: str, *, optional: bool = False) -> list["TomlTable"]:
        value = [] if optional and key not in self.values else self.anything(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            refuse(self, key, "It is no list of tables.", f"Head each with [[{key}]].")
        return [
            TomlTable(item, self.name, self.lines, (*self.path, key, index))
            for index, item in enumerate(value)
        ]

    def finish(self) -> None:
        """Refuse the first key that was never asked for."""
        for key in self.values:
            if key not in self.asked:
                mend = f"Known here are: {', '.join(sorted(self.asked))}."
                refuse(self, key, "It is unknown.", mend)


def refuse(table: TomlTable, key: str, problem: str, mend: str) -> NoReturn:
    """Refuse a key of a table, naming file, line and the path to the key."""
    path = (*table.path, key)
    dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")
    raise BadInput(f"{table.place(key)} {dotted}", problem, mend)


def line_of(lines: tuple[str, ...], path: tuple[str | int, ...]) -> int:
    """Return the line, from 1, of the key at `path`; where it is missing, the one it belongs under.

    Follows table headers and then keys, so a key inside a table in braces is found as well.
    """
    first, last, rest = _block(lines, path)
    place = first
    for part in rest:
        if isinstance(part, int):
            continue
        key = re.compile(rf'(^|[\s{{,\[])"?{re.escape(part)}"?\s*=')
        found = next((n for n in range(place, last) if key.search(lines[n])), None)
        if found is None:
            break
        place = found
    return min(place, max(len(lines) - 1, 0)) + 1


def _block(
    lines: tuple[str, ...], path: tuple[str | int, ...]
) -> tuple[int, int, tuple[str | int, ...]]:
    """Find the header that reaches deepest along `path`: its first line, its end, what is left."""
    best: tuple[int, int, tuple[str | int, ...]] = (0, len(lines), path)
    seen: dict[tuple[str | int, ...], int] = {}
    depth = -1
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        if not header:
            continue
        if best[1] == len(lines):
            best = (best[0], number, best[2])
        here = _numbered(tuple(header[2].split(".")), seen, is_list=header[1] == "[[")
        if path[: len(here)] == here and len(here) > depth:
            depth = len(here)
            best = (number, len(lines), path[len(here) :])
    return best


def _numbered(
    names: tuple[str, ...], seen: dict[tuple[str | int, ...], int], *, is_list: bool
) -> tuple[str | int, ...]:
    """Turn a header's names into a path with the numbers of the list items it stands in."""
    here: tuple[str | int, ...] = ()
    for position, name in enumerate(names):
        here = (*here, name)
        if is_list and position == len(names) - 1:
            seen[here] = seen.get(here, -1) + 1
        if here in seen:
            here = (*here, seen[here])
    return here
