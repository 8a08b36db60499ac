"""What an adapter's settings are, in words: drawn from its dataclasses, for documents and screens.

The meaning of a setting is the text that stands right below it in the dataclass:

    page: int = 1000
    \"\"\"How many records make a page.\"\"\"
"""

import ast
import inspect
import textwrap
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from dsar.sdk import Adapter
from dsar.sdk.verbs import TABLE

__all__ = ["Setting", "SettingsTable", "page", "tables", "verbs"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key in the file, what to write, what it is if left out, what it means.

    `default` is as it would be written; None where the setting is needed.
    """

    key: str
    kind: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """One dataclass of settings: its name, what it is, its settings in order."""

    name: str
    meaning: str
    settings: tuple[Setting, ...]


def tables(cls: type) -> tuple[SettingsTable, ...]:
    """The dataclass `cls` and every dataclass its settings lead to, each once."""
    found: dict[type, SettingsTable] = {}
    waiting = [cls]
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found[one] = SettingsTable(
                one.__name__, _first(inspect.getdoc(one) or ""), _settings(one)
            )
            waiting += [inner for hint in _hints(one).values() for inner in _inner(hint)]
    return tuple(found.values())


def page(kind: type[Adapter]) -> str:
    """The page of settings of an adapter, in Markdown."""
    lines = [f"# Settings of `{kind.name}`", "", f"{_sentence(kind.title)}"]
    for number, table in enumerate(tables(kind.Settings)):
        heading = "The source" if number == 0 else table.name
        lines += ["", f"## {heading}", "", table.meaning, ""]
        lines += ["| setting | what to write | if left out | what it means |", "|---|---|---|---|"]
        lines += [_row(setting) for setting in table.settings]
    return "\n".join(lines) + "\n"


def verbs() -> str:
    """The table of an adapter's verbs, in Markdown."""
    lines = ["| verb | what it is for | needed | since | promises |", "|---|---|---|---|---|"]
    for one in TABLE:
        promises = "; ".join(promise.replace("_", " ") for promise in one.promises)
        needed = "yes" if one.needed else "no"
        lines.append(f"| `{one.name}` | {one.meaning} | {needed} | {one.since} | {promises} |")
    return "\n".join(lines) + "\n"


def _row(setting: Setting) -> str:
    left_out = "needed" if setting.default is None else setting.default
    cells = (f"`{setting.key}`", setting.kind, left_out, setting.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _first(text: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())


def _settings(cls: type) -> tuple[Setting, ...]:
    meanings, hints = _meanings(cls), _hints(cls)
    return tuple(
        Setting(
            entry.name.removesuffix("_"),
            _in_words(hints[entry.name]),
            _default(entry),
            meanings.get(entry.name, ""),
        )
        for entry in fields(cls)
        if entry.init
    )


@cache
def _meanings(cls: type) -> Mapping[str, str]:
    """The text below each setting, also of the classes it is derived from."""
    found: dict[str, str] = {}
    for one in reversed([kind for kind in cls.__mro__ if is_dataclass(kind)]):
        body = ast.parse(textwrap.dedent(inspect.getsource(one))).body[0]
        found |= dict(_below(body.body if isinstance(body, ast.ClassDef) else []))
    return found


def _below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for entry, text in pairwise(body):
        if (
            isinstance(entry, ast.AnnAssign)
            and isinstance(entry.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield entry.target.id, " ".join(text.value.value.split())


def _hints(cls: type) -> dict[str, Any]:
    every = get_type_hints(cls, include_extras=True)
    return {name: hint for name, hint in every.items() if get_origin(hint) is not ClassVar}


def _inner(hint: Any) -> Iterator[type]:
    """The dataclasses a setting may hold."""
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _inner(part)


_PLAIN: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Any: "any value",
}
_NAMED: Mapping[str, str] = {
    "words": "text, or a table by language",
    "location": "database URL",
}


def _in_words(hint: Any) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _NAMED[parts[1]]
    if origin in {Union, types.UnionType}:
        kinds = dict.fromkeys(_in_words(one) for one in parts if one is not type(None))
        return " or ".join(kinds)
    if origin is tuple:
        return f"{_in_words(parts[0])}, or a list"
    if origin is not None and issubclass(origin, Mapping):
        return f"table: name = {_in_words(parts[1])}"
    return _PLAIN.get(hint) or _named(hint)


def _named(hint: type) -> str:
    if issubclass(hint, StrEnum):
        return " or ".join(f'`"{one}"`' for one in hint)
    short = getattr(hint, "SHORT", None)
    return f"its {short}, or {hint.__name__}" if short else hint.__name__


def _default(entry: Field[Any]) -> str | None:
    if entry.default is not MISSING:
        return _written(entry.default)
    if entry.default_factory is not MISSING:
        return _written(entry.default_factory())
    return None


def _written(value: Any) -> str:
    """A default as it would be written; what is nothing stays empty."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(_quoted(one) for one in value)}]`"
    if value is None or value == "" or isinstance(value, tuple | Mapping) or is_dataclass(value):
        return ""
    return f"`{_quoted(value)}`"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
