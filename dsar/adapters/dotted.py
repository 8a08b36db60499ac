"""Dotted paths of a declaration: which of them can lead anywhere at all."""

import re
from collections.abc import Iterable, Iterator, Mapping

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
