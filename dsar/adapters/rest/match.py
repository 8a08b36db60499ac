"""When a record of an answer is the person's: it carries, in exact normal form, what was asked."""

from collections.abc import Mapping
from typing import Any

from dsar.adapters.identifiers import exact
from dsar.adapters.rest import paths
from dsar.adapters.rest.rest_settings import Find, RestCollection


def carried(way: Find, record: Mapping[str, Any], declared: RestCollection) -> set[str]:
    """What the record carries at the paths `match`, in normal form."""
    texts = (text for path in way.match for text in paths.texts(record, path))
    return {exact(way.by, text, declared.fold, declared.region) for text in texts}
