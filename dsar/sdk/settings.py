"""An adapter's Settings dataclass, built strictly from a table of a configuration file.

Unknown key, missing key, wrong type: `BadInput` names the place, the problem and the mend. A text
may stand elsewhere: `{ env = "NAME" }` or `{ file = "PATH" }` is resolved when it is read, so that
no secret needs to stand in a file under review.

What a dataclass may hold: str, int, float, bool, Any, Path, StrEnum, other dataclasses, `X | None`,
`tuple[X, ...]` (one value stands for a list of one), `Mapping[str, X]`, `Words` and `Location`.
A field whose name is a Python keyword is written with a trailing underscore (`from_`). A dataclass
with `SHORT = "label"` may be given as that one value alone.
"""

import os
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from dsar.domain.errors import BadInput
from dsar.domain.records import Text

__all__ = ["BadInput", "Location", "Words", "build"]

_WORDS = "words"
_LOCATION = "location"

#: Plain words by language; a plain string counts as English.
Words = Annotated[Text, _WORDS]
#: A database URL; the relative path of a SQLite file counts from the folder of the configuration.
Location = Annotated[str, _LOCATION]

T = TypeVar("T")

_SQLITE_FILE = re.compile(r"^(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:)(.+)$")


def build(cls: type[T], given: Any, *, at: str, folder: Path | None = None) -> T:
    """The dataclass `cls` with the values of the table `given`; `at` names its place.

    Relative paths count from `folder`, or from the working directory. Raises BadInput.
    """
    table = _table(given, at)
    hints = get_type_hints(cls, include_extras=True)
    known = {_key(entry): entry for entry in fields(cls) if entry.init}  # type: ignore[arg-type]
    _refuse_unknown(table, known, at)
    values = {
        entry.name: _value(hints[entry.name], table[key], f"{at}.{key}", folder)
        for key, entry in known.items()
        if key in table
    }
    missing = [key for key, entry in known.items() if entry.name not in values and _needed(entry)]
    if missing:
        raise BadInput(f"{at}.{missing[0]}", "is missing.", f"Add {missing[0]} = … to [{at}].")
    return cls(**values)


def _key(entry: Field[Any]) -> str:
    return entry.name.removesuffix("_")


def _needed(entry: Field[Any]) -> bool:
    return entry.default is MISSING and entry.default_factory is MISSING


def _table(given: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadInput(at, f"is {_kind(given)}, not a table.", f"Write it as [{at}] with its keys.")
    return given


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], at: str) -> None:
    for key in table:
        if key not in known:
            choice = ", ".join(known)
            raise BadInput(f"{at}.{key}", "is not a setting.", f"Settings here are: {choice}.")


def _value(hint: Any, given: Any, at: str, folder: Path | None) -> Any:
    """`given` as the type `hint` asks for."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _ANNOTATED[get_args(hint)[1]](given, at, folder)
    if origin in {Union, types.UnionType}:
        return _one_of(get_args(hint), given, at, folder)
    if origin is tuple:
        many = given if isinstance(given, list | tuple) else [given]
        return tuple(_value(get_args(hint)[0], one, at, folder) for one in many)
    if origin is not None and issubclass(origin, Mapping):
        inner = get_args(hint)[1]
        return {
            name: _value(inner, one, f"{at}.{name}", folder)
            for name, one in _table(given, at).items()
        }
    return _plain(hint, given, at, folder)


def _plain(hint: Any, given: Any, at: str, folder: Path | None) -> Any:
    if hint is Any:
        return given
    if is_dataclass(hint):
        short = getattr(hint, "SHORT", None)
        table = {short: given} if short and isinstance(given, str) else given
        return build(hint, table, at=at, folder=folder)  # type: ignore[arg-type]
    if issubclass(hint, StrEnum):
        return _choice(hint, given, at)
    return _SCALARS[hint](given, at, folder)


def _one_of(hints: tuple[Any, ...], given: Any, at: str, folder: Path | None) -> Any:
    """The first type of a union that takes the value; the last one's complaint if none does."""
    choices = [hint for hint in hints if hint is not type(None)]
    for hint in choices[:-1]:
        try:
            return _value(hint, given, at, folder)
        except BadInput:
            continue
    return _value(choices[-1], given, at, folder)


def _choice(hint: type[StrEnum], given: Any, at: str) -> StrEnum:
    try:
        return hint(given)
    except ValueError:
        choice = ", ".join(f'"{one}"' for one in hint)
        raise BadInput(at, "is none of the choices.", f"Write one of {choice}.") from None


def _text(given: Any, at: str, folder: Path | None) -> str:
    if isinstance(given, Mapping) and len(given) == 1:
        kind, name = next(iter(given.items()))
        if kind in _REFERENCES and isinstance(name, str):
            return _REFERENCES[kind](name, at, folder)
    return str(_scalar(str, "text", given, at))


def _from_environment(name: str, at: str, folder: Path | None) -> str:
    del folder
    if name not in os.environ:
        raise BadInput(
            at, f"refers to the environment variable {name}, which is not set.", "Set it."
        )
    return os.environ[name]


def _from_file(name: str, at: str, folder: Path | None) -> str:
    try:
        return _path(name, at, folder).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"refers to the file {name}, which cannot be read ({type(error).__name__})."
        raise BadInput(at, problem, "Create it, or let this process read it.") from None


def _path(given: Any, at: str, folder: Path | None) -> Path:
    path = Path(_text(given, at, folder)).expanduser()
    return folder / path if folder else path


def _location(given: Any, at: str, folder: Path | None) -> str:
    text = _text(given, at, folder)
    found = _SQLITE_FILE.match(text)
    return f"{found[1]}{(folder / found[2]).absolute()}" if found and folder else text


def _words(given: Any, at: str, folder: Path | None) -> Text:
    if isinstance(given, str):
        return {"en": given}
    table = _table(given, at)
    return {tag: _text(words, f"{at}.{tag}", folder) for tag, words in table.items()}


def _scalar(hint: type, name: str, given: Any, at: str) -> Any:
    taken = (int, float) if hint is float else hint
    if not isinstance(given, taken) or (isinstance(given, bool) and hint is not bool):
        raise BadInput(at, f"is {_kind(given)}, not {name}.", f"Write it as {_EXAMPLES[hint]}.")
    return given


def _kind(given: Any) -> str:
    return next(
        (name for kind, name in _KINDS.items() if isinstance(given, kind)), type(given).__name__
    )


_Reader = Callable[[Any, str, "Path | None"], Any]

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Mapping: "a table",
    list: "a list",
}
_EXAMPLES: Mapping[type, str] = {str: '"…"', bool: "true or false", int: "10", float: "1.5"}
_SCALARS: Mapping[Any, _Reader] = {
    str: _text,
    Path: _path,
    bool: lambda given, at, _: _scalar(bool, "true or false", given, at),
    int: lambda given, at, _: _scalar(int, "a whole number", given, at),
    float: lambda given, at, _: _scalar(float, "a number", given, at),
}
_REFERENCES: Mapping[str, Callable[[str, str, "Path | None"], str]] = {
    "env": _from_environment,
    "file": _from_file,
}
_ANNOTATED: Mapping[str, _Reader] = {_WORDS: _words, _LOCATION: _location}
