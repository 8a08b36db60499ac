"""Where a search goes on: behind the last record given, named by its collection and a hash.

Keys may name people, and a checkpoint is kept in clear: hence the hash.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import TypeVar

from dsar.sdk import NeedsHuman

T = TypeVar("T")

Place = tuple[str, str]


def written(collection: str, key: str) -> str:
    """The checkpoint behind this record."""
    return json.dumps([collection, _hashed(key)])


def read(checkpoint: str | None) -> Place | None:
    """The collection, and the hash of the last key given. Raises NeedsHuman."""
    if checkpoint is None:
        return None
    try:
        collection, mark = json.loads(checkpoint)
        return str(collection), str(mark)
    except (ValueError, TypeError):
        raise NeedsHuman(
            "The checkpoint is not one of this source's. Start the search anew."
        ) from None


def behind(mark: str, listing: Callable[[], Iterator[T]], key: Callable[[T], str]) -> Iterator[T]:
    """What comes after the marked one of a listing; all of it where that one is gone meanwhile."""
    things = listing()
    if not any(_hashed(key(thing)) == mark for thing in things):
        things = listing()
    yield from things


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
