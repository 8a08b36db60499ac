"""Dotted paths of a declaration: where they lead, and which of them can lead nowhere."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dsar.sdk import Problem

#: A step that numbers a place in a list, counted from its start or its end.
_NUMBER = re.compile(r"-?\d+")
_MEND = "A path is names with dots, and a list means each of its members: data.id."


def fault(path: str) -> str:
    """Why a path can lead nowhere, whatever it is looked up in; "" for a path that can."""
    steps = path.split(".") if path else []
    for step in steps:
        name = step.removesuffix("[]")
        if not name or name == "$":
            return "has a step without a name."
        if "[" in name or "]" in name or _NUMBER.fullmatch(name):
            return f"numbers a place in a list ({step})."
    return ""


def faults(named: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    """Each path that can never match, by its setting: it would be read as "not there"."""
    for at, paths in named.items():
        for path in paths:
            if wrong := fault(path):
                yield Problem(at, f'"{path}" {wrong}', _MEND)


def at(data: Mapping[str, Any], path: str) -> Iterator[Any]:
    """The values at a dotted path; a list on the way means each of its members."""
    if path in data:
        yield from _each(data[path])
        return
    first, dot, rest = path.partition(".")
    name = first.removesuffix("[]")
    for inner in _each(data[name]) if name in data else ():
        if not dot:
            yield inner
        elif isinstance(inner, Mapping):
            yield from at(inner, rest)


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def texts(data: Mapping[str, Any], path: str) -> Iterator[str]:
    """The values at a path that can be identifiers: texts and whole numbers."""
    for value in at(data, path):
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)
