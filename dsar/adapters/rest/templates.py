"""Requests from templates: a value from outside is one segment, one parameter or one JSON value."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dsar.adapters.http import encoded

_PLACE = re.compile(r"\{(\w+)\}")

Values = Mapping[str, Any]


def path(template: str, values: Values) -> str:
    """The path, each value percent-encoded as a part of one segment."""
    return _PLACE.sub(lambda found: encoded(str(values[found[1]])), template)


def query(templates: Mapping[str, str], values: Values) -> list[tuple[str, str]]:
    """The query's pairs; one that is nothing but a value we do not have yet is left out."""
    return [
        (name, _text(template, values))
        for name, template in templates.items()
        if not _is_absent(template, values)
    ]


def body(template: Any, values: Values) -> Any:
    """The JSON value; a text that is nothing but a place becomes the value itself."""
    if isinstance(template, Mapping):
        return {
            name: body(one, values) for name, one in template.items() if not _is_absent(one, values)
        }
    if isinstance(template, list):
        return [body(one, values) for one in template]
    if not isinstance(template, str):
        return template
    whole = _PLACE.fullmatch(template)
    return values[whole[1]] if whole else _text(template, values)


def places(template: Any) -> Iterator[tuple[str, bool]]:
    """The places of a path, query or body, and whether each is the whole of its text."""
    if isinstance(template, Mapping):
        for one in template.values():
            yield from places(one)
    elif isinstance(template, list):
        for one in template:
            yield from places(one)
    elif isinstance(template, str):
        for found in _PLACE.finditer(template):
            yield found[1], found[0] == template


def path_places(template: str) -> Iterator[tuple[str, bool]]:
    """The places of a path, and whether each is the whole of its segment."""
    for segment in template.partition("?")[0].split("/"):
        yield from places(segment)


def _text(template: str, values: Values) -> str:
    return _PLACE.sub(lambda found: str(values[found[1]]), template)


def _is_absent(template: Any, values: Values) -> bool:
    whole = _PLACE.fullmatch(template) if isinstance(template, str) else None
    return whole is not None and values.get(whole[1]) is None
