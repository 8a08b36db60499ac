"""Dotted paths into JSON answers: "data.items", "user.emails[].value"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def at(value: Any, path: str) -> Iterator[Any]:
    """The values at a path; a list on the way, or at its end, means each of its members."""
    for part in _each(value):
        if not path:
            yield part
        elif isinstance(part, Mapping) and path in part:
            yield from _each(part[path])
        elif isinstance(part, Mapping):
            name, _, rest = path.partition(".")
            name = name.removesuffix("[]")
            if name in part:
                yield from at(part[name], rest)


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def there(value: Any, path: str) -> bool:
    """Whether the path leads anywhere, be it to null or an empty list."""
    if not path:
        return True
    name, _, rest = path.partition(".")
    parts = [part for part in _each(value) if isinstance(part, Mapping)]
    return any(
        there(part[name.removesuffix("[]")], rest)
        for part in parts
        if name.removesuffix("[]") in part
    )


def texts(value: Any, path: str) -> Iterator[str]:
    """The values at a path that can be identifiers or keys: texts and whole numbers."""
    for found in at(value, path):
        if isinstance(found, str | int) and not isinstance(found, bool):
            yield str(found)


def first(value: Any, path: str) -> str:
    """The first text at a path, or ""."""
    return next(texts(value, path), "") if path else ""


def spread(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The record's fields, those of the named objects among them by dotted names."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if name in names and isinstance(value, Mapping):
            found |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            found[name] = value
    return found


def gathered(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The way back from `spread`: what the system itself calls these fields."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        outer, dot, inner = name.partition(".")
        if dot and outer in names:
            found.setdefault(outer, {})[inner] = value
        else:
            found[name] = value
    return found
