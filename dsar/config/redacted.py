"""A source's settings as staff may see them: what the adapter declares secret never leaves here.

A setting is secret where its dataclass says `field(repr=False)`, as the SDK asks of its writers, or
where its name says so all the same. What stands elsewhere is shown as where, never as what.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from dsar.sdk.described import tables

_LONGEST = 200
_SECRET = re.compile(
    r"(?:password|passphrase|passwd|secrets?|token|credentials?|(?:api|mask|private|access)_?key)$"
)
#: Who signs in, and what is asked for, may stand in an address.
_USER = re.compile(r"//[^/@\s]*@")
_QUERY = re.compile(r"\?.*$", re.DOTALL)
_PLACES = {"env": "the environment variable {}", "file": "the file {}"}

HIDDEN = "set, not shown"


@dataclass(frozen=True, slots=True)
class RedactedSetting:
    """One setting: its key, its value as far as it may be seen, what it means.

    `given` is False where it was left out and the value is what the adapter takes then.
    """

    key: str
    value: str
    meaning: str
    given: bool = True

    @property
    def hidden(self) -> bool:
        """Whether it is set and may not be seen."""
        return self.value == HIDDEN


def configured(path: Path, version: str) -> Mapping[str, Any] | None:
    """The tables of a configuration file as written; None where it is not of this version any more.

    What was started with another file would be shown wrongly, so it is not shown.
    """
    try:
        raw = path.read_bytes()
        same = hashlib.sha256(raw).hexdigest().startswith(version)
        return tomllib.loads(raw.decode("utf-8")) if same else None
    except (OSError, ValueError):
        return None


def shown(cls: type, table: Mapping[str, Any]) -> tuple[RedactedSetting, ...]:
    """Every setting of the dataclass `cls`, from its table as it was written."""
    told = {one.key: one for one in _declared(cls)}
    left_out = tuple(
        RedactedSetting(one.key, one.default.strip("`"), _spoken(one.meaning), given=False)
        for one in told.values()
        if one.key not in table and one.default
    )
    return (
        *(
            RedactedSetting(key, value, _spoken(told[key].meaning) if key in told else "")
            for key, value in _given(cls, table, "")
        ),
        *left_out,
    )


def _declared(cls: type) -> tuple[Any, ...]:
    """What the adapter's own text says of each; one that has no source to read says nothing."""
    try:
        return tables(cls)[0].settings
    except (OSError, TypeError, KeyError):
        return ()


def _spoken(meaning: str) -> str:
    """The text of a declaration without the marks of its code."""
    return meaning.replace("`", "")


def _given(cls: type, table: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(cls, include_extras=True)
    known = {one.name.removesuffix("_"): one for one in fields(cls)}
    for key, given in table.items():
        name = f"{before}{key}"
        entry = known.get(key)
        if entry is None:
            continue  # one of the engine's own, such as title
        if _is_secret(entry, key):
            yield name, HIDDEN
        else:
            yield from _value(hints[entry.name], name, given)


def _is_secret(entry: Field[Any], key: str) -> bool:
    return not entry.repr or _SECRET.search(key.lower()) is not None


def _value(hint: Any, name: str, given: Any) -> Iterator[tuple[str, str]]:
    """One value as lines: a table of settings is a line for each, many tables are their names."""
    inner = _dataclass_in(hint)
    if (place := _reference(given)) is not None:
        yield name, place
    elif isinstance(given, Mapping) and inner is not None and not _is_many(hint):
        yield from _given(inner, given, f"{name}.")
    elif isinstance(given, Mapping):
        yield name, ", ".join(given) if inner is not None else _pairs(given)
    elif isinstance(given, list):
        yield name, ", ".join(_reference(one) or _plain(one) for one in given)
    elif inner is not None:
        short = getattr(inner, "SHORT", "")
        yield from _given(inner, {short: given}, f"{name}.")
    else:
        yield name, _plain(given)


def _reference(given: Any) -> str | None:
    """Where a value stands that does not stand here."""
    if isinstance(given, Mapping) and len(given) == 1:
        kind, name = next(iter(given.items()))
        if kind in _PLACES and isinstance(name, str):
            return f"from {_PLACES[kind].format(name)}"
    return None


def _pairs(given: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} = {HIDDEN if _SECRET.search(name.lower()) else _reference(one) or _plain(one)}"
        for name, one in given.items()
    )


def _plain(given: Any) -> str:
    if isinstance(given, Mapping | list):
        return "…"
    text = str(given).lower() if isinstance(given, bool) else str(given)
    if "://" in text:
        text = _QUERY.sub("?…", _USER.sub("//…@", text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _is_many(hint: Any) -> bool:
    """Whether tables of settings stand in it by name, rather than one."""
    return any(part is str for part in get_args(hint)) or any(map(_is_many, get_args(hint)))


def _dataclass_in(hint: Any) -> type | None:
    if is_dataclass(hint) and isinstance(hint, type):
        return hint
    return next((one for part in get_args(hint) if (one := _dataclass_in(part))), None)
