"""What every store of objects offers, whatever it is made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from dsar.sdk import Done

#: What became of an object, and the reason where it needs one.
Outcome = tuple[Done, str]
#: Bytes of an object handed on at once.
BLOCK = 1024 * 1024
#: The number of the only or the latest state of an object.
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an object; `number` is LATEST for the only or the latest one."""

    number: str
    size: int
    modified: str | None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object: its key from the store's root on, and its states, the latest first."""

    key: str
    versions: tuple[Version, ...]


class ObjectsStore(Protocol):
    """A store. Keys count from its root. Every method raises Later and NeedsHuman."""

    def check(self) -> None:
        """Raises what stands against using it."""

    def listed(self, key: str, *, below: bool) -> Iterator[StoredObject]:
        """The object of that key, or all objects below it, in a lasting order."""

    def blocks(self, key: str, number: str) -> Iterator[bytes]:
        """The bytes of one state of an object."""

    def there(self, keys: Sequence[str]) -> set[str]:
        """Those of the objects of which anything is there."""

    def delete(self, keys: Sequence[str], floor: int) -> Mapping[str, Outcome]:
        """Deletes objects; folders it empties go too, below the first `floor` steps."""


def iso(moment: object) -> str | None:
    """A store's idea of a time as UTC in ISO 8601."""
    if isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    if not isinstance(moment, datetime):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")
