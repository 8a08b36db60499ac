"""When a record of an answer is the person's: it carries, in exact normal form, what was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsar.adapters.identifiers import exact
from dsar.adapters.rest import paths
from dsar.adapters.rest.settings import Find


def carried(way: Find, record: Mapping[str, Any], folded: Sequence[str]) -> set[str]:
    """What the record carries at the paths `match`, in normal form."""
    return {exact(way.by, text, folded) for path in way.match for text in paths.texts(record, path)}
