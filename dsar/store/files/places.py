"""What every store of files can do, and how it says that it cannot."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from dsar.domain.errors import DsarError


class CannotStore(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """The store refuses: there is no such bucket, the credentials are wrong, a file did not arrive.

    Trying again by itself would not help; the text names the setting to mend.
    """


class StoreAway(DsarError):  # noqa: N818
    """The store does not answer now; what needs it is tried again."""

    def __init__(self) -> None:
        self.reason = "The store of bundles does not answer. An operator finds why: dsar doctor."
        super().__init__(self.reason)


class FileGone(DsarError):  # noqa: N818
    """Nothing lies under that name."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file in a store: its name and when it was written."""

    name: str
    since: datetime


class FileStore(Protocol):
    """A store of whole files by name, such as `bundles/DSR-1-1.5f….sealed`.

    A file is there complete or not at all, whatever happens on the way.
    """

    def put(self, name: str, source: Path) -> None:
        """Takes the local file `source` in under `name`; it is gone from its place then."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """The file, to be read from any place; raises FileGone."""
        ...

    def remove(self, name: str) -> None:
        """Takes a file away; it is no error if there is none."""
        ...

    def lying(self, folder: str) -> Iterator[StoredFile]:
        """Every complete file below `folder`."""
        ...

    def where(self, name: str) -> str:
        """Where a file lies, for an operator: a path or an address without credentials."""
        ...

    def check(self) -> None:
        """Raises what stands in the way of reading and writing, if anything does."""
        ...
