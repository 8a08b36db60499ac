"""Views as JSON values: the one rendering for every command and, later, the API."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any


def as_json(value: Any) -> Any:
    """A view, or whatever stands in one, as JSON values.

    A dataclass is a table of its fields, a date is ISO 8601, an instant in UTC with a Z, a choice
    its value. Raises TypeError for what has no such form.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: as_json(getattr(value, one.name)) for one in fields(value)}
    for kinds, form in _FORMS:
        if isinstance(value, kinds):
            return form(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON.")


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _table(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(as_json(name)): as_json(one) for name, one in value.items()}


#: The first that fits counts: a choice is a text too, an instant a date.
_FORMS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((Enum,), lambda value: as_json(value.value)),
    ((bool, int, float, NoneType), lambda value: value),
    ((str, Path), str),
    ((datetime,), _instant),
    ((date,), date.isoformat),
    ((Mapping,), _table),
    ((set, frozenset), lambda value: sorted(as_json(one) for one in value)),
    ((list, tuple), lambda value: [as_json(one) for one in value]),
)
